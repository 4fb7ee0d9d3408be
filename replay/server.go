package replay

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
)

// Server serves the exchanges of a file, or those of every .txt file in a folder, until the test ends. A request that
// was not recorded fails the test, and is answered with the status 400 and the reason as plain text: clients do not
// repeat what was answered so, as they do with 5xx, nor does it say that something does not exist.
//
// With the option [Upstream], and if recording is switched on, it records instead.
func Server(t testing.TB, path string, opts ...Option) *httptest.Server {
	t.Helper()
	s := newSettings(opts)
	if s.record && s.upstream != "" {
		base, err := s.base()
		if err != nil {
			t.Fatalf("replay: %v", err)
		}
		rec := newRecorder(t, path, s)
		server := httptest.NewUnstartedServer(nil)
		own := server.Listener.Addr().String()
		server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			forward(w, r, rec, base, own)
		})
		server.Start()
		t.Cleanup(server.Close)
		return server
	}
	p := newPlayer(t, path, s)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, err := requestOf(r, targetOf(r))
		if err != nil {
			t.Errorf("replay: the request cannot be read: %v", err)
			writeReply(w, unrecorded("replay: the request cannot be read\n"))
			return
		}
		if err := s.show(r); err != nil {
			return
		}
		reply, problem := p.answer(got)
		if reply == nil {
			reply = unrecorded(problem)
		}
		writeReply(w, reply)
	}))
	t.Cleanup(server.Close)
	return server
}

// unrecorded answers a request that the file has no answer for. The header is how some vendors' packages are told not to
// try again.
func unrecorded(problem string) *Exchange {
	return &Exchange{Status: http.StatusBadRequest, ReplyBody: []byte(problem), ReplyHeader: http.Header{
		"Content-Type": {"text/plain; charset=utf-8"}, "X-Should-Retry": {"false"},
	}}
}

// targetOf returns the path and query as they came.
func targetOf(r *http.Request) string {
	if len(r.RequestURI) > 0 && r.RequestURI[0] == '/' {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}

func writeReply(w http.ResponseWriter, e *Exchange) {
	w.Header()["Content-Type"] = nil // which would be guessed
	for name, values := range e.ReplyHeader {
		switch name {
		case "Content-Length", "Transfer-Encoding", "Connection":
		default:
			w.Header()[name] = slices.Clone(values)
		}
	}
	w.WriteHeader(e.Status)
	_, _ = w.Write(e.ReplyBody)
}

// forward sends a request that came to the server at own to the one at base.
func forward(w http.ResponseWriter, r *http.Request, rt http.RoundTripper, base *url.URL, own string) {
	out := r.Clone(r.Context())
	out.RequestURI = ""
	out.URL.Scheme, out.URL.Host = base.Scheme, base.Host
	if r.Host == own {
		out.Host = base.Host
	}
	for _, name := range []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Upgrade"} {
		out.Header.Del(name)
	}
	if _, there := out.Header["User-Agent"]; !there {
		out.Header["User-Agent"] = nil // which would be added
	}
	reply, err := rt.RoundTrip(out)
	if err != nil {
		http.Error(w, "replay: the upstream did not answer", http.StatusBadGateway)
		return
	}
	defer func() { _ = reply.Body.Close() }()
	maps.Copy(w.Header(), reply.Header)
	w.Header().Del("Connection")
	w.WriteHeader(reply.StatusCode)
	if _, err := io.Copy(w, reply.Body); err != nil {
		panic(http.ErrAbortHandler) // so that the client sees that the reply is not whole
	}
}
