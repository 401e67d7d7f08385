package class

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Room is one class. Its methods are safe for concurrent use.
type Room struct {
	hall *Hall
	code string
	gone chan struct{} // closed when the room ends

	saving sync.Mutex // held while a write is under way

	mu        sync.Mutex
	kept      record
	frames    map[int]Frame
	seats     map[string]*seat // by the hash of the seat's secret
	event     *Event           // the present moment
	told      int              // number of the moment that followers were told last
	followers map[*Follower]struct{}
	stored    []byte          // the record as it was last read from or written to the storage
	changed   map[string]bool // seats that are not written yet, by the hash of their secret
	ended     bool

	elsewhere map[string]present // streams in other halls, by name of the hall
	toldHere  told
}

// record is the entry of the room itself.
type record struct {
	Opened   time.Time `json:"opened"`
	Driven   time.Time `json:"driven"`
	Keys     [][]byte  `json:"keys"` // SHA-256 of each driver's key
	Secret   []byte    `json:"secret"`
	N        int       `json:"n"`
	Step     *Step     `json:"step"`
	Steps    []string  `json:"steps"` // steps shown so far, each once, in order
	Question Question  `json:"question"`
	Free     bool      `json:"free"`
	Frame    int       `json:"frame"`  // number of the frame on show, 0 for none
	Frames   int       `json:"frames"` // number of the latest frame
}

// Frame is a drawn frame: HTML by language.
type Frame map[string]string

// The names of a room's entries in the storage.
const (
	roomEntry   = "room"
	framePrefix = "frame/"
	seatPrefix  = "seat/"
)

func frameEntry(n int) string { return framePrefix + strconv.Itoa(n) }

func newRoom(h *Hall, code string) *Room {
	return &Room{
		hall: h, code: code, gone: make(chan struct{}),
		frames: map[int]Frame{}, seats: map[string]*seat{}, changed: map[string]bool{}, followers: map[*Follower]struct{}{},
		elsewhere: map[string]present{},
	}
}

// Code returns the code that students type.
func (r *Room) Code() string { return r.code }

// Gone is closed when the room has ended.
func (r *Room) Gone() <-chan struct{} { return r.gone }

func (r *Room) driven() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept.Driven
}

func (r *Room) lives(now time.Time) bool { return now.Before(r.driven().Add(Life)) }

func (r *Room) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.ended = true
		close(r.gone)
	}
}

// addKey makes a driver's key. Of more than maxKeys it drops the oldest.
func (r *Room) addKey(ctx context.Context) (string, error) {
	key, err := r.hall.secret(24)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(key))
	_, err = r.amend(ctx, func(d *draft) error {
		d.Keys = append(slices.Clone(d.Keys[max(0, len(d.Keys)-maxKeys+1):]), sum[:])
		return nil
	})
	return key, err
}

// Drives reports whether a key is a driver's key of this room. It compares in constant time.
func (r *Room) Drives(key string) bool {
	sum := sha256.Sum256([]byte(key))
	r.mu.Lock()
	defer r.mu.Unlock()
	found := 0
	for _, known := range r.kept.Keys {
		found |= subtle.ConstantTimeCompare(known, sum[:])
	}
	return found == 1
}

// Drive is the changes that an instructor makes in one call. A nil field changes nothing;
// the others apply in the order of the fields.
type Drive struct {
	Step     *Step
	Question *Question
	Frame    Frame
	NoFrame  bool
	Free     *bool
	Reset    bool
}

// Drive changes the moment, saves it and tells all followers.
func (r *Room) Drive(ctx context.Context, d Drive) (Moment, error) {
	if d.Reset {
		if err := r.forgetRows(ctx); err != nil {
			return Moment{}, err
		}
	}
	event, err := r.amend(ctx, func(next *draft) error { return next.drive(d, r.hall.Now()) })
	if event == nil {
		return Moment{}, err
	}
	return event.Moment, err
}

// ShowLive shows a frame unless it is the one on show, so that a page that polls without
// finding anything new makes no new moment.
func (r *Room) ShowLive(ctx context.Context, f Frame) error {
	r.mu.Lock()
	same := r.kept.Frame != 0 && maps.Equal(r.frames[r.kept.Frame], f)
	r.mu.Unlock()
	if same {
		return nil
	}
	_, err := r.Drive(ctx, Drive{Frame: f})
	return err
}

