package kms_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

func TestEnableDisable(t *testing.T) {
	t.Parallel()
	enable, disable := (*kms.Key).Enable, (*kms.Key).Disable
	tests := []struct {
		name   string
		call   func(*kms.Key, context.Context) error
		state  driver.State
		strict bool
		after  func(int) error
		ends   driver.State
		calls  string
	}{
		{"enable", enable, driver.Disabled, true, nil, driver.Enabled, "Enable k"},
		{"enable again", enable, driver.Enabled, false, nil, driver.Enabled, "Enable k"},
		{"enable again, refused", enable, driver.Enabled, true, nil, driver.Enabled, "Enable k, Describe k"},
		{"enable, reply lost", enable, driver.Disabled, true, once(lost), driver.Enabled, "Enable k, Enable k, Describe k"},
		{"disable", disable, driver.Enabled, true, nil, driver.Disabled, "Disable k"},
		{"disable again, refused", disable, driver.Disabled, true, nil, driver.Disabled, "Disable k, Describe k"},
		{"disable, reply lost", disable, driver.Enabled, true, once(lost), driver.Disabled, "Disable k, Disable k, Describe k"},
	}
	for _, test := range tests {
		a := labelled()
		a.strict = test.strict
		a.after[driver.OpEnableKey], a.after[driver.OpDisableKey] = test.after, test.after
		k := a.add("k", test.state)
		if err := test.call(a.key(t, "k"), t.Context()); err != nil || k.info.State != test.ends {
			t.Errorf("%s: %v, the key is %s", test.name, err, k.info.State)
		}
		if calls := strings.Join(a.took(), ", "); calls != test.calls {
			t.Errorf("%s: the driver got %s", test.name, calls)
		}
	}
}

func TestEnableConflict(t *testing.T) {
	t.Parallel()
	a := labelled()
	a.add("k", driver.PendingDeletion)
	for op, call := range map[string]func(*kms.Key, context.Context) error{driver.OpEnableKey: (*kms.Key).Enable, driver.OpDisableKey: (*kms.Key).Disable} {
		err := call(a.key(t, "k"), t.Context())
		wantFailure(t, err, errs.Conflict, errs.NotApplied, op, "wrong state", "PendingDeletion")
	}
	// A state that the vendor names is not named twice.
	a.before[driver.OpEnableKey] = func(int) error {
		return &errs.Error{Code: errs.Conflict, Outcome: errs.NotApplied, Message: "the key is PendingDeletion"}
	}
	err := a.key(t, "k").Enable(t.Context())
	if e := wantFailure(t, err, errs.Conflict, errs.NotApplied, driver.OpEnableKey, "the key is PendingDeletion"); strings.Count(e.Error(), "PendingDeletion") != 1 {
		t.Error(e)
	}
	delete(a.before, driver.OpEnableKey)
	a.before[driver.OpDescribeKey] = refused(errs.PermissionDenied)
	err = a.key(t, "k").Enable(t.Context())
	wantFailure(t, err, errs.Conflict, errs.NotApplied, driver.OpEnableKey, "could not be read: vendor says no")
	a.before[driver.OpEnableKey] = refused(errs.PermissionDenied)
	a.took()
	if err := a.key(t, "k").Enable(t.Context()); !errors.Is(err, errs.PermissionDenied) {
		t.Error(err)
	}
	a.expect(t, "Enable k")
}

