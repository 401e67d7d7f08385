package handlers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cookielab/handlers/site"
	"cookielab/internal/jar"
	"cookielab/internal/scene"
	"cookielab/internal/session"
	"cookielab/internal/take"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/static"
	"cookielab/templates"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"
)

// A desk is the whole application, for requests of take-aways.
type desk struct {
	*testing.T
	backend *session.Memory
	lessons *lessons.Catalogue
	url     string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, backend: session.NewMemory()}
	files, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := templates.Load(files.URL)
	if err != nil {
		t.Fatal(err)
	}
	if d.lessons, err = lessons.Load(lessons.FS); err != nil {
		t.Fatal(err)
	}
	app, err := New(Deps{
		Backend: d.backend, Now: func() time.Time { return newYear }, Rand: rand.NewChaCha8([32]byte{}),
		Lessons: d.lessons, Pages: pages, Static: files,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

// request makes a request; headers are name, value, name, value.
func (d *desk) request(method, path, body string, headers ...string) reply {
	d.Helper()
	r, err := http.NewRequest(method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		d.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		d.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(text), response.Header["Set-Cookie"]}
}

// take posts a moment as a page does.
func (d *desk) take(path string, moment any, headers ...string) reply {
	d.Helper()
	text, err := json.Marshal(moment)
	if err != nil {
		d.Fatal(err)
	}
	form := url.Values{"moment": {string(text)}}
	return d.request(http.MethodPost, path, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
}

// taken is take, and fails the test if it does not succeed.
func (d *desk) taken(path string, moment any) reply {
	d.Helper()
	got := d.take(path, moment)
	if got.status != http.StatusOK {
		d.Fatalf("POST %s is %d %.300s, want 200", path, got.status, got.body)
	}
	return got
}

func (r reply) document(t *testing.T) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

type object = map[string]any

// script returns a moment of the time machine with these actions.
func script(actions ...object) object {
	return object{"lesson": "lab", "step": "lab", "actions": actions}
}

func goes(browser, address string) object {
	return object{"do": "visit", "browser": browser, "url": address}
}

// --- the handout of a lesson

func TestTheHandoutOfALessonHasAllOfEveryStep(t *testing.T) {
	d := newDesk(t)
	for _, lang := range templates.Languages {
		for _, lesson := range d.lessons.Lessons {
			address := "/" + lang + "/lessons/" + lesson.ID + "/handout"
			got := d.request(http.MethodGet, address, "")
			if got.status != http.StatusOK {
				t.Fatalf("GET %s is %d", address, got.status)
			}
			doc := got.document(t)
			if is := doc.Find("html").AttrOr("lang", ""); is != lang {
				t.Errorf("%s is in %q", address, is)
			}
			sheets := doc.Find("[data-sheet]")
			if sheets.Length() != len(lesson.Steps) {
				t.Fatalf("%s has %d steps, want %d", address, sheets.Length(), len(lesson.Steps))
			}
			for i, step := range lesson.Steps {
				wholeStep(t, address, lang, step, sheets.Eq(i))
			}
			if doc.Find("[data-notes]").Length() > 0 {
				t.Errorf("%s has notes for the instructor, which were not asked for", address)
			}
			if n := doc.Find("[style], style, script:not([src])").Length(); n > 0 {
				t.Errorf("%s has %d things that the policy forbids", address, n)
			}
		}
	}
}

// wholeStep checks that each part of a step is on its sheet.
func wholeStep(t *testing.T, address, lang string, step *lessons.Step, sheet *goquery.Selection) {
	t.Helper()
	text := step.Text[lang]
	if got := sheet.Find("h2").Text(); !strings.Contains(got, text.Title) {
		t.Errorf("%s, step %d is headed %q, want %q", address, step.Number, got, text.Title)
	}
	for selector, want := range map[string]string{
		".lead": string(text.Lead), ".ask-first": string(text.Question), ".take-home": string(text.TakeHome), ".mend": string(text.Mend),
	} {
		if got := words1(sheet.Find(selector).Text()); !strings.Contains(got, words1(plainHTML(t, want))) {
			t.Errorf("%s, step %d: %s is %q, want %q", address, step.Number, selector, got, want)
		}
	}
	if got := sheet.Find("[data-option]").Length(); got != len(step.Options) {
		t.Errorf("%s, step %d offers %d answers, want %d", address, step.Number, got, len(step.Options))
	}
	if got := sheet.Find(`[data-answer] [data-held="true"]`).Length(); got != 1 {
		t.Errorf("%s, step %d: %d answers are right, want one", address, step.Number, got)
	}
	lines := 0
	for _, view := range step.Django {
		lines += len(view.Lines[lang])
	}
	if got := sheet.Find(`[data-code^="django"] .line`).Length(); got != lines {
		t.Errorf("%s, step %d shows %d of its %d lines of Django", address, step.Number, got, lines)
	}
	if len(step.Go) > 0 && sheet.Find(`[data-code="go"] .line`).Length() < 3 {
		t.Errorf("%s, step %d does not show its Go", address, step.Number)
	}
	want := max(1, len(step.Do))
	happened := sheet.Find(`[data-moment]:not(.at-start)`)
	if happened.Length() != want {
		t.Errorf("%s, step %d has %d moments, want %d", address, step.Number, happened.Length(), want)
	}
	if got, want := sheet.Find(".at-start").Length() == 1, len(step.From) > 0; got != want {
		t.Errorf("%s, step %d shows its start: %t, want %t", address, step.Number, got, want)
	}
	happened.Each(func(i int, m *goquery.Selection) {
		for _, part := range []string{`[data-panel="browser"]`, `[data-panel="wire"]`, `[data-panel="server"]`, "[data-sentence]", "header code"} {
			if strings.TrimSpace(m.Find(part).Text()) == "" {
				t.Errorf("%s, step %d, moment %d has no %s", address, step.Number, i+1, part)
			}
		}
	})
}

func words1(text string) string { return strings.Join(strings.Fields(text), " ") }

func plainHTML(t *testing.T, html string) string {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	return doc.Text()
}

func TestTheHandoutHasTheInstructorsNotesWhereTheyAreAskedFor(t *testing.T) {
	d := newDesk(t)
	doc := d.request(http.MethodGet, "/zh/lessons/session/handout?teach=1", "").document(t)
	lesson, _ := d.lessons.Lesson("session")
	want := 0
	for _, step := range lesson.Steps {
		if step.Text["zh"].Teach != nil {
			want++
		}
	}
	if got := doc.Find("[data-notes]").Length(); got != want || want == 0 {
		t.Errorf("%d notes, want %d", got, want)
	}
	for selector, want := range map[string]string{
		"[data-teach]": "/zh/lessons/session/handout", `[data-language="en"]`: "/en/lessons/session/handout?teach=1",
	} {
		if got := doc.Find(selector).AttrOr("href", ""); got != want {
			t.Errorf("%s leads to %q, want %q", selector, got, want)
		}
	}
}

func TestTheHandoutHasOneSkeletonInBothLanguages(t *testing.T) {
	d := newDesk(t)
	for _, lesson := range d.lessons.Lessons {
		var skeletons []string
		for _, lang := range []string{"zh", "en"} {
			doc := d.request(http.MethodGet, "/"+lang+"/lessons/"+lesson.ID+"/handout?teach=1", "").document(t)
			var names []string
			doc.Find("main *").Each(func(_ int, e *goquery.Selection) {
				for _, a := range e.Nodes[0].Attr {
					if strings.HasPrefix(a.Key, "data-") {
						names = append(names, a.Key)
					}
				}
			})
			skeletons = append(skeletons, strings.Join(names, " "))
		}
		if skeletons[0] != skeletons[1] {
			t.Errorf("the handouts of %s differ in more than words:\n%s", lesson.ID, cmp.Diff(skeletons[0], skeletons[1]))
		}
	}
}

func TestALessonIsTakenAwayInEveryForm(t *testing.T) {
	d := newDesk(t)
	for _, lesson := range d.lessons.Lessons {
		exchanges := 0
		for _, step := range lesson.Steps {
			one, _, err := stepChapter("en", step)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range one.Frames {
				if !f.Server.Absent {
					exchanges += len(f.Wire())
				}
			}
		}
		har := d.request(http.MethodGet, "/en/lessons/"+lesson.ID+"/har", "")
		log := checkHAR(t, har)
		if got := len(log["pages"].([]any)); got != len(lesson.Steps) {
			t.Errorf("the HAR of %s has %d pages, want %d", lesson.ID, got, len(lesson.Steps))
		}
		if got := len(log["entries"].([]any)); got < exchanges {
			t.Errorf("the HAR of %s has %d entries, want %d", lesson.ID, got, exchanges)
		}
		curl := d.request(http.MethodGet, "/zh/lessons/"+lesson.ID+"/curl", "")
		if got := len(commands(curl.body)); got != exchanges {
			t.Errorf("%s has %d curl lines, want %d", lesson.ID, got, exchanges)
		}
	}
	for _, form := range []string{"handout", "har", "curl"} {
		if got := d.request(http.MethodGet, "/en/lessons/none/"+form, ""); got.status != http.StatusNotFound {
			t.Errorf("the %s of no lesson is %d, want 404", form, got.status)
		}
	}
}

func TestLessonsLeadToTheirHandout(t *testing.T) {
	d := newDesk(t)
	for _, lang := range templates.Languages {
		home := d.request(http.MethodGet, "/"+lang+"/", "").document(t)
		for _, lesson := range d.lessons.Lessons {
			want := "/" + lang + "/lessons/" + lesson.ID + "/handout"
			if home.Find(`a[href="`+want+`"]`).Length() != 1 {
				t.Errorf("the list of lessons does not lead to %s", want)
			}
			page := d.request(http.MethodGet, "/"+lang+"/lessons/"+lesson.ID, "").document(t)
			if page.Find(`a[href="`+want+`"]`).Length() != 1 {
				t.Errorf("the lesson does not lead to %s", want)
			}
			sheet := strings.TrimSuffix(want, "handout") + "sheet"
			for name, from := range map[string]*goquery.Document{"lesson": page, "handout": d.request(http.MethodGet, want, "").document(t)} {
				if from.Find(`a[href="`+sheet+`"]`).Length() != 1 {
					t.Errorf("the %s does not lead to %s", name, sheet)
				}
			}
		}
	}
}

func TestTheHandoutOfALessonIsAPageThatCanBeObserved(t *testing.T) {
	d := newDesk(t)
	for address, status := range map[string]int{"/en/lessons/session/handout": 200, "/en/lessons/none/handout": 404} {
		got := d.request(http.MethodGet, address, "", "X-Observe", "1")
		if live := strings.HasPrefix(got.body, `{"now":`); got.status != status || live != (status == 200) {
			t.Errorf("observed, %s is %d %.80s, want %d", address, got.status, got.body, status)
		}
		if got := d.request(http.MethodHead, address, ""); got.status != status || got.body != "" {
			t.Errorf("HEAD %s is %d with %d octets, want %d and none", address, got.status, len(got.body), status)
		}
	}
}

// --- the handout of one's own play

func TestTheHandoutOfOnesOwnPlayShowsEveryAction(t *testing.T) {
	d := newDesk(t)
	doc := d.taken("/en/handout", script(
		goes("A", "/set_session?username=li"), goes("B", "/set_cookie?value=5&max_age=60"), object{"do": "wait", "seconds": 3600},
	)).document(t)
	moments := doc.Find("[data-moment]")
	if moments.Length() != 3 {
		t.Fatalf("%d moments, want 3", moments.Length())
	}
	if got := words1(moments.Eq(0).Find("[data-row]").Text()); !strings.Contains(got, `"username": "li"`) || !strings.Contains(got, "2026-01-15 00:00:00Z") {
		t.Errorf("the row after the first action is %q", got)
	}
	if got := moments.Eq(0).Find(`[data-browser="A"] [data-cookie]`).AttrOr("data-name", ""); got != "sessionid" {
		t.Errorf("the first cookie in A's jar is %q", got)
	}
	if got := words1(moments.Eq(1).Find(`[data-message="response"]`).Text()); !strings.Contains(got, "Set-Cookie: num=5; expires=Thu, 01 Jan 2026 00:01:00 GMT; Max-Age=60; Path=/") {
		t.Errorf("the second answer is %q", got)
	}
	if got := moments.Eq(1).Find("[data-sentence]").Text(); !strings.Contains(got, "Browser B keeps num=5 until 2026-01-01 00:01:00 UTC") {
		t.Errorf("the second sentence is %q", got)
	}
	last := moments.Eq(2)
	if got := last.Find("time").AttrOr("datetime", ""); got != "2026-01-01T01:00:00Z" {
		t.Errorf("the third moment is at %s", got)
	}
	if got := last.Find(`[data-browser="B"] [data-cookie]`).Length(); got != 0 {
		t.Errorf("after an hour B has %d cookies, want none", got)
	}
	if doc.Find("[data-values]").Length() != 0 {
		t.Error("of the time machine it says that values are masked")
	}
	for _, lang := range templates.Languages {
		if got := doc.Find(`[data-language="`+lang+`"]`).AttrOr("href", ""); got != "/"+lang+"/lab" {
			t.Errorf("the language %s leads to %s: what was posted is not there", lang, got)
		}
	}
}

func TestTheEmptyWorldIsAHandoutToo(t *testing.T) {
	d := newDesk(t)
	if got := d.taken("/zh/handout", script()).document(t).Find("[data-moment]").Length(); got != 1 {
		t.Errorf("%d moments, want the start alone", got)
	}
	if log := checkHAR(t, d.taken("/zh/har", script())); len(log["entries"].([]any)) != 0 {
		t.Error("the HAR of nothing has entries")
	}
	if got := commands(d.taken("/zh/curl", script()).body); len(got) != 0 {
		t.Errorf("the curl lines of nothing are %q", got)
	}
}

func TestAStepOfTheJarModelIsAskedAgain(t *testing.T) {
	d := newDesk(t)
	var step *lessons.Step
	for _, lesson := range d.lessons.Lessons {
		for _, s := range lesson.Steps {
			if s.Jar != nil {
				step = s
			}
		}
	}
	moment := object{"lesson": step.Lesson.ID, "step": step.ID, "frames": []object{{"label": "x", "at": "2026-01-01T00:00:00Z", "sentence": "made up"}}}
	doc := d.taken("/en/handout", moment).document(t)
	if doc.Find(`[data-moment] [data-message="request"]`).Length() == 0 || strings.Contains(doc.Text(), "made up") {
		t.Error("the handout is what was posted, not what the model says")
	}
	if got := commands(d.taken("/en/curl", moment).body); len(got) != 0 {
		t.Errorf("requests that nobody made are curl lines: %q", got)
	}
}

func TestTheSameMomentIsTakenAwayAlike(t *testing.T) {
	d := newDesk(t)
	moment := script(goes("A", "/set_session"), goes("A", "/get_session"))
	for _, form := range []string{"/en/handout", "/en/har", "/en/curl"} {
		first, second := d.taken(form, moment), d.taken(form, moment)
		if first.body != second.body {
			t.Errorf("%s differs from itself: %s", form, cmp.Diff(first.body, second.body))
		}
		for name, want := range map[string]string{"Cache-Control": "no-store", "Set-Cookie": "", "Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff"} {
			if got := first.header.Get(name); got != want {
				t.Errorf("%s has %s %q, want %q", form, name, got, want)
			}
		}
	}
	if n, err := d.backend.Count(t.Context()); err != nil || n != 0 {
		t.Errorf("the server's own table has %d rows, %v: want none", n, err)
	}
}

// --- real values

// liveVisitor does what a page would do in a real browser, and has its moment.
type liveVisitor struct {
	*desk
	cookies map[string]string
	frames  []object
}

func (v *liveVisitor) visit(address string) {
	v.Helper()
	var pairs []string
	for name, value := range v.cookies {
		pairs = append(pairs, name+"="+value)
	}
	slices.Sort(pairs)
	got := v.request(http.MethodGet, address, "", "X-Observe", "1", "Cookie", strings.Join(pairs, "; "), "Referer", v.url+address)
	var seen struct {
		Exchange world.Exchange
		Server   world.Server
	}
	if err := json.Unmarshal([]byte(got.body), &seen); err != nil {
		v.Fatal(err)
	}
	for _, line := range got.cookies {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			v.Fatal(err)
		}
		v.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		}
	}
	look := &world.Look{URL: v.url + "/en/lab?x=" + v.cookies["sessionid"], Scripted: true}
	b := world.Browser{Look: look}
	var script, said []string
	for _, name := range slices.Sorted(maps.Keys(v.cookies)) {
		value := v.cookies[name]
		b.Jar = append(b.Jar, jar.Cookie{Name: name, Value: value, Domain: "127.0.0.1", HostOnly: true, Path: "/"})
		look.Known = append(look.Known, world.Known{Ours: true, Unknown: []world.Fact{world.FactExpires, world.FactPartitioned}})
		script = append(script, name+"="+value)
		said = append(said, scene.Tell("en", world.Note{Code: "stored", Reason: "session", Vars: map[string]string{"pair": name + "=" + value}}))
	}
	b.DocumentCookie = strings.Join(script, "; ")
	words := strings.Join(said, " ")
	v.frames = append(v.frames, object{"label": address, "frame": take.Keep(world.Frame{
		At: seen.Exchange.At.Time, Browsers: map[string]world.Browser{"A": b}, Server: seen.Server, Exchange: &seen.Exchange,
		Notes: []world.Note{{Text: words}, {Code: "stored", Text: words}},
	})})
}

func (v *liveVisitor) moment() object {
	return object{"lesson": "lab", "step": "lab", "omitted": 2, "frames": v.frames}
}

func (d *desk) play() *liveVisitor {
	d.Helper()
	v := &liveVisitor{desk: d, cookies: map[string]string{}}
	v.visit("/set_session")
	v.visit("/set_cookie?name=token&value=s3cr3t-Value-of-mine")
	v.visit("/set_cookie?name=pin&value=7")
	v.visit("/set_cookie?name=tea&value=%E9%BE%99%E4%BA%95&path=/")
	v.visit("/get_cookie?name=token")
	v.visit("/get_cookie?name=tea")
	v.visit("/get_cookie?name=pin")
	v.visit("/set_session?copy=" + v.cookies["sessionid"])
	return v
}

var takenForms = []string{"/en/handout", "/zh/handout", "/en/har", "/en/curl"}

func TestRealValuesAreMaskedInEveryForm(t *testing.T) {
	v := newDesk(t).play()
	key := v.cookies["sessionid"]
	if len(key) != 32 || v.cookies["token"] != "s3cr3t-Value-of-mine" || v.cookies["tea"] != "%E9%BE%99%E4%BA%95" {
		t.Fatalf("the visitor holds %v", v.cookies)
	}
	for _, form := range takenForms {
		got := v.taken(form, v.moment())
		text := strings.ReplaceAll(got.body, "&#34;", `"`)
		for _, secret := range []string{key, "s3cr3t-Value-of-mine", "s3cr3t", "%E9%BE%99", "龙井", "pin=7", "value=7"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s has %q", form, secret)
			}
		}
		if strings.Contains(form, "handout") {
			if !strings.Contains(got.body, world.Short(key)) {
				t.Errorf("%s does not tell the key from others by its ends", form)
			}
			doc := got.document(t)
			if doc.Find("[data-values]").Length() != 1 || doc.Find("[data-omitted]").Length() != 1 {
				t.Errorf("%s does not say that values are masked and frames left out", form)
			}
		}
	}
}

