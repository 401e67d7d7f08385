package explain

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/internal/jar"
	"cookielab/lessons"
	"cookielab/templates"

	"github.com/google/go-cmp/cmp"
)

var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// verdictOf is what the page makes of the last line of a question.
func verdictOf(q Question) jar.Verdict {
	lines := q.read()
	answer, err := jar.Explain(q.ask(newYear, lines))
	if err != nil {
		panic(err)
	}
	return answer.Verdicts[len(lines)-1]
}

func TestEachExampleIsAsItsGroupSays(t *testing.T) {
	seen := map[jar.Reason]bool{}
	ids := map[string]bool{}
	for _, e := range examples {
		if ids[e.id] {
			t.Errorf("two examples %s", e.id)
		}
		ids[e.id] = true
		v := verdictOf(e.Question)
		answer, _ := jar.Explain(e.ask(newYear, e.read()))
		for _, verdict := range answer.Verdicts {
			seen[verdict.Reason] = true
		}
		for _, x := range answer.Withheld {
			seen[x.Reason] = true
		}
		odd := len(answer.Withheld) > 0 || v.Reason != "" || isOdd(v) || len(answer.Jar) != len(e.read()) ||
			slices.ContainsFunc(v.Decision.Parts, func(p jar.Part) bool { return p.Effect != "" }) || v.Decision.Cookie != nil && v.Decision.Cookie.Name == "" ||
			e.Next != ""
		switch e.group {
		case accepted:
			if !v.Stored && v.Code != jar.Deleted || v.Reason != "" || isOdd(v) {
				t.Errorf("%s: %s %s, want it accepted", e.id, v.Code, v.Reason)
			}
		case refused:
			if v.Code != jar.Refused {
				t.Errorf("%s: %s, want it refused", e.id, v.Code)
			}
		case surprising:
			if v.Code == jar.Refused || !odd {
				t.Errorf("%s: %s, with nothing odd about it", e.id, v.Code)
			}
		}
	}
	// Of an address that is none nothing is explained, and this browser allows third parties.
	for _, why := range jar.Reasons {
		if !seen[why] && why != jar.ReasonURL && why != jar.ReasonThirdParty {
			t.Errorf("no example for %s", why)
		}
	}
}

func TestALinkHoldsTheQuestionBehindTheHash(t *testing.T) {
	q := Question{URL: shop, Lines: "a=中; Path=/\n\"<", Kind: "img", From: "https://a.test/"}
	path, fragment, _ := strings.Cut(q.Link("zh"), "#q=")
	raw, err := base64.RawURLEncoding.DecodeString(fragment)
	var back Question
	if err == nil {
		err = json.Unmarshal(raw, &back)
	}
	if path != "/zh/cookie" || err != nil || back != q {
		t.Errorf("%s holds %+v (%v), want %+v", path, back, err, q)
	}
	if !strings.Contains(string(raw), `"kind":"img"`) || strings.Contains(string(raw), "wait") {
		t.Errorf("the link holds %s", raw)
	}
}

func TestAQuestionOfALessonReadsTheSameOnThePage(t *testing.T) {
	catalogue, err := lessons.Load(lessons.FS)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, lesson := range catalogue.Lessons {
		for _, step := range lesson.Steps {
			if step.Jar == nil {
				continue
			}
			asked++
			theirs := *step.Jar
			theirs.Now = newYear
			want, err := jar.Explain(theirs)
			if err != nil {
				t.Fatal(err)
			}
			q := QuestionOf(*step.Jar)
			got, err := jar.Explain(q.ask(newYear, q.read()))
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s: %v (-want +got):\n%s", step.ID, err, diff)
			}
		}
	}
	if asked < 5 {
		t.Errorf("%d steps ask the page, want 5 or more", asked)
	}
	several := jar.Question{Set: []jar.Step{
		{Request: jar.Request{URL: shop}, SetCookie: "a=1"},
		{Request: jar.Request{URL: plain, Via: jar.ViaDOM}, SetCookie: "a=2"},
	}, Get: jar.Step{Request: jar.Request{URL: shop, Via: jar.ViaDOM}}}
	q := QuestionOf(several)
	if want := "a=1\n" + plain + "\ndocument.cookie = \"a=2\""; q.Lines != want || q.Kind != kindScript || q.Next != "" {
		t.Errorf("got %+v, want lines %q", q, want)
	}
}

