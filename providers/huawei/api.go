package huawei

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

const contentType = "application/json"

// api sends requests to the keys of one project.
type api struct {
	account  *account
	endpoint *url.URL
	project  *projectFinder
}

// call is one request.
type call struct {
	method  string            // empty means POST
	path    []string          // what follows /v1.0/{project_id}/kms
	query   map[string]string // without what is empty
	request any               // nil where there is no body
	reply   reply             // nil where the reply tells nothing
	list    any               // what the reply is decoded into where it is an array; nil where it may be none
	// read takes what is needed from the reply, once that is known to be a success. A fault completes the sentence
	// "the reply …".
	read func() (fault string)
	// secret says that the request holds what no error may show; the vendor's words are then left out, as they may
	// quote it.
	secret bool
	// byToken says that the request has a token, which no clock makes wrong. It is set where the request is sent.
	byToken bool
}

// reply is what a reply is decoded into; its struct embeds a head.
type reply interface{ common() *head }

// head is what a failed reply may have on its first level, whatever its status.
type head struct {
	ErrorCode json.RawMessage `json:"error_code"`
	Code      json.RawMessage `json:"code"`
	Title     json.RawMessage `json:"title"`
	Error     json.RawMessage `json:"error"`
}

func (h *head) common() *head { return h }

// fails reports whether something is said there.
func (h *head) fails() bool {
	for _, said := range []json.RawMessage{h.ErrorCode, h.Code, h.Title, h.Error} {
		switch string(said) {
		case "", "null", `""`, "{}":
		default:
			return true
		}
	}
	return false
}

// do sends a request, signed anew, and reads its reply.
func (a *api) do(ctx context.Context, c call) error {
	var body []byte
	var err error
	if c.request != nil {
		if body, err = wire.EncodeJSON(c.request); err != nil {
			return err
		}
	}
	if c.method == "" {
		c.method = http.MethodPost
	}
	signer, err := a.account.credentials.get(ctx)
	if err != nil {
		return err
	}
	project, err := a.project.id(ctx, signer)
	if err != nil {
		return err
	}
	u, err := wire.Join(a.endpoint, append([]string{"v1.0", project, "kms"}, c.path...)...)
	if err != nil {
		return err
	}
	u.RawQuery = encodeQuery(c.query)
	header := http.Header{"Content-Type": {contentType}, "X-Project-Id": {project}}
	authorize(signer, c.method, u, c.query, header, body, a.account.Now())
	return a.account.exchange(ctx, &wire.Request{Method: c.method, URL: u, Option: optionEndpoint, Header: header, Body: body}, &c, signer)
}

// exchange sends a request that is authorized and reads its reply.
func (a *account) exchange(ctx context.Context, r *wire.Request, c *call, signer credential) error {
	r.Hidden, c.byToken = signer.hidden(r.Header), !signer.auth.IsEmpty()
	response, err := a.Send(ctx, r)
	if err != nil {
		return err
	}
	err = decode(response, c)
	if e, ok := err.(*errs.Error); ok && e.Code == errs.Unauthenticated && a.credentials.refused(signer) {
		e.Retry = errs.Temporary // another one is looked for
	}
	return err
}

// vendorName is what messages call the vendor.
const vendorName = "Huawei Cloud"

// decode reads a reply: a failure wherever there is an error in it, and success only with a status and a body as
// documented. A reply that tells nothing has status 204, or 200 with an empty body or object.
func decode(r *wire.Response, c *call) error {
	succeeded := r.Status == http.StatusOK || r.Status == http.StatusCreated
	silent := c.reply == nil
	if silent {
		c.reply = &head{}
	}
	var err error
	if succeeded {
		err = decodeJSON(r, c)
	}
	fails := succeeded && c.reply.common().fails()
	if !succeeded || err != nil || fails {
		if f, ok := decodeFault(r.Body); ok || r.Status >= http.StatusBadRequest {
			return failure(r, c, f)
		}
	}
	fault := ""
	switch {
	case silent && (r.Status == http.StatusNoContent || succeeded && len(bytes.TrimSpace(r.Body)) == 0):
		return nil
	case !succeeded:
		fault = fmt.Sprintf("has HTTP status %d", r.Status)
	case !wire.IsFaithful(r.Body):
		fault = "holds text that is not valid UTF-8"
	case err != nil:
		return withRequestID(err, r)
	case fails:
		fault = "has an error without a code that can be read"
	case c.read != nil:
		fault = c.read()
	}
	if fault == "" {
		return nil
	}
	return withRequestID(r.Corrupt(fault), r)
}

// decodeJSON reads the object or, where that may be one, the array of a reply.
func decodeJSON(r *wire.Response, c *call) error {
	if c.list == nil || !bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("[")) {
		return r.DecodeJSON(c.reply)
	}
	object := *r
	object.Body = slices.Concat([]byte(`{"list":`), r.Body, []byte("}"))
	return object.DecodeJSON(&struct {
		List any `json:"list"`
	}{c.list})
}

// withRequestID completes the error of a reply that is none of the service's.
func withRequestID(err error, r *wire.Response) error {
	e, ok := err.(*errs.Error)
	if !ok {
		return err
	}
	if e.RequestID = requestID(r); e.RequestID == "" {
		return r.Foreign(e, vendorName)
	}
	return e
}

// requestID is the id that the vendor's support asks for; IAM has a header of its own for it.
func requestID(r *wire.Response) string {
	return r.Hidden.RequestID(r.Header.Get(requestIDHeader), r.Header.Get("X-Iam-Trace-Id"))
}