func TestRealValuesAreThereIfAskedFor(t *testing.T) {
	v := newDesk(t).play()
	text, err := json.Marshal(v.moment())
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"moment": {string(text)}, "reveal": {"1"}}.Encode()
	for _, address := range takenForms {
		got := v.request(http.MethodPost, address, form, "Content-Type", "application/x-www-form-urlencoded")
		for _, value := range []string{v.cookies["sessionid"], "s3cr3t-Value-of-mine"} {
			if got.status != 200 || !strings.Contains(got.body, value) {
				t.Errorf("%s is %d, without %q, which was asked for", address, got.status, value)
			}
		}
	}
	doc := v.request(http.MethodPost, "/en/handout", form, "Content-Type", "application/x-www-form-urlencoded").document(t)
	for selector, moment := range map[string]int{`[data-message="request"]`: 1, `[data-message="response"]`: 0} {
		if got := doc.Find("[data-moment]").Eq(moment).Find(selector).Text(); !strings.Contains(got, "sessionid="+v.cookies["sessionid"]) {
			t.Errorf("moment %d: the %s is %q, without the key", moment+1, selector, got)
		}
	}
	if got := doc.Find(`[data-cookie][data-name="sessionid"]`).Last().Text(); !strings.Contains(got, v.cookies["sessionid"]) {
		t.Errorf("the cookie is %q, without its value", got)
	}
	if got := doc.Find("[data-row]").Last().Text(); !strings.Contains(got, v.cookies["sessionid"]) {
		t.Errorf("the row is %q, without its key", got)
	}
}

