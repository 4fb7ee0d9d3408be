package emulator_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

const tencentNoNamespace = "ResourceUnavailable.NamespaceNotFound"

func TestTencentValues(t *testing.T) {
	c := newTencentNS(t)
	for i, value := range []string{
		"world", " ", "\x00", "\"\\\r\n<>&\u2028\u2029", "\ufeff\ufffd", "🙂e\u0301é", `{"a":1}`, strings.Repeat("é", 500_000),
	} {
		key := fmt.Sprint("k", i)
		c.put(key, value, nil)
		if have, expires := c.get(key); have != value || expires != "" {
			t.Errorf("%.20q: %.20q %q", value, have, expires)
		}
	}
	c.put("k0", "again", nil)
	if have, _ := c.get("k0"); have != "again" {
		t.Error(have)
	}
	// JSON that escapes what need not be escaped.
	c.ok("EdgeKVPut", ` {"ZoneId":"zone-emulator0000","Namespace": "n\u0073" ,"Key":"k","Value": "\ud83d\ude42\u00e9\/\\ud800" } `)
	if have, _ := c.get("k"); have != "🙂é/\\ud800" {
		t.Error(have)
	}
	// The order of a get is that of its keys.
	a := c.ok("EdgeKVGet", tencentIn.with(tencentArgs{"Keys": []string{"k", "none", "k0", "k"}}))
	if d := a.response.Data; len(d) != 4 || d[0] != d[3] || d[1].Value != "" || d[1].Key != "none" || d[2].Value != "again" {
		t.Error(a.text)
	}
	c.ok("EdgeKVDelete", tencentIn.with(tencentArgs{"Keys": []string{"k", "none", "k0"}}))
	if a := c.ok("EdgeKVGet", tencentIn.with(tencentArgs{"Keys": []string{"k", "k0", "k1"}})); a.response.Data[0].Value != "" || a.response.Data[1].Value != "" || a.response.Data[2].Value != " " {
		t.Error(a.text)
	}
}

func TestTencentLimits(t *testing.T) {
	c := newTencentNS(t)
	many := func(n int) (keys []string) {
		for i := range n {
			keys = append(keys, fmt.Sprint(i))
		}
		return keys
	}
	const bad = "InvalidParameterValue"
	put := tencentIn.with(tencentArgs{"Key": "k", "Value": "v"})
	for _, test := range []struct {
		action string
		p      tencentArgs
		want   string
	}{
		{"EdgeKVPut", put.with(tencentArgs{"Key": strings.Repeat("k", 512)}), ""},
		{"EdgeKVPut", put.with(tencentArgs{"Key": strings.Repeat("k", 513)}), bad},
		{"EdgeKVPut", put.with(tencentArgs{"Key": strings.Repeat("é", 256)}), ""},
		{"EdgeKVPut", put.with(tencentArgs{"Key": strings.Repeat("é", 256) + "x"}), bad},
		{"EdgeKVPut", put.with(tencentArgs{"Key": ""}), bad},
		{"EdgeKVPut", put.with(tencentArgs{"Key": " /\n.."}), ""},
		{"EdgeKVPut", put.with(tencentArgs{"Value": strings.Repeat("v", 1_000_000)}), ""},
		{"EdgeKVPut", put.with(tencentArgs{"Value": strings.Repeat("v", 1_000_001)}), bad},
		{"EdgeKVPut", put.with(tencentArgs{"Value": ""}), bad},
		{"EdgeKVGet", tencentIn.with(tencentArgs{"Keys": many(20)}), ""},
		{"EdgeKVGet", tencentIn.with(tencentArgs{"Keys": many(21)}), "InvalidParameter.KeysTooMany"},
		{"EdgeKVGet", tencentIn.with(tencentArgs{"Keys": []string{}}), bad},
		{"EdgeKVGet", tencentIn.with(tencentArgs{"Keys": []string{"a", ""}}), bad},
		{"EdgeKVGet", tencentIn.with(tencentArgs{"Keys": []string{strings.Repeat("k", 513)}}), bad},
		{"EdgeKVDelete", tencentIn.with(tencentArgs{"Keys": many(20)}), ""},
		{"EdgeKVDelete", tencentIn.with(tencentArgs{"Keys": many(21)}), "InvalidParameter.KeysTooMany"},
		{"EdgeKVDelete", tencentIn.with(tencentArgs{"Keys": []string{}}), bad},
		{"EdgeKVDelete", tencentIn.with(tencentArgs{"Keys": []string{""}}), bad},
		{"EdgeKVList", tencentIn.with(tencentArgs{"Limit": 0}), bad},
		{"EdgeKVList", tencentIn.with(tencentArgs{"Limit": 1}), ""},
		{"EdgeKVList", tencentIn.with(tencentArgs{"Limit": 1000}), ""},
		{"EdgeKVList", tencentIn.with(tencentArgs{"Limit": 1001}), bad},
		{"EdgeKVList", tencentIn.with(tencentArgs{"Prefix": ""}), bad},
		{"EdgeKVList", tencentIn.with(tencentArgs{"Prefix": strings.Repeat("k", 512)}), ""},
		{"EdgeKVList", tencentIn.with(tencentArgs{"Prefix": strings.Repeat("k", 513)}), bad},
		{"EdgeKVList", tencentIn.with(tencentArgs{"Cursor": ""}), bad},
		{"EdgeKVList", tencentIn.with(tencentArgs{"Cursor": "AAAA"}), bad},
		{"EdgeKVList", tencentIn.with(tencentArgs{"Cursor": "%"}), bad},
	} {
		c.fails(test.action, test.p, test.want)
	}
	for action, more := range map[string]tencentArgs{
		"EdgeKVPut": {"Key": "k", "Value": "v"}, "EdgeKVGet": {"Keys": []string{"k"}}, "EdgeKVDelete": {"Keys": []string{"k"}}, "EdgeKVList": nil,
	} {
		for _, name := range []string{"none", "NS", "", "a/b"} {
			c.fails(action, tencentIn.with(more).with(tencentArgs{"Namespace": name}), tencentNoNamespace)
		}
		for _, zone := range []string{"zone-none", ""} {
			c.fails(action, tencentIn.with(more).with(tencentArgs{"ZoneId": zone}), "ResourceNotFound.ZoneNotFound")
		}
		for name := range tencentIn.with(more) {
			c.fails(action, tencentIn.with(more).with(tencentArgs{name: nil}), "MissingParameter")
		}
	}
}

