package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// The vendor's own example, tencentcloud.com, Signature v3, pins the signature that the tests compute.
func TestTencentSignatureSample(t *testing.T) {
	_, have := tencentSign(tencentRequest{
		body: `{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`,
		id:   "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", key: "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", service: "cvm",
		contentType: "application/json; charset=utf-8", at: time.Unix(1551113065, 0),
	}, "cvm.tencentcloudapi.com")
	if !strings.HasSuffix(have, "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168") {
		t.Error(have)
	}
}

// A signature that was computed elsewhere, byte for byte.
func TestTencentKMSSignatureVector(t *testing.T) {
	const body = `{"KeyId":"87ff856e-973c-11ef-947b-525400d834e5","Plaintext":"dGVzdAo="}`
	const authorization = "TC3-HMAC-SHA256 Credential=AKIDvector/2024-01-01/kms/tc3_request, SignedHeaders=content-type;host, " +
		"Signature=ca0713bec118be87584eef9c9e28f333a3250d47aca060dad81ba5beabde485f"
	c := newTencentKMS(t, emulator.TencentKMSSettings{SecretID: "AKIDvector", SecretKey: "SecretKey"})
	c.clock.at = time.Unix(1704067200, 0)
	send := func(body, authorization string) tencentKMSAnswer {
		r := c.request("Encrypt", body)
		r.host = "kms.tencentcloudapi.com"
		return c.send(r, func(req *http.Request) { req.Header.Set("Authorization", authorization) })
	}
	const failure = "AuthFailure.SignatureFailure"
	c.expect("right", send(body, authorization), kmsNotFound)
	c.expect("body", send(strings.Replace(body, "Ao=", "Ag=", 1), authorization), failure)
	c.expect("signature", send(body, strings.Replace(authorization, "485f", "485e", 1)), failure)
	c.expect("service", send(body, strings.Replace(authorization, "/kms/", "/teo/", 1)), failure)
}

func TestTencentKMSRequests(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	const failure = "AuthFailure.SignatureFailure"
	for what, test := range map[string]struct {
		want   string
		before func(*tencentRequest)
		after  func(*http.Request)
	}{
		"right":               {},
		"five minutes late":   {before: func(r *tencentRequest) { r.at = r.at.Add(-5 * time.Minute) }},
		"later":               {want: "AuthFailure.SignatureExpire", before: func(r *tencentRequest) { r.at = r.at.Add(-301 * time.Second) }},
		"earlier":             {want: "AuthFailure.SignatureExpire", before: func(r *tencentRequest) { r.at = r.at.Add(301 * time.Second) }},
		"wrong key":           {want: failure, before: func(r *tencentRequest) { r.key += "x" }},
		"key-value service":   {want: failure, before: func(r *tencentRequest) { r.service = "teo" }},
		"unknown id":          {want: "AuthFailure.SecretIdNotFound", before: func(r *tencentRequest) { r.id = "AKIDother" }},
		"no id":               {want: "AuthFailure.InvalidSecretId", before: func(r *tencentRequest) { r.id = "" }},
		"token":               {want: "AuthFailure.TokenFailure", before: func(r *tencentRequest) { r.token = "x" }},
		"no authorization":    {want: "AuthFailure.InvalidAuthorization", after: set("Authorization", "")},
		"query added":         {want: failure, before: func(r *tencentRequest) { r.query = "?Limit=1" }},
		"query signed":        {want: "InvalidRequest", before: func(r *tencentRequest) { r.query, r.signedQuery = "?Limit=1", "Limit=1" }},
		"path":                {want: "InvalidRequest", before: func(r *tencentRequest) { r.query = "path" }},
		"form":                {want: "InvalidRequest", before: func(r *tencentRequest) { r.contentType = "application/x-www-form-urlencoded" }},
		"other version":       {want: "NoSuchVersion", after: set("X-TC-Version", "2022-09-01")},
		"no version":          {want: kmsMissing, after: set("X-TC-Version", "")},
		"no timestamp":        {want: kmsMissing, after: set("X-TC-Timestamp", "")},
		"no action":           {want: kmsMissing, before: func(r *tencentRequest) { r.action = "" }},
		"unknown action":      {want: "InvalidAction", before: func(r *tencentRequest) { r.action = "CreateWhiteBoxKey" }},
		"action in lowercase": {want: "InvalidAction", before: func(r *tencentRequest) { r.action = "listkeys" }},
		"two regions":         {want: "InvalidRequest", after: func(r *http.Request) { r.Header.Add("X-TC-Region", "ap-beijing") }},
		"GET":                 {want: "UnsupportedProtocol", after: func(r *http.Request) { r.Method = http.MethodGet }},
		"not JSON":            {want: kmsInvalid, before: func(r *tencentRequest) { r.body = "{" }},
		"not an object":       {want: kmsInvalid, before: func(r *tencentRequest) { r.body = "[]" }},
		"unknown parameter":   {want: "UnknownParameter", before: func(r *tencentRequest) { r.body = `{"limit":1}` }},
		"number as a string":  {want: kmsInvalid, before: func(r *tencentRequest) { r.body = `{"Limit":"1"}` }},
		"twice":               {want: kmsInvalid, before: func(r *tencentRequest) { r.body = `{"Limit":1,"Limit":1}` }},
		"null":                {before: func(r *tencentRequest) { r.body = `{"Limit":null,"Role":null}` }},
		"too long": {want: "RequestSizeLimitExceeded", before: func(r *tencentRequest) {
			r.body = "{}" + strings.Repeat(" ", 10_000_000-1)
		}},
		"longest": {before: func(r *tencentRequest) { r.body = "{}" + strings.Repeat(" ", 10_000_000-2) }},
	} {
		r := c.request("ListKeys", tencentArgs{})
		if test.before != nil {
			test.before(&r)
		}
		c.expect(what, c.send(r, test.after), test.want)
	}
}

func TestTencentKMSToken(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{Token: "sts"})
	c.ok("ListKeys", tencentArgs{})
	r := c.request("ListKeys", tencentArgs{})
	for _, token := range []string{"", "STS"} {
		r.token = token
		c.expect(token, c.send(r, nil), "AuthFailure.TokenFailure")
	}
}

// Each pool of actions has its rate, and what is refused does not count.
func TestTencentKMSRates(t *testing.T) {
	for _, test := range []struct {
		actions []string
		rate    int
	}{
		{[]string{"Encrypt", "Decrypt", "GenerateDataKey"}, 300},
		{[]string{"AsymmetricRsaDecrypt", "AsymmetricSm2Decrypt"}, 200},
		{[]string{"GenerateRandom"}, 150},
		{[]string{"SignByAsymmetricKey", "VerifyByAsymmetricKey"}, 100},
		{[]string{"ReEncrypt"}, 100},
		{[]string{"DescribeKey"}, 100},
		{[]string{"RotateKey"}, 20},
	} {
		clock := &stoppedClock{at: tencentEpoch}
		c := kmsClientOf(t, emulator.NewTencentKMS(emulator.WithClock(clock.Now), emulator.InMemory()), clock)
		for i := range test.rate {
			c.fails(test.actions[i%len(test.actions)], tencentArgs{}, kmsMissing)
		}
		clock.pass(time.Second - 1)
		for _, action := range test.actions {
			c.fails(action, tencentArgs{}, "RequestLimitExceeded")
		}
		c.ok("ListKeys", tencentArgs{}) // which has a rate of its own
		clock.pass(1)
		c.fails(test.actions[0], tencentArgs{}, kmsMissing)
	}
}
