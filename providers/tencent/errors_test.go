package tencent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// Every code that the vendor's pages and packages name, with what it means: the portable code, p(ermanent) or
// t(emporary), n(ot applied) or a(mbiguous).
const codeTable = `
ResourceUnavailable.NamespaceNotFound NamespaceNotFound p n
InvalidParameter.BadNamespaceName InvalidArgument p n
InvalidParameter.DuplicateBindingName AlreadyExists p n
InvalidParameter.RemarkTooLong InvalidArgument p n
InvalidParameter.NamespaceInUse Conflict p n
InvalidParameter.KeysTooMany InvalidArgument p n
InvalidParameter.InvalidFilterName InvalidArgument p n
InvalidParameter.InvalidSortBy InvalidArgument p n
InvalidParameter.InvalidSortOrder InvalidArgument p n
InvalidParameter.ActionInProgress Conflict t n
InvalidParameter.ZoneNotFound NotFound p n
InvalidParameter.ZoneHasNotBeenBoundToPlan PermissionDenied p n
InvalidParameter.SomethingNew InvalidArgument p n
InvalidParameter InvalidArgument p n
InvalidParameterValue InvalidArgument p n
InvalidParameterValue.ZoneNotFound NotFound p n
InvalidParameterValue.SomethingNew InvalidArgument p n
ResourceNotFound.ZoneNotFound NotFound p n
ResourceUnavailable.ZoneNotFound NotFound p n
ResourceUnavailable Unavailable t a
ResourceUnavailable.SomethingNew Unavailable t a
LimitExceeded.NamespaceLimitExceeded QuotaExceeded p n
LimitExceeded.RateLimitExceeded RateLimited t n
LimitExceeded QuotaExceeded p n
LimitExceeded.UserQuotaLimited QuotaExceeded p n
LimitExceeded.PackNotAllow QuotaExceeded p n
LimitExceeded.DailyQuota QuotaExceeded p n
UnauthorizedOperation.CamUnauthorized PermissionDenied p n
UnauthorizedOperation.NoPermission PermissionDenied p n
UnauthorizedOperation.Unknown PermissionDenied p n
UnauthorizedOperation PermissionDenied p n
InternalError Internal t a
InternalError.BackendError Internal t a
InternalError.DBError Internal t a
InternalError.SystemError Internal t a
InternalError.ProxyServer Internal t a
InternalError.RouteError Internal t a
InternalError.QuotaSystem Internal t a
InternalError.ConfigLocked Conflict t n
OperationDenied.ConfigLocked Conflict t n
OperationDenied PermissionDenied p n
OperationDenied.SomethingNew PermissionDenied p n
FailedOperation Unknown p a
FailedOperation.SomethingNew Unknown p a
FailedOperation.ProductNotActivated PermissionDenied p n
FailedOperation.InsufficientAccountBalance PermissionDenied p n
FailedOperation.ProductDiscontinued PermissionDenied p n
ResourceInUse Conflict p n
ResourceInUse.SomethingNew Conflict p n
ResourceInUse.DuplicateName AlreadyExists p n
AuthFailure Unauthenticated p n
AuthFailure.SomethingNew Unauthenticated p n
AuthFailure.InvalidAuthorization Unauthenticated p n
AuthFailure.InvalidSecretId Unauthenticated p n
AuthFailure.MFAFailure Unauthenticated p n
AuthFailure.SecretIdNotFound Unauthenticated p n
AuthFailure.SignatureFailure Unauthenticated p n
AuthFailure.TokenFailure Unauthenticated p n
AuthFailure.SignatureExpire Unauthenticated t n
AuthFailure.UnauthorizedOperation PermissionDenied p n
IpInBlacklist PermissionDenied p n
IpNotInWhitelist PermissionDenied p n
RequestLimitExceeded RateLimited t n
RequestLimitExceeded.UinLimitExceeded RateLimited t n
RequestLimitExceeded.IPLimitExceeded RateLimited t n
RequestLimitExceeded.GlobalRegionUinLimitExceeded RateLimited t n
RequestLimitExceeded.SomethingNew RateLimited t n
RequestSizeLimitExceeded TooLarge p n
ResponseSizeLimitExceeded TooLarge p n
ResourceInsufficient QuotaExceeded p n
InvalidRequest InvalidArgument p n
MissingParameter InvalidArgument p n
UnknownParameter InvalidArgument p n
UnsupportedProtocol InvalidArgument p n
UnsupportedRegion InvalidArgument p n
InvalidAction Unsupported p n
NoSuchVersion Unsupported p n
NoSuchProduct Unsupported p n
ActionOffline Unsupported p n
UnsupportedOperation Unsupported p n
ResourceNotFound NotFound p n
ServiceUnavailable Unavailable t a
DryRunOperation Unknown p n
SomethingNew Unknown p a
ResourceUnavailableX.NamespaceNotFound Unknown p a
`

