package local

import (
	"sync/atomic"

	"github.com/tidwall/btree"
)

// tree is an ordered map that is copied on write: a copy costs next to nothing and shares what neither changes.
type tree[V any] = btree.Map[string, V]

// memoryEngine keeps everything in memory. A state is a tree of buckets that is never changed once it is published,
// so that readers need no lock.
type memoryEngine struct {
	state atomic.Pointer[tree[*tree[[]byte]]]
}

func newMemoryEngine() *memoryEngine {
	e := &memoryEngine{}
	e.state.Store(new(tree[*tree[[]byte]]))
	return e
}

func (e *memoryEngine) view(fn func(reader) error) error {
	return fn(memoryReader{e.state.Load()})
}

func (e *memoryEngine) update(fn func(writer) error) error {
	w := &memoryWriter{memoryReader: memoryReader{e.state.Load().IsoCopy()}, changing: map[string]*tree[[]byte]{}}
	if err := fn(w); err != nil {
		return err
	}
	e.state.Store(w.buckets)
	return nil
}

func (e *memoryEngine) close() error {
	e.state.Store(new(tree[*tree[[]byte]]))
	return nil
}

type memoryReader struct{ buckets *tree[*tree[[]byte]] }

func (r memoryReader) bucket(name string) bucket {
	b, found := r.buckets.Get(name)
	if !found {
		return nil
	}
	return memoryBucket{b}
}

type memoryWriter struct {
	memoryReader
	changing map[string]*tree[[]byte] // the buckets of which this transaction has its own copy
}

func (w *memoryWriter) bucket(name string) bucket {
	if own, found := w.changing[name]; found {
		return memoryBucket{own}
	}
	shared, found := w.buckets.Get(name)
	if !found {
		return nil
	}
	return w.own(name, shared.IsoCopy())
}

func (w *memoryWriter) own(name string, b *tree[[]byte]) bucket {
	w.changing[name] = b
	w.buckets.Set(name, b)
	return memoryBucket{b}
}

func (w *memoryWriter) create(name string) error {
	w.own(name, new(tree[[]byte]))
	return nil
}

func (w *memoryWriter) drop(name string) error {
	delete(w.changing, name)
	w.buckets.Delete(name)
	return nil
}

type memoryBucket struct{ tree *tree[[]byte] }

func (b memoryBucket) get(key string) []byte {
	value, _ := b.tree.Get(key)
	return value
}

func (b memoryBucket) put(key string, value []byte) error {
	b.tree.Set(key, value)
	return nil
}

func (b memoryBucket) delete(key string) error {
	b.tree.Delete(key)
	return nil
}

func (b memoryBucket) seek(key string) cursor {
	c := &memoryCursor{iter: b.tree.Iter()}
	c.ready = c.iter.Seek(key)
	return c
}

type memoryCursor struct {
	iter  btree.MapIter[string, []byte]
	ready bool // iter stands on the key to return next
}

func (c *memoryCursor) next() (string, []byte, bool) {
	if !c.ready {
		return "", nil, false
	}
	key, value := c.iter.Key(), c.iter.Value()
	c.ready = c.iter.Next()
	return key, value, true
}
