package local_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

// everyCall returns each method of a namespace and a service, bound to sound arguments.
func everyCall(s *store, like string) map[string]func(context.Context) error {
	n, service := s.ns(local.KVOptions{Like: like}).Namespace, s.service(local.KVOptions{Like: like})
	calls := map[string]func(context.Context) error{
		"Get": func(ctx context.Context) error { _, err := n.Get(ctx, &driver.GetRequest{Key: "k"}); return err },
		"Put": func(ctx context.Context) error {
			_, err := n.Put(ctx, &driver.PutRequest{Key: "k", Value: []byte("new")})
			return err
		},
		"Delete": func(ctx context.Context) error { _, err := n.Delete(ctx, &driver.DeleteRequest{Key: "k"}); return err },
		"List":   func(ctx context.Context) error { _, err := n.List(ctx, &driver.ListRequest{PageSize: 10}); return err },
		"ListNamespaces": func(ctx context.Context) error {
			_, err := service.ListNamespaces(ctx, &driver.ListNamespacesRequest{})
			return err
		},
		"CreateNamespace": func(ctx context.Context) error {
			_, err := service.(driver.NamespaceCreator).CreateNamespace(ctx, &driver.CreateNamespaceRequest{Name: "made"})
			return err
		},
		"GetNamespace": func(ctx context.Context) error {
			_, err := service.(driver.NamespaceGetter).GetNamespace(ctx, &driver.GetNamespaceRequest{NamespaceRef: ref("ns")})
			return err
		},
		"DeleteNamespace": func(ctx context.Context) error {
			_, err := service.(driver.NamespaceDeleter).DeleteNamespace(ctx, &driver.DeleteNamespaceRequest{NamespaceRef: ref("ns")})
			return err
		},
	}
	if i, ok := n.(driver.Inspector); ok {
		calls["Inspect"] = func(ctx context.Context) error {
			_, err := i.Inspect(ctx, &driver.InspectRequest{Key: "k"})
			return err
		}
	}
	if g, ok := n.(driver.BatchGetter); ok {
		calls["GetBatch"] = func(ctx context.Context) error {
			_, err := g.GetBatch(ctx, &driver.GetBatchRequest{Keys: []string{"k"}})
			return err
		}
	}
	if p, ok := n.(driver.BatchPutter); ok {
		calls["PutBatch"] = func(ctx context.Context) error {
			_, err := p.PutBatch(ctx, &driver.PutBatchRequest{Items: []*driver.PutRequest{{Key: "k", Value: []byte("new")}}})
			return err
		}
	}
	if d, ok := n.(driver.BatchDeleter); ok {
		calls["DeleteBatch"] = func(ctx context.Context) error {
			_, err := d.DeleteBatch(ctx, &driver.DeleteBatchRequest{Keys: []string{"k"}})
			return err
		}
	}
	if r, ok := service.(driver.NamespaceRenamer); ok {
		calls["RenameNamespace"] = func(ctx context.Context) error {
			_, err := r.RenameNamespace(ctx, &driver.RenameNamespaceRequest{NamespaceRef: ref("ns"), NewName: "moved"})
			return err
		}
	}
	if d, ok := service.(driver.NamespaceDescriber); ok {
		calls["SetDescription"] = func(ctx context.Context) error {
			_, err := d.SetDescription(ctx, &driver.SetDescriptionRequest{NamespaceRef: ref("ns"), Description: "new"})
			return err
		}
	}
	return calls
}

func TestEndedContext(t *testing.T) {
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	expired, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	for _, like := range []string{"", "cloudflare"} {
		s := inMemory(t)
		s.ns(local.KVOptions{}).put("k", "v")
		for name, call := range everyCall(s, like) {
			err := call(canceled)
			refused(t, name, err, errs.Canceled)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v does not hold the context's error", name, err)
			}
			err = call(expired)
			refused(t, name, err, errs.DeadlineExceeded)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v does not hold the context's error", name, err)
			}
		}
		s.ns(local.KVOptions{}).holds("k", "v")
	}
}

func TestClose(t *testing.T) {
	for _, like := range []string{"", "cloudflare"} {
		onBoth(t, func(s *store) {
			calls := everyCall(s, like)
			for range 2 {
				if err := s.Close(); err != nil {
					s.Fatal(err)
				}
			}
			for name, call := range calls {
				refused(s.T, name, call(context.Background()), errs.Closed)
			}
			_, err := s.KVService(local.KVOptions{})
			refused(s.T, "KVService", err, errs.Closed)
		})
	}
}

// What Close lets through is carried out, the rest is told so; nothing in between.
func TestCloseWhileWriting(t *testing.T) {
	path := t.TempDir() + "/kv.db"
	s := &store{T: t, clock: newClock(), path: path}
	s.open()
	s.create(s.service(local.KVOptions{}), "ns")
	n := s.ns(local.KVOptions{})
	var mu sync.Mutex
	written := map[string]bool{}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				key := fmt.Sprint(g, ".", i)
				err := n.tryPut(key, "v")
				mu.Lock()
				written[key] = err == nil
				mu.Unlock()
				if err != nil {
					refused(t, "put", err, errs.Closed)
					return
				}
				if _, err := n.List(context.Background(), &driver.ListRequest{PageSize: 100}); err != nil {
					refused(t, "list", err, errs.Closed)
				}
			}
		})
	}
	for {
		mu.Lock()
		enough := len(written) > 50
		mu.Unlock()
		if enough {
			break
		}
	}
	for range 2 {
		wg.Go(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s.open()
	defer s.Close()
	n = s.ns(local.KVOptions{})
	for key, done := range written {
		if _, err := n.get(key); (err == nil) != done {
			t.Errorf("%q: acknowledged %t, then %v", key, done, err)
		}
	}
}
