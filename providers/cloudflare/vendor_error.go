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

// vendorError returns the vendor's own error for a failed reply, for errors.As with *kv.Error of
// github.com/cloudflare/cloudflare-go/v7/kv. That type is internal to the module, so it is made by the vendor's client:
// given a reply to an empty request, it sends nothing.
//
// The error holds neither the credential nor the body of the request, and of the reply the reasons only, as they are
// shown. It is nil where the vendor's code fails.
func vendorError(r *request, reply *wire.Response, all reasons) (made error) {
	defer func() {
		if recover() != nil {
			made = nil
		}
	}()
	body, err := json.Marshal(map[string]any{"success": false, "errors": all})
	if err != nil {
		return nil
	}
	status := reply.Status
	if status < 400 {
		status = http.StatusBadRequest // a failure inside HTTP 200, which the client would not take for one
	}
	answer := answer{StatusCode: status, Header: http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(body))}
	if id := requestID(reply); id != "" {
		answer.Header.Set(idHeader, id)
	}
	if wait := reply.Hidden.Code(reply.Header.Get("Retry-After")); wait != "" { // no date
		answer.Header.Set("Retry-After", wait)
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

// answer is an HTTP client that always answers the same.
type answer http.Response

func (a *answer) Do(*http.Request) (*http.Response, error) { return (*http.Response)(a), nil }
