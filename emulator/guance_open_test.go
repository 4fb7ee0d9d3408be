package emulator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func TestGuanceCreate(t *testing.T) {
	c := newGuanceSet(t, emulator.GuanceSettings{})
	first := c.get("get").ok().object()
	a := c.post("create", `{"name":"orders","desc":"of shops","language":"en","menuStyle":"ops","needCreateAk":true,"akName":"ci","more":[1]}`).ok()
	guanceHas(t, a.object(), "accountInfo", []any{emulator.GuanceAccount}, "makeResourceExceptionCode", "")
	guanceHas(t, a.object("ownerInfo"), "accountUUID", emulator.GuanceAccount)
	guanceHas(t, a.object("wsInfo"), "name", "orders", "desc", "of shops", "id", nil, "createAt", guanceEpoch, "updateAt", guanceEpoch, "deleteAt", -1,
		"isOpenLogMultipleIndex", false)
	for _, secret := range []string{"token", "cliToken", "rumDataWayToken"} {
		if _, there := a.object("wsInfo")[secret]; there {
			t.Error(secret, "in the reply to a creation")
		}
	}
	// The new key knows the new workspace and no other, the old key knows the old one.
	info := a.object("akInfo")
	if guanceHas(t, info, "name", "ci"); !strings.HasPrefix(info["keyId"].(string), "wsak_") {
		t.Error(info)
	}
	own := c.with(info["keySk"].(string))
	o := own.get("get").ok().object()
	guanceHas(t, o, "uuid", a.object("wsInfo")["uuid"], "name", "orders", "language", "en", "menuStyle", "ops", "memberCount", "1", "isOpenLogMultipleIndex", 0)
	if id, ok := o["id"].(json.Number); !ok || id == "" {
		t.Errorf("id %v", o["id"])
	}
	for name, prefix := range map[string]string{"token": "tkn_", "cliToken": "wkcli_"} {
		if s, _ := o[name].(string); !strings.HasPrefix(s, prefix) || s == first[name] {
			t.Error(name, s)
		}
	}
	guanceHas(t, c.get("get").ok().object(), "uuid", c.WorkspaceUUID(), "name", "first")
	c.with(info["keyId"].(string)).get("get").refused(403, "ft.InvalidAPIKey") // the id of a key is no key

	// Names need not differ, and what is null or empty counts as not given where the page allows it.
	again := c.post("create", `{"name":"orders","desc":null,"language":"","menuStyle":"","needCreateAk":false,"createPayWsVersion":true}`).ok()
	guanceHas(t, again.object(), "akInfo", nil)
	guanceHas(t, again.object("wsInfo"), "desc", "", "billingState", "normal", "versionType", "pay")
	if again.object("wsInfo")["uuid"] == a.object("wsInfo")["uuid"] {
		t.Error("one uuid twice")
	}
}

func TestGuanceCreateChoices(t *testing.T) {
	c := newGuanceSet(t, emulator.GuanceSettings{EmptyAKInfo: true, ResourceException: "es", OptionalAKName: true, OldReplies: true})
	a := c.post("create", `{"name":"w"}`).ok()
	guanceHas(t, a.object(), "akInfo", map[string]any{}, "makeResourceExceptionCode", "es")
	guanceHas(t, a.object("wsInfo"), "makeResourceExceptionCode", "es")
	for _, secret := range []string{"token", "cliToken", "rumDataWayToken"} {
		if text, _ := a.object("wsInfo")[secret].(string); text == "" {
			t.Error("no", secret)
		}
	}
	guanceHas(t, c.post("create", `{"name":"w","needCreateAk":true}`).ok().object("akInfo"), "name", "")
	o := c.get("get").ok().object()
	if guanceHas(t, o, "memberCount", 1); o["rumDataWayToken"] == nil {
		t.Error("no rumDataWayToken")
	}
	if o := c.post("modify", "{}").ok().object(); o["token"] == nil || o["rumDataWayToken"] == nil {
		t.Error("no tokens after modify")
	}
}

