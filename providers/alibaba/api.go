package alibaba

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

const formType = "application/x-www-form-urlencoded"

// api sends requests to one endpoint. All have the path "/"; the action is a header.
type api struct {
	account  *account
	endpoint *url.URL
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
	query  params
	// form is the body, percent-encoded; nil where there is none.
	form  []byte
	reply reply
	// read checks and takes what is needed from the reply. A fault completes the sentence "the reply …".
	read func() (fault string)
	// usesText tells that texts of the reply are used, so that none may have been replaced while it was decoded.
	usesText bool
	// carriesValues tells that values are in the request, which the server may quote in an error.
	carriesValues bool
	// oneDelivery forbids net/http to send the request again by itself.
	oneDelivery bool
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
	u := *a.endpoint
	u.RawQuery = canonicalQuery(c.query)
	signed := acs3Request{
		method: c.method, host: u.Host, path: u.EscapedPath(), query: u.RawQuery,
		action: c.action, version: a.version, body: c.form, at: a.account.Now(), nonce: newNonce(),
	}
	if c.form != nil {
		signed.contentType = formType
	}
	response, err := a.account.Send(ctx, &wire.Request{
		Method: c.method, URL: &u, Header: signed.sign(signer), Body: c.form, OneDelivery: c.oneDelivery, MaxResponse: c.maxReply,
	})
	if err != nil {
		return err
	}
	err = decode(response, c, signer)
	if errs.CodeOf(err) == errs.Unauthenticated {
		a.account.credentials.refused(signer)
	}
	return err
}

// decode reads a reply: success only with status 200, an object of the documented form and a request id.
func decode(r *wire.Response, c *call, signer credential) error {
	if r.Status >= 400 {
		return failure(r, c, signer)
	}
	err := r.DecodeJSON(c.reply)
	h := c.reply.common()
	switch {
	case h.Code != "":
		return failure(r, c, signer)
	case err != nil:
		return withRequestID(err, r, h)
	case r.Status != http.StatusOK:
		return withRequestID(r.Corrupt(fmt.Sprintf("has HTTP status %d", r.Status)), r, h)
	case h.RequestID == "":
		return withRequestID(r.Corrupt("lacks its RequestId"), r, h)
	case c.usesText && !wire.IsFaithful(r.Body):
		return withRequestID(r.Corrupt("holds text that is not valid UTF-8"), r, h)
	case c.read == nil:
		return nil
	}
	if fault := c.read(); fault != "" {
		return withRequestID(r.Corrupt(fault), r, h)
	}
	return nil
}

func withRequestID(err error, r *wire.Response, h *head) error {
	if e, ok := err.(*errs.Error); ok {
		e.RequestID = requestID(string(h.RequestID), r.Header)
	}
	return err
}
