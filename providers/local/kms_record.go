package local

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"strconv"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// The buckets of keys, which are there from the first key on. All but the last hold sealed records.
const (
	keyBucket      = "kms keys"     // by id: keyRecord
	materialBucket = "kms material" // by id and version; see materialPlace
	labelBucket    = "kms names"    // by name: the id of the key
	aliasBucket    = "kms aliases"  // by alias: the id of the key
	dueBucket      = "kms due"      // by instant and id: when something of a key ends
)

// A sealed record is encrypted and authenticated by the root key, for one place of one bucket:
//
//	1 byte    version, 1
//	12 bytes  nonce
//	the rest  AES-256-GCM of the content, with sealedFor as associated data
const (
	sealVersion = 1
	nonceBytes  = 12
	sealedBytes = 1 + nonceBytes + 16 // of empty content
)

// sealedFor is what a record is bound to.
func sealedFor(bucket, place string) []byte {
	return append([]byte("crosscloud kms 1\x00"+bucket+"\x00"), place...)
}

func seal(root cipher.AEAD, bucket, place string, content []byte) []byte {
	sealed := make([]byte, 1+nonceBytes, sealedBytes+len(content))
	sealed[0] = sealVersion
	rand.Read(sealed[1:])
	return root.Seal(sealed, sealed[1:], content, sealedFor(bucket, place))
}

// unseal returns the content of a sealed record, which shares no memory with it.
func unseal(root cipher.AEAD, bucket, place string, sealed []byte) ([]byte, error) {
	if len(sealed) < sealedBytes || sealed[0] != sealVersion {
		return nil, errRecord
	}
	content, err := root.Open(nil, sealed[1:1+nonceBytes], sealed[1+nonceBytes:], sealedFor(bucket, place))
	if err != nil {
		return nil, errRecord
	}
	return content, nil
}

