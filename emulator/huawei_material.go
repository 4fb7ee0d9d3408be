package emulator

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
)

// huaweiMaterial is what a key is made of: bytes, or one of *rsa.PrivateKey, *ecdsa.PrivateKey and *sm2.PrivateKey.
type huaweiMaterial struct {
	secret []byte
	pair   crypto.Signer
}

// huaweiSpecs are the specs that a key may have. Those of HMAC are not in the vendor's SDK, but in its user guide.
func huaweiSpecs() []string {
	return []string{
		"AES_256", "SM4", "RSA_2048", "RSA_3072", "RSA_4096", "EC_P256", "EC_P384", "SM2", "HMAC_256", "HMAC_384", "HMAC_512", "HMAC_SM3",
	}
}

// huaweiUses returns what a key of a spec may be for, first what it is for unless said otherwise.
func huaweiUses(spec string) []string {
	switch spec {
	case "AES_256", "SM4":
		return []string{huaweiEncrypts}
	case "RSA_2048", "RSA_3072", "RSA_4096", "SM2":
		return []string{huaweiSigns, huaweiEncrypts}
	case "EC_P256", "EC_P384":
		return []string{huaweiSigns}
	}
	return []string{huaweiMACs}
}

func huaweiSymmetric(spec string) bool { return spec == "AES_256" || spec == "SM4" }

// huaweiSecretBytes returns how long the secret of a spec is, 0 for key pairs.
func huaweiSecretBytes(spec string) int {
	switch spec {
	case "AES_256", "HMAC_256", "HMAC_SM3":
		return 32
	case "SM4", "AES_128":
		return 16
	case "HMAC_384":
		return 48
	case "HMAC_512":
		return 64
	}
	return 0
}

// material returns the newest material of a key. It is made when it is first needed, as RSA takes its time.
func (h *HuaweiKMS) material(k *huaweiKey) (huaweiMaterial, *huaweiError) {
	if len(k.versions) == 0 {
		m, err := h.generate(k.spec)
		if err != nil {
			return m, huaweiFails("KMS.0101", "key generation failed")
		}
		k.versions = append(k.versions, m)
	}
	return k.versions[len(k.versions)-1], nil
}

// generate makes material of a spec, of a key or of a data key pair.
func (h *HuaweiKMS) generate(spec string) (m huaweiMaterial, err error) {
	switch spec {
	case "RSA_2048":
		m.pair, err = h.rsa.take(2048)
	case "RSA_3072":
		m.pair, err = h.rsa.take(3072)
	case "RSA_4096":
		m.pair, err = h.rsa.take(4096)
	case "EC_P256", "ECC_NIST_P256":
		m.pair, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "EC_P384", "ECC_NIST_P384":
		m.pair, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ECC_NIST_P521":
		m.pair, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "SM2":
		m.pair, err = sm2.GenerateKey(rand.Reader)
	default:
		m.secret = huaweiRandom(huaweiSecretBytes(spec))
	}
	return m, err
}

func huaweiRandom(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.Read(data) // it does not fail
	return data
}

// The kinds of ciphertext, which cannot stand in for each other.
const (
	huaweiOfData    = 'D'
	huaweiOfDataKey = 'K'
)

// A ciphertext under a symmetric key has the outline of those on the vendor's pages: 02 00, a length in two bytes (all
// but the last 36), what is sealed, the key's id as text, 4 zeros and 32 bytes of a checksum. For a data key of 64 bytes
// it has 188 bytes and begins with 02 00 98 00, for short data it has 268 and begins with 02 00 E8 00, and 4096 bytes
// of data stay within the 5648 characters that decrypt-data takes. What is inside is the emulator's own: 20 bytes that
// say what it is, a nonce, and AES-GCM or SM4-GCM.
const (
	huaweiBlobHeader = 4
	huaweiBlobMeta   = 20
	huaweiBlobNonce  = 12
	huaweiBlobTag    = 16
	huaweiBlobID     = 36
	huaweiBlobTail   = 36
	huaweiBlobFrame  = huaweiBlobHeader + huaweiBlobMeta + huaweiBlobNonce + huaweiBlobTag + huaweiBlobID + huaweiBlobTail
	huaweiBlobShort  = 144 // data is filled up to this
)

