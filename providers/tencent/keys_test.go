package tencent

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// Odd keys and values go through byte by byte, or are refused before anything is sent.
func TestOddKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, svc := emulated(t)
		service, err := kv.NewService(svc, kv.ServiceOptions{Provider: "edgeone", Policy: policy.Policy{Limiters: new(ratelimit.Pool)}})
		if err != nil {
			t.Fatal(err)
		}
		ns, err := service.Namespace(t.Context(), "odd", kv.CreateIfMissing())
		if err != nil {
			t.Fatal(err)
		}
		keys := []string{
			"a/b", "a?b", "a#b", "100%", "a%2Fb", "../../x", ".", "..", " ", " a b ", "a\x00b", "日本/語", `a"b\c`, "<&>", "\u2028", "\ufffd",
			"a\nb\r", "\x7f", "e\u0301", "é", "😀", "A", "null", "{}", strings.Repeat("k", 512), strings.Repeat("é", 256),
		}
		for _, key := range keys {
			value := []byte("value of " + key + "\x00\ufffd\u2028😀<&>\\")
			if err := ns.Put(t.Context(), key, value); err != nil {
				t.Errorf("%q: %v", key, err)
				continue
			}
			requests := em.Requests()
			var sent struct{ Key, Value string }
			if err := json.Unmarshal(requests[len(requests)-1].Body, &sent); err != nil || sent.Key != key || sent.Value != string(value) {
				t.Errorf("%q arrives as %q, %v", key, sent.Key, err)
			}
			entry, err := ns.Get(t.Context(), key)
			if err != nil || !bytes.Equal(entry.Value, value) {
				t.Errorf("%q: read %q, %v", key, entry.Value, err)
			}
		}
		var listed []string
		for info, err := range ns.Keys(t.Context(), kv.PageSize(5)) {
			if err != nil {
				t.Fatal(err)
			}
			listed = append(listed, info.Name)
		}
		slices.Sort(listed)
		slices.Sort(keys)
		if !slices.Equal(listed, keys) {
			t.Errorf("listed %q\nwant   %q", listed, keys)
		}
		sent := len(em.Requests())
		for _, key := range []string{"", strings.Repeat("k", 513), strings.Repeat("é", 256) + "x", "a\xffb", "\xed\xa0\x80"} {
			if err := ns.Put(t.Context(), key, []byte("v")); errs.CodeOf(err) != errs.InvalidArgument {
				t.Errorf("%q: %v", key, err)
			}
		}
		if n := len(em.Requests()); n != sent {
			t.Errorf("%d requests were sent for keys that cannot be", n-sent)
		}
	})
}
