package emulator_test

import (
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func TestCloudflareCredentials(t *testing.T) {
	c := newCloudflare(t)
	for name, x := range map[string]struct {
		headers      []string
		status, code int
		chain        int
	}{
		"token":                {nil, 200, 0, 0},
		"token, lower case":    {[]string{"Authorization", "bearer " + c.APIToken()}, 200, 0, 0},
		"key":                  {[]string{"Authorization", "", "X-Auth-Email", c.Email(), "X-Auth-Key", c.APIKey()}, 200, 0, 0},
		"token and stale key":  {[]string{"X-Auth-Email", "x@y", "X-Auth-Key", "0"}, 200, 0, 0},
		"nothing":              {[]string{"Authorization", ""}, 400, 9106, 0},
		"another service's":    {[]string{"Authorization", "", "X-Auth-User-Service-Key", c.APIKey()}, 400, 9106, 0},
		"wrong token":          {[]string{"Authorization", "Bearer " + c.APIToken() + "x"}, 403, 10000, 0},
		"the key as token":     {[]string{"Authorization", "Bearer " + c.APIKey()}, 403, 10000, 0},
		"no token":             {[]string{"Authorization", "Bearer "}, 400, 6003, 6111},
		"another scheme":       {[]string{"Authorization", "Basic " + c.APIToken()}, 400, 6003, 6111},
		"two blanks":           {[]string{"Authorization", "Bearer  " + c.APIToken()}, 400, 6003, 6111},
		"token with a newline": {[]string{"Authorization", "Bearer " + c.APIToken() + "\tx"}, 400, 6003, 6111},
		"only an address":      {[]string{"Authorization", "", "X-Auth-Email", c.Email()}, 400, 6003, 6101},
		"only a key":           {[]string{"Authorization", "", "X-Auth-Key", c.APIKey()}, 400, 6003, 6100},
		"malformed key":        {[]string{"Authorization", "", "X-Auth-Email", c.Email(), "X-Auth-Key", "a b"}, 400, 6003, 6103},
		"wrong key":            {[]string{"Authorization", "", "X-Auth-Email", c.Email(), "X-Auth-Key", "00"}, 403, 9103, 0},
		"wrong address":        {[]string{"Authorization", "", "X-Auth-Email", "x@y", "X-Auth-Key", c.APIKey()}, 403, 9103, 0},
		"token for reading":    {[]string{"Authorization", "Bearer " + c.ReadOnlyToken()}, 200, 0, 0},
	} {
		a := c.do("GET", "", "", x.headers...)
		if a.status != x.status || a.code() != x.code {
			t.Errorf("%s: status %d code %d: %s", name, a.status, a.code(), a.body)
			continue
		}
		if x.chain != 0 && (len(a.Errors[0].Chain) != 1 || a.Errors[0].Chain[0].Code != x.chain) {
			t.Errorf("%s: chain of %s", name, a.body)
		}
	}
}

func TestCloudflareReadOnlyToken(t *testing.T) {
	c := newCloudflare(t)
	c.in("PUT", "/values/k", "v", 200)
	token := []string{"Authorization", "Bearer " + c.ReadOnlyToken()}
	for _, x := range [][3]string{
		{"GET", "", ""}, {"GET", "/" + c.ns, ""}, {"GET", "/" + c.ns + "/keys", ""},
		{"GET", "/" + c.ns + "/metadata/k", ""}, {"POST", "/" + c.ns + "/bulk/get", `{"keys":["k"]}`},
	} {
		if a := c.do(x[0], x[1], x[2], token...); a.code() != 0 {
			t.Errorf("%s %s: %s", x[0], x[1], a.body)
		}
	}
	if a := c.in("GET", "/values/k", "", 200, token...); a.body != "v" {
		t.Errorf("read %q", a.body)
	}
	for _, x := range [][3]string{
		{"POST", "", `{"title":"t"}`}, {"PUT", "/" + c.ns, `{"title":"t"}`}, {"DELETE", "/" + c.ns, ""},
		{"PUT", "/" + c.ns + "/values/k", "v"}, {"DELETE", "/" + c.ns + "/values/k", ""}, {"PUT", "/" + c.ns + "/bulk", `[{"key":"k","value":"v"}]`},
		{"DELETE", "/" + c.ns + "/bulk", `["k"]`}, {"POST", "/" + c.ns + "/bulk/delete", `["k"]`},
	} {
		c.do(x[0], x[1], x[2], token...).refused(t, 403, 10000)
	}
}

func TestCloudflareVerifyToken(t *testing.T) {
	c := newCloudflare(t)
	a, err := c.send("GET", "/client/v4/user/tokens/verify", "")
	if err != nil || a.code() != 0 || len(a.Messages) != 1 {
		t.Errorf("%v %s", err, a.body)
	}
	a, _ = c.send("GET", "/client/v4/user/tokens/verify", "", "Authorization", "Bearer nobody")
	a.refused(t, 401, 1000)
}

func TestCloudflareWrongAccount(t *testing.T) {
	c := newCloudflare(t)
	for _, account := range []string{"0123456789abcdef0123456789abcdef", "x", "", "..", "%2F"} {
		a, err := c.send("GET", "/client/v4/accounts/"+account+"/storage/kv/namespaces", "")
		if err != nil {
			t.Fatal(err)
		}
		a.refused(t, 400, 7003)
		if len(a.Errors) != 2 || a.Errors[1].Code != 7000 {
			t.Errorf("account %q: %s", account, a.body)
		}
	}
}

func TestCloudflareRateLimit(t *testing.T) {
	clock := newCloudflareClock()
	c := newCloudflare(t, emulator.InMemory(), emulator.WithClock(clock.Now))
	var a cloudflareAnswer
	for i := range 1200 {
		if i%10 == 0 {
			clock.pass(time.Second)
		}
		a = c.in("GET", "/keys", "", 200)
	}
	if got := a.header.Get("X-Ratelimit-Remaining"); got != "0" || a.header.Get("X-Ratelimit-Limit") != "1200" {
		t.Errorf("headers after the last request: %v", a.header)
	}
	// The user's other credentials spend the same budget.
	a = c.do("GET", "", "", "Authorization", "", "X-Auth-Email", c.Email(), "X-Auth-Key", c.APIKey())
	a.refused(t, 429, 971)
	if a.header.Get("Retry-After") != "300" || a.header.Get("Ratelimit") != `"default";r=0;t=300` ||
		a.header.Get("Ratelimit-Policy") != `"default";q=1200;w=300` || a.header.Get("X-Ratelimit-Reset") != "300" {
		t.Errorf("headers of the refusal: %v", a.header)
	}
	// The window has moved on, the block stands.
	clock.pass(5*time.Minute - 1500*time.Millisecond)
	a = c.do("GET", "", "")
	a.refused(t, 429, 971)
	if a.header.Get("Retry-After") != "2" {
		t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
	}
	clock.pass(1500*time.Millisecond - 1)
	c.do("GET", "", "").refused(t, 429, 971)
	clock.pass(1)
	if a = c.do("GET", "", ""); a.code() != 0 || a.header.Get("X-Ratelimit-Remaining") != "1199" {
		t.Errorf("after the block: %v %s", a.header, a.body)
	}
}

// A window that slides lets a request in for every one that leaves it.
func TestCloudflareRateWindow(t *testing.T) {
	clock := newCloudflareClock()
	c := newCloudflare(t, emulator.InMemory(), emulator.WithClock(clock.Now))
	for range 1200 {
		c.in("GET", "/keys", "", 200)
		clock.pass(250 * time.Millisecond)
	}
	for range 10 {
		c.in("GET", "/keys", "", 200)
		clock.pass(250 * time.Millisecond)
	}
	clock.pass(-time.Millisecond)
	c.do("GET", "", "").refused(t, 429, 971)
}

func TestCloudflareAddressRateLimit(t *testing.T) {
	clock := newCloudflareClock()
	c := newCloudflare(t, emulator.InMemory(), emulator.WithClock(clock.Now))
	for range 200 {
		c.in("GET", "/keys", "", 200)
	}
	a := c.do("GET", "", "")
	a.refused(t, 429, 971)
	if a.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
	}
	clock.pass(time.Second - 1)
	c.do("GET", "", "").refused(t, 429, 971)
	clock.pass(1)
	c.in("GET", "/keys", "", 200)
}

