package emulator

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// The test vectors of the vendor's own signer are of paths that the service does not have.
func TestHuaweiSignatureVectors(t *testing.T) {
	for _, v := range []struct{ method, target, body, signature string }{
		{"GET", "/path?limit=1", "", "5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624"},
		{"POST", "/path?key=value", "{\"Name\":\"test\",\"Id\":1}\n", "cecc2af119b18ab70b4d094c0750f3b42c02f254903179a0fc2cc72fc9db4f59"},
		{"POST", "/path?key=value", `{"Name":"test","Id":1}`, "83599e5230b5b31fb58837c5760b4c2d407542df1f9493834ead538696e17a35"},
	} {
		r := httptest.NewRequest(v.method, v.target, strings.NewReader(v.body))
		r.Header.Set("X-Sdk-Date", "20060102T150405Z")
		r.Header["TEST_UNDERSCORE"] = []string{"TEST_VALUE"}
		auth, ok := parseHuaweiAuthorization("SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=x-sdk-date, Signature=" + v.signature)
		if !ok || !huaweiSignatureMatches(r, auth, "SecretKey", huaweiHash([]byte(v.body))) {
			t.Errorf("%s %s %q", v.method, v.target, v.body)
		}
		if huaweiSignatureMatches(r, auth, "SecretKez", huaweiHash([]byte(v.body))) {
			t.Error("another key")
		}
	}
}
