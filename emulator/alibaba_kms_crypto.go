package emulator

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"strings"

	"github.com/emmansun/gmsm/sm4"
)

// Bytes of what surrounds a sealed text.
const (
	alibabaKMSNonce = 12
	alibabaKMSTag   = 16
)

func alibabaKMSRandom(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // does not fail
	return b
}

// aead is AES or SM4 in GCM with the material of a version.
func (k *alibabaKMSKey) aead(v *alibabaKMSVersion) (cipher.AEAD, error) {
	var block cipher.Block
	var err error
	if k.what().kind == "sm4" {
		block, err = sm4.NewCipher(v.secret)
	} else {
		block, err = aes.NewCipher(v.secret)
	}
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal encrypts with the newest version of a key. Like the vendor's, the blob is Base64 of bytes that begin with the
// id of the version; what follows, a nonce and the text sealed by GCM, is this emulator's own.
func (k *alibabaKMSKey) seal(plaintext, context []byte) (alibabaReply, *alibabaError) {
	v := k.last()
	gcm, err := k.aead(v)
	if err != nil {
		return nil, alibabaFault("InternalFailure")
	}
	nonce := alibabaKMSRandom(alibabaKMSNonce)
	raw := gcm.Seal(append([]byte(v.id), nonce...), nonce, plaintext, context)
	return alibabaReply{"CiphertextBlob": base64.StdEncoding.EncodeToString(raw), "KeyId": k.id, "KeyVersionId": v.id}, nil
}

// alibabaKMSOpened is what a blob held and which version of which key had sealed it.
type alibabaKMSOpened struct {
	key       *alibabaKMSKey
	version   *alibabaKMSVersion
	plaintext []byte
}

// open decrypts a blob.
func (a *AlibabaKMS) open(c *alibabaKMSCall, blob, context string) (*alibabaKMSOpened, *alibabaError) {
	raw, err := c.bytes(blob)
	if err != nil {
		return nil, err
	}
	bound, err := c.context(context)
	if err != nil {
		return nil, err
	}
	bad := &alibabaError{code: a.config.BadCiphertext, message: "The ciphertext or its encryption context is not valid."}
	size := len(a.keyID()) // of a version's id
	if !a.config.UUIDs {
		size += len("-20v0000000000")
	}
	if len(raw) <= size+alibabaKMSNonce+alibabaKMSTag {
		return nil, bad
	}
	id := string(raw[:size])
	k, ok := a.versions[id]
	switch {
	case !ok && a.shaped(id):
		return nil, alibabaFault("Forbidden.KeyNotFound")
	case !ok, !k.what().symmetric():
		return nil, bad
	}
	if err := a.crypt(k); err != nil {
		return nil, err
	}
	v, err := k.version(id)
	if err != nil {
		return nil, err
	}
	gcm, failed := k.aead(v)
	if failed != nil {
		return nil, alibabaFault("InternalFailure")
	}
	plaintext, failed := gcm.Open(nil, raw[size:size+alibabaKMSNonce], raw[size+alibabaKMSNonce:], bound)
	if failed != nil {
		return nil, bad
	}
	return &alibabaKMSOpened{key: k, version: v, plaintext: plaintext}, nil
}

// shaped reports whether a text can be the id of a version, maybe of a key that was deleted.
func (a *AlibabaKMS) shaped(id string) bool {
	if a.config.UUIDs {
		return alibabaWord(id) && id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-'
	}
	return alibabaWord(id) && strings.HasPrefix(id, "key-hzz") && strings.Contains(id, "-20v")
}

// crypt checks that the caller may use a key, and that the key can be used. Keys of services are for the services.
func (a *AlibabaKMS) crypt(k *alibabaKMSKey) *alibabaError {
	if k.service {
		return alibabaFault("Forbidden.NoPermission")
	}
	return a.usable(k)
}

// symmetric returns the key that a parameter names, which has to be one to encrypt with.
func (a *AlibabaKMS) symmetric(c *alibabaKMSCall, name string) (*alibabaKMSKey, *alibabaError) {
	k, err := a.find(c, name)
	switch {
	case err != nil:
		return nil, err
	case !k.what().symmetric():
		return nil, alibabaFault("UnsupportedOperation")
	}
	return k, a.crypt(k)
}

func (a *AlibabaKMS) encrypt(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	plaintext, err := c.bytes("Plaintext")
	if err != nil {
		return nil, err
	}
	if len(plaintext) > alibabaKMSMaxPlaintext {
		return nil, alibabaBad("Plaintext")
	}
	context, err := c.context("EncryptionContext")
	if err != nil {
		return nil, err
	}
	k, err := a.symmetric(c, "KeyId")
	if err != nil {
		return nil, err
	}
	return k.seal(plaintext, context)
}

func (a *AlibabaKMS) decrypt(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	found, err := a.open(c, "CiphertextBlob", "EncryptionContext")
	if err != nil {
		return nil, err
	}
	return alibabaReply{
		"Plaintext": base64.StdEncoding.EncodeToString(found.plaintext), "KeyId": found.key.id, "KeyVersionId": found.version.id,
	}, nil
}

// dataKey makes a data key and its sealed form. Of the two ways to say its length the bytes win.
func (a *AlibabaKMS) dataKey(c *alibabaKMSCall) ([]byte, alibabaReply, *alibabaError) {
	spec, err := c.choice("KeySpec", "AES_256", "AES_128")
	if err != nil {
		return nil, nil, err
	}
	size := int64(32)
	if spec == "AES_128" {
		size = 16
	}
	if size, err = c.integer("NumberOfBytes", size, 1, alibabaKMSMaxDataKey); err != nil {
		return nil, nil, err
	}
	context, err := c.context("EncryptionContext")
	if err != nil {
		return nil, nil, err
	}
	k, err := a.symmetric(c, "KeyId")
	if err != nil {
		return nil, nil, err
	}
	plaintext := alibabaKMSRandom(int(size))
	reply, err := k.seal(plaintext, context)
	return plaintext, reply, err
}

func (a *AlibabaKMS) generateDataKey(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	plaintext, reply, err := a.dataKey(c)
	if err != nil {
		return nil, err
	}
	reply["Plaintext"] = base64.StdEncoding.EncodeToString(plaintext)
	return reply, nil
}

func (a *AlibabaKMS) generateDataKeyWithoutPlaintext(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	_, reply, err := a.dataKey(c)
	return reply, err
}

func (a *AlibabaKMS) generateAndExportDataKey(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	wrap, err := c.wrapper()
	if err != nil {
		return nil, err
	}
	plaintext, reply, err := a.dataKey(c)
	if err != nil {
		return nil, err
	}
	wrapped, err := wrap(plaintext)
	if err != nil {
		return nil, err
	}
	reply["ExportedDataKey"] = base64.StdEncoding.EncodeToString(wrapped)
	return reply, nil
}

func (a *AlibabaKMS) exportDataKey(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	wrap, err := c.wrapper()
	if err != nil {
		return nil, err
	}
	found, err := a.open(c, "CiphertextBlob", "EncryptionContext")
	if err != nil {
		return nil, err
	}
	wrapped, err := wrap(found.plaintext)
	if err != nil {
		return nil, err
	}
	return alibabaReply{
		"ExportedDataKey": base64.StdEncoding.EncodeToString(wrapped), "KeyId": found.key.id, "KeyVersionId": found.version.id,
	}, nil
}

// reEncrypt takes what a symmetric key has sealed, or with a SourceKeyId what was encrypted for an asymmetric one.
func (a *AlibabaKMS) reEncrypt(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	context, err := c.context("DestinationEncryptionContext")
	if err != nil {
		return nil, err
	}
	destination, err := a.symmetric(c, "DestinationKeyId")
	if err != nil {
		return nil, err
	}
	if c.text("SourceKeyId") == "" {
		found, err := a.open(c, "CiphertextBlob", "SourceEncryptionContext")
		if err != nil {
			return nil, err
		}
		return destination.seal(found.plaintext, context)
	}
	_, _, plaintext, err := a.decryptWith(c, "SourceKeyId", "SourceKeyVersionId", "SourceEncryptionAlgorithm")
	if err != nil {
		return nil, err
	}
	return destination.seal(plaintext, context)
}
