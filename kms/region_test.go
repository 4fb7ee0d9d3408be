package kms_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// region is an account in a region that decides of what specs its symmetric keys are.
type region struct {
	*account
	specs []driver.Spec
}

// inRegion puts an account with AES-256 and SM4 keys into a region that makes symmetric keys of the specs.
func inRegion(a *account, specs ...driver.Spec) *region {
	a.caps.RegionalSpec = driver.Native
	a.caps.Keys = append(a.caps.Keys, driver.KeyKind{Spec: driver.SM4, Usage: driver.EncryptDecrypt})
	a.rows = append(a.rows, policy.Operation{
		Name: driver.OpSymmetricSpecs, Action: "FakeAlgorithms", Idempotency: policy.ReadOnly,
		Budgets: []ratelimit.Budget{{Endpoint: "fake", Action: "FakeAlgorithms", Limits: []ratelimit.Limit{{N: 1, Per: time.Minute}}}},
	})
	return &region{a, specs}
}

const advice = "set some_option to what they are"

func (r *region) SymmetricSpecs(context.Context, *driver.SymmetricSpecsRequest) (*driver.SymmetricSpecsResponse, error) {
	return act(r.account, driver.OpSymmetricSpecs, "", func() (*driver.SymmetricSpecsResponse, error) {
		return &driver.SymmetricSpecsResponse{Specs: slices.Clone(r.specs), Advice: advice}, nil
	})
}

type labelledDriver interface {
	driver.Service
	driver.Creator
	driver.Renamer
	driver.Describer
	driver.Tagger
	driver.Rotator
	driver.RotationPeriodSetter
}

// service returns a service over the account whose hooks tell w, and whose requests spend from the pool.
func (r *region) service(t *testing.T, hooks policy.Hooks, pool *ratelimit.Pool) *kms.Service {
	t.Helper()
	var drv driver.Service
	if r.caps.Naming == driver.ByAlias {
		drv = struct {
			wholeDriver
			driver.SymmetricSpecGetter
		}{aliasedDriver(r.account), r}
	} else {
		drv = struct {
			labelledDriver
			driver.SymmetricSpecGetter
		}{r.driver().(labelledDriver), r}
	}
	p := policy.Policy{Hooks: hooks, Retry: policy.Retry{BaseDelay: time.Nanosecond, MaxDelay: time.Nanosecond}}
	if pool != nil {
		p.Limiters = pool
	} else {
		p.Rate.Unlimited = true
	}
	s, err := kms.NewService(drv, kms.ServiceOptions{Provider: "fake", Now: today, Policy: p})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func create(t *testing.T, s *kms.Service, name string, opts ...kms.CreateOption) {
	t.Helper()
	if _, err := s.CreateKey(t.Context(), name, opts...); err != nil {
		t.Error(err)
	}
}

// made is how the creation of a key is seen by the driver.
func made(name string, spec driver.Spec) string {
	return fmt.Sprintf(`CreateKey %q %s ENCRYPT_DECRYPT PROVIDER "" [] map[]`, name, spec)
}

// A service asks its region once, before the first symmetric key, whoever holds the service.
func TestRegionIsAskedOnce(t *testing.T) {
	t.Parallel()
	r := inRegion(labelled(), driver.AES256)
	s := r.service(t, policy.Hooks{}, nil)
	create(t, s, "pair", kms.WithSpec(kms.RSA2048), kms.WithUsage(kms.EncryptDecrypt))
	r.expect(t, made("pair", driver.RSA2048))
	for i, holder := range []*kms.Service{s.Borrowed(), s, s.Borrowed()} {
		name := fmt.Sprint("key-", i)
		create(t, holder, name)
		if want := made(name, driver.AES256); i == 0 {
			r.expect(t, "SymmetricSpecs", want)
		} else {
			r.expect(t, want)
		}
	}
	create(t, r.service(t, policy.Hooks{}, nil), "other")
	r.expect(t, "SymmetricSpecs", made("other", driver.AES256))

	r = inRegion(aliased(), driver.SM4)
	create(t, r.service(t, policy.Hooks{}, nil), "orders", kms.WithSpec(kms.SM4))
	r.expect(t, "Describe alias orders", "SymmetricSpecs", made("", driver.SM4), "AddAlias new-1 orders")
}

// What is refused without the region's answer is refused before it is asked.
func TestRegionIsNotAskedInVain(t *testing.T) {
	t.Parallel()
	r := inRegion(aliased(), driver.AES256)
	r.add("old", driver.Enabled, "taken")
	s := r.service(t, policy.Hooks{}, nil)
	_, err := s.CreateKey(t.Context(), "a/b")
	wantFailure(t, err, errs.InvalidArgument, errs.NotApplied, driver.OpCreateKey)
	r.expect(t)
	_, err = s.CreateKey(t.Context(), "taken")
	wantFailure(t, err, errs.AlreadyExists, errs.NotApplied, driver.OpCreateKey)
	r.expect(t, "Describe alias taken")
}

// No key is made that would be of another spec than was asked for, or of one that nobody can tell. The error says what to
// do, and the hooks see each step.
func TestRegionOfAnotherSpec(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		specs []driver.Spec
		says  string
	}{
		{[]driver.Spec{driver.SM4}, "makes its symmetric keys SM4, which"},
		{[]driver.Spec{"VENDOR\n1"}, "makes its symmetric keys VENDOR 1, which"},
		{[]driver.Spec{driver.AES256, driver.SM4}, "makes its symmetric keys AES_256 or SM4, which"},
	} {
		var w watch
		r := inRegion(labelled(), test.specs...)
		s := r.service(t, w.hooks(), nil)
		_, err := s.CreateKey(t.Context(), "orders")
		wantFailure(t, err, errs.Unsupported, errs.NotApplied, driver.OpCreateKey, test.says, "AES_256 was asked for", "no key was made: "+advice)
		w.expect(t, "SymmetricSpecs orders", "CreateKey orders Unsupported")
		_, err = s.KeyByName(t.Context(), "orders", kms.CreateIfMissing())
		wantFailure(t, err, errs.Unsupported, errs.NotApplied, driver.OpCreateKey, advice)
		w.expect(t, "Keys orders", "CreateKey orders Unsupported")
		r.expect(t, "SymmetricSpecs", `Keys "" "orders" true`)
		if _, err = s.CreateKey(t.Context(), "orders", kms.WithSpec(kms.SM4)); (err == nil) != slices.Equal(test.specs, []driver.Spec{driver.SM4}) {
			t.Errorf("%q, and an SM4 key: %v", test.specs, err)
		}
	}
}

