package site

import (
	"embed"
	"go/ast"
	"go/parser"
	"go/token"
)

// The source of the routes, embedded to be shown on pages.
//
//go:embed cookie.go session.go
var sourceFiles embed.FS

// sources maps the name of each function in those files to its text.
var sources = readSources()

// readSources extracts the functions with the comments above them. The files compile, so
// they can be parsed.
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

// Source returns the source of a function that serves a demo route, and whether there is
// one of that name.
func Source(name string) (text string, found bool) {
	text, found = sources[name]
	return text, found
}
