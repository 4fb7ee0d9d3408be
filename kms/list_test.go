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

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// listed returns the ids that a listing yields, with "+" where the state is told, and its error.
func listed(ctx context.Context, s *kms.Service, opts ...kms.ListOption) (string, error) {
	var ids []string
	for info, err := range s.Keys(ctx, opts...) {
		if err != nil {
			return strings.Join(ids, " "), err
		}
		if info.State != "" {
			info.ID += "+"
		}
		ids = append(ids, info.ID)
	}
	return strings.Join(ids, " "), nil
}

func TestKeys(t *testing.T) {
	t.Parallel()
	told, ids := labelled(), aliased()
	for _, a := range []*account{told, ids} {
		a.pageSize = 2
		a.add("a", driver.Enabled)
		a.add("b", driver.Enabled).info.ServiceOwned = true
		a.add("c", driver.Disabled)
	}
	tests := []struct {
		name  string
		a     *account
		opts  []kms.ListOption
		want  string
		calls []string
	}{
		{"told", told, nil, "a+ c+", []string{`Keys "" "" false`, `Keys "2" "" false`}},
		{"told anyway", told, []kms.ListOption{kms.Details()}, "a+ c+", []string{`Keys "" "" false`, `Keys "2" "" false`}},
		{"told, all", told, []kms.ListOption{kms.ServiceOwned()}, "a+ b+ c+", []string{`Keys "" "" true`, `Keys "2" "" true`}},
		{"ids", ids, nil, "a b c", []string{`Keys "" "" false`, `Keys "2" "" false`}},
		{"details", ids, []kms.ListOption{kms.Details()}, "a+ c+", []string{
			"Describe a", "Describe b", "Describe c", `Keys "" "" false`, `Keys "2" "" false`}},
		{"details, all", ids, []kms.ListOption{kms.Details(), kms.ServiceOwned()}, "a+ b+ c+", []string{
			"Describe a", "Describe b", "Describe c", `Keys "" "" true`, `Keys "2" "" true`}},
	}
	for _, test := range tests {
		s := test.a.service(t)
		keys := s.Keys(t.Context(), test.opts...)
		for range 2 { // each range starts afresh
			var got []string
			for info, err := range keys {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, info.ID)
			}
			if want := strings.ReplaceAll(test.want, "+", ""); strings.Join(got, " ") != want {
				t.Errorf("%s: listed %q", test.name, got)
			}
		}
		test.a.took()
		if got, err := listed(t.Context(), s, test.opts...); got != test.want || err != nil {
			t.Errorf("%s: listed %q, %v, want %q", test.name, got, err, test.want)
		}
		calls := test.a.took()
		slices.Sort(calls) // the descriptions are asked for at once
		if !slices.Equal(calls, test.calls) {
			t.Errorf("%s: the driver got %q, want %q", test.name, calls, test.calls)
		}
	}
	untold := labelled()
	untold.caps.Details = driver.None
	_, err := listed(t.Context(), untold.service(t), kms.Details())
	wantFailure(t, err, errs.Unsupported, errs.NotApplied, driver.OpListKeys)
	untold.expect(t)
	if _, err := listed(t.Context(), untold.service(t)); err != nil {
		t.Errorf("without details: %v", err)
	}
}

// A key that the provider marks as its own is left out before it costs a request.
func TestKeysDetailsOfServiceOwned(t *testing.T) {
	t.Parallel()
	a := aliased()
	s := serviceOf(t, marking{aliasedDriver(a)})
	a.add("a", driver.Enabled)
	if got, err := listed(t.Context(), s, kms.Details()); got != "" || err != nil {
		t.Errorf("listed %q, %v", got, err)
	}
	a.expect(t, `Keys "" "" false`)
}

type wholeDriver interface {
	driver.Service
	driver.Creator
	driver.Describer
	driver.Aliaser
	driver.Tagger
	driver.Rotator
	driver.ImmediateRotator
}

func aliasedDriver(a *account) wholeDriver { return a.driver().(wholeDriver) }

// marking lists every key as one of the provider's services.
type marking struct{ wholeDriver }

