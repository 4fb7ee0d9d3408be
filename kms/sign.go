package kms

import (
	"context"
	"slices"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Signature is a signature with what is needed to verify it. It is no secret.
type Signature struct {
	Algorithm SignatureAlgorithm
	// KeyID is the key that signed, for the reader: Verify does not look at it.
	KeyID string
	// KeyVersion is the version that signed, empty where the provider does not tell it.
	KeyVersion string
	// Bytes are the signature itself: ASN.1 DER for ECDSA and SM2.
	Bytes []byte
}

// Sign signs a message with the private key of a pair. The message is hashed here where the provider takes digests, and
// then has any length; for SM2, whose digest contains the public key, that key is asked for once per handle. Elsewhere
// the whole message is sent, and is errs.TooLarge over Capabilities.MaxMessageBytes.
//
// An algorithm that no key of the provider has is errs.Unsupported before any I/O. A signature that cannot be one is
// errs.Corrupt. The call may be repeated at will.
func (k *Key) Sign(ctx context.Context, algorithm SignatureAlgorithm, message []byte) (Signature, error) {
	return k.sign(ctx, algorithm, "", &signed{bytes: message})
}

// SignDigest signs the digest of a message. For SM2 that is SM3(Z_A ‖ message), not SM3(message). A digest of another
// length than the algorithm's is errs.InvalidArgument before any I/O, and a provider that takes no digests
// errs.Unsupported.
func (k *Key) SignDigest(ctx context.Context, algorithm SignatureAlgorithm, digest []byte) (Signature, error) {
	return k.sign(ctx, algorithm, "", &signed{bytes: digest, digest: true})
}

// Verify lets the provider tell whether a signature is that of a message, by the version of the key that the signature
// names. A signature that is not good is no error; an empty one is errs.InvalidArgument. The message is treated as by
// [Key.Sign]. The call may be repeated at will.
func (k *Key) Verify(ctx context.Context, message []byte, sig Signature) (bool, error) {
	return k.verify(ctx, &signed{bytes: message}, &sig)
}

// VerifyDigest is [Key.Verify] for the digest of a message; see [Key.SignDigest].
func (k *Key) VerifyDigest(ctx context.Context, digest []byte, sig Signature) (bool, error) {
	return k.verify(ctx, &signed{bytes: digest, digest: true}, &sig)
}

// signed is what is signed: a message, or the digest of one.
type signed struct {
	bytes  []byte
	digest bool
}

// sign signs with the named version of the key, or with the newest.
func (k *Key) sign(ctx context.Context, algorithm SignatureAlgorithm, version string, what *signed) (Signature, error) {
	const op = driver.OpSign
	res, version, err := doVersion(ctx, k, op, &k.service.methods.sign, version, k.service.checkSigned(algorithm, what),
		func(version string) (*driver.SignRequest, error, error) {
			return k.signRequest(ctx, algorithm, version, what)
		})
	if err != nil {
		return Signature{}, err
	}
	switch {
	case res.KeyVersion != "" && version != "" && res.KeyVersion != version:
		return Signature{}, k.corrupt(op, "the provider signed with the version %q instead of %q", res.KeyVersion, version)
	case !wellFormed(algorithm, res.Signature):
		return Signature{}, k.corrupt(op, "what the provider returned is no %s signature", algorithm)
	case version == "":
		version = res.KeyVersion
	}
	return Signature{Algorithm: algorithm, KeyID: k.knownID(), KeyVersion: version, Bytes: res.Signature}, nil
}

func (k *Key) verify(ctx context.Context, what *signed, sig *Signature) (bool, error) {
	s := k.service
	refusal := s.checkSigned(sig.Algorithm, what)
	if refusal == nil && len(sig.Bytes) == 0 {
		refusal = errs.Refuse(errs.InvalidArgument, "the signature is empty")
	}
	if refusal == nil && s.methods.verify.Send != nil && !wellFormed(sig.Algorithm, sig.Bytes) {
		return false, nil // providers differ in what they say of these
	}
	version := ""
	if s.caps.KeyVersions != driver.None {
		version = sig.KeyVersion
	}
	res, _, err := doVersion(ctx, k, driver.OpVerify, &s.methods.verify, version, refusal,
		func(version string) (*driver.VerifyRequest, error, error) {
			req, refusal, err := k.signRequest(ctx, sig.Algorithm, version, what)
			if refusal != nil || err != nil {
				return nil, refusal, err
			}
			return &driver.VerifyRequest{SignRequest: *req, Signature: sig.Bytes}, nil, nil
		})
	if err != nil {
		return false, err
	}
	return res.Valid, nil
}

// signRequest makes the request for one version of the key.
func (k *Key) signRequest(ctx context.Context, algorithm SignatureAlgorithm, version string, what *signed) (req *driver.SignRequest, refusal, failure error) {
	req = &driver.SignRequest{KeyID: k.id, KeyVersion: version, Algorithm: algorithm}
	switch {
	case what.digest:
		req.Digest = what.bytes
	case k.service.digestsHere(algorithm):
		var public *publicKey
		if algorithm == SM2SM3 {
			if public, failure = k.publicOf(ctx, version); failure != nil {
				return nil, nil, failure
			}
		}
		req.Digest, refusal = digest(algorithm, public, what.bytes)
	case what.bytes == nil:
		req.Message = []byte{}
	default:
		req.Message = what.bytes
	}
	return req, refusal, nil
}

// signature returns what the keys of the service take for a signature algorithm, and whether any has it.
func (s *Service) signature(algorithm SignatureAlgorithm) (message, digest, known bool) {
	for i := range s.caps.Keys {
		for _, kind := range s.caps.Keys[i].Signatures {
			if kind.Algorithm == algorithm {
				message = message || kind.Message != driver.None
				digest = digest || kind.Digest != driver.None
				known = true
			}
		}
	}
	return message, digest, known
}

// digestsHere reports whether messages are hashed here.
func (s *Service) digestsHere(algorithm SignatureAlgorithm) bool {
	_, digest, _ := s.signature(algorithm)
	return digest && digestBytes(algorithm) > 0 && (algorithm != SM2SM3 || s.caps.PublicKey != driver.None)
}

// checkSigned says why a message or digest cannot be signed.
func (s *Service) checkSigned(algorithm SignatureAlgorithm, what *signed) error {
	if algorithm == "" {
		return errs.Refuse(errs.InvalidArgument, "the signature algorithm is empty")
	}
	message, digest, known := s.signature(algorithm)
	size, n := digestBytes(algorithm), len(what.bytes)
	switch {
	case !known:
		return errs.Refuse(errs.Unsupported, "no key of this provider signs with %q; there is %v", algorithm, s.signatures())
	case what.digest && !digest:
		return errs.Refuse(errs.Unsupported, "this provider takes no digests for %s; sign the message", algorithm)
	case what.digest && (n != size && size > 0 || n == 0):
		return errs.Refuse(errs.InvalidArgument, "the digest has %d bytes, that of %s has %d", n, algorithm, size)
	case what.digest || s.digestsHere(algorithm):
		return nil
	case !message:
		return errs.Refuse(errs.Unsupported, "this provider takes no messages for %s; sign the digest", algorithm)
	case n > s.caps.MaxMessageBytes:
		return errs.Refuse(errs.TooLarge, "the message has %d bytes, at most %d are accepted for %s", n, s.caps.MaxMessageBytes, algorithm)
	}
	return nil
}

// signatures lists the signature algorithms of all keys.
func (s *Service) signatures() string {
	var all []string
	for i := range s.caps.Keys {
		for _, kind := range s.caps.Keys[i].Signatures {
			all = append(all, string(kind.Algorithm))
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}
