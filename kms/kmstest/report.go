package kmstest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
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

// canary begins every plaintext and message that the suite makes up, and must be in no error.
const canary = "kmstest-canary"

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
	if leak := s.leaks(err); leak != "" {
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
	if len(secret) < 8 {
		return // may be somewhere by chance
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, bytes.Clone(secret[:min(len(secret), 32)]))
}

// spellings are the texts that a secret may show as. One that goes on after its end is found too.
func spellings(secret []byte) []string {
	digits := hex.EncodeToString(secret)
	list := fmt.Sprint(secret)
	return []string{
		string(secret), digits, strings.ToUpper(digits), list[:len(list)-1],
		base64.RawStdEncoding.EncodeToString(secret[:len(secret)/3*3]), base64.RawURLEncoding.EncodeToString(secret[:len(secret)/3*3]),
	}
}

// shows reports whether a text has a secret in it.
func (s *suite) shows(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range append(slices.Clone(s.secrets), []byte(canary)) {
		for _, spelling := range spellings(secret) {
			if strings.Contains(text, spelling) {
				return true
			}
		}
	}
	return false
}

// verbs are the ways to print that must show no secret.
func verbs() []string { return []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} }

// leaks returns the printed form of err, or of one of its causes, that holds a secret.
func (s *suite) leaks(err error) string {
	for _, e := range chain(err) {
		for _, verb := range verbs() {
			if s.shows(fmt.Sprintf(verb, e)) {
				return verb
			}
		}
		if text, fail := json.Marshal(e); fail == nil && s.shows(string(text)) {
			return "JSON"
		}
		if s.shows(slog.AnyValue(e).Resolve().String()) {
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
