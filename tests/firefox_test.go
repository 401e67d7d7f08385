package tests

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cookielab/internal/jar"

	"golang.org/x/net/websocket"
)

// A real Firefox is steered over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/):
// commands and events in JSON over one WebSocket. These tests need little of it, so there
// is no library for it here.

var foxes = []string{"firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox", `C:\Program Files\Mozilla Firefox\firefox.exe`}

var errNoFirefox = errors.New("there is no Firefox for this test: install one, on Debian with apt-get install firefox-esr")

// firefox starts the Firefox that all tests of a run share, with a new profile.
var firefox = sync.OnceValues(func() (*bidi, error) {
	program := ""
	for _, name := range foxes {
		if found, err := exec.LookPath(name); err == nil && program == "" {
			program = found
		}
	}
	if program == "" {
		return nil, errNoFirefox
	}
	profile, err := os.MkdirTemp("", "cookielab-firefox-")
	if err != nil {
		return nil, err
	}
	afterTests = append(afterTests, func() { os.RemoveAll(profile) })
	c := exec.Command(program, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0", "--remote-allow-origins=http://localhost", "about:blank")
	c.Env = append(os.Environ(), "MOZ_CRASHREPORTER_DISABLE=1")
	said, err := c.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	address := make(chan string, 1)
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(said)
		for lines.Scan() {
			if _, at, found := strings.Cut(lines.Text(), "BiDi listening on "); found {
				address <- at
			}
		}
		_ = c.Wait() // whether it ended well is not what is tested
	}()
	afterTests = append(afterTests, func() {
		_ = c.Process.Kill() // unless it has gone, as it was asked to
		<-ended
	})
	select {
	case at := <-address:
		return connect(at + "/session")
	case <-ended:
		return nil, errors.New("Firefox ended before it could be steered")
	case <-time.After(2 * patience):
		return nil, errors.New("Firefox does not say where it can be steered")
	}
})

// bidi is a connection to a browser.
type bidi struct {
	conn *websocket.Conn

	mu      sync.Mutex
	last    int
	waiting map[int]chan bidiMessage
	tabs    map[string]*foxTab // by browsing context
	lost    error              // why the connection has ended
}

