package emulator_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// kmsActions are all actions, each with parameters that come a long way. KEY, SIGN, SM2 and OWN stand for keys, BLOB
// for a ciphertext.
var kmsActions = map[string]string{
	"CreateKey":                 `{"Alias":"a","Description":"d","KeyUsage":"ASYMMETRIC_SIGN_VERIFY_ECC","Type":1,"Tags":[{"TagKey":"k","TagValue":"v"}],"HsmClusterId":""}`,
	"DescribeKey":               `{"KeyId":"KEY"}`,
	"DescribeKeys":              `{"KeyIds":["KEY","OWN"]}`,
	"ListKeys":                  `{"Offset":0,"Limit":1,"Role":1}`,
	"ListKeyDetail":             `{"Offset":0,"Limit":200,"OrderType":1,"KeyState":1,"SearchKeyAlias":"a","Origin":"ALL","KeyUsage":"ALL","TagFilters":[{"TagKey":"k","TagValue":["v"]}]}`,
	"UpdateAlias":               `{"KeyId":"KEY","Alias":"b"}`,
	"UpdateKeyDescription":      `{"KeyId":"KEY","Description":"b"}`,
	"EnableKey":                 `{"KeyId":"KEY"}`,
	"DisableKey":                `{"KeyId":"KEY"}`,
	"EnableKeys":                `{"KeyIds":["KEY"]}`,
	"DisableKeys":               `{"KeyIds":["KEY"]}`,
	"ScheduleKeyDeletion":       `{"KeyId":"KEY","PendingWindowInDays":7}`,
	"CancelKeyDeletion":         `{"KeyId":"KEY"}`,
	"ArchiveKey":                `{"KeyId":"KEY"}`,
	"CancelKeyArchive":          `{"KeyId":"KEY"}`,
	"BindCloudResource":         `{"KeyId":"KEY","ProductId":"p","ResourceId":"r"}`,
	"UnbindCloudResource":       `{"KeyId":"KEY","ProductId":"p","ResourceId":"r"}`,
	"EnableKeyRotation":         `{"KeyId":"KEY","RotateDays":7}`,
	"DisableKeyRotation":        `{"KeyId":"KEY"}`,
	"GetKeyRotationStatus":      `{"KeyId":"KEY"}`,
	"RotateKey":                 `{"KeyId":"KEY"}`,
	"Encrypt":                   `{"KeyId":"KEY","Plaintext":"eA==","EncryptionContext":"{\"a\":\"b\"}"}`,
	"Decrypt":                   `{"CiphertextBlob":"BLOB","EncryptionPublicKey":"-----BEGIN PUBLIC KEY-----\nMA==\n-----END PUBLIC KEY-----","EncryptionAlgorithm":"SM2"}`,
	"GenerateDataKey":           `{"KeyId":"KEY","KeySpec":"AES_256","NumberOfBytes":9,"IsHostedByKms":0}`,
	"ReEncrypt":                 `{"CiphertextBlob":"BLOB","DestinationKeyId":"OWN","SourceEncryptionContext":"","DestinationEncryptionContext":"{}"}`,
	"GenerateRandom":            `{"NumberOfBytes":1}`,
	"GetPublicKey":              `{"KeyId":"SM2"}`,
	"SignByAsymmetricKey":       `{"KeyId":"SIGN","Algorithm":"ECC_P256_R1","Message":"eA==","MessageType":"RAW"}`,
	"VerifyByAsymmetricKey":     `{"KeyId":"SIGN","Algorithm":"ECC_P256_R1","Message":"eA==","SignatureValue":"MEQCIA=="}`,
	"AsymmetricRsaDecrypt":      `{"KeyId":"KEY","Ciphertext":"eA==","Algorithm":"RSAES_OAEP_SHA_1"}`,
	"AsymmetricSm2Decrypt":      `{"KeyId":"SM2","Ciphertext":"MA=="}`,
	"GetParametersForImport":    `{"KeyId":"OWN","WrappingAlgorithm":"RSAES_PKCS1_V1_5","WrappingKeySpec":"RSA_2048"}`,
	"ImportKeyMaterial":         `{"KeyId":"OWN","EncryptedKeyMaterial":"eA==","ImportToken":"t","ValidTo":2147443200}`,
	"DeleteImportedKeyMaterial": `{"KeyId":"OWN"}`,
	"GetRegions":                `{}`,
	"GetServiceStatus":          `{}`,
	"ListAlgorithms":            `{}`,
}

