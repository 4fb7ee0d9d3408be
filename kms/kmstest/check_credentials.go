package kmstest

import "github.com/crosscloud-sdk/crosscloud/internal/conformance"

// credentialChecks: what the driver was opened with is told to nobody. Errors, events and logs are looked through by every
// other sub-test.
func credentialChecks() []check {
	named := conformance.That(func(k *traits) bool { return len(k.h.Secrets) > 0 }, "the harness names no credentials")
	return []check{
		{"Print/Credentials", []need{named}, (*suite).printsNoCredentials},
	}
}

func (s *suite) printsNoCredentials() {
	values := map[string]any{"the service": s.drv, "the operations": s.drv.Operations(), "the capabilities": s.caps}
	s.PrintsNone(s.h.Secrets, values)
}