// Where the region does not tell, no key was made, and the next call asks again.
func TestRegionDoesNotTell(t *testing.T) {
	t.Parallel()
	internal := func(int) error { return &errs.Error{Code: errs.Internal, Retry: errs.Temporary, HTTPStatus: 500} }
	for name, test := range map[string]struct {
		answer   func(int) error
		code     errs.Code
		retry    errs.Retry
		attempts int
	}{
		"denied":     {refused(errs.PermissionDenied), errs.PermissionDenied, errs.Permanent, 1},
		"lost":       {lost, errs.Unavailable, errs.Exhausted, policy.DefaultMaxAttempts},
		"status 500": {internal, errs.Internal, errs.Exhausted, policy.DefaultMaxAttempts},
	} {
		var told error
		r := inRegion(labelled(), driver.AES256)
		r.before[driver.OpSymmetricSpecs] = test.answer
		s := r.service(t, policy.Hooks{End: func(_ context.Context, e *policy.Event) { told = errors.Join(told, e.Err) }}, nil)
		_, err := s.CreateKey(t.Context(), "orders")
		e := wantFailure(t, err, test.code, errs.NotApplied, driver.OpCreateKey, "FakeAlgorithms", "no key was made")
		if e.Retry != test.retry || e.Attempts != test.attempts || e.Resource != "orders" {
			t.Errorf("%s: %s, %d attempts of %q", name, e.Retry, e.Attempts, e.Resource)
		}
		if step, ok := errors.AsType[*errs.Error](told); !ok || step.Op != driver.OpSymmetricSpecs || strings.Contains(step.Message, "no key was made") {
			t.Errorf("%s: the hooks were told %v", name, told)
		}
		r.expect(t, slices.Repeat([]string{"SymmetricSpecs"}, test.attempts)...)
		r.before[driver.OpSymmetricSpecs] = nil
		create(t, s, "orders")
		r.expect(t, "SymmetricSpecs", made("orders", driver.AES256))
	}
	r := inRegion(labelled(), driver.AES256)
	r.before[driver.OpSymmetricSpecs] = once(internal)
	create(t, r.service(t, policy.Hooks{}, nil), "orders")
	r.expect(t, "SymmetricSpecs", "SymmetricSpecs", made("orders", driver.AES256))

	r = inRegion(labelled())
	s := r.service(t, policy.Hooks{}, nil)
	_, err := s.CreateKey(t.Context(), "orders")
	wantFailure(t, err, errs.Corrupt, errs.NotApplied, driver.OpCreateKey, "no spec", "no key was made")
	r.specs = []driver.Spec{driver.AES256}
	create(t, s, "orders")
}

// Asking waits for the rate limit of its row.
func TestRegionRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := inRegion(labelled(), driver.AES256)
		var waited []time.Duration
		pool := new(ratelimit.Pool)
		for i := range 2 {
			s := r.service(t, policy.Hooks{End: func(_ context.Context, e *policy.Event) {
				if e.Op == driver.OpSymmetricSpecs {
					waited = append(waited, e.Waited)
				}
			}}, pool)
			create(t, s, fmt.Sprint("key-", i))
		}
		if len(waited) != 2 || waited[0] != 0 || waited[1] < time.Minute {
			t.Errorf("asking waited %v", waited)
		}
	})
}

// First creations at the same time ask each for themselves at most; later ones do not ask.
func TestRegionAtTheSameTime(t *testing.T) {
	t.Parallel()
	const creations = 8
	r := inRegion(labelled(), driver.AES256)
	s := r.service(t, policy.Hooks{}, nil)
	var all sync.WaitGroup
	for i := range creations {
		all.Go(func() { create(t, s, fmt.Sprint("key-", i)) })
	}
	all.Wait()
	asked := 0
	for _, call := range r.took() {
		if call == "SymmetricSpecs" {
			asked++
		}
	}
	if asked < 1 || asked > creations || len(r.keys) != creations {
		t.Errorf("asked %d times for %d keys", asked, len(r.keys))
	}
	create(t, s, "later")
	r.expect(t, made("later", driver.AES256))
}