// Whatever comes, signed or not, is answered with an envelope, and only what is signed succeeds.
func fuzzTencentKMS(f *testing.F) (fuzzed fuzzEmulator) {
	seed := func(action, body string) {
		fuzzed.seeds = append(fuzzed.seeds, fuzzRequest{signed: true, method: "POST", path: "/", action: action, region: "ap-guangzhou", kind: "application/json", body: body})
	}
	for _, action := range slices.Sorted(maps.Keys(kmsActions)) {
		seed(action, kmsActions[action])
	}
	for _, body := range []string{`{"KeyId":"` + "\xff" + `"}`, `[[[[`, ``, `null`, `{"KeyId":1e999}`} {
		seed("Encrypt", body)
	}
	fuzzed.seeds = append(fuzzed.seeds, fuzzRequest{
		method: "POST", path: "/x", query: "a=b", action: "Encrypt", date: "1774509600", kind: "text/plain", body: "{}",
		authorization: "TC3-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=content-type;host, Signature=x",
	}, fuzzRequest{
		method: "GET", path: "*", query: "%zz", action: "Decrypt", region: "x", authorization: "TC3-HMAC-SHA256 ,=,", date: "99999999999999999999", kind: ";", body: "{}",
	})
	clock := &stoppedClock{at: tencentEpoch}
	var em *emulator.TencentKMS
	var names *strings.Replacer
	left := 0
	f.Cleanup(func() {
		if em != nil {
			em.Close()
		}
	})
	fuzzed.check = func(t *testing.T, sent fuzzRequest) {
		serve := func(f fuzzRequest) kmsReply {
			r := tencentRequest{
				action: f.action, body: f.body, id: emulator.TencentSecretID, key: emulator.TencentSecretKey, service: "kms",
				contentType: strings.TrimSpace(f.kind), at: clock.Now(),
			}
			if f.signed {
				f.date, f.authorization = tencentSign(r, "h.example")
			}
			req := &http.Request{
				Method: f.method, URL: &url.URL{Path: f.path, RawQuery: f.query}, Host: "h.example", Body: io.NopCloser(strings.NewReader(f.body)),
				Header: http.Header{
					"X-Tc-Action": {f.action}, "X-Tc-Version": {"2019-01-18"}, "X-Tc-Timestamp": {f.date}, "X-Tc-Region": {f.region},
					"Authorization": {f.authorization}, "Content-Type": {f.kind},
				},
			}
			w := httptest.NewRecorder()
			em.ServeHTTP(w, req)
			reply, code := kmsDecode(w.Body.Bytes())
			if w.Code != http.StatusOK || reply.str("RequestId") == "" {
				t.Fatalf("%d %q", w.Code, w.Body)
			}
			_, known := kmsActions[f.action]
			if code == "" && (!f.signed || f.method != "POST" || f.query != "" || !known) {
				t.Fatal("accepted", f)
			}
			if _, failed := reply["Error"]; failed != (code != "") {
				t.Fatalf("%q", w.Body)
			}
			return reply
		}
		if left == 0 { // keys and the log of requests grow
			if em != nil {
				em.Close()
			}
			left = 500
			em = emulator.NewTencentKMS(emulator.InMemory(), emulator.WithoutRateLimit(), emulator.WithClock(clock.Now),
				emulator.WithTencentKMS(emulator.TencentKMSSettings{AllUsages: true, EnableOnCancel: true}))
			ok := func(action, body string) kmsReply {
				return serve(fuzzRequest{signed: true, method: "POST", path: "/", action: action, region: emulator.TencentKMSRegion, kind: "application/json", body: body})
			}
			key := ok("CreateKey", `{"Alias":"key"}`).str("KeyId")
			names = strings.NewReplacer(
				"KEY", key,
				"SIGN", ok("CreateKey", `{"Alias":"sign","KeyUsage":"ASYMMETRIC_SIGN_VERIFY_ECC"}`).str("KeyId"),
				`"SM2"`, `"`+ok("CreateKey", `{"Alias":"sm2","KeyUsage":"ASYMMETRIC_DECRYPT_SM2"}`).str("KeyId")+`"`,
				"OWN", ok("CreateKey", `{"Alias":"own","Type":2}`).str("KeyId"),
				"BLOB", ok("Encrypt", `{"KeyId":"`+key+`","Plaintext":"eA=="}`).str("CiphertextBlob"),
			)
		}
		left--
		clock.pass(time.Second)
		sent.body = names.Replace(sent.body)
		serve(sent)
	}
	return fuzzed
}
