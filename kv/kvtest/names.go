package kvtest

import (
	"strings"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// alike returns another id of the same shape: each digit is another digit.
func alike(id string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return '9' - r + '0'
		}
		return r
	}, id)
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
		fits = conformance.Pad(r.Alphabet, text, len(text)+gap) + fits[len(text):]
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
