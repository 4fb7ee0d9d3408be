package kv_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// fakeService is a driver that records what reaches it. A test sets the functions it wants to answer itself.
type fakeService struct {
	caps       driver.ServiceCapabilities
	nsCaps     driver.Capabilities
	operations []policy.Operation
	minimal    bool // namespaces without optional interfaces
	namespaces []driver.NamespaceInfo

	mu    sync.Mutex
	calls []string

	get      func(*driver.GetRequest) (*driver.GetResponse, error)
	inspect  func(*driver.InspectRequest) (*driver.InspectResponse, error)
	put      func(*driver.PutRequest) (*driver.PutResponse, error)
	remove   func(*driver.DeleteRequest) (*driver.DeleteResponse, error)
	list     func(*driver.ListRequest) (*driver.ListResponse, error)
	getBatch func(context.Context, *driver.GetBatchRequest) (*driver.GetBatchResponse, error)
	putBatch func(context.Context, *driver.PutBatchRequest) (*driver.PutBatchResponse, error)
	delBatch func(context.Context, *driver.DeleteBatchRequest) (*driver.DeleteBatchResponse, error)
}

// everything is what a provider without limits worth mentioning can do.
func everything() driver.Capabilities {
	return driver.Capabilities{
		Key:           driver.NameRule{MaxBytes: 64, Alphabet: driver.AnyText().Without("!"), Denied: []string{".."}},
		MaxValueBytes: 1000, EmptyValue: driver.Native, BinaryValue: driver.Native,
		TTL: driver.Native, MinTTL: 60 * time.Second, MaxTTL: 1000 * time.Hour, Expiry: driver.Native,
		Metadata: driver.Native, MaxMetadataBytes: 32, ReadMetadata: driver.Emulated,
		GetBatch:    driver.Batch{Support: driver.Native, MaxItems: 3},
		PutBatch:    driver.Batch{Support: driver.Native, MaxItems: 3, MaxBytes: 100},
		DeleteBatch: driver.Batch{Support: driver.Native, MaxItems: 3},
		List:        driver.ListBounds{MinPage: 2, MaxPage: 10},
	}
}

// little is what a provider can do that has no optional powers.
func little() driver.Capabilities {
	return driver.Capabilities{
		Key:           driver.NameRule{MaxBytes: 64, Alphabet: driver.Chars("A-Za-z0-9_-")},
		MaxValueBytes: 1000, List: driver.ListBounds{MinPage: 1, MaxPage: 10},
	}
}

func newFake() *fakeService {
	f := &fakeService{
		caps: driver.ServiceCapabilities{
			Name:   driver.NameRule{MaxChars: 20, Alphabet: driver.Chars("a-z-"), Inner: "-"},
			Create: driver.Native, Get: driver.Native, Rename: driver.Native, Delete: driver.Native,
			Description: driver.Native, SetDescription: driver.Native, MaxDescriptionChars: 5,
		},
		nsCaps: everything(),
	}
	rows := map[string]policy.Idempotency{
		driver.OpGet: policy.ReadOnly, driver.OpInspect: policy.ReadOnly, driver.OpPut: policy.Idempotent,
		driver.OpDelete: policy.Idempotent, driver.OpList: policy.ReadOnly, driver.OpGetBatch: policy.ReadOnly,
		driver.OpPutBatch: policy.Idempotent, driver.OpDeleteBatch: policy.Idempotent,
		driver.OpListNamespaces: policy.ReadOnly, driver.OpGetNamespace: policy.ReadOnly,
		driver.OpCreateNamespace: policy.NonIdempotent, driver.OpRenameNamespace: policy.NonIdempotent,
		driver.OpSetDescription: policy.Idempotent, driver.OpDeleteNamespace: policy.NonIdempotent,
	}
	for name, class := range rows {
		f.operations = append(f.operations, policy.Operation{Name: name, Action: "Fake" + name, Idempotency: class})
	}
	return f
}

func (f *fakeService) record(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
}

// took returns what reached the driver since the last time.
func (f *fakeService) took() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := f.calls
	f.calls = nil
	return calls
}

