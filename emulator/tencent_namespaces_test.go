package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// described returns what DescribeEdgeKVNamespaces says, the names in one string.
func (c *tencentClient) described(p tencentArgs) (names string, total int, all []tencentDescription) {
	c.t.Helper()
	a := c.ok("DescribeEdgeKVNamespaces", tencentArgs{"ZoneId": emulator.TencentZoneID}.with(p))
	for _, ns := range a.response.KVNamespaces {
		names += ns.Namespace + " "
	}
	return strings.TrimSpace(names), a.response.TotalCount, a.response.KVNamespaces
}

func TestTencentNamespaceNames(t *testing.T) {
	c := newTencent(t, emulator.WithoutRateLimit())
	for _, name := range []string{"a", "A", "9", "a-b", "a-b-C-9", strings.Repeat("a", 50), strings.Repeat("a-", 24) + "ab"} {
		c.ok("CreateEdgeKVNamespace", tencentIn.with(tencentArgs{"Namespace": name}))
		c.fails("CreateEdgeKVNamespace", tencentIn.with(tencentArgs{"Namespace": name}), "InvalidParameter.DuplicateBindingName")
	}
	for _, name := range []string{"", "-", "-a", "a-", "a--b", "a_b", "a b", "é", "a/b", strings.Repeat("a", 51)} {
		c.fails("CreateEdgeKVNamespace", tencentIn.with(tencentArgs{"Namespace": name}), "InvalidParameter.BadNamespaceName")
	}
}

func TestTencentNamespaceLimit(t *testing.T) {
	for _, limit := range []int{0, 3} {
		c := newTencent(t, emulator.WithoutRateLimit(), emulator.WithTencent(emulator.TencentSettings{NamespaceLimit: limit}))
		if limit == 0 {
			limit = 100
		}
		for i := range limit {
			c.ok("CreateEdgeKVNamespace", tencentIn.with(tencentArgs{"Namespace": fmt.Sprint("ns", i)}))
		}
		c.fails("CreateEdgeKVNamespace", tencentIn, "LimitExceeded.NamespaceLimitExceeded")
		c.fails("CreateEdgeKVNamespace", tencentIn.with(tencentArgs{"Namespace": "ns0"}), "InvalidParameter.DuplicateBindingName")
		c.ok("DeleteEdgeKVNamespace", tencentIn.with(tencentArgs{"Namespace": "ns0"}))
		c.ok("CreateEdgeKVNamespace", tencentIn)
	}
}

func TestTencentRemark(t *testing.T) {
	long := strings.Repeat("é", 256)
	for _, clears := range []bool{false, true} {
		c := newTencent(t, emulator.WithoutRateLimit(), emulator.WithTencent(emulator.TencentSettings{ClearRemark: clears}))
		c.fails("CreateEdgeKVNamespace", tencentIn.with(tencentArgs{"Remark": long + "e"}), "InvalidParameter.RemarkTooLong")
		c.ok("CreateEdgeKVNamespace", tencentIn.with(tencentArgs{"Remark": long}))
		c.fails("ModifyEdgeKVNamespace", tencentIn.with(tencentArgs{"Remark": long + "e"}), "InvalidParameter.RemarkTooLong")
		remark := func(want string) {
			t.Helper()
			if _, _, all := c.described(nil); len(all) != 1 || all[0].Remark != want {
				t.Errorf("%v: %.20v", clears, all)
			}
		}
		remark(long)
		c.clock.pass(time.Hour)
		c.ok("ModifyEdgeKVNamespace", tencentIn.with(tencentArgs{"Remark": "new"}))
		remark("new")
		c.ok("ModifyEdgeKVNamespace", tencentIn)
		remark(map[bool]string{false: "new", true: ""}[clears])
		c.ok("ModifyEdgeKVNamespace", tencentIn.with(tencentArgs{"Remark": "newer"}))
		c.ok("ModifyEdgeKVNamespace", tencentIn.with(tencentArgs{"Remark": ""}))
		remark("")
		if _, _, all := c.described(nil); all[0].CreatedOn != "2026-03-26T07:20:00Z" || all[0].ModifiedOn != "2026-03-26T08:20:00Z" {
			t.Error(all)
		}
	}
}