// tencentExpiry is what is put with a key, and when it expires.
type tencentExpiry struct {
	p       tencentArgs
	want    string
	expires time.Duration
}

func TestTencentExpiry(t *testing.T) {
	now := tencentEpoch.Unix()
	for _, test := range []struct {
		settings emulator.TencentSettings
		tests    []tencentExpiry
	}{
		{emulator.TencentSettings{}, []tencentExpiry{
			{p: tencentArgs{"ExpirationTTL": 60}, expires: time.Minute},
			{p: tencentArgs{"ExpirationTTL": 59}, want: "InvalidParameterValue"},
			{p: tencentArgs{"ExpirationTTL": 0}, want: "InvalidParameterValue"},
			{p: tencentArgs{"ExpirationTTL": -1}, want: "InvalidParameterValue"},
			{p: tencentArgs{"ExpirationTTL": int64(1 << 62)}, want: "InvalidParameterValue"},
			{p: tencentArgs{"ExpirationTTL": 253402300799 - now}, expires: time.Duration(1<<63 - 1)},
			{p: tencentArgs{"ExpirationTTL": 253402300800 - now}, want: "InvalidParameterValue"},
			{p: tencentArgs{"Expiration": now + 60}, expires: time.Minute},
			{p: tencentArgs{"Expiration": now + 59}, want: "InvalidParameterValue"},
			{p: tencentArgs{"Expiration": 0}, want: "InvalidParameterValue"},
			{p: tencentArgs{"Expiration": int64(253402300799)}, expires: time.Duration(1<<63 - 1)},
			{p: tencentArgs{"Expiration": int64(253402300800)}, want: "InvalidParameterValue"},
			{p: tencentArgs{"Expiration": now + 60, "ExpirationTTL": 600}, expires: 10 * time.Minute},
			{p: tencentArgs{"Expiration": 1, "ExpirationTTL": 600}, expires: 10 * time.Minute},
			{p: tencentArgs{"Expiration": now + 600, "ExpirationTTL": 1}, want: "InvalidParameterValue"},
		}},
		{emulator.TencentSettings{AprilRules: true}, []tencentExpiry{
			{p: tencentArgs{"ExpirationTTL": 1}, expires: time.Second},
			{p: tencentArgs{"ExpirationTTL": 0}, want: "InvalidParameterValue"},
			{p: tencentArgs{"Expiration": now + 1}, expires: time.Second},
			{p: tencentArgs{"Expiration": now}, expires: 0},
			{p: tencentArgs{"Expiration": now - 1}, want: "InvalidParameterValue"},
			{p: tencentArgs{"Key": "aZ09-_"}, expires: -1},
			{p: tencentArgs{"Key": "a.b"}, want: "InvalidParameterValue"},
			{p: tencentArgs{"Key": "é"}, want: "InvalidParameterValue"},
		}},
	} {
		for _, e := range test.tests {
			c := newTencentNS(t, emulator.WithTencent(test.settings))
			c.fails("EdgeKVPut", tencentIn.with(tencentArgs{"Key": "k", "Value": "v"}).with(e.p), e.want)
			if e.want != "" || e.expires < 0 {
				continue
			}
			if e.expires == 1<<63-1 {
				if _, have := c.get("k"); have != "9999-12-31T23:59:59Z" {
					t.Errorf("%v: %q", e.p, have)
				}
				continue
			}
			if e.expires > 0 {
				if value, have := c.get("k"); value != "v" || have != tencentEpoch.Add(e.expires).UTC().Format("2006-01-02T15:04:05Z") {
					t.Errorf("%v: %q %q", e.p, value, have)
				}
				c.clock.pass(e.expires - 1)
				if value, _ := c.get("k"); value != "v" {
					t.Errorf("%v: gone too early", e.p)
				}
				if keys := c.ok("EdgeKVList", tencentIn).response.Keys; len(keys) != 1 {
					t.Errorf("%v: %v", e.p, keys)
				}
				c.clock.pass(1)
			}
			if value, have := c.get("k"); value != "" || have != "" {
				t.Errorf("%v: %q %q", e.p, value, have)
			}
			if keys := c.ok("EdgeKVList", tencentIn).response.Keys; keys == nil || len(keys) != 0 {
				t.Errorf("%v: %v", e.p, keys)
			}
		}
	}
}

