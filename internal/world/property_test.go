package world_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"cookielab/handlers/site"
	"cookielab/internal/world"

	"pgregory.net/rapid"
)

var (
	someBrowsers = rapid.SampledFrom([]string{"A", "B", "C"})
	someNames    = rapid.SampledFrom([]string{"num", "sessionid", "username", "__Host-a"})
	someValues   = rapid.SampledFrom([]string{"", "1", "short", "0123456789abcdef", "中文"})
	someHosts    = rapid.SampledFrom([]string{"", "", "", "http://a.example.org", "https://b.example.org", "https://evil.test", "http://127.0.0.1"})
	somePages    = rapid.SampledFrom([]string{"", "https://evil.test/p", "http://localhost:8080/x"})
	someKinds    = rapid.SampledFrom([]string{"link", "form-get", "form-post", "fetch", "fetch-post", "img", "iframe", "window-open"})
	someRequests = rapid.SampledFrom([]string{
		"/set_cookie", "/set_cookie?max_age=60", "/set_cookie?max_age=0", "/set_cookie?path=/get_cookie", "/set_cookie?secure=1&samesite=None",
		"/set_cookie?domain=example.org", "/set_cookie?samesite=Strict&httponly=1", "/set_cookie?name=__Host-a&secure=1", "/set_cookie?partitioned=1&secure=1",
		"/set_cookie?name=sessionid&value=mine", "/get_cookie", "/get_cookie?safe=1", "/delete_cookie", "/delete_cookie?name=sessionid", "/delete_cookie?path=/get_cookie",
		"/set_session", "/set_session", "/set_session?a=1", "/set_session?username=li", "/get_session", "/get_session?key=a", "/del", "/del?key=a", "/clear", "/flush",
		"/set_expiry?value=60", "/set_expiry?value=0", "/set_expiry?value=None", "/set_expiry?value=-1", "/cycle_key", "/cycle_key", "/nowhere", "/set_cookie?value=%zz",
	})
	someScripts = rapid.SampledFrom([]string{"num=2; path=/", "num=; max-age=0; path=/", "sessionid=x; path=/", "a=1; secure", "a=1; httponly", "", "b=2; max-age=30"})
)

func someVisit(t *rapid.T) world.Action {
	a := world.Action{Do: "visit", Browser: someBrowsers.Draw(t, "browser"), URL: someHosts.Draw(t, "host") + someRequests.Draw(t, "request")}
	if a.Initiator = somePages.Draw(t, "initiator"); a.Initiator != "" {
		a.Kind = someKinds.Draw(t, "kind")
	}
	if rapid.IntRange(0, 9).Draw(t, "raw") == 0 {
		raw := "num=7; sessionid=" + someValues.Draw(t, "key")
		a.RawCookie = &raw
	}
	return a
}

func someAction(t *rapid.T) world.Action {
	browser := someBrowsers.Draw(t, "who")
	switch rapid.IntRange(0, 13).Draw(t, "do") {
	case 0:
		seconds := rapid.SampledFrom([]int64{0, 1, 30, 60, 86400, 1209600, 1e9}).Draw(t, "seconds")
		return world.Action{Do: "wait", Seconds: &seconds}
	case 1:
		return world.Action{Do: "close", Browser: browser}
	case 2:
		value := someValues.Draw(t, "value")
		return world.Action{Do: "put", Browser: browser, Name: someNames.Draw(t, "name"), Value: &value}
	case 3:
		return world.Action{Do: "put", Browser: browser, Name: "sessionid", Copy: someBrowsers.Draw(t, "from")}
	case 4:
		return world.Action{Do: "delete", Browser: browser, Name: someNames.Draw(t, "name")}
	case 5:
		if set := someScripts.Draw(t, "set"); set != "" {
			return world.Action{Do: "script", Browser: browser, Set: &set}
		}
		return world.Action{Do: "script", Browser: browser}
	case 6:
		return world.Action{Do: "server", Op: rapid.SampledFrom([]string{"delete", "corrupt", "expire"}).Draw(t, "op"), Browser: browser}
	case 7:
		return world.Action{Do: "purge"}
	case 8:
		a := world.Action{Do: "together"}
		for range rapid.IntRange(1, 4).Draw(t, "visits") {
			v := someVisit(t)
			v.Do = ""
			a.Visits = append(a.Visits, v)
		}
		return a
	}
	return someVisit(t)
}

func someScript(t *rapid.T) world.Script {
	return world.Script{Lang: rapid.SampledFrom([]string{"zh", "en"}).Draw(t, "lang"), Actions: rapid.SliceOfN(rapid.Custom(someAction), 1, 25).Draw(t, "actions")}
}

func encoded(t interface {
	Helper()
	Fatal(...any)
}, script world.Script) ([]world.Frame, []byte) {
	t.Helper()
	frames, err := world.Play(script, site.Handler, label)
	if err != nil {
		t.Fatal(err)
	}
	text, err := world.Encode(frames)
	if err != nil {
		t.Fatal(err)
	}
	return frames, text
}

func TestTheSameScriptIsAlwaysTheSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		script := someScript(t)
		_, first := encoded(t, script)
		_, second := encoded(t, script)
		if !bytes.Equal(first, second) {
			t.Fatal("two plays differ")
		}
	})
}

