package tests

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"

	"cookielab/handlers"
	"cookielab/internal/serve"
)

func TestAnAddressThatAsksTooOftenIsToldSo(t *testing.T) {
	r := site(t, func(d *handlers.Deps) { d.Requests = serve.NewLimiter(1, 3) })
	v := r.visitor()
	for range 3 {
		if a := v.get("/get_cookie?safe=1"); a.status != http.StatusOK {
			t.Fatalf("within the limit the answer is %d", a.status)
		}
	}
	for _, address := range []string{"/set_session", "/en/", "/api/live"} {
		a := v.get(address)
		if a.status != http.StatusTooManyRequests || strings.Count(a.body, "\n") != 1 || a.header.Get("Retry-After") == "" || a.header.Get("Set-Cookie") != "" {
			t.Errorf("beyond it %s is %d %q %v, want 429 with one line", address, a.status, a.body, a.header)
		}
	}
	if a := v.get("/static/none"); a.status != http.StatusNotFound {
		t.Errorf("beyond it a static file is %d, want it to be looked for", a.status)
	}
	if rows := r.rows(); len(rows) != 0 {
		t.Errorf("a request that was refused made %d rows", len(rows))
	}
}

func TestAnAddressThatWantsTooMuchWorkIsToldSo(t *testing.T) {
	r := site(t, func(d *handlers.Deps) { d.Heavy = serve.NewLimiter(1, 2) })
	v := r.visitor()
	play := func() answer {
		return v.ask(http.MethodPost, "/api/play", "{}", "Content-Type", "application/json")
	}
	for range 2 {
		if a := play(); a.status != http.StatusOK {
			t.Fatalf("within the limit the answer is %d", a.status)
		}
	}
	if a := play(); a.status != http.StatusTooManyRequests || !strings.HasPrefix(a.body, `{"error":`) {
		t.Errorf("beyond it a play is %d %q, want 429 in JSON", a.status, a.body)
	}
	if a := v.ask(http.MethodPost, "/en/lab", "{}", "Content-Type", "application/json"); a.status != http.StatusTooManyRequests {
		t.Errorf("beyond it a report is %d, want 429", a.status)
	}
	for _, address := range []string{"/en/lessons/session/handout", "/en/lessons/session/har", "/zh/lessons/session/curl", "/zh/lessons/session/recap", "/en/recall?step=session/flush"} {
		if a := v.get(address); a.status != http.StatusTooManyRequests {
			t.Errorf("beyond it %s, which plays a lesson, is %d, want 429", address, a.status)
		}
	}
	if a := v.get("/set_session"); a.status != http.StatusOK {
		t.Errorf("beyond it a demo route is %d, want 200", a.status)
	}
}

func TestAReportIsNoLongerThanABrowserCouldMakeIt(t *testing.T) {
	v := site(t).visitor()
	for _, address := range []string{"/en/lab", "/zh/lessons/session?step=2"} {
		long := `{"document_cookie":"` + strings.Repeat("a;", 1<<19) + `"}`
		if a := v.ask(http.MethodPost, address, long, "Content-Type", "application/json"); a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("a report of %d octets to %s is %d, want 413", len(long), address, a.status)
		}
	}
}

func TestReadyAndMetrics(t *testing.T) {
	stopping, stop := context.WithCancel(t.Context())
	v := site(t, func(d *handlers.Deps) { d.Done = stopping.Done() }).visitor()
	if a := v.get("/readyz"); a.status != http.StatusOK {
		t.Errorf("/readyz is %d, want 200", a.status)
	}
	if a := v.get("/metrics"); a.status != http.StatusNotFound {
		t.Errorf("/metrics, not asked for, is %d, want 404", a.status)
	}
	stop()
	if a := v.get("/readyz"); a.status != http.StatusServiceUnavailable {
		t.Errorf("/readyz of a program that stops is %d, want 503", a.status)
	}

	p := start(t, "-store", "memory", "-metrics")
	v = visit(t, p.url)
	v.get("/set_session?secret=value")
	v.get("/secret/path")
	a := v.get("/metrics")
	for _, want := range []string{`cookielab_request_duration_seconds_count{method="GET",route="/set_session",status="200"} 1`, "cookielab_memory_bytes "} {
		if !strings.Contains(a.body, want) {
			t.Errorf("/metrics has no %s:\n%s", want, a.body)
		}
	}
	if strings.Contains(a.body, "secret") {
		t.Errorf("/metrics has what a visitor wrote:\n%s", a.body)
	}
	p.end(os.Interrupt)
}
