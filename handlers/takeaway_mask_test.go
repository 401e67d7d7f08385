package handlers

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cookielab/internal/jar"
	"cookielab/internal/scene"
	"cookielab/internal/take"
	"cookielab/internal/world"
)

// liveVisitor does what a page would do in a real browser, and has its moment.
type liveVisitor struct {
	*desk
	cookies map[string]string
	frames  []object
}

func (v *liveVisitor) visit(address string) {
	v.Helper()
	var pairs []string
	for name, value := range v.cookies {
		pairs = append(pairs, name+"="+value)
	}
	slices.Sort(pairs)
	got := v.request(http.MethodGet, address, "", "X-Observe", "1", "Cookie", strings.Join(pairs, "; "), "Referer", v.url+address)
	var seen struct {
		Exchange world.Exchange
		Server   world.Server
	}
	if err := json.Unmarshal([]byte(got.body), &seen); err != nil {
		v.Fatal(err)
	}
	for _, line := range got.cookies {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			v.Fatal(err)
		}
		v.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		}
	}
	look := &world.Look{URL: v.url + "/en/lab?x=" + v.cookies["sessionid"], Scripted: true}
	b := world.Browser{Look: look}
	var script, said []string
	for _, name := range slices.Sorted(maps.Keys(v.cookies)) {
		value := v.cookies[name]
		b.Jar = append(b.Jar, jar.Cookie{Name: name, Value: value, Domain: "127.0.0.1", HostOnly: true, Path: "/"})
		look.Known = append(look.Known, world.Known{Ours: true, Unknown: []world.Fact{world.FactExpires, world.FactPartitioned}})
		script = append(script, name+"="+value)
		said = append(said, scene.Tell("en", world.Note{Code: "stored", Reason: "session", Vars: world.Vars{{"pair", name + "=" + value}}}))
	}
	b.DocumentCookie = strings.Join(script, "; ")
	words := strings.Join(said, " ")
	v.frames = append(v.frames, object{"label": address, "frame": take.Keep(world.Frame{
		At: seen.Exchange.At.Time, Browsers: map[string]world.Browser{"A": b}, Server: seen.Server, Exchange: &seen.Exchange,
		Notes: []world.Note{{Text: words}, {Code: "stored", Text: words}},
	})})
}

func (v *liveVisitor) moment() object {
	return object{"lesson": "lab", "step": "lab", "omitted": 2, "frames": v.frames}
}

func (d *desk) play() *liveVisitor {
	d.Helper()
	v := &liveVisitor{desk: d, cookies: map[string]string{}}
	v.visit("/set_session")
	v.visit("/set_cookie?name=token&value=s3cr3t-Value-of-mine")
	v.visit("/set_cookie?name=pin&value=7")
	v.visit("/set_cookie?name=tea&value=%E9%BE%99%E4%BA%95&path=/")
	v.visit("/get_cookie?name=token")
	v.visit("/get_cookie?name=tea")
	v.visit("/get_cookie?name=pin")
	v.visit("/set_session?copy=" + v.cookies["sessionid"])
	return v
}

var takenForms = []string{"/en/handout", "/zh/handout", "/en/har", "/en/curl"}

func TestRealValuesAreMaskedInEveryForm(t *testing.T) {
	v := newDesk(t).play()
	key := v.cookies["sessionid"]
	if len(key) != 32 || v.cookies["token"] != "s3cr3t-Value-of-mine" || v.cookies["tea"] != "%E9%BE%99%E4%BA%95" {
		t.Fatalf("the visitor holds %v", v.cookies)
	}
	for _, form := range takenForms {
		got := v.taken(form, v.moment())
		text := strings.ReplaceAll(got.body, "&#34;", `"`)
		for _, secret := range []string{key, "s3cr3t-Value-of-mine", "s3cr3t", "%E9%BE%99", "龙井", "pin=7", "value=7"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s has %q", form, secret)
			}
		}
		if strings.Contains(form, "handout") {
			if !strings.Contains(got.body, world.Short(key)) {
				t.Errorf("%s does not tell the key from others by its ends", form)
			}
			doc := got.document(t)
			if doc.Find("[data-values]").Length() != 1 || doc.Find("[data-omitted]").Length() != 1 {
				t.Errorf("%s does not say that values are masked and frames left out", form)
			}
		}
	}
}

