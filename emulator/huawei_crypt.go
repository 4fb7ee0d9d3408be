package emulator

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash"
	"strings"
	"unicode/utf8"

	"github.com/emmansun/gmsm/sm2"
)

// The ways to encrypt, and the limits of data: support.huaweicloud.com, DEW API Reference, Encrypting Data and
// Decrypting Data.
const (
	huaweiSymmetricWay = "SYMMETRIC_DEFAULT"
	huaweiOAEP1        = "RSAES_OAEP_SHA_1"
	huaweiOAEP256      = "RSAES_OAEP_SHA_256"
	huaweiSM2Way       = "SM2_ENCRYPT"

	huaweiMaxPlain      = 4096
	huaweiMinCipher     = 128
	huaweiMaxCipher     = 5648
	huaweiMaxContext    = 128
	huaweiMaxOldContext = 8192
)

// context takes what a ciphertext is bound to. Where the settings turn to the older form of it, an object, it is in the
// order of its names, so that the order of the request does not matter.
func (h *HuaweiKMS) context(f *huaweiFields) []byte {
	const old = "encryption_context"
	if !h.settings.EncryptionContext {
		if _, given := f.take(old, false); given {
			f.refuse("KMS.0208", "%s is of the older API, use additional_authenticated_data", old)
		}
		return huaweiContext(f, "additional_authenticated_data")
	}
	if len(f.raw[old]) > huaweiMaxOldContext {
		f.refuse("KMS.0208", "%s is longer than %d bytes", old, huaweiMaxOldContext)
	}
	object, given := f.object(old, false)
	if !given || len(object.raw) == 0 {
		return nil
	}
	pairs := map[string]string{}
	for name, raw := range object.raw {
		value, ok := tencentString(raw)
		if !ok {
			f.refuse("KMS.0208", "%s has a value that is not a string", old)
		}
		pairs[name] = value
	}
	canonical, err := json.Marshal(pairs)
	if err != nil {
		f.refuse("KMS.0208", "%s cannot be read", old)
	}
	return canonical
}

// huaweiContext takes a string that a ciphertext is bound to.
func huaweiContext(f *huaweiFields, name string) []byte {
	context, _ := f.optional(name)
	if len(context) > huaweiMaxContext {
		f.refuse("KMS.0308", "%s is longer than %d bytes", name, huaweiMaxContext)
	}
	return []byte(context)
}

// huaweiIsPlainText checks the text to encrypt: the vendor's pattern is ^.{1,4096}$, where a dot is no end of a line.
func huaweiIsPlainText(text string) bool {
	return text != "" && len(text) <= huaweiMaxPlain && !strings.ContainsAny(text, "\n\r\u0085\u2028\u2029")
}

func (h *HuaweiKMS) encryptData(c *huaweiCall) (any, *huaweiError) {
	id, text := c.fields.text("key_id"), c.fields.text("plain_text")
	way := c.fields.choice("encryption_algorithm", huaweiSymmetricWay, huaweiSymmetricWay, huaweiOAEP256, huaweiSM2Way)
	context := h.context(c.fields)
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	if !huaweiIsPlainText(text) {
		return nil, huaweiFails("KMS.0308", "plain_text is not 1 to %d bytes of one line", huaweiMaxPlain)
	}
	k, failure := h.usable(id, huaweiEncrypts)
	if failure != nil {
		return nil, failure
	}
	sealed, failure := h.encrypt(k, way, []byte(text), context)
	if failure != nil {
		return nil, failure
	}
	return huaweiReply{"key_id": k.id, "cipher_text": sealed}, nil
}

// encrypt encrypts data in one of the ways, and returns base64. A context together with a key pair binds nothing, and is
// refused; the vendor's pages are silent on it.
func (h *HuaweiKMS) encrypt(k *huaweiKey, way string, plain, context []byte) (string, *huaweiError) {
	if failure := huaweiFits(k, way, context); failure != nil {
		return "", failure
	}
	var sealed []byte
	var err error
	m, failure := h.material(k)
	if failure != nil {
		return "", failure
	}
	switch way {
	case huaweiSymmetricWay:
		sealed, failure = h.seal(k, huaweiOfData, plain, context)
	case huaweiSM2Way:
		sealed, err = sm2.EncryptASN1(rand.Reader, &m.pair.(*sm2.PrivateKey).PublicKey, plain)
	default:
		sealed, err = rsa.EncryptOAEP(huaweiOAEPHash(way), rand.Reader, &m.pair.(*rsa.PrivateKey).PublicKey, plain, nil)
	}
	if err != nil {
		failure = huaweiFails("KMS.0308", "plain_text is too long for the key")
	}
	return base64.StdEncoding.EncodeToString(sealed), failure
}

// huaweiFits checks that a key can encrypt in a way.
func huaweiFits(k *huaweiKey, way string, context []byte) *huaweiError {
	fits := way == huaweiSymmetricWay && huaweiSymmetric(k.spec) || way == huaweiSM2Way && k.spec == "SM2" ||
		(way == huaweiOAEP1 || way == huaweiOAEP256) && strings.HasPrefix(k.spec, "RSA_")
	switch {
	case !fits:
		return huaweiFails("KMS.0308", "a key of %s does not encrypt by %s", k.spec, way)
	case way != huaweiSymmetricWay && len(context) > 0:
		return huaweiFails("KMS.0308", "a key pair takes no context")
	}
	return nil
}

func huaweiOAEPHash(way string) hash.Hash {
	if way == huaweiOAEP1 {
		return sha1.New()
	}
	return sha256.New()
}

