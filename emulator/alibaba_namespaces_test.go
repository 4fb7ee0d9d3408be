package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func TestAlibabaNamespaces(t *testing.T) {
	c := newAlibaba(t, emulator.AlibabaSettings{})
	for _, bad := range []string{"", "a b", "a/b", "é", "a.b", "\xff", strings.Repeat("n", 65)} {
		for _, action := range []string{"CreateKvNamespace", "GetKvNamespace", "DeleteKvNamespace", "ListKvs"} {
			c.fails(action, alibabaArgs{"Namespace": bad}, 400, "InvalidNameSpace.Malformed")
		}
	}
	c.fails("CreateKvNamespace", alibabaArgs{"Namespace": "ns", "Description": strings.Repeat("d", 257)}, 400, "InvalidParameter")
	c.fails("CreateKvNamespace", alibabaArgs{"Namespace": "ns", "Description": "\xff"}, 400, "InvalidParameter")
	a := c.ok("CreateKvNamespace", alibabaArgs{"Namespace": strings.Repeat("n", 64), "Description": strings.Repeat("é", 256)})
	if !strings.Contains(a.body, `"NamespaceId":"657717877171818497"`) || a.text("Status") != "online" {
		t.Fatal(a.body)
	}
	c.fails("CreateKvNamespace", alibabaArgs{"Namespace": strings.Repeat("n", 64)}, 406, "InvalidNameSpace.Duplicate")
	for i := range 9 {
		c.ok("CreateKvNamespace", alibabaArgs{"Namespace": fmt.Sprint("ns-", i)})
	}
	c.fails("CreateKvNamespace", alibabaArgs{"Namespace": "one-more"}, 406, "InvalidNameSpace.QuotaFull")
	c.fails("CreateKvNamespace", alibabaArgs{"Namespace": "ns-1"}, 406, "InvalidNameSpace.Duplicate")
	c.fails("GetKvNamespace", alibabaArgs{"Namespace": "nothing"}, 404, "InvalidNameSpace.NotFound")

	c.ok("PutKv", alibabaArgs{"Namespace": "ns-1", "Key": "four", "Value": strings.Repeat("v", 1532)})
	a = c.ok("GetKvNamespace", alibabaArgs{"Namespace": "ns-1"})
	for _, want := range []string{
		`"Capacity":1073741824`, `"CapacityString":"1 GB"`, `"CapacityUsed":1536`, `"CapacityUsedString":"1.5 KB"`,
		`"Namespace":"ns-1"`, `"Status":"online"`, `"Description":""`, `"NamespaceId":"6577178771718184`,
	} {
		if !strings.Contains(a.body, want) {
			t.Fatal(a.body, want)
		}
	}
	a = c.ok("GetKvAccount", nil)
	for _, want := range []string{
		`"NamespaceQuota":10`, `"NamespaceUsed":10`, `"Capacity":10737418240`, `"CapacityString":"10 GB"`, `"CapacityUsed":1536`, `"Status":"online"`,
	} {
		if !strings.Contains(a.body, want) {
			t.Fatal(a.body, want)
		}
	}
	if list := a.fields["NamespaceList"].([]any); len(list) != 10 || fmt.Sprint(list[2].(map[string]any)["CapacityUsed"]) != "1536" {
		t.Fatal(a.body)
	}
	if a := c.ok("DescribeKvAccountStatus", nil); a.text("Status") != "online" {
		t.Fatal(a.body)
	}

	free := newAlibaba(t, emulator.AlibabaSettings{AnyNames: true, NumericID: true, NamespaceQuota: 1})
	free.fails("CreateKvNamespace", alibabaArgs{"Namespace": ""}, 400, "InvalidNameSpace.Malformed")
	if a := free.ok("CreateKvNamespace", alibabaArgs{"Namespace": "é / ."}); !strings.Contains(a.body, `"NamespaceId":657717877171818497`) {
		t.Fatal(a.body)
	}
	free.fails("CreateKvNamespace", alibabaArgs{"Namespace": "two"}, 406, "InvalidNameSpace.QuotaFull")
}

