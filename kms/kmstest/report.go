package kmstest

import (
	"bytes"
	"errors"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/canary"
)

// reporter takes what a check finds; *testing.T is one.
type reporter = canary.Reporter

// mark begins every plaintext and message that the suite makes up, and must be in no error.
const mark = "kmst-can-t4Wq8"

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
	if got := errs.CodeOf(err); !slices.ContainsFunc(codes, func(want errs.Code) bool { return got.Is(want) }) {
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

// ok reports a failure where err is not nil.
func (s *suite) ok(what string, err error) bool {
	s.Helper()
	if err != nil && s.checkError(what, err) {
		s.Errorf("%s: %v", what, err)
	}
	return err == nil
}

// unsent reports a failure unless call is refused by package kms with the code, before anything is sent.
func (s *suite) unsent(what string, code errs.Code, call func() error) {
	s.Helper()
	before := s.sentSoFar("")
	if s.wantCode(what, call(), code) && s.sentSoFar("") != before {
		s.Errorf("%s: the refused call was sent", what)
	}
}

// wantBytes does not print what differs: it may be a secret.
func (s *suite) wantBytes(what string, got, want []byte) bool {
	s.Helper()
	if bytes.Equal(got, want) {
		return true
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	s.Errorf("%s: %d bytes that differ at offset %d from the %d wanted", what, len(got), at, len(want))
	return false
}

// keepSecret adds bytes that must be in no error from now on.
func (s *suite) keepSecret(secret []byte) {
	s.secrets.Add(secret) // unless it is so short that it may be somewhere by chance
}
