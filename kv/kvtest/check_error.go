package kvtest

import (
	"encoding/json"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
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
		all[op+" with a cancelled context"] = n.call(conformance.CanceledContext(), op)
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

func (s *suite) typedErrors() { s.Typed(s.failures()) }

func (s *suite) noValueInErrors() { s.NoSecrets(s.failures()) }

// permanentErrors: what cannot succeed is not marked as worth another try.
func (s *suite) permanentErrors() {
	s.Permanent(s.failures(), errs.KeyNotFound, errs.NamespaceNotFound, errs.TooLarge, errs.InvalidArgument, errs.AlreadyExists, errs.Canceled)
}

// callerFields: what package kv fills in is left to it.
func (s *suite) callerFields() { s.CallerFields(s.failures()) }

// outcomes: a call that was refused does not claim to have changed something.
func (s *suite) outcomes() { s.NotApplied(s.failures()) }
