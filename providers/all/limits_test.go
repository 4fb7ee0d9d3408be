package all_test

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// How long a request may take is said by the file, else by the program's policy, else by the driver.
func TestAttemptTimeout(t *testing.T) {
	entry := map[string]crosscloud.Entry{
		"alibaba":    {"access_key_id": "i", "access_key_secret": "s", "region": "cn-hangzhou"},
		"tencent":    {"secret_id": "i", "secret_key": "s", "zone_id": "zone-1"},
		"cloudflare": {"api_token": "t", "account_id": "a"},
	}
	for _, c := range []struct {
		driver, file string
		policy, want time.Duration
	}{
		{"alibaba", "", 0, time.Minute}, {"tencent", "", 0, time.Minute}, {"cloudflare", "", 0, 2 * time.Minute},
		{"alibaba", "7s", 0, 7 * time.Second}, {"tencent", "10m", time.Second, 10 * time.Minute}, {"cloudflare", "", 3 * time.Second, 3 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			said := crosscloud.Entry{"driver": c.driver, "max_attempts": "1", "allow_plaintext": "true", "endpoint": "http://h.example"}
			for name, text := range entry[c.driver] {
				said[name] = text
			}
			if c.file != "" {
				said["attempt_timeout"] = c.file
			}
			dial := func(context.Context, string, string) (net.Conn, error) {
				client, server := net.Pipe()
				go func() { _, _ = io.Copy(io.Discard, server) }() // never answers
				return client, nil
			}
			client, err := crosscloud.Open(t.Context(), crosscloud.WithProvider("p", said), crosscloud.WithDialContext(dial), crosscloud.WithPolicy(policy.Policy{AttemptTimeout: c.policy}))
			if err != nil {
				t.Fatal(err)
			}
			service, err := client.KVService(t.Context(), "p")
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			for _, err = range service.Namespaces(t.Context()) {
				break
			}
			if took := time.Since(began); errs.CodeOf(err) != errs.DeadlineExceeded || took != c.want {
				t.Errorf("%+v: %v after %v", c, err, took)
			}
			if err := client.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
