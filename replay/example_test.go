package replay_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/replay"
)

// In a test, t is its *testing.T, and the file is one of its testdata.
func ExampleServer() {
	t := &exampleTB{}
	defer t.end()
	file := filepath.Join(os.TempDir(), "replay-example.txt")
	_ = os.WriteFile(file, []byte(`# page: Get a value, example.com/docs/get, read 2026-11
> GET /values/hello

< 200
< Content-Type: text/plain

world
`), 0o600)
	defer func() { _ = os.Remove(file) }()

	server := replay.Server(t, file, replay.RequireAll())
	reply, err := http.Get(server.URL + "/values/hello")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = reply.Body.Close() }()
	body, _ := io.ReadAll(reply.Body)
	fmt.Println(reply.StatusCode, string(body))
	// Output: 200 world
}

// A fake is checked against what a page of documentation shows.
func ExampleCheck() {
	t := &exampleTB{}
	defer t.end()
	file := filepath.Join(os.TempDir(), "replay-check-example.txt")
	_ = os.WriteFile(file, []byte(`# page: Get a value, example.com/docs/get, read 2026-11
# answered instead: Expires=60 (counts from the start of the test)
> GET /values/hello

< 200
< Content-Type: application/json

{"Value": "world", "Expires": 1774513200}
`), 0o600)
	defer func() { _ = os.Remove(file) }()

	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"Value": "world", "Expires": 60}`)
	}))
	defer fake.Close()
	replay.Check(t, file, replay.Upstream(fake.URL))
	// Output: GET /values/hello
}

func ExampleParse() {
	exchanges, err := replay.Parse([]byte("> PUT /values/hello?ttl=60\n\nworld\n\n< 204\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range exchanges {
		fmt.Printf("%s %s %q %d\n", e.Method, e.Target, e.Body, e.Status)
	}
	// Output: PUT /values/hello?ttl=60 "world" 204
}

// exampleTB stands for the test that an example has not.
type exampleTB struct {
	testing.TB
	cleanups []func()
}

func (*exampleTB) Helper()                           {}
func (*exampleTB) Failed() bool                      { return false }
func (*exampleTB) Skipped() bool                     { return false }
func (*exampleTB) Context() context.Context          { return context.Background() }
func (*exampleTB) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (e *exampleTB) Cleanup(do func())               { e.cleanups = append(e.cleanups, do) }

func (e *exampleTB) end() {
	for i := len(e.cleanups) - 1; i >= 0; i-- {
		e.cleanups[i]()
	}
}
