package jar

import (
	"slices"
	"strings"
	"testing"
)

// FuzzPairs: whatever a Cookie header holds, its pairs put together again read the
// same, and make no more of it than there was.
func FuzzPairs(f *testing.F) {
	for _, header := range []string{"num=1; sessionid=abc", "a;a;a", "=;=\";sessionid", "a = b ;\tc=d", "a=b=c; =d; e", "中=文; \x00=\xff", " ; ;;", "a=\"b; c\""} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		pairs := Pairs(header)
		var again []string
		octets := 0
		for _, p := range pairs {
			line := p.Name + "=" + p.Value
			if p.Name == "" && !strings.Contains(p.Value, "=") {
				line = p.Value
			}
			again = append(again, line)
			octets += len(p.Name) + len(p.Value)
		}
		if octets > len(header) {
			t.Errorf("of %d octets of %q the pairs are %d", len(header), header, octets)
		}
		got := Pairs(strings.Join(again, "; "))
		// A pair with neither name nor value is no piece of a header any more.
		empty := func(p Pair) bool { return p == Pair{} }
		if want := slices.DeleteFunc(pairs, empty); !slices.Equal(slices.DeleteFunc(got, empty), want) {
			t.Errorf("the pairs of %q are %q, put together they read %q", header, want, got)
		}
	})
}
