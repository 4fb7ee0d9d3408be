package local

import (
	"context"
	"errors"
	"testing"
	"time"

	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

type watched struct {
	engine
	gate    chan struct{} // where not nil, each update waits for it
	reading chan struct{} // where not nil, each view waits for it
	updates int
	fail    func() error // where not nil, called instead of the commit
	reads   int          // of cursors in updates
	badKey  string       // where not empty, putting this key fails
}

func (w *watched) view(fn func(reader) error) error {
	if w.reading != nil {
		<-w.reading
	}
	return w.engine.view(fn)
}

func (w *watched) update(fn func(writer) error) error {
	if w.gate != nil {
		<-w.gate
	}
	w.updates++
	return w.engine.update(func(under writer) error {
		if err := fn(watchedWriter{under, w}); err != nil {
			return err
		}
		if w.fail != nil {
			return w.fail()
		}
		return nil
	})
}

type watchedWriter struct {
	writer
	w *watched
}

func (w watchedWriter) bucket(name string) bucket {
	if b := w.writer.bucket(name); b != nil {
		return watchedBucket{b, w.w}
	}
	return nil
}

type watchedBucket struct {
	bucket
	w *watched
}

func (b watchedBucket) put(key string, value []byte) error {
	if b.w.badKey != "" && key == b.w.badKey {
		return errors.New("bad key")
	}
	return b.bucket.put(key, value)
}

func (b watchedBucket) seek(key string) cursor { return watchedCursor{b.bucket.seek(key), b.w} }

type watchedCursor struct {
	cursor
	w *watched
}

func (c watchedCursor) next() (string, []byte, bool) {
	c.w.reads++
	return c.cursor.next()
}

func openWatched(t *testing.T, now func() time.Time) (*Account, *watched, kvdriver.Namespace) {
	t.Helper()
	a, err := Open(Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{engine: a.engine}
	a.engine = w
	s, err := a.KVService(KVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.(kvdriver.NamespaceCreator).CreateNamespace(t.Context(), &kvdriver.CreateNamespaceRequest{Name: "ns"}); err != nil {
		t.Fatal(err)
	}
	n, err := s.OpenNamespace(kvdriver.NamespaceRef{Name: "ns"})
	if err != nil {
		t.Fatal(err)
	}
	w.updates = 0
	return a, w, n
}

func put(ctx context.Context, n kvdriver.Namespace, key string) error {
	_, err := n.Put(ctx, &kvdriver.PutRequest{Key: key, Value: []byte(key)})
	return err
}

type ending struct {
	engine
	ended *bool
}

func (e *ending) close() error {
	*e.ended = true
	return e.engine.close()
}

func (n *namespace) owner() *Account { return n.account }