func TestHalfAReportIsTakenAwayAsFarAsItGoes(t *testing.T) {
	d := newDesk(t)
	moment := object{"frames": []object{{}, {"frame": nil}, {"label": "<b>", "frame": object{
		"at": "2026-01-01T00:00:00Z", "browsers": object{"A": object{"jar": []object{{"name": "a"}}}}, "server": object{"rows": []object{{"key": "k"}}}, "notes": nil,
	}}}}
	for _, form := range takenForms {
		got := d.taken(form, moment)
		if strings.Contains(got.body, "<b>&lt;") || strings.Contains(got.body, "<code><b>") {
			t.Errorf("%s takes a label for HTML", form)
		}
	}
	if got := d.taken("/en/handout", moment).document(t).Find("[data-moment]").Length(); got != 3 {
		t.Errorf("%d moments, want 3", got)
	}
}

func TestWhatAPageReportsIsPrintedAsText(t *testing.T) {
	d := newDesk(t)
	evil := `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	cookie := object{"name": evil, "value": evil, "domain": evil, "path": evil, "sameSite": evil}
	doc := d.taken("/en/handout", object{"frames": []object{{"label": evil, "frame": object{
		"at": "2026-01-01T00:00:00Z", "notes": []object{{"code": evil, "text": evil}, {"code": evil, "text": evil + "2"}}, "action": object{"do": "script", "set": evil},
		"browsers": object{"A": object{"jar": []object{cookie}, "documentCookie": evil, "look": object{
			"url": evil, "scripted": true, "key": evil, "known": []object{{"unknown": []string{evil}, "doubt": evil, "told": cookie}}, "able": object{"store": evil},
			"elsewhere": []object{{"cookie": cookie, "reason": evil}},
		}}, evil: object{}},
		"server": object{"rows": []object{{"key": evil, "data": object{evil: evil}, "expires": "2026-01-01T00:00:00Z"}}, "absent": true, "total": -1},
		"exchange": object{"id": evil, "at": evil, "request": object{"method": "GET", "url": "http://localhost/?" + evil, "headers": [][]string{{evil, evil}, {"Cookie", evil}}, "body": evil},
			"response": object{"status": 200, "headers": [][]string{{"Set-Cookie", evil}}, "body": evil}},
	}}}}).document(t)
	if n := doc.Find("main img, main script").Length(); n != 0 {
		t.Errorf("%d elements came out of what was reported", n)
	}
}

// --- HAR

var isoTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)

// harShape is HAR 1.2: each field with its type. A question mark marks an optional field.
var harShape = object{
	"version": "string", "creator": object{"name": "string", "version": "string"}, "?browser": object{"name": "string", "version": "string"},
	"?pages": []any{object{
		"startedDateTime": "time", "id": "string", "title": "string",
		"pageTimings": object{"?onContentLoad": "number", "?onLoad": "number"},
	}},
	"?comment": "string",
	"entries": []any{object{
		"?pageref": "string", "startedDateTime": "time", "time": "number", "cache": object{}, "?serverIPAddress": "string", "?connection": "string", "?comment": "string",
		"request": object{
			"method": "string", "url": "url", "httpVersion": "string", "headersSize": "number", "bodySize": "number",
			"cookies": []any{harCookieShape}, "headers": []any{harPairShape}, "queryString": []any{harPairShape},
			"?postData": object{"mimeType": "string", "params": []any{harPairShape}, "text": "string"},
		},
		"response": object{
			"status": "number", "statusText": "string", "httpVersion": "string", "redirectURL": "string", "headersSize": "number", "bodySize": "number",
			"cookies": []any{harCookieShape}, "headers": []any{harPairShape},
			"content": object{"size": "number", "?compression": "number", "mimeType": "string", "?text": "string", "?encoding": "string"},
		},
		"timings": object{"send": "number", "wait": "number", "receive": "number", "?blocked": "number", "?dns": "number", "?connect": "number", "?ssl": "number"},
	}},
}

var (
	harPairShape   = object{"name": "string", "value": "string"}
	harCookieShape = object{"name": "string", "value": "string", "?path": "string", "?domain": "string", "?expires": "time", "?httpOnly": "boolean", "?secure": "boolean"}
)

// fits reports where a value does not have a shape. Names that begin with an underscore
// are an application's own.
func fits(value, shape any, at string) []string {
	wrong := func(want string) []string { return []string{fmt.Sprintf("%s is %#v, want %s", at, value, want)} }
	switch shape := shape.(type) {
	case object:
		have, ok := value.(object)
		if !ok {
			return wrong("an object")
		}
		var list []string
		known := map[string]bool{}
		for name, inner := range shape {
			plain, optional := strings.CutPrefix(name, "?")
			known[plain] = true
			if v, there := have[plain]; there {
				list = append(list, fits(v, inner, at+"."+plain)...)
			} else if !optional {
				list = append(list, at+"."+plain+" is missing")
			}
		}
		for name := range have {
			if !known[name] && !strings.HasPrefix(name, "_") {
				list = append(list, at+"."+name+" is no field of HAR 1.2")
			}
		}
		return list
	case []any:
		have, ok := value.([]any)
		if !ok {
			return wrong("a list")
		}
		var list []string
		for i, v := range have {
			list = append(list, fits(v, shape[0], at+"["+strconv.Itoa(i)+"]")...)
		}
		return list
	case string:
		text, isText := value.(string)
		_, isNumber := value.(float64)
		_, isBool := value.(bool)
		u, err := url.Parse(text)
		if ok := map[string]bool{
			"string": isText, "number": isNumber, "boolean": isBool, "time": isText && isoTime.MatchString(text),
			"url": isText && err == nil && u.IsAbs() && u.Host != "",
		}[shape]; !ok {
			return wrong("a " + shape)
		}
	}
	return nil
}

// checkHAR parses a HAR file and checks it against the specification.
func checkHAR(t *testing.T, got reply) object {
	t.Helper()
	kind, _, _ := mime.ParseMediaType(got.header.Get("Content-Type"))
	disposition, params, err := mime.ParseMediaType(got.header.Get("Content-Disposition"))
	if kind != "application/json" || disposition != "attachment" || err != nil || !strings.HasSuffix(params["filename"], ".har") {
		t.Errorf("it is sent as %q, %q", got.header.Get("Content-Type"), got.header.Get("Content-Disposition"))
	}
	var file struct{ Log object }
	if err := json.Unmarshal([]byte(got.body), &file); err != nil {
		t.Fatalf("it is no JSON: %v: %.200s", err, got.body)
	}
	for _, problem := range fits(file.Log, harShape, "log") {
		t.Error(problem)
	}
	pages := map[any]bool{}
	for _, p := range file.Log["pages"].([]any) {
		pages[p.(object)["id"]] = true
	}
	for i, e := range file.Log["entries"].([]any) {
		entry := e.(object)
		if !pages[entry["pageref"]] {
			t.Errorf("entry %d is of page %v, which is not there", i, entry["pageref"])
		}
		sum := 0.0
		for _, part := range entry["timings"].(object) {
			sum += max(0, part.(float64))
		}
		if sum != entry["time"] {
			t.Errorf("the timings of entry %d add up to %v, not %v", i, sum, entry["time"])
		}
	}
	if file.Log["version"] != "1.2" {
		t.Errorf("version is %v", file.Log["version"])
	}
	return file.Log
}

func TestTheShapeOfHARIsHeldAgainst(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:               "log.version is missing",
		`{"version":1.2}`:  "log.version is 1.2, want a string",
		`{"entries":{}}`:   "want a list",
		`{"entries":[{}]}`: "log.entries[0].request is missing",
		`{"surprise":1}`:   "log.surprise is no field",
		`{"pages":[{"startedDateTime":"yesterday"}]}`:                    "want a time",
		`{"entries":[{"request":{"cookies":[{"name":"a","value":1}]}}]}`: "cookies[0].value is 1, want a string",
	} {
		var value object
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(fits(value, harShape, "log"), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: %s\nwant %s", text, got, want)
		}
	}
}

func TestHARHasWhatWentOverTheWire(t *testing.T) {
	d := newDesk(t)
	log := checkHAR(t, d.taken("/en/har", script(
		goes("A", "/set_cookie?name=tea&value=%E9%BE%99+x&max_age=60&httponly=1&samesite=None&secure=1&partitioned=1"),
		object{"do": "visit", "browser": "B", "url": "http://127.0.0.1/get_cookie?name=x", "method": "POST", "raw_cookie": "a=1; b=2=3"},
		object{"do": "together", "visits": []object{{"browser": "A", "url": "/set_session"}, {"browser": "B", "url": "/nowhere"}}},
	)))
	entries := log["entries"].([]any)
	if len(entries) != 4 {
		t.Fatalf("%d entries, want 4", len(entries))
	}
	first, second := entries[0].(object), entries[1].(object)
	same(t, "the first answer's cookies", first["response"].(object)["cookies"], []any{object{
		"name": "tea", "value": "%E9%BE%99%20x", "path": "/", "expires": "2026-01-01T00:01:00.000Z", "httpOnly": true, "secure": true,
		"_sameSite": "None", "_partitioned": true,
	}})
	same(t, "the first query", first["request"].(object)["queryString"].([]any)[1], any(object{"name": "value", "value": "龙 x"}))
	same(t, "the second request's cookies", second["request"].(object)["cookies"], []any{
		object{"name": "a", "value": "1", "httpOnly": false, "secure": false}, object{"name": "b", "value": "2=3", "httpOnly": false, "secure": false},
	})
	same(t, "the second body", second["request"].(object)["postData"], any(object{"mimeType": "application/x-www-form-urlencoded", "params": []any{}, "text": ""}))
	content := second["response"].(object)["content"].(object)
	same(t, "the second answer", content, object{"size": 13.0, "mimeType": "text/plain; charset=utf-8", "text": "KeyError: 'x'"})
	if second["_browser"] != "B" || second["response"].(object)["status"] != 500.0 || second["comment"] == "" {
		t.Errorf("the second entry is %v", second)
	}
	if entries[3].(object)["_browser"] != "B" || entries[3].(object)["response"].(object)["status"] != 404.0 {
		t.Errorf("the fourth entry is %v", entries[3])
	}
}

func TestHAROfARealBrowserIsValid(t *testing.T) {
	v := newDesk(t).play()
	log := checkHAR(t, v.taken("/zh/har", v.moment()))
	if got := len(log["entries"].([]any)); got != len(v.frames) {
		t.Errorf("%d entries, want %d", got, len(v.frames))
	}
}

// --- curl

// commands returns the lines that a shell would execute.
func commands(text string) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// shell runs a line in a POSIX shell where curl is replaced by a function that prints its
// arguments, each followed by a NUL, and then its input.
func shell(t *testing.T, line string) (args []string, input string) {
	t.Helper()
	stub := `curl() { for a in "$@"; do printf '%s\0' "$a"; done; printf '\0\0'; case " $* " in *" @- "*) cat;; esac; }
