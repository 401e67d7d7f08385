package witness

import (
	"encoding/json"
	"testing"

	"cookielab/internal/jar"
	"cookielab/internal/world"
)

// FuzzReport: any report gives a frame that can be encoded, with no more cookies than a
// browser can have.
func FuzzReport(f *testing.F) {
	f.Add([]byte(`{"document_cookie":"num=1; a","store":[{"name":"num","value":"1","domain":null,"path":"/","expires":1767225600000,"secure":false,"sameSite":"lax","partitioned":false}],"has_store":true}`), "num=1; sessionid=abc")
	f.Add([]byte(`{"ledger":[{"id":"1","at":"2026-01-01T00:00:00Z","url":"http://localhost/set_cookie","via":"http","line":"num=1; Path=/"}],"clock":1767225600000}`), "num=1")
	f.Add([]byte(`{"exchanges":[{"id":"1","at":"2026-01-01T00:00:00.000Z","request":{"method":"GET","url":"http://localhost/set_session","headers":[["Host","localhost"]],"body":null},"response":{"status":200,"headers":[["Set-Cookie","sessionid=a"]],"body":"x"},"rows_before":[],"rows":[{"key":"a","data":{},"expires":"2026-01-01T00:00:00Z"}]},{"id":"2","script":"","wait":0},{"id":"3","wait":60}]}`), "")
	f.Add([]byte(`{"blocked":true,"ledger":[{}],"exchanges":[{}],"store":[{}]}`), ";;=")
	f.Fuzz(func(t *testing.T, text []byte, cookies string) {
		var r Report
		if json.Unmarshal(text, &r) != nil {
			return
		}
		sight := Sight{Now: start, URL: labPage, Header: jar.Pairs(cookies)}
		frame, _, err := Observe(t.Context(), sight, &r, func(n world.Note) string { return n.Code })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(frame); err != nil {
			t.Errorf("the frame cannot be sent: %v", err)
		}
		for _, b := range frame.Browsers {
			if len(b.Jar) > 2*MaxCookies {
				t.Errorf("the browser has %d cookies", len(b.Jar))
			}
		}
	})
}
