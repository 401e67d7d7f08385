package witness

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/world"
)

// crowd is a browser and a ledger of n cookies each, of a kind that is expensive to match.
func crowd(kind string, n int) Witnesses {
	// A page with so deep a path can be sent as many cookies of one name.
	w := Witnesses{URL: "http://localhost:8080" + strings.Repeat("/a", min(n, 200)), Scripted: true}
	for i := range n {
		name, value, line := fmt.Sprint("n", i), fmt.Sprint("v", i), Line{ID: fmt.Sprint(i), At: start.Add(time.Duration(i-5000) * time.Millisecond), URL: w.URL, Via: jar.ViaDOM}
		switch kind {
		case "one name":
			name = "n"
		case "all alike":
			name, value = "n", "v"
		case "none fits":
			name = "n"
			line.Hash = Fingerprint("other")
		case "gone":
			line.Gone = start.Add(time.Duration(-i) * time.Millisecond)
		case "no UTF-8":
			name, value = "n", strings.Repeat("\xff", i+1)
		}
		line.Text = name + "=" + value + "; Path=" + strings.Repeat("/a", i%200+1)
		w.Header = append(w.Header, jar.Pair{Name: name, Value: value})
		w.Ledger = append(w.Ledger, line)
		if kind != "hidden from scripts" {
			w.Document = append(w.Document, asSeen(jar.Pair{Name: name, Value: value}))
		}
		if kind == "all listed" {
			path := "/"
			w.Listed = append(w.Listed, Listed{Name: name, Value: value, Path: &path})
		}
	}
	return w
}

// The cost of a look is counted in steps; in each step one cookie or line is examined.
func TestWorkGrowsWithWhatIsLookedAtAndNotWithItsSquare(t *testing.T) {
	for _, kind := range []string{"each its own", "one name", "all alike", "none fits", "gone", "no UTF-8", "all listed", "hidden from scripts"} {
		few, many := reconciled(t, start, crowd(kind, 45)).steps, reconciled(t, start, crowd(kind, 180)).steps
		if few == 0 || many > 5*few {
			t.Errorf("%s: 45 cookies take %d steps, 180 take %d: that is more than n log n", kind, few, many)
		}
	}
}

func TestNoMoreIsLookedAtThanABrowserHolds(t *testing.T) {
	most := reconciled(t, start, crowd("all listed", max(MaxCookies, MaxLedger))).steps
	p := reconciled(t, start, crowd("all listed", 30000))
	if len(p.Here) != MaxCookies || p.More != 30000-MaxCookies || p.steps > most {
		t.Errorf("of 30000 cookies %d are drawn and %d counted, in %d steps; 200 take %d", len(p.Here), p.More, p.steps, most)
	}
	if got := p.Here[0].Name; got != "n0" {
		t.Errorf("the first is %s", got)
	}
	bare := Witnesses{URL: labPage, Header: jar.Pairs(strings.Repeat("a;", 30000))}
	if p := reconciled(t, start, bare); len(p.Here) != MaxCookies || p.More != 30000-MaxCookies || p.steps > 10*MaxCookies {
		t.Errorf("of 30000 nameless cookies %d are drawn and %d counted, in %d steps", len(p.Here), p.More, p.steps)
	}
}

func TestOfLongLinesTheNewestAreKept(t *testing.T) {
	var w Witnesses
	for i := range MaxLedger {
		w.Ledger = append(w.Ledger, Line{N: i, Text: strings.Repeat("x", 5000)})
	}
	kept := w.bounded().Ledger
	if want := maxLines / 5000; len(kept) != want || kept[len(kept)-1].N != MaxLedger-1 {
		t.Errorf("of %d lines of 5000 octets %d are kept, want the newest %d", MaxLedger, len(kept), want)
	}
}

// A line of attributes costs as much to read as a far longer value.
func TestOfLinesWithManyAttributesTheNewestAreKept(t *testing.T) {
	var w Witnesses
	for i := range MaxLedger {
		w.Ledger = append(w.Ledger, Line{N: i, Text: "a=b" + strings.Repeat(";c", 1000)})
	}
	kept := w.bounded().Ledger
	if want := maxLines / (ofAttribute * 1000); len(kept) != want || kept[len(kept)-1].N != MaxLedger-1 {
		t.Errorf("of %d lines of 1000 attributes %d are kept, want the newest %d", MaxLedger, len(kept), want)
	}
	usual := Witnesses{Ledger: make([]Line, MaxLedger)}
	for i := range usual.Ledger {
		usual.Ledger[i].Text = strings.Repeat("x", 1000) + "; expires=Thu, 01 Jan 2026 00:00:00 GMT; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax; Secure; Partitioned"
	}
	if kept := usual.bounded().Ledger; len(kept) != MaxLedger {
		t.Errorf("of %d usual lines %d are kept", MaxLedger, len(kept))
	}
}

// Values must be counted as a JSON decoder finds them.
func TestValuesAreCountedOutsideStrings(t *testing.T) {
	for text, want := range map[string]int{``: 0, `{}`: 1, `[1,2,{"a":3,"b":[]}]`: 6, `"[,{\\"`: 0, `["\"[,{",","]`: 2, `{"a":"\`: 1} {
		if got := Values([]byte(text)); got != want {
			t.Errorf("%s has %d, want %d", text, got, want)
		}
	}
}

func TestOfAnExchangeNoMoreIsKeptThanABrowserSends(t *testing.T) {
	var r Recorded
	for range 10 * MaxHeaders {
		r.Request.Headers = append(r.Request.Headers, [2]string{"cookie", strings.Repeat("a=1; ", MaxCookies)})
		r.Response.Headers = append(r.Response.Headers, [2]string{"Set-Cookie", "a=1"})
	}
	r.After = make([]world.Row, 10*MaxRows)
	r.Before = &r.After
	b := r.bounded()
	pairs := 0
	for _, h := range b.Request.Headers {
		pairs += len(jar.Pairs(h[1]))
	}
	if len(b.Request.Headers) != MaxHeaders || len(b.Response.Headers) != MaxHeaders || pairs != MaxCookies || len(b.After) != MaxRows || len(*b.Before) != MaxRows {
		t.Errorf("%d and %d headers, %d pairs, %d and %d rows are kept", len(b.Request.Headers), len(b.Response.Headers), pairs, len(*b.Before), len(b.After))
	}
	if len(r.Request.Headers[0][1]) != 5*MaxCookies || len(r.After) != 10*MaxRows {
		t.Error("what was reported is changed")
	}
}

func TestOfALongDocumentCookieTheFirstPairsAreKept(t *testing.T) {
	pairs := func(n int) string { return strings.TrimSuffix(strings.Repeat("a=1; ", n), "; ") }
	for n, want := range map[int]int{0: 0, 1: 1, MaxCookies: MaxCookies, MaxCookies + 1: MaxCookies, 30000: MaxCookies} {
		if got := firstPairs(pairs(n), MaxCookies); got != pairs(want) {
			t.Errorf("of %d pairs %d octets are kept, want %d pairs", n, len(got), want)
		}
	}
}

func TestNobodyWorksForACallerThatHasLeft(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := Reconcile(ctx, start, crowd("one name", 180)); !errors.Is(err, context.Canceled) {
		t.Errorf("it says %v", err)
	}
}
