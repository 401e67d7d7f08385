package handlers

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var isoTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)

// harShape is HAR 1.2: each field with its type. A question mark marks an optional field.
var harShape = object{
	"version": "string", "creator": object{"name": "string", "version": "string"}, "?browser": object{"name": "string", "version": "string"},
	"?pages": []any{object{
		"startedDateTime": "time", "id": "string", "title": "string",
		"pageTimings": object{"?onContentLoad": "number", "?onLoad": "number"},
	}},
	"?comment": "string",
	"entries": []any{object{
		"?pageref": "string", "startedDateTime": "time", "time": "number", "cache": object{}, "?serverIPAddress": "string", "?connection": "string", "?comment": "string",
		"request": object{
			"method": "string", "url": "url", "httpVersion": "string", "headersSize": "number", "bodySize": "number",
			"cookies": []any{harCookieShape}, "headers": []any{harPairShape}, "queryString": []any{harPairShape},
			"?postData": object{"mimeType": "string", "params": []any{harPairShape}, "text": "string"},
		},
		"response": object{
			"status": "number", "statusText": "string", "httpVersion": "string", "redirectURL": "string", "headersSize": "number", "bodySize": "number",
			"cookies": []any{harCookieShape}, "headers": []any{harPairShape},
			"content": object{"size": "number", "?compression": "number", "mimeType": "string", "?text": "string", "?encoding": "string"},
		},
		"timings": object{"send": "number", "wait": "number", "receive": "number", "?blocked": "number", "?dns": "number", "?connect": "number", "?ssl": "number"},
	}},
}

var (
	harPairShape   = object{"name": "string", "value": "string"}
	harCookieShape = object{"name": "string", "value": "string", "?path": "string", "?domain": "string", "?expires": "time", "?httpOnly": "boolean", "?secure": "boolean"}
)

// fits reports where a value does not have a shape. Names that begin with an underscore
// are an application's own.
func fits(value, shape any, at string) []string {
	wrong := func(want string) []string { return []string{fmt.Sprintf("%s is %#v, want %s", at, value, want)} }
	switch shape := shape.(type) {
	case object:
		have, ok := value.(object)
		if !ok {
			return wrong("an object")
		}
		var list []string
		known := map[string]bool{}
		for name, inner := range shape {
			plain, optional := strings.CutPrefix(name, "?")
			known[plain] = true
			if v, there := have[plain]; there {
				list = append(list, fits(v, inner, at+"."+plain)...)
			} else if !optional {
				list = append(list, at+"."+plain+" is missing")
			}
		}
		for name := range have {
			if !known[name] && !strings.HasPrefix(name, "_") {
				list = append(list, at+"."+name+" is no field of HAR 1.2")
			}
		}
		return list
	case []any:
		have, ok := value.([]any)
		if !ok {
			return wrong("a list")
		}
		var list []string
		for i, v := range have {
			list = append(list, fits(v, shape[0], at+"["+strconv.Itoa(i)+"]")...)
		}
		return list
	case string:
		text, isText := value.(string)
		_, isNumber := value.(float64)
		_, isBool := value.(bool)
		u, err := url.Parse(text)
		if ok := map[string]bool{
			"string": isText, "number": isNumber, "boolean": isBool, "time": isText && isoTime.MatchString(text),
			"url": isText && err == nil && u.IsAbs() && u.Host != "",
		}[shape]; !ok {
			return wrong("a " + shape)
		}
	}
	return nil
}