func TestTencentOverwrittenExpiry(t *testing.T) {
	for _, keep := range []bool{false, true} {
		c := newTencentNS(t, emulator.WithTencent(emulator.TencentSettings{KeepExpiry: keep}))
		c.put("k", "v", tencentArgs{"ExpirationTTL": 60})
		c.put("k", "w", nil)
		if value, expires := c.get("k"); value != "w" || (expires != "") != keep {
			t.Error(keep, value, expires)
		}
		c.put("k", "x", tencentArgs{"ExpirationTTL": 120})
		c.clock.pass(2 * time.Minute)
		c.put("k", "y", nil)
		if value, expires := c.get("k"); value != "y" || expires != "" {
			t.Error(keep, value, expires)
		}
	}
}

// list follows the cursors of a listing.
func (c *tencentClient) list(p tencentArgs) (keys []string, pages, empty int) {
	c.t.Helper()
	for pages < 200 {
		a := c.ok("EdgeKVList", tencentIn.with(p))
		if a.response.Keys == nil {
			c.t.Fatal(a.text)
		}
		pages++
		if len(a.response.Keys) == 0 {
			empty++
		}
		keys = append(keys, a.response.Keys...)
		if a.response.Cursor == "" {
			return keys, pages, empty
		}
		p = p.with(tencentArgs{"Cursor": a.response.Cursor})
	}
	c.t.Fatal("the listing does not end")
	return nil, 0, 0
}

func TestTencentList(t *testing.T) {
	for _, test := range []struct {
		settings                                emulator.TencentSettings
		pages, pagesOf5, empty5, prefixed, none int
	}{
		{emulator.TencentSettings{}, 2, 5, 0, 1, 1},
		{emulator.TencentSettings{ShuffleList: true}, 2, 5, 0, 1, 1},
		{emulator.TencentSettings{EmptyPages: 1}, 6, 12, 7, 4, 2},
		{emulator.TencentSettings{EmptyPages: 2, ShuffleList: true}, 9, 18, 13, 6, 3},
	} {
		c := newTencentNS(t, emulator.WithTencent(test.settings))
		if keys, pages, _ := c.list(tencentArgs{}); len(keys) != 0 || pages != test.none {
			t.Error(keys, pages)
		}
		var want []string
		for i := range 25 {
			want = append(want, fmt.Sprintf("%c-%d🙂", 'a'+i%5, i))
			c.put(want[i], "v", nil)
		}
		slices.Sort(want)
		for _, p := range []tencentArgs{{}, {"Limit": 5}, {"Limit": 25}, {"Limit": 1000}} {
			keys, pages, empty := c.list(p)
			if p["Limit"] == nil && pages != test.pages || p["Limit"] == 5 && (pages != test.pagesOf5 || empty != test.empty5) {
				t.Error(test.settings, p, pages, empty)
			}
			if slices.IsSorted(keys) == test.settings.ShuffleList {
				t.Error(test.settings, keys)
			}
			if slices.Sort(keys); !reflect.DeepEqual(keys, want) {
				t.Error(p, keys)
			}
		}
		if keys, pages, _ := c.list(tencentArgs{"Prefix": "b-"}); len(keys) != 5 || pages != test.prefixed {
			t.Error(keys, pages)
		}
	}
}

