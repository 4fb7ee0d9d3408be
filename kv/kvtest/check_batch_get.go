package kvtest

import (
	"fmt"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// batchGetChecks: one request that reads several keys.
func batchGetChecks() []check {
	needTwo := conformance.That(func(k *traits) bool { return k.caps.GetBatch.MaxItems > 1 }, "GetBatch takes a single key")
	return []check{
		{"GetBatch/Order", []need{needGetBatch, needTwo}, (*suite).getBatchOrder},
		{"GetBatch/One", []need{needGetBatch}, (*suite).getBatchOne},
		{"GetBatch/Missing", []need{needGetBatch, needTwo}, (*suite).getBatchMissing},
		{"GetBatch/Full", []need{needGetBatch}, (*suite).getBatchFull},
		{"GetBatch/OverLimit", []need{needGetBatch}, (*suite).getBatchOverLimit},
		{"GetBatch/LargeValues", []need{needGetBatch, needSmallValues}, (*suite).getBatchLarge},
		{"GetBatch/Binary", []need{needGetBatch, declared("BinaryValue", binarySupport)}, (*suite).getBatchBinary},
		{"GetBatch/MissingNamespace", []need{needGetBatch}, missingNamespace(driver.OpGetBatch)},
	}
}

// bulky bounds the batches that are made to stand at a limit.
const bulky = 2500

// getBatch reads several keys.
func (n *space) getBatch(keys []string) []driver.GetBatchResult {
	n.Helper()
	return n.tryGetBatch(&driver.GetBatchRequest{Keys: keys})
}

func (n *space) sendGetBatch(req *driver.GetBatchRequest) (*driver.GetBatchResponse, error) {
	n.Helper()
	getter, ok := n.drv.(driver.BatchGetter)
	if !ok {
		n.Fatalf("GetBatch is declared, but BatchGetter is not implemented")
	}
	return send(n, driver.OpGetBatch, getter.GetBatch, req)
}

// tryGetBatch returns one result a key, or ends the check.
func (n *space) tryGetBatch(req *driver.GetBatchRequest) []driver.GetBatchResult {
	n.Helper()
	res, err := n.sendGetBatch(req)
	n.Must("GetBatch", err)
	if len(res.Results) != len(req.Keys) {
		n.Fatalf("GetBatch: %d results for %d keys", len(res.Results), len(req.Keys))
	}
	for i, r := range res.Results {
		n.CheckError("GetBatch of "+quote(req.Keys[i]), r.Err)
	}
	return res.Results
}

// shuffled returns the keys in another order, always the same.
func shuffled(keys []string) []string {
	mixed := slices.Clone(keys)
	for i := range mixed {
		j := (i*7 + 3) % len(mixed)
		mixed[i], mixed[j] = mixed[j], mixed[i]
	}
	return mixed
}

func (s *suite) getBatchOrder() {
	n := s.home()
	var keys []string
	value := map[string][]byte{}
	for i := range min(n.caps.GetBatch.MaxItems, 10) {
		key := n.key(fmt.Sprint("k", i))
		value[key] = n.value(fmt.Sprint(i))
		n.put(key, value[key])
		keys = append(keys, key)
	}
	slices.Reverse(keys)
	for range 3 {
		for i, r := range n.getBatch(keys) {
			if r.Err != nil {
				s.Errorf("GetBatch of %q: %v", keys[i], r.Err)
				continue
			}
			s.wantBytes("GetBatch of "+quote(keys[i]), r.Value, value[keys[i]])
		}
		keys = shuffled(keys)
	}
}

func (s *suite) getBatchOne() {
	n := s.home()
	n.put(n.key("a"), n.value("a"))
	r := n.getBatch([]string{n.key("a")})[0]
	s.Must("GetBatch of one key", r.Err)
	s.wantBytes("GetBatch of one key", r.Value, n.value("a"))
	r = n.getBatch([]string{n.key("never")})[0]
	s.WantCode("GetBatch of one missing key", r.Err, errs.KeyNotFound)
}

func (s *suite) getBatchMissing() {
	n := s.home()
	n.put(n.key("b"), n.value("b"))
	keys := fewer([]string{n.key("a"), n.key("b"), n.key("c")}, n.caps.GetBatch)
	for i, r := range n.getBatch(keys) {
		if keys[i] != n.key("b") {
			s.WantCode("GetBatch of the missing "+quote(keys[i]), r.Err, errs.KeyNotFound)
		} else if r.Err != nil {
			s.Errorf("GetBatch beside missing keys: %v", r.Err)
		} else {
			s.wantBytes("GetBatch beside missing keys", r.Value, n.value("b"))
		}
	}
}

func (s *suite) getBatchFull() {
	n := s.home()
	keys := n.fill("k", min(n.caps.GetBatch.MaxItems, bulky))
	for i, r := range n.getBatch(keys) {
		if r.Err != nil {
			s.Errorf("GetBatch of %d keys: %q: %v", len(keys), keys[i], r.Err)
			return
		}
		s.wantBytes("GetBatch of "+quote(keys[i]), r.Value, n.value("k"))
	}
}

func (s *suite) getBatchOverLimit() {
	n := s.home()
	n.put(n.key("k0"), n.value("k"))
	keys := make([]string, n.caps.GetBatch.MaxItems+1)
	for i := range keys {
		keys[i] = n.key(fmt.Sprint("k", i))
	}
	_, err := n.sendGetBatch(&driver.GetBatchRequest{Keys: keys})
	s.WantCode("GetBatch of too many keys", err, errs.TooLarge, errs.InvalidArgument)
}

// getBatchLarge: values of any size come whole, or the batch fails.
func (s *suite) getBatchLarge() {
	n := s.home()
	large := n.sized(n.caps.MaxValueBytes)
	n.put(n.key("a"), large)
	n.put(n.key("b"), n.value("b"))
	keys := fewer([]string{n.key("a"), n.key("b")}, n.caps.GetBatch)
	res, err := n.sendGetBatch(&driver.GetBatchRequest{Keys: keys})
	if err != nil {
		s.WantCode("GetBatch of large values", err, errs.TooLarge)
		return
	}
	if len(res.Results) != len(keys) {
		s.Fatalf("GetBatch: %d results for %d keys", len(res.Results), len(keys))
	}
	for i, want := range [][]byte{large, n.value("b")}[:len(keys)] {
		if r := res.Results[i]; r.Err == nil {
			s.wantBytes("GetBatch of large values", r.Value, want)
		} else {
			s.WantCode("GetBatch of large values", r.Err, errs.TooLarge)
		}
	}
}

// getBatchBinary: where a batch cannot carry a binary value, it says so.
func (s *suite) getBatchBinary() {
	n := s.home()
	value := []byte("a\xff\x00\xfeb")
	n.put(n.key("a"), value)
	res, err := n.sendGetBatch(&driver.GetBatchRequest{Keys: []string{n.key("a")}})
	if err != nil {
		return
	}
	if len(res.Results) != 1 {
		s.Fatalf("GetBatch: %d results for one key", len(res.Results))
	}
	if r := res.Results[0]; r.Err == nil {
		s.wantBytes("GetBatch of a binary value", r.Value, value)
	}
}
