package capability

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// NameRule says which keys, or which names of namespaces, are accepted. It is data, so that rules can be shown,
// borrowed and intersected. A name has at least one byte and is valid UTF-8.
type NameRule struct {
	// MaxBytes is the length of the longest name in bytes; 0 means no limit.
	MaxBytes int
	// MaxChars is the length of the longest name in characters (Unicode code points); 0 means no limit.
	MaxChars int
	// Alphabet is the set of characters that a name may have.
	Alphabet Alphabet
	// Inner are characters of Alphabet that may stand only between two others, never first, last or doubled.
	Inner string
	// NotFirst are characters of Alphabet that a name may not begin with.
	NotFirst string
	// Denied are whole names that are refused although they keep to the rest.
	Denied []string
	// DeniedPrefixes are what no name may begin with, such as what the provider reserves for itself.
	DeniedPrefixes []string
	// Encoding is how names are spelled in the provider's store: lengths, characters, denied names and prefixes are
	// checked on that spelling. Drivers leave it at [PlainKeys].
	Encoding KeyEncoding
}

// Check returns nil if name keeps to the rule, else [errs.InvalidArgument] naming what is named (such as "key"), the
// part of the rule and its limit.
func (r NameRule) Check(what, name string) error {
	if name == "" {
		return errs.Refuse(errs.InvalidArgument, "%s is empty", what)
	}
	if err := r.CheckPrefix(what, name); err != nil {
		return err
	}
	stored := r.Encoding.Encode(name)
	if slices.Contains(r.Denied, stored) {
		return errs.Refuse(errs.InvalidArgument, "%s %q is a reserved name", what, name)
	}
	if last, _ := utf8.DecodeLastRuneInString(stored); strings.ContainsRune(r.Inner, last) {
		return r.misplaced(what, last)
	}
	return nil
}

// CheckPrefix returns nil if prefix, which may be empty, can begin a name that keeps to the rule, else
// [errs.InvalidArgument].
func (r NameRule) CheckPrefix(what, prefix string) error {
	if !utf8.ValidString(prefix) {
		return errs.Refuse(errs.InvalidArgument, "%s is not valid UTF-8", what)
	}
	if r.MaxBytes > 0 && len(prefix) > r.MaxBytes { // an encoding only makes it longer
		return errs.Refuse(errs.InvalidArgument, "%s has %d bytes%s, at most %d are accepted", what, len(prefix), r.Encoding.note(), r.MaxBytes)
	}
	stored := r.Encoding.Encode(prefix)
	if r.MaxBytes > 0 && len(stored) > r.MaxBytes {
		return errs.Refuse(errs.InvalidArgument, "%s has %d bytes%s, at most %d are accepted", what, len(stored), r.Encoding.note(), r.MaxBytes)
	}
	if r.MaxChars > 0 && len(stored) > r.MaxChars {
		if n := utf8.RuneCountInString(stored); n > r.MaxChars {
			return errs.Refuse(errs.InvalidArgument, "%s has %d characters%s, at most %d are accepted", what, n, r.Encoding.note(), r.MaxChars)
		}
	}
	if bad, found := r.Alphabet.FirstOutside(stored); found {
		return errs.Refuse(errs.InvalidArgument, "%s has the character %s, accepted are %s", what, strconv.QuoteRune(bad), r.Alphabet)
	}
	if first, size := utf8.DecodeRuneInString(stored); size > 0 && strings.ContainsRune(r.NotFirst, first) {
		return errs.Refuse(errs.InvalidArgument, "%s begins with %s%s, which it may not", what, strconv.QuoteRune(first), r.Encoding.note())
	}
	for _, denied := range r.DeniedPrefixes {
		if strings.HasPrefix(stored, denied) {
			return errs.Refuse(errs.InvalidArgument, "%s begins with %q%s, which is reserved", what, denied, r.Encoding.note())
		}
	}
	afterInner := true
	for _, c := range stored {
		inner := strings.ContainsRune(r.Inner, c)
		if inner && afterInner {
			return r.misplaced(what, c)
		}
		afterInner = inner
	}
	return nil
}

func (r NameRule) misplaced(what string, inner rune) error {
	return errs.Refuse(errs.InvalidArgument, "%s has %s first, last or doubled%s; it may only stand between two other characters",
		what, strconv.QuoteRune(inner), r.Encoding.note())
}

// Intersect returns the rule that a name must keep to be accepted by both. Where one of the rules stores names in an
// encoded form, the result is stricter than need be: it asks that the name fits both in the form that it has.
func (r NameRule) Intersect(o NameRule) NameRule {
	r, o = r.plain(), o.plain()
	both := NameRule{
		MaxBytes: Stricter(r.MaxBytes, o.MaxBytes),
		MaxChars: Stricter(r.MaxChars, o.MaxChars),
		Alphabet: r.Alphabet.Intersect(o.Alphabet),
		Inner:    either(r.Inner, o.Inner),
		NotFirst: either(r.NotFirst, o.NotFirst),

		Denied:         slices.Concat(r.Denied, o.Denied),
		DeniedPrefixes: slices.Concat(r.DeniedPrefixes, o.DeniedPrefixes),
	}
	slices.Sort(both.Denied)
	both.Denied = slices.Compact(both.Denied)
	slices.Sort(both.DeniedPrefixes)
	both.DeniedPrefixes = slices.Compact(both.DeniedPrefixes)
	return both
}

// either returns the characters that are in one of the sets.
func either(a, b string) string {
	for _, c := range b {
		if !strings.ContainsRune(a, c) {
			a += string(c)
		}
	}
	return a
}

// plain turns a rule about encoded names into one about names as they are. It assumes that every byte grows, and leaves
// out the characters that are spelled in several where not every such spelling is sure to be accepted.
func (r NameRule) plain() NameRule {
	if r.Encoding == PlainKeys {
		return r
	}
	kept, escape := Chars(keptChars), Chars("_"+upperHex)
	p := NameRule{
		MaxBytes: Stricter(r.MaxBytes, r.MaxChars), // spellings are ASCII, a byte a character
		Alphabet: kept.Intersect(r.Alphabet),
		Inner:    r.Inner,
		NotFirst: r.NotFirst,
	}
	fits := p.MaxBytes == 0 || p.MaxBytes >= maxKeyGrowth
	if strings.ContainsRune(r.NotFirst, '_') { // with which the spelling of such a character begins
		fits = false
	}
	for _, denied := range r.DeniedPrefixes {
		if prefix, err := r.Encoding.Decode(denied); err == nil {
			p.DeniedPrefixes = append(p.DeniedPrefixes, prefix)
		} else { // it may end within the spelling of such a character
			fits = false
		}
	}
	if fits && escape.Intersect(r.Alphabet) == escape && !strings.ContainsAny(r.Inner, "_"+upperHex) {
		p.Alphabet = p.Alphabet.union(AnyText().Without(keptChars))
		p.MaxBytes /= maxKeyGrowth
	}
	for _, denied := range r.Denied {
		if name, err := r.Encoding.Decode(denied); err == nil {
			p.Denied = append(p.Denied, name)
		}
	}
	return p
}
