package kvtest

import (
	"cmp"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// Harness tells the suite how to reach the driver under test. Only Open is required.
type Harness struct {
	// Name is what the report calls the driver; empty means the name of the test.
	Name string

	// Open returns the service to test. It is called once to read the declarations and once for each sub-test, in its
	// bubble under VirtualTime, and may return the same account or a fresh one each time. What must be ended, it gives
	// to t.Cleanup.
	Open func(t testing.TB) driver.Service

	// Namespace is a namespace that exists and may be written to. Empty, the suite creates namespaces of random names
	// and deletes them; a service that cannot create any needs one here. Given, no namespace is created.
	Namespace string

	// VirtualTime says that the driver takes its time from package time and uses no real sockets.
	VirtualTime bool

	// Settle is how long after a write the suite waits before it reads, for drivers that are eventually consistent; 0
	// means not at all. Waiting takes real time unless VirtualTime is set.
	Settle time.Duration

	// Policy is used by the calls through package kv, and its rate limits by all. Without limiters in it, each
	// sub-test under VirtualTime has its own.
	Policy policy.Policy

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
		t.Fatal("kvtest: Harness.Open is nil")
	}
	report := Report(h.frame().Run(t))
	t.Logf("kvtest: %s: %v", cmp.Or(h.Name, t.Name()), report)
	return report
}

// frame returns the suite over the driver of the harness.
func (h *Harness) frame() *conformance.Suite[*suite, traits] {
	return &conformance.Suite[*suite, traits]{
		Package: "kvtest", Checks: checks(),
		Settings: conformance.Settings{Policy: h.Policy, VirtualTime: h.VirtualTime, Secrets: h.Secrets, Skip: h.Skip, Mark: mark},
		Open:     func(tb testing.TB, s *conformance.State) *suite { return newSuite(tb, s, h) },
		Close:    (*suite).cleanUp,
		Declared: func(s *suite) traits { return traits{h: h, caps: s.home().caps, service: s.caps} },
	}
}
