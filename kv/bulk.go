package kv

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// Without batches of the provider's, that many single requests are under way at once: two batches of sixteen.
const singlesInFlight = 32

// batchesInFlight bounds what a bulk call holds in memory, however long its input: the batch being filled and the
// ones under way are together never more.
const batchesInFlight = 2

// keysInFlight is how many keys a bulk call that holds no values may have under way in small batches. With two requests at
// a time a provider that takes 20 keys in each, and is a fifth of a second away, would get half of the requests that its rate
// allows.
const keysInFlight = 1000

// bulkItem is one key of a bulk call.
type bulkItem struct {
	key     string
	put     *driver.PutRequest // of PutMany, encoded
	size    int64              // of PutMany, in the vendor's encoding
	refusal error              // why it must not be sent
}

// bulkReply is what became of one batch.
type bulkReply struct {
	results []Result // one an item
	err     error    // why the request failed as a whole, nil if each key was answered

	panicked any // with what a driver or a hook has panicked, for the caller to meet
	stack    []byte
}

// bulk is one bulk call while it runs. It runs in the caller's goroutine but for the requests.
type bulk struct {
	ns    *Namespace
	op    string
	limit driver.Batch
	// send makes one request; it is called in a goroutine of its own.
	send  func(context.Context, []bulkItem) bulkReply
	yield func(Result, error) bool

	ctx      context.Context
	replies  chan bulkReply
	inFlight int
	pending  map[string]struct{} // keys being collected or under way
	batch    []bulkItem
	bytes    int64
	stopped  bool // the caller wants no more
	hopeless bool // a failed request says that no further key can succeed
	tally    tally
}

// run reads the input, sends it in batches, and yields one result a key and at last, unless every key succeeded,
// an error that sums up.
func (b *bulk) run(ctx context.Context, input iter.Seq[bulkItem]) {
	ctx, cancel := context.WithCancel(ctx)
	b.ctx = ctx
	b.replies = make(chan bulkReply, b.maxInFlight())
	b.pending = make(map[string]struct{})
	defer func() {
		cancel()
		for ; b.inFlight > 0; b.inFlight-- {
			<-b.replies
		}
	}()
	for item := range input {
		if b.add(item); b.stopped {
			return
		}
		if b.hopeless || b.ended() {
			b.tally.cut = true
			break
		}
	}
	b.start()
	for b.inFlight > 0 && !b.stopped {
		b.receive(<-b.replies)
	}
	if err := b.tally.err(b.ns, b.op); err != nil && !b.stopped {
		b.yield(Result{}, err)
	}
}

func (b *bulk) batched() bool { return b.limit.Support != None }

func (b *bulk) maxItems() int {
	if b.batched() {
		return b.limit.MaxItems
	}
	return 1
}

func (b *bulk) maxInFlight() int {
	switch {
	case !b.batched():
		return singlesInFlight
	case b.op == driver.OpDeleteBatch: // neither its requests nor its replies have values
		return max(batchesInFlight, min(singlesInFlight, keysInFlight/b.limit.MaxItems))
	}
	return batchesInFlight
}

// add takes one item into the batch, sending the batch when it is full.
func (b *bulk) add(item bulkItem) {
	if _, twice := b.pending[item.key]; twice && item.refusal == nil {
		item.refusal = errs.Refuse(errs.InvalidArgument, "the key is given twice while its first write or read is under way")
	}
	if item.refusal != nil {
		err := b.ns.service.pipe.Refused(b.ctx, b.op, b.ns.name, item.key, item.refusal)
		b.deliver(Result{Key: item.key, Status: Failed, Err: err})
		return
	}
	if b.limit.MaxBytes > 0 && len(b.batch) > 0 && b.bytes+item.size > b.limit.MaxBytes {
		b.start()
	}
	for len(b.batch) == 0 && b.inFlight >= b.maxInFlight() && !b.stopped {
		b.receive(<-b.replies)
	}
	b.batch = append(b.batch, item)
	b.bytes += item.size
	b.pending[item.key] = struct{}{}
	if len(b.batch) == b.maxItems() {
		b.start()
	}
	for !b.stopped {
		select {
		case reply := <-b.replies:
			b.receive(reply)
			continue
		default:
		}
		return
	}
}