func TestCodes(t *testing.T) {
	var code string
	_, ns := served(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"Response":{"Error":{"Code":%q,"Message":"said so"},"RequestId":"r-1"}}`, code)
	})
	tested := map[string]bool{}
	for line := range strings.Lines(strings.TrimSpace(codeTable)) {
		f := strings.Fields(line)
		code = f[0]
		tested[code] = true
		_, err := ns.Put(t.Context(), &driver.PutRequest{Key: "k", Value: []byte("v")})
		e, ok := err.(*errs.Error)
		if !ok {
			t.Fatalf("%s: %v", code, err)
		}
		retry := map[string]errs.Retry{"p": errs.Permanent, "t": errs.Temporary}[f[2]]
		outcome := map[string]errs.Outcome{"n": errs.NotApplied, "a": errs.Ambiguous}[f[3]]
		if e.Code != errs.Code(f[1]) || e.Retry != retry || e.Outcome != outcome {
			t.Errorf("%s: %s, %s, %s; want %s", code, e.Code, e.Retry, e.Outcome, line)
		}
		if e.VendorCode != code || e.HTTPStatus != 200 || e.RequestID != "r-1" || e.Message == "" || strings.Contains(e.Message, "said so") {
			t.Errorf("%s: %#v", code, e)
		}
		vendor, ok := errors.AsType[*sdkerrors.TencentCloudSDKError](err)
		if !ok || vendor.Code != code || vendor.RequestId != "r-1" || vendor.Message != "" {
			t.Errorf("%s: the vendor's own error is %v", code, vendor)
		}
		// Where no value was sent, the vendor's words are there too.
		_, err = ns.Get(t.Context(), &driver.GetRequest{Key: "k"})
		vendor, ok = errors.AsType[*sdkerrors.TencentCloudSDKError](err)
		if !ok || vendor.Message != "said so" || !strings.HasSuffix(err.(*errs.Error).Message, "said so") {
			t.Errorf("%s: %v", code, err)
		}
	}
	for _, m := range meanings {
		if !tested[m.Of] {
			t.Errorf("%s is not tested", m.Of)
		}
	}
}

// A code that nobody knows leaves it to the HTTP status, and a known one does not.
func TestCodeAndStatus(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		want   errs.Code
		retry  errs.Retry
	}{
		{503, "SomethingNew", errs.Unavailable, errs.Temporary},
		{429, "SomethingNew", errs.RateLimited, errs.Temporary},
		{403, "SomethingNew.Of.Many", errs.PermissionDenied, errs.Permanent},
		{503, "ResourceUnavailable.NamespaceNotFound", errs.NamespaceNotFound, errs.Permanent},
		{400, "RequestLimitExceeded", errs.RateLimited, errs.Temporary},
	} {
		_, ns := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(c.status)
			fmt.Fprintf(w, `{"Response":{"Error":{"Code":%q,"Message":"m"},"RequestId":"r-1"}}`, c.code)
		})
		_, err := ns.Get(t.Context(), &driver.GetRequest{Key: "k"})
		e := err.(*errs.Error)
		if e.Code != c.want || e.Retry != c.retry || e.HTTPStatus != c.status || e.VendorCode != c.code || e.RequestID != "r-1" || e.RetryAfter != 7*time.Second {
			t.Errorf("%d %s: %v, retry %s after %v", c.status, c.code, e, e.Retry, e.RetryAfter)
		}
	}
}

// An authentication error says that the clock is wrong where it is, and is then not repeated.
func TestClockSkew(t *testing.T) {
	for _, c := range []struct {
		ahead time.Duration
		want  string
		retry errs.Retry
	}{
		{10 * time.Minute, "clock is 10m0s ahead of the server's", errs.Permanent},
		{-time.Hour, "clock is 1h0m0s behind the server's", errs.Permanent},
		{4 * time.Minute, "", errs.Temporary},
		{0, "", errs.Temporary},
	} {
		_, ns := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(-c.ahead).UTC().Format(http.TimeFormat))
			_, _ = io.WriteString(w, `{"Response":{"Error":{"Code":"AuthFailure.SignatureExpire","Message":"The provided signature has expired."},"RequestId":"r-1"}}`)
		})
		_, err := ns.Get(t.Context(), &driver.GetRequest{Key: "k"})
		e := err.(*errs.Error)
		said := strings.Contains(e.Error(), "clock")
		if said != (c.want != "") || !strings.Contains(e.Error(), c.want) || e.Retry != c.retry {
			t.Errorf("%v ahead: %v, %s", c.ahead, e, e.Retry)
		}
	}
}

// A message of the vendor that may quote what was sent is not shown, however the error is printed, and what the code
// means does not depend on what was sent.
func TestNothingSecretInErrors(t *testing.T) {
	var value, code string
	_, ns := served(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		echo := fmt.Sprintf("you sent %s and %s, part %.4s", body, value, value)
		_ = json.NewEncoder(w).Encode(map[string]any{"Response": map[string]any{
			"Error": map[string]string{"Code": code, "Message": echo}, "RequestId": "r-1",
		}})
	})
	for _, value = range []string{canaryValue, canaryValue + "\n\"quoted\"<&>", `ends with "`, "on-1", "RequestLimitExceeded", strings.Repeat("v", 1_000_000)} {
		for _, code = range []string{"InvalidParameterValue", "RequestLimitExceeded", "Unlisted"} {
			want := map[string]errs.Code{"InvalidParameterValue": errs.InvalidArgument, "RequestLimitExceeded": errs.RateLimited, "Unlisted": errs.Unknown}[code]
			_, err := ns.Put(t.Context(), &driver.PutRequest{Key: "k", Value: []byte(value)})
			if e := err.(*errs.Error); e.Code != want || e.VendorCode != code || e.RequestID != "r-1" {
				t.Errorf("%.20q, %s: %v", value, code, err)
			}
			for _, text := range drivertest.Printed(err) {
				if strings.Contains(text, "you sent") || strings.Contains(text, "zone-3j1xw7910arp") {
					t.Errorf("the vendor is quoted: %.200s", text)
				}
			}
		}
	}
}

