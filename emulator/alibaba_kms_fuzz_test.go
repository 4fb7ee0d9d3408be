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

// FuzzAlibabaKMSRequest sends anything, as it is and twice more with a right signature, and wants an answer.
func FuzzAlibabaKMSRequest(f *testing.F) {
	c := newKMS(f, emulator.AlibabaKMSConfig{AnyKeySpec: true, VersionInterval: -1, MaxRotation: 1 << 62})
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
		f.Add("POST", "/", seed[1], seed[0], seed[2])
	}
	f.Fuzz(func(t *testing.T, method, path, query, action, body string) {
		serve := func(change func(*http.Request)) {
			r := &http.Request{
				Method: method, Host: "h", URL: &url.URL{Path: path, RawQuery: query}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
				Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "X-Acs-Action": {action}},
				Body:   alibabaBody{strings.NewReader(body)},
			}
			r = r.WithContext(t.Context())
			change(r)
			w := httptest.NewRecorder()
			c.em.ServeHTTP(w, r)
			if w.Code < 200 || w.Code > 599 || w.Body.Len() == 0 {
				t.Fatal(w.Code)
			}
		}
		values, err := url.ParseQuery(query)
		p := alibabaArgs{}
		for name := range values {
			p[name] = values.Get(name)
		}
		serve(func(*http.Request) {})
		serve(func(r *http.Request) { r.Header.Set("Authorization", "ACS3-HMAC-SHA256 "+query) })
		serve(func(r *http.Request) {
			r.URL.Path = "/"
			if err == nil {
				r.URL.RawQuery = alibabaJoin(p)
			}
			c.nonces++
			r.Header.Set("x-acs-version", "2016-01-20")
			r.Header.Set("x-acs-date", c.clock.Now().Format("2006-01-02T15:04:05Z"))
			r.Header.Set("x-acs-signature-nonce", fmt.Sprintf("v3-%d", c.nonces))
			r.Header.Set("x-acs-content-sha256", alibabaHash(body))
			alibabaAuthorize(r, p, c.id, c.secret)
		})
		c.scheme = "query"
		serve(func(r *http.Request) {
			form, _ := url.ParseQuery(body)
			for name := range form {
				p[name] = form.Get(name)
			}
			r.Method, r.Body = "POST", alibabaBody{strings.NewReader("")}
			r.URL = c.request("POST", action, "2016-01-20", p).URL
			r.URL.Path = "/"
		})
	})
}
