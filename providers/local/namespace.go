package local

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// The buckets of a store. Each namespace has two more, named by its id; see [space].
const (
	storeBucket     = "crosscloud" // facts of the store itself
	namespaceBucket = "namespaces" // by name: id, times and description
	usageBucket     = "usage"      // by id: how many bytes are stored

	formatKey       = "format"
	nextIDKey       = "next id"
	ownWorkspaceKey = "own workspace"

	format = "1"
)

// space is where a namespace's content is. It outlives renaming, and its id is never used again.
type space struct {
	id      string
	records string // the bucket of records by key
	expiry  string // the bucket of expiring keys by instant, each key behind its instant
}

func newSpace(id uint64) *space {
	text := string(binary.BigEndian.AppendUint64(nil, id))
	return &space{id: text, records: "records " + text, expiry: "expiry " + text}
}

// namespaceRecord is what is stored under a namespace's name:
//
//	1 byte    version, 1
//	8 bytes   id
//	12 bytes  creation as an instant
//	12 bytes  last change of name or description as an instant
//	the rest  description
type namespaceRecord struct {
	id               uint64
	created, updated time.Time
	description      string
}

const namespaceVersion = 1

func (n *namespaceRecord) encode() []byte {
	b := binary.BigEndian.AppendUint64([]byte{namespaceVersion}, n.id)
	b = appendInstant(appendInstant(b, n.created), n.updated)
	return append(b, n.description...)
}

func decodeNamespace(b []byte) (n namespaceRecord, err error) {
	if len(b) < 9 || b[0] != namespaceVersion {
		return n, errRecord
	}
	n.id = binary.BigEndian.Uint64(b[1:])
	if n.created, b, err = cutInstant(b[9:]); err != nil {
		return namespaceRecord{}, err
	}
	if n.updated, b, err = cutInstant(b); err != nil {
		return namespaceRecord{}, err
	}
	n.description = string(b)
	return n, nil
}

// names knows where the content of each namespace is, as of the last commit.
type names struct {
	mu     sync.RWMutex
	spaces map[string]*space
}

func (n *names) find(name string) (*space, error) {
	n.mu.RLock()
	found := n.spaces[name]
	n.mu.RUnlock()
	if found == nil {
		return nil, missingNamespace(name)
	}
	return found, nil
}

// set notes where a namespace is, or with nil that it is gone.
func (n *names) set(name string, at *space) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if at == nil {
		delete(n.spaces, name)
	} else {
		n.spaces[name] = at
	}
}

// move notes that a namespace has another name.
func (n *names) move(from, to string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.spaces[to] = n.spaces[from]
	delete(n.spaces, from)
}

func missingNamespace(name string) error {
	return errs.Refuse(errs.NamespaceNotFound, "there is no namespace %q; create it, or set create: true for the resource", name)
}

func corruptNamespace(name string, cause error) error {
	return errs.Refuse(errs.Corrupt, "namespace %q: what is stored of it is damaged: %w", name, cause)
}

func corruptRecord(namespace, key string, cause error) error {
	return errs.Refuse(errs.Corrupt, "namespace %q, key %q: what is stored is damaged: %w", namespace, key, cause)
}

// prepare makes the buckets of a new store, and reads the names of the namespaces of one that is there.
func (a *Account) prepare() error {
	a.names.spaces = map[string]*space{}
	fresh := false
	err := a.engine.view(func(r reader) error {
		store := r.bucket(storeBucket)
		if store == nil {
			fresh = true
			return nil
		}
		if got := string(store.get(formatKey)); got != format {
			return errs.Refuse(errs.Unsupported, "store file %s has format %q, this version of the library reads %q", a.path, got, format)
		}
		for c := r.bucket(namespaceBucket).seek(""); ; {
			name, raw, more := c.next()
			if !more {
				return nil
			}
			n, err := decodeNamespace(raw)
			if err != nil {
				return corruptNamespace(name, err)
			}
			a.names.spaces[name] = newSpace(n.id)
		}
	})
	if err != nil || !fresh {
		return err
	}
	return a.engine.update(func(w writer) error {
		for _, name := range []string{storeBucket, namespaceBucket, usageBucket} {
			if err := w.create(name); err != nil {
				return err
			}
		}
		return w.bucket(storeBucket).put(formatKey, []byte(format))
	})
}
