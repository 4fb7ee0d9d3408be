package faultmatrix_test

import (
	"context"
	"crypto/tls"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/policy"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// vendor is one driver of one kind of resource.
type vendor struct {
	name   string // as tables and exceptions have it
	kind   string
	start  func() (em emulator.Emulator, entry map[string]string)
	script script
	ops    []operation
	warm   func(context.Context, *crosscloud.Client) error // sends a request
}

// operation is one call of the public API.
type operation struct {
	name    string
	class   policy.Idempotency
	matches matcher // its own request, among those that the call sends
	silent  bool    // a success tells nothing but that
	looks   bool    // reads something first
	// prepare makes what the call needs. State tells what the provider has afterwards: before, or after if the request was
	// carried out.
	prepare       func(w *world) (call func(context.Context) error, state func() string)
	before, after string
}

// world is an emulator, a client that reaches it directly and one that goes through the gate.
type world struct {
	t        *testing.T
	em       emulator.Emulator
	gate     *gate
	direct   *crosscloud.Client
	client   *crosscloud.Client
	others   []*crosscloud.Client
	mu       sync.Mutex
	attempts []error // of the requests of the client, since it was armed
	entry    map[string]string
}

// newWorld starts a world within a bubble.
func newWorld(t *testing.T, v *vendor, secure bool) *world {
	t.Helper()
	em, entry := v.start()
	address := strings.TrimPrefix(em.URL(), "http://")
	w := &world{t: t, em: em, entry: entry, gate: &gate{upstream: em.DialContext, address: address}}
	w.direct = w.open(entry, em.DialContext, policy.Policy{Retry: policy.Retry{MaxAttempts: 1}})
	var trust *tls.Config
	if secure {
		for name, value := range entry {
			entry[name] = strings.Replace(value, "http://", "https://", 1)
		}
		trust, w.gate.secure = authority(t, address)
	}
	w.client = w.open(entry, w.gate.DialContext, policy.Policy{
		AttemptTimeout: patience,
		Hooks:          policy.Hooks{Attempt: w.note},
	}, crosscloud.WithTLSConfig(trust))
	return w
}

func (w *world) open(entry map[string]string, dial dialFunc, p policy.Policy, more ...crosscloud.Option) *crosscloud.Client {
	w.t.Helper()
	p.Limiters = &ratelimit.Pool{}
	resource := func(more map[string]string) crosscloud.Entry {
		e := crosscloud.Entry{"provider": "cloud"}
		for name, value := range more {
			e[name] = value
		}
		return e
	}
	options := []crosscloud.Option{
		crosscloud.WithProvider("cloud", crosscloud.Entry(entry)),
		crosscloud.WithKV("flags", resource(map[string]string{"namespace": "flags"})),
		crosscloud.WithDialContext(dial), crosscloud.WithPolicy(p),
		crosscloud.WithLookupEnv(func(string) (string, bool) { return "", false }),
	}
	client, err := crosscloud.Open(w.t.Context(), append(options, more...)...)
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

func (w *world) close() {
	_ = w.client.Close()
	for _, c := range append(w.others, w.direct) {
		_ = c.Close()
	}
	w.em.Close()
	time.Sleep(2 * time.Second) // virtual: a slow server notices
}

func (w *world) note(_ context.Context, e *policy.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.Attempt > 0 {
		w.attempts = append(w.attempts, e.Err)
	}
}

// failed returns how many requests of the client have failed.
func (w *world) failed() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, err := range w.attempts {
		if err != nil {
			n++
		}
	}
	return n
}

func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts = nil
}

// must is for what a test needs and does not test.
func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("preparing: %v", err)
		}
		return value
	}
}

func (w *world) need(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("preparing: %v", err)
	}
}
