package huawei

import (
	"encoding/json"
	"net/http"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// meaningOf looks up a code of a reply with that status. A status of 5xx is not overruled by a family, nor one of 413 by a
// code that says less.
func meaningOf(code string, status int) wire.Meaning {
	m := meanings.Find(code)
	if m.Of != code && status >= http.StatusInternalServerError {
		return wire.Meaning{}
	}
	if m.Code == errs.InvalidArgument && status == http.StatusRequestEntityTooLarge {
		m.Code = errs.TooLarge
	}
	return m
}

// fault is what a failed reply says.
type fault struct{ code, message, authorization string }

// failure is the error of a failed reply.
func failure(r *wire.Response, c *call, f fault) *errs.Error {
	id := requestID(r)
	if f.code == "" {
		e := r.UncodedError()
		if e.RequestID = id; id == "" {
			return r.Foreign(e, vendorName)
		}
		return e
	}
	if c.secret {
		f.message, f.authorization = "", ""
	}
	f.message, f.authorization = errs.Printable(r.Hidden.Text(f.message)), r.Hidden.Text(f.authorization)
	e := r.CodeError(vendorName, meaningOf(f.code, r.Status), f.code, f.message)
	f.code, e.RequestID = e.VendorCode, id
	if e.Code == errs.Unauthenticated && !c.byToken && r.ClockSkew() != 0 {
		e.Message += "; " + r.SkewText()
	}
	e.Err = vendorError(r.Status, id, &f)
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