func TestTencentDeleteNamespace(t *testing.T) {
	c := newTencentNS(t)
	c.put("k", "v", nil)
	for range 2 {
		if err := c.em.BindFunction(emulator.TencentZoneID, "ns", "ef-1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.em.BindFunction(emulator.TencentZoneID, "none", "ef-1"); err == nil {
		t.Error("bound to a namespace that is not there")
	}
	c.fails("DeleteEdgeKVNamespace", tencentIn, "InvalidParameter.NamespaceInUse")
	_, _, all := c.described(nil)
	if r := all[0].References; len(r) != 1 || r[0]["ReferenceType"] != "edge-function" || r[0]["ReferenceId"] != "ef-1" || r[0]["ZoneId"] != emulator.TencentZoneID {
		t.Error(r)
	}
	if err := c.em.UnbindFunction(emulator.TencentZoneID, "ns", "ef-2"); err == nil {
		t.Error("a function was unbound that was not bound")
	}
	if err := c.em.UnbindFunction(emulator.TencentZoneID, "ns", "ef-1"); err != nil {
		t.Error(err)
	}
	c.ok("DeleteEdgeKVNamespace", tencentIn)
	c.fails("DeleteEdgeKVNamespace", tencentIn, tencentNoNamespace)
	c.fails("ModifyEdgeKVNamespace", tencentIn, tencentNoNamespace)
	c.fails("EdgeKVGet", tencentIn.with(tencentArgs{"Keys": []string{"k"}}), tencentNoNamespace)
	c.ok("CreateEdgeKVNamespace", tencentIn)
	if value, _ := c.get("k"); value != "" {
		t.Error(value)
	}
	for _, action := range []string{"CreateEdgeKVNamespace", "ModifyEdgeKVNamespace", "DeleteEdgeKVNamespace", "DescribeEdgeKVNamespaces"} {
		p := tencentIn.with(tencentArgs{"ZoneId": "zone-none"})
		if action == "DescribeEdgeKVNamespaces" {
			delete(p, "Namespace")
		} else {
			c.fails(action, p.with(tencentArgs{"Namespace": nil}), "MissingParameter")
		}
		c.fails(action, p, "ResourceNotFound.ZoneNotFound")
		c.fails(action, p.with(tencentArgs{"ZoneId": nil}), "MissingParameter")
	}
}

func TestTencentDescribe(t *testing.T) {
	c := newTencent(t, emulator.WithoutRateLimit())
	if names, total, all := c.described(nil); names != "" || total != 0 || all == nil {
		t.Error(names, total, all)
	}
	// c and d are equally old.
	for _, name := range []string{"b-one", "a-two", "d", "c"} {
		if name != "c" {
			c.clock.pass(time.Second)
		}
		c.ok("CreateEdgeKVNamespace", tencentIn.with(tencentArgs{"Namespace": name, "Remark": "the " + name}))
	}
	c.clock.pass(time.Second)
	c.ok("ModifyEdgeKVNamespace", tencentIn.with(tencentArgs{"Namespace": "b-one"}))
	filter := func(name string, fuzzy any, values ...string) tencentArgs {
		return tencentArgs{"Name": name, "Values": values, "Fuzzy": fuzzy}
	}
	filters := func(f ...tencentArgs) tencentArgs { return tencentArgs{"Filters": f} }
	for _, test := range []struct {
		p     tencentArgs
		names string
		total int
	}{
		{nil, "c d a-two b-one", 4},
		{tencentArgs{"SortOrder": "desc", "SortBy": "created-on"}, "c d a-two b-one", 4},
		{tencentArgs{"SortOrder": "asc"}, "b-one a-two c d", 4},
		{tencentArgs{"SortBy": "updated-on"}, "b-one c d a-two", 4},
		{tencentArgs{"SortBy": "updated-on", "SortOrder": "asc"}, "a-two c d b-one", 4},
		{tencentArgs{"Limit": 3}, "c d a-two", 4},
		{tencentArgs{"Limit": 3, "Offset": 3}, "b-one", 4},
		{tencentArgs{"Limit": 1000, "Offset": 4}, "", 4},
		{tencentArgs{"Offset": int64(1<<63 - 1)}, "", 4},
		{tencentArgs{"Filters": []any{}}, "c d a-two b-one", 4},
		{filters(filter("namespace", false, "c")), "c", 1},
		{filters(filter("namespace", nil, "c", "d", "x")), "c d", 2},
		{filters(filter("namespace", false, "o")), "", 0},
		{filters(filter("namespace", true, "o")), "a-two b-one", 2},
		{filters(filter("remark", false, "the c")), "c", 1},
		{filters(filter("remark", true, "the")), "c d a-two b-one", 4},
		{filters(filter("remark", true, "the"), filter("namespace", true, "-")), "a-two b-one", 2},
		{filters(filter("namespace", true, "-")).with(tencentArgs{"Limit": 1, "Offset": 1}), "b-one", 2},
		{filters(filter("namespace", false, strings.Split(strings.Repeat("c ", 20), " ")[:20]...)), "c", 1},
	} {
		if names, total, all := c.described(test.p); names != test.names || total != test.total || all == nil {
			t.Errorf("%v: %q %d", test.p, names, total)
		}
	}
	const bad = "InvalidParameterValue"
	for _, test := range []struct {
		p    tencentArgs
		want string
	}{
		{tencentArgs{"Limit": 0}, bad},
		{tencentArgs{"Limit": 1001}, bad},
		{tencentArgs{"Offset": -1}, bad},
		{tencentArgs{"SortBy": "name"}, "InvalidParameter.InvalidSortBy"},
		{tencentArgs{"SortBy": ""}, "InvalidParameter.InvalidSortBy"},
		{tencentArgs{"SortOrder": "DESC"}, "InvalidParameter.InvalidSortOrder"},
		{filters(filter("Namespace", false, "c")), "InvalidParameter.InvalidFilterName"},
		{filters(filter("zone", false, "c")), "InvalidParameter.InvalidFilterName"},
		{filters(filter("namespace", false, strings.Split(strings.Repeat("c ", 21), " ")[:21]...)), bad},
		{filters(tencentArgs{"Name": "namespace", "Values": []string{}}), bad},
		{filters(tencentArgs{"Name": "namespace"}), "MissingParameter"},
		{filters(tencentArgs{"Values": []string{"c"}}), "MissingParameter"},
		{filters(tencentArgs{"Name": "namespace", "Values": []string{"c"}, "X": 1}), "UnknownParameter"},
		{filters(filter("namespace", "true", "c")), "InvalidParameter"},
		{tencentArgs{"Filters": []any{1}}, "InvalidParameter"},
		{tencentArgs{"Filters": tencentArgs{}}, "InvalidParameter"},
	} {
		c.fails("DescribeEdgeKVNamespaces", tencentArgs{"ZoneId": emulator.TencentZoneID}.with(test.p), test.want)
	}
	// The default page has 20.
	for i := range 21 {
		c.ok("CreateEdgeKVNamespace", tencentIn.with(tencentArgs{"Namespace": fmt.Sprint("more", i)}))
	}
	if _, total, all := c.described(nil); total != 25 || len(all) != 20 {
		t.Error(total, len(all))
	}
}