func TestRealValuesAreThereIfAskedFor(t *testing.T) {
	v := newDesk(t).play()
	text, err := json.Marshal(v.moment())
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"moment": {string(text)}, "reveal": {"1"}}.Encode()
	for _, address := range takenForms {
		got := v.request(http.MethodPost, address, form, "Content-Type", "application/x-www-form-urlencoded")
		for _, value := range []string{v.cookies["sessionid"], "s3cr3t-Value-of-mine"} {
			if got.status != 200 || !strings.Contains(got.body, value) {
				t.Errorf("%s is %d, without %q, which was asked for", address, got.status, value)
			}
		}
	}
	doc := v.request(http.MethodPost, "/en/handout", form, "Content-Type", "application/x-www-form-urlencoded").document(t)
	for selector, moment := range map[string]int{`[data-message="request"]`: 1, `[data-message="response"]`: 0} {
		if got := doc.Find("[data-moment]").Eq(moment).Find(selector).Text(); !strings.Contains(got, "sessionid="+v.cookies["sessionid"]) {
			t.Errorf("moment %d: the %s is %q, without the key", moment+1, selector, got)
		}
	}
	if got := doc.Find(`[data-cookie][data-name="sessionid"]`).Last().Text(); !strings.Contains(got, v.cookies["sessionid"]) {
		t.Errorf("the cookie is %q, without its value", got)
	}
	if got := doc.Find("[data-row]").Last().Text(); !strings.Contains(got, v.cookies["sessionid"]) {
		t.Errorf("the row is %q, without its key", got)
	}
}

func TestHalfAReportIsTakenAwayAsFarAsItGoes(t *testing.T) {
	d := newDesk(t)
	moment := object{"frames": []object{{}, {"frame": nil}, {"label": "<b>", "frame": object{
		"at": "2026-01-01T00:00:00Z", "browsers": object{"A": object{"jar": []object{{"name": "a"}}}}, "server": object{"rows": []object{{"key": "k"}}}, "notes": nil,
	}}}}
	for _, form := range takenForms {
		got := d.taken(form, moment)
		if strings.Contains(got.body, "<b>&lt;") || strings.Contains(got.body, "<code><b>") {
			t.Errorf("%s takes a label for HTML", form)
		}
	}
	if got := d.taken("/en/handout", moment).document(t).Find("[data-moment]").Length(); got != 3 {
		t.Errorf("%d moments, want 3", got)
	}
}

func TestWhatAPageReportsIsPrintedAsText(t *testing.T) {
	d := newDesk(t)
	evil := `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	cookie := object{"name": evil, "value": evil, "domain": evil, "path": evil, "sameSite": evil}
	doc := d.taken("/en/handout", object{"frames": []object{{"label": evil, "frame": object{
		"at": "2026-01-01T00:00:00Z", "notes": []object{{"code": evil, "text": evil}, {"code": evil, "text": evil + "2"}}, "action": object{"do": "script", "set": evil},
		"browsers": object{"A": object{"jar": []object{cookie}, "documentCookie": evil, "look": object{
			"url": evil, "scripted": true, "key": evil, "known": []object{{"unknown": []string{evil}, "doubt": evil, "told": cookie}}, "able": object{"store": evil},
			"elsewhere": []object{{"cookie": cookie, "reason": evil}},
		}}, evil: object{}},
		"server": object{"rows": []object{{"key": evil, "data": object{evil: evil}, "expires": "2026-01-01T00:00:00Z"}}, "absent": true, "total": -1},
		"exchange": object{"id": evil, "at": evil, "request": object{"method": "GET", "url": "http://localhost/?" + evil, "headers": [][]string{{evil, evil}, {"Cookie", evil}}, "body": evil},
			"response": object{"status": 200, "headers": [][]string{{"Set-Cookie", evil}}, "body": evil}},
	}}}}).document(t)
	if n := doc.Find("main img, main script").Length(); n != 0 {
		t.Errorf("%d elements came out of what was reported", n)
	}
}
