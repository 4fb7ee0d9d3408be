package tencent

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Every code that the pages of KMS and the common ones name, with what it means, as in codeTable.
const kmsCodeTable = `
ActionOffline Unsupported p n
AuthFailure Unauthenticated p n
AuthFailure.InvalidAuthorization Unauthenticated p n
AuthFailure.InvalidSecretId Unauthenticated p n
AuthFailure.MFAFailure Unauthenticated p n
AuthFailure.SecretIdNotFound Unauthenticated p n
AuthFailure.SignatureExpire Unauthenticated t n
AuthFailure.SignatureFailure Unauthenticated p n
AuthFailure.TokenFailure Unauthenticated p n
AuthFailure.UnauthorizedOperation PermissionDenied p n
UnauthorizedOperation PermissionDenied p n
OperationDenied PermissionDenied p n
IpInBlacklist PermissionDenied p n
IpNotInWhitelist PermissionDenied p n
DryRunOperation Unknown p n
FailedOperation Unknown p a
FailedOperation.CmkUsedByCloudProduct Conflict p n
FailedOperation.DecryptError InvalidArgument p n
FailedOperation.EncryptionError Internal t a
FailedOperation.TaggingError Internal p a
FailedOperation.RotateTaskRunning Conflict t n
InternalError Internal t a
InvalidAction Unsupported p n
InvalidParameter InvalidArgument p n
InvalidParameter.DecryptMaterialError InvalidArgument p n
InvalidParameter.InvalidPendingWindowInDays InvalidArgument p n
InvalidParameterValue InvalidArgument p n
InvalidParameterValue.AliasAlreadyExists AlreadyExists p n
InvalidParameterValue.DataKeyNameAlreadyExists AlreadyExists p n
InvalidParameterValue.DuplicatedKeyId InvalidArgument p n
InvalidParameterValue.DuplicatedDataKeyId InvalidArgument p n
InvalidParameterValue.InvalidAlias InvalidArgument p n
InvalidParameterValue.InvalidCiphertext InvalidArgument p n
InvalidParameterValue.InvalidDataKeyId InvalidArgument p n
InvalidParameterValue.InvalidDataKeyName InvalidArgument p n
InvalidParameterValue.InvalidHsmClusterId InvalidArgument p n
InvalidParameterValue.InvalidImportKeyMaterial InvalidArgument p n
InvalidParameterValue.InvalidKeyId InvalidArgument p n
InvalidParameterValue.InvalidKeyUsage InvalidArgument p n
InvalidParameterValue.InvalidPlaintext InvalidArgument p n
InvalidParameterValue.InvalidType InvalidArgument p n
InvalidParameterValue.MaterialNotMatch InvalidArgument p n
InvalidParameterValue.TagKeysDuplicated InvalidArgument p n
InvalidParameterValue.TagsNotExisted InvalidArgument p n
InvalidParameterValue.SomethingNew InvalidArgument p n
InvalidRequest InvalidArgument p n
LimitExceeded QuotaExceeded p n
LimitExceeded.CmkLimitExceeded QuotaExceeded p n
LimitExceeded.DataKeyLimitExceeded QuotaExceeded p n
LimitExceeded.KeyLimitExceeded QuotaExceeded p n
LimitExceeded.FingerprintsLimitExceeded QuotaExceeded p n
MissingParameter InvalidArgument p n
NoSuchProduct InvalidArgument p n
NoSuchVersion InvalidArgument p n
RequestLimitExceeded RateLimited t n
RequestLimitExceeded.GlobalRegionUinLimitExceeded RateLimited t n
RequestLimitExceeded.IPLimitExceeded RateLimited t n
RequestLimitExceeded.UinLimitExceeded RateLimited t n
RequestLimitExceeded.RotateRateLimited RateLimited p n
RequestSizeLimitExceeded TooLarge p n
ResponseSizeLimitExceeded TooLarge p n
ResourceInsufficient Unavailable t n
ResourceNotFound NotFound p n
ResourceUnavailable Unavailable t a
ResourceUnavailable.CloudResourceBindingNotFound NotFound p n
ResourceUnavailable.CmkArchived Conflict p n
ResourceUnavailable.CmkDisabled Conflict p n
ResourceUnavailable.CmkNotFound NotFound p n
ResourceUnavailable.CmkNotPendingDelete Conflict p n
ResourceUnavailable.CmkShouldBeDisabled Conflict p n
ResourceUnavailable.CmkStateNotSupport Conflict p n
ResourceUnavailable.DataKeyDisabled Conflict p n
ResourceUnavailable.DataKeyNotFound NotFound p n
ResourceUnavailable.DataKeyNotPendingDelete Conflict p n
ResourceUnavailable.DataKeyPendingDelete Conflict p n
ResourceUnavailable.DataKeyStateNotSupport Conflict p n
ResourceUnavailable.KeyDisabled Conflict p n
ResourceUnavailable.KeyPendingDelete Conflict p n
ResourceUnavailable.NotPurchased PermissionDenied p n
ResourceUnavailable.TokenExpired Conflict p n
ServiceUnavailable Unavailable t a
UnknownParameter InvalidArgument p n
UnsupportedOperation Unsupported p n
UnsupportedOperation.ExternalCmkCanNotRotate Unsupported p n
UnsupportedOperation.NotExternalCmk Conflict p n
UnsupportedOperation.NotRoleOperation PermissionDenied p n
UnsupportedOperation.NotUserCreatedCmk PermissionDenied p n
UnsupportedOperation.RotateNotSupported Unsupported p n
UnsupportedOperation.ServiceTemporaryUnavailable Unavailable t a
UnsupportedOperation.UnsupportedKeyUsageInCurrentRegion Unsupported p n
UnsupportedProtocol InvalidArgument p n
UnsupportedRegion Unsupported p n
SomethingNew Unknown p a
`

