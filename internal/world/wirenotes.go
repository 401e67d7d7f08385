package world

import (
	"net/http"
	"strconv"
	"strings"

	"cookielab/internal/jar"
	"cookielab/internal/session"
)

// wireNotes returns the notes on what the request sent and how the server answered.
func wireNotes(o Observation) []Note {
	if o.Exchange == nil {
		if o.Action.Do == "script" && o.Action.Set == nil && o.Sent != nil {
			return append(scriptRead(o), withheld(o)...)
		}
		return nil
	}
	notes := append(sent(o), withheld(o)...)
	return append(notes, answer(o)...)
}

func sent(o Observation) []Note {
	var notes []Note
	if o.Sent != nil {
		notes = make([]Note, 0, len(o.Sent.Cookies)+len(o.Sent.Withheld)+4)
		for _, c := range o.Sent.Cookies {
			notes = append(notes, o.cookie("sent", "", c))
		}
	} else {
		for _, p := range jar.Pairs(strings.Join(cookieLines(*o.Exchange), ";")) {
			notes = append(notes, o.cookie("sent", "", jar.Cookie{Name: p.Name, Value: p.Value}))
		}
	}
	if len(notes) == 0 {
		notes = append(notes, o.cookie("none-sent", "", jar.Cookie{}))
	}
	return notes
}

// cookieLines returns the Cookie header lines of a request.
func cookieLines(e Exchange) []string {
	var lines []string
	for _, h := range e.Request.Headers {
		if h[0] == "Cookie" {
			lines = append(lines, h[1])
		}
	}
	return lines
}

func withheld(o Observation) []Note {
	if o.Sent == nil {
		return nil
	}
	var notes []Note
	for _, h := range o.Sent.Withheld {
		notes = append(notes, o.cookie("withheld", string(h.Reason), h.Cookie))
	}
	return notes
}

func scriptRead(o Observation) []Note {
	n := Note{Code: "script-read", Browser: o.Browser, Reason: "some", Vars: Vars{{"value", short(o.Sent.Header)}}}
	if o.Sent.Header == "" {
		n.Reason = "nothing"
	}
	return []Note{n}
}

// answer returns the note on a status other than 200. The text of a bad request is in the
// response's body.
func answer(o Observation) []Note {
	code := ""
	switch status := o.Exchange.Response.Status; status {
	case http.StatusInternalServerError:
		return keyError(o)
	case http.StatusBadRequest:
		if key := sentKey(*o.Exchange); o.Loaded != nil && usable(o.Loaded, key, o.Now) && !exists(o.Rows, key) {
			return []Note{o.row("interrupted", "", session.Row{Key: key, Expires: o.Now})}
		}
		code = "bad-request"
	case http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		code = "bad-request"
	case http.StatusNotFound:
		code = "not-found"
	case http.StatusMethodNotAllowed:
		code = "wrong-method"
	case http.StatusServiceUnavailable:
		code = "unavailable"
	default:
		return nil
	}
	return []Note{{Code: code, Browser: o.Browser, Vars: Vars{
		{"status", strconv.Itoa(o.Exchange.Response.Status)}, {"method", o.Exchange.Request.Method},
	}}}
}

// keyError returns the note on a 500, which is always a KeyError. The body is Python's
// line: KeyError: 'age'.
func keyError(o Observation) []Note {
	_, name, found := strings.Cut(o.Exchange.Response.Body, "KeyError: ")
	if name = strings.TrimSpace(name); !found || len(name) < 2 {
		return nil
	}
	name = name[1 : len(name)-1] // without the quotes of repr()
	n := Note{Code: "key-error", Browser: o.Browser, Key: name, Reason: "session", Vars: Vars{{"entry", short(name)}}}
	if o.route() == "get_cookie" {
		n.Key, n.Cookie, n.Reason = "", name, "cookie"
	}
	return []Note{n}
}
