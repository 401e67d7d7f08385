// Package static serves the style sheet, the scripts and the icon. One hash over
// all files is the prefix of every address, so relative imports between modules
// change with it and everything may be cached for ever.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed css/*.css js/*.js js/lib/*.js favicon.ico
var embedded embed.FS

// sheets is the order of the style sheets in the one file that pages load. They are one
// file because a lesson page may make eight requests at most.
var sheets = []string{"css/tokens.css", "css/base.css", "css/components.css", "css/pages.css", "css/class.css", "css/step.css", "css/classstep.css", "css/journey.css", "css/cookie.css", "css/study.css", "css/notes.css", "css/classroom.css", "css/forced.css", "css/print.css"}

// types are the media types by extension. They do not depend on the machine's own table,
// because browsers refuse modules of a wrong type.
var types = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".ico": "image/x-icon",
}

// Files answers requests below /static/ and for /favicon.ico.
type Files struct {
	prefix string
	files  map[string]file
	reload fs.FS
}

type file struct {
	kind        string
	plain, gzip []byte
}

// New reads the embedded files.
func New() (*Files, error) { return read(embedded) }

// NewDir reads the files below dir, and again for every request, for development.
func NewDir(dir fs.FS) (*Files, error) {
	f, err := read(dir)
	if err != nil {
		return nil, err
	}
	f.prefix, f.reload = "/static/dev/", dir
	return f, nil
}

func read(from fs.FS) (*Files, error) {
	f := &Files{files: map[string]file{}}
	hash := sha256.New()
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		kind := types[path.Ext(name)]
		if err != nil || d.IsDir() || kind == "" {
			return err
		}
		content, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(hash, "%s %d\n", name, len(content))
		hash.Write(content)
		return f.add(name, kind, content)
	})
	if err != nil {
		return nil, err
	}
	var site bytes.Buffer
	for _, name := range sheets {
		site.Write(f.files[name].plain)
	}
	f.prefix = "/static/" + hex.EncodeToString(hash.Sum(nil))[:12] + "/"
	return f, f.add("css/site.css", types[".css"], site.Bytes())
}

func (f *Files) add(name, kind string, content []byte) error {
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(content); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	f.files[name] = file{kind: kind, plain: content, gzip: packed.Bytes()}
	return nil
}

// URL is the address of a file, such as css/site.css.
func (f *Files) URL(name string) string { return f.prefix + name }

// ServeHTTP serves a file below the present prefix; an address from an older
// build is not found.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, f.prefix)
	cache := "public, max-age=31536000, immutable"
	if r.URL.Path == "/favicon.ico" {
		name, ok, cache = "favicon.ico", true, "public, max-age=86400"
	}
	files := f.files
	if f.reload != nil {
		fresh, err := read(f.reload)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		files, cache = fresh.files, "no-cache"
	}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	found, exists := files[name]
	if !ok || !exists {
		h.Set("Cache-Control", "no-store")
		http.NotFound(w, r)
		return
	}
	h.Set("Content-Type", found.kind)
	h.Set("Cache-Control", cache)
	h.Set("Vary", "Accept-Encoding")
	body := found.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = found.gzip
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}
