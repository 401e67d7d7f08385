package lessons

import (
	"html/template"
	"strings"
)

// taskSections are the headings below a task in zh.md and en.md.
var taskSections = []string{"lead", "goal", "hints", "praise"}

// taskPrefix begins the heading of a task: ## task:id and its title.
const taskPrefix = "task:"

// parseTaskTexts reads the sections that follow the steps.
func parseTaskTexts(file string, src []byte, rest []section, lang string, l *Lesson) error {
	for _, t := range l.Tasks {
		if len(rest) == 0 {
			last := place{file, strings.Count(string(src), "\n") + 1}
			return last.errorf("the text of task %q is missing", t.ID)
		}
		head := rest[0]
		var own []section
		own, rest = children(rest)
		id, title, _ := strings.Cut(head.title, " ")
		if head.level != 2 || id != taskPrefix+t.ID {
			return head.at.errorf("## %s%s and its title is wanted here", taskPrefix, t.ID)
		}
		if err := parseTaskText(head, strings.TrimSpace(title), own, lang, t); err != nil {
			return err
		}
	}
	if len(rest) > 0 {
		return rest[0].at.errorf("lesson.yaml has no such task: %q", rest[0].title)
	}
	return nil
}

func parseTaskText(head section, title string, own []section, lang string, t *Task) error {
	if title == "" {
		return head.at.errorf("task %q has no title", t.ID)
	}
	m, err := byTitle(own, taskSections)
	if err != nil {
		return err
	}
	for _, name := range taskSections {
		if _, ok := m[name]; !ok {
			return head.at.errorf("task %q has no ### %s", t.ID, name)
		}
	}
	text := TaskText{Title: title}
	if text.Lead, err = m["lead"].blocks(); err != nil {
		return err
	}
	if text.Goal, err = m["goal"].list(); err != nil {
		return err
	}
	if len(text.Goal) != len(t.Goal) {
		return m["goal"].at.errorf("### goal has %d lines, but lesson.yaml has %d claims", len(text.Goal), len(t.Goal))
	}
	if text.Hints, err = m["hints"].list(); err != nil {
		return err
	}
	if text.Praise, err = m["praise"].inline(); err != nil {
		return err
	}
	if t.Text == nil {
		t.Text = map[string]TaskText{}
	}
	t.Text[lang] = text
	return nil
}

// list returns the items of a hyphenated list; an indented line continues the one before.
func (s section) list() ([]template.HTML, error) {
	var lines []section
	for i, line := range s.body {
		words, begins := strings.CutPrefix(line, "- ")
		switch {
		case line == "":
		case begins:
			lines = append(lines, section{at: place{s.at.file, s.at.line + i}, title: s.title, body: []string{words}})
		case strings.HasPrefix(line, "  ") && len(lines) > 0:
			last := &lines[len(lines)-1]
			last.body = append(last.body, strings.TrimSpace(line))
		default:
			return nil, place{s.at.file, s.at.line + i + 1}.errorf("### %s: a line begins with -", s.title)
		}
	}
	var list []template.HTML
	for _, l := range lines {
		words, err := l.inline()
		if err != nil {
			return nil, err
		}
		list = append(list, words)
	}
	return list, nil
}
