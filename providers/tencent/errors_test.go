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
		if e.VendorCode != code || e.HTTPStatus != 200 || e.RequestID != "r-1" || e.Message != "said so" {
			t.Errorf("%s: %#v", code, e)
		}
		vendor, ok := errors.AsType[*sdkerrors.TencentCloudSDKError](err)
		if !ok || vendor.Code != code || vendor.RequestId != "r-1" || vendor.Message != "said so" {
			t.Errorf("%s: the vendor's own error is %v", code, vendor)
		}
	}
	for code := range meanings {
		if !tested[code] {
			t.Errorf("%s is not tested", code)
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

// A message of the vendor that quotes what was sent loses it, however the error is printed.
func TestNothingSecretInErrors(t *testing.T) {
	var value string
	_, ns := served(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		echo := fmt.Sprintf("you sent %s with %s and %s by %s, token %s; part: %.9s", body, r.Header.Get("Authorization"), value, canaryKey, r.Header.Get("X-TC-Token"), value)
		_ = json.NewEncoder(w).Encode(map[string]any{"Response": map[string]any{
			"Error": map[string]string{"Code": "InvalidParameterValue", "Message": echo}, "RequestId": "r-1",
		}})
	})
	for _, value = range []string{canaryValue, canaryValue + "\n\"quoted\"<&>", `ends with "`, "on-1"} {
		_, err := ns.Put(t.Context(), &driver.PutRequest{Key: "k", Value: []byte(value)})
		if !strings.Contains(err.Error(), "you sent {\"ZoneId\":\"zone-3j1xw7910arp\"") || !strings.Contains(err.Error(), "token") {
			t.Error(err)
		}
		checkNoSecrets(t, err)
		for _, text := range printed(err) {
			for _, part := range []string{value, "canary-va", "ends with", "quoted"} {
				if strings.Contains(text, part) {
					t.Errorf("%q is in %s", part, text)
				}
			}
		}
	}
	// A message that has nothing of the value stays as it is, and a huge one is cut.
	if got := withoutValue("KV namespace does not exist.", "does not matter"); got != "KV namespace [redacted]exist." {
		t.Error(got)
	}
	if got := withoutValue("KV namespace does not exist.", "on"); got != "KV namespace does not exist." {
		t.Error(got)
	}
	began := time.Now()
	if got := withoutValue(strings.Repeat("m", 8<<20), strings.Repeat("v", 1_000_000)); len(got) > errs.MaxText || time.Since(began) > 10*time.Second {
		t.Errorf("%d bytes after %v", len(got), time.Since(began))
	}
}

func checkNoSecrets(t testing.TB, err error) {
	t.Helper()
	for _, text := range printed(err) {
		for _, secret := range []string{canaryID, canaryKey, canaryToken, canaryValue, "TC3-HMAC-SHA256 Credential=" + canaryID} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is in %s", secret, text)
			}
		}
	}
}

// printed returns every way in which an error and those under it print.
func printed(err error) (all []string) {
	for ; err != nil; err = errors.Unwrap(err) {
		asJSON, _ := json.Marshal(err)
		all = append(all, err.Error(), fmt.Sprintf("%v", err), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err), string(asJSON))
	}
	return all
}