func (m marking) ListKeys(ctx context.Context, req *driver.ListKeysRequest) (*driver.ListKeysResponse, error) {
	res, err := m.wholeDriver.ListKeys(ctx, req)
	for i := range res.Keys {
		res.Keys[i].ServiceOwned = true
	}
	return res, err
}

// flight counts the descriptions that are under way and lets the test end each.
type flight struct {
	mu         sync.Mutex
	under, max int
	asked      []string
	gate       map[string]chan error
}

func newFlight(a *account, keys int) *flight {
	f := &flight{gate: map[string]chan error{}}
	for i := range keys {
		id := fmt.Sprintf("k%02d", i)
		a.add(id, driver.Enabled)
		f.gate[id] = make(chan error, 1)
	}
	a.pageSize, a.waits = keys, f.wait
	return f
}

func (f *flight) wait(ctx context.Context, id string) error {
	f.mu.Lock()
	f.under++
	f.max = max(f.max, f.under)
	f.asked = append(f.asked, id)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.under--
	}()
	select {
	case err := <-f.gate[id]:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *flight) state() (under, most, asked int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.under, f.max, len(f.asked)
}

// expectState fails the test unless so many descriptions are under way, were at most, and were asked for at all.
func (f *flight) expectState(t *testing.T, under, most, asked int) {
	t.Helper()
	synctest.Wait()
	if u, m, n := f.state(); u != under || m != most || n != asked {
		t.Errorf("%d descriptions are under way, at most %d were, %d were asked for; want %d, %d, %d", u, m, n, under, most, asked)
	}
}

// The descriptions come eight at a time, in the order of the listing, whichever is there first.
func TestKeysDetailsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := aliased()
		f := newFlight(a, 20)
		s := a.service(t)
		var got string
		var err error
		done := false
		go func() {
			got, err = listed(t.Context(), s, kms.Details())
			done = true
		}()
		f.expectState(t, 8, 8, 8)
		for i := 7; i > 0; i-- { // the first of them comes last
			f.gate[fmt.Sprintf("k%02d", i)] <- nil
		}
		f.expectState(t, 1, 8, 8)
		f.gate["k00"] <- nil
		f.expectState(t, 8, 8, 16)
		for i := 8; i < 20; i++ {
			f.gate[fmt.Sprintf("k%02d", i)] <- nil
		}
		f.expectState(t, 0, 8, 20)
		want := ""
		for i := range 20 {
			want += fmt.Sprintf(" k%02d+", i)
		}
		if !done || err != nil || " "+got != want {
			t.Errorf("listed %q, %v", got, err)
		}
	})
}

// The first error in the order of the listing ends it, and nothing is under way then.
func TestKeysDetailsFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := aliased()
		f := newFlight(a, 20)
		f.gate["k00"] <- nil
		f.gate["k01"] <- refused(errs.PermissionDenied)(1)
		f.gate["k02"] <- refused(errs.NotFound)(1)
		got, err := listed(t.Context(), a.service(t), kms.Details())
		e := wantFailure(t, err, errs.PermissionDenied, errs.NotApplied, driver.OpDescribeKey)
		if got != "k00+" || e.Resource != "k01" {
			t.Errorf("listed %q, %v", got, err)
		}
		if under, _, _ := f.state(); under != 0 {
			t.Errorf("%d descriptions are still under way", under)
		}
	})
}

func TestKeysDetailsEndEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := aliased()
		f := newFlight(a, 20)
		s := a.service(t)
		f.gate["k00"] <- nil
		for range s.Keys(t.Context(), kms.Details()) {
			break
		}
		if under, most, _ := f.state(); under != 0 || most > 8 {
			t.Errorf("after a break %d descriptions are under way, at most %d were", under, most)
		}

		f.gate["k00"] <- nil
		ctx, cancel := context.WithCancel(t.Context())
		var got string
		var err error
		go func() { got, err = listed(ctx, s, kms.Details()) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if e := failure(t, err); got != "k00+" || e.Code != errs.Canceled || !errors.Is(err, context.Canceled) || e.Op != driver.OpDescribeKey {
			t.Errorf("cancelled: %q, %v", got, err)
		}
		if under, _, _ := f.state(); under != 0 {
			t.Errorf("after the cancellation %d descriptions are under way", under)
		}

		f.gate["k00"] <- nil
		panicked := func() (met any) {
			defer func() { met = recover() }()
			for range s.Keys(t.Context(), kms.Details()) {
				panic("in the loop")
			}
			return nil
		}()
		if under, _, _ := f.state(); under != 0 || panicked != "in the loop" {
			t.Errorf("after the panic %v of the loop %d descriptions are under way", panicked, under)
		}
	})
}

