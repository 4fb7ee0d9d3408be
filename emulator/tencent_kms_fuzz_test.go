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
func FuzzTencentKMSRequest(f *testing.F) {
	for action, body := range kmsActions {
		f.Add(true, "POST", "/", "", action, "", "", "ap-guangzhou", "application/json", body)
	}
	for _, body := range []string{`{"KeyId":"` + "\xff" + `"}`, `[[[[`, ``, `null`, `{"KeyId":1e999}`} {
		f.Add(true, "POST", "/", "", "Encrypt", "", "", "ap-guangzhou", "application/json", body)
	}
	f.Add(false, "POST", "/x", "a=b", "Encrypt", "TC3-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=content-type;host, Signature=x", "1774509600", "", "text/plain", "{}")
	f.Add(false, "GET", "*", "%zz", "Decrypt", "TC3-HMAC-SHA256 ,=,", "99999999999999999999", "x", ";", "{}")
	clock := &tencentClock{at: tencentEpoch}
	var em *emulator.TencentKMS
	var names *strings.Replacer
	left := 0
	f.Cleanup(func() {
		if em != nil {
			em.Close()
		}
	})
	f.Fuzz(func(t *testing.T, signed bool, method, path, query, action, authorization, timestamp, region, contentType, body string) {
		serve := func(signed bool, method, path, query, action, authorization, timestamp, region, contentType, body string) kmsReply {
			r := tencentRequest{
				action: action, body: body, id: emulator.TencentSecretID, key: emulator.TencentSecretKey, service: "kms",
				contentType: strings.TrimSpace(contentType), at: clock.now(),
			}
			if signed {
				timestamp, authorization = tencentSign(r, "h.example")
			}
			req := &http.Request{
				Method: method, URL: &url.URL{Path: path, RawQuery: query}, Host: "h.example", Body: io.NopCloser(strings.NewReader(body)),
				Header: http.Header{
					"X-Tc-Action": {action}, "X-Tc-Version": {"2019-01-18"}, "X-Tc-Timestamp": {timestamp}, "X-Tc-Region": {region},
					"Authorization": {authorization}, "Content-Type": {contentType},
				},
			}
			w := httptest.NewRecorder()
			em.ServeHTTP(w, req)
			reply, code := kmsDecode(w.Body.Bytes())
			if w.Code != http.StatusOK || reply.str("RequestId") == "" {
				t.Fatalf("%d %q", w.Code, w.Body)
			}
			_, known := kmsActions[action]
			if code == "" && (!signed || method != "POST" || query != "" || !known) {
				t.Fatal("accepted", signed, method, query, action)
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
			em = emulator.NewTencentKMS(emulator.InMemory(), emulator.WithoutRateLimit(), emulator.WithClock(clock.now),
				emulator.WithTencentKMS(emulator.TencentKMSSettings{AllUsages: true, EnableOnCancel: true}))
			ok := func(action, body string) kmsReply {
				return serve(true, "POST", "/", "", action, "", "", emulator.TencentKMSRegion, "application/json", body)
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
		serve(signed, method, path, query, action, authorization, timestamp, region, contentType, names.Replace(body))
	})
}