// Frame returns a frame by its number. One that another program has shown may be told of
// before its news arrives here, and is then read from the storage. The errors are
// ErrNoFrame, ErrOldFrame and ErrUnavailable.
func (r *Room) Frame(ctx context.Context, n int) (Frame, error) {
	f, err := r.frame(n)
	if err != ErrNoFrame || n < 1 || !r.hall.shared() {
		return f, err
	}
	name := frameEntry(n)
	entries, err := r.hall.Storage.ReadRoom(ctx, r.code, name)
	if err != nil {
		return nil, ErrUnavailable
	}
	if entries[name] == nil {
		return nil, ErrNoFrame
	}
	r.mu.Lock()
	err = r.loadEntry(name, entries[name])
	r.mu.Unlock()
	if err != nil {
		return nil, ErrUnavailable
	}
	return r.frame(n)
}

func (r *Room) frame(n int) (Frame, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f, found := r.frames[n]; found {
		return f, nil
	}
	if 0 < n && n <= r.kept.Frames-MaxFrames {
		return nil, ErrOldFrame
	}
	return nil, ErrNoFrame
}

// Moment returns the present moment.
func (r *Room) Moment() Moment {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.moment()
}

// Step returns the step that the room is at, or nil.
func (r *Room) Step() *Step {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept.Step
}

func (r *Room) moment() Moment { return r.momentOf(r.kept) }

// momentOf returns the moment of a record, with the answers as they are now.
func (r *Room) momentOf(k record) Moment {
	m := Moment{N: k.N, Question: k.Question, Free: k.Free}
	if k.Step != nil {
		m.Step = &k.Step.ID
	}
	if k.Question == Revealed {
		m.Tally = r.tally(k.Step)
		if k.Step.Answer != "" {
			m.Answer = &k.Step.Answer
		}
	}
	if k.Frame != 0 {
		m.Frame = &Shown{N: k.Frame, URL: "/class/" + r.code + "/frame/" + strconv.Itoa(k.Frame)}
	}
	return m
}

// tally counts the answers to a step; an option that nobody chose is left out.
func (r *Room) tally(step *Step) map[string]int {
	tally := map[string]int{}
	if step == nil {
		return tally
	}
	for _, s := range r.seats {
		if option := s.Answers[step.ID]; option != "" {
			tally[option]++
		}
	}
	return tally
}

// Tally is the number of answers to one step by option.
type Tally struct {
	Step    string
	Answers map[string]int
}

// History returns the steps shown since the last reset, with their tallies.
func (r *Room) History() []Tally {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Tally, 0, len(r.kept.Steps))
	for _, id := range r.kept.Steps {
		list = append(list, Tally{id, r.tally(&Step{ID: id})})
	}
	return list
}

// State is what only the instructor's console sees.
type State struct {
	Moment  Moment         `json:"moment"`
	Seats   int            `json:"seats"`
	Here    int            `json:"here"` // open streams, in all programs
	Answers map[string]int `json:"answers"`
	Done    []Done         `json:"done"`
}

// Done is how many browsers of one family sent the same report after the same number of actions.
type Done struct {
	Report
	N int `json:"n"`
}

// State counts the room's seats, answers and reports in the present step.
func (r *Room) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := State{Moment: r.moment(), Seats: len(r.seats), Here: r.here(), Answers: r.tally(r.kept.Step), Done: []Done{}}
	if r.kept.Step == nil {
		return s
	}
	counts := map[Report]int{}
	for _, seat := range r.seats {
		for at, report := range seat.Done {
			if step, _, _ := strings.Cut(at, " "); step == r.kept.Step.ID {
				counts[report]++
			}
		}
	}
	for report, n := range counts {
		s.Done = append(s.Done, Done{report, n})
	}
	slices.SortFunc(s.Done, func(a, b Done) int { return strings.Compare(a.order(), b.order()) })
	return s
}

// order is a key by which reports are sorted in a fixed order.
func (d Done) order() string { return fmt.Sprint(d.Holds, " ", d.Browser, " ", d.Actions) }
