package conformance

import (
	"strings"

	"github.com/crosscloud-sdk/crosscloud/capability"
)

// Letters and digits, those first that most alphabets have.
const (
	SmallChars = "abcdefghijklmnopqrstuvwxyz0123456789"
	PlainChars = SmallChars + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// Plain returns the letters and digits of an alphabet.
func Plain(a capability.Alphabet) string {
	return strings.Map(func(r rune) rune {
		if a.Has(r) {
			return r
		}
		return -1
	}, PlainChars)
}

// Filler returns a character of an alphabet that names can be made longer with.
func Filler(a capability.Alphabet) string {
	if chars := Plain(a); chars != "" && !a.Has('x') {
		return chars[:1]
	}
	return "x"
}

// Pad makes text so many characters long.
func Pad(a capability.Alphabet, text string, length int) string {
	if len(text) >= length {
		return text[:max(length, 0)]
	}
	return text + strings.Repeat(Filler(a), length-len(text))
}

// Longest returns how many ASCII characters a name may have, 0 where there is no limit.
func Longest(r capability.NameRule) int { return capability.Stricter(r.MaxBytes, r.MaxChars) }

// Spell writes text, which has small letters and digits only, in the letters and digits of an alphabet: as it is where
// the alphabet has them, else byte by byte, so that a prefix stays a prefix.
func Spell(a capability.Alphabet, text string) string {
	digits := Plain(a)
	if strings.HasPrefix(digits, SmallChars) || len(digits) < 2 {
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
