package local

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	workspacedriver "github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// workspaces is a service of workspaces. What only some providers have is in workspace_facets.go.
type workspaces struct {
	account     *Account
	caps        workspacedriver.Capabilities
	role        string   // what a key gets where nothing is said
	deniedRole  string   // what no key gets
	ownerOption string   // the option that says the owner
	kinds       []string // of data that can have a limit; nil for any
}

// Capabilities tells what the service can do.
func (s *workspaces) Capabilities() workspacedriver.Capabilities { return s.caps }

// Operations is the operation table.
func (s *workspaces) Operations() []policy.Operation {
	rows := []policy.Operation{{Name: workspacedriver.OpGet, Action: "GetWorkspace", Idempotency: policy.ReadOnly}}
	for _, optional := range []struct {
		support workspacedriver.Support
		row     policy.Operation
	}{
		{s.caps.Create, policy.Operation{Name: workspacedriver.OpCreate, Action: "CreateWorkspace", Idempotency: policy.NonIdempotent}},
		{s.caps.List, policy.Operation{Name: workspacedriver.OpList, Action: "ListWorkspaces", Idempotency: policy.ReadOnly}},
		{s.caps.Update, policy.Operation{Name: workspacedriver.OpUpdate, Action: "UpdateWorkspace", Idempotency: policy.Idempotent}},
		{s.caps.Delete, policy.Operation{Name: workspacedriver.OpDelete, Action: "DeleteWorkspace", Idempotency: policy.Idempotent}},
		{s.caps.APIKeys, policy.Operation{Name: workspacedriver.OpAPIKeys, Action: "ListAPIKeys", Idempotency: policy.ReadOnly}},
		{s.caps.CreateAPIKey, policy.Operation{Name: workspacedriver.OpCreateAPIKey, Action: "CreateAPIKey", Idempotency: policy.NonIdempotent}},
		{s.caps.DeleteAPIKey, policy.Operation{Name: workspacedriver.OpDeleteAPIKey, Action: "DeleteAPIKey", Idempotency: policy.Idempotent}},
		{s.caps.UsageLimits, policy.Operation{Name: workspacedriver.OpUsageLimits, Action: "GetUsageLimits", Idempotency: policy.ReadOnly}},
		{s.caps.UsageLimits, policy.Operation{Name: workspacedriver.OpSetUsageLimits, Action: "SetUsageLimits", Idempotency: policy.Idempotent}},
		{s.caps.TransferOwner, policy.Operation{Name: workspacedriver.OpTransferOwner, Action: "TransferOwner", Idempotency: policy.NonIdempotent}},
	} {
		if optional.support != workspacedriver.None {
			rows = append(rows, optional.row)
		}
	}
	return rows
}

// address returns the id of the workspace that a request means, and makes the own one if it is not there yet.
func (s *workspaces) address(ctx context.Context, id string) (string, error) {
	if s.caps.Get != workspacedriver.Emulated && id != "" {
		return id, nil
	}
	if s.caps.Own == workspacedriver.None {
		return "", errs.Refuse(errs.InvalidArgument, "the workspace's id is empty")
	}
	own := ""
	err := s.account.read(func(r reader) error {
		own = string(r.bucket(storeBucket).get(ownWorkspaceKey))
		return nil
	})
	if err != nil || own != "" {
		return own, err
	}
	fresh, now := newID("ws-"), s.account.now().UTC()
	err = s.account.write(ctx, 0, func(t *transaction) error {
		store := t.w.bucket(storeBucket)
		if own = string(store.get(ownWorkspaceKey)); own != "" {
			return nil // somebody was faster
		}
		own = fresh
		if err := t.writeWorkspace(own, &workspaceRecord{Name: "local", Owner: localOwner, Created: now, Updated: now}); err != nil {
			return err
		}
		return store.put(ownWorkspaceKey, []byte(own))
	})
	if err != nil {
		return "", err
	}
	return own, nil
}

// localOwner is the id of the account that owns workspaces of which no other owner is said.
const localOwner = "local"

// newID returns an id that nobody else has.
func newID(prefix string) string { return prefix + strings.ToLower(rand.Text()) }

// look runs fn over one state of the store and the workspace that is meant.
func (s *workspaces) look(ctx context.Context, id string, fn func(r reader, id string, w *workspaceRecord) error) error {
	if err := s.account.begin(ctx); err != nil {
		return err
	}
	defer s.account.leave()
	id, err := s.address(ctx, id)
	if err != nil {
		return err
	}
	return s.account.read(func(r reader) error {
		w, err := readWorkspace(r, id)
		if err != nil {
			return err
		}
		return fn(r, id, &w)
	})
}