// secretActions are told something that an error must not show, or tell it.
var secretActions = map[string]bool{
	"Encrypt": true, "Decrypt": true, "GenerateDataKey": true, "ReEncrypt": true, "AsymmetricRsaDecrypt": true, "AsymmetricSm2Decrypt": true,
	"SignByAsymmetricKey": true, "VerifyByAsymmetricKey": true, "ImportKeyMaterial": true,
}

func TestKMSCodes(t *testing.T) {
	var code string
	s := servedKeys(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"Response":{"Error":{"Code":%q,"Message":"said so"},"RequestId":"r-1"}}`, code)
	})
	tested := map[string]bool{}
	for line := range strings.Lines(strings.TrimSpace(kmsCodeTable)) {
		f := strings.Fields(line)
		code = f[0]
		tested[code] = true
		retry := map[string]errs.Retry{"p": errs.Permanent, "t": errs.Temporary}[f[2]]
		outcome := map[string]errs.Outcome{"n": errs.NotApplied, "a": errs.Ambiguous}[f[3]]
		for _, m := range keyMethods {
			err := m.send(t.Context(), s)
			e, ok := err.(*errs.Error)
			if !ok {
				t.Fatalf("%s: %v", code, err)
			}
			want, retry, outcome := errs.Code(f[1]), retry, outcome
			if code == "FailedOperation.EncryptionError" && (m.action == actionDecrypt || m.action == actionReEncrypt) {
				want, retry, outcome = errs.InvalidArgument, errs.Permanent, errs.NotApplied
			}
			if e.Code != want || e.Retry != retry || e.Outcome != outcome {
				t.Errorf("%s of %s: %s, %s, %s; want %s", code, m.action, e.Code, e.Retry, e.Outcome, line)
			}
			// Our words always, the vendor's where they cannot quote anything.
			vendor, ok := errors.AsType[*sdkerrors.TencentCloudSDKError](err)
			quoted := strings.HasSuffix(e.Message, "said so")
			if !ok || vendor.Code != code || vendor.RequestId != "r-1" || e.VendorCode != code || e.HTTPStatus != 200 || e.RequestID != "r-1" ||
				e.Message == "" || quoted == secretActions[m.action] || quoted != (vendor.Message == "said so") || code != "SomethingNew" && e.Message == "said so" {
				t.Errorf("%s of %s: %#v, the vendor's own error is %v", code, m.action, e, vendor)
			}
		}
	}
	for _, m := range kmsMeanings {
		if !tested[m.Of] {
			t.Errorf("%s is not tested", m.Of)
		}
	}
}

// The error of a refusal says what to do.
func TestKMSAdvice(t *testing.T) {
	for code, want := range map[string]string{
		"ResourceUnavailable.CmkDisabled":      "enable it first",
		"ResourceUnavailable.KeyPendingDelete": "cancel that and enable the key first",
		"AuthFailure.SecretIdNotFound":         "check secret_id; accounts of the international site need kms_endpoint: kms.intl.tencentcloudapi.com",
		"AuthFailure.SignatureFailure":         "check secret_key; accounts of the international site need kms_endpoint: kms.intl.tencentcloudapi.com",
		"UnauthorizedOperation":                "it needs the action kms:DescribeKey",
		"InvalidAction":                        "check kms_endpoint",
		"UnsupportedRegion":                    "check region",
		"ResourceUnavailable.TokenExpired":     "get import parameters anew",
		"InvalidParameterValue.TagsNotExisted": "make it in the Tag console first",
	} {
		s := servedKeys(t, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"Response":{"Error":{"Code":%q,"Message":"m"},"RequestId":"r-1"}}`, code)
		})
		if _, err := s.DescribeKey(t.Context(), &driver.DescribeKeyRequest{KeyID: "k"}); !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// What is encrypted does not change what a code means, even where it has words of codes in it.
func TestKMSCodeWithinThePlaintext(t *testing.T) {
	s := servedKeys(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"Response":{"Error":{"Code":"ResourceUnavailable.CmkNotFound","Message":"m"},"RequestId":"r-1"}}`)
	})
	_, err := s.Encrypt(t.Context(), &driver.EncryptRequest{KeyID: "k", Plaintext: []byte("ResourceUnavailable.CmkNotFound")})
	wantCode(t, err, errs.NotFound)
}
