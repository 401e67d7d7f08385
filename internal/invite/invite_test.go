package invite

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestAClassroomsNetworkComesFirst(t *testing.T) {
	var all, want []netip.Addr
	for _, ip := range []string{"127.0.0.1", "::1", "fd00::5", "8.8.8.8", "169.254.3.4", "fe80::1", "192.168.1.20", "10.0.0.3"} {
		all = append(all, netip.MustParseAddr(ip))
	}
	for _, ip := range []string{"192.168.1.20", "10.0.0.3", "8.8.8.8", "fd00::5"} {
		want = append(want, netip.MustParseAddr(ip))
	}
	if got := useful(all); !slices.Equal(got, want) {
		t.Errorf("useful are %v, want %v", got, want)
	}
}

func TestHostStandsInAnAddress(t *testing.T) {
	for want, c := range map[string][2]string{
		"192.168.1.20:8080": {"192.168.1.20", "8080"}, "192.168.1.20": {"192.168.1.20", ""},
		"[fd00::5]:8080": {"fd00::5", "8080"}, "[fd00::5]": {"fd00::5", ""},
	} {
		if got := Host(netip.MustParseAddr(c[0]), c[1]); got != want {
			t.Errorf("Host(%s, %q) = %s, want %s", c[0], c[1], got, want)
		}
	}
}

// Both drawings have the same dark modules as the code itself.
func TestBothDrawingsAreTheCode(t *testing.T) {
	code, err := Encode("http://192.168.1.20:8080/c/k7m4qx")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(code.String(), "\n"), "\n")
	dark := 0
	for y := range code.Size {
		row := []rune(lines[y/2])
		if len(row) != code.Size {
			t.Fatalf("line %d has %d characters, want %d", y/2, len(row), code.Size)
		}
		for x, c := range row {
			drawn := c == ' ' || c == '▄' && y%2 == 0 || c == '▀' && y%2 == 1
			if drawn != code.dark(x, y) {
				t.Fatalf("the module %d, %d is drawn %v", x, y, drawn)
			}
			if drawn {
				dark++
			}
		}
	}
	runs := 0
	for _, move := range strings.Split(code.Path(), "M")[1:] {
		_, after, _ := strings.Cut(move, "h")
		length, _, _ := strings.Cut(after, "v")
		n, err := strconv.Atoi(length)
		if err != nil {
			t.Fatal(err)
		}
		runs += n
	}
	if runs != dark || dark == 0 {
		t.Errorf("the path covers %d modules, %d are dark", runs, dark)
	}
}