func TestScheduleDeletion(t *testing.T) {
	t.Parallel()
	const schedule, describe, aliases, disable = "ScheduleDeletion k 7", "Describe k", "Aliases k", "Disable k"
	needs := func(a *account) *account { a.caps.DeletionNeedsDisabled = true; return a }
	untold := func(a *account) *account { a.described = false; return a }
	tests := []struct {
		name  string
		a     *account
		state driver.State
		opts  []kms.DeletionOption
		after func(int) error
		calls []string
	}{
		{"enabled", aliased(), driver.Enabled, nil, nil, []string{schedule, describe, aliases}},
		{"day told by the reply only", untold(labelled()), driver.Enabled, nil, nil, []string{schedule, describe}},
		{"disabled first", needs(labelled()), driver.Enabled, nil, nil, []string{describe, disable, schedule, describe}},
		{"disabled already", needs(labelled()), driver.Disabled, nil, nil, []string{describe, schedule, describe}},
		{"waiting for material", needs(labelled()), driver.PendingImport, nil, nil, []string{describe, schedule, describe}},
		{"only if disabled", aliased(), driver.Disabled, []kms.DeletionOption{kms.OnlyIfDisabled()}, nil, []string{describe, schedule, describe, aliases}},
		{"reply lost", aliased(), driver.Enabled, nil, once(lost), []string{schedule, schedule, describe, aliases}},
		{"scheduled already", aliased(), driver.PendingDeletion, nil, nil, []string{schedule, describe, aliases}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			k := test.a.add("k", test.state, "orders")
			k.info.DeletionAt = time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
			test.a.after[driver.OpScheduleDeletion] = test.after
			info, err := test.a.key(t, "k").ScheduleDeletion(t.Context(), 7, test.opts...)
			if err != nil || info.ID != "k" || info.Name != "orders" || info.State != kms.PendingDeletion || !info.DeletionAt.Equal(k.info.DeletionAt) {
				t.Errorf("got %+v, %v", info, err)
			}
			test.a.expect(t, test.calls...)
		})
	}
}

func TestScheduleDeletionTwice(t *testing.T) {
	t.Parallel()
	asked := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC) // in 14 days
	tests := []struct {
		at   time.Time
		same bool
	}{
		{asked, true}, {asked.Add(24 * time.Hour), true}, {asked.Add(-24 * time.Hour), true},
		{asked.Add(24*time.Hour + time.Second), false}, {asked.Add(-24*time.Hour - time.Second), false}, {time.Time{}, false},
	}
	for _, test := range tests {
		a := labelled()
		a.add("k", driver.PendingDeletion).info.DeletionAt = test.at
		info, err := a.key(t, "k").ScheduleDeletion(t.Context(), 14)
		switch {
		case test.same && (err != nil || !info.DeletionAt.Equal(test.at)):
			t.Errorf("scheduled for %v: %v, %v", test.at, info, err)
		case !test.same:
			wantFailure(t, err, errs.Conflict, errs.NotApplied, driver.OpScheduleDeletion, "cancel it first with CancelDeletion")
		}
	}
}

// What cannot be read does not turn a refusal into success.
func TestScheduleDeletionUnread(t *testing.T) {
	t.Parallel()
	a := aliased()
	a.add("k", driver.PendingDeletion, "orders").info.DeletionAt = today().AddDate(0, 0, 7)
	a.before[driver.OpListAliases] = refused(errs.PermissionDenied)
	_, err := a.key(t, "k").ScheduleDeletion(t.Context(), 7)
	wantFailure(t, err, errs.PermissionDenied, errs.NotApplied, driver.OpListAliases, "is scheduled, but")
	a.before[driver.OpDescribeKey] = refused(errs.PermissionDenied)
	_, err = a.key(t, "k").ScheduleDeletion(t.Context(), 7)
	wantFailure(t, err, errs.Conflict, errs.NotApplied, driver.OpScheduleDeletion, "could not be read: vendor says no")
}

func TestScheduleDeletionRefusesBeforeIO(t *testing.T) {
	t.Parallel()
	a := labelled()
	a.caps.DeletionNeedsDisabled = true
	a.add("k", driver.Enabled)
	for _, days := range []int{-1, 0, 6, 31} {
		_, err := a.key(t, "k").ScheduleDeletion(t.Context(), days)
		wantFailure(t, err, errs.InvalidArgument, errs.NotApplied, driver.OpScheduleDeletion, "7 to 30")
	}
	a.expect(t)
	if _, err := a.key(t, "k").ScheduleDeletion(t.Context(), 30); err != nil {
		t.Error(err)
	}
}

func TestScheduleDeletionOnlyIfDisabled(t *testing.T) {
	t.Parallel()
	for _, needs := range []bool{false, true} {
		a := labelled()
		a.caps.DeletionNeedsDisabled = needs
		k := a.add("k", driver.Enabled)
		_, err := a.key(t, "k").ScheduleDeletion(t.Context(), 7, kms.OnlyIfDisabled())
		wantFailure(t, err, errs.Conflict, errs.NotApplied, driver.OpScheduleDeletion, "OnlyIfDisabled")
		a.expect(t, "Describe k")
		if k.info.State != driver.Enabled {
			t.Errorf("the key is %s", k.info.State)
		}
	}
}

