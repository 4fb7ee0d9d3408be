package alibaba

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	vendorerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

func readAll(r *http.Request) []byte {
	b, _ := io.ReadAll(r.Body)
	return b
}

const anID = "EEEBE525-F576-1196-8DAF-2D70CA3F4D2F"

func failJSON(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"RequestId": anID, "HostId": "esa.cn-hangzhou.aliyuncs.com", "Code": code, "Message": message})
}

// codes are the vendor's codes with the statuses they come with, and what they mean.
var codes = []struct {
	status  int
	code    string
	want    errs.Code
	retry   errs.Retry
	outcome errs.Outcome
}{
	// Edge KV, from the page of every action.
	{400, "InvalidAccount.Malformed", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "InvalidNameSpace.Malformed", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "InvalidKey.Malformed", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "InvalidKey.ExceedsMaximum", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "InvalidValue.ExceedsMaximum", errs.TooLarge, errs.Permanent, errs.NotApplied},
	{400, "InvalidParameter", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "InvalidParameters", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "Invalid.Parameter", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "TooManyRequests", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{403, "Unauthorized.InvalidParameters", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{403, "Unauthorized.InvalidTime", errs.Unauthenticated, errs.Temporary, errs.NotApplied},
	{403, "Unauthorized.InvalidToken", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{403, "Unauthorized.InvalidResource", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{403, "InvalidKey.ExceedsCapacity", errs.QuotaExceeded, errs.Permanent, errs.NotApplied},
	{404, "InvalidAccount.NotFound", errs.NotFound, errs.Permanent, errs.NotApplied},
	{404, "InvalidNameSpace.NotFound", errs.NamespaceNotFound, errs.Permanent, errs.NotApplied},
	{404, "InvalidKey.NotFound", errs.KeyNotFound, errs.Permanent, errs.NotApplied},
	{406, "InvalidNameSpace.Duplicate", errs.AlreadyExists, errs.Permanent, errs.NotApplied},
	{406, "InvalidNameSpace.QuotaFull", errs.QuotaExceeded, errs.Permanent, errs.NotApplied},
	{406, "InvalidKey.QuotaFull", errs.QuotaExceeded, errs.Permanent, errs.NotApplied},
	{429, "TooQuickRequests", errs.RateLimited, errs.Temporary, errs.NotApplied},

	// The gateway.
	{400, "Throttling", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{429, "Throttling.User", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{503, "Throttling.Api", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{400, "Throttling.Concurrency", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{503, "Rejected.Throttling", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{400, "SignatureDoesNotMatch", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{403, "SignatureDoesNotMatch", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{400, "IncompleteSignature", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{400, "InvalidSignatureMethod", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{404, "InvalidAccessKeyId.NotFound", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{400, "InvalidAccessKeyId.Inactive", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{404, "InvalidAccessKeyId", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{403, "InvalidSecurityToken.Expired", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{400, "InvalidSecurityToken", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{400, "MissingSecurityToken", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{400, "SignatureNonceUsed", errs.Unauthenticated, errs.Temporary, errs.Ambiguous},
	{400, "InvalidTimeStamp.Format", errs.Unauthenticated, errs.Temporary, errs.NotApplied},
	{400, "InvalidTimeStamp.Expired", errs.Unauthenticated, errs.Temporary, errs.NotApplied},
	{400, "IllegalTimestamp", errs.Unauthenticated, errs.Temporary, errs.NotApplied},
	{403, "Forbidden", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{403, "Forbidden.RAM", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{403, "Forbidden.RiskControl", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{403, "NoPermission", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{403, "ActionUnauthorized", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{403, "AccessDenied", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{400, "InsufficientBalance", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{400, "MissingNamespace", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "MissingParameter", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "InvalidParameter.Format", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{404, "InvalidRegionId.NotFound", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{404, "InvalidApi.NotFound", errs.Unsupported, errs.Permanent, errs.NotApplied},
	{404, "InvalidAction.NotFound", errs.Unsupported, errs.Permanent, errs.NotApplied},
	{400, "NoSuchVersion", errs.Unsupported, errs.Permanent, errs.NotApplied},
	{403, "UnsupportedOperation", errs.Unsupported, errs.Permanent, errs.NotApplied},
	{400, "UnsupportedHTTPMethod", errs.Unsupported, errs.Permanent, errs.NotApplied},
	{400, "UnsupportedParameter", errs.Unsupported, errs.Permanent, errs.NotApplied},
	{404, "InvalidProtocol.NeedSsl", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{500, "InternalError", errs.Internal, errs.Temporary, errs.Ambiguous},
	{500, "InternalError.Storage", errs.Internal, errs.Temporary, errs.Ambiguous},
	{503, "ServiceUnavailable", errs.Unavailable, errs.Temporary, errs.Ambiguous},
	{503, "ServiceUnavailableTemporary", errs.Unavailable, errs.Temporary, errs.Ambiguous},

	// The bucket of uploads.
	{400, "EntityTooLarge", errs.TooLarge, errs.Permanent, errs.NotApplied},
	{403, "RequestTimeTooSkewed", errs.Unauthenticated, errs.Temporary, errs.NotApplied},
	{403, "InvalidPolicyDocument", errs.PermissionDenied, errs.Permanent, errs.NotApplied},

	// Codes that nobody lists, by their status.
	{400, "NewCode", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{401, "NewCode", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{403, "NewCode", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{404, "NewCode", errs.NotFound, errs.Permanent, errs.NotApplied},
	{409, "NewCode", errs.Conflict, errs.Permanent, errs.NotApplied},
	{413, "NewCode", errs.TooLarge, errs.Permanent, errs.NotApplied},
	{429, "NewCode", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{500, "NewCode", errs.Internal, errs.Temporary, errs.Ambiguous},
	{502, "NewCode", errs.Unavailable, errs.Temporary, errs.Ambiguous},
	{504, "NewCode", errs.DeadlineExceeded, errs.Temporary, errs.Ambiguous},
	{599, "NewCode", errs.Internal, errs.Temporary, errs.Ambiguous},
	{500, "InvalidNewCode", errs.Internal, errs.Temporary, errs.Ambiguous}, // the status is right that it was not the request
	{200, "NewCode", errs.Unknown, errs.Permanent, errs.Ambiguous},
	{200, "Throttling.User", errs.RateLimited, errs.Temporary, errs.NotApplied},
}

func TestEveryCode(t *testing.T) {
	tested := map[string]bool{}
	for _, c := range codes {
		tested[c.code] = true
		for form, write := range map[string]func(http.ResponseWriter){
			"json": func(w http.ResponseWriter) { failJSON(w, c.status, c.code, "what the server says") },
			"lower case": func(w http.ResponseWriter) {
				w.WriteHeader(c.status)
				fmt.Fprintf(w, `{"code":%q,"description":"what the server says","requestId":%q}`, c.code, anID)
			},
			"xml": func(w http.ResponseWriter) {
				w.Header().Set("Content-Type", "text/xml;charset=utf-8")
				w.WriteHeader(c.status)
				_ = xml.NewEncoder(w).Encode(struct {
					XMLName                  xml.Name `xml:"Error"`
					RequestId, Code, Message string
				}{RequestId: anID, Code: c.code, Message: "what the server says"})
			},
		} {
			if form == "xml" && c.status == 200 {
				continue // a success is never XML
			}
			t.Run(fmt.Sprint(c.code, c.status, form), func(t *testing.T) {
				_, n := served(t, func(w http.ResponseWriter, _ *http.Request) { write(w) })
				_, err := n.Get(t.Context(), &driver.GetRequest{Key: "k"})
				e, ok := err.(*errs.Error)
				if !ok {
					t.Fatalf("%v", err)
				}
				if e.Code != c.want || e.Retry != c.retry || e.Outcome != c.outcome {
					t.Errorf("%s, %s, %s; want %s, %s, %s", e.Code, e.Retry, e.Outcome, c.want, c.retry, c.outcome)
				}
				if e.VendorCode != c.code || e.HTTPStatus != c.status || e.RequestID != anID || e.Provider != "" || e.Op != "" {
					t.Errorf("%#v: vendor code %q, status %d, request id %q", err, e.VendorCode, e.HTTPStatus, e.RequestID)
				}
				wantText := "what the server says"
				if strings.Contains(c.code, "Signature") || c.want == errs.KeyNotFound {
					wantText = e.Message // which is ours
					if strings.Contains(e.Message, "the server says") {
						t.Errorf("the server is quoted: %s", e.Message)
					}
				}
				if !strings.Contains(e.Message, wantText) || e.Message == "" {
					t.Errorf("message %q", e.Message)
				}
				var own *vendorerrors.ServerError
				if !errors.As(err, &own) || own.ErrorCode() != c.code || own.HttpStatus() != c.status || own.RequestId() != anID {
					t.Errorf("the vendor's error is %v", own)
				}
			})
		}
	}
	for _, m := range meanings {
		if !tested[m.Of] && !strings.Contains(m.Of, "*") {
			t.Errorf("the code %s is not tested", m.Of)
		}
	}
}

// An absent key is deleted; an absent namespace is an error.
func TestDeleteOfNothing(t *testing.T) {
	code := "InvalidKey.NotFound"
	_, n := served(t, func(w http.ResponseWriter, _ *http.Request) { failJSON(w, 404, code, "m") })
	if _, err := n.Delete(t.Context(), &driver.DeleteRequest{Key: "k"}); err != nil {
		t.Error(err)
	}
	for _, code = range []string{"InvalidNameSpace.NotFound", "InvalidAccessKeyId.NotFound", "NewCode"} {
		if _, err := n.Delete(t.Context(), &driver.DeleteRequest{Key: "k"}); err == nil || errors.Is(err, errs.KeyNotFound) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// Where the account is unknown, the error names what it may be, and no other request is sent to find out.
func TestUnknownAccount(t *testing.T) {
	asked := 0
	s, n := served(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		failJSON(w, 404, "InvalidAccount.NotFound", "The specified account does not exist.")
	})
	for _, m := range methods {
		err := m.send(t.Context(), s, n)
		if errs.CodeOf(err) != errs.NotFound || !strings.Contains(err.Error(), "not switched on") || !strings.Contains(err.Error(), "region or endpoint") {
			t.Errorf("%s: %v", m.action, err)
		}
	}
	if asked != len(methods) {
		t.Errorf("%d requests, want %d", asked, len(methods))
	}
}

// What a failed reply repeats of the request stays out of the error, and of the vendor's.
func TestEchoedSecrets(t *testing.T) {
	for _, code := range []string{"SignatureDoesNotMatch", "InvalidParameter", "InvalidParameter!", "Unlisted", "Unlisted!", "InvalidAccessKeyId.NotFound", "InternalError"} {
		s, n := served(t, func(w http.ResponseWriter, r *http.Request) {
			said := fmt.Sprintf("%s %s %s %s", r.Header.Get("X-Acs-Security-Token"), r.Header.Get("X-Acs-Accesskey-Id"), readAll(r), canaryKey)
			if strings.HasSuffix(code, "!") {
				said += r.Header.Get("Authorization")
			}
			w.WriteHeader(400)
			_ = json.NewEncoder(w).Encode(map[string]any{"RequestId": anID, "HostId": canaryID, "Code": code, "Message": said, "Recommend": said,
				"AccessDeniedDetail": map[string]any{"AuthPrincipalDisplayName": canaryToken, "PolicyType": "Identity", "Odd": []int{1}}})
		})
		for _, m := range methods {
			err := m.send(t.Context(), s, n)
			leakFree(t, m.action+" "+code, err)
			var own *vendorerrors.ServerError
			var told any = "Identity"
			if m.action == "PutKv" || m.action == "BatchPutKv" { // whose values it may quote
				told = nil
			}
			if !errors.As(err, &own) || own.AccessDeniedDetail()["PolicyType"] != told {
				t.Errorf("%s: the vendor's error is %v", m.action, own)
			}
		}
	}
}

// leakFree reports where an error shows a canary.
func leakFree(t *testing.T, what string, err error) {
	t.Helper()
	drivertest.CheckHides(t, what, err, canaryID, canaryKey, canaryToken, canaryValue, "Signature=")
}

// The vendor's constructor panics for all that is not text; ours never does.
func TestOddFailures(t *testing.T) {
	for _, body := range []string{
		`{"Code":500,"Message":"m"}`, `{"Code":"X","Message":{"a":1}}`, `{"Code":"X","RequestId":12}`, `{"Code":"X","AccessDeniedDetail":"text"}`,
		`{"Code":"X","AccessDeniedDetail":{"a":{"b":1},"c":null}}`, `{"Code":["X"]}`, `{"Code":null}`, `{"Code":true,"Recommend":1,"HostId":[]}`, `{"Code":""}`,
		`[]`, `null`, `7`, `"text"`, ``, `{`, `{"Code":"X"`, "\xef\xbb\xbf{}", "\x00", `<Error/>`, `<Error><Code>X</Code>`, `<html>`, `{"Code":"X"}trailing`,
		strings.Repeat("[", 20_000), strings.Repeat(`{"Code":`, 20_000),
	} {
		for _, status := range []int{400, 404, 500, 200} {
			s, n := served(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Acs-Request-Id", anID)
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
			})
			for _, m := range methods {
				err := m.send(t.Context(), s, n)
				e, ok := err.(*errs.Error)
				if !ok || e.HTTPStatus != status || e.RequestID == "" || e.Message == "" && e.Err == nil {
					t.Fatalf("%s of %.40q with %d: %#v", m.action, body, status, err)
				}
				if status == 400 && e.Code != errs.InvalidArgument || status == 404 && e.Code != errs.NotFound || status == 500 && e.Code != errs.Internal {
					t.Errorf("%s of %.40q with %d: %v", m.action, body, status, err)
				}
				if e.Outcome == errs.Applied || m.write && status >= 500 && e.Outcome != errs.Ambiguous {
					t.Errorf("%s of %.40q with %d: outcome %s", m.action, body, status, e.Outcome)
				}
			}
		}
	}
}

func TestThrottleHeaders(t *testing.T) {
	for _, c := range []struct {
		header, value string
		code          string
		want          time.Duration
	}{
		{"x-ratelimit-user-api", "Limit:1,Remain:0,TimeLeft:2000,Reset:1234", "Throttling.Api", 2 * time.Second},
		{"x-ratelimit-user", "TimeLeft:1500", "Throttling.User", 1500 * time.Millisecond},
		{"x-ratelimit-user", " TimeLeft: 7 ", "TooManyRequests", 7 * time.Millisecond},
		{"x-ratelimit-user", "TimeLeft:2147483647", "Throttling", maxThrottle},
		{"x-ratelimit-user", "TimeLeft:-5,TimeLeft:x,TimeLeft", "Throttling", 0},
		{"x-ratelimit-user", "TimeLeft:2000", "InternalError", 0},
		{"Retry-After", "3", "Throttling", 3 * time.Second},
		{"Retry-After", "3", "", 3 * time.Second}, // without an envelope
		{"x-ratelimit-user", "TimeLeft:2000", "", 2 * time.Second},
	} {
		_, n := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(c.header, c.value)
			if c.code == "" {
				w.WriteHeader(429)
				return
			}
			failJSON(w, 400, c.code, "m")
		})
		_, err := n.Get(t.Context(), &driver.GetRequest{Key: "k"})
		if e, ok := err.(*errs.Error); !ok || e.RetryAfter != c.want {
			t.Errorf("%+v: %#v", c, err)
		}
	}
}

// A clock that is wrong is said, and signing again does not help then.
func TestClockSkew(t *testing.T) {
	for _, c := range []struct {
		ahead time.Duration
		retry errs.Retry
		text  string
	}{
		{time.Hour, errs.Permanent, "this machine's clock is 1h0m0s ahead"},
		{-time.Hour, errs.Permanent, "this machine's clock is 1h0m0s behind"},
		{5 * time.Minute, errs.Temporary, "not accepted"},
		{0, errs.Temporary, "not accepted"},
	} {
		_, n := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(-c.ahead).UTC().Format(http.TimeFormat))
			failJSON(w, 400, "InvalidTimeStamp.Expired", "m")
		})
		_, err := n.Get(t.Context(), &driver.GetRequest{Key: "k"})
		e, ok := err.(*errs.Error)
		text := strings.NewReplacer("59m59s", "1h0m0s", "1h0m1s", "1h0m0s", "4m59s", "5m0s", "5m1s", "5m0s").Replace(fmt.Sprint(err))
		if !ok || e.Retry != c.retry || !strings.Contains(text, c.text) || (c.ahead < time.Hour) == strings.Contains(text, "clock is") && c.ahead >= 0 {
			t.Errorf("%v: %v, %s", c.ahead, err, e.Retry)
		}
	}
}
