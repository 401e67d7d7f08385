package explain

import (
	"encoding/json"
	"errors"
	"fmt"

	"cookielab/internal/jar"
)

// Answer is what became of the lines of a jar.Question, in words. It needs no
// limit of its own: what comes in is bounded, and comes out a few times at most.
type Answer struct {
	Verdicts []Verdict    `json:"verdicts"`
	Jar      []jar.Cookie `json:"jar"`
	Cookie   string       `json:"cookie"`
	Withheld []Withheld   `json:"withheld"`
}

// Verdict is what became of one line.
type Verdict struct {
	Stored bool       `json:"stored"`
	Code   jar.Code   `json:"code"`
	Reason jar.Reason `json:"reason"`
	Text   string     `json:"text"`
}

// Withheld is a cookie that is not sent, and why.
type Withheld struct {
	Name   string     `json:"name"`
	Reason jar.Reason `json:"reason"`
	Text   string     `json:"text"`
}

// ReadQuestion reads a question in JSON; its error says in one line what is wrong with it.
func ReadQuestion(text []byte) (jar.Question, error) {
	var q jar.Question
	if err := json.Unmarshal(text, &q); err != nil {
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax):
			return q, fmt.Errorf("this is no JSON: %w", err)
		case errors.As(err, &kind):
			return q, fmt.Errorf("%s: a JSON %s cannot stand here", kind.Field, kind.Value)
		}
		return q, errors.New("a time is written as 2026-01-01T00:00:00Z")
	}
	switch q.Lang {
	case "":
		q.Lang = "en"
	case "zh", "en":
	default:
		return q, errors.New("lang is zh or en")
	}
	times := append([]jar.Step{{At: &q.Now}, q.Get}, q.Set...)
	for _, s := range times {
		if s.At != nil && (s.At.UTC().Year() < 1 || s.At.UTC().Year() > 9999) {
			return q, errors.New("a time is in the years 1 to 9999")
		}
	}
	return q, nil
}

// InWords is an answer with its sentences, in the question's language.
func InWords(q jar.Question, a jar.Answer) Answer {
	w := words(q.Lang)
	out := Answer{Verdicts: []Verdict{}, Jar: a.Jar, Cookie: a.Cookie, Withheld: []Withheld{}}
	for i, v := range a.Verdicts {
		out.Verdicts = append(out.Verdicts, Verdict{v.Stored, v.Code, v.Reason, w.verdict(v, q.Set[i])})
	}
	key := "jar.not-sent"
	if q.Get.Via == jar.ViaDOM {
		key = "jar.not-seen"
	}
	for _, x := range a.Withheld {
		text := w.t(key, "name", w.cookieName(x.Cookie.Name), "why", w.withheld(x, q.Get.Request))
		out.Withheld = append(out.Withheld, Withheld{x.Cookie.Name, x.Reason, text})
	}
	return out
}
