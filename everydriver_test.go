package crosscloud_test

import (
	"context"
	"errors"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
)

// openings are the clouds of every driver, and what each is used for.
func openings(o emulator.Option) map[string]func() (cloud emulator.Emulator, resource string) {
	return map[string]func() (emulator.Emulator, string){
		"tencent":     func() (emulator.Emulator, string) { return emulator.NewTencent(o), "kv" },
		"cloudflare":  func() (emulator.Emulator, string) { return emulator.NewCloudflare(o), "kv" },
		"alibaba":     func() (emulator.Emulator, string) { return emulator.NewAlibaba(o), "kv" },
		"tencent kms": func() (emulator.Emulator, string) { return emulator.NewTencentKMS(o), "kms" },
		"alibaba kms": func() (emulator.Emulator, string) { return emulator.NewAlibabaKMS(o), "kms" },
		"huawei":      func() (emulator.Emulator, string) { return emulator.NewHuaweiKMS(o), "kms" },
		"guance":      func() (emulator.Emulator, string) { return emulator.NewGuance(o), "own workspace" },
		"alibaba cms": func() (emulator.Emulator, string) { return emulator.NewAlibabaCMS(o), "workspace" },
	}
}

// onEach opens a client on each cloud, in a bubble of its own, and hands over a call that succeeds.
func onEach(t *testing.T, test func(t *testing.T, client *crosscloud.Client, cloud emulator.Emulator, call func(context.Context) error)) {
	for name, open := range openings(emulator.InMemory()) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud, resource := open()
				defer cloud.Close()
				client := openCloud(t, cloud, cloud.DialContext)
				defer client.Close()
				test(t, client, cloud, callOf(t, client, resource))
			})
		})
	}
}

// openCloud opens a client that reaches a cloud.
func openCloud(t *testing.T, cloud emulator.Emulator, dial func(ctx context.Context, network, address string) (net.Conn, error)) *crosscloud.Client {
	t.Helper()
	client, err := crosscloud.Open(t.Context(), environ(nil), crosscloud.WithDialContext(dial),
		crosscloud.WithProvider("cloud", crosscloud.Entry(cloud.Provider())))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// callOf returns a call that succeeds, of what a cloud is used for.
func callOf(t *testing.T, client *crosscloud.Client, resource string) func(context.Context) error {
	t.Helper()
	switch resource {
	case "kv":
		ns := flags(t, client)
		return func(ctx context.Context) error { return ns.Put(ctx, "k", []byte("v")) }
	case "kms":
		service, err := client.KMSService(t.Context(), "cloud")
		if err != nil {
			t.Fatal(err)
		}
		return func(ctx context.Context) error {
			for _, err := range service.Keys(ctx) {
				return err
			}
			return nil
		}
	}
	service, err := client.WorkspaceService(t.Context(), "cloud")
	if err != nil {
		t.Fatal(err)
	}
	id := ""
	if resource == "workspace" {
		id = "w"
	}
	return func(ctx context.Context) error {
		_, err := service.Get(ctx, id)
		if errors.Is(err, errs.NotFound) {
			err = nil
		}
		return err
	}
}

// flags opens a namespace, and makes it if need be.
func flags(t *testing.T, client *crosscloud.Client) *kv.Namespace {
	t.Helper()
	service, err := client.KVService(t.Context(), "cloud")
	if err != nil {
		t.Fatal(err)
	}
	ns, err := service.Namespace(t.Context(), "flags", kv.CreateIfMissing())
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

// goroutines are the stacks of this module's own goroutines and of net/http's connections, without the emulators'.
func goroutines() (own []string) {
	text := make([]byte, 1<<20)
	text = text[:runtime.Stack(text, true)]
	for stack := range strings.SplitSeq(string(text), "\n\n") {
		_, frames, _ := strings.Cut(stack, "\n")
		client := strings.Contains(frames, "(*persistConn)") || strings.Contains(frames, "(*http2ClientConn)") || strings.Contains(frames, "crosscloud-sdk/crosscloud")
		if client && !strings.Contains(frames, "crosscloud/emulator.") && !strings.Contains(frames, "testing.tRunner") {
			own = append(own, stack)
		}
	}
	return own
}

// When Close returns, nothing of the client runs: neither after calls that have ended, nor after one that was cancelled
// while its request was on the way.
func TestNothingOutlivesClose(t *testing.T) {
	onEach(t, func(t *testing.T, client *crosscloud.Client, cloud emulator.Emulator, call func(context.Context) error) {
		cloud.Inject(emulator.Fault{Delay: time.Hour, Times: 1})
		given := make(chan error, 1)
		go func() { given <- call(context.Background()) }()
		synctest.Wait()
		if err := call(t.Context()); err != nil { // by another connection, which is kept
			t.Fatal(err)
		}
		if len(goroutines()) == 0 {
			t.Error("the call that runs is not seen")
		}
		_ = client.Close() // says that a call had to be cancelled
		if err := <-given; errs.CodeOf(err) != errs.Closed {
			t.Errorf("the call that was running: %v", err)
		}
		synctest.Wait()
		for _, stack := range goroutines() {
			t.Errorf("outlives Close:\n%s", stack)
		}
	})
}

// A call returns when its context is cancelled, at that moment, while the cloud is silent.
func TestCancelOfEveryDriver(t *testing.T) {
	onEach(t, func(t *testing.T, _ *crosscloud.Client, cloud emulator.Emulator, call func(context.Context) error) {
		cloud.Inject(emulator.Fault{Delay: time.Hour})
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		time.AfterFunc(time.Second, cancel)
		err := call(ctx)
		if took := time.Since(began); took < time.Second || took > time.Second+10*time.Millisecond {
			t.Errorf("returned after %v, cancelled after 1s", took)
		}
		var e *errs.Error
		if !errors.As(err, &e) || e.Code != errs.Canceled || !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
}
