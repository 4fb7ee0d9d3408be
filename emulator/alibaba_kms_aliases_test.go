package emulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func TestAlibabaKMSAliases(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{AliasQuota: 12})
	one, two := c.create(), c.create()
	create := func(alias string) { c.ok("CreateAlias", "KeyId", one, "AliasName", alias) }
	create("alias/b")
	create("alias/a-_/Z9")
	create("alias/" + strings.Repeat("x", 249))
	c.fails(400, "AliasAlreadyExists", "CreateAlias", "KeyId", two, "AliasName", "alias/b")
	for _, bad := range []string{"b", "alias/", "ALIAS/b", "alias/é", "alias/a b", "alias/a.b", "alias/acs", "alias/acs/oss", "alias/" + strings.Repeat("x", 250)} {
		for _, action := range []string{"CreateAlias", "UpdateAlias", "DeleteAlias"} {
			c.fails(400, "InvalidParameter", action, "KeyId", one, "AliasName", bad)
		}
	}
	c.fails(400, "MissingParameter", "CreateAlias", "KeyId", one)
	c.fails(400, "MissingParameter", "CreateAlias", "AliasName", "alias/c")
	c.fails(404, "Forbidden.AliasNotFound", "UpdateAlias", "KeyId", two, "AliasName", "alias/c")
	c.fails(404, "Forbidden.AliasNotFound", "DeleteAlias", "AliasName", "alias/c")

	c.ok("UpdateAlias", "KeyId", two, "AliasName", "alias/b")
	if got := c.about("alias/b", "KeyId"); got != two {
		t.Fatal(got)
	}
	a := c.ok("ListAliasesByKeyId", "KeyId", two)
	if a.column("Aliases.Alias", "AliasName") != "alias/b" || a.column("Aliases.Alias", "KeyId") != two || a.fields["TotalCount"] != 1.0 ||
		a.column("Aliases.Alias", "AliasArn") != "acs:kms:cn-hangzhou:1000000000000001:alias/b" {
		t.Fatal(a.body)
	}
	for i := range 9 {
		create(fmt.Sprintf("alias/n%d", i))
	}
	c.fails(400, "Rejected.LimitExceeded", "CreateAlias", "KeyId", one, "AliasName", "alias/c")
	for size, want := range map[string]int{"": 10, "0": 0, "100": 13, "13": 13} {
		a := c.ok("ListAliases", "PageSize", size)
		if got := len(strings.Fields(a.column("Aliases.Alias", "AliasName"))); got != want || a.fields["TotalCount"] != 13.0 {
			t.Fatal(size, a.body)
		}
	}
	a = c.ok("ListAliases", "PageSize", "2", "PageNumber", "2")
	if a.column("Aliases.Alias", "AliasName") != "alias/b alias/n0" || a.fields["PageNumber"] != 2.0 {
		t.Fatal(a.body)
	}
	if first := c.ok("ListAliases").column("Aliases.Alias", "AliasName"); !strings.HasPrefix(first, "alias/a-_/Z9 alias/acs/oss alias/b ") {
		t.Fatal(first)
	}
	c.fails(400, "InvalidParameter", "ListAliases", "PageSize", "101")
	c.ok("DeleteAlias", "AliasName", "alias/b")
	c.fails(404, "Forbidden.AliasNotFound", "DescribeKey", "KeyId", "alias/b")
	create("alias/b")

	long := newKMS(t, emulator.AlibabaKMSSettings{LongAliases: true})
	key := long.create()
	long.ok("CreateAlias", "KeyId", key, "AliasName", "alias/"+strings.Repeat("x", 255))
	long.fails(400, "InvalidParameter", "CreateAlias", "KeyId", key, "AliasName", "alias/"+strings.Repeat("x", 256))
}

// kmsPairs is Tag.1.Key and so on.
func kmsPairs(pairs ...string) []string {
	var all []string
	for i := 0; i < len(pairs); i += 2 {
		n := fmt.Sprintf("Tag.%d.", i/2+1)
		all = append(all, n+"Key", pairs[i], n+"Value", pairs[i+1])
	}
	return all
}

