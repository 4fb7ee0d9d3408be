package tencent

import (
	"net/http"
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
// the vendor's Go packages of EdgeOne. Plain values take a third of the room in a program that calls of refused, later and
// broken would take.
var meanings = map[string]meaning{
	// Of key-value namespaces.
	"ResourceUnavailable.NamespaceNotFound":      {errs.NamespaceNotFound, errs.Permanent, errs.NotApplied, "the namespace does not exist"}, // and not Unavailable, as its first part says
	"InvalidParameter.BadNamespaceName":          {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the namespace's name is not accepted"},
	"InvalidParameter.DuplicateBindingName":      {errs.AlreadyExists, errs.Permanent, errs.NotApplied, "a namespace of that name exists"}, // that a taken name gets it is unconfirmed
	"InvalidParameter.RemarkTooLong":             {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the description is too long"},
	"InvalidParameter.NamespaceInUse":            {errs.Conflict, errs.Permanent, errs.NotApplied, "an edge function uses the namespace"},
	"InvalidParameter.KeysTooMany":               {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "too many keys in one request"},
	"InvalidParameter.InvalidFilterName":         {errs.InvalidArgument, errs.Permanent, errs.NotApplied, badParameter},
	"InvalidParameter.InvalidSortBy":             {errs.InvalidArgument, errs.Permanent, errs.NotApplied, badParameter},
	"InvalidParameter.InvalidSortOrder":          {errs.InvalidArgument, errs.Permanent, errs.NotApplied, badParameter},
	"LimitExceeded.NamespaceLimitExceeded":       {errs.QuotaExceeded, errs.Permanent, errs.NotApplied, "the zone has as many namespaces as it may"},
	"InvalidParameter.ActionInProgress":          {errs.Conflict, errs.Temporary, errs.NotApplied, "the namespace is being changed by another request"},
	"InvalidParameter.ZoneNotFound":              {errs.NotFound, errs.Permanent, errs.NotApplied, noZone},
	"InvalidParameterValue.ZoneNotFound":         {errs.NotFound, errs.Permanent, errs.NotApplied, noZone},
	"ResourceNotFound.ZoneNotFound":              {errs.NotFound, errs.Permanent, errs.NotApplied, noZone},
	"ResourceUnavailable.ZoneNotFound":           {errs.NotFound, errs.Permanent, errs.NotApplied, noZone}, // and not Unavailable
	"InvalidParameter.ZoneHasNotBeenBoundToPlan": {errs.PermissionDenied, errs.Permanent, errs.NotApplied, "the zone has no plan; bind one in the EdgeOne console"},

	// Of EdgeOne.
	"LimitExceeded.RateLimitExceeded":            {errs.RateLimited, errs.Temporary, errs.NotApplied, tooFast}, // and not a quota
	"LimitExceeded.UserQuotaLimited":             {errs.QuotaExceeded, errs.Permanent, errs.NotApplied, noQuota},
	"LimitExceeded.PackNotAllow":                 {errs.QuotaExceeded, errs.Permanent, errs.NotApplied, "the plan of the zone does not allow this"},
	"LimitExceeded.DailyQuota":                   {errs.QuotaExceeded, errs.Permanent, errs.NotApplied, "the quota of the day is used up"},
	"InternalError.ConfigLocked":                 {errs.Conflict, errs.Temporary, errs.NotApplied, locked},
	"OperationDenied.ConfigLocked":               {errs.Conflict, errs.Temporary, errs.NotApplied, locked},
	"OperationDenied":                            {errs.PermissionDenied, errs.Permanent, errs.NotApplied, "the operation is not allowed"},
	"FailedOperation.ProductNotActivated":        {errs.PermissionDenied, errs.Permanent, errs.NotApplied, "EdgeOne is not switched on for this account"},
	"FailedOperation.InsufficientAccountBalance": {errs.PermissionDenied, errs.Permanent, errs.NotApplied, "the account's balance does not suffice"},
	"FailedOperation.ProductDiscontinued":        {errs.PermissionDenied, errs.Permanent, errs.NotApplied, "the product is no longer offered to this account"},
	"ResourceInUse.DuplicateName":                {errs.AlreadyExists, errs.Permanent, errs.NotApplied, "the name is taken"},
	"UnauthorizedOperation.CamUnauthorized":      {errs.PermissionDenied, errs.Permanent, errs.NotApplied, noRight},
	"UnauthorizedOperation.NoPermission":         {errs.PermissionDenied, errs.Permanent, errs.NotApplied, noRight},
	"UnauthorizedOperation.Unknown":              {errs.PermissionDenied, errs.Permanent, errs.NotApplied, noRight},

	// Of every product.
	"AuthFailure":                       {errs.Unauthenticated, errs.Permanent, errs.NotApplied, "the credential is not accepted"},
	"AuthFailure.InvalidAuthorization":  {errs.Unauthenticated, errs.Permanent, errs.NotApplied, badSignature},
	"AuthFailure.InvalidSecretId":       {errs.Unauthenticated, errs.Permanent, errs.NotApplied, badID},
	"AuthFailure.MFAFailure":            {errs.Unauthenticated, errs.Permanent, errs.NotApplied, "the account asks for a second factor"},
	"AuthFailure.SecretIdNotFound":      {errs.Unauthenticated, errs.Permanent, errs.NotApplied, badID},
	"AuthFailure.SignatureFailure":      {errs.Unauthenticated, errs.Permanent, errs.NotApplied, badSignature},
	"AuthFailure.TokenFailure":          {errs.Unauthenticated, errs.Permanent, errs.NotApplied, "the token is wrong or expired"},
	"AuthFailure.SignatureExpire":       {errs.Unauthenticated, errs.Temporary, errs.NotApplied, "the time of the request is not accepted"}, // see failure
	"AuthFailure.UnauthorizedOperation": {errs.PermissionDenied, errs.Permanent, errs.NotApplied, noRight},
	"UnauthorizedOperation":             {errs.PermissionDenied, errs.Permanent, errs.NotApplied, noRight},
	"IpInBlacklist":                     {errs.PermissionDenied, errs.Permanent, errs.NotApplied, "the address of this machine is not allowed"},
	"IpNotInWhitelist":                  {errs.PermissionDenied, errs.Permanent, errs.NotApplied, "the address of this machine is not allowed"},

	"RequestLimitExceeded":                              {errs.RateLimited, errs.Temporary, errs.NotApplied, tooFast},
	"RequestLimitExceeded.UinLimitExceeded":             {errs.RateLimited, errs.Temporary, errs.NotApplied, tooFast},
	"RequestLimitExceeded.IPLimitExceeded":              {errs.RateLimited, errs.Temporary, errs.NotApplied, tooFast},
	"RequestLimitExceeded.GlobalRegionUinLimitExceeded": {errs.RateLimited, errs.Temporary, errs.NotApplied, tooFast},
	"RequestSizeLimitExceeded":                          {errs.TooLarge, errs.Permanent, errs.NotApplied, "the request is too large"},
	"ResponseSizeLimitExceeded":                         {errs.TooLarge, errs.Permanent, errs.NotApplied, "the reply would be too large"},
	"LimitExceeded":                                     {errs.QuotaExceeded, errs.Permanent, errs.NotApplied, noQuota},
	"ResourceInsufficient":                              {errs.QuotaExceeded, errs.Permanent, errs.NotApplied, "the resources do not suffice"},

	"InvalidParameter":      {errs.InvalidArgument, errs.Permanent, errs.NotApplied, badParameter},
	"InvalidParameterValue": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, badParameter},
	"InvalidRequest":        {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the request is not accepted"},
	"MissingParameter":      {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "a parameter is missing"},
	"UnknownParameter":      {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "a parameter is not known"},
	"UnsupportedProtocol":   {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the protocol is not accepted; the endpoint needs https"},
	"UnsupportedRegion":     {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the region is not accepted"},
	"InvalidAction":         {errs.Unsupported, errs.Permanent, errs.NotApplied, noSuchAction},
	"NoSuchVersion":         {errs.Unsupported, errs.Permanent, errs.NotApplied, noSuchAction},
	"NoSuchProduct":         {errs.Unsupported, errs.Permanent, errs.NotApplied, noSuchAction},
	"ActionOffline":         {errs.Unsupported, errs.Permanent, errs.NotApplied, "the action is no longer offered"},
	"UnsupportedOperation":  {errs.Unsupported, errs.Permanent, errs.NotApplied, "the operation is not supported"},
	"ResourceNotFound":      {errs.NotFound, errs.Permanent, errs.NotApplied, "the resource does not exist"},
	"ResourceInUse":         {errs.Conflict, errs.Permanent, errs.NotApplied, "the resource is in use"},
	"DryRunOperation":       {errs.Unknown, errs.Permanent, errs.NotApplied, "the request was a dry run"},

	"ResourceUnavailable": {errs.Unavailable, errs.Temporary, errs.Ambiguous, "the resource is not available"},
	"ServiceUnavailable":  {errs.Unavailable, errs.Temporary, errs.Ambiguous, "the service is not available"},
	"InternalError":       {errs.Internal, errs.Temporary, errs.Ambiguous, "the service failed"},
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
	var own []map[string]meaning
	if c.codes != nil {
		own = c.codes()
	}
	m, listed, known := meaningOf(code, append(own, meanings)...)
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
	e.Message = wire.Describe(vendorName, ours, theirs)
	e.VendorCode, e.HTTPStatus, e.RequestID = code, r.Status, h.RequestID
	e.RetryAfter = wire.RetryAfter(r.Header, time.Now())
	e.Err = sdkerrors.NewTencentCloudSDKError(code, theirs, h.RequestID)
	if code == codeExpired && r.ClockSkew().Abs() > allowedSkew {
		e.Message += "; " + r.SkewText() + ", and signatures are good for 5 minutes"
		// Signed anew, the request would be as late or early again. With a smaller skew it was held up on its way.
		e.Retry = errs.Permanent
	}
	return e
}
