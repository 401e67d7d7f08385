package tests

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"cookielab/internal/world"

	"github.com/PuerkitoBio/goquery"
)

// report is what a page's script sends after one press.
func report(t *testing.T, pressed ...answer) string {
	t.Helper()
	type done struct {
		world.Exchange
		Rows json.RawMessage `json:"rows"`
	}
	body := struct {
		Exchanges []done `json:"exchanges"`
		Begun     bool   `json:"begun"`
		Finished  bool   `json:"finished"`
	}{Begun: true, Finished: true}
	for _, a := range pressed {
		var seen struct {
			Exchange world.Exchange
			Server   struct{ Rows json.RawMessage }
		}
		if err := json.Unmarshal([]byte(a.body), &seen); err != nil {
			t.Fatal(err)
		}
		body.Exchanges = append(body.Exchanges, done{seen.Exchange, seen.Server.Rows})
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// In a live step everybody sees the instructor's own browser: the session ID masked,
// what the step itself sets, and nothing else that the browser holds.
func TestALiveStepShowsTheInstructorsBrowserMasked(t *testing.T) {
	l := openRoom(t)
	l.moved(`{"step":"session/locker"}`)
	instructor := l.visitor()
	instructor.get("/set_cookie?name=bank&value=private-cookie")
	instructor.get("/set_session?pin=private-entry")
	pressed := instructor.live("/set_session")
	key := instructor.held("sessionid")
	page := "/en/lessons/session?step=2"
	body := report(t, pressed, instructor.live("/set_session?secret=private-press"))
	a := instructor.ask(http.MethodPost, page, body, append(l.drives(), "X-Class", l.code)...)
	if a.status != 200 || !strings.Contains(a.body, key) {
		t.Fatalf("the instructor's own page is answered with %d", a.status)
	}
	m := l.state().Moment
	if m.Frame == nil {
		t.Fatal("no frame is on show")
	}
	for _, lang := range []string{"zh", "en"} {
		shown := l.visitor().get("/" + lang + m.Frame.URL)
		for _, secret := range []string{key, key[:6], key[26:], "private", "bank", "pin", "secret"} {
			if strings.Contains(shown.body, secret) {
				t.Errorf("the class sees %q in %s", secret, lang)
			}
		}
		doc := shown.page()
		if got := the(t, doc.Selection, "[data-cookie]").AttrOr("data-name", ""); got != "sessionid" {
			t.Errorf("the class sees the cookie %s", got)
		}
		for _, want := range []string{`"fan"`, "18"} {
			if doc.Find("[data-row] [data-entry]").FilterFunction(func(_ int, e *goquery.Selection) bool { return e.AttrOr("data-value", "") == want }).Length() != 1 {
				t.Errorf("the class does not see the entry %s", want)
			}
		}
		if doc.Find("[data-exchange]").Length() != 1 {
			t.Errorf("the class sees %d exchanges", doc.Find("[data-exchange]").Length())
		}
	}
	if again := instructor.ask(http.MethodPost, page, body, append(l.drives(), "X-Class", l.code)...); again.status != 200 || l.state().Moment.N != m.N {
		t.Errorf("the same again makes moment %d of %d", l.state().Moment.N, m.N)
	}
	other := strings.Repeat("x", 32)
	for name, c := range map[string]struct {
		headers []string
		want    int
	}{
		"no key":         {[]string{"X-Class", l.code}, 401},
		"a wrong key":    {[]string{"X-Class", l.code, "Authorization", "Bearer " + other}, 403},
		"another room":   {[]string{"X-Class", "zzzzzz", "Authorization", "Bearer " + l.key}, 403},
		"another origin": {[]string{"X-Class", l.code, "Authorization", "Bearer " + l.key, "Origin", "https://evil.example"}, 403},
	} {
		if a := l.visitor().ask(http.MethodPost, page, "{}", append(c.headers, sends...)...); a.status != c.want {
			t.Errorf("with %s a report is answered with %d, want %d", name, a.status, c.want)
		}
	}
	if got := l.state().Moment.N; got != m.N {
		t.Errorf("somebody has published moment %d", got)
	}
}
