package kmstest

import (
	"crypto/rand"
	"strings"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// name returns a new name that keeps the provider's rule.
func (s *suite) name() string { return newName(s.caps.Name) }

// newName returns a name that nobody else has.
func newName(rule driver.NameRule) string {
	chars, length := conformance.Plain(rule.Alphabet), 23
	if most := conformance.Longest(rule); most > 0 {
		length = min(length, most)
	}
	if strings.HasPrefix(chars, conformance.SmallChars) && length == 23 {
		return "kmt" + strings.ToLower(rand.Text())[:20]
	}
	if chars == "" {
		chars = conformance.PlainChars // the rule is refused by the check of the declarations
	}
	name := make([]byte, length)
	rand.Read(name)
	for i, b := range name {
		name[i] = chars[int(b)%len(chars)]
	}
	return string(name)
}

// alike returns another id of the same shape: each digit and hexadecimal letter is another one.
func alike(id string) string {
	const from, to = "0123456789abcdefABCDEF", "9876543210fedcbaFEDCBA"
	return strings.Map(func(r rune) rune {
		if i := strings.IndexRune(from, r); i >= 0 {
			return rune(to[i])
		}
		return r
	}, id)
}

// wide returns a text of characters of several bytes that is as long as two limits let it; 0 means no limit, and a text
// of at most most characters is returned.
func wide(maxBytes, maxChars, most int) string {
	var b strings.Builder
	b.WriteString(canaryFree)
	for n := utf8.RuneCountInString(canaryFree); n < most; n++ {
		next := "é"
		if n%3 == 0 {
			next = "界"
		}
		if maxBytes > 0 && b.Len()+len(next) > maxBytes || maxChars > 0 && n+1 > maxChars {
			break
		}
		b.WriteString(next)
	}
	if text := b.String(); maxBytes > 0 && len(text) < maxBytes && (maxChars == 0 || utf8.RuneCountInString(text)+maxBytes-len(text) <= maxChars) && maxBytes <= most {
		return text + strings.Repeat("x", maxBytes-len(text))
	}
	return b.String()
}

// canaryFree begins descriptions: those are no secrets.
const canaryFree = "made by a test "

// badNames are names that break a rule.
func badNames(rule driver.NameRule) []string {
	bad := []string{"a\xff", "\xff", "a\xc3"}
	for _, c := range "/ ?#%\\\"'<&\n\x00é😀" {
		if !rule.Alphabet.Has(c) {
			bad = append(bad, "kmt"+string(c)+"x")
		}
	}
	for _, c := range rule.Inner {
		bad = append(bad, string(c)+"kmt", "kmt"+string(c), "kmt"+strings.Repeat(string(c), 2)+"x")
	}
	return bad
}

// alphabetNames are names that together have each ASCII character of a rule's alphabet, and one beyond it.
func alphabetNames(rule driver.NameRule) []string {
	var names []string
	most := conformance.Longest(rule)
	name := newName(rule)
	if most > 0 && most < 12 {
		return nil
	}
	name = name[:10]
	stem := name
	add := func() {
		name += stem[:1]
		if name != stem+stem[:1] && rule.Check("name", name) == nil {
			names = append(names, name)
		}
		name = stem
	}
	for c := rune(0); c <= 0x7f; c++ {
		if !rule.Alphabet.Has(c) {
			continue
		}
		if most > 0 && len(name)+3 > most || len(name) > 40 {
			add()
			stem = newName(rule)[:10]
			name = stem
		}
		name += string(c)
		if strings.ContainsRune(rule.Inner, c) {
			name += stem[:1]
		}
	}
	add()
	if rule.Alphabet.Has('界') {
		name += "界😀é"
		add()
	}
	return names
}
