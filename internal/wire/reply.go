package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// DecodeJSON reads the reply as one JSON object into v. An empty reply, HTML, null, anything but an object, and JSON
// that does not fit v are [errs.Corrupt], or what the HTTP status says where that is a failure.
func (r *Response) DecodeJSON(v any) error {
	body := bytes.TrimSpace(r.Body)
	what := ""
	switch {
	case len(body) == 0:
		what = "is empty"
		if text := http.StatusText(r.Status); r.Status >= 400 && text != "" {
			what += "; its status means " + strconv.Quote(text)
		}
	case r.isHTML(body):
		what = "is an HTML page, which a proxy or a captive portal may have sent"
	case body[0] != '{':
		what = "is not a JSON object"
	default:
		err := json.Unmarshal(body, v)
		if err == nil {
			return nil
		}
		what = "does not have the documented form: " + shape(err)
	}
	return r.Corrupt(what)
}

// shape tells of a decoding error without the value that was met.
func shape(err error) string {
	switch e := err.(type) {
	case *json.UnmarshalTypeError:
		return fmt.Sprintf("field %s has another type", e.Field[strings.LastIndexByte(e.Field, '.')+1:]) // without the names of Go types
	case *json.SyntaxError:
		return fmt.Sprintf("it breaks off or is not JSON at byte %d", e.Offset)
	}
	return "a field has another form"
}

func (r *Response) isHTML(body []byte) bool {
	return r.SaysHTML() || body[0] == '<'
}

// SaysHTML reports whether the reply says of itself that it is an HTML page.
func (r *Response) SaysHTML() bool {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return media == "text/html"
}

// maxSkew is the largest difference between two clocks that is believed.
const maxSkew = 4 * 365 * 24 * time.Hour

// ClockSkew is how far this machine's clock is ahead of the server's, as far as the reply tells; 0 if it does not.
//
// It compares the server's Date with our clock in the middle of the exchange. A cached reply tells nothing, and neither
// does a difference that the exchange's own length or the header's full seconds can explain. One of many years is no
// clock's.
func (r *Response) ClockSkew() time.Duration {
	date, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil || r.Header.Get("Age") != "" {
		return 0
	}
	ahead := r.began.Add(r.took / 2).Sub(date.Add(500 * time.Millisecond))
	if ahead.Abs() <= r.took/2+time.Second || ahead.Abs() > maxSkew {
		return 0
	}
	return ahead.Round(time.Second)
}

// SkewText says how wrong this machine's clock is, in a clause for a message; "" where ClockSkew is 0.
func (r *Response) SkewText() string {
	skew := r.ClockSkew()
	switch {
	case skew < 0:
		return fmt.Sprintf("this machine's clock is %v behind the server's", -skew)
	case skew > 0:
		return fmt.Sprintf("this machine's clock is %v ahead of the server's", skew)
	}
	return ""
}

// Corrupt is the error of a reply that is not what was documented; what completes the sentence "the reply …". With a
// failing HTTP status the code is that of the status.
func (r *Response) Corrupt(what string) *errs.Error {
	e := &errs.Error{Code: errs.Corrupt, HTTPStatus: r.Status, Message: fmt.Sprintf("the reply of %s %s", r.Host, what)}
	if r.Status >= 400 {
		status := r.StatusError()
		e.Code, e.Retry, e.Outcome, e.RetryAfter = status.Code, status.Retry, status.Outcome, status.RetryAfter
	}
	return e
}

