package kvtest

import (
	"errors"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/canary"
)

// reporter takes what a check finds; *testing.T is one.
type reporter = canary.Reporter

// mark is in every value and metadata that the suite writes, and must be in no error.
const mark = "kvtest-canary-t4Wq8Zr2"

// wantCode reports whether err is an *errs.Error with one of the codes, and a failure where it is not.
func (s *suite) wantCode(what string, err error, codes ...errs.Code) bool {
	s.Helper()
	if err == nil {
		s.Errorf("%s: no error, want %v", what, codes)
		return false
	}
	if !s.checkError(what, err) {
		return false
	}
	if got := errs.CodeOf(err); !slices.Contains(codes, got) {
		s.Errorf("%s: error code %s, want %v: %v", what, got, codes, err)
		return false
	}
	return true
}

// checkError reports a failure where a driver's error is not what every error must be.
func (s *suite) checkError(what string, err error) bool {
	s.Helper()
	if err == nil {
		return true
	}
	if leak := s.secrets.Error(err); leak != "" {
		s.Errorf("%s: the error holds a secret when printed as %s", what, leak)
		return false
	}
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		s.Errorf("%s: the error is a %T and not an *errs.Error: %v", what, err, err)
		return false
	}
	if !slices.Contains(errs.Codes(), e.Code) {
		s.Errorf("%s: the error code %q is none of package errs: %v", what, e.Code, err)
		return false
	}
	return true
}

// must ends the check where err is not nil.
func (s *suite) must(what string, err error) {
	s.Helper()
	if err != nil {
		s.checkError(what, err)
		s.Fatalf("%s: %v", what, err)
	}
}
