package local_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	alibaba "github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
	cloudflare "github.com/crosscloud-sdk/crosscloud/providers/cloudflare/limits"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
	tencent "github.com/crosscloud-sdk/crosscloud/providers/tencent/limits"
)

var likes = []string{"", "alibaba", "esa", "tencent", "edgeone", "cloudflare"}

func TestLikeBorrowsCapabilities(t *testing.T) {
	s := inMemory(t)
	for like, want := range map[string]struct {
		kv      driver.Capabilities
		service driver.ServiceCapabilities
	}{
		"alibaba": {alibaba.KV(), alibaba.KVService()}, "esa": {alibaba.KV(), alibaba.KVService()},
		"tencent": {tencent.KV(), tencent.KVService()}, "edgeone": {tencent.KV(), tencent.KVService()},
		"cloudflare": {cloudflare.KV(), cloudflare.KVService()},
	} {
		lag := want.kv.Consistency
		for _, stale := range []time.Duration{0, time.Second, time.Hour} {
			o := local.KVOptions{Like: like, Stale: stale}
			want.kv.Consistency, want.service.Address = max(stale, lag), driver.ByName
			if got := s.ns(o).Capabilities(); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want.kv) {
				t.Errorf("%+v: %+v, want %+v", o, got, want.kv)
			}
			if got := s.service(o).Capabilities(); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want.service) {
				t.Errorf("%+v: %+v, want %+v", o, got, want.service)
			}
		}
	}
	_, err := s.KVService(local.KVOptions{Like: "aws"})
	refused(t, "unknown like", err, errs.InvalidArgument)
	_, err = s.KVService(local.KVOptions{Stale: -1})
	refused(t, "negative stale", err, errs.InvalidArgument)
}

// Interfaces, capabilities and operation tables say the same.
func TestInterfacesAgreeWithCapabilities(t *testing.T) {
	s := inMemory(t)
	for _, like := range likes {
		o := local.KVOptions{Like: like}
		n := s.ns(o).Namespace
		c, rows := n.Capabilities(), map[string]bool{}
		for _, row := range n.Operations() {
			rows[row.Name] = true
		}
		agree := func(what string, declared, implemented bool, op string) {
			t.Helper()
			if declared != implemented || declared != rows[op] {
				t.Errorf("like %q: %s: declared %t, implemented %t, row %t", like, what, declared, implemented, rows[op])
			}
		}
		_, ok := n.(driver.Inspector)
		agree("Inspect", c.Expiry == driver.Emulated || c.ReadMetadata == driver.Emulated, ok, driver.OpInspect)
		_, ok = n.(driver.BatchGetter)
		agree("GetBatch", c.GetBatch.Support != driver.None, ok, driver.OpGetBatch)
		_, ok = n.(driver.BatchPutter)
		agree("PutBatch", c.PutBatch.Support != driver.None, ok, driver.OpPutBatch)
		_, ok = n.(driver.BatchDeleter)
		agree("DeleteBatch", c.DeleteBatch.Support != driver.None, ok, driver.OpDeleteBatch)
		for _, op := range []string{driver.OpGet, driver.OpPut, driver.OpDelete, driver.OpList} {
			agree(op, true, true, op)
		}

		service := s.service(o)
		sc := service.Capabilities()
		rows = map[string]bool{}
		for _, row := range service.Operations() {
			rows[row.Name] = true
		}
		_, ok = service.(driver.NamespaceCreator)
		agree("Create", sc.Create != driver.None, ok, driver.OpCreateNamespace)
		_, ok = service.(driver.NamespaceGetter)
		agree("Get", sc.Get != driver.None, ok, driver.OpGetNamespace)
		_, ok = service.(driver.NamespaceRenamer)
		agree("Rename", sc.Rename != driver.None, ok, driver.OpRenameNamespace)
		_, ok = service.(driver.NamespaceDescriber)
		agree("SetDescription", sc.SetDescription != driver.None, ok, driver.OpSetDescription)
		_, ok = service.(driver.NamespaceDeleter)
		agree("Delete", sc.Delete != driver.None, ok, driver.OpDeleteNamespace)
		agree("ListNamespaces", true, true, driver.OpListNamespaces)
	}
}

