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
func fuzzTencent(f *testing.F) (fuzzed fuzzEmulator) {
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
		for _, action := range append(slices.Clone(actions), "", "Nonsense") {
			fuzzed.seeds = append(fuzzed.seeds, fuzzRequest{signed: true, method: "POST", path: "/", action: action, kind: "application/json", body: body})
		}
	}
	fuzzed.seeds = append(fuzzed.seeds, fuzzRequest{
		method: "POST", path: "/x", query: "a=b", action: "EdgeKVGet", date: "1774509600", kind: "text/plain", body: "{}",
		authorization: "TC3-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=content-type;host, Signature=x",
	}, fuzzRequest{
		method: "GET", path: "*", query: "%zz", action: "EdgeKVPut", authorization: "TC3-HMAC-SHA256 ,=,", date: "99999999999999999999", kind: ";", body: "{}",
	})
	clock := &stoppedClock{at: tencentEpoch}
	var em *emulator.Tencent
	left := 0
	f.Cleanup(func() {
		if em != nil {
			em.Close()
		}
	})
	fuzzed.check = func(t *testing.T, sent fuzzRequest) {
		if left == 0 { // its log of requests grows
			if em != nil {
				em.Close()
			}
			left = 1000
			em = emulator.NewTencent(emulator.InMemory(), emulator.WithoutRateLimit(), emulator.WithClock(clock.Now))
		}
		left--
		clock.pass(time.Second)
		serve := func(f fuzzRequest) (a tencentAnswer) {
			r := tencentRequest{
				action: f.action, body: f.body, id: emulator.TencentSecretID, key: emulator.TencentSecretKey, service: "teo",
				contentType: strings.TrimSpace(f.kind), at: clock.Now(),
			}
			if f.signed {
				f.date, f.authorization = tencentSign(r, "h.example")
			}
			req := &http.Request{
				Method: f.method, URL: &url.URL{Path: f.path, RawQuery: f.query}, Host: "h.example", Body: io.NopCloser(strings.NewReader(f.body)),
				Header: http.Header{
					"X-Tc-Action": {f.action}, "X-Tc-Version": {"2022-09-01"}, "X-Tc-Timestamp": {f.date},
					"Authorization": {f.authorization}, "Content-Type": {f.kind},
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
		a := serve(sent)
		if a.code == "" && (!sent.signed || sent.method != "POST" || sent.query != "" || !slices.Contains(actions, sent.action)) {
			t.Fatal("accepted", sent)
		}
		if a.code != "" || sent.action != "EdgeKVPut" {
			return
		}
		var put struct{ ZoneId, Namespace, Key, Value string } //nolint:revive // the vendor's spelling
		if err := json.Unmarshal([]byte(sent.body), &put); err != nil {
			t.Fatal(err)
		}
		get, _ := json.Marshal(map[string]any{"ZoneId": put.ZoneId, "Namespace": put.Namespace, "Keys": []string{put.Key}})
		read := fuzzRequest{signed: true, method: "POST", path: "/", action: "EdgeKVGet", kind: "application/json", body: string(get)}
		if a := serve(read); len(a.response.Data) != 1 || a.response.Data[0].Value != put.Value {
			t.Fatal(a)
		}
	}
	return fuzzed
}
