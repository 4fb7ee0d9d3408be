package local

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// Account is an open store. All of its methods may be called at the same time by several goroutines.
type Account struct {
	path   string
	now    func() time.Time
	engine engine
	writes *committer
	names  names
	past   history

	rootKey  *rootKey // of keys
	wrappers wrappers

	closed   atomic.Bool
	calls    sync.RWMutex // held for reading by each call, for writing by Close
	closing  sync.Once
	closeErr error
}

// Options say which store to open. The zero value is a store in memory.
type Options struct {
	// Path is the file of the store, which is made if it is not there; its directory must be. Empty keeps the store in
	// memory, where it ends with the Account.
	Path string
	// NoSync leaves it to the operating system when writes reach the disk: much faster, and still safe when the process
	// dies, but not when the machine does, after which the file may even be unreadable.
	NoSync bool
	// Now is the clock that keys expire by; nil means [time.Now].
	Now func() time.Time
	// RootKey is the base64 of the 32 bytes that the material of encryption and signing keys is encrypted with. If it is
	// empty, it is in a file beside the store, which is called as the store with ".rootkey" behind, has the mode 0600, and
	// is made when keys are first used; a store in memory then has a random one.
	RootKey secret.String
}

// Open opens a store. A file that another process or Account has open is [errs.Conflict], at once, and a RootKey of another
// form errs.InvalidArgument. Whether the root key is the right one shows at the first use of keys.
func Open(o Options) (*Account, error) {
	root, err := newRootKey(o.RootKey, o.Path)
	if err != nil {
		return nil, err
	}
	a := &Account{path: o.Path, now: o.Now, engine: newMemoryEngine(), rootKey: root}
	if a.now == nil {
		a.now = time.Now
	}
	if o.Path != "" {
		file, err := openBolt(o.Path, o.NoSync)
		if err != nil {
			return nil, err
		}
		a.engine = file
	}
	a.writes = newCommitter(a.transact)
	if err := a.prepare(); err != nil {
		_ = a.engine.close()
		return nil, err
	}
	return a, nil
}

// KV returns the service that the options like and stale of a resource select.
func (a *Account) KV(_ context.Context, s *providers.Settings) (kvdriver.Service, error) {
	return a.KVService(KVOptions{Like: s.Text(optionLike), Stale: s.Duration(optionStale)})
}

// Close ends the store. It waits for calls that are under way; later ones get [errs.Closed].
func (a *Account) Close() error {
	a.closed.Store(true)
	a.closing.Do(func() {
		a.calls.Lock()
		defer a.calls.Unlock()
		a.writes.wait()
		a.closeErr = a.engine.close()
		clear(a.rootKey.given)
		a.rootKey.found.Store(nil)
	})
	return a.closeErr
}

// begin starts a call. Without an error, leave ends it.
func (a *Account) begin(ctx context.Context) error {
	if ctx.Err() != nil {
		return ended(ctx, errs.NotApplied)
	}
	if a.closed.Load() {
		return errClosed()
	}
	a.calls.RLock()
	if a.closed.Load() {
		a.calls.RUnlock()
		return errClosed()
	}
	return nil
}

func (a *Account) leave() { a.calls.RUnlock() }

func errClosed() error { return errs.Refuse(errs.Closed, "the store is closed") }

// read runs fn over one state of the store.
func (a *Account) read(fn func(reader) error) error {
	err := a.engine.view(fn)
	if e, ok := err.(*errs.Error); ok {
		e.Outcome = errs.NotApplied // as a read it has changed nothing
	}
	return err
}

// write runs fn, which owns all that it reads and writes about so many bytes, in a transaction.
func (a *Account) write(ctx context.Context, bytes int, fn func(*transaction) error) error {
	return a.writes.do(ctx, bytes, fn)
}
