package kvtest

import (
	"fmt"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// keyChecks: a key stays byte by byte what it is, or is refused before anything is sent.
func keyChecks() []check {
	needLimit := conformance.That(func(k *traits) bool { l := conformance.Longest(k.caps.Key); return l > 0 && l <= 1<<20 }, "keys have no limit, or one too large for a test")
	needWide := conformance.That(func(k *traits) bool { return k.caps.Key.Alphabet.Has('😀') }, "keys are ASCII")
	return []check{
		{"Key/Lengths", []need{needLimit}, (*suite).keyLengths},
		{"Key/OverLimit", []need{needLimit}, (*suite).keyOverLimit},
		{"Key/WideLengths", []need{needLimit, needWide}, (*suite).wideKeys},
		{"Key/Odd", nil, (*suite).oddKeys},
		{"Key/Apart", nil, (*suite).similarKeys},
		{"Key/DeniedNeighbours", []need{conformance.That(func(k *traits) bool { return len(k.caps.Key.Denied) > 0 }, "no key is denied")}, (*suite).deniedKeys},
		{"Key/OddInBatches", []need{needGetBatch}, (*suite).oddKeysInBatches},
	}
}

func (s *suite) keyLengths() {
	n := s.home()
	limit := conformance.Longest(n.caps.Key)
	for _, length := range []int{max(limit-1, 1), limit} {
		key := conformance.Pad(n.caps.Key.Alphabet, n.prefix, length)
		value := n.value(fmt.Sprint(length))
		n.put(key, value)
		n.wantValue(key, value)
		n.wantListed(key, key)
		n.delete(key)
		n.wantMissing(key)
	}
}

func (s *suite) keyOverLimit() {
	n := s.home()
	limit := conformance.Longest(n.caps.Key)
	key := conformance.Pad(n.caps.Key.Alphabet, n.prefix, limit+1)
	ns := n.portable()
	n.Unsent("Put of a key over the limit", errs.InvalidArgument, func() error { return ns.Put(s.ctx, key, n.value("a")) })
	n.Unsent("Get of a key over the limit", errs.InvalidArgument, func() error { _, err := ns.Get(s.ctx, key); return err })
	n.Unsent("Delete of a key over the limit", errs.InvalidArgument, func() error { return ns.Delete(s.ctx, key) })
	err := n.tryPut(&driver.PutRequest{Key: key, Value: n.value("a")})
	s.WantCode("Put of a key over the limit", err, errs.InvalidArgument, errs.TooLarge)
	n.wantListed(key[:limit])
}

func (s *suite) wideKeys() {
	n := s.home()
	fits, over := wide(n.caps.Key, n.prefix)
	n.put(fits, n.value("wide"))
	n.wantValue(fits, n.value("wide"))
	n.wantListed(fits, fits)
	err := n.tryPut(&driver.PutRequest{Key: over, Value: n.value("over")})
	s.WantCode("Put of a key over the limit", err, errs.InvalidArgument, errs.TooLarge)
	n.wantValue(fits, n.value("wide"))
	n.delete(fits)
	n.wantMissing(fits)
}

// oddKeys sends each odd key alone through all methods.
func (s *suite) oddKeys() {
	n := s.home()
	ns := n.portable()
	for i, key := range oddNames {
		if n.caps.Key.Check("key", key) != nil {
			n.refusedKey(ns, key)
			continue
		}
		value := n.value(fmt.Sprint(i))
		n.note(key)
		if err := ns.Put(s.ctx, key, value); err != nil {
			s.Errorf("Put %q: %v", key, err)
			continue
		}
		n.wantValue(key, value)
		if !contains(n.list(key), key) {
			s.Errorf("List: the key %q is missing", key)
		}
		s.wrote()
		if err := ns.Delete(s.ctx, key); err != nil {
			s.Errorf("Delete %q: %v", key, err)
		}
		n.wantMissing(key)
	}
	for _, key := range brokenNames {
		n.refusedKey(ns, key)
	}
}

func contains(infos []driver.KeyInfo, name string) bool {
	for _, info := range infos {
		if info.Name == name {
			return true
		}
	}
	return false
}

func (n *space) refusedKey(ns *kv.Namespace, key string) {
	n.Helper()
	what := " of the key " + quote(key)
	n.Unsent("Put"+what, errs.InvalidArgument, func() error { return ns.Put(n.ctx, key, n.value("odd")) })
	n.Unsent("Get"+what, errs.InvalidArgument, func() error { _, err := ns.Get(n.ctx, key); return err })
	n.Unsent("Delete"+what, errs.InvalidArgument, func() error { return ns.Delete(n.ctx, key) })
}

// accepted returns the odd keys that the rule accepts.
func (n *space) accepted() []string {
	var all []string
	for _, key := range oddNames {
		if n.caps.Key.Check("key", key) == nil {
			all = append(all, key)
		}
	}
	return all
}

// similarKeys writes all odd keys side by side: none may stand for another.
func (s *suite) similarKeys() {
	n := s.home()
	all := n.accepted()
	for _, twin := range []string{"twin", "twIn", "twiN"} { // letters only, for narrow alphabets
		if key := n.prefix + twin; n.caps.Key.Check("key", key) == nil {
			all = append(all, key)
		}
	}
	for i, key := range all {
		n.put(key, n.value(fmt.Sprint("similar", i)))
	}
	for i, key := range all {
		n.wantValue(key, n.value(fmt.Sprint("similar", i)))
	}
	if !n.shared {
		n.wantListed("", all...)
	}
	for i, key := range all {
		if i%2 == 0 {
			n.delete(key)
		}
	}
	for i, key := range all {
		if i%2 == 1 {
			n.wantValue(key, n.value(fmt.Sprint("similar", i)))
		}
	}
}

// deniedKeys: denied names are refused, and nothing else is that only looks like one.
func (s *suite) deniedKeys() {
	n := s.home()
	ns := n.portable()
	for _, denied := range n.caps.Key.Denied {
		n.refusedKey(ns, denied)
		for _, key := range []string{denied + "a", "a" + denied, denied + denied + denied, strings.ToUpper(denied) + "A"} {
			if n.caps.Key.Check("key", key) != nil {
				continue
			}
			n.put(key, n.value("near"))
			n.wantValue(key, n.value("near"))
			n.delete(key)
			n.wantMissing(key)
		}
	}
}

func (s *suite) oddKeysInBatches() {
	n := s.home()
	all := n.accepted()
	for i, key := range all {
		n.put(key, n.value(fmt.Sprint(i)))
	}
	for from := 0; from < len(all); from += n.caps.GetBatch.MaxItems {
		part := all[from:min(len(all), from+n.caps.GetBatch.MaxItems)]
		for i, r := range n.getBatch(part) {
			if r.Err != nil {
				s.Errorf("GetBatch: the key %q: %v", part[i], r.Err)
				continue
			}
			s.wantBytes("GetBatch of "+quote(part[i]), r.Value, n.value(fmt.Sprint(from+i)))
		}
	}
}
