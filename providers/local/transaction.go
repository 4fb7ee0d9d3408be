package local

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"
)

// transaction is what a write changes: records with the index of their expiry and the count of their bytes.
type transaction struct {
	w         writer
	now       time.Time
	names     *names
	past      *history // nil while nobody wants to see the past
	changes   int      // how often anything was changed
	open      []*openSpace
	committed []func() // what to do once the transaction is committed
}

// openSpace is a namespace's content within a transaction.
type openSpace struct {
	*space
	t               *transaction
	records, expiry bucket
	grown           int64 // bytes that the transaction has added
}

// maxSweep is how many expired records a small transaction removes at most.
const maxSweep = 100

var errUnchanged = errors.New("nothing to commit")

// transact runs fn in a transaction, and commits it if there is anything to commit.
func (a *Account) transact(fn func(*transaction) error) error {
	t := &transaction{}
	err := a.engine.update(func(w writer) error {
		*t = transaction{w: w, now: a.now(), names: &a.names, past: a.past.wanted()}
		if err := fn(t); err != nil {
			return err
		}
		if t.changes == 0 {
			return errUnchanged
		}
		return t.finish()
	})
	if err == errUnchanged {
		return nil
	}
	if err == nil {
		for _, then := range t.committed {
			then()
		}
	}
	return err
}

// in opens the content of a namespace. It returns nil if the namespace is gone.
func (t *transaction) in(at *space) *openSpace {
	for _, o := range t.open {
		if o.id == at.id {
			return o
		}
	}
	records := t.w.bucket(at.records)
	if records == nil {
		return nil
	}
	o := &openSpace{space: at, t: t, records: records, expiry: t.w.bucket(at.expiry)}
	t.open = append(t.open, o)
	return o
}

// drop removes the content of a namespace.
func (t *transaction) drop(at *space) error {
	t.changes++
	t.open = slices.DeleteFunc(t.open, func(o *openSpace) bool { return o.id == at.id })
	return errors.Join(t.w.drop(at.records), t.w.drop(at.expiry), t.w.bucket(usageBucket).delete(at.id))
}

// put stores an encoded record under key.
func (o *openSpace) put(key string, encoded []byte, r *record) error {
	old := o.records.get(key)
	if err := o.forget(key, old); err != nil {
		return err
	}
	if r.expires {
		if err := o.expiry.put(expiryKey(r.expiry, key), nil); err != nil {
			return err
		}
	}
	o.grown += size(key, encoded) - size(key, old)
	return o.records.put(key, encoded)
}

// delete removes what is stored under key.
func (o *openSpace) delete(key string) error {
	old := o.records.get(key)
	if old == nil {
		return nil
	}
	if err := o.forget(key, old); err != nil {
		return err
	}
	o.grown -= size(key, old)
	return o.records.delete(key)
}

// forget removes what is known beside the record of what is stored under key, which is about to change.
func (o *openSpace) forget(key string, old []byte) error {
	o.t.changes++
	if o.t.past != nil {
		o.t.past.remember(o.id, key, old, o.t.now)
	}
	if r, err := decodeRecord(old); err == nil && r.expires {
		return o.expiry.delete(expiryKey(r.expiry, key))
	}
	return nil
}

// size is what counts as the usage of one key.
func size(key string, stored []byte) int64 {
	if stored == nil {
		return 0
	}
	return int64(len(key) + len(stored))
}

// finish removes some expired records and counts the bytes, in each namespace that was changed.
func (t *transaction) finish() error {
	left := max(maxSweep, 2*t.changes) // more than is written, or what expires would pile up
	for _, o := range t.open {
		swept, err := o.sweep(left)
		if err != nil {
			return err
		}
		left -= swept
		if o.grown == 0 {
			continue
		}
		usage := t.w.bucket(usageBucket)
		total := decodeUsage(usage.get(o.id)) + o.grown
		if err := usage.put(o.id, binary.BigEndian.AppendUint64(nil, uint64(total))); err != nil {
			return err
		}
	}
	return nil
}

func decodeUsage(b []byte) int64 {
	if len(b) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b))
}

// sweep removes expired records, those that expired first and at most limit, and returns how many it looked at.
func (o *openSpace) sweep(limit int) (int, error) {
	var due []string
	for c := o.expiry.seek(""); len(due) < limit; {
		entry, _, more := c.next()
		at, _, err := cutInstant([]byte(entry))
		if !more || err == nil && at.After(o.t.now) {
			break
		}
		due = append(due, entry)
	}
	for _, entry := range due {
		if err := o.expiry.delete(entry); err != nil {
			return 0, err
		}
		if len(entry) <= instantSize {
			continue
		}
		key := entry[instantSize:]
		old := o.records.get(key)
		if r, err := decodeRecord(old); err != nil || !r.goneAt(o.t.now) {
			continue
		}
		o.grown -= size(key, old)
		if err := o.records.delete(key); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// expiryKey is where the index notes that key expires at t.
func expiryKey(t time.Time, key string) string {
	return string(append(appendInstant(make([]byte, 0, instantSize+len(key)), t), key...))
}
