package world

import "slices"

// Kind is a kind of note: its code, its possible reasons, and the variables that its text
// may use besides browser. The message files need one text for each reason, or one for
// the code.
type Kind struct {
	Code    string
	Reasons []string // empty if there is only the code; a case follows after a dot
	Vars    []string
}

var (
	ofCookie = []string{"cookie", "value", "pair", "domain", "path", "expires", "host", "here"}
	ofRow    = []string{"key", "expires"}
)

// Kinds are all kinds of notes, the most important first. A frame's first note is
// displayed above it.
var Kinds = []Kind{
	// Surprising results.
	{"interrupted", nil, ofRow},
	{"lost-update", nil, append([]string{"entries"}, ofRow...)},
	{"key-error", []string{"cookie", "session"}, []string{"entry"}},
	{"refused", []string{
		"domain", "public-suffix", "secure", "samesite", "samesite.none", "http-only", "prefix", "size", "syntax", "empty", "name",
		"overwrite-secure", "overwrite-http-only", "partitioned", "third-party",
		"blocked", // by a real browser, without a reason in the rules
	}, ofCookie},
	{"key-refused", []string{"unknown", "expired", "short"}, []string{"key"}},
	{"unavailable", nil, nil},
	{"bad-request", nil, []string{"status"}},
	{"not-found", nil, []string{"status"}},
	{"wrong-method", nil, []string{"status", "method"}},
	{"nothing-to-copy", nil, []string{"cookie", "from"}},
	{"nothing-to-delete", []string{"path", "domain", "nothing"}, ofCookie},
	{"no-row", nil, []string{"key"}},
	// Changes in the table.
	{"row-created", []string{"first-write", "not-adopted", "cycle", "empty"}, ofRow},
	{"row-deleted", []string{"flush", "cycle", "by-hand", "purge"}, ofRow},
	{"row-unreadable", nil, ofRow},
	{"row-expired", []string{"time", "negative", "by-hand"}, ofRow},
	{"row-changed", []string{"set", "del", "clear", "expiry", "expiry-zero", "expiry-none", "repaired"}, append([]string{"entries"}, ofRow...)},
	{"row-damaged", nil, ofRow},
	{"row-dated", nil, ofRow},
	{"row-renewed", nil, ofRow},
	// Changes in the jar.
	{"expired", []string{"age"}, ofCookie},
	{"deleted", []string{"server", "script", "by-hand", "closed"}, ofCookie},
	{"stored", []string{"session", "age", "by-hand", "copied"}, append([]string{"from"}, ofCookie...)},
	{"replaced", []string{"new-key", "age-lost", "age-given", "value", "renewed", "same", "by-hand", "copied"}, append([]string{"from", "old"}, ofCookie...)},
	{"evicted", []string{"evicted"}, ofCookie},
	// What did not happen, or cannot be seen.
	{"key-shared", nil, []string{"key", "others"}},
	{"row-read", nil, ofRow},
	{"row-unchanged", []string{"error", "idle"}, ofRow},
	{"row-kept", []string{"closed", "deleted", "replaced", "expired"}, ofRow},
	{"withheld", []string{"path", "domain", "secure", "samesite", "http-only", "partitioned", "third-party"}, ofCookie},
	// Ordinary events.
	{"script-read", []string{"some", "nothing"}, []string{"value"}},
	{"sent", nil, ofCookie},
	{"none-sent", nil, []string{"host"}},
	{"kept", []string{"age"}, ofCookie},
	{"browser-closed", []string{"some", "none"}, nil},
	{"nothing-purged", nil, nil},
	{"time-passed", []string{"second", "seconds", "minute", "minutes", "hour", "hours", "day", "days"}, []string{"n", "now"}},
}

func rank(code string) int {
	return slices.IndexFunc(Kinds, func(k Kind) bool { return k.Code == code })
}
