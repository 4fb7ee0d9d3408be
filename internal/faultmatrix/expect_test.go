package faultmatrix_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// result is how a call ends. Of a success only ok and attempts are set.
type result struct {
	ok       bool
	code     errs.Code
	retry    errs.Retry
	outcome  errs.Outcome
	attempts int
}

func (r result) String() string {
	if r.ok {
		return "success" + times(r.attempts)
	}
	return fmt.Sprintf("%s, %s, %s%s", r.code, r.retry, r.outcome, times(r.attempts))
}

func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" ×%d", n)
}

// expected derives how a call ends from its fault and its class, unless there is an exception.
func expected(f *fault, op *operation, v *vendor) result {
	return derived(f, op, exceptionFor(f, op, v))
}

// derived is expected with the exception x, or with none.
func derived(f *fault, op *operation, x *exception) result {
	class := op.class
	if op.looks && f.atConnection() {
		class = policy.ReadOnly // it is the reading before that fails
	}
	code, temporary, phase, wait := f.code, f.temporary, f.phase, f.wait
	if f.silent && op.silent {
		return result{ok: true, attempts: 1}
	}
	if x != nil {
		if x.ok {
			return result{ok: true, attempts: 1}
		}
		if x.code != "" {
			code, temporary = x.code, x.temporary
		}
		if x.phase != nil {
			phase = *x.phase
		}
		wait = max(wait, x.wait)
	}
	if phase == done && code == "" {
		return result{ok: true, attempts: 1}
	}
	outcome := outcomes[phase]
	if class == policy.ReadOnly {
		outcome = errs.NotApplied // there is nothing to apply
	}
	r := result{code: code, outcome: outcome, attempts: 1}
	again := repeats[class][outcome]
	switch {
	case !temporary:
	case !again: // the same call might do its work twice
	case wait > policy.DefaultMaxRetryAfter:
		r.retry = errs.Temporary // for the caller, later
	case f.times > 0 && f.times < policy.DefaultMaxAttempts:
		return result{ok: true, attempts: f.times + 1}
	default:
		r.retry, r.attempts = errs.Exhausted, policy.DefaultMaxAttempts
	}
	if x != nil && x.attempts > 0 {
		r.attempts = x.attempts
	}
	return r
}

// exception is where a driver, or one of its operations, does not follow the rules, with the reason. An empty list of
// drivers or operations means any.
type exception struct {
	drivers, ops, groups, faults []string
	kind                         string

	ok        bool // it is a success
	code      errs.Code
	temporary bool
	phase     *phase
	wait      time.Duration // the pause that is kept
	attempts  int           // 0 means what follows from the rest

	reason string
}

func exceptionFor(f *fault, op *operation, v *vendor) *exception {
	in := func(list []string, name string) bool { return list == nil || slices.Contains(list, name) }
	all := exceptions()
	for i := range all {
		x := &all[i]
		if in(x.drivers, v.name) && in(x.ops, op.name) && in(x.groups, f.group) && (x.kind == "" || x.kind == v.kind) &&
			(x.faults == nil || slices.ContainsFunc(x.faults, func(name string) bool {
				start, any := strings.CutSuffix(name, "…")
				return name == f.name || any && strings.HasPrefix(f.name, start)
			})) {
			return x
		}
	}
	return nil
}
