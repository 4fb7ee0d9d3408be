package emulator_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func TestCloudflareGolden(t *testing.T) {
	const title, recordedID = `{"title":"My Own Namespace"}`, "0f2ac74b498b48028cb68387c421e279"
	type state struct {
		prepare func(*cloudflareCaller)
		opts    []emulator.Option
	}
	as := func(opts ...emulator.Option) state {
		return state{func(c *cloudflareCaller) { c.in("PUT", "", title, 200) }, opts}
	}
	old := emulator.WithCloudflare(emulator.CloudflareSettings{OldReplies: true})
	late := emulator.WithClock(func() time.Time { return time.Unix(1578435000, 0) }) // when an expiration that does not count is past
	holding := func(pairs string) state {
		return state{prepare: func(c *cloudflareCaller) { c.in("PUT", "/bulk", pairs, 200) }}
	}
	failing := func(failure emulator.CloudflareBulkFailure) state {
		return state{prepare: func(c *cloudflareCaller) { c.FailBulk(failure) }}
	}
	played := map[string]state{
		"list-namespaces":       as(),
		"create-namespace":      {prepare: func(*cloudflareCaller) {}},
		"create-taken":          as(),
		"get-namespace":         as(),
		"rename-namespace":      as(),
		"rename-without-result": as(old),
		"delete-namespace":      as(),
		"list-keys": holding(`[{"key":"My-Key","value":"v","expiration":1577836800,"metadata":{"someMetadataKey":"someMetadataValue"}},
			{"key":"My-Other","value":"v"},{"key":"Other","value":"v"}]`),
		"list-keys-next": {opts: []emulator.Option{emulator.WithCloudflare(emulator.CloudflareSettings{EmptyPages: 2})}, prepare: func(c *cloudflareCaller) {
			first := c.in("GET", "/keys?limit=10&prefix=My", "", 200).Info.Cursor
			second := c.in("GET", "/keys?limit=10&prefix=My&cursor="+url.QueryEscape(first), "", 200).Info.Cursor
			c.instead["6Ck1la0VxJ0d"], c.instead["7Ck1la0VxJ0d"] = first, second
		}},
		"read-value":              holding(`[{"key":"My:Key/%?!","value":"Some Value","expiration":1577836800}]`),
		"read-missing":            as(),
		"read-metadata":           holding(`[{"key":"My-Key","value":"v","metadata":{"id":12345678901234567890}}]`),
		"write-value":             as(old, late),
		"write-value-expiring-at": as(),
		"write-with-metadata":     as(old, late),
		"delete-value":            as(old),
		"bulk-write":              as(late),
		"bulk-write-in-part":      failing(emulator.CloudflareBulkFailure{Keys: []string{"b"}}),
		"bulk-delete":             as(),
		"bulk-delete-deprecated":  as(),
		"bulk-delete-in-part":     failing(emulator.CloudflareBulkFailure{Keys: []string{"b"}, Status: 429, Code: 10046}),
		"bulk-get":                holding(`[{"key":"My-Key","value":"Some Value"},{"key":"null","value":"null"}]`),
		"bulk-get-with-metadata":  holding(`[{"key":"My-Key","value":"Some Value","expiration":1577836800,"metadata":{"n":12345678901234567890}},{"key":"plain","value":""}]`),
	}
	start := func(t *testing.T, name string, id emulator.Option) (string, roundTrip) {
		soon := emulator.WithClock(func() time.Time { return time.Unix(1577836800, 0).Add(-time.Hour) }) // when the expirations of the pages are to come
		c := newCloudflare(t, append([]emulator.Option{id, soon}, played[name].opts...)...)
		// The emulator has ids of its own, the same in every run.
		c.instead = map[string]string{"/accounts/acc/": "/accounts/" + c.AccountID() + "/", recordedID: c.ns}
		if name == "create-namespace" {
			c.instead[recordedID] = newCloudflare(t).AddNamespace("second")
		}
		played[name].prepare(c)
		return c.URL(), c.translate
	}
	testGolden(t, "cloudflare", start, played, nil)
}

// translate sends a request with the ids and the token of the emulator, and answers with those of the request.
func (c *cloudflareCaller) translate(r *http.Request) (*http.Response, error) {
	path, query := r.URL.EscapedPath(), r.URL.RawQuery
	var back []string
	for theirs, ours := range c.instead {
		path = strings.ReplaceAll(path, theirs, ours)
		query = strings.ReplaceAll(query, theirs, url.QueryEscape(ours))
		back = append(back, ours, theirs)
	}
	r.URL = &url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Opaque: path, RawQuery: query}
	r.Header.Set("Authorization", "Bearer "+c.APIToken())
	reply, err := c.http.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(reply.Body)
	_ = reply.Body.Close()
	reply.Body = io.NopCloser(strings.NewReader(strings.NewReplacer(back...).Replace(string(body))))
	return reply, err
}
