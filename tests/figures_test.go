package tests

import (
	"fmt"
	"testing"
)

// BenchmarkLessonPage asks for the steps of all lessons in turn, in both languages, as
// browsers that have nothing yet.
//
//	go test ./tests -run '^$' -bench LessonPage -benchtime 1x
func BenchmarkLessonPage(b *testing.B) {
	address := benchServer(b, ourApp(b, ourStore(b, "memory")))
	for range b.N {
		var rates []float64
		for range benchRounds {
			rates = append(rates, loadPages(b, address))
		}
		b.ReportMetric(median(rates), "req/s")
	}
}

// loadPages asks for lesson pages and gives the requests per second.
func loadPages(b *testing.B, address string) float64 {
	b.Helper()
	return loadWith(b, address, func(i int) []byte {
		lang, id := [2]string{"en", "zh"}[i%2], [4]string{"forgets", "cookie", "session", "which"}[i/2%4]
		return fmt.Appendf(nil, "GET /%s/lessons/%s?step=%d HTTP/1.1\r\nHost: %s\r\nAccept: text/html\r\n\r\n", lang, id, 1+i/8%5, address)
	})
}
