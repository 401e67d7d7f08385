package lessons

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// every calls f with each text of each step, in both languages.
func every(t *testing.T, f func(s *Step, part, zh, en string)) {
	t.Helper()
	for _, l := range mustLoad(t).Lessons {
		for _, s := range l.Steps {
			zh, en := s.Text["zh"], s.Text["en"]
			f(s, "title", zh.Title, en.Title)
			if zh.Story != "" {
				f(s, "story", string(zh.Story), string(en.Story))
			}
			f(s, "lead", string(zh.Lead), string(en.Lead))
			f(s, "question", string(zh.Question), string(en.Question))
			for i, o := range s.Options {
				f(s, o.Letter, string(zh.Options[i].Text), string(en.Options[i].Text))
				f(s, o.Letter+" why", string(zh.Options[i].Why), string(en.Options[i].Why))
			}
			for i, see := range zh.See {
				f(s, "see "+see.Where, string(see.Text), string(en.See[i].Text))
			}
			f(s, "take-home", string(zh.TakeHome), string(en.TakeHome))
			f(s, "say", string(zh.Teach.Say), string(en.Teach.Say))
			f(s, "ask", string(zh.Teach.Ask), string(en.Teach.Ask))
			f(s, "student", string(zh.Teach.Student), string(en.Teach.Student))
			if zh.Mend != "" {
				f(s, "mend", string(zh.Mend), string(en.Mend))
			}
		}
	}
}

var tag = regexp.MustCompile(`</?\w[^>]*>`)

func TestBothLanguagesSayEverything(t *testing.T) {
	every(t, func(s *Step, part, zh, en string) {
		if zh == "" || en == "" {
			t.Errorf("%s %s: zh %q, en %q", s.ID, part, zh, en)
		}
		for _, r := range tag.ReplaceAllString(en, "") {
			if unicode.Is(unicode.Han, r) && !strings.ContainsRune("少冰", r) {
				t.Errorf("%s %s: Chinese in the English text: %s", s.ID, part, en)
				break
			}
		}
	})
}

var placed = map[string]*regexp.Regexp{
	"zh": regexp.MustCompile(`课 ([0-9])·步 ([0-9]+)|步骤 ?([0-9])\.([0-9])`),
	"en": regexp.MustCompile(`(?i)lesson ([0-9]), step ([0-9]+)|step ([0-9])\.([0-9])`),
}

// A text that names another step gives its lesson and its number there.
func TestStepsThatAreNamedExist(t *testing.T) {
	exists := map[string]bool{}
	for _, l := range mustLoad(t).Lessons {
		for _, s := range l.Steps {
			exists[fmt.Sprintf("%d.%d", l.Number, s.Number)] = true
		}
	}
	count := 0
	every(t, func(s *Step, part, zh, en string) {
		found := map[string][]string{}
		for lang, text := range map[string]string{"zh": zh, "en": en} {
			for _, m := range placed[lang].FindAllStringSubmatch(text, -1) {
				step := cmp.Or(m[1], m[3]) + "." + cmp.Or(m[2], m[4])
				found[lang] = append(found[lang], step)
				if count++; !exists[step] {
					t.Errorf("%s %s: there is no step %s", s.ID, part, step)
				}
			}
		}
		if !slices.Equal(found["zh"], found["en"]) {
			t.Errorf("%s %s: zh names steps %q, en %q", s.ID, part, found["zh"], found["en"])
		}
	})
	if count < 40 {
		t.Errorf("only %d references found: the pattern no longer fits", count)
	}
}

// What is on the wire is the same in every language: code in a question or an option must
// be in both languages.
func TestTokensAreNotTranslated(t *testing.T) {
	code := regexp.MustCompile(`<code>(.*?)</code>`)
	tokens := func(text string) []string {
		var list []string
		for _, m := range code.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(list, m[1]) {
				list = append(list, m[1])
			}
		}
		slices.Sort(list)
		return list
	}
	every(t, func(s *Step, part, zh, en string) {
		if part != "question" && len(part) != 1 {
			return
		}
		if z, e := tokens(zh), tokens(en); !slices.Equal(z, e) {
			t.Errorf("%s %s: code in zh %q, in en %q", s.ID, part, z, e)
		}
	})
}

