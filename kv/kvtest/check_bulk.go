package kvtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// bulkChecks: package kv's bulk calls over the driver, with and without batches.
func bulkChecks() []check {
	return []check{
		{"Bulk/Many", nil, (*suite).bulkMany},
		{"Bulk/GetMissing", nil, (*suite).bulkMissing},
		{"Bulk/GetExpiry", []need{needTTL, needExpiry}, (*suite).bulkExpiry},
		{"Bulk/GetMetadata", []need{needMetadata, needReadMetadata}, (*suite).bulkMetadata},
		{"Bulk/MissingNamespace", []need{needCreate, needDelete}, (*suite).bulkMissingNamespace},
	}
}

// manyBatches is how many keys make several batches.
func manyBatches(b driver.Batch) int {
	if b.Support == driver.None {
		return 40
	}
	return min(3*b.MaxItems+7, bulky)
}

// collect returns the results of a bulk call, and a failure for each key that is not there exactly once.
func (n *space) collect(what string, results iter.Seq2[kv.Result, error], want []string) map[string]kv.Result {
	n.Helper()
	all := map[string]kv.Result{}
	var got []string
	for r, err := range results {
		if err != nil {
			n.Errorf("%s: %v", what, err)
			continue
		}
		n.CheckError(what, r.Err)
		got = append(got, r.Key)
		all[r.Key] = r
	}
	n.wantNames(what, got, want)
	return all
}

func (s *suite) bulkMany() {
	n := s.home()
	ns := n.portable()
	count := max(manyBatches(n.caps.PutBatch), manyBatches(n.caps.GetBatch), manyBatches(n.caps.DeleteBatch))
	var keys []string
	var writes []kv.Write
	for i := range count {
		key := n.key(fmt.Sprintf("b%05d", i))
		n.note(key)
		keys = append(keys, key)
		writes = append(writes, kv.Write{Key: key, Value: n.value(fmt.Sprint(i))})
	}
	n.collect("PutMany", ns.PutMany(s.ctx, slices.Values(writes)), keys)
	s.wrote()
	s.settle()
	got := n.collect("GetMany", ns.GetMany(s.ctx, slices.Values(shuffled(keys))), keys)
	for _, w := range writes {
		if r := got[w.Key]; r.Err != nil || !bytes.Equal(r.Entry.Value, w.Value) {
			s.Errorf("GetMany of %q: a value of %d bytes, %v; want %d bytes", w.Key, len(r.Entry.Value), r.Err, len(w.Value))
			break
		}
	}
	n.wantListed(n.prefix, keys...)
	n.collect("DeleteMany", ns.DeleteMany(s.ctx, slices.Values(keys)), keys)
	s.wrote()
	n.wantListed(n.prefix)
}

func (s *suite) bulkMissing() {
	n := s.home()
	ns := n.portable()
	keys := []string{n.key("a"), n.key("b"), n.key("c")}
	n.put(keys[1], n.value("b"))
	s.settle()
	for key, r := range n.collect("GetMany", ns.GetMany(s.ctx, slices.Values(keys)), keys) {
		if key == keys[1] {
			s.Must("GetMany", r.Err)
		} else {
			s.WantCode("GetMany of a missing key", r.Err, errs.KeyNotFound)
		}
	}
}

func (s *suite) bulkExpiry() {
	n := s.home()
	ns := n.portable()
	keys := []string{n.key("a"), n.key("b")}
	n.note(keys[0])
	n.note(keys[1])
	s.align()
	at := time.Now().Add(n.ttl())
	n.collect("PutMany", ns.PutMany(s.ctx, slices.Values([]kv.Write{
		{Key: keys[0], Value: n.value("a"), Options: []kv.PutOption{kv.TTL(n.ttl())}}, {Key: keys[1], Value: n.value("b")},
	})), keys)
	s.wrote()
	s.settle()
	got := n.collect("GetMany", ns.GetMany(s.ctx, slices.Values(keys), kv.WithExpiry()), keys)
	s.wantExpiry("GetMany of a key that expires", got[keys[0]].Entry.Expiry, driver.ExpiresAt(at))
	s.wantExpiry("GetMany of a key that stays", got[keys[1]].Entry.Expiry, driver.NeverExpires())
}

func (s *suite) bulkMetadata() {
	n := s.home()
	ns := n.portable()
	keys := []string{n.key("a"), n.key("b")}
	n.note(keys[0])
	n.note(keys[1])
	n.collect("PutMany", ns.PutMany(s.ctx, slices.Values([]kv.Write{
		{Key: keys[0], Value: n.value("a"), Options: []kv.PutOption{kv.Metadata(metadata("a"))}}, {Key: keys[1], Value: n.value("b")},
	})), keys)
	s.wrote()
	s.settle()
	got := n.collect("GetMany", ns.GetMany(s.ctx, slices.Values(keys), kv.WithMetadata()), keys)
	for key, want := range map[string]json.RawMessage{keys[0]: metadata("a"), keys[1]: nil} {
		s.wantJSON("GetMany of "+quote(key), got[key].Entry.Metadata, want)
	}
}

// bulkMissingNamespace: when the namespace is gone, every key fails for that reason.
func (s *suite) bulkMissingNamespace() {
	n := s.newSpace()
	ns := n.portable()
	n.put(n.key("a"), n.value("a"))
	s.Must("DeleteNamespace", s.deleteNamespace(n.ref))
	s.settle()
	keys := slices.Values([]string{n.key("a"), n.key("b")})
	writes := slices.Values([]kv.Write{{Key: n.key("a"), Value: n.value("a")}, {Key: n.key("b"), Value: n.value("b")}})
	for what, results := range map[string]iter.Seq2[kv.Result, error]{
		"GetMany": ns.GetMany(s.ctx, keys), "PutMany": ns.PutMany(s.ctx, writes), "DeleteMany": ns.DeleteMany(s.ctx, keys),
	} {
		var last error
		for r, err := range results {
			if err != nil {
				last = err
			} else {
				s.WantCode(what+" in a deleted namespace, one key", r.Err, errs.NamespaceNotFound)
			}
		}
		s.WantCode(what+" in a deleted namespace", last, errs.NamespaceNotFound)
	}
}
