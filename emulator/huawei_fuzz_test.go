package emulator_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// Whatever comes, with good credentials or not, is answered with JSON or with nothing to say, and ciphertexts made of it
// decrypt to it.
func fuzzHuawei(f *testing.F) (fuzzed fuzzEmulator) {
	const key = `{"key_id":"0d000000-0000-4000-8000-000000000001"`
	sealed := strings.Repeat("AgDoAE", 40)
	for path, bodies := range map[string][]string{
		"create-key": {`{"key_alias":"a"}`, `{"key_alias":"\ud83d\ude42"}`, `{"key_alias":"b","key_spec":"SM4","origin":"external"}`},
		"list-keys":  {`{"limit":"1","marker":"999999999"}`, `{"key_spec":"ALL"}`}, "describe-key": {key + `}`}, "enable-key": {key + `}`},
		"disable-key": {key + `}`}, "schedule-key-deletion": {key + `,"pending_days":"7"}`}, "cancel-key-deletion": {key + `}`},
		"encrypt-data":   {key + `,"plain_text":"text"}`, key + `,"plain_text":"x","encryption_context":{"a":"b"}}`},
		"decrypt-data":   {`{"cipher_text":"` + sealed + `"}`, key + `,"cipher_text":"` + sealed + `","encryption_algorithm":"SM2_ENCRYPT"}`},
		"re-encrypt":     {`{"cipher_text":"020098","destination_key_id":"0d000000-0000-4000-8000-000000000001"}`},
		"create-datakey": {key + `,"datakey_length":"8192"}`}, "encrypt-datakey": {key + `,"plain_text":"00","datakey_plain_length":"1"}`},
		"decrypt-datakey": {key + `,"cipher_text":"020098","datakey_cipher_length":"64"}`}, "gen-random": {`{"random_data_length":"8"}`},
		"create-ec-datakey-pair": {key + `,"key_spec":"SM2"}`}, "sign": {key + `,"message":"AA==","signing_algorithm":"SM2DSA_SM3"}`},
		"verify": {key + `,"message":"AA==","signature":"AA==","signing_algorithm":"ECDSA_SHA_256"}`}, "get-publickey": {key + `}`},
		"verify-mac": {key + `,"message":"AA==","mac":"00","mac_algorithm":"HMAC_SM3"}`}, "update-key-rotation-interval": {key + `,"rotation_interval":1e9}`},
		"resource_instances/action": {`{"action":"filter","tags":[{"key":"k","values":[null]}],"matches":[{}],"offset":"1"}`},
		"x/tags/action":             {`{"action":"create","tags":[{"key":"k"},null]}`}, "import-key-material": {key + `,"import_token":"","encrypted_key_material":"","expiration_time":-1}`},
		"get-parameters-for-import": {key + `,"wrapping_algorithm":"SM2_ENCRYPT"}`},
		"aliases":                   {key + `,"alias":"a","aliases":[]}`}, "nonsense": {`[[[[`, ``, `null`, `{"` + "\xff" + `":1e999}`},
	} {
		for _, body := range bodies {
			fuzzed.seeds = append(fuzzed.seeds, fuzzRequest{signed: true, method: "POST", path: huaweiBase + path, body: body},
				fuzzRequest{signed: true, method: "DELETE", path: huaweiBase + path, query: "limit=1&marker=a&key_id=x", body: body})
		}
	}
	fuzzed.seeds = append(fuzzed.seeds,
		fuzzRequest{method: "GET", path: "/v3/projects", query: "name=%zz", date: "20260326T072000Z",
			authorization: "SDK-HMAC-SHA256 Access=HWEMULATORNOTREAL000, SignedHeaders=host;x-sdk-date, Signature=0"},
		fuzzRequest{method: "POST", path: "/v3/auth/tokens", body: `{"auth":{"identity":{"methods":["password"]},"scope":{"project":{}}}}`},
		fuzzRequest{method: "GET", path: huaweiBase + "%zz/tags", authorization: "SDK-HMAC-SHA256 ,=,", date: "x"},
		fuzzRequest{method: "*", path: "*", query: "a=b", authorization: "x", body: "\x00"})
	clock := &stoppedClock{at: huaweiEpoch}
	var em *emulator.HuaweiKMS
	left := 0
	f.Cleanup(func() {
		if em != nil {
			em.Close()
		}
	})
	fuzzed.check = func(t *testing.T, f fuzzRequest) {
		if left == 0 { // its log of requests grows
			if em != nil {
				em.Close()
			}
			left = 1000
			em = emulator.NewHuaweiKMS(emulator.InMemory(), emulator.WithoutRateLimit(), emulator.WithClock(clock.Now),
				emulator.WithHuaweiKMS(emulator.HuaweiKMSSettings{RSAKey: huaweiRSA}))
		}
		left--
		clock.pass(time.Hour)
		serve := func(path, body string) (a huaweiAnswer) {
			header := http.Header{"Content-Type": {"application/json"}, "Authorization": {f.authorization}, "X-Sdk-Date": {f.date}}
			if f.signed {
				header = http.Header{"Content-Type": {"application/json"}, "X-Auth-Token": {emulator.HuaweiToken}}
			}
			plain, err := url.PathUnescape(path)
			if err != nil {
				plain = path
			}
			w := httptest.NewRecorder()
			em.ServeHTTP(w, &http.Request{
				Method: f.method, URL: &url.URL{Path: plain, RawPath: path, RawQuery: f.query}, Host: "h.example", Header: header,
				Body: io.NopCloser(strings.NewReader(body)),
			})
			a.status, a.text = w.Code, w.Body.String()
			a.read()
			if w.Header().Get("X-Request-Id") == "" || (a.status == 204) != (a.text == "") || a.text != "" && a.body == nil && !strings.HasPrefix(a.text, "[{") {
				t.Fatalf("%d %q", a.status, a.text)
			}
			if failed := a.code != "" || a.at("error", "message") != nil; failed != (a.status >= 400) || !f.signed && !failed && a.status != 201 {
				t.Fatalf("%d %q", a.status, a.text)
			}
			return a
		}
		a := serve(f.path, f.body)
		if a.status != 200 || f.path != huaweiBase+"encrypt-data" {
			return
		}
		var sent huaweiAnswer
		sent.text = f.body
		sent.read()
		if way := sent.str("encryption_algorithm"); way != "" && way != "SYMMETRIC_DEFAULT" {
			return
		}
		decrypt := `{"cipher_text":"` + a.str("cipher_text") + `"}`
		if _, has := sent.body[huaweiAAD]; has {
			return
		}
		if got := serve(huaweiBase+"decrypt-data", decrypt); got.str("plain_text") != sent.str("plain_text") {
			t.Fatal(got.text)
		}
	}
	return fuzzed
}
