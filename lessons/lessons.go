// Package lessons holds the lessons as data, and judges their claims.
//
// A lesson is a folder with three files that can be written without a compiler:
//
//	lessons/01-cookie/lesson.yaml   what happens: actions, code, claims
//	lessons/01-cookie/zh.md         the words in Chinese
//	lessons/01-cookie/en.md         the words in English
//
// The folder is called NN-id, after the number and id in lesson.yaml. Folders
// given with -lessons come after the ones in the program and may not use their
// ids again. A mistake is refused with the file and the line that it is in.
//
// # lesson.yaml
//
//	id: cookie               # small letters, digits, hyphens
//	number: 1
//	mode: live               # live: the visitor's own browser; world: the time machine only
//	minutes: 20
//	steps:
//	  - id: by-hand
//	    mode: world                      # may be left out: then the lesson's
//	    syllabus: ["1.1", "3 cookie"]    # lines of syllabus.yaml; may be left out
//	    terms: [cookie]                  # of glossary.yaml, a line below the take-home; may be left out
//	    from:                            # what leads there from a clean start; may be left out
//	      - /set_cookie
//	    do:                              # what the step's button does
//	      - {do: script, set: num=100; path=/}
//	      - /get_cookie
//	    django:                          # may be left out; a line with # <-- at its end is lit
//	      /get_cookie: |                 # the view, after the address that it stands for
//	        def get_cookie(request):
//	            return HttpResponse(request.COOKIES["num"])  # <--
//	    go: [getCookie]                  # may be left out: then the handlers of the routes in do
//	    compare: [/del, /clear]          # may be left out: what each leaves of the session, in a table
//	    options:                         # two to five, in order
//	      a: {body: "100", sent: num=100}
//	      b: {body: "1"}
//	      c: {status: 500}
//	recap:                               # may be left out: statements, true or false
//	  - id: read-back
//	    do: [/set_cookie, /get_cookie]   # played in the time machine from a clean start
//	    claim: {body: "1"}               # the statement is true if it holds
//
// Under django several views may stand, each after its address: /set_cookie, or
// with a query where two visits go to one route. What is no route has a file's
// name: settings.py. A single view may be given as a text alone; then it stands
// for the last visit of do. Chinese strings and comments in it are turned into
// English by phrases.yaml.
//
// An action is a path, which browser A visits; a path after a browser's name,
// as in "B /get_session"; or a map with the fields of a script's action: do
// (visit wait close put delete script server purge together) and browser url
// method initiator kind raw_cookie seconds name value copy set op key visits.
// Without a browser it is A's. A visit or a script with times: 180 is made so often,
// and {n} in its url or set is 1, 2, 3 … In a live lesson from visits the demo routes and
// nothing else, because the page goes there for the visitor, and do may visit,
// wait (30 seconds at most), script and delete; other browsers, closing, putting
// and the server's own doings belong to the time machine.
//
// Under compare stand visits to demo routes, one of them the step's own. Each is
// played from where the step starts, and what it leaves is shown once the step has
// been judged; two that leave the same are refused.
//
// A step about the page that explains a Set-Cookie line has jar in place of
// from and do, with the fields of POST /api/jar:
//
//	jar:
//	  set:
//	    - {url: http://tea.example/, set_cookie: num=1; Secure}
//	  get: {url: http://tea.example/}
//
// # Claims
//
// The correct answer is not written down. An option is a claim about what has happened
// after the last action, and the correct option is the one whose claim holds. A step in
// which not exactly one holds is an error ([Catalogue.Check]).
// All fields of a claim must hold. The browser is the one that visited last,
// the exchange the last one.
//
//	status: 200                    of the response
//	body: "1"                      the response's body, whole
//	body_has: fan18                status 200, and this in its body
//	sent: num=1                    in the request's Cookie header: a name, a name with its value, or a list
//	not_sent: [num, age]           no cookie of this name
//	sent_count: {num: 2}           how many of this name
//	set_cookie: num                the response sets it (to delete is to set)
//	no_set_cookie: sessionid
//	jar: num=1                     in the browser's jar
//	not_in_jar: num
//	jar_count: {num: 1}
//	cookie_expires: {num: 60}      seconds from now, or session
//	script_sees: num               in document.cookie
//	script_blind: num
//	row: {username: fan, age: 18}  the browser's own session row holds these entries; {} is exactly empty
//	row_lacks: age                 the row is there, without this entry
//	no_row: true                   no row under the key that was sent, nor under the one in the jar
//	row_expires: 1209600           seconds from now
//	key: kept                      kept or new: the sessionid in the jar against the one that was sent
//	rows: 2                        of all browsers; in the time machine only
//	any_row: {username: fan}       some row holds these entries; in the time machine only
//
// and in a step with jar, where the jar is the answer's:
//
//	stored: false                  the last cookie was stored
//	reason: secure                 the reason of the last verdict
//	header: num=1                  what is sent, "" for nothing
//	withheld: {sessionid: samesite}
//	host_only: true                of every cookie in the jar
//	same_site: {num: Lax}
//
// A claim is only about the cookies and entries that it names, so that a lesson works in
// a browser with other cookies.
//
// # Tasks
//
// Besides steps a lesson may have tasks: a state to reach in any way.
//
//	tasks:
//	  - id: minute-cookie
//	    mode: live               # may be left out: the lesson's
//	    from: [/set_session]     # may be left out: a clean start
//	    goal:                    # all of these claims at once
//	      - {jar: num=5}
//	      - {browser: A, cookie_expires: {num: 60}}   # of that browser, not of the one that visited last
//	    use:                     # the complete actions that a solution may consist of
//	      - /set_cookie?value=5
//	      - /set_cookie?value=5&max_age=60
//	    solution:                # the shortest there is, each action one of use
//	      - /set_cookie?value=5&max_age=60
//
// A claim about an exchange is about the last one after from. The solution is
// played at start: a goal that it does not reach, or that holds before, is refused.
//
// # zh.md and en.md
//
//	# Cookie: the sticky note            the lesson's title
//	### outcome                          what a student says afterwards
//	### story
//	## by-hand A visitor can change it   a step: its id, then its title, which says the fact
//	### story                            the same in the words of the story; may be left out
//	### lead                             the idea, in one or two sentences
//	### question
//	### a                                an option; the quotation is said to whoever chose it
//	100, read out as it stands
//
//	> You hold the note, and a pen.
//	### b
//	### c
//	### see                              where to look, any of browser wire server time code page
//	- wire: no Set-Cookie anywhere
//	- browser: the value is 100
//	### happened                         the sentence above the panels once it is so; may be left out
//	### take-home
//	### teach                            for the instructor; may be left out
//	- say: …
//	- ask: …
//	- student: …
//	### mend                             where the syllabus is imprecise; may be left out
//	## recap                             the statements, after the steps, if lesson.yaml has any
//	### read-back                        a statement; the quotation is said of it, right or wrong
//	What was set is read back.
//
//	> The browser has sent it.
//
//	## task:minute-cookie A cookie for a minute      a task; tasks come after the steps
//	### lead
//	### goal                             a line for each claim
//	- the jar holds `num=5`
//	### hints
//	- a gentle one
//	### praise
//
// Where a text names another step it writes [[lesson/step]], which becomes a link
// that says lesson 2, step 5.
//
// Steps stand in the order of lesson.yaml. The keywords are English in both
// files. Words may be *stressed*, **stronger** or `code`, and linked; HTML is
// refused. Both languages have the same sections.
package lessons

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"sync"

	"cookielab/internal/jar"
	"cookielab/internal/world"
)

