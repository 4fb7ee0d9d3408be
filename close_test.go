package crosscloud_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
)

// withEntries says a provider and a resource "fast" of another cloud.
func withEntries(c *cloud) []crosscloud.Option {
	return []crosscloud.Option{
		crosscloud.WithProvider("fast", crosscloud.Entry{"driver": c.name}),
		crosscloud.WithKV("fast", crosscloud.Entry{"provider": "fast", "namespace": "n"}),
	}
}

func TestCloseOfWhatWasNotOpened(t *testing.T) {
	for range 50 { // a choice between what is ready at once must not matter
		c := newCloud()
		client := c.client(t, simple, crosscloud.WithDrainTimeout(0))
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		if accounts, _, closed := c.counts(); accounts != 0 || closed != 0 {
			t.Fatalf("%d accounts opened, %d closed", accounts, closed)
		}
	}
}

// Nothing works after Close, and the account is closed once.
func TestCallsAfterClose(t *testing.T) {
	c := newCloud()
	client := c.client(t, simple+"  other: {provider: main, namespace: o}\n")
	ns, err := client.KV(t.Context(), "flags")
	if err != nil {
		t.Fatal(err)
	}
	service, err := client.KVService(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, _, closed := c.counts(); closed != 1 {
		t.Errorf("the account was closed %d times", closed)
	}
	_, err = client.KV(t.Context(), "flags")
	wantError(t, err, errs.Closed, "crosscloud.KV", "main", "flags")
	_, err = client.KV(t.Context(), "other")
	wantError(t, err, errs.Closed, "crosscloud.KV", "main", "other")
	_, err = client.KVService(t.Context(), "main")
	wantError(t, err, errs.Closed, "crosscloud.KVService", "main", "main")
	_, err = ns.Get(t.Context(), "k")
	wantError(t, err, errs.Closed, "kv.Get", "main", "flags/k")
	_, err = service.CreateNamespace(t.Context(), "n")
	wantError(t, err, errs.Closed, "kv.CreateNamespace", "main", "n")
}

// How long Close takes while a call runs, and how both end.
func TestCloseWhileACallRuns(t *testing.T) {
	for name, tc := range map[string]struct {
		opts      []crosscloud.Option
		call      time.Duration
		takes     time.Duration
		cancelled bool
		message   string
	}{
		"it ends in time":         {call: 3 * time.Second, takes: 3 * time.Second},
		"it does not":             {call: time.Hour, takes: crosscloud.DefaultDrainTimeout, cancelled: true, message: "10s"},
		"it ends just in time":    {opts: []crosscloud.Option{crosscloud.WithDrainTimeout(time.Minute)}, call: time.Minute - 1, takes: time.Minute - 1},
		"it may not take time":    {opts: []crosscloud.Option{crosscloud.WithDrainTimeout(0)}, call: time.Second, takes: 0, cancelled: true, message: "0s"},
		"a longer drain is there": {opts: []crosscloud.Option{crosscloud.WithDrainTimeout(time.Minute)}, call: time.Hour, takes: time.Minute, cancelled: true, message: "1m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud()
				c.get = func(ctx context.Context) error {
					select {
					case <-time.After(tc.call):
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				}
				client := c.client(t, simple, tc.opts...)
				ns, err := client.KV(t.Context(), "flags")
				if err != nil {
					t.Fatal(err)
				}
				got := make(chan error, 1)
				go func() { _, err := ns.Get(t.Context(), "k"); got <- err }()
				synctest.Wait()
				start := time.Now()
				err = client.Close()
				if took := time.Since(start); took != tc.takes {
					t.Errorf("Close took %v, want %v", took, tc.takes)
				}
				if c.closed != 1 || c.lateness {
					t.Errorf("the account was closed %d times, while a call was running: %v", c.closed, c.lateness)
				}
				if !tc.cancelled {
					if getErr := <-got; err != nil || getErr != nil {
						t.Errorf("Close: %v, Get: %v", err, getErr)
					}
					return
				}
				e := wantError(t, err, errs.DeadlineExceeded, "crosscloud.Close", "main", "")
				if !strings.Contains(e.Message, tc.message) {
					t.Error(e.Message)
				}
				wantError(t, <-got, errs.Closed, "kv.Get", "main", "flags/k")
				if again := client.Close(); again == nil || again.Error() != err.Error() {
					t.Errorf("the second Close returned %v", again)
				}
			})
		})
	}
}

