package emulator

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha512" // which makes SHA-384 available
	"encoding/base64"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
)

// tencentKMSSigning is a way to sign.
type tencentKMSSigning struct {
	usage string
	hash  crypto.Hash // 0 for SM3
	pss   bool
}

// tencentKMSSignings are the ways by name: tencentcloud.com, KMS API, SignByAsymmetricKey. It does not name that of
// P-384 keys; here it is what ListAlgorithms says.
var tencentKMSSignings = map[string]tencentKMSSigning{
	"SM2DSA":            {usage: tencentKMSSignSM2},
	"ECC_P256_R1":       {usage: tencentKMSSignECC, hash: crypto.SHA256},
	"ECDSA384":          {usage: tencentKMSSignP384, hash: crypto.SHA384},
	"RSA_PSS_SHA_256":   {usage: tencentKMSSignRSA, hash: crypto.SHA256, pss: true},
	"RSA_PKCS1_SHA_256": {usage: tencentKMSSignRSA, hash: crypto.SHA256},
}

// digestSize is how long a digest has to be. The pages say 32 bytes, from before there was P-384.
func (s tencentKMSSigning) digestSize() int {
	if s.hash == 0 {
		return sm3.Size
	}
	return s.hash.Size()
}

// tencentKMSSigned is what is signed.
type tencentKMSSigned struct {
	tencentKMSSigning
	pair   *tencentKMSPair
	data   []byte
	digest bool // data is the digest: for SM2 that of the signer and the message, which the pages do not say
}

// takeSigned reads what the two actions about signatures have in common.
func (r *tencentKMSRegion) takeSigned(f *tencentFields) (s tencentKMSSigned, failure *tencentError) {
	algorithm, text, id := f.text("Algorithm"), f.text("Message"), f.text("KeyId")
	kind, hasKind := f.optionalText("MessageType")
	if failure := f.end(); failure != nil {
		return s, failure
	}
	how, ok := tencentKMSSignings[algorithm]
	s.tencentKMSSigning, s.digest = how, kind == "DIGEST"
	if !ok {
		return s, tencentFails(tencentKMSBadParameter, "there is no Algorithm %q", algorithm)
	}
	if hasKind && kind != "RAW" && kind != "DIGEST" {
		return s, tencentFails(tencentKMSBadParameter, "MessageType has to be RAW or DIGEST")
	}
	if s.data, ok = tencentKMSBase64(text); !ok || len(s.data) == 0 {
		return s, tencentFails(tencentKMSBadParameter, "Message is not base64, or empty")
	}
	if s.digest && len(s.data) != s.digestSize() {
		return s, tencentFails(tencentKMSBadParameter, "a digest for %s has to have %d bytes", algorithm, s.digestSize())
	}
	if len(s.data) > tencentKMSMessage {
		return s, tencentFails(tencentKMSBadParameter, "Message is longer than %d bytes", tencentKMSMessage)
	}
	key, failure := r.asymmetric(id, func(usage string) bool { return usage == how.usage })
	if failure != nil {
		return s, failure
	}
	s.pair = key.pair
	return s, nil
}

// hashed returns the digest of the message, for all but SM2.
func (s tencentKMSSigned) hashed() []byte {
	if s.digest {
		return s.data
	}
	h := s.hash.New()
	h.Write(s.data)
	return h.Sum(nil)
}

// sign: tencentcloud.com, KMS API, SignByAsymmetricKey. Signatures on curves are in ASN.1.
func (t *TencentKMS) sign(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	s, failure := r.takeSigned(f)
	if failure != nil {
		return nil, failure
	}
	var signature []byte
	var err error
	switch {
	case s.pair.sm2 != nil:
		signature, err = sm2.SignASN1(rand.Reader, s.pair.sm2, s.data, sm2.NewSM2SignerOption(!s.digest, nil))
	case s.pair.ec != nil:
		signature, err = ecdsa.SignASN1(rand.Reader, s.pair.ec, s.hashed())
	case s.pss:
		signature, err = rsa.SignPSS(rand.Reader, s.pair.rsa, s.hash, s.hashed(), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	default:
		signature, err = rsa.SignPKCS1v15(nil, s.pair.rsa, s.hash, s.hashed())
	}
	if err != nil {
		return nil, tencentFails("InternalError", "the message cannot be signed")
	}
	return tencentResult{"Signature": base64.StdEncoding.EncodeToString(signature)}, nil
}

// verify: tencentcloud.com, KMS API, VerifyByAsymmetricKey.
func (t *TencentKMS) verify(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	signature, ok := tencentKMSBase64(f.text("SignatureValue"))
	s, failure := r.takeSigned(f)
	if failure != nil {
		return nil, failure
	}
	if !ok || len(signature) == 0 {
		return nil, tencentFails("InvalidParameterValue", "SignatureValue is not base64, or empty")
	}
	var valid bool
	switch {
	case s.pair.sm2 != nil && s.digest:
		valid = sm2.VerifyASN1(&s.pair.sm2.PublicKey, s.data, signature)
	case s.pair.sm2 != nil:
		valid = sm2.VerifyASN1WithSM2(&s.pair.sm2.PublicKey, nil, s.data, signature)
	case s.pair.ec != nil:
		valid = ecdsa.VerifyASN1(&s.pair.ec.PublicKey, s.hashed(), signature)
	case s.pss:
		valid = rsa.VerifyPSS(&s.pair.rsa.PublicKey, s.hash, s.hashed(), signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
	default:
		valid = rsa.VerifyPKCS1v15(&s.pair.rsa.PublicKey, s.hash, s.hashed(), signature) == nil
	}
	return tencentResult{"SignatureValid": valid}, nil
}
