package emulator_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

const guanceOwned = `"ownerUuid":"` + emulator.GuanceAccount + `"`

func TestGuanceExternalCRUD(t *testing.T) {
	c := newGuance(t).external()
	o := c.post("create", `{"name":"w",`+guanceOwned+`,"language":"en","durationSet":{"rp":"30d","rum":"3d"},"isOpenCustomMappingRule":true,
		"maxSearchResultCount":5,"esIndexMerged":false,"leftWildcard":true,"isOpenLogMultipleIndex":true,"logMultipleIndexCount":3,
		"loggingCutSize":20480,"storageTypeUUID":null,"desc":1}`).ok().object()
	durations := map[string]any{"apm": "7d", "backup_log": "7d", "keyevent": "7d", "logging": "7d", "network": "1d", "rp": "30d", "rum": "3d"}
	guanceHas(t, o, "name", "w", "durationSet", durations, "esIndexMerged", 0, "isOpenLogMultipleIndex", true, "loggingCutSize", 20480, "creator", "external",
		"id", nil)
	id := o["uuid"].(string)
	o = c.get(id + "/get").ok().object()
	guanceHas(t, o, "language", "en", "durationSet", durations, "isOpenCustomMappingRule", 1, "maxSearchResultCount", 5, "leftWildcard", true,
		"isOpenLogMultipleIndex", 1, "logMultipleIndexCount", 3, "desc", "")

	c.clock.pass(time.Second)
	o = c.post(id+"/modify", `{"durationSet":{"apm":"14d"},"leftWildcard":false,"language":"zh","ownerUuid":"x"}`).ok().object()
	durations = maps.Clone(durations)
	durations["apm"] = "14d"
	guanceHas(t, o, "name", "w", "durationSet", durations, "leftWildcard", false, "esIndexMerged", 0, "language", "en", "updator", "external")
	guanceHas(t, c.post(id+"/modify", `{"name":"renamed"}`).ok().object(), "name", "renamed", "durationSet", durations)
	guanceHas(t, c.get(id+"/get").ok().object(), "name", "renamed")

	guanceHas(t, c.post(id+"/delete", "").ok().fields, "content", true)
	for _, path := range []string{"get", "usage_limit/get"} {
		c.get(id+"/"+path).refused(404, "ft.NotFoundWorkspace")
	}
	for path, body := range map[string]string{
		"modify": `{}`, "delete": "", "usage_limit/update": `{"config":{}}`, "owner/transfer": `{"accountUUID":"` + emulator.GuanceAccount + `"}`,
	} {
		c.post(id+"/"+path, body).refused(404, "ft.NotFoundWorkspace")
	}
	c.get("wksp_%2F/get").refused(404, "ft.NotFoundWorkspace")
}

// With a workspace its keys go.
func TestGuanceDeleteWithKeys(t *testing.T) {
	c := newGuance(t)
	x := c.external()
	x.post(c.WorkspaceUUID()+"/delete", "").ok()
	c.get("get").refused(403, "ft.InvalidAPIKey")
	if got := x.get("accesskey/list").ok().names(); got != "" {
		t.Error(got)
	}
}

func TestGuancePages(t *testing.T) {
	c := newGuance(t).external()
	for i := range 100 {
		c.post("create", fmt.Sprintf(`{"name":"w%03d",%s}`, i, guanceOwned)).ok()
	}
	for _, step := range []struct {
		query                     string
		count, index, size, total int
		first, last               string
	}{
		{"", 10, 1, 10, 101, "first", "w008"},
		{"?pageIndex=2", 10, 2, 10, 101, "w009", "w018"},
		{"?pageIndex=1&pageSize=100", 100, 1, 100, 101, "first", "w098"},
		{"?pageIndex=2&pageSize=100", 1, 2, 100, 101, "w099", "w099"},
		{"?pageIndex=3&pageSize=100", 0, 3, 100, 101, "", ""},
		{"?pageIndex=2147483647&pageSize=100", 0, 2147483647, 100, 101, "", ""},
		{"?pageSize=1&pageIndex=101", 1, 101, 1, 101, "w099", "w099"},
		{"?search=w09&pageSize=4", 4, 1, 4, 10, "w090", "w093"},
		{"?search=nobody", 0, 1, 10, 0, "", ""},
	} {
		a := c.get("list" + step.query).ok()
		guanceHas(t, a.fields["pageInfo"].(map[string]any), "count", step.count, "pageIndex", step.index, "pageSize", step.size, "totalCount", step.total)
		list := a.fields["content"].([]any)
		if len(list) != step.count {
			t.Fatalf("%s: %d", step.query, len(list))
		}
		if len(list) > 0 {
			guanceHas(t, list[0].(map[string]any), "name", step.first)
			guanceHas(t, list[len(list)-1].(map[string]any), "name", step.last)
		}
	}
	for _, bad := range []string{
		"pageIndex=0", "pageIndex=-1", "pageIndex=x", "pageIndex=", "pageIndex=2147483648", "pageSize=0", "pageSize=101", "pageSize=1.5", "pageSize=",
	} {
		c.get("list?"+bad).refused(400, "ft.ParamError")
	}
}

func TestGuanceUsageLimit(t *testing.T) {
	c := newGuance(t).external()
	id := c.WorkspaceUUID()
	off := map[string]any{"openLimit": false, "value": guanceNumber("0")}
	want := map[string]any{}
	for _, kind := range []string{"metric", "network", "rum", "logging", "tracing", "profile", "dialing"} {
		want[kind] = off
	}
	guanceHas(t, c.get(id+"/usage_limit/get").ok().object(), "config", want)
	want["rum"] = map[string]any{"openLimit": true, "value": guanceNumber("1.5")}
	guanceHas(t, c.post(id+"/usage_limit/update", `{"config":{"rum":{"openLimit":true,"value":1.5}}}`).ok().object(), "config", want)
	want["rum"] = off
	want["metric"] = map[string]any{"openLimit": true, "value": guanceNumber("1000")}
	c.post(id+"/usage_limit/update", `{"config":{"metric":{"openLimit":true,"value":1000},"rum":{"openLimit":false}}}`).ok()
	guanceHas(t, c.get(id+"/usage_limit/get").ok().object(), "config", want)
}

func TestGuanceOwner(t *testing.T) {
	c := newGuance(t, emulator.WithGuance(emulator.GuanceSettings{Accounts: []string{"acnt_2"}}))
	x := c.external()
	id := c.WorkspaceUUID()
	x.post("create", `{"name":"w","ownerUuid":"acnt_3"}`).refused(404, "ft.NotFoundAccount")
	x.post("create", `{"name":"w","ownerUuid":"acnt_2"}`).ok()
	x.post(id+"/owner/transfer", `{"accountUUID":"acnt_3"}`).refused(404, "ft.NotFoundAccount")
	guanceHas(t, x.post(id+"/owner/transfer", `{"accountUUID":"acnt_2"}`).ok().fields, "content", true)
	// Workspaces that are made with the workspace's key belong to its new owner.
	a := c.post("create", `{"name":"w"}`).ok()
	guanceHas(t, a.object(), "accountInfo", []any{"acnt_2"})
	guanceHas(t, a.object("ownerInfo"), "accountUUID", "acnt_2")
}
