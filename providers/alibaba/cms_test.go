package alibaba

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// Any region has workspaces; only what is said of Edge KV is bound to two.
func TestCMSEndpoints(t *testing.T) {
	keys := map[string]string{"access_key_id": "id", "access_key_secret": "key"}
	for name, c := range map[string]struct {
		entry map[string]string
		want  string // the endpoint, or what the refusal says
	}{
		"Hangzhou":     {map[string]string{"region": "cn-hangzhou"}, "https://metrics.cn-hangzhou.aliyuncs.com"},
		"Frankfurt":    {map[string]string{"region": "eu-central-1"}, "https://metrics.eu-central-1.aliyuncs.com"},
		"endpoint":     {map[string]string{"region": "cn-shanghai", "cms_endpoint": "cms.example.com"}, "https://cms.example.com"},
		"not Edge KV":  {map[string]string{"region": "cn-shanghai", "endpoint": "esa.example.com"}, "https://metrics.cn-shanghai.aliyuncs.com"},
		"plain":        {map[string]string{"region": "cn-shanghai", "cms_endpoint": "http://cms.example.com"}, "cms_endpoint"},
		"path":         {map[string]string{"region": "cn-shanghai", "cms_endpoint": "https://cms.example.com/a"}, "has a path"},
		"no region":    {nil, "region"},
		"another host": {map[string]string{"region": "x.example.com/"}, "written like cn-hangzhou"},
		"capitals":     {map[string]string{"region": "CN-HANGZHOU"}, "written like cn-hangzhou"},
	} {
		entry := maps.Clone(keys)
		maps.Copy(entry, c.entry)
		svc, err := drivertest.Workspaces(t, "alibaba", entry, providers.Host{})
		if err != nil {
			if errs.CodeOf(err) != errs.InvalidArgument || !strings.Contains(err.Error(), c.want) || strings.HasPrefix(c.want, "http") {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
			continue
		}
		if got := svc.(*workspaces).api.endpoint.String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestCMSDeclarations(t *testing.T) {
	entry := map[string]string{"access_key_id": "id", "access_key_secret": "key", "region": "cn-shanghai", "account_id": "1234"}
	svc := openCMS(t, entry, providers.Host{})
	if got := svc.Capabilities(); !reflect.DeepEqual(got, limits.Workspaces()) {
		t.Errorf("%+v", got)
	}
	entry["sls_project"] = "logs"
	if got := openCMS(t, entry, providers.Host{}).Capabilities(); got.Options[0].Name != "sls_project" || got.Options[0].Required || len(got.Options) != 2 {
		t.Errorf("%+v", got.Options)
	}
	classes := map[string]policy.Idempotency{actionGetSpace: policy.ReadOnly, actionPutSpace: policy.NonIdempotent, actionListSpace: policy.ReadOnly, actionDelSpace: policy.Idempotent}
	for _, row := range svc.Operations() {
		class, known := classes[row.Action]
		if b := row.Budgets[0]; !known || class != row.Idempotency || b.Endpoint != "metrics.cn-shanghai.aliyuncs.com" || b.Principal != "1234" || b.Action != row.Action || !b.Limits[0].Adaptive {
			t.Errorf("%+v", row)
		}
	}
	if len(svc.Operations()) != len(classes) {
		t.Errorf("%d rows", len(svc.Operations()))
	}
}

// What is sent for a creation, and what is refused before.
func TestCMSRequests(t *testing.T) {
	sent := ""
	serve := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent = r.Method + " " + r.RequestURI + " " + r.Header.Get("Content-Type") + " " + string(body)
		name, _ := strings.CutPrefix(r.URL.Path, "/workspace/")
		fmt.Fprintf(w, `{"requestId":"r","workspaceName":%q}`, name)
	}
	svc := servedCMS(t, serve)
	bare := svc.(*workspaces)
	bare = &workspaces{api: bare.api}
	for name, c := range map[string]struct {
		s    *workspaces
		r    driver.CreateRequest
		want string // or the error's code
	}{
		"least":          {svc.(*workspaces), driver.CreateRequest{Name: "n"}, `POST /workspace/n application/json {"slsProject":"logs"}`},
		"most":           {bare, driver.CreateRequest{Name: "a/b é+%", Description: "<d>", Options: map[string]string{"sls_project": "p", "resource_group_id": "rg"}}, `POST /workspace/a%2Fb%20%C3%A9%2B%25 application/json {"slsProject":"p","description":"<d>","resourceGroupId":"rg"}`},
		"other project":  {svc.(*workspaces), driver.CreateRequest{Name: "n", Options: map[string]string{"sls_project": "p"}}, `POST /workspace/n application/json {"slsProject":"p"}`},
		"no project":     {bare, driver.CreateRequest{Name: "n"}, "InvalidArgument sls_project"},
		"empty project":  {svc.(*workspaces), driver.CreateRequest{Name: "n", Options: map[string]string{"sls_project": ""}}, "InvalidArgument sls_project"},
		"unknown option": {bare, driver.CreateRequest{Name: "n", Options: map[string]string{"sls_project": "p", "x": "y"}}, "InvalidArgument not known"},
		"language":       {svc.(*workspaces), driver.CreateRequest{Name: "n", Language: "en"}, "Unsupported language"},
		"key":            {svc.(*workspaces), driver.CreateRequest{Name: "n", APIKeyName: "k"}, "Unsupported keys"},
		"dots":           {svc.(*workspaces), driver.CreateRequest{Name: ".."}, "InvalidArgument path"},
		"no name":        {svc.(*workspaces), driver.CreateRequest{}, "InvalidArgument empty"},
		"not text":       {svc.(*workspaces), driver.CreateRequest{Name: "\xff"}, "InvalidArgument UTF-8"},
		"description":    {svc.(*workspaces), driver.CreateRequest{Name: "n", Description: "\xff"}, "InvalidArgument UTF-8"},
	} {
		sent = ""
		_, err := c.s.Create(t.Context(), &c.r)
		if strings.HasPrefix(c.want, "POST") {
			if err != nil || sent != c.want {
				t.Errorf("%s: %v; sent %s", name, err, sent)
			}
			continue
		}
		code, part, _ := strings.Cut(c.want, " ")
		if string(errs.CodeOf(err)) != code || !strings.Contains(fmt.Sprint(err), part) || sent != "" {
			t.Errorf("%s: %v; sent %s", name, err, sent)
		}
	}
}

// The signature covers the path and query that are sent, also of those that take escaping.
func TestCMSSignature(t *testing.T) {
	var faults []string
	svc := servedCMS(t, func(w http.ResponseWriter, r *http.Request) {
		body := readAll(r)
		at, _ := time.Parse(time.RFC3339, r.Header.Get("X-Acs-Date"))
		path, query, _ := strings.Cut(r.RequestURI, "?")
		again := acs3Request{method: r.Method, host: r.Host, path: path, query: query, action: r.Header.Get("X-Acs-Action"), version: "2024-03-30",
			contentType: r.Header.Get("Content-Type"), body: body, at: at, nonce: r.Header.Get("X-Acs-Signature-Nonce")}
		if want := secondACS3(again, canaries); r.Header.Get("Authorization") != want || strings.Contains(r.RequestURI, canaryID) {
			faults = append(faults, r.Method+" "+r.RequestURI)
		}
		_, _ = io.WriteString(w, `{"requestId":"r","workspaceName":"a/b é+%","total":0}`)
	})
	for _, m := range cmsMethods {
		_ = m.send(t.Context(), svc)
	}
	_, _ = svc.Get(t.Context(), &driver.GetRequest{ID: "a/b é+%"})
	_, _ = svc.(driver.Lister).List(t.Context(), &driver.ListRequest{Cursor: "a+b/=&c"})
	if len(faults) > 0 {
		t.Error(faults)
	}
}

func TestCMSReplies(t *testing.T) {
	const whole = `"requestId":"r","workspaceName":"checkout"`
	for text, want := range map[string]string{
		`{` + whole + `}`: "",
		`{` + whole + `,"createTime":"2025-03-06T08:00:00Z"}`:                  "2025-03-06T08:00:00Z",
		`{` + whole + `,"createTime":"2025-03-06T08:00:00.123Z"}`:              "2025-03-06T08:00:00.123Z",
		`{` + whole + `,"createTime":"2025-03-06T16:00:00+08:00"}`:             "2025-03-06T08:00:00Z",
		`{` + whole + `,"createTime":"2025-03-06T08:00Z"}`:                     "2025-03-06T08:00:00Z",
		`{` + whole + `,"createTime":"","description":null,"tags":null}`:       "",
		`{` + whole + `,"createTime":null,"unknown":{"a":[9007199254740993]}}`: "",
		`{` + whole + `,"createTime":"yesterday"}`:                             "Corrupt",
		`{` + whole + `,"createTime":1741248000}`:                              "Corrupt",
		`{` + whole + `,"description":7}`:                                      "Corrupt",
		`{"requestId":"r"}`:                                                    "Corrupt",
		`{"requestId":"r","workspaceName":""}`:                                 "Corrupt",
		`{"requestId":"r","workspaceName":"\ud800"}`:                           "Corrupt",
		`{"workspaceName":"checkout"}`:                                         "Corrupt",
	} {
		res, err := servedCMS(t, drivertest.Says(200, text)).Get(t.Context(), &driver.GetRequest{ID: "checkout"})
		switch {
		case want == "Corrupt":
			if errs.CodeOf(err) != errs.Corrupt {
				t.Errorf("%s: %v", text, err)
			}
		case err != nil || res.Workspace.ID != "checkout":
			t.Errorf("%s: %v", text, err)
		case want == "" != res.Workspace.CreatedAt.IsZero() || want != "" && res.Workspace.CreatedAt.Format(time.RFC3339Nano) != want:
			t.Errorf("%s: %v", text, res.Workspace.CreatedAt)
		case strings.Contains(text, "9007199254740993") && !strings.Contains(string(res.Workspace.Vendor), "9007199254740993"):
			t.Errorf("%s: the vendor's object is %s", text, res.Workspace.Vendor)
		}
	}
	for text, want := range map[string]string{
		`{"requestId":"r","workspaces":[],"total":0}`:                                         "0 ",
		`{"requestId":"r","total":0}`:                                                         "0 ",
		`{"requestId":"r","workspaces":[{"workspaceName":"a"}],"nextToken":null}`:             "1 ",
		`{"requestId":"r","workspaces":[{"workspaceName":"a"}],"nextToken":"t","total":"99"}`: "1 t",
		`{"requestId":"r","workspaces":[],"nextToken":"t"}`:                                   "0 t",
		`{"requestId":"r"}`:                                       "Corrupt",
		`{"requestId":"r","workspaces":null,"total":3}`:           "Corrupt",
		`{"requestId":"r","workspaces":{}}`:                       "Corrupt",
		`{"requestId":"r","workspaces":[{}]}`:                     "Corrupt",
		`{"requestId":"r","workspaces":[` + manySpaces(51) + `]}`: "Corrupt",
	} {
		res, err := servedCMS(t, drivertest.Says(200, text)).(driver.Lister).List(t.Context(), &driver.ListRequest{})
		got := string(errs.CodeOf(err))
		if err == nil {
			got = fmt.Sprint(len(res.Workspaces), " ", res.Cursor)
		}
		if got != want {
			t.Errorf("%.80s: %q, %v", text, got, err)
		}
	}
	if _, err := servedCMS(t, drivertest.Says(200, `{"requestId":"r","workspaceName":"other"}`)).(driver.Creator).Create(t.Context(), &driver.CreateRequest{Name: "n"}); errs.CodeOf(err) != errs.Corrupt {
		t.Errorf("a creation that is about another: %v", err)
	}
}

func manySpaces(n int) string {
	return strings.TrimSuffix(strings.Repeat(`{"workspaceName":"a"},`, n), ",")
}

// Every row of the table, in both forms that errors have.
func TestCMSCodes(t *testing.T) {
	for _, c := range []struct {
		code   string
		status int
		want   errs.Code
	}{
		{"WorkspaceNotExist", 404, errs.NotFound},
		{"WorkspaceNotExist", 400, errs.NotFound},
		{"Workspace.NotFound", 403, errs.NotFound},
		{"ProjectNotExist", 400, errs.NotFound},
		{"WorkspaceAlreadyExist", 400, errs.AlreadyExists},
		{"DuplicateWorkspace", 400, errs.AlreadyExists},
		{"WorkspaceQuotaExceed", 403, errs.QuotaExceeded},
		{"Workspace.QuotaFull", 400, errs.QuotaExceeded},
		{"LimitExceeded", 400, errs.QuotaExceeded},
		{"Unauthorized", 401, errs.PermissionDenied},
		{"InvalidApi.NotFound", 404, errs.Unsupported}, // the gateway's
		{"InvalidAction.NotFound", 404, errs.Unsupported},
		{"InvalidAccessKeyId.NotFound", 404, errs.Unauthenticated},
		{"SignatureDoesNotMatch", 400, errs.Unauthenticated},
		{"Throttling.User", 400, errs.RateLimited},
		{"Forbidden.RAM", 403, errs.PermissionDenied},
		{"InvalidParameter", 400, errs.InvalidArgument},
		{"WorkspaceNotExist", 500, errs.Internal},
		{"Strange", 409, errs.Conflict},
		{"Strange", 503, errs.Unavailable},
	} {
		for _, form := range []string{`{"Code":%q,"Message":"m","RequestId":"r","HostId":"h"}`, `{"code":%q,"message":"m","requestId":"r"}`} {
			_, err := servedCMS(t, drivertest.Says(c.status, fmt.Sprintf(form, c.code))).Get(t.Context(), &driver.GetRequest{ID: "checkout"})
			e, ok := err.(*errs.Error)
			if !ok || e.Code != c.want || e.VendorCode != c.code || e.RequestID != "r" || e.HTTPStatus != c.status {
				t.Errorf("%s with %d: %v, want %s", c.code, c.status, err, c.want)
				continue
			}
			if outcome := map[bool]errs.Outcome{true: errs.Ambiguous, false: errs.NotApplied}[c.status >= 500]; e.Outcome != outcome || (e.Retry == errs.Temporary) != (c.status >= 500 || c.want == errs.RateLimited) {
				t.Errorf("%s with %d: %s, %s", c.code, c.status, e.Outcome, e.Retry)
			}
			if c.code == "ProjectNotExist" && !strings.Contains(e.Message, "sls_project") {
				t.Errorf("%v", e)
			}
		}
	}
}

func TestCMSFaults(t *testing.T) {
	elsewhere := drivertest.Unvisited(t)
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		code  errs.Code
		retry errs.Retry
	}{
		"empty object": {drivertest.Says(200, `{}`), errs.Corrupt, errs.Permanent},
		"empty":        {drivertest.Says(200, ``), errs.Corrupt, errs.Permanent},
		"accepted":     {drivertest.Says(202, `{"requestId":"r","workspaceName":"checkout","workspaces":[]}`), errs.Corrupt, errs.Permanent},
		"portal":       {drivertest.Says(200, `<html>log in</html>`), errs.Corrupt, errs.Permanent},
		"gateway":      {drivertest.Says(502, `<html><h1>502 Bad Gateway</h1></html>`), errs.Unavailable, errs.Temporary},
		"wrong types":  {drivertest.Says(200, `{"requestId":[],"workspaceName":7,"workspaces":3}`), errs.Corrupt, errs.Permanent},
		"failure":      {drivertest.Says(200, `{"requestId":"r","code":"InternalError","message":"`+canaryID+canaryKey+canaryToken+`"}`), errs.Internal, errs.Temporary},
		"truncated":    {drivertest.BreaksOff(`{"req`), errs.Unavailable, errs.Temporary},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		}, errs.Unavailable, errs.Permanent},
		"cut": {func(_ http.ResponseWriter, r *http.Request) { readAll(r); panic(http.ErrAbortHandler) }, errs.Unavailable, errs.Temporary},
	} {
		t.Run(name, func(t *testing.T) {
			svc := servedCMS(t, c.serve)
			for _, m := range cmsMethods {
				err := m.send(t.Context(), svc)
				e, ok := err.(*errs.Error)
				if !ok || e.Code != c.code || e.Retry != c.retry || m.write && e.Outcome != errs.Ambiguous {
					t.Errorf("%s: %v, want %s, %s", m.action, err, c.code, c.retry)
					continue
				}
				leakFree(t, m.action, err)
			}
		})
	}
}

