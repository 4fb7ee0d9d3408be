package crosscloud_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

type list = []crosscloud.Option

// What the file says and what the code says come to the same, and the later of two entries of one name counts.
func TestEntriesInCodeAndFile(t *testing.T) {
	provider := func(c *cloud, region string) crosscloud.Option {
		return crosscloud.WithProvider("main", crosscloud.Entry{"driver": c.name, "region": region})
	}
	resource := func(zone string) crosscloud.Option {
		return crosscloud.WithKV("flags", crosscloud.Entry{"provider": "main", "namespace": "n", "zone": zone})
	}
	for name, tc := range map[string]struct {
		opts         func(c *cloud) list
		region, zone string
	}{
		"code alone":         {func(c *cloud) list { return list{provider(c, "r1"), resource("z1")} }, "r1", "z1"},
		"resource first":     {func(c *cloud) list { return list{resource("z1"), provider(c, "r1")} }, "r1", "z1"},
		"the later of two":   {func(c *cloud) list { return list{provider(c, "r1"), resource("z1"), provider(c, "r2")} }, "r2", "z1"},
		"the later resource": {func(c *cloud) list { return list{provider(c, "r1"), resource("z1"), resource("z2")} }, "r1", "z2"},
		"replacement is whole": {func(c *cloud) list {
			return list{provider(c, "r1"), resource("z1"), crosscloud.WithProvider("main", crosscloud.Entry{"driver": c.name})}
		}, "home", "z1"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud()
			client, err := crosscloud.Open(t.Context(), append(tc.opts(c), environ(nil))...)
			if err != nil {
				t.Fatal(err)
			}
			checkOpened(t, c, client, tc.region, tc.zone)
		})
	}
	const text = "providers:\n  main: {driver: DRIVER, region: r1}\nkv:\n  flags: {provider: main, namespace: n, zone: z1}\n"
	t.Run("file alone", func(t *testing.T) {
		c := newCloud()
		checkOpened(t, c, c.client(t, text), "r1", "z1")
	})
	t.Run("code after the file", func(t *testing.T) {
		c := newCloud()
		checkOpened(t, c, c.client(t, text, provider(c, "r2"), resource("z2")), "r2", "z2")
	})
	t.Run("second file after the first", func(t *testing.T) {
		c := newCloud()
		second := crosscloud.YAML("second.yaml", strings.NewReader("kv:\n  flags: {provider: main, namespace: n, zone: z2}\n"))
		checkOpened(t, c, c.client(t, text, second), "r1", "z2")
	})
}

func checkOpened(t *testing.T, c *cloud, client *crosscloud.Client, region, zone string) {
	t.Helper()
	defer client.Close()
	if _, err := client.KV(t.Context(), "flags"); err != nil {
		t.Fatal(err)
	}
	if got := c.services[0].Text("region"); got != region {
		t.Errorf("region is %q, want %q", got, region)
	}
	if got := c.services[0].Text("zone"); got != zone {
		t.Errorf("zone is %q, want %q", got, zone)
	}
}

