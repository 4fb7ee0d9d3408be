package cloudflare

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/cloudflare/cloudflare-go/v7/kv"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// A reply with a million reasons, or with endless chains of them, costs little and shows a few.
func TestManyReasons(t *testing.T) {
	one := `{"code":19999,"message":"` + strings.Repeat("m", 5000) + `"}`
	chain := strings.Repeat(`{"code":19999,"message":"c","error_chain":[`, 3000) + strings.Repeat(`]}`, 3000)
	for name, c := range map[string]struct {
		status int
		list   string
	}{
		"many":                {400, strings.Repeat(one+",", 150) + one},
		"many in a success":   {200, strings.Repeat(`{"code":19999,"message":"m"},`, 300_000) + one},
		"a chain":             {400, chain},
		"a chain in a chain":  {200, strings.Repeat(chain+",", 5) + chain},
		"a code of a million": {400, `{"code":` + strings.Repeat("9", 1_000_000) + `}`},
	} {
		body := `{"success":false,"errors":[` + c.list + `]}`
		_, ns := serve(t, answers(c.status, "application/json", body))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ns.Delete(t.Context(), &kvdriver.DeleteRequest{Key: "k"})
		runtime.ReadMemStats(&after)
		e := typed(t, err)
		if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20+8*uint64(len(body)) {
			t.Errorf("%s of %d bytes: %d bytes", name, len(body), used)
		}
		vendor, ok := errors.AsType[*kv.Error](err)
		if !ok || len(vendor.Errors) > maxReasons || len(e.Message) > 10_000 || len(e.VendorCode) > 128 {
			t.Errorf("%s: %d bytes of message, code %.20q, the vendor's error %v", name, len(e.Message), e.VendorCode, ok)
			continue
		}
		if text := vendor.Error(); len(text) > 20_000 {
			t.Errorf("%s: the vendor's error has %d bytes", name, len(text))
		}
	}
}

// Neither a key nor the e-mail address it belongs to are repeated, whatever quotes them; ids must look like ids.
func TestEchoedKeyAndAddress(t *testing.T) {
	const key, email = "canary-key-55aa", "canary+it@example.com"
	for _, said := range []string{key, email, "<" + key + ">", `"` + email + `"`} {
		echo, _ := json.Marshal("get: " + said)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cf-Ray", said)
			w.Header().Set("Retry-After", said)
			w.WriteHeader(400)
			fmt.Fprintf(w, `{"success":false,"errors":[{"code":19999,"message":%s,"error_chain":[{"code":1,"message":%[1]s}]}]}`, echo)
		}))
		defer server.Close()
		svc := openService(t, map[string]string{"account_id": "acc", "api_key": key, "email": email, "endpoint": server.URL}, nil)
		_, err := svc.ListNamespaces(t.Context(), &kvdriver.ListNamespacesRequest{})
		e := typed(t, err)
		if e.RequestID != "" || !strings.Contains(e.Message, "get: ") {
			t.Errorf("%q: %v", said, err)
		}
		drivertest.CheckHides(t, said, err, key, email)
		if vendor, ok := errors.AsType[*kv.Error](err); ok {
			text := vendor.JSON.RawJSON() + string(vendor.DumpResponse(true)) + string(vendor.DumpRequest(true))
			if strings.Contains(text, key) || strings.Contains(text, email) {
				t.Errorf("%q is in %s", said, text)
			}
		}
	}
}

// dialText returns connections in memory whose other side reads a request and answers with these bytes.
func dialText(reply string) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			if _, err := http.ReadRequest(bufio.NewReader(server)); err == nil {
				_, _ = io.WriteString(server, reply)
			}
		}()
		return client, nil
	}
}

