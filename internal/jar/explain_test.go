package jar

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// ask explains a question written as the contract writes it.
func ask(t *testing.T, question string) (Answer, error) {
	t.Helper()
	var q Question
	if err := json.Unmarshal([]byte(question), &q); err != nil {
		t.Fatalf("%v in %s", err, question)
	}
	return Explain(q)
}

func TestAQuestionIsAnswered(t *testing.T) {
	a, err := ask(t, `{"now":"2026-01-01T00:00:00Z","lang":"en","unknown":1,
		"set":[{"url":"https://home.example.org/a","set_cookie":"a=1; Path=/; Max-Age=60"},
		       {"url":"https://home.example.org/a","set_cookie":"b=2; Secure","at":"2026-01-01T00:00:30Z"},
		       {"url":"https://home.example.org/a","set_cookie":"c=3; Max-Age=90"},
		       {"url":"https://home.example.org/a","set_cookie":"d=4; Path=/a; SameSite=Strict","via":"dom","status":200}],
		"get":{"url":"http://home.example.org/a","at":"2026-01-01T00:01:00Z","initiator":"https://evil.test/p","kind":"link",
		       "redirect_via":["https://evil.test/r"]}}`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := a.Cookie, "c=3"; got != want {
		t.Errorf("Cookie = %q, want %q", got, want)
	}
	if got, want := describe(a.Jar), "d=4@home.example.org/a b=2@home.example.org/ c=3@home.example.org/"; got != want {
		t.Errorf("Jar = %q, want %q", got, want)
	}
	// The time before it counts where a step names none: c ends at 00:02:00.
	if got, want := a.Jar[2].Expires.Format(time.RFC3339), "2026-01-01T00:02:00Z"; got != want {
		t.Errorf("c expires %s, want %s", got, want)
	}
	got := map[string]Reason{}
	for _, w := range a.Withheld {
		got[w.Cookie.Name] = w.Reason
	}
	want := map[string]Reason{"a": ReasonExpired, "b": ReasonSecure, "d": ReasonSameSite}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Withheld (-want +got):\n%s", diff)
	}
}

func TestLinesOfOneResponseAreJudgedTogether(t *testing.T) {
	verdicts := func(question string) string {
		t.Helper()
		a, err := ask(t, `{"now":"2026-01-01T00:00:00Z","get":{"url":"http://a.example/"},"set":[`+question+`]}`)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, v := range a.Verdicts {
			all = append(all, strings.TrimSpace(fmt.Sprint(v.Stored, " ", v.Code, " ", v.Reason)))
		}
		return strings.Join(all, ", ")
	}
	const (
		one = `{"url":"http://a.example/","set_cookie":"n=1"}`
		two = `{"url":"http://a.example/","set_cookie":"n=2"}`
		off = `{"url":"http://a.example/","set_cookie":"n=2; Max-Age=0"}`
	)
	tests := []struct{ name, set, want string }{
		{"a later line overwrites", one + "," + two, "false overwritten overwritten, true replaced"},
		{"a later line deletes", one + "," + off, "false overwritten overwritten, false deleted"},
		{"a later line repeats", one + "," + one, "true stored, true replaced"},
		{"another moment is another response", one + "," + strings.Replace(two, "}", `,"at":"2026-01-01T00:00:01Z"}`, 1), "true stored, true replaced"},
		{"another address is another response", one + "," + strings.Replace(two, "example/", "example/?", 1), "true stored, true replaced"},
		{"scripts write one by one", strings.ReplaceAll(one+","+two, "}", `,"via":"dom"}`), "true stored, true replaced"},
		{"a line break cuts", `{"url":"http://a.example/","set_cookie":"n=1\rmore"}`, "false cut syntax"},
		{"a script cannot write a line break", `{"url":"http://a.example/","set_cookie":"n=1\rmore","via":"dom"}`, "false refused syntax"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := verdicts(tt.set); got != tt.want {
				t.Errorf("verdicts = %s, want %s", got, tt.want)
			}
		})
	}

	var many []string
	for i := range 181 {
		many = append(many, fmt.Sprintf(`{"url":"http://a.example/","set_cookie":"c%d=1"}`, i))
	}
	got := verdicts(strings.Join(many, ","))
	if n := strings.Count(got, "false evicted evicted"); n != 31 || strings.Count(got, "true stored") != 150 {
		t.Errorf("of 181 cookies %d were evicted, want 31", n)
	}
}

func TestABadQuestionIsRefused(t *testing.T) {
	good := `{"now":"2026-01-01T00:00:00Z","set":[{"url":"http://a.example/","set_cookie":"n=1"}],"get":{"url":"http://a.example/"}}`
	if _, err := ask(t, good); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ old, new, field, problem string }{
		{`"now":"2026-01-01T00:00:00Z",`, ``, "now", "missing"},
		{`"get":{"url":"http://a.example/"}`, `"get":{}`, "get.url", "missing"},
		{`{"url":"http://a.example/","set`, `{"url":"a.example","set`, "set[0].url", "url"},
		{`"set_cookie"`, `"kind":"telepathy","set_cookie"`, "set[0].kind", "kind"},
		{`"set_cookie"`, `"via":"smtp","set_cookie"`, "set[0].via", "via"},
		{`"set_cookie"`, `"method":"GET /","set_cookie"`, "set[0].method", "method"},
		{`"set_cookie"`, `"initiator":"file:///x","set_cookie"`, "set[0].initiator", "url"},
		{`"set_cookie"`, `"redirect_via":["http://b.example/","x"],"set_cookie"`, "set[0].redirect_via[1]", "url"},
		{`"set":[`, `"set":[` + strings.Repeat(`{"url":"http://a.example/"},`, MaxSteps), "set", "too-many"},
	}
	for _, tt := range tests {
		question := strings.Replace(good, tt.old, tt.new, 1)
		_, err := ask(t, question)
		var bad *QuestionError
		if !errors.As(err, &bad) || bad.Field != tt.field || bad.Problem != tt.problem {
			t.Errorf("with %s: error = %v, want %s: %s", tt.new, err, tt.field, tt.problem)
		} else if strings.HasSuffix(bad.Error(), ": ") {
			t.Errorf("with %s: no words for %q", tt.new, tt.problem)
		}
	}
}

func TestAnEmptyAnswerHasListsAndNoNull(t *testing.T) {
	a, err := ask(t, `{"now":"2026-01-01T00:00:00Z","get":{"url":"http://a.example/"}}`)
	if err != nil {
		t.Fatal(err)
	}
	if a.Verdicts == nil || a.Jar == nil || a.Withheld == nil {
		t.Errorf("answer = %+v, want empty lists", a)
	}
}

func TestTheSameQuestionHasTheSameAnswer(t *testing.T) {
	for _, c := range chromiumCases(t)[:200] {
		q := Question{Now: c.Now, Set: c.Set, Get: c.Get}
		a, err := Explain(q)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Explain(q)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s: two answers:\n%s", c.ID, diff)
		}
	}
}
