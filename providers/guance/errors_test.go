package guance_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// failsWith is the error of Get where the server answers so.
func failsWith(t *testing.T, api string, status int, text string) *errs.Error {
	t.Helper()
	_, err := served(t, api, drivertest.Says(status, text)).Get(t.Context(), &driver.GetRequest{ID: "w"})
	leakFree(t, text, err)
	return typed(t, err)
}

func TestEveryCode(t *testing.T) {
	const (
		limited, auth, absent, taken, denied = errs.RateLimited, errs.Unauthenticated, errs.NotFound, errs.AlreadyExists, errs.PermissionDenied
		quota, bad                           = errs.QuotaExceeded, errs.InvalidArgument
	)
	for _, c := range []struct {
		code   string
		status int
		want   errs.Code
	}{
		{"ft.TriggerApiAkCurrentLimiting", 401, limited},
		{"ft.TriggerApiWorkspaceCurrentLimiting", 401, limited},
		{"ft.TriggerApiSiteCurrentLimiting", 403, limited},
		{"ft.SomeCurrentLimiting", 503, limited},
		{"ft.InvalidAPIKey", 403, auth},
		{"ft.InvalidAPIKey", 401, auth},
		{"ft.ExpiredAPIKey", 403, auth},
		{"ft.MissingAuthHeaderInfo", 401, auth},
		{"ft.MissingAuthHeaderInfo", 400, auth},
		{"ft.InvalidAuthHeader", 403, auth},
		{"ft.SignatureError", 403, auth},
		{"ft.NotFoundRuleInspector", 400, absent},
		{"ft.NotFoundWorkspace", 403, absent},
		{"ft.WorkspaceNotExist", 400, absent},
		{"ft.WorkspaceAlreadyExists", 400, taken},
		{"ft.NameDuplicate", 400, taken},
		{"ft.RepeatName", 403, taken},
		{"ft.PermissionDenied", 401, denied},
		{"ft.Forbidden", 400, denied},
		{"ft.NoAuth", 401, denied},
		{"ft.WorkspaceNumberLimit", 403, quota},
		{"ft.CountExceed", 400, quota},
		{"ft.QuotaUsedUp", 403, quota},
		{"ft.ParamError", 403, bad},
		{"ft.InvalidName", 403, bad},
		{"ft.CheckObjectTargetAliasError", 403, bad},
		{"ft.NotFoundX", 500, errs.Internal}, // its name alone does not overrule the server's failure
		{"ft.CheckXError", 503, errs.Unavailable},
		{"ft.Whatever", 400, bad},
		{"ft.Whatever", 422, bad},
		{"ft.Whatever", 401, auth},
		{"ft.Whatever", 403, denied},
		{"ft.Whatever", 404, absent},
		{"ft.Whatever", 409, errs.Conflict},
		{"ft.Whatever", 200, errs.Unknown},
		{"", 400, bad},
		{"", 401, auth},
		{"", 403, denied},
		{"", 404, absent},
		{"", 405, errs.Unsupported},
		{"", 408, errs.DeadlineExceeded},
		{"", 409, errs.Conflict},
		{"", 413, errs.TooLarge},
		{"", 422, bad},
		{"", 429, limited},
		{"", 500, errs.Internal},
		{"", 501, errs.Unsupported},
		{"", 502, errs.Unavailable},
		{"", 503, errs.Unavailable},
		{"", 504, errs.DeadlineExceeded},
	} {
		// As the HTTP status, and inside HTTP 200.
		for _, status := range []int{c.status, 200} {
			e := failsWith(t, "open", status, fmt.Sprintf(`{"code":%d,"content":null,"errorCode":%q,"message":"because","success":false,"traceId":"TRACE-1"}`, c.status, c.code))
			if e.Code != c.want || e.VendorCode != c.code || e.RequestID != "TRACE-1" || e.HTTPStatus != status || !strings.Contains(e.Message, "because") {
				t.Errorf("%s with %d in HTTP %d: %v", c.code, c.status, status, e)
			}
			temporary := c.want == limited || c.status >= 500 && c.status != 501 || c.status == 408
			if (e.Retry == errs.Temporary) != temporary {
				t.Errorf("%s with %d: %s", c.code, c.status, e.Retry)
			}
			outcome := errs.NotApplied
			if c.want != limited && (c.status >= 500 || c.status == 408 || c.status == 200) {
				outcome = errs.Ambiguous
			}
			if e.Outcome != outcome {
				t.Errorf("%s with %d in HTTP %d: %s, want %s", c.code, c.status, status, e.Outcome, outcome)
			}
		}
	}
}

