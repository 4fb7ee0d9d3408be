package crosscloud_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
)

// connections counts those that are open at the client's end.
type connections struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu           sync.Mutex
	opened, open int
}

func (c *connections) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.dial(ctx, network, address)
	if err == nil {
		c.add(1)
		conn = &countedConn{Conn: conn, of: c}
	}
	return conn, err
}

func (c *connections) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open += n
	c.opened += max(n, 0)
}

func (c *connections) counts() (opened, open int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.opened, c.open
}

type countedConn struct {
	net.Conn
	of   *connections
	once sync.Once
}

func (c *countedConn) Close() error {
	c.once.Do(func() { c.of.add(-1) })
	return c.Conn.Close()
}

// When Close returns, every connection of the client is closed at its own end: those that are kept for the next call, and
// that of a call which had to be cancelled.
func TestNoConnectionOutlivesClose(t *testing.T) {
	for name, open := range openings(emulator.InMemory()) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud, resource := open()
				defer cloud.Close()
				count := &connections{dial: cloud.DialContext}
				client := openCloud(t, cloud, count.DialContext)
				call := callOf(t, client, resource)
				cloud.Inject(emulator.Fault{Delay: time.Hour, Times: 1})
				given := make(chan error, 1)
				go func() { given <- call(context.Background()) }()
				synctest.Wait()
				if err := call(t.Context()); err != nil { // by another connection, which is kept
					t.Fatal(err)
				}
				if opened, open := count.counts(); opened < 2 || open < 2 {
					t.Fatalf("%d connections are seen, %d of them open", opened, open)
				}
				_ = client.Close() // says that a call had to be cancelled
				<-given
				synctest.Wait()
				if opened, open := count.counts(); open != 0 {
					t.Errorf("%d of %d connections outlive Close", open, opened)
				}
			})
		})
	}
}

// acceptedListener tells when all connections that it has accepted are closed at the server's end.
type acceptedListener struct {
	net.Listener
	open sync.WaitGroup
}

func (l *acceptedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.open.Add(1)
	return &acceptedConn{Conn: conn, closed: sync.OnceFunc(l.open.Done)}, nil
}

type acceptedConn struct {
	net.Conn
	closed func()
}

func (c *acceptedConn) Close() error {
	defer c.closed()
	return c.Conn.Close()
}

// descriptors counts the open files and sockets of this process.
func descriptors(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not list the files of a process")
	}
	return len(names)
}

// No file descriptor is left by a client, over real sockets and files: after calls that have ended, and after one that
// was cancelled.
func TestNoDescriptorOutlivesClose(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has /proc/self/fd")
	}
	socket, err := net.Listen("tcp", "127.0.0.1:0") // what the runtime opens for its first socket stays
	if err != nil {
		t.Fatal(err)
	}
	_ = socket.Close()
	for name := range openings(nil) {
		t.Run(name, func(t *testing.T) {
			socket, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			listener := &acceptedListener{Listener: socket}
			cloud, resource := openings(emulator.WithListener(listener))[name]()
			defer cloud.Close()
			before := descriptors(t)
			client := openCloud(t, cloud, cloud.DialContext)
			call := callOf(t, client, resource)
			for range 3 {
				var calls sync.WaitGroup
				for range 4 {
					calls.Go(func() {
						if err := call(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
				calls.Wait()
			}
			cloud.Inject(emulator.Fault{Delay: time.Hour, Times: 1})
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if err := call(ctx); errs.CodeOf(err) != errs.DeadlineExceeded {
				t.Errorf("%v", err)
			}
			if now := descriptors(t); now <= before {
				t.Errorf("%d descriptors while connections are open, %d before", now, before)
			}
			if err := client.Close(); err != nil {
				t.Error(err)
			}
			ended := make(chan struct{})
			go func() { listener.open.Wait(); close(ended) }()
			select {
			case <-ended: // the server has met the end of each connection
			case <-time.After(30 * time.Second):
				t.Fatal("a connection outlives Close")
			}
			if now := descriptors(t); now != before {
				t.Errorf("%d descriptors, %d before the client was opened", now, before)
			}
		})
	}
	t.Run("local", func(t *testing.T) {
		before := descriptors(t)
		client, err := crosscloud.Open(t.Context(), environ(nil), crosscloud.WithProvider("cloud",
			crosscloud.Entry{"driver": "local", "path": filepath.Join(t.TempDir(), "store.db")}))
		if err != nil {
			t.Fatal(err)
		}
		if err := flags(t, client).Put(t.Context(), "k", []byte("v")); err != nil {
			t.Fatal(err)
		}
		if now := descriptors(t); now <= before {
			t.Errorf("%d descriptors while the file is open, %d before", now, before)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if now := descriptors(t); now != before {
			t.Errorf("%d descriptors, %d before the client was opened", now, before)
		}
	})
}

// zeros are so many MiB of zeros, compressed a thousand times: as many members of one MiB.
func zeros(t *testing.T, megabytes int) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(make([]byte, 1<<20))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return strings.Repeat(b.String(), megabytes)
}

// highCapacity is Alibaba Cloud's Edge KV with values of up to 25 MB.
type highCapacity struct{ emulator.Emulator }

func (c highCapacity) Provider() map[string]string {
	entry := c.Emulator.Provider()
	entry["high_capacity"] = "true"
	return entry
}

// A reply of a megabyte that decompresses to a gigabyte is an error, and costs no more than 64 MiB: of every driver, and
// of the calls that accept the largest replies.
func TestDecompressionBomb(t *testing.T) {
	const most = 64 << 20
	bomb := zeros(t, 1024)
	clouds := openings(emulator.InMemory())
	clouds["alibaba, high capacity"] = func() (emulator.Emulator, string) {
		return highCapacity{emulator.NewAlibaba(emulator.InMemory())}, "kv"
	}
	for name, open := range clouds {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud, resource := open()
				defer cloud.Close()
				client := openCloud(t, cloud, cloud.DialContext)
				defer client.Close()
				calls := map[string]func(context.Context) error{"call": callOf(t, client, resource)}
				if resource == "kv" {
					addReads(calls, flags(t, client))
				}
				cloud.Inject(emulator.Fault{Status: http.StatusOK, Body: bomb, Header: http.Header{
					"Content-Encoding": {"gzip"}, "Content-Type": {"application/json"}}})
				for what, call := range calls {
					before := allocated()
					err := call(t.Context())
					used := allocated() - before
					if !errors.Is(err, errs.TooLarge) && !errors.Is(err, errs.Corrupt) {
						t.Errorf("%s: %v", what, err)
					}
					// Over all attempts, as if nothing were ever freed. The race detector allocates too.
					if used > most && !raced() {
						t.Errorf("%s: %d MiB were allocated", what, used>>20)
					}
					t.Logf("%s: %d MiB: %v", what, used>>20, err)
				}
			})
		})
	}
}

// addReads adds the calls of a namespace that read.
func addReads(calls map[string]func(context.Context) error, ns *kv.Namespace) {
	calls["get"] = func(ctx context.Context) error { _, err := ns.Get(ctx, "k"); return err }
	calls["get with expiry"] = func(ctx context.Context) error { _, err := ns.Get(ctx, "k", kv.WithExpiry()); return err }
	calls["get many"] = func(ctx context.Context) (last error) {
		for _, err := range ns.GetMany(ctx, slices.Values([]string{"k"})) {
			last = err
		}
		return last
	}
	calls["list"] = func(ctx context.Context) (last error) {
		for _, err := range ns.Keys(ctx) {
			last = err
		}
		return last
	}
}

// allocated is how many bytes of heap were ever allocated.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