// All concurrent calls of Close return the same, when everything is closed.
func TestConcurrentClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud()
		c.get = hang
		c.closeErr = errors.New("disk full")
		client := c.client(t, simple)
		ns, err := client.KV(t.Context(), "flags")
		if err != nil {
			t.Fatal(err)
		}
		go ns.Get(t.Context(), "k")
		synctest.Wait()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				err := client.Close()
				if !errors.Is(err, c.closeErr) || !errors.Is(err, errs.DeadlineExceeded) {
					t.Errorf("Close returned %v", err)
				}
				if _, _, closed := c.counts(); closed != 1 {
					t.Errorf("Close returned when the account was closed %d times", closed)
				}
			})
		}
		wg.Wait()
	})
}

// The errors of all accounts are reported, each with its provider, in the order of their names.
func TestCloseReportsAccounts(t *testing.T) {
	good, bad, worse := newCloud(), newCloud(), newCloud()
	bad.closeErr = errors.New("disk full")
	worse.closeErr = errs.Refuse(errs.Internal, "file locked")
	entry := func(name string, c *cloud) []crosscloud.Option {
		return []crosscloud.Option{
			crosscloud.WithProvider(name, crosscloud.Entry{"driver": c.name}),
			crosscloud.WithKV(name, crosscloud.Entry{"provider": name, "namespace": "n"}),
		}
	}
	client := bad.client(t, simple, slices.Concat(entry("fast", good), entry("d", worse), entry("c", worse), entry("b", worse), entry("a", worse))...)
	for _, name := range []string{"flags", "fast", "b", "d", "a", "c"} {
		if _, err := client.KV(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	err := client.Close()
	const want = `a crosscloud.Close: Internal: file locked
b crosscloud.Close: Internal: file locked
c crosscloud.Close: Internal: file locked
d crosscloud.Close: Internal: file locked
main crosscloud.Close: Unknown: disk full`
	if err == nil || err.Error() != want {
		t.Errorf("Close returned\n%v\nwant\n%s", err, want)
	}
	if !errors.Is(err, errs.Internal) || !errors.Is(err, bad.closeErr) {
		t.Errorf("an error is not in the tree: %v", err)
	}
	if good.closed != 1 || bad.closed != 1 || worse.closed != 4 {
		t.Errorf("closed %d, %d and %d times", good.closed, bad.closed, worse.closed)
	}
}

// While something is being opened, Close refuses at once what else is called, waits for as long as the drain timeout
// allows, and then cancels the opening.
func TestCloseWhileSomethingIsOpened(t *testing.T) {
	for name, tc := range map[string]struct {
		opening time.Duration // how long the look-up of the namespace takes
		takes   time.Duration
		code    errs.Code // of the opening
	}{
		"it ends in time": {4 * time.Second, 4 * time.Second, ""},
		"it does not":     {time.Hour, 10 * time.Second, errs.Closed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud()
				client := c.client(t, simple+"  slow: {provider: main, namespace: s, zone: z, create: true}\n")
				ns, err := client.KV(t.Context(), "flags")
				if err != nil {
					t.Fatal(err)
				}
				c.listing = func(ctx context.Context) error {
					select {
					case <-time.After(tc.opening):
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				}
				opened, waited := make(chan error, 1), make(chan error, 1)
				open := func(result chan error) {
					_, err := client.KV(t.Context(), "slow")
					result <- err
				}
				go open(opened)
				synctest.Wait()
				go open(waited)
				synctest.Wait()

				start := time.Now()
				closed := make(chan error, 1)
				go func() { closed <- client.Close() }()
				synctest.Wait()
				wantError(t, <-waited, errs.Closed, "crosscloud.KV", "main", "slow")
				_, err = client.KV(t.Context(), "flags")
				wantError(t, err, errs.Closed, "crosscloud.KV", "main", "flags")
				_, err = ns.Get(t.Context(), "k")
				wantError(t, err, errs.Closed, "kv.Get", "main", "flags/k")
				if time.Since(start) != 0 {
					t.Errorf("refused only after %v", time.Since(start))
				}

				err = <-closed
				if took := time.Since(start); took != tc.takes {
					t.Errorf("Close took %v, want %v", took, tc.takes)
				}
				openErr := <-opened
				if tc.code != "" {
					wantError(t, err, errs.DeadlineExceeded, "crosscloud.Close", "main", "")
					if !errors.Is(openErr, tc.code) {
						t.Errorf("the opening ended with %v", openErr)
					}
				} else if err != nil {
					t.Errorf("Close: %v", err)
				}
				if c.closed != 1 {
					t.Errorf("the account was closed %d times", c.closed)
				}
			})
		})
	}
}

