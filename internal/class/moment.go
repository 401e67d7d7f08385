package class

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/tmaxmax/go-sse"
)

// Question is the state of the prediction that a step asks for.
type Question string

const (
	Closed   Question = "closed"   // nobody can answer
	Asked    Question = "open"     // everybody can, and change the answer
	Revealed Question = "revealed" // the tally and what holds are shown
)

// Step is the step that a room is at, with the options for an answer to its question.
type Step struct {
	ID      string   `json:"id"`      // lesson/step
	Options []string `json:"options"` // letters
	Answer  string   `json:"answer"`  // the correct option; empty where there is no question
}

// Moment is what everybody in the room sees. It is complete in itself.
type Moment struct {
	N        int            `json:"n"`
	Step     *string        `json:"step"`
	Question Question       `json:"question"`
	Free     bool           `json:"free"` // students try it in their own browsers
	Tally    map[string]int `json:"tally"`
	Answer   *string        `json:"answer"`
	Frame    *Shown         `json:"frame"`
}

// Shown is the frame that a moment shows. Its number grows from frame to frame; its
// address has no language in it.
type Shown struct {
	N   int    `json:"n"`
	URL string `json:"url"`
}

// Event is a moment encoded as a server-sent event, once for all followers.
type Event struct {
	Moment Moment
	Octets []byte
}

// retry tells browsers how soon to reconnect.
const retry = time.Second

func newEvent(m Moment) *Event {
	data, err := json.Marshal(m)
	if err != nil {
		panic(err) // a Moment can always be encoded
	}
	message := sse.Message{Type: sse.Type("moment"), ID: sse.ID(strconv.Itoa(m.N)), Retry: retry}
	message.AppendData(string(data))
	octets, err := message.MarshalText()
	if err != nil {
		panic(err) // and so can the message
	}
	return &Event{Moment: m, Octets: octets}
}

// Beat is an SSE comment that keeps proxies and browsers from closing an idle stream.
var Beat = func() []byte {
	var message sse.Message
	message.AppendComment("here")
	octets, err := message.MarshalText()
	if err != nil {
		panic(err)
	}
	return octets
}()
