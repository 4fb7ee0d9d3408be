package local

import (
	"context"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// service is the part of a service that every provider has. What some have is in facets.go.
type service struct {
	account *Account
	caps    kvdriver.ServiceCapabilities
	content kvdriver.Capabilities // of each namespace
	stale   time.Duration
}

// Capabilities tells what the service can do.
func (s *service) Capabilities() kvdriver.ServiceCapabilities { return s.caps }

// OpenNamespace returns the namespace of that name.
func (s *service) OpenNamespace(ref kvdriver.NamespaceRef) (kvdriver.Namespace, error) {
	if ref.Name == "" {
		return nil, errs.Refuse(errs.InvalidArgument, "namespace name is empty")
	}
	n := &namespace{account: s.account, name: ref.Name, caps: s.content, stale: s.stale}
	n.rows = namespaceRows(facetsOf(&n.caps))
	return n.whole()
}

// namespacesPage is how many namespaces one page lists.
const namespacesPage = 100

// ListNamespaces returns one page of namespaces, in the order of the bytes of their names.
func (s *service) ListNamespaces(ctx context.Context, req *kvdriver.ListNamespacesRequest) (*kvdriver.ListNamespacesResponse, error) {
	if err := s.account.begin(ctx); err != nil {
		return nil, err
	}
	defer s.account.leave()
	from := ""
	if req.Cursor != "" {
		at, err := parseCursor(req.Cursor, "")
		if err != nil {
			return nil, err
		}
		from = at.after + "\x00" // the next string in the order of bytes
	}
	res := &kvdriver.ListNamespacesResponse{}
	err := s.account.read(func(r reader) error {
		usage := r.bucket(usageBucket)
		for c := r.bucket(namespaceBucket).seek(from); ; {
			name, raw, more := c.next()
			if !more {
				return nil
			}
			if last := len(res.Namespaces) - 1; last+1 == namespacesPage {
				res.Cursor = place{0, res.Namespaces[last].Name}.cursor("")
				return nil
			}
			n, err := decodeNamespace(raw)
			if err != nil {
				return corruptNamespace(name, err)
			}
			res.Namespaces = append(res.Namespaces, *s.info(name, &n, usage))
		}
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// info describes a namespace.
func (s *service) info(name string, n *namespaceRecord, usage bucket) *kvdriver.NamespaceInfo {
	info := &kvdriver.NamespaceInfo{NamespaceRef: kvdriver.NamespaceRef{Name: name, ID: name}, Created: n.created, Updated: n.updated}
	if s.caps.Description != kvdriver.None {
		info.Description = n.description
	}
	if s.caps.Usage != kvdriver.None {
		info.Usage = &kvdriver.Usage{UsedBytes: decodeUsage(usage.get(newSpace(n.id).id))}
	}
	return info
}

// GetNamespace describes one namespace.
func (s *service) GetNamespace(ctx context.Context, req *kvdriver.GetNamespaceRequest) (*kvdriver.GetNamespaceResponse, error) {
	if err := s.account.begin(ctx); err != nil {
		return nil, err
	}
	defer s.account.leave()
	var info *kvdriver.NamespaceInfo
	err := s.account.read(func(r reader) error {
		n, err := lookUp(r, req.Name)
		if err == nil {
			info = s.info(req.Name, &n, r.bucket(usageBucket))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &kvdriver.GetNamespaceResponse{Namespace: *info}, nil
}

// lookUp returns what is stored of a namespace.
func lookUp(r reader, name string) (namespaceRecord, error) {
	raw := r.bucket(namespaceBucket).get(name)
	if raw == nil {
		return namespaceRecord{}, missingNamespace(name)
	}
	n, err := decodeNamespace(raw)
	if err != nil {
		return n, corruptNamespace(name, err)
	}
	return n, nil
}
