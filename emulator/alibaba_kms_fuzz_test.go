package emulator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// Anything is sent as it is and twice more with a right signature, and is answered.
func fuzzAlibabaKMS(f *testing.F) (fuzzed fuzzEmulator) {
	c := newKMS(f, emulator.AlibabaKMSSettings{AnyKeySpec: true, VersionInterval: -1, MaxRotation: 1 << 62})
	symmetric, pair := c.create(), c.create("KeySpec", "EC_SM2", "KeyUsage", "ENCRYPT/DECRYPT")
	external := c.create("Origin", "EXTERNAL")
	version := c.ok("ListKeyVersions", "KeyId", pair).column("KeyVersions.KeyVersion", "KeyVersionId")
	for _, seed := range [][3]string{
		{"CreateKey", "Tags=[{\"TagKey\":\"a\",\"TagValue\":\"b\"}]&EnableAutomaticRotation=true&RotationInterval=99999d", "KeySpec=EC_P256K"},
		{"ListKeys", "Filters=[{\"Key\":\"KeyState\",\"Values\":[\"Enabled\"]}]&PageNumber=2147483647&PageSize=100", ""},
		{"Encrypt", "KeyId=" + symmetric, "Plaintext=YQ==&EncryptionContext={\"a\":\"b\"}"},
		{"Decrypt", "CiphertextBlob=" + strings.Repeat("a2V5", 40), "EncryptionContext={}"},
		{"AsymmetricDecrypt", "KeyId=" + pair + "&KeyVersionId=" + version + "&Algorithm=SM2PKE", "CiphertextBlob=BA" + strings.Repeat("AAAA", 50)},
		{"ExportDataKey", "WrappingKeySpec=EC_SM2&WrappingAlgorithm=SM2PKE&PublicKeyBlob=MFkw", "CiphertextBlob=YQ=="},
		{"ImportKeyMaterial", "KeyId=" + external + "&ImportToken=x&KeyMaterialExpireUnix=99999999999999999999", "EncryptedKeyMaterial=YQ=="},
		{"TagResources", "RegionId=cn-hangzhou&ResourceType=key&ResourceId.1=" + symmetric + "&Tag.1.Key=a&Tag.1.Value=b&Tag.9.Key=c", ""},
		{"ListTagResources", "RegionId=cn-hangzhou&ResourceType=key&Tag.1.Key=a&NextToken=LTE=", ""},
		{"UpdateRotationPolicy", "KeyId=" + symmetric + "&EnableAutomaticRotation=true&RotationInterval=d", ""},
		{"GetRandomPassword", "PasswordLength=8&ExcludeCharacters=abc", "RequireEachIncludedType=false"},
		{"\xff", "%", "\x00"},
	} {
		fuzzed.seeds = append(fuzzed.seeds, fuzzRequest{method: "POST", path: "/", query: seed[1], action: seed[0], body: seed[2]})
	}
	fuzzed.check = func(t *testing.T, f fuzzRequest) {
		serve := func(change func(*http.Request)) {
			r := &http.Request{
				Method: f.method, Host: "h", URL: &url.URL{Path: f.path, RawQuery: f.query}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
				Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "X-Acs-Action": {f.action}},
				Body:   alibabaBody{strings.NewReader(f.body)},
			}
			r = r.WithContext(t.Context())
			change(r)
			w := httptest.NewRecorder()
			c.em.ServeHTTP(w, r)
			if w.Code < 200 || w.Code > 599 || w.Body.Len() == 0 {
				t.Fatal(w.Code)
			}
		}
		values, err := url.ParseQuery(f.query)
		p := alibabaArgs{}
		for name := range values {
			p[name] = values.Get(name)
		}
		serve(func(*http.Request) {})
		serve(func(r *http.Request) { r.Header.Set("Authorization", "ACS3-HMAC-SHA256 "+f.query) })
		serve(func(r *http.Request) {
			r.URL.Path = "/"
			if err == nil {
				r.URL.RawQuery = alibabaJoin(p)
			}
			r.Header.Set("x-acs-version", "2016-01-20")
			r.Header.Set("x-acs-date", c.clock.Now().Format("2006-01-02T15:04:05Z"))
			r.Header.Set("x-acs-signature-nonce", fmt.Sprintf("v3-%d", c.nonces.Add(1)))
			r.Header.Set("x-acs-content-sha256", alibabaHash(f.body))
			alibabaAuthorize(r, p, c.id, c.secret)
		})
		c.scheme = "query"
		serve(func(r *http.Request) {
			form, _ := url.ParseQuery(f.body)
			for name := range form {
				p[name] = form.Get(name)
			}
			r.Method, r.Body = "POST", alibabaBody{strings.NewReader("")}
			r.URL = c.request("POST", f.action, "2016-01-20", p).URL
			r.URL.Path = "/"
		})
	}
	return fuzzed
}
