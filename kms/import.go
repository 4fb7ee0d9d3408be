package kms

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// ImportParameters are what key material is wrapped with on its way to the provider, by whoever holds the material.
// Printed and logged forms do not show the token; the JSON form has it.
type ImportParameters struct {
	// Wrapping is how the material is wrapped: RSAOAEPSHA256 (with MGF1 of SHA-256 and no label) or SM2Encrypt (the
	// ASN.1 form with the parts in the order C1 C3 C2).
	Wrapping EncryptionAlgorithm
	// PublicKey is what it is wrapped with.
	PublicKey PublicKey
	// Token goes with the wrapped material.
	Token []byte
	// ExpiresAt is when the parameters end; zero if the provider does not tell.
	ExpiresAt time.Time
}

// String describes the parameters without the token.
func (p ImportParameters) String() string {
	text := "parameters to import key material with " + string(p.Wrapping)
	if p.ExpiresAt.IsZero() {
		return text
	}
	return text + ", until " + p.ExpiresAt.UTC().Format(time.RFC3339)
}

// Format prints the same as String for every verb and flag.
func (p ImportParameters) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(p.String())) }

// LogValue returns the same as String, so that no log has the token.
func (p ImportParameters) LogValue() slog.Value { return slog.StringValue(p.String()) }

// ImportOption says more of an import: [MaterialExpires].
type ImportOption func(*importOptions)

type importOptions struct {
	expires []time.Time
}

// MaterialExpires makes the provider forget the material at that time, a whole second in the future; else it is kept.
func MaterialExpires(at time.Time) ImportOption {
	return func(o *importOptions) { o.expires = append(o.expires, at) }
}

// collectImport returns when the material expires; zero means never.
func (s *Service) collectImport(opts []ImportOption) (time.Time, error) {
	var o importOptions
	for _, set := range opts {
		if set != nil {
			set(&o)
		}
	}
	switch {
	case len(o.expires) == 0:
		return time.Time{}, nil
	case len(o.expires) > 1:
		return time.Time{}, errs.Refuse(errs.InvalidArgument, "the option MaterialExpires is given twice")
	}
	at, now := o.expires[0], s.now()
	switch {
	case at.Unix() <= 0 || !at.After(now):
		return at, errs.Refuse(errs.InvalidArgument, "the material would expire at %s, which is not in the future", at.UTC().Format(time.RFC3339))
	case at.Nanosecond() != 0:
		return at, errs.Refuse(errs.InvalidArgument, "the material would expire within a second; give a whole one")
	}
	return at, nil
}

// ImportParameters asks what key material for a key of the origin External must be wrapped with, in one of the ways of
// Capabilities.Wrapping; another is errs.Unsupported before any I/O. The call may be repeated at will; each makes another
// token, and with some providers ends the one before.
func (k *Key) ImportParameters(ctx context.Context, wrapping EncryptionAlgorithm) (ImportParameters, error) {
	p, _, err := k.importParameters(ctx, wrapping)
	return p, err
}

// importParameters returns also the public key, parsed.
func (k *Key) importParameters(ctx context.Context, wrapping EncryptionAlgorithm) (ImportParameters, *publicKey, error) {
	const op = driver.OpImportParameters
	s := k.service
	var refusal error
	if !slices.Contains(s.caps.Wrapping, wrapping) {
		refusal = errs.Refuse(errs.Unsupported, "this provider does not take material wrapped with %q; there is %v", wrapping, s.caps.Wrapping)
	}
	req := driver.ImportParametersRequest{KeyID: k.id, Wrapping: wrapping}
	res, err := do(ctx, s, op, &s.methods.importParameters, k.label(), refusal, &req)
	if err != nil {
		return ImportParameters{}, nil, err
	}
	der, parsed, err := normalise(res.PublicKey)
	switch {
	case err != nil:
		return ImportParameters{}, nil, s.pipe.Complete(err, op, k.label())
	case !encrypts(wrapping, parsed):
		return ImportParameters{}, nil, k.corrupt(op, "the provider's import key is not one for %s", wrapping)
	case len(res.Token) == 0:
		return ImportParameters{}, nil, k.corrupt(op, "the provider returned no import token")
	}
	public := &publicKey{PublicKey: PublicKey{DER: der}, parsed: parsed}
	return ImportParameters{Wrapping: wrapping, PublicKey: public.PublicKey, Token: res.Token, ExpiresAt: res.ExpiresAt}, public, nil
}

