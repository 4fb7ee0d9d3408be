package guance_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
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

// golden opens the service on a server that knows one exchange of a page of the vendor's, and wants just that.
func golden(t *testing.T, file string) driver.Service {
	t.Helper()
	server := replay.Server(t, file, replay.RequireAll(), replay.NoOtherHeaders(), replay.MatchHeaders("DF-API-KEY"))
	api := "open"
	if strings.HasPrefix(filepath.Base(file), "external") {
		api = "external"
	}
	return openService(t, entryOf(api, server.URL), providers.Host{})
}

const day = 24 * time.Hour

// summary is what of a workspace is compared: its vendor's object is another test's.
func summary(i driver.Info) driver.Info {
	i.Vendor = nil
	return i
}

func failed(t *testing.T, err error) []any {
	e := typed(t, err)
	return []any{e.Code, e.VendorCode, e.RequestID, e.HTTPStatus, e.Outcome, e.Retry}
}

// made is the workspace of the page Workspace - Create.
func made() driver.Info {
	return driver.Info{
		ID: "wksp_xxxx32", Name: "ws_create_test", Description: "test", Status: "0", BillingState: "free", Version: "free",
		CreatedAt: time.Date(2023, 1, 4, 3, 17, 46, 0, time.UTC), UpdatedAt: time.Date(2023, 1, 4, 3, 17, 46, 0, time.UTC),
		Retention: map[string]time.Duration{"apm": 7 * day, "backup_log": 7 * day, "keyevent": 7 * day, "logging": 7 * day, "network": day, "rp": 7 * day},
	}
}

func madeResponse(tokens map[string]secret.String) *driver.CreateResponse {
	info := made()
	info.Owner, info.Secrets = driver.Account{ID: "acnt_xxxxxxxxxx", Name: "Test"}, tokens
	return &driver.CreateResponse{Workspace: info, APIKey: &driver.APIKey{ID: "wsak_xxxxxx", Name: "test_ak", Secret: secret.New("xxxxxxxxxxx")}}
}

type goldenCase struct {
	do   func(context.Context, *testing.T, driver.Service) (any, error)
	want any
}

