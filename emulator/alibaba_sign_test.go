package emulator_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func alibabaVectorCaller(t *testing.T) *alibabaCaller {
	c := newAlibaba(t, emulator.AlibabaSettings{AccessKeyID: "testid", AccessKeySecret: "testsecret"})
	c.ok("CreateKvNamespace", alibabaArgs{"Namespace": "test_namespace"})
	return c
}

// The vectors below were made with the vendor's own package (darabonba-openapi/v2 2.1.13).

func TestAlibabaVectorRPC(t *testing.T) {
	const query = "AccessKeyId=testid&Action=PutKv&ExpirationTtl=3600&Format=json&Key=k%3A~%2A%2B%C3%A9&Namespace=test_namespace" +
		"&SignatureMethod=HMAC-SHA1&SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf&SignatureVersion=1.0" +
		"&Timestamp=2026-01-02T03%3A04%3A05Z&Version=2024-09-10&Signature=ar9%2FyV%2FFAE0TDhKB1%2BEX%2BbNp%2B7o%3D"
	for name, body := range map[string]string{"percent": "Value=hello%20world%2F%2B%3D%26", "plus": "Value=hello+world%2F%2B%3D%26"} {
		for _, inForm := range []bool{false, true} { // all of it may as well be in the form
			c := alibabaVectorCaller(t)
			target, content := "/?"+query, body
			if inForm {
				target, content = "/", query+"&"+body
			}
			req, err := http.NewRequest("POST", c.em.URL()+target, strings.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if a := c.send(req); a.status != 200 || a.text("Value") != "hello world/+=&" || a.text("Length") != "15" {
				t.Fatal(name, inForm, a.status, a.body)
			}
		}
	}
}

func TestAlibabaVectorACS3(t *testing.T) {
	c := alibabaVectorCaller(t)
	send := func() alibabaAnswer {
		req, err := http.NewRequest("POST", c.em.URL()+"/?ExpirationTtl=3600&Key=k%3A~%2A%2B%C3%A9&Namespace=test_namespace",
			strings.NewReader("Value=hello%20world%2F%2B%3D%26"))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "esa.cn-hangzhou.aliyuncs.com"
		for name, value := range map[string]string{
			"Content-Type": "application/x-www-form-urlencoded", "x-acs-action": "PutKv", "x-acs-version": "2024-09-10",
			"x-acs-date": "2026-01-02T03:04:05Z", "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
			"x-acs-content-sha256": "4c38b47386862abbda352a47bfe2f2d1f47f8b729f97b6a070217ff39f35276b",
			"Authorization": "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=content-type;host;x-acs-action;x-acs-content-sha256;" +
				"x-acs-date;x-acs-signature-nonce;x-acs-version," +
				"Signature=7dfb95a740ae6de1d84676dfa78ea606491cad73cfc33fd5db21c3f784962bcb",
		} {
			req.Header.Set(name, value)
		}
		return c.send(req)
	}
	if a := send(); a.status != 200 || a.text("Value") != "hello world/+=&" {
		t.Fatal(a.status, a.body)
	}
	send().refused(400, "SignatureNonceUsed")
	if got := c.ok("GetKvDetail", alibabaArgs{"Namespace": "test_namespace", "Key": "k:~*+é"}); got.text("ExpirationTtl") != "3600" {
		t.Fatal(got.body)
	}
}

// alibabaBoth runs a test with either signature.
func alibabaBoth(t *testing.T, run func(t *testing.T, c *alibabaCaller)) {
	for name, rpc := range map[string]bool{"ACS3": false, "RPC": true} {
		t.Run(name, func(t *testing.T) {
			c := newAlibabaNS(t, emulator.AlibabaSettings{})
			c.rpc = rpc
			run(t, c)
		})
	}
}

func TestAlibabaSigned(t *testing.T) {
	alibabaBoth(t, func(t *testing.T, c *alibabaCaller) {
		for _, value := range []string{"a b", "+", "%", "%2F", "~*'()!", "é世界", "a&b=c", "\r\n\t\x00", "\"<>\\/", "e\u0301\u2028"} {
			c.put("k", value)
			if got := c.ok("GetKv", alibabaGet("k")).text("Value"); got != value {
				t.Fatalf("%q came back as %q", value, got)
			}
		}
	})
}

func TestAlibabaSkew(t *testing.T) {
	alibabaBoth(t, func(t *testing.T, c *alibabaCaller) {
		for _, step := range []struct {
			off time.Duration
			ok  bool
		}{{15 * time.Minute, true}, {15*time.Minute + time.Second, false}, {-15 * time.Minute, true}, {-15*time.Minute - time.Second, false}} {
			req := c.request("GetKvAccount", alibabaArgs{})
			c.clock.pass(step.off)
			if a := c.send(req); step.ok && a.status != 200 {
				t.Fatal(step, a.body)
			} else if !step.ok {
				a.refused(400, "InvalidTimeStamp.Expired")
			}
			if !step.ok && c.send(c.request("GetKvAccount", nil)).status != 200 {
				t.Fatal("not even with the right time")
			}
			c.clock.pass(-step.off)
		}
	})
}

func TestAlibabaNonce(t *testing.T) {
	alibabaBoth(t, func(t *testing.T, c *alibabaCaller) {
		again := func() *http.Request {
			c.nonces.Store(100)
			return c.request("GetKv", alibabaGet("k"))
		}
		c.send(again()).refused(404, "InvalidKey.NotFound")
		c.send(again()).refused(400, "SignatureNonceUsed")
		c.clock.pass(15 * time.Minute)
		c.send(again()).refused(400, "SignatureNonceUsed")
		c.clock.pass(time.Second)
		c.send(again()).refused(404, "InvalidKey.NotFound")
	})
}

func TestAlibabaRefusedKeys(t *testing.T) {
	alibabaBoth(t, func(t *testing.T, c *alibabaCaller) {
		id, secret := c.id, c.secret
		c.id = "nobody"
		c.fails("GetKvAccount", nil, 404, "InvalidAccessKeyId.NotFound")
		c.id, c.secret = id, "wrong"
		c.fails("GetKvAccount", nil, 400, "SignatureDoesNotMatch")
		c.secret, c.token = secret, "uncalled-for"
		c.fails("GetKvAccount", nil, 400, "InvalidSecurityToken.MismatchWithAccessKey")

		c.id, c.secret, c.token = c.em.IssueSTS(time.Minute)
		c.ok("GetKvAccount", nil)
		token := c.token
		c.token = ""
		c.fails("GetKvAccount", nil, 400, "MissingSecurityToken")
		c.token = token + "x"
		c.fails("GetKvAccount", nil, 400, "InvalidSecurityToken.MismatchWithAccessKey")
		c.token = token
		c.clock.pass(time.Minute - 1)
		c.ok("GetKvAccount", nil)
		c.clock.pass(1)
		c.fails("GetKvAccount", nil, 400, "InvalidSecurityToken.Expired")
	})
}

func TestAlibabaTampered(t *testing.T) {
	change := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			before := r.URL.RawQuery
			if r.URL.RawQuery = strings.Replace(before, old, new, 1); r.URL.RawQuery == before {
				panic("nothing changed")
			}
		}
	}
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	drop := func(name string) func(*http.Request) { return func(r *http.Request) { r.Header.Del(name) } }
	body := func(value string) func(*http.Request) {
		return func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(value)), int64(len(value))
		}
	}
	authorization := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
		}
	}
	for name, step := range map[string]struct {
		rpc    bool
		change func(*http.Request)
		code   string
	}{
		"query":             {false, change("Key=k", "Key=other"), "SignatureDoesNotMatch"},
		"more query":        {false, change("Key=k", "Key=k&ExpirationTtl=5"), "SignatureDoesNotMatch"},
		"body":              {false, body("Value=other"), "SignatureDoesNotMatch"},
		"action":            {false, set("x-acs-action", "DeleteKvNamespace"), "SignatureDoesNotMatch"},
		"date":              {false, set("x-acs-date", "2026-01-02T03:04:06Z"), "SignatureDoesNotMatch"},
		"date form":         {false, set("x-acs-date", "2026-01-02 03:04:06"), "InvalidTimeStamp.Format"},
		"hash":              {false, set("x-acs-content-sha256", alibabaHash("")), "SignatureDoesNotMatch"},
		"host":              {false, func(r *http.Request) { r.Host = "elsewhere" }, "SignatureDoesNotMatch"},
		"content type":      {false, set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"), "SignatureDoesNotMatch"},
		"unsigned header":   {false, set("x-acs-extra", "1"), "IncompleteSignature"},
		"other key id":      {false, set("x-acs-accesskey-id", "other"), "IncompleteSignature"},
		"unsigned host":     {false, authorization("host;", ""), "IncompleteSignature"},
		"unsigned type":     {false, authorization("content-type;", ""), "IncompleteSignature"},
		"no signature":      {false, authorization(",Signature=", ",Nothing="), "IncompleteSignature"},
		"two signatures":    {false, authorization(",Signature=", ",Signature=0,Signature="), "IncompleteSignature"},
		"no credential":     {false, authorization("Credential=", "Nothing="), "MissingAccessKeyId"},
		"no nonce":          {false, drop("x-acs-signature-nonce"), "MissingSignatureNonce"},
		"no date":           {false, drop("x-acs-date"), "MissingTimestamp"},
		"no action":         {false, drop("x-acs-action"), "MissingAction"},
		"no version":        {false, drop("x-acs-version"), "MissingVersion"},
		"no hash":           {false, drop("x-acs-content-sha256"), "MissingContentSha256"},
		"no authorization":  {false, drop("Authorization"), "MissingAction"},
		"other algorithm":   {false, authorization("ACS3-HMAC-SHA256", "ACS3-HMAC-SM3"), "InvalidSignatureMethod"},
		"rpc query":         {true, change("Key=k", "Key=other"), "SignatureDoesNotMatch"},
		"rpc more query":    {true, change("Key=k", "Key=k&ExpirationTtl=5"), "SignatureDoesNotMatch"},
		"rpc body":          {true, body("Value=other"), "SignatureDoesNotMatch"},
		"rpc signature":     {true, change("Signature=", "Signature=0"), "SignatureDoesNotMatch"},
		"rpc no signature":  {true, change("Signature=", "Nothing="), "IncompleteSignature"},
		"rpc no action":     {true, change("Action=", "Nothing="), "MissingAction"},
		"rpc no version":    {true, change("&Version=", "&Nothing="), "MissingVersion"},
		"rpc no key":        {true, change("AccessKeyId=", "Nothing="), "MissingAccessKeyId"},
		"rpc no time":       {true, change("Timestamp=", "Nothing="), "MissingTimestamp"},
		"rpc no nonce":      {true, change("SignatureNonce=", "Nothing="), "MissingSignatureNonce"},
		"rpc no algorithm":  {true, change("SignatureMethod=", "Nothing="), "MissingSignatureMethod"},
		"rpc algorithm":     {true, change("HMAC-SHA1", "HMAC-SHA256"), "InvalidSignatureMethod"},
		"rpc sign version":  {true, change("SignatureVersion=1.0", "SignatureVersion=2.0"), "InvalidSignatureVersion"},
		"rpc time form":     {true, change("2026-01-02T03%3A04%3A05Z", "2026-01-02"), "InvalidTimeStamp.Format"},
		"twice":             {true, change("Key=k", "Key=k&Key=k"), "InvalidParameter"},
		"twice over":        {true, body("Value=v&Key=k"), "InvalidParameter"},
		"malformed query":   {true, change("Key=k", "Key=%zz"), "InvalidParameter"},
		"malformed body":    {true, body("Value=%"), "InvalidParameter"},
		"nameless":          {true, change("Key=k", "=k"), "InvalidParameter"},
		"rpc other version": {true, change("&Version=2024-09-10", "&Version=2018-01-15"), "NoSuchVersion"},
		"xml":               {true, change("Format=json", "Format=XML"), "InvalidParameter"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newAlibabaNS(t, emulator.AlibabaSettings{})
			c.rpc = step.rpc
			req := c.request("PutKv", alibabaPut("k", "v"))
			step.change(req)
			c.send(req).refused(400, step.code)
			c.fails("GetKv", alibabaGet("k"), 404, "InvalidKey.NotFound")
		})
	}
}

