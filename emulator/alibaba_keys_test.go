package emulator_test

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func TestAlibabaKeys(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	for key, code := range map[string]string{
		"": "InvalidKey.Malformed", "a b": "InvalidKey.Malformed", "a/b": "InvalidKey.Malformed", `a\b`: "InvalidKey.Malformed",
		"\xff": "InvalidKey.Malformed", strings.Repeat("k", 513): "InvalidKey.ExceedsMaximum",
		strings.Repeat("é", 257): "InvalidKey.ExceedsMaximum",
	} {
		for _, action := range []string{"PutKv", "GetKv", "GetKvDetail", "DeleteKv"} {
			c.fails(action, alibabaPut(key, "v"), 400, code)
		}
	}
	for _, key := range []string{"k", "a:b", "a.b", "..", "%2F", "é", strings.Repeat("k", 512), strings.Repeat("é", 256)} {
		c.put(key, "v")
		c.ok("GetKv", alibabaGet(key))
		c.ok("DeleteKv", alibabaGet(key))
		c.fails("DeleteKv", alibabaGet(key), 404, "InvalidKey.NotFound")
		c.fails("GetKv", alibabaGet(key), 404, "InvalidKey.NotFound")
	}
	guide := newAlibabaNS(t, emulator.AlibabaSettings{GuideKeys: true, DeleteAbsent: true})
	guide.fails("PutKv", alibabaPut("a:b", "v"), 400, "InvalidKey.Malformed")
	guide.put("aZ0-_", "v")
	guide.ok("DeleteKv", alibabaGet("absent"))
}

func TestAlibabaValues(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	long := strings.Repeat("v", 2_000_000)
	c.put("k", long)
	if got := c.ok("GetKv", alibabaGet("k")).text("Value"); got != long {
		t.Fatal(len(got))
	}
	c.fails("PutKv", alibabaPut("k", long+"v"), 400, "InvalidValue.ExceedsMaximum")
	c.fails("PutKv", alibabaPut("k", ""), 400, "InvalidParameter")
	c.fails("PutKv", alibabaPut("k", "\xff"), 400, "InvalidParameter")
	c.put("k", strings.Repeat("é", 1_000_000)) // 6 MB on the wire

	encoded := newAlibabaNS(t, emulator.AlibabaSettings{EncodedLimit: true, EmptyValues: true, NumericLength: true})
	encoded.fails("PutKv", alibabaPut("k", strings.Repeat("é", 333_334)), 400, "InvalidValue.ExceedsMaximum")
	encoded.put("k", strings.Repeat("é", 333_333))
	if a := encoded.ok("PutKv", alibabaPut("k", "")); !strings.Contains(a.body, `"Length":0`) {
		t.Fatal(a.body)
	}
}

func TestAlibabaEcho(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	value := strings.Repeat("é", 128) + strings.Repeat("ö", 128)
	if a := c.ok("PutKv", alibabaPut("k", value)); a.text("Value") != value || a.text("Length") != "512" {
		t.Fatal(a.body)
	}
	if a := c.ok("PutKv", alibabaPut("k", value+"x")); a.text("Value") != strings.Repeat("é", 100)+strings.Repeat("ö", 99)+"x" || a.text("Length") != "513" {
		t.Fatal(a.body)
	}
}

func TestAlibabaBase64(t *testing.T) {
	binary := "\x00\xff\xfe"
	text := base64.StdEncoding.EncodeToString([]byte(binary))
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	if a := c.ok("PutKv", alibabaPut("k", text, "Base64", "true")); a.text("Length") != "3" || a.text("Value") != text {
		t.Fatal(a.body)
	}
	get := func(c *alibabaCaller, key, flag string) string {
		return c.ok("GetKv", alibabaArgs{"Namespace": "ns", "Key": key, "Base64": flag}).text("Value")
	}
	if got := get(c, "k", "true"); got != text {
		t.Fatalf("%q", got)
	}
	if got := get(c, "k", "false"); got != "\x00\ufffd\ufffd" { // what JSON makes of it
		t.Fatalf("%q", got)
	}
	for _, bad := range []string{"AP_-", "AP/+=", "AP/", "A\nP/+", "AP==A", "AB=="} {
		c.fails("PutKv", alibabaPut("k", bad, "Base64", "true"), 400, "InvalidParameter")
	}
	for _, bad := range []string{"1", "", "yes"} {
		c.fails("PutKv", alibabaPut("k", text, "Base64", bad), 400, "InvalidParameter")
		c.fails("GetKv", alibabaArgs{"Namespace": "ns", "Key": "k", "Base64": bad}, 400, "InvalidParameter")
	}
	raw := newAlibabaNS(t, emulator.AlibabaSettings{RawBase64: true})
	raw.put("k", "aMOp", "Base64", "True")
	raw.put("plain", "hé")
	for _, want := range [][3]string{{"k", "true", "hé"}, {"k", "false", "aMOp"}, {"plain", "true", "hé"}, {"plain", "false", "hé"}} {
		if got := get(raw, want[0], want[1]); got != want[2] {
			t.Fatal(got, want)
		}
	}
}