// For each provider, the last thing that is accepted and the first that is not.
// What a provider tells by a request of its own is not told with the value.
func TestEmulatedReads(t *testing.T) {
	ctx := context.Background()
	s := inMemory(t)
	wide := s.ns(local.KVOptions{})
	wide.put("k", "v", ttl(time.Hour), meta(`"m"`))
	wide.put("stay", "v")
	expiry := driver.ExpiresAt(s.Now().Add(time.Hour))
	for like, want := range map[string]struct {
		get, inspect, list driver.Expiry
		meta, inspectMeta  string
		listMeta           string
	}{
		"":           {get: expiry, list: expiry, meta: `"m"`, listMeta: `"m"`},
		"tencent":    {get: expiry},
		"alibaba":    {inspect: expiry},
		"cloudflare": {get: expiry, list: expiry, inspectMeta: `"m"`, listMeta: `"m"`},
	} {
		n := s.ns(local.KVOptions{Like: like})
		res, err := n.Get(ctx, &driver.GetRequest{Key: "k", WantExpiry: true, WantMetadata: true})
		if err != nil || res.Expiry != want.get || string(res.Metadata) != want.meta {
			t.Errorf("like %q: got %+v, %v", like, res, err)
		}
		if i, ok := n.Namespace.(driver.Inspector); ok {
			res, err := i.Inspect(ctx, &driver.InspectRequest{Key: "k", WantExpiry: true, WantMetadata: true})
			if err != nil || res.Expiry != want.inspect || string(res.Metadata) != want.inspectMeta {
				t.Errorf("like %q: inspected %+v, %v", like, res, err)
			}
			res, err = i.Inspect(ctx, &driver.InspectRequest{Key: "stay"})
			if err != nil || res.Expiry.Known() && !res.Expiry.Never() || res.Metadata != nil {
				t.Errorf("like %q: inspected %+v, %v", like, res, err)
			}
			_, err = i.Inspect(ctx, &driver.InspectRequest{Key: "none"})
			refused(t, "inspect none", err, errs.KeyNotFound)
			_, err = i.Inspect(ctx, &driver.InspectRequest{})
			refused(t, "inspect a bad key", err, errs.InvalidArgument)
		}
		if g, ok := n.Namespace.(driver.BatchGetter); ok {
			for _, wanted := range []bool{true, false} {
				res, err := g.GetBatch(ctx, &driver.GetBatchRequest{Keys: []string{"k"}, WantMetadata: wanted})
				told := want.meta != "" || like == "cloudflare" && wanted
				if err != nil || res.Results[0].Expiry != want.get || (res.Results[0].Metadata != nil) != told {
					t.Errorf("like %q: batch %+v, %v", like, res, err)
				}
			}
		}
		for info, err := range n.all("k", 10) {
			if err != nil || info.Expiry != want.list || string(info.Metadata) != want.listMeta {
				t.Errorf("like %q: listed %+v, %v", like, info, err)
			}
		}
	}
}

func TestAlibabaListsSoManyKeys(t *testing.T) {
	s := inMemory(t)
	wide, n := s.ns(local.KVOptions{}), s.ns(local.KVOptions{Like: "alibaba"})
	key := 0
	fill := func(upTo int) {
		for key < upTo {
			req := &driver.PutBatchRequest{}
			for range min(1000, upTo-key) {
				req.Items = append(req.Items, &driver.PutRequest{Key: fmt.Sprintf("k%06d", key)})
				key++
			}
			if _, err := wide.Namespace.(driver.BatchPutter).PutBatch(context.Background(), req); err != nil {
				t.Fatal(err)
			}
		}
	}
	fill(50_000)
	if got := len(n.keys("", 99)); got != 50_000 {
		t.Errorf("listed %d", got)
	}
	fill(50_001)
	listed, failed := 0, error(nil)
	for _, err := range n.all("", 99) {
		if failed = err; err == nil {
			listed++
		}
	}
	refused(t, "listing 50,001 keys", failed, errs.TooLarge)
	if listed != 50_000 {
		t.Errorf("listed %d", listed)
	}
}
