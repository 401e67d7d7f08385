package jar

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A scenario is a story told to one jar, step by step. It starts at start, and
// each step comes a second after the one before.
type step struct {
	// on is the request: "http://a.example/p", and in any order after it "POST",
	// "from URL" (the page that asks), "by kind", "dom" for document.cookie.
	on string
	// set is a Set-Cookie line that comes back; want is then its code and reason.
	set string
	// want is otherwise the Cookie header.
	want string
	// kept are the cookies that stay at home, as "name:reason name:reason".
	kept string
	// wait lets time pass before the step.
	wait time.Duration
	// do is something else that happens, instead of a request.
	do func(now time.Time, j *Jar)
	// jar is what is there afterwards, as in describe; "" is not looked at.
	jar string
}

type scenario struct {
	profile Profile
	steps   []step
}

func (s scenario) play(t *testing.T) {
	t.Helper()
	j := New(s.profile)
	now := start
	for i, st := range s.steps {
		now = now.Add(time.Second + st.wait)
		switch {
		case st.do != nil:
			st.do(now, j)
		case st.set != "":
			d := j.Set(now, request(t, st.on), st.set)
			if got := strings.TrimSpace(string(d.Code) + " " + string(d.Reason)); got != st.want {
				t.Errorf("step %d: Set(%s, %q) = %q, want %q", i, st.on, st.set, got, st.want)
			}
			if d.Stored != (d.Code == Stored || d.Code == Replaced) {
				t.Errorf("step %d: Set(%s, %q): Stored = %v with code %q", i, st.on, st.set, d.Stored, d.Code)
			}
		default:
			sent := j.Send(now, request(t, st.on))
			if sent.Header != st.want {
				t.Errorf("step %d: Send(%s) = %q, want %q", i, st.on, sent.Header, st.want)
			}
			var kept []string
			for _, w := range sent.Withheld {
				kept = append(kept, w.Cookie.Name+":"+string(w.Reason))
			}
			if got := strings.Join(kept, " "); got != st.kept {
				t.Errorf("step %d: Send(%s) withholds %q, want %q", i, st.on, got, st.kept)
			}
		}
		if got := describe(j.Cookies(now)); st.jar != "" && got != strings.TrimSpace(st.jar) {
			t.Errorf("step %d: jar = %q, want %q", i, got, st.jar)
		}
	}
}

// request reads the language of step.on.
func request(t *testing.T, s string) Request {
	t.Helper()
	words := strings.Fields(s)
	r := Request{URL: words[0]}
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "POST":
			r.Method = "POST"
		case "dom":
			r.Via = ViaDOM
		case "from":
			i++
			r.Initiator = words[i]
		case "by":
			i++
			r.Kind = words[i]
		default:
			t.Fatalf("request %q: what is %q?", s, words[i])
		}
	}
	return r
}

// describe writes cookies as "name=value@domain/path", "*" after a domain that
// covers subdomains, " " between cookies; none are "-".
func describe(cs []Cookie) string {
	if len(cs) == 0 {
		return "-"
	}
	var all []string
	for _, c := range cs {
		star := "*"
		if c.HostOnly {
			star = ""
		}
		all = append(all, fmt.Sprintf("%s=%s@%s%s%s", c.Name, c.Value, c.Domain, star, c.Path))
	}
	return strings.Join(all, " ")
}

const (
	shop  = "https://shop.example/"
	plain = "http://shop.example/"
	local = "http://localhost:8080/"
	evil  = "https://evil.example/page"
)
