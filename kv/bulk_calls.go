package kv

import (
	"context"
	"iter"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// GetMany reads many keys, in as few requests as the provider allows, and yields one [Result] a key in no certain
// order. A missing key is a failed result whose Err is errs.KeyNotFound; it does not make the call fail. Nothing is sent
// until the results are ranged over. See the package documentation for what all bulk calls have in common.
func (n *Namespace) GetMany(ctx context.Context, keys iter.Seq[string], opts ...GetOption) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		o := n.current.Load()
		want := wanted(opts)
		if err := checkWanted(&o.caps, want); err != nil {
			yield(Result{}, n.service.pipe.Refused(ctx, driver.OpGetBatch, n.name, "", err))
			return
		}
		b := bulk{ns: n, op: driver.OpGetBatch, limit: o.caps.GetBatch, yield: yield}
		b.send = func(ctx context.Context, items []bulkItem) bulkReply {
			if !b.batched() {
				return single(n, b.op, items, func(item bulkItem) (Entry, error) { return n.get(ctx, item.key, want, ratelimit.Bulk) })
			}
			return n.sendGets(ctx, o, items, want)
		}
		b.run(ctx, func(yield func(bulkItem) bool) {
			for key := range keys {
				if !yield(bulkItem{key: key, refusal: checkKey(&o.caps, key)}) {
					return
				}
			}
		})
	}
}

// PutMany writes many keys, in as few requests as the provider allows, and yields one [Result] a key in no certain
// order. For a slice use slices.Values. What [Namespace.Put] refuses is a failed result here. Nothing is sent until the
// results are ranged over. See the package documentation for what all bulk calls have in common.
func (n *Namespace) PutMany(ctx context.Context, writes iter.Seq[Write], opts ...BulkOption) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		o := n.current.Load()
		limit, err := batchLimit(o.caps.PutBatch, opts)
		if err != nil {
			yield(Result{}, n.service.pipe.Refused(ctx, driver.OpPutBatch, n.name, "", err))
			return
		}
		b := bulk{ns: n, op: driver.OpPutBatch, limit: limit, yield: yield}
		b.send = func(ctx context.Context, items []bulkItem) bulkReply {
			if !b.batched() || b.limit.MaxBytes > 0 && items[0].size > b.limit.MaxBytes {
				return single(n, b.op, items, func(item bulkItem) (Entry, error) {
					_, err := do(ctx, n, (*opened).methodPut, item.key, ratelimit.Bulk, nil, item.put)
					return Entry{}, err
				})
			}
			return n.sendPuts(ctx, items)
		}
		b.run(ctx, func(yield func(bulkItem) bool) {
			for w := range writes {
				if !yield(o.newWrite(n, w)) {
					return
				}
			}
		})
	}
}

// DeleteMany deletes many keys, in as few requests as the provider allows, and yields one [Result] a key in no certain
// order. Absent keys succeed. Nothing is sent until the results are ranged over. See the package documentation for what
// all bulk calls have in common.
func (n *Namespace) DeleteMany(ctx context.Context, keys iter.Seq[string], opts ...BulkOption) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		o := n.current.Load()
		limit, err := batchLimit(o.caps.DeleteBatch, opts)
		if err != nil {
			yield(Result{}, n.service.pipe.Refused(ctx, driver.OpDeleteBatch, n.name, "", err))
			return
		}
		b := bulk{ns: n, op: driver.OpDeleteBatch, limit: limit, yield: yield}
		b.send = func(ctx context.Context, items []bulkItem) bulkReply {
			if !b.batched() {
				return single(n, b.op, items, func(item bulkItem) (Entry, error) {
					req := &driver.DeleteRequest{Key: o.caps.Key.Encoding.Encode(item.key)}
					_, err := do(ctx, n, (*opened).methodDelete, item.key, ratelimit.Bulk, nil, req)
					return Entry{}, err
				})
			}
			return n.sendDeletes(ctx, o, items)
		}
		b.run(ctx, func(yield func(bulkItem) bool) {
			for key := range keys {
				if !yield(bulkItem{key: key, refusal: checkKey(&o.caps, key)}) {
					return
				}
			}
		})
	}
}

