package explain

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"cookielab/internal/jar"
)

// Question is what the page that explains a Set-Cookie line is asked: the fields
// of its form, under the names that they have there. cookie.js writes the same
// JSON behind the # of a link, where no log sees it.
type Question struct {
	Lines   string `json:"lines,omitempty"`
	URL     string `json:"url,omitempty"`
	SetKind string `json:"set_kind,omitempty"` // how the response was asked for
	SetFrom string `json:"set_from,omitempty"`
	Next    string `json:"next,omitempty"` // the next request; empty: the same address
	Kind    string `json:"kind,omitempty"`
	From    string `json:"from,omitempty"`
	Wait    string `json:"wait,omitempty"` // seconds until then
}

// Two kinds of request that the jar has no kind for.
const (
	kindTyped  = ""       // nobody but the user asks
	kindScript = "script" // a script reads document.cookie
)

// stranger's page: another site than any that is asked about.
const (
	evilPage  = "https://evil.example/"
	otherPage = "https://other.test/"
)

// Link is the address of the page with the question.
func (q Question) Link(lang string) string {
	raw, _ := json.Marshal(q) // strings alone
	return "/" + lang + "/cookie#q=" + base64.RawURLEncoding.EncodeToString(raw)
}

// QuestionOf is a question to the jar as the page's form has it.
func QuestionOf(asked jar.Question) Question {
	q := Question{Next: asked.Get.URL, Kind: asked.Get.Kind, From: asked.Get.Initiator}
	if asked.Get.Via == jar.ViaDOM {
		q.Kind = kindScript
	}
	var lines []string
	at := ""
	for i, s := range asked.Set {
		if i == 0 {
			q.URL, q.SetKind, q.SetFrom = s.URL, s.Kind, s.Initiator
		} else if s.URL != at {
			lines = append(lines, s.URL)
		}
		at = s.URL
		if s.Via == jar.ViaDOM {
			s.SetCookie = `document.cookie = "` + s.SetCookie + `"`
		}
		lines = append(lines, s.SetCookie)
	}
	q.Lines = strings.Join(lines, "\n")
	if q.Next == q.URL {
		q.Next = ""
	}
	return q
}

// written is one line of the question that asks for a cookie. What stands before
// and after it in its row is kept, so that a repair can put the row together again.
type written struct {
	row           int
	before, after string
	text          string // the header's value, or what is assigned
	script        bool   // document.cookie
	url           string
	urlRow        int // where the address stands: a row, or -1 for the form's field
}

var (
	addressRow = regexp.MustCompile(`^\s*(?i:https?)://\S+\s*$`)
	headerRow  = regexp.MustCompile(`^(?i)([<\s]*set-cookie[ \t]*:[ \t]?)(.*)$`)
	scriptRow  = regexp.MustCompile(`^(\s*document\.cookie\s*=\s*(["'` + "`" + `]))(.*)(["'` + "`" + `]\s*;?\s*)$`)
	// otherHeader is what else stands in a response that someone pasted whole.
	otherHeader = regexp.MustCompile(`^[<>*\s]*(HTTP/[0-9.]+\s|[A-Za-z][A-Za-z0-9-]*:\s)`)
)

// read finds the lines of a question.
func (q Question) read() []written {
	rows := strings.Split(strings.ReplaceAll(q.Lines, "\r\n", "\n"), "\n")
	pasted := false
	for _, row := range rows {
		pasted = pasted || headerRow.MatchString(row)
	}
	var lines []written
	address, addressAt := complete(q.URL, ""), -1
	for i, row := range rows {
		line := written{row: i, text: row, url: address, urlRow: addressAt}
		switch {
		case strings.TrimSpace(row) == "":
			continue
		case addressRow.MatchString(row):
			address, addressAt = strings.TrimSpace(row), i
			continue
		case headerRow.MatchString(row):
			m := headerRow.FindStringSubmatch(row)
			line.before, line.text = m[1], m[2]
		case isScript(row):
			m := scriptRow.FindStringSubmatch(row)
			line.before, line.text, line.after, line.script = m[1], m[3], m[4], true
		case pasted && otherHeader.MatchString(row):
			continue
		}
		lines = append(lines, line)
	}
	return lines
}

// isScript reports whether a row assigns to document.cookie, in one kind of quotes.
func isScript(row string) bool {
	m := scriptRow.FindStringSubmatch(row)
	return m != nil && m[4][0] == m[2][0]
}

// complete makes an address absolute: a path is one of the site of base, and a bare
// host is meant with https.
func complete(address, base string) string {
	address = strings.TrimSpace(address)
	switch {
	case address == "":
		return base
	case strings.HasPrefix(address, "/") && base != "":
		if u, err := url.Parse(base); err == nil {
			return u.Scheme + "://" + u.Host + address
		}
	case !strings.Contains(address, "://"):
		return "https://" + address
	}
	return address
}

// maxWait is the longest that a question may wait, in seconds.
const maxWait = 1_000_000_000

// ask puts the question to the jar's terms.
func (q Question) ask(now time.Time, lines []written) jar.Question {
	asked := jar.Question{Now: now}
	page := jar.Request{Kind: q.SetKind}
	if q.SetKind != kindTyped {
		page.Initiator = complete(q.SetFrom, evilPage)
	}
	last := complete(q.URL, "")
	for _, line := range lines {
		step := jar.Step{Request: page, SetCookie: line.text}
		step.URL = line.url
		if line.script {
			step.Via = jar.ViaDOM
		}
		asked.Set = append(asked.Set, step)
		last = line.url
	}
	wait, err := strconv.ParseInt(q.Wait, 10, 64)
	if err != nil || wait < 0 {
		wait = 0
	}
	at := now.Add(time.Duration(min(wait, maxWait)) * time.Second)
	asked.Get.At, asked.Get.URL = &at, complete(q.Next, last)
	switch q.Kind {
	case kindTyped:
	case kindScript:
		asked.Get.Via = jar.ViaDOM
	default:
		asked.Get.Kind, asked.Get.Initiator = q.Kind, complete(q.From, evilPage)
	}
	return asked
}
