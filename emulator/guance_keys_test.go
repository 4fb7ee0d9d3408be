package emulator_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func TestGuanceKeys(t *testing.T) {
	c := newGuanceSet(t, emulator.GuanceSettings{})
	o := c.post("accesskey/add", `{"name":"ci","roleUUIDs":["readOnly"],"x":1}`).ok().object()
	guanceHas(t, o, "name", "ci", "id", nil, "deleteAt", -1, "createAt", guanceEpoch, "status", 0, "workspaceUUID", c.WorkspaceUUID(), "roles", []any{"readOnly"})
	id, sk := o["uuid"].(string), o["sk"].(string)
	if !strings.HasPrefix(id, "wsak_") || sk == "" || o["creatorInfo"] != nil {
		t.Error(o)
	}
	c.with(sk).get("get").ok()
	guanceHas(t, c.post("accesskey/add", `{"name":"web","roleUUIDs":[]}`).ok().object(), "roles", []any{"wsAdmin"})

	if got := c.get("accesskey/list").ok(); got.names() != "first ci web" || got.fields["pageInfo"] != nil {
		t.Error(got.body)
	}
	if got := c.get("accesskey/list?search=i").ok().names(); got != "first ci" {
		t.Error(got)
	}
	read := c.get("accesskey/" + id + "/get").ok().object()
	guanceHas(t, read, "name", "ci", "sk", sk, "uuid", id)
	for _, name := range []string{"email", "iconUrl", "name", "username"} {
		if _, ok := read["creatorInfo"].(map[string]any)[name].(string); !ok {
			t.Error("no", name)
		}
	}
	if _, ok := read["id"].(json.Number); !ok {
		t.Error(read["id"])
	}

	// What is deleted is gone, and the key works no more. Here a GET deletes.
	guanceHas(t, c.get("accesskey/"+id+"/delete").ok().fields, "content", true)
	c.get("accesskey/"+id+"/get").refused(404, "ft.NotFoundAccessKey")
	c.get("accesskey/"+id+"/delete").refused(404, "ft.NotFoundAccessKey")
	c.with(sk).get("get").refused(403, "ft.InvalidAPIKey")
	if got := c.get("accesskey/list").ok().names(); got != "first web" {
		t.Error(got)
	}
}

// A key of one workspace sees nothing of another's; the External API sees all.
func TestGuanceKeysElsewhere(t *testing.T) {
	c := newGuanceSet(t, emulator.GuanceSettings{})
	a := c.post("create", `{"name":"other","needCreateAk":true,"akName":"theirs"}`).ok()
	id, space := a.object("akInfo")["keyId"].(string), a.object("wsInfo")["uuid"].(string)
	c.get("accesskey/"+id+"/get").refused(404, "ft.NotFoundAccessKey")
	c.get("accesskey/"+id+"/delete").refused(404, "ft.NotFoundAccessKey")
	if got := c.get("accesskey/list?workspaceUUID=" + space).ok().names(); got != "first" {
		t.Error(got)
	}
	x := c.external()
	if all, one := x.get("accesskey/list").ok().names(), x.get("accesskey/list?workspaceUUID="+space).ok().names(); all != "first theirs" || one != "theirs" {
		t.Error(all, one)
	}
	c.clock.pass(time.Second)
	o := x.post("accesskey/"+id+"/modify", `{"name":"renamed"}`).ok().object()
	guanceHas(t, o, "name", "renamed", "updator", "external", "updateAt", guanceEpoch+1, "createAt", guanceEpoch)
	x.post("accesskey/wsak_none/modify", `{"name":"renamed"}`).refused(404, "ft.NotFoundAccessKey")
	guanceHas(t, x.get("accesskey/"+id+"/get").ok().object(), "name", "renamed")
	guanceHas(t, x.post("accesskey/add", `{"name":"more","workspaceUUID":"`+space+`"}`).ok().object(), "workspaceUUID", space, "creator", "external")
	x.post("accesskey/add", `{"name":"more","workspaceUUID":"wksp_none"}`).refused(404, "ft.NotFoundWorkspace")
	x.get("accesskey/" + id + "/delete").ok()
	x.get("accesskey/"+id+"/get").refused(404, "ft.NotFoundAccessKey")
}

func TestGuanceKeyChoices(t *testing.T) {
	c := newGuanceSet(t, emulator.GuanceSettings{OmitKeySecrets: true, PostKeyDelete: true, DataLists: true})
	o := c.post("accesskey/add", `{"name":"ci"}`).ok().object()
	id := o["uuid"].(string)
	if o["sk"] == nil {
		t.Error("no secret of a new key")
	}
	if _, there := c.get("accesskey/" + id + "/get").ok().object()["sk"]; there {
		t.Error("a secret was read back")
	}
	list := c.get("accesskey/list").ok()
	if strings.Contains(list.body, `"sk"`) || len(list.object()["data"].([]any)) != 2 {
		t.Error(list.body)
	}
	c.post("accesskey/"+id+"/delete", "").ok()
	c.get("accesskey/"+id+"/get").refused(404, "ft.NotFoundAccessKey")
	o = c.post("accesskey/add", `{"name":"ci"}`).ok().object()
	c.get("accesskey/" + o["uuid"].(string) + "/delete").ok()
}

