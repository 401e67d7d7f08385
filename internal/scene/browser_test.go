package scene

import (
	"fmt"
	"slices"
	"testing"
)

func TestKeysAreToldApartByMoreThanColour(t *testing.T) {
	marks := map[string]bool{}
	for i := range 48 {
		m := KeyMark(fmt.Sprintf("%032d", i))
		if !slices.Contains(glyphs, m.Glyph) || m.Class < "k0" || m.Class > "k5" {
			t.Errorf("a key is marked %+v", m)
		}
		marks[m.Glyph+m.Class] = true
	}
	if len(marks) < 20 {
		t.Errorf("48 keys have %d marks between them", len(marks))
	}
}