// FS holds the lessons in the program. A go:embed pattern that names a folder skips files
// whose names begin with a dot or an underscore; no lesson has such files.
//
//go:embed syllabus.yaml glossary.yaml phrases.yaml paths.yaml exam [0-9][0-9]-*
var FS embed.FS

// Languages are the languages that every lesson must have.
var Languages = []string{"zh", "en"}

// Mode says where a lesson can be played.
type Mode string

const (
	Live  Mode = "live"  // in the visitor's own browser, and in the time machine
	World Mode = "world" // in the time machine only
)

// Catalogue is all lessons (the program's first), the syllabus that they cover, the
// glossary, and shorter paths through the lessons.
type Catalogue struct {
	Lessons  []*Lesson
	Transfer *Lesson // questions only for exams; nil if there are none
	Syllabus []Line
	Glossary []Term
	Paths    []Path

	phrases phrases
	// words is the vocabulary, found once: lessons do not change after loading.
	words sync.Once
	names []string
	paths []string
}

// Lesson is one lesson. Its texts are by language.
type Lesson struct {
	ID      string
	Number  int
	Mode    Mode // of its steps, unless they set their own
	Minutes int
	Own     bool // an instructor's, not one in the program
	Steps   []*Step
	Tasks   []*Task
	Recap   []*Statement
	Text    map[string]LessonText
}

