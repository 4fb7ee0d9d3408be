package driver

import "github.com/crosscloud-sdk/crosscloud/capability"

// What capabilities are made of; see package capability.
type (
	// Support says whether something can be done, and at what price.
	Support = capability.Support
	// NameRule says which keys, or which names of namespaces, are accepted.
	NameRule = capability.NameRule
	// Alphabet is a set of characters.
	Alphabet = capability.Alphabet
	// KeyEncoding is a way to spell keys of any characters in a narrow alphabet.
	KeyEncoding = capability.KeyEncoding
)

const (
	// None: it cannot be done, and is refused before any I/O.
	None = capability.None
	// Emulated: it can be done, at the price of further requests or of a changed encoding.
	Emulated = capability.Emulated
	// Native: the provider does it as part of the request.
	Native = capability.Native

	// PlainKeys leaves keys as they are.
	PlainKeys = capability.PlainKeys
	// UnderscoreHex writes all but letters, digits and "-" as "_" and two hexadecimal digits.
	UnderscoreHex = capability.UnderscoreHex
)

// KeyEncodings returns the encodings that can be chosen.
func KeyEncodings() []KeyEncoding { return capability.KeyEncodings() }

// AnyText returns the alphabet of all characters, control characters included.
func AnyText() Alphabet { return capability.AnyText() }

// Chars returns the alphabet of the ASCII characters in set; see capability.Chars.
func Chars(set string) Alphabet { return capability.Chars(set) }
