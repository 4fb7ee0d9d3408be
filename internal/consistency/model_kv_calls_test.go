package consistency_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
)

// written returns the options of a put and what its key holds then.
func (o kvOp) written() (opts []kv.PutOption, c cell) {
	up := func(d time.Duration) time.Duration { return (d + time.Second - 1).Truncate(time.Second) }
	c = cell{value: o.value, metadata: o.metadata}
	if o.ahead > 0 {
		at := time.Now().Add(o.ahead)
		opts = append(opts, kv.ExpiresAt(at))
		c.expires = time.Now().Add(up(o.ahead))
	}
	if o.ttl > 0 { // which beats the absolute expiry
		opts = append(opts, kv.TTL(o.ttl))
		c.expires = time.Now().Add(up(o.ttl))
	}
	if o.metadata != "" {
		opts = append(opts, kv.Metadata([]byte(o.metadata)))
	}
	return opts, c
}

// expected returns the code that an operation on a key ends with.
func (m *kvModel) expected(o kvOp, key string, writes, reads bool, cells map[string]cell, there bool) errs.Code {
	if refusal := m.refusal(o, key, writes); refusal != "" {
		return refusal
	}
	if !there {
		return errs.NamespaceNotFound
	}
	if _, held := cells[key]; reads && !held {
		return errs.KeyNotFound
	}
	return ""
}

func (m *kvModel) applyOne(ns *kv.Namespace, o kvOp, cells map[string]cell, there bool) error {
	key := o.keys[0]
	switch o.kind {
	case "Put":
		want := m.expected(o, key, true, false, cells, there)
		opts, c := o.written()
		if want == "" {
			cells[key] = c
		}
		return wantCode(ns.Put(m.ctx, key, []byte(o.value), opts...), want)
	case "Delete":
		want := m.expected(o, key, false, false, cells, there)
		if want == "" {
			delete(cells, key)
		}
		return wantCode(ns.Delete(m.ctx, key), want)
	case "Exists":
		want := m.expected(o, key, false, false, cells, there)
		got, err := ns.Exists(m.ctx, key)
		if _, held := cells[key]; want == "" && got != held {
			return fmt.Errorf("%v, %w", got, err)
		}
		return wantCode(err, want)
	}
	want := m.expected(o, key, false, true, cells, there)
	entry, err := ns.Get(m.ctx, key, m.wanted()...)
	if err != nil || want != "" {
		return wantCode(err, want)
	}
	return compare(entry, cells[key])
}

func (m *kvModel) wanted() []kv.GetOption {
	want := []kv.GetOption{kv.WithExpiry()}
	if m.rules.metadata {
		want = append(want, kv.WithMetadata())
	}
	return want
}

// compare says in what an entry is not what the key holds.
func compare(entry kv.Entry, want cell) error {
	at, expires := entry.Expiry.At()
	if string(entry.Value) != want.value || string(entry.Metadata) != want.metadata || !entry.Expiry.Known() ||
		expires == want.expires.IsZero() || expires && !at.Equal(want.expires) {
		return fmt.Errorf("got %q, metadata %s, expires %s; want %q, %s, %s",
			entry.Value, entry.Metadata, entry.Expiry, want.value, want.metadata, want.expires)
	}
	return nil
}

func (m *kvModel) applyMany(ns *kv.Namespace, o kvOp, cells map[string]cell, there bool) error {
	calls := ns.DeleteMany(m.ctx, slices.Values(o.keys))
	opts, c := o.written()
	switch o.kind {
	case "GetMany":
		calls = ns.GetMany(m.ctx, slices.Values(o.keys), m.wanted()...)
	case "PutMany":
		var writes []kv.Write
		for _, key := range o.keys {
			writes = append(writes, kv.Write{Key: key, Value: []byte(o.value), Options: opts})
		}
		calls = ns.PutMany(m.ctx, slices.Values(writes))
	}
	left := slices.Clone(o.keys)
	var summary error
	failed := false
	for r, err := range calls {
		if err != nil {
			summary = err
			continue
		}
		at := slices.Index(left, r.Key)
		if at < 0 {
			return fmt.Errorf("a result of %q, left are %q", r.Key, left)
		}
		left = slices.Delete(left, at, at+1)
		want := m.expected(o, r.Key, o.kind == "PutMany", o.kind == "GetMany", cells, there)
		failed = failed || want != "" && want != errs.KeyNotFound
		if err := wantCode(r.Err, want); err != nil {
			return fmt.Errorf("%s: %w", r.Key, err)
		}
		if want != "" {
			continue
		}
		switch o.kind {
		case "GetMany":
			if err := compare(r.Entry, cells[r.Key]); err != nil {
				return fmt.Errorf("%s: %w", r.Key, err)
			}
		case "PutMany":
			cells[r.Key] = c
		default:
			delete(cells, r.Key)
		}
	}
	if len(left) > 0 && there { // without the namespace the input need not be read to its end
		return fmt.Errorf("no result of %q: %w", left, summary)
	}
	if failed != (summary != nil) {
		return fmt.Errorf("a key failed: %v, the call as a whole: %w", failed, summary)
	}
	return nil
}