// statusCodes says what a failing HTTP status means where the vendor's code does not say it better. Others are
// InvalidArgument under 500 and Internal from there on.
var statusCodes = map[int]errs.Code{
	401: errs.Unauthenticated, 402: errs.QuotaExceeded, 403: errs.PermissionDenied, 404: errs.NotFound, 405: errs.Unsupported,
	407: errs.PermissionDenied, 408: errs.DeadlineExceeded, 409: errs.Conflict, 410: errs.NotFound, 412: errs.Conflict,
	413: errs.TooLarge, 421: errs.Unavailable, 423: errs.Conflict, 425: errs.Unavailable, 426: errs.Unsupported,
	429: errs.RateLimited, 451: errs.PermissionDenied, 499: errs.Unavailable,
	501: errs.Unsupported, 502: errs.Unavailable, 503: errs.Unavailable, 504: errs.DeadlineExceeded, 505: errs.Unsupported,
	507: errs.QuotaExceeded, 511: errs.Unavailable, 520: errs.Unavailable, 521: errs.Unavailable, 522: errs.Unavailable,
	523: errs.Unavailable, 524: errs.DeadlineExceeded, 525: errs.Unavailable, 526: errs.Unavailable, 529: errs.Unavailable,
	530: errs.Unavailable,
}

// StatusError is the error that a reply's HTTP status stands for, with the wait that its headers ask for.
func (r *Response) StatusError() *errs.Error {
	code, known := statusCodes[r.Status]
	switch {
	case known:
	case r.Status >= 500:
		code = errs.Internal
	case r.Status >= 400:
		code = errs.InvalidArgument
	default:
		code = errs.Unknown
	}
	e := &errs.Error{Code: code, HTTPStatus: r.Status, RetryAfter: RetryAfter(r.Header, time.Now())}
	if IsTemporary(code) {
		e.Retry = errs.Temporary
	}
	if r.Status >= 400 && r.Status < 500 && r.Status != 408 && r.Status != 499 {
		e.Outcome = errs.NotApplied // the server says that the request was refused; with 408 and 499 it gave up on it
	}
	return e
}

// IsTemporary reports whether failures of that code pass by themselves.
func IsTemporary(code errs.Code) bool {
	switch code {
	case errs.RateLimited, errs.Unavailable, errs.Internal, errs.DeadlineExceeded:
		return true
	}
	return false
}

// maxRetryAfter bounds what a server can ask for; the pipeline has a smaller bound on what it waits out.
const maxRetryAfter = 24 * time.Hour

// isDecimal reports whether text is digits, with a fraction or without.
func isDecimal(text string) bool {
	whole, fraction, dotted := strings.Cut(text, ".")
	digits := func(s string) bool {
		return s != "" && strings.Trim(s, "0123456789") == ""
	}
	return digits(whole) && (!dotted || digits(fraction))
}

// RetryAfter reads the header of that name, in seconds (digits, with a fraction or without) or as a date, 0 where it is missing or makes no sense. Of
// several the longest counts.
func RetryAfter(header http.Header, now time.Time) (longest time.Duration) {
	for _, text := range header.Values("Retry-After") {
		text = strings.TrimSpace(text)
		var d time.Duration
		if isDecimal(text) {
			seconds, _ := strconv.ParseFloat(text, 64) // infinite where out of range
			d = maxRetryAfter
			if seconds < maxRetryAfter.Seconds() {
				d = time.Duration(seconds * float64(time.Second))
			}
		} else if at, err := http.ParseTime(text); err == nil {
			d = min(at.Sub(now), maxRetryAfter)
		}
		longest = max(longest, d)
	}
	return longest
}

// Foreign completes e, the error of a reply that lacks what all replies of the vendor's API have: the endpoint may be
// another server. It names the option to check.
func (r *Response) Foreign(e *errs.Error, vendor string) *errs.Error {
	if r.Status < 400 || r.Status == http.StatusNotFound || r.Status == http.StatusMethodNotAllowed {
		e.Message += "; is " + endpointOption(r.Option) + " the API of " + vendor + "?"
	}
	return e
}

// Describe joins our words on why a vendor refused a request and the vendor's own; either may be empty.
func Describe(vendor, ours, theirs string) string {
	switch {
	case ours == "" && theirs == "":
		return vendor + " refused the request"
	case ours == "":
		return theirs
	case theirs == "":
		return ours
	}
	return ours + ": " + theirs
}
