package handlers

import (
	"golang.org/x/text/language"
)

var languages = language.NewMatcher([]language.Tag{
	language.English, // the first is what nothing matches
	language.SimplifiedChinese,
	language.TraditionalChinese,
})

// preferredLanguage is zh or en, by an Accept-Language header.
func preferredLanguage(header string) string {
	if header == "" {
		return "en"
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return "en"
	}
	if _, index, _ := languages.Match(tags...); index > 0 {
		return "zh"
	}
	return "en"
}
