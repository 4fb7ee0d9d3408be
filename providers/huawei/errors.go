package huawei

import (
	"encoding/json"
	"net/http"
	"strings"

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

// meaningOf looks up a code of a reply with that status: the code itself, which is listed then, or how it begins. A status
// of 5xx is not overruled by a beginning that blames the request, nor one of 413 by a code that says less.
func meaningOf(code string, status int) (m meaning, listed, known bool) {
	m, listed = meanings[code]
	known = listed
	for _, family := range families {
		if !known && strings.HasPrefix(code, family.prefix) && status < http.StatusInternalServerError {
			m, known = family.meaning, true
		}
	}
	if known && m.code == errs.InvalidArgument && status == http.StatusRequestEntityTooLarge {
		m.code = errs.TooLarge
	}
	return m, listed, known
}

// fault is what a failed reply says.
type fault struct{ code, message, authorization string }

// failure is the error of a failed reply.
func failure(r *wire.Response, c *call, f fault) *errs.Error {
	e := r.StatusError()
	e.RequestID = requestID(r)
	if f.code == "" {
		e.Message = "the reply of " + r.Host + " is a failure without a code"
		if corrupt, ok := r.DecodeJSON(&struct{}{}).(*errs.Error); ok {
			corrupt.RequestID = e.RequestID
			e = corrupt // it says what came instead, such as a proxy's page
		}
		if e.RequestID == "" {
			return r.Foreign(e, vendorName)
		}
		return e
	}
	m, listed, known := meaningOf(f.code, r.Status)
	if known {
		e.Code, e.Retry, e.Outcome = m.code, m.retry, m.outcome
	}
	if !listed {
		f.code = r.Hidden.Code(f.code)
	}
	if c.secret {
		f.message, f.authorization = "", ""
	}
	f.message, f.authorization = errs.Printable(r.Hidden.Text(f.message)), r.Hidden.Text(f.authorization)
	e.VendorCode, e.Message = f.code, wire.Describe(vendorName, m.text, f.message)
	if e.Code == errs.Unauthenticated && !c.byToken && r.ClockSkew() != 0 {
		e.Message += "; " + r.SkewText()
	}
	e.Err = vendorError(r.Status, e.RequestID, &f)
	return e
}

// envelope is an error as the service, the gateway in front of it and IAM send it, alone or as the field error of an
// object.
type envelope struct {
	ErrorCode     loose `json:"error_code"`
	ErrorMsg      loose `json:"error_msg"`
	Code          loose `json:"code"`
	Message       loose `json:"message"`
	Title         loose `json:"title"`
	Authorization loose `json:"encoded_authorization_message"`
}

// loose is a scalar, or empty where there is something else, so that the rest of an error is read all the same.
type loose string

func (l *loose) UnmarshalJSON(b []byte) error {
	if (*scalar)(l).UnmarshalJSON(b) != nil {
		*l = ""
	}
	return nil
}

// fault returns the code. IAM has a title, and the HTTP status once more as the code.
func (e *envelope) fault() fault {
	f := fault{string(e.ErrorCode), string(e.ErrorMsg), string(e.Authorization)}
	for _, code := range []loose{e.Title, e.Code} {
		if f.code == "" {
			f.code = string(code)
		}
	}
	if f.message == "" {
		f.message = string(e.Message)
	}
	return f
}

// decodeFault reads an error. It is false where there is none.
func decodeFault(body []byte) (fault, bool) {
	var outer struct {
		envelope
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &outer) != nil {
		return fault{}, false
	}
	if f := outer.fault(); f.code != "" {
		return f, true
	}
	var inner envelope
	if len(outer.Error) == 0 || json.Unmarshal(outer.Error, &inner) != nil {
		return fault{}, false
	}
	f := inner.fault()
	return f, f.code != ""
}
