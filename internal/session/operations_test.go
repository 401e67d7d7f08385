package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cookielab/internal/session"
)

// ops are the operations that a view can do with its session, by name.
var ops = map[string]func(*session.Session) error{
	"ignore": func(*session.Session) error { return nil },
	"read":   func(s *session.Session) error { _, _, err := s.Get("a"); return err },
	"write":  func(s *session.Session) error { return s.Set("b", 2) },
	"del":    func(s *session.Session) error { return s.Delete("a") },
	"update": func(s *session.Session) error { return s.Update() },
	"clear":  (*session.Session).Clear,
	"flush":  (*session.Session).Flush,
	"cycle":  (*session.Session).CycleKey,
	"300":    func(s *session.Session) error { return s.SetExpiry(300) },
	"0":      func(s *session.Session) error { return s.SetExpiry(0) },
	"-1":     func(s *session.Session) error { return s.SetExpiry(-1) },
	"None":   (*session.Session).ResetExpiry,
	"flush and write": func(s *session.Session) error {
		return errors.Join(s.Flush(), s.Set("b", 2))
	},
}

// TestEachOperationInEachState checks the cookie and the table after each operation, for
// each state of cookie and row before it. The row that has not expired was saved a day
// ago. A line of a table has the form
//
//	operation: cookie (none, deleted, or the key and Max-Age that are sent); V for Vary; the rows afterwards, with their age
func TestEachOperationInEachState(t *testing.T) {
	const day = 24 * time.Hour
	states := []struct {
		name   string
		cookie string // "" for none
		row    string // data, "" for no row
		left   time.Duration
		want   string
	}{
		{"no cookie", "", "", 0, `
			ignore: none -
			read: none V
			write: new 1209600 V; new {"b":2} 1209600
			del: none V KeyError
			update: none V
			clear: none V
			flush: none V
			cycle: new 1209600 V; new {} 1209600
			300: new 300 V; new {"_session_expiry":300} 300
			0: new - V; new {"_session_expiry":0} 1209600
			-1: new -1 V; new {"_session_expiry":-1} -1
			None: none V
			flush and write: new 1209600 V; new {"b":2} 1209600`},
		{"live", "old-key1", `{"a":1}`, 13 * day, `
			ignore: none -; old {"a":1} 1123200
			read: none V; old {"a":1} 1123200
			write: old 1209600 V; old {"a":1,"b":2} 1209600
			del: old 1209600 V; old {} 1209600
			update: old 1209600 V; old {"a":1} 1209600
			clear: old 1209600 V; old {} 1209600
			flush: deleted V
			cycle: new 1209600 V; new {"a":1} 1209600
			300: old 300 V; old {"a":1,"_session_expiry":300} 300
			0: old - V; old {"a":1,"_session_expiry":0} 1209600
			-1: old -1 V; old {"a":1,"_session_expiry":-1} -1
			None: none V; old {"a":1} 1123200
			flush and write: new 1209600 V; new {"b":2} 1209600`},
		{"live with an expiry", "old-key1", `{"_session_expiry":60,"a":1}`, time.Second, `
			ignore: none -; old {"_session_expiry":60,"a":1} 1
			read: none V; old {"_session_expiry":60,"a":1} 1
			write: old 60 V; old {"_session_expiry":60,"a":1,"b":2} 60
			del: old 60 V; old {"_session_expiry":60} 60
			update: old 60 V; old {"_session_expiry":60,"a":1} 60
			clear: old 1209600 V; old {} 1209600
			flush: deleted V
			cycle: new 60 V; new {"_session_expiry":60,"a":1} 60
			300: old 300 V; old {"_session_expiry":300,"a":1} 300
			0: old - V; old {"_session_expiry":0,"a":1} 1209600
			-1: old -1 V; old {"_session_expiry":-1,"a":1} -1
			None: old 1209600 V; old {"a":1} 1209600
			flush and write: new 1209600 V; new {"b":2} 1209600`},
		{"live until the browser closes", "old-key1", `{"a":1,"_session_expiry":0}`, time.Second, `
			read: none V; old {"a":1,"_session_expiry":0} 1
			write: old - V; old {"a":1,"_session_expiry":0,"b":2} 1209600
			cycle: new - V; new {"a":1,"_session_expiry":0} 1209600
			clear: old 1209600 V; old {} 1209600
			None: old 1209600 V; old {"a":1} 1209600`},
		{"expired", "old-key1", `{"a":1}`, -day, `
			ignore: none -; old {"a":1} -86400
			read: deleted V; old {"a":1} -86400
			write: new 1209600 V; old {"a":1} -86400; new {"b":2} 1209600
			del: deleted V KeyError; old {"a":1} -86400
			update: deleted V; old {"a":1} -86400
			clear: deleted V; old {"a":1} -86400
			flush: deleted V
			cycle: new 1209600 V; old {"a":1} -86400; new {} 1209600
			300: new 300 V; old {"a":1} -86400; new {"_session_expiry":300} 300
			None: deleted V; old {"a":1} -86400
			flush and write: new 1209600 V; new {"b":2} 1209600`},
		{"expiring in this very second", "old-key1", `{"a":1}`, 0, `
			ignore: none -; old {"a":1} 0
			read: deleted V; old {"a":1} 0
			write: new 1209600 V; old {"a":1} 0; new {"b":2} 1209600
			clear: deleted V; old {"a":1} 0
			flush: deleted V`},
		{"unknown key", "old-key1", "", 0, `
			ignore: none -
			read: deleted V
			write: new 1209600 V; new {"b":2} 1209600
			del: deleted V KeyError
			update: deleted V
			clear: deleted V
			flush: deleted V
			cycle: new 1209600 V; new {} 1209600
			300: new 300 V; new {"_session_expiry":300} 300
			0: new - V; new {"_session_expiry":0} 1209600
			None: deleted V
			flush and write: new 1209600 V; new {"b":2} 1209600`},
		{"key of seven characters", "old-key", `{"a":1}`, day, `
			ignore: deleted V; old {"a":1} 86400
			read: deleted V; old {"a":1} 86400
			write: new 1209600 V; old {"a":1} 86400; new {"b":2} 1209600
			del: deleted V KeyError; old {"a":1} 86400
			clear: deleted V; old {"a":1} 86400
			flush: deleted V; old {"a":1} 86400
			cycle: new 1209600 V; old {"a":1} 86400; new {} 1209600
			None: deleted V; old {"a":1} 86400`},
		{"damaged row", "old-key1", `{"a":`, day, `
			ignore: none -; old {"a": 86400
			read: none V; old {"a": 86400
			write: old 1209600 V; old {"b":2} 1209600
			del: none V KeyError; old {"a": 86400
			update: old 1209600 V; old {} 1209600
			clear: old 1209600 V; old {} 1209600
			flush: deleted V
			cycle: new 1209600 V; new {} 1209600
			300: old 300 V; old {"_session_expiry":300} 300
			None: none V; old {"a": 86400`},
	}
	for _, state := range states {
		for line := range strings.Lines(strings.TrimSpace(state.want)) {
			op, want, _ := strings.Cut(strings.TrimSpace(line), ": ")
			t.Run(state.name+"/"+op, func(t *testing.T) {
				l := newLab(t, session.NewMemory())
				var cookies []string
				if state.cookie != "" {
					cookies = []string{"sessionid=" + state.cookie}
				}
				if state.row != "" {
					l.put(state.cookie, state.row, l.now.Add(state.left))
				}
				if got := l.try(ops[op], cookies...); got != want {
					l.Errorf("got  %s\nwant %s", got, want)
				}
			})
		}
	}
}