type bidiMessage struct {
	ID      int             `json:"id"`
	Type    string          `json:"type"` // success, error or event
	Result  json.RawMessage `json:"result"`
	Error   string          `json:"error"`
	Message string          `json:"message"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
}

// bidiError is the browser's error answer to a command.
type bidiError struct{ method, code, message string }

func (e *bidiError) Error() string { return e.method + ": " + e.code + ": " + e.message }

func connect(address string) (*bidi, error) {
	conn, err := websocket.Dial(address, "", "http://localhost")
	if err != nil {
		return nil, err
	}
	f := &bidi{conn: conn, waiting: map[int]chan bidiMessage{}, tabs: map[string]*foxTab{}}
	go f.read()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := f.ask(ctx, "session.new", map[string]any{"capabilities": map[string]any{}}); err != nil {
		return nil, err
	}
	_, err = f.ask(ctx, "session.subscribe", map[string]any{"events": []string{"log.entryAdded", "network.beforeRequestSent"}})
	return f, err
}

func (f *bidi) read() {
	for {
		var m bidiMessage
		err := websocket.JSON.Receive(f.conn, &m)
		f.mu.Lock()
		if err != nil {
			f.lost = err
			for _, answer := range f.waiting {
				close(answer)
			}
			f.mu.Unlock()
			return
		}
		if m.Type == "event" {
			f.notice(m)
		} else if answer := f.waiting[m.ID]; answer != nil {
			delete(f.waiting, m.ID)
			answer <- m
		}
		f.mu.Unlock()
	}
}

// ask sends a command and waits for its result.
func (f *bidi) ask(ctx context.Context, method string, params any) (json.RawMessage, error) {
	answer := make(chan bidiMessage, 1)
	f.mu.Lock()
	if f.lost != nil {
		f.mu.Unlock()
		return nil, f.lost
	}
	f.last++
	id := f.last
	f.waiting[id] = answer
	err := websocket.JSON.Send(f.conn, map[string]any{"id": id, "method": method, "params": params})
	f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: %w", method, ctx.Err())
	case m, here := <-answer:
		switch {
		case !here:
			return nil, errors.New(method + ": Firefox has gone")
		case m.Type == "error":
			return nil, &bidiError{method, m.Error, m.Message}
		}
		return m.Result, nil
	}
}

// notice hears what the browser tells of a tab.
func (f *bidi) notice(m bidiMessage) {
	var event struct {
		Context string
		Level   string
		Text    string
		Source  struct{ Context string }
		Request struct{ URL string }
	}
	if json.Unmarshal(m.Params, &event) != nil {
		return
	}
	tab := f.tabs[event.Context+event.Source.Context] // one of them is empty
	if tab == nil {
		return
	}
	b := tab.b
	b.mu.Lock()
	defer b.mu.Unlock()
	if m.Method == "log.entryAdded" {
		refused := strings.HasPrefix(event.Text, "Cookie “") // Firefox logs a cookie that it refuses, which lessons want
		if (event.Level == "error" || event.Level == "warn") && !refused {
			b.wrongs = append(b.wrongs, event.Level+": "+event.Text)
		}
		return
	}
	if u, err := url.Parse(event.Request.URL); err == nil && u.Host != "" {
		b.hosts = append(b.hosts, u.Host)
	}
}

// foxTab is a tab of a real Firefox, in a user context of its own (with its own jar) and in a
// window of its own, because hidden pages close their streams.
type foxTab struct {
	*bidi
	b       *tab
	context string
}

// openFox opens a tab. Without a Firefox the test is skipped, but where CI is set it
// fails.
func openFox(t *testing.T, r *rig, width, height int) *tab {
	t.Helper()
	f, err := firefox()
	switch {
	case errors.Is(err, errNoFirefox) && os.Getenv("CI") == "":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	at, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &tab{t: t, ctx: ctx, rig: r, base: "http://localhost:" + at.Port()}
	b.fox = &foxTab{bidi: f, b: b}
	var user struct {
		UserContext string `json:"userContext"`
	}
	b.fox.must("browser.createUserContext", map[string]any{}, &user)
	b.fox.must("browsingContext.create", map[string]any{"type": "window", "userContext": user.UserContext}, b.fox)
	f.mu.Lock()
	f.tabs[b.fox.context] = b.fox
	f.mu.Unlock()
	t.Cleanup(func() {
		b.fox.must("browser.removeUserContext", user, nil)
		cancel()
		f.mu.Lock()
		delete(f.tabs, b.fox.context)
		f.mu.Unlock()
		b.nothingWrong()
	})
	b.fox.must("browsingContext.setViewport", map[string]any{"context": b.fox.context, "viewport": map[string]int{"width": width, "height": height}}, nil)
	return b
}

// UnmarshalJSON takes the browsing context that was made.
func (f *foxTab) UnmarshalJSON(text []byte) error {
	var made struct{ Context string }
	err := json.Unmarshal(text, &made)
	f.context = made.Context
	return err
}

// must gives a command that has to succeed, and takes its result.
func (f *foxTab) must(method string, params, result any) {
	f.b.t.Helper()
	ctx, cancel := context.WithTimeout(f.b.ctx, patience)
	defer cancel()
	text, err := f.ask(ctx, method, params)
	if err == nil && result != nil {
		err = json.Unmarshal(text, result)
	}
	if err != nil {
		f.b.t.Fatal(err)
	}
}

func (f *foxTab) navigate(address string) {
	f.b.t.Helper()
	f.must("browsingContext.navigate", map[string]any{"context": f.context, "url": address, "wait": "complete"}, nil)
}

// evaluate is the value of an expression in the page, in JSON; of a promise it is what
// it comes to.
func (f *foxTab) evaluate(ctx context.Context, expression string) ([]byte, error) {
	text, err := f.ask(ctx, "script.evaluate", map[string]any{
		"expression": "Promise.resolve(" + expression + ").then((value) => JSON.stringify(value) ?? 'null')",
		"target":     map[string]string{"context": f.context}, "awaitPromise": true, "userActivation": true,
	})
	if err != nil {
		return nil, err
	}
	var evaluated struct {
		Result           struct{ Value string }
		ExceptionDetails *struct{ Text string }
	}
	if err := json.Unmarshal(text, &evaluated); err != nil {
		return nil, err
	}
	if evaluated.ExceptionDetails != nil {
		return nil, errors.New(evaluated.ExceptionDetails.Text)
	}
	return []byte(evaluated.Result.Value), nil
}

// click moves the mouse to the middle of what can be seen, and clicks.
func (f *foxTab) click(selector string) {
	f.b.t.Helper()
	f.b.until("(() => { const box = document.querySelector(" + quoteJS(selector) + ").getBoundingClientRect(); return box.width && box.height; })()")
	at := eval[struct{ X, Y float64 }](f.b, `(() => {
		const element = document.querySelector(`+quoteJS(selector)+`);
		element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
		const box = element.getBoundingClientRect();
		return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
	})()`)
	f.must("input.performActions", map[string]any{"context": f.context, "actions": []any{map[string]any{
		"type": "pointer", "id": "mouse", "parameters": map[string]string{"pointerType": "mouse"},
		"actions": []any{
			map[string]any{"type": "pointerMove", "x": int(at.X), "y": int(at.Y)},
			map[string]any{"type": "pointerDown", "button": 0}, map[string]any{"type": "pointerUp", "button": 0},
		},
	}}}, nil)
}

// jar returns the cookies in this tab's own jar, without those that have expired, which
// Firefox also reports. The protocol does not tell whether a cookie is partitioned.
func (f *foxTab) jar() []jar.Cookie {
	f.b.t.Helper()
	var held struct {
		Cookies []struct {
			Name, Domain, Path, SameSite string
			Value                        struct{ Type, Value string }
			HTTPOnly, Secure             bool
			Expiry                       *int64
		}
	}
	f.must("storage.getCookies", map[string]any{"partition": map[string]string{"type": "context", "context": f.context}}, &held)
	var cookies []jar.Cookie
	now := time.Now()
	for _, c := range held.Cookies {
		k := jar.Cookie{
			Name: c.Name, Value: c.Value.Value, Domain: strings.TrimPrefix(c.Domain, "."), HostOnly: !strings.HasPrefix(c.Domain, "."), Path: c.Path,
			Secure: c.Secure, HTTPOnly: c.HTTPOnly, SameSite: map[string]string{"none": "None", "lax": "Lax", "strict": "Strict"}[c.SameSite],
		}
		if c.Value.Type == "base64" {
			octets, err := base64.StdEncoding.DecodeString(c.Value.Value)
			if err != nil {
				f.b.t.Fatal(err)
			}
			k.Value = string(octets)
		}
		if c.Expiry != nil {
			at := time.Unix(*c.Expiry, 0).UTC()
			k.Expires = &at
		}
		if !k.Expired(now) {
			cookies = append(cookies, k)
		}
	}
	return cookies
}

// sent are the cookies that belong to an address.
func (f *foxTab) sent(address string) []jar.Cookie {
	f.b.t.Helper()
	return slices.DeleteFunc(f.jar(), func(c jar.Cookie) bool { return !c.Matches(address) })
}
