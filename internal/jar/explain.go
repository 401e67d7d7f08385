package jar

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// MaxSteps is the largest number of Set-Cookie lines in a Question.
const MaxSteps = 500

// Question describes what happens to an empty jar (contract, section 4): Set-Cookie lines
// arrive in order, then one request is made.
type Question struct {
	Now  time.Time `json:"now"`
	Lang string    `json:"lang"`
	Set  []Step    `json:"set"`
	Get  Step      `json:"get"`
}

// Step is one Set-Cookie line with the request it answers, or the request at the end.
type Step struct {
	Request
	// SetCookie is the header's raw value, or what is assigned to document.cookie.
	SetCookie string `json:"set_cookie,omitempty"`
	// At is the time of the step. Without it, it is the time of the step before.
	At *time.Time `json:"at,omitempty"`
}

// Answer is the jar's answer to a Question. Its lists are never nil.
type Answer struct {
	Verdicts []Verdict
	// Jar and Cookie are the cookies in the jar and those sent at the end, in the order
	// of sending.
	Jar      []Cookie
	Cookie   string
	Withheld []Withheld
}

// Verdict is what became of one line after the whole response was processed.
//
// Consecutive lines from the same URL at the same time are one response. Within it a
// later line may undo an earlier one (Overwritten, Evicted): Stored is then false
// although the line was accepted, as Decision shows.
type Verdict struct {
	Stored   bool
	Code     Code
	Reason   Reason
	Decision Decision
}

// QuestionError says which field of a Question is invalid, and why.
type QuestionError struct {
	// Field is the path of the field as in the contract: set[3].url.
	Field string
	// Problem is one of missing, url, kind, via, method or too-many.
	Problem string
}

// Error names the field and the problem.
func (e *QuestionError) Error() string {
	return fmt.Sprintf("%s: %s", e.Field, map[string]string{
		"missing":  "is missing",
		"url":      "is no absolute http or https address",
		"kind":     "is none of link, form-get, form-post, fetch, fetch-post, img, iframe, window-open",
		"via":      "is neither http nor dom",
		"method":   "is no HTTP method",
		"too-many": fmt.Sprintf("has more than %d entries", MaxSteps),
	}[e.Problem])
}

// Explain answers a Question. The error is a *QuestionError.
func Explain(q Question) (Answer, error) {
	if err := q.check(); err != nil {
		return Answer{}, err
	}
	j := New(Profile{})
	a := Answer{Verdicts: make([]Verdict, 0, len(q.Set))}
	for rest := q.Set; len(rest) > 0; {
		n := response(rest)
		now := *rest[0].At
		// The request came first, that of the script's page too.
		request := rest[0].Request
		request.Via = ViaHTTP
		j.Send(now, request)
		var ds []Decision
		for _, s := range rest[:n] {
			ds = append(ds, j.Set(now, s.Request, s.SetCookie))
		}
		for i, d := range ds {
			a.Verdicts = append(a.Verdicts, j.verdict(d, ds[i+1:]))
		}
		rest = rest[n:]
	}
	now := *q.Get.At
	sent := j.Send(now, q.Get.Request)
	a.Jar, a.Cookie, a.Withheld = j.Cookies(now), sent.Header, sent.Withheld
	return a, nil
}

// response returns how many of the steps belong to one response.
func response(steps []Step) int {
	n := 1
	for ; n < len(steps); n++ {
		a, b := steps[0], steps[n]
		if b.Via == ViaDOM || a.Via == ViaDOM || a.URL != b.URL || !a.At.Equal(*b.At) ||
			a.Initiator != b.Initiator || a.Kind != b.Kind || a.Method != b.Method {
			break
		}
	}
	return n
}

// verdict corrects a decision by the lines that followed it in the same response.
func (j *Jar) verdict(d Decision, later []Decision) Verdict {
	v := Verdict{Stored: d.Stored, Code: d.Code, Reason: d.Reason, Decision: d}
	if !d.Stored {
		return v
	}
	switch last := d.Parts[len(d.Parts)-1]; {
	case !slices.ContainsFunc(j.entries, func(e *entry) bool { return alike(&e.Cookie, d.Cookie) }):
		v.Stored, v.Code, v.Reason = false, Overwritten, ReasonOverwritten
		for _, l := range later {
			if slices.ContainsFunc(l.Evicted, func(c Cookie) bool { return alike(&c, d.Cookie) }) {
				v.Code, v.Reason = Evicted, ReasonEvicted
			}
		}
	case last.Kind == PartLost && strings.Trim(last.Text, "\r\n \t") != "":
		v.Stored, v.Code, v.Reason = false, Cut, ReasonSyntax
	}
	return v
}

// alike reports whether a and b have the same name, domain, path and content.
func alike(a, b *Cookie) bool {
	return a.Name == b.Name && a.Value == b.Value && a.Path == b.Path && a.Domain == b.Domain &&
		a.HostOnly == b.HostOnly && a.Partitioned == b.Partitioned
}

// check validates the question and fills in the times.
func (q *Question) check() error {
	if len(q.Set) > MaxSteps {
		return &QuestionError{"set", "too-many"}
	}
	q.Set = slices.Clone(q.Set)
	now := q.Now
	for i := range q.Set {
		if err := q.Set[i].check(fmt.Sprintf("set[%d]", i), &now); err != nil {
			return err
		}
	}
	return q.Get.check("get", &now)
}

func (s *Step) check(field string, now *time.Time) error {
	if s.At != nil {
		*now = *s.At
	}
	if now.IsZero() {
		return &QuestionError{"now", "missing"}
	}
	at := *now
	s.At = &at
	if s.URL == "" {
		return &QuestionError{field + ".url", "missing"}
	}
	if _, err := parseURL(s.URL); err != nil {
		return &QuestionError{field + ".url", "url"}
	}
	if s.Initiator != "" {
		if _, err := parseURL(s.Initiator); err != nil {
			return &QuestionError{field + ".initiator", "url"}
		}
	}
	for i, u := range s.RedirectVia {
		if _, err := parseURL(u); err != nil {
			return &QuestionError{fmt.Sprintf("%s.redirect_via[%d]", field, i), "url"}
		}
	}
	switch s.Kind {
	case "", KindLink, KindFormGet, KindFormPost, KindFetch, KindFetchPost, KindImg, KindIframe, KindWindowOpen:
	default:
		return &QuestionError{field + ".kind", "kind"}
	}
	if s.Via != "" && s.Via != ViaHTTP && s.Via != ViaDOM {
		return &QuestionError{field + ".via", "via"}
	}
	if strings.Trim(strings.ToUpper(s.Method), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || len(s.Method) > 20 {
		return &QuestionError{field + ".method", "method"}
	}
	return nil
}
