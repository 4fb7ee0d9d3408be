package scale_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/policy"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// serverURL is where the stand-ins are; nothing listens there.
const serverURL = "http://127.9.9.9:1"

// Names that the stand-ins do not look at, but for the path of Cloudflare's.
const (
	accessKey   = "access-key-of-nobody"
	secretKey   = "secret-key-of-nobody"
	namespaceID = "0f2ac74b498b48028cb68387c421e279"
	hex32       = "023e105f4ecef8ad9ca31a8372d0c353"
	keyID       = "0d000000-0000-4000-8000-000000000001"
)

// entries are the configurations of the drivers that reach a stand-in.
func entries() map[string]crosscloud.Entry {
	return map[string]crosscloud.Entry{
		"tencent": {"driver": "tencent", "region": "ap-guangzhou", "zone_id": "zone-1", "secret_id": accessKey, "secret_key": secretKey,
			"endpoint": serverURL, "kms_endpoint": serverURL},
		"cloudflare": {"driver": "cloudflare", "account_id": hex32, "api_token": secretKey, "endpoint": serverURL},
		"alibaba": {"driver": "alibaba", "region": "cn-hangzhou", "access_key_id": accessKey, "access_key_secret": secretKey,
			"endpoint": serverURL, "kms_endpoint": serverURL},
		"huawei": {"driver": "huawei", "region": "cn-north-4", "project_id": hex32, "access_key": accessKey, "secret_key": secretKey, "endpoint": serverURL},
	}
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// pipes is a listener whose connections are pipes in memory.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 9, 9, 9), Port: 1} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.accept <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// serve starts a server over pipes that ends with the test. Call it within the bubble.
func serve(t testing.TB, h http.Handler) dialFunc {
	p := &pipes{accept: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Hour, ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(p) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return p.dial
}

// open returns a client of one driver that ends with the test. Its rate limits are its own.
func open(t testing.TB, entry crosscloud.Entry, dial dialFunc, p policy.Policy) *crosscloud.Client {
	t.Helper()
	p.Limiters = new(ratelimit.Pool)
	flags := crosscloud.Entry{"provider": "cloud", "namespace": "flags"}
	if entry["driver"] == "cloudflare" {
		flags["namespace_id"] = namespaceID // which is looked up otherwise
	}
	client, err := crosscloud.Open(t.Context(), crosscloud.WithProvider("cloud", entry), crosscloud.WithDialContext(dial),
		crosscloud.WithKV("flags", flags), crosscloud.WithKMS("key", crosscloud.Entry{"provider": "cloud", "key": keyID}), crosscloud.WithPolicy(p),
		crosscloud.WithLookupEnv(func(string) (string, bool) { return "", false }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// namespace opens the namespace of a client, which takes no request.
func namespace(t testing.TB, client *crosscloud.Client) *kv.Namespace {
	t.Helper()
	ns, err := client.KV(t.Context(), "flags")
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

// gauge samples a number of the runtime, and keeps the largest.
type gauge struct {
	read  func([]metrics.Sample) uint64
	names []string

	mu          sync.Mutex
	start, peak uint64
}

// heapGauge measures what is in the heap: what is in use and what nobody has collected yet.
func heapGauge() *gauge {
	return newGauge(func(s []metrics.Sample) uint64 { return s[0].Value.Uint64() }, "/memory/classes/heap/objects:bytes")
}

// liveGauge measures what the last collection found to be in use.
func liveGauge() *gauge {
	return newGauge(func(s []metrics.Sample) uint64 { return s[0].Value.Uint64() }, "/gc/heap/live:bytes")
}

// memoryGauge measures what the runtime has of the system: heap, stacks and its own.
func memoryGauge() *gauge {
	return newGauge(func(s []metrics.Sample) uint64 { return s[0].Value.Uint64() - s[1].Value.Uint64() },
		"/memory/classes/total:bytes", "/memory/classes/heap/released:bytes")
}

func newGauge(read func([]metrics.Sample) uint64, names ...string) *gauge {
	g := &gauge{read: read, names: names}
	debug.FreeOSMemory() // what others have left does not count
	g.start = g.now()
	return g
}

func (g *gauge) now() uint64 {
	samples := make([]metrics.Sample, len(g.names))
	for i, name := range g.names {
		samples[i].Name = name
	}
	metrics.Read(samples)
	return g.read(samples)
}

func (g *gauge) sample() {
	n := g.now()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.peak = max(g.peak, n)
}

// growth is how much more than at the start there ever was.
func (g *gauge) growth() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return int64(g.peak) - int64(g.start)
}

const mib = 1 << 20
