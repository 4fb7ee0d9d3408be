package kms

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"slices"

	"github.com/emmansun/gmsm/sm2"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/sm2cipher"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Encrypt encrypts a few bytes with a symmetric key, inside the provider. With [WithAlgorithm] it encrypts with the
// public key of a pair; where Capabilities.AsymmetricEncrypt is Emulated that is done here, with the public key, which
// is asked for once per handle. What is encrypted is opened by [Key.Decrypt], with the same [Context].
//
// Before any I/O, empty plaintext is errs.InvalidArgument, plaintext over Capabilities.MaxPlaintextBytes (or over what
// the modulus of a known RSA key leaves room for) errs.TooLarge, and what the provider cannot do errs.Unsupported, a
// context together with a key pair included. A key that is disabled or waits for deletion is errs.Conflict. The call may
// be repeated at will; each makes another ciphertext. Plaintext is not read any more once Encrypt has returned.
func (k *Key) Encrypt(ctx context.Context, plaintext []byte, opts ...CryptOption) (Ciphertext, error) {
	o, refusal := collect(opts, choiceContext|choiceAlgorithm)
	return k.encrypt(ctx, plaintext, &o, refusal)
}

func (k *Key) encrypt(ctx context.Context, plaintext []byte, o *cryptOptions, refusal error) (Ciphertext, error) {
	s := k.service
	if refusal == nil {
		refusal = checkPlaintext(&s.caps, plaintext)
	}
	if o.chosen&choiceAlgorithm != 0 {
		if refusal == nil {
			refusal = s.checkPairEncryption(o)
		}
		if s.caps.AsymmetricEncrypt == driver.Emulated {
			return k.encryptHere(ctx, plaintext, o.algorithm, refusal)
		}
		return k.encryptThere(ctx, plaintext, o.algorithm, refusal)
	}
	req := driver.EncryptRequest{KeyID: k.id, Plaintext: plaintext}
	if refusal == nil {
		req.Context, refusal = o.context.text(&s.caps.Context)
	}
	res, err := do(ctx, s, driver.OpEncrypt, &s.methods.encrypt, k.label(), refusal, &req)
	if err != nil {
		return Ciphertext{}, err
	}
	return k.sealed(ctx, driver.OpEncrypt, &res.Ciphertext, Ciphertext{Kind: KindData})
}

func checkPlaintext(caps *Capabilities, plaintext []byte) error {
	switch n := len(plaintext); {
	case n == 0:
		return errs.Refuse(errs.InvalidArgument, "the plaintext is empty")
	case caps.MaxPlaintextBytes > 0 && n > caps.MaxPlaintextBytes:
		return errs.Refuse(errs.TooLarge, "the plaintext has %d bytes, at most %d are accepted; encrypt more with a data key", n, caps.MaxPlaintextBytes)
	}
	return nil
}

// checkPairEncryption checks the options of an encryption with a key pair.
func (s *Service) checkPairEncryption(o *cryptOptions) error {
	if o.algorithm == "" {
		return errs.Refuse(errs.InvalidArgument, "the encryption algorithm is empty")
	}
	if len(o.context) > 0 {
		return errs.Refuse(errs.Unsupported, "an encryption context works only with symmetric keys")
	}
	return s.checkEncryption(o.algorithm)
}

// checkEncryption refuses an algorithm that no key of the service has.
func (s *Service) checkEncryption(algorithm EncryptionAlgorithm) error {
	var there []EncryptionAlgorithm
	for i := range s.caps.Keys {
		there = append(there, s.caps.Keys[i].Encryptions...)
	}
	if slices.Contains(there, algorithm) {
		return nil
	}
	slices.Sort(there)
	return errs.Refuse(errs.Unsupported, "no key of this provider encrypts with %q; there is %v", algorithm, slices.Compact(there))
}

// encryptThere lets the provider encrypt with the public key.
func (k *Key) encryptThere(ctx context.Context, plaintext []byte, algorithm EncryptionAlgorithm, refusal error) (Ciphertext, error) {
	res, version, err := doVersion(ctx, k, driver.OpAsymmetricEncrypt, &k.service.methods.asymmetricEncrypt, "", refusal,
		func(version string) (*driver.AsymmetricEncryptRequest, error, error) {
			var tooLong error
			if known := k.public.get(version); known != nil {
				tooLong = checkModulus(known, algorithm, plaintext)
			}
			return &driver.AsymmetricEncryptRequest{KeyID: k.id, KeyVersion: version, Algorithm: algorithm, Plaintext: plaintext}, tooLong, nil
		})
	if err != nil {
		return Ciphertext{}, err
	}
	if res.Ciphertext.KeyVersion == "" {
		res.Ciphertext.KeyVersion = version
	}
	return k.sealed(ctx, driver.OpAsymmetricEncrypt, &res.Ciphertext, Ciphertext{Kind: KindAsymmetric, Algorithm: algorithm})
}

