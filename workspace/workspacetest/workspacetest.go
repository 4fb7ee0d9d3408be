package workspacetest

import (
	"context"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// Harness tells the suite how to reach the driver under test. Only Open is required.
type Harness struct {
	// Open returns the service to test. It is called once to read the declarations and once for each sub-test, in its
	// bubble under VirtualTime, and may return the same account or a fresh one each time. What must be ended, it gives
	// to t.Cleanup.
	Open func(t testing.TB) driver.Service

	// Remove takes away a workspace that the suite has made, where the service itself cannot delete. Without it, nothing
	// is made with such a service.
	Remove func(ctx context.Context, id string) error

	// Workspace is the id of a workspace that exists and may be changed. Given, no workspace is made.
	Workspace string

	// Options are values of the options that creating a workspace takes; the required ones must be here.
	Options map[string]string

	// Roles are roles that a key can have. Without any, the sub-test of roles is skipped.
	Roles []string

	// NewOwner is the id of an account that can be given a workspace. Without it, the sub-test of that is skipped.
	NewOwner string

	// VirtualTime says that the driver takes its time from package time and uses no real sockets.
	VirtualTime bool

	// Settle is how long after a write the suite waits before it reads, for drivers that are eventually consistent; 0
	// means not at all. Waiting takes real time unless VirtualTime is set.
	Settle time.Duration

	// Policy is used by the calls through package workspace, and its rate limits by all. Without limiters in it, each
	// sub-test under VirtualTime has its own.
	Policy policy.Policy

	// Secrets are the credentials that the driver was opened with, such as an access key and a token: they must be in
	// no error, event, log record or dump. Each has at least 8 bytes and should be one that occurs nowhere by chance.
	Secrets []string

	// Skip names sub-tests that do not apply, each with the reason.
	Skip map[string]string
}

// Run runs the suite. Each sub-test is a sub-test of t.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if h.Open == nil {
		t.Fatal("workspacetest: Harness.Open is nil")
	}
	report := h.frame().Run(t)
	t.Logf("workspacetest: %d sub-tests run, %d skipped", len(report.Passed)+len(report.Failed), len(report.Skipped))
}

// frame returns the suite over the driver of the harness.
func (h *Harness) frame() *conformance.Suite[*suite, traits] {
	return &conformance.Suite[*suite, traits]{
		Package: "workspacetest", Checks: checks(),
		Settings: conformance.Settings{Policy: h.Policy, VirtualTime: h.VirtualTime, Secrets: h.Secrets, Skip: h.Skip},
		Open:     func(tb testing.TB, s *conformance.State) *suite { return newSuite(tb, s, h) },
		Close:    (*suite).cleanUp,
		Declared: func(s *suite) traits { return traits{h: h, caps: s.caps} },
	}
}
