package scale_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// call is one call of the public API.
type call func(ctx context.Context, client *crosscloud.Client) error

func put(ctx context.Context, client *crosscloud.Client) error {
	ns, err := client.KV(ctx, "flags")
	if err != nil {
		return err
	}
	return ns.Put(ctx, "k", []byte("v"))
}

func putMany(ctx context.Context, client *crosscloud.Client) error {
	ns, err := client.KV(ctx, "flags")
	if err != nil {
		return err
	}
	_, err = settle(ns.PutMany(ctx, slices.Values([]kv.Write{{Key: "k", Value: []byte("v")}})))
	return err
}

func listKeys(ctx context.Context, client *crosscloud.Client) error {
	ns, err := client.KV(ctx, "flags")
	if err != nil {
		return err
	}
	for _, err := range ns.Keys(ctx) {
		return err
	}
	return nil
}

func encrypt(ctx context.Context, client *crosscloud.Client) error {
	key, err := client.KMS(ctx, "key")
	if err != nil {
		return err
	}
	_, err = key.Encrypt(ctx, []byte("plaintext"))
	return err
}

// describeKeys lists keys with what only a request for each of them tells.
func describeKeys(ctx context.Context, client *crosscloud.Client) error {
	service, err := client.KMSService(ctx, "cloud")
	if err != nil {
		return err
	}
	for _, err := range service.Keys(ctx, kms.Details()) {
		return err
	}
	return nil
}

// exchanges serves each connection by a list of replies, one a request; when they are at their end it hangs, reading.
func exchanges(replies ...string) dialFunc {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			r := bufio.NewReader(server)
			for _, reply := range replies {
				request, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				if _, err := io.Copy(io.Discard, request.Body); err != nil {
					return
				}
				if _, err := io.WriteString(server, reply); err != nil {
					return
				}
			}
			_, _ = io.Copy(io.Discard, r)
		}()
		return client, nil
	}
}

