package jar

import "testing"

// Reported by Chromium 156 over its DevTools protocol, plain http and https alike.
func TestTheWordsOfDevToolsAreChromiums(t *testing.T) {
	for name, test := range map[string]struct {
		why               Reason
		mode              string
		refused, withheld string
	}{
		"a form of another site, Lax":    {ReasonSameSite, "Lax", "SchemefulSameSiteLax", "SchemefulSameSiteLax"},
		"a link of another site, Strict": {ReasonSameSite, "Strict", "SchemefulSameSiteStrict", "SchemefulSameSiteStrict"},
		"an image of another site, unset": {ReasonSameSite, "", "SchemefulSameSiteUnspecifiedTreatedAsLax",
			"SchemefulSameSiteUnspecifiedTreatedAsLax"},
		"SameSite=None without Secure": {ReasonSameSite, "None", "SameSiteNoneInsecure", "SchemefulSameSiteNone"},
		"another path":                 {ReasonPath, "Lax", "", "NotOnPath"},
		"Secure over plain http":       {ReasonSecure, "", "SecureOnly", "SecureOnly"},
		"another site's Domain":        {ReasonDomain, "", "InvalidDomain", "DomainMismatch"},
		"a prefix":                     {ReasonPrefix, "", "InvalidPrefix", ""},
		"a Secure cookie is there":     {ReasonOverwriteSecure, "", "OverwriteSecure", ""},
		"a control character":          {ReasonSyntax, "", "DisallowedCharacter", ""},
		"nothing at all":               {ReasonEmpty, "", "NoCookieContent", ""},
		"no third parties":             {ReasonThirdParty, "Lax", "UserPreferences", "UserPreferences"},
		"a name that is none":          {ReasonName, "", "", ""},
	} {
		c := Cookie{SameSite: test.mode}
		if refused, withheld := DevToolsRefused(test.why, c), DevToolsWithheld(test.why, c); refused != test.refused || withheld != test.withheld {
			t.Errorf("%s: refused %q, withheld %q, want %q, %q", name, refused, withheld, test.refused, test.withheld)
		}
	}
}
