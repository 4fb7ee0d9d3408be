package local

import (
	"context"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// checkEvery is after how many keys of one request the context is looked at again.
const checkEvery = 256

func (n *namespace) getBatch(ctx context.Context, req *kvdriver.GetBatchRequest) (*kvdriver.GetBatchResponse, error) {
	if err := n.account.begin(ctx); err != nil {
		return nil, err
	}
	defer n.account.leave()
	if err := acceptsBatch(n.caps.GetBatch, len(req.Keys), 0); err != nil {
		return nil, err
	}
	if err := n.acceptsKeys(req.Keys); err != nil {
		return nil, err
	}
	// Where a get does not tell metadata, a batch does if it is asked to, as the provider that is imitated.
	withMetadata := n.caps.ReadMetadata == kvdriver.Native || n.caps.ReadMetadata == kvdriver.Emulated && req.WantMetadata
	res := &kvdriver.GetBatchResponse{Results: make([]kvdriver.GetBatchResult, len(req.Keys))}
	err := n.view(func(v *view) error {
		for i, key := range req.Keys {
			if i%checkEvery == 0 && ctx.Err() != nil {
				return ended(ctx, errs.NotApplied)
			}
			r, err := v.get(n.name, key)
			if err != nil {
				res.Results[i].Err = err
				continue
			}
			n.fill(&res.Results[i].GetResponse, &r, withMetadata)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// putBatch writes all of the items or none.
func (n *namespace) putBatch(ctx context.Context, req *kvdriver.PutBatchRequest) (*kvdriver.PutBatchResponse, error) {
	if err := n.account.begin(ctx); err != nil {
		return nil, err
	}
	defer n.account.leave()
	var bytes int64
	for _, item := range req.Items {
		bytes += putBatchBytes(item)
	}
	if err := acceptsBatch(n.caps.PutBatch, len(req.Items), bytes); err != nil {
		return nil, err
	}
	type entry struct {
		key     string
		encoded []byte
		record  record // without value and metadata, which belong to the caller
	}
	now := n.account.now()
	entries := make([]entry, len(req.Items))
	for i, item := range req.Items {
		r, err := n.accepted(item, now)
		if err != nil {
			return nil, itemRefused(i, err)
		}
		entries[i] = entry{item.Key, r.encode(), record{expires: r.expires, expiry: r.expiry}}
	}
	err := n.change(ctx, int(bytes), func(o *openSpace) error {
		for i := range entries {
			if err := o.put(entries[i].key, entries[i].encoded, &entries[i].record); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kvdriver.PutBatchResponse{}, nil
}

// itemRefused says which item of a batch makes that nothing is written.
func itemRefused(i int, err error) error {
	return errs.Refuse(errs.CodeOf(err), "item %d: %s", i, err.(*errs.Error).Message)
}

func putBatchBytes(item *kvdriver.PutRequest) int64 {
	return int64(len(item.Key)) + int64(len(item.Value)) + int64(len(item.Metadata))
}

// deleteBatch removes all of the keys or none.
func (n *namespace) deleteBatch(ctx context.Context, req *kvdriver.DeleteBatchRequest) (*kvdriver.DeleteBatchResponse, error) {
	if err := n.account.begin(ctx); err != nil {
		return nil, err
	}
	defer n.account.leave()
	if err := acceptsBatch(n.caps.DeleteBatch, len(req.Keys), 0); err != nil {
		return nil, err
	}
	if err := n.acceptsKeys(req.Keys); err != nil {
		return nil, err
	}
	keys := slices.Clone(req.Keys)
	err := n.change(ctx, 0, func(o *openSpace) error {
		for _, key := range keys {
			if err := o.delete(key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kvdriver.DeleteBatchResponse{}, nil
}
