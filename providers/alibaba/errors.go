package alibaba

import (
	"encoding/json"
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

const (
	badSignature = "the signature is not accepted; check access_key_secret"
	badKey       = "the access key is unknown or disabled; check access_key_id"
	badToken     = "the security token is missing, wrong or expired"
	badTime      = "the time of the request is not accepted"
	noRight      = "the account, or the RAM user, may not do this"
	tooFast      = "too many requests"
	noSuchAction = "the endpoint does not know this action; check region and endpoint (for keys kms_endpoint, for workspaces cms_endpoint)"
)

// meanings lists the vendor's codes: those of Edge KV (the list is the same on the page of every action) and those of
// the gateway in front of it (pages "Common errors" and of the signature). The same code comes with various statuses,
// and a status with codes of any meaning: throttling with 400, 429 and 503, a full namespace with 403, a taken name
// with 406, an unknown access key with 404.
var meanings = wire.Meanings{
	// Edge KV.
	wire.Refused("InvalidAccount.Malformed", errs.InvalidArgument, "the account is malformed"),
	wire.Refused("InvalidNameSpace.Malformed", errs.InvalidArgument, "the namespace's name is not accepted"),
	wire.Refused("InvalidKey.Malformed", errs.InvalidArgument, "the key is not accepted"),
	wire.Refused("InvalidKey.ExceedsMaximum", errs.InvalidArgument, "the key has over 512 bytes"), // and not TooLarge, which is about values
	wire.Refused("InvalidValue.ExceedsMaximum", errs.TooLarge, "the value has over 2,000,000 bytes"),
	wire.Refused("InvalidParameter", errs.InvalidArgument, "a parameter is not accepted"),
	wire.Refused("InvalidParameters", errs.InvalidArgument, "a parameter is not accepted"),
	wire.Refused("Invalid.Parameter", errs.InvalidArgument, "a parameter is not accepted"),
	wire.Later("TooManyRequests", errs.RateLimited, tooFast), // a 400
	wire.Later("TooQuickRequests", errs.RateLimited, "too many writes"),
	wire.Refused("Unauthorized.InvalidParameters", errs.Unauthenticated, "the parameters of the signature are not accepted"),
	wire.Later("Unauthorized.InvalidTime", errs.Unauthenticated, badTime),
	wire.Refused("Unauthorized.InvalidToken", errs.Unauthenticated, badToken),
	wire.Refused("Unauthorized.InvalidResource", errs.PermissionDenied, noRight),
	wire.Refused("InvalidKey.ExceedsCapacity", errs.QuotaExceeded, "the namespace is full; delete keys"), // a 403
	wire.Refused("InvalidAccount.NotFound", errs.NotFound, noAccount),                                    // neither namespace nor key
	wire.Refused("InvalidNameSpace.NotFound", errs.NamespaceNotFound, "the namespace does not exist"),
	wire.Refused("InvalidKey.NotFound", errs.KeyNotFound, "the key does not exist"),
	wire.Refused("InvalidNameSpace.Duplicate", errs.AlreadyExists, "a namespace of that name exists"),              // a 406
	wire.Refused("InvalidNameSpace.QuotaFull", errs.QuotaExceeded, "the account has as many namespaces as it may"), // a 406
	wire.Refused("InvalidKey.QuotaFull", errs.QuotaExceeded, "the namespace holds as many keys as it may"),         // a 406

	// The gateway.
	wire.Later("Throttling", errs.RateLimited, tooFast),
	wire.Later("Throttling.User", errs.RateLimited, tooFast),
	wire.Later("Throttling.Api", errs.RateLimited, tooFast),
	wire.Later("Rejected.Throttling", errs.RateLimited, tooFast),
	wire.Refused("SignatureDoesNotMatch", errs.Unauthenticated, badSignature),
	wire.Refused("IncompleteSignature", errs.Unauthenticated, badSignature),
	wire.Refused("InvalidSignatureMethod", errs.Unauthenticated, badSignature),
	wire.Refused("InvalidAccessKeyId", errs.Unauthenticated, badKey),
	wire.Refused("MissingSecurityToken", errs.Unauthenticated, badToken),
	wire.Refused("InvalidSecurityToken", errs.Unauthenticated, badToken),
	wire.Broken(codeNonceUsed, errs.Unauthenticated, "the request arrived twice"), // and may have been carried out the first time
	wire.Later("InvalidTimeStamp.Format", errs.Unauthenticated, badTime),
	wire.Later("InvalidTimeStamp.Expired", errs.Unauthenticated, badTime),
	wire.Later("IllegalTimestamp", errs.Unauthenticated, badTime),
	wire.Refused("Forbidden", errs.PermissionDenied, noRight),
	wire.Refused("NoPermission", errs.PermissionDenied, noRight),
	wire.Refused("ActionUnauthorized", errs.PermissionDenied, noRight),
	wire.Refused("InsufficientBalance", errs.PermissionDenied, "the account's balance does not suffice"),
	wire.Refused("MissingParameter", errs.InvalidArgument, "a parameter is missing"),
	wire.Refused("InvalidApi.NotFound", errs.Unsupported, noSuchAction), // and not NotFound
	wire.Refused("NoSuchVersion", errs.Unsupported, noSuchAction),
	wire.Refused("UnsupportedOperation", errs.Unsupported, noSuchAction),
	wire.Refused("UnsupportedHTTPMethod", errs.Unsupported, noSuchAction),
	wire.Refused("UnsupportedParameter", errs.Unsupported, noSuchAction),
	wire.Refused("InvalidProtocol.NeedSsl", errs.InvalidArgument, "the endpoint needs https"), // a 404
	wire.Broken("InternalError", errs.Internal, "the service failed"),
	wire.Broken("ServiceUnavailable", errs.Unavailable, "the service is not available"),
	wire.Refused("EntityTooLarge", errs.TooLarge, "the value is too large to be uploaded"), // of the upload's bucket
	wire.Later("RequestTimeTooSkewed", errs.Unauthenticated, badTime),                      // of the upload's bucket
	wire.Refused("AccessDenied", errs.PermissionDenied, noRight),
	wire.Refused("InvalidPolicyDocument", errs.PermissionDenied, "the upload was refused"), // of the upload's bucket

	// Families, for codes that are not in the list.
	wire.Later("Throttling*", errs.RateLimited, tooFast),
	wire.Refused("InvalidAccessKeyId*", errs.Unauthenticated, badKey),
	wire.Refused("InvalidSecurityToken*", errs.Unauthenticated, badToken),
	wire.Later("InvalidTimeStamp*", errs.Unauthenticated, badTime),
	wire.Refused("Forbidden*", errs.PermissionDenied, noRight),
	wire.Refused("InvalidAction*", errs.Unsupported, noSuchAction),
	wire.Broken("ServiceUnavailable*", errs.Unavailable, "the service is not available"),
	wire.Broken("InternalError*", errs.Internal, "the service failed"),
	wire.Refused("Missing*", errs.InvalidArgument, "a parameter is missing"),
	wire.Refused("Invalid*", errs.InvalidArgument, "a parameter is not accepted"),
}

// noAccount: the code comes for an account that Edge KV is not switched on for, and on the site that is not the account's.
const noAccount = "Edge KV does not know this account: either it is not switched on, which the ESA console does, or region or endpoint is that of the other site"

// codeNonceUsed tells of a request that arrived twice, and nothing of the credential.
const codeNonceUsed = "SignatureNonceUsed"

// blamesCredential reports whether an error says that the vendor does not accept the credential.
func blamesCredential(e *errs.Error) bool {
	return e.Code == errs.Unauthenticated && e.VendorCode != codeNonceUsed && meaningOf(e.VendorCode, e.HTTPStatus).Text != badTime
}

// meaningOf looks up a code of a reply with that status. A status of 5xx is not overruled by a family that blames the
// request.
func meaningOf(code string, status int) wire.Meaning {
	m := meanings.Find(code)
	if m.Of != code && m.Code == errs.InvalidArgument && status >= 500 {
		return wire.Meaning{}
	}
	return m
}

// fault is what a failed reply says.
type fault struct {
	code, message, requestID, hostID string
	detail                           map[string]string // why access was denied
}

// failure is the error of a failed reply.
func failure(r *wire.Response, c *call) *errs.Error {
	f, ok := decodeFault(r.Body)
	if !ok {
		e := r.UncodedError()
		if f.requestID == "" {
			e = r.Foreign(e, vendorName)
		}
		e.RequestID = requestID(r, f.requestID)
		e.RetryAfter = max(e.RetryAfter, throttledFor(e.Code, r.Header))
		return e
	}
	lookUp := meaningOf
	if c.meaningOf != nil {
		lookUp = c.meaningOf
	}
	m := lookUp(f.code, r.Status)
	f.scrub(r, c, m.Code)
	e := r.CodeError(vendorName, m, f.code, f.message)
	f.code, e.RequestID = e.VendorCode, f.requestID
	e.RetryAfter = max(e.RetryAfter, throttledFor(e.Code, r.Header))
	if e.Code == errs.Unauthenticated && r.ClockSkew().Abs() > allowedSkew {
		e.Message += "; " + r.SkewText()
		if m.Text == badTime {
			e.Retry = errs.Permanent // signing again does not help
		}
	}
	e.Err = vendorError(r.Status, &f)
	return e
}

// allowedSkew is how far a clock may be off, with room for the time that a request takes (page "Common errors": 15 min).
const allowedSkew = 14 * time.Minute

// scrub leaves of the server's words what is fit to be shown: nothing but the code and the id of the request where it may
// be quoting a value, no message where it may be quoting headers, as it does for a wrong signature, or where it says no
// more than the code; and never a credential.
func (f *fault) scrub(r *wire.Response, c *call, code errs.Code) {
	if c.carriesValues {
		f.message, f.hostID, f.detail = "", "", nil
	}
	if code == errs.KeyNotFound || strings.Contains(f.code, "Signature") || strings.Contains(f.message, "Signature=") {
		f.message = ""
	}
	f.message, f.hostID, f.requestID = r.Hidden.Text(f.message), r.Hidden.Text(f.hostID), requestID(r, f.requestID)
	shown := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(f.detail)) {
		if r.Hidden.Code(name) == name && len(shown) < maxDetails {
			shown[name] = r.Hidden.Text(f.detail[name])
		}
	}
	f.detail = shown
}

