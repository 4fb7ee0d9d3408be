package tencent

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// meaning is what one of the vendor's codes stands for.
type meaning struct {
	code    errs.Code
	retry   errs.Retry
	outcome errs.Outcome
}

// refused: the same request is refused again, and nothing was done.
func refused(code errs.Code) meaning { return meaning{code, errs.Permanent, errs.NotApplied} }

// later: the request was refused for now, and nothing was done.
func later(code errs.Code) meaning { return meaning{code, errs.Temporary, errs.NotApplied} }

// broken: the service failed while it worked on the request, which may have been carried out.
func broken(code errs.Code) meaning { return meaning{code, errs.Temporary, errs.Ambiguous} }

// meanings lists the vendor's codes. A code that is not in it means what its part before the first dot means.
//
// Sources: the error sections of the pages of the eight actions, the page "Common Error Codes", and the error lists of
// the vendor's Go packages of EdgeOne.
var meanings = map[string]meaning{
	// Of key-value namespaces.
	"ResourceUnavailable.NamespaceNotFound":      refused(errs.NamespaceNotFound), // and not Unavailable, as its first part says
	"InvalidParameter.BadNamespaceName":          refused(errs.InvalidArgument),
	"InvalidParameter.DuplicateBindingName":      refused(errs.AlreadyExists), // that a taken name gets it is unconfirmed
	"InvalidParameter.RemarkTooLong":             refused(errs.InvalidArgument),
	"InvalidParameter.NamespaceInUse":            refused(errs.Conflict),
	"InvalidParameter.KeysTooMany":               refused(errs.InvalidArgument),
	"InvalidParameter.InvalidFilterName":         refused(errs.InvalidArgument),
	"InvalidParameter.InvalidSortBy":             refused(errs.InvalidArgument),
	"InvalidParameter.InvalidSortOrder":          refused(errs.InvalidArgument),
	"LimitExceeded.NamespaceLimitExceeded":       refused(errs.QuotaExceeded),
	"InvalidParameter.ActionInProgress":          later(errs.Conflict),
	"InvalidParameter.ZoneNotFound":              refused(errs.NotFound),
	"InvalidParameterValue.ZoneNotFound":         refused(errs.NotFound),
	"ResourceNotFound.ZoneNotFound":              refused(errs.NotFound),
	"ResourceUnavailable.ZoneNotFound":           refused(errs.NotFound), // and not Unavailable
	"InvalidParameter.ZoneHasNotBeenBoundToPlan": refused(errs.PermissionDenied),

	// Of EdgeOne.
	"LimitExceeded.RateLimitExceeded":            later(errs.RateLimited), // and not a quota
	"LimitExceeded.UserQuotaLimited":             refused(errs.QuotaExceeded),
	"LimitExceeded.PackNotAllow":                 refused(errs.QuotaExceeded),
	"LimitExceeded.DailyQuota":                   refused(errs.QuotaExceeded),
	"InternalError.ConfigLocked":                 later(errs.Conflict),
	"OperationDenied.ConfigLocked":               later(errs.Conflict),
	"OperationDenied":                            refused(errs.PermissionDenied),
	"FailedOperation.ProductNotActivated":        refused(errs.PermissionDenied),
	"FailedOperation.InsufficientAccountBalance": refused(errs.PermissionDenied),
	"FailedOperation.ProductDiscontinued":        refused(errs.PermissionDenied),
	"ResourceInUse.DuplicateName":                refused(errs.AlreadyExists),
	"UnauthorizedOperation.CamUnauthorized":      refused(errs.PermissionDenied),
	"UnauthorizedOperation.NoPermission":         refused(errs.PermissionDenied),
	"UnauthorizedOperation.Unknown":              refused(errs.PermissionDenied),

	// Of every product.
	"AuthFailure":                       refused(errs.Unauthenticated),
	"AuthFailure.InvalidAuthorization":  refused(errs.Unauthenticated),
	"AuthFailure.InvalidSecretId":       refused(errs.Unauthenticated),
	"AuthFailure.MFAFailure":            refused(errs.Unauthenticated),
	"AuthFailure.SecretIdNotFound":      refused(errs.Unauthenticated),
	"AuthFailure.SignatureFailure":      refused(errs.Unauthenticated),
	"AuthFailure.TokenFailure":          refused(errs.Unauthenticated),
	"AuthFailure.SignatureExpire":       later(errs.Unauthenticated), // see failure
	"AuthFailure.UnauthorizedOperation": refused(errs.PermissionDenied),
	"UnauthorizedOperation":             refused(errs.PermissionDenied),
	"IpInBlacklist":                     refused(errs.PermissionDenied),
	"IpNotInWhitelist":                  refused(errs.PermissionDenied),

	"RequestLimitExceeded":                              later(errs.RateLimited),
	"RequestLimitExceeded.UinLimitExceeded":             later(errs.RateLimited),
	"RequestLimitExceeded.IPLimitExceeded":              later(errs.RateLimited),
	"RequestLimitExceeded.GlobalRegionUinLimitExceeded": later(errs.RateLimited),
	"RequestSizeLimitExceeded":                          refused(errs.TooLarge),
	"ResponseSizeLimitExceeded":                         refused(errs.TooLarge),
	"LimitExceeded":                                     refused(errs.QuotaExceeded),
	"ResourceInsufficient":                              refused(errs.QuotaExceeded),

	"InvalidParameter":      refused(errs.InvalidArgument),
	"InvalidParameterValue": refused(errs.InvalidArgument),
	"InvalidRequest":        refused(errs.InvalidArgument),
	"MissingParameter":      refused(errs.InvalidArgument),
	"UnknownParameter":      refused(errs.InvalidArgument),
	"UnsupportedProtocol":   refused(errs.InvalidArgument),
	"UnsupportedRegion":     refused(errs.InvalidArgument),
	"InvalidAction":         refused(errs.Unsupported),
	"NoSuchVersion":         refused(errs.Unsupported),
	"NoSuchProduct":         refused(errs.Unsupported),
	"ActionOffline":         refused(errs.Unsupported),
	"UnsupportedOperation":  refused(errs.Unsupported),
	"ResourceNotFound":      refused(errs.NotFound),
	"ResourceInUse":         refused(errs.Conflict),
	"DryRunOperation":       refused(errs.Unknown),

	"ResourceUnavailable": broken(errs.Unavailable),
	"ServiceUnavailable":  broken(errs.Unavailable),
	"InternalError":       broken(errs.Internal),
	// The catch-all. Whether it passes, and whether something was done, cannot be told from it.
	"FailedOperation": {errs.Unknown, errs.Permanent, errs.Ambiguous},
}

