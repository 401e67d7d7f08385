package session

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/sessions"
)

// Store makes Django's sessions usable through gorilla/sessions. gorilla keeps a map of
// values that a store reads before the handler and writes when told to; Django reads on
// first use and decides itself what to write. So the map of a session made here holds a
// single value, the Django session, which From returns.
type Store struct {
	Backend Backend
	Now     func() time.Time // read once for each session
	Rand    io.Reader        // for new keys
}

var _ sessions.Store = (*Store)(nil)

// slot is the key of the Django session in gorilla's map of values.
type slot struct{}

// From returns the Django session of a gorilla session that a Store made; it panics for
// any other.
func From(gs *sessions.Session) *Session {
	return gs.Values[slot{}].(*Session)
}

// Get returns the request's session of that name, the same one at every call.
func (st *Store) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(st, name)
}

// New returns a session for the key in the request's cookie of that name. It does not
// read the row, and its error is always nil.
func (st *Store) New(r *http.Request, name string) (*sessions.Session, error) {
	key, sent := Cookie(r.Header["Cookie"], name)
	s := open(r.Context(), st.Backend, st.Rand, st.Now(), name, key, sent)
	s.peer = r.RemoteAddr
	gs := sessions.NewSession(st, name)
	gs.ID = s.key
	gs.IsNew = s.key == ""
	gs.Values[slot{}] = s
	return gs, nil
}

// SetStatus tells Save the status of the coming response, which a ResponseWriter does not
// reveal; a response of 500 or more saves nothing. The default is 200.
func (s *Session) SetStatus(status int) { s.status = status }

// Save commits the session and adds the resulting headers. It must be called once, before
// the response is begun. Its errors are those of Commit.
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

// Add adds the headers to those of a response.
func (o Outcome) Add(h http.Header) {
	if o.SetCookie != "" {
		h["Set-Cookie"] = append(h["Set-Cookie"], o.SetCookie)
	}
	if vary := h["Vary"]; o.Vary && len(vary) == 0 {
		h["Vary"] = onCookie
	} else if o.Vary && !slices.ContainsFunc(vary, variesOnCookie) {
		h["Vary"] = append(vary, "Cookie")
	}
}

// onCookie is shared by all answers and never changed.
var onCookie = []string{"Cookie"}

func variesOnCookie(line string) bool {
	if line == "Cookie" {
		return true
	}
	for field := range strings.SplitSeq(line, ",") {
		if strings.EqualFold(strings.TrimSpace(field), "Cookie") {
			return true
		}
	}
	return false
}
