package faultmatrix_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	alibabacredentials "github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	alibabaerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	alibabakms "github.com/aliyun/alibaba-cloud-sdk-go/services/kms"
	cloudflarekv "github.com/cloudflare/cloudflare-go/v7/kv"
	"github.com/cloudflare/cloudflare-go/v7/option"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	huaweiconfig "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	huaweikms "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kms/v2"
	huaweimodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kms/v2/model"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	tencentkms "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/kms/v20190118"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// What the calls of this table are made with. The address is of no network.
const (
	cloudURL    = "http://127.8.8.8:1"
	cloudHost   = "127.8.8.8:1"
	accessKey   = "access-key-id-5e1d"
	secretKey   = "canary-secret-key-5e1d"
	keyOfAll    = "0d000000-0000-4000-8000-000000000001"
	theDeadline = 300 * time.Millisecond
)

// client is a way to make one call: ours, or the vendor's own.
type client struct {
	vendor, name string
	script       script
	// open returns the call. One without a context ignores it.
	open    func(t *testing.T, dial dialFunc) func(context.Context) error
	context bool
	status  func(error) (int, bool) // from the vendor's type of errors
}

// ours opens a client of this library and makes one call of it.
func ours(vendor string, s script, entry map[string]string, call func(*testing.T, *crosscloud.Client) func(context.Context) error) client {
	return client{vendor: vendor, name: "crosscloud", script: s, context: true, open: func(t *testing.T, dial dialFunc) func(context.Context) error {
		c, err := crosscloud.Open(t.Context(), crosscloud.WithProvider("cloud", crosscloud.Entry(entry)), crosscloud.WithDialContext(dial),
			crosscloud.WithPolicy(policy.Policy{Limiters: &ratelimit.Pool{}}), // of its own: each call has an end of its own
			crosscloud.WithLookupEnv(func(string) (string, bool) { return "", false }))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return call(t, c)
	}}
}

func encrypt(t *testing.T, c *crosscloud.Client) func(context.Context) error {
	s, err := c.KMSService(t.Context(), "cloud")
	if err != nil {
		t.Fatal(err)
	}
	key, err := s.Key(t.Context(), keyOfAll)
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) error {
		_, err := key.Encrypt(ctx, []byte(secretText))
		return err
	}
}

// listKeys lists the keys of a namespace.
func listKeys(t *testing.T, c *crosscloud.Client) func(context.Context) error {
	s, err := c.KVService(t.Context(), "cloud")
	if err != nil {
		t.Fatal(err)
	}
	ns, err := s.Namespace(t.Context(), "flags", kv.WithID(strings.Repeat("0a", 16)))
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) error {
		for _, err := range ns.Keys(ctx) {
			return err
		}
		return nil
	}
}

// clients returns ours and the vendor's own, for each vendor.
func clients() []client {
	return []client{
		ours("Tencent", tencentScript(), map[string]string{"driver": "tencent", "kms_endpoint": cloudURL, "region": "ap-guangzhou", "secret_id": accessKey, "secret_key": secretKey}, encrypt),
		{"Tencent", "tencentcloud-sdk-go", tencentScript(), tencentClient, true, nil},
		ours("Huawei", huaweiScript(), map[string]string{"driver": "huawei", "endpoint": cloudURL, "region": "cn-north-4", "project_id": strings.Repeat("0a", 16),
			"access_key": accessKey, "secret_key": secretKey}, encrypt),
		{"Huawei", "huaweicloud-sdk-go-v3", huaweiScript(), huaweiClient, false, func(err error) (int, bool) {
			e, ok := errors.AsType[*sdkerr.ServiceResponseError](err)
			if !ok {
				return 0, false
			}
			return e.StatusCode, true
		}},
		ours("Alibaba", alibabaScript(), map[string]string{"driver": "alibaba", "kms_endpoint": cloudURL, "region": "cn-hangzhou", "access_key_id": accessKey, "access_key_secret": secretKey}, encrypt),
		{"Alibaba", "alibaba-cloud-sdk-go", alibabaScript(), alibabaClient, false, func(err error) (int, bool) {
			e, ok := errors.AsType[*alibabaerrors.ServerError](err)
			if !ok {
				return 0, false
			}
			return e.HttpStatus(), true
		}},
		ours("Cloudflare", cloudflareScript(), map[string]string{"driver": "cloudflare", "endpoint": cloudURL, "account_id": strings.Repeat("0a", 16), "api_token": secretKey}, listKeys),
		{"Cloudflare", "cloudflare-go", cloudflareScript(), cloudflareClient, true, func(err error) (int, bool) {
			v := reflect.ValueOf(err) // its package of errors cannot be imported without all of the client
			if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct || !v.Elem().FieldByName("StatusCode").IsValid() {
				return 0, false
			}
			return int(v.Elem().FieldByName("StatusCode").Int()), true
		}},
	}
}

