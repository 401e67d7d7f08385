package jar

// devTools is how Chromium's developer tools and its protocol call a reason
// (Network.SetCookieBlockedReason, Network.CookieBlockedReason), as Chromium 156 was
// seen to report it. A reason that is not here is not told there at all.
var devTools = map[Reason]struct{ refused, withheld string }{
	ReasonPath:            {"", "NotOnPath"},
	ReasonDomain:          {"InvalidDomain", "DomainMismatch"},
	ReasonPublicSuffix:    {"InvalidDomain", ""},
	ReasonSecure:          {"SecureOnly", "SecureOnly"},
	ReasonSameSite:        {sameSiteWord, sameSiteWord}, // and the mode
	ReasonPrefix:          {"InvalidPrefix", ""},
	ReasonSize:            {"NameValuePairExceedsMaxSize", ""},
	ReasonSyntax:          {"DisallowedCharacter", ""},
	ReasonEmpty:           {"NoCookieContent", ""},
	ReasonOverwriteSecure: {"OverwriteSecure", ""},
	ReasonThirdParty:      {"UserPreferences", "UserPreferences"},
	Blocked:               {"", "UserPreferences"},
}

// sameSiteWord begins the word for a cookie that SameSite keeps back. The protocol
// knows SameSiteLax too, but Chromium counts the scheme as part of the site, and then
// says "schemeful" of every cross-site request, not only of one between http and https.
const sameSiteWord = "SchemefulSameSite"

// DevToolsRefused is the word that Chromium's developer tools give for a cookie that
// was not stored, "" where they give none.
func DevToolsRefused(why Reason, c Cookie) string {
	if why == ReasonSameSite && c.SameSite == "None" {
		return "SameSiteNoneInsecure"
	}
	return withMode(devTools[why].refused, c)
}

// DevToolsWithheld is the same for a cookie that is stored and was not sent.
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
