package templates

import (
	"strings"
	"testing"

	"github.com/jba/templatecheck"
)

// drawnFrom are the pages, each with the type of its data.
var drawnFrom = map[string]any{
	"answer": Answer{}, "cookie": CookiePage{}, "error": Failure{}, "exam": Exam{}, "handout": Handout{},
	"home": Home{}, "lab": Lab{}, "lesson": Lesson{}, "progress": Progress{}, "task": Task{},
	"class": Class{}, "console": Console{}, "join": Join{}, "health": Health{},
	"glossary": Glossary{}, "notes": Notes{}, "recap": Recap{}, "sheet": Sheet{},
}

// Every field that a template names is there and is used as its type allows, on paths
// too that no test draws.
func TestTemplatesFitTheirTypes(t *testing.T) {
	set, err := Load(func(name string) string { return name })
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range set.pages {
		_, kind, _ := strings.Cut(name, "/")
		data, known := drawnFrom[kind]
		if !known {
			t.Errorf("page %s: the table does not say what it is drawn from", name)
			continue
		}
		if err := templatecheck.CheckHTML(page.Lookup("base.html"), data); err != nil {
			t.Errorf("page %s: %v", name, err)
		}
	}
}