func tencentClient(t *testing.T, dial dialFunc) func(context.Context) error {
	p := profile.NewClientProfile()
	p.HttpProfile.Scheme, p.HttpProfile.Endpoint = "HTTP", cloudHost
	c, err := tencentkms.NewClient(common.NewCredential(accessKey, secretKey), "ap-guangzhou", p)
	if err != nil {
		t.Fatal(err)
	}
	c.WithHttpTransport(&http.Transport{DialContext: dial})
	return func(ctx context.Context) error {
		request := tencentkms.NewEncryptRequest()
		request.KeyId, request.Plaintext = common.StringPtr(keyOfAll), common.StringPtr("cGxhaW4=")
		_, err := c.EncryptWithContext(ctx, request)
		return err
	}
}

func huaweiClient(t *testing.T, dial dialFunc) func(context.Context) error {
	credential, err := basic.NewCredentialsBuilder().WithAk(accessKey).WithSk(secretKey).WithProjectId(strings.Repeat("0a", 16)).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	// Without a user agent of our own it keeps a file in the home directory.
	config := huaweiconfig.DefaultHttpConfig().WithUserAgent("test").WithHttpTransport(&http.Transport{DialContext: dial})
	var builder *core.HcHttpClientBuilder = huaweikms.KmsClientBuilder().WithEndpoint(cloudURL).WithHttpConfig(config).WithCredential(credential)
	hc, err := builder.SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	c := huaweikms.NewKmsClient(hc)
	return func(context.Context) error {
		_, err := c.EncryptData(&huaweimodel.EncryptDataRequest{Body: &huaweimodel.EncryptDataRequestBody{KeyId: keyOfAll, PlainText: "plain"}})
		return err
	}
}

func alibabaClient(t *testing.T, dial dialFunc) func(context.Context) error {
	c, err := alibabakms.NewClientWithOptions("cn-hangzhou", sdk.NewConfig().WithScheme("HTTP"), alibabacredentials.NewAccessKeyCredential(accessKey, secretKey))
	if err != nil {
		t.Fatal(err)
	}
	// As it is: of a plain *http.Transport the client replaces DialContext.
	c.SetTransport(struct{ http.RoundTripper }{&http.Transport{DialContext: dial}})
	c.Domain = cloudHost
	return func(context.Context) error {
		request := alibabakms.CreateEncryptRequest()
		request.KeyId, request.Plaintext = keyOfAll, "cGxhaW4="
		_, err := c.Encrypt(request)
		return err
	}
}

func cloudflareClient(_ *testing.T, dial dialFunc) func(context.Context) error {
	service := cloudflarekv.NewNamespaceKeyService(option.WithAPIToken(secretKey), option.WithBaseURL(cloudURL+"/"),
		option.WithHTTPClient(&http.Client{Transport: &http.Transport{DialContext: dial}}))
	return func(ctx context.Context) error {
		params := cloudflarekv.NamespaceKeyListParams{}
		params.AccountID.Value, params.AccountID.Present = strings.Repeat("0a", 16), true
		_, err := service.List(ctx, strings.Repeat("0a", 16), params)
		return err
	}
}

// sharedFault is a fault of the table, and how our calls end with it.
type sharedFault struct {
	name     string
	deadline time.Duration
	send     func(net.Conn, *reply, script) bool
	ours     string
}

func sharedFaults(release <-chan struct{}) []sharedFault {
	bare := func(c net.Conn, _ *reply, s script) bool { return plain(200, s.bare, jsonType)(c, nil, s) }
	hang := func(net.Conn, *reply, script) bool { <-release; return false }
	const attempts = ", 4 requests"
	return []sharedFault{
		{"the server hangs, the caller has 300 ms", theDeadline, hang, "`DeadlineExceeded`"},
		{"200 with `{}`", 0, plain(200, "{}", jsonType), "`Corrupt`"},
		{"200 without the needed field", 0, bare, "`Corrupt`"},
		{"502 with HTML", 0, plain(502, page, html), "`Unavailable`, status 502" + attempts},
		{"429 with Retry-After: 7", 0, plain(429, "", "Retry-After: 7"), "`RateLimited`, status 429" + attempts + " after the pauses asked for"},
		{"reset in the reply's header", 0, say("HTTP/1.1 200 OK\r\nContent-Le"), "`Unavailable`" + attempts},
		{"reply cut in its body", 0, say("HTTP/1.1 200 OK\r\n" + jsonType + "\r\nContent-Length: 100\r\n\r\n{\""), "`Unavailable`" + attempts},
	}
}

