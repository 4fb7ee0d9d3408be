package replay

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Recorder returns a transport that answers from a file, as [Server] does, and sends nothing. A request that was not
// recorded fails the test.
//
// If recording is switched on, by the environment variable [RecordVariable] or by the option [Record], it sends
// requests with the transport of the option [Transport] and writes the exchanges into the file when the test ends. A test that
// has failed or was skipped by then leaves the file as it was. Requests without a whole reply are not recorded.
func Recorder(t testing.TB, path string, opts ...Option) http.RoundTripper {
	t.Helper()
	s := newSettings(opts)
	if s.record {
		return newRecorder(t, path, s)
	}
	return &playback{newPlayer(t, path, s)}
}

// playback answers from a file.
type playback struct{ *player }

func (p *playback) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // as every transport has to
		}
		return nil, err
	}
	sent, got, err := readRequest(r)
	if err != nil {
		p.t.Errorf("replay: the request cannot be read: %v", err)
		return nil, err
	}
	if err := p.settings.show(sent); err != nil {
		return nil, err
	}
	e, problem := p.answer(got)
	if e == nil {
		e = unrecorded(problem)
	}
	header := e.ReplyHeader.Clone()
	if header == nil {
		header = http.Header{}
	}
	body := e.ReplyBody
	if r.Method == http.MethodHead {
		body = nil
	}
	return &http.Response{
		Status: strconv.Itoa(e.Status) + " " + http.StatusText(e.Status), StatusCode: e.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Request: r,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

// readRequest returns a copy of a client's request, whose body can be read, and what it says.
func readRequest(r *http.Request) (*http.Request, *Exchange, error) {
	sent := r.Clone(r.Context())
	if sent.Host == "" {
		sent.Host = sent.URL.Host
	}
	e, err := requestOf(sent, sent.URL.RequestURI())
	return sent, e, err
}

type recorder struct {
	t        testing.TB
	settings *settings
	path     string

	mu    sync.Mutex
	all   []*Exchange // in the order of the requests; nil without a reply
	users []string    // passwords of URLs
}

func newRecorder(t testing.TB, path string, s *settings) *recorder {
	t.Helper()
	for _, secret := range s.secrets {
		if n := len(secret.Reveal()); n > 0 && n < shortestSecret {
			t.Fatalf("replay: a secret of %d bytes is too short to be told from other text", n)
		}
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		t.Fatalf("replay: %s is a folder, and a recording is a file", path)
	}
	r := &recorder{t: t, settings: s, path: path}
	t.Cleanup(r.finish)
	return r
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	sent, e, err := readRequest(req)
	if e == nil {
		return nil, err
	}
	problem := err
	if err := r.settings.show(sent); err != nil {
		return nil, err
	}
	r.mu.Lock()
	place := len(r.all)
	r.all = append(r.all, nil)
	if password, there := req.URL.User.Password(); there {
		r.users = append(r.users, password)
	}
	r.mu.Unlock()
	reply, err := r.settings.transport.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(reply.Body)
	_ = reply.Body.Close()
	rest := io.Reader(bytes.NewReader(body))
	if err != nil {
		reply.Body = io.NopCloser(io.MultiReader(rest, failing{err}))
		return reply, nil
	}
	reply.Body = io.NopCloser(rest)
	reply.Request = req
	e.Status, e.ReplyHeader = reply.StatusCode, canonical(reply.Header)
	if e.ReplyBody, err = decompress(e.ReplyHeader, body); err != nil && problem == nil {
		problem = err
	}
	if problem != nil {
		r.t.Errorf("replay: the exchange cannot be recorded: %v", problem)
		return reply, nil
	}
	r.mu.Lock()
	r.all[place] = e
	r.mu.Unlock()
	return reply, nil
}

// failing is the rest of a body that could not be read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// finish writes the recording.
func (r *recorder) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.t.Failed() || r.t.Skipped() {
		r.t.Logf("replay: %s is left as it was, because the test has not succeeded", r.path)
		return
	}
	text, err := r.format()
	if err == nil {
		err = writeFile(r.path, text)
	}
	if err != nil {
		r.t.Errorf("replay: nothing is recorded: %v", err)
	}
}

// format returns the scrubbed exchanges.
func (r *recorder) format() ([]byte, error) {
	c := newScrubber(r.settings)
	for _, password := range r.users {
		c.learn(password)
	}
	all := slices.DeleteFunc(r.all, func(e *Exchange) bool { return e == nil })
	for _, e := range all {
		c.study(e)
	}
	// By value first: what is found by name may be but a part of a longer secret, whose rest would not be found then.
	for _, e := range all {
		c.byValue(e)
		c.byName(e)
	}
	var out []byte
	for _, e := range all {
		c.byValue(e)
		if len(out) == 0 {
			e.Comments = []string{"recorded: " + time.Now().UTC().Format(time.DateOnly)}
		}
		if c.leaks(e) {
			return nil, errors.New("a secret is where it cannot be taken out")
		}
		out = append(out, e.Format()...)
	}
	if len(out) == 0 {
		return nil, errors.New("there was no request with a whole reply")
	}
	if _, err := Parse(out); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out, []byte("\n")), nil
}

// writeFile writes a file so that there is either the old one or the new one, whole.
func writeFile(path string, text []byte) (err error) {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, ".replay-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
