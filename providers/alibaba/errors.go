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
var meanings = map[string]meaning{
	// Edge KV.
	"InvalidAccount.Malformed":       refused(errs.InvalidArgument, "the account is malformed"),
	"InvalidNameSpace.Malformed":     refused(errs.InvalidArgument, "the namespace's name is not accepted"),
	"InvalidKey.Malformed":           refused(errs.InvalidArgument, "the key is not accepted"),
	"InvalidKey.ExceedsMaximum":      refused(errs.InvalidArgument, "the key has over 512 bytes"), // and not TooLarge, which is about values
	"InvalidValue.ExceedsMaximum":    refused(errs.TooLarge, "the value has over 2,000,000 bytes"),
	"InvalidParameter":               refused(errs.InvalidArgument, "a parameter is not accepted"),
	"InvalidParameters":              refused(errs.InvalidArgument, "a parameter is not accepted"),
	"Invalid.Parameter":              refused(errs.InvalidArgument, "a parameter is not accepted"),
	"TooManyRequests":                later(errs.RateLimited, tooFast), // a 400
	"TooQuickRequests":               later(errs.RateLimited, "too many writes"),
	"Unauthorized.InvalidParameters": refused(errs.Unauthenticated, "the parameters of the signature are not accepted"),
	"Unauthorized.InvalidTime":       later(errs.Unauthenticated, badTime),
	"Unauthorized.InvalidToken":      refused(errs.Unauthenticated, badToken),
	"Unauthorized.InvalidResource":   refused(errs.PermissionDenied, noRight),
	"InvalidKey.ExceedsCapacity":     refused(errs.QuotaExceeded, "the namespace is full; delete keys"), // a 403
	"InvalidAccount.NotFound":        refused(errs.NotFound, noAccount),                                 // neither namespace nor key
	"InvalidNameSpace.NotFound":      refused(errs.NamespaceNotFound, "the namespace does not exist"),
	"InvalidKey.NotFound":            refused(errs.KeyNotFound, "the key does not exist"),
	"InvalidNameSpace.Duplicate":     refused(errs.AlreadyExists, "a namespace of that name exists"),              // a 406
	"InvalidNameSpace.QuotaFull":     refused(errs.QuotaExceeded, "the account has as many namespaces as it may"), // a 406
	"InvalidKey.QuotaFull":           refused(errs.QuotaExceeded, "the namespace holds as many keys as it may"),   // a 406

	// The gateway.
	"Throttling":               later(errs.RateLimited, tooFast),
	"Throttling.User":          later(errs.RateLimited, tooFast),
	"Throttling.Api":           later(errs.RateLimited, tooFast),
	"Rejected.Throttling":      later(errs.RateLimited, tooFast),
	"SignatureDoesNotMatch":    refused(errs.Unauthenticated, badSignature),
	"IncompleteSignature":      refused(errs.Unauthenticated, badSignature),
	"InvalidSignatureMethod":   refused(errs.Unauthenticated, badSignature),
	"InvalidAccessKeyId":       refused(errs.Unauthenticated, badKey),
	"MissingSecurityToken":     refused(errs.Unauthenticated, badToken),
	"InvalidSecurityToken":     refused(errs.Unauthenticated, badToken),
	codeNonceUsed:              broken(errs.Unauthenticated, "the request arrived twice"), // and may have been carried out the first time
	"InvalidTimeStamp.Format":  later(errs.Unauthenticated, badTime),
	"InvalidTimeStamp.Expired": later(errs.Unauthenticated, badTime),
	"IllegalTimestamp":         later(errs.Unauthenticated, badTime),
	"Forbidden":                refused(errs.PermissionDenied, noRight),
	"NoPermission":             refused(errs.PermissionDenied, noRight),
	"ActionUnauthorized":       refused(errs.PermissionDenied, noRight),
	"InsufficientBalance":      refused(errs.PermissionDenied, "the account's balance does not suffice"),
	"MissingParameter":         refused(errs.InvalidArgument, "a parameter is missing"),
	"InvalidApi.NotFound":      refused(errs.Unsupported, noSuchAction), // and not NotFound
	"NoSuchVersion":            refused(errs.Unsupported, noSuchAction),
	"UnsupportedOperation":     refused(errs.Unsupported, noSuchAction),
	"UnsupportedHTTPMethod":    refused(errs.Unsupported, noSuchAction),
	"UnsupportedParameter":     refused(errs.Unsupported, noSuchAction),
	"InvalidProtocol.NeedSsl":  refused(errs.InvalidArgument, "the endpoint needs https"), // a 404
	"InternalError":            broken(errs.Internal, "the service failed"),
	"ServiceUnavailable":       broken(errs.Unavailable, "the service is not available"),
	"EntityTooLarge":           refused(errs.TooLarge, "the value is too large to be uploaded"), // of the upload's bucket
	"RequestTimeTooSkewed":     later(errs.Unauthenticated, badTime),                            // of the upload's bucket
	"AccessDenied":             refused(errs.PermissionDenied, noRight),
	"InvalidPolicyDocument":    refused(errs.PermissionDenied, "the upload was refused"), // of the upload's bucket
}

