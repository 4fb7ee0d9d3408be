package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// Every code of the vendor can be asked for, and comes with its status.
func TestCloudflareCodes(t *testing.T) {
	c := newCloudflare(t)
	statuses := map[int]int{
		971: 429, 1000: 401, 6003: 400, 7000: 404, 7003: 400, 9103: 403, 9106: 400, 9109: 403, 10000: 403, 10001: 503, 10005: 403, 10009: 404,
		10013: 404, 10014: 400, 10017: 403, 10022: 429, 10024: 413, 10025: 404, 10026: 403, 10027: 500, 10030: 414, 10031: 401, 10032: 401, 10036: 401,
		10037: 403, 10046: 429, 10048: 429,
	}
	for code := 10001; code <= 10048; code++ {
		if statuses[code] == 0 {
			statuses[code] = 400
		}
	}
	for code, status := range statuses {
		c.Inject(emulator.Fault{Code: fmt.Sprint(code), Times: 1})
		c.do("GET", "", "").refused(t, status, code)
		c.Inject(emulator.Fault{Action: "ReadValue", Code: fmt.Sprint(code), Status: 418, Times: 1, Header: http.Header{"Retry-After": {"7"}}})
		c.do("GET", "", "")
		a := c.in("GET", "/values/k", "", 418)
		if a.refused(t, 418, code); a.header.Get("Retry-After") != "7" || a.header.Get("Cf-Ray") == "" {
			t.Errorf("headers: %v", a.header)
		}
	}
	c.Inject(emulator.Fault{Code: "no number", Times: 1})
	c.do("GET", "", "").refused(t, 500, 0)
}

// cloudflareFaults tries each kind of fault.
func cloudflareFaults(t *testing.T, opts ...emulator.Option) {
	c := newCloudflare(t, opts...)
	put := func(key string) (cloudflareAnswer, error) {
		return c.send("PUT", "/client/v4/accounts/"+c.AccountID()+"/storage/kv/namespaces/"+c.ns+"/values/"+key, "v")
	}
	there := func(key string) bool { return c.do("GET", "/"+c.ns+"/values/"+key, "").status == 200 }

	c.Inject(emulator.Fault{Action: "WriteValue", Reset: "before", Times: 1})
	if _, err := put("before"); err == nil || there("before") {
		t.Errorf("reset before: %v", err)
	}
	c.Inject(emulator.Fault{Action: "WriteValue", Reset: "after", Times: 1})
	if _, err := put("after"); err == nil || !there("after") {
		t.Errorf("reset after: %v", err)
	}
	c.Inject(emulator.Fault{Action: "WriteValue", Truncate: true, Times: 1})
	a, err := put("truncated")
	if err == nil || !strings.HasPrefix(a.body, `{"result"`) || strings.HasSuffix(a.body, "}") || !there("truncated") {
		t.Errorf("truncated: %v %q", err, a.body)
	}
	c.Inject(emulator.Fault{Action: "WriteValue", HTML: true, Times: 1})
	if a, err := put("html"); err != nil || a.status != 502 || a.header.Get("Content-Type") != "text/html" || there("html") {
		t.Errorf("HTML: %v %+v", err, a)
	}
	c.Inject(emulator.Fault{Action: "BulkWrite", Status: 524, Body: "late", Times: 1})
	if a, err := put("bare"); err != nil || a.status != 200 {
		t.Errorf("other action: %v %+v", err, a)
	}
	if a := c.do("PUT", "/"+c.ns+"/bulk", `[{"key":"k","value":"v"}]`); a.status != 524 || a.body != "late" {
		t.Errorf("bare status: %+v", a)
	}
	c.Inject(emulator.Fault{Action: "WriteValue", Code: "10013", Skip: 1, Times: 2, Delay: time.Millisecond})
	for i, want := range []int{200, 404, 404, 200} {
		if a, err := put("counted"); err != nil || a.status != want {
			t.Errorf("request %d: %v %+v", i, err, a)
		}
	}
}

func TestCloudflareFaults(t *testing.T) { cloudflareFaults(t) }

func TestCloudflareFaultsInMemory(t *testing.T) { cloudflareFaults(t, emulator.InMemory()) }

// In a bubble of synctest time passes at once, and nothing is left when the emulator is closed.
func TestCloudflareSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloudflare(t, emulator.InMemory())
		start := time.Now()
		c.in("PUT", "/values/k?expiration_ttl=60", "v", 200)
		c.Inject(emulator.Fault{Action: "ReadValue", Delay: 40 * time.Second, Times: 1})
		if a := c.in("GET", "/values/k", "", 200); a.body != "v" || time.Since(start) != 40*time.Second {
			t.Errorf("%q after %v", a.body, time.Since(start))
		}
		time.Sleep(20 * time.Second)
		c.in("GET", "/values/k", "", 404).refused(t, 404, 10009)

		c.Inject(emulator.Fault{Delay: time.Hour, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r, _ := http.NewRequestWithContext(ctx, "GET", c.Endpoint()+"/user/tokens/verify", nil)
		if _, err := c.http.Do(r); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after a second: %v", err)
		}
		for range 1200 - 3 {
			time.Sleep(10 * time.Millisecond)
			c.in("GET", "/keys", "", 200)
		}
		c.in("GET", "/keys", "", 429).refused(t, 429, 971)
		time.Sleep(5 * time.Minute)
		c.in("GET", "/keys", "", 200)

		c.Close()
		if conn, err := c.DialContext(t.Context(), "tcp", strings.TrimPrefix(c.URL(), "http://")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("dialed a closed emulator: %v %v", conn, err)
		}
	})
}

// A body that is larger than any request may be is refused before it is read whole.
func TestCloudflareHugeBody(t *testing.T) {
	c := newCloudflare(t)
	r, _ := http.NewRequest("PUT", c.Endpoint()+"/accounts/"+c.AccountID()+"/storage/kv/namespaces/"+c.ns+"/values/k", io.LimitReader(cloudflareZeros{}, 1<<40))
	if reply, err := c.http.Do(r); err == nil {
		if _ = reply.Body.Close(); reply.StatusCode != 413 {
			t.Errorf("status %d", reply.StatusCode)
		}
	}
}

type cloudflareZeros struct{}

func (cloudflareZeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