func TestMalformedEntriesInCode(t *testing.T) {
	c := newCloud()
	main := crosscloud.WithProvider("main", crosscloud.Entry{"driver": c.name})
	for _, tc := range []struct {
		name string
		opts list
		want string
	}{
		{"no driver", list{crosscloud.WithProvider("main", nil)}, `provider main: provider "main" does not say its driver`},
		{"unknown driver", list{crosscloud.WithProvider("main", crosscloud.Entry{"driver": "nowhere"})}, `provider main: driver "nowhere" is not known`},
		{"unknown field", list{crosscloud.WithProvider("main", crosscloud.Entry{"driver": c.name, "zones": "1"})}, `provider main: unknown field "zones"`},
		{"malformed value", list{crosscloud.WithProvider("main", crosscloud.Entry{"driver": c.name, "depth": "x"})}, `provider main: depth is "x"`},
		{"malformed policy", list{crosscloud.WithProvider("main", crosscloud.Entry{"driver": c.name, "rate_share": "1"})}, `provider main: rate_share is "1"`},
		{"secret with space", list{crosscloud.WithProvider("main", crosscloud.Entry{"driver": c.name, "token": canary + " "})}, `token begins or ends with white space`},
		{"nameless provider", list{crosscloud.WithProvider("", crosscloud.Entry{"driver": c.name})}, `a provider's name is empty`},
		{"no provider", list{main, crosscloud.WithKV("flags", crosscloud.Entry{"namespace": "n"})}, `kv flags: kv resource "flags" does not say its provider`},
		{"nothing", list{main, crosscloud.WithKV("flags", nil)}, "it says nothing"},
		{"no namespace", list{main, crosscloud.WithKV("flags", crosscloud.Entry{"provider": "main"})}, `kv flags: kv resource "flags" does not say its namespace`},
		{"missing provider", list{crosscloud.WithKV("flags", crosscloud.Entry{"provider": "main", "namespace": "n"})}, `kv flags: kv resource "flags" names the provider "main"`},
		{"account option", list{main, crosscloud.WithKV("flags", crosscloud.Entry{"provider": "main", "namespace": "n", "token": canary})}, `kv flags: "token" belongs to the provider's entry`},
		{"negative drain timeout", list{crosscloud.WithDrainTimeout(-1)}, "drain timeout is -1ns; say 0 or more"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := crosscloud.Open(t.Context(), tc.opts...)
			e := wantError(t, err, errs.InvalidArgument, "crosscloud.Open", "", "")
			if !strings.Contains(e.Message, tc.want) {
				t.Errorf("%q, want %q", e.Message, tc.want)
			}
			noCanary(t, err)
		})
	}
}

func TestImpossiblePolicyIsRefused(t *testing.T) {
	_, err := newCloud().tryClient(simple, crosscloud.WithPolicy(policy.Policy{Concurrency: -1}))
	wantError(t, err, errs.InvalidArgument, "crosscloud.Open", "main", "")
}

func TestWithoutOptionsThereAreNoResources(t *testing.T) {
	client, err := crosscloud.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.KV(t.Context(), "flags")
	if e := wantError(t, err, errs.NotFound, "crosscloud.KV", "", "flags"); !strings.HasSuffix(e.Message, "it has none") {
		t.Error(e.Message)
	}
	_, err = client.KVService(t.Context(), "main")
	wantError(t, err, errs.NotFound, "crosscloud.KVService", "", "main")
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}

// A secret comes from the place that is named first: the field, the file named in it, then for each variable in turn
// the variable and the file named in it.
func TestWhereASecretComesFrom(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	said, inEnv := file("said", "from file\r\n"), file("env", "from env file\n")
	for name, tc := range map[string]struct {
		field string
		env   map[string]string // of names without the driver's
		want  string
	}{
		"nowhere":                {"", nil, ""},
		"field":                  {"token: plain", map[string]string{"_TOKEN": "env"}, "plain"},
		"variable in the field":  {"token: ${MY_TOKEN}", map[string]string{"MY_TOKEN": "mine", "_TOKEN": "env"}, "mine"},
		"part of the field":      {"token: a-${MY_TOKEN}-b", map[string]string{"MY_TOKEN": "mine"}, "a-mine-b"},
		"no second replacement":  {"token: ${MY_TOKEN}", map[string]string{"MY_TOKEN": "${X}"}, "${X}"},
		"literal":                {"token: $${MY_TOKEN}", nil, "${MY_TOKEN}"},
		"file":                   {"token_file: " + said, map[string]string{"_TOKEN": "env"}, "from file"},
		"file by a variable":     {"token_file: ${AT}/said", map[string]string{"AT": dir}, "from file"},
		"variable":               {"", map[string]string{"_TOKEN": "env", "_TOKEN_FILE": inEnv, "_OLD_TOKEN": "old"}, "env"},
		"file of the variable":   {"", map[string]string{"_TOKEN_FILE": inEnv, "_OLD_TOKEN": "old"}, "from env file"},
		"second variable":        {"", map[string]string{"_OLD_TOKEN": "old"}, "old"},
		"empty variable":         {"", map[string]string{"_TOKEN": "", "_OLD_TOKEN": "old"}, "old"},
		"variable of a variable": {"", map[string]string{"_TOKEN": "${MY_TOKEN}"}, "${MY_TOKEN}"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud()
			env := map[string]string{}
			for name, value := range tc.env {
				if name[0] == '_' {
					name = strings.ToUpper(c.name) + name
				}
				env[name] = value
			}
			client := c.client(t, strings.Replace(simple, "driver: DRIVER\n", "driver: DRIVER\n    "+tc.field+"\n", 1), environ(env))
			if _, err := client.KV(t.Context(), "flags"); err != nil {
				t.Fatal(err)
			}
			if got := c.accounts[0].Secret("token").Reveal(); got != tc.want {
				t.Errorf("token is %q, want %q", got, tc.want)
			}
		})
	}
}

