package huawei

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	_ "crypto/sha512" // crypto.SHA384 and crypto.SHA512
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/emmansun/gmsm/sm3"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// fromBase64 reads a field in base64; false where it is missing or anything else.
func fromBase64(field string) ([]byte, bool) {
	b, ok := wire.FromBase64(field)
	return b, ok && field != ""
}

// fromHex reads a field in hexadecimal of that many bytes.
func fromHex(field string, want int) ([]byte, bool) {
	b, err := hex.DecodeString(field)
	if err != nil || len(b) != want {
		clear(b)
		return nil, false
	}
	return b, true
}

// toBits is a length in bits as the vendor wants it, in a text.
func toBits(n int) string { return strconv.Itoa(8 * n) }

// isBlob reports whether a field can be a ciphertext, in base64 or hexadecimal. It is kept as it is.
func isBlob(field string) bool {
	return field != "" && strings.Trim(field, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") == ""
}

// sealed returns a ciphertext of a reply.
func sealed(kind driver.CiphertextKind, keyID, blob string) (_ driver.Ciphertext, fault string) {
	if keyID == "" || !isBlob(blob) {
		return driver.Ciphertext{}, "lacks the key_id or cipher_text"
	}
	return driver.Ciphertext{KeyID: keyID, Kind: kind, Blob: []byte(blob)}, ""
}

// plainReply is the answer of decrypt-data. Plaintext is what is given as text, Base64 the same bytes in base64.
type plainReply struct {
	head
	KeyID     string `json:"key_id"`
	PlainText string `json:"plain_text"`
	Base64    string `json:"plain_text_base64"`
}

// bytes returns what was encrypted, as the vendor knows it: bytes where it gives them, else text. Text that may have been
// made of bytes by putting a mark for what is no text is not passed on where bytes may have been encrypted.
func (r *plainReply) bytes(text bool) (_ []byte, fault string) {
	switch {
	case r.KeyID == "" || r.PlainText == "" && r.Base64 == "":
		return nil, "lacks the key_id or plain_text"
	case r.Base64 != "":
		if b, ok := fromBase64(r.Base64); ok {
			return b, ""
		}
		return nil, "has a plain_text_base64 that is none"
	case !text && strings.ContainsRune(r.PlainText, utf8.RuneError):
		return nil, "has a plain_text that is not what was encrypted, and no plain_text_base64"
	}
	return []byte(r.PlainText), ""
}

// dataKeyReply is the answer of decrypt-datakey.
type dataKeyReply struct {
	head
	DataKey string `json:"data_key"`
	Length  scalar `json:"datakey_length"`
	Digest  string `json:"datakey_dgst"`
}

// key returns a data key of that many bytes, once its digest is good: SHA-256, or SM3 as for wrapping under an SM4 key.
func (r *dataKeyReply) key(want int) (_ []byte, fault string) {
	key, ok := fromHex(r.DataKey, want)
	if !ok || want == 0 || r.Length != "" && string(r.Length) != strconv.Itoa(want) {
		clear(key)
		return nil, "lacks the data_key or has one of another length"
	}
	digest, ok := fromHex(r.Digest, sha256.Size)
	sha, sm := sha256.Sum256(key), sm3.Sum(key)
	if !ok || !bytes.Equal(digest, sha[:]) && !bytes.Equal(digest, sm[:]) {
		clear(key)
		return nil, "has a datakey_dgst that is not the digest of the data_key"
	}
	return key, ""
}

// encryptRequest encrypts text.
type encryptRequest struct {
	KeyID     string `json:"key_id"`
	PlainText string `json:"plain_text"`
	Context   string `json:"additional_authenticated_data,omitempty"`
}

// decryptRequest opens what encryptRequest made. The key and the algorithm are said of key pairs only.
type decryptRequest struct {
	KeyID      string `json:"key_id,omitempty"`
	CipherText string `json:"cipher_text"`
	Algorithm  string `json:"encryption_algorithm,omitempty"`
	Context    string `json:"additional_authenticated_data,omitempty"`
}

// generateRequest makes a data key, whose length is in bits.
type generateRequest struct {
	KeyID   string `json:"key_id"`
	Length  string `json:"datakey_length"`
	Context string `json:"additional_authenticated_data,omitempty"`
}

// openRequest opens a data key, whose length is in bytes.
type openRequest struct {
	KeyID      string `json:"key_id"`
	CipherText string `json:"cipher_text"`
	Length     string `json:"datakey_cipher_length"`
	Context    string `json:"additional_authenticated_data,omitempty"`
}

// reEncryptRequest encrypts anew. The length is that of a data key, in bytes.
type reEncryptRequest struct {
	CipherText string `json:"cipher_text"`
	Source     string `json:"source_key_id,omitempty"`
	Context    string `json:"source_additional_authenticated_data,omitempty"`
	NewKeyID   string `json:"destination_key_id"`
	NewContext string `json:"destination_additional_authenticated_data,omitempty"`
	Length     string `json:"datakey_cipher_length,omitempty"`
}

func encodeReEncrypt(r *driver.ReEncryptRequest) (*reEncryptRequest, error) {
	c := &r.Ciphertext
	body := &reEncryptRequest{
		CipherText: string(c.Blob), Source: c.KeyID, Context: r.Context, NewKeyID: r.NewKeyID, NewContext: r.NewContext,
	}
	if c.Kind == driver.KindDataKey {
		body.Length = strconv.Itoa(c.PlaintextBytes)
	}
	return body, checkText(body.CipherText, body.Source, body.Context, body.NewKeyID, body.NewContext)
}

// cipherReply is the answer of whatever encrypts; PlainText is a data key.
type cipherReply struct {
	head
	KeyID      string `json:"key_id"`
	PlainText  string `json:"plain_text"`
	CipherText string `json:"cipher_text"`
}

// signRequest signs, or verifies where it has a signature. The vendor takes what has no message_type for a digest.
type signRequest struct {
	KeyID       string `json:"key_id"`
	Message     string `json:"message"`
	Algorithm   string `json:"signing_algorithm"`
	MessageType string `json:"message_type"`
	Signature   string `json:"signature,omitempty"`
}

func encodeSign(r *driver.SignRequest, signature []byte) (*signRequest, error) {
	body := &signRequest{
		KeyID: r.KeyID, Message: wire.ToBase64(r.Message), MessageType: "RAW", Algorithm: toVendor(signatures, r.Algorithm), Signature: wire.ToBase64(signature),
	}
	switch {
	case r.Digest != nil:
		body.Message, body.MessageType = wire.ToBase64(r.Digest), "DIGEST"
	case len(r.Message) == 0: // which must not be empty; the signature of its digest is the same
		body.Message, body.MessageType = wire.ToBase64(digestOfNothing(r.Algorithm)), "DIGEST"
	}
	return body, checkText(r.KeyID, string(r.Algorithm))
}

// digestOfNothing is the digest of an empty message; empty for algorithms that do not take messages.
func digestOfNothing(algorithm driver.SignatureAlgorithm) []byte {
	hash := crypto.Hash(0)
	switch algorithm {
	case driver.RSAPSSSHA256, driver.RSAPKCS1SHA256, driver.ECDSASHA256:
		hash = crypto.SHA256
	case driver.RSAPSSSHA384, driver.RSAPKCS1SHA384, driver.ECDSASHA384:
		hash = crypto.SHA384
	case driver.RSAPSSSHA512, driver.RSAPKCS1SHA512:
		hash = crypto.SHA512
	default:
		return nil
	}
	return hash.New().Sum(nil)
}
