package emulator_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// TestAlibabaKMSVector has a signature that was computed apart from this code, for the request "Encrypt" of the
// access key testid.
func TestAlibabaKMSVector(t *testing.T) {
	const query = "AccessKeyId=testid&Action=Encrypt&EncryptionContext=%7B%22Key1%22%3A%22Value1%22%7D&Format=JSON&KeyId=alias%2Fexample" +
		"&Plaintext=SGVsbG8gd29ybGQ%3D&RegionId=cn-hangzhou&SignatureMethod=HMAC-SHA1&SignatureNonce=00000000000000000000000000000001" +
		"&SignatureVersion=1.0&Timestamp=2024-01-01T00%3A00%3A00Z&Version=2016-01-20&Signature="
	for _, form := range []bool{false, true} {
		c := newKMS(t, emulator.AlibabaKMSSettings{AccessKeyID: "testid", AccessKeySecret: "testsecret"})
		c.clock.at = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
		c.ok("CreateAlias", "KeyId", c.create(), "AliasName", "alias/example")
		send := func(signature string) kmsAnswer {
			target, body := "/?"+query+signature, ""
			if form {
				target, body = "/", query+signature
			}
			req, err := http.NewRequest("POST", c.em.URL()+target, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return c.send(req)
		}
		send("343sLJO6%2BrfDr21XDSQrKOontiJ%3D").refused(400, "!SignatureDoesNotMatch")
		a := send("343sLJO6%2BrfDr21XDSQrKOontiI%3D")
		if a.status != 200 || a.text("CiphertextBlob") == "" {
			t.Fatal(a.status, a.body)
		}
		opened := c.ok("Decrypt", "CiphertextBlob", a.text("CiphertextBlob"), "EncryptionContext", `{ "Key1" : "Value1" }`)
		if got := string(opened.raw("Plaintext")); got != "Hello world" {
			t.Fatal(got)
		}
		send("343sLJO6%2BrfDr21XDSQrKOontiI%3D").refused(400, "!SignatureNonceUsed")
	}
}

// kmsSchemes runs a test with every way to sign and send.
func kmsSchemes(t *testing.T, run func(t *testing.T, c *kmsCaller)) {
	for _, scheme := range []string{"form", "query", "acs3"} {
		t.Run(scheme, func(t *testing.T) {
			c := newKMS(t, emulator.AlibabaKMSSettings{})
			c.scheme = scheme
			run(t, c)
		})
	}
}

func TestAlibabaKMSSchemes(t *testing.T) {
	kmsSchemes(t, func(t *testing.T, c *kmsCaller) {
		const description = "a b+%2F~*'()!é世界&=\r\n\"<>\\"
		key := c.create("Description", description)
		if got := c.about(key, "Description"); got != description {
			t.Fatalf("%q", got)
		}
		a := c.send(c.request("GET", "DescribeKey", "2016-01-20", kmsArgs("KeyId", key)))
		if a.text("KeyMetadata.KeyId") != key {
			t.Fatal(a.body)
		}
	})
}

func TestAlibabaKMSRefusedKeys(t *testing.T) {
	kmsSchemes(t, func(t *testing.T, c *kmsCaller) {
		id, secret := c.id, c.secret
		c.id = "nobody"
		c.fails(404, "!InvalidAccessKeyId.NotFound", "ListKeys")
		c.id, c.secret = id, "wrong"
		c.fails(400, "!SignatureDoesNotMatch", "ListKeys")
		c.secret, c.token = secret, "uncalled-for"
		c.fails(400, "!InvalidSecurityToken.MismatchWithAccessKey", "ListKeys")

		c.id, c.secret, c.token = c.em.IssueSTS(time.Minute)
		c.ok("ListKeys")
		token := c.token
		c.token = ""
		c.fails(400, "!MissingSecurityToken", "ListKeys")
		c.token = token
		c.clock.pass(time.Minute)
		c.fails(400, "!InvalidSecurityToken.Expired", "ListKeys")
	})
}

func TestAlibabaKMSTime(t *testing.T) {
	kmsSchemes(t, func(t *testing.T, c *kmsCaller) {
		for off, ok := range map[time.Duration]bool{
			15 * time.Minute: true, -15 * time.Minute: true, 15*time.Minute + time.Second: false, -15*time.Minute - time.Second: false,
		} {
			req := c.request("POST", "ListKeys", "2016-01-20", nil)
			c.clock.pass(off)
			if a := c.send(req); ok && a.status != 200 {
				t.Fatal(off, a.body)
			} else if !ok {
				a.refused(400, "!InvalidTimeStamp.Expired")
			}
			c.clock.pass(-off)
		}
		c.ok("ListKeys")
		c.nonces.Add(-1)
		c.fails(400, "!SignatureNonceUsed", "ListKeys")
	})
}

func TestAlibabaKMSTampered(t *testing.T) {
	query := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			before := r.URL.RawQuery
			if r.URL.RawQuery = strings.Replace(before, old, new, 1); r.URL.RawQuery == before {
				panic("nothing changed")
			}
		}
	}
	body := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			raw, _ := io.ReadAll(r.Body)
			text := strings.Replace(string(raw), old, new, 1)
			if text == string(raw) {
				panic("nothing changed")
			}
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		}
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, step := range map[string]struct {
		scheme string
		change func(*http.Request)
		code   string
	}{
		"value":          {"query", query("Description=d", "Description=e"), "!SignatureDoesNotMatch"},
		"more":           {"query", query("Description=d", "Description=d&Origin=EXTERNAL"), "!SignatureDoesNotMatch"},
		"form value":     {"form", body("Description=d", "Description=e"), "!SignatureDoesNotMatch"},
		"form and query": {"form", func(r *http.Request) { r.URL.RawQuery = "Origin=EXTERNAL" }, "!SignatureDoesNotMatch"},
		"method":         {"query", func(r *http.Request) { r.Method = "GET" }, "!SignatureDoesNotMatch"},
		"twice":          {"form", body("Description=d", "Description=d&Description=d"), "InvalidParameter"},
		"malformed":      {"query", query("Description=d", "Description=%zz"), "InvalidParameter"},
		"no action":      {"query", query("Action=", "Other="), "!MissingAction"},
		"xml":            {"query", query("Format=JSON", "Format=XML"), "InvalidParameter"},
		"v3 body":        {"acs3", body("Description=d", "Description=e"), "!SignatureDoesNotMatch"},
		"v3 query":       {"acs3", func(r *http.Request) { r.URL.RawQuery = "Origin=EXTERNAL" }, "!SignatureDoesNotMatch"},
		"v3 action":      {"acs3", header("x-acs-action", "ListKeys"), "!SignatureDoesNotMatch"},
		"v3 date":        {"acs3", header("x-acs-date", "2026-01-02"), "!InvalidTimeStamp.Format"},
		"v3 hash":        {"acs3", header("x-acs-content-sha256", alibabaHash("")), "!SignatureDoesNotMatch"},
		"v4":             {"acs3", header("Authorization", "ACS4-HMAC-SHA256 Credential=x"), "!InvalidSignatureMethod"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newKMS(t, emulator.AlibabaKMSSettings{})
			c.scheme = step.scheme
			req := c.request("POST", "CreateKey", "2016-01-20", kmsArgs("Description", "d"))
			step.change(req)
			c.send(req).refused(400, step.code)
			if a := c.ok("ListKeys"); a.fields["TotalCount"] != 1.0 {
				t.Fatal(a.body)
			}
		})
	}
}

func TestAlibabaKMSRoutes(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	c.send(c.request("POST", "ListKeys", "2024-09-10", nil)).refused(400, "InvalidApiVersion")
	c.send(c.request("PUT", "ListKeys", "2016-01-20", nil)).refused(403, "UnsupportedHTTPMethod")
	c.fails(400, "InvalidApiName", "PutKv")
	req := c.request("POST", "ListKeys", "2016-01-20", nil)
	req.URL.Path = "/elsewhere"
	c.send(req).refused(404, "!InvalidApi.NotFound")
}
