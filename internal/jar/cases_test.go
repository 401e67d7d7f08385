package jar

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// chromiumCase is one case of testdata/jar.json.gz; see the README.md beside it.
type chromiumCase struct {
	ID, Group string
	Now       time.Time
	Set       []Step
	Get       Step
	Expect    struct {
		Cookie string
		Stored []bool
		Jar    []Cookie
	}
}

func chromiumCases(t testing.TB) []chromiumCase {
	t.Helper()
	f, err := os.Open("testdata/jar.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var cases []chromiumCase
	if err := json.NewDecoder(z).Decode(&cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 1800 {
		t.Fatalf("got %d cases, want all of them", len(cases))
	}
	return cases
}

func TestTheJarDecidesAsChromiumDid(t *testing.T) {
	for _, c := range chromiumCases(t) {
		answer, err := Explain(Question{Now: c.Now, Set: c.Set, Get: c.Get})
		if err != nil {
			t.Errorf("%s (%s): %v", c.ID, c.Group, err)
			continue
		}
		if answer.Cookie != c.Expect.Cookie {
			t.Errorf("%s (%s): Cookie = %q, want %q", c.ID, c.Group, answer.Cookie, c.Expect.Cookie)
		}
		if diff := cmp.Diff(c.Expect.Jar, answer.Jar); diff != "" {
			t.Errorf("%s (%s): jar (-want +got):\n%s", c.ID, c.Group, diff)
		}
		for i, v := range answer.Verdicts {
			if v.Stored != c.Expect.Stored[i] {
				t.Errorf("%s (%s): line %d %q: stored = %v (%s %s), want %v",
					c.ID, c.Group, i, c.Set[i].SetCookie, v.Stored, v.Code, v.Reason, c.Expect.Stored[i])
			}
		}
	}
}
