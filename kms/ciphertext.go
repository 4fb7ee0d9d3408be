package kms

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Ciphertext is what a provider encrypted, with what is needed to open it under any configuration. It is a value: it
// may be copied, and is not changed by what is done with it. Store it by [Ciphertext.MarshalBinary] or
// [Ciphertext.MarshalText], which encoding/json uses; read it back with [ParseCiphertext]. The zero Ciphertext is none
// and cannot be stored.
type Ciphertext struct {
	// Vendor is whose service made it: 1 to 32 lower-case letters, digits and "-".
	Vendor string
	// KeyID is the key that opens it, at most 512 bytes. It is empty where that is not known; see [NativeCiphertext].
	KeyID string
	// KeyVersion is empty where the provider does not tell it, else at most 512 bytes.
	KeyVersion string
	// Kind says by which kind of request it is opened.
	Kind CiphertextKind
	// Algorithm is set for the kind [KindAsymmetric] and for no other.
	Algorithm EncryptionAlgorithm
	// PlaintextBytes is the length of the data key for the kind [KindDataKey], else 0.
	PlaintextBytes int

	blob []byte
}

// Limits of the parts of a ciphertext.
const (
	maxVendorBytes    = 32
	maxIDBytes        = 512
	maxAlgorithmBytes = 64
	maxBlobBytes      = 64 << 10
	maxDataKeyBytes   = 64 << 10
)

// NativeCiphertext returns the ciphertext that blob is in the vendor's own form: what another program has got from the
// provider, byte for byte, or what [Ciphertext.Native] returned. Of describes it: Vendor is Capabilities.Vendor of the
// key's service, and Kind is
//
//   - [KindText], for what another program encrypted with a symmetric key;
//   - [KindDataKey], for a data key, with its length as PlaintextBytes;
//   - [KindAsymmetric], for what was encrypted with a public key, with the Algorithm; the form of the blob is then the
//     plain bytes, and a KeyVersion that is empty means the newest;
//   - [KindData], for the native form of what this library encrypted.
//
// Where the key is not known, KeyID may stay empty: the ciphertext is then opened by the key that is asked to, and by
// none of its [DecryptWith] keys. Blob is copied. What is not well-formed is errs.InvalidArgument.
func NativeCiphertext(of Ciphertext, blob []byte) (Ciphertext, error) {
	of.blob = bytes.Clone(blob)
	if fault := of.fault(); fault != "" {
		return Ciphertext{}, errs.Refuse(errs.InvalidArgument, "not a ciphertext: %s", fault)
	}
	return of, nil
}

// Native returns a copy of the vendor's own form, which the vendor's other programs understand. For some providers it
// cannot be opened without the key's id and the length of the data key.
func (c Ciphertext) Native() []byte { return bytes.Clone(c.blob) }

// Equal reports whether two ciphertexts are the same in all their parts.
func (c Ciphertext) Equal(other Ciphertext) bool {
	return c.Vendor == other.Vendor && c.KeyID == other.KeyID && c.KeyVersion == other.KeyVersion && c.Kind == other.Kind &&
		c.Algorithm == other.Algorithm && c.PlaintextBytes == other.PlaintextBytes && bytes.Equal(c.blob, other.blob)
}

// String describes the ciphertext without its bytes.
func (c Ciphertext) String() string {
	if c.Kind == "" && len(c.blob) == 0 {
		return "no ciphertext"
	}
	return fmt.Sprintf("ciphertext of %d bytes, kind %s, %s key %q", len(c.blob), c.Kind, c.Vendor, c.KeyID)
}

// Format prints the same as String for every verb and flag.
func (c Ciphertext) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// LogValue returns the same as String.
func (c Ciphertext) LogValue() slog.Value { return slog.StringValue(c.String()) }

