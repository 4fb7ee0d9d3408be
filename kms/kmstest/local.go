package kmstest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/kms"
)

// What is done here with the public keys of the provider, by the standard library and gmsm alone: package kms must not
// agree with the driver on something that nobody else would accept.

// errNoGoType is of public keys that no package here can use.
var errNoGoType = errors.New("the curve has no Go type")

// parsePublic reads an SPKI structure.
func parsePublic(der []byte, spec kms.Spec) (crypto.PublicKey, error) {
	switch spec {
	case kms.ECSecp256k1:
		return nil, errNoGoType
	case kms.SM2:
		key, err := smx509.ParsePKIXPublicKey(der)
		if err == nil && !sm2.IsSM2PublicKey(key) {
			return nil, fmt.Errorf("a %T that is none of SM2", key)
		}
		return key, err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	bits, curve := map[kms.Spec]int{kms.RSA2048: 2048, kms.RSA3072: 3072, kms.RSA4096: 4096}[spec],
		map[kms.Spec]elliptic.Curve{kms.ECP256: elliptic.P256(), kms.ECP384: elliptic.P384()}[spec]
	switch k := key.(type) {
	case *rsa.PublicKey:
		if bits != 0 && k.N.BitLen() == bits {
			return key, nil
		}
	case *ecdsa.PublicKey:
		if curve != nil && k.Curve == curve {
			return key, nil
		}
	}
	if bits == 0 && curve == nil {
		return nil, errNoGoType // a spec of the vendor's own
	}
	return nil, fmt.Errorf("a %T that is no key of the spec %s", key, spec)
}

// digestOf returns what is signed of a message, and the hash if package crypto numbers it.
func digestOf(algorithm kms.SignatureAlgorithm, public crypto.PublicKey, message []byte) ([]byte, crypto.Hash, error) {
	switch algorithm {
	case kms.RSAPSSSHA256, kms.RSAPKCS1SHA256, kms.ECDSASHA256:
		sum := sha256.Sum256(message)
		return sum[:], crypto.SHA256, nil
	case kms.RSAPSSSHA384, kms.RSAPKCS1SHA384, kms.ECDSASHA384:
		sum := sha512.Sum384(message)
		return sum[:], crypto.SHA384, nil
	case kms.RSAPSSSHA512, kms.RSAPKCS1SHA512:
		sum := sha512.Sum512(message)
		return sum[:], crypto.SHA512, nil
	case kms.SM2SM3:
		key, ok := public.(*ecdsa.PublicKey)
		if !ok {
			return nil, 0, errNoGoType
		}
		sum, err := sm2.CalculateSM2Hash(key, message, nil)
		return sum, 0, err
	}
	return nil, 0, errNoGoType
}

// digestSize returns the length of a digest; 0 for algorithms that are not known here.
func digestSize(algorithm kms.SignatureAlgorithm) int {
	if algorithm == kms.SM2SM3 {
		return 32
	}
	digest, _, err := digestOf(algorithm, nil, nil)
	if err != nil {
		return 0
	}
	return len(digest)
}

// verifies reports whether a signature is good; an error says that it cannot be told here.
func verifies(algorithm kms.SignatureAlgorithm, public crypto.PublicKey, message, signature []byte) (bool, error) {
	digest, hash, err := digestOf(algorithm, public, message)
	if err != nil {
		return false, err
	}
	switch algorithm {
	case kms.RSAPSSSHA256, kms.RSAPSSSHA384, kms.RSAPSSSHA512:
		key, ok := public.(*rsa.PublicKey)
		return ok && rsa.VerifyPSS(key, hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil, nil
	case kms.RSAPKCS1SHA256, kms.RSAPKCS1SHA384, kms.RSAPKCS1SHA512:
		key, ok := public.(*rsa.PublicKey)
		return ok && rsa.VerifyPKCS1v15(key, hash, digest, signature) == nil, nil
	case kms.ECDSASHA256, kms.ECDSASHA384:
		key, ok := public.(*ecdsa.PublicKey)
		return ok && ecdsa.VerifyASN1(key, digest, signature), nil
	}
	key, ok := public.(*ecdsa.PublicKey)
	return ok && sm2.VerifyASN1WithSM2(key, nil, message, signature), nil
}

// sealHere encrypts with a public key.
func sealHere(algorithm kms.EncryptionAlgorithm, public crypto.PublicKey, plaintext []byte) ([]byte, error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if algorithm == kms.RSAOAEPSHA256 {
			return rsa.EncryptOAEP(sha256.New(), rand.Reader, key, plaintext, nil)
		}
	case *ecdsa.PublicKey:
		if algorithm == kms.SM2Encrypt {
			return sealSM2(key, plaintext)
		}
	}
	return nil, fmt.Errorf("%s does not fit a %T", algorithm, public)
}

// sealSM2 throws away what took more than one random number: gmsm v0.44.0 makes of it what nobody can decrypt.
func sealSM2(public *ecdsa.PublicKey, plaintext []byte) ([]byte, error) {
	for {
		numbers := 0
		sealed, err := sm2.EncryptASN1(readerFunc(func(b []byte) (int, error) { numbers++; return rand.Read(b) }), public, plaintext)
		if err != nil || numbers == 1 {
			return sealed, err
		}
	}
}

// readerFunc is a reader made by a function.
type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// random returns random bytes.
func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// plain returns a plaintext of so many bytes that begins with the canary.
func plain(n int) []byte {
	b := random(n)
	copy(b, mark)
	return b
}

// everyByte has each value of a byte once.
func everyByte() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

// flipped returns b with one bit changed.
func flipped(b []byte, bit int) []byte {
	c := append([]byte(nil), b...)
	c[bit/8] ^= 1 << (bit % 8)
	return c
}
