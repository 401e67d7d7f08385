package tests

import (
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cookielab/templates"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// crawled is a page that was reached by links from the list of lessons.
type crawled struct {
	address, from string
	answer        answer
	doc           *goquery.Document // nil if the answer is not HTML
}

// crawl follows every link from the lists of lessons in both languages, with
// whatever the visitor's jar holds.
func crawl(t *testing.T, v *visitor) map[string]*crawled {
	t.Helper()
	seen := map[string]*crawled{}
	queue := []*crawled{{address: "/zh/", from: "the test"}, {address: "/en/", from: "the test"}}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if seen[at.address] != nil {
			continue
		}
		seen[at.address] = at
		at.answer = v.browse(at.address)
		if at.answer.status != http.StatusOK {
			t.Errorf("%s links to %s, which is %d", at.from, at.address, at.answer.status)
			continue
		}
		if !strings.HasPrefix(at.answer.header.Get("Content-Type"), "text/html") {
			continue
		}
		at.doc = at.answer.page()
		for _, link := range linksOf(t, at.doc) {
			u, err := url.Parse(link)
			if err != nil {
				t.Errorf("%s links to %q: %v", at.address, link, err)
				continue
			}
			if u.Host != "" {
				continue // the offer of a jar of one's own; TestThePageIsReadableForPrograms finds others
			}
			next := u.Path
			if u.RawQuery != "" {
				next += "?" + u.RawQuery
			}
			if next != "" {
				queue = append(queue, &crawled{address: next, from: at.address})
			}
		}
	}
	return seen
}

// linksOf lists what a page leads to or loads.
func linksOf(t *testing.T, doc *goquery.Document) []string {
	t.Helper()
	var links []string
	for _, attribute := range []string{"href", "src", "poster", "data"} {
		doc.Find("a[" + attribute + "], link[" + attribute + "], script[" + attribute + "], img[" + attribute + "], area[" + attribute + "], use[" + attribute + "]").
			Each(func(_ int, e *goquery.Selection) { links = append(links, e.AttrOr(attribute, "")) })
	}
	return links
}

// visitorWithData is a visitor whose pages have something to show.
func (r *rig) visitorWithData() *visitor {
	v := r.visitor()
	v.get("/set_cookie?value=少冰&max_age=600")
	v.get("/set_session")
	return v
}

func TestNoLinkIsDead(t *testing.T) {
	r := site(t)
	seen := crawl(t, r.visitorWithData())
	for _, lang := range []string{"zh", "en"} {
		for _, address := range r.everyPage(lang) {
			if seen[address] == nil {
				t.Errorf("no link leads to %s", address)
			}
		}
	}
	for address, at := range seen {
		if at.doc == nil {
			continue
		}
		for _, link := range linksOf(t, at.doc) {
			u, err := url.Parse(link)
			if err != nil || u.Fragment == "" || u.Host != "" || strings.HasPrefix(u.Fragment, "q=") || strings.HasPrefix(u.Fragment, "w=") {
				continue // those two hold a question and a moment, for the page's script
			}
			target := at
			if u.Path != "" {
				target = seen[strings.TrimSuffix(link, "#"+u.EscapedFragment())]
			}
			if target == nil || target.doc == nil || !hasID(target.doc, u.Fragment) {
				t.Errorf("%s links to %s, where there is no such place", address, link)
			}
		}
	}
	if pages := 2 * len(r.everyPage("en")); len(seen) < pages {
		t.Errorf("the crawl found %d addresses, want %d pages at least", len(seen), pages)
	}
}

func hasID(doc *goquery.Document, id string) bool {
	return doc.Find("[id]").FilterFunction(func(_ int, e *goquery.Selection) bool { return e.AttrOr("id", "") == id }).Length() > 0
}