// fault says in what the ciphertext is not well-formed, "" if it is.
func (c *Ciphertext) fault() string {
	switch {
	case len(c.Vendor) == 0 || len(c.Vendor) > maxVendorBytes || !consistsOf(c.Vendor, 'a', 'z', '-'):
		return "the vendor is not 1 to 32 lower-case letters, digits and hyphens"
	case len(c.KeyID) > maxIDBytes || !utf8.ValidString(c.KeyID):
		return "the key id has more than 512 bytes or is not valid UTF-8"
	case len(c.KeyVersion) > maxIDBytes || !utf8.ValidString(c.KeyVersion):
		return "the key version has more than 512 bytes or is not valid UTF-8"
	case len(c.blob) == 0 || len(c.blob) > maxBlobBytes:
		return "the vendor's form does not have 1 to " + strconv.Itoa(maxBlobBytes) + " bytes"
	}
	switch c.Kind {
	case KindAsymmetric:
		if len(c.Algorithm) == 0 || len(c.Algorithm) > maxAlgorithmBytes || !consistsOf(string(c.Algorithm), 'A', 'Z', '_') {
			return "the kind asymmetric needs an algorithm"
		}
	case KindData, KindDataKey, KindText:
		if c.Algorithm != "" {
			return "only the kind asymmetric has an algorithm"
		}
	default:
		return "the kind is unknown"
	}
	if c.Kind == KindDataKey && (c.PlaintextBytes < 1 || c.PlaintextBytes > maxDataKeyBytes) {
		return "a data key needs a plaintext length of 1 to " + strconv.Itoa(maxDataKeyBytes)
	}
	if c.Kind != KindDataKey && c.PlaintextBytes != 0 {
		return "only a data key has a plaintext length"
	}
	return ""
}

// consistsOf reports whether s is of the letters first to last, digits and one further character.
func consistsOf(s string, first, last, further byte) bool {
	for i := range len(s) {
		if c := s[i]; (c < first || c > last) && (c < '0' || c > '9') && c != further {
			return false
		}
	}
	return true
}

// forDriver returns the ciphertext as drivers get it. Key and version stand in where the ciphertext does not name them.
func (c *Ciphertext) forDriver(keyID, version string) driver.Ciphertext {
	d := driver.Ciphertext{
		KeyID: c.KeyID, KeyVersion: c.KeyVersion, Kind: c.Kind, Algorithm: c.Algorithm, PlaintextBytes: c.PlaintextBytes, Blob: c.blob,
	}
	if d.KeyID == "" {
		d.KeyID = keyID
	}
	if d.KeyVersion == "" {
		d.KeyVersion = version
	}
	return d
}

// sealed checks what the driver made for the key and frames it. Want tells the kind, algorithm and plaintext length
// that it must have. The id of the key is asked for where the provider does not tell it and the handle does not know it:
// what the handle has may be an alias, which may later mean another key.
func (k *Key) sealed(ctx context.Context, op string, got *driver.Ciphertext, want Ciphertext) (Ciphertext, error) {
	want.Vendor, want.KeyID, want.KeyVersion, want.blob = k.service.caps.Vendor, got.KeyID, got.KeyVersion, got.Blob
	if want.KeyID == "" {
		id, err := k.canonicalID(ctx)
		if err != nil {
			return Ciphertext{}, err
		}
		want.KeyID = id
	}
	known := k.canonical.Load()
	switch {
	case got.Kind != want.Kind:
		return Ciphertext{}, k.corrupt(op, "the driver made a ciphertext of the kind %q instead of %q", got.Kind, want.Kind)
	case got.Algorithm != "" && got.Algorithm != want.Algorithm:
		return Ciphertext{}, k.corrupt(op, "the driver encrypted with %q instead of %q", got.Algorithm, want.Algorithm)
	case got.PlaintextBytes != 0 && got.PlaintextBytes != want.PlaintextBytes:
		return Ciphertext{}, k.corrupt(op, "the driver made a ciphertext for %d bytes instead of %d", got.PlaintextBytes, want.PlaintextBytes)
	case known != nil && want.KeyID != *known && want.KeyID != k.id:
		return Ciphertext{}, k.corrupt(op, "the provider encrypted with the key %q, which is not the key that was asked for; if an alias was moved, open the key anew", want.KeyID)
	}
	if fault := want.fault(); fault != "" {
		return Ciphertext{}, k.corrupt(op, "what the provider returned is not a ciphertext: %s", fault)
	}
	return want, nil
}

// corrupt returns the error of an answer that cannot be right.
func (k *Key) corrupt(op, format string, args ...any) error {
	return k.service.corrupt(op, k.label(), format, args...)
}

func (s *Service) corrupt(op, resource, format string, args ...any) error {
	return s.pipe.Complete(&errs.Error{Code: errs.Corrupt, Outcome: errs.NotApplied, Attempts: 1, Message: fmt.Sprintf(format, args...)}, op, resource)
}
