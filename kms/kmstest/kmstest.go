package kmstest

import (
	"cmp"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// Harness tells the suite how to reach the driver under test. Only Open is required.
type Harness struct {
	// Name is what the report calls the driver; empty means the name of the test.
	Name string

	// Open returns the service to test. It is called once to read the declarations, once for each sub-test and once to
	// clean up, in a bubble under VirtualTime, and may return the same account or a fresh one each time. What must be
	// ended, it gives to t.Cleanup.
	Open func(t testing.TB) driver.Service

	// VirtualTime says that the driver takes its time from package time and uses no real sockets.
	VirtualTime bool

	// Settle is how long after a change of a key the suite waits before it goes on, for drivers that are eventually
	// consistent; 0 means not at all. Waiting takes real time unless VirtualTime is set.
	Settle time.Duration

	// Policy is used by the calls through package kms, and its rate limits by all. Without limiters in it, each sub-test
	// under VirtualTime has its own.
	Policy policy.Policy

	// CreateOptions are given with every key that is made, as by kms.ProviderOption.
	CreateOptions map[string]string

	// Secrets are the credentials that the driver was opened with, such as an access key and a token: they must be in
	// no error, event, log record or dump. Each has at least 8 bytes and should be one that occurs nowhere by chance.
	Secrets []string

	// Skip names sub-tests that do not apply, each with the reason.
	Skip map[string]string
}

// Report tells what became of the sub-tests that were run, by their names. Those that go test -run leaves out are in none.
type Report struct {
	// Passed and Failed are in the order in which they ran.
	Passed, Failed []string
	// Skipped has the reason of each.
	Skipped map[string]string
}

// String counts, such as "92 sub-tests passed, 0 failed, 14 skipped".
func (r Report) String() string { return conformance.Report(r).String() }

// Run runs the suite and returns what became of it. Each sub-test is a sub-test of t. The report is logged too, after the
// name of the driver: go test -v shows it.
func Run(t *testing.T, h Harness) Report {
	t.Helper()
	if h.Open == nil {
		t.Fatal("kmstest: Harness.Open is nil")
	}
	report := Report(h.frame().Run(t))
	t.Logf("kmstest: %s: %v", cmp.Or(h.Name, t.Name()), report)
	return report
}

// frame returns the suite over the driver of the harness.
func (h *Harness) frame() *conformance.Suite[*suite, traits] {
	ring := &keyring{}
	return &conformance.Suite[*suite, traits]{
		Package: "kmstest", Checks: checks(),
		Settings: conformance.Settings{Policy: h.Policy, VirtualTime: h.VirtualTime, Secrets: h.Secrets, Skip: h.Skip, Mark: mark, Narrower: true},
		Open:     func(tb testing.TB, s *conformance.State) *suite { return newSuite(tb, s, h, ring) },
		Close:    (*suite).cleanUp,
		Declared: func(s *suite) traits { return traits{h: h, caps: s.caps} },
		End:      ring.cleanUp,
	}
}
