package kv_test

import (
	"context"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// idle is a driver that does nothing, so that what remains is the cost of the facade.
type idle struct{ *fakeService }

func (i idle) OpenNamespace(driver.NamespaceRef) (driver.Namespace, error) {
	return &idleNamespace{caps: little(), operations: i.operations}, nil
}

type idleNamespace struct {
	caps       driver.Capabilities
	operations []policy.Operation
	response   driver.GetResponse
}

func (n *idleNamespace) Capabilities() driver.Capabilities { return n.caps }
func (n *idleNamespace) Operations() []policy.Operation    { return n.operations }
func (n *idleNamespace) Get(context.Context, *driver.GetRequest) (*driver.GetResponse, error) {
	return &n.response, nil
}
func (n *idleNamespace) Put(context.Context, *driver.PutRequest) (*driver.PutResponse, error) {
	return &driver.PutResponse{}, nil
}
func (n *idleNamespace) Delete(context.Context, *driver.DeleteRequest) (*driver.DeleteResponse, error) {
	return &driver.DeleteResponse{}, nil
}
func (n *idleNamespace) List(context.Context, *driver.ListRequest) (*driver.ListResponse, error) {
	return &driver.ListResponse{}, nil
}

func openIdle(tb testing.TB) *kv.Namespace {
	s, err := kv.NewService(idle{newFake()}, kv.ServiceOptions{Provider: "idle"})
	if err != nil {
		tb.Fatal(err)
	}
	ns, err := s.Namespace(tb.Context(), "flags")
	if err != nil {
		tb.Fatal(err)
	}
	return ns
}

// TestFacadeAllocations holds the facade to its ceilings: the request and the call's context, and nothing else.
func TestFacadeAllocations(t *testing.T) {
	ns := openIdle(t)
	ctx := context.Background()
	value := []byte("value")
	tests := []struct {
		name    string
		ceiling float64
		call    func() error
	}{
		{"get", 2, func() error { _, err := ns.Get(ctx, "key"); return err }},
		{"put", 2, func() error { return ns.Put(ctx, "key", value) }},
		{"delete", 2, func() error { return ns.Delete(ctx, "key") }},
	}
	for _, test := range tests {
		if err := test.call(); err != nil {
			t.Fatal(err)
		}
		if got := testing.AllocsPerRun(100, func() { _ = test.call() }); got > test.ceiling {
			t.Errorf("%s: %v allocations, at most %v are allowed", test.name, got, test.ceiling)
		}
	}
}

func BenchmarkFacadeGet(b *testing.B) {
	ns := openIdle(b)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ns.Get(ctx, "key"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFacadePut(b *testing.B) {
	ns := openIdle(b)
	ctx := context.Background()
	value := []byte("value")
	b.ReportAllocs()
	for b.Loop() {
		if err := ns.Put(ctx, "key", value); err != nil {
			b.Fatal(err)
		}
	}
}
