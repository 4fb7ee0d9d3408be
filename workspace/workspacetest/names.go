package workspacetest

import (
	"crypto/rand"
	"strings"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// random returns letters and digits that nobody else has.
func random() string { return strings.ToLower(rand.Text())[:12] }

// newName returns a name that nobody else has; where a rule has room for it, it ends with label.
func newName(r driver.NameRule, label string) string {
	name := conformance.Spell(r.Alphabet, "wst"+random()+label)
	if limit := conformance.Longest(r); limit > 0 && len(name) > limit {
		return name[:limit]
	}
	return name
}

// alike returns another id of the same shape.
func alike(id string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case '0' <= r && r <= '9':
			return '9' - r + '0'
		case 'a' <= r && r <= 'z':
			return 'z' - r + 'a'
		}
		return r
	}, id)
}

// atLimit returns a name that begins with text and is as long as a rule lets it, and the same with one character more.
// Where characters are counted it has some of two bytes.
func atLimit(r driver.NameRule, text string) (fits, over string) {
	filler := conformance.Filler(r.Alphabet)
	if r.MaxBytes == 0 && r.Alphabet.Has('é') {
		filler = "é"
	}
	limit := conformance.Longest(r)
	if len(text) > limit {
		text = text[:limit]
	}
	fits = text + strings.Repeat(filler, limit-utf8.RuneCountInString(text))
	return fits, fits + filler
}

// oddNames are names that something on the way may mangle. Each stays what it is or is refused.
var oddNames = []string{
	"a/b", "a?b", "a#b", "100%", "%zz", "a%2Fb", "%2e%2e", "../../x", "a/../b", "a//b", "/a", "a/", " leading", "trailing ", "in ner",
	"tab\tname", "trail\n", "nul\x00name", "cr\r\nX-Header: 1", "\x1b[31m", "\u2028", "\ufeffbom", "\u202egnp.exe", "\u200bzero", "日本語", "\u00e9",
	"e\u0301", "\ufb01", "Case", "case", "ß", "😀", "\ufffd", "a+b", "a b", "a%20b", "&", "a&b=c", "a\\b", "\"", "'", "<a>", "{}", "[]", "null", "true", "0", "1e3",
}
