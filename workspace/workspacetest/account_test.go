package workspacetest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/secret"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// account is a driver in memory, made for the tests of the suite. It keeps the contract.
type account struct {
	caps driver.Capabilities
	lag  time.Duration // of reads behind writes
	own  string        // id of the own workspace

	mu     sync.Mutex
	last   int // number given last
	spaces map[string]space
	past   []past
}

// past is what there was until a moment.
type past struct {
	until  time.Time
	spaces map[string]space
}

// space is a workspace. What it holds is never changed in place.
type space struct {
	info   driver.Info
	keys   []driver.APIKey
	limits map[string]driver.UsageLimit
}

func refuse(code errs.Code, format string, args ...any) error {
	return errs.Refuse(code, format, args...)
}

func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return refuse(errs.CodeOf(err), "%w", err)
	}
	return nil
}

// seen returns what reads see. The caller holds the lock.
func (a *account) seen() map[string]space {
	for _, p := range a.past {
		if p.until.After(time.Now().Add(-a.lag)) {
			return p.spaces
		}
	}
	return a.spaces
}

// put changes a workspace; nil removes it. The caller holds the lock.
func (a *account) put(id string, s *space) {
	if a.lag > 0 {
		a.past = append(a.past, past{time.Now(), maps.Clone(a.spaces)})
	}
	if s == nil {
		delete(a.spaces, id)
	} else {
		a.spaces[id] = *s
	}
}

// address returns the id that a request means.
func (a *account) address(id string) (string, error) {
	switch {
	case a.own != "" && (id == "" || a.caps.Get != driver.Native):
		return a.own, nil
	case id == "":
		return "", refuse(errs.InvalidArgument, "no id")
	}
	return id, nil
}

// look calls fn with one workspace as reads see it.
func (a *account) look(ctx context.Context, id string, fn func(space)) error {
	if err := ended(ctx); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	id, err := a.address(id)
	if err != nil {
		return err
	}
	s, there := a.seen()[id]
	if !there {
		return refuse(errs.NotFound, "no such workspace")
	}
	fn(s)
	return nil
}

// change lets fn change one workspace.
func (a *account) change(ctx context.Context, id string, fn func(*space) error) error {
	if err := ended(ctx); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	id, err := a.address(id)
	if err != nil {
		return err
	}
	s, there := a.spaces[id]
	if !there {
		return refuse(errs.NotFound, "no such workspace")
	}
	if err := fn(&s); err != nil {
		return err
	}
	a.put(id, &s)
	return nil
}

func tell(info driver.Info) driver.Info {
	info.Vendor, info.Retention, info.Secrets = slices.Clone(info.Vendor), maps.Clone(info.Retention), maps.Clone(info.Secrets)
	return info
}

func (a *account) get(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
	res := &driver.GetResponse{}
	err := a.look(ctx, req.ID, func(s space) { res.Workspace = tell(s.info) })
	return respond(res, err)
}

// respond gives the response unless there is an error.
func respond[Res any](res *Res, err error) (*Res, error) {
	if err != nil {
		return nil, err
	}
	return res, nil
}

func (a *account) checkDescription(text string) error {
	n := a.caps.MaxDescriptionChars
	if n > 0 && utf8.RuneCountInString(text) > n || text != "" && a.caps.Description == driver.None {
		return refuse(errs.InvalidArgument, "no such description")
	}
	return nil
}

func (a *account) checkCreate(req *driver.CreateRequest) error {
	if err := cmp.Or(a.caps.Name.Check("name", req.Name), a.checkDescription(req.Description)); err != nil {
		return err
	}
	if req.Language != "" && !slices.Contains(a.caps.Languages, req.Language) {
		return refuse(errs.InvalidArgument, "no such language")
	}
	known := 0
	for _, o := range a.caps.Options {
		if _, given := req.Options[o.Name]; given {
			known++
		} else if o.Required {
			return refuse(errs.InvalidArgument, "an option is missing")
		}
	}
	if known < len(req.Options) {
		return refuse(errs.InvalidArgument, "an option is not known")
	}
	return nil
}

func (a *account) create(ctx context.Context, req *driver.CreateRequest) (*driver.CreateResponse, error) {
	if err := cmp.Or(ended(ctx), a.checkCreate(req)); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	made := space{info: driver.Info{
		ID: fmt.Sprintf("ws-%d", a.last), Name: req.Name, Description: req.Description, Language: req.Language, Owner: driver.Account{ID: "me"},
		CreatedAt: time.Now(), UpdatedAt: time.Now(), Secrets: map[string]secret.String{"token": secret.New(fmt.Sprintf("tkn-%s", random()))},
		Retention: map[string]time.Duration{"logging": time.Hour}, Vendor: json.RawMessage(`{"name":"vendor's"}`),
	}}
	if a.caps.NamesAreIDs {
		made.info.ID = req.Name
	}
	if _, taken := a.spaces[made.info.ID]; taken && !a.caps.CreateReplaces {
		return nil, refuse(errs.AlreadyExists, "the name is taken")
	}
	res := &driver.CreateResponse{}
	if req.APIKeyName != "" {
		key := a.newKey(req.APIKeyName, nil)
		made.keys = append(made.keys, key)
		res.APIKey = &key
	}
	a.put(made.info.ID, &made)
	res.Workspace = tell(made.info)
	return res, nil
}

