package emulator

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// cloudflareReply is an answer: raw bytes, or the envelope that everything but a value comes in.
type cloudflareReply struct {
	status int
	header http.Header

	raw  bool
	data []byte // with raw

	result   any
	info     any
	errors   []cloudflareError
	messages []cloudflareError
}

// cloudflareError is an entry of the envelope's errors, and of its messages.
type cloudflareError struct {
	Code    int               `json:"code"`
	Message string            `json:"message"`
	Chain   []cloudflareError `json:"error_chain,omitempty"`
}

// cloudflareEnvelope is the envelope.
type cloudflareEnvelope struct {
	Result   any               `json:"result"`
	Info     any               `json:"result_info,omitempty"`
	Success  bool              `json:"success"`
	Errors   []cloudflareError `json:"errors"`
	Messages []cloudflareError `json:"messages"`
}

func (r *cloudflareReply) setHeader(name, value string) {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(name, value)
}

// body returns the bytes of the answer.
func (r *cloudflareReply) body() []byte {
	if r.raw {
		return r.data
	}
	e := cloudflareEnvelope{
		Result: r.result, Info: r.info, Success: len(r.errors) == 0,
		Errors: append([]cloudflareError{}, r.errors...), Messages: append([]cloudflareError{}, r.messages...),
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		// Nothing that is kept here fails to encode; should it, the client learns of it.
		return []byte(`{"result":null,"success":false,"errors":[{"code":10001,"message":"unencodable reply"}],"messages":[]}`)
	}
	return b.Bytes()
}

// cloudflareSucceed answers with a result.
func cloudflareSucceed(result any) *cloudflareReply {
	return &cloudflareReply{status: http.StatusOK, result: result}
}

// done answers where there is nothing to tell.
func (c *Cloudflare) done() *cloudflareReply {
	if c.settings.OldReplies {
		return cloudflareSucceed(nil)
	}
	return cloudflareSucceed(struct{}{})
}

// cloudflareRefuse answers with an error and the status that goes with its code.
func cloudflareRefuse(code int, message string) *cloudflareReply {
	status, ok := cloudflareStatus[code]
	if !ok {
		status = http.StatusBadRequest
	}
	return &cloudflareReply{status: status, errors: []cloudflareError{{Code: code, Message: message}}}
}

// cloudflareStatus holds the HTTP status of the codes whose status is not 400. The vendor's pages give few of them;
// known are those of 10009, 10013, 10014 (400), 10024, 10030, 1000, 10000 (also seen with 400 and 401) and 971.
var cloudflareStatus = map[int]int{
	0:     http.StatusInternalServerError,
	971:   http.StatusTooManyRequests,
	1000:  http.StatusUnauthorized,
	7000:  http.StatusNotFound, // also seen: 400
	9103:  http.StatusForbidden,
	9109:  http.StatusForbidden,
	10000: http.StatusForbidden,
	10001: http.StatusServiceUnavailable,
	10005: http.StatusForbidden,
	10009: http.StatusNotFound,
	10013: http.StatusNotFound,
	10017: http.StatusForbidden,
	10022: http.StatusTooManyRequests,
	10024: http.StatusRequestEntityTooLarge,
	10025: http.StatusNotFound,
	10026: http.StatusForbidden,
	10027: http.StatusInternalServerError,
	10030: http.StatusRequestURITooLong,
	10031: http.StatusUnauthorized,
	10032: http.StatusUnauthorized,
	10036: http.StatusUnauthorized,
	10037: http.StatusForbidden,
	10046: http.StatusTooManyRequests,
	10048: http.StatusTooManyRequests,
}
