package lessons

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// reference names another step by its ids, so that it stays correct when steps are
// inserted: [[gone/ports]] becomes a link whose text says where the step is.
var reference = regexp.MustCompile(`\[\[([^\[\]\n]*)\]\]`)

// placeName is the text for a step's position, by language.
var placeName = map[string]string{"zh": "课 %d·步 %d", "en": "lesson %d, step %d"}

// Place returns the step's position as texts name it: lesson 2, step 5.
func (s *Step) Place(lang string) string {
	return fmt.Sprintf(placeName[lang], s.Lesson.Number, s.Number)
}

// URL returns the path of the step's page.
func (s *Step) URL(lang string) string {
	return fmt.Sprintf("/%s/lessons/%s?step=%d", lang, s.Lesson.ID, s.Number)
}

// URL returns the path of the task's page.
func (t *Task) URL(lang string) string {
	return "/" + lang + "/lessons/" + t.Lesson.ID + "?task=" + strconv.Itoa(t.Number)
}

// linked replaces references by links. All lessons have been read.
func (c *Catalogue) linked(file string, src []byte, lang string) ([]byte, error) {
	lines := strings.Split(string(src), "\n")
	for i, line := range lines {
		var err error
		lines[i] = reference.ReplaceAllStringFunc(line, func(found string) string {
			name := found[2 : len(found)-2]
			step, ok := c.Step(name)
			if !ok {
				err = place{file, i + 1}.errorf("there is no step %q: [[lesson/step]] is wanted", name)
				return found
			}
			return "[" + step.Place(lang) + "](" + step.URL(lang) + ")"
		})
		if err != nil {
			return nil, err
		}
	}
	return []byte(strings.Join(lines, "\n")), nil
}
