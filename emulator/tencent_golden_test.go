package emulator_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func TestTencentGolden(t *testing.T) {
	ns := tencentArgs{"ZoneId": "zone-3j1xw7910arp", "Namespace": "ns-011"}
	create := func(c *tencentClient) { c.ok("CreateEdgeKVNamespace", ns.with(tencentArgs{"Remark": "remark"})) }
	holding := func(keys ...string) func(*tencentClient) {
		return func(c *tencentClient) {
			create(c)
			for _, key := range keys {
				c.ok("EdgeKVPut", ns.with(tencentArgs{"Key": key, "Value": "world", "ExpirationTTL": 3600}))
			}
		}
	}
	played := map[string]func(*tencentClient){
		"create-namespace": func(*tencentClient) {},
		"modify-namespace": create,
		"delete-namespace": create,
		"describe-namespaces": func(c *tencentClient) {
			c.clock.at = time.Date(2026, 3, 25, 9, 16, 1, 0, time.UTC)
			create(c)
		},
		"put": func(c *tencentClient) { // when its Expiration, which does not count, is past
			create(c)
			c.clock.pass(2 * time.Hour)
		},
		"get":                 holding("hello"),
		"get-missing":         holding("hello"),
		"delete":              holding("hello"),
		"list":                holding("hello", "hello1", "other"),
		"list-next":           holding("hello", "hello1", "other"),
		"namespace-not-found": func(*tencentClient) {},
	}
	start := func(t *testing.T, name string, id emulator.Option) (string, roundTrip) {
		settings := emulator.TencentSettings{Zones: []string{"zone-3j1xw7910arp"}, Capacity: 1 << 30}
		c := newTencent(t, id, emulator.WithTencent(settings))
		played[name](c)
		cursor := ""
		if strings.HasPrefix(name, "list") {
			cursor = c.ok("EdgeKVList", ns.with(tencentArgs{"Prefix": "he", "Limit": 1})).response.Cursor
		}
		return c.em.URL(), func(r *http.Request) (*http.Response, error) { return c.resign(r, cursor) }
	}
	testGolden(t, "tencent", start, played, nil)
}

// resign signs a request that has everything but a signature, and sends it. The cursor of the pages is "hello"; it
// means nothing to clients, and the emulator's is another.
func (c *tencentClient) resign(r *http.Request, cursor string) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	sent := c.request(r.Header.Get("X-TC-Action"), strings.Replace(string(body), `"Cursor": "hello"`, `"Cursor": "`+cursor+`"`, 1))
	sent.contentType = r.Header.Get("Content-Type")
	timestamp, authorization := tencentSign(sent, r.Host)
	r.Header.Set("Authorization", authorization)
	r.Header.Set("X-TC-Timestamp", timestamp)
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(sent.body)), int64(len(sent.body))
	reply, err := c.http.Transport.RoundTrip(r)
	if err != nil || cursor == "" {
		return reply, err
	}
	body, err = io.ReadAll(reply.Body)
	_ = reply.Body.Close()
	reply.Body = io.NopCloser(strings.NewReader(strings.Replace(string(body), `"Cursor":"`+cursor+`"`, `"Cursor":"hello"`, 1)))
	return reply, err
}
