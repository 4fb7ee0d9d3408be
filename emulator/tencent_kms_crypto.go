package emulator

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emmansun/gmsm/sm4"
)

// A ciphertext is three parts in base64, joined by "-k-": a mark that all of a version's have in common, a nonce, and
// the sealed data. What is in them is not in the pages. Their lengths are those of the samples: the data is preceded
// by four bytes, filled up to whole blocks, and followed by a tag.
const (
	tencentKMSJoint      = "-k-"
	tencentKMSMarkLength = 64
	tencentKMSNonce      = 16
	tencentKMSTag        = 16
	tencentKMSBlock      = 16
	tencentKMSHead       = 4
)

// tencentKMSSecret is one version of a symmetric key.
type tencentKMSSecret struct {
	mark, material []byte
	guomi          bool
}

// aead returns the cipher, AES-256 or SM4 in GCM.
func (s tencentKMSSecret) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.material)
	if s.guomi {
		block, err = sm4.NewCipher(s.material)
	}
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithNonceSize(block, tencentKMSNonce)
}

// seal encrypts.
func (s tencentKMSSecret) seal(plain []byte, context string) (string, *tencentError) {
	aead, err := s.aead()
	if err != nil {
		return "", tencentFails("InternalError", "the key cannot be used")
	}
	blocks := (len(plain) + tencentKMSBlock - 1) / tencentKMSBlock
	framed := make([]byte, tencentKMSHead+blocks*tencentKMSBlock)
	binary.BigEndian.PutUint32(framed, uint32(len(plain)))
	copy(framed[tencentKMSHead:], plain)
	nonce := tencentKMSBytes(tencentKMSNonce)
	data := aead.Seal(nil, nonce, framed, append(bytes.Clone(s.mark), context...))
	parts := []string{
		base64.StdEncoding.EncodeToString(s.mark), base64.StdEncoding.EncodeToString(nonce), base64.StdEncoding.EncodeToString(data),
	}
	return strings.Join(parts, tencentKMSJoint), nil
}

// open decrypts what seal returned, and reports whether it was that.
func (s tencentKMSSecret) open(nonce, data []byte, context string) ([]byte, bool) {
	aead, err := s.aead()
	if err != nil || len(data) < tencentKMSHead+tencentKMSTag {
		return nil, false
	}
	framed, err := aead.Open(nil, nonce, data, append(bytes.Clone(s.mark), context...))
	if err != nil {
		return nil, false
	}
	n := binary.BigEndian.Uint32(framed)
	if uint64(n) > uint64(len(framed)-tencentKMSHead) {
		return nil, false
	}
	return framed[tencentKMSHead : tencentKMSHead+int(n)], true
}

// tencentKMSBase64 decodes the vendor's base64: the standard alphabet, padded, and nothing else.
func tencentKMSBase64(text string) ([]byte, bool) {
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	return data, err == nil && !strings.ContainsAny(text, "\r\n")
}

// context reads an encryption context, JSON text of strings by name, and returns what is authenticated. An empty text
// is no context.
func (t *TencentKMS) context(name, text string) (string, *tencentError) {
	if text == "" {
		return "", nil
	}
	if utf8.RuneCountInString(text) > tencentKMSContext {
		return "", tencentFails(tencentKMSBadParameter, "%s is longer than %d characters", name, tencentKMSContext)
	}
	fields, failure := readTencentFields([]byte(text))
	if failure != nil {
		return "", tencentFails(tencentKMSBadParameter, "%s is not a JSON object, no name twice in it", name)
	}
	pairs := map[string]string{}
	for key, raw := range fields.raw {
		value, ok := tencentString(raw)
		if !ok {
			return "", tencentFails(tencentKMSBadParameter, "%s has a value that is not a string", name)
		}
		pairs[key] = value
	}
	if !t.settings.AnyContextOrder {
		return text, nil
	}
	sorted, err := json.Marshal(pairs)
	if err != nil {
		return "", tencentFails("InternalError", "%s cannot be used", name)
	}
	return string(sorted), nil
}

