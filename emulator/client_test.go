package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// stoppedClock stands still until a test turns it on.
type stoppedClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *stoppedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *stoppedClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// clientOf returns a client of an emulator, which ends with the test.
func clientOf(t testing.TB, em emulator.Emulator) *http.Client {
	transport := &http.Transport{DialContext: em.DialContext}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		em.Close()
	})
	return &http.Client{Transport: transport}
}

// exchange sends a request and reads the reply, whose body is the text. An error may come with what was read before it;
// there is no reply where nothing came.
func exchange(c *http.Client, r *http.Request) (reply *http.Response, text string, err error) {
	reply, err = c.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = reply.Body.Close() }()
	data, err := io.ReadAll(reply.Body)
	return reply, string(data), err
}

// decodeFields decodes the object that a text is, if it is one, with its numbers as json.Number.
func decodeFields(text string) (fields map[string]any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	_ = d.Decode(&fields)
	return fields
}

// asJSON is a text as it is, and anything else as JSON.
func asJSON(t testing.TB, p any) string {
	t.Helper()
	if text, ok := p.(string); ok {
		return text
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
