package emulator

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// store is what a cloud remembers: namespaces by their key, and in each the versions of its keys, as far as a stale
// read may still show them. The emulator's lock is held around every method.
type store struct {
	stale      time.Duration
	last       time.Time // of the newest version; a clock that goes back does not undo it
	namespaces map[string]*namespace
}

// namespace is one namespace of a store.
type namespace struct {
	id, name, description string
	created, updated      time.Time
	keys                  map[string][]version
}

// version is what a key held from a moment on.
type version struct {
	at      time.Time
	present bool
	entry
}

// entry is what a key holds.
type entry struct {
	value    []byte
	expires  time.Time // zero: never
	metadata json.RawMessage
	updated  time.Time
}

func (s *store) add(ns *namespace) {
	if s.namespaces == nil {
		s.namespaces = map[string]*namespace{}
	}
	ns.keys = map[string][]version{}
	s.namespaces[ns.id] = ns
}

// put writes a key; a nil entry removes it.
func (s *store) put(ns *namespace, key string, now time.Time, e *entry) {
	s.last = s.latest(now)
	v := version{at: s.last}
	if e != nil {
		v.present, v.entry = true, *e
		v.updated = v.at
	}
	versions := append(ns.keys[key], v)
	// Only the newest version that every read may see, and what came after it, still matter.
	for len(versions) > 1 && !versions[1].at.After(v.at.Add(-s.stale)) {
		versions = versions[1:]
	}
	if len(versions) == 1 && !v.present {
		delete(ns.keys, key)
		return
	}
	ns.keys[key] = versions
}

// latest returns the time by which versions are told apart, which never goes back.
func (s *store) latest(now time.Time) time.Time {
	if now.Before(s.last) {
		return s.last
	}
	return now
}

// get returns what a read of now sees.
func (s *store) get(ns *namespace, key string, now time.Time) (entry, bool) {
	seen := s.latest(now).Add(-s.stale)
	versions := ns.keys[key]
	for i := len(versions) - 1; i >= 0; i-- {
		v := versions[i]
		if v.at.After(seen) {
			continue
		}
		expired := !v.expires.IsZero() && !now.Before(v.expires)
		return v.entry, v.present && !expired
	}
	return entry{}, false
}

// present reports whether the key is there for writes, which see the newest version.
func (s *store) present(ns *namespace, key string, now time.Time) bool {
	versions := ns.keys[key]
	if len(versions) == 0 {
		return false
	}
	v := versions[len(versions)-1]
	return v.present && (v.expires.IsZero() || now.Before(v.expires))
}

// list returns the keys with a prefix that a read of now sees, in the order of their bytes.
func (s *store) list(ns *namespace, prefix string, now time.Time) []string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(ns.keys)) {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		if _, ok := s.get(ns, key, now); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

// used returns the bytes of all values in a namespace.
func (s *store) used(ns *namespace, now time.Time) (n int64) {
	for key := range ns.keys {
		if e, ok := s.get(ns, key, now); ok {
			n += int64(len(key) + len(e.value))
		}
	}
	return n
}

// byName returns the namespaces in the order of their names.
func (s *store) byName() []*namespace {
	return slices.SortedFunc(maps.Values(s.namespaces), func(a, b *namespace) int { return strings.Compare(a.name, b.name) })
}
