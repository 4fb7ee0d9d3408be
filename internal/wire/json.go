package wire

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// EncodeJSON returns v as JSON in one line, without the escapes that only HTML needs, so that a text is no longer in a
// request than it has to be. What cannot be encoded is [errs.Internal]. A text that is not valid UTF-8 is encoded with
// the replacement character in it: the driver refuses it before.
func EncodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, errs.Refuse(errs.Internal, "the request cannot be encoded: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// IsFaithful reports whether decoding a JSON text replaces nothing in its strings: whether it is valid UTF-8 and escapes
// no half of a surrogate pair. Package encoding/json puts the replacement character for either, without an error. Text
// that is not JSON may get any answer.
func IsFaithful(text []byte) bool {
	if !utf8.Valid(text) {
		return false
	}
	for {
		i := bytes.Index(text, []byte(`\u`))
		if i < 0 {
			return true
		}
		if slashes := i - len(bytes.TrimRight(text[:i], `\`)); slashes%2 == 1 { // the backslash is itself escaped
			text = text[i+2:]
			continue
		}
		text = text[i:]
		unit, ok := escapedUnit(text)
		if !ok || !utf16.IsSurrogate(unit) {
			text = text[2:] // the digits of an escape have no backslash
			continue
		}
		text = text[6:]
		low, ok := escapedUnit(text)
		if !ok || utf16.DecodeRune(unit, low) == utf8.RuneError {
			return false
		}
		text = text[6:]
	}
}

// escapedUnit reads the UTF-16 unit of an escape such as \u00e9 that a text begins with.
func escapedUnit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(unit), err == nil
}

// Text is a JSON string of a reply as the bytes that it stands for, for values, which a string would have to be copied from
// once more. The reply has to be checked by [IsFaithful].
type Text struct {
	Bytes []byte
	// Other says that the field is no string. It is no error of decoding, so that the rest of the reply is read too.
	Other bool
}

// UnmarshalJSON reads a string.
func (t *Text) UnmarshalJSON(raw []byte) error {
	if t.Other = raw[0] != '"'; !t.Other {
		t.Bytes = unquote(raw[1 : len(raw)-1])
	}
	return nil
}

// unquote undoes the escapes of what is between the quotes of a valid JSON string.
func unquote(raw []byte) []byte {
	escapes := bytes.Count(raw, []byte{'\\'})
	b := make([]byte, 0, len(raw)-escapes/2) // an escape has one or two of them, and is longer by at least one byte
	for {
		i := indexEscape(raw)
		if i < 0 {
			return append(b, raw...)
		}
		b = append(b, raw[:i]...)
		if raw[i+1] != 'u' {
			b, raw = append(b, unescaped(raw[i+1])), raw[i+2:]
			continue
		}
		unit, _ := escapedUnit(raw[i:])
		raw = raw[i+6:]
		if low, ok := escapedUnit(raw); ok && utf16.IsSurrogate(unit) {
			unit, raw = utf16.DecodeRune(unit, low), raw[6:]
		}
		b = utf8.AppendRune(b, unit)
	}
}

// indexEscape returns where the next escape begins, -1 if there is none. JSON that is quoted in JSON has one every few bytes,
// which is too near for package bytes.
func indexEscape(raw []byte) int {
	const near = 16
	for i := range min(near, len(raw)) {
		if raw[i] == '\\' {
			return i
		}
	}
	if len(raw) <= near {
		return -1
	}
	if i := bytes.IndexByte(raw[near:], '\\'); i >= 0 {
		return near + i
	}
	return -1
}

// unescaped is what a backslash and a letter stand for.
func unescaped(letter byte) byte {
	switch letter {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return letter
}
