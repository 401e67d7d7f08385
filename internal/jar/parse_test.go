package jar

import (
	"strings"
	"testing"
)

// anatomy writes parts as "kind[text]effect", "!" before what is not used;
// separators are left out.
func anatomy(parts []Part) string {
	var all []string
	for _, p := range parts {
		if p.Kind == PartSeparator {
			continue
		}
		used := ""
		if !p.Used {
			used = "!"
		}
		all = append(all, used+p.Kind+"["+p.Text+"]"+p.Effect)
	}
	return strings.Join(all, " ")
}

func TestEachPieceOfALineIsExplained(t *testing.T) {
	long := "x=" + strings.Repeat("y", maxAttribute+1)
	tests := map[string]struct{ on, line, want string }{
		"all in use": {shop, "a=b; Path=/x; Domain=shop.example; Secure; HttpOnly; SameSite=Lax; Max-Age=60; Partitioned; Priority=High",
			"name[a] value[b] attribute[Path=/x] attribute[Domain=shop.example] attribute[Secure] attribute[HttpOnly] attribute[SameSite=Lax] attribute[Max-Age=60] attribute[Partitioned] attribute[Priority=High]"},
		"blanks":                     {shop, " a = b ; Path = /x ;", "name[a] value[b] attribute[Path = /x]"},
		"nameless":                   {shop, "token; Secure", "value[token] attribute[Secure]"},
		"unknown":                    {shop, "a=b; Max Age=60; Version=1", "name[a] value[b] !attribute[Max Age=60]unknown !attribute[Version=1]unknown"},
		"only ASCII letters fold":    {shop, "a=b; ſecure; Path=/", "name[a] value[b] !attribute[ſecure]unknown attribute[Path=/]"},
		"the last one counts":        {shop, "a=b; Path=/x; path=/y; PATH=/z", "name[a] value[b] !attribute[Path=/x]overridden !attribute[path=/y]overridden attribute[PATH=/z]"},
		"too long":                   {shop, "a=b; " + long, "name[a] value[b] !attribute[" + long + "]too-long"},
		"no date":                    {shop, "a=b; Expires=tomorrow", "name[a] value[b] !attribute[Expires=tomorrow]not-a-date"},
		"no number":                  {shop, "a=b; Max-Age=1h; Expires=1 Jun 2026 0:0:0", "name[a] value[b] !attribute[Max-Age=1h]not-a-number attribute[Expires=1 Jun 2026 0:0:0]"},
		"Max-Age wins":               {shop, "a=b; Expires=1 Jun 2026 0:0:0; Max-Age=60", "name[a] value[b] !attribute[Expires=1 Jun 2026 0:0:0]max-age-wins attribute[Max-Age=60]"},
		"400 days":                   {shop, "a=b; Max-Age=99999999", "name[a] value[b] attribute[Max-Age=99999999]capped"},
		"in the past":                {shop, "a=b; Expires=1 Jun 1999 0:0:0", "name[a] value[b] attribute[Expires=1 Jun 1999 0:0:0]deletes"},
		"ending now":                 {shop, "a=b; Expires=1 Jan 2026 0:0:0", "name[a] value[b] attribute[Expires=1 Jan 2026 0:0:0]deletes"},
		"leading dot":                {shop, "a=b; Domain=.shop.example", "name[a] value[b] attribute[Domain=.shop.example]dot"},
		"empty domain":               {shop, "a=b; Domain=", "name[a] value[b] attribute[Domain=]host-only"},
		"own address":                {local, "a=b; Domain=localhost", "name[a] value[b] attribute[Domain=localhost]host-only"},
		"path without slash":         {shop, "a=b; Path=x", "name[a] value[b] !attribute[Path=x]default-path"},
		"unknown mode":               {shop, "a=b; SameSite=Loose; Priority=Top", "name[a] value[b] !attribute[SameSite=Loose]not-a-mode !attribute[Priority=Top]not-a-mode"},
		"control characters":         {shop, "a=b; Path=/\x01", "name[a] value[b] !attribute[Path=/\x01]control"},
		"the culprit: Secure":        {plain, "a=b; Secure", "name[a] value[b] !attribute[Secure]refused"},
		"the culprit: Domain":        {shop, "a=b; Domain=evil.example", "name[a] value[b] !attribute[Domain=evil.example]refused"},
		"the culprit: the name":      {shop, "__Host-a=b", "!name[__Host-a]refused value[b]"},
		"the culprit: SameSite":      {shop, "a=b; SameSite=None", "name[a] value[b] !attribute[SameSite=None]refused"},
		"the culprit: HttpOnly":      {shop + " dom", "a=b; HttpOnly", "name[a] value[b] !attribute[HttpOnly]refused"},
		"a line that ends too early": {shop, "a=b; Path=/\r\nX: y", "name[a] value[b] attribute[Path=/] !lost[\r\nX: y]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := New(Profile{}).Set(start, request(t, tt.on), tt.line)
			if got := anatomy(d.Parts); got != tt.want {
				t.Errorf("parts of %q =\n%s, want\n%s", tt.line, got, tt.want)
			}
			if got := join(d.Parts); got != tt.line {
				t.Errorf("parts of %q join to %q", tt.line, got)
			}
		})
	}
}

func join(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
	}
	return b.String()
}
