package guance

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// client sends requests of one credential to one endpoint.
type client struct {
	account    wire.Account
	base       *url.URL
	credential credential
}

// call is one request and what its reply is read into.
type call struct {
	class  policy.Idempotency
	method string
	path   []string // behind /api/v1, not escaped
	query  url.Values
	body   any // nil where there is none
	// read takes what is needed from the content of a success. A fault completes the sentence "the reply …".
	read func(content json.RawMessage, page *pageInfo) (fault string)
	// creates says that what exists already is a workspace of that name.
	creates bool
}

// do sends a request, authenticated anew, and reads its reply.
func (c *client) do(ctx context.Context, r *call) error {
	u, err := wire.Join(c.base, append([]string{"api", "v1"}, r.path...)...)
	if err != nil {
		return err
	}
	u.RawQuery = r.query.Encode()
	var body []byte
	if r.body != nil {
		if body, err = wire.EncodeJSON(r.body); err != nil {
			return err
		}
	}
	header := c.credential.header(r.method, u, body)
	header["Accept"] = []string{"application/json"}
	response, err := c.account.Send(ctx, &wire.Request{
		Method: r.method, URL: u, Header: header, Body: body, Hidden: hiddenTexts(c.credential, header),
	})
	if err != nil {
		return err
	}
	return c.decode(response, r)
}

// envelope is what every reply has (page open-api, section "Response").
type envelope struct {
	Code, ErrorCode, Message, TraceID loose
	Content                           json.RawMessage
	Success                           *flag
	PageInfo                          *pageInfo
}

// decode reads a reply: success only where the vendor says so in every way that it has.
func (c *client) decode(r *wire.Response, call *call) error {
	var e envelope
	err := r.DecodeJSON(&e)
	code, _ := e.Code.number()
	switch {
	case e.ErrorCode != "", r.Status >= 400, e.Success != nil && !bool(*e.Success), code != 0 && code != 200:
		if err != nil && e.ErrorCode == "" {
			return withID(err, r, &e)
		}
		return c.failure(r, call, &e)
	case err != nil:
		return withID(err, r, &e)
	case e.Success == nil:
		return withID(r.Corrupt("does not say whether the request succeeded"), r, &e)
	case r.Status != http.StatusOK:
		return withID(r.Corrupt("has another HTTP status than 200, and no error"), r, &e)
	}
	fault := ""
	if !wire.IsFaithful(r.Body) {
		fault = "holds text that is not valid UTF-8"
	} else if call.read != nil {
		fault = call.read(e.Content, e.PageInfo)
	}
	if fault == "" {
		return nil
	}
	corrupt := r.Corrupt(fault)
	if call.class != policy.ReadOnly {
		corrupt.Outcome = errs.Applied // so it says
	}
	return withID(corrupt, r, &e)
}

func withID(err error, r *wire.Response, e *envelope) error {
	if known, ok := err.(*errs.Error); ok {
		known.RequestID = r.Hidden.RequestID(string(e.TraceID))
		if known.Code == errs.RateLimited && known.RetryAfter == 0 {
			known.RetryAfter = throttlePause // a gateway throttles in its own words
		}
	}
	return err
}

// object reads content into v, which has fields. The fault does not quote what was met.
func object(content json.RawMessage, v any) (fault string) {
	if content = bytes.TrimSpace(content); len(content) == 0 || content[0] != '{' {
		return "lacks its content, an object"
	}
	if json.Unmarshal(content, v) != nil {
		return "has a content that does not have the documented form"
	}
	return ""
}

// list reads content, which is an array, or an object with one in its field data.
func list(content json.RawMessage) (items []json.RawMessage, fault string) {
	content = bytes.TrimSpace(content)
	if len(content) > 0 && content[0] == '{' {
		var wrapped struct{ Data json.RawMessage }
		if json.Unmarshal(content, &wrapped) == nil {
			content = bytes.TrimSpace(wrapped.Data)
		}
	}
	if len(content) == 0 || content[0] != '[' || json.Unmarshal(content, &items) != nil {
		return nil, "lacks its content, a list"
	}
	return items, ""
}

// done reads the content of what changes something and tells nothing of it: true, an object or null.
func done(content json.RawMessage, _ *pageInfo) (fault string) {
	if string(bytes.TrimSpace(content)) == "false" {
		return "says at once that the request succeeded and that nothing was done"
	}
	return ""
}