func goldenCases() map[string]goldenCase {
	tokens := map[string]secret.String{"token": secret.New("tkn_xxxxx"), "cliToken": secret.New("wkcli_xxxxx")}
	create := func(ctx context.Context, _ *testing.T, s driver.Service) (any, error) {
		res, err := s.(driver.Creator).Create(ctx, &driver.CreateRequest{Name: "ws_create_test", Description: "test", APIKeyName: "test_ak"})
		if err == nil {
			res.Workspace = summary(res.Workspace)
		}
		return res, err
	}
	get := func(ctx context.Context, _ *testing.T, s driver.Service) (any, error) {
		res, err := s.Get(ctx, &driver.GetRequest{})
		if err != nil {
			return nil, err
		}
		return summary(res.Workspace), nil
	}
	fails := func(ctx context.Context, t *testing.T, s driver.Service) (any, error) {
		_, err := s.Get(ctx, &driver.GetRequest{})
		return failed(t, err), nil
	}
	return map[string]goldenCase{
		"create":       {create, madeResponse(nil)},
		"create-older": {create, madeResponse(tokens)},
		"get-older": {get, driver.Info{
			ID: "wksp_xxxxx", Name: "开发测试一起用", Description: "m修改修改hhhhh", Status: "0", BillingState: "normal", Version: "pay",
			CreatedAt: time.Date(2021, 2, 7, 11, 25, 28, 0, time.UTC), UpdatedAt: time.Date(2022, 1, 19, 3, 15, 4, 0, time.UTC),
			Retention: map[string]time.Duration{"backup_log": 180 * day, "keyevent": 14 * day, "logging": 14 * day, "network": 2 * day, "rp": 30 * day, "rum": 7 * day, "security": 90 * day, "tracing": 7 * day},
		}},
		"get": {get, driver.Info{
			ID: "wksp_xxxxx", Name: "【Doris】开发测试一起用_", Description: "请勿做数据删除操作", Status: "0", BillingState: "normal", Version: "pay", Language: "en",
			CreatedAt: time.Date(2023, 9, 20, 3, 17, 56, 0, time.UTC), UpdatedAt: time.Date(2024, 8, 21, 12, 51, 47, 0, time.UTC),
			Retention: map[string]time.Duration{"backup_log": 180 * day, "keyevent": 14 * day, "logging": 30 * day, "network": 2 * day, "profiling": 7 * day, "rp": 7 * day, "rum": 3 * day, "security": 180 * day, "tracing": 3 * day},
			Secrets:   tokens,
		}},
		"modify": {func(ctx context.Context, _ *testing.T, s driver.Service) (any, error) {
			return s.(driver.Updater).Update(ctx, &driver.UpdateRequest{Name: name("ws_test"), Description: name("test")})
		}, &driver.UpdateResponse{}},
		"key-add": {func(ctx context.Context, _ *testing.T, s driver.Service) (any, error) {
			return s.(driver.APIKeyCreator).CreateAPIKey(ctx, &driver.CreateAPIKeyRequest{Name: "88"})
		}, &driver.CreateAPIKeyResponse{APIKey: driver.APIKey{
			ID: "wsak_xxx", Name: "88", Secret: secret.New("xxx"), Creator: "xxxx", CreatedAt: time.Date(2023, 3, 5, 13, 51, 59, 0, time.UTC)}}},
		"key-list": {func(ctx context.Context, _ *testing.T, s driver.Service) (any, error) {
			return s.(driver.APIKeyLister).APIKeys(ctx, &driver.APIKeysRequest{})
		}, &driver.APIKeysResponse{APIKeys: []driver.APIKey{{
			ID: "wsak_xxxxx", Name: "test", Secret: secret.New("xxx"), Creator: "acnt_xxxx32", CreatedAt: time.Date(2023, 3, 3, 1, 58, 38, 0, time.UTC)}}}},
		"key-delete": {func(ctx context.Context, _ *testing.T, s driver.Service) (any, error) {
			return s.(driver.APIKeyDeleter).DeleteAPIKey(ctx, &driver.DeleteAPIKeyRequest{KeyID: "wsak_xxxxx"})
		}, &driver.DeleteAPIKeyResponse{}},
		"throttled": {fails, []any{errs.RateLimited, "ft.TriggerApiAkCurrentLimiting", "TRACE-00000000-0000-0000-0000-000000000002", 401, errs.NotApplied, errs.Temporary}},
		"bad-key":   {fails, []any{errs.Unauthenticated, "ft.InvalidAPIKey", "TRACE-00000000-0000-0000-0000-000000000003", 403, errs.NotApplied, errs.Permanent}},
		"external-list": {func(ctx context.Context, _ *testing.T, s driver.Service) (any, error) {
			res, err := s.(driver.Lister).List(ctx, &driver.ListRequest{})
			if err == nil {
				res.Workspaces[0] = summary(res.Workspaces[0])
			}
			return res, err
		}, &driver.ListResponse{Workspaces: []driver.Info{made()}}},
		"external-create": {func(ctx context.Context, _ *testing.T, s driver.Service) (any, error) {
			res, err := s.(driver.Creator).Create(ctx, &driver.CreateRequest{Name: "ws_create_test", Language: "en", Options: map[string]string{"owner_uuid": "acnt_xxxxxxxxxx"}})
			if err == nil {
				res.Workspace = summary(res.Workspace)
			}
			return res, err
		}, &driver.CreateResponse{Workspace: made()}},
		"external-delete": {func(ctx context.Context, _ *testing.T, s driver.Service) (any, error) {
			return s.(driver.Deleter).Delete(ctx, &driver.DeleteRequest{ID: "wksp_xxxx32"})
		}, &driver.DeleteResponse{}},
		"external-usage-limit": {func(ctx context.Context, _ *testing.T, s driver.Service) (any, error) {
			return s.(driver.UsageLimiter).SetUsageLimits(ctx, &driver.SetUsageLimitsRequest{WorkspaceID: "wksp_xxxx32",
				Limits: map[string]driver.UsageLimit{"logging": {Enabled: true, Value: "1000000"}}})
		}, &driver.SetUsageLimitsResponse{}},
		"external-transfer": {func(ctx context.Context, _ *testing.T, s driver.Service) (any, error) {
			return s.(driver.OwnerTransferrer).TransferOwner(ctx, &driver.TransferOwnerRequest{WorkspaceID: "wksp_xxxx32", AccountID: "acnt_xxxxxxxxxx"})
		}, &driver.TransferOwnerResponse{}},
		"external-key-add": {func(ctx context.Context, _ *testing.T, s driver.Service) (any, error) {
			return s.(driver.APIKeyCreator).CreateAPIKey(ctx, &driver.CreateAPIKeyRequest{WorkspaceID: "wksp_xxxx32", Name: "88", Roles: []string{"readOnly"}})
		}, &driver.CreateAPIKeyResponse{APIKey: driver.APIKey{
			ID: "wsak_xxx", Name: "88", Secret: secret.New("xxx"), Creator: "external", CreatedAt: time.Date(2023, 3, 5, 13, 51, 59, 0, time.UTC)}}},
	}
}

func goldenFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/workspace/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	return files
}

