package cloudflare

import (
	"context"
	"encoding/json"
	"net/url"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// Of the vendor's package this driver takes the models of replies and the error type, and sends by itself. Its service
// would put keys into paths unescaped, take a reply without "success": true for a success, refuse one whose content type
// is not JSON, and replace our errors by bare context errors; set right by hooks, all that would be left of it is the
// method and the path of each request, which is less to write down than the hooks.

// subject is what a request is about, and so what a 404 says is missing.
type subject uint8

const (
	anAccount subject = iota
	aNamespace
	aKey
)

// request is one request to the API.
type request struct {
	method      string
	url         *url.URL
	contentType string // of the body
	body        []byte
	about       subject
	// concernsValues says that the server may quote a value when it says what is wrong: its words are then kept out of
	// errors.
	concernsValues bool
	maxReply       int64
}

// roundTrip sends a request and returns the reply, whatever it says.
func (a *account) roundTrip(ctx context.Context, r *request) (*wire.Response, error) {
	header := a.credential.header()
	if r.contentType != "" {
		header["Content-Type"] = []string{r.contentType}
	}
	return a.Send(ctx, &wire.Request{Method: r.method, URL: r.url, Header: header, Body: r.body, MaxResponse: r.maxReply, Hidden: a.credential.hidden()})
}

// envelope is what every reply but a value is wrapped in (page "Responses" of the Cloudflare API).
type envelope struct {
	Success    *bool           `json:"success"`
	Errors     reasons         `json:"errors"`
	Result     json.RawMessage `json:"result"`
	ResultInfo *resultInfo     `json:"result_info"`

	// Some failures in front of the API have this shape instead.
	Code  json.Number `json:"code"`
	Error string      `json:"error"`
}

// resultInfo tells where a page stands in its listing: by number for namespaces, by cursor for keys.
type resultInfo struct {
	Page       int    `json:"page"`
	PerPage    int    `json:"per_page"`
	TotalCount int    `json:"total_count"`
	TotalPages int    `json:"total_pages"`
	Cursor     string `json:"cursor"`
}

// exchange sends a request and opens the reply, which is a success only if it says so itself.
func (a *account) exchange(ctx context.Context, r *request) (*wire.Response, *envelope, error) {
	reply, err := a.roundTrip(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	e, err := a.open(r, reply)
	return reply, e, err
}

// open returns the envelope of a reply, also beside the error of a failed one whose envelope could be read.
func (a *account) open(r *request, reply *wire.Response) (*envelope, error) {
	e := &envelope{}
	switch err := reply.DecodeJSON(e); {
	case err != nil:
		return nil, a.unreadable(reply, err.(*errs.Error), e)
	case reply.Status >= 400 || e.Success != nil && !*e.Success:
		return e, a.failure(r, reply, e)
	case e.Success == nil || reply.Status >= 300:
		return nil, reply.Foreign(corrupt(reply, "does not say whether it is a success", errs.Ambiguous), vendorName)
	case !utf8.Valid(reply.Body):
		return nil, corrupt(reply, "is not valid UTF-8", errs.Applied)
	}
	return e, nil
}

// opened is exchange for a request that has nothing to read in its result.
func (a *account) opened(ctx context.Context, r *request) error {
	_, _, err := a.exchange(ctx, r)
	return err
}

// corrupt is the error of a reply that is not what is documented. A write that was acknowledged is Applied all the same.
func corrupt(reply *wire.Response, what string, outcome errs.Outcome) *errs.Error {
	e := reply.Corrupt(what)
	e.Outcome, e.RequestID = outcome, requestID(reply)
	return e
}

// idHeader holds the id that Cloudflare's support asks for (page "Cloudflare Ray ID").
const idHeader = "Cf-Ray"

func requestID(reply *wire.Response) string {
	return reply.Hidden.RequestID(reply.Header.Get(idHeader))
}

// vendorName is what messages call the vendor.
const vendorName = "Cloudflare"
