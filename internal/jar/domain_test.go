package jar

import "testing"

func TestTheRegistrableDomainIsOneLabelAboveTheSuffix(t *testing.T) {
	tests := map[string]string{
		"www.example.org": "example.org", "example.org": "example.org", "org": "", "example.org.": "example.org.",
		"a.b.co.uk": "b.co.uk", "co.uk": "", "me.github.io": "me.github.io", "github.io": "",
		"app.localhost": "app.localhost", "localhost": "", "intranet": "", "www.ck": "www.ck", "a.b.ck": "a.b.ck", "b.ck": "",
		"10.0.0.7": "", "[::1]": "", "": "",
	}
	for host, want := range tests {
		if got := registrable(host); got != want {
			t.Errorf("registrable(%q) = %q, want %q", host, got, want)
		}
	}
}

func TestADomainMatchesItselfAndWhatIsUnderIt(t *testing.T) {
	tests := []struct {
		host, domain string
		want         bool
	}{
		{"example.org", "example.org", true},
		{"www.example.org", "example.org", true},
		{"example.org", "www.example.org", false},
		{"notexample.org", "example.org", false},
		{"10.0.0.7", "0.0.7", false},
		{"10.0.0.7", "10.0.0.7", true},
		{"localhost.", "", false},
	}
	for _, tt := range tests {
		if got := matches(tt.host, tt.domain); got != tt.want {
			t.Errorf("matches(%q, %q) = %v, want %v", tt.host, tt.domain, got, tt.want)
		}
	}
}

func TestAPathMatchesByWholeSegments(t *testing.T) {
	tests := []struct {
		path, cookiePath string
		want             bool
	}{
		{"/", "/", true}, {"/a", "/", true}, {"/a", "/a", true}, {"/a/", "/a", true}, {"/a/b", "/a", true}, {"/a/b", "/a/", true},
		{"/ab", "/a", false}, {"/a", "/a/", false}, {"/A", "/a", false}, {"/a%2Fb", "/a", false},
	}
	for _, tt := range tests {
		if got := onPath(tt.path, tt.cookiePath); got != tt.want {
			t.Errorf("onPath(%q, %q) = %v, want %v", tt.path, tt.cookiePath, got, tt.want)
		}
	}
}
