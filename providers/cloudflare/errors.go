package cloudflare

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// rule says what one of the vendor's codes means.
type rule struct {
	code errs.Code
	text string
	// status says what the code means with certain statuses, where it does not mean one thing.
	status map[int]errs.Code
	// final keeps a code that usually passes from being repeated.
	final bool
	// wait is how long to wait where the reply does not say it.
	wait time.Duration
}

// rules are the codes of Workers KV (list "Workers KV Namespace errors" of api.cloudflare.com) and of the gateway in
// front of it. Other products of Cloudflare use the same numbers for other things, and no prefix means anything: the
// table is for this API only. What is not in it is judged by the HTTP status.
var rules = map[string]rule{
	// The gateway.
	"971":   {code: errs.RateLimited, text: "too many requests; all requests are refused for up to 5 minutes"},
	"1000":  {code: errs.Unauthenticated, text: "the API token is not valid"},
	"6003":  {code: errs.Unauthenticated, text: "the headers with the credential are not valid"}, // an HTTP 400
	"6100":  {code: errs.Unauthenticated, text: "the headers with the credential are not valid"},
	"6101":  {code: errs.Unauthenticated, text: "the headers with the credential are not valid"},
	"6103":  {code: errs.Unauthenticated, text: "the API key is malformed"},
	"6111":  {code: errs.Unauthenticated, text: "the API token is malformed"},
	"7000":  {code: errs.InvalidArgument, text: "there is no such route; check account_id and endpoint"},
	"7003":  {code: errs.InvalidArgument, text: "there is no such route; check account_id and the id of the namespace"},
	"9103":  {code: errs.Unauthenticated, text: "the API key or e-mail address is not known"},
	"9106":  {code: errs.Unauthenticated, text: "the headers with the credential are missing"},
	"9109":  {code: errs.Unauthenticated, text: "the API token is not valid, or not for this account"},
	"10000": {code: errs.Unauthenticated, text: noPermission, status: map[int]errs.Code{403: errs.PermissionDenied}},

	// Workers KV.
	"10001": {code: errs.Unavailable, text: "the service is not available, or cannot tell who is asking", status: map[int]errs.Code{401: errs.Unauthenticated, 403: errs.Unauthenticated}},
	"10002": {code: errs.Internal, text: "the account is missing in the request", final: true},
	"10003": {code: errs.Internal, text: "the account in the request is malformed", final: true},
	"10004": {code: errs.Internal, text: "the account in the request is malformed", final: true},
	"10005": {code: errs.PermissionDenied, text: "the credential is not for this account"},
	"10006": {code: errs.Internal, text: "the account in the request is malformed", final: true},
	"10007": {code: errs.InvalidArgument, text: "the page number is malformed"},
	"10008": {code: errs.InvalidArgument, text: "the page size is malformed"},
	"10009": {code: errs.KeyNotFound, text: "the key does not exist"},
	"10010": {code: errs.InvalidArgument, text: "the namespace is malformed"},
	"10011": {code: errs.NamespaceNotFound, text: "the id is none that a namespace can have"},
	"10012": {code: errs.InvalidArgument, text: "the value is malformed"},
	"10013": {code: errs.NamespaceNotFound, text: "the namespace does not exist"},
	"10014": {code: errs.AlreadyExists, text: "a namespace of that title exists"}, // an HTTP 400
	"10015": {code: errs.Internal, text: "the account does not match", final: true},
	"10016": {code: errs.Internal, text: "the account does not match", final: true},
	"10017": {code: errs.PermissionDenied, text: "the account is not entitled to Workers KV"},
	"10018": {code: errs.QuotaExceeded, text: "the account has as many namespaces as it may"},
	"10019": {code: errs.InvalidArgument, text: "the title is missing"},
	"10020": {code: errs.QuotaExceeded, text: "the namespace holds as many values as it may"},
	"10021": {code: errs.Unsupported, text: "this old namespace cannot be listed"},
	"10022": {code: errs.RateLimited, text: "too many requests, or more than one write of the key in a second", wait: keyPause},
	"10023": {code: errs.InvalidArgument, text: "the key is not a legal one"},
	"10024": {code: errs.TooLarge, text: "the request is too large"},
	"10025": {code: errs.Unsupported, text: "there is no such endpoint"},
	"10026": {code: errs.PermissionDenied, text: "the account is not entitled to this"},
	"10027": {code: errs.Internal, text: "the service failed"},
	"10028": {code: errs.InvalidArgument, text: "the page size is not valid"},
	"10029": {code: errs.InvalidArgument, text: "the request is not valid"},
	"10030": {code: errs.InvalidArgument, text: "the key is too long"},
	"10031": {code: errs.Unauthenticated, text: "the authorization is not valid"},
	"10032": {code: errs.Unauthenticated, text: "the authorization is not valid"},
	"10033": {code: errs.InvalidArgument, text: "the expiry is not valid; it must be at least 60 seconds ahead by Cloudflare's clock"},
	"10034": {code: errs.InvalidArgument, text: "the time to live is not valid; it must be at least 60 seconds"},
	"10035": {code: errs.Unsupported, text: "this old namespace takes no bulk requests"},
	"10036": {code: errs.Unauthenticated, text: "the permissions of the credential are malformed"},
	"10037": {code: errs.PermissionDenied, text: "the user lacks the permission"},
	"10038": {code: errs.Unsupported, text: "this old namespace cannot be listed by prefix"},
	"10041": {code: errs.InvalidArgument, text: "the cursor is not valid"},
	"10042": {code: errs.InvalidArgument, text: "the key is not a legal one"},
	"10043": {code: errs.InvalidArgument, text: "the order is not valid"},
	"10044": {code: errs.InvalidArgument, text: "the direction is not valid"},
	"10045": {code: errs.Unsupported, text: "the endpoint is no longer served"},
	"10046": {code: errs.RateLimited, text: "too many bulk requests", wait: keyPause},
	"10047": {code: errs.InvalidArgument, text: "the metadata is not valid JSON, or has over 1024 bytes", status: map[int]errs.Code{413: errs.TooLarge}},
	"10048": {code: errs.QuotaExceeded, text: "the free plan's daily limit is reached; it starts anew at 00:00 UTC"},
}

