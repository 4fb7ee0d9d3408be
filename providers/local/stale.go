package local

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidwall/btree"
)

// history remembers for a while what keys held before they were written, for services that show the past.
//
// A write is noted before it is committed, and a reader looks here after it has opened its state of the store: so
// whatever of a write it can see, it finds here what was there before.
type history struct {
	keep atomic.Int64 // for how long, a time.Duration; 0 remembers nothing

	mu     sync.RWMutex
	spaces map[string]*tree[[]version] // by id of the namespace and key, the oldest version first
	log    []noted                     // every version, the oldest first
}

// version is what a key held before it was written at a time.
type version struct {
	until  time.Time
	before []byte // an encoded record, nil if there was none
}

type noted struct {
	until      time.Time
	space, key string
}

// want makes the history reach back for at least d.
func (h *history) want(d time.Duration) {
	for {
		keep := h.keep.Load()
		if int64(d) <= keep || h.keep.CompareAndSwap(keep, int64(d)) {
			return
		}
	}
}

// wanted returns the history if there is any use for it, else nil.
func (h *history) wanted() *history {
	if h.keep.Load() == 0 {
		return nil
	}
	return h
}

// remember notes that key is about to be written.
func (h *history) remember(space, key string, before []byte, now time.Time) {
	if before != nil {
		before = append(make([]byte, 0, len(before)), before...)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.prune(now)
	if h.spaces == nil {
		h.spaces = map[string]*tree[[]version]{}
	}
	keys := h.spaces[space]
	if keys == nil {
		keys = new(tree[[]version])
		h.spaces[space] = keys
	}
	if n := len(h.log); n > 0 && now.Before(h.log[n-1].until) {
		now = h.log[n-1].until // the clock went back
	}
	versions, _ := keys.Get(key)
	keys.Set(key, append(versions, version{now, before}))
	h.log = append(h.log, noted{now, space, key})
}

// forget removes all that is remembered of a namespace.
func (h *history) forget(space string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.spaces, space)
}

// prune drops what nobody can see any more. The caller holds the lock.
func (h *history) prune(now time.Time) {
	n, oldest := 0, now.Add(-time.Duration(h.keep.Load()))
	for ; n < len(h.log) && !h.log[n].until.After(oldest); n++ {
		keys := h.spaces[h.log[n].space]
		if keys == nil {
			continue
		}
		key := h.log[n].key
		if versions, _ := keys.Get(key); len(versions) > 1 {
			keys.Set(key, versions[1:])
		} else {
			keys.Delete(key)
		}
		if keys.Len() == 0 {
			delete(h.spaces, h.log[n].space)
		}
	}
	clear(h.log[:n])
	h.log = h.log[n:]
}

// pruneIdle prunes when nobody writes.
func (h *history) pruneIdle(now time.Time) {
	h.mu.RLock()
	due := len(h.log) > 0 && !h.log[0].until.After(now.Add(-time.Duration(h.keep.Load())))
	h.mu.RUnlock()
	if due {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.prune(now)
	}
}

// at returns what key held at a time, if that is not what it holds now; nil if it held nothing then.
func (h *history) at(space, key string, t time.Time) (before []byte, changed bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	keys := h.spaces[space]
	if keys == nil {
		return nil, false
	}
	versions, _ := keys.Get(key)
	return heldAt(versions, t)
}

func heldAt(versions []version, t time.Time) (before []byte, changed bool) {
	for _, v := range versions {
		if v.until.After(t) {
			return v.before, true
		}
	}
	return nil, false
}

// overlay lays what keys held at a time over a cursor. The caller holds the read lock while it uses the cursor.
func (h *history) overlay(now cursor, space, from string, t time.Time) cursor {
	keys := h.spaces[space]
	if keys == nil {
		return now
	}
	o := &overlay{now: now, past: keys.Iter(), t: t}
	o.key, o.value, o.more = now.next()
	o.older = o.past.Seek(from)
	return o
}

// overlay merges a bucket as it is with what some of its keys held before.
type overlay struct {
	now   cursor
	key   string // what now returns next
	value []byte
	more  bool

	past  btree.MapIter[string, []version]
	older bool // past stands on a key
	t     time.Time
}

func (o *overlay) next() (string, []byte, bool) {
	for o.more || o.older {
		if !o.older || o.more && o.key < o.past.Key() {
			key, value := o.key, o.value
			o.key, o.value, o.more = o.now.next()
			return key, value, true
		}
		key := o.past.Key()
		value, changed := heldAt(o.past.Value(), o.t)
		if o.more && o.key == key {
			if !changed {
				value = o.value
			}
			o.key, o.value, o.more = o.now.next()
		}
		o.older = o.past.Next()
		if value != nil {
			return key, value, true
		}
	}
	return "", nil, false
}