// LessonText is what a lesson says about itself.
type LessonText struct {
	Title   string
	Outcome template.HTML
	Story   template.HTML
}

// Step is one idea: from a known start something is done, after a prediction.
type Step struct {
	ID       string
	Number   int // from 1
	Lesson   *Lesson
	Mode     Mode
	Syllabus []string // ids of lines
	Terms    []Term   // of the glossary
	From, Do []world.Action
	Compare  []world.Action // each is played from From, and one of them is in Do; see Remnants
	Jar      *jar.Question  // instead of From and Do: a question for the jar model
	Django   []View
	Go       []string // names of the functions in handlers that serve a demo route
	Options  []Option
	Text     map[string]StepText

	at place
}

// CodeLine is a line of code; the lines that the step is about are Lit.
type CodeLine struct {
	Text string
	Lit  bool
}

// Option is one answer to the step's question. It is correct if its claim holds.
type Option struct {
	Letter string // a, b, c …
	Claim  Claim
}

// StepText is the text of a step, rendered for a page.
type StepText struct {
	Title    string        // the fact
	Story    template.HTML // the idea in terms of the lesson's story; "" if there is none
	Lead     template.HTML // one or more paragraphs
	Question template.HTML
	Options  []OptionText // in the order of Step.Options
	See      []See
	Happened template.HTML // shown when the correct option holds; if "" the notes are shown
	TakeHome template.HTML
	Teach    *Teach        // nil if the author left it out
	Mend     template.HTML // corrections of the syllabus, as paragraphs; "" if there are none
}

// OptionText is the text of an option, and the comment for those who chose it.
type OptionText struct {
	Text template.HTML
	Why  template.HTML
}

// See says what to look at, and where: browser, wire, server, time, code or page.
type See struct {
	Where string
	Text  template.HTML
}

// Teach is for the instructor: what to say, what to ask, and what students may object.
type Teach struct {
	Say, Ask, Student template.HTML
}

// Error is a mistake in a lesson's files.
type Error struct {
	File string
	Line int // 0 for the file as a whole
	Msg  string
}

// Error names the file, the line if known, and the mistake.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

// place is a position in a file, for errors.
type place struct {
	file string
	line int
}

func (p place) errorf(format string, args ...any) error {
	return &Error{File: p.file, Line: p.line, Msg: fmt.Sprintf(format, args...)}
}

// Load reads every lesson in fsys, in the order of the folders' names, and
// syllabus.yaml, glossary.yaml, phrases.yaml and paths.yaml where they are there.
func Load(fsys fs.FS) (*Catalogue, error) {
	cat := &Catalogue{}
	ours := func(fsys fs.FS) error { return cat.add(fsys, "", false) }
	for _, read := range []func(fs.FS) error{cat.readSyllabus, cat.readGlossary, cat.readPhrases, ours, cat.readPaths} {
		if err := read(fsys); err != nil {
			return nil, err
		}
	}
	return cat, cat.readTransfer(fsys)
}

// LoadWith loads ours, and then the lessons in dir unless dir is "".
func LoadWith(ours fs.FS, dir string) (*Catalogue, error) {
	cat, err := Load(ours)
	if err != nil || dir == "" {
		return cat, err
	}
	if err := cat.add(os.DirFS(dir), dir, true); err != nil {
		return nil, err
	}
	return cat, nil
}

// Lesson returns the lesson with an id, and whether there is one.
func (c *Catalogue) Lesson(id string) (*Lesson, bool) {
	i := slices.IndexFunc(c.Lessons, func(l *Lesson) bool { return l.ID == id })
	if i < 0 {
		return nil, false
	}
	return c.Lessons[i], true
}

func (c *Catalogue) stepsWith(has func(*Step) bool) []*Step {
	var steps []*Step
	for _, l := range c.Lessons {
		for _, s := range l.Steps {
			if has(s) {
				steps = append(steps, s)
			}
		}
	}
	return steps
}

var folderName = regexp.MustCompile(`^([0-9]{2})-([a-z][a-z0-9-]*)$`)

