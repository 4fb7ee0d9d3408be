package local_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

func ref(name string) driver.NamespaceRef { return driver.NamespaceRef{Name: name, ID: name} }

func rename(s driver.Service, from, to string) error {
	_, err := s.(driver.NamespaceRenamer).RenameNamespace(context.Background(), &driver.RenameNamespaceRequest{NamespaceRef: ref(from), NewName: to})
	return err
}

func drop(s driver.Service, name string) error {
	_, err := s.(driver.NamespaceDeleter).DeleteNamespace(context.Background(), &driver.DeleteNamespaceRequest{NamespaceRef: ref(name)})
	return err
}

func create(s driver.Service, name, description string) error {
	_, err := s.(driver.NamespaceCreator).CreateNamespace(context.Background(), &driver.CreateNamespaceRequest{Name: name, Description: description})
	return err
}

func describe(s driver.Service, name, text string) error {
	_, err := s.(driver.NamespaceDescriber).SetDescription(context.Background(), &driver.SetDescriptionRequest{NamespaceRef: ref(name), Description: text})
	return err
}

func get(s driver.Service, name string) (*driver.NamespaceInfo, error) {
	res, err := s.(driver.NamespaceGetter).GetNamespace(context.Background(), &driver.GetNamespaceRequest{NamespaceRef: ref(name)})
	if err != nil {
		return nil, err
	}
	return &res.Namespace, nil
}

