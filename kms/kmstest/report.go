package kmstest

import "bytes"

// mark begins every plaintext and message that the suite makes up, and must be in no error.
const mark = "kmst-can-t4Wq8"

// ok reports a failure where err is not nil.
func (s *suite) ok(what string, err error) bool {
	s.Helper()
	if err != nil && s.CheckError(what, err) {
		s.Errorf("%s: %v", what, err)
	}
	return err == nil
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
	s.Secrets.Add(secret) // unless it is so short that it may be somewhere by chance
}
