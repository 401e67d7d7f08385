package tests

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cookielab/internal/demo"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// hostileValues is the committed list, one Go string literal a line; {long} stands for
// very many octets.
func hostileValues(t *testing.T) (values []string) {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "hostile.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if lines.Text() == "" || strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		var value string
		if _, err := fmt.Sscanf(lines.Text(), "%q", &value); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		values = append(values, strings.ReplaceAll(value, "{long}", strings.Repeat("x", 9000)))
	}
	if len(values) < 30 {
		t.Fatalf("only %d values", len(values))
	}
	return values
}

// harmless checks an answer to a hostile value: the status is not 500, no header was
// injected, and a page has no element or attribute of the visitor's.
func harmless(t *testing.T, where string, a answer) {
	t.Helper()
	where = fmt.Sprintf("%.200q", where)
	if a.status == http.StatusInternalServerError && !strings.Contains(a.body, "KeyError: ") || a.status > http.StatusInternalServerError && a.status != http.StatusServiceUnavailable {
		t.Errorf("%s is answered with %d %.200q", where, a.status, a.body)
	}
	for name, lines := range a.header {
		if strings.EqualFold(name, "Injected") || slices.ContainsFunc(lines, func(line string) bool { return strings.ContainsAny(line, "\r\n\x00") }) {
			t.Errorf("%s smuggles in the header %s: %q", where, name, lines)
		}
	}
	if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") {
		if kind != "" && a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s is %s and may be taken for something else", where, kind)
		}
		return
	}
	if policy := a.header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self'") || strings.Contains(policy, "unsafe") {
		t.Errorf("%s has the policy %q", where, policy)
	}
	page, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	for node := range page.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		if slices.Contains([]string{"img", "iframe", "object", "embed", "hostile", "base", "marquee"}, node.Data) {
			t.Errorf("%s puts <%s> into the page", where, node.Data)
		}
		for _, attribute := range node.Attr {
			scheme, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(attribute.Val)), ":")
			switch name := strings.ToLower(attribute.Key); {
			case strings.HasPrefix(name, "on"), name == "style", name == "srcdoc", name == "hostile":
				t.Errorf("%s puts the attribute %s=%.80q into the page", where, attribute.Key, attribute.Val)
			case slices.Contains([]string{"href", "src", "action", "formaction"}, name) && slices.Contains([]string{"javascript", "data", "vbscript"}, scheme):
				t.Errorf("%s makes a link to %.80q", where, attribute.Val)
			}
		}
		if node.Data == "script" && !hasAttribute(node, "src") && attributeOf(node, "type") != "application/json" {
			t.Errorf("%s puts a script into the page: %.200q", where, a.body)
		}
	}
}

