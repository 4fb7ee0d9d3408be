package kms

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Context is an encryption context: pairs of strings that are authenticated with a ciphertext but are neither secret nor
// part of it. What was encrypted with a context is decrypted only with the same one. An empty context is none.
//
// The provider gets it as one text: a JSON object with its keys in the order of their bytes, no white space, and only
// what JSON demands escaped, so that other programs can give the same. Keys and values must be valid UTF-8, else the
// call is errs.InvalidArgument. A text over the limits of Capabilities.Context is errs.TooLarge or, where Digest is set
// there, replaced by "sha256:" and the hexadecimal SHA-256 of it.
//
// A Context is a [CryptOption].
type Context map[string]string

func (c Context) apply(o *cryptOptions) {
	o.choose(choiceContext)
	o.context = c
}

// text returns the context as the provider gets it.
func (c Context) text(rule *driver.ContextRule) (string, error) {
	if len(c) == 0 {
		return "", nil
	}
	b := []byte{'{'}
	for i, key := range slices.Sorted(maps.Keys(c)) {
		if !utf8.ValidString(key) || !utf8.ValidString(c[key]) {
			return "", errs.Refuse(errs.InvalidArgument, "the encryption context has a key or value that is not valid UTF-8")
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, key)
		b = append(b, ':')
		b = appendJSON(b, c[key])
	}
	b = append(b, '}')
	chars := utf8.RuneCount(b)
	overBytes, overChars := rule.MaxBytes > 0 && len(b) > rule.MaxBytes, rule.MaxChars > 0 && chars > rule.MaxChars
	switch {
	case !overBytes && !overChars:
		return string(b), nil
	case rule.Digest:
		sum := sha256.Sum256(b)
		return "sha256:" + hex.EncodeToString(sum[:]), nil
	case overBytes:
		return "", errs.Refuse(errs.TooLarge, "the encryption context has %d bytes as JSON, at most %d are accepted", len(b), rule.MaxBytes)
	}
	return "", errs.Refuse(errs.TooLarge, "the encryption context has %d characters as JSON, at most %d are accepted", chars, rule.MaxChars)
}

// appendJSON appends a JSON string that escapes what RFC 8259 demands, the shortest way. (encoding/json also escapes
// U+2028 and U+2029, which other writers do not.)
func appendJSON(b []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// CryptOption says more of a cryptographic call: a [Context], [OldContext], [WithAlgorithm] or [ThroughPlaintext]. One
// that is given twice, or that the call does not have, is errs.InvalidArgument.
type CryptOption interface{ apply(*cryptOptions) }

// cryptOptions are the options of one call.
type cryptOptions struct {
	chosen, twice       choice
	context, oldContext Context
	algorithm           EncryptionAlgorithm
}

// choice is a set of options.
type choice uint8

const (
	choiceContext choice = 1 << iota
	choiceOldContext
	choiceAlgorithm
	choiceThroughPlaintext
)

// String names one of them.
func (c choice) String() string {
	switch {
	case c&choiceContext != 0:
		return "Context"
	case c&choiceOldContext != 0:
		return "OldContext"
	case c&choiceAlgorithm != 0:
		return "WithAlgorithm"
	}
	return "ThroughPlaintext"
}

func (o *cryptOptions) choose(c choice) {
	o.twice |= o.chosen & c
	o.chosen |= c
}

// cryptOptionFunc is an option made by a function.
type cryptOptionFunc func(*cryptOptions)

func (f cryptOptionFunc) apply(o *cryptOptions) { f(o) }

// OldContext gives [Key.ReEncrypt] the encryption context that the ciphertext was made with.
func OldContext(old Context) CryptOption {
	return cryptOptionFunc(func(o *cryptOptions) {
		o.choose(choiceOldContext)
		o.oldContext = old
	})
}

// WithAlgorithm makes [Key.Encrypt] encrypt with the public key of a pair.
func WithAlgorithm(algorithm EncryptionAlgorithm) CryptOption {
	return cryptOptionFunc(func(o *cryptOptions) {
		o.choose(choiceAlgorithm)
		o.algorithm = algorithm
	})
}

// ThroughPlaintext lets [Key.ReEncrypt] decrypt here and encrypt again, where no single request of the provider can do
// it: the plaintext then crosses the network twice and is in this program's memory for a moment.
func ThroughPlaintext() CryptOption {
	return cryptOptionFunc(func(o *cryptOptions) { o.choose(choiceThroughPlaintext) })
}

// collect applies the options of a call that has only those allowed.
func collect(opts []CryptOption, allowed choice) (cryptOptions, error) {
	if len(opts) == 0 {
		return cryptOptions{}, nil
	}
	var o cryptOptions
	for _, opt := range opts {
		if opt != nil {
			opt.apply(&o)
		}
	}
	if o.twice != 0 {
		return o, errs.Refuse(errs.InvalidArgument, "the option %v is given twice", o.twice)
	}
	if foreign := o.chosen &^ allowed; foreign != 0 {
		return o, errs.Refuse(errs.InvalidArgument, "this call has no option %v", foreign)
	}
	return o, nil
}
