package emulator_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// alibabaSDK is the vendor's own client (signature version 1), as programs of today have it.
type alibabaSDK struct {
	t      *testing.T
	em     *emulator.Alibaba
	client *sdk.Client
}

func (c *alibabaSDK) call(method, action string, query, form map[string]string) (map[string]any, error) {
	c.t.Helper()
	req := requests.NewCommonRequest()
	req.Method, req.Scheme, req.Domain = method, "http", strings.TrimPrefix(c.em.URL(), "http://")
	req.Version, req.ApiName = "2024-09-10", action
	if action == "AuthorizeFileUpload" {
		req.Version = "2019-12-19"
	}
	maps.Copy(req.QueryParams, query)
	maps.Copy(req.FormParams, form)
	resp, err := c.client.ProcessCommonRequest(req)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	if err := json.Unmarshal(resp.GetHttpContentBytes(), &fields); err != nil {
		c.t.Fatal(err)
	}
	return fields, nil
}

func (c *alibabaSDK) ok(method, action string, query, form map[string]string) map[string]any {
	c.t.Helper()
	fields, err := c.call(method, action, query, form)
	if err != nil || fields["RequestId"] == "" {
		c.t.Fatal(action, fields, err)
	}
	return fields
}

func (c *alibabaSDK) fails(err error, status int, code string) {
	c.t.Helper()
	var server *sdkerrors.ServerError
	if !errors.As(err, &server) || server.HttpStatus() != status || server.ErrorCode() != code || server.RequestId() == "" || server.HostId() == "" {
		c.t.Fatal(err)
	}
}

func newAlibabaSDK(t *testing.T, em *emulator.Alibaba, credential auth.Credential) *alibabaSDK {
	client, err := sdk.NewClientWithOptions(em.Region(), sdk.NewConfig(), credential)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return &alibabaSDK{t: t, em: em, client: client}
}

func TestAlibabaSDK(t *testing.T) {
	em := emulator.NewAlibaba()
	defer em.Close()
	ns := func(more ...string) map[string]string {
		p := map[string]string{"Namespace": "test_namespace"}
		for i := 0; i < len(more); i += 2 {
			p[more[i]] = more[i+1]
		}
		return p
	}
	c := newAlibabaSDK(t, em, credentials.NewAccessKeyCredential(em.AccessKeyID(), em.AccessKeySecret()))
	c.ok("POST", "CreateKvNamespace", nil, ns("Description", "this is a test namespace."))
	_, err := c.call("POST", "CreateKvNamespace", nil, ns())
	c.fails(err, 406, "InvalidNameSpace.Duplicate")
	const key, value = "k:~*+é%", "hello world/+=&\n世界"
	put := c.ok("POST", "PutKv", ns("Key", key, "ExpirationTtl", "3600"), map[string]string{"Value": value})
	if put["Value"] != value || put["Length"] != "22" {
		t.Fatal(put)
	}
	if got := c.ok("GET", "GetKv", ns("Key", key), nil); got["Value"] != value {
		t.Fatal(got)
	}
	if got := c.ok("POST", "GetKvDetail", ns("Key", key), nil); got["Value"] != value || got["ExpirationTtl"] != "3600" && got["ExpirationTtl"] != "3599" {
		t.Fatal(got)
	}
	batch := c.ok("POST", "BatchPutKv", ns(), map[string]string{"KvList": `[{"Key":"a","Value":"1"},{"Key":"/","Value":"1"}]`})
	if batch["SuccessKeys"].([]any)[0] != "a" || batch["FailKeys"].([]any)[0] != "/" {
		t.Fatal(batch)
	}
	if list := c.ok("GET", "ListKvs", ns("PageSize", "100", "Prefix", "k"), nil); list["TotalCount"] != 1.0 {
		t.Fatal(list)
	}
	c.ok("GET", "DeleteKv", ns("Key", key), nil)
	_, err = c.call("GET", "GetKv", ns("Key", key), nil)
	c.fails(err, 404, "InvalidKey.NotFound")
	c.ok("POST", "BatchDeleteKv", ns(), map[string]string{"Keys": `["a"]`})
	for _, action := range []string{"GetKvAccount", "DescribeKvAccountStatus", "GetKvNamespace"} {
		if got := c.ok("GET", action, ns(), nil); got["Status"] != "online" {
			t.Fatal(got)
		}
	}
	// The upload, as the vendor's newer packages make it, with plain connections.
	grant := c.ok("GET", "AuthorizeFileUpload", map[string]string{"Product": "ESA", "RegionId": "cn-hangzhou"}, nil)
	text := func(name string) string { return grant[name].(string) }
	base := "http://" + text("Bucket") + "." + text("Endpoint")
	caller := &alibabaCaller{nonces: new(atomic.Int64), t: t, http: http.DefaultClient}
	if status, body := caller.post(alibabaUpload{target: base, content: `{"Namespace":"test_namespace","Key":"big","Value":"v"}`, fields: [][2]string{
		{"OSSAccessKeyId", text("AccessKeyId")}, {"policy", text("EncodedPolicy")}, {"Signature", text("Signature")}, {"key", text("ObjectKey")},
		{"success_action_status", "201"},
	}}); status != 201 {
		t.Fatal(status, body)
	}
	c.ok("POST", "PutKvWithHighCapacity", ns("Key", "big", "Url", base+"/"+text("ObjectKey")), nil)
	em.Inject(emulator.Fault{Code: "Throttling.User", Times: 1})
	_, err = c.call("GET", "GetKv", ns("Key", key), nil)
	c.fails(err, 400, "Throttling.User")
	c.ok("POST", "DeleteKvNamespace", ns(), nil)

	wrong := newAlibabaSDK(t, em, credentials.NewAccessKeyCredential(em.AccessKeyID(), "wrong"))
	_, err = wrong.call("GET", "GetKvAccount", nil, nil)
	if err == nil || !strings.Contains(err.Error(), "SignatureDoesNotMatch") {
		t.Fatalf("%T %v", err, err)
	}
	id, secret, token := em.IssueSTS(1 << 40)
	newAlibabaSDK(t, em, credentials.NewStsTokenCredential(id, secret, token)).ok("GET", "GetKvAccount", nil, nil)
}