func message(status, header, body string) string {
	return "HTTP/1.1 " + status + "\r\n" + header + "Content-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// deaf is a connection that nobody reads.
func deaf(context.Context, string, string) (net.Conn, error) {
	client, _ := net.Pipe()
	return client, nil
}

// wait is a place where a call may be when its context ends.
type wait struct {
	name     string
	provider string
	entry    crosscloud.Entry // over that of the provider
	policy   policy.Policy
	dial     func(release <-chan struct{}) dialFunc
	before   call // has ended before
	beside   call // goes on meanwhile
	call     call

	says    string       // by which the error tells where the call was
	outcome errs.Outcome // of what was sent
}

// waits are all there are in the code: of ratelimit, internal/pipeline, net/http under internal/wire, the drivers, and the
// calls that are made of several requests. Those of a client that opens an entry, of credentials that are looked for, and of
// the local driver are held where they are: by crosscloud.TestCallersThatGiveUp, internal/wire.TestFinderFails and
// providers/local.TestWaitForTheWriterEndsWithTheContext.
func waits() []wait {
	const done = `{"Response":{"RequestId":"r-1"}}`
	throttled := message("429 Too Many Requests", "Retry-After: 20\r\n", `{"RequestId":"r-1","Code":"Throttling.User"}`)
	always := func(d dialFunc) func(<-chan struct{}) dialFunc { return func(<-chan struct{}) dialFunc { return d } }
	const limit, again, place, network = "waiting for the rate limit", "waiting to repeat", "concurrent requests to end", "given up"
	silent, once := always(exchanges()), policy.Retry{MaxAttempts: 1}
	busy := message("429 Too Many Requests", "Retry-After: 20\r\n", `{"success":false,"errors":[{"code":971,"message":"slow down"}],"messages":[],"result":null}`)
	one := policy.Policy{Concurrency: 1}
	return []wait{
		{name: "for a permit", provider: "tencent", policy: policy.Policy{Rate: policy.Rate{Limits: []ratelimit.Limit{{N: 1, Per: time.Hour}}}},
			dial: always(exchanges(message("200 OK", "", done))), before: put, call: put,
			says: limit, outcome: errs.NotApplied},
		{name: "for the end of a pause after throttling", provider: "tencent", policy: policy.Policy{Retry: once},
			dial: always(exchanges(throttled)), before: put, call: put,
			says: limit, outcome: errs.NotApplied},
		{name: "for the least rate after throttling", provider: "alibaba", policy: policy.Policy{Retry: once},
			dial: always(exchanges(throttled)), before: listKeys, call: listKeys,
			says: limit, outcome: errs.NotApplied},
		{name: "for the pause that a provider asks for", provider: "cloudflare", policy: policy.Policy{Rate: policy.Rate{Unlimited: true}},
			dial: always(exchanges(busy)), call: put,
			says: again, outcome: errs.NotApplied},
		{name: "to repeat", provider: "tencent", policy: policy.Policy{Retry: policy.Retry{BaseDelay: time.Hour}},
			dial: always(exchanges(message("503 Service Unavailable", "", ""))), call: put,
			says: again, outcome: errs.Ambiguous},
		{name: "for a place", provider: "tencent", policy: one, dial: silent, beside: put, call: put,
			says: place, outcome: errs.NotApplied},
		{name: "for a place of bulk calls", provider: "tencent", policy: policy.Policy{Concurrency: 2}, dial: silent, beside: putMany, call: putMany,
			says: place, outcome: errs.NotApplied},
		{name: "for the turn of a key", provider: "cloudflare", entry: crosscloud.Entry{"pace_keys": "true"},
			dial: always(exchanges(message("200 OK", "", `{"success":true,"errors":[],"messages":[],"result":null}`))), before: put, call: put,
			says: limit, outcome: errs.NotApplied},
		{name: "for the connection", provider: "tencent", call: put, dial: func(release <-chan struct{}) dialFunc {
			return func(context.Context, string, string) (net.Conn, error) { <-release; return nil, net.ErrClosed } // whatever its context says
		},
			says: network, outcome: errs.NotApplied},
		{name: "for the TLS handshake", provider: "tencent", entry: crosscloud.Entry{"endpoint": strings.Replace(serverURL, "http", "https", 1)}, dial: silent, call: put,
			says: network, outcome: errs.NotApplied},
		{name: "for the request to be read", provider: "tencent", dial: always(deaf), call: put,
			says: network, outcome: errs.NotApplied},
		{name: "for the header", provider: "tencent", dial: silent, call: put,
			says: network, outcome: errs.Ambiguous},
		{name: "for the rest of the header", provider: "tencent", dial: always(exchanges("HTTP/1.1 200 OK\r\nContent-")), call: put,
			says: network, outcome: errs.Ambiguous},
		{name: "for the body", provider: "tencent", dial: always(exchanges("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{")), call: put,
			says: network, outcome: errs.Ambiguous},
		{name: "for a page", provider: "cloudflare", dial: silent, call: listKeys,
			says: network, outcome: errs.NotApplied},
		{name: "for the batches of a bulk call", provider: "alibaba", dial: silent, call: putMany,
			says: network, outcome: errs.Ambiguous},
		{name: "for the singles of a bulk call", provider: "tencent", dial: silent, call: putMany,
			says: network, outcome: errs.Ambiguous},
		{name: "for another call that looks up the project", provider: "huawei", entry: crosscloud.Entry{"project_id": ""}, dial: silent, beside: encrypt, call: encrypt,
			says: "the project of the region was looked up", outcome: errs.NotApplied},
		{name: "for the descriptions of keys", provider: "alibaba", call: describeKeys,
			dial: always(exchanges(message("200 OK", "", `{"RequestId":"r-1","TotalCount":1,"PageNumber":1,"PageSize":100,"Keys":{"Key":[{"KeyId":"`+keyID+`","KeyArn":"a"}]}}`))),
			says: network, outcome: errs.NotApplied},
	}
}

// TestEveryWaitEnds: a call returns when its context is cancelled, at that moment of virtual time, wherever it waits.
func TestEveryWaitEnds(t *testing.T) {
	const later = time.Second
	for _, w := range waits() {
		t.Run(w.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				defer close(release)
				entry := entries()[w.provider]
				for name, value := range w.entry {
					if entry[name] = value; value == "" {
						delete(entry, name)
					}
				}
				client := open(t, entry, w.dial(release), w.policy)
				if w.before != nil {
					_ = w.before(t.Context(), client) // some of them are meant to fail
				}
				if w.beside != nil {
					other, stop := context.WithCancel(t.Context())
					ended := make(chan struct{})
					defer func() { stop(); <-ended }()
					go func() { defer close(ended); _ = w.beside(other, client) }()
					synctest.Wait()
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				time.AfterFunc(later, cancel)
				began := time.Now()
				err := w.call(ctx, client)
				took := time.Since(began)
				if took < later || took > later+10*time.Millisecond {
					t.Errorf("returned after %v, cancelled after %v: %v", took, later, err)
				}
				var e *errs.Error
				if !errors.As(err, &e) || e.Code != errs.Canceled || !errors.Is(err, context.Canceled) {
					t.Fatalf("%v", err)
				}
				if !strings.Contains(e.Error(), w.says) || e.Outcome != w.outcome {
					t.Errorf("%v; it does not say %q, or its outcome is not %v", e, w.says, w.outcome)
				}
			})
		})
	}
}