func hasAttribute(node *html.Node, name string) bool {
	return slices.ContainsFunc(node.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func attributeOf(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// A hostile value in a field, a header or a cookie of any route or page comes back as text,
// or not at all.
func TestHostileValuesDoNoHarm(t *testing.T) {
	t.Parallel()
	l := openRoom(t)
	l.moved(aStep)
	values := hostileValues(t)
	sendable := func(r rune) rune { // in a header, by a client that is not broken
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}
	// Each value meets every route, page and header; which fields of them, takes turns.
	turn := 0
	turns := func(list []string, n int) (some []string) {
		for range n {
			turn++
			some = append(some, list[turn%len(list)])
		}
		return some
	}
	for _, value := range values {
		v := l.visitor()
		quoted := url.QueryEscape(value)
		for _, route := range demo.Routes {
			fields := []string{"name", "value", "path", "domain", "samesite", "expires", "max_age", "key", "safe", "_lang", "_back", "secure"}
			for _, field := range turns(fields, 3) {
				where := "/" + route.Name + "?" + field + "=" + quoted
				harmless(t, where, v.browse(where))
				if a := v.live(where); a.status < 400 && !json.Valid([]byte(a.body)) {
					t.Errorf("%.100q with X-Observe is no JSON: %.200q", where, a.body)
				}
			}
			harmless(t, "a name of "+route.Name, v.browse("/"+route.Name+"?"+quoted+"=1"))
			harmless(t, "the body of "+route.Name, v.ask(http.MethodPost, "/"+route.Name, "name="+quoted+"&value="+quoted+"&"+quoted+"="+quoted, append(navigates, "Content-Type", "application/x-www-form-urlencoded")...))
		}
		v.browse("/set_session?note=" + quoted + "&" + quoted + "=1") // which pages then show
		v.browse("/set_cookie?name=num&value=" + quoted)
		pages := append(pageOfEachKind("en"), "/zh/class/"+l.code, "/en/console/"+l.code, "/en/class/"+l.code+"/now", "/c/"+url.PathEscape(value), "/en/class/"+url.PathEscape(value), "/en/console/"+url.PathEscape(value), "/zh/lessons/"+url.PathEscape(value), "/"+url.PathEscape(value), "/static/"+url.PathEscape(value))
		plain := strings.Map(sendable, value)
		for _, page := range pages {
			harmless(t, page, v.browse(page))
			for _, query := range turns([]string{"step", "task", "seed", "path", "code", "stage", "guess", "did", "setup", quoted}, 1) {
				if at := strings.IndexByte(page, '?'); at >= 0 {
					harmless(t, page+" and "+query, v.browse(page[:at]+"?"+query+"="+quoted))
				} else {
					harmless(t, page+"?"+query, v.browse(page+"?"+query+"="+quoted))
				}
			}
			var headers []string
			for _, header := range []string{"Accept-Language", "User-Agent", "X-Seat", "X-Class", "Authorization", "Referer", "If-None-Match", "Last-Event-ID", "X-Forwarded-Host"} {
				headers = append(headers, header, plain)
			}
			headers = append(headers, "Cookie", "num="+plain+"; sessionid="+plain+"; "+plain+"="+plain)
			harmless(t, page+" with headers and cookies", v.browse(page, headers...))
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		j := string(text)
		script := `{"actions":[{"do":"visit","browser":"A","url":` + j + `},{"do":"script","browser":"A","set":` + j + `},{"do":"put","browser":"A","name":` + j + `,"value":` + j + `}]}`
		for path, body := range map[string]string{
			"/api/play": script, "/en/play": script, "/en/handout": `{"script":` + script + `,"title":` + j + `}`,
			"/api/jar":       `{"set":[{"url":"http://localhost/","set_cookie":` + j + `}],"get":{"url":` + j + `,"initiator":` + j + `,"kind":` + j + `}}`,
			"/en/cookie":     `{"lines":` + j + `,"url":` + j + `}`,
			l.api("/drive"):  `{"step":` + j + `,"question":` + j + `}`,
			l.api("/answer"): `{"step":` + j + `,"option":` + j + `}`,
			l.api("/done"):   `{"step":"session/locker","holds":` + j + `}`,
			l.api("/drop"):   `{"address":` + j + `}`,
			"/en/lab":        `{"document":` + j + `,"store":[{"name":` + j + `,"value":` + j + `,"path":` + j + `}],"ledger":[],"exchanges":[{"request":{"method":` + j + `,"url":` + j + `,"headers":[[` + j + `,` + j + `]]},"response":{"status":200,"headers":[["Set-Cookie",` + j + `]],"body":` + j + `}}]}`,
		} {
			harmless(t, path+" of "+value, v.ask(http.MethodPost, path, body, l.drives()...))
		}
	}
}

// hostile is text that must stay text wherever it is shown.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</script><script>alert(1)</script>`,
	`&lt;b&gt;`, `<!--`, `{{.}}`, `{name}`, `javascript:alert(1)`, `]]>`, `</textarea>`, "`${alert(1)}`",
}

// elements counts the elements that a page has, scripts apart.
func elements(doc *goquery.Document) string {
	return fmt.Sprintf("%d scripts, %d images, %d textareas", doc.Find("script").Length(), doc.Find("img").Length(), doc.Find("textarea").Length())
}

func TestWhatAVisitorSendsIsShownAsText(t *testing.T) {
	for _, text := range hostile {
		r := site(t)
		v := r.visitor()
		v.get("/set_session?" + url.QueryEscape(text) + "=" + url.QueryEscape(text))
		clean := v.browse("/en/lessons/session?step=2").page()
		value := strings.ReplaceAll(text, ";", "%3B")
		cookies := "sessionid=" + v.held("sessionid") + "; <b>" + strings.ReplaceAll(value, "=", "") + "=" + value
		for _, address := range []string{"/zh/lessons/session?step=2", "/en/lab"} {
			doc := r.visitor().browse(address, "Cookie", cookies).page()
			if strings.HasSuffix(address, "step=2") {
				if got, want := elements(doc), elements(clean); got != want {
					t.Errorf("%q on %s: there are %s, want %s", text, address, got, want)
				}
			}
			found := false
			doc.Find("[data-cookie]").Each(func(_ int, c *goquery.Selection) {
				found = found || c.AttrOr("data-value", "") == value
			})
			if !found {
				t.Errorf("%q on %s: no cookie has this value", text, address)
			}
			entry := the(t, doc.Selection, "[data-entry]")
			var shown string
			if err := json.Unmarshal([]byte(entry.AttrOr("data-value", "")), &shown); err != nil || shown != text || entry.AttrOr("data-key", "") != text {
				t.Errorf("%q on %s: the entry is %q: %q", text, address, entry.AttrOr("data-key", ""), entry.AttrOr("data-value", ""))
			}
		}
		for _, asked := range []string{"/set_cookie?value=", "/get_cookie?name=", "/get_session?key=", "/del?key=", "/set_session?k="} {
			a := v.browse(asked+url.QueryEscape(text), "X-Note", text)
			doc := a.page()
			if doc.Find("script").Length() != 3 || doc.Find("img, textarea").Length() != 0 { // the page's two, and the record
				t.Errorf("the answer to %s%q has %s", asked, text, elements(doc))
			}
			var record map[string]any
			if err := json.Unmarshal([]byte(the(t, doc.Selection, "[data-record]").Text()), &record); err != nil {
				t.Errorf("the answer to %s%q: the record does not read: %v", asked, text, err)
			}
		}
	}
}

// What a page's script reports comes back as HTML: it must be text too.
func TestWhatAPageReportsIsShownAsText(t *testing.T) {
	v := site(t).visitor()
	for _, text := range hostile {
		report, err := json.Marshal(map[string]any{
			"url": v.base + "/en/lessons/cookie?step=2", "document_cookie": text + "=" + text, "finished": true, "guess": text,
			"store": []any{map[string]any{"name": text, "value": text, "path": text, "domain": text, "sameSite": text}},
			"ledger": []any{
				map[string]any{"id": text, "n": 0, "at": "2026-01-01T00:00:00Z", "url": v.base + "/set_cookie", "via": "http", "line": text + "=" + text + "; Path=/" + text},
				map[string]any{"id": "x", "n": 0, "at": "2026-01-01T00:00:00Z", "url": v.base + "/set_cookie", "via": "http", "line": "a=" + text + "; Path=/elsewhere"},
			},
			"exchanges": []any{map[string]any{
				"id": text, "at": "2026-01-01T00:00:00.000Z", "rows": []any{},
				"request":  map[string]any{"method": text, "url": v.base + "/get_cookie?" + text, "headers": [][2]string{{"Cookie", text}, {text, text}}, "body": text},
				"response": map[string]any{"status": 200, "headers": [][2]string{{"Set-Cookie", text}, {text, text}}, "body": text},
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		a := v.ask(http.MethodPost, "/en/lessons/cookie?step=2", string(report), "Content-Type", "application/json")
		if a.status != http.StatusOK {
			t.Errorf("%q: the report is answered with %d", text, a.status)
			continue
		}
		doc := a.page()
		if n := doc.Find(`script:not([type="application/json"]), img, textarea`).Length(); n != 0 {
			t.Errorf("%q: the drawing has %s", text, elements(doc))
		}
		doc.Find("*").Each(func(_ int, e *goquery.Selection) {
			for _, attribute := range e.Nodes[0].Attr {
				if strings.HasPrefix(attribute.Key, "on") || attribute.Key == "style" || strings.HasPrefix(attribute.Val, "javascript:") && attribute.Key == "href" {
					t.Errorf("%q: an element has %s=%q", text, attribute.Key, attribute.Val)
				}
			}
		})
	}
}
