package session_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cookielab/internal/session"
)

func TestValueIsStoredAsJSON(t *testing.T) {
	tests := map[string]struct {
		value any
		json  string
		back  any // what Value returns; nil means the same as value
	}{
		"text":             {"fan", `"fan"`, nil},
		"empty text":       {"", `""`, nil},
		"Chinese":          {"中文😀", `"中文😀"`, nil},
		"quotes":           {`a"b\c`, `"a\"b\\c"`, nil},
		"controls":         {"\x00\n\x7f", "\"\\u0000\\n\x7f\"", nil},
		"markup":           {"<b>&amp;</b>", `"<b>&amp;</b>"`, nil},
		"not UTF-8":        {"a\xffb", `"a\ufffdb"`, "a\ufffdb"},
		"text of a number": {"18", `"18"`, nil},
		"int":              {18, "18", int64(18)},
		"int64":            {int64(-1 << 63), "-9223372036854775808", nil},
		"large number":     {json.Number("123456789012345678901234567890"), "123456789012345678901234567890", nil},
		"fraction":         {json.Number("0.10"), "0.10", nil},
		"float":            {1.5, "1.5", json.Number("1.5")},
		"true":             {true, "true", nil},
		"nothing":          {nil, "null", nil},
		"list":             {[]any{"a", json.Number("1")}, `["a",1]`, nil},
		"dict":             {map[string]any{"n": map[string]any{}}, `{"n":{}}`, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			entry, err := session.NewEntry("k", test.value)
			if entry.JSON != test.json || err != nil {
				t.Fatalf("NewEntry(%v) = %s, %v, want %s", test.value, entry.JSON, err, test.json)
			}
			want := test.back
			if want == nil {
				want = test.value
			}
			if got := entry.Value(); !reflect.DeepEqual(got, want) {
				t.Errorf("Value() of %s = %#v, want %#v", entry.JSON, got, want)
			}
		})
	}
}

func TestWhatJSONCannotSayIsRefusedAtOnce(t *testing.T) {
	l := newLab(t, session.NewMemory())
	s := l.request()
	for _, value := range []any{math.Inf(1), make(chan int), func() {}} {
		if err := s.Set("k", value); err == nil {
			t.Errorf("Set(%T) = nil, want an error", value)
		}
	}
	l.wantState(s, false, false)
}

