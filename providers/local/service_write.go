package local

import (
	"context"
	"encoding/binary"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// CreateNamespace makes a namespace.
func (s *service) CreateNamespace(ctx context.Context, req *kvdriver.CreateNamespaceRequest) (*kvdriver.CreateNamespaceResponse, error) {
	if err := s.account.begin(ctx); err != nil {
		return nil, err
	}
	defer s.account.leave()
	if err := s.acceptsName(req.Name); err != nil {
		return nil, err
	}
	if err := s.acceptsDescription(s.caps.Description, req.Description); err != nil {
		return nil, err
	}
	now := s.account.now().UTC()
	name, made := req.Name, namespaceRecord{created: now, updated: now, description: req.Description}
	var info *kvdriver.NamespaceInfo
	err := s.account.write(ctx, 0, func(t *transaction) error {
		if err := s.isFree(t, name); err != nil {
			return err
		}
		if err := s.hasRoom(t); err != nil {
			return err
		}
		if err := t.create(name, &made); err != nil {
			return err
		}
		info = s.info(name, &made, t.w.bucket(usageBucket))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kvdriver.CreateNamespaceResponse{Namespace: *info}, nil
}

// create makes a namespace under a free name, and gives it an id.
func (t *transaction) create(name string, made *namespaceRecord) error {
	t.changes++
	store := t.w.bucket(storeBucket)
	made.id = uint64(decodeUsage(store.get(nextIDKey))) + 1
	if err := store.put(nextIDKey, binary.BigEndian.AppendUint64(nil, made.id)); err != nil {
		return err
	}
	at := newSpace(made.id)
	for _, bucket := range []string{at.records, at.expiry} {
		if err := t.w.create(bucket); err != nil {
			return err
		}
	}
	t.committed = append(t.committed, func() { t.names.set(name, at) })
	return t.w.bucket(namespaceBucket).put(name, made.encode())
}

func (s *service) isFree(t *transaction, name string) error {
	if t.w.bucket(namespaceBucket).get(name) != nil {
		return errs.Refuse(errs.AlreadyExists, "there is a namespace %q", name)
	}
	return nil
}

// hasRoom checks that there may be one more namespace.
func (s *service) hasRoom(t *transaction) error {
	if s.caps.MaxNamespaces == 0 {
		return nil
	}
	count := 0
	for c := t.w.bucket(namespaceBucket).seek(""); ; count++ {
		if count == s.caps.MaxNamespaces {
			return errs.Refuse(errs.QuotaExceeded, "there are %d namespaces, more are not possible", count)
		}
		if _, _, more := c.next(); !more {
			return nil
		}
	}
}

func (s *service) rename(ctx context.Context, req *kvdriver.RenameNamespaceRequest) (*kvdriver.RenameNamespaceResponse, error) {
	if err := s.account.begin(ctx); err != nil {
		return nil, err
	}
	defer s.account.leave()
	if err := s.acceptsName(req.NewName); err != nil {
		return nil, err
	}
	from, to, now := req.Name, req.NewName, s.account.now().UTC()
	return respond[kvdriver.RenameNamespaceResponse](s.account.write(ctx, 0, func(t *transaction) error {
		n, err := lookUp(t.w, from)
		if err != nil || from == to {
			return err
		}
		if err := s.isFree(t, to); err != nil {
			return err
		}
		t.changes++
		n.updated = now
		all := t.w.bucket(namespaceBucket)
		if err := all.delete(from); err != nil {
			return err
		}
		t.committed = append(t.committed, func() { t.names.move(from, to) })
		return all.put(to, n.encode())
	}))
}

func (s *service) setDescription(ctx context.Context, req *kvdriver.SetDescriptionRequest) (*kvdriver.SetDescriptionResponse, error) {
	if err := s.account.begin(ctx); err != nil {
		return nil, err
	}
	defer s.account.leave()
	if err := s.acceptsDescription(s.caps.SetDescription, req.Description); err != nil {
		return nil, err
	}
	name, text, now := req.Name, req.Description, s.account.now().UTC()
	return respond[kvdriver.SetDescriptionResponse](s.account.write(ctx, 0, func(t *transaction) error {
		n, err := lookUp(t.w, name)
		if err != nil {
			return err
		}
		t.changes++
		n.description, n.updated = text, now
		return t.w.bucket(namespaceBucket).put(name, n.encode())
	}))
}

// DeleteNamespace removes a namespace and all of its keys.
func (s *service) DeleteNamespace(ctx context.Context, req *kvdriver.DeleteNamespaceRequest) (*kvdriver.DeleteNamespaceResponse, error) {
	if err := s.account.begin(ctx); err != nil {
		return nil, err
	}
	defer s.account.leave()
	name := req.Name
	return respond[kvdriver.DeleteNamespaceResponse](s.account.write(ctx, 0, func(t *transaction) error {
		n, err := lookUp(t.w, name)
		if err != nil {
			return err
		}
		at := newSpace(n.id)
		t.committed = append(t.committed, func() {
			t.names.set(name, nil)
			s.account.past.forget(at.id)
		})
		if err := t.drop(at); err != nil {
			return err
		}
		return t.w.bucket(namespaceBucket).delete(name)
	}))
}

// respond gives an empty response unless there is an error.
func respond[Res any](err error) (*Res, error) {
	if err != nil {
		return nil, err
	}
	return new(Res), nil
}

// maxNameBytes is the longest name that the store takes, whatever another provider takes.
const maxNameBytes = 4096

func (s *service) acceptsName(name string) error {
	if len(name) > maxNameBytes {
		return errs.Refuse(errs.InvalidArgument, "namespace name has %d bytes, at most %d are accepted", len(name), maxNameBytes)
	}
	return s.caps.Name.Check("namespace name", name)
}
