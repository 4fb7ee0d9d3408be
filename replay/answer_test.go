package replay_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/replay"
)

// A client may write into the map of headers what names it likes; servers and files have them in one form.
func TestHeaderNamesOfClients(t *testing.T) {
	path := write(t, "> GET /\n> X-Thing-Action: Put\n\n< 200\n< X-Back: b\n")
	r := request(t, "GET", "http://h/", "")
	const odd = "x-thing-action"
	maps.Copy(r.Header, map[string][]string{odd: {"Put"}})
	send(t, replay.Recorder(t, path, replay.RequireAll()), r)
	got := record(t, transport(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"x-back": {"b"}}, Body: http.NoBody}, nil
	}), r)
	if !strings.Contains(got, "\n> X-Thing-Action: Put\n") || !strings.Contains(got, "\n< X-Back: b\n") {
		t.Error(got)
	}
	if _, there := map[string][]string(r.Header)[odd]; !there {
		t.Error("the client's own header has changed")
	}
}

// closing notes that it was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

// A transport closes the body whatever comes of the request.
func TestBodyIsClosed(t *testing.T) {
	path := write(t, "> PUT /\n\nx\n\n< 200\n")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx  context.Context
		body io.Reader
	}{
		"canceled": {canceled, strings.NewReader("x")}, "answered": {t.Context(), strings.NewReader("x")},
		"not recorded": {t.Context(), strings.NewReader("y")}, "broken": {t.Context(), brokenBody{}},
	} {
		body := &closing{Reader: test.body}
		underTest(t, func(f *fakeTB) {
			r, err := http.NewRequestWithContext(test.ctx, "PUT", "http://h/", body)
			if err != nil {
				t.Error(err)
				return
			}
			if reply, err := replay.Recorder(f, path).RoundTrip(r); err == nil {
				_ = reply.Body.Close()
			}
		})
		if !body.closed {
			t.Errorf("%s: the body is left open", name)
		}
	}
}

const actions = `> POST /
> X-Tc-Action: EdgeKVGet

{"a": 1}

< 200

> POST /
> X-Tc-Action: EdgeKVPut

{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8}

< 200
`

// Where all requests look alike, it is the action that tells which exchange was meant.
func TestNearestHasTheAction(t *testing.T) {
	path := write(t, actions)
	for _, name := range []string{"X-TC-Action", "x-acs-action"} {
		path := write(t, strings.ReplaceAll(actions, "X-Tc-Action", http.CanonicalHeaderKey(name)))
		failures := underTest(t, func(f *fakeTB) {
			server := replay.Server(f, path)
			send(t, nil, request(t, "POST", server.URL, `{"a":1}`, name, "EdgeKVPut"))
		})
		first, rest, _ := strings.Cut(failures, "\n")
		key := http.CanonicalHeaderKey(name)
		if !strings.HasSuffix(first, "POST / ("+key+": EdgeKVPut)") || !strings.HasPrefix(rest, "the nearest is POST / ("+key+": EdgeKVPut) of "+path+":8\n") {
			t.Error(failures)
		}
	}
	failures := underTest(t, func(f *fakeTB) { replay.Server(f, path, replay.RequireAll()) })
	if !strings.Contains(failures, "not asked for: POST / (X-Tc-Action: EdgeKVGet) of "+path+":1\n") {
		t.Error(failures)
	}
}

// What was not recorded is answered so that clients do not send it again, and is reported once even if they do.
func TestReportedOnce(t *testing.T) {
	path := write(t, "> GET /a\n< 200\n")
	failures := underTest(t, func(f *fakeTB) {
		server := replay.Server(f, path)
		client := replay.Recorder(f, path)
		for range 3 {
			for _, rt := range []http.RoundTripper{nil, client} {
				status, body, header := send(t, rt, request(t, "GET", server.URL+"/b", ""))
				if status != http.StatusBadRequest || header.Get("X-Should-Retry") != "false" || !strings.Contains(body, "path: sent /b, recorded /a") {
					t.Errorf("%d %s %v", status, body, header)
				}
			}
		}
		send(t, nil, request(t, "GET", server.URL+"/c", ""))
	})
	if n := strings.Count(failures, "not recorded: GET /b"); n != 2 { // of the server, and of the transport
		t.Errorf("reported %d times:\n%s", n, failures)
	}
	if !strings.Contains(failures, "request 4 was not recorded: GET /c") {
		t.Error(failures)
	}
}

// A mistake in a file is said with its place.
func TestPlaceOfMistake(t *testing.T) {
	path := write(t, "> GET /a\n< 200\n\n# not sent: X (why)\n> GET /\n< 200\n")
	failures := underTest(t, func(f *fakeTB) { replay.Server(f, path) })
	if !strings.Contains(failures, path+":5: ") {
		t.Error(failures)
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	path = write(t, "\n> GET /a\n< 200\n")
	failures = underTest(t, func(f *fakeTB) { replay.Check(f, path, replay.Upstream(server.URL)) })
	if !strings.Contains(failures, "GET /a of "+path+":2 ") {
		t.Error(failures)
	}
}