// A session cookie is a cookie without an expiry, not the session on the server. In
// Chinese both would be 会话, which is therefore used only for the cookie.
func TestTheWordForSessionCookieIsNotUsedForTheSession(t *testing.T) {
	meant := regexp.MustCompile(`会话 Cookie|「会话」|会话固定`)
	every(t, func(s *Step, part, zh, _ string) {
		if strings.Contains(meant.ReplaceAllString(zh, ""), "会话") {
			t.Errorf("%s %s: 会话 alone: %s", s.ID, part, zh)
		}
	})
	said := false
	every(t, func(s *Step, part, zh, en string) {
		said = said || s.Lesson.ID == "cookie" &&
			strings.Contains(zh, "会话 Cookie") && strings.Contains(zh, "不是服务器上的 Session") && strings.Contains(en, "not the session on the server")
	})
	if !said {
		t.Error("lesson 1 does not say that a session cookie is not the session")
	}
}

// The strings and comments of Django code are translated on English pages.
func TestTheDjangoCodeIsInTheLanguageOfThePage(t *testing.T) {
	translated := 0
	for _, l := range mustLoad(t).Lessons {
		for _, s := range l.Steps {
			lit := false
			for _, view := range s.Django {
				for i, line := range view.Lines["en"] {
					lit = lit || line.Lit
					if line.Text != view.Lines["zh"][i].Text {
						translated++
					}
					if strings.ContainsFunc(line.Text, func(r rune) bool { return unicode.Is(unicode.Han, r) && !strings.ContainsRune("少冰", r) }) {
						t.Errorf("%s: in English pages stands: %s", s.ID, line.Text)
					}
				}
			}
			if !lit {
				t.Errorf("%s: no Django code, or no line of it lit", s.ID)
			}
		}
	}
	if translated < 20 {
		t.Errorf("only %d lines are translated", translated)
	}
}

// A step has one idea and few words, to be read from the back of a lecture hall.
func TestALeadAndATakeHomeAreShort(t *testing.T) {
	every(t, func(s *Step, part, zh, en string) {
		limit := map[string]int{"lead": 260, "question": 220, "take-home": 180}[part]
		if limit == 0 {
			return
		}
		if n := len([]rune(tag.ReplaceAllString(zh, ""))); n > limit/2 {
			t.Errorf("%s %s in zh has %d characters, more than %d", s.ID, part, n, limit/2)
		}
		if n := len([]rune(tag.ReplaceAllString(en, ""))); n > limit {
			t.Errorf("%s %s in en has %d characters, more than %d", s.ID, part, n, limit)
		}
	})
}

// A go:embed pattern that names folders skips files that begin with a dot or an
// underscore. The program must contain all files of the folders.
func TestTheProgramHasWhatTheFoldersHave(t *testing.T) {
	paths := func(fsys fs.FS) []string {
		found, err := fs.Glob(fsys, "[0-9][0-9]-*/*")
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	inProgram, onDisk := paths(FS), paths(os.DirFS("."))
	if len(onDisk) == 0 || !slices.Equal(inProgram, onDisk) {
		t.Errorf("the program has %q, the folders %q", inProgram, onDisk)
	}
}

// Metaphors are allowed only in stories; everything else uses technical terms. In English
// an entry may be called age, so a cookie has a lifetime; dicts have keys, so sessionid
// is a session ID.
func TestTheMetaphorsStayInTheStory(t *testing.T) {
	metaphor := map[string]*regexp.Regexp{
		"zh": regexp.MustCompile(`罐|钥匙|柜|便利贴|小票|线上`),
		"en": regexp.MustCompile(`(?i)\blockers?\b|\bjars?\b|\bsticky\b|on the wire|over the wire|\b(?:an|no|its|the|with an|without an) age\b|session key\b`),
	}
	every(t, func(s *Step, part, zh, en string) {
		if part == "story" {
			return
		}
		for lang, text := range map[string]string{"zh": zh, "en": en} {
			if found := metaphor[lang].FindString(code.ReplaceAllString(text, "")); found != "" {
				t.Errorf("%s %s: %q in %s", s.ID, part, found, text)
			}
		}
	})
}

var code = regexp.MustCompile(`<code>.*?</code>`)
