package world_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/handlers/site"
	"cookielab/internal/world"

	"github.com/google/go-cmp/cmp"
)

// What lessons 6 and 7 claim, derived by hand from Django's behaviour.
func TestLessonsAboutLifeAndSharingComeOutAsTheyClaim(t *testing.T) {
	const twoWeeks = "1.2096e+06"
	for name, test := range map[string]struct {
		lines []string
		want  string
		lead  string // the first note
	}{
		"6.1 a cookie without an age goes on closing": {
			[]string{"/set_cookie", "close", "/get_cookie?safe=1"},
			"200 None", "none-sent",
		},
		"6.2 sessionid survives closing": {
			[]string{"/set_session", "close", "/get_session"},
			"200 Session values: fan18 | sent sessionid=0001 | A: sessionid=0001 " + twoWeeks + ` | row 0001 {"username":"fan","age":18} ` + twoWeeks, "row-read 0001",
		},
		"6.3 thirteen days of reading do not help": {
			[]string{"/set_session", "wait 1123200", "/get_session", "wait 86400", "/get_session"},
			`500 KeyError: 'username' | row 0001 {"username":"fan","age":18} 0`, "key-error.session name",
		},
		"6.4 expired is not deleted": {
			[]string{"/set_session", "expire A", "/get_session"},
			`500 KeyError: 'username' | sent sessionid=0001 | set sessionid | row 0001 {"username":"fan","age":18} -1`, "key-error.session name",
		},
		"6.4 the cleaning deletes": {
			[]string{"/set_session", "expire A", "/get_session", "purge"},
			"", "row-deleted.purge 0001",
		},
		"6.5 writing the same counts": {
			[]string{"/set_session", "/set_expiry?value=60", "wait 50", "/set_session", "wait 50", "/get_session"},
			`200 Session values: fan18 | sent sessionid=0001 | A: sessionid=0001 10 | row 0001 {"username":"fan","age":18,"_session_expiry":60} 10`, "row-read 0001",
		},
		"6.6 closing does not log out": {
			[]string{"/set_session", "/set_expiry?value=0", "close", "/get_session"},
			`500 KeyError: 'username' | row 0001 {"username":"fan","age":18,"_session_expiry":0} ` + twoWeeks, "key-error.session name",
		},
		"6.7 clear forgets the expiry": {
			[]string{"/set_session", "/set_expiry?value=0", "/clear"},
			"200 Session data cleared | sent sessionid=0001 | set sessionid | A: sessionid=0001 " + twoWeeks + " | row 0001 {} " + twoWeeks, "row-changed.clear 0001",
		},
		"6.8 None does not renew": {
			[]string{"/set_session", "wait 86400", "/set_expiry?value=None"},
			`200 Expiry set | sent sessionid=0001 | A: sessionid=0001 1.1232e+06 | row 0001 {"username":"fan","age":18} 1.1232e+06`, "row-unchanged.idle 0001",
		},
		"7.1 each browser has its row": {
			[]string{"/set_session", "B /set_session?username=li&age=20", "/get_session"},
			"200 Session values: fan18 | sent sessionid=0001 | A: sessionid=0001 " + twoWeeks + " | B: sessionid=0002 " + twoWeeks +
				` | row 0001 {"username":"fan","age":18} ` + twoWeeks + ` | row 0002 {"username":"li","age":20} ` + twoWeeks, "row-read 0001",
		},
		"7.2 a copied key opens": {
			[]string{"/set_session", "B put sessionid < A", "B /get_session"},
			"200 Session values: fan18 | sent sessionid=0001 | A: sessionid=0001 " + twoWeeks + ` | B: sessionid=0001 session | row 0001 {"username":"fan","age":18} ` + twoWeeks, "key-shared 0001",
		},
		"7.3 clear does not lock out": {
			[]string{"/set_session", "B put sessionid < A", "/clear", "/set_session?card=1", "B /get_session?key=card"},
			"200 1 | sent sessionid=0001 | A: sessionid=0001 " + twoWeeks + ` | B: sessionid=0001 session | row 0001 {"card":1} ` + twoWeeks, "key-shared 0001",
		},
		"7.4 flush kills every copy": {
			[]string{"/set_session", "B put sessionid < A", "/flush", "B /get_session"},
			"500 KeyError: 'username' | sent sessionid=0001 | set sessionid", "key-error.session name",
		},
		"7.5 closed, not logged out": {
			[]string{"/set_session", "/set_expiry?value=0", "B put sessionid < A", "close", "B /get_session"},
			`200 Session values: fan18 | sent sessionid=0001 | B: sessionid=0001 session | row 0001 {"username":"fan","age":18,"_session_expiry":0} ` + twoWeeks, "row-read 0001",
		},
		"7.6 a planted key is adopted if it is real": {
			[]string{"B /set_session?cart=1", "put sessionid < B", "/set_session", "B /get_session"},
			"200 Session values: fan18 | sent sessionid=0001 | A: sessionid=0001 " + twoWeeks + " | B: sessionid=0001 " + twoWeeks +
				` | row 0001 {"cart":1,"username":"fan","age":18} ` + twoWeeks, "key-shared 0001",
		},
		"7.7 a new key at login": {
			[]string{"B /set_session?cart=1", "put sessionid < B", "/set_session", "/cycle_key", "B /get_session"},
			"500 KeyError: 'username' | sent sessionid=0001 | set sessionid | A: sessionid=0002 " + twoWeeks +
				` | row 0002 {"cart":1,"username":"fan","age":18} ` + twoWeeks, "key-error.session name",
		},
		"7.8 the cup is lost": {
			[]string{"/set_session?num=1", "B put sessionid < A", "/set_session?num=2 + B /set_session?ice=less", "/get_session?key=num"},
			"200 1 | sent sessionid=0001 | A: sessionid=0001 " + twoWeeks + " | B: sessionid=0001 " + twoWeeks + ` | row 0001 {"num":1,"ice":"less"} ` + twoWeeks, "key-shared 0001",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := last(t, test.lines...)
			if got := facts(f); got != test.want {
				t.Errorf("facts\n got %s\nwant %s", got, test.want)
			}
			if got := told(f)[0]; got != test.lead {
				t.Errorf("the first of %q is %s, want %s", told(f), got, test.lead)
			}
		})
	}
}

