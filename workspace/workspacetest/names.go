package workspacetest

import (
	"crypto/rand"
	"strings"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

const plainChars = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// random returns letters and digits that nobody else has.
func random() string { return strings.ToLower(rand.Text())[:12] }

// newName returns a name that nobody else has; where a rule has room for it, it ends with label.
func newName(r driver.NameRule, label string) string {
	name := spell(r.Alphabet, "wst"+random()+label)
	if limit := longest(r); limit > 0 && len(name) > limit {
		return name[:limit]
	}
	return name
}

// spell writes text, which has small letters and digits only, in the letters and digits of an alphabet: as it is where
// the alphabet has them, else byte by byte.
func spell(a driver.Alphabet, text string) string {
	digits := has(a)
	if strings.HasPrefix(digits, plainChars[:36]) || len(digits) < 2 {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		rest := int(text[i])
		for n := 256; n > 1; n = (n + len(digits) - 1) / len(digits) {
			b.WriteByte(digits[rest%len(digits)])
			rest /= len(digits)
		}
	}
	return b.String()
}

// has returns the letters and digits of an alphabet.
func has(a driver.Alphabet) string {
	return strings.Map(func(r rune) rune {
		if a.Has(r) {
			return r
		}
		return -1
	}, plainChars)
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

// longest returns how many ASCII characters a name may have, 0 where there is no limit.
func longest(r driver.NameRule) int {
	if r.MaxBytes == 0 || r.MaxChars > 0 && r.MaxChars < r.MaxBytes {
		return r.MaxChars
	}
	return r.MaxBytes
}

// atLimit returns a name that begins with text and is as long as a rule lets it, and the same with one character more.
// Where characters are counted it has some of two bytes.
func atLimit(r driver.NameRule, text string) (fits, over string) {
	filler := "x"
	if chars := has(r.Alphabet); chars != "" && !r.Alphabet.Has('x') {
		filler = chars[:1]
	}
	if r.MaxBytes == 0 && r.Alphabet.Has('é') {
		filler = "é"
	}
	limit := longest(r)
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
