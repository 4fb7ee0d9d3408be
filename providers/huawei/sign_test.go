package huawei

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/secret"
)

// signature is the Authorization header by page "Signing Algorithm" (SDK-HMAC-SHA256) of the vendor's API signing guide.
// The headers are in order.
func signature(access, key, method, path, query string, body []byte, headers ...string) string {
	var names []string
	date := ""
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ":")
		names = append(names, name)
		if name == "x-sdk-date" {
			date = value
		}
	}
	signed := strings.Join(names, ";")
	canonical := method + "\n" + strings.TrimSuffix(path, "/") + "/\n" + query + "\n" + strings.Join(headers, "\n") + "\n\n" + signed + "\n" + hexSHA256(body)
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = io.WriteString(mac, "SDK-HMAC-SHA256\n"+date+"\n"+hexSHA256([]byte(canonical)))
	return "SDK-HMAC-SHA256 Access=" + access + ", SignedHeaders=" + signed + ", Signature=" + hex.EncodeToString(mac.Sum(nil))
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// authorized returns the headers of a request that was authorized on 2024-01-01.
func authorized(t testing.TB, c credential, method, target string, query map[string]string, body string) http.Header {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Content-Type": {contentType}, "X-Project-Id": {"0123456789abcdef0123456789abcdef"}}
	at := time.Date(2024, 1, 1, 8, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	authorize(c, method, u, query, header, []byte(body), at)
	return header
}

// A vector computed by an implementation in another language.
func TestSignatureVector(t *testing.T) {
	c := credential{access: secret.New("AccessKey"), key: secret.New("SecretKey")}
	header := authorized(t, c, "POST", "https://kms.cn-north-4.myhuaweicloud.com/v1.0/0123456789abcdef0123456789abcdef/kms/create-key", nil, `{"key_alias":"test"}`)
	const want = "SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=host;x-project-id;x-sdk-date, Signature=4e08f7e9f5a1f61210c8b253357e4be113df9b7241fb0a4a86201e62cdfb31e3"
	if got := header.Get("Authorization"); got != want || header.Get("X-Sdk-Date") != "20240101T000000Z" {
		t.Errorf("%q at %q", got, header.Get("X-Sdk-Date"))
	}
}

func TestAuthTokenIsNotSigned(t *testing.T) {
	c := credential{auth: secret.New(canaryAuth)}
	header := authorized(t, c, "POST", "https://kms.example.com/v1.0/p/kms/create-key", nil, "{}")
	if header.Get("X-Auth-Token") != canaryAuth || header.Get("Authorization") != "" || header.Get("X-Sdk-Date") != "" {
		t.Error(len(header))
	}
}
