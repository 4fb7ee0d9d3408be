package kms

import (
	"errors"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// Incomplete is in the tree of the error of a call that takes several requests, where the first of them were carried
// out and have left the key in a state that nobody asked for: made without its name or its tags, or with two names
// after a renaming.
type Incomplete struct {
	// KeyID is the key's id.
	KeyID string
	// Fault says what the key lacks or has too much, and why.
	Fault string
	// Err is the error of the request that failed; nil where the provider reported the fault in a reply.
	Err error
}

// Error says which key is in what state.
func (e *Incomplete) Error() string {
	return "key " + errs.Printable(e.KeyID) + " is incomplete: " + errs.Printable(e.Fault)
}

// Unwrap returns the error of the request that failed.
func (e *Incomplete) Unwrap() error { return e.Err }

// incomplete makes whole the error of a call that leaves the key in a state that nobody asked for.
func incomplete(whole *errs.Error, keyID, fault string, cause error) *errs.Error {
	left := &Incomplete{KeyID: keyID, Fault: fault, Err: cause}
	whole.Message, whole.Err = left.Error(), left
	return whole
}

// afterSteps returns the error of a step of a call that takes several, with a note on what has been done and what not.
// Before is the outcome of the steps before it.
func afterSteps(err error, before errs.Outcome, note string) error {
	whole := wholeOf(err, before)
	whole.Message = note
	if text := textOf(err); text != "" {
		whole.Message = strings.TrimSuffix(text, ".") + "; " + note
	}
	return whole
}

// wholeOf returns the error of a call from that of its failed step, which itself stays as the hooks have seen it.
func wholeOf(err error, before errs.Outcome) *errs.Error {
	whole := *stepError(err)
	whole.Outcome = whole.Outcome.Strongest(before)
	if before != errs.NotApplied {
		whole.Attempts = max(whole.Attempts, 1) // the call was not refused before anything was sent
	}
	return &whole
}

// stepError returns the error of a step; those of the pipeline all are of this type.
func stepError(err error) *errs.Error {
	if e, ok := errors.AsType[*errs.Error](err); ok && e != nil {
		return e
	}
	return &errs.Error{Code: errs.CodeOf(err), Err: err}
}

// textOf returns what an error says, without the provider, operation and resource.
func textOf(err error) string {
	e := stepError(err)
	if e.Message == "" && e.Err != nil {
		return e.Err.Error()
	}
	return e.Message
}

// outcomeOf returns what is known of a call that has ended so.
func outcomeOf(err error) errs.Outcome {
	if err == nil {
		return errs.Applied
	}
	return stepError(err).Outcome
}

// perhapsOurs reports whether a refusal may come of an earlier attempt of the same call, whose reply was lost.
func perhapsOurs(err error) bool {
	e := stepError(err)
	return e.Attempts > 1 && e.Outcome == errs.Ambiguous
}
