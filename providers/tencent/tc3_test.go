package tencent

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// tc3 signs once, with no key derived before.
func tc3(id, key, service, host, contentType string, at time.Time, body []byte) string {
	s := tc3Signer{service: service}
	return s.sign(secret.New(id), secret.New(key), host, contentType, at, body)
}

// A signer that has derived a key before signs as one that has not, also with another key and on another day.
func TestTC3Derived(t *testing.T) {
	s := tc3Signer{service: "teo"}
	for _, key := range []string{"k1", "k2"} {
		for _, at := range []int64{1774569599, 1774569599, 1774569600} {
			got := s.sign(secret.New("i"), secret.New(key), "h", "c", time.Unix(at, 0), []byte("b"))
			if want := tc3("i", key, "teo", "h", "c", time.Unix(at, 0), []byte("b")); got != want {
				t.Errorf("%s at %d: %s, want %s", key, at, got, want)
			}
		}
	}
}

func TestTC3Vector(t *testing.T) {
	const body = `{"ZoneId":"zone-1","Namespace":"ns-011","Key":"hello","Value":"world","ExpirationTTL":3600}`
	const want = "TC3-HMAC-SHA256 Credential=testid/2026-03-26/teo/tc3_request, SignedHeaders=content-type;host, " +
		"Signature=5c1126b89d813879b4e563d239ec4ab141f7cb6e0c20b53d2a525fdad0317665"
	at := time.Unix(1774513200, 0).In(time.FixedZone("", 16*3600)) // the date of the scope is that of UTC
	if got := tc3("testid", "testsecret", "teo", "teo.intl.tencentcloudapi.com", "application/json", at, []byte(body)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := wire.HexSHA256([]byte(body)); got != "b6debdc4d297896c99ba33d8544fb4306746b60a91a9140c4bc0534827475381" {
		t.Errorf("hash of the body: %s", got)
	}
	// The same for keys.
	const encrypt = `{"KeyId":"87ff856e-973c-11ef-947b-525400d834e5","Plaintext":"dGVzdAo="}`
	const wantKMS = "Signature=ca0713bec118be87584eef9c9e28f333a3250d47aca060dad81ba5beabde485f"
	if got := tc3("i", "SecretKey", "kms", "kms.tencentcloudapi.com", "application/json", time.Unix(1704067200, 0), []byte(encrypt)); !strings.HasSuffix(got, wantKMS) {
		t.Errorf("got  %s\nwant %s", got, wantKMS)
	}
	// The day begins at midnight UTC.
	for second, date := range map[int64]string{1774569599: "2026-03-26", 1774569600: "2026-03-27"} {
		if got := tc3("i", "k", "teo", "h", "c", time.Unix(second, 0), nil); !strings.Contains(got, "=i/"+date+"/teo/") {
			t.Errorf("%d: %s", second, got)
		}
	}
}

// capture notes the request that the vendor's client sends.
type capture struct {
	request *http.Request
	body    []byte
}

func (c *capture) RoundTrip(r *http.Request) (*http.Response, error) {
	c.request = r
	c.body, _ = io.ReadAll(r.Body)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"Response":{"RequestId":"r"}}`)), Request: r}, nil
}

func isPrintableASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
