package driver

import (
	"encoding/base64"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// ValueEncoding is a way to store values of any bytes where a provider takes text only. It is chosen for a resource
// in its configuration, never by default, and applied by package kv; drivers see encoded values only.
type ValueEncoding string

const (
	// PlainValues leaves values as they are.
	PlainValues ValueEncoding = ""
	// Base64 stores values in the standard base64 alphabet with padding (RFC 4648 section 4). An edge function reads
	// one with Uint8Array.from(atob(value), c => c.charCodeAt(0)).
	Base64 ValueEncoding = "base64"
)

// ValueEncodings returns the encodings that can be chosen.
func ValueEncodings() []ValueEncoding { return []ValueEncoding{PlainValues, Base64} }

// Encode returns how value is stored. The result shares memory with value only under [PlainValues].
func (e ValueEncoding) Encode(value []byte) []byte {
	if e == PlainValues {
		return value
	}
	return base64.StdEncoding.AppendEncode(make([]byte, 0, base64.StdEncoding.EncodedLen(len(value))), value)
}

// Decode returns the value that is stored so. What Encode does not make is [errs.Corrupt].
func (e ValueEncoding) Decode(stored []byte) ([]byte, error) {
	if e == PlainValues {
		return stored, nil
	}
	value, err := base64.StdEncoding.Strict().AppendDecode(make([]byte, 0, base64.StdEncoding.DecodedLen(len(stored))), stored)
	if err != nil || base64.StdEncoding.EncodedLen(len(value)) != len(stored) {
		return nil, &errs.Error{Code: errs.Corrupt, Message: "stored value is not base64: it was written without value_encoding"}
	}
	return value, nil
}

// Adjust returns the capabilities of a namespace whose keys and values are encoded so.
func (c Capabilities) Adjust(keys KeyEncoding, values ValueEncoding) Capabilities {
	c.Key.Encoding = keys
	c.ValueEncoding = values
	if values == Base64 {
		c.MaxValueBytes = c.MaxValueBytes / 4 * 3
		c.BinaryValue = max(c.BinaryValue, Emulated)
	}
	return c
}
