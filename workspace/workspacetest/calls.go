package workspacetest

import (
	"context"
	"maps"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// The calls of a service, made directly.

// as returns the service as one of the optional interfaces.
func as[I any](s *suite) I {
	s.Helper()
	i, ok := s.svc.(I)
	if !ok {
		s.Fatalf("a capability is declared, but its interface is not implemented")
	}
	return i
}

// read makes one call of the driver that changes nothing.
func read[Req, Res any](s *suite, op string, call func(context.Context, *Req) (*Res, error), req *Req) (*Res, error) {
	s.Helper()
	s.settle()
	return deliver(s, op, call, req)
}

// write makes one call of the driver that changes something.
func write[Req, Res any](s *suite, op string, call func(context.Context, *Req) (*Res, error), req *Req) (*Res, error) {
	s.Helper()
	s.settle()
	defer s.wrote()
	return deliver(s, op, call, req)
}

func deliver[Req, Res any](s *suite, op string, call func(context.Context, *Req) (*Res, error), req *Req) (*Res, error) {
	s.Helper()
	s.pace(op)
	return conformance.Call(s.ctx, s.State, op, call, req)
}

func (s *suite) tryGet(id string) (driver.Info, error) {
	s.Helper()
	res, err := read(s, driver.OpGet, s.svc.Get, &driver.GetRequest{ID: id})
	if err != nil {
		return driver.Info{}, err
	}
	s.keepSecrets(&res.Workspace)
	return res.Workspace, nil
}

// keepSecret notes a text that nothing may print.
func (s *suite) keepSecret(text string) {
	if text != "" && !s.Secrets.Add([]byte(text)) {
		s.Errorf("a secret of %d bytes, which is too short to be one", len(text))
	}
}

func (s *suite) keepSecrets(info *driver.Info) {
	for _, text := range info.Secrets {
		s.keepSecret(text.Reveal())
	}
}

func (s *suite) get(id string) driver.Info {
	s.Helper()
	info, err := s.tryGet(id)
	s.Must("Get", err)
	return info
}

// tryCreate makes a workspace, with the options of the harness unless others are given.
func (s *suite) tryCreate(req *driver.CreateRequest) (*driver.CreateResponse, error) {
	s.Helper()
	if req.Options == nil {
		req.Options = maps.Clone(s.h.Options)
	}
	res, err := write(s, driver.OpCreate, as[driver.Creator](s).Create, req)
	if err != nil {
		return nil, err
	}
	s.noteMade(res.Workspace.ID)
	s.keepSecrets(&res.Workspace)
	if res.APIKey != nil {
		s.keepSecret(res.APIKey.Secret.Reveal())
	}
	return res, nil
}

// create makes a workspace of a new name.
func (s *suite) create(label string) driver.Info {
	s.Helper()
	return s.createAs(&driver.CreateRequest{Name: s.name(label)}).Workspace
}

func (s *suite) createAs(req *driver.CreateRequest) *driver.CreateResponse {
	s.Helper()
	res, err := s.tryCreate(req)
	s.Must("Create", err)
	if res.Workspace.ID == "" {
		s.Fatalf("Create: the id is empty")
	}
	return res
}

// maxPages is how many pages a listing may have.
const maxPages = 5000

// list returns all workspaces.
func (s *suite) list() []driver.Info {
	s.Helper()
	var all []driver.Info
	var req driver.ListRequest
	for range maxPages {
		page, err := read(s, driver.OpList, as[driver.Lister](s).List, &req)
		s.Must("List", err)
		if len(page.Workspaces) > s.caps.MaxPage {
			s.Errorf("List: a page of %d workspaces, at most %d are declared", len(page.Workspaces), s.caps.MaxPage)
		}
		all = append(all, page.Workspaces...)
		if page.Cursor == "" {
			return all
		}
		if page.Cursor == req.Cursor {
			s.Fatalf("List: the cursor of a page leads to the page itself")
		}
		req = driver.ListRequest{Cursor: page.Cursor}
	}
	s.Fatalf("List: no end after %d pages", maxPages)
	return nil
}

// inListing returns how the listing tells of a workspace, and how many times.
func (s *suite) inListing(id string) (info driver.Info, count int) {
	s.Helper()
	for _, one := range s.list() {
		if one.ID == id {
			info, count = one, count+1
		}
	}
	return info, count
}

// named returns how many workspaces of a name the listing has; 0 where there is none.
func (s *suite) named(name string) int {
	s.Helper()
	count := 0
	if s.caps.List != driver.None {
		for _, one := range s.list() {
			if one.Name == name {
				count++
				s.noteMade(one.ID)
			}
		}
	}
	return count
}

// see describes a workspace: by the request for it where there is one, else from the listing.
func (s *suite) see(id string) (driver.Info, error) {
	s.Helper()
	if s.caps.Get == driver.Native || s.caps.List == driver.None {
		return s.tryGet(id)
	}
	info, count := s.inListing(id)
	if count == 0 {
		return info, errs.Refuse(errs.NotFound, "not in the listing")
	}
	return info, nil
}

func (s *suite) tryUpdate(req *driver.UpdateRequest) error {
	s.Helper()
	_, err := write(s, driver.OpUpdate, as[driver.Updater](s).Update, req)
	return err
}

func (s *suite) tryDelete(id string) error {
	s.Helper()
	_, err := write(s, driver.OpDelete, as[driver.Deleter](s).Delete, &driver.DeleteRequest{ID: id})
	return err
}

// apiKeys returns all keys of a workspace.
func (s *suite) apiKeys(workspaceID string) []driver.APIKey {
	s.Helper()
	all, err := s.tryAPIKeys(workspaceID)
	s.Must("APIKeys", err)
	return all
}

func (s *suite) tryAPIKeys(workspaceID string) ([]driver.APIKey, error) {
	s.Helper()
	var all []driver.APIKey
	req := driver.APIKeysRequest{WorkspaceID: workspaceID}
	for range maxPages {
		page, err := read(s, driver.OpAPIKeys, as[driver.APIKeyLister](s).APIKeys, &req)
		if err != nil {
			return nil, err
		}
		for i := range page.APIKeys {
			s.keepSecret(page.APIKeys[i].Secret.Reveal())
		}
		all = append(all, page.APIKeys...)
		if page.Cursor == "" {
			return all, nil
		}
		if page.Cursor == req.Cursor {
			s.Fatalf("APIKeys: the cursor of a page leads to the page itself")
		}
		req = driver.APIKeysRequest{WorkspaceID: workspaceID, Cursor: page.Cursor}
	}
	s.Fatalf("APIKeys: no end after %d pages", maxPages)
	return nil, nil
}

// inKeys returns how the keys of a workspace tell of one, and how many times.
func (s *suite) inKeys(workspaceID, id string) (key driver.APIKey, count int) {
	s.Helper()
	for _, one := range s.apiKeys(workspaceID) {
		if one.ID == id {
			key, count = one, count+1
		}
	}
	return key, count
}

func (s *suite) tryCreateKey(req *driver.CreateAPIKeyRequest) (*driver.APIKey, error) {
	s.Helper()
	res, err := write(s, driver.OpCreateAPIKey, as[driver.APIKeyCreator](s).CreateAPIKey, req)
	if err != nil {
		return nil, err
	}
	s.noteKey(req.WorkspaceID, &res.APIKey)
	return &res.APIKey, nil
}

func (s *suite) createKey(workspaceID, label string) *driver.APIKey {
	s.Helper()
	key, err := s.tryCreateKey(&driver.CreateAPIKeyRequest{WorkspaceID: workspaceID, Name: s.keyName(label)})
	s.Must("CreateAPIKey", err)
	return key
}

func (s *suite) tryDeleteKey(workspaceID, id string) error {
	s.Helper()
	_, err := write(s, driver.OpDeleteAPIKey, as[driver.APIKeyDeleter](s).DeleteAPIKey, &driver.DeleteAPIKeyRequest{WorkspaceID: workspaceID, KeyID: id})
	return err
}

func (s *suite) limits(workspaceID string) map[string]driver.UsageLimit {
	s.Helper()
	res, err := read(s, driver.OpUsageLimits, as[driver.UsageLimiter](s).UsageLimits, &driver.UsageLimitsRequest{WorkspaceID: workspaceID})
	s.Must("UsageLimits", err)
	return res.Limits
}

func (s *suite) trySetLimits(workspaceID string, limits map[string]driver.UsageLimit) error {
	s.Helper()
	_, err := write(s, driver.OpSetUsageLimits, as[driver.UsageLimiter](s).SetUsageLimits, &driver.SetUsageLimitsRequest{WorkspaceID: workspaceID, Limits: limits})
	return err
}

func (s *suite) tryTransfer(workspaceID, account string) error {
	s.Helper()
	_, err := write(s, driver.OpTransferOwner, as[driver.OwnerTransferrer](s).TransferOwner, &driver.TransferOwnerRequest{WorkspaceID: workspaceID, AccountID: account})
	return err
}
