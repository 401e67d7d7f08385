package world

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestScriptSaysWhichActionIsWrong(t *testing.T) {
	const ok = `{"do":"visit","browser":"A","url":"/"}`
	many := strings.Repeat(ok+",", 500) + ok
	for name, test := range map[string]struct {
		script string
		action int    // -1 for the script as a whole
		msg    string // what the message must say
	}{
		"no JSON":                     {`{"actions":`, -1, "JSON"},
		"a list":                      {`[]`, -1, "array"},
		"two scripts":                 {`{} {}`, -1, "after the script's end"},
		"a start in words":            {`{"start":"today"}`, -1, "start"},
		"a start before the year 1":   {`{"start":"0000-01-01T00:00:00Z"}`, -1, "start"},
		"a third language":            {`{"lang":"fr"}`, -1, "zh or en"},
		"actions in words":            {`{"actions":"none"}`, -1, "actions"},
		"an action in words":          {`{"actions":[` + ok + `,"visit"]}`, 1, "string"},
		"no do":                       {`{"actions":[{}]}`, 0, "do is missing"},
		"an unknown do":               {`{"actions":[` + ok + `,{"do":"dance"}]}`, 1, "dance"},
		"too many actions":            {`{"actions":[` + many + `]}`, 500, "500"},
		"no browser":                  {`{"actions":[{"do":"visit","url":"/"}]}`, 0, "browser"},
		"a long browser":              {`{"actions":[{"do":"close","browser":"` + strings.Repeat("b", 33) + `"}]}`, 0, "32"},
		"a ninth browser":             {`{"actions":[` + nineBrowsers() + `]}`, 8, "8 browsers"},
		"a visit nowhere":             {`{"actions":[{"do":"visit","browser":"A"}]}`, 0, "url"},
		"a path without slash":        {`{"actions":[{"do":"visit","browser":"A","url":"set_cookie"}]}`, 0, "begins with /"},
		"a host without scheme":       {`{"actions":[{"do":"visit","browser":"A","url":"//evil.example/"}]}`, 0, "begins with /"},
		"another scheme":              {`{"actions":[{"do":"visit","browser":"A","url":"ftp://evil.example/"}]}`, 0, "http"},
		"a real host":                 {`{"actions":[{"do":"visit","browser":"A","url":"https://example.com/"}]}`, 0, "made-up internet"},
		"a port that is none":         {`{"actions":[{"do":"visit","browser":"A","url":"http://localhost:65536/"}]}`, 0, "port"},
		"a password":                  {`{"actions":[{"do":"visit","browser":"A","url":"http://a:b@evil.example/"}]}`, 0, "password"},
		"an unknown method":           {`{"actions":[{"do":"visit","browser":"A","url":"/","method":"BREW"}]}`, 0, "method"},
		"an unknown kind":             {`{"actions":[{"do":"visit","browser":"A","url":"/","kind":"telepathy"}]}`, 0, "kind"},
		"an initiator that is none":   {`{"actions":[{"do":"visit","browser":"A","url":"/","initiator":"evil"}]}`, 0, "initiator"},
		"a raw cookie of two lines":   {`{"actions":[{"do":"visit","browser":"A","url":"/","raw_cookie":"a\r\nb"}]}`, 0, "raw_cookie"},
		"nothing together":            {`{"actions":[{"do":"together","visits":[]}]}`, 0, "visits"},
		"a bad visit together":        {`{"actions":[{"do":"together","visits":[` + ok + `,{"browser":"B","url":"x"}]}]}`, 0, "visits[1]"},
		"a wait together":             {`{"actions":[{"do":"together","visits":[{"do":"wait","seconds":1}]}]}`, 0, "visits[0]"},
		"a wait for nothing":          {`{"actions":[{"do":"wait"}]}`, 0, "seconds"},
		"a wait backwards":            {`{"actions":[{"do":"wait","seconds":-1}]}`, 0, "seconds"},
		"a wait too long":             {`{"actions":[{"do":"wait","seconds":1000000001}]}`, 0, "seconds"},
		"half a second":               {`{"actions":[{"do":"wait","seconds":0.5}]}`, 0, "seconds"},
		"a wait past the year 9999":   {`{"start":"9999-12-31T23:59:00Z","actions":[{"do":"wait","seconds":59},{"do":"wait","seconds":1}]}`, 1, "9999"},
		"put without a name":          {`{"actions":[{"do":"put","browser":"A","value":"1"}]}`, 0, "name"},
		"put with a name of two":      {`{"actions":[{"do":"put","browser":"A","name":"a=b","value":"1"}]}`, 0, "name"},
		"put without a value":         {`{"actions":[{"do":"put","browser":"A","name":"a"}]}`, 0, "value"},
		"put twice":                   {`{"actions":[{"do":"put","browser":"A","name":"a","value":"1","copy":"B"}]}`, 0, "either"},
		"put with two cookies":        {`{"actions":[{"do":"put","browser":"A","name":"a","value":"1;b=2"}]}`, 0, "value"},
		"put with a huge value":       {`{"actions":[{"do":"put","browser":"A","name":"a","value":"` + strings.Repeat("x", 4096) + `"}]}`, 0, "4096"},
		"put on a real host":          {`{"actions":[{"do":"put","browser":"A","name":"a","value":"1","url":"http://example.com/"}]}`, 0, "made-up"},
		"delete without a name":       {`{"actions":[{"do":"delete","browser":"A"}]}`, 0, "name"},
		"script without a browser":    {`{"actions":[{"do":"script","set":"a=1"}]}`, 0, "browser"},
		"server without op":           {`{"actions":[{"do":"server","browser":"A"}]}`, 0, "op"},
		"server with an unknown op":   {`{"actions":[{"do":"server","op":"burn","browser":"A"}]}`, 0, "op"},
		"server without a row":        {`{"actions":[{"do":"server","op":"delete"}]}`, 0, "key"},
		"server expires beyond years": {`{"actions":[{"do":"server","op":"expire","key":"k","seconds":1000000001}]}`, 0, "seconds"},
	} {
		t.Run(name, func(t *testing.T) {
			script, err := ParseScript([]byte(test.script))
			if err == nil {
				_, err = script.check()
			}
			var got *ScriptError
			if !errors.As(err, &got) {
				t.Fatalf("error = %v, want a ScriptError", err)
			}
			if got.Action != test.action || !strings.Contains(got.Msg, test.msg) {
				t.Errorf("error of action %d: %s; want action %d and %q", got.Action, got.Msg, test.action, test.msg)
			}
		})
	}
}

