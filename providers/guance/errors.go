package guance

import (
	"net/http"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// meaning is what one of the vendor's codes stands for. All of them say that the request was refused: nothing was done.
type meaning struct {
	code errs.Code
	text string
}

const (
	tooFast = "too many requests"
	badKey  = "the API key is not accepted; check that it is the secret of a key and not its id, and that the site is that of the key"
	badSign = "the signature or its time is not accepted; check access_key, secret_key and this machine's clock"
)

// meanings are the codes that the vendor has published (pages open-api/error-definition and external-api).
var meanings = map[string]meaning{
	"ft.TriggerApiAkCurrentLimiting":        {errs.RateLimited, tooFast},     // a 401
	"ft.TriggerApiWorkspaceCurrentLimiting": {errs.RateLimited, tooFast},     // a 401
	"ft.InvalidAPIKey":                      {errs.Unauthenticated, badKey},  // a 403; 401 was seen
	"ft.MissingAuthHeaderInfo":              {errs.Unauthenticated, badSign}, // also for a time that is too far off
}

// patterns are for the codes that are not published. They are read from their names, after those that were seen with
// other operations, such as ft.NotFoundRuleInspector. The first part that a code holds is it.
var patterns = []struct {
	part string
	meaning
}{
	{"CurrentLimiting", meaning{errs.RateLimited, tooFast}},
	{"APIKey", meaning{errs.Unauthenticated, badKey}},
	{"AuthHeader", meaning{errs.Unauthenticated, badSign}},
	{"Signature", meaning{errs.Unauthenticated, badSign}},
	{"NotFound", meaning{errs.NotFound, ""}},
	{"NotExist", meaning{errs.NotFound, ""}},
	{"AlreadyExist", meaning{errs.AlreadyExists, ""}},
	{"Duplicate", meaning{errs.AlreadyExists, ""}},
	{"Repeat", meaning{errs.AlreadyExists, ""}},
	{"Permission", meaning{errs.PermissionDenied, ""}},
	{"Forbidden", meaning{errs.PermissionDenied, ""}},
	{"NoAuth", meaning{errs.PermissionDenied, ""}},
	{"Limit", meaning{errs.QuotaExceeded, ""}},
	{"Exceed", meaning{errs.QuotaExceeded, ""}},
	{"Quota", meaning{errs.QuotaExceeded, ""}},
	{"ParamError", meaning{errs.InvalidArgument, ""}},
	{"Invalid", meaning{errs.InvalidArgument, ""}},
}

// meaningOf looks up a code of a reply with that status. A failure of the server is not overruled by a code that was
// read from its name alone, but for throttling.
func meaningOf(code string, status int) (meaning, bool) {
	if m, ok := meanings[code]; ok {
		return m, true
	}
	for _, p := range patterns {
		if strings.Contains(code, p.part) && (status < 500 || p.code == errs.RateLimited) {
			return p.meaning, true
		}
	}
	if strings.HasPrefix(code, "ft.Check") && strings.HasSuffix(code, "Error") && status < 500 { // as ft.CheckObjectTargetAliasError
		return meaning{errs.InvalidArgument, ""}, true
	}
	return meaning{}, false
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
	err := (&wire.Response{Status: status, Header: r.Header}).StatusError()
	m, known := meaningOf(string(e.ErrorCode), status)
	switch {
	case known:
		err.Code, err.Outcome, err.Retry = m.code, errs.NotApplied, errs.Permanent
		if m.code == errs.RateLimited {
			err.Retry = errs.Temporary
		}
	case status == http.StatusConflict && call.creates:
		err.Code = errs.AlreadyExists
	}
	if err.Code == errs.RateLimited && err.RetryAfter == 0 {
		err.RetryAfter = throttlePause
	}
	hidden := append(r.Hidden, told(e.Content)...) // a failed creation may tell a key all the same
	err.HTTPStatus, err.VendorCode, err.RequestID = r.Status, hidden.Code(string(e.ErrorCode)), hidden.RequestID(string(e.TraceID))
	err.Message = describe(m.text, hidden.Text(hidden.Redact(string(e.Message))))
	if err.Code == errs.Unauthenticated && r.ClockSkew() != 0 && c.credential.isSigned() {
		err.Message += "; " + r.SkewText()
	}
	return err
}

// describe joins our words and the server's.
func describe(ours, theirs string) string {
	switch {
	case ours == "" && theirs == "":
		return "the service refused the request"
	case ours == "":
		return theirs
	case theirs == "":
		return ours
	}
	return ours + ": " + theirs
}