`
	command := exec.CommandContext(t.Context(), "sh", "-c", stub+line)
	command.Dir = t.TempDir()
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("sh: %v %s: %s", err, &complaints, line)
	}
	if left, err := os.ReadDir(command.Dir); err != nil || len(left) > 0 {
		t.Fatalf("the shell made files: %v", left)
	}
	said, input, found := strings.Cut(string(out), "\x00\x00\x00")
	if !found {
		t.Fatalf("the shell ran something else: %q from %s", out, line)
	}
	return strings.Split(said, "\x00"), input
}

var hostile = []string{
	`'; touch owned; '`, `$(touch owned)`, "`touch owned`", `"; touch owned; "`, `\`, `\'`, `'`, `''`, `"`, `$HOME ${IFS} $$ !!`,
	`-rf`, `--output=owned`, `-o owned`, `@/etc/passwd`, `* ? [a-z] {a,b} ~`, "a\tb", `茶 🍵`, `%s%n\n\0`, `a && touch owned | cat > owned # x`, `{{.}}`,
}

func TestCurlLinesOfAHostilePlayRunNothingElse(t *testing.T) {
	d := newDesk(t)
	var actions []object
	for _, evil := range hostile {
		actions = append(actions, object{"do": "visit", "browser": "A", "url": "/get_cookie?name=a&x=" + url.QueryEscape(evil), "raw_cookie": "a=" + evil},
			object{"do": "script", "browser": "A", "set": "b=" + evil})
	}
	lines := commands(d.taken("/en/curl", script(actions...)).body)
	if len(lines) != len(hostile) {
		t.Fatalf("%d lines, want %d", len(lines), len(hostile))
	}
	for i, line := range lines {
		args, _ := shell(t, line)
		if want := "Cookie: a=" + hostile[i]; !slices.Contains(args, want) {
			t.Errorf("curl gets %q, want %q among them", args, want)
		}
	}
}