// change runs fn in a transaction with the workspace that is meant. Fn owns all that it reads.
func (s *workspaces) change(ctx context.Context, id string, fn func(t *transaction, id string, w *workspaceRecord) error) error {
	if err := s.account.begin(ctx); err != nil {
		return err
	}
	defer s.account.leave()
	id, err := s.address(ctx, id)
	if err != nil {
		return err
	}
	return s.account.write(ctx, 0, func(t *transaction) error {
		w, err := readWorkspace(t.w, id)
		if err != nil {
			return err
		}
		return fn(t, id, &w)
	})
}

// Get describes a workspace.
func (s *workspaces) Get(ctx context.Context, req *workspacedriver.GetRequest) (*workspacedriver.GetResponse, error) {
	res := &workspacedriver.GetResponse{}
	err := s.look(ctx, req.ID, func(_ reader, id string, w *workspaceRecord) error {
		res.Workspace = s.info(id, w)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// info describes a workspace as far as the provider that is imitated knows of it.
func (s *workspaces) info(id string, w *workspaceRecord) workspacedriver.Info {
	info := w.info(id)
	if s.caps.Description == workspacedriver.None {
		info.Description = ""
	}
	if len(s.caps.Languages) == 0 {
		info.Language = ""
	}
	return info
}

func (s *workspaces) list(ctx context.Context, req *workspacedriver.ListRequest) (*workspacedriver.ListResponse, error) {
	if err := s.account.begin(ctx); err != nil {
		return nil, err
	}
	defer s.account.leave()
	var at place
	if req.Cursor != "" {
		var err error
		if at, err = parseCursor(req.Cursor, ""); err != nil {
			return nil, err
		}
	}
	res := &workspacedriver.ListResponse{}
	err := s.account.read(func(r reader) (err error) {
		eachUnder(r.bucket(workspaceBucket), "", at.after, func(id string, raw []byte) bool {
			if len(res.Workspaces) == s.caps.MaxPage {
				res.Cursor = place{0, res.Workspaces[s.caps.MaxPage-1].ID}.cursor("")
				return false
			}
			var w workspaceRecord
			if w, err = decodeWorkspace(id, raw); err != nil {
				return false
			}
			res.Workspaces = append(res.Workspaces, s.info(id, &w))
			return true
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

func (s *workspaces) update(ctx context.Context, req *workspacedriver.UpdateRequest) (*workspacedriver.UpdateResponse, error) {
	if err := s.acceptsUpdate(req); err != nil {
		return nil, err
	}
	name, text, now := clonePointer(req.Name), clonePointer(req.Description), s.account.now().UTC()
	return respond[workspacedriver.UpdateResponse](s.change(ctx, req.ID, func(t *transaction, id string, w *workspaceRecord) error {
		if name != nil {
			w.Name = *name
		}
		if text != nil {
			w.Description = *text
		}
		w.Updated = now
		return t.writeWorkspace(id, w)
	}))
}

func clonePointer(text *string) *string {
	if text == nil {
		return nil
	}
	own := *text
	return &own
}

func (s *workspaces) remove(ctx context.Context, req *workspacedriver.DeleteRequest) (*workspacedriver.DeleteResponse, error) {
	return respond[workspacedriver.DeleteResponse](s.change(ctx, req.ID, func(t *transaction, id string, _ *workspaceRecord) error {
		return t.dropWorkspace(id)
	}))
}

func (s *workspaces) usageLimits(ctx context.Context, req *workspacedriver.UsageLimitsRequest) (*workspacedriver.UsageLimitsResponse, error) {
	res := &workspacedriver.UsageLimitsResponse{}
	err := s.look(ctx, req.WorkspaceID, func(_ reader, _ string, w *workspaceRecord) error {
		res.Limits = w.limits(s.kinds)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

func (s *workspaces) setUsageLimits(ctx context.Context, req *workspacedriver.SetUsageLimitsRequest) (*workspacedriver.SetUsageLimitsResponse, error) {
	limits, err := s.acceptsLimits(req.Limits)
	if err != nil {
		return nil, err
	}
	return respond[workspacedriver.SetUsageLimitsResponse](s.change(ctx, req.WorkspaceID, func(t *transaction, id string, w *workspaceRecord) error {
		w.setLimits(limits)
		return t.writeWorkspace(id, w)
	}))
}

func (s *workspaces) transferOwner(ctx context.Context, req *workspacedriver.TransferOwnerRequest) (*workspacedriver.TransferOwnerResponse, error) {
	owner, now := req.AccountID, s.account.now().UTC()
	if owner == "" {
		return nil, errs.Refuse(errs.InvalidArgument, "the new owner's account id is empty")
	}
	return respond[workspacedriver.TransferOwnerResponse](s.change(ctx, req.WorkspaceID, func(t *transaction, id string, w *workspaceRecord) error {
		w.Owner, w.Updated = owner, now
		return t.writeWorkspace(id, w)
	}))
}
