package kvtest

import (
	"context"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// basicChecks: get, put and delete of single keys.
func basicChecks() []check {
	return []check{
		{"Get/RoundTrip", nil, (*suite).roundTrip},
		{"Get/MissingKey", nil, (*suite).missingKey},
		{"Get/MissingNamespace", nil, missingNamespace(driver.OpGet)},
		{"Put/Overwrite", nil, (*suite).overwrite},
		{"Put/SameAgain", nil, (*suite).putAgain},
		{"Put/KeysApart", nil, (*suite).keysApart},
		{"Put/NamespacesApart", []need{needCreate}, (*suite).namespacesApart},
		{"Put/MissingNamespace", nil, missingNamespace(driver.OpPut)},
		{"Delete/Present", nil, (*suite).deletePresent},
		{"Delete/Absent", nil, (*suite).deleteAbsent},
		{"Delete/OthersStay", nil, (*suite).deleteLeavesOthers},
		{"Delete/PutAgain", nil, (*suite).putAfterDelete},
		{"Delete/MissingNamespace", nil, missingNamespace(driver.OpDelete)},
		{"Inspect/MissingKey", []need{needInspect}, (*suite).inspectMissing},
		{"Inspect/MissingNamespace", []need{needInspect}, missingNamespace(driver.OpInspect)},
	}
}

var needInspect = conformance.That(func(k *traits) bool {
	return k.caps.Expiry == driver.Emulated || k.caps.ReadMetadata == driver.Emulated
}, "declares nothing that needs Inspect")

func (s *suite) roundTrip() {
	n := s.home()
	for label, text := range map[string]string{
		"text":    "some text",
		"json":    `{"a": [1, 2.50, "x\u0041"], "b": null}`,
		"unicode": "naïve 日本語 e\u0301 \u00e9 😀 \U0010ffff",
		"markup":  "<a href=\"x\">&amp;</a> %41 + \\ ' `",
		"spaces":  "  lead and trail \t",
		"lines":   "a\nb\r\nc\n",
		"base64":  "aGVsbG8=",
		"number":  "0012.50",
		"null":    "null",
		"quoted":  `"quoted"`,
	} {
		value := []byte(text)
		n.put(n.key(label), value)
		n.wantValue(n.key(label), value)
		n.wantValue(n.key(label), value) // reading changes nothing
	}
}

func (s *suite) missingKey() {
	n := s.home()
	n.wantMissing(n.key("never"))
	n.put(n.key("near"), n.value("a"))
	n.wantMissing(n.key("nea"))
	n.wantMissing(n.key("nears"))
}

// missingNamespace checks one method in a namespace that does not exist.
func missingNamespace(op string) func(*suite) {
	return func(s *suite) {
		n := s.open(s.missing())
		s.WantCode(op+" in a missing namespace", n.call(s.ctx, op), errs.NamespaceNotFound)
		if s.h.Namespace == "" && s.caps.Address == driver.ByName {
			if _, count := s.inListing(n.ref.Name); count > 0 {
				s.Errorf("%s made the missing namespace", op)
			}
		}
	}
}

// call calls one method with ordinary arguments, when the rate limits let it.
func (n *space) call(ctx context.Context, op string) error {
	n.settle()
	n.pace(op)
	err := n.callNow(ctx, op)
	n.Scan(op, err)
	return err
}

func (n *space) callNow(ctx context.Context, op string) (err error) {
	a, b := n.key("calla"), n.key("callb")
	switch op {
	case driver.OpGet:
		_, err = n.drv.Get(ctx, &driver.GetRequest{Key: a})
	case driver.OpInspect:
		_, err = n.drv.(driver.Inspector).Inspect(ctx, &driver.InspectRequest{Key: a, WantExpiry: true})
	case driver.OpPut:
		n.note(a)
		_, err = n.drv.Put(ctx, &driver.PutRequest{Key: a, Value: n.value("call")})
	case driver.OpDelete:
		n.wrote()
		_, err = n.drv.Delete(ctx, &driver.DeleteRequest{Key: a})
	case driver.OpList:
		_, err = n.drv.List(ctx, &driver.ListRequest{Prefix: n.prefix, PageSize: n.caps.List.MaxPage})
	case driver.OpGetBatch:
		_, err = n.drv.(driver.BatchGetter).GetBatch(ctx, &driver.GetBatchRequest{Keys: fewer([]string{a, b}, n.caps.GetBatch)})
	case driver.OpPutBatch:
		n.note(a)
		n.note(b)
		items := []*driver.PutRequest{{Key: a, Value: n.value("call")}, {Key: b, Value: n.value("call")}}
		_, err = n.drv.(driver.BatchPutter).PutBatch(ctx, &driver.PutBatchRequest{Items: fewer(items, n.caps.PutBatch)})
	case driver.OpDeleteBatch:
		n.wrote()
		_, err = n.drv.(driver.BatchDeleter).DeleteBatch(ctx, &driver.DeleteBatchRequest{Keys: fewer([]string{a, b}, n.caps.DeleteBatch)})
	}
	return err
}

func fewer[T any](items []T, b driver.Batch) []T { return items[:min(len(items), b.MaxItems)] }

// methods returns the names of the methods that the namespace has.
func (n *space) methods() []string {
	all := []string{driver.OpGet, driver.OpPut, driver.OpDelete, driver.OpList}
	if _, ok := n.drv.(driver.Inspector); ok {
		all = append(all, driver.OpInspect)
	}
	if _, ok := n.drv.(driver.BatchGetter); ok {
		all = append(all, driver.OpGetBatch)
	}
	if _, ok := n.drv.(driver.BatchPutter); ok {
		all = append(all, driver.OpPutBatch)
	}
	if _, ok := n.drv.(driver.BatchDeleter); ok {
		all = append(all, driver.OpDeleteBatch)
	}
	return all
}

func (s *suite) overwrite() {
	n := s.home()
	key := n.key("a")
	for _, value := range []string{"first", "a longer second value", "3rd", "first"} {
		n.put(key, []byte(value))
		n.wantValue(key, []byte(value))
	}
	n.wantListed(key, key)
}

func (s *suite) putAgain() {
	n := s.home()
	key := n.key("a")
	for range 2 {
		n.put(key, n.value("same"))
	}
	n.wantValue(key, n.value("same"))
}

func (s *suite) keysApart() {
	n := s.home()
	a, b, ab := n.key("a"), n.key("b"), n.key("ab")
	n.put(a, n.value("a"))
	n.put(b, n.value("b"))
	n.put(ab, n.value("ab"))
	n.put(a, n.value("a2"))
	n.wantValue(a, n.value("a2"))
	n.wantValue(b, n.value("b"))
	n.wantValue(ab, n.value("ab"))
}

func (s *suite) namespacesApart() {
	one, two := s.newSpace(), s.newSpace()
	key := one.key("a")
	one.put(key, one.value("one"))
	two.wantMissing(key)
	two.put(key, two.value("two"))
	one.wantValue(key, one.value("one"))
	two.wantValue(key, two.value("two"))
	two.delete(key)
	one.wantValue(key, one.value("one"))
	two.wantMissing(key)
	two.wantListed("")
}

func (s *suite) deletePresent() {
	n := s.home()
	key := n.key("a")
	n.put(key, n.value("a"))
	n.wantValue(key, n.value("a"))
	n.delete(key)
	n.wantMissing(key)
	n.wantListed(key)
}

func (s *suite) deleteAbsent() {
	n := s.home()
	n.delete(n.key("never"))
	key := n.key("a")
	n.put(key, n.value("a"))
	n.delete(key)
	n.delete(key)
	n.wantMissing(key)
}

func (s *suite) deleteLeavesOthers() {
	n := s.home()
	for _, label := range []string{"a", "ab", "b"} {
		n.put(n.key(label), n.value(label))
	}
	n.delete(n.key("a"))
	n.wantValue(n.key("ab"), n.value("ab"))
	n.wantValue(n.key("b"), n.value("b"))
	n.wantListed(n.prefix, n.key("ab"), n.key("b"))
}

func (s *suite) putAfterDelete() {
	n := s.home()
	key := n.key("a")
	n.put(key, n.value("one"))
	n.settle()
	n.delete(key)
	n.settle()
	n.put(key, n.value("two"))
	n.wantValue(key, n.value("two"))
	n.wantListed(key, key)
}

func (s *suite) inspectMissing() {
	n := s.home()
	_, err := n.tryInspect(n.key("never"))
	s.WantCode("Inspect of a missing key", err, errs.KeyNotFound)
	n.put(n.key("a"), n.value("a"))
	n.delete(n.key("a"))
	_, err = n.tryInspect(n.key("a"))
	s.WantCode("Inspect of a deleted key", err, errs.KeyNotFound)
}
