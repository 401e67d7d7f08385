//go:build unix

package tests

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"cookielab/handlers"
	"cookielab/internal/session"
)

// BenchmarkCostliest prints the processor's time, in ms, that the costliest requests
// take which fit the limits. The aim is less than 50 for a request, 300 for a play.
func BenchmarkCostliest(b *testing.B) {
	fixed, err := parts()
	if err != nil {
		b.Fatal(err)
	}
	app, err := handlers.New(handlers.Deps{
		Backend: session.NewMemory(), Now: time.Now, Rand: rand.NewChaCha8([32]byte{}),
		Lessons: fixed.Lessons, Pages: fixed.Pages, Static: fixed.Static,
	})
	if err != nil {
		b.Fatal(err)
	}
	_, play, _ := strings.Cut(longPlay(), "\r\n\r\n")
	for name, request := range map[string]struct{ path, cookies, body string }{
		"page with 30,000 pairs":     {"/en/lab", strings.Repeat("a;", 30_000), ""},
		"page with 180 cookies":      {"/zh/lessons/session?step=2", fullHeader(), ""},
		"report of 500,000 pairs":    {"/en/lab", fullHeader(), `{"document_cookie":"` + strings.Repeat("a;", 500_000) + `"}`},
		"report of a full browser":   {"/en/lab", fullHeader(), fullReport(b)},
		"play of 450 actions, 6 MiB": {"/api/play", "", play},
		"jar of a 64 KiB question":   {"/api/jar", "", fullQuestion()},
	} {
		b.Run(name, func(b *testing.B) {
			begun := processor(b)
			for b.Loop() {
				method, body := http.MethodGet, strings.NewReader(request.body)
				if request.body != "" {
					method = http.MethodPost
				}
				r := httptest.NewRequest(method, request.path, body)
				r.Host = "localhost"
				r.Header.Set("Content-Type", "application/json")
				if request.cookies != "" {
					r.Header.Set("Cookie", request.cookies)
				}
				w := httptest.NewRecorder()
				app.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatalf("%s is %d %.200s", request.path, w.Code, w.Body)
				}
			}
			b.ReportMetric(float64((processor(b)-begun).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// processor is the time that this process has had of the processor.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// fullHeader is a Cookie header of 180 cookies, as long as the server takes.
func fullHeader() string {
	var cookies []string
	for i := range 180 {
		cookies = append(cookies, fmt.Sprintf("c%d=%s", i, strings.Repeat("x", 330)))
	}
	return strings.Join(cookies, "; ")
}

// fullReport is what a page reports of a browser that is full, to the limit of 1 MiB.
func fullReport(b *testing.B) string {
	b.Helper()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	type object = map[string]any
	var listed, ledger, exchanges []object
	for i := range 180 {
		listed = append(listed, object{"name": fmt.Sprint("c", i), "value": strings.Repeat("x", 1000), "path": "/", "domain": nil, "sameSite": "lax"})
	}
	for i := range 200 {
		ledger = append(ledger, object{"id": fmt.Sprint(i), "at": at, "url": "http://localhost/set_cookie", "via": "http", "line": fmt.Sprintf("c%d=%s; Path=/", i, strings.Repeat("x", 1000))})
	}
	for i := range 20 {
		exchanges = append(exchanges, object{
			"id": fmt.Sprint("e", i), "at": at,
			"request":  object{"method": "GET", "url": "http://localhost/set_cookie", "headers": [][2]string{{"Host", "localhost"}, {"Cookie", strings.Repeat("a=b; ", 1000)}}},
			"response": object{"status": 200, "headers": [][2]string{{"Set-Cookie", "c1=2; Path=/"}}, "body": "x"},
			"rows":     []object{},
		})
	}
	text, err := json.Marshal(object{"document_cookie": strings.Repeat("c=d; ", 40_000), "store": listed, "has_store": true, "ledger": ledger, "exchanges": exchanges, "clock": at.UnixMilli()})
	if err != nil {
		b.Fatal(err)
	}
	if len(text) > 1<<20 {
		b.Fatalf("the report has %d octets", len(text))
	}
	return string(text)
}

// fullQuestion asks for the fate of as many cookies as fit 64 KiB.
func fullQuestion() string {
	var set []string
	for i := range 500 {
		set = append(set, fmt.Sprintf(`{"url":"https://a.example.org/","set_cookie":"c%d=1; Path=/"}`, i))
	}
	return `{"now":"2026-01-01T00:00:00Z","set":[` + strings.Join(set, ",") + `],"get":{"url":"https://a.example.org/"}}`
}
