package capability

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// KeyEncoding is a way to spell keys of any characters in a narrow alphabet. It is chosen for a resource in its
// configuration, never by default, and applied above the drivers, which see encoded keys only.
//
// An encoding is injective (two keys never have the same spelling) and works byte by byte, so that a prefix of a key
// is spelled as a prefix of the key's spelling.
type KeyEncoding string

const (
	// PlainKeys leaves keys as they are.
	PlainKeys KeyEncoding = ""
	// UnderscoreHex keeps A-Z, a-z, 0-9 and "-", and writes every other byte of the key's UTF-8 form as "_" and two
	// upper-case hexadecimal digits: "a/b" is spelled "a_2Fb". An edge function spells a key with
	//
	//	[...new TextEncoder().encode(key)].map(b => /[A-Za-z0-9-]/.test(String.fromCharCode(b)) ?
	//	  String.fromCharCode(b) : "_" + b.toString(16).toUpperCase().padStart(2, "0")).join("")
	//
	// and reads a spelling back with decodeURIComponent(spelled.replaceAll("_", "%")).
	UnderscoreHex KeyEncoding = "underscore-hex"
)

// KeyEncodings returns the encodings that can be chosen.
func KeyEncodings() []KeyEncoding { return []KeyEncoding{PlainKeys, UnderscoreHex} }

// maxKeyGrowth is how many bytes an encoding writes at most for one byte of the key.
const maxKeyGrowth = 3

// keptChars are the characters that UnderscoreHex keeps.
const keptChars = "A-Za-z0-9-"

const upperHex = "0123456789ABCDEF"

// Encode returns the spelling of key, or of a prefix.
func (e KeyEncoding) Encode(key string) string {
	if e == PlainKeys {
		return key
	}
	plain := 0
	for plain < len(key) && staysPlain(key[plain]) {
		plain++
	}
	if plain == len(key) {
		return key
	}
	b := make([]byte, plain, len(key)*maxKeyGrowth)
	copy(b, key)
	for i := plain; i < len(key); i++ {
		if c := key[i]; staysPlain(c) {
			b = append(b, c)
		} else {
			b = append(b, '_', upperHex[c>>4], upperHex[c&15])
		}
	}
	return string(b)
}

// Decode returns the key that is spelled so. A spelling that Encode does not make is [errs.Corrupt].
func (e KeyEncoding) Decode(spelled string) (string, error) {
	if e == PlainKeys || allPlain(spelled) {
		return spelled, nil
	}
	b := make([]byte, 0, len(spelled))
	for i := 0; i < len(spelled); i++ {
		c := spelled[i]
		if c == '_' && i+2 < len(spelled) {
			high, low := strings.IndexByte(upperHex, spelled[i+1]), strings.IndexByte(upperHex, spelled[i+2])
			if high >= 0 && low >= 0 && !staysPlain(byte(high<<4|low)) {
				b = append(b, byte(high<<4|low))
				i += 2
				continue
			}
		}
		if !staysPlain(c) {
			return "", e.foreign(spelled)
		}
		b = append(b, c)
	}
	if !utf8.Valid(b) {
		return "", e.foreign(spelled)
	}
	return string(b), nil
}

func (e KeyEncoding) foreign(spelled string) error {
	return &errs.Error{Code: errs.Corrupt, Message: fmt.Sprintf(
		"stored key %q is not spelled in the key encoding %q: it was written by something else", spelled, string(e))}
}

func staysPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-'
}

func allPlain(s string) bool {
	for i := range len(s) {
		if !staysPlain(s[i]) {
			return false
		}
	}
	return true
}

func (e KeyEncoding) note() string {
	if e == PlainKeys {
		return ""
	}
	return " in the key encoding " + string(e)
}
