package templates

import "golang.org/x/text/language"

var preferences = language.NewMatcher([]language.Tag{
	language.English, // the first is what nothing matches
	language.SimplifiedChinese,
	language.TraditionalChinese,
})

// Preferred is the language of the site that a browser prefers, by the value of its
// Accept-Language header (RFC 9110, section 12.5.4): zh or en, and en where the header
// is empty, cannot be read or names neither.
func Preferred(acceptLanguage string) string {
	if acceptLanguage == "" {
		return "en"
	}
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 {
		return "en"
	}
	if _, index, _ := preferences.Match(tags...); index > 0 {
		return "zh"
	}
	return "en"
}
