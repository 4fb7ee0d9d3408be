package kms

import (
	"context"
	"fmt"
	"iter"
	"runtime/debug"
	"sync"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// mostOfKey is far more tags, aliases or versions than any provider lets a key have.
const mostOfKey = 100_000

// describesInFlight is how many keys a listing describes at once, where each costs a request of its own.
const describesInFlight = 8

// Keys lists the keys of the service, page by page. Keys that services of the provider's have made for themselves are
// left out unless [ServiceOwned] is given. Where Capabilities.Details is Emulated only the ids are told, and such keys
// are left out only as far as the provider can tell them apart, unless [Details] is given; where names are aliases, Name
// stays empty in any case.
//
// An error ends the listing; each range starts afresh, and no request of it is under way any more when it has ended. A
// listing is no snapshot: keys made or deleted meanwhile may or may not show, and with [Details] a key that is gone when
// its turn comes is errs.NotFound. Each request is retried.
func (s *Service) Keys(ctx context.Context, opts ...ListOption) iter.Seq2[KeyInfo, error] {
	var o listOptions
	for _, set := range opts {
		if set != nil {
			set(&o)
		}
	}
	return func(yield func(KeyInfo, error) bool) {
		if err := s.eachKey(ctx, o, func(info KeyInfo) bool { return yield(info, nil) }); err != nil {
			yield(KeyInfo{}, s.pipe.Complete(err, driver.OpListKeys, ""))
		}
	}
}

// eachKey calls visit until it returns false or the listing ends.
func (s *Service) eachKey(ctx context.Context, o listOptions, visit func(KeyInfo) bool) error {
	var refusal error
	if o.details && s.caps.Details == driver.None {
		refusal = errs.Refuse(errs.Unsupported, "this provider does not describe the keys that it lists")
	}
	req := driver.ListKeysRequest{ServiceOwned: o.serviceOwned, Name: o.name}
	var guard pipeline.CursorGuard
	for {
		page, err := do(ctx, s, driver.OpListKeys, &s.methods.list, o.name, refusal, &req)
		if err == nil {
			err = guard.Check(page.Cursor, len(page.Keys))
		}
		if err != nil {
			return err
		}
		more, err := s.eachOf(ctx, page.Keys, o, visit)
		if err != nil || !more || page.Cursor == "" {
			return err
		}
		req.Cursor = page.Cursor
	}
}

// eachOf calls visit for the keys of a page, and reports whether it wants more.
func (s *Service) eachOf(ctx context.Context, page []KeyInfo, o listOptions, visit func(KeyInfo) bool) (bool, error) {
	var keys []KeyInfo
	for _, info := range page {
		if info.ID == "" {
			return false, pipeline.CorruptListing("the listing returned a key without its id")
		}
		if o.serviceOwned || !info.ServiceOwned {
			keys = append(keys, info)
		}
	}
	if o.details && s.caps.Details == driver.Emulated {
		return s.describeEach(ctx, keys, func(info KeyInfo) bool {
			return info.ServiceOwned && !o.serviceOwned || visit(info)
		})
	}
	for _, info := range keys {
		if !visit(info) {
			return false, nil
		}
	}
	return true, nil
}

// answer is what became of one request for a description.
type answer struct {
	info KeyInfo
	err  error

	panicked any // with what a driver or a hook has panicked, for the caller to meet
	stack    []byte
}

// describeEach calls visit with the descriptions of keys, in their order. Never are more than describesInFlight of them
// asked for ahead of visit, and none is when it returns.
func (s *Service) describeEach(ctx context.Context, keys []KeyInfo, visit func(KeyInfo) bool) (bool, error) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	answers := make([]chan answer, len(keys))
	ask := func(i int) {
		answers[i] = make(chan answer, 1)
		running.Go(func() {
			var a answer
			defer func() {
				if a.panicked = recover(); a.panicked != nil {
					a.stack = debug.Stack()
				}
				answers[i] <- a
			}()
			a.info, a.err = s.describeListed(ctx, keys[i].ID)
		})
	}
	for i := range min(len(keys), describesInFlight) {
		ask(i)
	}
	for i := range keys {
		a := <-answers[i]
		if a.panicked != nil {
			panic(fmt.Sprintf("%v\n\n%s", a.panicked, a.stack)) // where it can be recovered
		}
		if a.err != nil {
			return false, a.err
		}
		if next := i + describesInFlight; next < len(keys) {
			ask(next)
		}
		if !visit(a.info) {
			return false, nil
		}
	}
	return true, nil
}

func (s *Service) describeListed(ctx context.Context, id string) (KeyInfo, error) {
	res, err := do(ctx, s, driver.OpDescribeKey, &s.methods.describe, id, nil, &driver.DescribeKeyRequest{KeyID: id})
	if err != nil {
		return KeyInfo{}, err
	}
	if res.Key.ID != id {
		return KeyInfo{}, s.pipe.Complete(pipeline.CorruptListing("the provider described another key than was asked for"), driver.OpDescribeKey, id)
	}
	return res.Key, nil
}
