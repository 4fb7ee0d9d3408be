package workspace

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// Workspace is a handle on one workspace. It is safe for concurrent use and needs no closing: it lives as long as the
// client or service that opened it.
//
// Where the provider knows only the workspace of its credentials (Capabilities.Get is Emulated) and the handle was opened
// by an id, its first call describes the workspace to compare the id, which costs a request; another id is
// errs.Unsupported, and nothing else is then sent.
type Workspace struct {
	service *Service
	id      string
	owned   atomic.Bool // the id is known to be that of the credentials' workspace, which stays the same
}

// ID returns the id that the workspace is addressed by; empty for the one that the credentials belong to.
func (w *Workspace) ID() string { return w.id }

// String names the workspace by its id.
func (w *Workspace) String() string {
	if w.id == "" {
		return "workspace of the credentials"
	}
	return "workspace " + errs.Printable(w.id)
}

// Format prints the same as String for every verb and flag.
func (w *Workspace) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(w.String())) }

// LogValue returns the same as String.
func (w *Workspace) LogValue() slog.Value { return slog.StringValue(w.String()) }

// Service returns the service that the workspace belongs to. It cannot be closed through what is returned.
func (w *Workspace) Service() *Service { return w.service.Borrowed() }

// Describe tells what the provider knows of the workspace. A missing one is errs.NotFound. Where the provider knows
// only the workspace of its credentials, another id is errs.Unsupported. The call is retried; it may be repeated at
// will.
func (w *Workspace) Describe(ctx context.Context) (Info, error) {
	s := w.service
	res, err := do(ctx, s, driver.OpGet, &s.methods.get, w.id, s.checkID(w.id), &driver.GetRequest{ID: w.id})
	if err != nil {
		return Info{}, err
	}
	if w.id != "" && res.Workspace.ID != w.id {
		if s.caps.Get == Emulated {
			return Info{}, s.pipe.Complete(&errs.Error{Code: errs.Unsupported, Outcome: errs.NotApplied, Attempts: 1,
				Message: "these credentials belong to another workspace, and know no other; open this one with an API key of its own"}, driver.OpGet, w.id)
		}
		return Info{}, s.pipe.Complete(&errs.Error{Code: errs.Corrupt, Outcome: errs.NotApplied, Attempts: 1,
			Message: "the provider described another workspace than was asked for"}, driver.OpGet, w.id)
	}
	w.owned.Store(true)
	return res.Workspace, nil
}

// own makes sure that the workspace is the one of the credentials where the provider knows no other.
func (w *Workspace) own(ctx context.Context) error {
	if w.id == "" || w.service.caps.Get != Emulated || w.owned.Load() {
		return nil
	}
	_, err := w.Describe(ctx)
	return err
}

// Change is what [Workspace.Update] changes: [SetName] and [SetDescription].
type Change func(*changes)

type changes struct {
	request driver.UpdateRequest
	twice   string // what is given twice
}

// SetName gives the workspace another name. Where names are ids, it is the name that is shown.
func SetName(name string) Change {
	return func(c *changes) {
		if c.request.Name != nil {
			c.twice = "the name"
		}
		c.request.Name = &name
	}
}

// SetDescription replaces the description; an empty one clears it.
func SetDescription(text string) Change {
	return func(c *changes) {
		if c.request.Description != nil {
			c.twice = "the description"
		}
		c.request.Description = &text
	}
}

// Update changes the workspace's name, its description or both; what is not named stays. The call is retried where the
// provider lets it be repeated.
func (w *Workspace) Update(ctx context.Context, given ...Change) error {
	c := &changes{request: driver.UpdateRequest{ID: w.id}}
	for _, change := range given {
		if change != nil {
			change(c)
		}
	}
	s, req := w.service, &c.request
	var refusal error
	switch {
	case c.twice != "":
		refusal = errs.Refuse(errs.InvalidArgument, "%s is given twice", c.twice)
	case req.Name == nil && req.Description == nil:
		refusal = errs.Refuse(errs.InvalidArgument, "nothing to change: give SetName or SetDescription")
	case req.Name != nil:
		refusal = s.caps.Name.Check("workspace name", *req.Name)
	}
	if refusal == nil && req.Description != nil {
		if s.caps.Description == None {
			refusal = errs.Refuse(errs.Unsupported, "this provider's workspaces have no description")
		} else {
			refusal = s.checkDescription(*req.Description)
		}
	}
	_, err := doOwn(ctx, w, driver.OpUpdate, &s.methods.update, refusal, req)
	return err
}

// Delete removes the workspace and what is in it, for ever. A missing one is errs.NotFound. Where the provider cannot,
// it is errs.Unsupported. It is retried only where the provider lets it be repeated; errs.NotFound after several
// attempts then says that one of them has done it.
func (w *Workspace) Delete(ctx context.Context) error { return w.remove(ctx, nil) }

func (w *Workspace) remove(ctx context.Context, refusal error) error {
	_, err := doOwn(ctx, w, driver.OpDelete, &w.service.methods.remove, refusal, &driver.DeleteRequest{ID: w.id})
	return err
}

// APIKeys lists the keys of the workspace. Their secrets are told where the provider tells them. An error ends the
// listing; each range starts afresh. Each page is retried.
func (w *Workspace) APIKeys(ctx context.Context) iter.Seq2[APIKey, error] {
	return func(yield func(APIKey, error) bool) {
		s := w.service
		req := driver.APIKeysRequest{WorkspaceID: w.id}
		var guard pipeline.CursorGuard
		for {
			page, err := doOwn(ctx, w, driver.OpAPIKeys, &s.methods.apiKeys, nil, &req)
			if err == nil {
				err = guard.Check(page.Cursor, len(page.APIKeys))
			}
			if err != nil {
				yield(APIKey{}, s.pipe.Complete(err, driver.OpAPIKeys, w.id))
				return
			}
			for _, key := range page.APIKeys {
				if !yield(key, nil) {
					return
				}
			}
			if page.Cursor == "" {
				return
			}
			req.Cursor = page.Cursor
		}
	}
}

