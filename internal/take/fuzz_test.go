package take

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"testing"

	"cookielab/templates"
)

// FuzzTaken: frames that a page sends back are refused, or become valid JSON and commands.
func FuzzTaken(f *testing.F) {
	f.Add([]byte(`[{"label":"GET /set_cookie","frame":{"n":1,"at":"2026-01-01T00:00:00Z","exchange":{"id":"1","at":"2026-01-01T00:00:00.000Z","request":{"method":"GET","url":"http://localhost/set_cookie?a=b","headers":[["Host","localhost"],["Cookie","num=1; sessionid=abc"]],"body":null},"response":{"status":200,"headers":[["Set-Cookie","num=1; Path=/"]],"body":"x"}},"browsers":{"A":{"jar":[{"name":"num","value":"1"}],"documentCookie":"num=1"}},"server":{"rows":[{"key":"abc","data":{"a":1},"expires":"2026-01-01T00:00:00Z"}]},"notes":[]}}]`), false)
	f.Add([]byte(`[{"frame":{"exchange":{"request":{"method":"POST","url":"https://[::1]:8080/'$(id)'","headers":[["A","\n\u0000'"]],"body":"'\\"},"response":{"status":0,"headers":[["Set-Cookie",";=\""]]}}}}]`), true)
	f.Add([]byte(`[{},{"frame":{"browsers":{"A":{"jar":[{},{}],"look":{}}},"server":{"rows":[{}]}}}]`), false)
	server := &url.URL{Scheme: "http", Host: "localhost:8080"}
	f.Fuzz(func(t *testing.T, text []byte, revealed bool) {
		var posted []Posted
		if json.Unmarshal(text, &posted) != nil {
			return
		}
		frames, err := Observed(posted, revealed)
		if errors.Is(err, ErrMalformed) || errors.Is(err, ErrTooLarge) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		log := Log{Live: true, Revealed: revealed, Chapters: []Chapter{{Frames: frames}}}
		har, err := log.HAR(templates.Words("en"))
		if err != nil || !json.Valid(har) {
			t.Errorf("the HAR is %q, %v", har, err)
		}
		if script := log.Curl(templates.Words("zh"), server); bytes.ContainsRune(script, 0) {
			t.Errorf("the commands have an octet that no shell takes: %q", script)
		}
		for m := range log.Chapters[0].Moments(templates.Words("zh"), revealed) {
			if len(m.Panels.Browsers) != 1 {
				t.Errorf("a moment of one real browser has %d", len(m.Panels.Browsers))
			}
		}
	})
}