func TestAlibabaRoutes(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	c.send(c.signed("POST", "GetKv", "2024-09-10", alibabaGet("k"), nil)).refused(400, "UnsupportedHTTPMethod")
	c.send(c.signed("GET", "PutKv", "2024-09-10", alibabaPut("k", "v"), nil)).refused(400, "UnsupportedHTTPMethod")
	c.send(c.signed("PUT", "AuthorizeFileUpload", "2019-12-19", alibabaArgs{"Product": "ESA"}, nil)).refused(400, "UnsupportedHTTPMethod")
	c.send(c.signed("GET", "AuthorizeFileUpload", "2024-09-10", alibabaArgs{"Product": "ESA"}, nil)).refused(400, "NoSuchVersion")
	c.send(c.signed("GET", "PutKvs", "2024-09-10", nil, nil)).refused(404, "InvalidApi.NotFound")
	req := c.request("GetKvAccount", nil)
	req.URL.Path = "/elsewhere"
	c.send(req).refused(404, "InvalidApi.NotFound")
	// Parameters may be in the query or in the form, whatever the vendor's packages do; those that mean nothing pass.
	for _, rpc := range []bool{false, true} {
		c.rpc = rpc
		for _, inForm := range []bool{false, true} {
			p, query, form := alibabaPut("k", "v", "RegionId", "cn-hangzhou"), alibabaArgs{}, alibabaArgs{}
			if inForm {
				form = p
			} else {
				query = p
			}
			if a := c.send(c.signed("POST", "PutKv", "2024-09-10", query, form)); a.status != 200 {
				t.Fatal(rpc, inForm, a.body)
			}
		}
	}
	any := newAlibabaNS(t, emulator.AlibabaSettings{AnyMethod: true})
	if a := any.send(any.signed("POST", "GetKv", "2024-09-10", nil, alibabaGet("k"))); a.status != 404 {
		t.Fatal(a.body)
	}
	any.send(any.signed("PATCH", "GetKv", "2024-09-10", nil, alibabaGet("k"))).refused(400, "UnsupportedHTTPMethod")
}