// CreateAPIKey makes a key with the given roles, or the provider's default ones. Its secret may never be shown again. A
// key that came without its secret or id is returned together with errs.Corrupt, whose Outcome is Applied.
//
// Names may repeat. It is not retried once the request may have arrived: after an error whose Outcome is Ambiguous, look
// for the name with [Workspace.APIKeys].
func (w *Workspace) CreateAPIKey(ctx context.Context, name string, roles ...string) (APIKey, error) {
	s := w.service
	req := &driver.CreateAPIKeyRequest{WorkspaceID: w.id, Name: name, Roles: slices.Clone(roles)}
	refusal := s.caps.APIKeyName.Check("API key name", name)
	switch {
	case refusal != nil:
	case len(roles) > 0 && s.caps.APIKeyRoles == None:
		refusal = errs.Refuse(errs.Unsupported, "this provider gives no roles to a key")
	case slices.Contains(roles, ""):
		refusal = errs.Refuse(errs.InvalidArgument, "a role is empty")
	}
	res, err := doOwn(ctx, w, driver.OpCreateAPIKey, &s.methods.createAPIKey, refusal, req)
	if err != nil {
		return APIKey{}, err
	}
	lacks := ""
	switch {
	case res.APIKey.Secret.IsEmpty():
		lacks = "secret; delete the key and make another"
	case res.APIKey.ID == "":
		lacks = "id; it works, but look for its name in the console to delete it"
	default:
		return res.APIKey, nil
	}
	return res.APIKey, s.pipe.Complete(&errs.Error{Code: errs.Corrupt, Outcome: errs.Applied, Attempts: 1,
		Message: "the provider made the key but did not tell its " + lacks}, driver.OpCreateAPIKey, w.id)
}

// DeleteAPIKey removes a key by its id. A missing one is errs.NotFound. It is retried only where the provider lets it be
// repeated; errs.NotFound after several attempts then says that one of them has done it.
func (w *Workspace) DeleteAPIKey(ctx context.Context, keyID string) error {
	s := w.service
	var refusal error
	if keyID == "" {
		refusal = errs.Refuse(errs.InvalidArgument, "the key's id is empty")
	}
	_, err := doOwn(ctx, w, driver.OpDeleteAPIKey, &s.methods.deleteAPIKey, refusal, &driver.DeleteAPIKeyRequest{WorkspaceID: w.id, KeyID: keyID})
	return err
}

// UsageLimits tells how much of each kind of data the workspace takes in a day. The call is retried.
func (w *Workspace) UsageLimits(ctx context.Context) (map[string]UsageLimit, error) {
	s := w.service
	res, err := doOwn(ctx, w, driver.OpUsageLimits, &s.methods.usageLimits, nil, &driver.UsageLimitsRequest{WorkspaceID: w.id})
	if err != nil {
		return nil, err
	}
	return res.Limits, nil
}

// SetUsageLimits replaces the limits of the kinds of data that are named; others stay. The call is retried where the
// provider lets it be repeated.
func (w *Workspace) SetUsageLimits(ctx context.Context, limits map[string]UsageLimit) error {
	s := w.service
	var refusal error
	if len(limits) == 0 {
		refusal = errs.Refuse(errs.InvalidArgument, "no limit is given")
	}
	for _, kind := range slices.Sorted(maps.Keys(limits)) {
		switch {
		case refusal != nil:
		case kind == "":
			refusal = errs.Refuse(errs.InvalidArgument, "a limit names no kind of data")
		case !isNumber(limits[kind].Value):
			refusal = errs.Refuse(errs.InvalidArgument, "the limit of %q is not a number of at least 0", kind)
		}
	}
	_, err := doOwn(ctx, w, driver.OpSetUsageLimits, &s.methods.setUsageLimits, refusal,
		&driver.SetUsageLimitsRequest{WorkspaceID: w.id, Limits: maps.Clone(limits)})
	return err
}

func isNumber(n json.Number) bool {
	f, err := n.Float64()
	return err == nil && f >= 0 && json.Valid([]byte(n))
}

// TransferOwner gives the workspace to another account, whose id the provider knows. The old owner may lose access to
// it. It is not retried once the request may have arrived.
func (w *Workspace) TransferOwner(ctx context.Context, accountID string) error {
	s := w.service
	var refusal error
	if accountID == "" {
		refusal = errs.Refuse(errs.InvalidArgument, "the new owner's account id is empty")
	}
	_, err := doOwn(ctx, w, driver.OpTransferOwner, &s.methods.transferOwner, refusal,
		&driver.TransferOwnerRequest{WorkspaceID: w.id, AccountID: accountID})
	return err
}

// doOwn makes one call about the workspace. Where the provider knows only the workspace of its credentials, it makes
// sure first that this is the one.
func doOwn[Req, Res any](ctx context.Context, w *Workspace, op string, m *pipeline.Method[Req, Res], refusal error, req *Req) (*Res, error) {
	if refusal == nil {
		refusal = w.service.checkID(w.id)
	}
	if m.Send != nil && refusal == nil {
		if err := w.own(ctx); err != nil {
			return nil, err
		}
	}
	return do(ctx, w.service, op, m, w.id, refusal, req)
}