func TestEveryReasonAndEffectHasItsWordsInBothLanguages(t *testing.T) {
	var keys []string
	for _, why := range jar.Reasons {
		keys = append(keys, "jar.reason."+string(why), "term."+string(why), "why."+string(why))
	}
	for _, code := range []jar.Code{jar.Stored, jar.Replaced, jar.Deleted, jar.Refused, jar.Evicted, jar.Overwritten, jar.Cut} {
		keys = append(keys, "jar.code."+string(code))
	}
	for _, effect := range []string{
		jar.EffectCapped, jar.EffectDot, jar.EffectDeletes, jar.EffectHostOnly, jar.EffectUnknown, jar.EffectOverridden, jar.EffectTooLong,
		jar.EffectNotADate, jar.EffectNotANumber, jar.EffectMaxAge, jar.EffectDefault, jar.EffectNotAMode, jar.EffectControl, jar.EffectRefused,
	} {
		keys = append(keys, "jar.effect."+effect)
	}
	for _, kind := range append(requestKinds[1:], "typed") {
		keys = append(keys, "jar.next."+kind)
	}
	for _, key := range keys {
		for _, lang := range templates.Languages {
			if text, ok := templates.Lookup(lang, key); !ok || strings.TrimSpace(text) == "" {
				t.Errorf("no text for %s in %s", key, lang)
			}
		}
	}
}

// The checklist beside a name is made here, the decision in the jar.
func TestAPromiseIsBrokenWhereTheJarRefusesThePrefix(t *testing.T) {
	names := []string{"__Host-a=1", "__host-http-a=1", "__Http-a=1", "__SECURE-a=1", "__Hosta=1", "a=1", "__Host-x", "=__Host-x"}
	attributes := []string{"", "; Secure", "; Path=/", "; Secure; Path=/", "; Secure; Path=/x", "; Secure; Path=/; HttpOnly", "; Secure; Path=/x; Path=/",
		"; Secure; Path=/; Domain=", "; Secure; Path=/; HttpOnly; Domain=tea.example", "; Secure; Path=/; Domain=127.0.0.1", "; Secure; Path=/; Domain=localhost",
		"; Secure; Path=/; Domain=" + strings.Repeat("a", 1025)}
	for _, name := range names {
		for _, attribute := range attributes {
			for _, address := range []string{shop, plain, "http://localhost/", "http://127.0.0.1/"} {
				s := jar.Step{Request: jar.Request{URL: address}, SetCookie: name + attribute}
				d := jar.New(jar.Profile{}).Set(newYear, s.Request, s.SetCookie)
				if d.Reason != "" && d.Reason != jar.ReasonPrefix {
					continue // the jar saw something else first
				}
				p := promiseOf(d, s)
				broken := p.nameless || slices.ContainsFunc(p.items, func(i promiseItem) bool { return !i.kept })
				if broken != (d.Reason == jar.ReasonPrefix) {
					t.Errorf("%s from %s: the checklist is %+v, the jar says %q", s.SetCookie, address, p, d.Reason)
				}
			}
		}
	}
}

func TestLinesComeFromWhereverTheyArePasted(t *testing.T) {
	tests := map[string]struct {
		lines string
		want  []string // address, door and text of each
	}{
		"bare":                 {"a=1\r\n\r\nb=2", []string{"https://tea.example/ http a=1", "https://tea.example/ http b=2"}},
		"a header":             {"set-cookie:  a=1", []string{"https://tea.example/ http  a=1"}},
		"a whole response":     {"HTTP/1.1 200 OK\nContent-Type: text/html\nSet-Cookie: a=1\nVary: Cookie", []string{"https://tea.example/ http a=1"}},
		"from curl -v":         {"< HTTP/2 200\n< set-cookie: a=1; Path=/\n< date: today", []string{"https://tea.example/ http a=1; Path=/"}},
		"like a header, alone": {"a: b=1", []string{"https://tea.example/ http a: b=1"}},
		"a script":             {"document.cookie = 'a=1; path=/';", []string{"https://tea.example/ dom a=1; path=/"}},
		"not a script":         {`document.cookie = "a=1'`, []string{`https://tea.example/ http document.cookie = "a=1'`}},
		"another address":      {"a=1\n http://b.test/x \nb=2", []string{"https://tea.example/ http a=1", "http://b.test/x http b=2"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			q := Question{URL: shop, Lines: test.lines}
			var got []string
			for _, s := range q.ask(newYear, q.read()).Set {
				via := s.Via
				if via == "" {
					via = "http"
				}
				got = append(got, s.URL+" "+via+" "+s.SetCookie)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnAddressMayBeShort(t *testing.T) {
	tests := []struct{ url, next, from, want string }{
		{"tea.example", "", "", "https://tea.example https://tea.example https://evil.example/"},
		{"http://tea.example/a", "/b?c", "news.test", "http://tea.example/a http://tea.example/b?c https://news.test"},
		{" https://tea.example/ ", "http://x.test/", "/p", "https://tea.example/ http://x.test/ https://evil.example/p"},
	}
	for _, test := range tests {
		q := Question{URL: test.url, Next: test.next, Kind: jar.KindLink, From: test.from, Lines: "a=1"}
		asked := q.ask(newYear, q.read())
		if got := asked.Set[0].URL + " " + asked.Get.URL + " " + asked.Get.Initiator; got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}
