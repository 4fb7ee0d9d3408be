package wire_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// canary stands for everything that must not appear in an error.
const canary = "canary-5e1d"

// TestMain names a proxy that does not exist, with a password: net/http reads the environment once per process.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
		if os.Getenv("WIRE_TEST_PROXY") != "" {
			continue // another process of TestProxies, with proxies of its own
		}
		if err := os.Setenv(name, "http://user:"+canary+"@127.0.0.1:1"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// pipes opens connections in memory, each served by serve, and counts them.
func pipes(opened *atomic.Int64, serve func(net.Conn)) dialFunc {
	return func(context.Context, string, string) (net.Conn, error) {
		if opened != nil {
			opened.Add(1)
		}
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			serve(server)
		}()
		return client, nil
	}
}

// receive reads one request to its end.
func receive(r *bufio.Reader) (*http.Request, []byte, error) {
	request, err := http.ReadRequest(r)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(request.Body)
	return request, body, err
}

// replies reads one request and answers with these bytes.
func replies(text string) func(net.Conn) {
	return func(c net.Conn) {
		if _, _, err := receive(bufio.NewReader(c)); err == nil {
			_, _ = io.WriteString(c, text)
		}
	}
}

// open returns an engine that is closed at the end of the bubble's function.
func open(t testing.TB, o wire.Options) *wire.Engine {
	t.Helper()
	e := wire.New(o)
	t.Cleanup(e.Close)
	return e
}

func parse(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// secretly is a request that holds the canary wherever a secret can be.
func secretly(t testing.TB, method, base string) *wire.Request {
	r := &wire.Request{
		Method: method, URL: parse(t, base+"/"+canary+"?Signature="+canary),
		Header: http.Header{"Authorization": {canary}, "X-Auth-Key": {canary}},
	}
	if method == http.MethodPost {
		r.Body = []byte(canary + strings.Repeat("x", 10_000))
	}
	return r
}

// failed returns the error of the engine, after looking for the canary in all that can be printed of it.
func failed(t testing.TB, err error) *errs.Error {
	t.Helper()
	e, ok := err.(*errs.Error)
	if !ok || e == nil {
		t.Fatalf("%T %v, want an *errs.Error", err, err)
	}
	object, _ := json.Marshal(e)
	texts := []string{string(object), e.Message, e.RequestID}
	for cause := error(e); cause != nil; cause = errors.Unwrap(cause) {
		texts = append(texts, fmt.Sprintf("%v\n%+v\n%#v\n%q", cause, cause, cause, cause))
	}
	if all := strings.Join(texts, "\n"); strings.Contains(all, canary) {
		t.Errorf("the error holds what is secret:\n%s", all)
	}
	return e
}

// expect checks what an error says; an empty text is not looked for.
func expect(t testing.TB, err error, code errs.Code, retry errs.Retry, outcome errs.Outcome, text string) {
	t.Helper()
	e := failed(t, err)
	if e.Code != code || e.Retry != retry || e.Outcome != outcome || !strings.Contains(e.Error(), text) {
		t.Errorf("%v, %v, %v: %v; want %v, %v, %v: …%s…", e.Code, e.Retry, e.Outcome, e, code, retry, outcome, text)
	}
}
