package jar

import (
	"errors"
	"fmt"
	"time"
)

// Limits of a Question.
const maxSteps = 500

// Step is one line on its way into the jar, or the request that asks what is in
// it (contract, section 4).
type Step struct {
	Request
	// SetCookie is the header's raw value, or what is assigned to document.cookie.
	SetCookie string `json:"set_cookie,omitempty"`
	// At is when; without it, the time of the step before.
	At *time.Time `json:"at,omitempty"`
}

// Question is a story for an empty jar: some lines arrive, then one request goes
// out.
type Question struct {
	Now  time.Time `json:"now"`
	Lang string    `json:"lang"`
	Set  []Step    `json:"set"`
	Get  Step      `json:"get"`
}

// Verdict is what became of one line.
type Verdict struct {
	Stored bool
	Decision
}

// Answer is what the jar made of a Question.
type Answer struct {
	Verdicts []Verdict
	Jar      []Cookie
	Cookie   string
	Withheld []Withheld
}

// Explain plays a Question.
func Explain(q Question) (Answer, error) {
	if len(q.Set) > maxSteps {
		return Answer{}, errors.New("too many")
	}
	j := New(Profile{})
	now := q.Now
	a := Answer{}
	for i, s := range q.Set {
		if s.At != nil {
			now = *s.At
		}
		if _, err := understand(s.Request); err != nil {
			return Answer{}, fmt.Errorf("set %d: %w", i, err)
		}
		d := j.Set(now, s.Request, s.SetCookie)
		a.Verdicts = append(a.Verdicts, Verdict{Stored: d.Stored, Decision: d})
	}
	if q.Get.At != nil {
		now = *q.Get.At
	}
	s := j.Send(now, q.Get.Request)
	a.Jar = j.Cookies(now)
	a.Cookie = s.Header
	a.Withheld = s.Withheld
	return a, nil
}
