package alibaba

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

const formType = "application/x-www-form-urlencoded"

// api sends requests to one endpoint. The action is a header. The path is that of the endpoint, "/", but where a call adds
// to it.
type api struct {
	account  *account
	endpoint *url.URL
	option   string // that says the endpoint
	version  string
}

// operation is a row of the operation table. The vendor publishes no limits, so that they are found out.
func (a *api) operation(name, action string, class policy.Idempotency) policy.Operation {
	return policy.Operation{Name: name, Action: action, Idempotency: class, Budgets: []ratelimit.Budget{{
		Endpoint: a.endpoint.Host, Principal: a.account.id, Action: action, Limits: []ratelimit.Limit{{Adaptive: true}},
	}}}
}

// call is one request.
type call struct {
	action string
	method string
	path   []string // segments behind the endpoint's path, not escaped
	query  params
	// form is the body, nil where there is none; percent-encoded unless contentType says otherwise.
	form        []byte
	contentType string
	reply       reply
	// read checks and takes what is needed from the reply. A fault completes the sentence "the reply …".
	read func() (fault string)
	// usesText tells that texts of the reply are used, so that none may have been replaced while it was decoded.
	usesText bool
	// carriesValues tells that values are in the request, which the server may quote in an error.
	carriesValues bool
	// meaningOf looks up a code of the reply; nil means as for Edge KV.
	meaningOf func(code string, status int) wire.Meaning
	// maxReply bounds the reply in bytes; 0 means [wire.DefaultMaxResponse].
	maxReply int64
}

// reply is what a reply is decoded into; its struct embeds a head.
type reply interface{ common() *head }

// head is what every reply has: the id of the request, and if it is a failure a code.
type head struct{ RequestID, Code text }

func (h *head) common() *head { return h }

// do sends a request, signed anew, and reads its reply.
func (a *api) do(ctx context.Context, c *call) error {
	signer, err := a.account.credentials.get(ctx)
	if err != nil {
		return err
	}
	u, err := wire.Join(a.endpoint, c.path...)
	if err != nil {
		return err
	}
	u.RawQuery = canonicalQuery(c.query)
	signed := acs3Request{
		method: c.method, host: u.Host, path: u.EscapedPath(), query: u.RawQuery,
		action: c.action, version: a.version, body: c.form, at: a.account.Now(), nonce: newNonce(),
	}
	if c.form != nil {
		signed.contentType = cmp.Or(c.contentType, formType)
	}
	header := signed.sign(signer)
	_, signature, _ := strings.Cut(header.Get("Authorization"), "Signature=")
	response, err := a.account.Send(ctx, &wire.Request{
		Method: c.method, URL: u, Option: a.option, Header: header, Body: c.form, MaxResponse: c.maxReply, Hidden: signer.hidden(signature),
	})
	if err != nil {
		return err
	}
	err = decode(response, c)
	if e, ok := err.(*errs.Error); ok && blamesCredential(e) && a.account.credentials.refused(signer) {
		e.Retry = errs.Temporary // another one is looked for
	}
	return err
}

// vendorName is what messages call the vendor.
const vendorName = "Alibaba Cloud"

// decode reads a reply: success only with status 200, an object of the documented form and a request id.
//
// The request id is the mark of the vendor's API, whatever it is. One that cannot be an id, or that holds a credential, is
// not passed on, but leaves a success what it is: what was asked for was done, and the id is for the support desk alone.
func decode(r *wire.Response, c *call) error {
	if r.Status >= 400 {
		return failure(r, c)
	}
	err := r.DecodeJSON(c.reply)
	h := c.reply.common()
	identified := h.RequestID != ""
	h.RequestID = text(requestID(r, string(h.RequestID)))
	fault := ""
	switch {
	case h.Code != "":
		return failure(r, c)
	case err != nil:
		e := withRequestID(err.(*errs.Error), h)
		if !identified {
			return r.Foreign(e, vendorName)
		}
		return e
	case r.Status != http.StatusOK:
		fault = fmt.Sprintf("has HTTP status %d", r.Status)
	case !identified:
		return r.Foreign(withRequestID(r.Corrupt("lacks its RequestId"), h), vendorName)
	case c.usesText && !wire.IsFaithful(r.Body):
		fault = "holds text that is not valid UTF-8"
	case c.read != nil:
		fault = c.read()
	}
	if fault == "" {
		return nil
	}
	return withRequestID(r.Corrupt(fault), h)
}

func withRequestID(e *errs.Error, h *head) *errs.Error {
	e.RequestID = string(h.RequestID)
	return e
}