// meaningOf returns what a code stands for; false where neither it nor its first part is known.
func meaningOf(code string) (meaning, bool) {
	if m, known := meanings[code]; known {
		return m, true
	}
	first, _, _ := strings.Cut(code, ".")
	m, known := meanings[first]
	return m, known
}

// failure is the error of a reply that has a code, without the credential and the value that were sent.
func failure(r *wire.Response, h *head, signer credential, value string) *errs.Error {
	code := withoutValue(scrub(h.Error.Code, signer.hidden()...), value)
	text := withoutValue(scrub(h.Error.Message, signer.hidden()...), value)
	e := &errs.Error{Code: errs.Unknown, Message: text}
	if m, known := meaningOf(code); known {
		e.Code, e.Retry, e.Outcome = m.code, m.retry, m.outcome
	} else if r.Status >= http.StatusBadRequest {
		e = r.StatusError()
		e.Message = text
	}
	e.VendorCode, e.HTTPStatus, e.RequestID = code, r.Status, h.RequestID
	e.RetryAfter = wire.RetryAfter(r.Header, time.Now())
	e.Err = sdkerrors.NewTencentCloudSDKError(code, text, h.RequestID)
	if e.Code == errs.Unauthenticated && r.ClockSkew != 0 {
		e.Message += "; " + r.SkewText() + ", and signatures are good for 5 minutes"
		// Signed anew, the request would be as late or early again. Without a skew it was held up on its way.
		e.Retry = errs.Permanent
	}
	return e
}

// Bounds of what is taken out of messages, in bytes.
const (
	minHidden  = 4    // shorter texts are met in any sentence
	hiddenRun  = 8    // a part of a value that is as long is taken out too
	maxMessage = 4096 // of the vendor's messages, the rest is cut
)

// scrub returns text without the hidden ones.
func scrub(text string, hidden ...string) string {
	for _, h := range hidden {
		if len(h) >= minHidden {
			text = strings.ReplaceAll(text, h, secret.Redacted)
		}
	}
	return text
}

// withoutValue returns a message without whatever it quotes of a value, as it is or as it was sent.
func withoutValue(text, value string) string {
	text = text[:min(len(text), maxMessage)]
	if len(value) < minHidden || text == "" {
		return errs.Printable(text)
	}
	quoted, _ := wire.EncodeJSON(value)
	run := min(len(value), hiddenRun)
	var b strings.Builder
	for from := 0; from < len(text); {
		to := from
		for ; to+run <= len(text); to++ { // text[from:to+run] is quoted as far as this loop comes
			part := text[to : to+run]
			if !strings.Contains(value, part) && !bytes.Contains(quoted, []byte(part)) {
				break
			}
		}
		if to == from {
			b.WriteByte(text[from])
			from++
			continue
		}
		b.WriteString(secret.Redacted)
		from = to + run - 1
	}
	return errs.Printable(b.String())
}
