package class

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/tmaxmax/go-sse"
)

// Question is how far the prediction of a step has come.
type Question string

const (
	Closed   Question = "closed"   // nobody can answer
	Asked    Question = "open"     // everybody can, and change the answer
	Revealed Question = "revealed" // the tally and what holds are shown
)

// Step is the step that a room is at, and what an answer to it may be.
type Step struct {
	ID      string   `json:"id"`      // lesson/step
	Options []string `json:"options"` // letters
	Answer  string   `json:"answer"`  // the option that holds; empty where there is no question
}

// Moment is what everybody in the room sees, complete in itself.
type Moment struct {
	N        int            `json:"n"`
	Step     *string        `json:"step"`
	Question Question       `json:"question"`
	Free     bool           `json:"free"` // students try it in their own browsers
	Tally    map[string]int `json:"tally"`
	Answer   *string        `json:"answer"`
	Frame    *Shown         `json:"frame"`
}

// Shown is the frame that a moment shows; its number grows from frame to frame. The
// address lacks the language.
type Shown struct {
	N   int    `json:"n"`
	URL string `json:"url"`
}

// Event is a moment as it goes to followers: one event of a stream, whose octets are
// made once for all of them.
type Event struct {
	Moment Moment
	Octets []byte
}

// retry is how soon a browser connects again, as the stream tells it.
const retry = time.Second

func newEvent(m Moment) *Event {
	data, err := json.Marshal(m)
	if err != nil {
		panic(err) // a Moment holds nothing that JSON has not
	}
	message := sse.Message{Type: sse.Type("moment"), ID: sse.ID(strconv.Itoa(m.N)), Retry: retry}
	message.AppendData(string(data))
	octets, err := message.MarshalText()
	if err != nil {
		panic(err) // nor a message that cannot be written
	}
	return &Event{Moment: m, Octets: octets}
}

// Beat is the comment that keeps an idle stream from being taken for dead.
var Beat = func() []byte {
	var message sse.Message
	message.AppendComment("here")
	octets, err := message.MarshalText()
	if err != nil {
		panic(err)
	}
	return octets
}()
