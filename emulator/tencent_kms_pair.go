package emulator

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// Paddings and encodings of what is encrypted under a public key.
const (
	tencentKMSPKCS1     = "RSAES_PKCS1_V1_5"
	tencentKMSOAEP1     = "RSAES_OAEP_SHA_1"
	tencentKMSOAEP256   = "RSAES_OAEP_SHA_256"
	tencentKMSPlainSM2  = "SM2"
	tencentKMSASN1SM2   = "SM2_C1C3C2_ASN1"
	tencentKMSRSABits   = 2048
	tencentKMSPEMHeader = "PUBLIC KEY"
)

// tencentKMSPair is an asymmetric key, made when it is first used, as that takes its time.
type tencentKMSPair struct {
	usage string
	rsa   *rsa.PrivateKey
	ec    *ecdsa.PrivateKey
	sm2   *sm2.PrivateKey
	keys  *rsaKeys
}

// make makes the key unless it is there.
func (p *tencentKMSPair) make() *tencentError {
	if p.rsa != nil || p.ec != nil || p.sm2 != nil {
		return nil
	}
	var err error
	switch p.usage {
	case tencentKMSDecryptRSA, tencentKMSSignRSA:
		p.rsa, err = p.keys.take(tencentKMSRSABits)
	case tencentKMSSignECC:
		p.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case tencentKMSSignP384:
		p.ec, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	default:
		p.sm2, err = sm2.GenerateKey(rand.Reader)
	}
	if err != nil {
		return tencentFails("InternalError", "the key cannot be made")
	}
	return nil
}

// public returns the public half as a SubjectPublicKeyInfo.
func (p *tencentKMSPair) public() ([]byte, *tencentError) {
	if failure := p.make(); failure != nil {
		return nil, failure
	}
	var key any
	switch {
	case p.rsa != nil:
		key = &p.rsa.PublicKey
	case p.ec != nil:
		key = &p.ec.PublicKey
	default:
		key = &p.sm2.PublicKey
	}
	der, err := smx509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, tencentFails("InternalError", "the key cannot be shown")
	}
	return der, nil
}

// decryptRSA takes an RSA padding off.
func (p *tencentKMSPair) decryptRSA(padding string, data []byte) ([]byte, bool) {
	if p.make() != nil {
		return nil, false
	}
	var plain []byte
	var err error
	switch padding {
	case tencentKMSPKCS1:
		//lint:ignore SA1019 it is one of the vendor's paddings
		plain, err = rsa.DecryptPKCS1v15(nil, p.rsa, data)
	case tencentKMSOAEP1:
		plain, err = rsa.DecryptOAEP(sha1.New(), nil, p.rsa, data, nil)
	default:
		plain, err = rsa.DecryptOAEP(sha256.New(), nil, p.rsa, data, nil)
	}
	return plain, err == nil
}

// isTencentKMSPadding reports whether there is such an RSA padding.
func isTencentKMSPadding(name string) bool {
	return name == tencentKMSPKCS1 || name == tencentKMSOAEP1 || name == tencentKMSOAEP256
}

// tencentKMSLock is a public key under which a plaintext is returned, if there is one.
type tencentKMSLock struct {
	text, algorithm string
	rsa             *rsa.PublicKey
	sm2             *ecdsa.PublicKey
}

func takeTencentKMSLock(f *tencentFields) *tencentKMSLock {
	l := &tencentKMSLock{}
	l.text, _ = f.optionalText("EncryptionPublicKey")
	l.algorithm, _ = f.optionalText("EncryptionAlgorithm")
	return l
}

// check reads the key. Without an algorithm it is SM2.
func (l *tencentKMSLock) check() *tencentError {
	if l.text == "" {
		if l.algorithm != "" {
			return tencentFails(tencentKMSBadParameter, "EncryptionAlgorithm needs EncryptionPublicKey")
		}
		return nil
	}
	if l.algorithm == "" {
		l.algorithm = tencentKMSPlainSM2
	}
	isSM2 := l.algorithm == tencentKMSPlainSM2 || l.algorithm == tencentKMSASN1SM2
	if !isSM2 && !isTencentKMSPadding(l.algorithm) {
		return tencentFails(tencentKMSBadParameter, "there is no EncryptionAlgorithm %q", l.algorithm)
	}
	unfit := tencentFails(tencentKMSBadParameter, "EncryptionPublicKey is not PEM of a public key for %s, SM2 or RSA of %d bits", l.algorithm, tencentKMSRSABits)
	block, _ := pem.Decode([]byte(l.text))
	if block == nil || block.Type != tencentKMSPEMHeader {
		return unfit
	}
	key, err := smx509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return unfit
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		if isSM2 || key.N.BitLen() != tencentKMSRSABits {
			return unfit
		}
		l.rsa = key
	case *ecdsa.PublicKey:
		if !isSM2 || !sm2.IsSM2PublicKey(key) {
			return unfit
		}
		l.sm2 = key
	default:
		return unfit
	}
	return nil
}

