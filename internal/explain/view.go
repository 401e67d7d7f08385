package explain

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/scene"
	"cookielab/templates"
)

// How much of an answer is drawn in full. What is over is counted, not drawn.
const (
	maxExplained = 12 // lines taken apart
	maxCards     = 12
	maxWithheld  = 12
)

// Explained is what follows from a question: what to draw, and the questions that
// its repair buttons put, by their N.
type Explained struct {
	View    templates.CookieAnswer
	Repairs []Question
}

// explanation is an answer in the making.
type explanation struct {
	words
	now      time.Time
	question Question
	lines    []written
	asked    jar.Question
	answer   jar.Answer
	repairs  []Question
}

// Explain answers a question that is put now, or says what is wrong with it. The view
// is bounded, however much is asked: what is over is counted, not drawn.
func Explain(language templates.Words, now time.Time, q Question) Explained {
	w := words(language)
	e := explanation{words: w, now: now.UTC().Truncate(time.Second), question: q, lines: q.read()}
	problem := func(key string, pairs ...string) Explained {
		return Explained{View: templates.CookieAnswer{Problem: w.t(key, pairs...)}}
	}
	if len(e.lines) == 0 {
		return problem("jar.problem.empty")
	}
	e.asked = q.ask(e.now, e.lines)
	answer, err := jar.Explain(e.asked)
	var wrong *jar.QuestionError
	if errors.As(err, &wrong) {
		return problem("jar.problem."+wrong.Problem, "address", e.addressIn(wrong.Field), "most", strconv.Itoa(jar.MaxSteps))
	}
	e.answer = answer
	return Explained{View: e.view(), Repairs: e.repairs}
}

// addressIn is the address that a field of the question holds: get.url, set[2].url …
func (e *explanation) addressIn(field string) string {
	step := e.asked.Get
	if rest, ok := strings.CutPrefix(field, "set["); ok {
		number, _, _ := strings.Cut(rest, "]")
		if n, err := strconv.Atoi(number); err == nil {
			step = e.asked.Set[n]
		}
	}
	if strings.HasSuffix(field, ".initiator") {
		return templates.Shorten(step.Initiator, 80)
	}
	return templates.Shorten(step.URL, 80)
}

// view draws the answer.
func (e *explanation) view() templates.CookieAnswer {
	view := templates.CookieAnswer{Summary: e.summary(), Jar: e.cards(), Next: e.next(), Matrix: e.matrix(), Tree: e.tree()}
	full := e.inFull()
	for i := range e.lines {
		if full[i] {
			view.Lines = append(view.Lines, e.line(i))
		} else {
			view.Others = append(view.Others, e.row(i))
		}
	}
	if len(view.Others) > 0 {
		view.More = e.t("jar.more-lines", "n", strconv.Itoa(len(view.Others)))
	}
	return view
}

// inFull chooses the lines that are taken apart: all of a few; of many the last,
// which is the one being typed, and the first of those that are odd.
func (e *explanation) inFull() map[int]bool {
	last := len(e.lines) - 1
	chosen := map[int]bool{last: true}
	for i, v := range e.answer.Verdicts {
		if len(chosen) < maxExplained && (last < maxExplained || isOdd(v)) {
			chosen[i] = true
		}
	}
	return chosen
}

// isOdd reports whether a line did not do, part for part, what it says.
func isOdd(v jar.Verdict) bool {
	return v.Code == jar.Refused || v.Code == jar.Cut || v.Code == jar.Deleted && v.Reason != "" ||
		slices.ContainsFunc(v.Decision.Parts, func(p jar.Part) bool { return p.Kind != jar.PartSeparator && !p.Used })
}

// summary is the whole answer in a few words: what became of the line, or of how
// many lines, and what the next request carries.
func (e *explanation) summary() string {
	v := e.answer.Verdicts[0]
	first := e.t("jar.summary.one", "name", e.lineVars(v.Decision, e.asked.Set[0])["name"], "verdict", e.label(v))
	if n := len(e.lines); n > 1 {
		count := map[string]int{}
		for _, v := range e.answer.Verdicts {
			count[fate(v)]++
		}
		var counts []string
		for _, fate := range []string{"kept", "refused", "deleted", "missed", "gone"} {
			if count[fate] > 0 {
				counts = append(counts, e.t("jar.count."+fate, "n", strconv.Itoa(count[fate])))
			}
		}
		first = e.t("jar.summary", "n", strconv.Itoa(n), "counts", strings.Join(counts, e.t("jar.comma")))
	}
	return e.t("jar.both", "first", first, "second", e.sent())
}