// noAccount: the code comes for an account that Edge KV is not switched on for, and on the site that is not the account's.
const noAccount = "Edge KV does not know this account: either it is not switched on, which the ESA console does, or region or endpoint is that of the other site"

// codeNonceUsed tells of a request that arrived twice, and nothing of the credential.
const codeNonceUsed = "SignatureNonceUsed"

// blamesCredential reports whether an error says that the vendor does not accept the credential.
func blamesCredential(e *errs.Error) bool {
	m, _ := meaningOf(e.VendorCode, e.HTTPStatus)
	return e.Code == errs.Unauthenticated && e.VendorCode != codeNonceUsed && m.text != badTime
}

// families are codes by how they begin, for those that are not in the list. The first one that fits is it. A status
// of 5xx is not overruled by a family that blames the request.
var families = []struct {
	prefix string
	meaning
}{
	{"Throttling", meanings["Throttling"]},
	{"InvalidAccessKeyId", meanings["InvalidAccessKeyId"]},
	{"InvalidSecurityToken", meanings["InvalidSecurityToken"]},
	{"InvalidTimeStamp", meanings["InvalidTimeStamp.Expired"]},
	{"Forbidden", meanings["Forbidden"]},
	{"InvalidAction", meanings["InvalidApi.NotFound"]},
	{"ServiceUnavailable", meanings["ServiceUnavailable"]},
	{"InternalError", meanings["InternalError"]},
	{"Missing", meanings["MissingParameter"]},
	{"Invalid", meanings["InvalidParameter"]},
}

// meaningOf looks up a code of a reply with that status.
func meaningOf(code string, status int) (meaning, bool) {
	if m, ok := meanings[code]; ok {
		return m, true
	}
	for _, family := range families {
		if strings.HasPrefix(code, family.prefix) && (status < 500 || family.code != errs.InvalidArgument) {
			return family.meaning, true
		}
	}
	return meaning{}, false
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
		e := r.StatusError()
		if corrupt, ok := r.DecodeJSON(&struct{}{}).(*errs.Error); ok {
			e = corrupt // says what it is instead, such as a proxy's page
		} else {
			e.Message = "the reply of " + r.Host + " is a failure without a code"
		}
		if f.requestID == "" {
			e = r.Foreign(e, vendorName)
		}
		e.RequestID = requestID(r, f.requestID)
		e.RetryAfter = max(e.RetryAfter, throttledFor(e.Code, r.Header))
		return e
	}
	e := r.StatusError()
	lookUp := meaningOf
	if c.meaningOf != nil {
		lookUp = c.meaningOf
	}
	m, known := lookUp(f.code, r.Status)
	if known {
		e.Code, e.Retry, e.Outcome = m.code, m.retry, m.outcome
	}
	f.scrub(r, c, e.Code)
	e.VendorCode, e.RequestID = f.code, f.requestID
	e.RetryAfter = max(e.RetryAfter, throttledFor(e.Code, r.Header))
	e.Message = wire.Describe(vendorName, m.text, f.message)
	if e.Code == errs.Unauthenticated && r.ClockSkew().Abs() > allowedSkew {
		e.Message += "; " + r.SkewText()
		if m.text == badTime {
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
// more than the code; and never a credential. A code that is in the list of codes is one.
func (f *fault) scrub(r *wire.Response, c *call, code errs.Code) {
	if c.carriesValues {
		f.message, f.hostID, f.detail = "", "", nil
	}
	if code == errs.KeyNotFound || strings.Contains(f.code, "Signature") || strings.Contains(f.message, "Signature=") {
		f.message = ""
	}
	if _, known := meanings[f.code]; !known {
		f.code = r.Hidden.Code(f.code)
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
