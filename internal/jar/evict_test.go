package jar

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTheFirstToGoAreTheLeastUsedTheInsecureAndTheLow(t *testing.T) {
	set := func(j *Jar, at time.Time, url, line string) Decision {
		d := j.Set(at, Request{URL: url}, line)
		if d.Code == Refused {
			t.Fatalf("Set(%s, %q) = %s %s", url, line, d.Code, d.Reason)
		}
		return d
	}
	names := func(cs []Cookie) map[string]int {
		m := map[string]int{}
		for _, c := range cs {
			m[strings.TrimRight(c.Name, "0123456789")]++
		}
		return m
	}

	t.Run("181 become 150", func(t *testing.T) {
		j := New(Profile{})
		for i := range 180 {
			if d := set(j, start, shop, fmt.Sprintf("c%d=1", i)); d.Evicted != nil {
				t.Fatalf("%d evicted at cookie %d", len(d.Evicted), i)
			}
		}
		d := set(j, start, "https://www.shop.example/", "last=1; Domain=shop.example")
		if len(d.Evicted) != 31 || d.Evicted[0].Name != "c0" || d.Evicted[30].Name != "c30" {
			t.Errorf("evicted %d: %v", len(d.Evicted), describe(d.Evicted))
		}
		if n := len(j.Cookies(start)); n != 150 {
			t.Errorf("%d cookies are left, want 150", n)
		}
	})
	t.Run("what was used lately stays", func(t *testing.T) {
		j := New(Profile{})
		for i := range 40 {
			set(j, start, shop, fmt.Sprintf("used%d=1; Path=/used", i))
		}
		for i := range 140 {
			set(j, start, shop, fmt.Sprintf("idle%d=1; Path=/idle", i))
		}
		later := start.Add(time.Minute)
		j.Send(later, Request{URL: shop + "used"})
		want := map[string]int{"idle": 31}
		if diff := cmp.Diff(want, names(set(j, later, shop, "new=1").Evicted)); diff != "" {
			t.Errorf("evicted (-want +got):\n%s", diff)
		}
	})
	t.Run("Secure stays longer, High longest, Low goes first", func(t *testing.T) {
		j := New(Profile{})
		for i := range 20 {
			set(j, start, shop, fmt.Sprintf("secure%d=1; Secure", i))
		}
		for i := range 40 {
			set(j, start, shop, fmt.Sprintf("low%d=1; Priority=Low", i))
		}
		for i := range 60 {
			set(j, start, shop, fmt.Sprintf("medium%d=1", i))
		}
		for i := range 60 {
			set(j, start, shop, fmt.Sprintf("high%d=1; Priority=High", i))
		}
		// Low may keep 30 and Medium 50 of its 81, so 10 and then 21 go.
		want := map[string]int{"low": 10, "medium": 21}
		if diff := cmp.Diff(want, names(set(j, start, shop, "medium=1").Evicted)); diff != "" {
			t.Errorf("evicted (-want +got):\n%s", diff)
		}
	})
	t.Run("among Secure ones a new plain one goes at once", func(t *testing.T) {
		d := fullJar(t).Set(start, Request{URL: "https://example.org/"}, "plain=1")
		if d.Stored || d.Code != Evicted || len(d.Evicted) != 30 {
			t.Errorf("Set = %s, stored %v, %d others evicted", d.Code, d.Stored, len(d.Evicted))
		}
	})
	t.Run("what has expired takes no room", func(t *testing.T) {
		j := New(Profile{})
		for i := range 180 {
			set(j, start, shop, fmt.Sprintf("c%d=1; Max-Age=1", i))
		}
		if d := set(j, start.Add(time.Second), shop, "new=1"); d.Evicted != nil {
			t.Errorf("%d evicted, want none", len(d.Evicted))
		}
	})
	t.Run("other sites are left alone", func(t *testing.T) {
		j := New(Profile{})
		for i := range 150 {
			set(j, start, shop, fmt.Sprintf("c%d=1", i))
			if d := set(j, start, "https://other.example/", fmt.Sprintf("c%d=1", i)); d.Evicted != nil {
				t.Fatalf("%d evicted at cookie %d", len(d.Evicted), i)
			}
		}
	})
	t.Run("a partition holds 10 KiB", func(t *testing.T) {
		j := New(Profile{})
		line := "=" + strings.Repeat("x", 3998) + "; Secure; Partitioned"
		set(j, start, shop, "p1"+line)
		set(j, start, shop, "p2"+line)
		want := map[string]int{"p": 1}
		if diff := cmp.Diff(want, names(set(j, start, shop, "p3"+line).Evicted)); diff != "" {
			t.Errorf("evicted (-want +got):\n%s", diff)
		}
	})
}