// Every field with what it may not be, in both APIs; nothing is created or changed.
func TestGuanceBadFields(t *testing.T) {
	long, longest := strings.Repeat("é", 257), strings.Repeat("é", 256)
	c := newGuanceSet(t, emulator.GuanceSettings{})
	x := c.external()
	id := c.WorkspaceUUID()
	for _, step := range []struct {
		who    *guanceCaller
		path   string
		bodies []string
	}{
		{c, "create", []string{
			``, ` `, `{`, `[]`, `null`, `"name"`, `{"name":"a"}{}`, `{"name":"a","name":"a"}`, `{"name":"a","x":1,"x":1}`, "{\"name\":\"\xff\"}", `{"name":"a",}`,
			`{}`, `{"name":null}`, `{"name":""}`, `{"name":1}`, `{"name":["a"]}`, `{"NAME":"a"}`, `{"name":"` + long + `"}`,
			`{"name":"a","desc":1}`, `{"name":"a","menuStyle":null}`, `{"name":"a","menuStyle":1}`, `{"name":"a","needCreateAk":null}`,
			`{"name":"a","needCreateAk":"true","akName":"k"}`, `{"name":"a","needCreateAk":1,"akName":"k"}`, `{"name":"a","needCreateAk":true}`,
			`{"name":"a","needCreateAk":true,"akName":null}`, `{"name":"a","needCreateAk":true,"akName":""}`, `{"name":"a","akName":true}`,
			`{"name":"a","language":"fr"}`, `{"name":"a","language":1}`, `{"name":"a","createPayWsVersion":null}`, `{"name":"a","createPayWsVersion":0}`,
			strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000),
		}},
		{c, "modify", []string{`{"name":null}`, `{"name":""}`, `{"name":"` + long + `"}`, `{"desc":null}`, `{"desc":1}`, `[]`, ``}},
		{c, "accesskey/add", []string{
			`{}`, `{"name":null}`, `{"name":""}`, `{"name":"` + long + `"}`, `{"name":"k","roleUUIDs":null}`, `{"name":"k","roleUUIDs":"a"}`,
			`{"name":"k","roleUUIDs":[1]}`, `{"name":"k","roleUUIDs":[""]}`, `{"name":"k","roleUUIDs":["wsAdmin","owner"]}`,
		}},
		{x, "create", []string{
			`{"name":"a"}`, `{"ownerUuid":"` + emulator.GuanceAccount + `"}`, `{"name":"a","ownerUuid":""}`, `{"name":"a","ownerUuid":null}`,
			`{"name":"` + long + `","ownerUuid":"` + emulator.GuanceAccount + `"}`,
		}},
		{x, id + "/modify", []string{
			`{"name":null}`, `{"name":""}`, `{"name":"` + long + `"}`, `{"durationSet":null}`, `{"durationSet":{"rp":7}}`, `{"durationSet":{"rp":"7"}}`,
			`{"durationSet":{"rp":"0d"}}`, `{"durationSet":{"rp":"+7d"}}`, `{"durationSet":{"rp":"07d"}}`, `{"durationSet":{"rp":null}}`,
			`{"durationSet":{"rp":"7d","rp":"7d"}}`, `{"durationSet":{"metrics":"7d"}}`, `{"durationSet":[]}`, `{"leftWildcard":1}`, `{"leftWildcard":null}`,
			`{"esIndexMerged":"true"}`, `{"isOpenLogMultipleIndex":0}`, `{"isOpenCustomMappingRule":{}}`, `{"loggingCutSize":-1}`, `{"loggingCutSize":1.5}`,
			`{"loggingCutSize":"1"}`, `{"loggingCutSize":null}`, `{"maxSearchResultCount":99999999999999999999}`, `{"logMultipleIndexCount":true}`,
		}},
		{x, id + "/usage_limit/update", []string{
			`{}`, `{"config":null}`, `{"config":[]}`, `{"config":{"disk":{"openLimit":false}}}`, `{"config":{"rum":{}}}`, `{"config":{"rum":{"openLimit":1}}}`,
			`{"config":{"rum":{"openLimit":true}}}`, `{"config":{"rum":{"openLimit":true,"value":-1}}}`, `{"config":{"rum":{"openLimit":true,"value":"1"}}}`,
			`{"config":{"rum":{"openLimit":true,"value":null}}}`, `{"config":{"rum":{"openLimit":true,"value":1e999}}}`, `{"config":{"rum":7}}`,
			`{"config":{"rum":{"openLimit":false},"rum":{"openLimit":false}}}`,
		}},
		{x, id + "/owner/transfer", []string{`{}`, `{"accountUUID":null}`, `{"accountUUID":""}`, `{"accountUUID":7}`}},
		{x, "accesskey/add", []string{`{"name":"k"}`, `{"name":"k","workspaceUUID":""}`, `{"workspaceUUID":"` + id + `"}`}},
		{x, "accesskey/wsak_x/modify", []string{`{}`, `{"name":""}`, `{"name":null}`, `{"name":"` + long + `"}`}},
	} {
		for _, body := range step.bodies {
			a := step.who.post(step.path, body)
			if a.status != 400 || a.fields["errorCode"] != "ft.ParamError" {
				t.Errorf("%s %.80s: %d %.200s", step.path, body, a.status, a.body)
				continue
			}
			a.refused(400, "ft.ParamError")
		}
	}
	guanceHas(t, x.get("list").ok().fields["pageInfo"].(map[string]any), "totalCount", 1)
	if names := c.get("accesskey/list").ok().names(); names != "first" {
		t.Error(names)
	}
	guanceHas(t, c.get("get").ok().object(), "name", "first", "updateAt", guanceEpoch) // a float, were it modified

	guanceHas(t, c.post("create", `{"name":"`+longest+`"}`).ok().object("wsInfo"), "name", longest)
	guanceHas(t, c.post("modify", `{"name":"`+longest+`"}`).ok().object(), "name", longest)
	guanceHas(t, c.post("accesskey/add", `{"name":"`+longest+`"}`).ok().object(), "name", longest)
	strict := newGuanceSet(t, emulator.GuanceSettings{NameBytes: true, KeyNameLimit: 50})
	strict.post("create", `{"name":"`+longest+`"}`).refused(400, "ft.ParamError")
	strict.post("create", `{"name":"`+strings.Repeat("é", 128)+`"}`).ok()
	strict.post("accesskey/add", `{"name":"`+strings.Repeat("k", 51)+`"}`).refused(400, "ft.ParamError")
	strict.post("accesskey/add", `{"name":"`+strings.Repeat("k", 50)+`"}`).ok()
}