func (a *account) list(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	after, ok := strings.CutPrefix(req.Cursor, "after:")
	if req.Cursor != "" && !ok {
		return nil, refuse(errs.InvalidArgument, "no cursor of ours")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	res := &driver.ListResponse{}
	all := a.seen()
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if id <= after {
			continue
		}
		if len(res.Workspaces) == a.caps.MaxPage {
			res.Cursor = "after:" + res.Workspaces[len(res.Workspaces)-1].ID
			break
		}
		res.Workspaces = append(res.Workspaces, tell(all[id].info))
	}
	return res, nil
}

func (a *account) update(ctx context.Context, req *driver.UpdateRequest) (*driver.UpdateResponse, error) {
	if req.Name != nil {
		if err := a.caps.Name.Check("name", *req.Name); err != nil {
			return nil, err
		}
	}
	if req.Description != nil {
		if err := a.checkDescription(*req.Description); err != nil {
			return nil, err
		}
	}
	return respond(&driver.UpdateResponse{}, a.change(ctx, req.ID, func(s *space) error {
		if req.Name != nil {
			s.info.Name = *req.Name
		}
		if req.Description != nil {
			s.info.Description = *req.Description
		}
		s.info.UpdatedAt = time.Now()
		return nil
	}))
}

func (a *account) remove(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
	if err := a.change(ctx, req.ID, func(*space) error { return nil }); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.put(req.ID, nil)
	return &driver.DeleteResponse{}, nil
}

// keysPage is how many keys a page has.
const keysPage = 2

func (a *account) apiKeys(ctx context.Context, req *driver.APIKeysRequest) (*driver.APIKeysResponse, error) {
	res := &driver.APIKeysResponse{}
	err := a.look(ctx, req.WorkspaceID, func(s space) {
		from := len(req.Cursor)
		page := s.keys[min(from, len(s.keys)):min(from+keysPage, len(s.keys))]
		for _, key := range page {
			key.Roles = slices.Clone(key.Roles)
			res.APIKeys = append(res.APIKeys, key)
		}
		if from+keysPage < len(s.keys) {
			res.Cursor = strings.Repeat("+", from+keysPage)
		}
	})
	return respond(res, err)
}

func (a *account) newKey(name string, roles []string) driver.APIKey {
	a.last++
	return driver.APIKey{
		ID: fmt.Sprintf("key-%d", a.last), Name: name, Secret: secret.New("sk-" + random()), Roles: slices.Clone(roles), CreatedAt: time.Now(),
	}
}

func (a *account) createKey(ctx context.Context, req *driver.CreateAPIKeyRequest) (*driver.CreateAPIKeyResponse, error) {
	if err := a.caps.APIKeyName.Check("key name", req.Name); err != nil {
		return nil, err
	}
	res := &driver.CreateAPIKeyResponse{}
	err := a.change(ctx, req.WorkspaceID, func(s *space) error {
		key := a.newKey(req.Name, req.Roles)
		s.keys = append(slices.Clip(s.keys), key)
		res.APIKey = key
		res.APIKey.Roles = slices.Clone(key.Roles)
		return nil
	})
	return respond(res, err)
}

func (a *account) deleteKey(ctx context.Context, req *driver.DeleteAPIKeyRequest) (*driver.DeleteAPIKeyResponse, error) {
	return respond(&driver.DeleteAPIKeyResponse{}, a.change(ctx, req.WorkspaceID, func(s *space) error {
		before := len(s.keys)
		s.keys = slices.DeleteFunc(slices.Clone(s.keys), func(k driver.APIKey) bool { return k.ID == req.KeyID })
		if len(s.keys) == before {
			return refuse(errs.NotFound, "no such key")
		}
		return nil
	}))
}

func (a *account) usageLimits(ctx context.Context, req *driver.UsageLimitsRequest) (*driver.UsageLimitsResponse, error) {
	res := &driver.UsageLimitsResponse{}
	err := a.look(ctx, req.WorkspaceID, func(s space) { res.Limits = maps.Clone(s.limits) })
	return respond(res, err)
}

func (a *account) setUsageLimits(ctx context.Context, req *driver.SetUsageLimitsRequest) (*driver.SetUsageLimitsResponse, error) {
	return respond(&driver.SetUsageLimitsResponse{}, a.change(ctx, req.WorkspaceID, func(s *space) error {
		limits := map[string]driver.UsageLimit{}
		maps.Copy(limits, s.limits)
		maps.Copy(limits, req.Limits)
		s.limits = limits
		return nil
	}))
}

func (a *account) transfer(ctx context.Context, req *driver.TransferOwnerRequest) (*driver.TransferOwnerResponse, error) {
	return respond(&driver.TransferOwnerResponse{}, a.change(ctx, req.WorkspaceID, func(s *space) error {
		s.info.Owner = driver.Account{ID: req.AccountID}
		return nil
	}))
}
