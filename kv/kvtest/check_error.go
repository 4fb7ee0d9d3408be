package kvtest

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// errorChecks: what holds of every error.
func errorChecks() []check {
	return []check{
		{"Errors/Typed", nil, (*suite).typedErrors},
		{"Errors/NoValue", nil, (*suite).noValueInErrors},
		{"Errors/Permanent", nil, (*suite).permanentErrors},
		{"Errors/CallerFields", nil, (*suite).callerFields},
		{"Errors/Outcome", nil, (*suite).outcomes},
	}
}

// failures returns errors of all kinds that can be had, by what was done.
func (s *suite) failures() map[string]error {
	s.Helper()
	n := s.home()
	nowhere := s.open(s.missing())
	all := map[string]error{}
	for _, op := range nowhere.methods() {
		all[op+" in a missing namespace"] = nowhere.call(s.ctx, op)
		all[op+" with a cancelled context"] = n.call(canceledContext(), op)
	}
	n.pace(driver.OpGet)
	_, all["Get of a missing key"] = n.drv.Get(s.ctx, &driver.GetRequest{Key: n.key("never")})
	if inspector, ok := n.drv.(driver.Inspector); ok {
		_, all["Inspect of a missing key"] = inspector.Inspect(s.ctx, &driver.InspectRequest{Key: n.key("never")})
	}
	if getter, ok := n.drv.(driver.BatchGetter); ok {
		res, err := getter.GetBatch(s.ctx, &driver.GetBatchRequest{Keys: []string{n.key("never")}})
		if err == nil && len(res.Results) == 1 {
			err = res.Results[0].Err
		}
		all["GetBatch of a missing key"] = err
	}
	if n.caps.MaxValueBytes <= largestValue && s.h.Skip["Value/OverLimit"] == "" {
		n.note(n.key("a"))
		n.pace(driver.OpPut)
		_, all["Put of a value over the limit"] = n.drv.Put(s.ctx, &driver.PutRequest{Key: n.key("a"), Value: n.sized(n.caps.MaxValueBytes + 1)})
	}
	if n.caps.Metadata != driver.None && s.h.Skip["Metadata/Invalid"] == "" {
		n.note(n.key("a"))
		_, all["Put with invalid metadata"] = n.drv.Put(s.ctx, &driver.PutRequest{Key: n.key("a"), Value: n.value("a"), Metadata: json.RawMessage(`{"` + mark + `":`)})
	}
	if n.caps.TTL != driver.None && n.caps.MinTTL > time.Second && s.h.Skip["TTL/UnderMinimum"] == "" {
		n.note(n.key("a"))
		_, all["Put with a TTL under the minimum"] = n.drv.Put(s.ctx, &driver.PutRequest{Key: n.key("a"), Value: n.value("a"), TTL: n.caps.MinTTL - time.Second})
	}
	return all
}

func (s *suite) typedErrors() {
	for what, err := range s.failures() {
		if err == nil {
			s.Errorf("%s: no error", what)
		} else if s.checkError(what, err) && errs.CodeOf(err) == errs.Unknown {
			s.Errorf("%s: the error code is Unknown: %v", what, err)
		}
	}
}

func (s *suite) noValueInErrors() {
	for what, err := range s.failures() {
		if form := s.secrets.Error(err); form != "" {
			s.Errorf("%s: the error holds a secret when printed as %s", what, form)
		}
	}
}

// permanentErrors: what cannot succeed is not marked as worth another try.
func (s *suite) permanentErrors() {
	permanent := []errs.Code{errs.KeyNotFound, errs.NamespaceNotFound, errs.TooLarge, errs.InvalidArgument, errs.AlreadyExists, errs.Canceled}
	for what, err := range s.failures() {
		e, ok := errors.AsType[*errs.Error](err)
		if ok && e.Retry != errs.Permanent && slices.Contains(permanent, e.Code) {
			s.Errorf("%s: %s is marked %s", what, e.Code, e.Retry)
		}
	}
}

// callerFields: what package kv fills in is left to it.
func (s *suite) callerFields() {
	for what, err := range s.failures() {
		if e, ok := errors.AsType[*errs.Error](err); ok && (e.Provider != "" || e.Op != "" || e.Resource != "" || e.Attempts != 0) {
			s.Errorf("%s: the driver set Provider, Op, Resource or Attempts", what)
		}
	}
}

// outcomes: a call that was refused does not claim to have changed something.
func (s *suite) outcomes() {
	for what, err := range s.failures() {
		if outcome(err) == errs.Applied {
			s.Errorf("%s: the outcome is %s", what, errs.Applied)
		}
	}
}
