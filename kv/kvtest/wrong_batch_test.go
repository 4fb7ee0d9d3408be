package kvtest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// onGetBatch exchanges the answer of every batch of gets.
func onGetBatch(change func(*driver.GetBatchRequest, *driver.GetBatchResponse)) func(*fakeSpace) {
	return func(n *fakeSpace) {
		getBatch := n.getBatch
		n.getBatch = func(ctx context.Context, req *driver.GetBatchRequest) (*driver.GetBatchResponse, error) {
			res, err := getBatch(ctx, req)
			if err == nil {
				change(req, res)
			}
			return res, err
		}
	}
}

// onPutBatch exchanges request and answer of every batch of puts.
func onPutBatch(before func([]*driver.PutRequest) []*driver.PutRequest, after func(*driver.PutBatchResponse, error) (*driver.PutBatchResponse, error)) func(*fakeSpace) {
	return func(n *fakeSpace) {
		putBatch := n.putBatch
		n.putBatch = func(ctx context.Context, req *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
			items := req.Items
			if before != nil {
				items = before(items)
			}
			res, err := putBatch(ctx, &driver.PutBatchRequest{Items: items})
			if after != nil {
				return after(res, err)
			}
			return res, err
		}
	}
}

// onDeleteBatch exchanges every batch of deletes.
func onDeleteBatch(change func(context.Context, *fakeSpace, []string, func([]string) error) error) func(*fakeSpace) {
	return func(n *fakeSpace) {
		deleteBatch := n.deleteBatch
		n.deleteBatch = func(ctx context.Context, req *driver.DeleteBatchRequest) (*driver.DeleteBatchResponse, error) {
			err := change(ctx, n, req.Keys, func(keys []string) error {
				_, err := deleteBatch(ctx, &driver.DeleteBatchRequest{Keys: keys})
				return err
			})
			if err != nil {
				return nil, err
			}
			return &driver.DeleteBatchResponse{}, nil
		}
	}
}