func TestAlibabaExpiry(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	c.clock.pass(500 * time.Millisecond)
	now := c.clock.Now().Unix()
	at := func(off int64) string { return strconv.FormatInt(now+off, 10) }
	for _, bad := range [][]string{
		{"Expiration", at(-1)}, {"Expiration", "0"}, {"Expiration", ""}, {"Expiration", "1e9"}, {"Expiration", "253402300800"},
		{"Expiration", "99999999999999999999"}, {"ExpirationTtl", "0"}, {"ExpirationTtl", "-1"}, {"ExpirationTtl", ""},
		{"ExpirationTtl", "1.5"}, {"ExpirationTtl", "+1"}, {"ExpirationTtl", " 1"}, {"ExpirationTtl", "9223372036854775807"},
		{"ExpirationTtl", "-9223372036854775808"}, {"ExpirationTtl", "0", "Expiration", at(9)}, {"ExpirationTtl", "9", "Expiration", "x"},
	} {
		c.fails("PutKv", alibabaPut("bad", "v", bad...), 400, "InvalidParameter")
	}
	c.put("now", "v", "Expiration", at(0)) // not earlier than now, by the second
}

func TestAlibabaExpires(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	now := c.clock.Now().Unix()
	at := func(off int64) string { return strconv.FormatInt(now+off, 10) }
	c.put("ttl", "v", "ExpirationTtl", "10")
	c.put("at", "v", "Expiration", at(10))
	c.put("both", "v", "ExpirationTtl", "10", "Expiration", "1690")
	c.put("shorter", "v", "ExpirationTtl", "10", "Expiration", at(20))
	c.put("gone", "v", "Expiration", at(0))
	c.put("cleared", "v", "ExpirationTtl", "10")
	c.put("cleared", "v")
	c.put("never", "v")
	c.put("far", "v", "Expiration", "253402300799")
	c.fails("GetKv", alibabaGet("gone"), 404, "InvalidKey.NotFound")
	c.clock.pass(10*time.Second - 1)
	for _, key := range []string{"ttl", "at", "both", "shorter"} {
		if a := c.ok("GetKvDetail", alibabaGet(key)); a.text("ExpirationTtl") != "1" || a.text("Value") != "v" {
			t.Fatal(key, a.body)
		}
	}
	if a := c.ok("GetKvDetail", alibabaGet("far")); a.text("ExpirationTtl") != strconv.FormatInt(253402300799-now-9, 10) {
		t.Fatal(a.body)
	}
	c.clock.pass(1)
	for _, key := range []string{"ttl", "at", "both", "shorter"} {
		for _, action := range []string{"GetKv", "GetKvDetail", "DeleteKv"} {
			c.fails(action, alibabaGet(key), 404, "InvalidKey.NotFound")
		}
	}
	if a := c.ok("GetKvDetail", alibabaGet("cleared")); a.text("ExpirationTtl") != "0" {
		t.Fatal(a.body)
	}
	if a := c.ok("ListKvs", alibabaArgs{"Namespace": "ns"}); alibabaListed(a) != "cleared,far,never" {
		t.Fatal(a.body)
	}
}

func TestAlibabaDetailForms(t *testing.T) {
	for _, step := range []struct {
		config      emulator.AlibabaSettings
		with, never string
	}{
		{emulator.AlibabaSettings{}, `"ExpirationTtl":"60"`, `"ExpirationTtl":"0"`},
		{emulator.AlibabaSettings{OriginalTTL: true}, `"ExpirationTtl":"100"`, `"ExpirationTtl":"0"`},
		{emulator.AlibabaSettings{NumericTTL: true}, `"ExpirationTtl":60`, `"ExpirationTtl":0`},
		{emulator.AlibabaSettings{NoTTL: `"-1"`}, `"ExpirationTtl":"60"`, `"ExpirationTtl":"-1"`},
		{emulator.AlibabaSettings{NoTTL: "null"}, `"ExpirationTtl":"60"`, `"ExpirationTtl":null`},
		{emulator.AlibabaSettings{NoTTL: "omit"}, `"ExpirationTtl":"60"`, `{"RequestId"`},
	} {
		c := newAlibabaNS(t, step.config)
		c.put("with", "v", "ExpirationTtl", "100")
		c.put("never", "v")
		c.clock.pass(40 * time.Second)
		if a := c.ok("GetKvDetail", alibabaGet("with")); !strings.Contains(a.body, step.with) {
			t.Fatal(a.body, step.with)
		}
		if a := c.ok("GetKvDetail", alibabaGet("never")); !strings.Contains(a.body, step.never) {
			t.Fatal(a.body, step.never)
		}
	}
}