func TestCurlLinesRunAgainstThisServer(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("there is no curl here")
	}
	d := newDesk(t)
	var actions []object
	for _, evil := range hostile {
		actions = append(actions, goes("A", "/set_cookie?value="+url.QueryEscape(evil)), goes("A", "/get_cookie"))
	}
	actions = append(actions,
		object{"do": "visit", "browser": "B", "url": "http://tea.example/set_cookie?name=a'b&value=1", "method": "POST"},
		goes("B", "https://tea.example:8443/get_cookie?name=a%27b&x={1,2}[3]"), goes("B", "http://127.0.0.1/nowhere"),
		object{"do": "visit", "browser": "B", "url": "/get_cookie", "method": "HEAD", "raw_cookie": ""},
		object{"do": "visit", "browser": "B", "url": "/get_cookie?safe=1", "method": "DELETE"},
	)
	moment := script(actions...)
	var want []world.Exchange
	frames, err := world.Play(world.Script{Lang: "en", Actions: readActions(t, actions)}, site.Handler, scene.Tell)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames[1:] {
		want = append(want, *f.Exchange)
	}
	lines := commands(d.taken("/en/curl", moment).body)
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d", len(lines), len(want))
	}
	for i, line := range lines {
		command := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(line, "curl ", "curl -q -sS --noproxy '*' --max-time 10 ", 1))
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s: %s", err, out, line)
		}
		head, body, _ := strings.Cut(string(out), "\r\n\r\n")
		asked := want[i].Response
		if !strings.HasPrefix(head, fmt.Sprintf("HTTP/1.1 %d ", asked.Status)) || body != asked.Body && asked.Status != 404 && want[i].Request.Method != "HEAD" {
			t.Errorf("%s\nanswers %s, %q; want %d, %q", line, head, body, asked.Status, asked.Body)
		}
		for _, h := range asked.Headers {
			if h[0] == "Set-Cookie" && !strings.Contains(head, h[1]) {
				t.Errorf("%s\nanswers without %s", line, h[1])
			}
		}
	}
}