// Where nothing of a value was sent, the vendor's message is shown unless it holds a credential or the signature.
func TestCredentialsInMessages(t *testing.T) {
	said := func(r *http.Request) string { return "" }
	s, ns := served(t, func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"Response": map[string]any{
			"Error": map[string]string{"Code": "InvalidParameterValue", "Message": "you sent " + said(r)}, "RequestId": "r-1",
		}})
	})
	for what, f := range map[string]func(*http.Request) string{
		"signature":             func(r *http.Request) string { return r.Header.Get("Authorization")[100:] },
		"signature in capitals": func(r *http.Request) string { return strings.ToUpper(r.Header.Get("Authorization")[100:]) },
		"id":                    func(*http.Request) string { return canaryID },
		"key":                   func(*http.Request) string { return "x" + canaryKey },
		"token":                 func(r *http.Request) string { return r.Header.Get("X-TC-Token") },
		"":                      func(*http.Request) string { return "nothing" },
	} {
		said = f
		for _, m := range methods {
			err := m.send(t.Context(), s, ns)
			if shown := strings.Contains(err.Error(), "you sent"); shown != (what == "" && m.action != actionPut) {
				t.Errorf("%s, %s: %v", m.action, what, err)
			}
			checkNoSecrets(t, err)
		}
	}
}

