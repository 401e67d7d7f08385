package take

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"cookielab/internal/world"
	"cookielab/templates"
)

// Curl is each request of a log as a line for a POSIX shell, which asks a server.
// Whatever the request holds, the shell sees one command and curl the octets that
// were meant.
func (l Log) Curl(w templates.Words, server *url.URL) []byte {
	var b strings.Builder
	remark := func(text string) { fmt.Fprintf(&b, "# %s\n", plainLine(text)) }
	remark(w.T("curl.title", "title", l.Title))
	remark(w.T("curl.server", "server", server.String()))
	if l.Live {
		remark(AboutValues(w, l))
	} else {
		remark(w.T("curl.world"))
	}
	last, n := -1, 0
	l.requests(func(chapter int, f Frame, _ string, e world.Exchange) {
		if f.Server.Absent {
			return // nobody sent it, and here is nobody who would answer as it supposes
		}
		b.WriteByte('\n')
		if c := l.Chapters[chapter]; chapter != last && c.Title != "" {
			remark("== " + l.heading(c))
			last = chapter
		}
		n++
		remark(strconv.Itoa(n) + " · " + f.Label)
		b.WriteString(curlLine(server, e.Request))
		b.WriteByte('\n')
	})
	if n == 0 {
		b.WriteByte('\n')
		remark(w.T("curl.none"))
	}
	return []byte(b.String())
}

// curlHeaders are those that a route may look at; the others curl sends by itself, or
// only a browser.
var curlHeaders = []string{"Accept-Language", "Content-Type", "Cookie", "Origin", "Referer"}

// curlLine is one request. Made-up hosts are led to this server, which speaks http,
// and so is the localhost of the time machine.
func curlLine(server *url.URL, r world.Request) string {
	at, err := url.Parse(r.URL)
	if err != nil {
		return "# " + plainLine(err.Error())
	}
	command := []string{"curl", "-i", "-X", r.Method}
	switch {
	case r.Method == http.MethodHead:
		command = []string{"curl", "--head"} // with -X HEAD it would wait for a body
	case !plainWord.MatchString(r.Method):
		command[3] = quoted(r.Method)
	}
	add := func(list ...string) { command = append(command, list...) }
	host := at.Host
	if at.Hostname() == "localhost" || at.Host == server.Host {
		host = server.Host
	} else {
		if at.Scheme == "https" && at.Port() == "" {
			host = at.Hostname()
		}
		add("--connect-to", quoted("::"+withPort(server)))
	}
	target := addressLine(r.URL)
	if strings.ContainsAny(target, "[]{}") {
		add("--globoff") // they are a pattern to curl
	}
	if strings.Contains(target, "/.") {
		add("--path-as-is")
	}
	typed := false
	for _, name := range curlHeaders {
		for _, h := range r.Headers {
			if !strings.EqualFold(h[0], name) {
				continue
			}
			line := name + ": " + headerValue(h[1])
			if headerValue(h[1]) == "" {
				line = name + ";" // an empty header, which curl would otherwise leave out
			}
			add("-H", quoted(line))
			typed = typed || name == "Content-Type"
		}
	}
	before := ""
	if r.Body != nil && r.Method != http.MethodHead {
		if !typed {
			add("-H", quoted("Content-Type:")) // or curl would name one
		}
		body := strings.ReplaceAll(*r.Body, "\x00", "")
		if strings.ContainsAny(body, "\r\n") {
			before = "printf %b " + quoted(escaped.Replace(body)) + " | "
			add("--data-binary", "@-")
		} else {
			add("--data-raw", quoted(body))
		}
	}
	add(quoted(server.Scheme + "://" + host + target))
	return before + strings.Join(command, " ")
}

var plainWord = regexp.MustCompile("^[A-Z]+$")

// escaped writes text for printf's %b so that it stays on one line.
var escaped = strings.NewReplacer(`\`, `\\`, "\r", `\r`, "\n", `\n`)

// withPort is a server's address with the port that http or https implies.
func withPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "80"
		if u.Scheme == "https" {
			port = "443"
		}
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// addressLine is path and query as a request line may have them: octets that it may
// not hold are percent-encoded.
func addressLine(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	at := strings.IndexAny(rest, "/?#")
	if at < 0 {
		return "/"
	}
	rest, _, _ = strings.Cut(rest[at:], "#")
	if !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	var b strings.Builder
	for i := range len(rest) {
		if c := rest[i]; c <= ' ' || c >= 0x7F {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// headerValue is a header's value without what would end the header or the argument.
func headerValue(value string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7F {
			return -1
		}
		return r
	}, value))
}

// plainLine is a text that ends no line.
func plainLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == '\u0085' || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
}

// quoted is a word as a POSIX shell reads it back: within single quotes nothing has a
// meaning but the quote that ends them (POSIX, Shell Command Language, 2.2.2).
func quoted(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
