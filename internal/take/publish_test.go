package take

import (
	"encoding/json"
	"strings"
	"testing"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
)

func TestWhatIsPublishedIsTheStepsOwn(t *testing.T) {
	const key = "abcd5678efgh5678ijkl5678mnop5678"
	exchange := world.Exchange{
		Request: world.Request{Method: "GET", URL: "http://localhost/set_cookie?name=num", Headers: [][2]string{
			{"Host", "localhost"}, {"Authorization", "Bearer private"}, {"Cookie", "num=1; mail=private; sessionid=" + key}, {"User-Agent", "private"},
		}},
		Response: world.Response{Status: 200, Body: "key " + key, Headers: [][2]string{
			{"Set-Cookie", "num=1; Path=/"}, {"Set-Cookie", "mail=private; Path=/"}, {"Set-Cookie", "sessionid=" + key + "; HttpOnly"},
		}},
	}
	private := jar.Cookie{Name: "mail", Value: "private"}
	given := world.Frame{
		Browsers: map[string]world.Browser{"A": {
			Jar:            []jar.Cookie{{Name: "num", Value: "1"}, private, {Name: session.CookieName, Value: key, HTTPOnly: true}},
			DocumentCookie: "num=1; mail=private",
			Look: &world.Look{URL: "http://localhost/en/lab", Scripted: true, Key: key, Elsewhere: []world.Missing{{Cookie: private}},
				Known: []world.Known{{Unknown: []world.Fact{world.FactPath}}, {Doubt: world.DoubtForeign}, {}}},
		}},
		Server:   world.Server{Rows: []session.Row{{Key: key, Data: `{"username":"fan","mail":"private","copy":"` + key + `"}`}}},
		Exchange: &exchange,
		Notes:    []world.Note{{Code: "stored", Cookie: "mail", Text: "mail=private is stored"}, {Code: "row-created", Key: key, Text: "row " + key}},
	}
	before, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Publish(given, Shown{Cookies: []string{"num"}, Entries: []string{"username", "copy"}})
	if err != nil {
		t.Fatal(err)
	}
	after, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	text := string(after)
	for _, never := range []string{key, "mail", "private"} {
		if strings.Contains(text, never) {
			t.Errorf("%s is published: %s", never, text)
		}
	}
	for _, want := range []string{
		`"documentCookie":"num=1"`, `"name":"num","value":"1"`, `"name":"sessionid","value":"abcd…5678"`, `"unknown":["path"]`,
		`"data":{"username":"fan","copy":"abcd…5678"}`, `["Cookie","num=1; sessionid=abcd…5678"]`, `["Set-Cookie","num=1; Path=/"]`, `"body":"key abcd…5678"`, "row abcd…5678",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not published: %s", want, text)
		}
	}
	if now, err := json.Marshal(given); err != nil || string(now) != string(before) {
		t.Errorf("the frame that was given has changed: %s", now)
	}
	// The published frame can be encoded and decoded again.
	var back world.Frame
	if err := json.Unmarshal(after, &back); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(back); err != nil || string(again) != text {
		t.Errorf("read back it is %s, want %s", again, text)
	}
}
