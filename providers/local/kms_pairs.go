package local

import (
	"bytes"
	"context"
	"crypto"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// pair is some versions of a key pair that can be used, to be destroyed after use. Only where they are asked for, the
// private keys are there.
type pair struct {
	record   keyRecord
	versions []pairVersion // the one that is named, else all, newest first
}

type pairVersion struct {
	number int
	public []byte
	*material
}

func (p *pair) destroy() {
	for _, v := range p.versions {
		if v.material != nil {
			v.destroy()
		}
	}
}

// pair fetches versions of a pair: that of the version id or, if that is empty, all. Accepts says whether the key can do
// what is asked.
func (s *keys) pair(ctx context.Context, id, version string, private bool, accepts func(*keyRecord) error) (*pair, error) {
	got := &pair{}
	err := s.look(ctx, id, func(store *keyStore, k *keyRecord) error {
		if symmetricBytes(k.Spec) > 0 {
			return errs.Refuse(errs.InvalidArgument, "the key %q is a symmetric key of the spec %s, not a key pair", id, k.Spec)
		}
		if err := accepts(k); err != nil {
			return err
		}
		if err := k.usable(id); err != nil {
			return err
		}
		named, err := k.version(version)
		if err != nil {
			return err
		}
		got.record = *k
		for n := k.newest(); n > 0; n-- {
			if version != "" && n != named {
				continue
			}
			v := pairVersion{number: n, public: k.Versions[n-1].Public}
			if private {
				if v.material, err = store.material(id, n); err != nil {
					return err
				}
			}
			got.versions = append(got.versions, v)
		}
		return nil
	})
	if err != nil {
		got.destroy()
		return nil, err
	}
	return got, nil
}

// Sign signs with a pair: with the newest version where none is named.
func (s *keys) Sign(ctx context.Context, req *kmsdriver.SignRequest) (*kmsdriver.SignResponse, error) {
	p, err := s.pair(ctx, req.KeyID, req.KeyVersion, true, func(k *keyRecord) error { return s.acceptsSigned(k, req) })
	if err != nil {
		return nil, err
	}
	defer p.destroy()
	v := &p.versions[0]
	private, err := v.private()
	if err != nil {
		return nil, err
	}
	sum, err := digestOf(req, private.Public())
	if err != nil {
		return nil, err
	}
	signature, err := signDigest(req.Algorithm, private, sum)
	if err != nil {
		return nil, err
	}
	return &kmsdriver.SignResponse{KeyVersion: s.toldVersion(v.number), Signature: signature}, nil
}

// digestOf returns the digest that a request means.
func digestOf(req *kmsdriver.SignRequest, public crypto.PublicKey) ([]byte, error) {
	if req.Digest != nil {
		return req.Digest, nil
	}
	return digest(req.Algorithm, public, req.Message)
}

// toldVersion returns a version as responses name it, empty where requests cannot.
func (s *keys) toldVersion(n int) string {
	if s.caps.KeyVersions == kmsdriver.None {
		return ""
	}
	return versionID(n)
}

// Verify tells whether a signature is good: by any version of the pair where none is named.
func (s *keys) Verify(ctx context.Context, req *kmsdriver.VerifyRequest) (*kmsdriver.VerifyResponse, error) {
	p, err := s.pair(ctx, req.KeyID, req.KeyVersion, false, func(k *keyRecord) error { return s.acceptsSigned(k, &req.SignRequest) })
	if err != nil {
		return nil, err
	}
	valid := false
	for _, v := range p.versions {
		public, err := parsePublic(v.public)
		if err != nil {
			return nil, err
		}
		sum, err := digestOf(&req.SignRequest, public)
		if err != nil {
			return nil, err
		}
		good, err := verifyDigest(req.Algorithm, public, sum, req.Signature)
		if err != nil {
			return nil, err
		}
		valid = valid || good
	}
	return &kmsdriver.VerifyResponse{Valid: valid}, nil
}

// PublicKey returns the public key of a pair as SPKI: that of the newest version where none is named.
func (s *keys) PublicKey(ctx context.Context, req *kmsdriver.PublicKeyRequest) (*kmsdriver.PublicKeyResponse, error) {
	p, err := s.pair(ctx, req.KeyID, req.KeyVersion, false, func(*keyRecord) error { return nil })
	if err != nil {
		return nil, err
	}
	return &kmsdriver.PublicKeyResponse{DER: bytes.Clone(p.versions[0].public)}, nil
}

func (s *keys) asymmetricEncrypt(ctx context.Context, req *kmsdriver.AsymmetricEncryptRequest) (*kmsdriver.EncryptResponse, error) {
	if err := s.acceptsPlaintext(req.Plaintext); err != nil {
		return nil, err
	}
	p, err := s.pair(ctx, req.KeyID, req.KeyVersion, false, func(k *keyRecord) error { return s.acceptsEncryption(req.KeyID, k, req.Algorithm) })
	if err != nil {
		return nil, err
	}
	public, err := parsePublic(p.versions[0].public)
	if err != nil {
		return nil, err
	}
	sealed, err := encryptPublic(public, req.Plaintext)
	if err != nil {
		return nil, err
	}
	return &kmsdriver.EncryptResponse{Ciphertext: kmsdriver.Ciphertext{
		KeyID: req.KeyID, KeyVersion: s.toldVersion(p.versions[0].number), Kind: kmsdriver.KindAsymmetric, Algorithm: req.Algorithm, Blob: sealed,
	}}, nil
}

// AsymmetricDecrypt opens what was encrypted with the public key of a pair: of any version where none is named.
func (s *keys) AsymmetricDecrypt(ctx context.Context, req *kmsdriver.AsymmetricDecryptRequest) (*kmsdriver.DecryptResponse, error) {
	ct := &req.Ciphertext
	p, err := s.pair(ctx, ct.KeyID, ct.KeyVersion, true, func(k *keyRecord) error { return s.acceptsEncryption(ct.KeyID, k, ct.Algorithm) })
	if err != nil {
		return nil, err
	}
	defer p.destroy()
	for _, v := range p.versions {
		private, err := v.private()
		if err != nil {
			return nil, err
		}
		plaintext, opened, err := decryptPrivate(private, ct.Blob)
		if err != nil {
			return nil, err
		}
		if opened {
			return &kmsdriver.DecryptResponse{KeyID: ct.KeyID, Plaintext: plaintext}, nil
		}
	}
	return nil, errs.Refuse(errs.InvalidArgument, "the ciphertext cannot be opened: it is damaged, or not of the key %q and this version", ct.KeyID)
}
