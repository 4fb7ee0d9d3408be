package kms_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// calls are the calls that need a capability, with the operation that they are seen under.
func calls(k *kms.Key) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		driver.OpRename:           func(ctx context.Context) error { return k.Rename(ctx, "new") },
		driver.OpSetDescription:   func(ctx context.Context) error { return k.SetDescription(ctx, "note") },
		driver.OpListAliases:      func(ctx context.Context) error { _, err := k.Aliases(ctx); return err },
		driver.OpCreateAlias:      func(ctx context.Context) error { return k.AddAlias(ctx, "new") },
		driver.OpDeleteAlias:      func(ctx context.Context) error { return k.RemoveAlias(ctx, "new") },
		driver.OpListTags:         func(ctx context.Context) error { _, err := k.Tags(ctx); return err },
		driver.OpSetTags:          func(ctx context.Context) error { return k.SetTags(ctx, map[string]string{"a": "b"}) },
		driver.OpRemoveTags:       func(ctx context.Context) error { return k.RemoveTags(ctx, "a") },
		driver.OpGetRotation:      func(ctx context.Context) error { _, err := k.Rotation(ctx); return err },
		driver.OpSetRotation:      func(ctx context.Context) error { return k.EnableRotation(ctx, 30) },
		driver.OpRotateNow:        func(ctx context.Context) error { return k.RotateNow(ctx) },
		driver.OpCreateKey:        func(ctx context.Context) error { _, err := k.Service().CreateKey(ctx, "new"); return err },
		driver.OpScheduleDeletion: func(ctx context.Context) error { _, err := k.ScheduleDeletion(ctx, 1); return err },
	}
}

// watch records what the hooks are told at the end of calls.
type watch struct{ seen []string }

func (w *watch) hooks() policy.Hooks {
	return policy.Hooks{End: func(_ context.Context, e *policy.Event) {
		line := strings.TrimPrefix(e.Op, "kms.") + " " + e.Resource
		if e.Err != nil {
			line += " " + string(errs.CodeOf(e.Err))
		}
		w.seen = append(w.seen, line)
	}}
}

func (w *watch) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(w.seen, want) {
		t.Errorf("the hooks saw\n  %s\nwant\n  %s", strings.Join(w.seen, "\n  "), strings.Join(want, "\n  "))
	}
	w.seen = nil
}

// What a provider cannot do is refused before any I/O, and the hooks see it.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	a := bare()
	a.add("k", driver.Enabled)
	var w watch
	k, err := a.watched(t, w.hooks()).Key(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	for op, call := range calls(k) {
		code, resource, name := errs.Unsupported, "k", op
		switch op {
		case driver.OpSetRotation:
			name = "kms.EnableRotation" // the call, of which this is a step
		case driver.OpScheduleDeletion:
			code = errs.InvalidArgument // every provider can, but not so soon
		case driver.OpCreateKey:
			resource = "new"
		}
		wantFailure(t, call(t.Context()), code, errs.NotApplied, name)
		w.expect(t, strings.TrimPrefix(op, "kms.")+" "+resource+" "+string(code))
	}
	err = k.DisableRotation(t.Context())
	wantFailure(t, err, errs.Unsupported, errs.NotApplied, "kms.DisableRotation", "its capability Rotation is None")
	a.expect(t)
}

