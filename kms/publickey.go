package kms

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"sync"

	"github.com/emmansun/gmsm/sm2"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// PublicKey is the public half of a key pair.
type PublicKey struct {
	// DER is an SPKI structure (RFC 5280, 4.1).
	DER []byte
	// KeyVersion is the version of the key whose it is, where Capabilities.KeyVersions says so.
	KeyVersion string
}

// Key returns the key as *[crypto/rsa.PublicKey] or *[crypto/ecdsa.PublicKey], the latter also for SM2 with the curve
// of github.com/emmansun/gmsm/sm2. A curve that no package here knows, such as secp256k1, is errs.Unsupported, and DER
// that is no public key errs.Corrupt.
func (p PublicKey) Key() (crypto.PublicKey, error) {
	parsed, err := parsePublicKey(p.DER)
	if err == nil && parsed == nil {
		return nil, errs.Refuse(errs.Unsupported, "the curve of the public key has no Go type here; use its DER")
	}
	return parsed, err
}

// PEM returns the key as a PEM block "PUBLIC KEY".
func (p PublicKey) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: p.DER})
}

// PublicKey asks for the public key of a pair, of the newest version where there are several. Where
// Capabilities.PublicKey is None it is errs.Unsupported before any I/O; what is no public key is errs.Corrupt. The call
// may be repeated at will.
func (k *Key) PublicKey(ctx context.Context) (PublicKey, error) {
	public, err := k.fetchPublic(ctx, "")
	if err != nil {
		return PublicKey{}, err
	}
	return PublicKey{DER: bytes.Clone(public.DER), KeyVersion: public.KeyVersion}, nil
}

// publicKey is a public key with what was made of it: nil where Go has no type for it.
type publicKey struct {
	PublicKey
	parsed crypto.PublicKey
}

// publicKeys remembers the public keys of a key by their versions. They never change.
type publicKeys struct {
	mu    sync.Mutex
	known map[string]*publicKey
}

func (p *publicKeys) get(version string) *publicKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[version]
}

func (p *publicKeys) set(key *publicKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[string]*publicKey{}
	}
	p.known[key.KeyVersion] = key
}

func (p *publicKeys) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = nil
}

// publicOf returns the public key of one version, remembered or asked for.
func (k *Key) publicOf(ctx context.Context, version string) (*publicKey, error) {
	if known := k.public.get(version); known != nil {
		return known, nil
	}
	return k.fetchPublic(ctx, version)
}

// newestPublic returns the public key of the newest version, remembered or asked for.
func (k *Key) newestPublic(ctx context.Context) (*publicKey, error) {
	return k.publicOf(ctx, k.service.versions.get(k.id))
}

// fetchPublic asks for the public key of a version; the empty one means the newest.
func (k *Key) fetchPublic(ctx context.Context, version string) (*publicKey, error) {
	const op = driver.OpPublicKey
	res, version, err := doVersion(ctx, k, op, &k.service.methods.publicKey, version, nil,
		func(version string) (*driver.PublicKeyRequest, error, error) {
			return &driver.PublicKeyRequest{KeyID: k.id, KeyVersion: version}, nil, nil
		})
	if err != nil {
		return nil, err
	}
	der, parsed, err := normalise(res.DER)
	if err != nil {
		return nil, k.service.pipe.Complete(err, op, k.label())
	}
	public := &publicKey{PublicKey: PublicKey{DER: der, KeyVersion: version}, parsed: parsed}
	k.public.set(public)
	return public, nil
}

// normalise returns a public key as SPKI and parsed. Some vendors give PKCS #1 for RSA.
func normalise(der []byte) ([]byte, crypto.PublicKey, error) {
	if rsaKey, err := x509.ParsePKCS1PublicKey(der); err == nil {
		spki, err := x509.MarshalPKIXPublicKey(rsaKey)
		if err != nil {
			return nil, nil, errNoPublicKey
		}
		return spki, rsaKey, nil
	}
	parsed, err := parsePublicKey(der)
	return der, parsed, err
}

var errNoPublicKey = errs.Refuse(errs.Corrupt, "this is no public key in SPKI or PKCS #1 form")

// parsePublicKey reads SPKI. A key on a curve without a Go type is nil.
func parsePublicKey(der []byte) (crypto.PublicKey, error) {
	if parsed, err := x509.ParsePKIXPublicKey(der); err == nil {
		return parsed, nil
	}
	var spki struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	var curve asn1.ObjectIdentifier
	rest, err := asn1.Unmarshal(der, &spki)
	if err != nil || len(rest) > 0 || !spki.Algorithm.Algorithm.Equal(asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}) {
		return nil, errNoPublicKey
	}
	rest, err = asn1.Unmarshal(spki.Algorithm.Parameters.FullBytes, &curve)
	if err != nil || len(rest) > 0 || len(spki.Key.Bytes) == 0 || spki.Key.BitLength%8 != 0 {
		return nil, errNoPublicKey
	}
	switch {
	case curve.Equal(asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 301}): // SM2, GM/T 0006. Package smx509 would bring much else.
		parsed, err := sm2.NewPublicKey(spki.Key.Bytes)
		if err != nil {
			return nil, errNoPublicKey
		}
		return parsed, nil
	case curve.Equal(asn1.ObjectIdentifier{1, 3, 132, 0, 10}): // secp256k1, SEC 2, A.2.1
		return nil, nil
	}
	return nil, errNoPublicKey
}