func TestRowIsTakenApart(t *testing.T) {
	type entries = []session.Entry
	tests := map[string]struct {
		data string
		want entries // nil: does not decode
	}{
		"empty object":         {`{}`, entries{}},
		"in order":             {`{"username":"fan","age":18}`, entries{{"username", `"fan"`}, {"age", "18"}}},
		"blanks everywhere":    {" {\n\t\"a\" : 1 ,\r\n \"b\" : \"c\" } \n", entries{{"a", "1"}, {"b", `"c"`}}},
		"nested":               {`{"a":{"b":[1,{"c":"}]"}]},"d":[[]]}`, entries{{"a", `{"b":[1,{"c":"}]"}]}`}, {"d", "[[]]"}}},
		"escapes":              {`{"\u540d\"\\":"\",:}\\"}`, entries{{`名"\`, `"\",:}\\"`}}},
		"words and numbers":    {`{"a":true,"b":null,"c":-1.5e3 }`, entries{{"a", "true"}, {"b", "null"}, {"c", "-1.5e3"}}},
		"the last of two":      {`{"a":1,"b":2,"a":3}`, entries{{"a", "3"}, {"b", "2"}}},
		"an empty key":         {`{"":1}`, entries{{"", "1"}}},
		"nothing":              {``, nil},
		"blanks":               {`  `, nil},
		"cut off":              {`{"a":1`, nil},
		"two objects":          {`{}{}`, nil},
		"garbage":              {`garbage`, nil},
		"null":                 {`null`, nil},
		"a list":               {`[1]`, nil},
		"a number":             {`18`, nil},
		"a text":               {`"{}"`, nil},
		"a comma too many":     {`{"a":1,}`, nil},
		"no end":               {`{"a":"b"`, nil},
		"something after it":   {`{"a":1}1`, nil},
		"a leading zero":       {`{"a":01}`, nil},
		"a lone minus":         {`{"a":-}`, nil},
		"a control character":  {"{\"a\":\"\n\"}", nil},
		"not UTF-8":            {"{\"a\":\"\xff\"}", nil},
		"nested without bound": {`{"a":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + "}", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			row := session.Row{Key: "k", Data: test.data, Expires: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)}
			got, ok := row.Entries()
			if ok != (test.want != nil) || len(got) != len(test.want) || ok && !reflect.DeepEqual(entries(got), test.want) {
				t.Errorf("Entries() of %.60s = %v, %v, want %v", test.data, got, ok, test.want)
			}
			data := "null"
			if ok {
				data = compact(t, test.data)
			}
			want := `{"key":"k","data":` + data + `,"expires":"2026-01-15T00:00:00Z"}`
			if text, err := json.Marshal(row); string(text) != want || err != nil {
				t.Errorf("as JSON = %s, %v, want %s", text, err, want)
			}
		})
	}
}

func compact(t *testing.T, text string) string {
	t.Helper()
	out, err := json.Marshal(json.RawMessage(text))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// FuzzEntries compares with encoding/json, which does not keep the order of keys.
func FuzzEntries(f *testing.F) {
	for _, seed := range []string{
		`{"a":1}`, `{"a":{"b":[1,"}"]},"c":"\""}`, ` { "\u0061" : -1e5 , "a":null } `, `[]`, "{\"\xff\":1}", `{"a":"\ud800"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var want map[string]json.RawMessage
		wantOK := utf8.ValidString(text) && json.Unmarshal([]byte(text), &want) == nil && want != nil
		entries, ok := session.Row{Data: text}.Entries()
		if ok != wantOK || len(entries) != len(want) {
			t.Fatalf("Entries() of %q = %q, %v, want %q, %v", text, entries, ok, want, wantOK)
		}
		for _, e := range entries {
			if e.JSON != string(want[e.Key]) {
				t.Errorf("in %q, %q is %q, want %q", text, e.Key, e.JSON, want[e.Key])
			}
			var value any
			d := json.NewDecoder(strings.NewReader(e.JSON))
			d.UseNumber()
			if err := d.Decode(&value); err != nil {
				t.Fatal(err)
			}
			got := e.Value()
			if n, isInt := got.(int64); isInt {
				var same int64
				if err := json.Unmarshal([]byte(e.JSON), &same); err != nil || n != same {
					t.Errorf("Value() of %s = %d", e.JSON, n)
				}
			} else if !reflect.DeepEqual(got, value) {
				t.Errorf("Value() of %s = %#v, want %#v", e.JSON, got, value)
			}
		}
	})
}

func TestKeyErrorIsWrittenAsPythonDoes(t *testing.T) {
	tests := map[string]string{ // from Python 3.11's repr()
		"age":                  `'age'`,
		"":                     `''`,
		"it's":                 `"it's"`,
		`say "x"`:              `'say "x"'`,
		`it's "x"`:             `'it\'s "x"'`,
		`a\b`:                  `'a\\b'`,
		"a\tb\nc\rd":           `'a\tb\nc\rd'`,
		"\x00\x1b\x7f":         `'\x00\x1b\x7f'`,
		"\u0080\u00a0\u00ad":   `'\x80\xa0\xad'`,
		"名é😀":                  `'名é😀'`,
		"\u200b\u2028\u3000":   `'\u200b\u2028\u3000'`,
		"\ue000\U0001f1e6":     `'\ue000🇦'`,
		"\U000e0001\U0010ffff": `'\U000e0001\U0010ffff'`,
		"a b":                  `'a b'`,
		"%s {0} $x":            `'%s {0} $x'`,
	}
	for key, want := range tests {
		var err error = session.KeyError{Key: key}
		if got := err.Error(); got != "KeyError: "+want {
			t.Errorf("KeyError of %q = %s, want %s", key, got, want)
		}
	}
	if !errors.Is(session.KeyError{Key: "a"}, session.KeyError{Key: "a"}) || errors.Is(session.KeyError{Key: "a"}, session.KeyError{Key: "b"}) {
		t.Error("KeyErrors do not compare by their key")
	}
}
