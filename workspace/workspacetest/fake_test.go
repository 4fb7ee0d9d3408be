package workspacetest

import (
	"context"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// credential is what the drivers of these tests are opened with.
const credential = "credential-Kp3Vt8Yd"

// send is one method of a driver.
type send[Req, Res any] func(context.Context, *Req) (*Res, error)

// fake is a service as a table of functions, so that a wrong driver can exchange one.
type fake struct {
	caps      func() driver.Capabilities
	ops       func() []policy.Operation
	get       send[driver.GetRequest, driver.GetResponse]
	create    send[driver.CreateRequest, driver.CreateResponse]
	list      send[driver.ListRequest, driver.ListResponse]
	update    send[driver.UpdateRequest, driver.UpdateResponse]
	remove    send[driver.DeleteRequest, driver.DeleteResponse]
	keys      send[driver.APIKeysRequest, driver.APIKeysResponse]
	createKey send[driver.CreateAPIKeyRequest, driver.CreateAPIKeyResponse]
	deleteKey send[driver.DeleteAPIKeyRequest, driver.DeleteAPIKeyResponse]
	limits    send[driver.UsageLimitsRequest, driver.UsageLimitsResponse]
	setLimits send[driver.SetUsageLimitsRequest, driver.SetUsageLimitsResponse]
	transfer  send[driver.TransferOwnerRequest, driver.TransferOwnerResponse]

	account *account
	shown   string // a credential that is printed
}

func (a *account) fake() *fake {
	a.spaces = map[string]space{}
	if a.caps.Own != driver.None {
		a.own = "ws-0"
		a.spaces[a.own] = space{info: driver.Info{ID: a.own, Name: "own", Owner: driver.Account{ID: "me"}}}
	}
	return &fake{
		caps: func() driver.Capabilities { return a.caps }, ops: a.rows, get: a.get, create: a.create, list: a.list, update: a.update,
		remove: a.remove, keys: a.apiKeys, createKey: a.createKey, deleteKey: a.deleteKey, limits: a.usageLimits, setLimits: a.setUsageLimits,
		transfer: a.transfer, account: a,
	}
}

func (a *account) rows() []policy.Operation {
	rows := []policy.Operation{{Name: driver.OpGet, Idempotency: policy.ReadOnly}}
	for _, optional := range []struct {
		support driver.Support
		name    string
		class   policy.Idempotency
	}{
		{a.caps.Create, driver.OpCreate, policy.NonIdempotent}, {a.caps.List, driver.OpList, policy.ReadOnly},
		{a.caps.Update, driver.OpUpdate, policy.Idempotent}, {a.caps.Delete, driver.OpDelete, policy.NonIdempotent},
		{a.caps.APIKeys, driver.OpAPIKeys, policy.ReadOnly}, {a.caps.CreateAPIKey, driver.OpCreateAPIKey, policy.NonIdempotent},
		{a.caps.DeleteAPIKey, driver.OpDeleteAPIKey, policy.NonIdempotent}, {a.caps.UsageLimits, driver.OpUsageLimits, policy.ReadOnly},
		{a.caps.UsageLimits, driver.OpSetUsageLimits, policy.Idempotent}, {a.caps.TransferOwner, driver.OpTransferOwner, policy.NonIdempotent},
	} {
		if optional.support != driver.None {
			rows = append(rows, policy.Operation{Name: optional.name, Idempotency: optional.class})
		}
	}
	return rows
}

// driver returns the service with the interfaces that the account declares.
func (f *fake) driver() driver.Service {
	if f.shown != "" {
		return showing{plain{f}, f.shown}
	}
	switch c := f.account.caps; {
	case c.Create == driver.None:
		return plain{f}
	case c.List == driver.None:
		return keyService{makeService{plain{f}}}
	case c.APIKeys == driver.None:
		return listService{makeService{plain{f}}}
	}
	return wholeService{keyService{makeService{plain{f}}}, listService{makeService{plain{f}}}, plain{f}}
}

// showing is a driver that prints a credential.
type showing struct {
	driver.Service
	credential string
}

type plain struct{ f *fake }

func (s plain) Capabilities() driver.Capabilities { return s.f.caps() }
func (s plain) Operations() []policy.Operation    { return s.f.ops() }
func (s plain) Get(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
	return s.f.get(ctx, req)
}

type makeService struct{ plain }

func (s makeService) Create(ctx context.Context, req *driver.CreateRequest) (*driver.CreateResponse, error) {
	return s.f.create(ctx, req)
}

type listService struct{ makeService }

func (s listService) List(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
	return s.f.list(ctx, req)
}

func (s listService) Delete(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
	return s.f.remove(ctx, req)
}

type keyService struct{ makeService }

func (s keyService) Update(ctx context.Context, req *driver.UpdateRequest) (*driver.UpdateResponse, error) {
	return s.f.update(ctx, req)
}

func (s keyService) APIKeys(ctx context.Context, req *driver.APIKeysRequest) (*driver.APIKeysResponse, error) {
	return s.f.keys(ctx, req)
}

func (s keyService) CreateAPIKey(ctx context.Context, req *driver.CreateAPIKeyRequest) (*driver.CreateAPIKeyResponse, error) {
	return s.f.createKey(ctx, req)
}

func (s keyService) DeleteAPIKey(ctx context.Context, req *driver.DeleteAPIKeyRequest) (*driver.DeleteAPIKeyResponse, error) {
	return s.f.deleteKey(ctx, req)
}

type wholeService struct {
	keyService
	lists listService
	plain
}

func (s wholeService) Capabilities() driver.Capabilities { return s.plain.Capabilities() }
func (s wholeService) Operations() []policy.Operation    { return s.plain.Operations() }
func (s wholeService) Get(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
	return s.plain.Get(ctx, req)
}

func (s wholeService) List(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
	return s.lists.List(ctx, req)
}

func (s wholeService) Delete(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
	return s.lists.Delete(ctx, req)
}

func (s wholeService) UsageLimits(ctx context.Context, req *driver.UsageLimitsRequest) (*driver.UsageLimitsResponse, error) {
	return s.lists.f.limits(ctx, req)
}

func (s wholeService) SetUsageLimits(ctx context.Context, req *driver.SetUsageLimitsRequest) (*driver.SetUsageLimitsResponse, error) {
	return s.lists.f.setLimits(ctx, req)
}

func (s wholeService) TransferOwner(ctx context.Context, req *driver.TransferOwnerRequest) (*driver.TransferOwnerResponse, error) {
	return s.lists.f.transfer(ctx, req)
}

// fullCaps is all that a service can do.
func fullCaps() driver.Capabilities {
	return driver.Capabilities{
		Own: driver.Native, Get: driver.Native, Create: driver.Native, List: driver.Native, Update: driver.Native, Delete: driver.Native,
		Name: driver.NameRule{MaxChars: 60, Alphabet: driver.AnyText()}, Description: driver.Native, MaxDescriptionChars: 30,
		Languages: []string{"en", "zh"}, Options: []driver.Option{{Name: "plan", Doc: "which plan to pay for"}}, MaxPage: 3,
		CreateAPIKeyWith: driver.Native, APIKeys: driver.Native, CreateAPIKey: driver.Native, DeleteAPIKey: driver.Native,
		APIKeyName: driver.NameRule{MaxBytes: 40, Alphabet: driver.AnyText()}, APIKeyRoles: driver.Native,
		UsageLimits: driver.Native, TransferOwner: driver.Native,
	}
}

// The configurations of the reference driver.
var configs = map[string]func() *fake{
	"full": func() *fake { return (&account{caps: fullCaps()}).fake() },
	// lagging: as full, with reads that lag behind writes.
	"lagging": func() *fake {
		a := &account{caps: fullCaps(), lag: 20 * time.Second}
		a.caps.Consistency = a.lag
		return a.fake()
	},
	// named: names are ids, of few characters; there is no own workspace, and an option is required.
	"named": func() *fake {
		a := &account{caps: fullCaps()}
		a.caps.Own, a.caps.NamesAreIDs, a.caps.Name = driver.None, true, driver.NameRule{MaxBytes: 63, Alphabet: driver.Chars("0-9-"), Inner: "-"}
		a.caps.Options[0].Required = true
		return a.fake()
	},
	// replacing: names are ids, and creating replaces; there are no keys.
	"replacing": func() *fake {
		return (&account{caps: driver.Capabilities{
			Get: driver.Native, Create: driver.Native, List: driver.Native, Delete: driver.Native, CreateReplaces: true, NamesAreIDs: true,
			Name: driver.NameRule{Alphabet: driver.AnyText()}, Description: driver.Native, MaxPage: 2,
		}}).fake()
	},
	// open: the key of one workspace, which makes others that it cannot look at.
	"open": func() *fake {
		return (&account{caps: driver.Capabilities{
			Own: driver.Native, Get: driver.Emulated, Create: driver.Native, Update: driver.Native, Description: driver.Native,
			Name: driver.NameRule{MaxChars: 256, Alphabet: driver.AnyText()}, CreateAPIKeyWith: driver.Native, APIKeys: driver.Native,
			CreateAPIKey: driver.Native, DeleteAPIKey: driver.Native, APIKeyName: driver.NameRule{Alphabet: driver.AnyText()},
		}}).fake()
	},
	// bare: nothing but a workspace of its own.
	"bare": func() *fake {
		return (&account{caps: driver.Capabilities{Own: driver.Native}}).fake()
	},
}

// harness returns how the suite is run over a configuration that change has made wrong, or nil for the right one.
func harness(config string, change func(*fake)) Harness {
	h := Harness{VirtualTime: true, Secrets: []string{credential}}
	switch config {
	case "full", "lagging":
		h.NewOwner, h.Roles = "you", []string{"reader", "writer"}
	case "named":
		h.NewOwner, h.Options = "you", map[string]string{"plan": "free"}
	}
	if config == "lagging" {
		h.Settle = 20 * time.Second
	}
	var now *account
	h.Open = func(testing.TB) driver.Service {
		f := configs[config]()
		now = f.account
		if change != nil {
			change(f)
		}
		return f.driver()
	}
	if config == "open" {
		h.Remove = func(_ context.Context, id string) error {
			now.mu.Lock()
			defer now.mu.Unlock()
			now.put(id, nil)
			return nil
		}
	}
	return h
}