// try does one operation in a request of its own and returns what came of it, in the form
// of the tables of TestEachOperationInEachState.
func (l *lab) try(op func(*session.Session) error, cookies ...string) string {
	l.Helper()
	s := l.request(cookies...)
	err, status := op(s), 200
	if errors.As(err, new(session.KeyError)) {
		status = 500
	} else {
		l.must(err)
	}
	outcome := l.commit(s, status)
	said := l.sentCookie(outcome.SetCookie)
	if outcome.Vary {
		said += " V"
	} else {
		said += " -"
	}
	if err != nil {
		said += " KeyError"
	}
	rows, err := l.backend.Rows(context.Background())
	l.must(err)
	for _, row := range rows {
		said += fmt.Sprintf("; %s %s %d", which(row.Key), row.Data, row.Expires.Unix()-l.now.Unix())
	}
	return said
}

// sentCookie checks that the line is exactly one that Django sends, and shortens it.
func (l *lab) sentCookie(line string) string {
	switch line {
	case "":
		return "none"
	case `sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax`:
		return "deleted"
	}
	value, rest, _ := strings.Cut(strings.TrimPrefix(line, "sessionid="), "; ")
	if rest == "HttpOnly; Path=/; SameSite=Lax" {
		return which(value) + " -"
	}
	for _, age := range []int{1209600, 300, 60, -1} {
		expires := l.now.UTC().Add(time.Duration(age) * time.Second).Format("Mon, 02 Jan 2006 15:04:05 GMT")
		if rest == fmt.Sprintf("expires=%s; HttpOnly; Max-Age=%d; Path=/; SameSite=Lax", expires, age) {
			return fmt.Sprint(which(value), " ", age)
		}
	}
	return line
}

func which(key string) string {
	switch {
	case strings.HasPrefix(key, "old-key"):
		return "old"
	case len(key) == 32 && strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789") == "":
		return "new"
	}
	return key
}
