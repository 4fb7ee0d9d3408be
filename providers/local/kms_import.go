package local

import (
	"bytes"
	"context"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"sync"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// tokenLife is how long import parameters can be used: as with all clouds, a day.
const tokenLife = 24 * time.Hour

// tokenPlace is what import tokens are sealed for, with the id of the key behind it. They are in no bucket.
const tokenPlace = "kms import token"

// token is what an import token holds, sealed.
type token struct {
	Wrapping kmsdriver.EncryptionAlgorithm `json:"wrapping"`
	Expires  time.Time                     `json:"expires"`
	// Private is what opens the wrapped material, as PKCS #8: it is stored nowhere else.
	Private []byte `json:"private"`
}

// wrappers are the key pairs that material is wrapped with. They are made when they are first needed, and end with the
// Account; tokens outlive it.
type wrappers struct {
	mu   sync.Mutex
	made map[kmsdriver.EncryptionAlgorithm]*material
}

func (w *wrappers) pair(algorithm kmsdriver.EncryptionAlgorithm) (*material, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if m := w.made[algorithm]; m != nil {
		return m, nil
	}
	spec := kmsdriver.RSA2048
	if algorithm == kmsdriver.SM2Encrypt {
		spec = kmsdriver.SM2
	}
	m, err := newPair(spec)
	if err != nil {
		return nil, err
	}
	if w.made == nil {
		w.made = map[kmsdriver.EncryptionAlgorithm]*material{}
	}
	w.made[algorithm] = m
	return m, nil
}

// ImportParameters returns what material for a key must be wrapped with. Several can be used at a time.
func (s *keys) ImportParameters(ctx context.Context, req *kmsdriver.ImportParametersRequest) (*kmsdriver.ImportParametersResponse, error) {
	if !slices.Contains(s.caps.Wrapping, req.Wrapping) {
		return nil, errs.Refuse(errs.Unsupported, "material cannot be wrapped with %q; there is %v", string(req.Wrapping), s.caps.Wrapping)
	}
	var root cipher.AEAD
	err := s.look(ctx, req.KeyID, func(store *keyStore, k *keyRecord) error {
		root = store.root
		return k.imports(req.KeyID)
	})
	if err != nil {
		return nil, err
	}
	var m *material
	err = makePair(ctx, func() (err error) {
		m, err = s.account.wrappers.pair(req.Wrapping)
		return err
	})
	if err != nil {
		return nil, err
	}
	expires := plainTime(s.account.now()).Add(tokenLife)
	content, err := encodeJSON(&token{Wrapping: req.Wrapping, Expires: expires, Private: m.secret})
	if err != nil {
		return nil, err
	}
	defer clear(content)
	return &kmsdriver.ImportParametersResponse{
		PublicKey: bytes.Clone(m.public), Token: seal(root, tokenPlace, req.KeyID, content), ExpiresAt: expires,
	}, nil
}

// imports returns errs.Conflict unless material can be imported for a key, now or after it has been deleted.
func (k *keyRecord) imports(id string) error {
	if k.Origin != kmsdriver.External {
		return errs.Refuse(errs.Conflict, "the key %q takes no imported material: it was not made for it", id)
	}
	return k.alive(id)
}

// waits returns errs.Conflict unless a key waits for material.
func (k *keyRecord) waits(id string) error {
	if err := k.imports(id); err != nil {
		return err
	}
	if !k.Missing {
		return errs.Refuse(errs.Conflict, "the key %q has its material; delete that first", id)
	}
	return nil
}

// ImportKeyMaterial gives a key its material. A second time it must be the same.
func (s *keys) ImportKeyMaterial(ctx context.Context, req *kmsdriver.ImportKeyMaterialRequest) (*kmsdriver.ImportKeyMaterialResponse, error) {
	id, expires := req.KeyID, plainTime(req.ExpiresAt)
	if err := s.acceptsMaterialExpiry(expires); err != nil {
		return nil, err
	}
	var root cipher.AEAD
	var spec kmsdriver.Spec
	err := s.look(ctx, id, func(store *keyStore, k *keyRecord) error {
		root, spec = store.root, k.Spec
		return k.waits(id)
	})
	if err != nil {
		return nil, err
	}
	m, err := s.unwrap(root, spec, req)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(m.secret)
	err = s.changeKey(ctx, id, func(store *keyStore, k *keyRecord) error {
		if err := k.waits(id); err != nil {
			return err
		}
		if k.Imported != nil && subtle.ConstantTimeCompare(k.Imported, sum[:]) != 1 {
			return errs.Refuse(errs.InvalidArgument, "this is not the material that the key %q had before", id)
		}
		k.Imported, k.Missing, k.Enabled, k.Expiry = sum[:], false, true, expires
		if len(k.Versions) > 0 {
			return store.putMaterial(id, 1, m)
		}
		return store.addVersion(id, k, m, store.now)
	})
	if err != nil {
		return nil, err
	}
	m.destroy()
	return &kmsdriver.ImportKeyMaterialResponse{}, nil
}

func (s *keys) acceptsMaterialExpiry(at time.Time) error {
	switch {
	case at.IsZero():
		return nil
	case !at.After(s.account.now()):
		return errs.Refuse(errs.InvalidArgument, "the material would expire at %s, which is not in the future", at.Format(time.RFC3339))
	case at.Nanosecond() != 0 || at.Unix() > maxInstant:
		return errs.Refuse(errs.InvalidArgument, "the material would expire at %s; give a whole second before the year 10000", at.Format(time.RFC3339Nano))
	}
	return nil
}

// unwrap returns the material of a request.
func (s *keys) unwrap(root cipher.AEAD, spec kmsdriver.Spec, req *kmsdriver.ImportKeyMaterialRequest) (*material, error) {
	var t token
	content, err := unseal(root, tokenPlace, req.KeyID, req.Token)
	if err == nil {
		err = decodeJSON(content, &t)
	}
	defer clear(content)
	defer clear(t.Private)
	switch {
	case err != nil:
		return nil, errs.Refuse(errs.InvalidArgument, "the import token is not one for the key %q", req.KeyID)
	case !s.account.now().Before(t.Expires):
		return nil, errs.Refuse(errs.Conflict, "the import parameters ended at %s; ask for others", t.Expires.Format(time.RFC3339))
	}
	private, err := (&material{secret: t.Private}).private()
	if err != nil {
		return nil, err
	}
	secret, opened, err := decryptPrivate(private, req.Wrapped)
	switch want := symmetricBytes(spec); {
	case err != nil:
		return nil, err
	case !opened:
		return nil, errs.Refuse(errs.InvalidArgument, "the material was not wrapped with %s and the public key of these import parameters", t.Wrapping)
	case len(secret) != want:
		clear(secret)
		return nil, errs.Refuse(errs.InvalidArgument, "the material has %d bytes, a key of the spec %s takes %d", len(secret), spec, want)
	}
	return &material{secret: secret}, nil
}

// DeleteKeyMaterial takes imported material away.
func (s *keys) DeleteKeyMaterial(ctx context.Context, req *kmsdriver.DeleteKeyMaterialRequest) (*kmsdriver.DeleteKeyMaterialResponse, error) {
	id := req.KeyID
	return respond[kmsdriver.DeleteKeyMaterialResponse](s.changeKey(ctx, id, func(_ *keyStore, k *keyRecord) error {
		if err := k.imports(id); err != nil {
			return err
		}
		if k.Missing {
			return errState(id, k)
		}
		k.Missing = true
		return nil
	}))
}
