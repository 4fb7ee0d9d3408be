package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"strings"
)

// ToBase64 writes bytes in base64 with the standard alphabet and padding (RFC 4648, section 4).
func ToBase64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// FromBase64 reads what [ToBase64] writes; false for anything else. Line ends and bits that are left over, which package
// base64 overlooks, are refused too. The empty text is no bytes.
func FromBase64(text string) ([]byte, bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		clear(b)
		return nil, false
	}
	return b, true
}

// FromPEM returns what is in a text that is one PEM block, whatever its label, with white space around it; false for
// anything else. What is in it need not be what the label says.
func FromPEM(text string) ([]byte, bool) {
	text = strings.TrimSpace(text)
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(bytes.TrimSpace(rest)) > 0 || len(block.Bytes) == 0 || !strings.HasPrefix(text, "-----BEGIN ") {
		return nil, false
	}
	return block.Bytes, true
}

// Done is the response of a request whose reply tells nothing but that it was carried out.
func Done[T any](err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return new(T), nil
}
