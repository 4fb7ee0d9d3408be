package cloudflare

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"

	"github.com/cloudflare/cloudflare-go/v7/kv"
	"github.com/cloudflare/cloudflare-go/v7/option"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// vendorError returns the vendor's own error for a failed reply, for errors.As with *cloudflare.Error of
// github.com/cloudflare/cloudflare-go/v7. That type is internal to the module and only its root package, which is large,
// has a name for it, so it is made by the vendor's client: given a reply to an empty request, it sends nothing.
//
// The error holds neither the credential nor the body of the request, and of the reply the reasons only, without their
// texts where the server may be quoting a value. It is nil where the vendor's code fails.
func (a *account) vendorError(r *request, reply *wire.Response, reasons []apiError) (made error) {
	defer func() {
		if recover() != nil {
			made = nil
		}
	}()
	if r.concernsValues {
		reasons = withoutTexts(reasons)
	}
	body, err := json.Marshal(map[string]any{"success": false, "errors": reasons})
	if err != nil {
		return nil
	}
	status := reply.Status
	if status < 400 {
		status = http.StatusBadRequest // a failure inside HTTP 200, which the client would not take for one
	}
	answer := answer{StatusCode: status, Header: http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader([]byte(a.credential.redact(string(body)))))}
	for _, name := range []string{idHeader, "Retry-After"} {
		if value := reply.Header.Get(name); value != "" {
			answer.Header.Set(name, value)
		}
	}
	var params kv.NamespaceGetParams
	params.AccountID.Value = "account"
	client := kv.NewNamespaceService(option.WithBaseURL("https://"+reply.Host), option.WithHTTPClient(&answer), option.WithMaxRetries(0))
	_, err = client.Get(context.Background(), "namespace", params)
	failed := reflect.Indirect(reflect.ValueOf(err))
	if failed.Kind() != reflect.Struct {
		return nil
	}
	request, ok := failed.FieldByName("Request").Interface().(*http.Request)
	if !ok {
		return nil
	}
	request.Method, request.URL = r.method, &url.URL{Scheme: "https", Host: reply.Host, Path: r.url.Path, RawPath: r.url.RawPath}
	return err
}

func withoutTexts(reasons []apiError) []apiError {
	bare := make([]apiError, 0, len(reasons))
	for _, reason := range reasons {
		bare = append(bare, apiError{Code: reason.Code, Chain: withoutTexts(reason.Chain)})
	}
	return bare
}

// answer is an HTTP client that always answers the same.
type answer http.Response

func (a *answer) Do(*http.Request) (*http.Response, error) { return (*http.Response)(a), nil }
