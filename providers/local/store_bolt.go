package local

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// boltEngine keeps everything in one file.
type boltEngine struct {
	db   *bolt.DB
	path string
	file *os.File
	hung bool // a failed transaction could not be ended: the file must not be waited for any more
}

func (e *boltEngine) view(fn func(reader) error) (err error) {
	defer e.guard(&err)()
	tx, err := e.db.Begin(false)
	if err != nil {
		return e.broken(err)
	}
	defer func() { _ = tx.Rollback() }()
	return fn(boltTx{tx})
}

func (e *boltEngine) update(fn func(writer) error) (err error) {
	defer e.guard(&err)()
	if e.hung {
		return e.damaged("an earlier transaction failed")
	}
	tx, err := e.db.Begin(true)
	if err != nil {
		return e.broken(err)
	}
	e.hung = true // unless the transaction ends, by commit or rollback
	defer func() {
		_ = tx.Rollback() // does nothing after a commit
		e.hung = false
	}()
	if err := fn(boltTx{tx}); err != nil {
		return err
	}
	id := tx.ID()
	if err := tx.Commit(); err != nil {
		return e.failed(err, e.newest() >= id)
	}
	return nil
}

// newest returns the number of the newest transaction that the file may have.
func (e *boltEngine) newest() int {
	tx, err := e.db.Begin(false)
	if err != nil {
		return int(^uint(0) >> 1) // not known
	}
	defer func() { _ = tx.Rollback() }()
	return tx.ID()
}

// guard turns a panic of bbolt, and the fault of reading a page that the file does not have, into an error.
func (e *boltEngine) guard(err *error) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		if cause := recover(); cause != nil {
			*err = e.damaged(fmt.Sprint(cause))
		}
	}
}

func (e *boltEngine) close() (err error) {
	defer e.guard(&err)()
	if e.hung {
		return e.abandon()
	}
	var errSync error
	if e.db.NoSync {
		errSync = e.db.Sync()
	}
	return errors.Join(errSync, e.db.Close())
}

// abandon frees the file and its lock, whatever state the rest is in.
func (e *boltEngine) abandon() error {
	unlock(e.file)
	return e.file.Close()
}

type boltTx struct{ tx *bolt.Tx }

func (t boltTx) bucket(name string) bucket {
	b := t.tx.Bucket([]byte(name))
	if b == nil {
		return nil
	}
	return boltBucket{b}
}

func (t boltTx) create(name string) error {
	_, err := t.tx.CreateBucket([]byte(name))
	return err
}

func (t boltTx) drop(name string) error { return t.tx.DeleteBucket([]byte(name)) }

type boltBucket struct{ b *bolt.Bucket }

func (b boltBucket) get(key string) []byte              { return b.b.Get([]byte(key)) }
func (b boltBucket) put(key string, value []byte) error { return b.b.Put([]byte(key), value) }
func (b boltBucket) delete(key string) error            { return b.b.Delete([]byte(key)) }

func (b boltBucket) seek(key string) cursor {
	return &boltCursor{cursor: b.b.Cursor(), from: key}
}

type boltCursor struct {
	cursor  *bolt.Cursor
	from    string
	started bool
}

func (c *boltCursor) next() (string, []byte, bool) {
	var key, value []byte
	if c.started {
		key, value = c.cursor.Next()
	} else {
		c.started = true
		key, value = c.cursor.Seek([]byte(c.from))
	}
	return string(key), value, key != nil
}

// openBolt opens the file at path, making it if it is not there.
func openBolt(path string, noSync bool) (e *boltEngine, err error) {
	e = &boltEngine{path: path}
	defer func() {
		if err == nil {
			return
		}
		err = openFailed(path, err)
		if e.file != nil {
			_ = e.abandon() // where bbolt panicked, the file is still open
		}
	}()
	defer e.guard(&err)()
	if err := makeStoreFile(path); err != nil {
		return e, err
	}
	options := *bolt.DefaultOptions
	options.Timeout = 1 // nanosecond: the lock is tried once
	options.NoSync = noSync
	options.FreelistType = bolt.FreelistMapType
	options.NoStatistics = true
	options.OpenFile = func(name string, flag int, mode os.FileMode) (*os.File, error) {
		file, err := os.OpenFile(name, flag, mode)
		e.file = file
		return file, err
	}
	if e.db, err = bolt.Open(path, 0o600, &options); err != nil {
		return e, err
	}
	if err := e.check(); err != nil {
		_ = e.db.Close()
		return e, err
	}
	if !noSync {
		syncDirectory(path)
	}
	return e, nil
}

// check notices a file that lacks its end, and one of another program.
func (e *boltEngine) check() error {
	info, err := os.Stat(e.path)
	if err != nil {
		return err
	}
	return e.db.View(func(tx *bolt.Tx) error {
		if info.Size() < tx.Size() {
			return e.damaged(fmt.Sprintf("it has %d bytes of %d", info.Size(), tx.Size()))
		}
		if first, _ := tx.Cursor().First(); first != nil && tx.Bucket([]byte(storeBucket)) == nil {
			return errs.Refuse(errs.InvalidArgument, "file %s belongs to another program: it is a bbolt file without %q", e.path, storeBucket)
		}
		return nil
	})
}
