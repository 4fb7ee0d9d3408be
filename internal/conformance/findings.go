package conformance

import (
	"errors"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/canary"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// What holds of every driver. Failures are errors of all kinds that can be had, by what was done.

// Typed reports a failure for each error that is not what every error must be.
func (s *State) Typed(failures map[string]error) {
	for what, err := range failures {
		if err == nil {
			s.Errorf("%s: no error", what)
		} else if s.CheckError(what, err) && errs.CodeOf(err) == errs.Unknown {
			s.Errorf("%s: the error code is Unknown: %v", what, err)
		}
	}
}

// NoSecrets reports a failure for each error that shows a secret.
func (s *State) NoSecrets(failures map[string]error) {
	for what, err := range failures {
		s.Scan(what, err)
	}
}

// Permanent reports a failure for each error of one of the codes that is marked as worth another try.
func (s *State) Permanent(failures map[string]error, codes ...errs.Code) {
	for what, err := range failures {
		e, ok := errors.AsType[*errs.Error](err)
		if ok && e.Retry != errs.Permanent && slices.Contains(codes, e.Code) {
			s.Errorf("%s: %s is marked %s", what, e.Code, e.Retry)
		}
	}
}

// CallerFields reports a failure for each error in which the driver has filled in what is left to the portable package.
func (s *State) CallerFields(failures map[string]error) {
	for what, err := range failures {
		if e, ok := errors.AsType[*errs.Error](err); ok && (e.Provider != "" || e.Op != "" || e.Resource != "" || e.Attempts != 0) {
			s.Errorf("%s: the driver set Provider, Op, Resource or Attempts", what)
		}
	}
}

// NotApplied reports a failure for each error of a refused call that claims to have changed something.
func (s *State) NotApplied(failures map[string]error) {
	for what, err := range failures {
		if Outcome(err) == errs.Applied {
			s.Errorf("%s: the outcome is %s", what, errs.Applied)
		}
	}
}

// PrintsNone reports a failure for each value that shows a credential when it is printed.
func (s *State) PrintsNone(credentials []string, values map[string]any) {
	known := canary.Of(credentials...)
	for what, value := range values {
		if form := known.Printed(value); form != "" {
			s.Errorf("%s printed as %s: a credential shows", what, form)
		}
	}
}

// Row is what a row of an operation table must say.
type Row struct {
	Name        string
	Implemented bool // the method is; otherwise the row must not be there
	Classes     []policy.Idempotency
}

// CheckTable reports a failure for each row that is wrong, missing, there twice or not known.
func (s *State) CheckTable(table []policy.Operation, want []Row) {
	s.Helper()
	for _, w := range want {
		count := 0
		for _, op := range table {
			if op.Name != w.Name {
				continue
			}
			count++
			if !slices.Contains(w.Classes, op.Idempotency) {
				s.Errorf("Operations: %s is %s, want %v", op.Name, op.Idempotency, w.Classes)
			}
		}
		switch {
		case w.Implemented && count == 0:
			s.Errorf("Operations: no row %s, whose method is implemented", w.Name)
		case !w.Implemented && count > 0:
			s.Errorf("Operations: a row %s, whose method is not implemented", w.Name)
		case count > 1:
			s.Errorf("Operations: %d rows %s", count, w.Name)
		}
	}
	for _, op := range table {
		if !slices.ContainsFunc(want, func(w Row) bool { return w.Name == op.Name }) {
			s.Errorf("Operations: a row of the unknown name %q", op.Name)
		}
		for _, budget := range op.Budgets {
			for _, limit := range budget.Limits {
				if err := limit.Validate(); err != nil {
					s.Errorf("Operations: %s has an impossible rate limit: %v", op.Name, err)
				}
			}
		}
	}
}