func TestAlibabaKMSTags(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	one, two := c.create(), c.create()
	with := func(pairs []string, more ...string) []string {
		return append(append([]string{"RegionId", "cn-hangzhou", "ResourceType", "key"}, pairs...), more...)
	}
	tag := func(pairs ...string) kmsAnswer {
		t.Helper()
		return c.call("TagResources", with(kmsPairs(pairs...), "ResourceId.1", one, "ResourceId.2", two)...)
	}
	list := func(more ...string) string {
		t.Helper()
		a := c.ok("ListTagResources", with(more)...)
		return a.column("TagResources.TagResource", "ResourceId") + ";" + a.column("TagResources.TagResource", "TagKey") + ";" +
			a.column("TagResources.TagResource", "TagValue")
	}
	if a := tag("b", "2", "a", "1"); a.status != 200 {
		t.Fatal(a.body)
	}
	tag("a", "3", "世界/\\_-.+=:@", "")
	if got := list("ResourceId.1", one); got != one+" "+one+" "+one+";a b 世界/\\_-.+=:@;3 2 " {
		t.Fatal(got)
	}
	if a := c.ok("ListResourceTags", "KeyId", one); a.column("Tags.Tag", "TagKey") != "a b 世界/\\_-.+=:@" || !strings.HasPrefix(a.column("Tags.Tag", "TagValue"), "3 2 ") ||
		!strings.HasPrefix(a.column("Tags.Tag", "KeyId"), one) {
		t.Fatal(a.body)
	}
	if got := list("ResourceId.1", one, "ResourceId.2", one); got != list("ResourceId.1", one) {
		t.Fatal("a key named twice is listed twice", got)
	}
	c.ok("UntagResources", with(nil, "ResourceId.1", one, "TagKey.1", "b", "TagKey.2", "none")...)
	if got := list(kmsPairs("b", "2")...); got != two+" "+two+" "+two+";a b 世界/\\_-.+=:@;3 2 " {
		t.Fatal("one of two keys has the tag", got)
	}
	if got := list(kmsPairs("b", "3")...); got != ";;" {
		t.Fatal(got)
	}
	if got := list("Tag.1.Key", "a"); !strings.HasPrefix(got, one+" "+one+" "+two) {
		t.Fatal(got)
	}
	c.ok("UntagResources", with(nil, "ResourceId.1", one, "All", "true")...)
	if got := list("ResourceId.1", one); got != ";;" {
		t.Fatal(got)
	}

	for _, bad := range [][]string{
		{"acs:x", "v"}, {"aliyunx", "v"}, {"", "v"}, {"a b", "v"}, {"a", "v,"}, {strings.Repeat("k", 129), "v"}, {"k", strings.Repeat("v", 129)}, {"a", "1", "a", "2"},
	} {
		tag(bad...).refused(400, "InvalidParameter")
	}
	if a := tag(strings.Repeat("k", 128), strings.Repeat("v", 128)); a.status != 200 {
		t.Fatal(a.body)
	}
	var many []string
	for i := range 20 {
		many = append(many, fmt.Sprintf("k%02d", i), "v")
	}
	tag(append(many, "more", "v")...).refused(400, "InvalidParameter")
	tag(many...).refused(400, "Rejected.LimitExceeded") // with those that are there
	if got := list("ResourceId.1", one); strings.Contains(got, "k00") {
		t.Fatal("set in part", got)
	}
	c.ok("UntagResources", with(nil, "ResourceId.1", one, "ResourceId.2", two, "All", "true")...)
	if a := tag(many...); a.status != 200 {
		t.Fatal(a.body)
	}
	tag("more", "v").refused(400, "Rejected.LimitExceeded")
	tag("k00", "w")

	// Three keys of 20 tags each are more than a page.
	three := c.create("Tags", kmsTags(20))
	first := c.ok("ListTagResources", with(nil, "ResourceId.1", one, "ResourceId.2", two, "ResourceId.3", three)...)
	next := first.text("NextToken")
	second := c.ok("ListTagResources", with(nil, "ResourceId.1", one, "ResourceId.2", two, "ResourceId.3", three, "NextToken", next)...)
	if n := len(strings.Fields(first.column("TagResources.TagResource", "TagKey"))); n != 50 || next == "" {
		t.Fatal(n)
	}
	if got := second.column("TagResources.TagResource", "ResourceId"); got != strings.TrimSpace(strings.Repeat(three+" ", 10)) || second.text("NextToken") != "" {
		t.Fatal(got)
	}

	for _, step := range []struct {
		code  string
		pairs []string
	}{
		{"MissingParameter", []string{"ResourceType", "key", "ResourceId.1", one}},
		{"MissingParameter", []string{"RegionId", "", "ResourceId.1", one}},
		{"MissingParameter", with(nil)},
		{"InvalidParameter", []string{"RegionId", "cn-hangzhou", "ResourceType", "secret", "ResourceId.1", one}},
		{"InvalidParameter", []string{"RegionId", "cn-beijing", "ResourceType", "key", "ResourceId.1", one}},
		{"InvalidParameter", with(nil, "ResourceId.2", one)},
		{"InvalidParameter", with(nil, "ResourceId.x", one)},
		{"InvalidParameter", with(nil, "ResourceId.1", one, "NextToken", "x")},
		{"InvalidParameter", with(nil, "ResourceId.1", one, "NextToken", "OTk5OQ==")},
	} {
		c.scheme = "acs3" // which sends no RegionId of its own
		c.fails(400, step.code, "ListTagResources", step.pairs...)
	}
	c.fails(404, "Forbidden.KeyNotFound", "ListTagResources", with(nil, "ResourceId.1", "other")...)
	c.fails(400, "MissingParameter", "TagResources", with(nil, "ResourceId.1", one)...)
	c.fails(400, "MissingParameter", "TagResources", with(kmsPairs("a", "b"))...)
	c.fails(400, "MissingParameter", "UntagResources", with(nil, "ResourceId.1", one)...)
	var fifty []string
	for i := range 51 {
		fifty = append(fifty, fmt.Sprintf("ResourceId.%d", i+1), one)
	}
	c.ok("ListTagResources", with(fifty[:100])...)
	c.fails(400, "InvalidParameter", "ListTagResources", with(fifty)...)
}