// keyRecord is what is stored of a key: JSON behind a byte of its version, sealed.
type keyRecord struct {
	Name        string            `json:"name,omitempty"`
	Description string            `json:"description,omitempty"`
	Spec        kmsdriver.Spec    `json:"spec"`
	Usage       kmsdriver.Usage   `json:"usage"`
	Origin      kmsdriver.Origin  `json:"origin"`
	Enabled     bool              `json:"enabled"`
	Created     time.Time         `json:"created"`
	Aliases     []string          `json:"aliases,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	// Deletion and Expiry are when the key and its imported material end; zero means never.
	Deletion time.Time `json:"deletion,omitzero"`
	Expiry   time.Time `json:"expiry,omitzero"`
	// RotationDays is the period of the rotation, 0 where it is off, and RotationSince when it was switched on.
	RotationDays  int       `json:"rotationDays,omitempty"`
	RotationSince time.Time `json:"rotationSince,omitzero"`
	// Versions are those of the material, oldest first; the first has the number 1.
	Versions []versionRecord `json:"versions,omitempty"`
	// Imported is the SHA-256 of imported material: only the same can be imported again.
	Imported []byte `json:"imported,omitempty"`
	// Missing says that imported material is not there, or not any more.
	Missing bool `json:"missing,omitempty"`
}

type versionRecord struct {
	Created time.Time `json:"created"`
	// Public is the public key of a pair, as SPKI.
	Public []byte `json:"public,omitempty"`
}

// decodeKey reads a sealed record of a key.
func decodeKey(root cipher.AEAD, id string, sealed []byte) (k keyRecord, err error) {
	content, err := unseal(root, keyBucket, id, sealed)
	if err == nil {
		err = decodeJSON(content, &k)
	}
	if err == nil && !k.sound() {
		err = errRecord
	}
	if err != nil {
		return keyRecord{}, errs.Refuse(errs.Corrupt, "key %q: what is stored of it is damaged: %w", id, err)
	}
	return k, nil
}

// sound reports whether a record can be that of a key.
func (k *keyRecord) sound() bool {
	kind := kindOf(ownKinds(), k.Spec, k.Usage)
	if kind == nil || k.RotationDays < 0 || len(k.Versions) == 0 && !k.Missing {
		return false
	}
	pair := isPair(kind)
	if k.Origin != kmsdriver.FromProvider && k.Origin != kmsdriver.External || k.Missing && k.Origin != kmsdriver.External {
		return false
	}
	return !slices.ContainsFunc(k.Versions, func(v versionRecord) bool { return pair != (len(v.Public) > 0) })
}

func isPair(kind *kmsdriver.KeyKind) bool { return len(kind.Encryptions)+len(kind.Signatures) > 0 }

// state returns the state of a key whose ends are not due.
func (k *keyRecord) state() kmsdriver.State {
	switch {
	case !k.Deletion.IsZero():
		return kmsdriver.PendingDeletion
	case k.Missing:
		return kmsdriver.PendingImport
	case k.Enabled:
		return kmsdriver.Enabled
	}
	return kmsdriver.Disabled
}

// newest returns the number of the newest version.
func (k *keyRecord) newest() int { return len(k.Versions) }

// version returns the number of the version that a request names; the empty one is the newest.
func (k *keyRecord) version(id string) (int, error) {
	if id == "" {
		return k.newest(), nil
	}
	n, err := strconv.Atoi(id)
	if err != nil || n < 1 || n > len(k.Versions) || versionID(n) != id {
		return 0, errs.Refuse(errs.NotFound, "the key has no version %q", id)
	}
	return n, nil
}

func versionID(n int) string { return strconv.Itoa(n) }

const day = 24 * time.Hour

// rotates returns when the material is renewed next, zero if it is not.
func (k *keyRecord) rotates() time.Time {
	if k.RotationDays == 0 || len(k.Versions) == 0 {
		return time.Time{}
	}
	base := k.RotationSince
	if last := k.Versions[len(k.Versions)-1].Created; last.After(base) {
		base = last
	}
	return base.Add(time.Duration(k.RotationDays) * day)
}

// rotatesBy returns when the material should have been renewed last, zero if it is as new as it should be. Periods in
// which nobody used the key are skipped, and so is a key that cannot be used.
func (k *keyRecord) rotatesBy(now time.Time) time.Time {
	next := k.rotates()
	if next.IsZero() || next.After(now) || k.state() != kmsdriver.Enabled {
		return time.Time{}
	}
	period := time.Duration(k.RotationDays) * day
	return next.Add(now.Sub(next) / period * period)
}

func (k *keyRecord) deleted(now time.Time) bool {
	return !k.Deletion.IsZero() && !now.Before(k.Deletion)
}

func (k *keyRecord) expired(now time.Time) bool {
	return !k.Missing && !k.Expiry.IsZero() && !now.Before(k.Expiry)
}

// ends are the instants at which something of the key ends.
func (k *keyRecord) ends() (at []time.Time) {
	if !k.Deletion.IsZero() {
		at = append(at, k.Deletion)
	}
	if !k.Expiry.IsZero() && !k.Missing {
		at = append(at, k.Expiry)
	}
	return at
}

func (k *keyRecord) info(id string) kmsdriver.KeyInfo {
	info := kmsdriver.KeyInfo{
		ID: id, Name: k.Name, Description: k.Description, Spec: k.Spec, Usage: k.Usage, State: k.state(), Origin: k.Origin,
		CreatedAt: k.Created, DeletionAt: k.Deletion, RotationEnabled: k.RotationDays > 0,
	}
	if !k.Missing {
		info.MaterialExpiresAt = k.Expiry
	}
	return info
}

// materialPlace is where the material of one version of a key is.
func materialPlace(id string, version int) string {
	place := binary.BigEndian.AppendUint16(nil, uint16(len(id)))
	place = append(place, id...)
	return string(binary.BigEndian.AppendUint64(place, uint64(version)))
}
