package kv

import (
	"context"
	"errors"
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// batch is one request for several keys while it is sent, and sent again for those that failed.
type batch[E any] struct {
	ns      *Namespace
	op      string
	entries []E   // what is still to be sent
	places  []int // where they stand in results
	results []Result
	sent    int
	// spoiled is the strongest outcome of requests that failed as a whole while the entries left were in them.
	spoiled errs.Outcome
	// answered tells that the last request was answered key by key.
	answered bool
	// reads tells that the requests change nothing.
	reads bool
}

func newBatch[E any](n *Namespace, op string, items []bulkItem, entry func(bulkItem) E) *batch[E] {
	b := &batch[E]{ns: n, op: op, reads: op == driver.OpGetBatch, spoiled: errs.NotApplied, results: make([]Result, len(items))}
	for i, item := range items {
		b.entries = append(b.entries, entry(item))
		b.places = append(b.places, i)
		b.results[i].Key = item.key
	}
	return b
}

// sendBatch sends the entries through the pipeline until each is settled or no repetition is left. request makes a
// request of the entries still to be sent, and answer gives the result of its i-th entry.
func sendBatch[E, Req, Res any](
	ctx context.Context, b *batch[E], pick func(*opened) *method[Req, Res],
	request func([]E) *Req, answer func(*Res, int) (Entry, error), count func(*Res) int,
) bulkReply {
	attempt := func(ctx context.Context, m *method[Req, Res], req *Req) (*Res, error) {
		b.sent++
		b.answered = false
		res, err := m.Send(ctx, request(b.entries)) // not req, which is the pipeline's
		if err == nil {
			if n := count(res); n >= 0 && n != len(b.entries) {
				err = &errs.Error{Code: errs.Corrupt, Message: fmt.Sprintf("the provider answered for %d of %d keys", n, len(b.entries))}
			}
		}
		if err != nil {
			b.spoiled = b.spoiled.Strongest(outcomeOf(err))
			return nil, err
		}
		b.answered = true
		err = b.settle(func(i int) (Entry, error) { return answer(res, i) })
		*req = *request(b.entries) // those whose turn the next attempt waits for
		return res, err
	}
	pickRepeatable := func(o *opened) *method[Req, Res] {
		m := pick(o)
		return &method[Req, Res]{Op: m.Op, Send: func(ctx context.Context, req *Req) (*Res, error) { return attempt(ctx, m, req) }}
	}
	_, err := do(ctx, b.ns, pickRepeatable, "", ratelimit.Bulk, nil, request(b.entries))
	if err == nil {
		return bulkReply{results: b.results}
	}
	if b.answered && !isInterruption(err) {
		for _, place := range b.places {
			// The errors are copies of ours. What the pipeline says of repeating the request goes for its keys.
			b.results[place].Err.(*errs.Error).Retry = retryOf(err)
		}
		return bulkReply{results: b.results}
	}
	for _, place := range b.places {
		b.results[place] = failedResult(b.ns, b.op, b.results[place].Key, err)
	}
	return bulkReply{results: b.results, err: err}
}

// isInterruption reports whether the caller or Close ended the call.
func isInterruption(err error) bool {
	switch errs.CodeOf(err) {
	case errs.Canceled, errs.DeadlineExceeded, errs.Closed:
		return true
	}
	return false
}

// settle notes the answers for the entries and keeps those that may be sent again. It returns nil if none is left,
// else a temporary error that stands for them all.
func (b *batch[E]) settle(answer func(int) (Entry, error)) error {
	left := &errs.Error{Retry: errs.Temporary, Outcome: errs.NotApplied}
	kept := 0
	for i, place := range b.places {
		r := &b.results[place]
		entry, err := answer(i)
		if err == nil {
			r.Status, r.Err, r.Entry = Succeeded, nil, entry
			continue
		}
		e := b.own(err, r.Key)
		if r.Err != nil { // of an earlier attempt, which may have done it
			e.Outcome = e.Outcome.Strongest(outcomeOf(r.Err))
		}
		r.Status, r.Err = statusOf(e), e
		if e.Retry != errs.Temporary {
			continue
		}
		left.Code, left.Outcome, left.RetryAfter = e.Code, left.Outcome.Strongest(e.Outcome), max(left.RetryAfter, e.RetryAfter)
		b.entries[kept], b.places[kept] = b.entries[i], place
		kept++
	}
	clear(b.entries[kept:])
	sent := len(b.places)
	b.entries, b.places = b.entries[:kept], b.places[:kept]
	if kept == 0 {
		return nil
	}
	left.Message = fmt.Sprintf("%d of %d keys failed", kept, sent)
	return left
}

// own returns a copy of one key's error that is complete.
func (b *batch[E]) own(err error, key string) *errs.Error {
	e := &errs.Error{Code: errs.CodeOf(err), Err: err}
	if known, ok := errors.AsType[*errs.Error](err); ok && known != nil {
		*e = *known
	}
	e.Outcome = e.Outcome.Strongest(b.spoiled)
	if b.reads {
		e.Outcome = errs.NotApplied
	}
	e.Provider, e.Op, e.Resource, e.Attempts = b.ns.service.provider, b.op, b.ns.name+"/"+key, b.sent
	return e
}

func retryOf(err error) errs.Retry {
	if e, ok := errors.AsType[*errs.Error](err); ok && e != nil {
		return e.Retry
	}
	return errs.Permanent
}

func outcomeOf(err error) errs.Outcome {
	if e, ok := errors.AsType[*errs.Error](err); ok && e != nil {
		return e.Outcome
	}
	return errs.Ambiguous
}