// The environment of the process is the default.
func TestEnvironmentOfTheProcess(t *testing.T) {
	c := newCloud()
	t.Setenv(strings.ToUpper(c.name)+"_REGION", "far")
	client, err := crosscloud.Open(t.Context(),
		crosscloud.WithProvider("main", crosscloud.Entry{"driver": c.name}), crosscloud.WithKV("flags", crosscloud.Entry{"provider": "main", "namespace": "n"}))
	if err != nil {
		t.Fatal(err)
	}
	checkOpened(t, c, client, "far", "")
}

// A resource says its zone over the entry's, by text or by file.
func TestResourceGoesOverItsProvider(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("of file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newCloud()
	client := c.client(t, `
providers:
  main: {driver: DRIVER, zone: z0, zone_key: of-entry, region: r}
kv:
  same: {provider: main, namespace: n}
  other: {provider: main, namespace: n, zone: z1}
  byfile: {provider: main, namespace: n, zone: z2, zone_key_file: `+key+`}
`)
	for i, tc := range []struct{ resource, zone, key string }{{"same", "z0", "of-entry"}, {"other", "z1", "of-entry"}, {"byfile", "z2", "of file"}} {
		if _, err := client.KV(t.Context(), tc.resource); err != nil {
			t.Fatal(err)
		}
		s := c.services[i]
		if s.Text("zone") != tc.zone || s.Secret("zone_key").Reveal() != tc.key || s.Text("region") != "r" {
			t.Errorf("%s: %v", tc.resource, s)
		}
	}
	if accounts, _, _ := c.counts(); accounts != 1 {
		t.Errorf("%d accounts were opened", accounts)
	}
}

// What the file says of a provider goes before the policy, and takes effect.
func TestMaxAttempts(t *testing.T) {
	for field, want := range map[string]int{"": 2, "max_attempts: 1": 1, "max_attempts: 3": 3} {
		t.Run(field, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud()
				c.get = func(context.Context) error { return &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary} }
				ns := c.openFlags(t, field, policy.Policy{Retry: policy.Retry{MaxAttempts: 2}})
				_, err := ns.Get(t.Context(), "k")
				if e := wantError(t, err, errs.Unavailable, "kv.Get", "main", "flags/k"); e.Attempts != want || c.getCount() != want {
					t.Errorf("%d attempts, of which %d arrived, want %d", e.Attempts, c.getCount(), want)
				}
			})
		})
	}
}

