package faultmatrix_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// TestMain silences what net/http logs of the bytes behind a reply.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// ran is one case of the matrix and how it ended.
type ran struct {
	fault  *fault
	vendor *vendor
	op     *operation
	got    result
}

// TestMatrix runs every fault against every operation of every driver.
func TestMatrix(t *testing.T) {
	vendors := slices.Concat(kvVendors(), kmsVendors(), workspaceVendors())
	all := make([][]ran, len(vendors))
	t.Run("drivers", func(t *testing.T) {
		for i, v := range vendors {
			t.Run(v.kind+"/"+v.name, func(t *testing.T) {
				t.Parallel()
				all[i] = runVendor(t, v)
			})
		}
	})
	if t.Failed() || raced() || slices.ContainsFunc(all, func(runs []ran) bool { return runs == nil }) {
		return // not all of it was run
	}
	everything := slices.Concat(all...)
	checkExceptions(t, everything)
	checkDocument(t, "matrix", document(vendors, everything))
}

// checkExceptions fails for an exception that nothing needs any more.
func checkExceptions(t *testing.T, all []ran) {
	needed := map[string]bool{}
	for _, r := range all {
		if x := exceptionFor(r.fault, r.op, r.vendor); x != nil && (x.ok || r.got != derived(r.fault, r.op, nil)) { // where it is ok, the answer may be another
			needed[x.key()] = true
		}
	}
	for _, x := range exceptions() {
		if !needed[x.key()] {
			t.Errorf("no case needs the exception of %s", x.key())
		}
	}
}

// key tells exceptions apart.
func (x *exception) key() string {
	return fmt.Sprint(x.kind, x.drivers, x.ops, x.groups, x.faults)
}

// epoch is when bubbles begin.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func runVendor(t *testing.T, v *vendor) (all []ran) {
	wrong := 0
	for i, f := range allFaults(epoch) {
		if raced() && (f.heavy || i%6 != 0) {
			continue // what is slow then says little more
		}
		seen := map[policy.Idempotency]bool{}
		for i := range v.ops {
			op := &v.ops[i]
			if f.heavy && seen[op.class] {
				continue
			}
			seen[op.class] = true
			one := ran{fault: f, vendor: v, op: op}
			var problems []string
			synctest.Test(t, func(t *testing.T) {
				faults := allFaults(time.Now()) // its dates are of the bubble's time
				same := faults[slices.IndexFunc(faults, func(other *fault) bool { return other.group == f.group && other.name == f.name })]
				one.got, problems = runCase(t, v, same, op)
			})
			if len(problems) > 0 {
				wrong++
				t.Errorf("%s, %s: %s / %s: %s", v.name, op.name, f.group, f.name, strings.Join(problems, "; "))
			}
			all = append(all, one)
		}
	}
	verdict := "all as expected"
	if wrong > 0 {
		verdict = fmt.Sprintf("%d not as expected", wrong)
	}
	t.Logf("faultmatrix: %s, %s: %d cases, %s", v.kind, v.name, len(all), verdict)
	return all
}

// runCase makes one call under a fault and compares what it returned, what was sent and what the provider has with what is
// expected.
func runCase(t *testing.T, v *vendor, f *fault, op *operation) (got result, problems []string) {
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	w := newWorld(t, v, f.cert != good)
	defer w.close()
	call, state := op.prepare(w)
	if f.deadIdle {
		w.need(v.warm(t.Context(), w.client))
	}
	if before := state(); before != op.before {
		t.Fatalf("preparing: the state is %q", before)
	}
	w.forget()
	w.gate.arm(f, op.matches, v.script)
	synctest.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if f.deadline > 0 {
		ctx, cancel = context.WithTimeout(ctx, f.deadline)
		defer cancel()
	}
	began := time.Now()
	err := call(ctx)
	took := time.Since(began)
	arrived, carried, strays := w.gate.disarm()
	synctest.Wait()

	want := expected(f, op, v)
	attempts := arrived
	if f.atConnection() {
		attempts = w.failed() // nothing arrives
	}
	if x := exceptionFor(f, op, v); errors.Is(err, errOtherAnswer) && x != nil && x.ok {
		err = nil // that it is another is the point
	}
	got = resultOf(err, attempts)
	if got != want {
		wrong("got %v, want %v: %v", got, want, err)
	}
	if e, ok := errors.AsType[*errs.Error](err); err != nil && !ok && !errors.Is(err, errOtherAnswer) {
		wrong("no *errs.Error: %v", err)
	} else if ok {
		if e.Attempts != got.attempts {
			wrong("the error says %d attempts, %d were made", e.Attempts, got.attempts)
		}
		if f.vendor && e.VendorCode == "" {
			wrong("the vendor's code is lost: %v", err)
		}
		for _, secret := range w.secrets() {
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, e, e), secret) {
				wrong("the error shows %q", secret)
			}
		}
	}
	if f.atConnection() && arrived > 0 {
		wrong("%d requests arrived", arrived)
	}
	if pause := time.Duration(got.attempts-1) * f.wait; f.wait <= policy.DefaultMaxRetryAfter && took < pause {
		wrong("took %v, the server asked for %v", took, pause)
	}
	if limit := f.limit(got.attempts); took > limit {
		wrong("took %v, more than %v", took, limit)
	}
	wantState := op.before
	if carried > 0 {
		wantState = op.after
	}
	if now := state(); now != wantState {
		wrong("the provider has %q, not %q, after %d requests that were carried out", now, wantState, carried)
	}
	if carried > 0 && op.before != op.after && got.outcome == errs.NotApplied && !got.ok {
		wrong("the outcome is a lie: the provider has carried it out")
	}
	if carried == 0 && op.before != op.after && (got.ok || got.outcome == errs.Applied) {
		wrong("the outcome is a lie: the provider has not carried it out")
	}
	if len(strays) > 0 {
		wrong("strays: %s", strings.Join(strays, ", "))
	}
	return got, problems
}

// limit is how long a call may take: its attempts, and the pauses between them.
func (f *fault) limit(attempts int) time.Duration {
	if f.deadline > 0 {
		return f.deadline
	}
	one := time.Duration(0)
	if f.group == stalled {
		one = patience
	}
	pause := max(f.wait, 2*time.Second)
	if f.group == throttling || f.group == vendorCodes {
		pause = max(pause, policy.DefaultMaxRetryAfter)
	}
	return time.Duration(attempts)*one + time.Duration(attempts)*pause
}

// resultOf tells how a call ended, of which so many requests were sent.
func resultOf(err error, attempts int) result {
	if err == nil {
		return result{ok: true, attempts: attempts}
	}
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return result{attempts: attempts}
	}
	return result{code: e.Code, retry: e.Retry, outcome: e.Outcome, attempts: attempts}
}

// secrets are what no error may show.
func (w *world) secrets() (all []string) {
	for name, value := range w.entry {
		if strings.Contains(name, "secret") || strings.Contains(name, "token") || strings.HasSuffix(name, "key") {
			all = append(all, value)
		}
	}
	return append(all, secretText, "more of it", "Signature=", "Sign in", "garbage")
}
