package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// Whatever comes, signed or not, is answered with an envelope, and never with a value that was not put.
func FuzzTencentRequest(f *testing.F) {
	actions := []string{
		"CreateEdgeKVNamespace", "DescribeEdgeKVNamespaces", "ModifyEdgeKVNamespace", "DeleteEdgeKVNamespace", "EdgeKVPut",
		"EdgeKVGet", "EdgeKVDelete", "EdgeKVList",
	}
	const ns = `"ZoneId":"zone-emulator0000","Namespace":"ns"`
	for _, body := range []string{
		`{` + ns + `,"Remark":"x"}`,
		`{"ZoneId":"zone-emulator0000","Filters":[{"Name":"namespace","Values":["n"],"Fuzzy":true}],"SortBy":"updated-on","SortOrder":"asc","Offset":0,"Limit":1}`,
		`{` + ns + `}`,
		`{` + ns + `,"Key":"k","Value":"\ud83d\ude42","Expiration":1774520000,"ExpirationTTL":60}`,
		`{` + ns + `,"Keys":["k","\ud800"]}`,
		`{` + ns + `,"Prefix":"k","Cursor":"eyJ9","Limit":20}`,
		`{"` + "\xff" + `":1e999}`, `[[[[`, ``, `null`,
	} {
		for _, action := range append(actions, "", "Nonsense") {
			f.Add(true, "POST", "/", "", action, "", "", "application/json", body)
		}
	}
	f.Add(false, "POST", "/x", "a=b", "EdgeKVGet", "TC3-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=content-type;host, Signature=x", "1774509600", "text/plain", "{}")
	f.Add(false, "GET", "*", "%zz", "EdgeKVPut", "TC3-HMAC-SHA256 ,=,", "99999999999999999999", ";", "{}")
	clock := &tencentClock{at: tencentEpoch}
	var em *emulator.Tencent
	left := 0
	f.Cleanup(func() {
		if em != nil {
			em.Close()
		}
	})
	f.Fuzz(func(t *testing.T, signed bool, method, path, query, action, authorization, timestamp, contentType, body string) {
		if left == 0 { // its log of requests grows
			if em != nil {
				em.Close()
			}
			left = 1000
			em = emulator.NewTencent(emulator.InMemory(), emulator.WithoutRateLimit(), emulator.WithClock(clock.now))
		}
		left--
		clock.pass(time.Second)
		serve := func(method, path, query, action, authorization, timestamp, contentType, body string) (a tencentAnswer) {
			r := tencentRequest{
				action: action, body: body, id: emulator.TencentSecretID, key: emulator.TencentSecretKey, service: "teo",
				contentType: strings.TrimSpace(contentType), at: clock.now(),
			}
			if signed {
				timestamp, authorization = tencentSign(r, "h.example")
			}
			req := &http.Request{
				Method: method, URL: &url.URL{Path: path, RawQuery: query}, Host: "h.example", Body: io.NopCloser(strings.NewReader(body)),
				Header: http.Header{
					"X-Tc-Action": {action}, "X-Tc-Version": {"2022-09-01"}, "X-Tc-Timestamp": {timestamp},
					"Authorization": {authorization}, "Content-Type": {contentType},
				},
			}
			w := httptest.NewRecorder()
			em.ServeHTTP(w, req)
			var envelope struct{ Response map[string]json.RawMessage }
			if err := json.Unmarshal(w.Body.Bytes(), &envelope); err != nil || w.Code != http.StatusOK || envelope.Response["RequestId"] == nil {
				t.Fatalf("%d %q", w.Code, w.Body)
			}
			_ = json.Unmarshal(w.Body.Bytes(), &struct{ Response any }{&a.response})
			a.code = a.response.Error.Code
			if failed := envelope.Response["Error"] != nil; failed != (a.code != "") {
				t.Fatalf("%q", w.Body)
			}
			return a
		}
		a := serve(method, path, query, action, authorization, timestamp, contentType, body)
		if a.code == "" && (!signed || method != "POST" || query != "" || !slices.Contains(actions, action)) {
			t.Fatal("accepted", signed, method, query, action)
		}
		if a.code != "" || action != "EdgeKVPut" {
			return
		}
		var put struct{ ZoneId, Namespace, Key, Value string } //nolint:revive // the vendor's spelling
		if err := json.Unmarshal([]byte(body), &put); err != nil {
			t.Fatal(err)
		}
		get, _ := json.Marshal(map[string]any{"ZoneId": put.ZoneId, "Namespace": put.Namespace, "Keys": []string{put.Key}})
		if a := serve("POST", "/", "", "EdgeKVGet", "", "", "application/json", string(get)); len(a.response.Data) != 1 || a.response.Data[0].Value != put.Value {
			t.Fatal(a)
		}
	})
}
