package local

import (
	"context"
	"slices"
	"time"

	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// namespace is the part of a namespace that every provider has. What some have is in facets.go.
type namespace struct {
	account *Account
	name    string
	caps    kvdriver.Capabilities
	rows    []policy.Operation
	stale   time.Duration
}

// Capabilities tells what the namespace can do.
func (n *namespace) Capabilities() kvdriver.Capabilities { return n.caps }

// Operations is the operation table.
func (n *namespace) Operations() []policy.Operation { return slices.Clone(n.rows) }

// Get returns the value of a key.
func (n *namespace) Get(ctx context.Context, req *kvdriver.GetRequest) (*kvdriver.GetResponse, error) {
	if err := n.account.begin(ctx); err != nil {
		return nil, err
	}
	defer n.account.leave()
	if err := n.caps.Key.Check("key", req.Key); err != nil {
		return nil, err
	}
	var res *kvdriver.GetResponse
	err := n.view(func(v *view) error {
		r, err := v.get(n.name, req.Key)
		if err != nil {
			return err
		}
		res = &kvdriver.GetResponse{}
		n.fill(res, &r, n.caps.ReadMetadata == kvdriver.Native)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// fill copies a record into a response.
func (n *namespace) fill(res *kvdriver.GetResponse, r *record, withMetadata bool) {
	res.Value = append(make([]byte, 0, len(r.value)), r.value...)
	if n.caps.Expiry == kvdriver.Native {
		res.Expiry = r.expiryInfo()
	}
	if withMetadata {
		res.Metadata = slices.Clone(r.metadata)
	}
}

func (r *record) expiryInfo() kvdriver.Expiry {
	if !r.expires {
		return kvdriver.NeverExpires()
	}
	return kvdriver.ExpiresAt(r.expiry)
}

// inspect returns what a get does not tell.
func (n *namespace) inspect(ctx context.Context, req *kvdriver.InspectRequest) (*kvdriver.InspectResponse, error) {
	if err := n.account.begin(ctx); err != nil {
		return nil, err
	}
	defer n.account.leave()
	if err := n.caps.Key.Check("key", req.Key); err != nil {
		return nil, err
	}
	var res kvdriver.InspectResponse
	err := n.view(func(v *view) error {
		r, err := v.get(n.name, req.Key)
		if err != nil {
			return err
		}
		if n.caps.Expiry == kvdriver.Emulated {
			res.Expiry = r.expiryInfo()
		}
		if n.caps.ReadMetadata == kvdriver.Emulated {
			res.Metadata = slices.Clone(r.metadata)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &res, nil
}

// Put writes one key.
func (n *namespace) Put(ctx context.Context, req *kvdriver.PutRequest) (*kvdriver.PutResponse, error) {
	if err := n.account.begin(ctx); err != nil {
		return nil, err
	}
	defer n.account.leave()
	r, err := n.accepted(req, n.account.now())
	if err != nil {
		return nil, err
	}
	key, encoded := req.Key, r.encode()
	r = record{expires: r.expires, expiry: r.expiry} // the rest belongs to the caller
	err = n.change(ctx, len(encoded), func(o *openSpace) error { return o.put(key, encoded, &r) })
	if err != nil {
		return nil, err
	}
	return &kvdriver.PutResponse{}, nil
}

// Delete removes one key.
func (n *namespace) Delete(ctx context.Context, req *kvdriver.DeleteRequest) (*kvdriver.DeleteResponse, error) {
	if err := n.account.begin(ctx); err != nil {
		return nil, err
	}
	defer n.account.leave()
	if err := n.caps.Key.Check("key", req.Key); err != nil {
		return nil, err
	}
	key := req.Key
	if err := n.change(ctx, 0, func(o *openSpace) error { return o.delete(key) }); err != nil {
		return nil, err
	}
	return &kvdriver.DeleteResponse{}, nil
}

// change runs fn, which owns all that it reads and writes about so many bytes, in a transaction.
func (n *namespace) change(ctx context.Context, bytes int, fn func(*openSpace) error) error {
	return n.account.write(ctx, bytes, func(t *transaction) error {
		at, err := n.account.names.find(n.name)
		if err != nil {
			return err
		}
		o := t.in(at)
		if o == nil {
			return missingNamespace(n.name)
		}
		return fn(o)
	})
}
