package kvtest

import (
	"strings"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

const plainChars = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// spell writes text, which has small letters and digits only, in the letters and digits of an alphabet: as it is
// where the alphabet has them, else byte by byte, so that a prefix stays a prefix.
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

// alike returns another id of the same shape: each digit is another digit.
func alike(id string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return '9' - r + '0'
		}
		return r
	}, id)
}

// pad makes text so many characters long.
func pad(a driver.Alphabet, text string, length int) string {
	if len(text) >= length {
		return text[:max(length, 0)]
	}
	filler := "x"
	if chars := has(a); chars != "" && !a.Has('x') {
		filler = chars[:1]
	}
	return text + strings.Repeat(filler, length-len(text))
}

// longest returns how many ASCII characters a name may have, 0 where there is no limit.
func longest(r driver.NameRule) int {
	if r.MaxBytes == 0 || r.MaxChars > 0 && r.MaxChars < r.MaxBytes {
		return r.MaxChars
	}
	return r.MaxBytes
}

// wide returns a name that begins with text, has characters of four bytes at its end, and is as long as a rule lets
// it; and the same with one character more.
func wide(r driver.NameRule, text string) (fits, over string) {
	const wideChar = "😀"
	fits = text
	for {
		over = fits + wideChar
		if r.MaxBytes > 0 && len(over) > r.MaxBytes || r.MaxChars > 0 && utf8.RuneCountInString(over) > r.MaxChars {
			break
		}
		fits = over
	}
	if r.MaxBytes > 0 && (r.MaxChars == 0 || utf8.RuneCountInString(fits)+r.MaxBytes-len(fits) <= r.MaxChars) {
		gap := r.MaxBytes - len(fits)
		fits = pad(r.Alphabet, text, len(text)+gap) + fits[len(text):]
		over = fits + wideChar
	}
	return fits, over
}

// oddNames are names that something on the way may mangle. Each stays what it is or is refused.
var oddNames = []string{
	"a/b", "a?b", "a#b", "100%", "%", "%zz", "%00", "a%2Fb", "a%2fb", "%2e%2e", "%2e", "..", ".", "../../x", "a/../b",
	"a/./b", "/", "//", "a//b", "/a", "a/", " leading", "leading", "trailing ", "trailing", "in ner", " ", "tab\tkey",
	"\tlead", "trail\n", "nul\x00key", "\x00", "nul", "cr\r\nX-Header: 1", "\n", "\x1b[31m", "\x7f", "\u0085", "\u2028",
	"\ufeffbom", "bom", "\u202egnp.exe", "\u200bzero", "日本/語", "日本語", "\u00e9", "e\u0301", "\ufb01", "fi", "\u212a",
	"Case", "case", "CASE", "ı", "ß", "ss", "😀", "👩\u200d👩\u200d👧", "\U0010ffff", "\ufffd", "+", "a+b", "a b", "a%20b",
	"&", "a&b=c", ";", "\\", "a\\b", "\"", "'", "`", "~", "*", "?", "#", "=", ":", "|", "<a>", "{}", "[]", "$", "@", "!",
	"^", ",", "(", "_", "_2F", "a_2Fb", "-", "--", "CON", "null", "true", "0", "00", "-1", "__proto__", "...", "a.", ".a",
}

// brokenNames are no valid UTF-8, or empty.
var brokenNames = []string{"", "\xff", "a\xc3", "\xed\xa0\x80", "\xc0\xaf", "a\x80b"}
