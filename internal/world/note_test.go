package world_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/handlers/site"
	"cookielab/internal/jar"
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
		if got, _ := notes[0].Vars.Get("entries"); notes[0].Code != "row-changed" || got != test.want {
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

func TestNotesTellWhatHappenedAndWhy(t *testing.T) {
	for name, test := range map[string]struct {
		lines []string
		want  []string // all notes of the last frame, in their order
	}{
		"nothing there yet":             {[]string{"/get_cookie"}, []string{"key-error.cookie num", "none-sent"}},
		"a cookie stored":               {[]string{"/set_cookie?max_age=60"}, []string{"stored.age num", "none-sent"}},
		"a cookie sent":                 {[]string{"/set_cookie", "/get_cookie"}, []string{"sent num"}},
		"a new value":                   {[]string{"/set_cookie", "/set_cookie?value=2"}, []string{"replaced.value num", "sent num"}},
		"the age lost":                  {[]string{"/set_cookie?max_age=60", "/set_cookie"}, []string{"replaced.age-lost num", "sent num"}},
		"the same again":                {[]string{"/set_cookie", "/set_cookie"}, []string{"replaced.same num", "sent num"}},
		"deleted by the server":         {[]string{"/set_cookie", "/delete_cookie"}, []string{"deleted.server num", "sent num"}},
		"the wrong path":                {[]string{"/set_cookie?path=/get_cookie", "/delete_cookie"}, []string{"nothing-to-delete.path num", "withheld.path num", "none-sent"}},
		"nothing to delete":             {[]string{"/delete_cookie"}, []string{"nothing-to-delete.nothing num", "none-sent"}},
		"the wrong domain":              {[]string{"http://a.example.org/set_cookie?domain=b.example.org"}, []string{"refused.domain num", "none-sent"}},
		"Secure over http":              {[]string{"http://a.example/set_cookie?secure=1"}, []string{"refused.secure num", "none-sent"}},
		"None without Secure":           {[]string{"/set_cookie?samesite=None"}, []string{"refused.samesite num", "none-sent"}},
		"a broken promise":              {[]string{"https://a.example/set_cookie?name=__Host-a&secure=1&path=/x"}, []string{"refused.prefix __Host-a", "none-sent"}},
		"too large":                     {[]string{"/set_cookie?value=" + strings.Repeat("x", 4096)}, []string{"refused.size num", "none-sent"}},
		"another site's form":           {[]string{"/set_cookie?samesite=Strict", "/get_cookie ← https://evil.example/ link"}, []string{"key-error.cookie num", "withheld.samesite num", "none-sent"}},
		"another site's picture":        {[]string{"/set_cookie ← https://evil.example/ img"}, []string{"refused.samesite num", "none-sent"}},
		"an age that ends":              {[]string{"/set_cookie?max_age=5", "wait 5"}, []string{"expired.age num", "time-passed.seconds"}},
		"a script reads":                {[]string{"/set_cookie", "/set_session", "script"}, []string{"withheld.http-only sessionid", "script-read.some"}},
		"a script writes":               {[]string{"script a=1; path=/"}, []string{"stored.session a"}},
		"a script deletes":              {[]string{"script a=1; path=/", "script a=; max-age=0; path=/"}, []string{"deleted.script a"}},
		"a script meets HttpOnly":       {[]string{"/set_session", "script sessionid=x; path=/"}, []string{"refused.overwrite-http-only sessionid"}},
		"typed in":                      {[]string{"put num=7"}, []string{"stored.by-hand num"}},
		"typed over":                    {[]string{"/set_cookie", "put num=7"}, []string{"replaced.by-hand num"}},
		"nothing to copy":               {[]string{"put num < B"}, []string{"nothing-to-copy num"}},
		"deleted by hand":               {[]string{"/set_session", "delete sessionid"}, []string{"deleted.by-hand sessionid", "row-kept.deleted 0001"}},
		"nothing by hand":               {[]string{"delete num"}, []string{"nothing-to-delete.nothing num"}},
		"by hand on another path":       {[]string{"/set_cookie?path=/get_cookie", "delete num"}, []string{"nothing-to-delete.path num"}},
		"a path ends with a segment":    {[]string{"/set_cookie?path=/get", "/get_cookie?safe=1", "delete num"}, []string{"nothing-to-delete.path num"}},
		"a shared key that is no good":  {[]string{"/set_session", "B put sessionid < A", "expire A", "B /get_session?key=a"}, []string{"key-error.session a", "key-refused.expired 0001", "deleted.server sessionid", "sent sessionid"}},
		"no logout":                     {[]string{"/set_session", "/delete_cookie?name=sessionid"}, []string{"deleted.server sessionid", "row-kept.deleted 0001", "sent sessionid"}},
		"an unknown key":                {[]string{"put sessionid=0123456789", "/set_session"}, []string{"key-refused.unknown 6789", "row-created.not-adopted 0001", "replaced.new-key sessionid", "sent sessionid"}},
		"a short key":                   {[]string{"put sessionid=short", "/get_session?key=a"}, []string{"key-error.session a", "key-refused.short hort", "deleted.server sessionid", "sent sessionid"}},
		"a session that is not asked":   {[]string{"/set_session", "/get_cookie?safe=1"}, []string{"sent sessionid"}},
		"one entry less":                {[]string{"/set_session", "/del"}, []string{"row-changed.del 0001", "replaced.renewed sessionid", "sent sessionid"}},
		"no such entry":                 {[]string{"/set_session", "/del?key=x"}, []string{"key-error.session x", "row-unchanged.error 0001", "sent sessionid"}},
		"dead at once":                  {[]string{"/set_session", "/set_expiry?value=-1"}, []string{"row-expired.negative 0001", "row-changed.expiry 0001", "deleted.server sessionid", "sent sessionid"}},
		"a key for nothing":             {[]string{"/cycle_key"}, []string{"row-created.empty 0001", "stored.age sessionid", "none-sent"}},
		"a damaged row":                 {[]string{"/set_session", "corrupt A"}, []string{"row-damaged 0001"}},
		"a damaged row read":            {[]string{"/set_session", "corrupt A", "/get_session?key=a"}, []string{"key-error.session a", "row-unreadable 0001", "sent sessionid"}},
		"a damaged row repaired":        {[]string{"/set_session", "corrupt A", "/set_session"}, []string{"row-changed.repaired 0001", "replaced.renewed sessionid", "sent sessionid"}},
		"a row dropped":                 {[]string{"/set_session", "drop A"}, []string{"row-deleted.by-hand 0001"}},
		"no row to drop":                {[]string{"drop A"}, []string{"no-row"}},
		"nothing to purge":              {[]string{"/set_session", "purge"}, []string{"nothing-purged"}},
		"two clocks":                    {[]string{"/set_session", "/set_expiry?value=0", "close"}, []string{"deleted.closed sessionid", "row-kept.closed 0001", "browser-closed.some"}},
		"closing in vain":               {[]string{"/set_session", "close"}, []string{"kept.age sessionid", "browser-closed.none"}},
		"a bad request":                 {[]string{"/set_cookie?name="}, []string{"bad-request", "none-sent"}},
		"no such page":                  {[]string{"/login"}, []string{"not-found", "none-sent"}},
		"another site of the same host": {[]string{"http://a.example.org/set_cookie", "http://b.example.org/get_cookie?safe=1"}, []string{"withheld.domain num", "none-sent"}},
		"a day":                         {[]string{"wait 86400"}, []string{"time-passed.day"}},
		"three hours":                   {[]string{"wait 10800"}, []string{"time-passed.hours"}},
		"no time":                       {[]string{"wait 0"}, []string{"time-passed.seconds"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, told(last(t, test.lines...))); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNotesNeverShowAWholeKey(t *testing.T) {
	say := func(_ string, n world.Note) string { return fmt.Sprint(n.Vars) }
	frames, err := world.Play(world.Script{Actions: actions(t,
		"/set_session", "B put sessionid < A", "B /set_session?a=1", "/cycle_key", "B /get_session", "/get_session", "B /set_session",
		"B close", "/set_expiry?value=0", "close", "expire A", "purge", "script", "/set_session + B /set_session", "wait 9999999", "purge",
	)}, site.Handler, say)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		for _, n := range f.Notes {
			for _, word := range strings.FieldsFunc(n.Text, func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9') }) {
				if len(word) == 32 {
					t.Errorf("frame %d, %s: %s is a whole key", f.N, n.Code, word)
				}
			}
		}
	}
}

// noteOfKind fails for a note that is missing in Kinds: it would have no text.
func noteOfKind(t *testing.T, n world.Note) {
	t.Helper()
	for _, k := range world.Kinds {
		if k.Code != n.Code {
			continue
		}
		reason := strings.Trim(n.Reason+"."+n.Case, ".")
		if len(k.Reasons) == 0 && reason != "" || len(k.Reasons) > 0 && !slices.Contains(k.Reasons, reason) {
			t.Errorf("%s has no reason %q", n.Code, reason)
		}
		return
	}
	t.Errorf("there is no kind %s", n.Code)
}

func TestEveryReasonOfTheJarHasAKindOfNote(t *testing.T) {
	elsewhere := []jar.Reason{
		jar.ReasonOverwritten, // of Explain, which the world does not use
		jar.ReasonURL,         // the world has valid addresses only
		jar.ReasonExpired,     // the world removes expired cookies first
	}
	var all []string
	for _, k := range world.Kinds {
		all = append(all, k.Reasons...)
	}
	for _, reason := range jar.Reasons {
		if !slices.Contains(all, string(reason)) && !slices.Contains(elsewhere, reason) {
			t.Errorf("no kind of note has the reason %s", reason)
		}
	}
}