// keyPause is how long the throttling by Workers KV itself is waited for: it takes one write to a key in a second (page
// "Workers KV limits"). A throttled reply that says no wait and is not its is the gateway's, which blocks for minutes.
const keyPause = time.Second

// noPermission: Cloudflare does not tell a wrong token from a good one without the permission.
const noPermission = `the credential is wrong, or lacks the permission "Workers KV Storage" for this account`

// failure is the error that a failed reply stands for.
func (a *account) failure(r *request, reply *wire.Response, e *envelope) *errs.Error {
	all := e.Errors
	if len(all) == 0 && (e.Code != "" || e.Error != "") {
		all = reasons{{Code: e.Code, Message: e.Error}}
	}
	main, known := all.main()
	err := reply.StatusError()
	err.VendorCode, err.RequestID = reply.Hidden.Code(main.Code.String()), requestID(reply)
	if known.code != "" {
		err.Code = known.code
		if code, ok := known.status[reply.Status]; ok {
			err.Code = code
		}
		err.Retry = errs.Permanent
		if wire.IsTemporary(err.Code) && !known.final && (err.VendorCode != "10001" || reply.Status >= 500) {
			err.Retry = errs.Temporary
		}
		if !wire.IsTemporary(err.Code) || err.Code == errs.RateLimited {
			err.Outcome = errs.NotApplied // the server says that it refused
		}
	}
	// A missing namespace is a 404 with the code of a missing key in places, so that about a namespace every 404 is it.
	if r.about == aNamespace && (err.Code == errs.KeyNotFound || err.Code == errs.NotFound) {
		err.Code = errs.NamespaceNotFound
	}
	if err.Code == errs.RateLimited {
		err.RetryAfter = cmp.Or(max(err.RetryAfter, resetAfter(reply.Header, time.Now())), known.wait)
	}
	all = all.shown(reply, !r.concernsValues)
	if err.Message = all.describe(known.text); err.Code == errs.KeyNotFound {
		err.Message = rules["10009"].text // the server's words say no more
	}
	if err.VendorCode == "10033" && reply.ClockSkew() != 0 {
		err.Message += "; " + reply.SkewText()
	}
	err.Err = vendorError(r, reply, all)
	return err
}

// unreadable completes the error of a reply without an envelope, or with what could be read of one.
func (a *account) unreadable(reply *wire.Response, err *errs.Error, e *envelope) *errs.Error {
	err.RequestID = requestID(reply)
	if e.Success == nil {
		err = reply.Foreign(err, vendorName)
	}
	if reply.Header.Get("Cf-Mitigated") != "" { // page "Detect a Challenge Page response"
		err.Message = "Cloudflare's firewall challenged the request, which only a browser can answer; " + err.Message
	}
	if err.Code == errs.RateLimited {
		err.RetryAfter = max(err.RetryAfter, resetAfter(reply.Header, time.Now()))
	}
	return err
}

// resetAfter reads how long a throttled client has to wait where Retry-After does not say it: from the header Ratelimit,
// such as `"default";r=0;t=42` (page "Rate limits"), or from the older X-Ratelimit-Reset, in seconds from now or since
// 1970. Every reply has them: they count where nothing is left. It is 0 where they do not tell.
func resetAfter(header http.Header, now time.Time) (longest time.Duration) {
	wait := func(left, text string) {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil || left != "" && left != "0" {
			return
		}
		if seconds > secondsSince1970 {
			seconds -= now.Unix()
		}
		if seconds > 0 && seconds <= maxResetSeconds {
			longest = max(longest, time.Duration(seconds)*time.Second)
		}
	}
	wait(header.Get("X-Ratelimit-Remaining"), header.Get("X-Ratelimit-Reset"))
	for policy := range strings.SplitSeq(header.Get("Ratelimit"), ",") {
		var left, seconds string
		for parameter := range strings.SplitSeq(policy, ";") {
			switch name, value, _ := strings.Cut(strings.TrimSpace(parameter), "="); name {
			case "r":
				left = value
			case "t":
				seconds = value
			}
		}
		wait(left, seconds)
	}
	return longest
}

const (
	secondsSince1970 = 1_000_000_000 // a larger number is a time and no span
	maxResetSeconds  = 24 * 60 * 60
)