// checkHAR parses a HAR file and checks it against the specification.
func checkHAR(t *testing.T, got reply) object {
	t.Helper()
	kind, _, _ := mime.ParseMediaType(got.header.Get("Content-Type"))
	disposition, params, err := mime.ParseMediaType(got.header.Get("Content-Disposition"))
	if kind != "application/json" || disposition != "attachment" || err != nil || !strings.HasSuffix(params["filename"], ".har") {
		t.Errorf("it is sent as %q, %q", got.header.Get("Content-Type"), got.header.Get("Content-Disposition"))
	}
	var file struct{ Log object }
	if err := json.Unmarshal([]byte(got.body), &file); err != nil {
		t.Fatalf("it is no JSON: %v: %.200s", err, got.body)
	}
	for _, problem := range fits(file.Log, harShape, "log") {
		t.Error(problem)
	}
	pages := map[any]bool{}
	for _, p := range file.Log["pages"].([]any) {
		pages[p.(object)["id"]] = true
	}
	for i, e := range file.Log["entries"].([]any) {
		entry := e.(object)
		if !pages[entry["pageref"]] {
			t.Errorf("entry %d is of page %v, which is not there", i, entry["pageref"])
		}
		sum := 0.0
		for _, part := range entry["timings"].(object) {
			sum += max(0, part.(float64))
		}
		if sum != entry["time"] {
			t.Errorf("the timings of entry %d add up to %v, not %v", i, sum, entry["time"])
		}
	}
	if file.Log["version"] != "1.2" {
		t.Errorf("version is %v", file.Log["version"])
	}
	return file.Log
}

func TestTheShapeOfHARIsHeldAgainst(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:               "log.version is missing",
		`{"version":1.2}`:  "log.version is 1.2, want a string",
		`{"entries":{}}`:   "want a list",
		`{"entries":[{}]}`: "log.entries[0].request is missing",
		`{"surprise":1}`:   "log.surprise is no field",
		`{"pages":[{"startedDateTime":"yesterday"}]}`:                    "want a time",
		`{"entries":[{"request":{"cookies":[{"name":"a","value":1}]}}]}`: "cookies[0].value is 1, want a string",
	} {
		var value object
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(fits(value, harShape, "log"), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: %s\nwant %s", text, got, want)
		}
	}
}

func TestHARHasWhatWentOverTheWire(t *testing.T) {
	d := newDesk(t)
	log := checkHAR(t, d.taken("/en/har", script(
		goes("A", "/set_cookie?name=tea&value=%E9%BE%99+x&max_age=60&httponly=1&samesite=None&secure=1&partitioned=1"),
		object{"do": "visit", "browser": "B", "url": "http://127.0.0.1/get_cookie?name=x", "method": "POST", "raw_cookie": "a=1; b=2=3"},
		object{"do": "together", "visits": []object{{"browser": "A", "url": "/set_session"}, {"browser": "B", "url": "/nowhere"}}},
	)))
	entries := log["entries"].([]any)
	if len(entries) != 4 {
		t.Fatalf("%d entries, want 4", len(entries))
	}
	first, second := entries[0].(object), entries[1].(object)
	same(t, "the first answer's cookies", first["response"].(object)["cookies"], []any{object{
		"name": "tea", "value": "%E9%BE%99%20x", "path": "/", "expires": "2026-01-01T00:01:00.000Z", "httpOnly": true, "secure": true,
		"_sameSite": "None", "_partitioned": true,
	}})
	same(t, "the first query", first["request"].(object)["queryString"].([]any)[1], any(object{"name": "value", "value": "龙 x"}))
	same(t, "the second request's cookies", second["request"].(object)["cookies"], []any{
		object{"name": "a", "value": "1", "httpOnly": false, "secure": false}, object{"name": "b", "value": "2=3", "httpOnly": false, "secure": false},
	})
	same(t, "the second body", second["request"].(object)["postData"], any(object{"mimeType": "application/x-www-form-urlencoded", "params": []any{}, "text": ""}))
	content := second["response"].(object)["content"].(object)
	same(t, "the second answer", content, object{"size": 13.0, "mimeType": "text/plain; charset=utf-8", "text": "KeyError: 'x'"})
	if second["_browser"] != "B" || second["response"].(object)["status"] != 500.0 || second["comment"] == "" {
		t.Errorf("the second entry is %v", second)
	}
	if entries[3].(object)["_browser"] != "B" || entries[3].(object)["response"].(object)["status"] != 404.0 {
		t.Errorf("the fourth entry is %v", entries[3])
	}
}

func TestHAROfARealBrowserIsValid(t *testing.T) {
	v := newDesk(t).play()
	log := checkHAR(t, v.taken("/zh/har", v.moment()))
	if got := len(log["entries"].([]any)); got != len(v.frames) {
		t.Errorf("%d entries, want %d", got, len(v.frames))
	}
}
