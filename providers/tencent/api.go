package tencent

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// What every request says of itself, from the page "Common Params" of EdgeOne.
const (
	teoService  = "teo"
	teoVersion  = "2022-09-01"
	contentType = "application/json"
)

// teoRate is what the page of every action says: 20 requests a second. That they are counted by account is unconfirmed.
var teoRate = ratelimit.Limit{N: 20, Per: time.Second, Margin: ratelimit.DefaultMargin}

// api sends requests of one product of API 3.0 to one endpoint.
type api struct {
	account  *account
	endpoint *url.URL
	option   string // that says the endpoint
	language string
	version  string
	region   string     // empty where the product has none
	signer   *tc3Signer // for the product
}

// operation is a row of the operation table. Inlined, a row would take half a kilobyte of every program.
//
//go:noinline
func (a *api) operation(name, action string, class policy.Idempotency) policy.Operation {
	return policy.Operation{Name: name, Action: action, Idempotency: class, Budgets: []ratelimit.Budget{{
		Endpoint: a.endpoint.Host, Principal: a.account.id, Action: action, Limits: []ratelimit.Limit{teoRate},
	}}}
}

// call is one request.
type call struct {
	action  string
	request any
	reply   reply
	// read takes what is needed from the reply, once that is known to be a success. A fault completes the sentence
	// "the reply …".
	read func() (fault string)
	// carriesValue tells that a value is in the request, which the server may quote in an error.
	carriesValue bool
	// codes returns the tables of the codes that an action may get; nil means as for EdgeOne.
	codes func(action string) []wire.Meanings
	// service is that of the API; do sets it.
	service string
	// maxReply bounds the reply in bytes; 0 means [wire.DefaultMaxResponse].
	maxReply int64
}

// reply is the content of Response in a reply; its struct embeds a head.
type reply interface{ common() *head }

// head is what every reply has: an error or not, and always the id of the request.
type head struct {
	Error     *apiError
	RequestID string `json:"RequestId"`

	hidden wire.Hidden // what nothing that the vendor says may show
}

func (h *head) common() *head { return h }

// apiError is a failure. It comes with HTTP status 200.
type apiError struct{ Code, Message string }

// do sends a request, signed anew, and reads its reply.
func (a *api) do(ctx context.Context, c call) error {
	body, err := wire.EncodeJSON(c.request)
	if err != nil {
		return err
	}
	signer, err := a.account.credentials.get(ctx)
	if err != nil {
		return err
	}
	header := a.header(c.action, signer, a.account.Now(), body)
	_, signature, _ := strings.Cut(header.Get("Authorization"), "Signature=")
	response, err := a.account.Send(ctx, &wire.Request{
		Method: http.MethodPost, URL: a.endpoint, Option: a.option, Header: header, Body: body, MaxResponse: c.maxReply, Hidden: append(signer.hidden(), signature),
	})
	if err != nil {
		return err
	}
	c.service = a.signer.service
	err = decode(response, c)
	if e, ok := err.(*errs.Error); ok && blamesCredential(e) && a.account.credentials.refused(signer) {
		e.Retry = errs.Temporary // another one is looked for
	}
	return err
}

// header returns the headers of a request that leaves at that time.
func (a *api) header(action string, signer credential, at time.Time, body []byte) http.Header {
	h := http.Header{
		"Content-Type":   {contentType},
		"X-Tc-Action":    {action},
		"X-Tc-Version":   {a.version},
		"X-Tc-Timestamp": {tc3Timestamp(at)},
		"Authorization":  {a.signer.sign(signer.id, signer.key, a.endpoint.Host, contentType, at, body)},
	}
	if a.region != "" {
		h["X-Tc-Region"] = []string{a.region}
	}
	if a.language != "" {
		h["X-Tc-Language"] = []string{a.language}
	}
	if !signer.token.IsEmpty() {
		h["X-Tc-Token"] = []string{signer.token.Reveal()}
	}
	return h
}

// vendorName is what messages call the vendor.
const vendorName = "Tencent Cloud"

// decode reads a reply: a failure wherever Response.Error is there, success only with a request id.
//
// The request id is the mark of the vendor's API, whatever it is. One that cannot be an id, or that holds a credential, is
// not passed on, but leaves a success what it is: what was asked for was done, and the id is for the support desk alone.
func decode(r *wire.Response, c call) error {
	envelope := struct{ Response any }{c.reply}
	err := r.DecodeJSON(&envelope)
	h := c.reply.common()
	identified := h.RequestID != ""
	h.RequestID, h.hidden = r.Hidden.RequestID(h.RequestID), r.Hidden
	fault := ""
	switch {
	case h.Error != nil && h.Error.Code != "":
		return failure(r, h, c)
	case err != nil:
		e := withRequestID(err.(*errs.Error), h)
		if !identified {
			return r.Foreign(e, vendorName)
		}
		return e
	case h.Error != nil:
		fault = "has an error without a code"
	case r.Status != http.StatusOK:
		fault = fmt.Sprintf("has HTTP status %d and no error", r.Status)
	case envelope.Response == nil || !identified:
		return r.Foreign(withRequestID(r.Corrupt("lacks Response or its RequestId"), h), vendorName)
	case !wire.IsFaithful(r.Body):
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
	e.RequestID = h.RequestID
	return e
}
