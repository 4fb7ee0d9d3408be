package emulator_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func TestAlibabaCMSPages(t *testing.T) {
	c := newCMS(t, emulator.AlibabaCMSSettings{})
	for i := range 51 {
		c.put(fmt.Sprintf("w%02d", i), "")
	}
	a := c.ok("GET", "", nil, "")
	if n := len(strings.Fields(a.workspaces())); n != 50 || a.fields["total"] != json.Number("51") || a.fields["maxResults"] != json.Number("50") || a.text("nextToken") == "" {
		t.Fatal(n, a.body)
	}
	a = c.ok("GET", "", alibabaArgs{"nextToken": a.text("nextToken"), "maxResults": "50"}, "")
	if _, more := a.fields["nextToken"]; a.workspaces() != "w50" || more || a.fields["total"] != json.Number("51") {
		t.Fatal(a.body)
	}
	// Pages of 20; the last of a page is deleted meanwhile.
	var all []string
	token, pages := "", 0
	for {
		a := c.ok("GET", "", alibabaArgs{"maxResults": "20", "nextToken": token}, "")
		names := strings.Fields(a.workspaces())
		all = append(all, names...)
		c.ok("DELETE", names[len(names)-1], nil, "")
		pages++
		if token = a.text("nextToken"); token == "" {
			break
		}
	}
	if pages != 3 || len(all) != 51 || all[0] != "w00" || all[50] != "w50" {
		t.Fatal(pages, all)
	}
	if a := c.ok("GET", "", alibabaArgs{"maxResults": "48"}, ""); a.text("nextToken") != "" || a.fields["total"] != json.Number("48") {
		t.Error(a.body)
	}
	for _, bad := range []string{"0", "51", "-1", "x", "", "1.0", "+1", "99999999999"} {
		c.call("GET", "", alibabaArgs{"maxResults": bad}, "").refused(400, "InvalidParameter")
	}
	encode := base64.RawURLEncoding.EncodeToString
	for _, bad := range []string{"x", "===", encode([]byte("w00")), encode([]byte("after:")), encode([]byte("after:w00")) + "="} {
		c.call("GET", "", alibabaArgs{"nextToken": bad}, "").refused(400, "InvalidParameter")
	}
}

func TestAlibabaCMSFilters(t *testing.T) {
	c := newCMS(t, emulator.AlibabaCMSSettings{})
	c.put("shop-a", `,"resourceGroupId":"rg-1","tags":[{"key":"env","value":"prod"},{"key":"team","value":"x"}]`)
	c.put("shop-b", `,"resourceGroupId":"rg-2","tags":[{"key":"env","value":"test"}]`)
	c.put("bank", "")
	for _, step := range []struct {
		query alibabaArgs
		want  string
	}{
		{nil, "bank shop-a shop-b"},
		{alibabaArgs{"unknown": "x"}, "bank shop-a shop-b"},
		{alibabaArgs{"region": "cn-hangzhou"}, "bank shop-a shop-b"},
		{alibabaArgs{"region": "cn-beijing"}, ""},
		{alibabaArgs{"workspaceName": "op-"}, "shop-a shop-b"},
		{alibabaArgs{"workspaceNameList": "shop-b,bank,none"}, "bank shop-b"},
		{alibabaArgs{"workspaceNameList": "shop"}, ""},
		{alibabaArgs{"resourceGroupId": "rg-1"}, "shop-a"},
		{alibabaArgs{"tags": `[{"key":"env","value":"prod"}]`}, "shop-a"},
		{alibabaArgs{"tags": `[{"key":"env"}]`}, "shop-a shop-b"},
		{alibabaArgs{"tags": `[{"key":"env","value":""},{"key":"team","value":"x"}]`}, "shop-a"},
		{alibabaArgs{"tags": `[{"key":"env","value":"x"}]`}, ""},
		{alibabaArgs{"workspaceName": "shop", "resourceGroupId": "rg-2", "maxResults": "1"}, "shop-b"},
	} {
		if a := c.ok("GET", "", step.query, ""); a.workspaces() != step.want || a.fields["total"] != json.Number(fmt.Sprint(len(strings.Fields(step.want)))) {
			t.Errorf("%v: %s", step.query, a.body)
		}
	}
	for _, bad := range []string{"x", "{}", `[{"value":"x"}]`, `[{"key":1}]`, `[{"key":"a","value":null}]`, "[1]"} {
		c.call("GET", "", alibabaArgs{"tags": bad}, "").refused(400, "InvalidParameter")
	}
}

