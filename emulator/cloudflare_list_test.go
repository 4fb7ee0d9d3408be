package emulator_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// keys lists the names of a page.
func (a cloudflareAnswer) keys(t testing.TB) (names []string) {
	t.Helper()
	var listed []struct{ Name string }
	if err := json.Unmarshal(a.Result, &listed); err != nil || a.code() != 0 || listed == nil || a.Info.Count != len(listed) {
		t.Fatalf("no listing: %.300s", a.body)
	}
	for _, k := range listed {
		names = append(names, k.Name)
	}
	return names
}

func (c *cloudflareCaller) fill(n int, name string) (keys []string) {
	c.t.Helper()
	var items []map[string]string
	for i := range n {
		keys = append(keys, fmt.Sprintf(name, i))
		items = append(items, map[string]string{"key": keys[i], "value": "v"})
	}
	body, _ := json.Marshal(items)
	c.in("PUT", "/bulk", string(body), 200)
	slices.Sort(keys)
	return keys
}

func TestCloudflareListKeys(t *testing.T) {
	c := newCloudflare(t)
	a := c.in("GET", "/keys", "", 200)
	if want := `{"result":[],"result_info":{"count":0,"cursor":""},"success":true,"errors":[],"messages":[]}` + "\n"; a.body != want {
		t.Errorf("of nothing: %s", a.body)
	}
	// The order is that of the bytes in UTF-8, which differs from that of UTF-16.
	for _, key := range []string{"z", "Z", "é", "\uffee", "😀", "a/b", "a", "10", "9"} {
		c.in("PUT", "/values/"+url.PathEscape(key), "v", 200)
	}
	if got, want := c.in("GET", "/keys", "", 200).keys(t), []string{"10", "9", "Z", "a", "a/b", "z", "é", "\uffee", "😀"}; !slices.Equal(got, want) {
		t.Errorf("order %q, want %q", got, want)
	}
	if got := c.in("GET", "/keys?prefix=a%2F", "", 200).keys(t); !slices.Equal(got, []string{"a/b"}) {
		t.Errorf("with a prefix: %q", got)
	}
	form, formType := cloudflareForm("value", "v", "metadata", `{"some":12345678901234567890}`)
	c.in("PUT", "/values/a?expiration=1900000000", form, 200, "Content-Type", formType)
	a = c.in("GET", "/keys?prefix=a&limit=10", "", 200)
	if want := `[{"name":"a","expiration":1900000000,"metadata":{"some":12345678901234567890}},{"name":"a/b"}]`; string(a.Result) != want {
		t.Errorf("listed: %s", a.Result)
	}
	for query, x := range map[string][2]int{
		"limit=9": {400, 10028}, "limit=10": {200, 0}, "limit=1000": {200, 0}, "limit=1001": {400, 10028}, "limit=": {400, 10028}, "limit=ten": {400, 10028},
		"limit=10&limit=10": {400, 10028}, "cursor=": {200, 0}, "cursor=x": {400, 10041}, "cursor=a&cursor=a": {400, 10041}, "prefix=%zz": {400, 10029},
		"cursor=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("\xfb\xff\xbf12345678{}"))): {400, 10041},
	} {
		c.in("GET", "/keys?"+query, "", x[0]).refusedUnlessOK(t, x[0], x[1])
	}
}

func TestCloudflareListPages(t *testing.T) {
	for _, empty := range []int{0, 1, 3, -1} {
		c := newCloudflare(t, emulator.InMemory(), emulator.WithoutRateLimit(), emulator.WithCloudflare(emulator.CloudflareSettings{EmptyPages: empty}))
		empty = max(empty, 0)
		keys := c.fill(1005, "k-%d")
		c.fill(3, "other-%d")
		for limit, pages := range map[int]int{10: 101, 1000: 2, 67: 15, 0: 2} {
			query, got, blanks := "/keys?prefix=k-", []string(nil), 0
			if limit != 0 {
				query += fmt.Sprint("&limit=", limit)
			}
			cursor, n := "", 0
			for {
				a := c.in("GET", query+"&cursor="+url.QueryEscape(cursor), "", 200)
				page := a.keys(t)
				if n++; n > 1000 || len(page) > max(limit, 10) && limit != 0 {
					t.Fatalf("page %d has %d keys", n, len(page))
				}
				if len(page) == 0 {
					blanks++
				}
				got = append(got, page...)
				if cursor = a.Info.Cursor; cursor == "" {
					break
				}
			}
			if !slices.Equal(got, keys) || n != pages*(empty+1) || blanks != pages*empty {
				t.Errorf("limit %d: %d keys in %d pages, %d of them empty", limit, len(got), n, blanks)
			}
		}
	}
}

// A cursor belongs to its listing, survives changes of what it lists, and must be escaped.
func TestCloudflareCursor(t *testing.T) {
	c := newCloudflare(t)
	keys := c.fill(25, "k%02d")
	a := c.in("GET", "/keys?limit=10", "", 200)
	cursor := url.QueryEscape(a.Info.Cursor)
	if !strings.Contains(a.Info.Cursor, "+") {
		t.Errorf("cursor %q could go unescaped", a.Info.Cursor)
	}
	c.in("GET", "/keys?limit=10&cursor="+a.Info.Cursor, "", 400).refused(t, 400, 10041)
	c.in("GET", "/keys?limit=10&prefix=k&cursor="+cursor, "", 400).refused(t, 400, 10041)
	c.in("GET", "/keys?limit=10&cursor="+cursor[:len(cursor)-8], "", 400).refused(t, 400, 10041)
	data, _ := base64.StdEncoding.DecodeString(a.Info.Cursor)
	data = bytes.Replace(data, []byte("k09"), []byte("k08"), 1)
	c.in("GET", "/keys?cursor="+url.QueryEscape(base64.StdEncoding.EncodeToString(data)), "", 400).refused(t, 400, 10041)
	other := c.AddNamespace("other")
	c.do("GET", "/"+other+"/keys?limit=10&cursor="+cursor, "").refused(t, 400, 10041)
	c.in("DELETE", "/values/k09", "", 200)
	c.in("DELETE", "/values/k10", "", 200)
	c.in("PUT", "/values/k105", "", 200)
	want := append([]string{"k105"}, keys[11:20]...)
	for range 2 {
		if got := c.in("GET", "/keys?limit=10&cursor="+cursor, "", 200).keys(t); !slices.Equal(got, want) {
			t.Errorf("second page: %v", got)
		}
	}
	if a := c.in("GET", "/keys?limit=500&cursor="+cursor, "", 200); len(a.keys(t)) != 15 || a.Info.Cursor != "" {
		t.Errorf("rest: %s", a.body)
	}
}
