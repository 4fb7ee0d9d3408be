package kms

import (
	"context"
	"crypto"
	"crypto/rsa"
	"fmt"
	"io"
	"reflect"

	"github.com/emmansun/gmsm/sm2"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Signer signs with one version of a key and one algorithm, as [crypto.Signer] and [crypto.MessageSigner]: for
// certificates, TLS, and whatever else takes those. It is safe for concurrent use.
type Signer struct {
	ctx       context.Context
	key       *Key
	algorithm SignatureAlgorithm
	version   string
	public    crypto.PublicKey
}

// Signer returns a signer for one algorithm. It asks for the public key, and signs with that version of the key for as
// long as it lives. Ctx governs this call and, since [crypto.Signer] has no context of its own, every signature: once it
// ends, the signer signs no more. An algorithm that does not fit the key is errs.InvalidArgument.
//
// Certificates and their requests are signed by the algorithm of the template: say the signer's there as
// SignatureAlgorithm, such as [x509.SHA256WithRSAPSS]; what package x509 chooses itself is RSA PKCS #1 v1.5 with SHA-256.
// TLS chooses among the algorithms that a type of key has: say with [crypto/tls.Certificate.SupportedSignatureAlgorithms]
// which one the signer has, if the key is RSA. JSON Web Signatures by ECDSA are not ASN.1 but r and s, each as long as
// the curve's order (RFC 7518, 3.4): read both from what Sign returns.
func (k *Key) Signer(ctx context.Context, algorithm SignatureAlgorithm) (*Signer, error) {
	s := k.service
	if _, _, known := s.signature(algorithm); !known || s.caps.Sign == driver.None {
		return nil, k.refused(ctx, driver.OpSign, errs.Refuse(errs.Unsupported, "no key of this provider signs with %q; there is %s", algorithm, s.signatures()))
	}
	public, err := k.newestPublic(ctx)
	if err != nil {
		return nil, err
	}
	parsed, err := public.Key()
	if err == nil {
		err = fits(algorithm, parsed)
	}
	if err != nil {
		return nil, k.refused(ctx, driver.OpSign, err)
	}
	return &Signer{ctx: ctx, key: k, algorithm: algorithm, version: public.KeyVersion, public: parsed}, nil
}

// Public returns the public key, as [PublicKey.Key] does.
func (s *Signer) Public() crypto.PublicKey { return s.public }

// String names the key and the algorithm.
func (s *Signer) String() string { return "signer with " + s.key.String() + ", " + string(s.algorithm) }

// Format prints the same as String for every verb and flag.
func (s *Signer) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// Sign signs a digest. Opts must say the hash of the signer's algorithm; for RSA-PSS they must be *[rsa.PSSOptions]
// with a salt as long as the hash, or [rsa.PSSSaltLengthAuto], and for RSA PKCS #1 v1.5 they must not. Anything else is
// errs.InvalidArgument. The random source is not used: the provider has its own.
//
// For SM2, opts with the hash 0 mean the digest SM3(Z_A ‖ message), and github.com/emmansun/gmsm/sm2.DefaultSM2SignerOpts
// mean that digest is the message itself, as they do for that package's own keys.
func (s *Signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	whole, err := s.check(opts)
	return s.sign(&signed{bytes: digest, digest: !whole}, err)
}

// SignMessage signs a message, hashed as [Key.Sign] does. Opts are those of Sign.
func (s *Signer) SignMessage(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	_, err := s.check(opts)
	return s.sign(&signed{bytes: message}, err)
}

func (s *Signer) sign(what *signed, refusal error) ([]byte, error) {
	if refusal != nil {
		return nil, s.key.refused(s.ctx, driver.OpSign, refusal)
	}
	sig, err := s.key.sign(s.ctx, s.algorithm, s.version, what)
	return sig.Bytes, err
}

// check refuses options that ask for another signature than the signer makes. Whole says that they ask for the message
// to be hashed.
func (s *Signer) check(opts crypto.SignerOpts) (whole bool, err error) {
	if opts == nil || reflect.ValueOf(opts).Kind() == reflect.Pointer && reflect.ValueOf(opts).IsNil() {
		return false, errs.Refuse(errs.InvalidArgument, "no signer options are given; %s needs those of its hash", s.algorithm)
	}
	if gm, ok := opts.(*sm2.SM2SignerOption); ok && s.algorithm == SM2SM3 {
		switch {
		case reflect.DeepEqual(gm, sm2.NewSM2SignerOption(true, nil)):
			return true, nil
		case reflect.DeepEqual(gm, sm2.NewSM2SignerOption(false, nil)):
			return false, nil
		}
		return false, errs.Refuse(errs.InvalidArgument, "the key signs only with the identity 1234567812345678")
	}
	hash := hashOf(s.algorithm)
	if got := opts.HashFunc(); got != hash {
		return false, errs.Refuse(errs.InvalidArgument, "the signer options say the hash %v, but the signer's algorithm is %s; of a certificate, its template's SignatureAlgorithm says it", got, s.algorithm)
	}
	pss, isPSS := opts.(*rsa.PSSOptions)
	switch s.algorithm {
	case RSAPSSSHA256, RSAPSSSHA384, RSAPSSSHA512:
		if !isPSS {
			return false, errs.Refuse(errs.InvalidArgument, "%s needs *rsa.PSSOptions, which a certificate has if its template's SignatureAlgorithm says RSAPSS", s.algorithm)
		}
		if n := pss.SaltLength; n != rsa.PSSSaltLengthAuto && n != rsa.PSSSaltLengthEqualsHash && n != hash.Size() {
			return false, errs.Refuse(errs.InvalidArgument, "a salt of %d bytes is asked for, %s has one of %d", n, s.algorithm, hash.Size())
		}
	default:
		if isPSS {
			return false, errs.Refuse(errs.InvalidArgument, "the options are for RSA-PSS, but the signer's algorithm is %s", s.algorithm)
		}
	}
	return false, nil
}