func TestTheBeginningOfAScriptIsTheBeginningOfItsFrames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		script := someScript(t)
		_, whole := encoded(t, script)
		script.Actions = script.Actions[:rapid.IntRange(0, len(script.Actions)).Draw(t, "cut")]
		_, part := encoded(t, script)
		if !bytes.HasPrefix(whole, bytes.TrimSuffix(part, []byte("]}\n"))) {
			t.Fatal("what follows changes what was before")
		}
	})
}

func TestFramesKeepTheirPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frames, text := encoded(t, someScript(t))
		for n, f := range frames {
			at := f.At
			if at != at.UTC().Truncate(time.Second) || f.N != n {
				t.Fatalf("frame %d is %d at %s", n, f.N, f.At)
			}
			for name, b := range f.Browsers {
				for _, c := range b.Jar {
					if c.Expires != nil && !c.Expires.After(at) {
						t.Fatalf("frame %d: browser %s holds %s, which has expired", n, name, c.Name)
					}
					if c.HTTPOnly && strings.Contains("; "+b.DocumentCookie+";", "; "+c.Name+"="+c.Value+";") && !twins(b, c.Name) {
						t.Fatalf("frame %d: a script in %s sees %s, which is HttpOnly", n, name, c.Name)
					}
				}
			}
			for _, note := range f.Notes {
				if note.Code == "" || note.Text == "" {
					t.Fatalf("frame %d: an empty note %+v", n, note)
				}
			}
		}
		for _, never := range []string{`"jar":null`, `"rows":null`, `"notes":null`, `"headers":null`, `"browsers":null`} {
			if bytes.Contains(text, []byte(never)) {
				t.Fatalf("the frames say %s", never)
			}
		}
	})
}

func twins(b world.Browser, name string) bool {
	n := 0
	for _, c := range b.Jar {
		if c.Name == name {
			n++
		}
	}
	return n > 1
}

func FuzzScriptsDoNoHarm(f *testing.F) {
	f.Add([]byte(`{"start":"2026-01-01T00:00:00Z","lang":"zh","actions":[{"do":"visit","browser":"A","url":"/set_session?a=1"},{"do":"wait","seconds":60}]}`))
	f.Add([]byte(`{"actions":[{"do":"together","visits":[{"browser":"A","url":"/flush"},{"browser":"A","url":"https://a.test/cycle_key","method":"POST"}]},{"do":"purge"}]}`))
	f.Add([]byte(`{"actions":[{"do":"script","browser":"中","set":"a=1;\u0000"},{"do":"put","browser":"B","name":"\ufffd","value":"\"","url":"//"}]}`))
	f.Add([]byte(`{"actions":[{"do":"visit","browser":"A","url":"/set_cookie?name=a&domain=.&expires=x","raw_cookie":"=;=\";sessionid"},{"do":"server","op":"corrupt","key":""}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		script, err := world.ParseScript(text)
		if err == nil {
			var frames []world.Frame
			if frames, err = world.Play(script, site.Handler, label); err == nil {
				text, err = world.Encode(frames)
				if err == nil && !json.Valid(text) {
					t.Errorf("frames are no JSON: %q", text)
				}
			}
		}
		if err != nil && !errors.As(err, new(*world.ScriptError)) && !errors.Is(err, world.ErrTooLarge) {
			t.Errorf("error = %v, want one about the script", err)
		}
	})
}

// hundred is a script of the length of a long lesson.
func hundred() world.Script {
	var all []world.Action
	for n := range 20 {
		seconds := int64(n)
		all = append(all,
			world.Action{Do: "visit", Browser: "A", URL: fmt.Sprintf("/set_session?n=%d", n)},
			world.Action{Do: "put", Browser: "B", Name: "sessionid", Copy: "A"},
			world.Action{Do: "visit", Browser: "B", URL: "/get_session?key=n"},
			world.Action{Do: "visit", Browser: "A", URL: fmt.Sprintf("/set_cookie?name=c%d&max_age=60", n%5)},
			world.Action{Do: "wait", Seconds: &seconds},
		)
	}
	return world.Script{Actions: all}
}

func BenchmarkHundredActions(b *testing.B) {
	script := hundred()
	b.ReportAllocs()
	for b.Loop() {
		frames, err := world.Play(script, site.Handler, label)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := world.Encode(frames); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEmptyScript(b *testing.B) {
	for b.Loop() {
		if _, err := world.Play(world.Script{}, site.Handler, label); err != nil {
			b.Fatal(err)
		}
	}
}

// A jar of large cookies, displayed until the frames are almost as long as allowed.
func TestTheLargestScriptFitsInMemory(t *testing.T) {
	script := world.Script{}
	value := strings.Repeat("x", 4000)
	for n := range 15 {
		script.Actions = append(script.Actions, world.Action{Do: "put", Browser: "A", Name: fmt.Sprintf("c%d", n), Value: &value})
	}
	for range 38 {
		script.Actions = append(script.Actions, world.Action{Do: "visit", Browser: "A", URL: "/"})
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	frames, text := encoded(t, script)
	runtime.GC() // then what is left is held by the frames and their JSON
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(frames)
	runtime.KeepAlive(text)
	if len(text) < world.MaxOutput*9/10 {
		t.Errorf("%d octets of frames: this is not the largest script", len(text))
	}
	// Half of the 64 MiB is left for temporary memory.
	if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > 32<<20 {
		t.Errorf("%d octets are held, want at most 32 MiB", held)
	}
}