// symmetric returns a key to encrypt with.
func (r *tencentKMSRegion) symmetric(id string) (*tencentKMSKey, *tencentError) {
	key, failure := r.find(id)
	if failure != nil {
		return nil, failure
	}
	if key.usage != tencentKMSEncrypt {
		return nil, tencentFails(tencentKMSBadUsage, "the key is of usage %s", key.usage)
	}
	if key.state == tencentKMSArchived {
		return nil, tencentFails("ResourceUnavailable.CmkArchived", "the key is archived, and can only decrypt")
	}
	return key, key.live()
}

// live fails unless the key may decrypt. Of the codes that Encrypt and Decrypt list, the one for disabled keys is the
// nearest for one that is about to be deleted: it is disabled.
func (k *tencentKMSKey) live() *tencentError {
	switch k.state {
	case tencentKMSEnabled, tencentKMSArchived:
		return nil
	case tencentKMSDisabled, tencentKMSDeleting:
		return tencentFails("ResourceUnavailable.CmkDisabled", "the key is in the state %s", k.state)
	}
	return k.in(tencentKMSEnabled)
}

// encrypt: tencentcloud.com, KMS API, Encrypt.
func (t *TencentKMS) encrypt(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	id, text := f.text("KeyId"), f.text("Plaintext")
	given, _ := f.optionalText("EncryptionContext")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	plain, ok := tencentKMSBase64(text)
	if !ok || len(plain) == 0 || len(plain) > tencentKMSPlaintext {
		return nil, tencentFails("InvalidParameterValue.InvalidPlaintext", "Plaintext has to be base64 of 1 to %d bytes", tencentKMSPlaintext)
	}
	context, failure := t.context("EncryptionContext", given)
	if failure != nil {
		return nil, failure
	}
	key, failure := r.symmetric(id)
	if failure != nil {
		return nil, failure
	}
	blob, failure := key.versions[len(key.versions)-1].seal(plain, context)
	if failure != nil {
		return nil, failure
	}
	return tencentResult{"CiphertextBlob": blob, "KeyId": id}, nil
}

// open returns what a ciphertext holds and whose it is.
func (t *TencentKMS) open(r *tencentKMSRegion, blob, context string) (plain []byte, mark tencentKMSMark, failure *tencentError) {
	invalid := tencentFails("InvalidParameterValue.InvalidCiphertext", "CiphertextBlob is not one of this region")
	parts := strings.Split(blob, tencentKMSJoint)
	if len(parts) != 3 {
		return nil, mark, invalid
	}
	var decoded [3][]byte
	for i, part := range parts {
		var ok bool
		if decoded[i], ok = tencentKMSBase64(part); !ok {
			return nil, mark, invalid
		}
	}
	mark, ok := r.marks[string(decoded[0])]
	if !ok || len(decoded[1]) != tencentKMSNonce {
		return nil, mark, invalid
	}
	key, failure := r.find(mark.keyID)
	if failure == nil {
		failure = key.live()
	}
	if failure != nil {
		return nil, mark, failure
	}
	plain, ok = key.versions[mark.version].open(decoded[1], decoded[2], context)
	if !ok {
		return nil, mark, tencentFails(t.settings.MismatchCode, "the ciphertext or the encryption context is not that of the encryption")
	}
	return plain, mark, nil
}

// decrypt: tencentcloud.com, KMS API, Decrypt.
func (t *TencentKMS) decrypt(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	blob := f.text("CiphertextBlob")
	given, _ := f.optionalText("EncryptionContext")
	lock := takeTencentKMSLock(f)
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	context, failure := t.context("EncryptionContext", given)
	if failure != nil {
		return nil, failure
	}
	if failure := lock.check(); failure != nil {
		return nil, failure
	}
	plain, mark, failure := t.open(r, blob, context)
	if failure != nil {
		return nil, failure
	}
	shown, failure := lock.close(plain)
	if failure != nil {
		return nil, failure
	}
	return tencentResult{"KeyId": mark.keyID, "Plaintext": base64.StdEncoding.EncodeToString(shown)}, nil
}

