package tests

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// What a step may weigh when it is loaded for the first time: octets that come over the
// network, headers included, and requests.
const (
	mostOctets   = 60 << 10
	mostRequests = 8
)

// loaded is every request of a page with the octets of its answer.
const loaded = `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map((e) => e.transferSize)`

// The first load of a step stays within mostOctets and mostRequests.
func TestAStepIsLight(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"/zh/lessons/session?step=6", "/en/lessons/attributes?step=3"} {
		b := browse(t)
		b.open(address)
		sizes, octets := eval[[]int](b, loaded), 0
		for _, size := range sizes {
			octets += size
		}
		if len(sizes) < 4 || octets < 10<<10 {
			t.Fatalf("%s: only %d octets in %d requests were seen", address, octets, len(sizes))
		}
		if octets > mostOctets || len(sizes) > mostRequests {
			t.Errorf("%s: the first load is %d octets in %d requests, want %d in %d at most", address, octets, len(sizes), mostOctets, mostRequests)
		}
	}
}

var imported = regexp.MustCompile(`(?m)^\s*(?:import|export)\b[^"';]*["'](\.{1,2}/[^"']+)["']|\bimport\(["']([^"']+)["']\)`)

// load is what a browser fetches for a page: the page, its style sheets, scripts
// and what these import, pictures and the icon.
func (v *visitor) load(page string) map[string]int {
	v.t.Helper()
	sizes := map[string]int{}
	var fetch func(address string)
	fetch = func(address string) {
		if _, had := sizes[address]; had {
			return
		}
		a := v.browse(address, "Accept-Encoding", "gzip")
		if a.status != http.StatusOK {
			v.t.Errorf("%s needs %s, which is %d", page, address, a.status)
		}
		sizes[address] = len(a.body)
		text := a.body
		if a.header.Get("Content-Encoding") == "gzip" {
			text = unzipped(v.t, a.body)
		} else if !strings.HasSuffix(address, ".ico") {
			v.t.Errorf("%s of %d octets is not compressed", address, len(a.body))
		}
		if path.Ext(address) == ".js" {
			for _, m := range imported.FindAllStringSubmatch(text, -1) {
				at, err := url.Parse(m[1] + m[2])
				if err != nil {
					v.t.Fatal(err)
				}
				base, err := url.Parse(address)
				if err != nil {
					v.t.Fatal(err)
				}
				fetch(base.ResolveReference(at).Path)
			}
		}
	}
	fetch(page)
	doc := v.browse(page).page()
	doc.Find("link[href], script[src], img[src], iframe[src], source[src], object[data]").Each(func(_ int, e *goquery.Selection) {
		fetch(e.AttrOr("href", "") + e.AttrOr("src", "") + e.AttrOr("data", ""))
	})
	return sizes
}

func unzipped(t *testing.T, packed string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var plain bytes.Buffer
	if _, err := plain.ReadFrom(z); err != nil {
		t.Fatal(err)
	}
	return plain.String()
}

func TestAPageIsLight(t *testing.T) {
	r := site(t)
	v := r.visitor()
	for _, lang := range []string{"zh", "en"} {
		for _, address := range r.everyPage(lang) {
			if lang == "en" && strings.Contains(address, "/lessons/") && !slices.Contains(pageOfEachKind(lang), address) || path.Base(address) == "handout" {
				continue // of the lessons one language is enough, and a handout is for the printer
			}
			sizes := v.load(address)
			total := 0
			for _, size := range sizes {
				total += size
			}
			if len(sizes) > 8 {
				t.Errorf("%s takes %d requests, want 8 at most: %v", address, len(sizes), sizes)
			}
			if total > 80<<10 {
				t.Errorf("%s takes %d octets, want %d at most: %v", address, total, 80<<10, sizes)
			}
			if len(sizes) < 4 {
				t.Errorf("%s takes %v: a style sheet, scripts and an icon are missing", address, sizes)
			}
		}
	}
}
