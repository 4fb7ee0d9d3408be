package faultmatrix_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// TestBrownOut has a provider answer a thousand requests with 503. The calls of that time send no more than the retry
// budget on top of one request each, and the first call afterwards succeeds.
func TestBrownOut(t *testing.T) {
	const burst = 1000
	for _, v := range slices.Concat(kvVendors(), kmsVendors(), workspaceVendors()) {
		t.Run(v.kind+"/"+v.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, v, false)
				defer w.close()
				op := &v.ops[0]
				call, _ := op.prepare(w)
				w.gate.arm(&fault{send: plain(503, ""), times: burst}, op.matches, v.script)
				calls := 0
				for w.gate.count() < burst {
					err := call(t.Context())
					calls++
					e, ok := errors.AsType[*errs.Error](err)
					if !ok || e.Code != errs.Unavailable || e.Retry != errs.Exhausted || e.Attempts < 1 || e.Attempts > policy.DefaultMaxAttempts {
						t.Fatalf("call %d: %v", calls, err)
					}
				}
				if want := burst - policy.DefaultRetryBudget; calls != want {
					t.Errorf("%d requests for %d calls, want %d calls", burst, calls, want)
				}
				if err := call(t.Context()); err != nil {
					t.Errorf("after the burst: %v", err)
				}
			})
		})
	}
}