// Each step may fail, and the error says what has been done.
func TestScheduleDeletionFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		before, after map[string]func(int) error
		code          errs.Code
		outcome       errs.Outcome
		op, says      string
		ends          driver.State
	}{
		{"describe", map[string]func(int) error{driver.OpDescribeKey: refused(errs.PermissionDenied)}, nil,
			errs.PermissionDenied, errs.NotApplied, driver.OpDescribeKey, "is not scheduled", driver.Enabled},
		{"disable", map[string]func(int) error{driver.OpDisableKey: refused(errs.PermissionDenied)}, nil,
			errs.PermissionDenied, errs.NotApplied, driver.OpDisableKey, "it is not scheduled", driver.Enabled},
		{"disable, reply lost", nil, map[string]func(int) error{driver.OpDisableKey: lost},
			errs.Unavailable, errs.Ambiguous, driver.OpDisableKey, "it is not scheduled", driver.Disabled},
		{"schedule", map[string]func(int) error{driver.OpScheduleDeletion: refused(errs.PermissionDenied)}, nil,
			errs.PermissionDenied, errs.Applied, driver.OpScheduleDeletion, "is disabled now", driver.Disabled},
		{"schedule, reply lost", nil, map[string]func(int) error{driver.OpScheduleDeletion: func(n int) error {
			return &errs.Error{Code: errs.Unavailable, Message: "no reply"}
		}}, errs.Unavailable, errs.Applied, driver.OpScheduleDeletion, "describe the key to see whether its deletion is scheduled; the key was enabled before, and is disabled now", driver.PendingDeletion},
		{"schedule refused for the state", map[string]func(int) error{driver.OpScheduleDeletion: refused(errs.Conflict)}, nil,
			errs.Conflict, errs.Applied, driver.OpScheduleDeletion, "the key's state is Disabled; the key was enabled before, and is disabled now", driver.Disabled},
		{"describe at the end", map[string]func(int) error{driver.OpDescribeKey: func(n int) error {
			if n == 2 {
				return refused(errs.PermissionDenied)(n)
			}
			return nil
		}}, nil, errs.PermissionDenied, errs.Applied, driver.OpDescribeKey, "deletion is scheduled, but", driver.PendingDeletion},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := labelled()
			a.caps.DeletionNeedsDisabled = true
			if test.before != nil {
				a.before = test.before
			}
			if test.after != nil {
				a.after = test.after
			}
			k := a.add("k", driver.Enabled)
			info, err := a.key(t, "k").ScheduleDeletion(t.Context(), 7)
			wantFailure(t, err, test.code, test.outcome, test.op, test.says)
			if info.ID != "" || k.info.State != test.ends {
				t.Errorf("got %+v, the key is %s", info, k.info.State)
			}
		})
	}
}

// The caller's context may end between two steps: what was done is told then too.
func TestScheduleDeletionCancelled(t *testing.T) {
	t.Parallel()
	a := labelled()
	a.caps.DeletionNeedsDisabled = true
	a.add("k", driver.Enabled)
	ctx, cancel := context.WithCancel(t.Context())
	a.after[driver.OpDisableKey] = func(int) error { cancel(); return nil }
	_, err := a.key(t, "k").ScheduleDeletion(ctx, 7)
	e := wantFailure(t, err, errs.Canceled, errs.Applied, driver.OpScheduleDeletion, "is disabled now")
	if !errors.Is(err, context.Canceled) || e.Attempts == 0 {
		t.Errorf("%d attempts, %v", e.Attempts, err)
	}
	a.expect(t, "Describe k", "Disable k")
}