// openFlags opens the resource of simple with a further field of the provider.
func (c *cloud) openFlags(t *testing.T, field string, p policy.Policy) *kv.Namespace {
	t.Helper()
	client := c.client(t, strings.Replace(simple, "driver: DRIVER\n", "driver: DRIVER\n    "+field+"\n", 1), crosscloud.WithPolicy(p))
	ns, err := client.KV(t.Context(), "flags")
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

func TestConcurrency(t *testing.T) {
	for field, want := range map[string]int{"": 5, "concurrency: 2": 2, "concurrency: 100": 10} {
		t.Run(field, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud()
				c.get = func(ctx context.Context) error { time.Sleep(time.Second); return nil }
				ns := c.openFlags(t, field, policy.Policy{Concurrency: 5})
				for range 10 {
					go ns.Get(t.Context(), "k")
				}
				synctest.Wait()
				if got := c.getCount(); got != want {
					t.Errorf("%d requests at once, want %d", got, want)
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

// How many of 30 calls leave at once, where the provider documents 10 in a second.
func TestRateLimit(t *testing.T) {
	for _, tc := range []struct {
		field string
		rate  policy.Rate
		want  int
	}{
		{"", policy.Rate{}, 10},
		{"rate_limit: 4/1s", policy.Rate{}, 4},
		{"rate_limit: 4/1s, 3/1m", policy.Rate{}, 3},
		{"rate_limit: none", policy.Rate{}, 30},
		{"rate_share: 40%", policy.Rate{}, 4},
		{"rate_share: 100%", policy.Rate{}, 10},
		{"", policy.Rate{Share: 0.5}, 5},
		{"rate_share: 20%", policy.Rate{Share: 0.5}, 2},
		{"rate_limit: 20/1s", policy.Rate{Share: 0.5}, 10},
		{"rate_limit: 20/1s", policy.Rate{Unlimited: true}, 20},
		{"rate_limit: none", policy.Rate{Limits: []ratelimit.Limit{{N: 5, Per: time.Second}}}, 30},
		{"rate_limit: 20/1s\n    rate_share: 10%", policy.Rate{}, 2},
		{"", policy.Rate{Unlimited: true}, 30},
	} {
		t.Run(fmt.Sprint(tc.field, " ", tc.rate), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud()
				c.limits = []ratelimit.Limit{{N: 10, Per: time.Second}}
				ns := c.openFlags(t, tc.field, policy.Policy{Rate: tc.rate, Limiters: new(ratelimit.Pool)})
				ctx, cancel := context.WithCancel(t.Context())
				for range 30 {
					go ns.Get(ctx, "k")
				}
				synctest.Wait()
				if got := c.getCount(); got != tc.want {
					t.Errorf("%d requests left at once, want %d", got, tc.want)
				}
				cancel()
			})
		})
	}
}

// What the program gives reaches the driver.
func TestHostReachesTheDriver(t *testing.T) {
	now := time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC)
	refused := errors.New("no network here")
	var logged strings.Builder
	c := newCloud()
	client := c.client(t, simple,
		crosscloud.WithClock(func() time.Time { return now }),
		crosscloud.WithDialContext(func(context.Context, string, string) (net.Conn, error) { return nil, refused }),
		crosscloud.WithLogger(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	ns, err := client.KV(t.Context(), "flags")
	if err != nil {
		t.Fatal(err)
	}
	host := c.accounts[0].Host
	if got := host.Now(); !got.Equal(now) {
		t.Errorf("the driver's clock says %v", got)
	}
	if _, err := host.DialContext(t.Context(), "tcp", "x"); err != refused {
		t.Errorf("dialled: %v", err)
	}
	if host.Logger == nil {
		t.Fatal("no logger")
	}
	// The portable layer uses the same clock and logger.
	err = ns.Put(t.Context(), "k", []byte("v"), kv.ExpiresAt(now.Add(-time.Second)))
	if e := wantError(t, err, errs.InvalidArgument, "kv.Put", "main", "flags/k"); !strings.Contains(e.Message, "not in the future; it is 2040-01-02T03:04:05Z") {
		t.Error(e.Message)
	}
	if !strings.Contains(logged.String(), "kv.Put") {
		t.Errorf("logged: %s", logged.String())
	}
}

// The logger of the policy goes before that of WithLogger.
func TestLoggerOfThePolicy(t *testing.T) {
	var common, own strings.Builder
	logger := func(b *strings.Builder) *slog.Logger {
		return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	c := newCloud()
	client := c.client(t, simple, crosscloud.WithLogger(logger(&common)), crosscloud.WithPolicy(policy.Policy{Logger: logger(&own)}))
	ns, err := client.KV(t.Context(), "flags")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ns.Get(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	if common.Len() > 0 || own.Len() == 0 {
		t.Errorf("logged %q and %q", common.String(), own.String())
	}
}

// TestEntryHidesItsValues: an entry holds credentials and must not show them in a log.
func TestEntryHidesItsValues(t *testing.T) {
	const canary = "canary-77c1"
	entry := crosscloud.Entry{"driver": "local", "token": canary}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "entry", entry)
	asJSON, err := json.Marshal(struct{ E crosscloud.Entry }{entry})
	if err != nil {
		t.Fatal(err)
	}
	shown := log.String() + string(asJSON)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		shown += fmt.Sprintf(format, entry)
	}
	if strings.Contains(shown, canary) || strings.Contains(shown, fmt.Sprintf("%x", canary)) || !strings.Contains(shown, "token") {
		t.Errorf("an entry prints as %s", shown)
	}
}
