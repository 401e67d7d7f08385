package scene

import (
	"strings"
	"testing"

	"cookielab/templates"
)

func textOf(pieces []templates.Piece) string {
	var text strings.Builder
	for _, p := range pieces {
		text.WriteString(p.Text)
		if p.Badge != nil {
			text.WriteString(p.Badge.Short)
		}
	}
	return text.String()
}

// A line is drawn completely and in few pieces, however many pairs or attributes it has;
// a session key is never drawn whole.
func TestALongLineIsDrawnInFewPieces(t *testing.T) {
	const key = "abcdefghijklmnopqrstuvwxyz012345"
	many := strings.Repeat("a=1; ", 2000)
	pieces := CookiePieces(many + "sessionid=" + key + "; " + many + "b=2")
	if want := many + "sessionid=" + keyBadge(key).Short + "; " + many + "b=2"; textOf(pieces) != want {
		t.Errorf("the line reads %.80q…, %d octets; want %d", textOf(pieces), len(textOf(pieces)), len(want))
	}
	if most := 2*mostPieces + 4; len(pieces) > most {
		t.Errorf("4002 pairs are %d pieces, want at most %d", len(pieces), most)
	}
	line := "a=1; Path=/" + strings.Repeat("; x", 2000)
	pieces = setCookiePieces(line)
	if most := 2*mostPieces + 1; textOf(pieces) != line || len(pieces) > most {
		t.Errorf("2001 attributes are %d pieces that read %.80q…, want at most %d", len(pieces), textOf(pieces), most)
	}
}
