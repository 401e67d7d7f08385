package site

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"cookielab/internal/session"
)

// Without random bytes for the exchange's id nothing is saved and no cookie is set.
func TestAnExchangeWithoutAnIDSetsNothing(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	h := Handler(session.NewMemory(), func() time.Time { return now }, bytes.NewReader(nil))
	r := httptest.NewRequest(http.MethodGet, "http://localhost/set_cookie", nil)
	r.Header.Set("X-Observe", "1")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if lines := w.Header()["Set-Cookie"]; w.Code == http.StatusOK || lines != nil {
		t.Errorf("%d with Set-Cookie %q, want a failure without", w.Code, lines)
	}
}