func TestCloudflareWithoutRateLimit(t *testing.T) {
	clock := newCloudflareClock()
	c := newCloudflare(t, emulator.InMemory(), emulator.WithClock(clock.Now), emulator.WithoutRateLimit(), emulator.WithCloudflare(emulator.CloudflareSettings{KeyRate: true}))
	for range 1300 {
		c.in("PUT", "/values/k", "v", 200)
	}
	if h := c.in("GET", "/keys", "", 200).header; h.Get("Ratelimit") != "" || h.Get("X-Ratelimit-Limit") != "" {
		t.Errorf("headers: %v", h)
	}
}

func TestCloudflareKeyRate(t *testing.T) {
	clock := newCloudflareClock()
	c := newCloudflare(t, emulator.WithClock(clock.Now), emulator.WithCloudflare(emulator.CloudflareSettings{KeyRate: true}))
	c.in("PUT", "/values/a", "1", 200)
	c.in("PUT", "/values/b", "1", 200)
	c.in("PUT", "/values/a", "2", 429).refused(t, 429, 10022)
	a := c.in("PUT", "/bulk", `[{"key":"a","value":"3"},{"key":"c","value":"3"}]`, 200)
	if string(a.Result) != `{"successful_key_count":1,"unsuccessful_keys":["a"]}` {
		t.Errorf("bulk: %s", a.Result)
	}
	clock.pass(time.Second - 1)
	c.in("DELETE", "/values/a", "", 429).refused(t, 429, 10022)
	clock.pass(1)
	c.in("DELETE", "/values/a", "", 200)
	c.do("DELETE", "/"+c.ns, "")
	plain := newCloudflare(t, emulator.WithClock(clock.Now))
	plain.in("PUT", "/values/a", "1", 200)
	plain.in("PUT", "/values/a", "2", 200)
}
