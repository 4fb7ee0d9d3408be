package emulator

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/smx509"
)

// Lengths of data keys and of random data: support.huaweicloud.com, DEW API Reference, Managing Data Keys.
const (
	huaweiMaxBits    = 8192
	huaweiMaxDataKey = 1024
	huaweiDataBits   = 256
)

// huaweiHex writes bytes as the vendor's examples do.
func huaweiHex(data []byte) string { return strings.ToUpper(hex.EncodeToString(data)) }

// huaweiBits reads a length in bits, a multiple of 8.
func huaweiBits(text string) (bytes int, ok bool) {
	n, ok := huaweiNumber(text)
	return n / 8, ok && n >= 8 && n <= huaweiMaxBits && n%8 == 0
}

// wrapping finds a symmetric key to wrap data keys with.
func (h *HuaweiKMS) wrapping(id string) (*huaweiKey, *huaweiError) {
	k, failure := h.usable(id, huaweiEncrypts)
	if failure == nil && !huaweiSymmetric(k.spec) {
		return nil, huaweiFails("KMS.0308", "a key of %s does not wrap data keys", k.spec)
	}
	return k, failure
}

// createDataKey serves create-datakey and create-datakey-without-plaintext. Lengths are in bits.
func (h *HuaweiKMS) createDataKey(c *huaweiCall) (any, *huaweiError) {
	badLength, badSpec := "KMS.1901", "KMS.1902"
	plainToo := c.route.action == "create-datakey"
	if !plainToo {
		badLength, badSpec = "KMS.2001", "KMS.2001"
	}
	id := c.fields.text("key_id")
	spec, hasSpec := c.fields.optional("key_spec")
	length, hasLength := c.fields.optional("datakey_length")
	context := h.context(c.fields)
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	size := huaweiDataBits / 8
	if hasSpec {
		switch spec {
		case "AES_256", "AES_128", "SM4", "HMAC_256", "HMAC_384", "HMAC_512", "HMAC_SM3":
			size = huaweiSecretBytes(spec)
		default:
			return nil, huaweiFails(badSpec, "key_spec is not that of a data key")
		}
	}
	if hasLength { // it counts, whatever key_spec says
		var ok bool
		if size, ok = huaweiBits(length); !ok {
			return nil, huaweiFails(badLength, "datakey_length is not a string with a multiple of 8 from 8 to %d", huaweiMaxBits)
		}
	}
	k, failure := h.wrapping(id)
	if failure != nil {
		return nil, failure
	}
	key := huaweiRandom(size)
	blob, failure := h.seal(k, huaweiOfDataKey, key, context)
	if failure != nil {
		return nil, failure
	}
	reply := huaweiReply{"key_id": k.id, "cipher_text": huaweiHex(blob)}
	if plainToo {
		reply["plain_text"] = huaweiHex(key)
	}
	return reply, nil
}

// huaweiDigest is the digest that goes with a data key, which the key that wraps it decides on.
func huaweiDigest(spec string, key []byte) []byte {
	if spec == "SM4" {
		sum := sm3.Sum(key)
		return sum[:]
	}
	sum := sha256.Sum256(key)
	return sum[:]
}

// encryptDataKey wraps a data key of the caller's, which comes with its digest behind it.
func (h *HuaweiKMS) encryptDataKey(c *huaweiCall) (any, *huaweiError) {
	id, text, length := c.fields.text("key_id"), c.fields.text("plain_text"), c.fields.text("datakey_plain_length")
	context := h.context(c.fields)
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	size, ok := huaweiNumber(length)
	if !ok || size < 1 || size > huaweiMaxDataKey {
		return nil, huaweiFails("KMS.2102", "datakey_plain_length is not a string with a number of bytes from 1 to %d", huaweiMaxDataKey)
	}
	both, err := hex.DecodeString(text)
	if err != nil || len(both) != size+sha256.Size {
		return nil, huaweiFails("KMS.2101", "plain_text is not hex of a data key of datakey_plain_length bytes and of its digest")
	}
	k, failure := h.wrapping(id)
	if failure != nil {
		return nil, failure
	}
	key := both[:size]
	if string(both[size:]) != string(huaweiDigest(k.spec, key)) {
		return nil, huaweiFails("KMS.2103", "the digest behind the data key is not its SHA-256, or SM3 where the key is of SM4")
	}
	blob, failure := h.seal(k, huaweiOfDataKey, key, context)
	if failure != nil {
		return nil, failure
	}
	return huaweiReply{"key_id": k.id, "cipher_text": huaweiHex(blob), "datakey_length": strconv.Itoa(size)}, nil
}