// seal encrypts under a symmetric key, and binds the ciphertext to the key, the kind and the context.
func (h *HuaweiKMS) seal(k *huaweiKey, kind byte, plain, context []byte) ([]byte, *huaweiError) {
	m, failure := h.material(k)
	if failure != nil {
		return nil, failure
	}
	inner := slices.Clone(plain)
	if kind == huaweiOfData && len(inner) < huaweiBlobShort {
		inner = append(inner, make([]byte, huaweiBlobShort-len(inner))...)
	}
	blob := []byte{2, 0}
	blob = binary.LittleEndian.AppendUint16(blob, uint16(huaweiBlobFrame+len(inner)-huaweiBlobTail))
	blob = append(blob, kind, 0, 0, 0)
	blob = binary.LittleEndian.AppendUint32(blob, uint32(len(k.versions)-1))
	blob = binary.LittleEndian.AppendUint32(blob, uint32(len(plain)))
	blob = append(blob, make([]byte, 8)...)
	bound := slices.Concat(blob, []byte(k.id), context)
	nonce := huaweiRandom(huaweiBlobNonce)
	blob = append(blob, nonce...)
	aead, err := huaweiAEAD(k.spec, m.secret)
	if err != nil {
		return nil, huaweiFails("KMS.0101", "encryption failed")
	}
	blob = aead.Seal(blob, nonce, inner, bound)
	blob = append(append(blob, k.id...), 0, 0, 0, 0)
	sum := sha256.Sum256(blob)
	return append(blob, sum[:]...), nil
}

// huaweiBlob is a ciphertext taken apart.
type huaweiBlob struct {
	keyID          string
	version, size  uint32
	meta           []byte // with the header before it
	nonce, content []byte
}

// parseHuaweiBlob takes a ciphertext of a kind apart, and reports whether it is an undamaged one.
func parseHuaweiBlob(blob []byte, kind byte) (b huaweiBlob, ok bool) {
	if len(blob) < huaweiBlobFrame || blob[0] != 2 || blob[1] != 0 || blob[4] != kind {
		return b, false
	}
	end := int(binary.LittleEndian.Uint16(blob[2:]))
	sum := sha256.Sum256(blob[:len(blob)-sha256.Size])
	if end != len(blob)-huaweiBlobTail || string(sum[:]) != string(blob[len(blob)-sha256.Size:]) {
		return b, false
	}
	b.version, b.size = binary.LittleEndian.Uint32(blob[8:]), binary.LittleEndian.Uint32(blob[12:])
	from := huaweiBlobHeader + huaweiBlobMeta
	b.meta, b.nonce = blob[:from], blob[from:from+huaweiBlobNonce]
	b.content, b.keyID = blob[from+huaweiBlobNonce:end-huaweiBlobID], string(blob[end-huaweiBlobID:end])
	return b, int64(b.size) <= int64(len(b.content)-huaweiBlobTag)
}

// open decrypts what seal made of the same key and context.
func (h *HuaweiKMS) open(k *huaweiKey, b huaweiBlob, context []byte) ([]byte, bool) {
	if b.keyID != k.id || int64(b.version) >= int64(len(k.versions)) || !huaweiSymmetric(k.spec) {
		return nil, false
	}
	aead, err := huaweiAEAD(k.spec, k.versions[b.version].secret)
	if err != nil {
		return nil, false
	}
	inner, err := aead.Open(nil, b.nonce, b.content, slices.Concat(b.meta, []byte(k.id), context))
	if err != nil {
		return nil, false
	}
	return inner[:b.size], true
}

func huaweiAEAD(spec string, secret []byte) (cipher.AEAD, error) {
	newBlock := aes.NewCipher
	if spec == "SM4" {
		newBlock = sm4.NewCipher
	}
	block, err := newBlock(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
