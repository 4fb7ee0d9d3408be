package emulator_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tcerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// vendorTencent is the vendor's own client, pointed at an emulator.
type vendorTencent struct {
	t      *testing.T
	client *common.Client
}

func newVendorTencent(t *testing.T, em *emulator.Tencent, credential common.CredentialIface, set func(*profile.ClientProfile)) vendorTencent {
	p := profile.NewClientProfile()
	p.HttpProfile.Scheme, p.HttpProfile.Endpoint, _ = strings.Cut(em.URL(), "://")
	p.HttpProfile.Scheme = strings.ToUpper(p.HttpProfile.Scheme)
	if set != nil {
		set(p)
	}
	return vendorTencent{t, common.NewCommonClient(credential, "", p)}
}

// call returns the reply, or the code of the error.
func (v vendorTencent) call(action string, p tencentArgs) (a tencentAnswer) {
	v.t.Helper()
	req := tchttp.NewCommonRequest("teo", "2022-09-01", action)
	if err := req.SetActionParameters(map[string]any(p)); err != nil {
		v.t.Fatal(err)
	}
	resp := tchttp.NewCommonResponse()
	err := v.client.Send(req, resp)
	var failure *tcerrors.TencentCloudSDKError
	switch {
	case errors.As(err, &failure):
		a.code = failure.GetCode()
		if !strings.HasPrefix(a.code, "ClientError.") && failure.GetRequestId() == "" {
			v.t.Error(err)
		}
	case err != nil:
		v.t.Fatal(err)
	}
	a.text = string(resp.GetBody())
	_ = json.Unmarshal(resp.GetBody(), &struct{ Response any }{&a.response})
	return a
}

func TestTencentVendorSDK(t *testing.T) {
	em := emulator.NewTencent(emulator.WithoutRateLimit())
	defer em.Close()
	good := common.NewCredential(emulator.TencentSecretID, emulator.TencentSecretKey)
	ok := func(v vendorTencent, action string, p tencentArgs) tencentAnswer {
		t.Helper()
		a := v.call(action, p)
		if a.code != "" {
			t.Fatal(action, a.code)
		}
		return a
	}
	v := newVendorTencent(t, em, good, nil)
	ok(v, "CreateEdgeKVNamespace", tencentIn.with(tencentArgs{"Remark": "a <b> & \"c\""}))
	const value = "<world> & 🙂 \u2028"
	ok(v, "EdgeKVPut", tencentIn.with(tencentArgs{"Key": "hello", "Value": value, "ExpirationTTL": 3600}))
	a := ok(v, "EdgeKVGet", tencentIn.with(tencentArgs{"Keys": []string{"hello", "nope"}}))
	if d := a.response.Data; len(d) != 2 || d[0].Value != value || d[1].Value != "" {
		t.Error(a.text)
	} else if at, err := time.Parse(time.RFC3339, d[0].Expiration); err != nil || time.Until(at) > time.Hour || time.Until(at) < 59*time.Minute {
		t.Error(at, err)
	}
	if a := ok(v, "EdgeKVList", tencentIn.with(tencentArgs{"Prefix": "he", "Limit": 10})); len(a.response.Keys) != 1 {
		t.Error(a.text)
	}
	ok(v, "ModifyEdgeKVNamespace", tencentIn.with(tencentArgs{"Remark": "new"}))
	filters := []tencentArgs{{"Name": "namespace", "Values": []string{"ns"}, "Fuzzy": false}}
	if a := ok(v, "DescribeEdgeKVNamespaces", tencentArgs{"ZoneId": emulator.TencentZoneID, "Filters": filters}); a.response.TotalCount != 1 || a.response.KVNamespaces[0].Remark != "new" {
		t.Error(a.text)
	}
	ok(v, "EdgeKVDelete", tencentIn.with(tencentArgs{"Keys": []string{"hello"}}))
	ok(v, "DeleteEdgeKVNamespace", tencentIn)
	if a := v.call("EdgeKVGet", tencentIn.with(tencentArgs{"Keys": []string{"hello"}})); a.code != tencentNoNamespace {
		t.Error(a.code)
	}

	list := tencentArgs{"ZoneId": emulator.TencentZoneID}
	ok(newVendorTencent(t, em, good, func(p *profile.ClientProfile) { p.HttpProfile.Endpoint += "/" }), "DescribeEdgeKVNamespaces", list)
	for want, credential := range map[string]common.CredentialIface{
		"AuthFailure.SignatureFailure": common.NewCredential(emulator.TencentSecretID, "wrong"),
		"AuthFailure.SecretIdNotFound": common.NewCredential("AKIDwrong", emulator.TencentSecretKey),
		"AuthFailure.InvalidSecretId":  common.NewCredential("", ""),
		"AuthFailure.TokenFailure":     common.NewTokenCredential(emulator.TencentSecretID, emulator.TencentSecretKey, "token"),
	} {
		if a := newVendorTencent(t, em, credential, nil).call("DescribeEdgeKVNamespaces", list); a.code != want {
			t.Errorf("want %s, got %s", want, a.code)
		}
	}
	em.Inject(emulator.Fault{HTML: true, Times: 1})
	if a := v.call("DescribeEdgeKVNamespaces", list); a.code != "ClientError.ParseJsonError" {
		t.Error(a.code)
	}
}

// The vendor's client takes another way to sign where it is told not to sign bodies, and waits where it is throttled.
func TestTencentVendorSDKProfiles(t *testing.T) {
	em := emulator.NewTencent(emulator.WithTencent(emulator.TencentSettings{Token: "sts"}))
	defer em.Close()
	credential := common.NewTokenCredential(emulator.TencentSecretID, emulator.TencentSecretKey, "sts")
	list := tencentArgs{"ZoneId": emulator.TencentZoneID}
	v := newVendorTencent(t, em, credential, func(p *profile.ClientProfile) { p.UnsignedPayload = true })
	if a := v.call("DescribeEdgeKVNamespaces", list); a.code != "" {
		t.Error(a.code)
	}
	if r := em.Requests(); r[0].Header.Get("X-TC-Content-SHA256") != "UNSIGNED-PAYLOAD" {
		t.Error(r[0].Header)
	}
	em.Inject(emulator.Fault{Code: "RequestLimitExceeded", Times: 1})
	v = newVendorTencent(t, em, credential, func(p *profile.ClientProfile) {
		p.RateLimitExceededMaxRetries = 1
		p.RateLimitExceededRetryDuration = profile.ConstantDurationFunc(time.Millisecond)
	})
	if a := v.call("DescribeEdgeKVNamespaces", list); a.code != "" || len(em.Requests()) != 3 {
		t.Error(a.code, len(em.Requests()))
	}
	v = newVendorTencent(t, em, credential, func(p *profile.ClientProfile) { p.HttpProfile.ReqMethod = "GET" })
	if a := v.call("DescribeEdgeKVNamespaces", list); a.code != "UnsupportedProtocol" {
		t.Error(a.code)
	}
}
