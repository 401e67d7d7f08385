package lessons

import (
	"bytes"
	"html/template"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// Headings of zh.md and en.md; a step also has the letters of its options.
var (
	lessonSections = []string{"outcome", "story"}
	stepSections   = []string{"story", "lead", "question", "see", "happened", "take-home", "teach", "mend"}
	seePlaces      = []string{"browser", "wire", "server", "time", "code", "page"}
	teachParts     = []string{"say", "ask", "student"}
)

// section is a heading and its text up to the next heading.
type section struct {
	at    place
	level int
	title string
	body  []string
}

var heading = regexp.MustCompile(`^(#{1,6})(?:\s+(.*?))?\s*$`)

// sections splits a file at its headings; a # in a fenced code block is not one.
func sections(file string, src []byte) ([]section, error) {
	var list []section
	fenced := false
	for i, line := range strings.Split(strings.TrimPrefix(string(src), "\ufeff"), "\n") {
		line = strings.TrimRight(line, " \t\r")
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		at := place{file, i + 1}
		m := heading.FindStringSubmatch(line)
		switch {
		case m != nil && !fenced && len(m[1]) > 3:
			return nil, at.errorf("a heading has one, two or three #")
		case m != nil && !fenced:
			list = append(list, section{at: at, level: len(m[1]), title: m[2]})
		case len(list) > 0:
			list[len(list)-1].body = append(list[len(list)-1].body, line)
		case line != "":
			return nil, at.errorf("the file begins with # and the lesson's title")
		}
	}
	if len(list) == 0 || list[0].level != 1 {
		return nil, place{file, 1}.errorf("the file begins with # and the lesson's title")
	}
	return list, nil
}

// parseText parses zh.md or en.md into the lesson.
func parseText(file string, src []byte, lang string, l *Lesson) error {
	list, err := sections(file, src)
	if err != nil {
		return err
	}
	if list[0].title == "" {
		return list[0].at.errorf("the lesson's title is empty")
	}
	t := LessonText{Title: list[0].title}
	own, rest := children(list)
	m, err := byTitle(own, lessonSections)
	if err != nil {
		return err
	}
	for _, name := range lessonSections {
		if _, ok := m[name]; !ok {
			return list[0].at.errorf("the lesson has no ### %s", name)
		}
	}
	if t.Outcome, err = m["outcome"].inline(); err != nil {
		return err
	}
	if t.Story, err = m["story"].inline(); err != nil {
		return err
	}
	l.Text[lang] = t
	n := 0
	for ; len(rest) > 0 && !(n == len(l.Steps) && (rest[0].title == recapHeading || strings.HasPrefix(rest[0].title, taskPrefix))); n++ {
		var own []section
		head := rest[0]
		own, rest = children(rest)
		if head.level != 2 {
			return head.at.errorf("there is one # heading; a step has ##")
		}
		id, title, _ := strings.Cut(head.title, " ")
		switch {
		case !slices.ContainsFunc(l.Steps, func(s *Step) bool { return s.ID == id }):
			return head.at.errorf("lesson.yaml has no step %q", id)
		case n >= len(l.Steps) || l.Steps[n].ID != id:
			return head.at.errorf("step %q stands where lesson.yaml has another", id)
		}
		if err := parseStepText(head, strings.TrimSpace(title), own, lang, l.Steps[n]); err != nil {
			return err
		}
	}
	if n < len(l.Steps) {
		last := place{file, strings.Count(string(src), "\n") + 1}
		return last.errorf("the text of step %q is missing", l.Steps[n].ID)
	}
	if rest, err = l.parseRecapText(file, src, rest, lang); err != nil {
		return err
	}
	return parseTaskTexts(file, src, rest, lang, l)
}

// children returns the ### sections that follow the first section, and the rest.
func children(list []section) (own, rest []section) {
	i := 1
	for i < len(list) && list[i].level == 3 {
		i++
	}
	if body := strings.Join(list[0].body, ""); body != "" {
		// Text right below a # or ## heading belongs to no section. It becomes an unknown
		// one, so that it is refused rather than ignored.
		own = append(own, section{at: place{list[0].at.file, list[0].at.line + 1}, level: 3, body: list[0].body})
	}
	return append(own, list[1:i]...), list[i:]
}

// byTitle returns sections by title; each must be known and occur once.
func byTitle(list []section, known []string) (map[string]section, error) {
	m := map[string]section{}
	for _, s := range list {
		switch _, twice := m[s.title]; {
		case s.title == "":
			return nil, s.at.errorf("words without a ### heading; there are: %s", strings.Join(known, " "))
		case !slices.Contains(known, s.title):
			return nil, s.at.errorf("unknown heading %q; there are: %s", s.title, strings.Join(known, " "))
		case twice:
			return nil, s.at.errorf("a second ### %s", s.title)
		case strings.TrimSpace(strings.Join(s.body, "")) == "":
			return nil, s.at.errorf("### %s is empty", s.title)
		}
		m[s.title] = s
	}
	return m, nil
}

func parseStepText(head section, title string, own []section, lang string, s *Step) error {
	if title == "" {
		return head.at.errorf("step %q has no title: ## %s and the title", s.ID, s.ID)
	}
	var letters []string
	for _, o := range s.Options {
		letters = append(letters, o.Letter)
	}
	m, err := byTitle(own, slices.Concat(stepSections, letters))
	if err != nil {
		return err
	}
	for _, name := range slices.Concat([]string{"lead", "question", "see", "take-home"}, letters) {
		if _, ok := m[name]; !ok {
			return head.at.errorf("step %q has no ### %s", s.ID, name)
		}
	}
	t := StepText{Title: title}
	if t.Lead, err = m["lead"].blocks(); err != nil {
		return err
	}
	if t.Question, err = m["question"].inline(); err != nil {
		return err
	}
	for _, letter := range letters {
		o, err := m[letter].option()
		if err != nil {
			return err
		}
		t.Options = append(t.Options, o)
	}
	if t.TakeHome, err = m["take-home"].inline(); err != nil {
		return err
	}
	if sec, ok := m["story"]; ok {
		if t.Story, err = sec.inline(); err != nil {
			return err
		}
	}
	if sec, ok := m["happened"]; ok {
		if t.Happened, err = sec.inline(); err != nil {
			return err
		}
	}
	see, err := m["see"].points(seePlaces)
	if err != nil {
		return err
	}
	for _, p := range see {
		t.See = append(t.See, See{p.key, p.text})
	}
	if sec, ok := m["teach"]; ok {
		if t.Teach, err = sec.teach(); err != nil {
			return err
		}
	}
	if sec, ok := m["mend"]; ok {
		if t.Mend, err = sec.blocks(); err != nil {
			return err
		}
	}
	if s.Text == nil {
		s.Text = map[string]StepText{}
	}
	s.Text[lang] = t
	return nil
}

// option parses an option's text and the quotation below it.
func (s section) option() (OptionText, error) {
	said := s
	for i, line := range s.body {
		if strings.HasPrefix(line, ">") {
			said.body = s.body[:i]
			why := section{at: place{s.at.file, s.at.line + i}, level: 3, title: s.title}
			for _, line := range s.body[i:] {
				quoted, ok := strings.CutPrefix(line, ">")
				if !ok && line != "" {
					return OptionText{}, s.at.errorf("### %s: the quotation comes last", s.title)
				}
				why.body = append(why.body, strings.TrimPrefix(quoted, " "))
			}
			var o OptionText
			var err error
			if o.Text, err = said.inline(); err != nil {
				return o, err
			}
			o.Why, err = why.inline()
			return o, err
		}
	}
	return OptionText{}, s.at.errorf("### %s says no why: a line that begins with >", s.title)
}

func (s section) teach() (*Teach, error) {
	points, err := s.points(teachParts)
	if err != nil {
		return nil, err
	}
	t := &Teach{}
	for _, p := range points {
		switch p.key {
		case "say":
			t.Say = p.text
		case "ask":
			t.Ask = p.text
		case "student":
			t.Student = p.text
		}
	}
	return t, nil
}

// point is one item of a list in which every item begins with a keyword.
type point struct {
	key  string
	text template.HTML
}

// points parses "- keyword: text". The colon may be full-width, as Chinese keyboards type
// it; an indented line continues the one before.
func (s section) points(known []string) ([]point, error) {
	var lines []section
	for i, line := range s.body {
		at := place{s.at.file, s.at.line + i + 1}
		switch {
		case line == "":
		case strings.HasPrefix(line, "- "):
			key, words, ok := cutColon(line[2:])
			if !ok || !slices.Contains(known, key) {
				return nil, at.errorf("### %s: a line begins with - and one of: %s:", s.title, strings.Join(known, ": "))
			}
			if slices.ContainsFunc(lines, func(l section) bool { return l.title == key }) {
				return nil, at.errorf("### %s: a second %s", s.title, key)
			}
			lines = append(lines, section{at: place{at.file, at.line - 1}, title: key, body: []string{words}})
		case strings.HasPrefix(line, "  ") && len(lines) > 0:
			last := &lines[len(lines)-1]
			last.body = append(last.body, strings.TrimSpace(line))
		default:
			return nil, at.errorf("### %s: a line begins with - and one of: %s:", s.title, strings.Join(known, ": "))
		}
	}
	var list []point
	for _, l := range lines {
		words, err := l.inline()
		if err != nil {
			return nil, err
		}
		list = append(list, point{l.title, words})
	}
	return list, nil
}

func cutColon(s string) (before, after string, ok bool) {
	i := strings.IndexAny(s, ":：")
	if i < 0 {
		return "", "", false
	}
	after = strings.TrimPrefix(strings.TrimPrefix(s[i:], ":"), "：")
	return strings.TrimSpace(s[:i]), strings.TrimSpace(after), true
}

// markdown joins Chinese lines without a blank. It drops HTML, which section.tree refuses before.
var markdown = goldmark.New(goldmark.WithExtensions(extension.NewCJK(extension.WithEastAsianLineBreaks())))

// allowed are the kinds of markdown nodes that a text may contain.
var allowed = []ast.NodeKind{
	ast.KindDocument, ast.KindParagraph, ast.KindTextBlock, ast.KindText, ast.KindString, ast.KindCodeSpan,
	ast.KindEmphasis, ast.KindLink, ast.KindFencedCodeBlock, ast.KindList, ast.KindListItem,
}

// blocks renders paragraphs, lists and fenced code.
func (s section) blocks() (template.HTML, error) {
	src := []byte(strings.Join(s.body, "\n"))
	doc := markdown.Parser().Parse(text.NewReader(src))
	if err := s.refuse(doc, src); err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, src, doc); err != nil {
		return "", s.at.errorf("### %s: %s", s.title, err)
	}
	return template.HTML(strings.TrimSpace(b.String())), nil
}

