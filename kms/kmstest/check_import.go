package kmstest

import (
	"bytes"
	"crypto"
	"fmt"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// importChecks: keys whose material comes from outside.
func importChecks() []check {
	imports := append([]need{hasImport, importable}, needSecrets...)
	return []check{
		{"Import/Pending", imports, (*suite).waitsForMaterial},
		{"Import/Material", imports, (*suite).importsMaterial},
		{"Import/EveryWrapping", imports, (*suite).importsEveryWrapping},
		{"Import/Delete", imports, (*suite).deletesMaterial},
		{"Import/WrongLength", imports, (*suite).refusesMaterial},
		{"Import/Garbage", imports, (*suite).refusesWrapped},
		{"Import/Parameters", imports, (*suite).importParameters},
		{"Import/ProviderKey", imports, (*suite).refusesImportToProviderKey},
		{"Import/Expires", append([]need{needVirtualTime}, imports...), (*suite).materialExpires},
	}
}

var importable = kinds(func(k *driver.KeyKind) bool { return materialSize(k.Spec) > 0 }, "have material of a known length")

// materialSize is how many bytes of material a symmetric key has, 0 where that is not known.
func materialSize(spec driver.Spec) int {
	switch spec {
	case driver.AES256:
		return 32
	case driver.SM4:
		return 16
	}
	return 0
}

// empty makes a key that waits for its material.
func (s *suite) empty() (*kms.Key, *driver.KeyKind) {
	s.Helper()
	kind := s.kind(func(k *driver.KeyKind) bool { return materialSize(k.Spec) > 0 })
	return s.create(kind, kms.Imported()), kind
}

// material returns new key material, which must be in no error.
func (s *suite) material(kind *driver.KeyKind) []byte {
	m := random(materialSize(kind.Spec))
	s.keepSecret(m)
	return m
}

func (s *suite) importMaterial(k *kms.Key, material []byte, opts ...kms.ImportOption) {
	s.Helper()
	s.Must("ImportKeyMaterial", k.ImportKeyMaterial(s.ctx, material, opts...))
	s.settle()
	s.wantState("after ImportKeyMaterial", k, kms.Enabled)
}

func (s *suite) waitsForMaterial() {
	k, kind := s.empty()
	info := s.described(k)
	if info.State != kms.PendingImport || info.Origin != kms.External || info.Spec != kind.Spec || info.Usage != kind.Usage {
		s.Errorf("CreateKey of %s without material: %s, of the origin %s, %s for %s", kind.Spec, info.State, info.Origin, info.Spec, info.Usage)
	}
	s.refusesUse("waiting for its material", k, kms.Ciphertext{})
	s.wantState("after use was refused", k, kms.PendingImport)
	s.schedule(k, s.caps.DeletionDays.Min)
}

func (s *suite) importsMaterial() {
	k, kind := s.empty()
	s.importMaterial(k, s.material(kind))
	s.wantOpened("Decrypt by imported material", k, s.encrypt(k, []byte(mark), kms.Context{"a": "b"}), []byte(mark), kms.Context{"a": "b"})
	if info := s.described(k); info.Origin != kms.External || !info.MaterialExpiresAt.IsZero() {
		s.Errorf("after ImportKeyMaterial: the origin is %s, the material ends at %v", info.Origin, info.MaterialExpiresAt)
	}
}

// wrap asks for parameters and wraps material as they say, without package kms.
func (s *suite) wrap(k *kms.Key, wrapping driver.EncryptionAlgorithm, material []byte) ([]byte, kms.ImportParameters) {
	s.Helper()
	p, err := k.ImportParameters(s.ctx, wrapping)
	s.Must("ImportParameters for "+string(wrapping), err)
	var public crypto.PublicKey
	specs := []kms.Spec{kms.RSA2048, kms.RSA3072, kms.RSA4096}
	if wrapping == kms.SM2Encrypt {
		specs = []kms.Spec{kms.SM2}
	}
	for _, spec := range specs {
		if public == nil || err != nil {
			public, err = parsePublic(p.PublicKey.DER, spec)
		}
	}
	s.Must("the public key of the parameters for "+string(wrapping), err)
	wrapped, err := sealHere(wrapping, public, material)
	s.Must("wrapping by "+string(wrapping), err)
	return wrapped, p
}

func (s *suite) importsEveryWrapping() {
	for _, wrapping := range s.caps.Wrapping {
		k, kind := s.empty()
		wrapped, p := s.wrap(k, wrapping, s.material(kind))
		s.Must("ImportWrapped by "+string(wrapping), k.ImportWrapped(s.ctx, wrapped, p))
		s.settle()
		s.wantState("after ImportWrapped by "+string(wrapping), k, kms.Enabled)
		s.wantOpened("Decrypt by material imported by "+string(wrapping), k, s.encrypt(k, []byte(mark)), []byte(mark))
	}
}

// deletesMaterial: the key waits for its material again, and the same material opens what was encrypted.
func (s *suite) deletesMaterial() {
	k, kind := s.empty()
	material := s.material(kind)
	s.importMaterial(k, material)
	ct := s.encrypt(k, []byte(mark))
	s.Must("DeleteKeyMaterial", k.DeleteKeyMaterial(s.ctx))
	s.settle()
	s.wantState("after DeleteKeyMaterial", k, kms.PendingImport)
	s.refusesUse("without its material", k, ct)
	s.importMaterial(k, bytes.Clone(material))
	s.wantOpened("Decrypt after the same material was imported again", k, ct, []byte(mark))
}

func (s *suite) refusesMaterial() {
	k, kind := s.empty()
	before := s.Sent(driver.OpImportKeyMaterial)
	size := materialSize(kind.Spec)
	s.WantCode("ImportKeyMaterial that is too long", k.ImportKeyMaterial(s.ctx, plain(size+1)), errs.TooLarge)
	s.WantCode("ImportKeyMaterial that is too short", k.ImportKeyMaterial(s.ctx, random(size-1)), errs.InvalidArgument)
	if s.Sent(driver.OpImportKeyMaterial) != before {
		s.Errorf("ImportKeyMaterial of a wrong length was sent")
	}
	s.Unsent("ImportKeyMaterial of nothing", errs.InvalidArgument, func() error { return k.ImportKeyMaterial(s.ctx, nil) })
	s.Unsent("ImportKeyMaterial that has ended", errs.InvalidArgument, func() error {
		return k.ImportKeyMaterial(s.ctx, random(size), kms.MaterialExpires(time.Now().Add(-time.Hour).Truncate(time.Second)))
	})
	s.Unsent("ImportParameters for an unknown wrapping", errs.Unsupported, func() error {
		_, err := k.ImportParameters(s.ctx, "KMSTEST")
		return err
	})
	// The length is that of the other side too.
	for _, n := range []int{size - 1, size + 1} {
		wrapped, p := s.wrap(k, s.caps.Wrapping[0], random(n))
		s.WantCode(fmt.Sprintf("ImportWrapped of %d bytes of material", n), k.ImportWrapped(s.ctx, wrapped, p), errs.InvalidArgument, errs.TooLarge)
	}
	s.wantState("after refused material", k, kms.PendingImport)
}

func (s *suite) refusesWrapped() {
	k, kind := s.empty()
	wrapped, p := s.wrap(k, s.caps.Wrapping[0], s.material(kind))
	for what, bad := range map[string][]byte{"random bytes": random(len(wrapped)), "a part": wrapped[:len(wrapped)/2], "a flipped bit": flipped(wrapped, 4*len(wrapped))} {
		s.WantCode("ImportWrapped of "+what, k.ImportWrapped(s.ctx, bad, p), errs.InvalidArgument)
	}
	s.wantState("after refused material", k, kms.PendingImport)
	other := p
	other.Token = random(len(p.Token))
	s.WantCode("ImportWrapped with another token", k.ImportWrapped(s.ctx, wrapped, other), errs.InvalidArgument, errs.NotFound, errs.Conflict)
	s.wantState("after a refused token", k, kms.PendingImport)
}

func (s *suite) importParameters() {
	k, _ := s.empty()
	for _, wrapping := range s.caps.Wrapping {
		p, err := k.ImportParameters(s.ctx, wrapping)
		s.Must("ImportParameters", err)
		if p.Wrapping != wrapping || len(p.Token) == 0 || len(p.PublicKey.DER) == 0 {
			s.Errorf("ImportParameters for %s: %v", wrapping, p)
		}
		if !p.ExpiresAt.IsZero() && !p.ExpiresAt.After(time.Now()) {
			s.Errorf("ImportParameters for %s have ended at %v", wrapping, p.ExpiresAt)
		}
	}
}

// refusesImportToProviderKey: a key of the provider's own material waits for none.
func (s *suite) refusesImportToProviderKey() {
	kind := s.kind(func(k *driver.KeyKind) bool { return materialSize(k.Spec) > 0 })
	k := s.create(kind)
	ct := s.encrypt(k, []byte(mark))
	_, err := k.ImportParameters(s.ctx, s.caps.Wrapping[0])
	if err != nil {
		s.WantCode("ImportParameters of a key of the provider's material", err, errs.Conflict, errs.InvalidArgument, errs.Unsupported)
	}
	empty, _ := s.empty()
	wrapped, p := s.wrap(empty, s.caps.Wrapping[0], s.material(kind))
	err = k.ImportWrapped(s.ctx, wrapped, p)
	s.WantCode("ImportWrapped to a key of the provider's material", err, errs.Conflict, errs.InvalidArgument, errs.Unsupported)
	err = k.DeleteKeyMaterial(s.ctx)
	s.WantCode("DeleteKeyMaterial of the provider's material", err, errs.Conflict, errs.InvalidArgument, errs.Unsupported)
	s.wantOpened("Decrypt by the provider's material", k, ct, []byte(mark))
}

func (s *suite) materialExpires() {
	k, kind := s.empty()
	at := time.Now().Add(48 * time.Hour).Truncate(time.Second)
	s.importMaterial(k, s.material(kind), kms.MaterialExpires(at))
	if got := s.described(k).MaterialExpiresAt; !got.IsZero() && !got.Equal(at) {
		s.Errorf("Describe: the material ends at %v, want %v", got, at)
	}
	ct := s.encrypt(k, []byte(mark))
	time.Sleep(47 * time.Hour)
	s.wantOpened("Decrypt an hour before the material ends", k, ct, []byte(mark))
	time.Sleep(2 * time.Hour)
	s.wantState("after the material has ended", k, kms.PendingImport)
	s.refusesUse("past the end of its material", k, ct)
}
