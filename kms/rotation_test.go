package kms_test

import (
	"context"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

func TestRotation(t *testing.T) {
	t.Parallel()
	a := aliased()
	k := a.add("k", driver.Enabled)
	want := kms.Rotation{Enabled: true, Days: 90, Last: today(), Next: today().AddDate(0, 0, 90)}
	k.rotation = driver.GetRotationResponse(want)
	if got, err := a.key(t, "k").Rotation(t.Context()); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	a.expect(t, "Rotation k")
}

func TestEnableRotation(t *testing.T) {
	t.Parallel()
	on := func(days int) driver.GetRotationResponse {
		return driver.GetRotationResponse{Enabled: true, Days: days}
	}
	tests := []struct {
		name   string
		a      *account
		strict bool
		was    driver.GetRotationResponse
		after  map[string]func(int) error
		calls  []string
	}{
		{"native, again", aliased(), false, on(90), nil, []string{"SetRotation k true 90"}},
		{"native, again, refused", aliased(), true, on(90), nil, []string{"SetRotation k true 90", "Rotation k"}},
		{"native, other period", aliased(), false, on(30), nil, []string{"SetRotation k true 90"}},
		{"native, reply lost", aliased(), true, driver.GetRotationResponse{}, map[string]func(int) error{driver.OpSetRotation: once(lost)},
			[]string{"SetRotation k true 90", "SetRotation k true 90", "Rotation k"}},
		{"emulated", labelled(), true, driver.GetRotationResponse{}, nil, []string{"SetRotation k true 0", "SetRotationPeriod k 90"}},
		{"emulated, again, refused", labelled(), true, on(30), nil, []string{"SetRotation k true 0", "Rotation k", "SetRotationPeriod k 90"}},
		{"emulated, replies lost", labelled(), true, driver.GetRotationResponse{},
			map[string]func(int) error{driver.OpSetRotation: once(lost), driver.OpSetRotationPeriod: once(lost)},
			[]string{"SetRotation k true 0", "SetRotation k true 0", "Rotation k", "SetRotationPeriod k 90", "SetRotationPeriod k 90"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := test.a
			a.strict = test.strict
			if test.after != nil {
				a.after = test.after
			}
			k := a.add("k", driver.Enabled)
			k.rotation = test.was
			if err := a.key(t, "k").EnableRotation(t.Context(), 90); err != nil || k.rotation != on(90) {
				t.Errorf("%v, the key is rotated %+v", err, k.rotation)
			}
			a.expect(t, test.calls...)
		})
	}
}

func TestEnableRotationRefused(t *testing.T) {
	t.Parallel()
	for _, a := range []*account{labelled(), aliased()} {
		a.add("k", driver.Enabled)
		for _, days := range []int{0, 29, 366} {
			err := a.key(t, "k").EnableRotation(t.Context(), days)
			wantFailure(t, err, errs.InvalidArgument, errs.NotApplied, "kms.EnableRotation", "30 to 365")
		}
		a.expect(t)
	}
	a := aliased()
	a.strict = true
	k := a.add("k", driver.Enabled)
	k.rotation = driver.GetRotationResponse{Enabled: true, Days: 30}
	err := a.key(t, "k").EnableRotation(t.Context(), 90)
	wantFailure(t, err, errs.Conflict, errs.NotApplied, "kms.EnableRotation", "every 30 days", "DisableRotation")
	k.rotation.Days = 0 // not told
	err = a.key(t, "k").EnableRotation(t.Context(), 90)
	wantFailure(t, err, errs.Conflict, errs.NotApplied, "kms.EnableRotation", "rotated already", "DisableRotation")
	a.before[driver.OpGetRotation] = refused(errs.PermissionDenied)
	err = a.key(t, "k").EnableRotation(t.Context(), 90)
	wantFailure(t, err, errs.Conflict, errs.NotApplied, "kms.EnableRotation", "could not be read")

	// A conflict that is not about the rotation ends the call before its second step.
	off := labelled()
	off.add("k", driver.Disabled)
	err = off.key(t, "k").EnableRotation(t.Context(), 90)
	wantFailure(t, err, errs.Conflict, errs.NotApplied, "kms.EnableRotation", "is not rotated")
	off.expect(t, "SetRotation k true 0", "Rotation k")
}

// Where only the period fails, rotation is on all the same.
func TestEnableRotationPeriodFails(t *testing.T) {
	t.Parallel()
	a := labelled()
	a.strict = true
	k := a.add("k", driver.Enabled)
	a.before[driver.OpSetRotationPeriod] = refused(errs.PermissionDenied)
	err := a.key(t, "k").EnableRotation(t.Context(), 90)
	wantFailure(t, err, errs.PermissionDenied, errs.Applied, "kms.EnableRotation", "rotation is on")
	if !k.rotation.Enabled {
		t.Error("it is not")
	}
	err = a.key(t, "k").EnableRotation(t.Context(), 90) // which was on before
	wantFailure(t, err, errs.PermissionDenied, errs.NotApplied, "kms.EnableRotation", "rotation is on")
}

func TestDisableRotation(t *testing.T) {
	t.Parallel()
	a := labelled()
	a.strict = true
	k := a.add("k", driver.Enabled)
	k.rotation.Enabled = true
	for range 2 {
		if err := a.key(t, "k").DisableRotation(t.Context()); err != nil || k.rotation.Enabled {
			t.Errorf("%v, the key is rotated %+v", err, k.rotation)
		}
	}
	a.expect(t, "SetRotation k false 0", "SetRotation k false 0", "Rotation k")
	k.rotation.Enabled, k.info.State = true, driver.Disabled
	err := a.key(t, "k").DisableRotation(t.Context())
	wantFailure(t, err, errs.Conflict, errs.NotApplied, "kms.DisableRotation")
}

func TestRotateNow(t *testing.T) {
	t.Parallel()
	a := aliased()
	k := a.add("k", driver.Enabled)
	if err := a.key(t, "k").RotateNow(t.Context()); err != nil || k.rotation.Last != today() {
		t.Errorf("%v, the key was rotated at %v", err, k.rotation.Last)
	}
	a.after[driver.OpRotateNow] = lost
	e := wantFailure(t, a.key(t, "k").RotateNow(t.Context()), errs.Unavailable, errs.Ambiguous, driver.OpRotateNow)
	if e.Retry != errs.Permanent {
		t.Errorf("retry %v", e.Retry)
	}
	a.expect(t, "RotateNow k", "RotateNow k")
}

// versioned is an account whose keys sign by their newest version.
type versioned struct {
	wholeDriver
	a *account
}

func (v versioned) ListVersions(_ context.Context, req *driver.ListVersionsRequest) (*driver.ListVersionsResponse, error) {
	return act(v.a, driver.OpListVersions, req.KeyID, func() (*driver.ListVersionsResponse, error) {
		return &driver.ListVersionsResponse{Versions: []driver.KeyVersion{{ID: "v"}}}, nil
	})
}

func (v versioned) Sign(_ context.Context, req *driver.SignRequest) (*driver.SignResponse, error) {
	return act(v.a, driver.OpSign, req.KeyID, func() (*driver.SignResponse, error) {
		return &driver.SignResponse{KeyVersion: req.KeyVersion, Signature: []byte{1}}, nil
	})
}

func (v versioned) Verify(context.Context, *driver.VerifyRequest) (*driver.VerifyResponse, error) {
	return nil, errs.Unsupported
}

// After a renewal the newest version is looked up again, be the renewal a success or not.
func TestRotateNowForgetsTheVersion(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	a := aliased()
	a.caps.Sign, a.caps.MaxMessageBytes, a.caps.KeyVersions = driver.Native, 100, driver.Native
	a.caps.Keys = append(a.caps.Keys, driver.KeyKind{Spec: driver.RSA3072, Usage: driver.SignVerify,
		Signatures: []driver.SignatureKind{{Algorithm: driver.RSAPSSSHA256, Message: driver.Native}}})
	for _, op := range []string{driver.OpListVersions, driver.OpSign, driver.OpVerify} {
		a.rows = append(a.rows, policy.Operation{Name: op, Idempotency: policy.ReadOnly})
	}
	a.add("k", driver.Enabled).info.Resource = "arn:k"
	s := serviceOf(t, versioned{aliasedDriver(a), a})
	open := func(id string) *kms.Key {
		k, err := s.Key(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	k, byARN := open("k"), open("arn:k")
	if _, err := byARN.Describe(ctx); err != nil {
		t.Fatal(err)
	}
	a.took()
	sign := func(k *kms.Key, want ...string) {
		t.Helper()
		if _, err := k.Sign(ctx, kms.RSAPSSSHA256, []byte("message")); err != nil {
			t.Error(err)
		}
		a.expect(t, want...)
	}
	sign(k, "Versions k", "Sign k")
	sign(k, "Sign k")
	sign(byARN, "Versions arn:k", "Sign arn:k")
	if err := byARN.RotateNow(ctx); err != nil {
		t.Error(err)
	}
	a.took()
	sign(k, "Versions k", "Sign k")
	sign(byARN, "Versions arn:k", "Sign arn:k")
	a.before[driver.OpRotateNow] = lost
	if err := k.RotateNow(ctx); err == nil {
		t.Error("a lost reply is success")
	}
	a.took()
	sign(k, "Versions k", "Sign k")
	sign(byARN, "Sign arn:k")
}
