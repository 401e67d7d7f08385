package handlers

import (
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"

	"cookielab/templates"
)

// The pages show the code that runs. These are the very files.
//
//go:embed cookie.go session.go
var sourceFiles embed.FS

// sources has the text of each function in those files, by its name.
var sources = readSources()

// readSources cuts the functions out, each with the comment above it. The files
// are compiled into the program, so they parse.
func readSources() map[string]string {
	found := map[string]string{}
	for _, name := range []string{"cookie.go", "session.go"} {
		text, err := sourceFiles.ReadFile(name)
		if err != nil {
			panic(err)
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, text, parser.ParseComments)
		if err != nil {
			panic(err)
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				found[f.Name.Name] = string(text[set.Position(f.Pos()).Offset:set.Position(f.End()).Offset])
			}
		}
	}
	return found
}

// checkSources makes sure that every function that a lesson shows is there.
func (a *app) checkSources() error {
	for _, lesson := range a.Lessons.Lessons {
		for _, step := range lesson.Steps {
			for _, name := range step.Go {
				if sources[name] == "" {
					return fmt.Errorf("lesson %s, step %s: there is no function %s to show", lesson.ID, step.ID, name)
				}
			}
		}
	}
	return nil
}

func goLines(names []string) []templates.CodeLine {
	var lines []templates.CodeLine
	for i, name := range names {
		if i > 0 {
			lines = append(lines, templates.CodeLine{})
		}
		for line := range strings.SplitSeq(sources[name], "\n") {
			lines = append(lines, templates.CodeLine{Text: strings.ReplaceAll(line, "\t", "    ")})
		}
	}
	return lines
}
