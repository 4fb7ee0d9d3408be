package local

import (
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// view is one state of a namespace, as one service shows it.
type view struct {
	*space
	records bucket
	now     time.Time
	past    *history // nil where the present is shown
	asOf    time.Time
}

// view runs fn over one state of the namespace.
func (n *namespace) view(fn func(*view) error) error {
	return n.account.read(func(r reader) error {
		at, err := n.account.names.find(n.name)
		if err != nil {
			return err
		}
		v := view{space: at, records: r.bucket(at.records), now: n.account.now()}
		if v.records == nil {
			return missingNamespace(n.name)
		}
		if n.stale > 0 {
			v.past, v.asOf = &n.account.past, v.now.Add(-n.stale)
			v.past.pruneIdle(v.now)
		}
		return fn(&v)
	})
}

// get returns the record of key. What it holds is valid until the view ends.
func (v *view) get(namespace, key string) (record, error) {
	raw := v.records.get(key)
	if v.past != nil {
		if before, changed := v.past.at(v.id, key, v.asOf); changed {
			if raw != nil && before == nil { // or a newcomer wonders what became of the write
				return record{}, errs.Refuse(errs.KeyNotFound, "there was no key %q %v ago, and stale shows no later write", key, v.now.Sub(v.asOf))
			}
			raw = before
		}
	}
	if raw == nil {
		return record{}, missingKey(key)
	}
	r, err := decodeRecord(raw)
	if err != nil {
		return record{}, corruptRecord(namespace, key, err)
	}
	if r.goneAt(v.now) {
		return record{}, missingKey(key)
	}
	return r, nil
}

func missingKey(key string) error {
	return errs.Refuse(errs.KeyNotFound, "there is no key %q", key)
}

// each calls visit for the keys that begin with prefix and come after another, until it returns false. Expired ones
// are among them.
func (v *view) each(prefix, after string, visit func(key string, raw []byte) bool) {
	from := prefix
	if after != "" {
		from = after + "\x00" // the next string in the order of bytes
	}
	c := v.records.seek(from)
	if v.past != nil {
		v.past.mu.RLock()
		defer v.past.mu.RUnlock()
		c = v.past.overlay(c, v.id, from, v.asOf)
	}
	for {
		key, raw, more := c.next()
		if !more || !strings.HasPrefix(key, prefix) || !visit(key, raw) {
			return
		}
	}
}