func TestCancelDeletion(t *testing.T) {
	t.Parallel()
	a := labelled()
	a.add("k", driver.PendingDeletion, "orders")
	info, err := a.key(t, "k").CancelDeletion(t.Context())
	if err != nil || info.State != kms.Disabled || info.Name != "orders" {
		t.Errorf("got %+v, %v", info, err)
	}
	a.expect(t, "CancelDeletion k", "Describe k")
	_, err = a.key(t, "k").CancelDeletion(t.Context())
	wantFailure(t, err, errs.Conflict, errs.NotApplied, driver.OpCancelDeletion)
	a.expect(t, "CancelDeletion k")

	a.before[driver.OpCancelDeletion] = func(int) error { return &errs.Error{Code: errs.Conflict} } // a driver that says no more
	_, err = a.key(t, "k").CancelDeletion(t.Context())
	wantFailure(t, err, errs.Conflict, errs.Ambiguous, driver.OpCancelDeletion)
	a.expect(t, "CancelDeletion k")

	retried := labelled()
	retried.add("k", driver.PendingDeletion)
	retried.after[driver.OpCancelDeletion] = once(lost)
	if info, err = retried.key(t, "k").CancelDeletion(t.Context()); err != nil || info.State != kms.Disabled {
		t.Errorf("after a lost reply: %+v, %v", info, err)
	}

	stuck := labelled()
	stuck.add("k", driver.PendingDeletion)
	stuck.before[driver.OpCancelDeletion] = func(n int) error {
		if n == 1 {
			return lost(n)
		}
		return refused(errs.Conflict)(n)
	}
	_, err = stuck.key(t, "k").CancelDeletion(t.Context())
	wantFailure(t, err, errs.Conflict, errs.Ambiguous, driver.OpCancelDeletion)
	stuck.before[driver.OpDescribeKey] = refused(errs.PermissionDenied)
	stuck.count[driver.OpCancelDeletion] = 0
	_, err = stuck.key(t, "k").CancelDeletion(t.Context())
	wantFailure(t, err, errs.Conflict, errs.Ambiguous, driver.OpCancelDeletion, "could not be read")

	unseen := labelled()
	unseen.add("k", driver.PendingDeletion)
	unseen.before[driver.OpDescribeKey] = refused(errs.PermissionDenied)
	_, err = unseen.key(t, "k").CancelDeletion(t.Context())
	wantFailure(t, err, errs.PermissionDenied, errs.Applied, driver.OpDescribeKey, "is cancelled, but")
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	byLabel, byAlias := labelled(), aliased()
	byAlias.pageSize = 2
	byLabel.add("k", driver.Enabled, "orders")
	byAlias.add("k", driver.Enabled, "m", "z", "a")
	byAlias.add("bare", driver.Enabled)
	if info, err := byLabel.key(t, "k").Describe(t.Context()); err != nil || info.Name != "orders" || info.ID != "k" {
		t.Errorf("by label: %+v, %v", info, err)
	}
	byLabel.expect(t, "Describe k")
	if info, err := byAlias.key(t, "k").Describe(t.Context()); err != nil || info.Name != "a" {
		t.Errorf("by alias: %+v, %v", info, err)
	}
	byAlias.expect(t, "Describe k", "Aliases k", "Aliases k 2")
	if info, err := byAlias.key(t, "bare").Describe(t.Context()); err != nil || info.Name != "" || info.ID != "bare" {
		t.Errorf("without an alias: %+v, %v", info, err)
	}
	byAlias.add("told", driver.Enabled, "a2", "z2").info.Name = "z2"
	byAlias.took()
	if info, err := byAlias.key(t, "told").Describe(t.Context()); err != nil || info.Name != "z2" {
		t.Errorf("where the description tells the name: %+v, %v", info, err)
	}
	byAlias.expect(t, "Describe told")
	byAlias.before[driver.OpListAliases] = refused(errs.PermissionDenied)
	info, err := byAlias.key(t, "k").Describe(t.Context())
	if wantFailure(t, err, errs.PermissionDenied, errs.NotApplied, driver.OpListAliases); info.ID != "" {
		t.Errorf("and %+v", info)
	}
	_, err = byLabel.key(t, "gone").Describe(t.Context())
	wantFailure(t, err, errs.NotFound, errs.NotApplied, driver.OpDescribeKey)
}

func TestSetDescription(t *testing.T) {
	t.Parallel()
	a := labelled()
	k := a.add("k", driver.Enabled)
	for _, text := range []string{"note", ""} {
		if err := a.key(t, "k").SetDescription(t.Context(), text); err != nil || k.info.Description != text {
			t.Errorf("%q: %v, %q", text, err, k.info.Description)
		}
	}
	a.took()
	for _, text := range []string{"sieben!", "€€€€ä", "\xff"} {
		err := a.key(t, "k").SetDescription(t.Context(), text)
		wantFailure(t, err, errs.InvalidArgument, errs.NotApplied, driver.OpSetDescription)
	}
	a.expect(t)
}
