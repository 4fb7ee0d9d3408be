package emulator_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func TestHuaweiTags(t *testing.T) {
	c := newHuawei(t, nil)
	id, second := c.create("k", nil), c.create("l", huaweiArgs{"key_spec": "SM4"})
	tag := func(key string, value any) huaweiArgs {
		return huaweiArgs{"tag": huaweiArgs{"key": key, "value": value}}
	}
	tags := func(id string) string {
		t.Helper()
		a := c.passes(c.do("GET", id+"/tags", nil))
		var all []string
		for _, v := range a.body["tags"].([]any) {
			all = append(all, fmt.Sprint(v.(map[string]any)["key"], "=", v.(map[string]any)["value"]))
		}
		if a.body["existTagsNum"] != float64(len(all)) {
			t.Error(a.text)
		}
		return strings.Join(all, " ")
	}
	if a := c.ok(id+"/tags", tag("env", "prod")); a.status != 204 || a.text != "" {
		t.Error(a)
	}
	c.ok(id+"/tags", tag("env", "test"))
	c.ok(id+"/tags", tag("a b/c", nil))
	c.ok(second+"/tags", tag("env", "prod"))
	if got := tags(id); got != "env=test a b/c=" {
		t.Error(got)
	}
	all := c.passes(c.do("GET", "tags", nil))
	if want := `{"tags":[{"key":"a b/c","values":[""]},{"key":"env","values":["prod","test"]}]}`; all.text != want {
		t.Error(all.text)
	}
	long := strings.Repeat("é", 36)
	c.ok(id+"/tags", tag(long, strings.Repeat("é", 43)))
	for _, bad := range []struct {
		code string
		args huaweiArgs
	}{
		{"KMS.0411", tag("", "")},
		{"KMS.0411", tag(long+"a", "")},
		{"KMS.0410", tag("k", strings.Repeat("é", 44))},
		{"KMS.0406", tag("k=v", "")},
		{"KMS.0406", tag("k\x1f", "")},
		{"KMS.0405", tag("k", `\`)},
		{"KMS.0202", tag("k", 1)},
		{"KMS.0202", huaweiArgs{"tag": "x"}},
		{"KMS.0204", huaweiArgs{"tag": huaweiArgs{}}},
		{"KMS.0204", huaweiArgs{}},
		{"KMS.0308", huaweiArgs{"tag": huaweiArgs{"key": "k", "x": 1}}},
	} {
		c.fails(id+"/tags", bad.args, bad.code)
	}
	c.fails("x/tags", tag("k", ""), "KMS.0205")
	c.fails(huaweiNoKey+"/tags", tag("k", ""), "KMS.0207")
	c.expect(c.do("GET", huaweiNoKey+"/tags", nil), "KMS.0207")
	if a := c.passes(c.do("DELETE", id+"/tags/"+url.PathEscape("a b/c"), nil)); a.status != 204 {
		t.Error(a)
	}
	c.expect(c.do("DELETE", id+"/tags/none", nil), "KMS.0416")
	c.expect(c.do("DELETE", huaweiNoKey+"/tags/none", nil), "KMS.0207")

	batch := func(action string, keys ...string) huaweiArgs {
		list := []huaweiArgs{}
		for _, key := range keys {
			list = append(list, huaweiArgs{"key": key, "value": "v"})
		}
		return huaweiArgs{"action": action, "tags": list}
	}
	nine := strings.Split("abcdefghi", "")
	c.fails(id+"/tags/action", batch("create", nine...), "KMS.0409")
	if got := tags(id); strings.Contains(got, "a=v") {
		t.Error("in part", got)
	}
	c.ok(id+"/tags/action", batch("create", nine[1:]...))
	c.fails(id+"/tags", tag("more", ""), "KMS.0409")
	c.ok(id+"/tags", tag("b", "w"))
	c.ok(id+"/tags/action", batch("delete", append(nine, "env")...))
	if got := tags(id); got != long+"="+strings.Repeat("é", 43) {
		t.Error(got)
	}
	for code, args := range map[string]huaweiArgs{
		"KMS.0404": batch("update", "a"), "KMS.0401": batch("create"), "KMS.0407": batch("create", strings.Split("abcdefghijk", "")...),
		"KMS.0406": batch("create", "a", "a"), "KMS.0202": {"action": "create", "tags": "x"}, "KMS.0204": {"tags": []huaweiArgs{{"key": "a"}}},
	} {
		c.fails(id+"/tags/action", args, code)
	}
	c.fails(id+"/tags/action", huaweiArgs{"action": "create"}, "KMS.0401")
	c.ok("schedule-key-deletion", huaweiArgs{"key_id": id, "pending_days": "7"})
	c.fails(id+"/tags", tag("k", ""), "KMS.0210")
	tags(id)
	c.clock.pass(7 * huaweiDay)
	if all := c.passes(c.do("GET", "tags", nil)); all.text != `{"tags":[{"key":"env","values":["prod"]}]}` {
		t.Error(all.text)
	}
}

func TestHuaweiResources(t *testing.T) {
	c := newHuawei(t, nil)
	for i := range 12 {
		id := c.create(fmt.Sprintf("key-%02d", i), nil)
		c.ok(id+"/tags", huaweiArgs{"tag": huaweiArgs{"key": "odd", "value": fmt.Sprint(i % 2)}})
	}
	find := func(args huaweiArgs) (names []string, total float64) {
		t.Helper()
		a := c.ok("resource_instances/action", args)
		if args["action"] == "count" && a.body["resources"] != nil {
			t.Error(a.text)
		}
		list, _ := a.body["resources"].([]any)
		for _, v := range list {
			m := v.(map[string]any)
			if m["resource_detail"].(map[string]any)["key_id"] != m["resource_id"] || len(m["tags"].([]any)) != 1 {
				t.Error(m)
			}
			names = append(names, m["resource_name"].(string))
		}
		return names, a.body["total_count"].(float64)
	}
	odd := func(values ...string) huaweiArgs {
		return huaweiArgs{"tags": []huaweiArgs{{"key": "odd", "values": values}}}
	}
	filter, count := huaweiArgs{"action": "filter"}, huaweiArgs{"action": "count"}
	named := func(key, value string) huaweiArgs {
		return huaweiArgs{"matches": []huaweiArgs{{"key": key, "value": value}}}
	}
	if names, total := find(filter); len(names) != 10 || names[0] != "key-11" || total != 12 {
		t.Error(names, total)
	}
	if names, total := find(filter.with(huaweiArgs{"offset": "10", "limit": "1"})); len(names) != 1 || names[0] != "key-01" || total != 12 {
		t.Error(names, total)
	}
	if names, _ := find(filter.with(huaweiArgs{"offset": "999999999"})); len(names) != 0 {
		t.Error(names)
	}
	for want, args := range map[float64]huaweiArgs{6: odd("1"), 12: odd("0", "1"), 0: odd("2"), 1: named("resource_name", "y-03")} {
		if _, total := find(count.with(args)); total != want {
			t.Error(args, total)
		}
	}
	if _, total := find(count.with(odd()).with(named("resource_name", "key-0"))); total != 10 {
		t.Error(total)
	}
	for _, bad := range []struct {
		code string
		args huaweiArgs
	}{
		{"KMS.0404", huaweiArgs{"action": "x"}},
		{"KMS.0404", huaweiArgs{"action": nil}},
		{"KMS.0414", huaweiArgs{"limit": "0"}},
		{"KMS.0414", huaweiArgs{"limit": "1001"}},
		{"KMS.0417", huaweiArgs{"offset": "-1"}},
		{"KMS.0418", huaweiArgs{"action": "count", "offset": "0"}},
		{"KMS.0202", huaweiArgs{"limit": 1}},
		{"KMS.0403", named("name", "x")},
		{"KMS.0402", named("resource_name", "")},
		{"KMS.0402", named("resource_name", strings.Repeat("a", 256))},
		{"KMS.0413", odd(strings.Split("abcdefghijk", "")...)},
		{"KMS.0410", odd(strings.Repeat("a", 44))},
	} {
		c.fails("resource_instances/action", filter.with(bad.args), bad.code)
	}
}

func TestHuaweiAliases(t *testing.T) {
	c := newHuawei(t, nil)
	id, other := c.create("k", nil), c.create("o", nil)
	create := func(name string) huaweiAnswer {
		return c.do("POST", "aliases", huaweiArgs{"key_id": id, "alias": name})
	}
	a := c.passes(create("b"))
	const urn = "kms:cn-north-4:" + emulator.HuaweiDomainID + ":alias:b"
	if a.status != 201 || a.str("alias") != "b" || a.str("key_id") != id || a.str("domain_id") != emulator.HuaweiDomainID || a.str("alias_urn") != urn ||
		a.str("create_time") != "2026-03-26T07:20:00Z" || a.str("update_time") != "2026-03-26T07:20:00Z" {
		t.Error(a)
	}
	c.expect(create("b"), "KMS.1104")
	c.expect(create("a b"), "KMS.1101")
	c.expect(create(""), "KMS.1101")
	c.expect(create(strings.Repeat("a", 256)), "KMS.1101")
	c.passes(create("k")) // a key_alias is something else
	c.passes(create("alias/a"))
	c.clock.pass(time.Minute)
	a = c.ok("alias/associate", huaweiArgs{"alias": "k", "target_key_id": other})
	if a.status != 200 || a.str("key_id") != other || a.str("create_time") != "2026-03-26T07:20:00Z" || a.str("update_time") != "2026-03-26T07:21:00Z" {
		t.Error(a)
	}
	c.fails("alias/associate", huaweiArgs{"alias": "none", "target_key_id": other}, "KMS.0308")
	c.fails("alias/associate", huaweiArgs{"alias": "k", "target_key_id": huaweiNoKey}, "KMS.0207")
	c.fails("alias/associate", huaweiArgs{"alias": "k"}, "KMS.0204")

	list := func(query string) (names, next string) {
		t.Helper()
		a := c.passes(c.do("GET", "aliases"+query, nil))
		listing := huaweiAnswer{text: strings.TrimSuffix(strings.TrimPrefix(a.text, "["), "]")}
		listing.read()
		entities := listing.body["aliases"].([]any)
		for _, v := range entities {
			names += v.(map[string]any)["alias"].(string) + " "
		}
		if !strings.HasPrefix(a.text, "[{") || listing.at("page_info", "current_count") != float64(len(entities)) {
			t.Error(a.text)
		}
		return names, listing.str("page_info", "next_marker")
	}
	for query, want := range map[string][2]string{
		"": {"alias/a b k ", ""}, "?key_id=" + id: {"alias/a b ", ""}, "?limit=2": {"alias/a b ", "b"}, "?limit=2&marker=b": {"k ", ""},
		"?limit=3": {"alias/a b k ", ""}, "?limit=100&marker=k": {"", ""}, "?limit=1&key_id=" + other: {"k ", ""},
	} {
		if names, next := list(query); names != want[0] || next != want[1] {
			t.Error(query, names, next)
		}
	}
	for query, code := range map[string]string{
		"?limit=0": "KMS.1601", "?limit=101": "KMS.1601", "?limit=": "KMS.1601", "?marker=b": "KMS.1602", "?key_id=x": "KMS.0205",
		"?key_id=" + huaweiNoKey: "KMS.0207", "?x=1": "KMS.0201", "?limit=1&limit=1": "KMS.0201",
	} {
		c.expect(c.do("GET", "aliases"+query, nil), code)
	}
	drop := func(names ...string) huaweiAnswer {
		return c.do("DELETE", "aliases", huaweiArgs{"key_id": id, "aliases": names})
	}
	c.expect(drop("b", "k"), "KMS.0308")
	c.expect(drop(), "KMS.0204")
	c.expect(c.do("DELETE", "aliases", huaweiArgs{"key_id": id}), "KMS.0204")
	c.expect(c.do("DELETE", "aliases", huaweiArgs{"key_id": id, "aliases": []int{1}}), "KMS.0202")
	if a := c.passes(drop("b", "alias/a")); a.status != 204 {
		t.Error(a)
	}
	if names, _ := list(""); names != "k " {
		t.Error(names)
	}
	for i := range 50 {
		c.passes(create(fmt.Sprintf("n%02d", i)))
	}
	c.expect(create("n50"), "KMS.1105")
	c.fails("alias/associate", huaweiArgs{"alias": "k", "target_key_id": id}, "KMS.1105")
	c.ok("schedule-key-deletion", huaweiArgs{"key_id": other, "pending_days": "7"})
	c.fails("aliases", huaweiArgs{"key_id": other, "alias": "z"}, "KMS.0210")
	c.clock.pass(7 * huaweiDay)
	if names, _ := list("?limit=1"); names != "n00 " {
		t.Error(names)
	}
	c = newHuawei(t, func(s *emulator.HuaweiKMSSettings) { s.AliasObject = true })
	if a := c.passes(c.do("GET", "aliases", nil)); a.text != `{"aliases":[],"page_info":{"current_count":0,"next_marker":""}}` {
		t.Error(a.text)
	}
}