// A raw value that says of itself that it is none, or may not be all of it, is an error.
func TestRawValues(t *testing.T) {
	const refusal = `{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}`
	for _, c := range []struct {
		contentType, body string
		want              errs.Code
	}{
		{"application/json", refusal, errs.Unauthenticated},
		{"application/json; charset=utf-8", refusal, errs.Unauthenticated},
		{"application/json", `{"success":true,"errors":[]}`, ""},
		{"application/json", `{"a":1}`, ""},
		{"application/json", `not JSON`, ""},
		{"application/octet-stream", refusal, ""},
		{"text/html", "<html>", errs.Corrupt},
		{"application/octet-stream", "<html>", ""},
	} {
		_, ns := serve(t, answers(200, c.contentType, c.body))
		res, err := ns.Get(t.Context(), &kvdriver.GetRequest{Key: "k"})
		if errs.CodeOf(err) != c.want || err == nil && string(res.Value) != c.body {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for reply, want := range map[string]errs.Code{
		"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\nhalf a va": errs.Unavailable,
		"HTTP/1.1 200 OK\r\n\r\n":                             errs.Unavailable,
		"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>":  "", // of no type: a value
		"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf a": errs.Unavailable,
	} {
		svc := openService(t, map[string]string{"account_id": "acc", "api_token": canary, "endpoint": "http://127.0.0.1"}, dialText(reply))
		ns, err := svc.OpenNamespace(kvdriver.NamespaceRef{ID: "ns"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = ns.Get(t.Context(), &kvdriver.GetRequest{Key: "k"})
		if errs.CodeOf(err) != want || err != nil && typed(t, err).Retry != errs.Temporary {
			t.Errorf("%q: %v", reply, err)
		}
	}
}

// A key of a bulk read is missing only where the reply says so.
func TestBulkValueWithoutItsText(t *testing.T) {
	for values, want := range map[string]errs.Code{
		`{"k":{}}`: errs.Corrupt, `{"k":{"metadata":null}}`: errs.Corrupt, `{"k":null}`: errs.KeyNotFound, `{"k":{"value":null}}`: errs.KeyNotFound,
		`{"k":{"value":""}}`: "", `{}`: errs.Corrupt,
	} {
		_, ns := serve(t, answers(200, "application/json", `{"success":true,"errors":[],"result":{"values":`+values+`}}`))
		res, err := ns.GetBatch(t.Context(), &kvdriver.GetBatchRequest{Keys: []string{"k"}, WantMetadata: true})
		if err == nil {
			err = res.Results[0].Err
		}
		if errs.CodeOf(err) != want {
			t.Errorf("%s: %v, want %q", values, err, want)
		}
	}
}

// What cannot be sent as it is, or addressed, is refused before anything is sent.
func TestRefusedBeforeIO(t *testing.T) {
	svc, ns := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	put := &kvdriver.PutRequest{Key: "k", Value: []byte("v"), Metadata: json.RawMessage("\"\xff\"")}
	if _, err := ns.Put(t.Context(), put); errs.CodeOf(err) != errs.InvalidArgument {
		t.Errorf("Put: %v", err)
	}
	if _, err := ns.PutBatch(t.Context(), &kvdriver.PutBatchRequest{Items: []*kvdriver.PutRequest{put}}); errs.CodeOf(err) != errs.InvalidArgument {
		t.Errorf("PutBatch: %v", err)
	}
	for _, id := range []string{"a b", "a/b", "..", "a\tb", "a?b", "a%2Fb", "é", ""} {
		if _, err := svc.OpenNamespace(kvdriver.NamespaceRef{ID: id}); errs.CodeOf(err) != errs.InvalidArgument {
			t.Errorf("namespace %q: %v", id, err)
		}
		if id == "" {
			continue
		}
		if _, err := drivertest.KV(t, "cloudflare", map[string]string{"account_id": id, "api_token": canary}, providers.Host{}); errs.CodeOf(err) != errs.InvalidArgument || !strings.Contains(err.Error(), "account_id") {
			t.Errorf("account %q: %v", id, err)
		}
	}
	for endpoint, want := range map[string]string{
		"": "endpoint is empty; leave the field out", "https://h/a/../b": "path with an empty segment", "https://h//a": "path with an empty segment", "https://h/a//": "path with an empty segment",
		"https://h/%2e%2e/a": "path with an empty segment", "https://h/a/": "", "https://h": "",
	} {
		_, err := drivertest.KV(t, "cloudflare", map[string]string{"account_id": "acc", "api_token": canary, "endpoint": endpoint}, providers.Host{})
		if want == "" && err != nil || want != "" && (errs.CodeOf(err) != errs.InvalidArgument || !strings.Contains(err.Error(), want)) {
			t.Errorf("endpoint %q: %v, want %s", endpoint, err, want)
		}
	}
}

func TestCredentialAdvice(t *testing.T) {
	for _, c := range []struct {
		entry map[string]string
		want  string
	}{
		{map[string]string{"api_token": "Bearer " + canary}, "give the token alone, without Bearer"},
		{map[string]string{"api_token": "bearer x"}, "give the token alone, without Bearer"},
		{map[string]string{"api_key": canary}, "email is missing, while api_key is given"},
		{map[string]string{"email": "a@example.com"}, "api_key is missing, while email is given"},
		{map[string]string{"api_key": "a b", "email": "a b"}, "api_key has a character"},
		{map[string]string{"api_key": "a", "email": "a\nb"}, "email has a character"},
		{map[string]string{"api_token": "a b", "email": "a b"}, "api_token has a character"},
	} {
		c.entry["account_id"] = "acc"
		for range 20 {
			_, err := drivertest.KV(t, "cloudflare", c.entry, providers.Host{})
			if errs.CodeOf(err) != errs.Unauthenticated || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), canary) {
				t.Fatalf("%v, want %s", err, c.want)
			}
		}
	}
}

// A reply that has nothing of the vendor's makes one think of the endpoint.
func TestForeignReplies(t *testing.T) {
	for body, want := range map[string]bool{`{"hello":1}`: true, `<html>`: true, ``: true, `[]`: true, `{"success":true,"result":7}`: false} {
		svc, _ := serve(t, answers(200, "application/json", body))
		_, err := svc.ListNamespaces(t.Context(), &kvdriver.ListNamespacesRequest{})
		if errs.CodeOf(err) != errs.Corrupt || strings.Contains(err.Error(), "is endpoint the API of Cloudflare?") != want {
			t.Errorf("%s: %v", body, err)
		}
	}
	_, ns := serve(t, answers(404, "application/json", failed(10009)))
	if _, err := ns.Get(t.Context(), &kvdriver.GetRequest{Key: "k"}); typed(t, err).Message != "the key does not exist" {
		t.Errorf("the server's words: %v", err)
	}
	_, ns = serve(t, answers(429, "", ""))
	if _, err := ns.Get(t.Context(), &kvdriver.GetRequest{Key: "k"}); !strings.Contains(err.Error(), "Too Many Requests") {
		t.Errorf("%v", err)
	}
}
