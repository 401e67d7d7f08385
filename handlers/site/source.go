package site

import (
	"embed"
	"go/ast"
	"go/parser"
	"go/token"
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

// Source is the text of one of the functions that serve the ten routes, from func to
// its closing brace, and whether there is one of that name.
func Source(name string) (text string, found bool) {
	text, found = sources[name]
	return text, found
}