// files are the three files of a lesson.
var files = []string{"lesson.yaml", "zh.md", "en.md"}

// add loads the lessons in fsys. A folder with any of the three files is taken for a
// lesson; other folders are ignored.
func (c *Catalogue) add(fsys fs.FS, prefix string, own bool) error {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return fmt.Errorf("read lessons: %w", err)
	}
	var texts []func() error
	for _, e := range entries {
		if !e.IsDir() || e.Name() == examFolder || !hasAny(fsys, e.Name()) {
			continue
		}
		l, text, err := c.read(fsys, prefix, e.Name())
		if err != nil {
			return err
		}
		if _, taken := c.Lesson(l.ID); taken {
			return place{file: path.Join(prefix, e.Name(), "lesson.yaml")}.errorf("there is a lesson %q already", l.ID)
		}
		l.Own = own
		c.Lessons = append(c.Lessons, l)
		texts = append(texts, text)
	}
	for _, read := range texts {
		if err := read(); err != nil {
			return err
		}
	}
	if len(texts) == 0 {
		return fmt.Errorf("no lesson in %s: a lesson is a folder such as 09-mine with lesson.yaml, zh.md and en.md", cmp.Or(prefix, "the program"))
	}
	return nil
}

func hasAny(fsys fs.FS, dir string) bool {
	return slices.ContainsFunc(files, func(name string) bool {
		_, err := fs.Stat(fsys, path.Join(dir, name))
		return err == nil
	})
}

// read loads the lesson in one folder.
func (c *Catalogue) read(fsys fs.FS, prefix, dir string) (*Lesson, func() error, error) {
	m := folderName.FindStringSubmatch(dir)
	if m == nil {
		return nil, nil, place{file: path.Join(prefix, dir)}.errorf("the folder of a lesson is called NN-id, such as 09-mine")
	}
	return c.readFiles(fsys, path.Join(prefix, dir), m[1], m[2], dir)
}

// readFiles loads the three files of a lesson; errors name the folder as shown.
func (c *Catalogue) readFiles(fsys fs.FS, shown, digits, id, dir string) (*Lesson, func() error, error) {
	source := map[string][]byte{}
	for _, name := range files {
		b, err := fs.ReadFile(fsys, path.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil, place{file: path.Join(shown, name)}.errorf("the file is missing")
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read lessons: %w", err)
		}
		source[name] = b
	}
	l, err := c.parseLesson(path.Join(shown, "lesson.yaml"), source["lesson.yaml"], id, digits)
	return l, func() error {
		l.Text = map[string]LessonText{}
		for _, lang := range Languages {
			file := path.Join(shown, lang+".md")
			src, err := c.linked(file, source[lang+".md"], lang)
			if err != nil {
				return err
			}
			if err := parseText(file, src, lang, l); err != nil {
				return err
			}
		}
		return sameSections(l)
	}, err
}

// sameSections returns an error unless both languages have the same sections.
func sameSections(l *Lesson) error {
	for _, s := range l.Steps {
		zh, en := s.Text["zh"], s.Text["en"]
		if (zh.Teach == nil) != (en.Teach == nil) {
			return s.at.errorf("step %q: zh.md and en.md must both have ### teach, or neither", s.ID)
		}
		if (zh.Happened == "") != (en.Happened == "") {
			return s.at.errorf("step %q has ### happened in one language only", s.ID)
		}
		if (zh.Story == "") != (en.Story == "") {
			return s.at.errorf("step %q has ### story in one language only", s.ID)
		}
		if (zh.Mend == "") != (en.Mend == "") {
			return s.at.errorf("step %q: zh.md and en.md must both have ### mend, or neither", s.ID)
		}
		where := func(see []See) (w []string) {
			for _, x := range see {
				w = append(w, x.Where)
			}
			return w
		}
		if !slices.Equal(where(zh.See), where(en.See)) {
			return s.at.errorf("step %q: zh.md and en.md must say in ### see where to look in the same order", s.ID)
		}
	}
	for _, t := range l.Tasks {
		if len(t.Text["zh"].Hints) != len(t.Text["en"].Hints) {
			return t.at.errorf("task %q: zh.md and en.md must give the same number of hints", t.ID)
		}
	}
	return nil
}

// number converts a folder's two digits; the pattern guarantees that they are digits.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