func namespaces(t *testing.T, s driver.Service) (names []string) {
	t.Helper()
	for req := (&driver.ListNamespacesRequest{}); ; {
		res, err := s.ListNamespaces(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range res.Namespaces {
			names = append(names, info.Name)
		}
		if req.Cursor = res.Cursor; req.Cursor == "" {
			return names
		}
	}
}

func TestNamespaceLife(t *testing.T) {
	onBoth(t, func(s *store) {
		service := s.service(local.KVOptions{})
		made := s.Now()
		if err := create(service, "a", "first"); err != nil {
			s.Fatal(err)
		}
		refused(s.T, "second of the name", create(service, "a", ""), errs.AlreadyExists)
		n := s.named("a", local.KVOptions{})
		n.put("k", "v")

		s.advance(time.Minute)
		if err := describe(service, "a", "changed"); err != nil {
			s.Fatal(err)
		}
		info, err := get(service, "a")
		if err != nil || info.NamespaceRef != ref("a") || info.Description != "changed" || !info.Created.Equal(made) || !info.Updated.Equal(s.Now()) ||
			info.Usage == nil || *info.Usage != (driver.Usage{UsedBytes: 4}) {
			s.Errorf("%+v %v", info, err)
		}
		refused(s.T, "renaming onto another", rename(service, "a", "ns"), errs.AlreadyExists)
		refused(s.T, "renaming none", rename(service, "none", "b"), errs.NamespaceNotFound)
		refused(s.T, "describing none", describe(service, "none", "b"), errs.NamespaceNotFound)
		refused(s.T, "deleting none", drop(service, "none"), errs.NamespaceNotFound)
		_, err = get(service, "none")
		refused(s.T, "getting none", err, errs.NamespaceNotFound)
		if err := rename(service, "a", "a"); err != nil {
			s.Error(err)
		}
		if err := rename(service, "a", "b"); err != nil {
			s.Fatal(err)
		}
		s.missing(n)
		moved := s.named("b", local.KVOptions{})
		moved.holds("k", "v")
		if info, err := get(service, "b"); err != nil || info.Description != "changed" || info.Usage.UsedBytes != 4 {
			s.Errorf("%+v %v", info, err)
		}
		if err := create(service, "a", ""); err != nil { // the old name is free
			s.Fatal(err)
		}
		n.holds("k", "-")
		moved.put("only here", "v")
		n.holds("only here", "-")

		if err := drop(service, "b"); err != nil {
			s.Fatal(err)
		}
		s.missing(moved)
		if err := create(service, "b", ""); err != nil {
			s.Fatal(err)
		}
		moved.holds("k", "-")
		if got := s.usage("b"); got != 0 {
			s.Errorf("new namespace uses %d", got)
		}
		if got := namespaces(s.T, service); !slices.Equal(got, []string{"a", "b", "ns"}) {
			s.Errorf("namespaces are %q", got)
		}
	})
}

// missing checks that every operation says that the namespace is not there.
func (s *store) missing(n ns) {
	s.Helper()
	ctx := context.Background()
	calls := map[string]func() error{
		"get":    func() error { _, err := n.get("k"); return err },
		"put":    func() error { return n.tryPut("k", "v") },
		"delete": func() error { _, err := n.Delete(ctx, &driver.DeleteRequest{Key: "k"}); return err },
		"list":   func() error { _, err := n.List(ctx, &driver.ListRequest{PageSize: 10}); return err },
		"get batch": func() error {
			_, err := n.Namespace.(driver.BatchGetter).GetBatch(ctx, &driver.GetBatchRequest{Keys: []string{"k"}})
			return err
		},
		"put batch": func() error {
			_, err := n.Namespace.(driver.BatchPutter).PutBatch(ctx, &driver.PutBatchRequest{Items: []*driver.PutRequest{{Key: "k"}}})
			return err
		},
		"delete batch": func() error {
			_, err := n.Namespace.(driver.BatchDeleter).DeleteBatch(ctx, &driver.DeleteBatchRequest{Keys: []string{"k"}})
			return err
		},
	}
	for what, call := range calls {
		refused(s.T, what, call(), errs.NamespaceNotFound)
	}
}

func TestNamespacesSurviveReopening(t *testing.T) {
	s := &store{T: t, clock: newClock(), path: t.TempDir() + "/kv.db"}
	s.open()
	service := s.service(local.KVOptions{})
	for _, name := range []string{"a", "b", "c"} {
		s.create(service, name)
		s.named(name, local.KVOptions{}).put("in", name)
	}
	if err := rename(service, "b", "d"); err != nil {
		t.Fatal(err)
	}
	if err := drop(service, "a"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s.open()
	defer s.Close()
	service = s.service(local.KVOptions{})
	if got := namespaces(t, service); !slices.Equal(got, []string{"c", "d"}) {
		t.Errorf("namespaces are %q", got)
	}
	s.named("d", local.KVOptions{}).holds("in", "b")
	s.create(service, "a") // its id is not that of the last
	s.named("a", local.KVOptions{}).holds("in", "-")
	s.named("c", local.KVOptions{}).holds("in", "c")
}

func TestManyNamespaces(t *testing.T) {
	s := inMemory(t)
	service := s.service(local.KVOptions{})
	want := []string{"ns"}
	for i := range 250 {
		name := fmt.Sprintf("n%03d", i)
		want = append(want, name)
		s.create(service, name)
	}
	slices.Sort(want)
	if got := namespaces(t, service); !slices.Equal(got, want) {
		t.Errorf("listed %d namespaces: %q", len(got), got)
	}
	_, err := service.ListNamespaces(t.Context(), &driver.ListNamespacesRequest{Cursor: "?"})
	refused(t, "bad cursor", err, errs.InvalidArgument)
}

func TestNamespaceNamesAndDescriptions(t *testing.T) {
	s := inMemory(t)
	service := s.service(local.KVOptions{})
	long := strings.Repeat("n", 512)
	for name, good := range map[string]bool{"": false, long: true, long + "n": false, "\xff": false, "a/b c": true} {
		if err := create(service, name, ""); (err == nil) != good {
			t.Errorf("create %.20q: %v", name, err)
		} else if !good {
			refused(t, "create", err, errs.InvalidArgument)
			refused(t, "rename", rename(service, "ns", name), errs.InvalidArgument)
		}
	}
	text := strings.Repeat("é", 1024)
	if err := create(service, "described", text); err != nil {
		t.Error(err)
	}
	refused(t, "long description", create(service, "x", text+"."), errs.InvalidArgument)
	refused(t, "long description", describe(service, "ns", text+"."), errs.InvalidArgument)
	refused(t, "binary description", describe(service, "ns", "\xff"), errs.InvalidArgument)
	_, err := service.OpenNamespace(driver.NamespaceRef{})
	refused(t, "open without a name", err, errs.InvalidArgument)
}