// fate is what became of a line, as roughly as the summary counts.
func fate(v jar.Verdict) string {
	switch v.Code {
	case jar.Stored, jar.Replaced, jar.Cut:
		return "kept"
	case jar.Refused:
		return "refused"
	case jar.Deleted:
		if v.Reason != "" {
			return "missed" // there was nothing to delete
		}
		return "deleted"
	}
	return "gone" // taken, and thrown out or overwritten at once
}

// sent says how many cookies the next request carries.
func (e *explanation) sent() string {
	key := "jar.sent."
	if e.asked.Get.Via == jar.ViaDOM {
		key = "jar.seen."
	}
	switch {
	case e.answer.Cookie == "":
		return e.t(key + "none")
	case !strings.Contains(e.answer.Cookie, ";"):
		return e.t(key + "one")
	}
	return e.t(key+"some", "n", strconv.Itoa(strings.Count(e.answer.Cookie, ";")+1))
}

// cards are the jar when the next request goes out.
func (e *explanation) cards() templates.CookieJar {
	view := templates.CookieJar{Count: strconv.Itoa(len(e.answer.Jar))}
	for i, c := range e.answer.Jar {
		if i == maxCards {
			view.More = e.t("jar.more-cookies", "n", strconv.Itoa(len(e.answer.Jar)-i))
			break
		}
		view.Cards = append(view.Cards, scene.Card(templates.Words(e.words), *e.asked.Get.At, c))
	}
	return view
}

// next is the next request, or the next look at document.cookie.
func (e *explanation) next() templates.CookieRequest {
	get := e.asked.Get
	view := templates.CookieRequest{
		Text: e.t("jar.next."+e.question.kindName(), "from", hostOf(get.Initiator), "to", templates.Shorten(get.URL, 120)),
		From: hostOf(get.Initiator), To: hostOf(get.URL),
	}
	if get.Initiator == "" {
		view.From = ""
	}
	if get.Via == jar.ViaDOM {
		view.Script, view.Value = true, e.answer.Cookie
	} else {
		view.Message = templates.MessageView{
			First: methodOf(get.Kind) + " " + pathOf(get.URL) + " HTTP/1.1",
			Lines: []templates.HeaderLine{scene.PlainHeader([2]string{"Host", authorityOf(get.URL)})},
		}
		if e.answer.Cookie == "" {
			view.Message.Empty = e.t("wire.no-cookie")
		} else {
			view.Message.Lines = append(view.Message.Lines, cookieHeader(e.answer.Cookie))
		}
	}
	if e.graced() {
		view.Note = e.t("jar.grace")
	}
	for i, x := range e.answer.Withheld {
		if i == maxWithheld {
			view.More = e.t("jar.more-withheld", "n", strconv.Itoa(len(e.answer.Withheld)-i))
			break
		}
		view.Withheld = append(view.Withheld, templates.CookieWithheld{
			Name: x.Cookie.Name, Shown: templates.Shorten(headerPair(x.Cookie), 60), Reason: string(x.Reason), Term: e.t("term." + string(x.Reason)),
			Text: e.withheld(x, get.Request), DevTools: jar.DevToolsWithheld(x.Reason, x.Cookie),
		})
	}
	return view
}

// graced reports whether the next request carries a cookie only because it is young
// (lax-plus-post): a little later it would not.
func (e *explanation) graced() bool {
	if methodOf(e.asked.Get.Kind) != "POST" {
		return false
	}
	later := e.asked
	at := later.Get.At.Add(grace)
	later.Get.At = &at
	answer, err := jar.Explain(later)
	return err == nil && kept(answer.Withheld) > kept(e.answer.Withheld)
}

// grace is longer than the grace of lax-plus-post.
const grace = 3 * time.Minute

// kept counts the cookies that SameSite keeps back though they do not have it.
func kept(withheld []jar.Withheld) int {
	n := 0
	for _, x := range withheld {
		if x.Reason == jar.ReasonSameSite && x.Cookie.SameSite == "" {
			n++
		}
	}
	return n
}

// kindName is the kind of the next request as a part of a message's key.
func (q Question) kindName() string {
	if q.Kind == kindTyped {
		return "typed"
	}
	return q.Kind
}

// maxPieces is how many cookies of a header are marked one by one.
const maxPieces = 24

func cookieHeader(value string) templates.HeaderLine {
	if strings.Count(value, ";") >= maxPieces {
		return scene.PlainHeader([2]string{"Cookie", value})
	}
	return templates.HeaderLine{Name: "Cookie", Pieces: scene.CookiePieces(value)}
}

// methodOf is the method that a kind of request implies.
func methodOf(kind string) string {
	if kind == jar.KindFormPost || kind == jar.KindFetchPost {
		return "POST"
	}
	return "GET"
}

// headerPair is a cookie as a Cookie header has it.
func headerPair(c jar.Cookie) string {
	if c.Name == "" {
		return c.Value
	}
	return c.Name + "=" + c.Value
}