// maxDenial bounds, in bytes, the failed replies in which the reasons of a denial are looked for.
const maxDenial = 1 << 20

// maxDetails is how many fields of a denial are kept; the vendor documents eight.
const maxDetails = 16

// decodeFault reads a failed reply, which is JSON with the field names written one way or the other, or XML. It is
// false where there is no code.
func decodeFault(body []byte) (fault, bool) {
	var f struct {
		Code, Message, Description, RequestID, HostID text
	}
	if json.Unmarshal(body, &f) != nil || f.Code == "" {
		var x struct {
			XMLName                                     xml.Name `xml:"Error"`
			Code, Message, RequestId, RequestID, HostId string
		}
		if xml.Unmarshal(body, &x) == nil {
			f.Code, f.Message, f.HostID, f.RequestID = text(x.Code), text(x.Message), text(x.HostId), text(x.RequestId)
		}
	}
	if f.Message == "" {
		f.Message = f.Description
	}
	out := fault{string(f.Code), string(f.Message), string(f.RequestID), string(f.HostID), map[string]string{}}
	var denied struct{ AccessDeniedDetail map[string]json.RawMessage }
	if len(body) <= maxDenial {
		_ = json.Unmarshal(body, &denied)
	}
	for name, raw := range denied.AccessDeniedDetail {
		var t text
		if json.Unmarshal(raw, &t) == nil {
			out.detail[name] = string(t)
		}
	}
	return out, out.code != ""
}

// requestID is the id that the vendor's support asks for: in the body or, where a reply has none, in a header.
func requestID(r *wire.Response, body string) string {
	return r.Hidden.RequestID(body, r.Header.Get("X-Acs-Request-Id"), r.Header.Get("X-Oss-Request-Id"))
}

// maxThrottle bounds what a reply can ask for.
const maxThrottle = time.Hour

// throttledFor reads how long a throttled client has to wait from headers such as "Limit:1,Remain:0,TimeLeft:2000", in
// milliseconds, as the vendor's newer packages do. Whether Edge KV sends them is unconfirmed.
func throttledFor(code errs.Code, header http.Header) (longest time.Duration) {
	if code != errs.RateLimited {
		return 0
	}
	for _, name := range []string{"X-Ratelimit-User-Api", "X-Ratelimit-User"} {
		for _, field := range strings.Split(header.Get(name), ",") {
			left, found := strings.CutPrefix(strings.TrimSpace(field), "TimeLeft:")
			ms, err := strconv.ParseInt(strings.TrimSpace(left), 10, 32)
			if found && err == nil {
				longest = max(longest, time.Duration(ms)*time.Millisecond)
			}
		}
	}
	return min(longest, maxThrottle)
}