func TestTencentCursor(t *testing.T) {
	c := newTencentNS(t)
	c.ok("CreateEdgeKVNamespace", tencentIn.with(tencentArgs{"Namespace": "other"}))
	for _, key := range []string{"a1", "a2", "a3", "b"} {
		c.put(key, "v", nil)
	}
	a := c.ok("EdgeKVList", tencentIn.with(tencentArgs{"Limit": 2, "Prefix": "a"}))
	next := tencentIn.with(tencentArgs{"Limit": 2, "Prefix": "a", "Cursor": a.response.Cursor})
	c.fails("EdgeKVList", next.with(tencentArgs{"Prefix": nil}), "InvalidParameterValue")
	c.fails("EdgeKVList", next.with(tencentArgs{"Prefix": "b"}), "InvalidParameterValue")
	c.fails("EdgeKVList", next.with(tencentArgs{"Namespace": "other"}), "InvalidParameterValue")
	c.fails("EdgeKVList", next.with(tencentArgs{"Cursor": a.response.Cursor + "A"}), "InvalidParameterValue")
	data, err := base64.RawURLEncoding.DecodeString(a.response.Cursor)
	if err != nil {
		t.Fatal(err)
	}
	forged := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(data), "{", `{"X":1,`, 1)))
	c.fails("EdgeKVList", next.with(tencentArgs{"Cursor": forged}), "InvalidParameterValue")
	// The key that the cursor stands on may go, and others come.
	c.ok("EdgeKVDelete", tencentIn.with(tencentArgs{"Keys": []string{"a2"}}))
	c.put("a0", "v", nil)
	c.put("a20", "v", nil)
	if a := c.ok("EdgeKVList", next); !reflect.DeepEqual(a.response.Keys, []string{"a20", "a3"}) || a.response.Cursor != "" {
		t.Error(a.text)
	}
}

func TestTencentSettings(t *testing.T) {
	c := newTencentNS(t, emulator.WithTencent(emulator.TencentSettings{
		SecretID: "id", SecretKey: "key", MaxValueBytes: 10, KeyCharacters: true, Capacity: 1036, Zones: []string{"zone-2"}}))
	if p := c.em.Provider(); p["secret_id"] != "id" || p["secret_key"] != "key" {
		t.Error(p)
	}
	long := strings.Repeat("é", 512) // 1024 bytes
	put := tencentIn.with(tencentArgs{"Key": long, "Value": "0123456789"})
	c.ok("EdgeKVPut", put)
	c.fails("EdgeKVPut", put.with(tencentArgs{"Key": long + "e"}), "InvalidParameterValue")
	c.fails("EdgeKVPut", put.with(tencentArgs{"Value": "0123456789+"}), "InvalidParameterValue")
	// 1034 bytes are there: two fit, three do not. Room comes back with each way for a value to go.
	small := put.with(tencentArgs{"Key": "k", "Value": "v", "ExpirationTTL": 60})
	full := put.with(tencentArgs{"Key": "l", "Value": "v"})
	c.fails("EdgeKVPut", small.with(tencentArgs{"Value": "vv"}), "FailedOperation")
	c.ok("EdgeKVPut", small)
	c.ok("EdgeKVPut", small)
	c.fails("EdgeKVPut", full, "FailedOperation")
	c.clock.pass(time.Minute)
	c.ok("EdgeKVPut", full)
	c.ok("EdgeKVPut", put.with(tencentArgs{"Value": "9876543210"}))
	c.fails("EdgeKVPut", put.with(tencentArgs{"Key": "m", "Value": "v"}), "FailedOperation")
	a := c.ok("DescribeEdgeKVNamespaces", tencentArgs{"ZoneId": emulator.TencentZoneID})
	if ns := a.response.KVNamespaces; len(ns) != 1 || ns[0].Capacity != 1036 || ns[0].CapacityUsed != 1036 {
		t.Error(a.text)
	}
	c.ok("EdgeKVDelete", tencentIn.with(tencentArgs{"Keys": []string{long}}))
	c.ok("EdgeKVPut", put)
	// The same name in another zone is another namespace.
	c.fails("EdgeKVGet", tencentArgs{"ZoneId": "zone-2", "Namespace": "ns", "Keys": []string{"l"}}, tencentNoNamespace)
	c.ok("CreateEdgeKVNamespace", tencentArgs{"ZoneId": "zone-2", "Namespace": "ns"})
	if a := c.ok("EdgeKVGet", tencentArgs{"ZoneId": "zone-2", "Namespace": "ns", "Keys": []string{"l"}}); a.response.Data[0].Value != "" {
		t.Error(a.text)
	}
	data, err := json.Marshal(c.em.Provider())
	if err != nil || !strings.Contains(string(data), `"zone_id":"`+emulator.TencentZoneID+`"`) {
		t.Error(string(data), err)
	}
}