func TestGuanceModify(t *testing.T) {
	c := newGuanceSet(t, emulator.GuanceSettings{})
	c.clock.pass(1500184 * time.Microsecond)
	o := c.post("modify", `{"name":"second","desc":"","token":"x"}`).ok().object()
	guanceHas(t, o, "uuid", c.WorkspaceUUID(), "name", "second", "desc", "", "createAt", guanceEpoch,
		"updateAt", json.Number(fmt.Sprintf("%d.500184", guanceEpoch+1)))
	if by, _ := o["updator"].(string); !strings.HasPrefix(by, "wsak_") || o["creator"] != "external" {
		t.Error(by, o["creator"])
	}
	if _, there := o["token"]; there {
		t.Error("a token in the reply to a modification")
	}
	guanceHas(t, c.post("modify", `{"desc":"d"}`).ok().object(), "name", "second", "desc", "d")
	guanceHas(t, c.post("modify", `{}`).ok().object(), "name", "second", "desc", "d")
	guanceHas(t, c.get("get").ok().object(), "name", "second", "desc", "d")
}

// The two APIs have different operations, and methods other than theirs are refused.
func TestGuanceRoutes(t *testing.T) {
	c := newGuanceSet(t, emulator.GuanceSettings{})
	x := c.external()
	id := c.WorkspaceUUID()
	for _, step := range []struct {
		who          *guanceCaller
		method, path string
		status       int
		code         string
	}{
		{c, "GET", "list", 404, "ft.NotFoundRoute"}, {c, "GET", id + "/get", 404, "ft.NotFoundRoute"},
		{c, "POST", id + "/delete", 404, "ft.NotFoundRoute"}, {c, "POST", "accesskey/x/modify", 404, "ft.NotFoundRoute"},
		{c, "GET", "nothing", 404, "ft.NotFoundRoute"}, {c, "GET", "get/", 404, "ft.NotFoundRoute"}, {c, "GET", "../get", 404, "ft.NotFoundRoute"},
		{x, "GET", "get", 404, "ft.NotFoundRoute"}, {x, "POST", "modify", 404, "ft.NotFoundRoute"},
		{c, "POST", "get", 405, "ft.MethodNotAllowed"}, {c, "GET", "create", 405, "ft.MethodNotAllowed"}, {c, "PUT", "modify", 405, "ft.MethodNotAllowed"},
		{c, "DELETE", "accesskey/x/delete", 405, "ft.MethodNotAllowed"}, {c, "POST", "accesskey/x/delete", 405, "ft.MethodNotAllowed"},
		{x, "GET", id + "/delete", 405, "ft.MethodNotAllowed"}, {x, "POST", id + "/get", 405, "ft.MethodNotAllowed"},
		{c, "GET", "accesskey/list?search=%zz", 400, "ft.ParamError"}, {c, "GET", "accesskey/list?search=a&search=a", 400, "ft.ParamError"},
	} {
		r := step.who.request(step.method, step.path, "")
		r.URL.Path = strings.Replace(r.URL.Path, "//", "/", 1)
		step.who.send(r).refused(step.status, step.code)
	}
	r := c.request("GET", "get", "")
	r.URL.Path = "/api/v2/workspace/get"
	c.send(r).refused(404, "ft.NotFoundRoute")
	c.get("get?unknown=1").ok()

	var actions []string
	c.post("create", `{"name":"a"}`)
	x.get(id + "/get?x=%2F")
	log := c.Requests()
	for _, r := range log[len(log)-2:] {
		actions = append(actions, r.Action+" "+r.Query)
	}
	if got := strings.Join(actions, ","); got != "CreateWorkspace ,GetWorkspace x=%2F" {
		t.Error(got)
	}
}
