package faultmatrix_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

const kindKV = "Key-value stores"

// Values are JSON, so that what spoils JSON spoils them too where they are replies by themselves.
const (
	oldValue = `{"v":"old","w":["more of it"]}`
	newValue = `{"v":"new","w":["more of it"]}`
)

var errOtherAnswer = errors.New("the call succeeded with another answer than the provider's")

func kvVendors() []*vendor {
	in := emulator.InMemory()
	alibaba := func() (emulator.Emulator, map[string]string) {
		em := emulator.NewAlibaba(in)
		return em, em.Provider()
	}
	tencent := func() (emulator.Emulator, map[string]string) {
		em := emulator.NewTencent(in)
		return em, em.Provider()
	}
	cloudflare := func() (emulator.Emulator, map[string]string) {
		em := emulator.NewCloudflare(in)
		return em, em.Provider()
	}
	requests := func(create, get, put, remove, list, batch matcher) map[string]matcher {
		return map[string]matcher{"CreateNamespace": create, "Get": get, "Put": put, "Delete": remove, "List": list, "DeleteMany": batch}
	}
	warm := func(ctx context.Context, c *crosscloud.Client) error {
		s, err := c.KVService(ctx, "cloud")
		if err != nil {
			return err
		}
		for _, err := range s.Namespaces(ctx) {
			return err
		}
		return nil
	}
	return []*vendor{
		{"alibaba", kindKV, alibaba, alibabaScript(), kvOps(requests(byAction("CreateKvNamespace"), byAction("GetKv"), byAction("PutKv"),
			byAction("DeleteKv"), byAction("ListKvs"), byAction("BatchDeleteKv")), "Delete"), warm},
		{"tencent", kindKV, tencent, tencentScript(), kvOps(requests(byAction("CreateEdgeKVNamespace"), byAction("EdgeKVGet"), byAction("EdgeKVPut"),
			byAction("EdgeKVDelete"), byAction("EdgeKVList"), byAction("EdgeKVDelete")), "CreateNamespace", "Put", "Delete", "DeleteMany"), warm},
		{"cloudflare", kindKV, cloudflare, cloudflareScript(), kvOps(requests(byPath("POST", "$/namespaces"), byPath("GET", "/values/"), byPath("PUT", "/values/"),
			byPath("DELETE", "/values/"), byPath("GET", "$/keys"), byPath("POST", "$/bulk/delete")), "Put", "Delete", "DeleteMany"), warm},
	}
}

// kvOps returns the operations by what their requests look like; those that are named tell nothing of a success.
func kvOps(requests map[string]matcher, silent ...string) []operation {
	one := func(name string, class policy.Idempotency, before, after string, prepare func(*world, *kv.Namespace, *kv.Namespace) (func(context.Context) error, func() string)) operation {
		return operation{name: name, class: class, matches: requests[name], silent: slices.Contains(silent, name), before: before, after: after,
			prepare: func(w *world) (func(context.Context) error, func() string) {
				ctx := w.t.Context()
				service := must[*kv.Service](w.t)(w.direct.KVService(ctx, "cloud"))
				must[kv.NamespaceInfo](w.t)(service.CreateNamespace(ctx, "flags"))
				direct := must[*kv.Namespace](w.t)(w.direct.KV(ctx, "flags"))
				for _, key := range []string{"a", "b"} {
					w.need(direct.Put(ctx, key, []byte(oldValue)))
				}
				return prepare(w, direct, must[*kv.Namespace](w.t)(w.client.KV(ctx, "flags")))
			}}
	}
	valueOf := func(w *world, n *kv.Namespace, key string) func() string {
		return func() string {
			e, err := n.Get(w.t.Context(), key)
			if errors.Is(err, errs.KeyNotFound) {
				return "none"
			}
			w.need(err)
			return string(e.Value)
		}
	}
	return []operation{
		one("Get", policy.ReadOnly, oldValue, oldValue, func(w *world, direct, n *kv.Namespace) (func(context.Context) error, func() string) {
			return func(ctx context.Context) error {
				e, err := n.Get(ctx, "a")
				if err == nil && string(e.Value) != oldValue {
					return errOtherAnswer
				}
				return err
			}, valueOf(w, direct, "a")
		}),
		one("List", policy.ReadOnly, oldValue, oldValue, func(w *world, direct, n *kv.Namespace) (func(context.Context) error, func() string) {
			return func(ctx context.Context) error {
				var all []string
				for key, err := range n.Keys(ctx) {
					if err != nil {
						return err
					}
					all = append(all, key.Name)
				}
				if slices.Sort(all); !slices.Equal(all, []string{"a", "b"}) {
					return errOtherAnswer
				}
				return nil
			}, valueOf(w, direct, "a")
		}),
		one("Put", policy.Idempotent, oldValue, newValue, func(w *world, direct, n *kv.Namespace) (func(context.Context) error, func() string) {
			return func(ctx context.Context) error { return n.Put(ctx, "a", []byte(newValue)) }, valueOf(w, direct, "a")
		}),
		one("Delete", policy.Idempotent, oldValue, "none", func(w *world, direct, n *kv.Namespace) (func(context.Context) error, func() string) {
			return func(ctx context.Context) error { return n.Delete(ctx, "a") }, valueOf(w, direct, "a")
		}),
		one("DeleteMany", policy.Idempotent, oldValue, "none", func(w *world, direct, n *kv.Namespace) (func(context.Context) error, func() string) {
			return func(ctx context.Context) error {
				for r, err := range n.DeleteMany(ctx, slices.Values([]string{"a", "b"})) {
					if r.Err != nil {
						return r.Err
					}
					if err != nil {
						return err
					}
				}
				return nil
			}, valueOf(w, direct, "b")
		}),
		one("CreateNamespace", policy.NonIdempotent, "1 more", "2 more", func(w *world, direct, n *kv.Namespace) (func(context.Context) error, func() string) {
			service, of := must[*kv.Service](w.t)(w.client.KVService(w.t.Context(), "cloud")), direct.Service()
			count := func() (n int) {
				for _, err := range of.Namespaces(w.t.Context()) {
					w.need(err)
					n++
				}
				return n
			}
			had := count()
			return func(ctx context.Context) error {
				info, err := service.CreateNamespace(ctx, "made")
				if err == nil && info.Name != "made" {
					return errOtherAnswer
				}
				return err
			}, func() string { return fmt.Sprint(count()-had+1, " more") }
		}),
	}
}
