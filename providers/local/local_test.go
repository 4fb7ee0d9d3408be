package local_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

// clock is a clock that the test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 500, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// store is one open store with a clock and a namespace "ns".
type store struct {
	*testing.T
	*clock
	*local.Account
	path string
}

// onBoth runs a test on a store in memory and on one in a file.
func onBoth(t *testing.T, test func(*store)) {
	t.Helper()
	for name, path := range map[string]string{"memory": "", "file": "kv.db"} {
		t.Run(name, func(t *testing.T) {
			s := &store{T: t, clock: newClock()}
			if path != "" {
				s.path = filepath.Join(t.TempDir(), path)
			}
			s.open()
			t.Cleanup(func() { s.Close() })
			s.create(s.service(local.KVOptions{}), "ns")
			test(s)
		})
	}
}

func inMemory(t *testing.T) *store {
	t.Helper()
	s := &store{T: t, clock: newClock()}
	s.open()
	t.Cleanup(func() { s.Close() })
	s.create(s.service(local.KVOptions{}), "ns")
	return s
}

func (s *store) open() {
	s.Helper()
	var err error
	if s.Account, err = local.Open(local.Options{Path: s.path, NoSync: true, Now: s.Now}); err != nil {
		s.Fatal(err)
	}
}

func (s *store) service(o local.KVOptions) driver.Service {
	s.Helper()
	service, err := s.KVService(o)
	if err != nil {
		s.Fatal(err)
	}
	return service
}

func (s *store) create(service driver.Service, name string) *driver.NamespaceInfo {
	s.Helper()
	res, err := service.(driver.NamespaceCreator).CreateNamespace(context.Background(), &driver.CreateNamespaceRequest{Name: name})
	if err != nil {
		s.Fatal(err)
	}
	return &res.Namespace
}

// ns opens the namespace "ns".
func (s *store) ns(o local.KVOptions) ns { return s.named("ns", o) }

func (s *store) named(name string, o local.KVOptions) ns {
	s.Helper()
	n, err := s.service(o).OpenNamespace(driver.NamespaceRef{Name: name})
	if err != nil {
		s.Fatal(err)
	}
	return ns{s.T, n}
}

func (s *store) usage(name string) int64 {
	s.Helper()
	info, err := s.service(local.KVOptions{}).(driver.NamespaceGetter).GetNamespace(context.Background(), &driver.GetNamespaceRequest{NamespaceRef: driver.NamespaceRef{Name: name}})
	if err != nil {
		s.Fatal(err)
	}
	return info.Namespace.Usage.UsedBytes
}

// ns is a namespace with short spellings for tests.
type ns struct {
	t *testing.T
	driver.Namespace
}

func (n ns) put(key, value string, set ...func(*driver.PutRequest)) {
	n.t.Helper()
	if err := n.tryPut(key, value, set...); err != nil {
		n.t.Fatalf("put %q: %v", key, err)
	}
}

func (n ns) tryPut(key, value string, set ...func(*driver.PutRequest)) error {
	req := &driver.PutRequest{Key: key, Value: []byte(value)}
	for _, s := range set {
		s(req)
	}
	_, err := n.Put(context.Background(), req)
	return err
}

func ttl(d time.Duration) func(*driver.PutRequest) { return func(r *driver.PutRequest) { r.TTL = d } }
func at(t time.Time) func(*driver.PutRequest)      { return func(r *driver.PutRequest) { r.ExpiresAt = t } }
func meta(json string) func(*driver.PutRequest) {
	return func(r *driver.PutRequest) { r.Metadata = []byte(json) }
}

func (n ns) delete(key string) {
	n.t.Helper()
	if _, err := n.Delete(context.Background(), &driver.DeleteRequest{Key: key}); err != nil {
		n.t.Fatalf("delete %q: %v", key, err)
	}
}

func (n ns) get(key string) (*driver.GetResponse, error) {
	return n.Get(context.Background(), &driver.GetRequest{Key: key})
}

// holds checks a key's value; "-" means that the key must be absent.
func (n ns) holds(key, want string) {
	n.t.Helper()
	res, err := n.get(key)
	switch {
	case want == "-":
		if !errors.Is(err, errs.KeyNotFound) {
			n.t.Errorf("%q: %v, %v, want KeyNotFound", key, res, err)
		}
	case err != nil:
		n.t.Errorf("%q: %v", key, err)
	case string(res.Value) != want:
		n.t.Errorf("%q holds %q, want %q", key, res.Value, want)
	}
}

// keys lists everything with the given page size.
func (n ns) keys(prefix string, page int) []string {
	n.t.Helper()
	names := []string{}
	for info, err := range n.all(prefix, page) {
		if err != nil {
			n.t.Fatal(err)
		}
		names = append(names, info.Name)
	}
	return names
}

func (n ns) all(prefix string, page int) func(func(driver.KeyInfo, error) bool) {
	return func(yield func(driver.KeyInfo, error) bool) {
		req := &driver.ListRequest{Prefix: prefix, PageSize: page}
		for {
			res, err := n.List(context.Background(), req)
			if err != nil {
				yield(driver.KeyInfo{}, err)
				return
			}
			for _, info := range res.Keys {
				if !yield(info, nil) {
					return
				}
			}
			if res.Cursor == "" {
				return
			}
			req.Cursor = res.Cursor
		}
	}
}

// refused checks that err is of a code, and certain to have changed nothing.
func refused(t *testing.T, what string, err error, code errs.Code) {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Code != code || e.Outcome != errs.NotApplied {
		t.Errorf("%s: %v, want %v, not applied", what, err, code)
	}
}
