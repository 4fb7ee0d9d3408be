package guance

import (
	"net/http"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

const (
	tooFast = "too many requests"
	badKey  = "the API key is not accepted; check that it is the secret of a key and not its id, and that the site is that of the key"
	badSign = "the signature or its time is not accepted; check access_key, secret_key and this machine's clock"
)

// meanings are the codes that the vendor has published (pages open-api/error-definition and external-api).
var meanings = wire.Meanings{
	wire.Later("ft.TriggerApiAkCurrentLimiting", errs.RateLimited, tooFast),        // a 401
	wire.Later("ft.TriggerApiWorkspaceCurrentLimiting", errs.RateLimited, tooFast), // a 401
	wire.Refused("ft.InvalidAPIKey", errs.Unauthenticated, badKey),                 // a 403; 401 was seen
	wire.Refused("ft.MissingAuthHeaderInfo", errs.Unauthenticated, badSign),        // also for a time that is too far off

	// Families, for the codes that are not published. They are read from their names, after those that were seen with
	// other operations, such as ft.NotFoundRuleInspector.
	wire.Later("*CurrentLimiting*", errs.RateLimited, tooFast),
	wire.Refused("*APIKey*", errs.Unauthenticated, badKey),
	wire.Refused("*AuthHeader*", errs.Unauthenticated, badSign),
	wire.Refused("*Signature*", errs.Unauthenticated, badSign),
	wire.Refused("*NotFound*", errs.NotFound, ""),
	wire.Refused("*NotExist*", errs.NotFound, ""),
	wire.Refused("*AlreadyExist*", errs.AlreadyExists, ""),
	wire.Refused("*Duplicate*", errs.AlreadyExists, ""),
	wire.Refused("*Repeat*", errs.AlreadyExists, ""),
	wire.Refused("*Permission*", errs.PermissionDenied, ""),
	wire.Refused("*Forbidden*", errs.PermissionDenied, ""),
	wire.Refused("*NoAuth*", errs.PermissionDenied, ""),
	wire.Refused("*Limit*", errs.QuotaExceeded, ""),
	wire.Refused("*Exceed*", errs.QuotaExceeded, ""),
	wire.Refused("*Quota*", errs.QuotaExceeded, ""),
	wire.Refused("*ParamError*", errs.InvalidArgument, ""),
	wire.Refused("*Invalid*", errs.InvalidArgument, ""),
}

// meaningOf looks up a code of a reply with that status. A failure of the server is not overruled by a code that was
// read from its name alone, but for throttling.
func meaningOf(code string, status int) wire.Meaning {
	m := meanings.Find(code)
	if m.Code == "" && strings.HasPrefix(code, "ft.Check") && strings.HasSuffix(code, "Error") { // as ft.CheckObjectTargetAliasError
		m = wire.Refused("", errs.InvalidArgument, "")
	}
	if m.Of != code && m.Code != errs.RateLimited && status >= 500 {
		return wire.Meaning{}
	}
	return m
}

// throttlePause is how long a throttled request waits where the reply does not say it: the vendor counts by the minute, and
// three repetitions after such a pause last as long.
const throttlePause = 20 * time.Second

// failure is the error of a reply that says so: by its code first, since throttling comes with HTTP 401, then by the
// status, which for a failure inside HTTP 200 is the one that the body has.
func (c *client) failure(r *wire.Response, call *call, e *envelope) *errs.Error {
	status := r.Status
	if inner, ok := e.Code.number(); ok && status < 400 && inner >= 400 && inner < 600 {
		status = int(inner)
	}
	inner := *r
	inner.Status, inner.Hidden = status, append(r.Hidden, told(e.Content)...) // a failed creation may tell a key all the same
	m := meaningOf(string(e.ErrorCode), status)
	theirs := inner.Hidden.Text(inner.Hidden.Redact(string(e.Message)))
	err := inner.CodeError("the service", m, string(e.ErrorCode), theirs)
	if m.Code == "" && status == http.StatusConflict && call.creates {
		err.Code = errs.AlreadyExists
	}
	if err.Code == errs.RateLimited && err.RetryAfter == 0 {
		err.RetryAfter = throttlePause
	}
	err.HTTPStatus, err.RequestID = r.Status, inner.Hidden.RequestID(string(e.TraceID))
	if err.Code == errs.Unauthenticated && r.ClockSkew() != 0 && c.credential.isSigned() {
		err.Message += "; " + r.SkewText()
	}
	return err
}
