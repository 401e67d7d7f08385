package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/fstest"
)

// read leaves out a style sheet that is not in sheets, and a name there without a file.
func TestEveryStyleSheetIsInTheOneThatPagesLoad(t *testing.T) {
	names, err := fs.Glob(embedded, "css/*.css")
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(slices.Values(sheets)); !slices.Equal(got, names) {
		t.Errorf("sheets are %q, want the files %q", got, names)
	}
}

func TestAFileIsTheSameWithCompression(t *testing.T) {
	files, err := New()
	if err != nil {
		t.Fatal(err)
	}
	get := func(method, encoding string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, files.URL("js/live.js"), nil)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		files.ServeHTTP(w, r)
		return w
	}
	plain, packed := get(http.MethodGet, ""), get(http.MethodGet, "br, gzip")
	if got := packed.Header().Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("Content-Encoding is %q, want gzip", got)
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil || plain.Body.Len() == 0 || !bytes.Equal(content, plain.Body.Bytes()) {
		t.Errorf("unpacked are %d octets, %v, want the %d of the file", len(content), err, plain.Body.Len())
	}
	if head := get(http.MethodHead, ""); head.Body.Len() != 0 || head.Header().Get("Content-Length") != plain.Header().Get("Content-Length") {
		t.Errorf("HEAD has %d octets and Content-Length %s", head.Body.Len(), head.Header().Get("Content-Length"))
	}
}

func TestAFolderIsReadAnewForEachRequest(t *testing.T) {
	dir := fstest.MapFS{"js/a.js": {Data: []byte("before")}}
	files, err := NewDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before", "after"} {
		dir["js/a.js"].Data = []byte(want)
		w := httptest.NewRecorder()
		files.ServeHTTP(w, httptest.NewRequest(http.MethodGet, files.URL("js/a.js"), nil))
		if got := w.Body.String(); got != want || w.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%q with Cache-Control %q, want %q with no-cache", got, w.Header().Get("Cache-Control"), want)
		}
	}
}
