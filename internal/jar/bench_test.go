package jar

import (
	"fmt"
	"testing"
	"time"
)

// fullJar returns a jar with as many cookies of one site as it can hold.
func fullJar(tb testing.TB) *Jar {
	tb.Helper()
	j := New(Profile{})
	for i := range maxFamily {
		d := j.Set(start, Request{URL: "https://www.example.org/a/b"},
			fmt.Sprintf("c%03d=%032d; Path=/a; Domain=example.org; Secure; HttpOnly; Max-Age=3600", i, i))
		if !d.Stored || d.Evicted != nil {
			tb.Fatalf("cookie %d: %+v", i, d)
		}
	}
	return j
}

// The cookie page explains its line at every keystroke, for forty students at once.
func BenchmarkJudgeOneLineInAFullJar(b *testing.B) {
	j := fullJar(b)
	r := Request{URL: "http://www.example.org/a/b"}
	b.ReportAllocs()
	for b.Loop() {
		if d := j.Set(start, r, "c090=new; Path=/a/b; Expires=Wed, 09 Jun 2027 10:18:14 GMT; SameSite=Lax"); d.Reason != ReasonOverwriteSecure {
			b.Fatal(d)
		}
	}
}

func BenchmarkOverwriteInAFullJar(b *testing.B) {
	j := fullJar(b)
	r := Request{URL: "https://www.example.org/a/b"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		j.Set(start, r, "c090=1; Path=/a; Domain=example.org; Secure")
	}
}

func BenchmarkCloneAndEvict(b *testing.B) {
	j := fullJar(b)
	r := Request{URL: "https://www.example.org/a/b"}
	b.ReportAllocs()
	for b.Loop() {
		if d := j.Clone().Set(start, r, "new=1; Secure"); len(d.Evicted) != maxFamily+1-keepFamily {
			b.Fatal(d)
		}
	}
}

func BenchmarkSendFromAFullJar(b *testing.B) {
	j := fullJar(b)
	r := Request{URL: "https://www.example.org/a/b", Initiator: "https://evil.test/", Kind: KindLink}
	b.ReportAllocs()
	for b.Loop() {
		j.Send(start, r)
	}
}

func BenchmarkExplainAFullQuestion(b *testing.B) {
	q := Question{Now: start, Get: Step{Request: Request{URL: "https://www.example.org/a"}}}
	for i := range maxFamily {
		q.Set = append(q.Set, Step{
			Request:   Request{URL: "https://www.example.org/a/b"},
			SetCookie: fmt.Sprintf("c%03d=1; Path=/; Secure; HttpOnly; SameSite=Lax", i),
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Explain(q); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		parse("sessionid=k3j2h1g4f5d6s7a8k3j2h1g4f5d6s7a8; expires=Thu, 15 Jan 2026 00:00:00 GMT; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax", ViaHTTP)
	}
}

func BenchmarkParseDate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := parseDate("Thu, 15 Jan 2026 00:00:00 GMT"); !ok {
			b.Fatal()
		}
	}
}

var start = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
