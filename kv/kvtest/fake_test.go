package kvtest

import (
	"context"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// credential is what the drivers of these tests are opened with.
const credential = "credential-Kp3Vt8Yd"

// fakeService is a service as a table of functions, so that a wrong driver can exchange one.
type fakeService struct {
	caps     func() driver.ServiceCapabilities
	ops      func() []policy.Operation
	list     func(context.Context, *driver.ListNamespacesRequest) (*driver.ListNamespacesResponse, error)
	create   func(context.Context, *driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error)
	get      func(context.Context, *driver.GetNamespaceRequest) (*driver.NamespaceInfo, error)
	rename   func(context.Context, *driver.RenameNamespaceRequest) error
	describe func(context.Context, *driver.SetDescriptionRequest) error
	remove   func(context.Context, *driver.DeleteNamespaceRequest) error
	open     func(driver.NamespaceRef) (*fakeSpace, error)

	account *account
	shown   string           // a credential that is printed
	level   int              // 0: list only, 1: create and delete too, 2: everything
	facets  int              // of its namespaces
	spoil   func(*fakeSpace) // what a wrong driver does to every namespace
}

// fakeSpace is a namespace as a table of functions.
type fakeSpace struct {
	service     *fakeService
	ref         driver.NamespaceRef
	caps        func() driver.Capabilities
	ops         func() []policy.Operation
	get         func(context.Context, *driver.GetRequest) (*driver.GetResponse, error)
	inspect     func(context.Context, *driver.InspectRequest) (*driver.InspectResponse, error)
	put         func(context.Context, *driver.PutRequest) (*driver.PutResponse, error)
	remove      func(context.Context, *driver.DeleteRequest) (*driver.DeleteResponse, error)
	list        func(context.Context, *driver.ListRequest) (*driver.ListResponse, error)
	getBatch    func(context.Context, *driver.GetBatchRequest) (*driver.GetBatchResponse, error)
	putBatch    func(context.Context, *driver.PutBatchRequest) (*driver.PutBatchResponse, error)
	putBytes    func(*driver.PutRequest) int64
	deleteBatch func(context.Context, *driver.DeleteBatchRequest) (*driver.DeleteBatchResponse, error)
}

// The facets of a namespace.
const (
	withInspect = 1 << iota
	withBatches
)

func (a *account) fake(level, facets int) *fakeService {
	f := &fakeService{
		caps: func() driver.ServiceCapabilities { return a.service }, list: a.listNamespaces, create: a.createNamespace, get: a.getNamespace,
		rename: a.renameNamespace, describe: a.setDescription, remove: a.deleteNamespace, account: a, level: level, facets: facets,
	}
	f.ops = func() []policy.Operation {
		rows := []policy.Operation{{Name: driver.OpListNamespaces, Idempotency: policy.ReadOnly}}
		if f.level > 0 {
			rows = append(rows, policy.Operation{Name: driver.OpCreateNamespace}, policy.Operation{Name: driver.OpDeleteNamespace})
		}
		if f.level > 1 {
			rows = append(rows, policy.Operation{Name: driver.OpGetNamespace, Idempotency: policy.ReadOnly},
				policy.Operation{Name: driver.OpRenameNamespace}, policy.Operation{Name: driver.OpSetDescription, Idempotency: policy.Idempotent})
		}
		return rows
	}
	f.open = func(ref driver.NamespaceRef) (*fakeSpace, error) {
		m := &memory{account: a, ref: ref}
		return &fakeSpace{
			service: f, ref: ref, caps: func() driver.Capabilities { return a.content }, ops: f.rows, get: m.get, inspect: m.inspect, put: m.put,
			remove: m.delete, list: m.list, getBatch: m.getBatch, putBatch: m.putBatch, putBytes: putBytes, deleteBatch: m.deleteBatch,
		}, nil
	}
	return f
}

// rows is the operation table of a namespace.
func (f *fakeService) rows() []policy.Operation {
	rows := []policy.Operation{
		{Name: driver.OpGet, Idempotency: policy.ReadOnly}, {Name: driver.OpPut, Idempotency: policy.Idempotent},
		{Name: driver.OpDelete, Idempotency: policy.Idempotent}, {Name: driver.OpList, Idempotency: policy.ReadOnly},
	}
	if f.facets&withInspect != 0 {
		rows = append(rows, policy.Operation{Name: driver.OpInspect, Idempotency: policy.ReadOnly})
	}
	if f.facets&withBatches != 0 {
		rows = append(rows, policy.Operation{Name: driver.OpGetBatch, Idempotency: policy.ReadOnly},
			policy.Operation{Name: driver.OpPutBatch, Idempotency: policy.Idempotent}, policy.Operation{Name: driver.OpDeleteBatch, Idempotency: policy.Idempotent})
	}
	return rows
}

func (f *fakeService) driver() driver.Service {
	if f.shown != "" {
		return showing{listService{f}, f.shown}
	}
	switch f.level {
	case 0:
		return listService{f}
	case 1:
		return basicService{listService{f}}
	}
	return wholeService{basicService{listService{f}}}
}

// showing is a driver that prints a credential.
type showing struct {
	driver.Service
	credential string
}

type listService struct{ f *fakeService }

func (s listService) Capabilities() driver.ServiceCapabilities { return s.f.caps() }
func (s listService) Operations() []policy.Operation           { return s.f.ops() }
func (s listService) ListNamespaces(ctx context.Context, req *driver.ListNamespacesRequest) (*driver.ListNamespacesResponse, error) {
	return s.f.list(ctx, req)
}

func (s listService) OpenNamespace(ref driver.NamespaceRef) (driver.Namespace, error) {
	n, err := s.f.open(ref)
	if err != nil {
		return nil, err
	}
	if s.f.spoil != nil {
		s.f.spoil(n)
	}
	switch s.f.facets {
	case withInspect:
		return inspectSpace{plainSpace{n}}, nil
	case withBatches:
		return batchSpace{plainSpace{n}}, nil
	case withInspect | withBatches:
		return wholeSpace{batchSpace{plainSpace{n}}}, nil
	}
	return plainSpace{n}, nil
}

type basicService struct{ listService }

func (s basicService) CreateNamespace(ctx context.Context, req *driver.CreateNamespaceRequest) (*driver.CreateNamespaceResponse, error) {
	info, err := s.f.create(ctx, req)
	if info == nil {
		return nil, err
	}
	return &driver.CreateNamespaceResponse{Namespace: *info}, err
}

func (s basicService) DeleteNamespace(ctx context.Context, req *driver.DeleteNamespaceRequest) (*driver.DeleteNamespaceResponse, error) {
	return respond[driver.DeleteNamespaceResponse](s.f.remove(ctx, req))
}

// respond gives an empty response unless there is an error.
func respond[Res any](err error) (*Res, error) {
	if err != nil {
		return nil, err
	}
	return new(Res), nil
}

type wholeService struct{ basicService }

func (s wholeService) GetNamespace(ctx context.Context, req *driver.GetNamespaceRequest) (*driver.GetNamespaceResponse, error) {
	info, err := s.f.get(ctx, req)
	if info == nil {
		return nil, err
	}
	return &driver.GetNamespaceResponse{Namespace: *info}, err
}

func (s wholeService) RenameNamespace(ctx context.Context, req *driver.RenameNamespaceRequest) (*driver.RenameNamespaceResponse, error) {
	return respond[driver.RenameNamespaceResponse](s.f.rename(ctx, req))
}

func (s wholeService) SetDescription(ctx context.Context, req *driver.SetDescriptionRequest) (*driver.SetDescriptionResponse, error) {
	return respond[driver.SetDescriptionResponse](s.f.describe(ctx, req))
}

type plainSpace struct{ f *fakeSpace }

func (n plainSpace) Capabilities() driver.Capabilities { return n.f.caps() }
func (n plainSpace) Operations() []policy.Operation    { return n.f.ops() }
func (n plainSpace) Get(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
	return n.f.get(ctx, req)
}

func (n plainSpace) Put(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
	return n.f.put(ctx, req)
}

func (n plainSpace) Delete(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
	return n.f.remove(ctx, req)
}

func (n plainSpace) List(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
	return n.f.list(ctx, req)
}

type inspectSpace struct{ plainSpace }

func (n inspectSpace) Inspect(ctx context.Context, req *driver.InspectRequest) (*driver.InspectResponse, error) {
	return n.f.inspect(ctx, req)
}

type batchSpace struct{ plainSpace }

func (n batchSpace) GetBatch(ctx context.Context, req *driver.GetBatchRequest) (*driver.GetBatchResponse, error) {
	return n.f.getBatch(ctx, req)
}

func (n batchSpace) PutBatch(ctx context.Context, req *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
	return n.f.putBatch(ctx, req)
}

func (n batchSpace) PutBatchBytes(req *driver.PutRequest) int64 { return n.f.putBytes(req) }

func (n batchSpace) DeleteBatch(ctx context.Context, req *driver.DeleteBatchRequest) (*driver.DeleteBatchResponse, error) {
	return n.f.deleteBatch(ctx, req)
}

type wholeSpace struct{ batchSpace }

func (n wholeSpace) Inspect(ctx context.Context, req *driver.InspectRequest) (*driver.InspectResponse, error) {
	return n.f.inspect(ctx, req)
}

// The configurations of the reference driver.
var configs = map[string]func() *fakeService{
	"native": func() *fakeService { return nativeAccount().fake(2, withBatches) },
	// lagging: as native, with reads that lag behind writes.
	"lagging": func() *fakeService {
		a := nativeAccount()
		a.lag, a.content.Consistency = 20*time.Second, 20*time.Second
		return a.fake(2, withBatches)
	},
	// byID: namespaces have ids, and metadata costs a request of its own.
	"byID": func() *fakeService {
		a := nativeAccount()
		a.service.Address, a.service.MaxNamespaces, a.service.MaxDescriptionChars = driver.ByID, 0, 0
		a.content.ReadMetadata, a.content.List.Metadata, a.content.List.Expiry = driver.Emulated, driver.None, driver.None
		return a.fake(2, withBatches|withInspect)
	},
	// minimal: no batches, no metadata, text only, narrow keys, no order, and expiry costs a request of its own.
	"minimal": func() *fakeService {
		narrow := driver.Chars("A-Za-z0-9_-")
		a := &account{
			service: driver.ServiceCapabilities{
				Name:   driver.NameRule{MaxChars: 50, Alphabet: driver.Chars("A-Za-z0-9-"), Inner: "-"},
				Create: driver.Native, Get: driver.Emulated, Delete: driver.Native,
			},
			content: driver.Capabilities{
				Key: driver.NameRule{MaxChars: 32, Alphabet: narrow}, MaxValueBytes: 1000, TTL: driver.Native, MinTTL: time.Second,
				MaxTTL: time.Hour, Expiry: driver.Emulated, List: driver.ListBounds{MinPage: 1, MaxPage: 7, MaxKeys: 50},
			},
		}
		return a.fake(1, withInspect)
	},
	// bare: nothing but keys and values, in one namespace that is there.
	"bare": func() *fakeService {
		a := &account{
			service: driver.ServiceCapabilities{Name: driver.NameRule{Alphabet: driver.AnyText()}},
			content: driver.Capabilities{
				Key: driver.NameRule{Alphabet: driver.Chars("0-9")}, MaxValueBytes: 1000, List: driver.ListBounds{MinPage: 1, MaxPage: 7},
			},
		}
		b := &bucket{id: "scratch", name: "scratch", items: map[string]item{"1": {value: []byte("of others")}}}
		b.seen = b.items
		a.spaces = []*bucket{b}
		return a.fake(0, 0)
	},
}

func nativeAccount() *account {
	return &account{
		service: driver.ServiceCapabilities{
			Name: driver.NameRule{MaxChars: 60, MaxBytes: 100, Alphabet: driver.AnyText()}, Create: driver.Native, Get: driver.Native,
			Rename: driver.Native, Delete: driver.Native, Description: driver.Native, SetDescription: driver.Native,
			MaxDescriptionChars: 40, Usage: driver.Native, MaxNamespaces: 12,
		},
		content: driver.Capabilities{
			Key:           driver.NameRule{MaxBytes: 64, Alphabet: driver.AnyText(), Denied: []string{".", ".."}},
			MaxValueBytes: 2000, EmptyValue: driver.Native, BinaryValue: driver.Native,
			TTL: driver.Native, MinTTL: time.Minute, Expiry: driver.Native,
			Metadata: driver.Native, MaxMetadataBytes: 100, ReadMetadata: driver.Native,
			GetBatch:    driver.Batch{Support: driver.Native, MaxItems: 5},
			PutBatch:    driver.Batch{Support: driver.Native, MaxItems: 4, MaxBytes: 8000},
			DeleteBatch: driver.Batch{Support: driver.Native, MaxItems: 6},
			List:        driver.ListBounds{MinPage: 2, MaxPage: 10, Expiry: driver.Native, Metadata: driver.Native, Sorted: true},
		},
	}
}

// harness returns how the suite is run over a configuration that change has made wrong, or nil for the right one.
func harness(config string, change func(*fakeService)) Harness {
	h := Harness{VirtualTime: true, Secrets: []string{credential}}
	switch config {
	case "bare":
		h.Namespace = "scratch"
	case "lagging":
		h.Settle = 20 * time.Second
	}
	h.Open = func(testing.TB) driver.Service {
		f := configs[config]()
		if change != nil {
			change(f)
		}
		return f.driver()
	}
	return h
}
