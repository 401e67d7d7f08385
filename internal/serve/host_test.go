package serve

import (
	"os"
	"testing"
)

func TestOnlyOwnNamesAreAllowed(t *testing.T) {
	own, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	hosts, err := NewHosts([]string{"lab.uni.test", "*.wild.test"})
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{
		"localhost": true, "localhost:8080": true, "LOCALHOST:1": true, "localhost.": true, "a.localhost:80": true, "a.b.localhost": true,
		"127.0.0.1": true, "127.0.0.1:8080": true, "192.168.1.7:80": true, "[::1]": true, "[::1]:8080": true, "[fe80::1%eth0]:80": true, "8.8.8.8": true,
		own: true, own + ":8080": true,
		"lab.uni.test": true, "Lab.Uni.Test:443": true, "lab.uni.test.": true, "a.wild.test": true, "a.b.wild.test:80": true,
		"": false, ":8080": false, "evil.example": false, "evil.example:8080": false, "localhost.evil.example": false, "evillocalhost": false, ".localhost": false,
		"wild.test": false, ".wild.test": false, "evilwild.test": false, "uni.test": false, "b.lab.uni.test": false,
		"127.0.0.1.evil.example": false, "127.1": false, "localhost:evil": false, "localhost:80:80": false,
	} {
		if got := hosts.Allow(host); got != want {
			t.Errorf("Allow(%q) = %v, want %v", host, got, want)
		}
	}
}

func TestANameThatIsNoneIsRefused(t *testing.T) {
	for _, name := range []string{"", "*", "*.", "*uni.test", "a.*.test", "http://uni.test", "uni.test:80", "a b"} {
		if _, err := NewHosts([]string{name}); err == nil {
			t.Errorf("-host %q is taken", name)
		}
	}
}