func readActions(t *testing.T, actions []object) []world.Action {
	t.Helper()
	text, err := json.Marshal(actions)
	if err != nil {
		t.Fatal(err)
	}
	var list []world.Action
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// --- what is refused

func TestWhatCannotBeTakenAwayIsRefusedInOneLine(t *testing.T) {
	d := newDesk(t)
	form := func(moment string) string { return url.Values{"moment": {moment}}.Encode() }
	const typed = "application/x-www-form-urlencoded"
	frames := func(n int) string { return `{"frames":[{}` + strings.Repeat(`,{}`, n-1) + `]}` }
	exchange := func(method, address string) string {
		return `{"frames":[{"frame":{"exchange":{"request":{"method":"` + method + `","url":"` + address + `"},"response":{"status":200}}}}]}`
	}
	swell := `{"actions":[{"do":"visit","browser":"A","url":"/set_session?a=` + strings.Repeat("%3C", 5000) + `"}` + strings.Repeat(`,{"do":"purge"}`, 480) + `]}`
	secrets := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, `{"name":"n","value":"v`+strconv.Itoa(i)+`"}`)
		}
		return `{"frames":[{"frame":{"browsers":{"A":{"jar":[` + strings.Join(list, ",") + `]}}}}]}`
	}
	for name, test := range map[string]struct {
		kind, body string
		status     int
	}{
		"JSON":                         {"application/json", `{}`, 415},
		"multipart":                    {"multipart/form-data; boundary=x", "--x--\r\n", 415},
		"no type":                      {"", form(`{}`), 415},
		"a type with a charset":        {typed + "; charset=UTF-8", form(`{}`), 200},
		"a malformed form":             {typed, "moment=%zz", 400},
		"no moment":                    {typed, "", 400},
		"no JSON":                      {typed, form("moment"), 400},
		"a list":                       {typed, form("[]"), 400},
		"a bad script":                 {typed, form(`{"actions":[{"do":"dance"}]}`), 400},
		"a script that is no list":     {typed, form(`{"actions":1}`), 400},
		"frames that are none":         {typed, form(`{"frames":[1]}`), 400},
		"a moment at no time":          {typed, form(`{"frames":[{"frame":{"at":"now"}}]}`), 400},
		"an exchange with no address":  {typed, form(exchange("GET", "")), 400},
		"an exchange elsewhere":        {typed, form(exchange("GET", "file:///etc/passwd")), 400},
		"an exchange with a password":  {typed, form(exchange("GET", "http://a:b@localhost/")), 400},
		"an exchange with no method":   {typed, form(exchange("", "http://localhost/")), 400},
		"an exchange with two methods": {typed, form(exchange("GET POST", "http://localhost/")), 400},
		"an exchange":                  {typed, form(exchange("GET", "http://localhost/")), 200},
		"as many frames as may be":     {typed, form(frames(500)), 200},
		"a frame too many":             {typed, form(frames(501)), 413},
		"a script too long":            {typed, form(`{"x":"` + strings.Repeat("x", 64<<10) + `"}`), 413},
		"a form too long":              {typed, "x=" + strings.Repeat("x", 256<<10), 413},
		"as many values as may be":     {typed, form(secrets(1900)), 200},
		"too many values":              {typed, form(secrets(2100)), 413},
	} {
		t.Run(name, func(t *testing.T) {
			for _, address := range []string{"/en/handout", "/zh/har", "/en/curl"} {
				got := d.request(http.MethodPost, address, test.body, "Content-Type", test.kind)
				if got.status != test.status {
					t.Errorf("POST %s is %d %.100s, want %d", address, got.status, got.body, test.status)
				}
				if test.status >= 400 {
					oneLine(t, address, got)
				}
			}
		})
	}
	t.Run("too much to print", func(t *testing.T) {
		got := d.request(http.MethodPost, "/en/handout", form(swell), "Content-Type", typed)
		if got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("it is %d with %d octets, want 413", got.status, len(got.body))
		}
		oneLine(t, "/en/handout", got)
	})
}

