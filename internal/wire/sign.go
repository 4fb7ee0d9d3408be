package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// HexSHA256 returns the digest of b in lower-case hexadecimal digits, as signatures have it.
func HexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}

// HMACSHA256 returns the code of a text under a key.
func HMACSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
