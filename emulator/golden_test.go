package emulator_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/replay"
)

// roundTrip is a transport.
type roundTrip func(*http.Request) (*http.Response, error)

func (do roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return do(r) }

// goldenStart starts an emulator that is in the state which a page presumes, and returns its URL and a transport that
// signs. The option is to be given to the emulator.
type goldenStart func(t *testing.T, name string, requestID emulator.Option) (url string, signs roundTrip)

// testGolden sends the requests of the vendor's pages, which the driver's tests answer, to the emulator, and compares
// its replies with those of the pages. Files that cannot be played are in the last argument, with the reason.
func testGolden[T any](t *testing.T, vendor string, start goldenStart, played map[string]T, notPlayed map[string]string) {
	t.Helper()
	files, err := filepath.Glob("../providers/" + vendor + "/testdata/*.txt")
	if err != nil || len(files) != len(played)+len(notPlayed) {
		t.Errorf("%d files, of which %d are played and %d are not, %v", len(files), len(played), len(notPlayed), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		if _, plays := played[name]; plays == (notPlayed[name] != "") {
			t.Errorf("%s should be either played or among those that are not", file)
			continue
		} else if !plays {
			continue
		}
		t.Run(name, func(t *testing.T) {
			id := goldenRequestID(t, file)
			url, signs := start(t, name, emulator.WithRequestID(func() string { return id }))
			replay.Check(t, file, replay.Upstream(url), replay.Transport(signs))
		})
	}
}

// goldenRequestID returns the request id of the reply.
func goldenRequestID(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`(?:"RequestId": ?"|\nCf-Ray: )([^"\n]+)`).FindStringSubmatch(string(text))
	if id == nil {
		t.Fatal("there is no request id")
	}
	return id[1]
}
