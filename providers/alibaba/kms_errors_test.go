package alibaba

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	vendorerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// kmsCodes are the codes with the statuses they come with, and what they mean.
var kmsCodes = []struct {
	status  int
	code    string
	want    errs.Code
	retry   errs.Retry
	outcome errs.Outcome
}{
	{400, "InvalidParameter", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "InvalidParam", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "ParseRequestParameterException", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "InvalidApiName", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "InvalidApiVersion", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{403, "UnsupportedHTTPMethod", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "MissingParameter", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "UnsupportedOperation", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "Rejected.UnsupportedOperation", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "Unsupported.Origin", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "Unsupported.Alias", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "Unsupported.ProtectionLevel", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "InvalidKeyMaterial", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "InvalidImportToken", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "ValidationError", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "DryRunOperationError", errs.Corrupt, errs.Permanent, errs.NotApplied},

	{400, "IncompleteSignature", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{403, "SignatureDoesNotMatch", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{400, "SignatureNonceUsed", errs.Unauthenticated, errs.Temporary, errs.Ambiguous}, // signed anew it may be accepted
	{400, "IllegalTimestamp", errs.Unauthenticated, errs.Temporary, errs.NotApplied},
	{400, "RequestTimeTooSkewed", errs.Unauthenticated, errs.Temporary, errs.NotApplied},
	{400, "InvalidTimeStamp.Expired", errs.Unauthenticated, errs.Temporary, errs.NotApplied},
	{404, "InvalidAccessKeyId.NotFound", errs.Unauthenticated, errs.Permanent, errs.NotApplied}, // and not a missing key
	{400, "InvalidAccessKeyId.Inactive", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{403, "Forbidden.AccessKey", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{403, "InvalidSecurityToken.Expired", errs.Unauthenticated, errs.Permanent, errs.NotApplied},
	{400, "InvalidSecurityToken.MismatchWithAccessKey", errs.Unauthenticated, errs.Permanent, errs.NotApplied},

	{404, "Forbidden.KeyNotFound", errs.NotFound, errs.Permanent, errs.NotApplied},
	{404, "Forbidden.AliasNotFound", errs.NotFound, errs.Permanent, errs.NotApplied},
	{404, "Forbidden.KeyVersionNotFound", errs.NotFound, errs.Permanent, errs.NotApplied},
	{404, "Forbidden.ResourceNotFound", errs.NotFound, errs.Permanent, errs.NotApplied},
	{403, "Forbidden.DKMSInstanceNotFound", errs.NotFound, errs.Permanent, errs.NotApplied},
	{400, "Forbidden.DKMSInstanceStateInvalid", errs.Unavailable, errs.Temporary, errs.NotApplied},
	{403, "Forbidden.KMSInstanceInUpgrade", errs.Unavailable, errs.Temporary, errs.NotApplied},
	{400, "Rejected.Uninitialized", errs.Conflict, errs.Permanent, errs.NotApplied},

	{403, "Forbidden.NoPermission", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{400, "Forbidden.NoPermission", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{403, "AccessDeniedError", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{403, "NoPermission", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{403, "Forbidden.RAM", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{403, "Forbidden.KmsServiceNotEnabled", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{403, "Forbidden.InDebt", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{403, "Forbidden.InDebtOverdue", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{403, "Forbidden.ProhibitedByRiskControl", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{400, "Forbidden.NoRealNameAuthentication", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{403, "Forbidden.UbsmsInvalidUserid", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{403, "Forbidden.UbsmsInvalidBid", errs.PermissionDenied, errs.Permanent, errs.NotApplied},

	{400, "Forbidden.Opened", errs.AlreadyExists, errs.Permanent, errs.NotApplied},
	{400, "AliasAlreadyExists", errs.AlreadyExists, errs.Permanent, errs.NotApplied},
	{409, "Rejected.ResourceExist", errs.AlreadyExists, errs.Permanent, errs.NotApplied},
	{400, "Rejected.LimitExceeded", errs.QuotaExceeded, errs.Permanent, errs.NotApplied},
	{400, "Rejected.ShareQuotaExceedLimit", errs.QuotaExceeded, errs.Permanent, errs.NotApplied},

	{429, "Rejected.Throttling", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{400, "Throttling", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{400, "Throttling.User", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{429, "Throttling.Api", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{503, "ServiceUnavailable.Throttling", errs.RateLimited, errs.Temporary, errs.NotApplied},

	{409, "Rejected.Disabled", errs.Conflict, errs.Permanent, errs.NotApplied},
	{409, "Rejected.PendingDeletion", errs.Conflict, errs.Permanent, errs.NotApplied},
	{409, "Rejetced.PendingDeletion", errs.Conflict, errs.Permanent, errs.NotApplied},
	{409, "Rejected.PendingImport", errs.Conflict, errs.Permanent, errs.NotApplied},
	{409, "Rejected.Unavailable", errs.Conflict, errs.Permanent, errs.NotApplied},
	{409, "Rejected.Enabled", errs.Conflict, errs.Permanent, errs.NotApplied},
	{409, "Rejected.StateModifiedFailed", errs.Conflict, errs.Permanent, errs.NotApplied},
	{409, "Rejected.ResourceInDeleteWindow", errs.Conflict, errs.Permanent, errs.NotApplied},
	{400, "ExpiredImportToken", errs.Conflict, errs.Permanent, errs.NotApplied},

	{500, "InternalFailure", errs.Internal, errs.Temporary, errs.Ambiguous},
	{503, "ServiceUnavailableTemporary", errs.Unavailable, errs.Temporary, errs.Ambiguous},
	{503, "SerivceUnavailableTemporary", errs.Unavailable, errs.Temporary, errs.Ambiguous},
	{503, "SerivceUnvailableTemporary", errs.Unavailable, errs.Temporary, errs.Ambiguous},
	{413, "RequestEntityTooLarge", errs.TooLarge, errs.Permanent, errs.NotApplied},

	// Codes that nobody lists: by how they begin and end, then by their status.
	{409, "Rejected.NewState", errs.Conflict, errs.Permanent, errs.NotApplied},
	{429, "Rejected.NewState", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{500, "Rejected.NewState", errs.Internal, errs.Temporary, errs.Ambiguous},
	{400, "Rejected.New.Throttling", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{503, "New.Throttling", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{400, "Throttling.New", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{403, "Forbidden.NewNotFound", errs.NotFound, errs.Permanent, errs.NotApplied},
	{404, "Forbidden.New", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{400, "Unsupported.New", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{409, "InvalidNew", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{404, "MissingNew", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{400, "NewCode", errs.InvalidArgument, errs.Permanent, errs.NotApplied},
	{403, "NewCode", errs.PermissionDenied, errs.Permanent, errs.NotApplied},
	{404, "NewCode", errs.NotFound, errs.Permanent, errs.NotApplied},
	{409, "NewCode", errs.Conflict, errs.Permanent, errs.NotApplied},
	{429, "NewCode", errs.RateLimited, errs.Temporary, errs.NotApplied},
	{503, "NewCode", errs.Unavailable, errs.Temporary, errs.Ambiguous},
	{200, "Rejected.Disabled", errs.Conflict, errs.Permanent, errs.NotApplied},
}

func TestEveryKMSCode(t *testing.T) {
	tested := map[string]bool{}
	for _, c := range kmsCodes {
		tested[c.code] = true
		t.Run(fmt.Sprint(c.code, c.status), func(t *testing.T) {
			s := servedKMS(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				fmt.Fprintf(w, `{"HttpStatus":%d,"Code":%q,"Message":"what the server says","RequestId":%q,"HostId":"h","Recommend":"r"}`, c.status, c.code, anID)
			})
			_, err := s.DescribeKey(t.Context(), &driver.DescribeKeyRequest{KeyID: "k"})
			e, ok := err.(*errs.Error)
			if !ok {
				t.Fatalf("%v", err)
			}
			if e.Code != c.want || e.Retry != c.retry || e.Outcome != c.outcome {
				t.Errorf("%s, %s, %s; want %s, %s, %s", e.Code, e.Retry, e.Outcome, c.want, c.retry, c.outcome)
			}
			if e.VendorCode != c.code || e.HTTPStatus != c.status || e.RequestID != anID {
				t.Errorf("vendor code %q, status %d, request id %q", e.VendorCode, e.HTTPStatus, e.RequestID)
			}
			if !strings.Contains(c.code, "Signature") && !strings.Contains(e.Message, "what the server says") {
				t.Errorf("message %q", e.Message)
			}
			var own *vendorerrors.ServerError
			if !errors.As(err, &own) || own.ErrorCode() != c.code || own.HttpStatus() != c.status || own.RequestId() != anID {
				t.Errorf("the vendor's error is %v", own)
			}
		})
	}
	for _, m := range kmsMeanings {
		if !tested[m.Of] && !strings.Contains(m.Of, "*") {
			t.Errorf("the code %s is not tested", m.Of)
		}
	}
}

// What a failed reply repeats of a request stays out of the error where it may be secret, and is shown where it is not.
func TestKMSEchoes(t *testing.T) {
	secret := map[string]bool{}
	for _, m := range keyMethods() {
		secret[m.action] = m.secret
	}
	for _, code := range []string{"InvalidParameter", "UnsupportedOperation", "Unlisted", "InternalFailure"} {
		s := servedKMS(t, func(w http.ResponseWriter, r *http.Request) {
			said := "KeyId k"
			if secret[r.Header.Get("X-Acs-Action")] {
				said += fmt.Sprintf(" %s %s %s %s", readAll(r), canaryPlain, canaryContext, canaryToken2)
			}
			w.WriteHeader(400)
			_ = json.NewEncoder(w).Encode(map[string]any{"RequestId": anID, "Code": code, "Message": said, "Recommend": said, "HostId": said,
				"AccessDeniedDetail": map[string]any{"AuthAction": said, "PolicyType": canaryPlain}})
		})
		for _, m := range keyMethods() {
			err := m.send(t.Context(), s)
			if m.secret {
				leaksNothing(t, m.action+" "+code, err)
			} else if own, ok := errors.AsType[*vendorerrors.ServerError](err); !ok || own.AccessDeniedDetail()["AuthAction"] != "KeyId k" {
				t.Errorf("%s: the vendor's error is %v", m.action, own)
			}
			if shown := strings.Contains(err.Error(), "KeyId k"); shown == m.secret {
				t.Errorf("%s: the server's words are shown: %t: %v", m.action, shown, err)
			}
		}
	}
}

// Edge KV and KMS give some codes different meanings; each keeps its own.
func TestTablesAreApart(t *testing.T) {
	for _, c := range []struct {
		code    string
		kv, kms errs.Code
	}{
		{"UnsupportedOperation", errs.Unsupported, errs.InvalidArgument},
		{"UnsupportedHTTPMethod", errs.Unsupported, errs.InvalidArgument},
		{"Forbidden.KeyNotFound", errs.PermissionDenied, errs.NotFound},
		{"Forbidden.AccessKey", errs.PermissionDenied, errs.Unauthenticated},
	} {
		if m := meaningOf(c.code, 400); m.Code != c.kv {
			t.Errorf("Edge KV: %s is %s", c.code, m.Code)
		}
		if m := kmsMeaningOf(c.code, 400); m.Code != c.kms {
			t.Errorf("KMS: %s is %s", c.code, m.Code)
		}
	}
}

// What a code can mean to the caller is said with it.
func TestKMSAdvice(t *testing.T) {
	for code, want := range map[string]string{
		"UnsupportedOperation":        "another spec or usage",
		"InvalidAccessKeyId.NotFound": "check access_key_id",
		"Forbidden.AccessKey":         "check access_key_id",
		"Rejected.Disabled":           "enable it first",
		"Rejected.PendingDeletion":    "cancel it first",
		"Rejetced.PendingDeletion":    "cancel it first",
		"Rejected.PendingImport":      "import it first",
	} {
		if m := kmsMeaningOf(code, 400); !strings.Contains(m.Text, want) {
			t.Errorf("%s means %q", code, m.Text)
		}
	}
}

// What can only be said of rotation is said: a key that cannot be rotated is no argument at fault. For other requests the
// same codes blame the request.
func TestRotationUnsupported(t *testing.T) {
	for code, text := range map[string]string{
		"UnsupportedOperation": "only symmetric keys", "Rejected.UnsupportedOperation": "only symmetric keys", "Unsupported.Origin": "imported material",
	} {
		s := servedKMS(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"Code":%q,"Message":"m","RequestId":"r-1"}`, code)
		})
		for _, enabled := range []bool{true, false} {
			_, err := s.SetRotation(t.Context(), &driver.SetRotationRequest{KeyID: "k", Enabled: enabled, Days: 30})
			e, ok := err.(*errs.Error)
			if !ok || e.Code != errs.Unsupported || e.Retry != errs.Permanent || e.Outcome != errs.NotApplied || e.VendorCode != code || !strings.Contains(e.Message, text) {
				t.Errorf("%s: %v", code, err)
			}
		}
		if _, err := s.EnableKey(t.Context(), &driver.EnableKeyRequest{KeyID: "k"}); errs.CodeOf(err) != errs.InvalidArgument {
			t.Errorf("%s of another request: %v", code, err)
		}
	}
	s := servedKMS(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"Code":"Forbidden.KeyNotFound","Message":"m","RequestId":"r-1"}`))
	})
	if _, err := s.SetRotation(t.Context(), &driver.SetRotationRequest{KeyID: "k"}); errs.CodeOf(err) != errs.NotFound {
		t.Errorf("other codes: %v", err)
	}
}

// A request id that cannot be one makes no failure of what was done, and is shown with none.
func TestOddRequestID(t *testing.T) {
	for _, id := range []string{"\b0", "two words", strings.Repeat("r", 200), canaryToken} {
		field, _ := json.Marshal(id)
		failing := false
		s := servedKMS(t, func(w http.ResponseWriter, _ *http.Request) {
			fault := ""
			if failing {
				w.WriteHeader(http.StatusInternalServerError)
				fault = `"Code":"InternalFailure",`
			}
			_, _ = fmt.Fprintf(w, `{%s"RequestId":%s}`, fault, field)
		})
		if _, err := s.EnableKey(t.Context(), &driver.EnableKeyRequest{KeyID: "k"}); err != nil {
			t.Errorf("%q: %v", id, err)
		}
		failing = true
		_, err := s.EnableKey(t.Context(), &driver.EnableKeyRequest{KeyID: "k"})
		if e, ok := err.(*errs.Error); !ok || e.Code != errs.Internal || e.RequestID != "" {
			t.Errorf("%q: %v", id, err)
		}
	}
}