func nineBrowsers() string {
	var closes []string
	for i := range 9 {
		closes = append(closes, fmt.Sprintf(`{"do":"close","browser":"B%d"}`, i))
	}
	return strings.Join(closes, ",")
}

func TestScriptMayUseAllOfItsLimits(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":            `{}`,
		"unknown fields":     `{"title":"x","actions":[{"do":"purge","why":"to tidy"}]}`,
		"500 actions":        `{"actions":[` + strings.Repeat(`{"do":"purge"},`, 499) + `{"do":"purge"}]}`,
		"8 browsers":         `{"actions":[` + nineBrowsers()[:len(nineBrowsers())-len(`,{"do":"close","browser":"B8"}`)] + `]}`,
		"a name of 32":       `{"actions":[{"do":"close","browser":"` + strings.Repeat("b", 32) + `"}]}`,
		"a long wait":        `{"actions":[{"do":"wait","seconds":1000000000},{"do":"wait","seconds":0}]}`,
		"the end of time":    `{"start":"9999-12-31T23:59:00Z","actions":[{"do":"wait","seconds":59}]}`,
		"a start with zone":  `{"start":"2026-01-01T08:00:00+08:00"}`,
		"every host":         `{"actions":[` + visits("http://localhost:8080/", "https://cookielab.localhost", "http://127.0.0.1/", "https://evil.example/", "https://a.b.test:8443/x?y#z", "http://example.org/", "http://home.Example.ORG/") + `]}`,
		"every method":       `{"actions":[{"do":"visit","browser":"A","url":"/","method":"HEAD"},{"do":"visit","browser":"A","url":"/","method":"PUT"}]}`,
		"a tab in a raw one": `{"actions":[{"do":"visit","browser":"A","url":"/","raw_cookie":"a=\tb"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			script, err := ParseScript([]byte(text))
			if err == nil {
				_, err = script.check()
			}
			if err != nil {
				t.Errorf("error = %v, want none", err)
			}
		})
	}
}

func visits(urls ...string) string {
	var actions []string
	for _, u := range urls {
		actions = append(actions, fmt.Sprintf(`{"do":"visit","browser":"A","url":%q}`, u))
	}
	return strings.Join(actions, ",")
}

func TestScriptStartsInUTCAndOnAWholeSecond(t *testing.T) {
	script, err := ParseScript([]byte(`{"start":"2026-01-01T08:00:00.75+08:00"}`))
	if err != nil {
		t.Fatal(err)
	}
	checked, err := script.check()
	if err != nil {
		t.Fatal(err)
	}
	if got := checked.Start.Format(time.RFC3339Nano); got != "2026-01-01T00:00:00Z" {
		t.Errorf("start = %s, want 2026-01-01T00:00:00Z", got)
	}
}

func TestMadeUpHostsAreNobodysRealSite(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "cookielab.localhost": true, "127.0.0.1": true,
		"shop.example": true, "a.b.example": true, "evil.test": true, "example.org": true, "home.example.org": true,
		"": false, ".": false, ".example": false, "example": false, "test": false, "example.com": false, "notlocalhost": false,
		"myexample.org": false, "example.org.": false, "a..test": false, "127.0.0.2": false, "::1": false,
		"evil.test.com": false, "a b.test": false, "中.test": false,
	} {
		if got := MadeUp(host); got != want {
			t.Errorf("MadeUp(%q) = %t, want %t", host, got, want)
		}
	}
}

func TestAddressIsWrittenAsABrowserSendsIt(t *testing.T) {
	for text, want := range map[string]string{
		"/set_session?username=小明&x=a b":  "http://localhost:8080/set_session?username=%E5%B0%8F%E6%98%8E&x=a%20b",
		"/set_cookie?value=%zz&name=a+b":  "http://localhost:8080/set_cookie?value=%zz&name=a+b",
		`/a?q="<>'`:                       `http://localhost:8080/a?q=%22%3C%3E'`,
		"https://Evil.Example":            "https://evil.example/",
		"http://localhost:8080/a#here":    "http://localhost:8080/a",
		"http://shop.test:/clear?":        "http://shop.test/clear?",
		"http://example.org/a%2Fb/%e4?x":  "http://example.org/a%2Fb/%e4?x",
		"http://example.org/get cookie/中": "http://example.org/get%20cookie/%E4%B8%AD",
	} {
		u, err := parseURL(text)
		if err != nil {
			t.Errorf("parseURL(%q): %v", text, err)
			continue
		}
		if got := u.String(); got != want {
			t.Errorf("parseURL(%q) = %s, want %s", text, got, want)
		}
	}
}
