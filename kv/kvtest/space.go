package kvtest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// space is one open namespace of a check, called directly.
type space struct {
	*suite
	ref    driver.NamespaceRef
	drv    driver.Namespace
	caps   driver.Capabilities
	prefix string // of the keys that the check makes
	shared bool   // others use the namespace too

	mu   sync.Mutex
	keys map[string]bool
}

// key returns a key of the check's own.
func (n *space) key(label string) string {
	return n.prefix + conformance.Spell(n.caps.Key.Alphabet, label)
}

// value returns a text value that holds the mark, as far as the size limit lets it.
func (n *space) value(label string) []byte {
	v := []byte(mark + "-" + label)
	return v[:min(int64(len(v)), n.caps.MaxValueBytes)]
}

// sized returns a text value of so many bytes.
func (n *space) sized(size int64) []byte {
	v := make([]byte, size)
	for i := range v {
		v[i] = mark[i%len(mark)]
	}
	return v
}

func (n *space) note(key string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.keys == nil {
		n.keys = map[string]bool{}
	}
	n.keys[key] = true
	n.wrote()
}

// written returns the keys that the check may have written.
func (n *space) written() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []string
	for key := range n.keys {
		all = append(all, key)
	}
	return all
}

func (n *space) pace(op string) { n.KeepRate(n.ctx, n.drv.Operations(), op) }

// send makes one call of the driver that reads.
func send[Req, Res any](n *space, op string, call func(context.Context, *Req) (*Res, error), req *Req) (*Res, error) {
	n.settle()
	return deliver(n, op, call, req)
}

// deliver makes one call of the driver.
func deliver[Req, Res any](n *space, op string, call func(context.Context, *Req) (*Res, error), req *Req) (*Res, error) {
	n.Helper()
	n.pace(op)
	return conformance.Call(n.ctx, n.State, op, call, req)
}

func (n *space) tryPut(req *driver.PutRequest) error {
	n.Helper()
	n.note(req.Key)
	_, err := deliver(n, driver.OpPut, n.drv.Put, req)
	n.wrote()
	return err
}

// put writes a key that stays.
func (n *space) put(key string, value []byte) {
	n.Helper()
	n.putAs(&driver.PutRequest{Key: key, Value: value})
}

// putAs writes a key, and returns when it was sent.
func (n *space) putAs(req *driver.PutRequest) time.Time {
	n.Helper()
	sent := time.Now()
	if err := n.tryPut(req); err != nil {
		n.Fatalf("Put %q: %v", req.Key, err)
	}
	return sent
}

func (n *space) tryGet(req *driver.GetRequest) (*driver.GetResponse, error) {
	n.Helper()
	return send(n, driver.OpGet, n.drv.Get, req)
}

// get reads a key that is there, and asks for all that can come with it.
func (n *space) get(key string) *driver.GetResponse {
	n.Helper()
	res, err := n.tryGet(&driver.GetRequest{Key: key, WantExpiry: n.caps.Expiry == driver.Native, WantMetadata: n.caps.ReadMetadata == driver.Native})
	if err != nil {
		n.Fatalf("Get %q: %v", key, err)
	}
	return res
}

// inspect asks for expiry and metadata by a request of its own.
func (n *space) inspect(key string) *driver.InspectResponse {
	n.Helper()
	res, err := n.tryInspect(key)
	if err != nil {
		n.Fatalf("Inspect %q: %v", key, err)
	}
	return res
}

func (n *space) tryInspect(key string) (*driver.InspectResponse, error) {
	n.Helper()
	inspector, ok := n.drv.(driver.Inspector)
	if !ok {
		n.Fatalf("Emulated is declared, but Inspector is not implemented")
	}
	return send(n, driver.OpInspect, inspector.Inspect, &driver.InspectRequest{
		Key: key, WantExpiry: n.caps.Expiry == driver.Emulated, WantMetadata: n.caps.ReadMetadata == driver.Emulated,
	})
}

func (n *space) tryDelete(key string) error {
	n.Helper()
	_, err := deliver(n, driver.OpDelete, n.drv.Delete, &driver.DeleteRequest{Key: key})
	n.wrote()
	return err
}