// close encrypts a plaintext under the key, or leaves it alone where there is none.
func (l *tencentKMSLock) close(plain []byte) ([]byte, *tencentError) {
	var shown []byte
	var err error
	switch {
	case l.text == "":
		return plain, nil
	case l.algorithm == tencentKMSPKCS1:
		//lint:ignore SA1019 it is one of the vendor's paddings
		shown, err = rsa.EncryptPKCS1v15(rand.Reader, l.rsa, plain)
	case l.algorithm == tencentKMSOAEP1:
		shown, err = rsa.EncryptOAEP(sha1.New(), rand.Reader, l.rsa, plain, nil)
	case l.algorithm == tencentKMSOAEP256:
		shown, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, l.rsa, plain, nil)
	case l.algorithm == tencentKMSASN1SM2:
		shown, err = sm2.EncryptASN1(rand.Reader, l.sm2, plain)
	default:
		shown, err = sm2.Encrypt(rand.Reader, l.sm2, plain, sm2.NewPlainEncrypterOpts(sm2.MarshalUncompressed, sm2.C1C3C2))
	}
	if err != nil {
		return nil, tencentFails("FailedOperation.EncryptionError", "the plaintext cannot be encrypted under EncryptionPublicKey")
	}
	return shown, nil
}

// asymmetric returns a key that is enabled and of one of the usages.
func (r *tencentKMSRegion) asymmetric(id string, fits func(usage string) bool) (*tencentKMSKey, *tencentError) {
	key, failure := r.find(id)
	if failure != nil {
		return nil, failure
	}
	if key.pair == nil || !fits(key.usage) {
		return nil, tencentFails(tencentKMSBadUsage, "the key is of usage %s", key.usage)
	}
	if failure := key.in(tencentKMSEnabled); failure != nil {
		return nil, failure
	}
	return key, key.pair.make()
}

// publicKey: tencentcloud.com, KMS API, GetPublicKey. In the sample for RSA the PEM holds the base64 of the key in
// base64 once more; those for SM2 are proper.
func (t *TencentKMS) publicKey(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	id := f.text("KeyId")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	key, failure := r.asymmetric(id, func(string) bool { return true })
	if failure != nil {
		return nil, failure
	}
	der, failure := key.pair.public()
	if failure != nil {
		return nil, failure
	}
	text := base64.StdEncoding.EncodeToString(der)
	inside := der
	if key.pair.rsa != nil && !t.settings.PlainPEM {
		inside = []byte(text)
	}
	armored := string(pem.EncodeToMemory(&pem.Block{Type: tencentKMSPEMHeader, Bytes: inside}))
	return tencentResult{"KeyId": key.id, "PublicKey": text, "PublicKeyPem": armored}, nil
}

// rsaDecrypt: tencentcloud.com, KMS API, AsymmetricRsaDecrypt.
func (t *TencentKMS) rsaDecrypt(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	id, text, algorithm := f.text("KeyId"), f.text("Ciphertext"), f.text("Algorithm")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	data, ok := tencentKMSBase64(text)
	if !ok || len(data) == 0 {
		return nil, tencentFails(tencentKMSBadParameter, "Ciphertext is not base64")
	}
	if !isTencentKMSPadding(algorithm) {
		return nil, tencentFails(tencentKMSBadParameter, "there is no Algorithm %q", algorithm)
	}
	key, failure := r.asymmetric(id, func(usage string) bool { return usage == tencentKMSDecryptRSA })
	if failure != nil {
		return nil, failure
	}
	plain, ok := key.pair.decryptRSA(algorithm, data)
	if !ok {
		return nil, tencentFails("FailedOperation.DecryptError", "the ciphertext cannot be decrypted")
	}
	return tencentResult{"KeyId": id, "Plaintext": base64.StdEncoding.EncodeToString(plain)}, nil
}

// sm2Decrypt: tencentcloud.com, KMS API, AsymmetricSm2Decrypt. The ciphertext is C1C3C2 in ASN.1.
func (t *TencentKMS) sm2Decrypt(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	id, text := f.text("KeyId"), f.text("Ciphertext")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	data, ok := tencentKMSBase64(text)
	if !ok || len(data) == 0 || len(data) > tencentKMSSM2Ciphertext {
		return nil, tencentFails(tencentKMSBadParameter, "Ciphertext has to be base64 of 1 to %d bytes", tencentKMSSM2Ciphertext)
	}
	key, failure := r.asymmetric(id, func(usage string) bool { return usage == tencentKMSDecryptSM2 })
	if failure != nil {
		return nil, failure
	}
	const sequence = 0x30 // the library takes other encodings, too
	plain, err := key.pair.sm2.Decrypt(nil, data, sm2.ASN1DecrypterOpts)
	if err != nil || data[0] != sequence {
		return nil, tencentFails("FailedOperation.DecryptError", "the ciphertext cannot be decrypted")
	}
	return tencentResult{"KeyId": id, "Plaintext": base64.StdEncoding.EncodeToString(plain)}, nil
}
