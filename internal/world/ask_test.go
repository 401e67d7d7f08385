package world_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/world"
)

func TestAnAnswerOfTheJarModelIsAFrame(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const shop = "https://shop.example/"
	f, err := world.Ask(jar.Question{
		Set: []jar.Step{
			{Request: jar.Request{URL: shop}, SetCookie: "plain=1; Secure; SameSite=None"},
			{Request: jar.Request{URL: shop}, SetCookie: "hidden=2; HttpOnly; SameSite=Strict"},
		},
		Get: jar.Step{Request: jar.Request{URL: shop, Initiator: "https://evil.example/", Kind: jar.KindFetch}},
	}, at, func(n world.Note) string { return n.Code + " " + n.Cookie })
	if err != nil {
		t.Fatal(err)
	}
	if f.Answer == nil || f.Answer.Cookie != "plain=1" || !f.Server.Absent || !f.Observed() || !f.At.Equal(at) {
		t.Errorf("the frame is %+v", f)
	}
	b := f.Browsers["A"]
	if len(b.Jar) != 2 || b.DocumentCookie != "plain=1" || len(b.Look.Elsewhere) != 1 || b.Look.Elsewhere[0].Reason != jar.ReasonSameSite {
		t.Errorf("the browser is %+v, %+v", b, b.Look)
	}
	for _, c := range b.Seen() {
		if !c.Ours || len(c.Unknown) != 0 {
			t.Errorf("%s is known as %+v", c.Name, c.Known)
		}
	}
	var verdicts []string
	for _, notes := range f.Verdicts {
		for _, n := range notes {
			verdicts = append(verdicts, n.Text)
		}
	}
	if len(f.Wire()) != 3 || !slices.Equal(verdicts, []string{"stored plain", "stored hidden"}) {
		t.Errorf("%d exchanges with the verdicts %q", len(f.Wire()), verdicts)
	}
	if last := f.Exchange; last.Response.Status != 0 || !slices.Contains(last.Request.Headers, [2]string{"Cookie", "plain=1"}) {
		t.Errorf("last is asked %+v and answered %+v", last.Request, last.Response)
	}
}

func TestAQuestionThatIsNoneHasNoFrame(t *testing.T) {
	if _, err := world.Ask(jar.Question{Get: jar.Step{Request: jar.Request{URL: "ftp://x/"}}}, world.Epoch, nil); err == nil || errors.Is(err, world.ErrTooLarge) {
		t.Errorf("it says %v", err)
	}
}
