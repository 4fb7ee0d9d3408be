package kvtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// reporter takes what a check finds; *testing.T is one.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// canary is in every value and metadata that the suite writes, and must be in no error.
const canary = "kvtest-canary"

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
	if leak := leaks(err); leak != "" {
		s.Errorf("%s: the error holds the value when printed as %s", what, leak)
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

// leaks returns the printed form of err, or of one of its causes, that holds the canary.
func leaks(err error) string {
	for _, e := range chain(err) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if strings.Contains(fmt.Sprintf(verb, e), canary) {
				return verb
			}
		}
		if text, fail := json.Marshal(e); fail == nil && strings.Contains(string(text), canary) {
			return "JSON"
		}
		if strings.Contains(slog.AnyValue(e).Resolve().String(), canary) {
			return "log value"
		}
	}
	return ""
}

// chain returns err and all that it wraps.
func chain(err error) []error {
	if err == nil {
		return nil
	}
	all := []error{err}
	switch wrapped := err.(type) {
	case interface{ Unwrap() error }:
		all = append(all, chain(wrapped.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, e := range wrapped.Unwrap() {
			all = append(all, chain(e)...)
		}
	}
	return all
}
