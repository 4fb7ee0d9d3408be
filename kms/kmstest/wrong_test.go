package kmstest

import (
	"context"
	"slices"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
)

// wrong is a driver that breaks one rule.
type wrong struct {
	name   string
	config string // that it is made from
	fails  string // sub-tests that must fail
	change func(*fake)
}

// wrongDrivers are all of them.
func wrongDrivers() []wrong {
	return slices.Concat(wrongDeclarations(), wrongCreation(), wrongRegions(), wrongLifecycle(), wrongListing(), wrongLabels(), wrongMaterial(),
		wrongCiphers(), wrongContexts(), wrongDataKeys(), wrongPairs(), wrongSigners(), wrongCalls())
}

// about changes one operation. The change gets the fake to look into.
func about[Req, Res any](op string, change func(f *fake, ctx context.Context, req *Req, right func(context.Context, *Req) (*Res, error)) (*Res, error)) func(*fake) {
	return func(f *fake) {
		f.around[op] = around[Req, Res](func(ctx context.Context, req *Req, right func(context.Context, *Req) (*Res, error)) (*Res, error) {
			return change(f, ctx, req, right)
		})
	}
}

// asked changes a copy of the request of one operation.
func asked[Req, Res any](op string, _ func(*Req) *Res, change func(*fake, *Req)) func(*fake) {
	return about(op, func(f *fake, ctx context.Context, req *Req, right func(context.Context, *Req) (*Res, error)) (*Res, error) {
		other := *req
		change(f, &other)
		return right(ctx, &other)
	})
}

// answered changes the response of one operation.
func answered[Req, Res any](op string, change func(*fake, *Req, *Res)) func(*fake) {
	return about(op, func(f *fake, ctx context.Context, req *Req, right func(context.Context, *Req) (*Res, error)) (*Res, error) {
		res, err := right(ctx, req)
		if err == nil {
			f.mu.Lock()
			defer f.mu.Unlock()
			change(f, req, res)
		}
		return res, err
	})
}

// forgiven answers what is refused with a code all the same.
func forgiven[Req, Res any](op string, code errs.Code, answer func(*fake, *Req) *Res) func(*fake) {
	return about(op, func(f *fake, ctx context.Context, req *Req, right func(context.Context, *Req) (*Res, error)) (*Res, error) {
		res, err := right(ctx, req)
		if err != nil && errs.CodeOf(err) == code {
			f.mu.Lock()
			defer f.mu.Unlock()
			return answer(f, req), nil
		}
		return res, err
	})
}

// idle does nothing about one operation, and says that it is done.
func idle[Req, Res any](op string, _ func(*Req) *Res) func(*fake) {
	return about(op, func(f *fake, ctx context.Context, _ *Req, _ func(context.Context, *Req) (*Res, error)) (*Res, error) {
		if err := f.begin(ctx); err != nil {
			return nil, err
		}
		f.mu.Unlock()
		return new(Res), nil
	})
}

// all makes several changes.
func all(changes ...func(*fake)) func(*fake) {
	return func(f *fake) {
		for _, change := range changes {
			change(f)
		}
	}
}

// TestWrongDrivers proves that the suite notices each broken rule, and that each sub-test notices one.
func TestWrongDrivers(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the suite hundreds of times")
	}
	var drivers []conformancetest.Wrong[*suite, traits]
	for _, w := range wrongDrivers() {
		drivers = append(drivers, conformancetest.Wrong[*suite, traits]{Name: w.name, Fails: w.fails, Suite: func() *conformance.Suite[*suite, traits] {
			h := harness(w.config, w.change)
			return h.frame()
		}})
	}
	conformancetest.WrongDrivers(t, checks(), drivers)
}