// decryptDataKey unwraps a data key. The caller has to know the key and the length of the data key.
func (h *HuaweiKMS) decryptDataKey(c *huaweiCall) (any, *huaweiError) {
	id, text, length := c.fields.text("key_id"), c.fields.text("cipher_text"), c.fields.text("datakey_cipher_length")
	context := h.context(c.fields)
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	size, ok := huaweiNumber(length)
	if !ok || size < 1 || size > huaweiMaxDataKey {
		return nil, huaweiFails("KMS.2202", "datakey_cipher_length is not a string with a number of bytes from 1 to %d", huaweiMaxDataKey)
	}
	blob, err := hex.DecodeString(text)
	if err != nil {
		return nil, huaweiFails("KMS.2201", "cipher_text is not hex")
	}
	k, key, failure := h.unwrap(blob, id, true, context, "KMS.2203")
	if failure != nil {
		return nil, failure
	}
	if len(key) != size {
		return nil, huaweiFails("KMS.2202", "datakey_cipher_length is not the length of the data key")
	}
	digest := huaweiDigest("AES_256", key)
	if h.settings.SM3Digest {
		digest = huaweiDigest(k.spec, key)
	}
	return huaweiReply{"data_key": huaweiHex(key), "datakey_length": length, "datakey_dgst": huaweiHex(digest)}, nil
}

// unwrap opens the ciphertext of a data key. wrong is the code for one of another context.
func (h *HuaweiKMS) unwrap(blob []byte, id string, given bool, context []byte, wrong string) (*huaweiKey, []byte, *huaweiError) {
	b, ok := parseHuaweiBlob(blob, huaweiOfDataKey)
	if !given {
		if id = b.keyID; !ok {
			return nil, nil, huaweiFails("KMS.2201", "cipher_text is not a data key's")
		}
	}
	k, failure := h.wrapping(id)
	if failure != nil {
		return nil, nil, failure
	}
	if !ok || b.keyID != k.id {
		return nil, nil, huaweiFails("KMS.2201", "cipher_text is not a data key's, or not of this key")
	}
	key, ok := h.open(k, b, context)
	if !ok {
		return nil, nil, huaweiFails(wrong, "cipher_text is not of this context")
	}
	return k, key, nil
}

// createDataKeyPair serves create-rsa-datakey-pair and create-ec-datakey-pair. The vendor's pages do not say how the
// keys are written: here the public one is base64 of X.509's form, the private one base64 of PKCS #8, and its
// ciphertext is that of encrypt-data for this base64, as it is too long to be unwrapped as a data key.
func (h *HuaweiKMS) createDataKeyPair(c *huaweiCall) (any, *huaweiError) {
	specs := []string{"ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "SM2"}
	if c.route.action == "create-rsa-datakey-pair" {
		specs = []string{"RSA_2048", "RSA_3072", "RSA_4096"}
	}
	id, spec := c.fields.text("key_id"), c.fields.needed("key_spec", specs...)
	plainToo := c.fields.boolean("with_plain_text", true)
	context := h.context(c.fields)
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	k, failure := h.wrapping(id)
	if failure != nil {
		return nil, failure
	}
	m, err := h.generate(spec)
	var public, private []byte
	if err == nil {
		public, err = smx509.MarshalPKIXPublicKey(m.pair.Public())
	}
	if err == nil {
		private, err = smx509.MarshalPKCS8PrivateKey(m.pair)
	}
	if err != nil {
		return nil, huaweiFails("KMS.0101", "key generation failed")
	}
	text := base64.StdEncoding.EncodeToString(private)
	blob, failure := h.seal(k, huaweiOfData, []byte(text), context)
	if failure != nil {
		return nil, failure
	}
	reply := huaweiReply{
		"key_id": k.id, "key_spec": spec, "public_key": base64.StdEncoding.EncodeToString(public),
		"private_key_cipher_text": base64.StdEncoding.EncodeToString(blob),
	}
	if plainToo {
		reply["private_key_plain_text"] = text
	}
	return reply, nil
}

func (h *HuaweiKMS) genRandom(c *huaweiCall) (any, *huaweiError) {
	length := c.fields.text("random_data_length")
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	size, ok := huaweiBits(length)
	if !ok {
		return nil, huaweiFails("KMS.1801", "random_data_length is not a string with a multiple of 8 from 8 to %d", huaweiMaxBits)
	}
	return huaweiReply{"random_data": huaweiHex(huaweiRandom(size))}, nil
}