// maxSM2CiphertextBytes is how long an SM2 ciphertext may be that every provider opens (Tencent Cloud's
// AsymmetricSm2Decrypt page gives the bound). What is encrypted here must not be too long to be decrypted there.
const maxSM2CiphertextBytes = 256

// encryptHere encrypts with the public key, without a request of its own.
func (k *Key) encryptHere(ctx context.Context, plaintext []byte, algorithm EncryptionAlgorithm, refusal error) (Ciphertext, error) {
	if refusal != nil {
		return Ciphertext{}, k.refused(ctx, driver.OpAsymmetricEncrypt, refusal)
	}
	public, err := k.newestPublic(ctx)
	if err != nil {
		return Ciphertext{}, err
	}
	blob, refusal := seal(public, algorithm, plaintext)
	if refusal == nil && algorithm == SM2Encrypt && len(blob) > maxSM2CiphertextBytes {
		refusal = errs.Refuse(errs.TooLarge, "the SM2 ciphertext would have %d bytes, at most %d are opened by all providers; encrypt more with a data key", len(blob), maxSM2CiphertextBytes)
	}
	if refusal == nil {
		refusal = ctx.Err()
	}
	if refusal != nil {
		return Ciphertext{}, k.refused(ctx, driver.OpAsymmetricEncrypt, refusal)
	}
	made := driver.Ciphertext{KeyVersion: public.KeyVersion, Kind: KindAsymmetric, Blob: blob}
	return k.sealed(ctx, driver.OpAsymmetricEncrypt, &made, Ciphertext{Kind: KindAsymmetric, Algorithm: algorithm})
}

// errWrongPair refuses an algorithm that does not fit the key.
var errWrongPair = errs.Refuse(errs.InvalidArgument, "the algorithm does not fit the public key; see KeyInfo.Spec")

// seal encrypts with a public key.
func seal(public *publicKey, algorithm EncryptionAlgorithm, plaintext []byte) ([]byte, error) {
	var sealed []byte
	var err error
	if algorithm != RSAOAEPSHA256 && algorithm != SM2Encrypt {
		return nil, errs.Refuse(errs.Unsupported, "encryption with %q is not known here", algorithm)
	}
	if !encrypts(algorithm, public.parsed) {
		return nil, errWrongPair
	}
	if err := checkModulus(public, algorithm, plaintext); err != nil {
		return nil, err
	}
	switch key := public.parsed.(type) {
	case *rsa.PublicKey:
		sealed, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, key, plaintext, nil)
	case *ecdsa.PublicKey:
		sealed, err = sm2cipher.Encrypt(key, plaintext)
	}
	if err != nil {
		return nil, &errs.Error{Code: errs.Corrupt, Outcome: errs.NotApplied, Message: "the public key cannot be used", Err: err}
	}
	return sealed, nil
}

// encrypts reports whether a public key is one of the algorithm, as far as that is known here.
func encrypts(algorithm EncryptionAlgorithm, key crypto.PublicKey) bool {
	switch algorithm {
	case RSAOAEPSHA256:
		_, ok := key.(*rsa.PublicKey)
		return ok
	case SM2Encrypt:
		return sm2.IsSM2PublicKey(key)
	}
	return true
}

// checkModulus refuses what is too long for RSA-OAEP: the padding takes two hashes and two bytes (RFC 8017, 7.1.1).
func checkModulus(public *publicKey, algorithm EncryptionAlgorithm, plaintext []byte) error {
	pub, ok := public.parsed.(*rsa.PublicKey)
	if !ok || algorithm != RSAOAEPSHA256 {
		return nil
	}
	if limit := max(0, pub.Size()-2*sha256.Size-2); len(plaintext) > limit {
		return errs.Refuse(errs.TooLarge, "the plaintext has %d bytes, this RSA key takes at most %d; encrypt more with a data key", len(plaintext), limit)
	}
	return nil
}