// oneLine checks that the answer is one line of plain text.
func oneLine(t *testing.T, what string, got reply) {
	t.Helper()
	text, ended := strings.CutSuffix(got.body, "\n")
	if kind, _, _ := mime.ParseMediaType(got.header.Get("Content-Type")); kind != "text/plain" || !ended || text == "" || strings.Contains(text, "\n") {
		t.Errorf("%s: %.200q, a %s, is not one line of text", what, got.body, kind)
	}
}

func TestOnlyThisSitesPagesAskToTakeAway(t *testing.T) {
	d := newDesk(t)
	for name, test := range map[string]struct {
		headers []string
		status  int
	}{
		"a page of this site":            {[]string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Origin", d.url}, 200},
		"a program":                      {nil, 200},
		"an older browser":               {[]string{"Origin", d.url}, 200},
		"another site":                   {[]string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 403},
		"another program on this host":   {[]string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate"}, 403},
		"another site, an older browser": {[]string{"Origin", "https://evil.example"}, 403},
		"nobody in particular":           {[]string{"Origin", "null"}, 403},
	} {
		for _, address := range takenForms {
			if got := d.take(address, script(), test.headers...); got.status != test.status {
				t.Errorf("%s posts to %s: %d, want %d", name, address, got.status, test.status)
			}
		}
	}
	for _, address := range takenForms {
		if got := d.request(http.MethodGet, address, ""); got.status != http.StatusMethodNotAllowed {
			t.Errorf("GET %s is %d, want 405", address, got.status)
		}
	}
}

func TestTakingAwayWaitsForAPlaceLikeAnyPlay(t *testing.T) {
	a := &app{plays: fourPlays()}
	for range playsAtOnce {
		a.plays.places <- struct{}{}
	}
	w := httptest.NewRecorder()
	d := newDesk(t)
	a.Lessons = d.lessons
	c := echoContext(w)
	c.SetParamNames("id")
	c.SetParamValues("session")
	if err := a.takeLesson(a.har)(c); err == nil || w.Header().Get("Retry-After") == "" {
		t.Errorf("without a place it says %v, Retry-After %q", err, w.Header().Get("Retry-After"))
	}
}

func echoContext(w http.ResponseWriter) echo.Context {
	return echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/en/lessons/session/har", nil), w)
}

// Of a very full jar only a part is printed, together with its size.
func TestAFullJarIsPrintedInPart(t *testing.T) {
	d := newDesk(t)
	doc := d.request(http.MethodGet, "/en/lessons/two-browsers/handout", "").document(t)
	var full []string
	doc.Find("[data-panel='browser']").Each(func(_ int, panel *goquery.Selection) {
		n := panel.Find("[data-cookie]").Length()
		if n > 20 {
			t.Errorf("a moment prints %d cookies", n)
		}
		if more := panel.Find("[data-more]"); more.Length() > 0 {
			full = append(full, more.Text())
		}
	})
	if got, want := strings.Join(full, ", "), "… and 160 more cookies, … and 130 more cookies, … and 131 more cookies, … and 130 more cookies"; got != want {
		t.Errorf("full jars are printed as %s, want %s", got, want)
	}
	if n := doc.Find(".said-too").Last().Find("li").Length(); n > 20 {
		t.Errorf("a moment prints %d notes", n)
	}
}
