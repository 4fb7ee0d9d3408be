package replay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/replay"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// transport answers with what a function returns.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(body string, header ...string) transport {
	return func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Add(header[i], header[i+1])
		}
		return &http.Response{StatusCode: 200, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

// record records one exchange, and returns what is on the disk.
func record(t *testing.T, rt http.RoundTripper, r *http.Request, opts ...replay.Option) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "new", "file.txt")
	failures := underTest(t, func(f *fakeTB) {
		rec := replay.Recorder(f, path, append(opts, replay.Record(true), replay.Transport(rt))...)
		send(t, rec, r)
		if _, err := os.Stat(path); err == nil {
			t.Error("it is written before the end")
		}
	})
	if failures != "" {
		t.Error(failures)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRecord(t *testing.T) {
	got := record(t, answer("{\"a\": 1}\n", "Date", "today", "X-Id", "7", "Content-Length", "9"),
		request(t, "PUT", "http://example.com/a%2Fb?x=1", "hello", "User-Agent", "me", "X-Action", "Put", "X-Noise", "n"), replay.IgnoreHeaders("x-noise"))
	want := "# recorded: " + time.Now().UTC().Format(time.DateOnly) +
		"\n> PUT /a%2Fb?x=1\n> Host: example.com\n> X-Action: Put\n\nhello\n\n< 200\n< X-Id: 7\n\n{\"a\": 1}\n\\\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRecordedIsReplayed(t *testing.T) {
	const canary = "CANARY/+7f3a 日本"
	path := filepath.Join(t.TempDir(), "x.txt")
	live := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Saw", r.Host+" "+r.Header.Get("Authorization"))
		w.WriteHeader(202)
		_, _ = fmt.Fprintf(w, "%s %s", r.RequestURI, body)
	}))
	defer live.Close()
	use := func(f testing.TB, key string) (replies []string) {
		server := replay.Server(f, path, replay.Upstream(live.URL), replay.Secrets(secret.New(key)))
		for _, body := range []string{`{"Key": "k"}`, "\x00\xff"} {
			r := request(t, "POST", server.URL+"/v1/"+url.PathEscape(key)+"/x?q=1", body, "Authorization", "Bearer "+key)
			r.Host = "api.example.com"
			status, reply, header := send(t, nil, r)
			replies = append(replies, fmt.Sprint(status, reply, header.Get("X-Saw")))
		}
		return replies
	}
	t.Setenv(replay.RecordVariable, "1")
	var recorded []string
	if failures := underTest(t, func(f *fakeTB) { recorded = use(f, canary) }); failures != "" {
		t.Fatal(failures)
	}
	if want := `202/v1/` + url.PathEscape(canary) + `/x?q=1 {"Key": "k"}api.example.com Bearer ` + canary; recorded[0] != want {
		t.Errorf("the upstream says %s, want %s", recorded[0], want)
	}
	t.Setenv(replay.RecordVariable, "0")
	live.Close()
	replayed := use(t, "another key")
	if want := `202/v1/REDACTED/x?q=1 {"Key": "k"}api.example.com REDACTED`; replayed[0] != want {
		t.Errorf("replayed %s, want %s", replayed[0], want)
	}
	if want := "202/v1/REDACTED/x?q=1 \x00\xffapi.example.com REDACTED"; replayed[1] != want {
		t.Errorf("replayed %q, want %q", replayed[1], want)
	}
}

func TestRecorderReplays(t *testing.T) {
	path := write(t, "> GET /a\n< 404\n< X-Id: 1\n\ngone\n")
	failures := underTest(t, func(f *fakeTB) {
		rt := replay.Recorder(f, path, replay.RequireAll())
		if status, body, header := send(t, rt, request(t, "GET", "http://nowhere.invalid/a", "")); status != 404 || body != "gone" || header.Get("X-Id") != "1" {
			t.Errorf("got %d %s %v", status, body, header)
		}
		if status, body, _ := send(t, rt, request(t, "GET", "http://nowhere.invalid/b", "")); status != 400 || !strings.Contains(body, "path: sent /b, recorded /a") {
			t.Errorf("got %d %s", status, body)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := rt.RoundTrip(request(t, "GET", "http://nowhere.invalid/a", "").WithContext(ctx)); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	if !strings.Contains(failures, "request 2 was not recorded") || strings.Contains(failures, "not asked for") {
		t.Error(failures)
	}
}

// Nothing is written, and an old file stays, when a test fails half-way, is skipped, or panics.
func TestUnfinished(t *testing.T) {
	for name, end := range map[string]func(*fakeTB){
		"failed": func(f *fakeTB) { f.Errorf("x") }, "fatal": func(f *fakeTB) { f.Fatalf("x") }, "skipped": func(f *fakeTB) { f.skipped = true },
	} {
		path := write(t, "old")
		underTest(t, func(f *fakeTB) {
			rt := replay.Recorder(f, path, replay.Record(true), replay.Transport(answer("{}")), registered())
			send(t, rt, request(t, "PUT", "http://h/"+secrets[0], secrets[0]))
			end(f)
		})
		text := ""
		_ = filepath.WalkDir(filepath.Dir(path), func(file string, d fs.DirEntry, _ error) error {
			if !d.IsDir() {
				content, _ := os.ReadFile(file)
				text += string(content)
			}
			return nil
		})
		if text != "old" {
			t.Errorf("%s: there is %q", name, text)
		}
	}
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (brokenBody) Close() error             { return nil }

func TestNotRecorded(t *testing.T) {
	lost := errors.New("lost")
	for name, test := range map[string]struct {
		rt   transport
		opts []replay.Option
		want string
	}{
		"error": {rt: func(*http.Request) (*http.Response, error) { return nil, lost }, want: "no request with a whole reply"},
		"truncated": {rt: func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: brokenBody{}}, nil
		}, want: "no request with a whole reply"},
		"coding":          {rt: answer("x", "Content-Encoding", "br"), want: `content encoding "br" is not known`},
		"short":           {rt: answer("x"), opts: []replay.Option{replay.Secrets(secret.New("abc"))}, want: "a secret of 3 bytes is too short"},
		"secret name":     {rt: answer("x", "X-Canary-7f3a", "x"), opts: []replay.Option{replay.Secrets(secret.New("X-Canary-7f3a"))}, want: "a secret is where it cannot be taken out"},
		"nothing was bad": {rt: answer("x"), want: ""},
	} {
		path := filepath.Join(t.TempDir(), "x.txt")
		failures := underTest(t, func(f *fakeTB) {
			rt := replay.Recorder(f, path, append(test.opts, replay.Record(true), replay.Transport(test.rt))...)
			reply, err := rt.RoundTrip(request(t, "GET", "http://h/", ""))
			if err != nil {
				if name != "error" || !errors.Is(err, lost) {
					t.Errorf("%s: %v", name, err)
				}
				return
			}
			if _, err := io.ReadAll(reply.Body); (name == "truncated") != errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s: the body gives %v", name, err)
			}
		})
		if (test.want == "") != (failures == "") || !strings.Contains(failures, test.want) {
			t.Errorf("%s: %s", name, failures)
		}
		if _, err := os.Stat(path); (err == nil) != (test.want == "") {
			t.Errorf("%s: the file: %v", name, err)
		}
	}
}
