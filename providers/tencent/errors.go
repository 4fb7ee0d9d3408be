package tencent

import (
	"strings"
	"time"

	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

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
var meanings = wire.Meanings{
	// Of key-value namespaces.
	wire.Refused("ResourceUnavailable.NamespaceNotFound", errs.NamespaceNotFound, "the namespace does not exist"), // and not Unavailable, as its first part says
	wire.Refused("InvalidParameter.BadNamespaceName", errs.InvalidArgument, "the namespace's name is not accepted"),
	wire.Refused("InvalidParameter.DuplicateBindingName", errs.AlreadyExists, "a namespace of that name exists"), // that a taken name gets it is unconfirmed
	wire.Refused("InvalidParameter.RemarkTooLong", errs.InvalidArgument, "the description is too long"),
	wire.Refused("InvalidParameter.NamespaceInUse", errs.Conflict, "an edge function uses the namespace"),
	wire.Refused("InvalidParameter.KeysTooMany", errs.InvalidArgument, "too many keys in one request"),
	wire.Refused("InvalidParameter.InvalidFilterName", errs.InvalidArgument, badParameter),
	wire.Refused("InvalidParameter.InvalidSortBy", errs.InvalidArgument, badParameter),
	wire.Refused("InvalidParameter.InvalidSortOrder", errs.InvalidArgument, badParameter),
	wire.Refused("LimitExceeded.NamespaceLimitExceeded", errs.QuotaExceeded, "the zone has as many namespaces as it may"),
	wire.Later("InvalidParameter.ActionInProgress", errs.Conflict, "the namespace is being changed by another request"),
	wire.Refused("InvalidParameter.ZoneNotFound", errs.NotFound, noZone),
	wire.Refused("InvalidParameterValue.ZoneNotFound", errs.NotFound, noZone),
	wire.Refused("ResourceNotFound.ZoneNotFound", errs.NotFound, noZone),
	wire.Refused("ResourceUnavailable.ZoneNotFound", errs.NotFound, noZone), // and not Unavailable
	wire.Refused("InvalidParameter.ZoneHasNotBeenBoundToPlan", errs.PermissionDenied, "the zone has no plan; bind one in the EdgeOne console"),

	// Of EdgeOne.
	wire.Later("LimitExceeded.RateLimitExceeded", errs.RateLimited, tooFast), // and not a quota
	wire.Refused("LimitExceeded.UserQuotaLimited", errs.QuotaExceeded, noQuota),
	wire.Refused("LimitExceeded.PackNotAllow", errs.QuotaExceeded, "the plan of the zone does not allow this"),
	wire.Refused("LimitExceeded.DailyQuota", errs.QuotaExceeded, "the quota of the day is used up"),
	wire.Later("InternalError.ConfigLocked", errs.Conflict, locked),
	wire.Later("OperationDenied.ConfigLocked", errs.Conflict, locked),
	wire.Refused("OperationDenied", errs.PermissionDenied, "the operation is not allowed"),
	wire.Refused("FailedOperation.ProductNotActivated", errs.PermissionDenied, "EdgeOne is not switched on for this account"),
	wire.Refused("FailedOperation.InsufficientAccountBalance", errs.PermissionDenied, "the account's balance does not suffice"),
	wire.Refused("FailedOperation.ProductDiscontinued", errs.PermissionDenied, "the product is no longer offered to this account"),
	wire.Refused("ResourceInUse.DuplicateName", errs.AlreadyExists, "the name is taken"),
	wire.Refused("UnauthorizedOperation.CamUnauthorized", errs.PermissionDenied, noRight),
	wire.Refused("UnauthorizedOperation.NoPermission", errs.PermissionDenied, noRight),
	wire.Refused("UnauthorizedOperation.Unknown", errs.PermissionDenied, noRight),

	// Of every product.
	wire.Refused("AuthFailure", errs.Unauthenticated, "the credential is not accepted"),
	wire.Refused("AuthFailure.InvalidAuthorization", errs.Unauthenticated, badSignature),
	wire.Refused("AuthFailure.InvalidSecretId", errs.Unauthenticated, badID),
	wire.Refused("AuthFailure.MFAFailure", errs.Unauthenticated, "the account asks for a second factor"),
	wire.Refused("AuthFailure.SecretIdNotFound", errs.Unauthenticated, badID),
	wire.Refused("AuthFailure.SignatureFailure", errs.Unauthenticated, badSignature),
	wire.Refused("AuthFailure.TokenFailure", errs.Unauthenticated, "the token is wrong or expired"),
	wire.Later("AuthFailure.SignatureExpire", errs.Unauthenticated, "the time of the request is not accepted"), // see failure
	wire.Refused("AuthFailure.UnauthorizedOperation", errs.PermissionDenied, noRight),
	wire.Refused("UnauthorizedOperation", errs.PermissionDenied, noRight),
	wire.Refused("IpInBlacklist", errs.PermissionDenied, "the address of this machine is not allowed"),
	wire.Refused("IpNotInWhitelist", errs.PermissionDenied, "the address of this machine is not allowed"),

	wire.Later("RequestLimitExceeded", errs.RateLimited, tooFast),
	wire.Later("RequestLimitExceeded.UinLimitExceeded", errs.RateLimited, tooFast),
	wire.Later("RequestLimitExceeded.IPLimitExceeded", errs.RateLimited, tooFast),
	wire.Later("RequestLimitExceeded.GlobalRegionUinLimitExceeded", errs.RateLimited, tooFast),
	wire.Refused("RequestSizeLimitExceeded", errs.TooLarge, "the request is too large"),
	wire.Refused("ResponseSizeLimitExceeded", errs.TooLarge, "the reply would be too large"),
	wire.Refused("LimitExceeded", errs.QuotaExceeded, noQuota),
	wire.Refused("ResourceInsufficient", errs.QuotaExceeded, "the resources do not suffice"),

	wire.Refused("InvalidParameter", errs.InvalidArgument, badParameter),
	wire.Refused("InvalidParameterValue", errs.InvalidArgument, badParameter),
	wire.Refused("InvalidRequest", errs.InvalidArgument, "the request is not accepted"),
	wire.Refused("MissingParameter", errs.InvalidArgument, "a parameter is missing"),
	wire.Refused("UnknownParameter", errs.InvalidArgument, "a parameter is not known"),
	wire.Refused("UnsupportedProtocol", errs.InvalidArgument, "the protocol is not accepted; the endpoint needs https"),
	wire.Refused("UnsupportedRegion", errs.InvalidArgument, "the region is not accepted"),
	wire.Refused("InvalidAction", errs.Unsupported, noSuchAction),
	wire.Refused("NoSuchVersion", errs.Unsupported, noSuchAction),
	wire.Refused("NoSuchProduct", errs.Unsupported, noSuchAction),
	wire.Refused("ActionOffline", errs.Unsupported, "the action is no longer offered"),
	wire.Refused("UnsupportedOperation", errs.Unsupported, "the operation is not supported"),
	wire.Refused("ResourceNotFound", errs.NotFound, "the resource does not exist"),
	wire.Refused("ResourceInUse", errs.Conflict, "the resource is in use"),
	wire.Refused("DryRunOperation", errs.Unknown, "the request was a dry run"),

	wire.Broken("ResourceUnavailable", errs.Unavailable, "the resource is not available"),
	wire.Broken("ServiceUnavailable", errs.Unavailable, "the service is not available"),
	wire.Broken("InternalError", errs.Internal, "the service failed"),
	// The catch-all. Whether it passes, and whether something was done, cannot be told from it.
	wire.Unclear("FailedOperation", errs.Unknown, "the operation failed"),
}

// kvTables are those of the actions on namespaces.
var kvTables = []wire.Meanings{meanings}

// meaningOf returns what a code stands for, by the first table that lists it, or else by the first that lists its first
// part.
func meaningOf(code string, tables []wire.Meanings) (m wire.Meaning) {
	first, _, _ := strings.Cut(code, ".")
	for _, part := range []string{code, first} {
		for _, table := range tables {
			if m = table.Find(part); m.Code != "" {
				return m
			}
		}
	}
	return m
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
	theirs := ""
	if !c.carriesValue {
		theirs = errs.Printable(r.Hidden.Text(h.Error.Message))
	}
	tables := kvTables
	if c.codes != nil {
		tables = c.codes(c.action)
	}
	m := meaningOf(h.Error.Code, tables)
	if m.Text == noRight {
		m.Text += "; it needs the action " + c.service + ":" + c.action
	}
	e := r.CodeError(vendorName, m, h.Error.Code, theirs)
	e.RequestID = h.RequestID
	e.Err = sdkerrors.NewTencentCloudSDKError(e.VendorCode, theirs, h.RequestID)
	if e.VendorCode == codeExpired && r.ClockSkew().Abs() > allowedSkew {
		e.Message += "; " + r.SkewText() + ", and signatures are good for 5 minutes"
		// Signed anew, the request would be as late or early again. With a smaller skew it was held up on its way.
		e.Retry = errs.Permanent
	}
	return e
}
