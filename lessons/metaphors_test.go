package lessons

import (
	"regexp"
	"testing"
)

// metaphors are allowed only in stories. Titles, questions, answers and take-homes use
// technical terms. In English "age" is an entry of the session and "key" one of a dict,
// so a cookie has a lifetime and a session has an ID.
var metaphors = map[string]*regexp.Regexp{
	"zh": regexp.MustCompile(`钥匙|柜|罐|便利贴|店员|租期|上发条|小字|线上`),
	"en": regexp.MustCompile(`(?i)\b(keys?|lockers?|jars?|sticky notes?|clerk|rent|small print|an age|no age|(gone|goes) on closing)\b`),
}

func TestMetaphorsStayInTheStory(t *testing.T) {
	terms := map[string]bool{"title": true, "question": true, "take-home": true}
	code := regexp.MustCompile(`<code>.*?</code>`)
	seen := 0
	every(t, func(s *Step, part, zh, en string) {
		if !terms[part] && len(part) > 1 {
			return
		}
		for lang, text := range map[string]string{"zh": zh, "en": en} {
			seen++
			if m := metaphors[lang].FindString(code.ReplaceAllString(text, "")); m != "" {
				t.Errorf("%s %s says %q: %s", s.ID, part, m, text)
			}
		}
	})
	if seen < 800 {
		t.Errorf("only %d texts were read", seen)
	}
}