func TestGolden(t *testing.T) {
	all := goldenCases()
	for _, file := range goldenFiles(t) {
		base := strings.TrimSuffix(filepath.Base(file), ".txt")
		c, known := all[base]
		if !known {
			t.Errorf("nothing replays %s", file)
			continue
		}
		delete(all, base)
		t.Run(base, func(t *testing.T) {
			got, err := c.do(t.Context(), t, golden(t, file))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				a, _ := json.Marshal(got)
				b, _ := json.Marshal(c.want)
				t.Errorf("got  %s\nwant %s", a, b)
			}
		})
	}
	for left := range all {
		t.Errorf("there is no file %s", left)
	}
}

// The requests of the pages, sent to the emulator. What is made up by either side, or is of one workspace at one time, is
// not compared.
func TestGoldenOnEmulator(t *testing.T) {
	ids := "uuid keyId id dbUUID esInstanceUUID exterId creator updator accountInfo accountUUID workspaceUUID tenantId traceId token cliToken rumDataWayToken sk keySk message"
	for _, file := range goldenFiles(t) {
		base := strings.TrimSuffix(filepath.Base(file), ".txt")
		if notPlayed[base] != "" {
			continue
		}
		t.Run(base, func(t *testing.T) {
			at := time.Unix(1672802266, 0)
			em := emulator.NewGuance(emulator.WithClock(func() time.Time { return at }))
			t.Cleanup(em.Close)
			signs := signing{em, base, prepare(t, em, base), at}
			replay.Check(t, file, replay.Upstream(em.URL()), replay.Transport(signs), replay.IgnoreFields(append(strings.Fields(ids), unlike[base]...)...))
		})
	}
}

// notPlayed says why a page is not asked of the emulator.
var notPlayed = map[string]string{
	"throttled":    "presumes 20 requests before",
	"create-older": "older replies are an option of the emulator",
}

// unlike are fields that are another workspace's or key's in a sample, or that no page shows.
var unlike = map[string][]string{
	"create":    {"name", "email"}, // the owner's
	"get":       {"content"},
	"get-older": {"content"},
	"modify":    {"content"},
	"key-add":   {"createAt", "updateAt", "roles"},
	"key-list":  {"content"},

	"external-list":        {"content"},
	"external-create":      {"desc"},
	"external-delete":      {"content"},
	"external-usage-limit": {"content"},
	"external-transfer":    {"content"},
	"external-key-add":     {"createAt", "updateAt", "roles"},
}

// state are the ids that stand for those of a page.
type state map[string]string

// prepare makes what a page presumes.
func prepare(t *testing.T, em *emulator.Guance, base string) state {
	t.Helper()
	s := state{"acnt_xxxxxxxxxx": emulator.GuanceAccount, "wksp_xxxx32": em.WorkspaceUUID()}
	if base == "key-delete" {
		svc := openService(t, em.Provider(), providers.Host{})
		res, err := svc.(driver.APIKeyCreator).CreateAPIKey(t.Context(), &driver.CreateAPIKeyRequest{Name: "test"})
		if err != nil {
			t.Fatal(err)
		}
		s["wsak_xxxxx"] = res.APIKey.ID
	}
	return s
}

// signing sends a request of a page with the emulator's ids and credentials. It signs by itself, after the page.
type signing struct {
	em    *emulator.Guance
	base  string
	state state
	at    time.Time
}

func (s signing) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	for page, ours := range s.state {
		body = bytes.ReplaceAll(body, []byte(page), []byte(ours))
		r.URL.Path = strings.ReplaceAll(r.URL.Path, page, ours)
	}
	header := http.Header{"Content-Type": r.Header["Content-Type"]}
	switch {
	case strings.HasPrefix(s.base, "external"):
		maps.Copy(header, signedByHand(r.Method, r.URL.RequestURI(), string(body), "nonce-1", s.at, emulator.GuanceAccessKey, emulator.GuanceSecretKey))
	case s.base == "bad-key":
		header.Set("DF-API-KEY", "another")
	default:
		header.Set("DF-API-KEY", emulator.GuanceAPIKey)
	}
	out, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out.Header = header
	return http.DefaultTransport.RoundTrip(out)
}

// signedByHand follows the page external-api by other means than the driver.
func signedByHand(method, path, body, nonce string, at time.Time, access, key string) http.Header {
	text := fmt.Sprintf("%s %s %s %d %s", method, nonce, path, at.Unix(), body)
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = io.WriteString(mac, text)
	h := http.Header{}
	for name, value := range map[string]string{
		"X-Df-Access-Key": access, "X-Df-Timestamp": fmt.Sprint(at.Unix()), "X-Df-SVersion": "v20240417", "X-Df-Nonce": nonce,
		"X-Df-Signature": hex.EncodeToString(mac.Sum(nil)),
	} {
		h.Set(name, value)
	}
	return h
}
