package jar

// devTools maps a reason to the word of Chromium's DevTools and its protocol
// (Network.SetCookieBlockedReason, Network.CookieBlockedReason), as reported by Chromium
// 156. For a reason that is missing here DevTools show no word.
var devTools = map[Reason]struct{ refused, withheld string }{
	ReasonPath:            {"", "NotOnPath"},
	ReasonDomain:          {"InvalidDomain", "DomainMismatch"},
	ReasonPublicSuffix:    {"InvalidDomain", ""},
	ReasonSecure:          {"SecureOnly", "SecureOnly"},
	ReasonSameSite:        {sameSiteWord, sameSiteWord}, // followed by the mode
	ReasonPrefix:          {"InvalidPrefix", ""},
	ReasonSize:            {"NameValuePairExceedsMaxSize", ""},
	ReasonSyntax:          {"DisallowedCharacter", ""},
	ReasonEmpty:           {"NoCookieContent", ""},
	ReasonOverwriteSecure: {"OverwriteSecure", ""},
	ReasonThirdParty:      {"UserPreferences", "UserPreferences"},
	Blocked:               {"", "UserPreferences"},
}

// sameSiteWord begins the word for a cookie blocked by SameSite. The protocol also has
// SameSiteLax, but Chromium counts the scheme as part of the site and reports the
// "Schemeful" word for every cross-site request.
const sameSiteWord = "SchemefulSameSite"

// DevToolsRefused is the word that Chromium's developer tools give for a cookie that
// was not stored, "" where they give none.
func DevToolsRefused(why Reason, c Cookie) string {
	if why == ReasonSameSite && c.SameSite == "None" {
		return "SameSiteNoneInsecure"
	}
	return withMode(devTools[why].refused, c)
}

// DevToolsWithheld is the word for a cookie that is stored but was not sent, or "".
func DevToolsWithheld(why Reason, c Cookie) string {
	return withMode(devTools[why].withheld, c)
}

func withMode(word string, c Cookie) string {
	switch {
	case word != sameSiteWord:
		return word
	case c.SameSite == "":
		return word + "UnspecifiedTreatedAsLax"
	}
	return word + c.SameSite
}