func TestAlibabaDeletion(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{Deletion: 3 * time.Minute, NamespaceQuota: 1})
	ns := alibabaArgs{"Namespace": "ns"}
	c.put("k", "v")
	c.ok("DeleteKvNamespace", ns)
	for _, step := range []struct {
		pass   time.Duration
		status string
		used   int
	}{{0, "delete", 1}, {time.Minute - 1, "delete", 1}, {1, "deleting", 1}, {time.Minute - 1, "deleting", 1}, {1, "deleted", 0}, {time.Minute - 1, "deleted", 0}} {
		c.clock.pass(step.pass)
		if a := c.ok("GetKvNamespace", ns); a.text("Status") != step.status {
			t.Fatal(a.body, step)
		}
		if a := c.ok("GetKvAccount", nil); !strings.Contains(a.body, fmt.Sprintf(`"NamespaceUsed":%d`, step.used)) ||
			a.fields["NamespaceList"].([]any)[0].(map[string]any)["Status"] != step.status {
			t.Fatal(a.body, step)
		}
		c.fails("GetKv", alibabaGet("k"), 404, "InvalidNameSpace.NotFound")
		c.fails("PutKv", alibabaPut("k", "v"), 404, "InvalidNameSpace.NotFound")
		c.fails("DeleteKvNamespace", ns, 404, "InvalidNameSpace.NotFound")
		if step.used == 1 {
			c.fails("CreateKvNamespace", ns, 406, "InvalidNameSpace.Duplicate")
			c.fails("CreateKvNamespace", alibabaArgs{"Namespace": "two"}, 406, "InvalidNameSpace.QuotaFull")
		}
	}
	c.clock.pass(1)
	c.fails("GetKvNamespace", ns, 404, "InvalidNameSpace.NotFound")
	if a := c.ok("GetKvAccount", nil); !strings.Contains(a.body, `"NamespaceList":[]`) {
		t.Fatal(a.body)
	}
	c.ok("CreateKvNamespace", ns)
	c.fails("GetKv", alibabaGet("k"), 404, "InvalidKey.NotFound")
	// The name is free from the status deleted on.
	c.ok("DeleteKvNamespace", ns)
	c.clock.pass(2 * time.Minute)
	c.ok("CreateKvNamespace", ns)
	if a := c.ok("GetKvNamespace", ns); a.text("Status") != "online" {
		t.Fatal(a.body)
	}
	once := newAlibabaNS(t, emulator.AlibabaSettings{Deletion: -1})
	once.ok("DeleteKvNamespace", ns)
	once.fails("GetKvNamespace", ns, 404, "InvalidNameSpace.NotFound")
	quick := newAlibabaNS(t, emulator.AlibabaSettings{})
	quick.ok("DeleteKvNamespace", ns)
	quick.clock.pass(300*time.Millisecond - 1)
	quick.ok("GetKvNamespace", ns)
	quick.clock.pass(1)
	quick.fails("GetKvNamespace", ns, 404, "InvalidNameSpace.NotFound")
}

func TestAlibabaFull(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{Capacity: 20})
	c.put("a", "123456789")
	c.put("b", "12345678", "ExpirationTtl", "10")
	c.fails("PutKv", alibabaPut("c", "1"), 403, "InvalidKey.ExceedsCapacity")
	c.put("b", "123456789", "ExpirationTtl", "10") // what it replaces does not count
	c.fails("PutKv", alibabaPut("b", "1234567890"), 403, "InvalidKey.ExceedsCapacity")
	a := c.ok("BatchPutKv", alibabaArgs{"Namespace": "ns", "KvList": `[{"Key":"c","Value":"1"},{"Key":"a","Value":"1"},{"Key":"d","Value":"1"}]`})
	if a.names("SuccessKeys") != "a,d" || a.names("FailKeys") != "c" {
		t.Fatal(a.body)
	}
	c.put("a", "1234567") // 20 again
	c.fails("PutKv", alibabaPut("e", "1"), 403, "InvalidKey.ExceedsCapacity")
	c.clock.pass(10 * time.Second)
	c.put("e", "123456789") // in the place of what expired
	c.ok("DeleteKv", alibabaGet("a"))
	c.put("f", "1234567")
	c.fails("PutKv", alibabaPut("g", "1"), 403, "InvalidKey.ExceedsCapacity")
}

func TestAlibabaOffline(t *testing.T) {
	c := newAlibaba(t, emulator.AlibabaSettings{Offline: true})
	for _, action := range []string{"GetKvAccount", "DescribeKvAccountStatus"} {
		if a := c.ok(action, nil); a.text("Status") != "offline" {
			t.Fatal(a.body)
		}
	}
	c.fails("CreateKvNamespace", alibabaArgs{"Namespace": "ns"}, 404, "InvalidAccount.NotFound")
	c.fails("GetKv", alibabaGet("k"), 404, "InvalidAccount.NotFound")
}