func wrongBatches() []wrong {
	return []wrong{
		{name: "answers a batch in its own order", config: "native", fails: "GetBatch/Order Bulk/Many", space: onGetBatch(func(_ *driver.GetBatchRequest, res *driver.GetBatchResponse) {
			slices.SortFunc(res.Results, func(a, b driver.GetBatchResult) int { return strings.Compare(string(a.Value), string(b.Value)) })
		})},
		{name: "drops a result", config: "native", fails: "GetBatch/One GetBatch/Full Bulk/Many", space: onGetBatch(func(_ *driver.GetBatchRequest, res *driver.GetBatchResponse) { res.Results = res.Results[1:] })},
		{name: "drops missing keys of a batch", config: "native", fails: "GetBatch/Missing Bulk/GetMissing", space: onGetBatch(func(_ *driver.GetBatchRequest, res *driver.GetBatchResponse) {
			res.Results = slices.DeleteFunc(res.Results, func(r driver.GetBatchResult) bool { return r.Err != nil })
		})},
		{name: "gives missing keys of a batch no error", config: "native", fails: "GetBatch/One GetBatch/Missing TTL/GoneFromBatch Bulk/GetMissing", space: onGetBatch(func(_ *driver.GetBatchRequest, res *driver.GetBatchResponse) {
			for i := range res.Results {
				res.Results[i].Err = nil
			}
		})},
		{name: "accepts more gets", config: "native", fails: "GetBatch/OverLimit", space: withCaps(func(c *driver.Capabilities) { c.GetBatch.MaxItems-- })},
		{name: "refuses a full batch of gets", config: "native", fails: "GetBatch/Full", space: withCaps(func(c *driver.Capabilities) { c.GetBatch.MaxItems++ })},
		{name: "cuts values of a batch", config: "native", fails: "GetBatch/LargeValues", space: onGetBatch(func(_ *driver.GetBatchRequest, res *driver.GetBatchResponse) {
			for i := range res.Results {
				res.Results[i].Value = res.Results[i].Value[:min(len(res.Results[i].Value), 1000)]
			}
		})},
		{name: "makes values of a batch text", config: "native", fails: "GetBatch/Binary", space: onGetBatch(func(_ *driver.GetBatchRequest, res *driver.GetBatchResponse) {
			for i := range res.Results {
				res.Results[i].Value = []byte(strings.ToValidUTF8(string(res.Results[i].Value), "\ufffd"))
			}
		})},
		{name: "calls a missing namespace missing keys", config: "native", fails: "GetBatch/MissingNamespace", space: func(n *fakeSpace) {
			getBatch := n.getBatch
			n.getBatch = func(ctx context.Context, req *driver.GetBatchRequest) (*driver.GetBatchResponse, error) {
				res, err := getBatch(ctx, req)
				if errs.CodeOf(err) == errs.NamespaceNotFound {
					res = &driver.GetBatchResponse{Results: make([]driver.GetBatchResult, len(req.Keys))}
					for i := range res.Results {
						res.Results[i].Err = refuse(errs.KeyNotFound, "not found")
					}
					return res, nil
				}
				return res, err
			}
		}},
		{name: "sorts the keys of a request", config: "native", fails: "Ownership/GetBatch", space: func(n *fakeSpace) {
			getBatch := n.getBatch
			n.getBatch = func(ctx context.Context, req *driver.GetBatchRequest) (*driver.GetBatchResponse, error) {
				slices.Sort(req.Keys)
				return getBatch(ctx, req)
			}
		}},
		{name: "accepts more puts", config: "native", fails: "PutBatch/OverLimit", space: withCaps(func(c *driver.Capabilities) { c.PutBatch.MaxItems-- })},
		{name: "writes one put less", config: "native", fails: "PutBatch/Full PutBatch/Replaces PutBatch/Bytes PutBatch/Values", space: onPutBatch(func(items []*driver.PutRequest) []*driver.PutRequest {
			return items[:len(items)-1]
		}, func(res *driver.PutBatchResponse, err error) (*driver.PutBatchResponse, error) {
			if err == nil {
				res.Errs = nil
			}
			return res, err
		})},
		{name: "answers for one put less", config: "native", fails: "PutBatch/Full", space: onPutBatch(nil, func(res *driver.PutBatchResponse, err error) (*driver.PutBatchResponse, error) {
			if err == nil {
				res.Errs = res.Errs[1:]
			}
			return res, err
		})},
		{name: "keeps old metadata in batches", config: "native", fails: "PutBatch/Replaces", space: func(n *fakeSpace) {
			putBatch := n.putBatch
			n.putBatch = func(ctx context.Context, req *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
				changed := &driver.PutBatchRequest{}
				for _, one := range req.Items {
					with := *one
					if res, err := n.get(ctx, &driver.GetRequest{Key: one.Key}); err == nil && one.Metadata == nil {
						with.Metadata = res.Metadata
					}
					changed.Items = append(changed.Items, &with)
				}
				return putBatch(ctx, changed)
			}
		}},
		{name: "loses metadata in batches", config: "native", fails: "PutBatch/Metadata Bulk/GetMetadata", space: onPutBatch(func(items []*driver.PutRequest) (changed []*driver.PutRequest) {
			for _, one := range items {
				with := *one
				with.Metadata = nil
				changed = append(changed, &with)
			}
			return changed
		}, nil)},
		{name: "escapes values in batches", config: "native", fails: "PutBatch/Values", space: onPutBatch(func(items []*driver.PutRequest) (changed []*driver.PutRequest) {
			for _, one := range items {
				with := *one
				text, _ := json.Marshal(string(one.Value))
				with.Value = text[1 : len(text)-1]
				changed = append(changed, &with)
			}
			return changed
		}, nil)},
		{name: "hides refusals of a batch", config: "native", fails: "PutBatch/PartlyRefused", space: onPutBatch(nil, func(res *driver.PutBatchResponse, err error) (*driver.PutBatchResponse, error) {
			if err == nil {
				res.Errs = nil
			}
			return res, err
		})},
		{name: "counts no bytes", config: "native", fails: "PutBatch/Bytes", space: func(n *fakeSpace) { n.putBytes = func(*driver.PutRequest) int64 { return 1 } }},
		{name: "puts into a missing namespace", config: "native", fails: "PutBatch/MissingNamespace Bulk/MissingNamespace", space: onPutBatch(nil, func(res *driver.PutBatchResponse, err error) (*driver.PutBatchResponse, error) {
			if errs.CodeOf(err) == errs.NamespaceNotFound {
				return &driver.PutBatchResponse{}, nil
			}
			return res, err
		})},
		{name: "keeps the values of a batch", config: "native", fails: "Ownership/PutBatch", space: func(n *fakeSpace) {
			putBatch, get := n.putBatch, n.get
			kept := new(conformancetest.Memo[string, []byte])
			n.putBatch = func(ctx context.Context, req *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
				for _, one := range req.Items {
					kept.Set(one.Key, one.Value)
				}
				return putBatch(ctx, req)
			}
			n.get = func(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
				res, err := get(ctx, req)
				if value, _ := kept.Get(req.Key); err == nil && len(value) > 0 {
					res.Value = slices.Clone(value)
				}
				return res, err
			}
		}},
		{name: "deletes all keys of a batch but one", config: "native", fails: "DeleteBatch/Full Bulk/Many", space: onDeleteBatch(func(_ context.Context, _ *fakeSpace, keys []string, remove func([]string) error) error {
			return remove(keys[1:])
		})},
		{name: "accepts more deletes", config: "native", fails: "DeleteBatch/OverLimit", space: withCaps(func(c *driver.Capabilities) { c.DeleteBatch.MaxItems-- })},
		{name: "deletes part of too many", config: "native", fails: "DeleteBatch/OverLimit", space: onDeleteBatch(func(_ context.Context, _ *fakeSpace, keys []string, remove func([]string) error) error {
			if len(keys) > 6 {
				_ = remove(keys[:6])
			}
			return remove(keys)
		})},
		{name: "fails to delete absent keys of a batch", config: "native", fails: "DeleteBatch/Absent", space: onDeleteBatch(func(ctx context.Context, n *fakeSpace, keys []string, remove func([]string) error) error {
			for _, key := range keys {
				if _, err := n.get(ctx, &driver.GetRequest{Key: key}); err != nil {
					return err
				}
			}
			return remove(keys)
		})},
		{name: "deletes by prefix in batches", config: "native", fails: "DeleteBatch/OthersStay", space: onDeleteBatch(func(ctx context.Context, n *fakeSpace, keys []string, remove func([]string) error) error {
			if page, err := n.list(ctx, &driver.ListRequest{Prefix: keys[0], PageSize: 6}); err == nil && len(page.Keys) > 1 {
				return remove(names(page.Keys))
			}
			return remove(keys)
		})},
		{name: "deletes from a missing namespace", config: "native", fails: "DeleteBatch/MissingNamespace", space: onDeleteBatch(func(_ context.Context, _ *fakeSpace, keys []string, remove func([]string) error) error {
			if err := remove(keys); errs.CodeOf(err) != errs.NamespaceNotFound {
				return err
			}
			return nil
		})},
		{name: "empties the keys of a request", config: "native", fails: "Ownership/DeleteBatch", space: onDeleteBatch(func(_ context.Context, _ *fakeSpace, keys []string, remove func([]string) error) error {
			err := remove(keys)
			if err == nil {
				keys[0] = ""
			}
			return err
		})},
	}
}
