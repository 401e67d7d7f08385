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

// Curl returns each request of a log as a curl command for a POSIX shell, addressed to a
// server. Whatever a request contains, the shell runs one command and curl sends the same
// octets.
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
			return // an answer of the jar model: nothing was sent, and no server would answer it
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

// curlHeaders are the headers that a route may read. The others curl sends by itself, or
// only a browser sends.
var curlHeaders = []string{"Accept-Language", "Content-Type", "Cookie", "Origin", "Referer"}

// curlLine returns one request as a command. Made-up hosts, and the time machine's
// localhost, are directed to this server, which speaks http.
func curlLine(server *url.URL, r world.Request) string {
	at, err := url.Parse(r.URL)
	if err != nil {
		return "# " + plainLine(err.Error())
	}
	command := []string{"curl", "-i", "-X", r.Method}
	switch {
	case r.Method == http.MethodHead:
		command = []string{"curl", "--head"} // with -X HEAD curl would wait for a body
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
		add("--globoff") // curl would take them as a pattern
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
				line = name + ";" // the syntax for an empty header, which curl would otherwise remove
			}
			add("-H", quoted(line))
			typed = typed || name == "Content-Type"
		}
	}
	before := ""
	if r.Body != nil && r.Method != http.MethodHead {
		if !typed {
			add("-H", quoted("Content-Type:")) // curl would otherwise add one
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

// escaped escapes text for printf's %b, so that it stays on one line.
var escaped = strings.NewReplacer(`\`, `\\`, "\r", `\r`, "\n", `\n`)

// withPort returns a server's host with its port, the default one included.
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

// addressLine returns path and query as allowed in a request line: other octets are
// percent-encoded.
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

// headerValue removes from a header's value what would end the header or the argument.
func headerValue(value string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7F {
			return -1
		}
		return r
	}, value))
}

// plainLine removes line breaks from a text.
func plainLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == '\u0085' || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
}

// quoted quotes a word for a POSIX shell: within single quotes only the closing quote has
// a meaning (POSIX, Shell Command Language, 2.2.2).
func quoted(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