// Throttling is waited out: the vendor counts by the minute and does not say how long.
func TestThrottled(t *testing.T) {
	const text = `{"code":401,"errorCode":"ft.TriggerApiAkCurrentLimiting","success":false}`
	if e := failsWith(t, "open", 401, text); e.RetryAfter <= 0 || e.RetryAfter > time.Minute {
		t.Errorf("RetryAfter is %v", e.RetryAfter)
	}
	svc := served(t, "open", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "7")
		drivertest.Says(401, text)(w, r)
	})
	_, err := svc.Get(t.Context(), &driver.GetRequest{})
	if e := typed(t, err); e.RetryAfter != 7*time.Second {
		t.Errorf("RetryAfter is %v", e.RetryAfter)
	}
}

// A failure inside HTTP 200 is one, in whatever of the three fields it shows.
func TestFailuresInSuccess(t *testing.T) {
	for text, want := range map[string]errs.Code{
		`{"code":200,"content":{"uuid":"w"},"errorCode":"","message":"","success":true,"traceId":7}`: "",
		`{"content":{"uuid":"w"},"success":1}`:                                                       "",
		`{"code":"200","content":{"uuid":"w"},"errorCode":null,"success":"true"}`:                    "",
		`{"code":200,"content":{"uuid":"w"},"success":false}`:                                        errs.Unknown,
		`{"code":404,"content":{"uuid":"w"},"success":true}`:                                         errs.NotFound,
		`{"code":404,"content":{"uuid":"w"}}`:                                                        errs.NotFound,
		`{"code":200,"content":{"uuid":"w"},"errorCode":"ft.X","success":true}`:                      errs.Unknown,
		`{"code":200,"content":{"uuid":"w"},"errorCode":"ft.NoAuth","success":true}`:                 errs.PermissionDenied,
		`{"code":200,"content":{"uuid":"w"}}`:                                                        errs.Corrupt,
		`{"code":200,"content":{"uuid":"w"},"success":null}`:                                         errs.Corrupt,
		`{"code":200,"content":{"uuid":"w"},"success":"perhaps"}`:                                    errs.Corrupt,
	} {
		_, err := served(t, "open", drivertest.Says(200, text)).Get(t.Context(), &driver.GetRequest{})
		if errs.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	// Deleting is done or it is not.
	for content, want := range map[string]errs.Code{`true`: "", `null`: "", `{}`: "", `false`: errs.Corrupt} {
		_, err := served(t, "open", succeeds(content)).(driver.APIKeyDeleter).DeleteAPIKey(t.Context(), &driver.DeleteAPIKeyRequest{KeyID: "k"})
		if errs.CodeOf(err) != want {
			t.Errorf("content %s: %v", content, err)
		}
	}
}

// A name that is taken is that for a creation only.
func TestConflict(t *testing.T) {
	svc := served(t, "open", drivertest.Says(409, `{"code":409,"success":false}`))
	_, err := svc.(driver.Creator).Create(t.Context(), &driver.CreateRequest{Name: "n"})
	if e := typed(t, err); e.Code != errs.AlreadyExists || e.Outcome != errs.NotApplied {
		t.Errorf("%v", e)
	}
	_, err = svc.(driver.Updater).Update(t.Context(), &driver.UpdateRequest{Name: name("n")})
	if e := typed(t, err); e.Code != errs.Conflict {
		t.Errorf("%v", e)
	}
}

// The server may quote what it was sent, or tell a key with a failure.
func TestEchoes(t *testing.T) {
	for _, api := range []string{"open", "external"} {
		for _, status := range []int{200, 400, 401, 500} {
			svc := served(t, api, drivertest.Says(status, `{"code":400,"content":{"akInfo":{"keySk":"`+canaryReply+`"},"wsInfo":{"token":"`+canaryReply+`"}},
				"errorCode":"ft.X`+canaryKey+`","message":"`+canaryKey+` `+canaryAccess+` `+canarySecret+` `+canaryReply+` and more","success":false,"traceId":"`+canaryKey+canaryAccess+canarySecret+`"}`))
			for _, m := range methodsOf(api) {
				err := m.send(t.Context(), svc)
				e := typed(t, err)
				for _, canary := range canariesOf(api) {
					if strings.Contains(fmt.Sprintf("%+v %s", err, e.VendorCode+e.RequestID), canary) {
						t.Errorf("%s, %s, %d: %v", api, m.op, status, err)
					}
				}
				if !strings.Contains(e.Message, "and more") {
					t.Errorf("%s: %v", m.op, err)
				}
			}
		}
	}
}

// What a server repeats in another spelling is not shown either, nor the signature, nor what can be no code or id.
func TestSpelledEchoes(t *testing.T) {
	upper := strings.ToUpper(canaryKey)
	for name, c := range map[string]struct {
		api, message, code, id string
		hidden                 func(*http.Request) string
	}{
		"case":      {"open", upper, "ft.X", "TRACE-1", func(*http.Request) string { return upper }},
		"signature": {"external", "headers: ", "ft.X", "TRACE-1", func(r *http.Request) string { return r.Header.Get("X-Df-Signature") }},
		"code":      {"open", "no", "a code\u001b[31m", "an id\u001b[31m", func(*http.Request) string { return "" }},
		"long":      {"open", strings.Repeat("m", 100_000), strings.Repeat("c", 1000), strings.Repeat("i", 1000), func(*http.Request) string { return "" }},
	} {
		t.Run(name, func(t *testing.T) {
			hidden := ""
			svc := served(t, c.api, func(w http.ResponseWriter, r *http.Request) {
				hidden = c.hidden(r)
				drivertest.Says(400, `{"code":400,"errorCode":"`+c.code+hidden+`","message":"`+c.message+hidden+`","success":false,"traceId":"`+c.id+hidden+`"}`)(w, r)
			})
			_, err := svc.Get(t.Context(), &driver.GetRequest{ID: "wksp_1"})
			e := typed(t, err)
			if shown := fmt.Sprintf("%+v %s %s", err, e.VendorCode, e.RequestID); hidden != "" && strings.Contains(shown, hidden) {
				t.Errorf("the error shows %q: %.300s", hidden, shown)
			}
			if strings.ContainsAny(e.VendorCode+e.RequestID, " \x1b") || len(e.Message) > 5000 || len(e.VendorCode) > 128 || len(e.RequestID) > 128 {
				t.Errorf("code %.200q, id %.200q, %d bytes of message", e.VendorCode, e.RequestID, len(e.Message))
			}
		})
	}
}

func canariesOf(api string) []string {
	if api == "open" {
		return []string{canaryKey, canaryReply}
	}
	return []string{canaryAccess, canarySecret, canaryReply}
}

// A clock that is off is named where signatures are refused.
func TestClockSkew(t *testing.T) {
	for api, want := range map[string]bool{"open": false, "external": true} {
		svc := served(t, api, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
			drivertest.Says(401, `{"code":401,"errorCode":"ft.MissingAuthHeaderInfo","success":false}`)(w, r)
		})
		_, err := svc.Get(t.Context(), &driver.GetRequest{ID: "w"})
		if e := typed(t, err); strings.Contains(e.Message, "ahead of the server's") != want {
			t.Errorf("%s: %v", api, e)
		}
	}
}
