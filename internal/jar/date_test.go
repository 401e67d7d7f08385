package jar

import (
	"fmt"
	"testing"
	"time"
)

func TestDatesAreReadGenerously(t *testing.T) {
	tests := map[string]string{
		"Wed, 09 Jun 2021 10:18:14 GMT":       "2021-06-09T10:18:14Z",
		"Wednesday, 09-Jun-21 10:18:14 GMT":   "2021-06-09T10:18:14Z",
		"Wed Jun  9 10:18:14 2021":            "2021-06-09T10:18:14Z",
		"9 Juneteenth 21 10:18:14 PST+1":      "2021-06-09T10:18:14Z",
		"\"10:18:14, 2021/9(jun)\"":           "2021-06-09T10:18:14Z",
		"9 Jun 21 7:2:2 23:59:59":             "2021-06-09T07:02:02Z",
		"9 Jun 69 00:00:00":                   "2069-06-09T00:00:00Z",
		"9 Jun 70 00:00:00":                   "1970-06-09T00:00:00Z",
		"9 Jun 9 0:0:0":                       "2009-06-09T00:00:00Z",
		"9 Jun 150 0:0:0":                     "0150-06-09T00:00:00Z",
		"29 Feb 2024 0:0:0":                   "2024-02-29T00:00:00Z",
		"29 Feb 2023 0:0:0":                   "",
		"0 Jun 2021 0:0:0":                    "",
		"9 Jun 2021 10:00:60":                 "",
		"9 Jun 2021 24:00:00":                 "",
		"9 Jun 2021 00:00":                    "",
		"9 Jun 2021 00:00:00:00":              "",
		"9 Jun 2021 00::00":                   "",
		"9th Jun 2021 00:00:00":               "",
		"9 Jux 2021 00:00:00":                 "",
		"9 Jun 123456 00:00:00":               "",
		"9 Jun 2021":                          "",
		"":                                    "",
		"9 Jun 2021 99999999999999999999:0:0": "",
	}
	for in, want := range tests {
		got := ""
		if at, ok := parseDate(in); ok {
			got = at.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("parseDate(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMaxAgeMayHaveAnyLength(t *testing.T) {
	tests := map[string]string{
		"60": "60", "+60": "60", "-1": "-1", "007": "7", "-0": "0",
		"99999999999999999999": "9223372036854775807", "-99999999999999999999": "-9223372036854775808",
		"99999999999999999999 s": "9223372036854775807", // too much before the blank
		"":                       "", "-": "", "+-1": "", "--1": "", "1e3": "", "60s": "", "1_0": "", "0x1": "", "٣": "",
	}
	for in, want := range tests {
		got := ""
		if n, ok := parseMaxAge(in); ok {
			got = fmt.Sprint(n)
		}
		if got != want {
			t.Errorf("parseMaxAge(%q) = %q, want %q", in, got, want)
		}
	}
}
