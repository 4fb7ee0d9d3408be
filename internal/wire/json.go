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
		i := bytes.IndexByte(text, '\\')
		if i < 0 || i+1 == len(text) {
			return true
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
