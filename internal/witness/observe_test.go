package witness

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
)

// say returns a note's code and subject as its text.
func say(n world.Note) string { return n.Code + " " + n.Cookie + n.Key }

func observed(t *testing.T, seen Sight, r *Report) (world.Frame, Findings) {
	t.Helper()
	f, findings, err := Observe(t.Context(), seen, r, say)
	if err != nil {
		t.Fatal(err)
	}
	return f, findings
}

// reportOf decodes a report as a page sends it.
func reportOf(t *testing.T, text string) *Report {
	t.Helper()
	var r Report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func TestWithoutAScriptOnlyTheHeaderSpeaks(t *testing.T) {
	total := 3
	rows := []session.Row{{Key: "k", Data: "{}", Expires: start.Add(time.Hour)}}
	f, _ := observed(t, Sight{
		Now: start, URL: labPage, Header: jar.Pairs("sessionid=old; num=1; sessionid=k"), Rows: rows, Total: &total, Names: map[string]bool{"num": true},
	}, nil)
	b := f.Browsers[Browser]
	if b.Look == nil || b.Look.Scripted || b.Look.Able != nil || b.Look.Key != "k" || b.Look.URL != labPage {
		t.Errorf("the look is %+v", b.Look)
	}
	for i, c := range b.Seen() {
		if len(c.Unknown) != len(world.Facts) || c.Doubt != "" || c.Ours != (c.Name == "num") {
			t.Errorf("cookie %d, %s, is known as %+v", i, c.Name, c.Known)
		}
	}
	if n, counted := f.Server.Others(); n != 2 || !counted || len(f.Notes) != 0 || f.Exchange != nil || !f.At.Equal(start) {
		t.Errorf("the frame is %+v, with %d rows of others", f, n)
	}
}

func TestAStepThatWasObservedIsAFrame(t *testing.T) {
	r := reportOf(t, `{"document_cookie":"num=1","has_store":true,"store":[{"name":"num","value":"1","path":"/","sameSite":"lax"}],"secure_context":true,
		"ledger":[{"id":"e1","n":0,"at":"2025-12-31T23:59:58Z","url":"http://localhost:8080/set_cookie","via":"http","line":"num=1; Path=/"}],
		"exchanges":[
			{"id":"e1","at":"2025-12-31T23:59:58.500Z","request":{"method":"GET","url":"http://localhost:8080/set_cookie","headers":[]},
			 "response":{"status":200,"headers":[["Set-Cookie","num=1; Path=/"]],"body":"ok"},"rows_before":[],"rows":[{"key":"new","data":{"a":1},"expires":"2026-01-15T00:00:00Z"}]},
			{"id":"s1","at":"2025-12-31T23:59:59Z","script":""}]}`)
	f, findings := observed(t, Sight{Now: start, URL: labPage, Header: jar.Pairs("num=1"), Rows: []session.Row{}}, r)
	if !slices.Equal(findings.Seen, []string{"e1#0"}) || len(findings.Gone) != 0 {
		t.Errorf("found %+v", findings)
	}
	if f.Action == nil || f.Action.Do != "script" || f.Exchange != nil || len(f.Exchanges) != 1 {
		t.Errorf("last came %+v with %v, of %d exchanges", f.Action, f.Exchange, len(f.Exchanges))
	}
	if got := f.Exchanges[0].At; !got.Equal(start.Add(-1500 * time.Millisecond)) {
		t.Errorf("the exchange was at %v", got)
	}
	if len(f.Verdicts) != 1 || len(f.Verdicts[0]) != 1 || f.Verdicts[0][0].Text != "stored num" {
		t.Errorf("the verdicts are %+v", f.Verdicts)
	}
	if len(f.Server.Told) != 1 || f.Server.Told[0].Key != "new" || f.Server.Told[0].Data != `{"a":1}` {
		t.Errorf("the answer told of the rows %+v", f.Server.Told)
	}
	if _, counted := f.Server.Others(); counted {
		t.Error("rows are counted that nobody counted")
	}
	look := f.Browsers[Browser].Look
	if diff := cmp.Diff(&world.Abilities{SecureContext: true, Store: "attributes"}, look.Able); diff != "" {
		t.Errorf("able to (-want +got):\n%s", diff)
	}
	if c := f.Browsers[Browser].Seen()[0]; !c.Ours || len(c.Unknown) != 0 || c.HTTPOnly {
		t.Errorf("num is %+v", c)
	}
}

func TestAClockThatIsWrongIsReckonedWith(t *testing.T) {
	for ahead, want := range map[time.Duration]time.Duration{0: 0, time.Second: 0, -3*time.Hour + 400*time.Millisecond: -3 * time.Hour} {
		f, _ := observed(t, Sight{Now: start, URL: labPage}, &Report{Clock: start.Add(ahead).UnixMilli()})
		if got := f.Browsers[Browser].Look.Clock; got != want {
			t.Errorf("a clock that is %v ahead is taken for %v", ahead, got)
		}
	}
}

func TestATagChangesWithWhatIsSeen(t *testing.T) {
	one, two := 1, 2
	row := session.Row{Key: "k", Data: "{}", Expires: start}
	renewed := row
	renewed.Expires = start.Add(time.Second)
	tags := map[string]bool{}
	for _, s := range []Sight{
		{}, {Header: jar.Pairs("a=1")}, {Header: jar.Pairs("a=2")}, {Total: &one}, {Total: &two}, {Rows: []session.Row{row}}, {Rows: []session.Row{renewed}},
	} {
		if tag := s.Tag(); tags[tag] || !strings.HasPrefix(tag, `"`) || tag != s.Tag() {
			t.Errorf("%+v has the tag %s", s, tag)
		} else {
			tags[tag] = true
		}
	}
}

func TestAnObservedFrameIsReadBackAsItWas(t *testing.T) {
	f, _, err := Observe(context.Background(), Sight{Now: start.Add(1500 * time.Millisecond), URL: labPage, Header: jar.Pairs("theme=dark; num=1"),
		Rows: []session.Row{{Key: "k", Data: `{"a":"<"}`, Expires: start}}}, &Report{Document: "num=1"}, say)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var back world.Frame
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || string(again) != string(text) {
		t.Errorf("%v: written %s, read back %s", err, text, again)
	}
	if diff := cmp.Diff(f.Browsers, back.Browsers); diff != "" {
		t.Errorf("browsers (-was +is):\n%s", diff)
	}
}
