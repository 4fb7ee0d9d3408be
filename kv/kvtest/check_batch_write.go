package kvtest

import (
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// batchWriteChecks: one request that writes or deletes several keys.
func batchWriteChecks() []check {
	metadataToo := []need{needPutBatch, needMetadata, needReadMetadata}
	expiryToo := []need{needPutBatch, needTTL, needExpiry}
	needBytes := conformance.That(func(k *traits) bool { b := k.caps.PutBatch.MaxBytes; return b > 0 && b <= largestValue/4 }, "PutBatch has no limit of bytes, or one too large for a test")
	needRoom := conformance.That(func(k *traits) bool {
		b := &k.caps.PutBatch
		return b.MaxItems >= 3 && (b.MaxBytes == 0 || b.MaxBytes > k.caps.MaxValueBytes+1000)
	}, "PutBatch has no room for a value over the limit beside others")
	return []check{
		{"PutBatch/Full", []need{needPutBatch}, (*suite).putBatchFull},
		{"PutBatch/OverLimit", []need{needPutBatch}, (*suite).putBatchOverLimit},
		{"PutBatch/Replaces", []need{needPutBatch}, (*suite).putBatchReplaces},
		{"PutBatch/Expiry", expiryToo, (*suite).putBatchExpiry},
		{"PutBatch/Metadata", metadataToo, (*suite).putBatchMetadata},
		{"PutBatch/Values", []need{needPutBatch}, (*suite).putBatchValues},
		{"PutBatch/PartlyRefused", []need{needPutBatch, needSmallValues, needRoom}, (*suite).putBatchPartly},
		{"PutBatch/Bytes", []need{needPutBatch, needBytes}, (*suite).putBatchBytes},
		{"PutBatch/MissingNamespace", []need{needPutBatch}, missingNamespace(driver.OpPutBatch)},
		{"DeleteBatch/Full", []need{needDeleteBatch}, (*suite).deleteBatchFull},
		{"DeleteBatch/OverLimit", []need{needDeleteBatch}, (*suite).deleteBatchOverLimit},
		{"DeleteBatch/Absent", []need{needDeleteBatch}, (*suite).deleteBatchAbsent},
		{"DeleteBatch/OthersStay", []need{needDeleteBatch}, (*suite).deleteBatchLeavesOthers},
		{"DeleteBatch/MissingNamespace", []need{needDeleteBatch}, missingNamespace(driver.OpDeleteBatch)},
	}
}

// sendPutBatch returns one error an item, nil where it was written, or the error of the request.
func (n *space) sendPutBatch(items []*driver.PutRequest) ([]error, error) {
	n.Helper()
	putter, ok := n.drv.(driver.BatchPutter)
	if !ok {
		n.Fatalf("PutBatch is declared, but BatchPutter is not implemented")
	}
	for _, item := range items {
		n.note(item.Key)
	}
	res, err := deliver(n, driver.OpPutBatch, putter.PutBatch, &driver.PutBatchRequest{Items: items})
	n.wrote()
	if err != nil {
		return nil, err
	}
	return n.each("PutBatch", res.Errs, len(items)), nil
}

// each checks the errors of a batch, and returns one an item.
func (n *space) each(what string, all []error, items int) []error {
	n.Helper()
	if all == nil {
		return make([]error, items)
	}
	if len(all) != items {
		n.Fatalf("%s: %d errors for %d keys; none or one a key are allowed", what, len(all), items)
	}
	for _, err := range all {
		n.CheckError(what, err)
	}
	return all
}

// putBatch writes items that are all fine.
func (n *space) putBatch(items []*driver.PutRequest) {
	n.Helper()
	all, err := n.sendPutBatch(items)
	n.Must("PutBatch", err)
	for i, err := range all {
		n.Must("PutBatch of "+quote(items[i].Key), err)
	}
}

func (n *space) sendDeleteBatch(keys []string) ([]error, error) {
	n.Helper()
	deleter, ok := n.drv.(driver.BatchDeleter)
	if !ok {
		n.Fatalf("DeleteBatch is declared, but BatchDeleter is not implemented")
	}
	res, err := deliver(n, driver.OpDeleteBatch, deleter.DeleteBatch, &driver.DeleteBatchRequest{Keys: keys})
	n.wrote()
	if err != nil {
		return nil, err
	}
	return n.each("DeleteBatch", res.Errs, len(keys)), nil
}

// deleteBatch deletes keys, those alone of which the batch does not tell, as package kv does.
func (n *space) deleteBatch(keys []string) {
	n.Helper()
	all, err := n.sendDeleteBatch(keys)
	n.Must("DeleteBatch", err)
	for i, err := range all {
		if errs.CodeOf(err) == errs.Unsupported {
			_, err = deliver(n, driver.OpDelete, n.drv.Delete, &driver.DeleteRequest{Key: keys[i]})
		}
		n.Must("DeleteBatch of "+quote(keys[i]), err)
	}
}

// items returns so many writes of different values, as many as fit in the bytes of a batch.
func (n *space) items(count int) []*driver.PutRequest {
	var all []*driver.PutRequest
	var bytes int64
	putter, _ := n.drv.(driver.BatchPutter)
	for i := range count {
		item := &driver.PutRequest{Key: n.key(fmt.Sprintf("i%05d", i)), Value: n.value(fmt.Sprint(i))}
		if putter != nil && n.caps.PutBatch.MaxBytes > 0 {
			if bytes += putter.PutBatchBytes(item); bytes > n.caps.PutBatch.MaxBytes {
				break
			}
		}
		all = append(all, item)
	}
	return all
}

func (n *space) wantItems(items []*driver.PutRequest) {
	n.Helper()
	for _, item := range items {
		n.wantValue(item.Key, item.Value)
	}
}

func (s *suite) putBatchFull() {
	n := s.home()
	items := n.items(min(n.caps.PutBatch.MaxItems, bulky))
	n.putBatch(items)
	if len(items) > 100 {
		items = []*driver.PutRequest{items[0], items[1], items[len(items)/2], items[len(items)-1]}
	}
	n.wantItems(items)
	n.putBatch(items[:1])
	n.wantItems(items[:1])
}

func (s *suite) putBatchOverLimit() {
	n := s.home()
	all := n.items(n.caps.PutBatch.MaxItems + 1)
	if len(all) <= n.caps.PutBatch.MaxItems {
		s.Logf("kvtest: PutBatch of too many keys is not sent: the limit of bytes is narrower")
		return
	}
	_, err := n.sendPutBatch(all)
	if s.WantCode("PutBatch of too many keys", err, errs.TooLarge, errs.InvalidArgument) {
		n.wantMissing(all[0].Key)
		n.wantMissing(all[len(all)-1].Key)
	}
}

func (s *suite) putBatchReplaces() {
	n := s.home()
	items := n.items(min(n.caps.PutBatch.MaxItems, 3))
	for _, item := range items {
		old := &driver.PutRequest{Key: item.Key, Value: n.value("old")}
		if n.caps.TTL != driver.None {
			old.TTL = n.ttl()
		}
		if n.caps.Metadata != driver.None {
			old.Metadata = metadata("old")
		}
		n.putAs(old)
	}
	n.putBatch(items)
	n.wantItems(items)
	for _, item := range items {
		n.wantTold(item.Key, driver.NeverExpires())
		if n.caps.ReadMetadata != driver.None {
			s.wantJSON("after PutBatch", n.kept(item.Key), nil)
		}
	}
	n.wantListed(n.prefix, keysOf(items)...)
}

func keysOf(items []*driver.PutRequest) (keys []string) {
	for _, item := range items {
		keys = append(keys, item.Key)
	}
	return keys
}

func (s *suite) putBatchExpiry() {
	n := s.home()
	s.align()
	at := ahead(n.longer())
	want := map[string]driver.Expiry{
		n.key("a"): driver.ExpiresAt(ahead(n.ttl())), n.key("b"): driver.NeverExpires(), n.key("c"): driver.ExpiresAt(at),
	}
	items := []*driver.PutRequest{
		{Key: n.key("a"), Value: n.value("a"), TTL: n.ttl()}, {Key: n.key("b"), Value: n.value("b")}, {Key: n.key("c"), Value: n.value("c"), ExpiresAt: at},
	}
	for len(items) > 0 {
		part := fewer(items, n.caps.PutBatch)
		n.putBatch(part)
		items = items[len(part):]
	}
	for key, expiry := range want {
		n.wantTold(key, expiry)
	}
}

func (s *suite) putBatchMetadata() {
	n := s.home()
	items := fewer([]*driver.PutRequest{
		{Key: n.key("a"), Value: n.value("a"), Metadata: metadata("a")}, {Key: n.key("b"), Value: n.value("b")},
	}, n.caps.PutBatch)
	n.putBatch(items)
	for _, item := range items {
		s.wantJSON("after PutBatch", n.kept(item.Key), item.Metadata)
	}
}

// putBatchValues: values that are stored by a put are stored by a batch.
func (s *suite) putBatchValues() {
	n := s.home()
	values := []string{"a\x00b", "\"\\ <>&", "\u2028\ufeff", "日本語 😀", "null", "aGk="}
	if n.caps.BinaryValue != driver.None {
		values = append(values, "\xff\xfe\x00", string(n.sized(3))+"\x80")
	}
	if n.caps.EmptyValue != driver.None {
		values = append(values, "")
	}
	for i, text := range values {
		items := []*driver.PutRequest{{Key: n.key(fmt.Sprint(i)), Value: []byte(text)}}
		n.putBatch(items)
		n.wantItems(items)
	}
	for i, key := range n.accepted() {
		items := []*driver.PutRequest{{Key: key, Value: n.value(fmt.Sprint(i))}}
		n.putBatch(items)
		n.wantItems(items)
	}
}

// putBatchPartly: with one bad item among good ones, what the answer says of each agrees with what is stored.
func (s *suite) putBatchPartly() {
	n := s.home()
	items := n.items(3)
	items[1].Value = n.sized(n.caps.MaxValueBytes + 1)
	all, err := n.sendPutBatch(items)
	n.wantMissing(items[1].Key)
	if err != nil {
		s.WantCode("PutBatch with a value over the limit", err, errs.TooLarge, errs.InvalidArgument)
		for _, item := range []*driver.PutRequest{items[0], items[2]} {
			if _, failed := n.tryGet(&driver.GetRequest{Key: item.Key}); failed == nil && conformance.Outcome(err) == errs.NotApplied {
				s.Errorf("PutBatch: failed as not applied, but %q is stored", item.Key)
			}
		}
		return
	}
	s.WantCode("PutBatch of a value over the limit", all[1], errs.TooLarge, errs.InvalidArgument)
	for i, err := range all {
		switch {
		case i == 1:
		case err == nil:
			n.wantValue(items[i].Key, items[i].Value)
		case conformance.Outcome(err) == errs.NotApplied:
			n.wantMissing(items[i].Key)
		}
	}
}

// putBatchBytes: what PutBatchBytes counts is what the limit is about.
func (s *suite) putBatchBytes() {
	n := s.home()
	putter := n.drv.(driver.BatchPutter)
	limit := n.caps.PutBatch.MaxBytes
	small, large := &driver.PutRequest{Key: n.key("a"), Value: n.value("a")}, &driver.PutRequest{Key: n.key("a"), Value: n.sized(min(n.caps.MaxValueBytes, 1000))}
	if a, b := putter.PutBatchBytes(small), putter.PutBatchBytes(large); a < int64(len(small.Value)) || b < int64(len(large.Value)) || b <= a && len(large.Value) > len(small.Value) {
		s.Errorf("PutBatchBytes: %d for a value of %d bytes, %d for one of %d", a, len(small.Value), b, len(large.Value))
	}
	var items []*driver.PutRequest
	var bytes int64
	for i := range n.caps.PutBatch.MaxItems { // as large as may be
		item := &driver.PutRequest{Key: n.key(fmt.Sprint("fill", i)), Value: n.sized(min(n.caps.MaxValueBytes, max(limit/4, 1)))}
		if bytes += putter.PutBatchBytes(item); bytes > limit {
			break
		}
		items = append(items, item)
	}
	if len(items) > 0 {
		n.putBatch(items)
		n.wantItems(items)
	}
}

func (s *suite) deleteBatchFull() {
	n := s.home()
	keys := n.fill("d", min(n.caps.DeleteBatch.MaxItems, bulky))
	n.put(n.key("stays"), n.value("stays"))
	n.settle()
	n.deleteBatch(keys)
	n.wantListed(n.prefix, n.key("stays"))
	n.wantMissing(keys[0])
	n.wantMissing(keys[len(keys)-1])
}

func (s *suite) deleteBatchOverLimit() {
	n := s.home()
	keys := make([]string, n.caps.DeleteBatch.MaxItems+1)
	for i := range keys {
		keys[i] = n.key(fmt.Sprint("k", i))
	}
	n.put(keys[0], n.value("stays"))
	n.put(keys[len(keys)-1], n.value("stays"))
	n.settle()
	_, err := n.sendDeleteBatch(keys)
	if s.WantCode("DeleteBatch of too many keys", err, errs.TooLarge, errs.InvalidArgument) {
		n.wantValue(keys[0], n.value("stays"))
		n.wantValue(keys[len(keys)-1], n.value("stays"))
	}
}

func (s *suite) deleteBatchAbsent() {
	n := s.home()
	n.put(n.key("b"), n.value("b"))
	n.settle()
	keys := fewer([]string{n.key("b"), n.key("never"), n.key("nor")}, n.caps.DeleteBatch)
	n.deleteBatch(keys)
	n.deleteBatch(keys)
	n.wantMissing(n.key("b"))
}

func (s *suite) deleteBatchLeavesOthers() {
	n := s.home()
	for _, label := range []string{"a", "ab", "b"} {
		n.put(n.key(label), n.value(label))
	}
	n.settle()
	n.deleteBatch([]string{n.key("a")})
	n.wantListed(n.prefix, n.key("ab"), n.key("b"))
}