func alibabaListed(a alibabaAnswer) string {
	a.t.Helper()
	keys, ok := a.fields["Keys"].([]any)
	if !ok {
		a.t.Fatal(a.body)
	}
	var names []string
	for _, item := range keys {
		names = append(names, item.(map[string]any)["Name"].(string))
	}
	return strings.Join(names, ",")
}

func TestAlibabaList(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	list := func(more ...string) alibabaArgs {
		p := alibabaArgs{"Namespace": "ns"}
		for i := 0; i < len(more); i += 2 {
			p[more[i]] = more[i+1]
		}
		return p
	}
	if a := c.ok("ListKvs", list()); !strings.Contains(a.body, `"Keys":[]`) || !strings.Contains(a.body, `"TotalCount":0`) {
		t.Fatal(a.body)
	}
	for i := range 105 {
		c.put(fmt.Sprintf("k%03d", i), "v")
	}
	c.put("other", "v")
	a := c.ok("ListKvs", list())
	if strings.Count(alibabaListed(a), ",") != 49 || !strings.Contains(a.body, `"PageNumber":3,"PageSize":50`) ||
		!strings.Contains(a.body, `"TotalCount":106`) || !strings.Contains(a.body, `"UpdateTime":"2026-01-02T03:04:05Z"`) {
		t.Fatal(a.body)
	}
	var all []string
	for page := 1; ; page++ {
		got := alibabaListed(c.ok("ListKvs", list("PageNumber", strconv.Itoa(page), "PageSize", "10", "Prefix", "k")))
		if got == "" {
			break
		}
		all = append(all, strings.Split(got, ",")...)
	}
	if len(all) != 105 || all[0] != "k000" || all[104] != "k104" {
		t.Fatal(all)
	}
	if got := alibabaListed(c.ok("ListKvs", list("PageSize", "100", "PageNumber", "500"))); got != "" {
		t.Fatal(got)
	}
	if got := alibabaListed(c.ok("ListKvs", list("PageSize", "100", "Prefix", ""))); strings.Count(got, ",") != 99 {
		t.Fatal(got)
	}
	c.ok("ListKvs", list("PageSize", "1", "PageNumber", "50000"))
	for _, bad := range [][]string{
		{"PageSize", "101"}, {"PageSize", "0"}, {"PageSize", "-1"}, {"PageSize", "x"}, {"PageNumber", "0"}, {"PageNumber", "-1"},
		{"PageNumber", "1001"}, {"PageSize", "100", "PageNumber", "501"}, {"PageSize", "1", "PageNumber", "50001"},
		{"PageNumber", "4294967297"}, {"PageSize", ""},
	} {
		c.fails("ListKvs", list(bad...), 400, "InvalidParameter")
	}
	other := newAlibabaNS(t, emulator.AlibabaSettings{PageEcho: true, Unordered: true})
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		other.put(key, "v")
	}
	a = other.ok("ListKvs", list("PageNumber", "2", "PageSize", "3"))
	first := other.ok("ListKvs", list("PageNumber", "1", "PageSize", "3"))
	if !strings.Contains(a.body, `"PageNumber":2`) {
		t.Fatal(a.body)
	}
	seen := alibabaListed(first) + "," + alibabaListed(a)
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		if strings.Count(seen, key) != 1 {
			t.Fatal(seen)
		}
	}
	if seen == "a,b,c,d,e,f" {
		t.Fatal("in order")
	}
}

func TestAlibabaStale(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{}, emulator.WithStaleReads(time.Minute))
	c.put("k", "old")
	c.fails("GetKv", alibabaGet("k"), 404, "InvalidKey.NotFound")
	c.clock.pass(time.Minute)
	c.put("k", "new")
	if got := c.ok("GetKv", alibabaGet("k")).text("Value"); got != "old" {
		t.Fatal(got)
	}
	c.clock.pass(time.Minute)
	if got := c.ok("GetKvDetail", alibabaGet("k")).text("Value"); got != "new" {
		t.Fatal(got)
	}
	c.ok("DeleteKv", alibabaGet("k"))
	c.fails("DeleteKv", alibabaGet("k"), 404, "InvalidKey.NotFound") // writes are not stale
	if got := alibabaListed(c.ok("ListKvs", alibabaArgs{"Namespace": "ns"})); got != "k" {
		t.Fatal(got)
	}
	c.clock.pass(time.Minute)
	c.fails("GetKv", alibabaGet("k"), 404, "InvalidKey.NotFound")
}