func (n *space) delete(key string) {
	n.Helper()
	if err := n.tryDelete(key); err != nil {
		n.Fatalf("Delete %q: %v", key, err)
	}
}

// wantValue reports a failure unless the key has the value.
func (n *space) wantValue(key string, want []byte) {
	n.Helper()
	res, err := n.tryGet(&driver.GetRequest{Key: key})
	if err != nil {
		n.Errorf("Get %q: %v", key, err)
		return
	}
	n.wantBytes("Get "+quote(key), res.Value, want)
}

// wantMissing reports a failure unless the key is not there.
func (n *space) wantMissing(key string) {
	n.Helper()
	res, err := n.tryGet(&driver.GetRequest{Key: key})
	if err == nil {
		n.Errorf("Get %q: a value of %d bytes, want %s", key, len(res.Value), errs.KeyNotFound)
		return
	}
	n.WantCode("Get "+quote(key), err, errs.KeyNotFound)
}

// page lists one page.
func (n *space) page(prefix, cursor string, size int) *driver.ListResponse {
	n.Helper()
	page, err := n.tryPage(prefix, cursor, size)
	if err != nil {
		n.Fatalf("List: %v", err)
	}
	if len(page.Keys) > size {
		n.Errorf("List: a page of %d keys, asked for %d", len(page.Keys), size)
	}
	return page
}

func (n *space) tryPage(prefix, cursor string, size int) (*driver.ListResponse, error) {
	n.Helper()
	return send(n, driver.OpList, n.drv.List, &driver.ListRequest{Prefix: prefix, Cursor: cursor, PageSize: size})
}

// maxPages is how many pages a listing of the suite's few keys may have.
const maxPages = 5000

// eachPage lists all pages of a prefix.
func (n *space) eachPage(prefix string, size int, visit func([]driver.KeyInfo)) {
	n.Helper()
	cursor := ""
	for range maxPages {
		page := n.page(prefix, cursor, size)
		visit(page.Keys)
		if page.Cursor == "" {
			return
		}
		if page.Cursor == cursor {
			n.Fatalf("List: the cursor of a page leads to the page itself")
		}
		cursor = page.Cursor
	}
	n.Fatalf("List: no end after %d pages", maxPages)
}

// list returns all keys with a prefix, as they come.
func (n *space) list(prefix string) []driver.KeyInfo {
	n.Helper()
	var all []driver.KeyInfo
	n.eachPage(prefix, n.caps.List.MaxPage, func(page []driver.KeyInfo) { all = append(all, page...) })
	return all
}

// listed returns one key of a listing.
func (n *space) listed(key string) driver.KeyInfo {
	n.Helper()
	for _, info := range n.list(key) {
		if info.Name == key {
			return info
		}
	}
	n.Fatalf("List: the key %q is missing", key)
	return driver.KeyInfo{}
}

// wantListed reports a failure unless the keys with a prefix are exactly want.
func (n *space) wantListed(prefix string, want ...string) {
	n.Helper()
	n.wantNames("List of prefix "+quote(prefix), names(n.list(prefix)), want)
}

func names(infos []driver.KeyInfo) []string {
	all := make([]string, 0, len(infos))
	for _, info := range infos {
		all = append(all, info.Name)
	}
	return all
}

// wantNames compares without regard to order.
func (s *suite) wantNames(what string, got, want []string) {
	s.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if slices.Equal(got, want) {
		return
	}
	count := map[string]int{}
	for _, name := range want {
		count[name]++
	}
	for _, name := range got {
		count[name]--
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(got, want)))) {
		switch extra := count[name]; {
		case extra > 0:
			s.Errorf("%s: %q is missing", what, name)
			return
		case extra < 0:
			s.Errorf("%s: %q is there %d times too often", what, name, -extra)
			return
		}
	}
}

// portable returns the namespace as programs see it.
func (n *space) portable() *kv.Namespace {
	n.Helper()
	n.settle()
	ns, err := n.service().Namespace(n.ctx, n.ref.Name)
	n.Must("kv.Service.Namespace", err)
	return ns
}
