package capability

import (
	"strings"
	"unicode/utf8"
)

// Alphabet is a set of characters: any of the 128 ASCII ones, and either all or none of the others. It is data:
// comparable with ==, and made by [AnyText], [Chars] and the methods. The zero Alphabet has no characters.
type Alphabet struct {
	low, high uint64 // ASCII 0 to 63, 64 to 127
	beyond    bool   // every character past ASCII
}

// AnyText returns the alphabet of all characters, control characters included.
func AnyText() Alphabet { return Alphabet{^uint64(0), ^uint64(0), true} }

// Chars returns the alphabet of the ASCII characters in set, in which "a-z" stands for a range, and a "-" that is
// first or last for itself. It is meant for constants and panics if set has a character past ASCII or a range that
// runs backwards.
func Chars(set string) Alphabet {
	var a Alphabet
	for i := 0; i < len(set); i++ {
		from, to := set[i], set[i]
		if i+2 < len(set) && set[i+1] == '-' {
			to = set[i+2]
			i += 2
			if to < from {
				panic("capability: Chars has a range that runs backwards")
			}
		}
		for c := int(from); c <= int(to); c++ {
			if c >= utf8.RuneSelf {
				panic("capability: Chars takes ASCII characters only")
			}
			a.set(byte(c), true)
		}
	}
	return a
}

func (a *Alphabet) set(c byte, in bool) {
	word := &a.low
	if c >= 64 {
		word = &a.high
	}
	if in {
		*word |= 1 << (c % 64)
	} else {
		*word &^= 1 << (c % 64)
	}
}

// Has reports whether r is in the alphabet.
func (a Alphabet) Has(r rune) bool {
	switch {
	case r < 0:
		return false
	case r < 64:
		return a.low>>uint(r)&1 == 1
	case r < utf8.RuneSelf:
		return a.high>>uint(r-64)&1 == 1
	}
	return a.beyond
}

// Without returns a without the ASCII characters in set, spelled as in [Chars].
func (a Alphabet) Without(set string) Alphabet {
	out := Chars(set)
	a.low &^= out.low
	a.high &^= out.high
	return a
}

// Intersect returns the characters that are in both.
func (a Alphabet) Intersect(b Alphabet) Alphabet {
	return Alphabet{a.low & b.low, a.high & b.high, a.beyond && b.beyond}
}

func (a Alphabet) union(b Alphabet) Alphabet {
	return Alphabet{a.low | b.low, a.high | b.high, a.beyond || b.beyond}
}

// FirstOutside returns the first character of text that is not in the alphabet.
func (a Alphabet) FirstOutside(text string) (rune, bool) {
	if a == AnyText() {
		return 0, false
	}
	for _, r := range text {
		if !a.Has(r) {
			return r, true
		}
	}
	return 0, false
}

// String spells the alphabet for people, such as "A-Z a-z 0-9 - _" or "all characters except space /".
func (a Alphabet) String() string {
	if !a.beyond {
		return orNone(a.spell())
	}
	except := Alphabet{^a.low, ^a.high, false}
	if except == (Alphabet{}) {
		return "all characters"
	}
	return "all characters except " + except.spell()
}

func orNone(text string) string {
	if text == "" {
		return "no characters"
	}
	return text
}

// spell lists the ASCII characters: letters and digits first, as ranges, then the others.
func (a Alphabet) spell() string {
	var parts []string
	rest := a
	for _, r := range []string{"A-Z", "a-z", "0-9"} {
		if set := Chars(r); set.Intersect(a) == set {
			parts = append(parts, r)
			rest = rest.Without(r)
		}
	}
	for _, set := range controlSets {
		if controls := Chars(set.chars); controls.Intersect(rest) == controls {
			parts = append(parts, set.name)
			rest = rest.Without(set.chars)
		}
	}
	for c := rune(0); c < utf8.RuneSelf; c++ {
		if !rest.Has(c) {
			continue
		}
		switch name, named := charNames[c]; {
		case named:
			parts = append(parts, name)
		case c < ' ':
			parts = append(parts, "^"+string(c+'@'))
		default:
			parts = append(parts, string(c))
		}
	}
	return strings.Join(parts, " ")
}

// controlSets are sets of control characters that have a name, the larger first.
var controlSets = []struct{ chars, name string }{
	{"\x00-\x1f\x7f", "control characters"},
	{"\x00-\x1f", "control characters (U+0000-U+001F)"},
}

var charNames = map[rune]string{' ': "space", 0x7f: "DEL"}
