package kms

import "github.com/crosscloud-sdk/crosscloud/errs"

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