// What can be no code and no id is not shown as one, and neither is a credential.
func TestWhatIsNoIdentifier(t *testing.T) {
	for text, shown := range map[string]bool{
		"Some.New_Code-7": true, "A code with spaces": false, "<script>": false, "Ü": false, strings.Repeat("x", 128): true, strings.Repeat("x", 129): false,
		canaryID: false, "x" + strings.ToUpper(canaryToken): false,
	} {
		s, n := served(t, func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]any{"Response": map[string]any{"Error": map[string]string{"Code": text, "Message": text}, "RequestId": text}})
		})
		for _, m := range methods {
			err := m.send(t.Context(), s, n)
			e, ok := err.(*errs.Error)
			if !ok || shown != (e.RequestID == text) || shown != (e.VendorCode == text) {
				t.Errorf("%s, %q: %v", m.action, text, err)
			}
			checkNoSecrets(t, err)
		}
	}
	_, n := served(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"Response":{"Data":[{"Key":"k","Value":""}],"RequestId":"`+canaryToken+`"}}`)
	})
	_, err := n.Get(t.Context(), &driver.GetRequest{Key: "k"})
	if e, ok := err.(*errs.Error); !ok || e.Code != errs.KeyNotFound || e.RequestID != "" {
		t.Errorf("%v", err)
	}
}

// A request id that cannot be one makes no failure of what was done, and is shown with none.
func TestOddRequestID(t *testing.T) {
	for _, id := range []string{"\b0", "two words", strings.Repeat("r", 200), canaryToken} {
		field, _ := json.Marshal(id)
		failing := false
		_, n := served(t, func(w http.ResponseWriter, _ *http.Request) {
			fault := ""
			if failing {
				fault = `"Error":{"Code":"InternalError"},`
			}
			_, _ = fmt.Fprintf(w, `{"Response":{%s"Data":[{"Key":"k","Value":"v"}],"RequestId":%s}}`, fault, field)
		})
		if got, err := n.Get(t.Context(), &driver.GetRequest{Key: "k"}); err != nil || string(got.Value) != "v" {
			t.Errorf("%q: %v", id, err)
		}
		failing = true
		_, err := n.Get(t.Context(), &driver.GetRequest{Key: "k"})
		if e, ok := err.(*errs.Error); !ok || e.Code != errs.Internal || e.RequestID != "" {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// A code of which only the family is known has its meaning, but is shown only where it can be a code.
func TestCodesOfFamilies(t *testing.T) {
	for code, shown := range map[string]string{
		"InvalidParameter.SomethingNew":   "InvalidParameter.SomethingNew",
		"InvalidParameter.odd code":       "",
		"InvalidParameter." + canaryToken: "",
		"InvalidParameter.<b>":            "",
	} {
		_, n := served(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"Response":{"Error":{"Code":%q,"Message":"m"},"RequestId":"r-1"}}`, code)
		})
		_, err := n.Get(t.Context(), &driver.GetRequest{Key: "k"})
		vendor, ok := errors.AsType[*sdkerrors.TencentCloudSDKError](err)
		if e, _ := err.(*errs.Error); !ok || e.Code != errs.InvalidArgument || e.VendorCode != shown || vendor.Code != shown {
			t.Errorf("%q: %v, the vendor's own error is %v", code, err, vendor)
		}
		checkNoSecrets(t, err)
	}
}

// The error of a refusal says what to do.
func TestAdvice(t *testing.T) {
	for code, want := range map[string]string{
		"AuthFailure.SecretIdNotFound":       "check secret_id; accounts of the site in China need endpoint: teo.tencentcloudapi.com",
		"AuthFailure.SignatureFailure":       "check secret_key; accounts of the site in China need endpoint: teo.tencentcloudapi.com",
		"UnauthorizedOperation":              "it needs the action teo:EdgeKVGet",
		"UnauthorizedOperation.NoPermission": "it needs the action teo:EdgeKVGet",
		"AuthFailure.UnauthorizedOperation":  "it needs the action teo:EdgeKVGet",
		"ResourceUnavailable.ZoneNotFound":   "check zone_id",
	} {
		_, n := served(t, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"Response":{"Error":{"Code":%q,"Message":"m"},"RequestId":"r-1"}}`, code)
		})
		if _, err := n.Get(t.Context(), &driver.GetRequest{Key: "k"}); !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v", code, err)
		}
	}
	_, n := served(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"message":"hello"}`) })
	if _, err := n.Get(t.Context(), &driver.GetRequest{Key: "k"}); !strings.Contains(fmt.Sprint(err), "is endpoint the API of Tencent Cloud?") {
		t.Errorf("%v", err)
	}
}

func checkNoSecrets(t testing.TB, err error) {
	t.Helper()
	drivertest.CheckHides(t, "a call", err, canaryID, canaryKey, canaryToken, canaryValue)
}