// Each request of a call is seen under its own name.
func TestHooksSeeEveryStep(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	var w watch
	a := aliased()
	s := a.watched(t, w.hooks())
	k, err := s.CreateKey(ctx, "orders")
	if err != nil {
		t.Fatal(err)
	}
	w.expect(t, "Describe orders NotFound", "CreateKey orders", "AddAlias orders")
	if err := k.Rename(ctx, "new"); err != nil {
		t.Error(err)
	}
	w.expect(t, "Aliases orders", "AddAlias orders", "RemoveAlias orders")
	if _, err := k.ScheduleDeletion(ctx, 7); err != nil {
		t.Error(err)
	}
	w.expect(t, "ScheduleDeletion new", "Describe new", "Aliases new")
	if _, err := s.Key(ctx, ""); err == nil {
		t.Error("an empty id")
	}
	if _, err := s.KeyByName(ctx, ""); err == nil {
		t.Error("an empty name")
	}
	if _, err := k.With(ctx, kms.CreateIfMissing()); err == nil {
		t.Error("an open key made")
	}
	if err := errors.Join(k.Rename(ctx, "A"), k.RemoveAlias(ctx, ""), k.SetTags(ctx, nil), k.RemoveTags(ctx)); err == nil {
		t.Error("bad arguments")
	}
	w.expect(t, "Key  InvalidArgument", "KeyByName  InvalidArgument", "With new InvalidArgument", "Rename new InvalidArgument",
		"RemoveAlias new InvalidArgument", "SetTags new InvalidArgument", "RemoveTags new InvalidArgument")

	a = labelled()
	a.caps.DeletionNeedsDisabled = true
	s = a.watched(t, w.hooks())
	if k, err = s.CreateKey(ctx, "orders", kms.WithTags(map[string]string{"a": "b"})); err != nil {
		t.Fatal(err)
	}
	w.expect(t, "CreateKey orders", "SetTags orders")
	if err := k.EnableRotation(ctx, 30); err != nil {
		t.Error(err)
	}
	w.expect(t, "SetRotation orders", "SetRotationPeriod orders")
	if _, err := k.ScheduleDeletion(ctx, 7); err != nil {
		t.Error(err)
	}
	w.expect(t, "Describe orders", "Disable orders", "ScheduleDeletion orders", "Describe orders")
}

// The error that a hook was given stays as it was, whatever the call makes of it.
func TestHooksKeepTheirErrors(t *testing.T) {
	t.Parallel()
	var told error
	a := aliased()
	a.before[driver.OpCreateAlias] = refused(errs.QuotaExceeded)
	s := a.watched(t, policy.Hooks{End: func(_ context.Context, e *policy.Event) {
		if e.Op == driver.OpCreateAlias {
			told = e.Err
		}
	}})
	_, err := s.CreateKey(t.Context(), "orders")
	wantFailure(t, err, errs.QuotaExceeded, errs.Applied, driver.OpCreateAlias)
	e := wantFailure(t, told, errs.QuotaExceeded, errs.NotApplied, driver.OpCreateAlias)
	if e.Message != "vendor says no" || !errors.Is(err, told) {
		t.Errorf("the hook was told %v", told)
	}
}

func TestServiceClose(t *testing.T) {
	t.Parallel()
	a := labelled()
	a.add("k", driver.Enabled, "orders")
	s := a.service(t)
	k, err := s.KeyByName(t.Context(), "orders")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Capabilities(); got.Vendor != "fake" || len(got.Keys) != len(a.caps.Keys) {
		t.Errorf("capabilities %+v", got)
	}
	lent := s.Borrowed()
	if lent.Borrowed() != lent || !errors.Is(lent.Close(t.Context()), errs.Unsupported) {
		t.Error("a borrowed service can be closed")
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	a.took()
	for _, err := range []error{k.Enable(t.Context()), k.SetDescription(t.Context(), "x")} {
		if !errors.Is(err, errs.Closed) {
			t.Errorf("after Close: %v", err)
		}
	}
	if _, err := lent.KeyByName(t.Context(), "orders"); !errors.Is(err, errs.Closed) {
		t.Errorf("after Close: %v", err)
	}
	a.expect(t)
}

func TestServiceCloseCancels(t *testing.T) {
	t.Parallel()
	a := labelled()
	a.add("k", driver.Enabled)
	waiting := make(chan struct{})
	a.waits = func(ctx context.Context, _ string) error {
		close(waiting)
		<-ctx.Done()
		return ctx.Err()
	}
	s := a.service(t)
	k, err := s.Key(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := k.Describe(t.Context())
		ended <- err
	}()
	<-waiting
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if err := s.Close(ctx); !errors.Is(err, errs.DeadlineExceeded) {
		t.Errorf("Close: %v", err)
	}
	if err := <-ended; !errors.Is(err, errs.Closed) {
		t.Errorf("the call ended with %v", err)
	}
}