func (h *HuaweiKMS) decryptData(c *huaweiCall) (any, *huaweiError) {
	sealed := c.fields.text("cipher_text")
	way := c.fields.choice("encryption_algorithm", huaweiSymmetricWay, huaweiSymmetricWay, huaweiOAEP256, huaweiSM2Way)
	id, given := c.fields.optional("key_id")
	context := h.context(c.fields)
	if way != huaweiSymmetricWay && !given {
		c.fields.refuse("KMS.0204", "key_id is missing, which a key pair needs")
	}
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	k, plain, failure := h.decrypt(sealed, way, id, given, context)
	if failure != nil {
		return nil, failure
	}
	reply := huaweiReply{"key_id": k.id, "plain_text": strings.ToValidUTF8(string(plain), "\uFFFD")}
	if way != huaweiSymmetricWay || h.settings.PlainTextBase64 {
		reply["plain_text_base64"] = base64.StdEncoding.EncodeToString(plain)
	}
	return reply, nil
}

// decrypt decrypts data. The key may be left out with a symmetric one, whose id is in the ciphertext.
func (h *HuaweiKMS) decrypt(sealed, way, id string, given bool, context []byte) (*huaweiKey, []byte, *huaweiError) {
	if len(sealed) < huaweiMinCipher || len(sealed) > huaweiMaxCipher || strings.Trim(sealed, huaweiBase64) != "" {
		return nil, nil, huaweiFails("KMS.0308", "cipher_text is not %d to %d characters of base64", huaweiMinCipher, huaweiMaxCipher)
	}
	wrong := huaweiFails(h.settings.DecryptCode, "cipher_text is not of this key, way and context")
	blob, err := base64.StdEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return nil, nil, wrong
	}
	var b huaweiBlob
	if way == huaweiSymmetricWay {
		var ok bool
		if b, ok = parseHuaweiBlob(blob, huaweiOfData); !ok {
			return nil, nil, wrong
		}
		if !given {
			id = b.keyID
		}
	}
	k, failure := h.usable(id, huaweiEncrypts)
	if failure == nil {
		failure = huaweiFits(k, way, context)
	}
	if failure != nil {
		return nil, nil, failure
	}
	m, failure := h.material(k)
	if failure != nil {
		return nil, nil, failure
	}
	var plain []byte
	ok := true
	switch way {
	case huaweiSymmetricWay:
		plain, ok = h.open(k, b, context)
	case huaweiSM2Way:
		plain, err = sm2.Decrypt(m.pair.(*sm2.PrivateKey), blob)
	default:
		plain, err = rsa.DecryptOAEP(huaweiOAEPHash(way), nil, m.pair.(*rsa.PrivateKey), blob, nil)
	}
	if err != nil || !ok {
		return nil, nil, wrong
	}
	return k, plain, nil
}

const huaweiBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

// reEncrypt moves a ciphertext to another key: data from any to any, a data key from a symmetric one to a symmetric one.
func (h *HuaweiKMS) reEncrypt(c *huaweiCall) (any, *huaweiError) {
	ways := []string{huaweiSymmetricWay, huaweiOAEP1, huaweiOAEP256, huaweiSM2Way}
	sealed, to := c.fields.text("cipher_text"), c.fields.text("destination_key_id")
	id, given := c.fields.optional("source_key_id")
	from := c.fields.choice("source_encryption_algorithm", huaweiSymmetricWay, ways...)
	into := c.fields.choice("destination_encryption_algorithm", huaweiSymmetricWay, ways...)
	before := huaweiContext(c.fields, "source_additional_authenticated_data")
	after := huaweiContext(c.fields, "destination_additional_authenticated_data")
	size := c.fields.number("datakey_cipher_length", "KMS.2202", 1, huaweiMaxDataKey)
	if from != huaweiSymmetricWay && !given {
		c.fields.refuse("KMS.0204", "source_key_id is missing, which a key pair needs")
	}
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	reply := func(source, target *huaweiKey, text string) huaweiReply {
		return huaweiReply{
			"key_id": target.id, "source_key_id": source.id, "source_encryption_algorithm": from, "destination_encryption_algorithm": into,
			"cipher_text": text,
		}
	}
	target, failure := h.usable(to, huaweiEncrypts)
	if failure == nil {
		failure = huaweiFits(target, into, after)
	}
	if failure != nil {
		return nil, failure
	}
	if blob, err := hex.DecodeString(sealed); err == nil {
		source, key, failure := h.unwrap(blob, id, given, before, h.settings.DecryptCode)
		switch {
		case failure != nil:
			return nil, failure
		case size >= 0 && size != len(key):
			return nil, huaweiFails("KMS.2202", "datakey_cipher_length is not the length of the data key")
		case from != huaweiSymmetricWay || into != huaweiSymmetricWay:
			return nil, huaweiFails("KMS.0308", "a data key stays under symmetric keys")
		}
		blob, failure = h.seal(target, huaweiOfDataKey, key, after)
		return reply(source, target, huaweiHex(blob)), failure
	}
	source, plain, failure := h.decrypt(sealed, from, id, given, before)
	if failure != nil {
		return nil, failure
	}
	if !utf8.Valid(plain) && into == huaweiSymmetricWay {
		// What is under a symmetric key comes back as text alone.
		return nil, huaweiFails("KMS.0308", "what cipher_text holds is not text")
	}
	text, failure := h.encrypt(target, into, plain, after)
	return reply(source, target, text), failure
}
