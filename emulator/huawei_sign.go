package emulator

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"hash"
	"strconv"
	"strings"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/smx509"
)

// Limits of messages: support.huaweicloud.com, DEW API Reference, Signing Data and Generating a MAC.
const (
	huaweiSignMessage = 4095 // "less than 4096 bytes"
	huaweiMACMessage  = 4096
)

// huaweiAlgorithms returns the algorithms that keys of a spec sign with. That a curve goes with the hash of its own size
// only is the stricter reading.
func huaweiAlgorithms(spec string) []string {
	switch spec {
	case "EC_P256":
		return []string{"ECDSA_SHA_256"}
	case "EC_P384":
		return []string{"ECDSA_SHA_384"}
	case "SM2":
		return []string{"SM2DSA_SM3"}
	}
	return []string{
		"RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512", "RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384",
		"RSASSA_PKCS1_V1_5_SHA_512",
	}
}

// huaweiToSign is what sign and verify have in common.
type huaweiToSign struct {
	key       *huaweiKey
	pair      crypto.Signer
	algorithm string
	hash      crypto.Hash // 0 with SM2
	digest    []byte
}

// toSign reads a message or its digest, the digest being what is meant unless said otherwise. With SM2 there is only
// the digest, which the caller makes of its public key and the message (GB/T 32918).
func (h *HuaweiKMS) toSign(c *huaweiCall) (s huaweiToSign, signature string, failure *huaweiError) {
	id, text := c.fields.text("key_id"), c.fields.text("message")
	s.algorithm = c.fields.needed("signing_algorithm", append(huaweiAlgorithms("RSA"), "ECDSA_SHA_256", "ECDSA_SHA_384", "ECDSA_SHA_512", "SM2DSA_SM3")...)
	kind := c.fields.choice("message_type", "DIGEST", "DIGEST", "RAW")
	if c.route.action == "verify" {
		signature = c.fields.text("signature")
	}
	if failure := c.fields.end(); failure != nil {
		return s, "", failure
	}
	message, failure := huaweiMessage(text, huaweiSignMessage)
	if failure != nil {
		return s, "", failure
	}
	if s.key, failure = h.usable(id, huaweiSigns); failure != nil {
		return s, "", failure
	}
	fits := false
	for _, algorithm := range huaweiAlgorithms(s.key.spec) {
		fits = fits || algorithm == s.algorithm
	}
	if !fits || s.algorithm == "SM2DSA_SM3" && kind == "RAW" {
		return s, "", huaweiFails("KMS.0308", "a key of %s does not sign by %s what is %s", s.key.spec, s.algorithm, kind)
	}
	size := sm3.Size
	switch {
	case strings.HasSuffix(s.algorithm, "_256"):
		s.hash = crypto.SHA256
	case strings.HasSuffix(s.algorithm, "_384"):
		s.hash = crypto.SHA384
	case strings.HasSuffix(s.algorithm, "_512"):
		s.hash = crypto.SHA512
	}
	if s.hash != 0 {
		size = s.hash.Size()
	}
	s.digest = message
	if kind == "RAW" {
		sum := s.hash.New()
		sum.Write(message)
		s.digest = sum.Sum(nil)
	}
	if len(s.digest) != size {
		return s, "", huaweiFails("KMS.0329", "the digest has %d bytes, that of %s has %d", len(s.digest), s.algorithm, size)
	}
	m, failure := h.material(s.key)
	s.pair = m.pair
	return s, signature, failure
}

// huaweiMessage reads a message in base64.
func huaweiMessage(text string, most int) ([]byte, *huaweiError) {
	message, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") || len(message) == 0 || len(message) > most {
		return nil, huaweiFails("KMS.0308", "message is not base64 of 1 to %d bytes", most)
	}
	return message, nil
}

