package replay

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"testing"
)

// Check sends the requests of a file, or of every .txt file in a folder, to a server, in their order, and fails the
// test where a reply differs from the recorded one. It is the reverse of [Server]: with it a fake is checked against
// exchanges with the server that it stands for, or a server against what its documentation says.
//
// Requests go to the base URL of the option [Upstream], or else with HTTPS to their Host. They are sent as they are in
// the file; what has to be new each time, such as a signature, or was scrubbed is put in by the [Transport]. Redirects
// are not followed.
//
// A reply is compared as [Server] compares a request: the status, the headers that the exchange names, and the body.
// The options that choose what is compared apply to it.
func Check(t testing.TB, path string, opts ...Option) {
	t.Helper()
	s := newSettings(opts)
	all, err := load(path)
	if err != nil {
		t.Fatalf("replay: %v", err)
	}
	for _, w := range all {
		if err := s.check(t, w); err != nil {
			t.Errorf("replay: %s: %v", w.show(newScrubber(s)), err)
		}
	}
}

// check fails the test if a reply differs, and returns an error if there is none.
func (s *settings) check(t testing.TB, w *wanted) error {
	t.Helper()
	r, err := s.requestFor(t, w)
	if err != nil {
		return err
	}
	if err := s.show(r); err != nil {
		return err
	}
	reply, err := s.transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer func() { _ = reply.Body.Close() }()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		return fmt.Errorf("the reply is not whole: %w", err)
	}
	got := &Exchange{Header: w.Header, Target: w.Target, Body: w.Body, Status: reply.StatusCode, ReplyHeader: canonical(reply.Header)}
	if got.ReplyBody, err = decompress(got.ReplyHeader, body); err != nil {
		return err
	}
	if c := s.compareReply(w, got); len(c.differences) > 0 {
		shown := s.newScrubberFor(got)
		t.Errorf("replay: the answer to %s is not as recorded%s", w.show(shown), shown.differences(c))
	}
	return nil
}

func (s *settings) requestFor(t testing.TB, w *wanted) (*http.Request, error) {
	host := w.Header.Get("Host")
	base := &url.URL{Scheme: "https", Host: host}
	if s.upstream != "" {
		var err error
		if base, err = s.base(); err != nil {
			return nil, err
		}
	}
	if base.Host == "" {
		return nil, fmt.Errorf("where to send it is said by the option Upstream, or by a Host in the file")
	}
	r, err := http.NewRequestWithContext(t.Context(), w.Method, base.Scheme+"://"+base.Host+w.Target, bytes.NewReader(w.Body))
	if err != nil {
		return nil, err
	}
	r.Header = w.Header.Clone()
	r.Header.Del("Host")
	r.Host = host
	return r, nil
}

func (s *settings) compareReply(want *wanted, got *Exchange) *comparison {
	c := &comparison{settings: s, verb: "answered"}
	if got.Status != want.Status {
		c.differ("status", strconv.Itoa(got.Status), strconv.Itoa(want.Status))
	}
	c.compareHeader(want.ReplyHeader, got.ReplyHeader)
	c.compareBody("body", want.ReplyHeader, got.ReplyHeader, want.ReplyBody, got.ReplyBody, want.answered)
	return c
}
