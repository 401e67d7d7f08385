package lessons

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
)

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
