package workspacetest

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

func wrongDrivers() []wrong {
	return slices.Concat(wrongDeclarations(), wrongWorkspaces(), wrongKeys(), wrongCalls())
}

// asked exchanges the requests of a method.
func asked[Req, Res any](m *send[Req, Res], change func(*Req)) {
	right := *m
	*m = func(ctx context.Context, req *Req) (*Res, error) {
		other := *req
		change(&other)
		return right(ctx, &other)
	}
}

// told exchanges the responses of a method.
func told[Req, Res any](m *send[Req, Res], change func(*Req, *Res)) {
	right := *m
	*m = func(ctx context.Context, req *Req) (*Res, error) {
		res, err := right(ctx, req)
		if err == nil {
			change(req, res)
		}
		return res, err
	}
}

// failed exchanges the errors of a method.
func failed[Req, Res any](m *send[Req, Res], change func(*errs.Error) error) {
	right := *m
	*m = func(ctx context.Context, req *Req) (*Res, error) {
		res, err := right(ctx, req)
		if err != nil {
			other := *err.(*errs.Error)
			err = change(&other)
		}
		if err == nil && res == nil {
			res = new(Res)
		}
		return res, err
	}
}

// swallow makes a method succeed where it fails with a code.
func swallow[Req, Res any](m *send[Req, Res], code errs.Code) {
	failed(m, func(e *errs.Error) error {
		if e.Code == code {
			return nil
		}
		return e
	})
}

// deaf makes a method ignore the end of its context.
func deaf[Req, Res any](m *send[Req, Res]) {
	right := *m
	*m = func(ctx context.Context, req *Req) (*Res, error) { return right(context.WithoutCancel(ctx), req) }
}

func cut(text string, n int) string { return string([]rune(text)[:min(len([]rune(text)), n)]) }

// TestWrongDrivers proves that the suite notices each broken rule, and that each sub-test notices one.
func TestWrongDrivers(t *testing.T) {
	var drivers []conformancetest.Wrong[*suite, traits]
	for _, w := range wrongDrivers() {
		drivers = append(drivers, conformancetest.Wrong[*suite, traits]{Name: w.name, Fails: w.fails, Suite: func() *conformance.Suite[*suite, traits] {
			h := harness(w.config, w.change)
			return h.frame()
		}})
	}
	conformancetest.WrongDrivers(t, checks(), drivers)
}
