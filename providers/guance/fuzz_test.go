package guance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// What arrives is what was asked for, signed as the page says, or nothing is sent.
func FuzzRequests(f *testing.F) {
	f.Add("wksp_1", "n", "general", "1")
	f.Add("a/b c?é%2F#", "<&>\u2028\"\\", "", "-1.5e300")
	f.Add("..", "\xff", "\xff", "0x1")
	f.Add("\xff\x00", "", "rum", "")
	var arrived []*http.Request
	var bodies []string
	svc := served(f, "external", func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		copied := r.Clone(context.Background()) // the server goes on using its own
		copied.Body = io.NopCloser(bytes.NewReader(text))
		arrived, bodies = append(arrived, copied), append(bodies, string(text))
		succeeds(`{"uuid":"w","sk":"s"}`)(w, r)
	})
	f.Fuzz(func(t *testing.T, id, name, word, value string) {
		for action, request := range map[string]struct {
			send func() error
			want any
		}{
			"get": {func() error { _, err := svc.Get(t.Context(), &driver.GetRequest{ID: id}); return err }, nil},
			"modify": {func() error {
				_, err := svc.(driver.Updater).Update(t.Context(), &driver.UpdateRequest{ID: id, Name: &name})
				return err
			}, map[string]any{"name": name}},
			"accesskey/add": {func() error {
				_, err := svc.(driver.APIKeyCreator).CreateAPIKey(t.Context(), &driver.CreateAPIKeyRequest{WorkspaceID: "w", Name: name, Roles: []string{word}})
				return err
			}, map[string]any{"name": name, "workspaceUUID": "w", "roleUUIDs": []any{word}}},
			"usage_limit/update": {func() error {
				_, err := svc.(driver.UsageLimiter).SetUsageLimits(t.Context(), &driver.SetUsageLimitsRequest{
					WorkspaceID: id, Limits: map[string]driver.UsageLimit{word: {Value: json.Number(value)}},
				})
				return err
			}, map[string]any{"config": map[string]any{word: map[string]any{"openLimit": false, "value": json.Number(value)}}}},
		} {
			arrived, bodies = nil, nil
			err := request.send()
			if e, ok := err.(*errs.Error); err != nil && (!ok || len(arrived) == 0 && e.Code != errs.InvalidArgument) {
				t.Errorf("%s: %T %v", action, err, err)
			}
			if len(arrived) == 0 {
				continue
			}
			r := arrived[0]
			for _, fault := range checkSignature(r, map[string]bool{}, time.Now()) {
				t.Error(fault)
			}
			path := "/api/v1/workspace/" + id + "/" + action
			if action == "accesskey/add" {
				path = "/api/v1/workspace/" + action
			}
			if r.URL.Path != path || len(arrived) != 1 {
				t.Errorf("%d requests, at %q, want %q", len(arrived), r.URL.Path, path)
			}
			if request.want == nil {
				continue
			}
			var got any
			d := json.NewDecoder(strings.NewReader(bodies[0]))
			d.UseNumber()
			if err := d.Decode(&got); err != nil || !reflect.DeepEqual(got, request.want) {
				t.Errorf("%s: %s, %v, want %v", action, bodies[0], err, request.want)
			}
		}
	})
}

// Whatever the server says, the driver does not panic, fails with errors of its own type, and succeeds with what it needs only.
func FuzzReplies(f *testing.F) {
	for _, content := range []string{
		`{"uuid":"wksp_1","createAt":1677670046.184892,"updateAt":"-1","isLocked":true,"memberCount":"79","id":null,"token":"` + canaryReply + `"}`,
		`{"uuid":"wksp_1","createAt":"1672802266","updateAt":null,"isLocked":"0","status":0.0,"durationSet":{"rp":"7d"},"extend":{"sk":"` + canaryReply + `"}}`,
		`{"akInfo":{"keyId":"wsak_1","keySk":"` + canaryReply + `","name":null},"wsInfo":{"uuid":"wksp_1","isOpenLogMultipleIndex":false},"makeResourceExceptionCode":null}`,
		`[{"uuid":"wsak_1","sk":"` + canaryReply + `","id":9007199254740993,"createAt":1e9}]`, `{"data":[{"uuid":"wsak_1"}]}`,
		`{"config":{"rum":{"openLimit":1,"value":"1"}}}`, `true`, `false`, `null`, `7`, `"text"`, `{}`, `[]`, `[null]`, `{"uuid":"\ud800"}`, `{"uuid":"a","name":"\ud800"}`,
		strings.Repeat(`[`, 9000), `{"uuid":"a","createAt":1e400}`, `{"uuid":"a","token":{"a":1},"sk":["x"]}`,
	} {
		f.Add(200, `{"code":200,"content":`+content+`,"errorCode":"","message":"","success":true,"traceId":"T"}`)
		f.Add(400, `{"code":"400","content":`+content+`,"errorCode":"ft.ParamError","message":"m","success":0,"traceId":7}`)
	}
	for _, text := range []string{``, `null`, `[]`, `<html>`, "\xef\xbb\xbf{}", `{"code":200`, `{"success":"true","code":200.0,"content":{"uuid":"a"}}`, `{"success":[],"code":{}}`, `{"errorCode":["ft.X"],"message":{"a":1}}`} {
		f.Add(200, text)
		f.Add(502, text)
	}
	status, text := 200, ""
	serve := func(w http.ResponseWriter, r *http.Request) { drivertest.Says(status, text)(w, r) }
	services := map[string]driver.Service{"open": served(f, "open", serve), "external": served(f, "external", serve)}
	f.Fuzz(func(t *testing.T, s int, reply string) {
		if s < 200 || s > 599 || s >= 300 && s < 400 || len(reply) > 1<<16 {
			return
		}
		status, text = s, reply
		for api, svc := range services {
			for _, m := range methodsOf(api) {
				err := m.send(t.Context(), svc)
				if err != nil {
					typed(t, err)
				} else if s != 200 {
					t.Errorf("%s: success with HTTP status %d", m.op, s)
				}
			}
		}
		if res, err := services["open"].Get(t.Context(), &driver.GetRequest{}); err == nil {
			if !json.Valid(res.Workspace.Vendor) || res.Workspace.ID == "" {
				t.Errorf("%+v", res.Workspace)
			}
			for _, told := range res.Workspace.Secrets {
				if told.IsEmpty() {
					t.Error("an empty secret")
				}
			}
		}
	})
}
