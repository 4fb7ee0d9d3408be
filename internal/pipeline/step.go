package pipeline

import (
	"errors"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// This file makes the error of a call that takes several requests from that of the request that failed.

// AfterSteps returns the error of a step of a call that takes several, with a note on what has been done and what not.
// Before is the outcome of the steps before it.
func AfterSteps(err error, before errs.Outcome, note string) error {
	whole := WholeOf(err, before)
	whole.Message = note
	if text := TextOf(err); text != "" {
		whole.Message = strings.TrimSuffix(text, ".") + "; " + note
	}
	return whole
}

// Named returns the error of a step under the name of the call that it is a step of: the one that the user made. The
// step's own error stays as the hooks have seen it; nil stays nil.
func Named(err error, op string) error {
	if err == nil {
		return nil
	}
	whole := *stepError(err)
	whole.Op = op
	return &whole
}

// WholeOf returns the error of a call from that of its failed step, which itself stays as the hooks have seen it.
func WholeOf(err error, before errs.Outcome) *errs.Error {
	whole := *stepError(err)
	whole.Outcome = whole.Outcome.Strongest(before)
	if before != errs.NotApplied {
		whole.Attempts = max(whole.Attempts, 1) // the call was not refused before anything was sent
	}
	return &whole
}

// stepError returns the error of a step; those of a pipeline all are of this type.
func stepError(err error) *errs.Error {
	if e, ok := errors.AsType[*errs.Error](err); ok && e != nil {
		return e
	}
	return &errs.Error{Code: errs.CodeOf(err), Err: err}
}

// TextOf returns what an error says, without the provider, operation and resource.
func TextOf(err error) string {
	e := stepError(err)
	if e.Message == "" && e.Err != nil {
		return e.Err.Error()
	}
	return e.Message
}

// OutcomeOf returns what is known of a call that has ended so.
func OutcomeOf(err error) errs.Outcome {
	if err == nil {
		return errs.Applied
	}
	return stepError(err).Outcome
}

// PerhapsOurs reports whether a refusal may come of an earlier attempt of the same call, whose reply was lost.
func PerhapsOurs(err error) bool {
	e := stepError(err)
	return e.Attempts > 1 && e.Outcome == errs.Ambiguous
}
