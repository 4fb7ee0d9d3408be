package local_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

func TestListIsSortedAndComplete(t *testing.T) {
	onBoth(t, func(s *store) {
		n := s.ns(local.KVOptions{})
		var want []string
		for i := range 57 {
			want = append(want, fmt.Sprintf("p/%d", i))
		}
		want = append(want, "p", "p\x00", "p\x00\x00", "p0", "q", "\x00", "世", "é", "o\xf4\x8f\xbf\xbf")
		for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(len(want)) {
			n.put(want[i], "v")
		}
		slices.Sort(want)
		for _, prefix := range []string{"", "p", "p/", "p/5", "p\x00", "世", "none"} {
			under := slices.DeleteFunc(slices.Clone(want), func(key string) bool { return !strings.HasPrefix(key, prefix) })
			for _, page := range []int{1, 2, 7, 56, 57, 58, 1000} {
				if got := n.keys(prefix, page); !slices.Equal(got, under) {
					s.Errorf("prefix %q, pages of %d: %q, want %q", prefix, page, got, under)
				}
			}
		}
	})
}

func TestListTellsExpiryAndMetadata(t *testing.T) {
	onBoth(t, func(s *store) {
		n := s.ns(local.KVOptions{})
		n.put("a", "v", ttl(time.Hour), meta("[1]"))
		n.put("b", "v")
		var got []driver.KeyInfo
		for info, err := range n.all("", 10) {
			if err != nil {
				s.Fatal(err)
			}
			got = append(got, info)
		}
		want := s.Now().Add(time.Hour)
		if at, ok := got[0].Expiry.At(); !ok || !at.Equal(want) || string(got[0].Metadata) != "[1]" {
			s.Errorf("%+v", got[0])
		}
		if !got[1].Expiry.Never() || got[1].Metadata != nil {
			s.Errorf("%+v", got[1])
		}
	})
}

// A key that is there all the time is listed once, whatever happens to the others between pages.
func TestListWhileOthersChange(t *testing.T) {
	onBoth(t, func(s *store) {
		for _, o := range []local.KVOptions{{}, {Stale: time.Minute}} {
			n := s.ns(o)
			rng := rand.New(rand.NewPCG(3, 4))
			var want []string
			for i := range 60 {
				key := fmt.Sprintf("stay%02d", i)
				n.put(key, "v")
				want = append(want, key)
			}
			s.advance(time.Hour)
			var got []string
			for info, err := range n.all("stay", 3) {
				if err != nil {
					s.Fatal(err)
				}
				if strings.HasPrefix(info.Name, "stay") && !strings.Contains(info.Name, "+") {
					got = append(got, info.Name)
				}
				other := want[rng.IntN(len(want))] + "+" + fmt.Sprint(rng.IntN(3))
				if rng.IntN(2) == 0 {
					n.put(other, "v")
				} else {
					n.delete(other)
				}
				n.put(want[rng.IntN(len(want))], "rewritten")
				s.advance(20 * time.Second)
			}
			if !slices.Equal(got, want) {
				s.Errorf("%+v: got %q, want %q", o, got, want)
			}
		}
	})
}

// Many expired keys make short pages, not long ones.
func TestListPassesExpiredKeysInSteps(t *testing.T) {
	s := inMemory(t)
	n := s.ns(local.KVOptions{})
	for chunk := range 25 {
		req := &driver.PutBatchRequest{}
		for i := range 1000 {
			req.Items = append(req.Items, &driver.PutRequest{Key: fmt.Sprintf("a%02d%03d", chunk, i), TTL: time.Minute})
		}
		if _, err := n.Namespace.(driver.BatchPutter).PutBatch(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	n.put("z", "v")
	s.advance(time.Minute)
	req, pages := &driver.ListRequest{PageSize: 1000}, 0
	for ; ; pages++ {
		res, err := n.List(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if req.Cursor = res.Cursor; req.Cursor == "" {
			if len(res.Keys) != 1 || res.Keys[0].Name != "z" || pages != 2 {
				t.Errorf("last page after %d others: %v", pages, res.Keys)
			}
			return
		}
		if len(res.Keys) != 0 {
			t.Errorf("listed %v", res.Keys)
		}
	}
}

func TestListRefuses(t *testing.T) {
	s := inMemory(t)
	n := s.ns(local.KVOptions{})
	for i := range 5 {
		n.put(fmt.Sprintf("p%d", i), "v")
	}
	list := func(prefix, cursor string, page int) error {
		_, err := n.List(context.Background(), &driver.ListRequest{Prefix: prefix, Cursor: cursor, PageSize: page})
		return err
	}
	for _, page := range []int{-1, 0, 1001} {
		refused(t, fmt.Sprint("page size ", page), list("", "", page), errs.InvalidArgument)
	}
	refused(t, "prefix not UTF-8", list("\xff", "", 10), errs.InvalidArgument)
	refused(t, "long prefix", list(strings.Repeat("p", 513), "", 10), errs.InvalidArgument)
	res, err := n.List(context.Background(), &driver.ListRequest{Prefix: "p", PageSize: 2})
	if err != nil || list("p", res.Cursor, 3) != nil {
		t.Fatal(res, err)
	}
	refused(t, "cursor of another prefix", list("", res.Cursor, 2), errs.InvalidArgument)
	raw, err := base64.RawURLEncoding.DecodeString(res.Cursor)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		raw[i]++
		refused(t, "altered cursor", list("p", base64.RawURLEncoding.EncodeToString(raw), 2), errs.InvalidArgument)
		raw[i]--
		if i > 0 { // without any, the listing begins anew
			refused(t, "shortened cursor", list("p", base64.RawURLEncoding.EncodeToString(raw[:i]), 2), errs.InvalidArgument)
		}
	}
}