// open returns the namespace "flags" over the fake, without pauses between repetitions worth mentioning.
func (f *fakeService) open(t testing.TB, opts ...kv.OpenOption) *kv.Namespace {
	t.Helper()
	ns, err := f.service(t).Namespace(t.Context(), "flags", opts...)
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

func (f *fakeService) service(t testing.TB) *kv.Service {
	t.Helper()
	s, err := kv.NewService(f, kv.ServiceOptions{Provider: "fake", Policy: policy.Policy{Retry: policy.Retry{BaseDelay: time.Nanosecond, MaxDelay: time.Nanosecond}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (f *fakeService) Capabilities() driver.ServiceCapabilities { return f.caps }
func (f *fakeService) Operations() []policy.Operation           { return f.operations }

func (f *fakeService) OpenNamespace(ref driver.NamespaceRef) (driver.Namespace, error) {
	base := fakeNamespace{f, ref}
	if f.minimal {
		return base, nil
	}
	return fullNamespace{base}, nil
}

func (f *fakeService) ListNamespaces(_ context.Context, req *driver.ListNamespacesRequest) (*driver.ListNamespacesResponse, error) {
	f.record("list namespaces %s", req.Cursor)
	at := 0
	fmt.Sscan(req.Cursor, &at)
	if at+1 >= len(f.namespaces) {
		return &driver.ListNamespacesResponse{Namespaces: f.namespaces[at:]}, nil
	}
	return &driver.ListNamespacesResponse{Namespaces: f.namespaces[at : at+1], Cursor: fmt.Sprint(at + 1)}, nil
}

func (f *fakeService) find(name string) int {
	return slices.IndexFunc(f.namespaces, func(n driver.NamespaceInfo) bool { return n.Name == name })
}

func (f *fakeService) CreateNamespace(_ context.Context, req *driver.CreateNamespaceRequest) (*driver.CreateNamespaceResponse, error) {
	f.record("create %s %q", req.Name, req.Description)
	if f.find(req.Name) >= 0 {
		return nil, errs.Refuse(errs.AlreadyExists, "taken")
	}
	info := driver.NamespaceInfo{NamespaceRef: driver.NamespaceRef{Name: req.Name, ID: fmt.Sprint("id", len(f.calls))}, Description: req.Description}
	f.namespaces = append(f.namespaces, info)
	return &driver.CreateNamespaceResponse{Namespace: info}, nil
}

func (f *fakeService) GetNamespace(_ context.Context, req *driver.GetNamespaceRequest) (*driver.GetNamespaceResponse, error) {
	f.record("get namespace %s", req.Name)
	i := f.find(req.Name)
	if i < 0 {
		return nil, errs.Refuse(errs.NamespaceNotFound, "no such namespace")
	}
	return &driver.GetNamespaceResponse{Namespace: f.namespaces[i]}, nil
}

func (f *fakeService) RenameNamespace(_ context.Context, req *driver.RenameNamespaceRequest) (*driver.RenameNamespaceResponse, error) {
	f.record("rename %s %s", req.ID, req.NewName)
	return &driver.RenameNamespaceResponse{}, nil
}

func (f *fakeService) SetDescription(_ context.Context, req *driver.SetDescriptionRequest) (*driver.SetDescriptionResponse, error) {
	f.record("describe %s %q", req.ID, req.Description)
	return &driver.SetDescriptionResponse{}, nil
}

func (f *fakeService) DeleteNamespace(_ context.Context, req *driver.DeleteNamespaceRequest) (*driver.DeleteNamespaceResponse, error) {
	f.record("delete namespace %s", req.ID)
	return &driver.DeleteNamespaceResponse{}, nil
}

// fakeNamespace has no optional interfaces.
type fakeNamespace struct {
	f   *fakeService
	ref driver.NamespaceRef
}

func (n fakeNamespace) Capabilities() driver.Capabilities { return n.f.nsCaps }
func (n fakeNamespace) Operations() []policy.Operation    { return n.f.operations }

// answer calls the test's function, or else gives the default answer.
func answer[Req, Res any](set func(Req) (Res, error), req Req, otherwise Res) (Res, error) {
	if set == nil {
		return otherwise, nil
	}
	return set(req)
}

func (n fakeNamespace) Get(_ context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
	n.f.record("get %s", req.Key)
	return answer(n.f.get, req, &driver.GetResponse{Value: []byte("v")})
}

func (n fakeNamespace) Put(_ context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
	at := ""
	if !req.ExpiresAt.IsZero() {
		at = req.ExpiresAt.UTC().Format(time.RFC3339Nano)
	}
	n.f.record("put %s=%s ttl=%v at=%s meta=%s", req.Key, req.Value, req.TTL, at, req.Metadata)
	return answer(n.f.put, req, &driver.PutResponse{})
}

func (n fakeNamespace) Delete(_ context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
	n.f.record("delete %s", req.Key)
	return answer(n.f.remove, req, &driver.DeleteResponse{})
}

func (n fakeNamespace) List(_ context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
	n.f.record("list %q %q %d", req.Prefix, req.Cursor, req.PageSize)
	return answer(n.f.list, req, &driver.ListResponse{})
}

// fullNamespace has every optional interface.
type fullNamespace struct{ fakeNamespace }

func (n fullNamespace) Inspect(_ context.Context, req *driver.InspectRequest) (*driver.InspectResponse, error) {
	n.f.record("inspect %s expiry=%v metadata=%v", req.Key, req.WantExpiry, req.WantMetadata)
	return answer(n.f.inspect, req, &driver.InspectResponse{})
}

func (n fullNamespace) GetBatch(ctx context.Context, req *driver.GetBatchRequest) (*driver.GetBatchResponse, error) {
	n.f.record("get batch %s", strings.Join(req.Keys, " "))
	if n.f.getBatch != nil {
		return n.f.getBatch(ctx, req)
	}
	res := &driver.GetBatchResponse{}
	for _, key := range req.Keys {
		res.Results = append(res.Results, driver.GetBatchResult{GetResponse: driver.GetResponse{Value: []byte("value of " + key)}})
	}
	return res, nil
}

func (n fullNamespace) PutBatch(ctx context.Context, req *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
	var keys []string
	for _, item := range req.Items {
		keys = append(keys, item.Key)
	}
	n.f.record("put batch %s", strings.Join(keys, " "))
	if n.f.putBatch != nil {
		return n.f.putBatch(ctx, req)
	}
	return &driver.PutBatchResponse{}, nil
}

func (n fullNamespace) PutBatchBytes(req *driver.PutRequest) int64 { return int64(len(req.Value)) }

func (n fullNamespace) DeleteBatch(ctx context.Context, req *driver.DeleteBatchRequest) (*driver.DeleteBatchResponse, error) {
	n.f.record("delete batch %s", strings.Join(req.Keys, " "))
	if n.f.delBatch != nil {
		return n.f.delBatch(ctx, req)
	}
	return &driver.DeleteBatchResponse{}, nil
}

// expect fails the test if what reached the driver is not what should have.
func (f *fakeService) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := f.took(); !slices.Equal(got, want) {
		t.Errorf("the driver got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }
