package handlers

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"cookielab/internal/jar"

	"github.com/labstack/echo/v4"
)

// jarAnswer is what became of the lines of a jar.Question, in words. It needs no
// limit of its own: what comes in is bounded, and comes out a few times at most.
type jarAnswer struct {
	Verdicts []jarVerdict  `json:"verdicts"`
	Jar      []jar.Cookie  `json:"jar"`
	Cookie   string        `json:"cookie"`
	Withheld []jarWithheld `json:"withheld"`
}

type jarVerdict struct {
	Stored bool       `json:"stored"`
	Code   jar.Code   `json:"code"`
	Reason jar.Reason `json:"reason"`
	Text   string     `json:"text"`
}

type jarWithheld struct {
	Name   string     `json:"name"`
	Reason jar.Reason `json:"reason"`
	Text   string     `json:"text"`
}

// apiJar answers a jar.Question in JSON. It reads neither clock nor store: the same
// question always has the same answer.
func apiJar(c echo.Context) error {
	refuse := func(status int, why string) error {
		return sendJSON(c, status, map[string]string{"error": why})
	}
	r := c.Request()
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != echo.MIMEApplicationJSON {
		return refuse(http.StatusUnsupportedMediaType, "a question is sent as application/json")
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return refuse(http.StatusBadRequest, "the question did not arrive")
	}
	if len(text) > maxBody {
		return refuse(http.StatusRequestEntityTooLarge, "a question has at most 64 KiB")
	}
	q, err := readQuestion(text)
	if err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	answer, err := jar.Explain(q)
	if err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	return sendJSON(c, http.StatusOK, inWords(words(q.Lang), q, answer))
}

// readQuestion reads a question, and says in one line what is wrong with it.
func readQuestion(text []byte) (jar.Question, error) {
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

// inWords is an answer with its sentences.
func inWords(w words, q jar.Question, a jar.Answer) jarAnswer {
	out := jarAnswer{Verdicts: []jarVerdict{}, Jar: a.Jar, Cookie: a.Cookie, Withheld: []jarWithheld{}}
	for i, v := range a.Verdicts {
		out.Verdicts = append(out.Verdicts, jarVerdict{v.Stored, v.Code, v.Reason, w.verdict(v, q.Set[i])})
	}
	key := "jar.not-sent"
	if q.Get.Via == jar.ViaDOM {
		key = "jar.not-seen"
	}
	for _, x := range a.Withheld {
		text := w.t(key, "name", w.cookieName(x.Cookie.Name), "why", w.withheld(x, q.Get.Request))
		out.Withheld = append(out.Withheld, jarWithheld{x.Cookie.Name, x.Reason, text})
	}
	return out
}
