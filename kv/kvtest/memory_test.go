package kvtest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// memory is one open namespace of an account.
type memory struct {
	*account
	ref driver.NamespaceRef
}

// look returns the key as reads see it.
func (b *bucket) look(key string) (item, bool) {
	for len(b.due) > 0 && !b.due[0].After(time.Now()) {
		b.late[0]()
		b.late, b.due = b.late[1:], b.due[1:]
	}
	it, ok := b.seen[key]
	return it, ok && (it.expires.IsZero() || it.expires.After(time.Now()))
}

// write stores an item, or removes it where it is nil.
func (m *memory) write(b *bucket, key string, it *item) {
	apply := func(to map[string]item) {
		if it == nil {
			delete(to, key)
		} else {
			to[key] = *it
		}
	}
	apply(b.items)
	if m.lag > 0 {
		b.late, b.due = append(b.late, func() { apply(b.seen) }), append(b.due, time.Now().Add(m.lag))
	}
}

func (m *memory) answer(b *bucket, key string) (*driver.GetResponse, error) {
	it, ok := b.look(key)
	if !ok {
		return nil, refuse(errs.KeyNotFound, "no such key")
	}
	res := &driver.GetResponse{Value: bytes.Clone(it.value)}
	if m.content.Expiry == driver.Native {
		res.Expiry = it.expiry()
	}
	if m.content.ReadMetadata == driver.Native {
		res.Metadata = bytes.Clone(it.metadata)
	}
	return res, nil
}

func (it item) expiry() driver.Expiry {
	if it.expires.IsZero() {
		return driver.NeverExpires()
	}
	return driver.ExpiresAt(it.expires)
}

func (m *memory) get(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
	b, err := m.begin(ctx, m.ref)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return m.answer(b, req.Key)
}

func (m *memory) inspect(ctx context.Context, req *driver.InspectRequest) (*driver.InspectResponse, error) {
	b, err := m.begin(ctx, m.ref)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	it, ok := b.look(req.Key)
	if !ok {
		return nil, refuse(errs.KeyNotFound, "no such key")
	}
	return &driver.InspectResponse{Expiry: it.expiry(), Metadata: bytes.Clone(it.metadata)}, nil
}

// accept does what a server does with a put.
func (m *memory) accept(req *driver.PutRequest) (*item, error) {
	c := &m.content
	if err := c.Key.Check("key", req.Key); err != nil {
		return nil, err
	}
	it := &item{value: bytes.Clone(req.Value), metadata: bytes.Clone(req.Metadata), expires: req.ExpiresAt}
	now := time.Now()
	if req.TTL != 0 {
		it.expires = now.Add(req.TTL)
	}
	ahead := it.expires.Sub(now)
	switch {
	case int64(len(req.Value)) > c.MaxValueBytes || len(req.Metadata) > c.MaxMetadataBytes:
		return nil, refuse(errs.TooLarge, "too large")
	case len(req.Value) == 0 && c.EmptyValue == driver.None:
		return nil, refuse(errs.InvalidArgument, "empty")
	case req.Metadata != nil && !json.Valid(req.Metadata):
		return nil, refuse(errs.InvalidArgument, "no JSON")
	case !it.expires.IsZero() && (ahead < c.MinTTL || ahead <= 0 || c.MaxTTL > 0 && ahead > c.MaxTTL):
		return nil, refuse(errs.InvalidArgument, "expires %v from now", ahead)
	}
	return it, nil
}

func (m *memory) put(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
	b, err := m.begin(ctx, m.ref)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	it, err := m.accept(req)
	if err != nil {
		return nil, err
	}
	m.write(b, req.Key, it)
	return &driver.PutResponse{}, nil
}

func (m *memory) delete(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
	b, err := m.begin(ctx, m.ref)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	m.write(b, req.Key, nil)
	return &driver.DeleteResponse{}, nil
}

// order is the order of a listing: of bytes, or another one.
func (m *memory) order(key string) string {
	if m.content.List.Sorted {
		return key
	}
	turned := []byte(key)
	slices.Reverse(turned)
	return string(turned)
}

func (m *memory) list(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
	b, err := m.begin(ctx, m.ref)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	after, ok := strings.CutPrefix(req.Cursor, "after:")
	after, whole := strings.CutSuffix(after, ":")
	if req.Cursor != "" && !(ok && whole) || req.PageSize < m.content.List.MinPage || req.PageSize > m.content.List.MaxPage {
		return nil, refuse(errs.InvalidArgument, "cursor or page size")
	}
	res := &driver.ListResponse{}
	b.look("")
	for _, key := range slices.SortedFunc(maps.Keys(b.seen), func(x, y string) int { return cmp.Compare(m.order(x), m.order(y)) }) {
		it, ok := b.look(key)
		if !ok || !strings.HasPrefix(key, req.Prefix) || req.Cursor != "" && m.order(key) <= m.order(after) {
			continue
		}
		if len(res.Keys) == req.PageSize {
			res.Cursor = "after:" + res.Keys[len(res.Keys)-1].Name + ":"
			break
		}
		info := driver.KeyInfo{Name: key}
		if m.content.List.Expiry != driver.None {
			info.Expiry = it.expiry()
		}
		if m.content.List.Metadata != driver.None {
			info.Metadata = bytes.Clone(it.metadata)
		}
		res.Keys = append(res.Keys, info)
	}
	return res, nil
}

func (m *memory) getBatch(ctx context.Context, req *driver.GetBatchRequest) (*driver.GetBatchResponse, error) {
	b, err := m.begin(ctx, m.ref)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	if len(req.Keys) > m.content.GetBatch.MaxItems {
		return nil, refuse(errs.TooLarge, "too many keys")
	}
	res := &driver.GetBatchResponse{Results: make([]driver.GetBatchResult, len(req.Keys))}
	for i, key := range req.Keys {
		one, err := m.answer(b, key)
		if err != nil {
			res.Results[i].Err = err
			continue
		}
		it, _ := b.look(key)
		if req.WantExpiry {
			one.Expiry = it.expiry()
		}
		if req.WantMetadata {
			one.Metadata = bytes.Clone(it.metadata)
		}
		res.Results[i].GetResponse = *one
	}
	return res, nil
}

func putBytes(req *driver.PutRequest) int64 {
	return int64(len(req.Key) + len(req.Value) + len(req.Metadata) + 10)
}

func (m *memory) putBatch(ctx context.Context, req *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
	b, err := m.begin(ctx, m.ref)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	var size int64
	for _, one := range req.Items {
		size += putBytes(one)
	}
	if len(req.Items) > m.content.PutBatch.MaxItems || size > m.content.PutBatch.MaxBytes {
		return nil, refuse(errs.TooLarge, "too many keys")
	}
	res := &driver.PutBatchResponse{Errs: make([]error, len(req.Items))}
	for i, one := range req.Items {
		it, err := m.accept(one)
		if res.Errs[i] = err; err == nil {
			m.write(b, one.Key, it)
		}
	}
	return res, nil
}

func (m *memory) deleteBatch(ctx context.Context, req *driver.DeleteBatchRequest) (*driver.DeleteBatchResponse, error) {
	b, err := m.begin(ctx, m.ref)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	if len(req.Keys) > m.content.DeleteBatch.MaxItems {
		return nil, refuse(errs.TooLarge, "too many keys")
	}
	for _, key := range req.Keys {
		m.write(b, key, nil)
	}
	return &driver.DeleteBatchResponse{}, nil
}
