package local

import (
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"crypto/x509"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/sm2cipher"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// material is the secret part of one version of a key: the bytes of a symmetric key, or PKCS #8.
type material struct{ secret, public []byte }

func (m *material) destroy() { clear(m.secret) }

// newMaterial makes material for a spec. For RSA that takes a while.
func newMaterial(spec kmsdriver.Spec) (*material, error) {
	if n := symmetricBytes(spec); n > 0 {
		secret := make([]byte, n)
		rand.Read(secret)
		return &material{secret: secret}, nil
	}
	return newPair(spec)
}

// makeMaterial is newMaterial for a caller who may go: what is made then is dropped.
func makeMaterial(ctx context.Context, spec kmsdriver.Spec) (*material, error) {
	if symmetricBytes(spec) > 0 {
		return newMaterial(spec)
	}
	var m *material
	err := makePair(ctx, func() (err error) {
		m, err = newMaterial(spec)
		return err
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// makePair runs what takes a while, and waits for its end or for that of ctx.
func makePair(ctx context.Context, run func() error) error {
	done := make(chan error, 1)
	go func() { done <- run() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ended(ctx, errs.NotApplied)
	}
}

// symmetricBytes is how long symmetric keys of a spec are, 0 for pairs.
func symmetricBytes(spec kmsdriver.Spec) int {
	switch spec {
	case kmsdriver.AES256:
		return 32
	case kmsdriver.SM4:
		return 16
	}
	return 0
}

// newPair makes a key pair.
func newPair(spec kmsdriver.Spec) (*material, error) {
	var private crypto.Signer
	var err error
	switch spec {
	case kmsdriver.RSA2048:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case kmsdriver.RSA3072:
		private, err = rsa.GenerateKey(rand.Reader, 3072)
	case kmsdriver.RSA4096:
		private, err = rsa.GenerateKey(rand.Reader, 4096)
	case kmsdriver.ECP256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case kmsdriver.ECP384:
		private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case kmsdriver.SM2:
		private, err = sm2.GenerateKey(rand.Reader)
	default:
		err = errs.Refuse(errs.Unsupported, "keys of the spec %q are not made here", string(spec))
	}
	if err != nil {
		return nil, err
	}
	return pairMaterial(private)
}

func pairMaterial(private crypto.Signer) (*material, error) {
	secret, err := smx509.MarshalPKCS8PrivateKey(private) // also of those that package x509 knows
	if err != nil {
		return nil, err
	}
	public, err := smx509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return nil, err
	}
	return &material{secret: secret, public: public}, nil
}

// private returns the private key of a pair.
func (m *material) private() (crypto.Signer, error) {
	if key, err := x509.ParsePKCS8PrivateKey(m.secret); err == nil {
		if signer, ok := key.(crypto.Signer); ok {
			return signer, nil
		}
	}
	key, err := smx509.ParsePKCS8PrivateKey(m.secret)
	if signer, ok := key.(crypto.Signer); err == nil && ok {
		return signer, nil
	}
	return nil, errs.Refuse(errs.Corrupt, "what is stored of the key's material is damaged: %w", errRecord)
}

// parsePublic reads the public key of a pair.
func parsePublic(der []byte) (crypto.PublicKey, error) {
	if key, err := x509.ParsePKIXPublicKey(der); err == nil {
		return key, nil
	}
	key, err := smx509.ParsePKIXPublicKey(der)
	if err != nil || !sm2.IsSM2PublicKey(key) {
		return nil, errs.Refuse(errs.Corrupt, "what is stored of the public key is damaged: %w", errRecord)
	}
	return key, nil
}

// aead returns what symmetric material encrypts with.
func (m *material) aead(spec kmsdriver.Spec) (cipher.AEAD, error) {
	block, err := aes.NewCipher(m.secret)
	if spec == kmsdriver.SM4 {
		block, err = sm4.NewCipher(m.secret)
	}
	if err != nil || len(m.secret) != symmetricBytes(spec) {
		return nil, errs.Refuse(errs.Corrupt, "what is stored of the key's material is damaged: %w", errRecord)
	}
	return cipher.NewGCM(block)
}

// hashOf returns the hash of an algorithm; 0 for SM2_SM3, whose hash package crypto does not number.
func hashOf(algorithm kmsdriver.SignatureAlgorithm) crypto.Hash {
	switch algorithm {
	case kmsdriver.RSAPSSSHA256, kmsdriver.RSAPKCS1SHA256, kmsdriver.ECDSASHA256:
		return crypto.SHA256
	case kmsdriver.RSAPSSSHA384, kmsdriver.RSAPKCS1SHA384, kmsdriver.ECDSASHA384:
		return crypto.SHA384
	case kmsdriver.RSAPSSSHA512, kmsdriver.RSAPKCS1SHA512:
		return crypto.SHA512
	}
	return 0
}

// sm3Bytes is the length of the digests of SM2_SM3.
const sm3Bytes = 32

func digestBytes(algorithm kmsdriver.SignatureAlgorithm) int {
	if hash := hashOf(algorithm); hash != 0 {
		return hash.Size()
	}
	return sm3Bytes
}

// digest returns what is signed of a message.
func digest(algorithm kmsdriver.SignatureAlgorithm, public crypto.PublicKey, message []byte) ([]byte, error) {
	if hash := hashOf(algorithm); hash != 0 {
		h := hash.New()
		h.Write(message)
		return h.Sum(nil), nil
	}
	key, ok := public.(*ecdsa.PublicKey)
	if !ok {
		return nil, errWrongMaterial()
	}
	return sm2.CalculateSM2Hash(key, message, nil) // nil means the identity 1234567812345678
}

// errWrongMaterial says that material is not of the key's spec.
func errWrongMaterial() error {
	return errs.Refuse(errs.Corrupt, "what is stored of the key's material is not of its spec")
}

func isPSS(algorithm kmsdriver.SignatureAlgorithm) bool {
	return algorithm == kmsdriver.RSAPSSSHA256 || algorithm == kmsdriver.RSAPSSSHA384 || algorithm == kmsdriver.RSAPSSSHA512
}

// signDigest signs a digest of the right length.
func signDigest(algorithm kmsdriver.SignatureAlgorithm, private crypto.Signer, digest []byte) ([]byte, error) {
	var opts crypto.SignerOpts = hashOf(algorithm) // 0: the digest is signed as it is
	if isPSS(algorithm) {
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hashOf(algorithm)}
	}
	if !signs(algorithm, private.Public()) {
		return nil, errWrongMaterial()
	}
	return private.Sign(rand.Reader, digest, opts)
}

// signs reports whether a key is of the sort that an algorithm needs.
func signs(algorithm kmsdriver.SignatureAlgorithm, public crypto.PublicKey) bool {
	switch algorithm {
	case kmsdriver.SM2SM3:
		return sm2.IsSM2PublicKey(public)
	case kmsdriver.ECDSASHA256, kmsdriver.ECDSASHA384:
		_, ok := public.(*ecdsa.PublicKey)
		return ok && !sm2.IsSM2PublicKey(public)
	}
	_, ok := public.(*rsa.PublicKey)
	return ok
}

// verifyDigest reports whether a signature is that of a digest of the right length.
func verifyDigest(algorithm kmsdriver.SignatureAlgorithm, public crypto.PublicKey, digest, signature []byte) (bool, error) {
	if !signs(algorithm, public) {
		return false, errWrongMaterial()
	}
	switch key := public.(type) {
	case *rsa.PublicKey:
		if isPSS(algorithm) {
			return rsa.VerifyPSS(key, hashOf(algorithm), digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil, nil
		}
		return rsa.VerifyPKCS1v15(key, hashOf(algorithm), digest, signature) == nil, nil
	case *ecdsa.PublicKey:
		if algorithm == kmsdriver.SM2SM3 {
			return sm2.VerifyASN1(key, digest, signature), nil
		}
		return ecdsa.VerifyASN1(key, digest, signature), nil
	}
	return false, errWrongMaterial()
}

// encryptPublic encrypts with a public key. What is too long for it is errs.TooLarge.
func encryptPublic(public crypto.PublicKey, plaintext []byte) ([]byte, error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if most := key.Size() - 2*sha256.Size - 2; len(plaintext) > most { // RFC 8017, 7.1.1
			return nil, errs.Refuse(errs.TooLarge, "the plaintext has %d bytes, this RSA key takes at most %d; encrypt more with a data key", len(plaintext), most)
		}
		return rsa.EncryptOAEP(sha256.New(), rand.Reader, key, plaintext, nil)
	case *ecdsa.PublicKey:
		if sm2.IsSM2PublicKey(key) {
			return sm2cipher.Encrypt(key, plaintext)
		}
	}
	return nil, errWrongMaterial()
}

// decryptPrivate opens what was encrypted with the public key of a pair, false if it was not.
func decryptPrivate(private crypto.Signer, blob []byte) ([]byte, bool, error) {
	switch key := private.(type) {
	case *rsa.PrivateKey:
		plaintext, err := rsa.DecryptOAEP(sha256.New(), nil, key, blob, nil)
		return plaintext, err == nil, nil
	case *sm2.PrivateKey:
		plaintext, err := sm2.Decrypt(key, blob)
		return plaintext, err == nil, nil
	}
	return nil, false, errWrongMaterial()
}
