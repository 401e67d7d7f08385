package world_test

import (
	"testing"
	"time"

	"cookielab/internal/session"
	"cookielab/internal/world"

	"github.com/google/go-cmp/cmp"
)

// A page that observes a real browser knows the exchange and the visitor's own row after
// it. Here a world is played, and only that much of it is passed on.
func TestNotesMakeDoWithWhatALivePageKnows(t *testing.T) {
	for name, test := range map[string]struct {
		lines []string
		want  []string
	}{
		"a first write":         {[]string{"/set_session"}, []string{"row-created.first-write 0001", "none-sent"}},
		"reading":               {[]string{"/set_session", "/get_session"}, []string{"row-read 0001", "sent sessionid"}},
		"one entry less":        {[]string{"/set_session", "/del"}, []string{"row-changed.del 0001", "sent sessionid"}},
		"all gone":              {[]string{"/set_session", "/clear"}, []string{"row-changed.clear 0001", "sent sessionid"}},
		"logged out":            {[]string{"/set_session", "/flush"}, []string{"row-deleted.flush 0001", "sent sessionid"}},
		"a new key":             {[]string{"/set_session", "/cycle_key"}, []string{"row-created.cycle 0002", "sent sessionid"}},
		"ends with the browser": {[]string{"/set_session", "/set_expiry?value=0"}, []string{"row-changed.expiry-zero 0001", "sent sessionid"}},
		"a key for nothing":     {[]string{"put sessionid=0123456789", "/get_session"}, []string{"key-error.session name", "key-refused.unknown 6789", "sent sessionid"}},
		"a key not adopted":     {[]string{"put sessionid=0123456789", "/set_session"}, []string{"key-refused.unknown 6789", "row-created.not-adopted 0001", "sent sessionid"}},
		"no session at all":     {[]string{"/set_session", "/get_cookie?safe=1"}, []string{"sent sessionid"}},
		"nothing saved":         {[]string{"/set_session", "/del?key=x"}, []string{"key-error.session x", "row-unchanged.error 0001", "sent sessionid"}},
		"a damaged row":         {[]string{"/set_session", "corrupt A", "/get_session?key=x"}, []string{"key-error.session x", "row-unreadable 0001", "sent sessionid"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := last(t, test.lines...)
			now := f.At
			notes := world.NotesOf(world.Observation{
				Action: world.Action{Do: "visit", URL: f.Exchange.Request.URL}, Since: now, Now: now, Exchange: f.Exchange, RowsAfter: f.Server.Rows,
			})
			if diff := cmp.Diff(test.want, told(world.Frame{Notes: notes})); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			for _, n := range notes {
				noteOfKind(t, n)
			}
		})
	}
}

// The visitor's own row before the request is as good as the whole table.
func TestNotesOfALivePageCompareTheOwnRow(t *testing.T) {
	frames := play(t, "/set_session", "B /set_session", "wait 5", "/set_session", "/flush")
	now := time.Date(2026, 1, 1, 0, 0, 5, 0, time.UTC)
	own := func(f world.Frame) []session.Row { return f.Server.Rows[:1] }
	for n, want := range map[int]string{4: "row-renewed 0001", 5: "row-deleted.flush 0001"} {
		after := own(frames[n])
		if n == 5 {
			after = []session.Row{}
		}
		got := told(world.Frame{Notes: world.NotesOf(world.Observation{
			Action: world.Action{Do: "visit"}, Since: now, Now: now, Exchange: frames[n].Exchange, Rows: own(frames[n-1]), RowsAfter: after,
		})})
		if got[0] != want {
			t.Errorf("frame %d: %q, want %s first", n, got, want)
		}
	}
}

func TestNotesOfALivePageNameTheEntryThatIsGone(t *testing.T) {
	form := "key=username"
	for name, test := range map[string]struct {
		line string
		body *string
		want string
	}{
		"by default":   {"/del", nil, "age"},
		"in the query": {"/del?key=age&key=username", nil, "username"},
		"in the form":  {"/del?key=age", &form, "username"},
	} {
		f := last(t, "/set_session", test.line)
		f.Exchange.Request.Body = test.body
		notes := world.NotesOf(world.Observation{Action: world.Action{Do: "visit"}, Exchange: f.Exchange, RowsAfter: f.Server.Rows})
		if got := notes[0].Vars["entries"]; notes[0].Code != "row-changed" || got != test.want {
			t.Errorf("%s: %s of %q, want row-changed of %q", name, notes[0].Code, got, test.want)
		}
	}
}

func TestNothingSeenIsNothingTold(t *testing.T) {
	if got := world.NotesOf(world.Observation{}); len(got) != 0 {
		t.Errorf("nothing seen, and told: %+v", got)
	}
}

func TestShortKeysShowTheirEnds(t *testing.T) {
	for key, want := range map[string]string{
		"": "", "short": "short", "abcdefgh": "abcdefgh", "abcdefghi": "abcd…fghi", "zbcqdd00000000000000000000000001": "zbcq…0001", "中中中中中中中中中": "中中中中…中中中中",
	} {
		if got := world.Short(key); got != want {
			t.Errorf("Short(%q) = %q, want %q", key, got, want)
		}
	}
}
