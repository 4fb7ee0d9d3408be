package alibaba

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/replay"
	"github.com/crosscloud-sdk/crosscloud/secret"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// goldenCMS opens the service on a server that knows one exchange, and wants just that.
func goldenCMS(t *testing.T, file string) driver.Service {
	t.Helper()
	server := replay.Server(t, file, replay.RequireAll(), replay.NoOtherHeaders(), replay.MatchHeaders("Host", "Cookie", "X-Acs-Accesskey-Id", "X-Acs-Security-Token"))
	return openCMS(t, map[string]string{
		"access_key_id": canaryID, "access_key_secret": canaryKey, "region": "cn-hangzhou", "cms_endpoint": "http://metrics.cn-hangzhou.aliyuncs.com", "allow_plaintext": "true",
	}, providers.Host{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", server.Listener.Addr().String())
	}})
}

const (
	spaceID     = "264C3E89-XXXX-XXXX-XXXX-CE9C2196C7DC" // of the requests
	spaceVendor = `{"createTime":"2025-03-06T08:00:00Z","description":"payments","displayName":"","lastModifyTime":"2025-03-06T08:00:00Z","regionId":"cn-hangzhou",` +
		`"resourceGroupId":"rg-acfm2xxxxxxxxxx","slsProject":"logs","tags":[],"workspaceName":"checkout-prod"}`
)

// told is a workspace with its vendor's object as a text without spaces.
func told(i driver.Info) any {
	vendor := strings.NewReplacer("\n", "", " ", "").Replace(string(i.Vendor))
	i.Vendor = nil
	return []any{i, vendor}
}

func TestGoldenCMS(t *testing.T) {
	at := time.Date(2025, 3, 6, 8, 0, 0, 0, time.UTC)
	plain := driver.Info{ID: "checkout-prod", Name: "checkout-prod", Description: "payments", CreatedAt: at, UpdatedAt: at}
	named := driver.Info{ID: "checkout-prod", Name: "Checkout", Description: "payments", CreatedAt: at.Add(250 * time.Millisecond), UpdatedAt: at.Add(24*time.Hour + 999*time.Millisecond)}
	namedVendor := strings.NewReplacer(`"displayName":""`, `"displayName":"Checkout"`, `"createTime":"2025-03-06T08:00:00Z"`, `"createTime":"2025-03-06T08:00:00.250Z"`,
		`"lastModifyTime":"2025-03-06T08:00:00Z"`, `"lastModifyTime":"2025-03-07T08:00:00.999Z"`, `"tags":[]`, `"tags":[{"key":"team","value":"pay"}]`).Replace(spaceVendor)
	get := func(ctx context.Context, s driver.Service) (any, error) {
		res, err := s.Get(ctx, &driver.GetRequest{ID: "checkout-prod"})
		if err != nil {
			return summary(err), nil
		}
		return told(res.Workspace), nil
	}
	list := func(cursor string) func(context.Context, driver.Service) (any, error) {
		return func(ctx context.Context, s driver.Service) (any, error) {
			res, err := s.(driver.Lister).List(ctx, &driver.ListRequest{Cursor: cursor})
			if err != nil {
				return nil, err
			}
			return []any{len(res.Workspaces), told(res.Workspaces[0]), res.Cursor}, nil
		}
	}
	all := map[string]struct {
		do   func(context.Context, driver.Service) (any, error)
		want any
	}{
		"put-workspace": {func(ctx context.Context, s driver.Service) (any, error) {
			return s.(driver.Creator).Create(ctx, &driver.CreateRequest{Name: "checkout-prod", Description: "payments",
				Options: map[string]string{"sls_project": "logs", "resource_group_id": "rg-acfm2xxxxxxxxxx"}})
		}, &driver.CreateResponse{Workspace: driver.Info{ID: "checkout-prod", Name: "checkout-prod", Description: "payments"}}},
		"get-workspace":              {get, []any{plain, spaceVendor}},
		"get-workspace-milliseconds": {get, []any{named, namedVendor}},
		"list-workspaces":            {list(""), []any{1, []any{plain, spaceVendor}, ""}},
		"list-workspaces-next":       {list("a+b/="), []any{1, []any{plain, spaceVendor}, "more"}},
		"delete-workspace": {func(ctx context.Context, s driver.Service) (any, error) {
			return s.(driver.Deleter).Delete(ctx, &driver.DeleteRequest{ID: "checkout-prod"})
		}, &driver.DeleteResponse{}},
		"not-found": {get, []any{errs.NotFound, "WorkspaceNotExist", spaceID, 404, errs.NotApplied, errs.Permanent}},
	}
	files, err := filepath.Glob("testdata/workspace/*.txt")
	if err != nil || len(files) != len(all) {
		t.Errorf("%d files, %d cases, %v", len(files), len(all), err)
	}
	for _, file := range files {
		base := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(base, func(t *testing.T) {
			got, err := all[base].do(t.Context(), goldenCMS(t, file))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, all[base].want) {
				t.Errorf("got  %+v\nwant %+v", got, all[base].want)
			}
		})
	}
}

// signingCMS signs the requests of the files.
type signingCMS struct {
	credential credential
	at         time.Time
}

func (s signingCMS) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	signed := acs3Request{method: r.Method, host: r.Host, path: r.URL.EscapedPath(), query: r.URL.RawQuery, action: r.Header.Get("X-Acs-Action"),
		version: r.Header.Get("X-Acs-Version"), contentType: r.Header.Get("Content-Type"), body: body, at: s.at, nonce: newNonce()}
	r.Header = signed.sign(s.credential)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultTransport.RoundTrip(r)
}

// The exchanges, asked of the emulator.
func TestGoldenCMSOnEmulator(t *testing.T) {
	at := time.Date(2025, 3, 6, 8, 0, 0, 0, time.UTC)
	notPlayed := map[string]string{"list-workspaces-next": "a token is the server's own", "get-workspace-milliseconds": "was changed, and tagged, which the driver cannot"}
	files, err := filepath.Glob("testdata/workspace/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		base := strings.TrimSuffix(filepath.Base(file), ".txt")
		if notPlayed[base] != "" {
			continue
		}
		t.Run(base, func(t *testing.T) {
			em := emulator.NewAlibabaCMS(emulator.WithClock(func() time.Time { return at }), emulator.WithRequestID(func() string { return spaceID }))
			t.Cleanup(em.Close)
			if base != "put-workspace" && base != "not-found" {
				svc := openCMS(t, em.Provider(), providers.Host{Now: func() time.Time { return at }})
				_, err := svc.(driver.Creator).Create(t.Context(), &driver.CreateRequest{Name: "checkout-prod", Description: "payments",
					Options: map[string]string{"sls_project": "logs", "resource_group_id": "rg-acfm2xxxxxxxxxx"}})
				if err != nil {
					t.Fatal(err)
				}
			}
			signs := signingCMS{credential{secret.New(em.AccessKeyID()), secret.New(em.AccessKeySecret()), secret.String{}}, at}
			replay.Check(t, file, replay.Upstream(em.URL()), replay.Transport(signs), replay.IgnoreFields("Message", "HostId"))
		})
	}
}
