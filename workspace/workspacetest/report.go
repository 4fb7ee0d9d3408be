package workspacetest

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

// checkError reports a failure where an error is not what every error must be.
func (s *suite) checkError(what string, err error) bool {
	s.Helper()
	if err == nil {
		return true
	}
	if form := s.leaks(err); form != "" {
		s.Errorf("%s: the error holds a secret when printed as %s", what, form)
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

// keepSecret notes a text that nothing may print.
func (s *suite) keepSecret(text string) {
	if text == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, text)
}

// shows returns whether text holds one of the secrets that the check has seen.
func (s *suite) shows(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.secrets, func(secret string) bool { return strings.Contains(text, secret) })
}

// leaks returns the printed form of err, or of one of its causes, that holds a secret.
func (s *suite) leaks(err error) string {
	for _, e := range chain(err) {
		if form := s.printed(e); form != "" {
			return form
		}
	}
	return ""
}

// printed returns the printed form of v that holds a secret.
func (s *suite) printed(v any) string {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if s.shows(fmt.Sprintf(verb, v)) {
			return verb
		}
	}
	if text, fail := json.Marshal(v); fail == nil && s.shows(string(text)) {
		return "JSON"
	}
	if s.shows(slog.AnyValue(v).Resolve().String()) {
		return "log value"
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
