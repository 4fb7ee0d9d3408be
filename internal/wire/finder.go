package wire

import (
	"context"
	"sync"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// Found is a credential that was looked for.
type Found[C any] struct {
	Credential C
	// Fresh is how long it is used before it is looked for anew, and Usable how long it may still be used while that is
	// going on or fails; both from the beginning of the look.
	Fresh, Usable time.Duration
}

// Finder keeps a credential that takes a while to find, by a vendor's package that asks files, roles and metadata
// services. It has one look under way at a time, whoever waits for it: such packages are not all safe for concurrent use,
// and know no contexts. A look that hangs holds up nobody beyond their context, and nobody at all while the last
// credential is usable. The zero Finder is ready, and safe for concurrent use.
type Finder[C comparable] struct {
	mu   sync.Mutex
	last Found[C]
	at   time.Time // of last, by the wall clock, which goes on while the machine sleeps
	look *flight[C]
	anew bool
	// second tells that last was looked for because of a refusal, and refused is such a one that was refused too.
	second  bool
	refused *C
}

// flight is one look. Its result is there once done is closed.
type flight[C any] struct {
	done       chan struct{}
	credential C
	err        error
}

// Get returns the credential, by find where a look is needed. Find is told whether it has to start anew, because the
// vendor has refused what was found last. What it keeps needs no lock. Its error, which should be an *[errs.Error], goes to
// those who wait for that look; a panic is [errs.Unauthenticated]. A caller whose context ends gets [errs.Canceled] or
// [errs.DeadlineExceeded].
func (f *Finder[C]) Get(ctx context.Context, find func(anew bool) (Found[C], error)) (C, error) {
	f.mu.Lock()
	age := time.Now().Round(0).Sub(f.at)
	known := !f.at.IsZero() && age >= 0
	if known && age < f.last.Fresh {
		defer f.mu.Unlock()
		return f.last.Credential, nil
	}
	look := f.look
	if look == nil {
		look = &flight[C]{done: make(chan struct{})}
		f.look = look
		go f.fly(look, find, f.anew)
	}
	last, usable := f.last.Credential, known && age < f.last.Usable
	f.mu.Unlock()
	if usable {
		return last, nil
	}
	select {
	case <-look.done:
		return look.credential, look.err
	case <-ctx.Done():
		var none C
		return none, errs.Refuse(errs.CodeOf(ctx.Err()), "%w while credentials were looked for", ctx.Err())
	}
}

func (f *Finder[C]) fly(look *flight[C], find func(bool) (Found[C], error), anew bool) {
	defer close(look.done)
	at := time.Now().Round(0)
	got, err := guarded(find, anew)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.look = nil
	if err != nil {
		look.err = err
		return
	}
	f.anew = false
	look.credential = got.Credential
	f.last, f.at, f.second = got, at, anew
}

// guarded turns a panic of a vendor's package, which a reply of a credential service can cause, into an error.
func guarded[C any](find func(bool) (Found[C], error), anew bool) (got Found[C], err error) {
	defer func() {
		if recover() != nil {
			err = errs.Refuse(errs.Unauthenticated, "no credentials were found: the reply of the credential service cannot be read")
		}
	}()
	return find(anew)
}

// Refused tells that the vendor does not accept a credential. If it is the one that is kept, the next Get looks for one
// anew. It reports whether another attempt may find one that is accepted: not where the refused one was already looked
// for because of a refusal.
func (f *Finder[C]) Refused(c C) (again bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last.Credential != c || f.at.IsZero() {
		return f.refused == nil || *f.refused != c
	}
	if again = !f.second; !again {
		f.refused = &c
	}
	f.last, f.at, f.anew = Found[C]{}, time.Time{}, true
	return again
}
