package emulator_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func TestAlibabaGolden(t *testing.T) {
	const namespace = "test_namespace"
	create := func(c *alibabaCaller) {
		c.ok("CreateKvNamespace", alibabaArgs{"Namespace": namespace, "Description": "the first namespace"})
	}
	put := func(c *alibabaCaller, key, value, ttl string) {
		p := alibabaArgs{"Namespace": namespace, "Key": key, "Value": value}
		if ttl != "" {
			p["ExpirationTtl"] = ttl
		}
		c.ok("PutKv", p)
	}
	holding := func(key, value, ttl string) func(*alibabaCaller) {
		return func(c *alibabaCaller) { create(c); put(c, key, value, ttl) }
	}
	filled := func(c *alibabaCaller) { // with the 10,048,576 bytes of the page, whose keys have one each
		create(c)
		for _, key := range []string{"1", "2", "3", "4", "5"} {
			put(c, key, strings.Repeat("v", 1_999_999), "")
		}
		put(c, "6", strings.Repeat("v", 48_575), "")
	}
	type state struct {
		config  emulator.AlibabaSettings
		prepare func(*alibabaCaller)
	}
	played := map[string]state{
		// Ids count up, and the fourth one is that of the page.
		"create-namespace": {emulator.AlibabaSettings{NumericID: true}, func(c *alibabaCaller) {
			for _, name := range []string{"a", "b", "c"} {
				c.ok("CreateKvNamespace", alibabaArgs{"Namespace": name})
			}
		}},
		"create-namespace-taken":  {prepare: create},
		"get-account":             {prepare: filled},
		"get-namespace":           {prepare: filled},
		"describe-account-status": {prepare: func(*alibabaCaller) {}},
		"delete-namespace":        {prepare: create},
		"put":                     {prepare: create},
		// The page reads with Base64 and shows the content as it is.
		"get":               {emulator.AlibabaSettings{RawBase64: true}, holding("test_key", "test_value", "")},
		"get-missing":       {prepare: create},
		"get-detail":        {prepare: holding("test_key", "test_value", "3600")},
		"get-detail-number": {emulator.AlibabaSettings{NumericTTL: true}, holding("test_key", "test_value", "3600")},
		"delete":            {prepare: holding("test_key", "test_value", "")},
		"list": {prepare: func(c *alibabaCaller) {
			c.clock.pass(time.Date(2021, 12, 13, 7, 46, 3, 0, time.UTC).Sub(c.clock.Now()))
			holding("Key1", "v", "")(c)
		}},
		// In a full namespace only the second key, which is there, can be written.
		"batch-put":    {emulator.AlibabaSettings{Capacity: int64(len("test_key2") + len("b"))}, holding("test_key2", "b", "")},
		"batch-delete": {prepare: holding("test_key2", "b", "")},
	}
	start := func(t *testing.T, name string, id emulator.Option) (string, roundTrip) {
		c := newAlibaba(t, played[name].config, id)
		played[name].prepare(c)
		return c.em.URL(), c.resign
	}
	testGolden(t, "alibaba", start, played, nil)
}

// resign signs a request that has everything but a signature, and sends it.
func (c *alibabaCaller) resign(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	r.Header.Set("X-Acs-Date", c.clock.Now().UTC().Format("2006-01-02T15:04:05Z"))
	r.Header.Set("X-Acs-Signature-Nonce", c.nonce())
	r.Header.Set("X-Acs-Content-Sha256", alibabaHash(string(body)))
	query := alibabaArgs{}
	for name, values := range r.URL.Query() {
		query[name] = values[0]
	}
	alibabaAuthorize(r, query, c.id, c.secret)
	return c.http.Transport.RoundTrip(r)
}
