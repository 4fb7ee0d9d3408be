package tencent

import (
	"net/http"
	"slices"
	"strings"
	"time"

	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// meaning is what one of the vendor's codes stands for.
type meaning struct {
	code    errs.Code
	retry   errs.Retry
	outcome errs.Outcome
	text    string
}

// refused: the same request is refused again, and nothing was done.
func refused(code errs.Code, text string) meaning {
	return meaning{code, errs.Permanent, errs.NotApplied, text}
}

// later: the request was refused for now, and nothing was done.
func later(code errs.Code, text string) meaning {
	return meaning{code, errs.Temporary, errs.NotApplied, text}
}

// broken: the service failed while it worked on the request, which may have been carried out.
func broken(code errs.Code, text string) meaning {
	return meaning{code, errs.Temporary, errs.Ambiguous, text}
}

const (
	badParameter = "a parameter is not accepted"
	noZone       = "the zone does not exist, or belongs to another account; check zone_id"
	tooFast      = "too many requests"
	noQuota      = "a quota is used up"
	locked       = "the configuration of the zone is locked while it is being changed"
	noRight      = "the account, or the CAM user, may not do this"
	badID        = "the key id is not known; check secret_id" + otherSite
	badSignature = "the signature is not accepted; check secret_key" + otherSite
	otherSite    = "; accounts of the site in China need endpoint: teo.tencentcloudapi.com"
	noSuchAction = "the endpoint does not know this action; check endpoint"
)

// meanings lists the vendor's codes. A code that is not in it means what its part before the first dot means.
//
// Sources: the error sections of the pages of the eight actions, the page "Common Error Codes", and the error lists of
// the vendor's Go packages of EdgeOne.
var meanings = map[string]meaning{
	// Of key-value namespaces.
	"ResourceUnavailable.NamespaceNotFound":      refused(errs.NamespaceNotFound, "the namespace does not exist"), // and not Unavailable, as its first part says
	"InvalidParameter.BadNamespaceName":          refused(errs.InvalidArgument, "the namespace's name is not accepted"),
	"InvalidParameter.DuplicateBindingName":      refused(errs.AlreadyExists, "a namespace of that name exists"), // that a taken name gets it is unconfirmed
	"InvalidParameter.RemarkTooLong":             refused(errs.InvalidArgument, "the description is too long"),
	"InvalidParameter.NamespaceInUse":            refused(errs.Conflict, "an edge function uses the namespace"),
	"InvalidParameter.KeysTooMany":               refused(errs.InvalidArgument, "too many keys in one request"),
	"InvalidParameter.InvalidFilterName":         refused(errs.InvalidArgument, badParameter),
	"InvalidParameter.InvalidSortBy":             refused(errs.InvalidArgument, badParameter),
	"InvalidParameter.InvalidSortOrder":          refused(errs.InvalidArgument, badParameter),
	"LimitExceeded.NamespaceLimitExceeded":       refused(errs.QuotaExceeded, "the zone has as many namespaces as it may"),
	"InvalidParameter.ActionInProgress":          later(errs.Conflict, "the namespace is being changed by another request"),
	"InvalidParameter.ZoneNotFound":              refused(errs.NotFound, noZone),
	"InvalidParameterValue.ZoneNotFound":         refused(errs.NotFound, noZone),
	"ResourceNotFound.ZoneNotFound":              refused(errs.NotFound, noZone),
	"ResourceUnavailable.ZoneNotFound":           refused(errs.NotFound, noZone), // and not Unavailable
	"InvalidParameter.ZoneHasNotBeenBoundToPlan": refused(errs.PermissionDenied, "the zone has no plan; bind one in the EdgeOne console"),

	// Of EdgeOne.
	"LimitExceeded.RateLimitExceeded":            later(errs.RateLimited, tooFast), // and not a quota
	"LimitExceeded.UserQuotaLimited":             refused(errs.QuotaExceeded, noQuota),
	"LimitExceeded.PackNotAllow":                 refused(errs.QuotaExceeded, "the plan of the zone does not allow this"),
	"LimitExceeded.DailyQuota":                   refused(errs.QuotaExceeded, "the quota of the day is used up"),
	"InternalError.ConfigLocked":                 later(errs.Conflict, locked),
	"OperationDenied.ConfigLocked":               later(errs.Conflict, locked),
	"OperationDenied":                            refused(errs.PermissionDenied, "the operation is not allowed"),
	"FailedOperation.ProductNotActivated":        refused(errs.PermissionDenied, "EdgeOne is not switched on for this account"),
	"FailedOperation.InsufficientAccountBalance": refused(errs.PermissionDenied, "the account's balance does not suffice"),
	"FailedOperation.ProductDiscontinued":        refused(errs.PermissionDenied, "the product is no longer offered to this account"),
	"ResourceInUse.DuplicateName":                refused(errs.AlreadyExists, "the name is taken"),
	"UnauthorizedOperation.CamUnauthorized":      refused(errs.PermissionDenied, noRight),
	"UnauthorizedOperation.NoPermission":         refused(errs.PermissionDenied, noRight),
	"UnauthorizedOperation.Unknown":              refused(errs.PermissionDenied, noRight),

	// Of every product.
	"AuthFailure":                       refused(errs.Unauthenticated, "the credential is not accepted"),
	"AuthFailure.InvalidAuthorization":  refused(errs.Unauthenticated, badSignature),
	"AuthFailure.InvalidSecretId":       refused(errs.Unauthenticated, badID),
	"AuthFailure.MFAFailure":            refused(errs.Unauthenticated, "the account asks for a second factor"),
	"AuthFailure.SecretIdNotFound":      refused(errs.Unauthenticated, badID),
	"AuthFailure.SignatureFailure":      refused(errs.Unauthenticated, badSignature),
	"AuthFailure.TokenFailure":          refused(errs.Unauthenticated, "the token is wrong or expired"),
	"AuthFailure.SignatureExpire":       later(errs.Unauthenticated, "the time of the request is not accepted"), // see failure
	"AuthFailure.UnauthorizedOperation": refused(errs.PermissionDenied, noRight),
	"UnauthorizedOperation":             refused(errs.PermissionDenied, noRight),
	"IpInBlacklist":                     refused(errs.PermissionDenied, "the address of this machine is not allowed"),
	"IpNotInWhitelist":                  refused(errs.PermissionDenied, "the address of this machine is not allowed"),

	"RequestLimitExceeded":                              later(errs.RateLimited, tooFast),
	"RequestLimitExceeded.UinLimitExceeded":             later(errs.RateLimited, tooFast),
	"RequestLimitExceeded.IPLimitExceeded":              later(errs.RateLimited, tooFast),
	"RequestLimitExceeded.GlobalRegionUinLimitExceeded": later(errs.RateLimited, tooFast),
	"RequestSizeLimitExceeded":                          refused(errs.TooLarge, "the request is too large"),
	"ResponseSizeLimitExceeded":                         refused(errs.TooLarge, "the reply would be too large"),
	"LimitExceeded":                                     refused(errs.QuotaExceeded, noQuota),
	"ResourceInsufficient":                              refused(errs.QuotaExceeded, "the resources do not suffice"),

	"InvalidParameter":      refused(errs.InvalidArgument, badParameter),
	"InvalidParameterValue": refused(errs.InvalidArgument, badParameter),
	"InvalidRequest":        refused(errs.InvalidArgument, "the request is not accepted"),
	"MissingParameter":      refused(errs.InvalidArgument, "a parameter is missing"),
	"UnknownParameter":      refused(errs.InvalidArgument, "a parameter is not known"),
	"UnsupportedProtocol":   refused(errs.InvalidArgument, "the protocol is not accepted; the endpoint needs https"),
	"UnsupportedRegion":     refused(errs.InvalidArgument, "the region is not accepted"),
	"InvalidAction":         refused(errs.Unsupported, noSuchAction),
	"NoSuchVersion":         refused(errs.Unsupported, noSuchAction),
	"NoSuchProduct":         refused(errs.Unsupported, noSuchAction),
	"ActionOffline":         refused(errs.Unsupported, "the action is no longer offered"),
	"UnsupportedOperation":  refused(errs.Unsupported, "the operation is not supported"),
	"ResourceNotFound":      refused(errs.NotFound, "the resource does not exist"),
	"ResourceInUse":         refused(errs.Conflict, "the resource is in use"),
	"DryRunOperation":       refused(errs.Unknown, "the request was a dry run"),

	"ResourceUnavailable": broken(errs.Unavailable, "the resource is not available"),
	"ServiceUnavailable":  broken(errs.Unavailable, "the service is not available"),
	"InternalError":       broken(errs.Internal, "the service failed"),
	// The catch-all. Whether it passes, and whether something was done, cannot be told from it.
	"FailedOperation": {errs.Unknown, errs.Permanent, errs.Ambiguous, "the operation failed"},
}

// meaningOf returns what a code stands for, by the first table that lists it, or else by the first that lists its first
// part. Known is false where none does.
func meaningOf(code string, tables ...map[string]meaning) (m meaning, listed, known bool) {
	first, _, _ := strings.Cut(code, ".")
	for _, part := range []string{code, first} {
		for _, table := range tables {
			if m, known := table[part]; known {
				return m, part == code, true
			}
		}
	}
	return meaning{}, false, false
}

// codeExpired is the one code that the time of a request is to blame for.
const codeExpired = "AuthFailure.SignatureExpire"

// allowedSkew is how far a clock may be off, with room for the time that a request takes (page "Signature v3": 5 min).
const allowedSkew = 4*time.Minute + 30*time.Second

// blamesCredential reports whether an error says that the vendor does not accept the credential.
func blamesCredential(e *errs.Error) bool {
	return e.Code == errs.Unauthenticated && e.VendorCode != codeExpired
}

// failure is the error of a reply that has a code. The vendor's words are shown unless they may be quoting a value, or
// hold a credential or the signature.
func failure(r *wire.Response, h *head, c call) *errs.Error {
	code, theirs := h.Error.Code, ""
	if !c.carriesValue {
		theirs = errs.Printable(r.Hidden.Text(h.Error.Message))
	}
	e := &errs.Error{Code: errs.Unknown}
	m, listed, known := meaningOf(code, append(slices.Clip(c.codes), meanings)...)
	if known {
		e.Code, e.Retry, e.Outcome = m.code, m.retry, m.outcome
	} else if r.Status >= http.StatusBadRequest {
		e = r.StatusError()
	}
	if !listed {
		code = r.Hidden.Code(code)
	}
	ours := m.text
	if ours == noRight {
		ours += "; it needs the action " + c.service + ":" + c.action
	}
	e.Message = describe(ours, theirs)
	e.VendorCode, e.HTTPStatus, e.RequestID = code, r.Status, h.RequestID
	e.RetryAfter = wire.RetryAfter(r.Header, time.Now())
	e.Err = sdkerrors.NewTencentCloudSDKError(code, theirs, h.RequestID)
	if code == codeExpired && r.ClockSkew.Abs() > allowedSkew {
		e.Message += "; " + r.SkewText() + ", and signatures are good for 5 minutes"
		// Signed anew, the request would be as late or early again. With a smaller skew it was held up on its way.
		e.Retry = errs.Permanent
	}
	return e
}

// describe joins our words and the vendor's.
func describe(ours, theirs string) string {
	switch {
	case ours == "" && theirs == "":
		return vendorName + " refused the request"
	case ours == "":
		return theirs
	case theirs == "":
		return ours
	}
	return ours + ": " + theirs
}