func TestAlibabaKMSOldTags(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	key := c.create()
	c.ok("TagResource", "KeyId", key, "Tags", kmsTags(10))
	c.fails(400, "Rejected.LimitExceeded", "TagResource", "KeyId", key, "Tags", `[{"TagKey":"more","TagValue":""}]`)
	c.fails(400, "InvalidParameter", "TagResource", "KeyId", key, "Tags", kmsTags(11))
	c.fails(400, "InvalidParameter", "TagResource", "KeyId", key, "Tags", "[]")
	c.fails(400, "MissingParameter", "TagResource", "KeyId", key)
	c.ok("UntagResource", "KeyId", key, "TagKeys", `["k0","k1","k2","k3","k4","k5","k6","k7"]`)
	if a := c.ok("ListResourceTags", "KeyId", key); a.column("Tags.Tag", "TagKey") != "k8 k9" {
		t.Fatal(a.body)
	}
	for _, bad := range []string{"x", "[]", "[1]"} {
		c.fails(400, "InvalidParameter", "UntagResource", "KeyId", key, "TagKeys", bad)
	}
	c.fails(400, "MissingParameter", "UntagResource", "KeyId", key)
}

func TestAlibabaKMSPolicies(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	key := c.create()
	if a := c.ok("GetKeyPolicy", "KeyId", key, "PolicyName", "default"); !strings.Contains(a.text("Policy"), `"kms:*"`) {
		t.Fatal(a.body)
	}
	c.ok("SetKeyPolicy", "KeyId", key, "PolicyName", "default", "Policy", `{"Version":"1"}`)
	if a := c.ok("GetKeyPolicy", "KeyId", key); a.text("Policy") != `{"Version":"1"}` {
		t.Fatal(a.body)
	}
	c.fails(400, "InvalidParameter", "SetKeyPolicy", "KeyId", key, "PolicyName", "other", "Policy", `{}`)
	c.fails(400, "InvalidParameter", "SetKeyPolicy", "KeyId", key, "Policy", "{")
	c.fails(400, "MissingParameter", "SetKeyPolicy", "KeyId", key)
	if a := c.ok("DescribeRegions"); a.column("Regions.Region", "RegionId") != "cn-hangzhou" {
		t.Fatal(a.body)
	}
}