// newWrite checks and encodes one write.
func (o *opened) newWrite(n *Namespace, w Write) bulkItem {
	req, refusal := newPut(&o.caps, n.service.now(), w.Key, w.Value, w.Options)
	item := bulkItem{key: w.Key, refusal: refusal, put: &req}
	if refusal == nil {
		o.encode(&req)
		if o.putBytes != nil {
			item.size = o.putBytes(&req)
		}
	}
	return item
}

// single makes a batch of one item by the single call.
func single(n *Namespace, op string, items []bulkItem, call func(bulkItem) (Entry, error)) bulkReply {
	key := items[0].key
	entry, err := call(items[0])
	if err != nil {
		return bulkReply{results: []Result{failedResult(n, op, key, err)}, err: err}
	}
	return bulkReply{results: []Result{{Key: key, Status: Succeeded, Entry: entry}}}
}

func (n *Namespace) sendGets(ctx context.Context, o *opened, items []bulkItem, want GetOption) bulkReply {
	b := newBatch(n, driver.OpGetBatch, items, func(item bulkItem) string { return o.caps.Key.Encoding.Encode(item.key) })
	reply := sendBatch(ctx, b, func(o *opened) *method[driver.GetBatchRequest, driver.GetBatchResponse] { return &o.getBatch },
		func(keys []string) *driver.GetBatchRequest {
			return &driver.GetBatchRequest{Keys: keys, WantExpiry: want.expiry, WantMetadata: want.metadata}
		},
		func(res *driver.GetBatchResponse, i int) (Entry, error) {
			result := &res.Results[i]
			if result.Err != nil {
				return Entry{}, result.Err
			}
			return o.entry(b.results[b.places[i]].Key, &result.GetResponse)
		},
		func(res *driver.GetBatchResponse) int { return len(res.Results) })
	for i := range reply.results { // what a batch cannot bring, such as a value that is not text, is read alone
		if r := &reply.results[i]; errs.CodeOf(r.Err) == errs.Unsupported {
			reply.err = nil
			*r = single(n, driver.OpGetBatch, items[i:i+1], func(item bulkItem) (Entry, error) {
				return n.get(ctx, item.key, want, ratelimit.Bulk)
			}).results[0]
		}
	}
	return reply
}

func (n *Namespace) sendPuts(ctx context.Context, items []bulkItem) bulkReply {
	b := newBatch(n, driver.OpPutBatch, items, func(item bulkItem) *driver.PutRequest { return item.put })
	return sendBatch(ctx, b, func(o *opened) *method[driver.PutBatchRequest, driver.PutBatchResponse] { return &o.putBatch },
		func(puts []*driver.PutRequest) *driver.PutBatchRequest { return &driver.PutBatchRequest{Items: puts} },
		func(res *driver.PutBatchResponse, i int) (Entry, error) { return Entry{}, at(res.Errs, i) },
		func(res *driver.PutBatchResponse) int { return countErrs(res.Errs) })
}

func (n *Namespace) sendDeletes(ctx context.Context, o *opened, items []bulkItem) bulkReply {
	b := newBatch(n, driver.OpDeleteBatch, items, func(item bulkItem) string { return o.caps.Key.Encoding.Encode(item.key) })
	return sendBatch(ctx, b, func(o *opened) *method[driver.DeleteBatchRequest, driver.DeleteBatchResponse] { return &o.delBatch },
		func(keys []string) *driver.DeleteBatchRequest { return &driver.DeleteBatchRequest{Keys: keys} },
		func(res *driver.DeleteBatchResponse, i int) (Entry, error) { return Entry{}, at(res.Errs, i) },
		func(res *driver.DeleteBatchResponse) int { return countErrs(res.Errs) })
}

func at(all []error, i int) error {
	if all == nil {
		return nil
	}
	return all[i]
}

// countErrs returns for how many keys a driver answered, -1 for all.
func countErrs(all []error) int {
	if all == nil {
		return -1
	}
	return len(all)
}
