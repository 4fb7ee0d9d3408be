package workspacetest

import (
	"errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// errorChecks: what holds of every error.
func errorChecks() []check {
	return []check{
		{"Errors/Typed", []need{needHome}, (*suite).typedErrors},
		{"Errors/Permanent", []need{needHome}, (*suite).permanentErrors},
		{"Errors/CallerFields", []need{needHome}, (*suite).callerFields},
		{"Errors/Outcome", []need{needHome}, (*suite).outcomes},
		{"Errors/Shape", []need{needHome}, (*suite).errorShape},
	}
}

// failures returns errors of all kinds that can be had, by what was done.
func (s *suite) failures() map[string]error {
	s.Helper()
	id := s.home()
	all := map[string]error{}
	for _, m := range s.everyMethod() {
		all[m.op+" with a cancelled context"] = s.paced(conformance.CanceledContext(), m, id)
	}
	if s.caps.Get == driver.Native {
		nowhere := s.missing()
		for _, m := range s.methods() {
			all[m.op+" of a missing workspace"] = s.paced(s.ctx, m, nowhere)
		}
	}
	if s.caps.DeleteAPIKey != driver.None {
		s.pace(driver.OpDeleteAPIKey)
		_, all["DeleteAPIKey of a missing key"] = as[driver.APIKeyDeleter](s).DeleteAPIKey(s.ctx, &driver.DeleteAPIKeyRequest{WorkspaceID: id, KeyID: "wst" + random()})
	}
	if s.caps.CreateAPIKey != driver.None && limited(s.caps.APIKeyName) && s.h.Skip["Keys/NameOverLimit"] == "" {
		_, over := atLimit(s.caps.APIKeyName, s.keyName("l"))
		s.pace(driver.OpCreateAPIKey)
		_, all["CreateAPIKey of a name over the limit"] = as[driver.APIKeyCreator](s).CreateAPIKey(s.ctx, &driver.CreateAPIKeyRequest{WorkspaceID: id, Name: over})
	}
	return all
}

func (s *suite) typedErrors() { s.Typed(s.failures()) }

// permanentErrors: what cannot succeed is not marked as worth another try.
func (s *suite) permanentErrors() {
	s.Permanent(s.failures(), errs.NotFound, errs.TooLarge, errs.InvalidArgument, errs.AlreadyExists, errs.Unsupported, errs.Canceled)
}

// callerFields: what package workspace fills in is left to it.
func (s *suite) callerFields() { s.CallerFields(s.failures()) }

// outcomes: a call that was refused does not claim to have changed something.
func (s *suite) outcomes() { s.NotApplied(s.failures()) }

// errorShape: what programs get names provider, operation and resource.
func (s *suite) errorShape() {
	w := s.portable()
	id := w.ID()
	want := func(what string, err error, op, resource string, attempts int, codes ...errs.Code) {
		s.Helper()
		if !s.WantCode(what, err, codes...) {
			return
		}
		e, _ := errors.AsType[*errs.Error](err)
		if e.Provider != provider || e.Op != op || e.Resource != resource || e.Attempts != attempts || e.Outcome == errs.Applied {
			s.Errorf("%s: the error names the provider %q, the operation %q, the resource %q, %d attempts and the outcome %s", what, e.Provider, e.Op, e.Resource, e.Attempts, e.Outcome)
		}
	}
	_, err := w.Describe(conformance.CanceledContext())
	want("Describe with a cancelled context", err, driver.OpGet, id, 0, errs.Canceled)
	if s.caps.DeleteAPIKey != driver.None {
		s.settle()
		want("DeleteAPIKey of a missing key", w.DeleteAPIKey(s.ctx, "wst"+random()), driver.OpDeleteAPIKey, id, 1, errs.NotFound)
	}
	if s.caps.Get == driver.Native {
		nowhere := s.missing()
		s.settle()
		_, err := s.service().Get(s.ctx, nowhere)
		want("Get of a missing workspace", err, driver.OpGet, nowhere, 1, errs.NotFound)
	}
}