// In turn floats and booleans, strings, nulls, and the plain form.
func TestGuanceOddTypes(t *testing.T) {
	c := newGuanceSet(t, emulator.GuanceSettings{OddTypes: true})
	for range 2 {
		c.clock.pass(250 * time.Millisecond)
		o := c.get("get").ok().object()
		guanceHas(t, o, "createAt", json.Number("1764547200.000000"), "deleteAt", json.Number("-1.0"), "isLocked", false, "esIndexMerged", true,
			"enablePublicDataway", true, "isOpenLogMultipleIndex", false)
		o = c.get("get").ok().object()
		guanceHas(t, o, "createAt", "1764547200", "lockAt", "-1", "status", "0", "loggingCutSize", "10240", "tenantId", "1", "isLocked", 0, "memberCount", "1")
		if _, ok := o["id"].(string); !ok {
			t.Error(o["id"])
		}
		o = c.get("get").ok().object()
		guanceHas(t, o, "id", nil, "deleteAt", nil, "lockAt", nil, "memberCount", nil, "timezone", nil, "createAt", guanceEpoch)
		o = c.get("get").ok().object()
		guanceHas(t, o, "createAt", guanceEpoch, "deleteAt", -1, "isLocked", 0, "memberCount", "1", "tenantId", 1)
	}
	c.clock.pass(250 * time.Millisecond)
	guanceHas(t, c.post("modify", `{"desc":""}`).ok().object(), "updateAt", json.Number("1764547200.750000"))
	guanceHas(t, c.get("get").ok().object(), "updateAt", "1764547200.750000")
	guanceHas(t, c.get("get").ok().object(), "desc", nil)
	// Keys vary, too, and in a listing from one to the next.
	c.get("get")
	c.post("accesskey/add", `{"name":"second"}`)
	list := c.get("accesskey/list").ok().fields["content"].([]any)
	guanceHas(t, list[0].(map[string]any), "createAt", "1764547200")
	guanceHas(t, list[1].(map[string]any), "id", nil, "deleteAt", nil)
}

// Reads lag behind writes, but a key works at once.
func TestGuanceStale(t *testing.T) {
	c := newGuance(t, emulator.WithoutRateLimit(), emulator.WithStaleReads(time.Minute))
	x := c.external()
	guanceHas(t, c.post("modify", `{"name":"second"}`).ok().object(), "name", "second")
	guanceHas(t, c.get("get").ok().object(), "name", "first")
	a := c.post("create", `{"name":"new","needCreateAk":true,"akName":"k"}`).ok()
	id := a.object("wsInfo")["uuid"].(string)
	x.get(id+"/get").refused(404, "ft.NotFoundWorkspace")
	if got := x.get("list").ok().names(); got != "first" {
		t.Error(got)
	}
	added := c.post("accesskey/add", `{"name":"added"}`).ok().object()["uuid"].(string)
	c.get("accesskey/"+added+"/get").refused(404, "ft.NotFoundAccessKey")
	if got := c.get("accesskey/list").ok().names(); got != "first" {
		t.Error(got)
	}
	c.with(a.object("akInfo")["keySk"].(string)).get("get").refused(404, "ft.NotFoundWorkspace")
	c.clock.pass(time.Minute - 1)
	guanceHas(t, c.get("get").ok().object(), "name", "first")
	c.clock.pass(1)
	guanceHas(t, c.get("get").ok().object(), "name", "second")
	guanceHas(t, c.with(a.object("akInfo")["keySk"].(string)).get("get").ok().object(), "name", "new")
	x.post(id+"/modify", `{"durationSet":{"rp":"30d"},"leftWildcard":true,"loggingCutSize":1}`).ok()
	x.post(id+"/usage_limit/update", `{"config":{"rum":{"openLimit":true,"value":1}}}`).ok()
	o := x.get(id + "/get").ok().object()
	guanceHas(t, o, "leftWildcard", false, "loggingCutSize", 10240)
	guanceHas(t, o["durationSet"].(map[string]any), "rp", "7d")
	limits := x.get(id+"/usage_limit/get").ok().object("config", "rum")
	guanceHas(t, limits, "openLimit", false, "value", 0)
	x.post(id+"/delete", "").ok()
	x.post(id+"/delete", "").refused(404, "ft.NotFoundWorkspace")
	x.get(id + "/get").ok()
	c.clock.pass(time.Minute)
	x.get(id+"/get").refused(404, "ft.NotFoundWorkspace")
	if got := x.get("list").ok().names(); !reflect.DeepEqual(got, "second") {
		t.Error(got)
	}
}

// Many callers at once, for the race detector; every creation is there in the end.
func TestGuanceConcurrent(t *testing.T) {
	c := newGuance(t, emulator.WithoutRateLimit())
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			own, x := c.with(c.key), c.external()
			for range 5 {
				id := own.post("create", `{"name":"w","needCreateAk":true,"akName":"k"}`).object("wsInfo")["uuid"].(string)
				x.post(id+"/modify", `{"durationSet":{"rp":"3d"},"leftWildcard":true}`)
				x.post(id+"/usage_limit/update", `{"config":{"rum":{"openLimit":true,"value":1}}}`)
				x.get(id + "/get")
				x.get(c.WorkspaceUUID() + "/get")
				own.post("modify", `{"desc":"d"}`)
				own.get("accesskey/list")
			}
		})
	}
	callers.Wait()
	guanceHas(t, c.external().get("list").ok().fields["pageInfo"].(map[string]any), "totalCount", 41)
}
