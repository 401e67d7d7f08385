package scene

import (
	"fmt"
	"slices"
	"testing"
)

func TestKeysAreToldApartByMoreThanColour(t *testing.T) {
	badges := map[string]bool{}
	for i := range 48 {
		m := keyBadge(fmt.Sprintf("%032d", i))
		if !slices.Contains(glyphs, m.Glyph) || m.Class < "k0" || m.Class > "k5" {
			t.Errorf("the badge of a key is %+v", m)
		}
		badges[m.Glyph+m.Class] = true
	}
	if len(badges) < 20 {
		t.Errorf("48 keys have %d badges between them", len(badges))
	}
}