func TestAlibabaCMSStale(t *testing.T) {
	c := newCMS(t, emulator.AlibabaCMSSettings{}, emulator.WithStaleReads(time.Minute))
	c.put("w", `,"displayName":"one"`)
	c.call("GET", "w", nil, "").refused(404, "WorkspaceNotExist")
	if got := c.ok("GET", "", nil, "").workspaces(); got != "" {
		t.Error(got)
	}
	c.clock.pass(30 * time.Second)
	c.put("w", `,"displayName":"two"`)
	c.clock.pass(30 * time.Second)
	if got := c.ok("GET", "w", nil, "").text("displayName"); got != "one" {
		t.Error(got)
	}
	c.clock.pass(30 * time.Second)
	if got := c.ok("GET", "w", nil, "").text("displayName"); got != "two" {
		t.Error(got)
	}
	c.ok("DELETE", "w", nil, "")
	c.call("DELETE", "w", nil, "").refused(404, "WorkspaceNotExist")
	if got := c.ok("GET", "", nil, "").workspaces(); got != "w" {
		t.Error(got)
	}
	c.clock.pass(time.Minute)
	c.call("GET", "w", nil, "").refused(404, "WorkspaceNotExist")
}

func TestAlibabaCMSThrottle(t *testing.T) {
	c := newCMS(t, emulator.AlibabaCMSSettings{Throttle: 3})
	for range 3 {
		c.ok("GET", "", nil, "")
	}
	a := c.call("GET", "", nil, "")
	if a.refused(400, "Throttling.Api"); a.header.Get("x-ratelimit-user-api") != "Limit:3,Remain:0,TimeLeft:1000,Reset:1000" {
		t.Error(a.header)
	}
	c.put("w", "") // each action has its own
	c.clock.pass(time.Second - 1)
	c.call("GET", "", nil, "").refused(400, "Throttling.Api")
	c.clock.pass(1)
	c.ok("GET", "", nil, "")

	slow := newCMS(t, emulator.AlibabaCMSSettings{Throttle: 1, ThrottlePeriod: time.Minute})
	slow.ok("GET", "", nil, "")
	slow.clock.pass(time.Minute - 1)
	slow.call("GET", "", nil, "").refused(400, "Throttling.Api")
	free := newCMS(t, emulator.AlibabaCMSSettings{Throttle: 1}, emulator.WithoutRateLimit())
	free.ok("GET", "", nil, "")
	free.ok("GET", "", nil, "")
}

// Many callers at once, for the race detector.
func TestAlibabaCMSConcurrent(t *testing.T) {
	c := newCMS(t, emulator.AlibabaCMSSettings{})
	var callers sync.WaitGroup
	for i := range 8 {
		callers.Go(func() {
			own := *c
			own.nonces = 1000 * (i + 1)
			for range 5 {
				own.put("shared", `,"tags":[{"key":"a","value":"b"}]`)
				own.put(fmt.Sprintf("w%d", i), "")
				own.ok("GET", "shared", nil, "")
				own.ok("GET", "", nil, "")
				own.call("DELETE", "gone", nil, "")
			}
		})
	}
	callers.Wait()
	if got := c.ok("GET", "", nil, "").workspaces(); got != "shared w0 w1 w2 w3 w4 w5 w6 w7" {
		t.Error(got)
	}
}
