package kmstest

import (
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// rotationChecks: material is renewed, and what was encrypted before stays readable.
func rotationChecks() []check {
	rotates := append([]need{hasRotation}, needSecrets...)
	return []check{
		{"Rotation/Enable", rotates, (*suite).rotates},
		{"Rotation/Disable", rotates, (*suite).endsRotation},
		{"Rotation/Twice", rotates, (*suite).rotatesTwice},
		{"Rotation/Bounds", rotates, (*suite).rotationBounds},
		{"Rotation/OverLimitSent", rotates, (*suite).rotationOverLimit},
		{"Rotation/Described", rotates, (*suite).rotationDescribed},
		{"RotateNow/OldCiphertexts", []need{hasRotateNow, needKeys}, (*suite).rotateNow},
		{"RotateNow/OldSignatures", append([]need{hasRotateNow, hasVersions}, needSigners...), (*suite).rotateSigner},
	}
}

// wantRotation reports a failure unless the key is rotated so; where the provider does not tell the period, it is 0.
func (s *suite) wantRotation(what string, k *kms.Key, enabled bool, days int) {
	s.Helper()
	got, err := k.Rotation(s.ctx)
	s.Must("Rotation", err)
	if got.Enabled != enabled || enabled && got.Days != days && got.Days != 0 {
		s.Errorf("%s: rotation is %v every %d days, want %v every %d", what, got.Enabled, got.Days, enabled, days)
	}
}

func (s *suite) enableRotation(k *kms.Key, days int) {
	s.Helper()
	s.Must(fmt.Sprintf("EnableRotation every %d days", days), k.EnableRotation(s.ctx, days))
	s.settle()
}

func (s *suite) disableRotation(k *kms.Key) {
	s.Helper()
	s.Must("DisableRotation", k.DisableRotation(s.ctx))
	s.settle()
}

func (s *suite) rotates() {
	r := s.caps.RotationDays
	for _, days := range []int{r.Min, r.Max, (r.Min + r.Max) / 2} {
		k := s.create(s.kind(isSymmetric))
		s.enableRotation(k, days)
		s.wantRotation("after EnableRotation", k, true, days)
		s.wantOpened("Decrypt by a key that is rotated", k, s.encrypt(k, []byte(mark)), []byte(mark))
	}
}

func (s *suite) endsRotation() {
	k := s.create(s.kind(isSymmetric))
	s.enableRotation(k, s.caps.RotationDays.Max)
	s.disableRotation(k)
	s.wantRotation("after DisableRotation", k, false, 0)
	s.enableRotation(k, s.caps.RotationDays.Min)
	s.wantRotation("after EnableRotation again", k, true, s.caps.RotationDays.Min)
}

func (s *suite) rotatesTwice() {
	k := s.create(s.kind(isSymmetric))
	s.disableRotation(k)
	s.enableRotation(k, s.caps.RotationDays.Min)
	s.enableRotation(k, s.caps.RotationDays.Min)
	s.wantRotation("after EnableRotation twice", k, true, s.caps.RotationDays.Min)
	s.disableRotation(k)
	s.disableRotation(k)
	s.wantRotation("after DisableRotation twice", k, false, 0)
}

func (s *suite) rotationBounds() {
	k, r := s.create(s.kind(isSymmetric)), s.caps.RotationDays
	for _, days := range []int{r.Max + 1, r.Min - 1, 0, -1} {
		s.Unsent(fmt.Sprintf("EnableRotation every %d days", days), errs.InvalidArgument, func() error { return k.EnableRotation(s.ctx, days) })
	}
	s.enableRotation(k, r.Max)
	s.wantRotation("after EnableRotation at the limit", k, true, r.Max)
}

// rotationOverLimit: the bounds are those of the other side too.
func (s *suite) rotationOverLimit() {
	k, r := s.create(s.kind(isSymmetric)), s.caps.RotationDays
	if s.caps.Rotation == driver.Emulated {
		s.enableRotation(k, r.Min)
	}
	for _, days := range []int{r.Max + 1, r.Min - 1} {
		var err error
		if s.caps.Rotation == driver.Emulated {
			_, err = call(s, driver.OpSetRotationPeriod, facet[driver.RotationPeriodSetter](s).SetRotationPeriod, &driver.SetRotationPeriodRequest{KeyID: k.ID(), Days: days})
		} else {
			_, err = call(s, driver.OpSetRotation, facet[driver.Rotator](s).SetRotation, &driver.SetRotationRequest{KeyID: k.ID(), Enabled: true, Days: days})
		}
		s.WantCode(fmt.Sprintf("rotation every %d days", days), err, errs.InvalidArgument)
	}
}

// rotationDescribed: the description of the key agrees.
func (s *suite) rotationDescribed() {
	k := s.create(s.kind(isSymmetric))
	s.enableRotation(k, s.caps.RotationDays.Max)
	on := s.described(k).RotationEnabled
	s.disableRotation(k)
	if off := s.described(k).RotationEnabled; off {
		s.Errorf("Describe: rotation was on: %v; after DisableRotation it is", on)
	}
	got, err := k.Rotation(s.ctx)
	s.Must("Rotation", err)
	if got.Enabled {
		s.Errorf("Rotation: enabled after DisableRotation")
	}
}

// rotateNow: some kind of keys can be renewed, and what it has encrypted or signed stays good.
func (s *suite) rotateNow() {
	done := 0
	for _, kind := range s.kindsOf(anyKind) {
		k := s.create(kind)
		still := s.memory(k, kind)
		err := k.RotateNow(s.ctx)
		s.settle()
		if err != nil {
			s.WantCode(fmt.Sprintf("RotateNow of %s for %s", kind.Spec, kind.Usage), err, errs.Unsupported, errs.Conflict, errs.InvalidArgument)
			still("after a refused RotateNow")
			continue
		}
		done++
		s.wantState("after RotateNow", k, kms.Enabled)
		still("after RotateNow")
		s.memory(k, kind)("made after RotateNow")
	}
	if done == 0 {
		s.Errorf("RotateNow: no kind of keys can be renewed")
	}
}

// memory makes something with a key, and returns a function that reports a failure unless it is still good.
func (s *suite) memory(k *kms.Key, kind *driver.KeyKind) func(when string) {
	s.Helper()
	switch {
	case isSymmetric(kind) && s.caps.Symmetric != driver.None:
		ct := s.encrypt(k, []byte(mark), kms.Context{"a": "b"})
		return func(when string) {
			s.wantOpened("Decrypt "+when, k, ct, []byte(mark), kms.Context{"a": "b"})
		}
	case isCipherPair(kind) && s.caps.AsymmetricEncrypt != driver.None:
		ct := s.encrypt(k, []byte(mark), kms.WithAlgorithm(kind.Encryptions[0]))
		return func(when string) { s.wantOpened("Decrypt by a pair "+when, k, ct, []byte(mark)) }
	case isSigner(kind) && s.caps.Sign != driver.None:
		g := &signing{key: k, kind: kind, way: kind.Signatures[0]}
		if !s.takesMessages(g) {
			break
		}
		sig := s.sign(g, []byte(mark))
		return func(when string) { s.wantValid("a signature "+when, g, []byte(mark), sig, true) }
	}
	return func(string) {}
}

// rotateSigner: the newest version signs, and the public key is that of it.
func (s *suite) rotateSigner() {
	for _, kind := range s.kindsOf(isSigner) {
		k := s.create(kind)
		before := s.newest(k)
		if err := k.RotateNow(s.ctx); err != nil {
			s.WantCode("RotateNow", err, errs.Unsupported, errs.Conflict, errs.InvalidArgument)
			continue
		}
		s.settle()
		after := s.newest(k)
		if after == before || len(s.versions(k)) != 2 {
			s.Errorf("RotateNow of %s: the newest version is %q, as before, or there are not two", kind.Spec, after)
		}
		g := &signing{key: k, kind: kind, way: kind.Signatures[0]}
		if s.caps.PublicKey != driver.None {
			g.public = s.public(k, kind)
		}
		if s.takesMessages(g) {
			sig := s.sign(g, []byte(mark))
			if sig.KeyVersion != after {
				s.Errorf("Sign after RotateNow: by the version %q, the newest is %q", sig.KeyVersion, after)
			}
			s.wantValid("a signature made after RotateNow", g, []byte(mark), sig, true)
		}
	}
}