// start sends the collected batch.
func (b *bulk) start() {
	if len(b.batch) == 0 || b.stopped {
		return
	}
	batch := b.batch
	b.batch, b.bytes = nil, 0
	b.inFlight++
	go func() {
		var reply bulkReply
		defer func() {
			if reply.panicked = recover(); reply.panicked != nil {
				reply.stack = debug.Stack()
			}
			b.replies <- reply
		}()
		reply = b.send(b.ctx, batch)
	}()
}

func (b *bulk) receive(reply bulkReply) {
	b.inFlight--
	if reply.panicked != nil {
		panic(fmt.Sprintf("%v\n\n%s", reply.panicked, reply.stack)) // where it can be recovered
	}
	b.hopeless = b.hopeless || isHopeless(reply.err)
	for _, r := range reply.results {
		delete(b.pending, r.Key)
	}
	for _, r := range reply.results {
		if b.deliver(r); b.stopped {
			return
		}
	}
}

// isHopeless reports whether a request's failure says that no further key can succeed.
func isHopeless(err error) bool {
	switch errs.CodeOf(err) {
	case errs.Closed, errs.Unauthenticated, errs.PermissionDenied, errs.NamespaceNotFound:
		return true
	}
	return false
}

func (b *bulk) deliver(r Result) {
	b.tally.count(r)
	b.stopped = !b.yield(r, nil)
}

// failedResult completes the error of one key.
func failedResult(n *Namespace, op, key string, err error) Result {
	err = n.complete(err, op, key)
	return Result{Key: key, Status: statusOf(err), Err: err}
}

func statusOf(err error) Status {
	if e, ok := errors.AsType[*errs.Error](err); ok && e != nil && e.Outcome == errs.NotApplied {
		return Failed
	}
	return Unknown
}

// ended reports that the caller's context is over.
func (b *bulk) ended() bool {
	err := b.ctx.Err()
	if err != nil && b.tally.first == nil {
		b.tally.first = b.ns.complete(errs.Refuse(errs.CodeOf(err), "%w", err), b.op, "")
	}
	return err != nil
}

// tally counts the results of a bulk call.
type tally struct {
	succeeded, missing, failed, unknown int

	first error // the first failure that is not a missing key
	cut   bool  // the input was not read to its end
}

func (t *tally) count(r Result) {
	switch {
	case r.Status == Succeeded:
		t.succeeded++
		return
	case errs.CodeOf(r.Err) == errs.KeyNotFound:
		t.missing++ // which is an answer, not a failure
		return
	case r.Status == Unknown:
		t.unknown++
	default:
		t.failed++
	}
	if t.first == nil {
		t.first = r.Err
	}
}

// err returns nil if every key succeeded, else what went wrong first, with the counts.
func (t *tally) err(n *Namespace, op string) error {
	if t.first == nil {
		return nil
	}
	sum := &errs.Error{Code: errs.CodeOf(t.first), Outcome: errs.NotApplied, Provider: n.service.provider, Op: op, Resource: n.name, Err: t.first}
	if first, ok := errors.AsType[*errs.Error](t.first); ok {
		sum.Retry, sum.RetryAfter, sum.Attempts = first.Retry, first.RetryAfter, first.Attempts
	}
	switch {
	case op == driver.OpGetBatch: // reads change nothing
	case t.succeeded > 0 || t.unknown > 0: // part of it was done, or may have been
		sum.Outcome = errs.Ambiguous
		sum.Attempts = max(sum.Attempts, 1)
	}
	sum.Message = fmt.Sprintf("%d keys succeeded, %d failed, %d unknown", t.succeeded, t.failed, t.unknown)
	if t.missing > 0 {
		sum.Message += fmt.Sprintf(", %d are missing", t.missing)
	}
	if t.cut {
		sum.Message += "; the input was not read to its end"
	}
	if sum.Outcome == errs.Ambiguous {
		sum.Message += "; the outcome is that of the whole call, each result tells that of its key"
	}
	sum.Message += "; the first failure: " + t.first.Error()
	return sum
}