// pagesOf are all pages, those of errors and the small ones among them.
func pagesOf(t *testing.T, r *rig) []*crawled {
	t.Helper()
	v := r.visitorWithData()
	var pages []*crawled
	for _, at := range crawl(t, v) {
		if at.doc != nil {
			pages = append(pages, at)
		}
	}
	slices.SortFunc(pages, func(a, b *crawled) int { return strings.Compare(a.address, b.address) })
	for _, lang := range []string{"zh", "en"} {
		for _, address := range []string{
			"/" + lang + "/nothing", "/" + lang + "/lessons/session?step=99", "/get_cookie?_lang=" + lang, "/set_session?_lang=" + lang + "&_back=/" + lang + "/lab",
			"/get_cookie?name=%E5%B0%91&_lang=" + lang, "/set_cookie?samesite=x&_lang=" + lang, "/cycle_key?_lang=" + lang,
		} {
			a := v.browse(address, "Accept-Language", lang)
			pages = append(pages, &crawled{address: address, answer: a, doc: a.page()})
		}
	}
	return pages
}

var (
	// doubly is what escaping twice looks like, in the source of a page.
	doubly = regexp.MustCompile(`&amp;(?:amp|lt|gt|quot|#[0-9]+|#x[0-9a-fA-F]+);`)
	// tag is what markup looks like that was taken for text.
	tag = regexp.MustCompile(`</?(?:p|em|strong|code|b|i|a|br|ul|li|div|span)(?: [^<>]*)?>`)
	// open is a placeholder that nothing was put into, or a value of Go's that is none.
	open = regexp.MustCompile(`\{[a-z][a-z_-]*\}|\{\{|%!\(?[a-z]|%!s|<nil>|<no value>|ZgotmplZ|map\[`)
)

func TestEveryPageIsWhole(t *testing.T) {
	keys := map[string]bool{}
	for _, key := range templates.Keys("en") {
		if strings.ContainsAny(key, ".-_") {
			keys[key] = true
		}
	}
	for _, at := range pagesOf(t, site(t)) {
		doc := at.doc
		if n := doc.Find("h1").Length(); n != 1 {
			t.Errorf("%s has %d h1, want one", at.address, n)
		}
		if want := languageOf(at.address); doc.Find("html").AttrOr("lang", "") != want {
			t.Errorf("%s is in %q, want %q", at.address, doc.Find("html").AttrOr("lang", ""), want)
		}
		if title := strings.TrimSpace(doc.Find("head > title").Text()); title == "" || strings.HasPrefix(title, "·") {
			t.Errorf("%s has the title %q", at.address, title)
		}
		if m := doubly.FindString(at.answer.body); m != "" {
			t.Errorf("%s is escaped twice: %s", at.address, m)
		}
		for _, e := range texts(doc) {
			if m := tag.FindString(e.text); m != "" && !e.quoted {
				t.Errorf("%s shows the tag %s: %q", at.address, m, e.text)
			}
			// Code may have braces, and what a visitor sent may have anything.
			if m := open.FindString(e.text); m != "" && !e.quoted {
				t.Errorf("%s shows %q in %q", at.address, m, e.text)
			}
			for word := range strings.FieldsSeq(e.text) {
				if keys[strings.Trim(word, `".,:;()[]`)] && !e.quoted {
					t.Errorf("%s shows the key of a text, %q", at.address, word)
				}
			}
		}
		ids := map[string]bool{}
		doc.Find("[id]").Each(func(_ int, e *goquery.Selection) {
			if id := e.AttrOr("id", ""); ids[id] || id == "" {
				t.Errorf("%s has the id %q twice, or empty", at.address, id)
			} else {
				ids[id] = true
			}
		})
		doc.Find("[aria-controls], [aria-labelledby], [aria-describedby], label[for]").Each(func(_ int, e *goquery.Selection) {
			for _, name := range []string{"aria-controls", "aria-labelledby", "aria-describedby", "for"} {
				for id := range strings.FieldsSeq(e.AttrOr(name, "")) {
					if !ids[id] {
						t.Errorf("%s: %s names %q, which is not there", at.address, name, id)
					}
				}
			}
		})
	}
}

func languageOf(address string) string {
	if strings.HasPrefix(address, "/zh/") || strings.Contains(address, "_lang=zh") {
		return "zh"
	}
	return "en"
}

// said is a text of a page; quoted is one that is code, or what somebody sent.
type said struct {
	text   string
	quoted bool
}