// A server that does not answer holds nobody up.
func TestCMSHungServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, svc := emulatedCMS(t, emulator.AlibabaCMSSettings{}, nil)
		em.Inject(emulator.Fault{Delay: time.Hour})
		for _, m := range cmsMethods {
			leakFree(t, m.action, drivertest.CheckGivesUp(t, m.action, func(ctx context.Context) error { return m.send(ctx, svc) }))
		}
	})
}

// A request is delivered once: the second has the same nonce, which the gateway refuses.
func TestCMSDeliveredOnce(t *testing.T) {
	for _, m := range cmsMethods {
		var requests atomic.Int32
		svc := servedCMS(t, func(w http.ResponseWriter, r *http.Request) {
			readAll(r)
			if requests.Add(1) == 2 {
				panic(http.ErrAbortHandler)
			}
			_, _ = io.WriteString(w, `{"requestId":"r","workspaceName":"checkout","workspaces":[]}`)
		})
		for range 2 {
			_ = m.send(t.Context(), svc)
		}
		if got := requests.Load(); got != 2 {
			t.Errorf("%s is delivered %d times", m.action, got-1)
		}
	}
}

// Requests are signed by the program's clock.
func TestCMSClock(t *testing.T) {
	now := func() time.Time { return time.Date(2040, 2, 3, 4, 5, 6, 0, time.UTC) }
	em := emulator.NewAlibabaCMS(emulator.InMemory(), emulator.WithClock(now))
	t.Cleanup(em.Close)
	for _, c := range []struct {
		clock func() time.Time
		want  errs.Code
	}{{now, ""}, {func() time.Time { return now().Add(24 * time.Hour) }, errs.Unauthenticated}} {
		svc := openCMS(t, em.Provider(), providers.Host{DialContext: em.DialContext, Now: c.clock})
		if _, err := svc.(driver.Lister).List(t.Context(), &driver.ListRequest{}); errs.CodeOf(err) != c.want {
			t.Errorf("%v: %v", c.clock(), err)
		}
	}
}
