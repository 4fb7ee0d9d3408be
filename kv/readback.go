package kv

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// written is a put whose outcome is to be settled by reading.
type written struct {
	key      string
	req      *driver.PutRequest // encoded
	began    time.Time          // by the service's clock
	priority ratelimit.Priority
}

// finding is what a read says of a put.
type finding uint8

const (
	unclear finding = iota // it proves nothing
	there                  // what was put is in force
	other                  // another value is, or none
)

// settle looks what became of a put that has failed. It returns nil where what was put is there.
func (n *Namespace) settle(ctx context.Context, w written, failed error) error {
	if pipeline.OutcomeOf(failed) != errs.Ambiguous {
		return failed
	}
	if note := n.awaitReads(ctx); note != "" {
		return pipeline.AfterSteps(failed, errs.NotApplied, note)
	}
	return n.settled(ctx, w, failed)
}

// awaitReads waits until reads show what was written before, as far as the provider says: a read before that could show
// an earlier value, which may well have been the same. Where that cannot be, it says why.
func (n *Namespace) awaitReads(ctx context.Context) (note string) {
	lag := n.Capabilities().Consistency
	if deadline, bounded := ctx.Deadline(); bounded && time.Until(deadline) <= lag {
		return fmt.Sprintf("the key was not read back: reads may lag by %v, and the context ends before", lag)
	}
	if err := n.service.pipe.Pause(ctx, lag); err != nil {
		return "the key was not read back: " + pipeline.TextOf(err)
	}
	return ""
}

// settled reads the key and returns what is known of the put then.
func (n *Namespace) settled(ctx context.Context, w written, failed error) error {
	found, err := n.readBack(ctx, w)
	switch {
	case err != nil:
		return pipeline.AfterSteps(failed, errs.NotApplied, "the key could not be read back: "+pipeline.TextOf(err))
	case found == there:
		return nil
	case found == other && n.Capabilities().Consistency == 0:
		whole := pipeline.WholeOf(failed, errs.NotApplied)
		whole.Outcome = errs.NotApplied
		whole.Message = pipeline.TextOf(failed) + "; the key was read back and is not what was put"
		return whole
	}
	return pipeline.AfterSteps(failed, errs.NotApplied, "the key was read back, which does not tell")
}

// readBack compares what is there with what was put.
func (n *Namespace) readBack(ctx context.Context, w written) (finding, error) {
	caps := n.Capabilities()
	want := GetOption{expiry: caps.Expiry != None, metadata: caps.ReadMetadata != None}
	entry, err := n.get(ctx, w.key, want, w.priority)
	now := n.service.now()
	switch {
	case errors.Is(err, errs.KeyNotFound):
		if w.expiredBy(now) {
			return unclear, nil // the put may have been in force until then
		}
		return other, nil
	case err != nil:
		return unclear, err
	}
	put, err := caps.ValueEncoding.Decode(w.req.Value)
	if err != nil {
		return unclear, err
	}
	switch {
	case !bytes.Equal(entry.Value, put):
		if w.expiredBy(now) {
			return unclear, nil
		}
		return other, nil
	case !w.sameMetadata(&caps, entry.Metadata), !w.sameExpiry(&caps, entry.Expiry, now):
		return unclear, nil // an earlier put of the same value, or a provider that writes them differently
	}
	return there, nil
}

// expiredBy reports whether the key may have expired already, had it been put.
func (w *written) expiredBy(now time.Time) bool {
	switch {
	case w.req.TTL > 0:
		return !now.Before(w.began.Add(w.req.TTL))
	case !w.req.ExpiresAt.IsZero():
		return !now.Before(w.req.ExpiresAt)
	}
	return false
}

func (w *written) sameMetadata(caps *Capabilities, got json.RawMessage) bool {
	if caps.Metadata == None {
		return true
	}
	return caps.ReadMetadata != None && bytes.Equal(compact(w.req.Metadata), compact(got))
}

func compact(raw json.RawMessage) []byte {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}

// expirySlack is how far an expiry may be from where it is expected: parts of a second are rounded, clocks differ, and some
// providers tell the seconds that are left.
const expirySlack = 2 * time.Second

func (w *written) sameExpiry(caps *Capabilities, got Expiry, now time.Time) bool {
	if caps.TTL == None {
		return true
	}
	earliest, latest := w.req.ExpiresAt, w.req.ExpiresAt
	if w.req.TTL > 0 { // counted from when one of the attempts arrived
		earliest, latest = w.began.Add(w.req.TTL), now.Add(w.req.TTL)
	}
	if latest.IsZero() {
		return got.Never()
	}
	at, expires := got.At()
	return expires && !at.Before(earliest.Add(-expirySlack)) && !at.After(latest.Add(expirySlack))
}

// settleAll settles the puts of a batch whose outcome is ambiguous, several at a time. A panic of the driver or of a hook
// goes on in the caller's goroutine.
func (n *Namespace) settleAll(ctx context.Context, items []bulkItem, began time.Time, results []Result) {
	var left []int
	for i := range results {
		if results[i].Err != nil && pipeline.OutcomeOf(results[i].Err) == errs.Ambiguous {
			left = append(left, i)
		}
	}
	if len(left) == 0 {
		return
	}
	note := n.awaitReads(ctx)
	places := make(chan struct{}, singlesOfBatch)
	panics := make(chan string, len(left))
	var reads sync.WaitGroup
	for _, i := range left {
		places <- struct{}{}
		reads.Go(func() {
			defer func() {
				if panicked := recover(); panicked != nil {
					panics <- fmt.Sprintf("%v\n\n%s", panicked, debug.Stack())
				}
				<-places
			}()
			r := &results[i]
			if note != "" {
				r.Err = pipeline.AfterSteps(r.Err, errs.NotApplied, note)
				return
			}
			w := written{key: r.Key, req: items[i].put, began: began, priority: ratelimit.Bulk}
			if r.Err = n.settled(ctx, w, r.Err); r.Err == nil {
				r.Status = Succeeded
			} else {
				r.Status = statusOf(r.Err)
			}
		})
	}
	reads.Wait()
	select {
	case panicked := <-panics:
		panic(panicked)
	default:
	}
}