// texts are the texts that a page shows, and those of its attributes that are read
// out or seen.
func texts(doc *goquery.Document) []said {
	var list []said
	var walk func(n *html.Node, quoted bool)
	walk = func(n *html.Node, quoted bool) {
		switch n.Type {
		case html.TextNode:
			if text := strings.TrimSpace(n.Data); text != "" {
				list = append(list, said{text, quoted})
			}
		case html.ElementNode:
			switch n.Data {
			case "script", "style":
				return
			case "noscript": // the parser leaves it as text
				if n.FirstChild != nil && n.Parent != nil && n.Parent.Data != "head" {
					inside, err := goquery.NewDocumentFromReader(strings.NewReader(n.FirstChild.Data))
					if err == nil {
						list = append(list, texts(inside)...)
					}
				}
				return
			case "pre", "code", "kbd":
				quoted = true
			}
			for _, a := range n.Attr {
				if slices.Contains([]string{"title", "aria-label", "alt", "placeholder"}, a.Key) {
					list = append(list, said{a.Val, quoted})
				}
			}
		}
		for child := n.FirstChild; child != nil; child = child.NextSibling {
			walk(child, quoted)
		}
	}
	for _, n := range doc.Nodes {
		walk(n, false)
	}
	return list
}

// identities are the data attributes whose values are names and not words: they are
// the same in both languages.
var identities = []string{
	"data-action", "data-browser", "data-code", "data-fragment", "data-frame", "data-header", "data-held", "data-http-only", "data-language",
	"data-lesson", "data-lesson-card", "data-message", "data-mode", "data-name", "data-nav", "data-note", "data-outcome", "data-panel", "data-reason",
	"data-route", "data-same-site", "data-step", "data-step-id", "data-syllabus", "data-tool", "data-verdict", "data-wait", "data-world-only",
}

// skeleton is the data attributes of a page, in order.
func skeleton(doc *goquery.Document) []string {
	var list []string
	doc.Find("*").Each(func(_ int, e *goquery.Selection) {
		var names []string
		for _, a := range e.Nodes[0].Attr {
			switch {
			case slices.Contains(identities, a.Key):
				names = append(names, a.Key+"="+a.Val)
			case strings.HasPrefix(a.Key, "data-"):
				names = append(names, a.Key)
			}
		}
		if names != nil {
			slices.Sort(names)
			list = append(list, goquery.NodeName(e)+" "+strings.Join(names, " "))
		}
	})
	return list
}

func TestBothLanguagesHaveTheSameSkeleton(t *testing.T) {
	r := site(t)
	bare, full := r.visitor(), r.visitorWithData()
	for _, v := range []*visitor{bare, full} {
		for i, address := range r.everyPage("zh") {
			zh, en := skeleton(v.browse(address).page()), skeleton(v.browse(r.everyPage("en")[i]).page())
			if len(zh) < 10 {
				t.Errorf("%s has %d elements with data attributes", address, len(zh))
			}
			same(t, "the skeleton of "+address, en, zh)
		}
	}
	for _, route := range []string{"/set_session?", "/get_cookie?name=none&", "/set_cookie?samesite=x&"} {
		zh, en := r.visitor().browse(route+"_lang=zh").page(), r.visitor().browse(route+"_lang=en").page()
		same(t, "the skeleton of "+route, skeleton(en), skeleton(zh))
	}
	zh, en := bare.browse("/zh/none").page(), bare.browse("/en/none").page()
	same(t, "the skeleton of what is not there", skeleton(en), skeleton(zh))
}

// Every address in a page that is our own is one that the program serves: forms too.
func TestEveryFormLeadsToARoute(t *testing.T) {
	r := site(t)
	for _, at := range pagesOf(t, r) {
		at.doc.Find("form[action]").Each(func(_ int, form *goquery.Selection) {
			action := form.AttrOr("action", "")
			if action == "#" || strings.HasPrefix(action, "#") {
				if form.Find("[data-needs-script]").Length() == 0 {
					t.Errorf("%s has a form that leads nowhere without JavaScript", at.address)
				}
				return
			}
			u, err := url.Parse(action)
			if err != nil || u.Host != "" || !slices.Contains(routes, path.Base(u.Path)) && u.Path != strings.SplitN(at.address, "?", 2)[0] {
				t.Errorf("%s has a form that leads to %s", at.address, action)
			}
			if back := form.Find(`input[name="_back"]`); slices.Contains(routes, path.Base(u.Path)) && back.Length() != 1 {
				t.Errorf("%s has a form to %s without a way back", at.address, action)
			}
		})
	}
}