// A driver that hangs in Open is cancelled by Close when the drain timeout is over.
func TestCloseCancelsAnOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud()
		c.open = hang
		client := c.client(t, simple, crosscloud.WithDrainTimeout(5*time.Second))
		results := make(chan error, 3)
		for range 3 {
			go func() { _, err := client.KV(t.Context(), "flags"); results <- err }()
		}
		synctest.Wait()
		start := time.Now()
		err := client.Close()
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("Close took %v", took)
		}
		wantError(t, err, errs.DeadlineExceeded, "crosscloud.Close", "main", "")
		for range 3 {
			e := wantError(t, <-results, errs.Closed, "crosscloud.KV", "main", "flags")
			if e.Outcome != errs.NotApplied {
				t.Errorf("outcome %v", e.Outcome)
			}
		}
		if accounts, _, closed := c.counts(); accounts != 0 || closed != 0 {
			t.Errorf("%d accounts opened, %d closed", accounts, closed)
		}
	})
}

// A driver that finishes opening within the drain timeout is closed too.
func TestCloseAfterAnOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud()
		c.open = func(context.Context) error { time.Sleep(2 * time.Second); return nil }
		client := c.client(t, simple)
		type result struct {
			ns  *kv.Namespace
			err error
		}
		opened := make(chan result, 1)
		go func() { ns, err := client.KV(t.Context(), "flags"); opened <- result{ns, err} }()
		synctest.Wait()
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		got := <-opened
		if got.err != nil {
			t.Fatalf("the opening that ran was not let finish: %v", got.err)
		}
		_, err := got.ns.Get(t.Context(), "k")
		wantError(t, err, errs.Closed, "kv.Get", "main", "flags/k")
		if accounts, _, closed := c.counts(); accounts != 1 || closed != 1 {
			t.Errorf("%d accounts opened, %d closed", accounts, closed)
		}
	})
}

// A caller whose own context ends while Close waits is told so, not that the client is closed.
func TestCancelledWhileClosing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud()
		c.open = hang
		client := c.client(t, simple)
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { _, err := client.KV(ctx, "flags"); result <- err }()
		synctest.Wait()
		closed := make(chan error, 1)
		go func() { closed <- client.Close() }()
		synctest.Wait()
		cancel()
		wantError(t, <-result, errs.Canceled, "crosscloud.KV", "main", "flags")
		if err := <-closed; err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

// Calls and Close in any order: every call succeeds or is refused as closed, and the account closes once and last.
func TestCallsRacingClose(t *testing.T) {
	for range 30 {
		c := newCloud()
		client := c.client(t, simple)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				if i == 4 {
					if err := client.Close(); err != nil {
						t.Error(err)
					}
					return
				}
				ns, err := client.KV(t.Context(), "flags")
				if err == nil {
					_, err = ns.Get(t.Context(), "k")
				}
				if err != nil && !errors.Is(err, errs.Closed) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if accounts, _, closed := c.counts(); closed != accounts || accounts > 1 || c.lateness {
			t.Fatalf("%d accounts opened, %d closed, while a call was running: %v", accounts, closed, c.lateness)
		}
	}
}

// TestCloseOfNothing: a deferred Close after a failed Open does no harm.
func TestCloseOfNothing(t *testing.T) {
	var client *crosscloud.Client
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}