// generateDataKey: tencentcloud.com, KMS API, GenerateDataKey. A length goes before a kind. Keys that the service
// keeps are not to be had here.
func (t *TencentKMS) generateDataKey(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	id := f.text("KeyId")
	spec, hasSpec := f.optionalText("KeySpec")
	size, hasSize := f.integer("NumberOfBytes")
	given, _ := f.optionalText("EncryptionContext")
	lock := takeTencentKMSLock(f)
	hosted, _ := f.integer("IsHostedByKms")
	name, _ := f.optionalText("DataKeyName")
	description, _ := f.optionalText("Description")
	cluster := checkTencentKMSCluster(f)
	tags := f.list("Tags", false)
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	if hosted != 0 || name != "" || description != "" || len(tags) > 0 {
		return nil, tencentFails("UnsupportedOperation", "the emulator has no hosted data keys")
	}
	if failure := cluster(); failure != nil {
		return nil, failure
	}
	specs := map[string]int64{"AES_128": 16, "AES_256": 32}
	switch {
	case hasSpec && specs[spec] == 0:
		return nil, tencentFails(tencentKMSBadParameter, "KeySpec has to be AES_128 or AES_256")
	case !hasSize && !hasSpec:
		return nil, tencentFails(tencentKMSBadParameter, "KeySpec or NumberOfBytes has to be there")
	case !hasSize:
		size = specs[spec]
	}
	if size < 1 || size > tencentKMSDataKey {
		return nil, tencentFails(tencentKMSBadParameter, "NumberOfBytes has to be 1 to %d", tencentKMSDataKey)
	}
	context, failure := t.context("EncryptionContext", given)
	if failure != nil {
		return nil, failure
	}
	if failure := lock.check(); failure != nil {
		return nil, failure
	}
	if key := r.keys[id]; key != nil && key.state == tencentKMSDeleting {
		return nil, tencentFails("ResourceUnavailable.KeyPendingDelete", "the key is about to be deleted")
	}
	key, failure := r.symmetric(id)
	if failure != nil {
		return nil, failure
	}
	plain := tencentKMSBytes(int(size))
	blob, failure := key.versions[len(key.versions)-1].seal(plain, context)
	if failure != nil {
		return nil, failure
	}
	shown, failure := lock.close(plain)
	if failure != nil {
		return nil, failure
	}
	return tencentResult{
		"KeyId": id, "Plaintext": base64.StdEncoding.EncodeToString(shown), "CiphertextBlob": blob, "DataKeyId": "", "TagCode": 0, "TagMsg": "",
	}, nil
}

// reEncrypt: tencentcloud.com, KMS API, ReEncrypt. Without another key it is the same one; a ciphertext of its newest
// version stays as it is.
func (t *TencentKMS) reEncrypt(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	blob := f.text("CiphertextBlob")
	id, _ := f.optionalText("DestinationKeyId")
	from, _ := f.optionalText("SourceEncryptionContext")
	to, _ := f.optionalText("DestinationEncryptionContext")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	source, failure := t.context("SourceEncryptionContext", from)
	if failure != nil {
		return nil, failure
	}
	destination, failure := t.context("DestinationEncryptionContext", to)
	if failure != nil {
		return nil, failure
	}
	plain, mark, failure := t.open(r, blob, source)
	if failure != nil {
		return nil, failure
	}
	if id == "" {
		id = mark.keyID
	}
	key, failure := r.symmetric(id)
	if failure != nil {
		return nil, failure
	}
	newest := len(key.versions) - 1
	result := tencentResult{"CiphertextBlob": blob, "KeyId": id, "SourceKeyId": mark.keyID, "ReEncrypted": false}
	if id == mark.keyID && newest == mark.version && (source == destination || !t.settings.ReEncryptContext) {
		return result, nil
	}
	again, failure := key.versions[newest].seal(plain, destination)
	if failure != nil {
		return nil, failure
	}
	result["CiphertextBlob"], result["ReEncrypted"] = again, true
	return result, nil
}

// generateRandom: tencentcloud.com, KMS API, GenerateRandom.
func (t *TencentKMS) generateRandom(_ *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	n := f.neededInteger("NumberOfBytes")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	if n < 1 || n > tencentKMSRandom {
		return nil, tencentFails(tencentKMSBadParameter, "NumberOfBytes has to be 1 to %d", tencentKMSRandom)
	}
	return tencentResult{"Plaintext": base64.StdEncoding.EncodeToString(tencentKMSBytes(int(n)))}, nil
}
