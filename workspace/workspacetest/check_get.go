package workspacetest

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// getChecks: workspaces are addressed as declared.
func getChecks() []check {
	return []check{
		{"Get/Own", []need{needOwn}, (*suite).own},
		{"Get/OwnByID", []need{needOwn, conformance.That(func(k *traits) bool { return k.caps.Get != driver.None }, "takes no id")}, (*suite).ownByID},
		{"Get/OtherThanOwn", []need{conformance.That(func(k *traits) bool { return k.caps.Get == driver.Emulated }, "describes others, or takes no id")}, (*suite).otherThanOwn},
		{"Get/NoID", []need{conformance.That(func(k *traits) bool { return k.caps.Own == driver.None }, "has a workspace of its own")}, (*suite).noID},
		{"Missing/EveryMethod", []need{needGet, needHome}, (*suite).missingWorkspace},
	}
}

func (s *suite) own() {
	first := s.get("")
	if first.ID == "" {
		s.Errorf("Get of the own workspace: the id is empty")
	}
	if again := s.get(""); again.ID != first.ID {
		s.Errorf("Get of the own workspace: the id was %q and is %q", first.ID, again.ID)
	}
	info, err := s.service().Get(s.ctx, "")
	s.Must("Get of the own workspace by package workspace", err)
	if info.ID != first.ID {
		s.Errorf("Get of the own workspace by package workspace: the id is %q, want %q", info.ID, first.ID)
	}
}

func (s *suite) ownByID() {
	own := s.get("")
	if info := s.get(own.ID); info.ID != own.ID || info.Name != own.Name {
		s.Errorf("Get of the own workspace by its id: %v, want %v", info, own)
	}
	if info, err := s.service().Get(s.ctx, own.ID); err != nil || info.ID != own.ID {
		s.Errorf("Get of the own workspace by its id by package workspace: %v, %v", info, err)
	}
}

// otherThanOwn: where only the own workspace is known, another id is not described as if it were that one.
func (s *suite) otherThanOwn() {
	own := s.get("")
	info, err := s.tryGet(alike(own.ID))
	if err == nil && info.ID != own.ID {
		s.Errorf("Get of another workspace: the id is %q, want that of the own one, %q", info.ID, own.ID)
	}
	_, err = s.service().Get(s.ctx, alike(own.ID))
	s.WantCode("Get of another workspace by package workspace", err, errs.Unsupported, errs.NotFound, errs.PermissionDenied)
}

// noID: without a workspace of its own, the service makes nothing of the empty id.
func (s *suite) noID() {
	if _, err := s.tryGet(""); err == nil {
		s.Errorf("Get without an id: no error, though Own is None")
	}
	s.Unsent("Get without an id", errs.InvalidArgument, func() error {
		_, err := s.service().Get(s.ctx, "")
		return err
	})
}

// method is one method that is about one workspace.
type method struct {
	op    string
	write bool
	call  func(ctx context.Context, workspaceID string) error
}

// methods returns what the service has, but for Create and List. Called about a workspace they leave it as it is, as far
// as its name, its limits and its owner go; DeleteAPIKey asks for a key that is not there, and Delete is the last.
func (s *suite) methods() []method {
	s.Helper()
	name := s.name("m")
	all := []method{{driver.OpGet, false, func(ctx context.Context, id string) error {
		_, err := s.svc.Get(ctx, &driver.GetRequest{ID: id})
		return err
	}}}
	if d, ok := s.svc.(driver.Updater); ok {
		all = append(all, method{driver.OpUpdate, true, func(ctx context.Context, id string) error {
			_, err := d.Update(ctx, &driver.UpdateRequest{ID: id, Name: &name})
			return err
		}})
	}
	if d, ok := s.svc.(driver.APIKeyLister); ok {
		all = append(all, method{driver.OpAPIKeys, false, func(ctx context.Context, id string) error {
			_, err := d.APIKeys(ctx, &driver.APIKeysRequest{WorkspaceID: id})
			return err
		}})
	}
	if d, ok := s.svc.(driver.APIKeyCreator); ok {
		all = append(all, method{driver.OpCreateAPIKey, true, func(ctx context.Context, id string) error {
			res, err := d.CreateAPIKey(ctx, &driver.CreateAPIKeyRequest{WorkspaceID: id, Name: s.keyName("m")})
			if err == nil && res != nil {
				s.noteKey(id, &res.APIKey)
			}
			return err
		}})
	}
	if d, ok := s.svc.(driver.APIKeyDeleter); ok {
		all = append(all, method{driver.OpDeleteAPIKey, true, func(ctx context.Context, id string) error {
			_, err := d.DeleteAPIKey(ctx, &driver.DeleteAPIKeyRequest{WorkspaceID: id, KeyID: "wst" + random()})
			return err
		}})
	}
	if d, ok := s.svc.(driver.UsageLimiter); ok {
		all = append(all, method{driver.OpUsageLimits, false, func(ctx context.Context, id string) error {
			_, err := d.UsageLimits(ctx, &driver.UsageLimitsRequest{WorkspaceID: id})
			return err
		}}, method{driver.OpSetUsageLimits, true, func(ctx context.Context, id string) error {
			_, err := d.SetUsageLimits(ctx, &driver.SetUsageLimitsRequest{WorkspaceID: id, Limits: map[string]driver.UsageLimit{"logging": {Value: "0"}}})
			return err
		}})
	}
	if d, ok := s.svc.(driver.OwnerTransferrer); ok && s.h.NewOwner != "" {
		all = append(all, method{driver.OpTransferOwner, true, func(ctx context.Context, id string) error {
			_, err := d.TransferOwner(ctx, &driver.TransferOwnerRequest{WorkspaceID: id, AccountID: s.h.NewOwner})
			return err
		}})
	}
	if d, ok := s.svc.(driver.Deleter); ok {
		all = append(all, method{driver.OpDelete, true, func(ctx context.Context, id string) error {
			_, err := d.Delete(ctx, &driver.DeleteRequest{ID: id})
			return err
		}})
	}
	return all
}

// without returns the methods but for some.
func without(all []method, ops ...string) []method {
	return slices.DeleteFunc(all, func(m method) bool { return slices.Contains(ops, m.op) })
}

// paced calls a method within the rate limit.
func (s *suite) paced(ctx context.Context, m method, id string) error {
	s.settle()
	s.pace(m.op)
	err := m.call(ctx, id)
	s.Scan(m.op, err)
	if m.write {
		s.wrote()
	}
	return err
}

// missingWorkspace: each method says of a workspace that is not there that it is not found.
func (s *suite) missingWorkspace() {
	id := s.missing()
	for _, m := range s.methods() {
		s.WantCode(m.op+" of a missing workspace", s.paced(s.ctx, m, id), errs.NotFound)
	}
}

// wantTime reports a failure unless a time that is told lies between two moments, as far as clocks agree.
func (s *suite) wantTime(what string, told, from, to time.Time) {
	s.Helper()
	if !told.IsZero() && (told.Before(from.Add(-s.clockError())) || told.After(to.Add(s.clockError()))) {
		s.Errorf("%s is %v, want between %v and %v", what, told, from, to)
	}
}

// validVendor reports a failure unless what the vendor tells is JSON.
func (s *suite) validVendor(what string, raw json.RawMessage) {
	s.Helper()
	if len(raw) > 0 && !json.Valid(raw) {
		s.Errorf("%s: Vendor is not valid JSON", what)
	}
}