// Django's behaviour for two concurrent requests: both load, then both save, in order.
func TestRequestsTogetherLoadBeforeTheFirstOneSaves(t *testing.T) {
	const twoWeeks = "1.2096e+06"
	shared := []string{"/set_session", "B put sessionid < A"}
	both := "A: sessionid=0001 " + twoWeeks + " | B: sessionid=0001 "
	for name, test := range map[string]struct {
		lines []string
		want  string
		notes []string // that must be among the notes
	}{
		"of two writes one is lost": {
			append(shared, "/set_session?num=2 + B /set_session?ice=less"),
			"200 Session set | sent sessionid=0001 | set sessionid | 200 Session set | sent sessionid=0001 | set sessionid | " +
				both + twoWeeks + ` | row 0001 {"username":"fan","age":18,"ice":"less"} ` + twoWeeks,
			[]string{"lost-update 0001"},
		},
		"a write undoes a clear": {
			append(shared, "/clear + B /set_session?a=1"),
			"200 Session data cleared | sent sessionid=0001 | set sessionid | 200 Session set | sent sessionid=0001 | set sessionid | " +
				both + twoWeeks + ` | row 0001 {"username":"fan","age":18,"a":1} ` + twoWeeks,
			[]string{"row-changed.clear 0001", "lost-update 0001"},
		},
		"a write undoes an expiry": {
			append(shared, "/set_expiry?value=60 + B /set_session?a=1"),
			"200 Expiry set | sent sessionid=0001 | set sessionid | 200 Session set | sent sessionid=0001 | set sessionid | " +
				"A: sessionid=0001 60 | B: sessionid=0001 " + twoWeeks + ` | row 0001 {"username":"fan","age":18,"a":1} ` + twoWeeks,
			[]string{"lost-update 0001"},
		},
		"a write does not survive a flush": {
			append(shared, "/flush + B /set_session?a=1"),
			"200 Session flushed | sent sessionid=0001 | set sessionid | " +
				"400 | sent sessionid=0001 | B: sessionid=0001 session",
			[]string{"interrupted 0001", "row-deleted.flush 0001"},
		},
		"a flush comes after a write": {
			append(shared, "/set_session?a=1 + B /flush"),
			"200 Session set | sent sessionid=0001 | set sessionid | 200 Session flushed | sent sessionid=0001 | set sessionid | A: sessionid=0001 " + twoWeeks,
			[]string{"row-changed.set 0001", "row-deleted.flush 0001"},
		},
		"a new key carries the data past a flush": {
			append(shared, "/flush + B /cycle_key"),
			"200 Session flushed | sent sessionid=0001 | set sessionid | 200 Session key changed | sent sessionid=0001 | set sessionid | " +
				"B: sessionid=0002 " + twoWeeks + ` | row 0002 {"username":"fan","age":18} ` + twoWeeks,
			[]string{"row-deleted.flush 0001", "row-created.cycle 0002"},
		},
		"a flush does not see the new key": {
			append(shared, "/cycle_key + B /flush"),
			"200 Session key changed | sent sessionid=0001 | set sessionid | 200 Session flushed | sent sessionid=0001 | set sessionid | " +
				"A: sessionid=0002 " + twoWeeks + ` | row 0002 {"username":"fan","age":18} ` + twoWeeks,
			[]string{"row-created.cycle 0002", "row-deleted.cycle 0001"},
		},
		"two first requests make two rows": {
			[]string{"/set_session?a=1 + A /set_session?b=2"},
			"200 Session set | set sessionid | 200 Session set | set sessionid | A: sessionid=0002 " + twoWeeks +
				` | row 0001 {"a":1} ` + twoWeeks + ` | row 0002 {"b":2} ` + twoWeeks,
			[]string{"row-created.first-write 0001", "row-created.first-write 0002", "replaced.new-key sessionid", "row-kept.replaced 0001"},
		},
		"who writes the same entry has the last word": {
			append(shared, "/set_session?age=1 + B /set_session?age=2", "/get_session?key=age + B /get_session?key=age"),
			"200 2 | sent sessionid=0001 | 200 2 | sent sessionid=0001 | " + both + twoWeeks + ` | row 0001 {"username":"fan","age":2} ` + twoWeeks,
			[]string{"row-read 0001"},
		},
		"who only reads is in nobody's way": {
			append(shared, "/get_session + B /get_cookie?safe=1"),
			"200 Session values: fan18 | sent sessionid=0001 | 200 None | sent sessionid=0001 | " +
				both + "session" + ` | row 0001 {"username":"fan","age":18} ` + twoWeeks,
			[]string{"row-read 0001"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := last(t, test.lines...)
			if got := facts(f); got != test.want {
				t.Errorf("facts\n got %s\nwant %s", got, test.want)
			}
			for _, note := range test.notes {
				if !slices.Contains(told(f), note) {
					t.Errorf("the notes %q lack %s", told(f), note)
				}
			}
			if len(f.Exchanges) != 2 || !reflect.DeepEqual(*f.Exchange, f.Exchanges[1]) {
				t.Errorf("the exchange is not the last of the %d", len(f.Exchanges))
			} else if a, b := f.Exchanges[0].ID, f.Exchanges[1].ID; a != fmt.Sprintf("%d.1", f.N) || b != fmt.Sprint(f.N) {
				t.Errorf("the exchanges of frame %d are %s and %s", f.N, a, b)
			}
		})
	}
}

