package kv

import (
	"context"
	"fmt"
	"iter"
	"runtime/debug"
	"sync"
	"sync/atomic"

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
					return Entry{}, n.put(ctx, item.key, ratelimit.Bulk, nil, item.put)
				})
			}
			began := n.service.now()
			reply := n.sendPuts(ctx, items)
			if n.options.readBack {
				n.settleAll(ctx, items, began, reply.results)
			}
			return reply
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
				return single(n, b.op, items, deleteAlone(ctx, n, o))
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
	// What a batch cannot bring, such as a value that is not text, is read alone.
	return singly(n, driver.OpGetBatch, items, reply, func(item bulkItem) (Entry, error) { return n.get(ctx, item.key, want, ratelimit.Bulk) })
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
	reply := sendBatch(ctx, b, func(o *opened) *method[driver.DeleteBatchRequest, driver.DeleteBatchResponse] { return &o.delBatch },
		func(keys []string) *driver.DeleteBatchRequest { return &driver.DeleteBatchRequest{Keys: keys} },
		func(res *driver.DeleteBatchResponse, i int) (Entry, error) { return Entry{}, at(res.Errs, i) },
		func(res *driver.DeleteBatchResponse) int { return countErrs(res.Errs) })
	if reply.err != nil {
		return reply // of the request as a whole: it says nothing of single keys
	}
	// Of what the batch cannot tell whether it is gone, a delete of its own tells.
	return singly(n, driver.OpDeleteBatch, items, reply, deleteAlone(ctx, n, o))
}

// deleteAlone returns the single call of DeleteMany.
func deleteAlone(ctx context.Context, n *Namespace, o *opened) func(bulkItem) (Entry, error) {
	return func(item bulkItem) (Entry, error) {
		req := &driver.DeleteRequest{Key: o.caps.Key.Encoding.Encode(item.key)}
		_, err := do(ctx, n, (*opened).methodDelete, item.key, ratelimit.Bulk, nil, req)
		return Entry{}, err
	}
}

// singlesOfBatch is how many single requests are under way at once for one batch, of which there are two.
const singlesOfBatch = singlesInFlight / batchesInFlight

// singly makes the single call for every item of a batch whose result is errs.Unsupported: the provider can do by itself
// what its batch cannot. A failure that says that no further key can succeed is the result of those that are left, and
// the reply's. A panic of the driver or of a hook goes on in the caller's goroutine.
func singly(n *Namespace, op string, items []bulkItem, reply bulkReply, call func(bulkItem) (Entry, error)) bulkReply {
	var left []int
	for i := range reply.results {
		if errs.CodeOf(reply.results[i].Err) == errs.Unsupported {
			left = append(left, i)
		}
	}
	if len(left) == 0 {
		return reply
	}
	var next atomic.Int64
	var hopeless atomic.Pointer[errs.Error]
	panics := make(chan string, singlesOfBatch)
	worker := func() {
		defer func() {
			if panicked := recover(); panicked != nil {
				panics <- fmt.Sprintf("%v\n\n%s", panicked, debug.Stack())
			}
		}()
		for at := next.Add(1) - 1; at < int64(len(left)); at = next.Add(1) - 1 {
			r := &reply.results[left[at]]
			before := r.Err // which may hold that an earlier batch was carried out all the same
			if err := hopeless.Load(); err != nil {
				unsent := *err
				unsent.Outcome, unsent.Attempts, unsent.Resource = errs.NotApplied, 0, n.name+"/"+r.Key
				*r = failedResult(n, op, r.Key, afterwards(&unsent, before))
				continue
			}
			one := single(n, op, items[left[at]:left[at]+1], call)
			if e, ok := one.err.(*errs.Error); ok && isHopeless(e) {
				first := *e
				hopeless.Store(&first)
			}
			if *r = one.results[0]; r.Err != nil {
				*r = failedResult(n, op, r.Key, afterwards(r.Err, before))
			}
		}
	}
	var workers sync.WaitGroup
	for range min(singlesOfBatch, len(left)) {
		workers.Go(worker)
	}
	workers.Wait()
	select {
	case panicked := <-panics:
		panic(panicked)
	default:
	}
	reply.err = nil
	if err := hopeless.Load(); err != nil {
		reply.err = err
	}
	return reply
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