// sign answers with base64: of ASN.1 for ECDSA and SM2, as the vendor says of SM2.
func (h *HuaweiKMS) sign(c *huaweiCall) (any, *huaweiError) {
	s, _, failure := h.toSign(c)
	if failure != nil {
		return nil, failure
	}
	var signature []byte
	var err error
	switch pair := s.pair.(type) {
	case *rsa.PrivateKey:
		if strings.HasPrefix(s.algorithm, "RSASSA_PSS_") {
			signature, err = rsa.SignPSS(rand.Reader, pair, s.hash, s.digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		} else {
			signature, err = rsa.SignPKCS1v15(rand.Reader, pair, s.hash, s.digest)
		}
	case *ecdsa.PrivateKey:
		signature, err = ecdsa.SignASN1(rand.Reader, pair, s.digest)
	case *sm2.PrivateKey:
		signature, err = sm2.SignASN1(rand.Reader, pair, s.digest, nil)
	}
	if err != nil {
		return nil, huaweiFails("KMS.0101", "signing failed")
	}
	return huaweiReply{"key_id": s.key.id, "signature": base64.StdEncoding.EncodeToString(signature)}, nil
}

// verify says in a string whether a signature is good.
func (h *HuaweiKMS) verify(c *huaweiCall) (any, *huaweiError) {
	s, text, failure := h.toSign(c)
	if failure != nil {
		return nil, failure
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(signature) == 0 {
		return nil, huaweiFails("KMS.0308", "signature is not base64")
	}
	valid := false
	switch pair := s.pair.(type) {
	case *rsa.PrivateKey:
		if strings.HasPrefix(s.algorithm, "RSASSA_PSS_") {
			valid = rsa.VerifyPSS(&pair.PublicKey, s.hash, s.digest, signature, nil) == nil
		} else {
			valid = rsa.VerifyPKCS1v15(&pair.PublicKey, s.hash, s.digest, signature) == nil
		}
	case *ecdsa.PrivateKey:
		valid = ecdsa.VerifyASN1(&pair.PublicKey, s.digest, signature)
	case *sm2.PrivateKey:
		valid = sm2.VerifyASN1(&pair.PublicKey, s.digest, signature)
	}
	return huaweiReply{"key_id": s.key.id, "signature_valid": strconv.FormatBool(valid)}, nil
}

// getPublicKey answers with PEM that has line ends of two characters. The vendor's example of an RSA key is labelled as
// X.509 has it, but is of PKCS #1.
func (h *HuaweiKMS) getPublicKey(c *huaweiCall) (any, *huaweiError) {
	id := c.fields.text("key_id")
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	k, failure := h.byID(id)
	if failure == nil && huaweiSecretBytes(k.spec) > 0 {
		failure = huaweiFails("KMS.0308", "a key of %s has no public part", k.spec)
	}
	if failure == nil {
		k, failure = h.usable(id, k.usage)
	}
	if failure != nil {
		return nil, failure
	}
	m, failure := h.material(k)
	if failure != nil {
		return nil, failure
	}
	var der []byte
	var err error
	if pair, isRSA := m.pair.(*rsa.PrivateKey); isRSA && !h.settings.PKIXPublicKey {
		der = x509.MarshalPKCS1PublicKey(&pair.PublicKey)
	} else {
		der, err = smx509.MarshalPKIXPublicKey(m.pair.Public())
	}
	if err != nil {
		return nil, huaweiFails("KMS.0101", "the public key cannot be written")
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	return huaweiReply{"key_id": k.id, "public_key": strings.ReplaceAll(text, "\n", "\r\n")}, nil
}

// mac computes the MAC of the message of a request. The algorithm has to be the key's own.
func (h *HuaweiKMS) mac(c *huaweiCall) (k *huaweiKey, algorithm string, sum []byte, given string, failure *huaweiError) {
	id, text := c.fields.text("key_id"), c.fields.text("message")
	algorithm = c.fields.needed("mac_algorithm", "HMAC_SHA_256", "HMAC_SHA_384", "HMAC_SHA_512", "HMAC_SM3")
	if c.route.action == "verify-mac" {
		given = c.fields.text("mac")
	}
	if failure = c.fields.end(); failure != nil {
		return nil, "", nil, "", failure
	}
	message, failure := huaweiMessage(text, huaweiMACMessage)
	if failure == nil {
		k, failure = h.usable(id, huaweiMACs)
	}
	if failure != nil {
		return nil, "", nil, "", failure
	}
	if strings.ReplaceAll(algorithm, "_SHA", "") != k.spec {
		return nil, "", nil, "", huaweiFails("KMS.0308", "a key of %s is not for %s", k.spec, algorithm)
	}
	hashes := map[string]func() hash.Hash{"HMAC_SHA_256": sha256.New, "HMAC_SHA_384": sha512.New384, "HMAC_SHA_512": sha512.New, "HMAC_SM3": sm3.New}
	m, failure := h.material(k)
	if failure != nil {
		return nil, "", nil, "", failure
	}
	code := hmac.New(hashes[algorithm], m.secret)
	code.Write(message)
	return k, algorithm, code.Sum(nil), given, nil
}

// generateMAC answers with hex in lower case, as the example of Open Telekom Cloud, which sells the same service, does.
func (h *HuaweiKMS) generateMAC(c *huaweiCall) (any, *huaweiError) {
	k, algorithm, sum, _, failure := h.mac(c)
	if failure != nil {
		return nil, failure
	}
	return huaweiReply{"key_id": k.id, "mac_algorithm": algorithm, "mac": hex.EncodeToString(sum)}, nil
}

func (h *HuaweiKMS) verifyMAC(c *huaweiCall) (any, *huaweiError) {
	k, algorithm, sum, given, failure := h.mac(c)
	if failure != nil {
		return nil, failure
	}
	code, err := hex.DecodeString(given)
	if err != nil {
		return nil, huaweiFails("KMS.0308", "mac is not hex")
	}
	return huaweiReply{"key_id": k.id, "mac_algorithm": algorithm, "mac_valid": hmac.Equal(code, sum)}, nil
}