// inline renders one paragraph without <p>, for use in a label or a list.
func (s section) inline() (template.HTML, error) {
	html, err := s.blocks()
	if err != nil {
		return "", err
	}
	inner, ok := strings.CutPrefix(string(html), "<p>")
	inner, ok2 := strings.CutSuffix(inner, "</p>")
	switch {
	case html == "":
		return "", s.at.errorf("### %s is empty", s.title)
	case !ok || !ok2 || strings.Contains(inner, "<p>"):
		return "", s.at.errorf("### %s: one paragraph is wanted", s.title)
	}
	return template.HTML(inner), nil
}

// refuse returns an error for markdown that is not allowed, above all HTML, which
// goldmark would silently drop.
func (s section) refuse(doc ast.Node, src []byte) error {
	line := s.at.line + 1
	return ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		if n.Type() != ast.TypeInline && n.Lines() != nil && n.Lines().Len() > 0 {
			line = s.at.line + 1 + bytes.Count(src[:n.Lines().At(0).Start], []byte("\n"))
		}
		if slices.Contains(allowed, n.Kind()) {
			return ast.WalkContinue, nil
		}
		at := place{s.at.file, line}
		switch n.Kind() {
		case ast.KindHTMLBlock, ast.KindRawHTML:
			return ast.WalkStop, at.errorf("HTML is not allowed; to show it, write it as `code`")
		}
		return ast.WalkStop, at.errorf("%s is not allowed here", n.Kind())
	})
}