// ImportWrapped gives the key material that was wrapped as the parameters say. Empty material, parameters without a
// token and an expiry in the past are errs.InvalidArgument, parameters that have ended errs.Conflict, before any I/O. A
// key that waits for no material is errs.Conflict. A failed call may have taken effect, as the error's Outcome says;
// [Key.Describe] tells by the key's state.
func (k *Key) ImportWrapped(ctx context.Context, wrapped []byte, p ImportParameters, opts ...ImportOption) error {
	s := k.service
	expires, refusal := s.collectImport(opts)
	switch {
	case refusal != nil:
	case len(wrapped) == 0:
		refusal = errs.Refuse(errs.InvalidArgument, "the wrapped key material is empty")
	case len(p.Token) == 0:
		refusal = errs.Refuse(errs.InvalidArgument, "the import parameters have no token; get them with ImportParameters")
	case !p.ExpiresAt.IsZero() && !p.ExpiresAt.After(s.now()):
		refusal = errs.Refuse(errs.Conflict, "the import parameters ended at %s; get others with ImportParameters", p.ExpiresAt.UTC().Format(time.RFC3339))
	}
	req := driver.ImportKeyMaterialRequest{KeyID: k.id, Wrapped: wrapped, Token: p.Token, ExpiresAt: expires}
	_, err := do(ctx, s, driver.OpImportKeyMaterial, &s.methods.importKeyMaterial, k.label(), refusal, &req)
	return err
}

// ImportKeyMaterial gives a symmetric key of the origin External its material: 32 bytes for AES_256, 16 for SM4. It
// describes the key first, asks for parameters, wraps the material here (by RSA-OAEP with SHA-256 where the provider
// takes that, else by SM2) and sends it. Material that is too long is errs.TooLarge, too short errs.InvalidArgument,
// and for a key pair or an unknown spec errs.Unsupported, before it is sent. For the rest see [Key.ImportWrapped].
func (k *Key) ImportKeyMaterial(ctx context.Context, material []byte, opts ...ImportOption) error {
	const op = driver.OpImportKeyMaterial
	s := k.service
	if s.methods.importKeyMaterial.Send == nil {
		return k.refused(ctx, op, pipeline.Missing(s.methods.importKeyMaterial.Capability))
	}
	_, refusal := s.collectImport(opts)
	wrapping := RSAOAEPSHA256
	if !slices.Contains(s.caps.Wrapping, wrapping) {
		wrapping = SM2Encrypt
	}
	switch {
	case refusal != nil:
	case len(material) == 0:
		refusal = errs.Refuse(errs.InvalidArgument, "the key material is empty")
	case !slices.Contains(s.caps.Wrapping, wrapping):
		refusal = errs.Refuse(errs.Unsupported, "material cannot be wrapped here as this provider takes it (%v); wrap it and use ImportWrapped", s.caps.Wrapping)
	}
	if refusal != nil {
		return k.refused(ctx, op, refusal)
	}
	info, err := k.details(ctx)
	if err != nil {
		return err
	}
	if refusal := checkMaterial(info.Spec, len(material)); refusal != nil {
		return k.refused(ctx, op, refusal)
	}
	p, public, err := k.importParameters(ctx, wrapping)
	if err != nil {
		return err
	}
	wrapped, err := seal(public, wrapping, material)
	if err != nil {
		return k.corrupt(op, "the provider's import key cannot be used: %v", err)
	}
	p.ExpiresAt = time.Time{} // they are fresh, whatever the clock here says
	return k.ImportWrapped(ctx, wrapped, p, opts...)
}

// checkMaterial checks the length of material for keys of a spec.
func checkMaterial(spec Spec, n int) error {
	want := 0
	switch spec {
	case AES256:
		want = 32
	case SM4:
		want = 16
	default:
		return errs.Refuse(errs.Unsupported, "material for a key of the spec %q cannot be imported by this call; wrap it and use ImportWrapped", spec)
	}
	switch {
	case n > want:
		return errs.Refuse(errs.TooLarge, "the key material has %d bytes, %s takes %d", n, spec, want)
	case n < want:
		return errs.Refuse(errs.InvalidArgument, "the key material has %d bytes, %s takes %d", n, spec, want)
	}
	return nil
}

// DeleteKeyMaterial makes the provider forget imported material. The key then waits for material; what it has encrypted
// cannot be opened until the same material is imported again. A key in a state that does not allow it is errs.Conflict.
// A failed call may have taken effect, as the error's Outcome says.
func (k *Key) DeleteKeyMaterial(ctx context.Context) error {
	s := k.service
	req := driver.DeleteKeyMaterialRequest{KeyID: k.id}
	_, err := do(ctx, s, driver.OpDeleteKeyMaterial, &s.methods.deleteKeyMaterial, k.label(), nil, &req)
	return err
}
