package kmstest

import (
	"fmt"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// lifecycleChecks: a key that is disabled or waits for its deletion is refused for use, and comes back.
func lifecycleChecks() []check {
	return []check{
		{"State/Disable", []need{needKeys}, (*suite).disables},
		{"State/Twice", []need{needKeys}, (*suite).switchesTwice},
		{"State/DisabledSecret", needSecrets, (*suite).disabledSecret},
		{"State/DisabledPair", []need{makesAnyPair}, (*suite).disabledPair},
		{"State/Others", needSecrets, (*suite).othersStayEnabled},
		{"Deletion/Schedule", []need{needKeys}, (*suite).schedules},
		{"Deletion/Bounds", []need{needKeys}, (*suite).deletionBounds},
		{"Deletion/OverLimitSent", []need{needKeys}, (*suite).deletionOverLimit},
		{"Deletion/NeedsDisabled", []need{needKeys}, (*suite).deletionNeedsDisabled},
		{"Deletion/OnlyIfDisabled", []need{needKeys}, (*suite).deletionOnlyIfDisabled},
		{"Deletion/Again", []need{needKeys}, (*suite).schedulesAgain},
		{"Deletion/NoUse", needSecrets, (*suite).pendingSecret},
		{"Deletion/Cancel", []need{needKeys}, (*suite).cancels},
		{"Deletion/CancelNone", []need{needKeys}, (*suite).cancelsNothing},
		{"Deletion/Happens", []need{needKeys, needVirtualTime}, (*suite).deletionHappens},
	}
}

func (s *suite) enable(k *kms.Key) {
	s.Helper()
	s.Must("Enable", k.Enable(s.ctx))
	s.settle()
}

func (s *suite) disable(k *kms.Key) {
	s.Helper()
	s.Must("Disable", k.Disable(s.ctx))
	s.settle()
}

func (s *suite) schedule(k *kms.Key, days int) kms.KeyInfo {
	s.Helper()
	info, err := k.ScheduleDeletion(s.ctx, days)
	s.Must(fmt.Sprintf("ScheduleDeletion in %d days", days), err)
	s.settle()
	return info
}

func (s *suite) disables() {
	k := s.create(s.cheapKind())
	s.disable(k)
	s.wantState("after Disable", k, kms.Disabled)
	s.enable(k)
	s.wantState("after Enable", k, kms.Enabled)
}

func (s *suite) switchesTwice() {
	k := s.create(s.cheapKind())
	s.enable(k) // it is already
	s.disable(k)
	s.disable(k)
	s.wantState("after Disable twice", k, kms.Disabled)
	_, err := call(s, driver.OpDisableKey, s.drv.DisableKey, &driver.DisableKeyRequest{KeyID: k.ID()})
	if err != nil {
		s.WantCode("DisableKey of a disabled key", err, errs.Conflict)
	}
	s.enable(k)
	s.enable(k)
	s.wantState("after Enable twice", k, kms.Enabled)
	_, err = call(s, driver.OpEnableKey, s.drv.EnableKey, &driver.EnableKeyRequest{KeyID: k.ID()})
	if err != nil {
		s.WantCode("EnableKey of an enabled key", err, errs.Conflict)
	}
}

// refusesUse reports a failure unless a symmetric key is refused for every use.
func (s *suite) refusesUse(state string, k *kms.Key, ct kms.Ciphertext) {
	s.Helper()
	_, err := k.Encrypt(s.ctx, []byte(mark))
	s.WantCode("Encrypt with a key that is "+state, err, errs.Conflict)
	if s.caps.DataKeys != driver.None {
		_, err = k.GenerateDataKey(s.ctx, s.usual())
		s.WantCode("GenerateDataKey with a key that is "+state, err, errs.Conflict)
	}
	if s.caps.WrappedDataKeys != driver.None {
		_, err = k.GenerateDataKeyWithoutPlaintext(s.ctx, s.usual())
		s.WantCode("GenerateDataKeyWithoutPlaintext with a key that is "+state, err, errs.Conflict)
	}
	if len(ct.Native()) == 0 {
		return
	}
	_, err = k.Decrypt(s.ctx, ct)
	s.WantCode("Decrypt with a key that is "+state, err, errs.Conflict)
	if s.caps.ReEncrypt != driver.None {
		_, err = k.ReEncrypt(s.ctx, ct)
		s.WantCode("ReEncrypt with a key that is "+state, err, errs.Conflict)
	}
}

func (s *suite) disabledSecret() {
	k := s.create(s.kind(isSymmetric))
	ct := s.encrypt(k, []byte(mark))
	s.disable(k)
	s.refusesUse("disabled", k, ct)
	s.enable(k)
	s.wantOpened("Decrypt after the key was enabled again", k, ct, []byte(mark))
	s.wantOpened("Decrypt after the key was enabled again", k, s.encrypt(k, []byte(mark)), []byte(mark))
}

func (s *suite) disabledPair() {
	for _, kind := range s.kindsOf(isPair) {
		k := s.create(kind)
		var use func() error
		switch {
		case isSigner(kind) && s.caps.Sign != driver.None:
			g := &signing{key: k, kind: kind, way: kind.Signatures[0]}
			if s.caps.PublicKey != driver.None {
				g.public = s.public(k, kind)
			}
			if !s.takesMessages(g) {
				continue
			}
			use = func() error { _, err := k.Sign(s.ctx, g.way.Algorithm, []byte(mark)); return err }
		case isCipherPair(kind) && s.caps.AsymmetricEncrypt != driver.None:
			ct := s.encrypt(k, []byte(mark), kms.WithAlgorithm(kind.Encryptions[0]))
			use = func() error { _, err := k.Decrypt(s.ctx, ct); return err }
		default:
			continue
		}
		s.ok(fmt.Sprintf("use of %s", kind.Spec), use())
		s.disable(k)
		s.WantCode(fmt.Sprintf("use of %s for %s that is disabled", kind.Spec, kind.Usage), use(), errs.Conflict)
		s.enable(k)
		s.ok(fmt.Sprintf("use of %s that is enabled again", kind.Spec), use())
	}
}

// othersStayEnabled: switching one key leaves others alone.
func (s *suite) othersStayEnabled() {
	kind := s.kind(isSymmetric)
	k, other := s.create(kind), s.create(kind)
	ct := s.encrypt(other, []byte(mark))
	s.disable(k)
	s.wantState("of another key than the disabled one", other, kms.Enabled)
	s.wantOpened("Decrypt with another key than the disabled one", other, ct, []byte(mark))
	s.schedule(k, s.caps.DeletionDays.Min)
	s.wantState("of another key than the one to be deleted", other, kms.Enabled)
	s.wantOpened("Decrypt with another key than the one to be deleted", other, ct, []byte(mark))
}

// wantDeletion reports a failure unless the key is deleted in so many days, give or take one.
func (s *suite) wantDeletion(what string, info *kms.KeyInfo, days int) {
	s.Helper()
	if info.State != kms.PendingDeletion {
		s.Errorf("%s: the key's state is %q", what, info.State)
	}
	want := time.Now().Add(time.Duration(days) * 24 * time.Hour)
	if !info.DeletionAt.IsZero() && info.DeletionAt.Sub(want).Abs() > 24*time.Hour+s.tolerance() {
		s.Errorf("%s: the deletion is at %v, want %v, give or take a day", what, info.DeletionAt.UTC(), want.UTC())
	}
}

func (s *suite) schedules() {
	for _, disabledFirst := range []bool{false, true} {
		k := s.create(s.cheapKind())
		if disabledFirst {
			s.disable(k)
		}
		days := s.caps.DeletionDays.Min
		info := s.schedule(k, days)
		s.wantDeletion("ScheduleDeletion", &info, days)
		described := s.described(k)
		s.wantDeletion("Describe after ScheduleDeletion", &described, days)
		if info.ID != described.ID {
			s.Errorf("ScheduleDeletion returned the key %q, described it is %q", info.ID, described.ID)
		}
	}
}

func (s *suite) deletionBounds() {
	k, r := s.create(s.cheapKind()), s.caps.DeletionDays
	for _, days := range []int{r.Max + 1, r.Min - 1, 0, -1} {
		s.Unsent(fmt.Sprintf("ScheduleDeletion in %d days", days), errs.InvalidArgument, func() error {
			_, err := k.ScheduleDeletion(s.ctx, days)
			return err
		})
	}
	s.wantState("after refused deletions", k, kms.Enabled)
	info := s.schedule(k, r.Max)
	s.wantDeletion("ScheduleDeletion at the limit", &info, r.Max)
}

// deletionOverLimit: the bounds are those of the other side too.
func (s *suite) deletionOverLimit() {
	k := s.create(s.cheapKind())
	s.disable(k)
	for _, days := range []int{s.caps.DeletionDays.Max + 1, s.caps.DeletionDays.Min - 1} {
		_, err := call(s, driver.OpScheduleDeletion, s.drv.ScheduleDeletion, &driver.ScheduleDeletionRequest{KeyID: k.ID(), Days: days})
		s.WantCode(fmt.Sprintf("ScheduleDeletion in %d days", days), err, errs.InvalidArgument)
	}
	s.wantState("after refused deletions", k, kms.Disabled)
}

func (s *suite) deletionNeedsDisabled() {
	k := s.create(s.cheapKind())
	_, err := call(s, driver.OpScheduleDeletion, s.drv.ScheduleDeletion, &driver.ScheduleDeletionRequest{KeyID: k.ID(), Days: s.caps.DeletionDays.Min})
	s.settle()
	if s.caps.DeletionNeedsDisabled {
		s.WantCode("ScheduleDeletion of an enabled key", err, errs.Conflict)
		s.wantState("after a refused deletion", k, kms.Enabled)
		return
	}
	s.Must("ScheduleDeletion of an enabled key, which is declared to work", err)
	s.wantState("after ScheduleDeletion", k, kms.PendingDeletion)
}

func (s *suite) deletionOnlyIfDisabled() {
	k := s.create(s.cheapKind())
	_, err := k.ScheduleDeletion(s.ctx, s.caps.DeletionDays.Min, kms.OnlyIfDisabled())
	s.WantCode("ScheduleDeletion of an enabled key only if it is disabled", err, errs.Conflict)
	s.wantState("after a refused deletion", k, kms.Enabled)
	s.disable(k)
	info, err := k.ScheduleDeletion(s.ctx, s.caps.DeletionDays.Min, kms.OnlyIfDisabled())
	s.Must("ScheduleDeletion of a disabled key", err)
	s.wantDeletion("ScheduleDeletion of a disabled key", &info, s.caps.DeletionDays.Min)
}

func (s *suite) schedulesAgain() {
	k, r := s.create(s.cheapKind()), s.caps.DeletionDays
	first := s.schedule(k, r.Min)
	if _, err := call(s, driver.OpScheduleDeletion, s.drv.ScheduleDeletion, &driver.ScheduleDeletionRequest{KeyID: k.ID(), Days: r.Min}); err != nil {
		s.WantCode("ScheduleDeletion of a key that is to be deleted", err, errs.Conflict)
	}
	if info, err := k.ScheduleDeletion(s.ctx, r.Min); err == nil {
		s.wantDeletion("ScheduleDeletion again", &info, r.Min)
	} else if !s.described(k).DeletionAt.IsZero() {
		s.Errorf("ScheduleDeletion for the same day again: %v", err)
	}
	s.wantState("after ScheduleDeletion twice", k, kms.PendingDeletion)
	if r.Max >= r.Min+3 {
		if info, err := k.ScheduleDeletion(s.ctx, r.Max); err == nil {
			s.wantDeletion("ScheduleDeletion for another day", &info, r.Max)
		} else {
			s.WantCode("ScheduleDeletion for another day", err, errs.Conflict)
			now := s.described(k)
			if !now.DeletionAt.Equal(first.DeletionAt) && !now.DeletionAt.IsZero() {
				s.Errorf("a refused ScheduleDeletion moved the deletion from %v to %v", first.DeletionAt, now.DeletionAt)
			}
		}
	}
}

func (s *suite) pendingSecret() {
	k := s.create(s.kind(isSymmetric))
	ct := s.encrypt(k, []byte(mark))
	s.schedule(k, s.caps.DeletionDays.Min)
	s.refusesUse("to be deleted", k, ct)
	s.WantCode("Enable of a key that is to be deleted", k.Enable(s.ctx), errs.Conflict)
	s.WantCode("Disable of a key that is to be deleted", k.Disable(s.ctx), errs.Conflict)
	s.wantState("after use was refused", k, kms.PendingDeletion)
}

func (s *suite) cancels() {
	kind := s.cheapKind()
	k := s.create(kind)
	var ct kms.Ciphertext
	if isSymmetric(kind) {
		ct = s.encrypt(k, []byte(mark))
	}
	s.schedule(k, s.caps.DeletionDays.Min)
	info, err := k.CancelDeletion(s.ctx)
	s.Must("CancelDeletion", err)
	s.settle()
	if info.State != kms.Enabled && info.State != kms.Disabled || !info.DeletionAt.IsZero() {
		s.Errorf("CancelDeletion: the key's state is %q, its deletion at %v", info.State, info.DeletionAt)
	}
	s.wantState("after CancelDeletion", k, info.State)
	s.enable(k)
	if isSymmetric(kind) {
		s.wantOpened("Decrypt after CancelDeletion", k, ct, []byte(mark))
	}
	s.schedule(k, s.caps.DeletionDays.Max)
	s.wantState("after ScheduleDeletion once more", k, kms.PendingDeletion)
}

func (s *suite) cancelsNothing() {
	k := s.create(s.cheapKind())
	_, err := k.CancelDeletion(s.ctx)
	s.WantCode("CancelDeletion where none is scheduled", err, errs.Conflict)
	s.wantState("after CancelDeletion where none was scheduled", k, kms.Enabled)
}

// deletionHappens: a key stays until its day, and not long after it.
func (s *suite) deletionHappens() {
	k, days := s.create(s.cheapKind()), s.caps.DeletionDays.Min
	s.schedule(k, days)
	time.Sleep(time.Duration(days)*24*time.Hour - 25*time.Hour)
	s.wantState("a day before the deletion", k, kms.PendingDeletion)
	time.Sleep(51 * time.Hour)
	_, err := k.Describe(s.ctx)
	s.WantCode("Describe after the deletion", err, errs.NotFound)
}
