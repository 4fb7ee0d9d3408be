package local_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

func TestBoundaries(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	type bound struct {
		what string
		put  *driver.PutRequest
		code errs.Code // empty: accepted
	}
	put := func(key, value string) *driver.PutRequest {
		return &driver.PutRequest{Key: key, Value: []byte(value)}
	}
	ttl := func(d time.Duration) *driver.PutRequest {
		return &driver.PutRequest{Key: "k", Value: []byte("v"), TTL: d}
	}
	now := newClock().Now()
	ahead := func(d time.Duration) *driver.PutRequest {
		return &driver.PutRequest{Key: "k", Value: []byte("v"), ExpiresAt: now.Add(d)}
	}
	meta := func(text string) *driver.PutRequest {
		return &driver.PutRequest{Key: "k", Value: []byte("v"), Metadata: []byte(text)}
	}
	everywhere := []bound{
		{"key of 1 byte", put("k", "v"), ""},
		{"key of 512 bytes", put(x(512), "v"), ""},
		{"key of 513 bytes", put(x(513), "v"), errs.InvalidArgument},
		{"key of 512 bytes in 256 characters", put(strings.Repeat("é", 256), "v"), ""},
		{"key of 514 bytes in 257 characters", put(strings.Repeat("é", 257), "v"), errs.InvalidArgument},
		{"empty key", put("", "v"), errs.InvalidArgument},
		{"key not UTF-8", put("\xff", "v"), errs.InvalidArgument},
		{"negative TTL", ttl(-time.Second), errs.InvalidArgument},
		{"expiry now", ahead(0), errs.InvalidArgument},
		{"expiry in the past", ahead(-time.Hour), errs.InvalidArgument},
		{"expiry in 1969", &driver.PutRequest{Key: "k", Value: []byte("v"), ExpiresAt: time.Unix(-1, 0)}, errs.InvalidArgument},
		{"expiry in year 9999", &driver.PutRequest{Key: "k", Value: []byte("v"), ExpiresAt: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, ""},
		{"expiry in year 10000", &driver.PutRequest{Key: "k", Value: []byte("v"), ExpiresAt: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, errs.InvalidArgument},
		{"longest TTL", ttl(1<<63 - 1), ""},
	}
	size := func(n int) []bound {
		return []bound{
			{"value one under the limit", put("k", x(n-1)), ""},
			{"value of the limit", put("k", x(n)), ""},
			{"value one over the limit", put("k", x(n+1)), errs.TooLarge},
		}
	}
	minimum := func(d time.Duration) []bound {
		return []bound{
			{"shortest TTL", ttl(d), ""},
			{"TTL under it", ttl(d - time.Second/2), errs.InvalidArgument},
			{"nearest expiry", ahead(d), ""},
			{"expiry before it", ahead(d - 1), errs.InvalidArgument},
		}
	}
	text := []bound{
		{"empty value", put("k", ""), errs.InvalidArgument},
		{"binary value", put("k", "\xff"), errs.InvalidArgument},
		{"metadata", meta("1"), errs.Unsupported},
	}
	binary := []bound{
		{"empty value", put("k", ""), ""},
		{"binary value", put("k", "\xff"), ""},
		{"metadata of 1023 bytes", meta(`"` + x(1021) + `"`), ""},
		{"metadata of 1024 bytes", meta(`"` + x(1022) + `"`), ""},
		{"metadata of 1025 bytes", meta(`"` + x(1023) + `"`), errs.TooLarge},
		{"metadata not JSON", meta("{"), errs.InvalidArgument},
		{"metadata of two values", meta("1 2"), errs.InvalidArgument},
		{"empty metadata", meta(""), errs.InvalidArgument},
	}
	anyKey := []bound{{"odd key", put(" /\\\x00~", "v"), ""}}
	join := func(all ...[]bound) (joined []bound) {
		for _, b := range all {
			joined = append(joined, b...)
		}
		return joined
	}
	for like, bounds := range map[string][]bound{
		"":        join(everywhere, size(26_214_400), minimum(time.Second), binary, anyKey, []bound{{"dots", put("..", "v"), ""}}),
		"tencent": join(everywhere, size(1_000_000), minimum(time.Minute), text, anyKey, []bound{{"dots", put("..", "v"), ""}}),
		"alibaba": join(everywhere, size(2_000_000), minimum(time.Second), text, []bound{
			{"key with a space", put("a b", "v"), errs.InvalidArgument},
			{"key with a slash", put("a/b", "v"), errs.InvalidArgument},
			{"key with a backslash", put(`a\b`, "v"), errs.InvalidArgument},
			{"key with others", put("a:b~é\x00", "v"), ""},
		}),
		"cloudflare": join(everywhere, size(26_214_400), minimum(time.Minute), binary, anyKey, []bound{
			{"key .", put(".", "v"), errs.InvalidArgument},
			{"key ..", put("..", "v"), errs.InvalidArgument},
			{"key ...", put("...", "v"), ""},
		}),
	} {
		t.Run("like "+like, func(t *testing.T) {
			s := inMemory(t)
			n := s.ns(local.KVOptions{Like: like})
			for _, b := range bounds {
				putters := map[string]func() error{"": func() error { _, err := n.Put(context.Background(), b.put); return err }}
				if batch, ok := n.Namespace.(driver.BatchPutter); ok && int64(len(b.put.Value))+100 < n.Capabilities().PutBatch.MaxBytes {
					putters["in a batch "] = func() error {
						_, err := batch.PutBatch(context.Background(), &driver.PutBatchRequest{Items: []*driver.PutRequest{{Key: "fine", Value: []byte("v")}, b.put}})
						return err
					}
				}
				for how, put := range putters {
					if _, err := n.Delete(t.Context(), &driver.DeleteRequest{Key: "fine"}); err != nil {
						t.Fatal(err)
					}
					err := put()
					if b.code != "" {
						refused(t, how+b.what, err, b.code)
						n.holds("fine", "-") // nothing of the batch was written
					} else if err != nil {
						t.Errorf("%s%s: %v", how, b.what, err)
					}
				}
				if b.put.Key == "" || b.code != errs.InvalidArgument || b.put.Key == "k" {
					continue
				}
				_, err := n.get(b.put.Key) // a bad key is refused by all
				refused(t, "get: "+b.what, err, errs.InvalidArgument)
				_, err = n.Delete(t.Context(), &driver.DeleteRequest{Key: b.put.Key})
				refused(t, "delete: "+b.what, err, errs.InvalidArgument)
			}
		})
	}
}

func TestBatchBoundaries(t *testing.T) {
	for like, limit := range map[string]struct {
		get, put, remove int
		bytes            int64
		minPage, maxPage int
	}{
		"":           {1000, 1000, 1000, 100_000_000, 1, 1000},
		"tencent":    {20, 0, 20, 0, 1, 1000},
		"alibaba":    {0, 1000, 10_000, 2_000_000, 1, 100},
		"cloudflare": {100, 1000, 1000, 100_000_000, 10, 1000},
	} {
		t.Run("like "+like, func(t *testing.T) {
			s := inMemory(t)
			n := s.ns(local.KVOptions{Like: like})
			keys := make([]string, 10_001)
			items := make([]*driver.PutRequest, len(keys))
			for i := range keys {
				keys[i] = fmt.Sprint("key", i)
				items[i] = &driver.PutRequest{Key: keys[i], Value: []byte("v")}
			}
			ctx := t.Context()
			around := func(what string, limit int, call func(n int) error) {
				t.Helper()
				for _, n := range []int{0, 1, limit - 1, limit} {
					if err := call(n); err != nil {
						t.Errorf("%s of %d: %v", what, n, err)
					}
				}
				refused(t, fmt.Sprint(what, " of ", limit+1), call(limit+1), errs.TooLarge)
			}
			if p, ok := n.Namespace.(driver.BatchPutter); ok {
				around("put", limit.put, func(k int) error {
					_, err := p.PutBatch(ctx, &driver.PutBatchRequest{Items: items[:k]})
					return err
				})
				const parts = 4 // of a value each
				for _, over := range []int64{-1, 0, 1} {
					left, big := limit.bytes+over, make([]*driver.PutRequest, parts)
					for i := range big {
						each := left / int64(parts-i)
						big[i] = &driver.PutRequest{Key: fmt.Sprint(i), Value: []byte(strings.Repeat("v", int(each)-1))}
						if got := p.PutBatchBytes(big[i]); got != each {
							t.Fatalf("item of %d bytes counts %d", each, got)
						}
						left -= each
					}
					_, err := p.PutBatch(ctx, &driver.PutBatchRequest{Items: big})
					if over > 0 {
						refused(t, "bytes over the limit", err, errs.TooLarge)
					} else if err != nil {
						t.Error(err)
					}
				}
				if got := p.PutBatchBytes(&driver.PutRequest{Key: "abc", Value: []byte("de"), Metadata: []byte("f")}); got != 6 {
					t.Errorf("item counts %d", got)
				}
			}
			if g, ok := n.Namespace.(driver.BatchGetter); ok {
				around("get", limit.get, func(k int) error {
					res, err := g.GetBatch(ctx, &driver.GetBatchRequest{Keys: keys[:k]})
					if err == nil && len(res.Results) != k {
						t.Errorf("%d results for %d keys", len(res.Results), k)
					}
					return err
				})
				_, err := g.GetBatch(ctx, &driver.GetBatchRequest{Keys: []string{"fine", ""}})
				refused(t, "get with a bad key", err, errs.InvalidArgument)
			}
			d := n.Namespace.(driver.BatchDeleter)
			around("delete", limit.remove, func(k int) error {
				_, err := d.DeleteBatch(ctx, &driver.DeleteBatchRequest{Keys: keys[:k]})
				return err
			})
			n.put("fine", "v")
			_, err := d.DeleteBatch(ctx, &driver.DeleteBatchRequest{Keys: []string{"fine", ""}})
			refused(t, "delete with a bad key", err, errs.InvalidArgument)
			n.holds("fine", "v")

			for _, page := range []int{limit.minPage - 1, limit.minPage, limit.maxPage, limit.maxPage + 1} {
				_, err := n.List(ctx, &driver.ListRequest{PageSize: page})
				if page < limit.minPage || page > limit.maxPage {
					refused(t, fmt.Sprint("page of ", page), err, errs.InvalidArgument)
				} else if err != nil {
					t.Errorf("page of %d: %v", page, err)
				}
			}
		})
	}
}

func TestLikeLimitsNamespaces(t *testing.T) {
	for like, limit := range map[string]int{"alibaba": 10, "cloudflare": 1000} {
		s := inMemory(t)
		service := s.service(local.KVOptions{Like: like})
		for i := 2; i <= limit; i++ {
			s.create(service, fmt.Sprint("n", i))
		}
		refused(t, like, create(service, "more", ""), errs.QuotaExceeded)
		if err := drop(service, "n2"); err != nil {
			t.Fatal(err)
		}
		s.create(service, "more")
	}
}

func TestLikeLimitsNamesAndDescriptions(t *testing.T) {
	s := inMemory(t)
	long := strings.Repeat("n", 513)
	edgeone, workers, esa := s.service(local.KVOptions{Like: "edgeone"}), s.service(local.KVOptions{Like: "cloudflare"}), s.service(local.KVOptions{Like: "esa"})
	refused(t, "edgeone: name", create(edgeone, "a_b", ""), errs.InvalidArgument)
	refused(t, "edgeone: name", create(edgeone, long[:51], ""), errs.InvalidArgument)
	refused(t, "edgeone: remark", create(edgeone, "a", strings.Repeat("é", 257)), errs.InvalidArgument)
	refused(t, "edgeone: remark", describe(edgeone, "ns", strings.Repeat("é", 257)), errs.InvalidArgument)
	refused(t, "cloudflare: title", create(workers, long, ""), errs.InvalidArgument)
	refused(t, "cloudflare: title", rename(workers, "ns", long), errs.InvalidArgument)
	refused(t, "cloudflare: description", create(workers, "a", "text"), errs.Unsupported)
	for i, err := range []error{
		create(edgeone, long[:50], strings.Repeat("é", 256)), describe(edgeone, "ns", strings.Repeat("é", 256)),
		create(workers, long[:512], ""), create(esa, "test_namespace", "text"),
	} {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if info, err := get(edgeone, "ns"); err != nil || info.Description == "" || info.Usage == nil {
		t.Errorf("edgeone: %+v, %v", info, err)
	}
	if info, err := get(workers, "ns"); err != nil || info.Description != "" || info.Usage != nil {
		t.Errorf("cloudflare: %+v, %v", info, err)
	}
}
