package emulator_test

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// Whatever is sent, to either API and with whatever credentials, there is an answer in the vendor's envelope.
func fuzzGuance() (fuzzed fuzzEmulator) {
	for _, seed := range [][4]string{
		{"POST", "create", "", `{"name":"w","needCreateAk":true,"akName":"k","language":"zh"}`}, {"GET", "get", "", ""}, {"POST", "modify", "", `{"name":"x"}`},
		{"POST", "create", "", `{"name":"w","ownerUuid":"` + emulator.GuanceAccount + `","durationSet":{"rp":"7d"},"loggingCutSize":1}`},
		{"GET", "list", "pageIndex=1&pageSize=100&search=f", ""}, {"GET", "ID/get", "", ""}, {"POST", "ID/modify", "", `{"leftWildcard":true}`},
		{"POST", "ID/delete", "", ""}, {"POST", "ID/usage_limit/update", "", `{"config":{"rum":{"openLimit":true,"value":1}}}`},
		{"POST", "ID/owner/transfer", "", `{"accountUUID":"x"}`}, {"POST", "accesskey/add", "", `{"name":"k","roleUUIDs":["a"],"workspaceUUID":"ID"}`},
		{"GET", "accesskey/list", "search=%", ""}, {"GET", "accesskey/x/delete", "", ""}, {"GET", "..//%2e", ";", "\x00"}, {"*", "", "", "\xff"},
	} {
		fuzzed.seeds = append(fuzzed.seeds, fuzzRequest{method: seed[0], path: seed[1], query: seed[2], body: seed[3], kind: "application/json"})
	}
	fuzzed.check = func(t *testing.T, f fuzzRequest) {
		em := emulator.NewGuance(emulator.InMemory(), emulator.WithClock(func() time.Time { return time.Unix(guanceEpoch, 0) }),
			emulator.WithGuance(emulator.GuanceSettings{OddTypes: len(f.body)%2 == 0, PostKeyDelete: true}))
		defer em.Close()
		path := "/api/v1/workspace/" + strings.Replace(f.path, "ID", em.WorkspaceUUID(), 1)
		body := strings.Replace(f.body, "ID", em.WorkspaceUUID(), 1)
		target := path + "?" + f.query
		signature := guanceSum(emulator.GuanceSecretKey, f.method+" n "+target+" "+strconv.Itoa(guanceEpoch)+" "+body)
		for i, header := range []http.Header{
			{"Df-Api-Key": {emulator.GuanceAPIKey}}, {"Df-Api-Key": {f.kind}}, {},
			{"X-Df-Access-Key": {emulator.GuanceAccessKey}, "X-Df-Timestamp": {strconv.Itoa(guanceEpoch)}, "X-Df-Sversion": {"v20240417"}, "X-Df-Nonce": {"n"},
				"X-Df-Signature": {hex.EncodeToString(signature)}, "Content-Type": {"application/json"}},
			{"X-Df-Access-Key": {f.kind}, "X-Df-Timestamp": {f.query}, "X-Df-Sversion": {"v20240417"}, "X-Df-Nonce": {body}, "X-Df-Signature": {path}, "Content-Type": {f.kind}},
		} {
			r := &http.Request{Method: f.method, URL: &url.URL{Path: path, RawQuery: f.query}, RequestURI: target, Header: header, Body: io.NopCloser(strings.NewReader(body))}
			w := httptest.NewRecorder()
			em.ServeHTTP(w, r)
			a := guanceAnswer{t: t, status: w.Code, body: w.Body.String()}
			dec := json.NewDecoder(strings.NewReader(a.body))
			dec.UseNumber()
			if err := dec.Decode(&a.fields); err != nil {
				t.Fatalf("header %d: %v: %s", i, err, a.body)
			}
			if w.Code == 200 {
				a.ok()
			} else if code, _ := a.fields["errorCode"].(string); w.Code > 499 || !strings.HasPrefix(code, "ft.") {
				t.Fatalf("header %d: %d %s", i, w.Code, a.body)
			} else {
				a.refused(w.Code, code)
			}
			if signed := i == 3; signed && w.Code == 401 {
				t.Fatalf("signed: %s", a.body)
			}
		}
	}
	return fuzzed
}