const jsonType = "Content-Type: application/json"

// TestVendorClients writes the table of the vendors' clients, and checks what it says of ours. What it says of theirs
// holds for the versions in go.mod.
func TestVendorClients(t *testing.T) {
	var b strings.Builder
	b.WriteString("| fault | crosscloud, all four drivers")
	for _, c := range clients() {
		if !c.ours() {
			fmt.Fprintf(&b, " | %s: %s", c.vendor, c.name)
		}
	}
	b.WriteString(" |\n|---|---|---|---|---|---|\n")
	for i, f := range sharedFaults(nil) {
		fmt.Fprintf(&b, "| %s | %s", f.name, f.ours)
		for _, c := range clients() {
			var cell string
			synctest.Test(t, func(t *testing.T) { cell = tryClient(t, &c, i) })
			switch {
			case !c.ours():
				fmt.Fprintf(&b, " | %s", cell)
			case cell != f.ours:
				t.Errorf("%s, %s: %s, want %s", c.vendor, f.name, cell, f.ours)
			}
		}
		b.WriteString(" |\n")
	}
	checkDocument(t, "vendors", b.String())
}

func (c *client) ours() bool { return c.name == "crosscloud" }

// tryClient makes the call of a client under one of the shared faults, and tells how it ended.
func tryClient(t *testing.T, c *client, which int) string {
	release := make(chan struct{})
	f := sharedFaults(release)[which]
	var requests atomic.Int64
	dial := func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			req, err := readRequest(bufio.NewReader(server))
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, req.body); err != nil {
				return
			}
			requests.Add(1)
			_ = f.send(server, &reply{status: 200}, c.script)
		}()
		return client, nil
	}
	call := c.open(t, dial)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if f.deadline > 0 {
		ctx, cancel = context.WithTimeout(ctx, f.deadline)
		defer cancel()
	}
	began, ended := time.Now(), make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				ended <- fmt.Errorf("panic: %v", v)
			}
		}()
		ended <- call(ctx)
	}()
	if f.deadline > 0 {
		time.Sleep(f.deadline + time.Second) // virtual
		synctest.Wait()
		returned := len(ended) > 0
		close(release)
		if err := <-ended; returned {
			return tell(c, &f, err, requests.Load(), 0)
		}
		if !c.context {
			return "does not return; the method takes no context"
		}
		return "does not return"
	}
	err := <-ended
	return tell(c, &f, err, requests.Load(), time.Since(began))
}

// tell describes the end of a call.
func tell(c *client, f *sharedFault, err error, requests int64, took time.Duration) string {
	repeated := ""
	if requests > 1 {
		repeated = fmt.Sprintf(", %d requests", requests)
		if strings.HasPrefix(f.name, "429") && took >= 7*time.Second {
			repeated += " after the pauses asked for"
		}
	}
	if err == nil {
		return "**no error**" + repeated
	}
	if e, ok := errors.AsType[*errs.Error](err); ok && c.ours() {
		cell := "`" + string(e.Code) + "`"
		if e.HTTPStatus >= 400 {
			cell += fmt.Sprintf(", status %d", e.HTTPStatus)
		}
		return cell + repeated
	}
	text := fmt.Sprintf("%v %+v", err, err)
	var parts []string
	switch {
	case strings.HasPrefix(text, "panic"):
		parts = append(parts, "**panic**")
	case errors.Is(err, context.DeadlineExceeded) || strings.Contains(text, context.DeadlineExceeded.Error()):
		parts = append(parts, "deadline error")
	default:
		parts = append(parts, "error")
	}
	var number string
	for _, status := range []string{"502", "429"} {
		if strings.HasPrefix(f.name, status) {
			number = status
		}
	}
	if number != "" {
		typed := 0
		if c.status != nil {
			typed, _ = c.status(err)
		}
		switch {
		case fmt.Sprint(typed) == number:
			parts = append(parts, "status "+number)
		case strings.Contains(text, number):
			parts = append(parts, "the status in the text only")
		default:
			parts = append(parts, "**the status is lost**")
		}
	}
	if strings.Contains(text, accessKey) || strings.Contains(text, "Signature=") {
		parts = append(parts, "**its text shows the signed URL**")
	}
	if dump, ok := err.(interface{ DumpRequest(bool) []byte }); ok && strings.Contains(string(dump.DumpRequest(false)), secretKey) {
		parts = append(parts, "its request shows the token")
	}
	return strings.Join(parts, ", ") + repeated
}