func TestTheFirstFrameIsTheEmptyWorld(t *testing.T) {
	frames, err := world.Play(world.Script{}, site.Handler, label)
	if err != nil {
		t.Fatal(err)
	}
	got, err := world.Encode(frames)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"frames":[{"n":0,"at":"2026-01-01T00:00:00Z","action":null,"exchange":null,"browsers":{},"server":{"rows":[]},"notes":[]}]}` + "\n"
	if string(got) != want {
		t.Errorf("no script plays as %s, want %s", got, want)
	}
}

func TestAFrameSaysAllThatTheContractAsksFor(t *testing.T) {
	raw := "a=1"
	script := world.Script{
		Start: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Actions: []world.Action{{
			Do: "visit", Browser: "A", URL: "https://shop.example/set_session?username=li", Method: "POST", RawCookie: &raw,
		}},
	}
	frames, err := world.Play(script, site.Handler, func(lang string, n world.Note) string { return lang + " " + n.Code })
	if err != nil {
		t.Fatal(err)
	}
	got, err := world.Encode(frames[1:])
	if err != nil {
		t.Fatal(err)
	}
	key := frames[1].Server.Rows[0].Key
	want := strings.ReplaceAll(strings.NewReplacer("\n", "", "\t", "").Replace(`{"frames":[{"n":1,"at":"2026-03-01T12:00:00Z",
		"action":{"do":"visit","browser":"A","url":"https://shop.example/set_session?username=li","method":"POST","raw_cookie":"a=1"},
		"exchange":{"id":"1","at":"2026-03-01T12:00:00.000Z",
			"request":{"method":"POST","url":"https://shop.example/set_session?username=li","headers":[["Host","shop.example"],["Accept","*/*"],["Accept-Language","en"],["Content-Type","application/x-www-form-urlencoded"],["Cookie","a=1"]],"body":""},
			"response":{"status":200,"headers":[["Cache-Control","no-store"],["Content-Type","text/plain; charset=utf-8"],["Cross-Origin-Resource-Policy","same-origin"],["Set-Cookie","sessionid=KEY; expires=Sun, 15 Mar 2026 12:00:00 GMT; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax"],["Vary","Cookie"],["X-Content-Type-Options","nosniff"]],"body":"Session set"}},
		"browsers":{"A":{"jar":[{"name":"sessionid","value":"KEY","domain":"shop.example","hostOnly":true,"path":"/","expires":"2026-03-15T12:00:00Z","secure":false,"httpOnly":true,"sameSite":"Lax","partitioned":false}],"documentCookie":""}},
		"server":{"rows":[{"key":"KEY","data":{"username":"li"},"expires":"2026-03-15T12:00:00Z"}]},
		"notes":[{"code":"row-created","browser":"A","key":"KEY","reason":"first-write","text":"en row-created"},
			{"code":"stored","browser":"A","cookie":"sessionid","reason":"age","text":"en stored"},
			{"code":"sent","browser":"A","cookie":"a","reason":"","text":"en sent"}]}]}`), "KEY", key) + "\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("frame (-want +got):\n%s", diff)
	}
}

func TestBrowsersComeIntoBeingWhenFirstNamed(t *testing.T) {
	frames := play(t, "/set_cookie", "put num < C", "expire B", "close")
	for n, want := range []string{"", "A", "AC", "ABC", "ABC"} {
		if got := strings.Join(slices.Sorted(maps(frames[n].Browsers)), ""); got != want {
			t.Errorf("the browsers of frame %d are %q, want %q", n, got, want)
		}
	}
}

func TestPutDeleteAndScriptActOnThePageLastVisited(t *testing.T) {
	shop := "http://shop.example/x"
	jarOf := func(f world.Frame) string {
		var all []string
		for _, c := range f.Browsers["A"].Jar {
			all = append(all, c.Domain+c.Path+" "+c.Name+"="+c.Value)
		}
		return strings.Join(all, ", ")
	}
	for name, test := range map[string]struct {
		lines []string
		want  string
		page  string // document.cookie
	}{
		"nowhere yet":              {[]string{"put a=1"}, "localhost/ a=1", "a=1"},
		"on a page":                {[]string{shop, "put a=1"}, "shop.example/ a=1", "a=1"},
		"a picture is no page":     {[]string{shop, "http://b.test/ ← http://shop.example/x img", "put a=1"}, "shop.example/ a=1", "a=1"},
		"a link leads to a page":   {[]string{shop, "http://b.test/ ← http://shop.example/x link", "put a=1"}, "b.test/ a=1", "a=1"},
		"a script has a path":      {[]string{"http://shop.example/x/y", "script a=1"}, "shop.example/x a=1", "a=1"},
		"delete is of this host":   {[]string{"put a=1", shop, "delete a"}, "localhost/ a=1", ""},
		"delete spares others":     {[]string{shop, "put a=1", "put b=2", "delete a"}, "shop.example/ b=2", "b=2"},
		"a copy from another host": {[]string{"B http://b.test/set_cookie", shop, "put num < B"}, "shop.example/ num=1", "num=1"},
	} {
		t.Run(name, func(t *testing.T) {
			f := last(t, test.lines...)
			if got := jarOf(f); got != test.want {
				t.Errorf("the jar holds %s, want %s", got, test.want)
			}
			if got := f.Browsers["A"].DocumentCookie; got != test.page {
				t.Errorf("document.cookie is %q, want %q", got, test.page)
			}
		})
	}
	value := "1"
	frames, err := world.Play(world.Script{Actions: []world.Action{
		{Do: "put", Browser: "A", Name: "a", Value: &value, URL: "https://c.test/y"},
		{Do: "delete", Browser: "A", Name: "a"},
		{Do: "delete", Browser: "A", Name: "a", URL: "https://c.test/"},
	}}, site.Handler, label)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{"", "c.test/ a=1", "c.test/ a=1", ""} {
		if got := jarOf(frames[n]); got != want {
			t.Errorf("with a url, frame %d holds %q, want %q", n, got, want)
		}
	}
}

func TestOfSeveralCookiesOfOneNameThePagesOwnIsMeant(t *testing.T) {
	const shop, forum = "http://shop.example", "http://forum.example"
	f := last(t, "B "+forum+"/set_cookie?value=forum", "B "+shop+"/set_cookie?value=shop", shop+"/", "put num < B")
	if got := f.Browsers["A"].DocumentCookie; got != "num=shop" {
		t.Errorf("on the shop's page, %s was copied", got)
	}
	f = last(t, shop+"/set_session", forum+"/set_session", shop+"/", "drop A")
	if got := told(f); got[0] != "row-deleted.by-hand 0001" {
		t.Errorf("on the shop's page, the row of A's session: %s", got)
	}
	f = last(t, shop+"/set_session", forum+"/", "drop A")
	if got := told(f); got[0] != "row-deleted.by-hand 0001" {
		t.Errorf("where there is no other, the row of A's session: %s", got)
	}
}

func TestOverwritingTheSameEntryIsNoLostUpdate(t *testing.T) {
	f := last(t, "/set_session?n=0", "B put sessionid < A", "/set_session?n=1 + B /set_session?n=2")
	if got := told(f); slices.Contains(got, "lost-update 0001") {
		t.Errorf("the notes are %q", got)
	}
}

func TestKindDecidesTheMethodUnlessItIsGiven(t *testing.T) {
	for want, a := range map[string]world.Action{
		"GET":  {Kind: "form-get", Initiator: "https://evil.example/"},
		"POST": {Kind: "form-post", Initiator: "https://evil.example/"},
		"HEAD": {Kind: "fetch", Method: "HEAD", Initiator: "https://evil.example/"},
	} {
		a.Do, a.Browser, a.URL = "visit", "A", "/set_cookie"
		frames, err := world.Play(world.Script{Actions: []world.Action{a}}, site.Handler, label)
		if err != nil {
			t.Fatal(err)
		}
		e := frames[1].Exchange
		if e.Request.Method != want || e.Response.Status != 200 || (e.Response.Body == "") != (want == "HEAD") {
			t.Errorf("kind %s asks %s and gets %d %q, want %s", a.Kind, e.Request.Method, e.Response.Status, e.Response.Body, want)
		}
	}
}

func TestFramesShareNothing(t *testing.T) {
	script := world.Script{Actions: actions(t, "/set_cookie?max_age=60", "/set_session", "wait 1")}
	frames, err := world.Play(script, site.Handler, label)
	if err != nil {
		t.Fatal(err)
	}
	before, err := world.Encode(frames[3:])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames[:3] {
		for _, b := range f.Browsers {
			for i := range b.Jar {
				b.Jar[i].Name = "scribble"
				if b.Jar[i].Expires != nil {
					*b.Jar[i].Expires = time.Time{}
				}
			}
		}
		for i := range f.Server.Rows {
			f.Server.Rows[i].Data = "scribble"
		}
	}
	after, err := world.Encode(frames[3:])
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Error("writing into one frame changes another")
	}
}

func TestAScriptThatSwellsIsStopped(t *testing.T) {
	var swell []world.Action
	for range 300 {
		swell = append(swell, world.Action{Do: "visit", Browser: "A", URL: "/set_session?a=" + strings.Repeat("x", 60000), Method: "POST"})
	}
	if _, err := world.Play(world.Script{Actions: swell}, site.Handler, label); !errors.Is(err, world.ErrTooLarge) {
		t.Errorf("error = %v, want ErrTooLarge", err)
	}
}

func TestTimeEndsInTheYear9999WithoutHarm(t *testing.T) {
	start := time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	frames, err := world.Play(world.Script{Start: start, Actions: actions(t,
		"/set_session", "/set_cookie?max_age=9999999999", "/set_expiry?value=9999999999", "wait 86399", "/get_session", "expire A")}, site.Handler, label)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := world.Encode(frames); err != nil {
		t.Error(err)
	}
	later := int64(1e9)
	frames, err = world.Play(world.Script{Start: start, Actions: append(actions(t, "/set_session"),
		world.Action{Do: "server", Op: "expire", Browser: "A", Seconds: &later})}, site.Handler, label)
	if err != nil {
		t.Fatal(err)
	}
	if got := frames[2].Server.Rows[0].Expires.Year(); got != 9999 {
		t.Errorf("the row lives until the year %d, want 9999", got)
	}
}

func TestBadScriptIsNotPlayed(t *testing.T) {
	_, err := world.Play(world.Script{Actions: []world.Action{{Do: "purge"}, {Do: "dance"}}}, site.Handler, label)
	if want := new(world.ScriptError); !errors.As(err, &want) || want.Action != 1 {
		t.Errorf("error = %v, want a ScriptError of action 1", err)
	}
}