// A panic of the driver is met where it can be recovered.
func TestKeysDetailsPanic(t *testing.T) {
	t.Parallel()
	a := aliased()
	a.add("a", driver.Enabled)
	a.waits = func(context.Context, string) error { panic("driver broke") }
	defer func() {
		if met := fmt.Sprint(recover()); !strings.Contains(met, "driver broke") {
			t.Errorf("met %q", met)
		}
	}()
	_, _ = listed(t.Context(), a.service(t), kms.Details())
}

// pages lists what a function says for each cursor.
type pages struct {
	wholeDriver
	of func(cursor string) *driver.ListKeysResponse
}

func (p pages) ListKeys(_ context.Context, req *driver.ListKeysRequest) (*driver.ListKeysResponse, error) {
	return p.of(req.Cursor), nil
}

func TestKeysCorrupt(t *testing.T) {
	t.Parallel()
	key := []driver.KeyInfo{{ID: "a"}}
	tests := []struct {
		name string
		of   func(string) *driver.ListKeysResponse
	}{
		{"the same cursor again", func(string) *driver.ListKeysResponse {
			return &driver.ListKeysResponse{Keys: key, Cursor: "x"}
		}},
		{"nothing but cursors", func(cursor string) *driver.ListKeysResponse {
			return &driver.ListKeysResponse{Cursor: cursor + "x"}
		}},
		{"no id", func(string) *driver.ListKeysResponse {
			return &driver.ListKeysResponse{Keys: []driver.KeyInfo{{Name: "a"}}}
		}},
	}
	for _, test := range tests {
		s := serviceOf(t, pages{aliasedDriver(aliased()), test.of})
		_, err := listed(t.Context(), s)
		wantFailure(t, err, errs.Corrupt, errs.NotApplied, driver.OpListKeys)
	}
	s := serviceOf(t, pages{aliasedDriver(aliased()), func(cursor string) *driver.ListKeysResponse {
		if cursor == "" {
			return &driver.ListKeysResponse{Cursor: "2"} // empty, but not the last
		}
		return &driver.ListKeysResponse{Keys: key}
	}})
	if got, err := listed(t.Context(), s); got != "a" || err != nil {
		t.Errorf("after an empty page: %q, %v", got, err)
	}
}

// confusing describes another key than was asked for.
type confusing struct{ wholeDriver }

func (c confusing) DescribeKey(context.Context, *driver.DescribeKeyRequest) (*driver.DescribeKeyResponse, error) {
	return &driver.DescribeKeyResponse{Key: driver.KeyInfo{ID: "z"}}, nil
}

func TestKeysDetailsOfAnother(t *testing.T) {
	t.Parallel()
	a := aliased()
	a.add("a", driver.Enabled)
	_, err := listed(t.Context(), serviceOf(t, confusing{aliasedDriver(a)}), kms.Details())
	wantFailure(t, err, errs.Corrupt, errs.NotApplied, driver.OpDescribeKey)
}

// An error on a later page comes after the keys before it.
func TestKeysFailLater(t *testing.T) {
	t.Parallel()
	a := labelled()
	a.pageSize = 1
	a.add("a", driver.Enabled)
	a.add("b", driver.Enabled)
	a.before[driver.OpListKeys] = func(n int) error {
		if n == 2 {
			return refused(errs.PermissionDenied)(n)
		}
		return nil
	}
	got, err := listed(t.Context(), a.service(t))
	wantFailure(t, err, errs.PermissionDenied, errs.NotApplied, driver.OpListKeys)
	if got != "a+" {
		t.Errorf("listed %q", got)
	}
}
