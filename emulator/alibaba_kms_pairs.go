package emulator

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"hash"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// errAlibabaKMSMaterial says that key material is not of the kind that an algorithm needs.
var errAlibabaKMSMaterial = errors.New("emulator: key material of another kind")

// pair returns the key pair of a version, made when first asked for, as that takes long.
func (k *alibabaKMSKey) pair(v *alibabaKMSVersion) (any, error) {
	if v.private != nil {
		return v.private, nil
	}
	var err error
	switch spec := k.what(); spec.kind {
	case "rsa":
		v.private, err = alibabaKMSMade(k.rsa.take(spec.size))
	case "p256":
		v.private, err = alibabaKMSMade(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	case "k256":
		v.private, err = alibabaKMSMade(newAlibabaK256(rand.Reader))
	case "sm2":
		v.private, err = alibabaKMSMade(sm2.GenerateKey(rand.Reader))
	default:
		err = errAlibabaKMSMaterial
	}
	return v.private, err
}

// alibabaKMSMade keeps a nil pointer from becoming something.
func alibabaKMSMade[T any](key *T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return key, nil
}

// alibabaKMSPublicDER is the public half as SubjectPublicKeyInfo.
func alibabaKMSPublicDER(private any) ([]byte, error) {
	switch key := private.(type) {
	case *rsa.PrivateKey:
		return x509.MarshalPKIXPublicKey(&key.PublicKey)
	case *ecdsa.PrivateKey:
		return x509.MarshalPKIXPublicKey(&key.PublicKey)
	case *alibabaK256:
		return key.spki()
	case *sm2.PrivateKey:
		return smx509.MarshalPKIXPublicKey(&key.PublicKey)
	}
	return nil, errAlibabaKMSMaterial
}

// alibabaKMSSignDigest signs a digest of 32 bytes. Signatures on curves are in ASN.1 DER, as the vendor's guides check
// them with openssl.
func alibabaKMSSignDigest(private any, algorithm string, digest []byte) ([]byte, error) {
	switch key := private.(type) {
	case *rsa.PrivateKey:
		if algorithm == "RSA_PSS_SHA_256" {
			return rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
		return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest)
	case *ecdsa.PrivateKey:
		return ecdsa.SignASN1(rand.Reader, key, digest)
	case *alibabaK256:
		return key.sign(rand.Reader, digest)
	case *sm2.PrivateKey:
		return sm2.SignASN1(rand.Reader, key, digest, nil)
	}
	return nil, errAlibabaKMSMaterial
}

func alibabaKMSVerifyDigest(private any, algorithm string, digest, signature []byte) bool {
	switch key := private.(type) {
	case *rsa.PrivateKey:
		if algorithm == "RSA_PSS_SHA_256" {
			salt := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
			return rsa.VerifyPSS(&key.PublicKey, crypto.SHA256, digest, signature, salt) == nil
		}
		return rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest, signature) == nil
	case *ecdsa.PrivateKey:
		return ecdsa.VerifyASN1(&key.PublicKey, digest, signature)
	case *alibabaK256:
		return key.verify(digest, signature)
	case *sm2.PrivateKey:
		return sm2.VerifyASN1(&key.PublicKey, digest, signature)
	}
	return false
}

// alibabaKMSOAEP returns the hash of an OAEP algorithm.
func alibabaKMSOAEP(algorithm string) hash.Hash {
	if algorithm == "RSAES_OAEP_SHA_1" {
		return sha1.New()
	}
	return sha256.New()
}

// alibabaKMSEncryptFor encrypts with a public key. The limits of the vendor's for SM2PKE, 6047 bytes of text and 6144
// of ciphertext, leave 97 for what surrounds it: an uncompressed point and a hash, without ASN.1. That they stand in
// the order C1 C3 C2 is that of the standard, not documented.
func alibabaKMSEncryptFor(public any, algorithm string, plaintext []byte) ([]byte, error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return rsa.EncryptOAEP(alibabaKMSOAEP(algorithm), rand.Reader, key, plaintext, nil)
	case *ecdsa.PublicKey:
		if len(plaintext) > alibabaKMSMaxSM2 || !sm2.IsSM2PublicKey(key) {
			return nil, errAlibabaKMSMaterial
		}
		return sm2.Encrypt(rand.Reader, key, plaintext, sm2.NewPlainEncrypterOpts(sm2.MarshalUncompressed, sm2.C1C3C2))
	}
	return nil, errAlibabaKMSMaterial
}

// alibabaKMSMaxSM2 is how many bytes SM2PKE encrypts.
const alibabaKMSMaxSM2 = 6047

func alibabaKMSDecryptWith(private any, algorithm string, ciphertext []byte) ([]byte, error) {
	switch key := private.(type) {
	case *rsa.PrivateKey:
		if algorithm == "RSAES_PKCS1_V1_5" {
			return key.Decrypt(rand.Reader, ciphertext, nil)
		}
		return rsa.DecryptOAEP(alibabaKMSOAEP(algorithm), nil, key, ciphertext, nil)
	case *sm2.PrivateKey:
		if len(ciphertext) > alibabaKMSMaxSM2+97 || len(ciphertext) < 98 || ciphertext[0] != 4 {
			return nil, errAlibabaKMSMaterial
		}
		return key.Decrypt(rand.Reader, ciphertext, sm2.NewPlainDecrypterOpts(sm2.C1C3C2))
	}
	return nil, errAlibabaKMSMaterial
}

// wrapper returns what encrypts for the public key that a request brings.
func (c *alibabaKMSCall) wrapper() (func([]byte) ([]byte, *alibabaError), *alibabaError) {
	sent, err := c.needs("WrappingKeySpec", "WrappingAlgorithm")
	if err != nil {
		return nil, err
	}
	der, err := c.bytes("PublicKeyBlob")
	if err != nil {
		return nil, err
	}
	algorithm := sent["WrappingAlgorithm"]
	public, bad := smx509.ParsePKIXPublicKey(der)
	if bad != nil {
		return nil, alibabaBad("PublicKeyBlob")
	}
	fits := false
	switch key := public.(type) {
	case *rsa.PublicKey:
		oaep := algorithm == "RSAES_OAEP_SHA_256" || algorithm == "RSAES_OAEP_SHA_1"
		fits = sent["WrappingKeySpec"] == "RSA_2048" && oaep && key.N.BitLen() == 2048
	case *ecdsa.PublicKey:
		fits = sent["WrappingKeySpec"] == "EC_SM2" && algorithm == "SM2PKE" && sm2.IsSM2PublicKey(key)
	}
	if !fits {
		return nil, alibabaBad("WrappingAlgorithm")
	}
	return func(plaintext []byte) ([]byte, *alibabaError) {
		wrapped, bad := alibabaKMSEncryptFor(public, algorithm, plaintext)
		if bad != nil { // too long for the key
			return nil, alibabaBad("NumberOfBytes")
		}
		return wrapped, nil
	}, nil
}

// alibabaKMSPublicHalf returns the public half of a key that encrypts, nil of others.
func alibabaKMSPublicHalf(private any) any {
	switch key := private.(type) {
	case *rsa.PrivateKey:
		return &key.PublicKey
	case *sm2.PrivateKey:
		return &key.PublicKey
	}
	return nil
}
