package session

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/sessions"
)

// Store makes Django sessions the sessions of gorilla/sessions. gorilla has a map of
// values that a store reads before the handler and writes when it is told; Django
// reads on first use and decides itself what to write. So the map of a session made
// here holds one thing, the Django session, and From takes it out.
type Store struct {
	Backend Backend
	Now     func(context.Context) time.Time
	Rand    io.Reader // new keys are made of it
}

var _ sessions.Store = (*Store)(nil)

// slot is the place in gorilla's map of values.
type slot struct{}

// From returns the Django session that rides in a session made by a Store.
func From(gs *sessions.Session) *Session {
	return gs.Values[slot{}].(*Session)
}

// Get returns the request's session, the same one at every call.
func (st *Store) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(st, name)
}

// New returns a session for the key that the request's cookie of that name brought.
// It reads nothing, and there is nothing that could go wrong.
func (st *Store) New(r *http.Request, name string) (*sessions.Session, error) {
	ctx := r.Context()
	key, sent := Cookie(r.Header["Cookie"], name)
	s := open(ctx, st.Backend, st.Rand, st.Now(ctx), name, key, sent)
	s.peer = r.RemoteAddr
	gs := sessions.NewSession(st, name)
	gs.ID = s.key
	gs.IsNew = s.key == ""
	gs.Values[slot{}] = s
	return gs, nil
}

// SetStatus tells Save which status the response will have: a ResponseWriter does not
// say, and a response of 500 or more saves nothing. Without it, 200 is meant.
func (s *Session) SetStatus(status int) { s.status = status }

// Save commits the session and adds the headers that follow from it. It must be called
// before the response is begun, and once.
func (st *Store) Save(_ *http.Request, w http.ResponseWriter, gs *sessions.Session) error {
	s := From(gs)
	outcome, err := s.Commit(s.status)
	if err != nil {
		return err
	}
	gs.ID = s.key
	outcome.Add(w.Header())
	return nil
}

// Add adds the outcome to the headers of a response.
func (o Outcome) Add(h http.Header) {
	if o.SetCookie != "" {
		h.Add("Set-Cookie", o.SetCookie)
	}
	if o.Vary && !slices.ContainsFunc(h.Values("Vary"), variesOnCookie) {
		h.Add("Vary", "Cookie")
	}
}

func variesOnCookie(line string) bool {
	for field := range strings.SplitSeq(line, ",") {
		if strings.EqualFold(strings.TrimSpace(field), "Cookie") {
			return true
		}
	}
	return false
}
