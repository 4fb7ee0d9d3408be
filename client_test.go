package crosscloud_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// A provider whose variable is not set hinders nobody but those who use it, and only as long as it is not set.
func TestVariablesAreReadAtTheFirstOpening(t *testing.T) {
	c := newCloud()
	env := map[string]string{}
	client := c.client(t, `
providers:
  good: {driver: DRIVER}
  bad:
    driver: DRIVER
    token: ${BAD_TOKEN}
kv:
  flags: {provider: good, namespace: n}
  other: {provider: bad, namespace: n}
`, environ(env))
	if _, err := client.KV(t.Context(), "flags"); err != nil {
		t.Fatal(err)
	}
	_, err := client.KV(t.Context(), "other")
	if e := wantError(t, err, errs.InvalidArgument, "crosscloud.KV", "bad", "other"); e.Message != "crosscloud.yaml:6: environment variable BAD_TOKEN is not set" {
		t.Error(e.Message)
	}
	_, err = client.KVService(t.Context(), "bad")
	wantError(t, err, errs.InvalidArgument, "crosscloud.KVService", "bad", "bad")
	env["BAD_TOKEN"] = canary
	if _, err := client.KV(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	if got := c.accounts[1].Secret("token").Reveal(); got != canary {
		t.Errorf("token is %q", got)
	}
}

// What a variable or a file brings is checked like what the configuration says, and is not printed if it is a secret.
func TestValuesThatTurnOutMalformed(t *testing.T) {
	for _, tc := range []struct {
		field, want string
		code        errs.Code
	}{
		{"timeout: ${V}", `crosscloud.yaml:5: timeout is "canary`, errs.InvalidArgument},
		{"token: \"${V} \"", "crosscloud.yaml:5: token begins or ends with white space", errs.InvalidArgument},
		{"token_file: /nowhere/token", "crosscloud.yaml:5: cannot read the file of a secret, is this its path? no such file or directory", errs.InvalidArgument},
		{"token: ${V", "crosscloud.yaml:5: ${ must be followed by the plain name", errs.InvalidArgument},
		{"token: ${}", "crosscloud.yaml:5: ${ must be followed by the plain name", errs.InvalidArgument},
		{"token: ${UNSET}", "crosscloud.yaml:5: environment variable UNSET is not set", errs.InvalidArgument},
	} {
		t.Run(tc.field, func(t *testing.T) {
			client := newCloud().client(t, strings.Replace(simple, "driver: DRIVER\n", "driver: DRIVER\n    "+tc.field+"\n", 1),
				environ(map[string]string{"V": canary}))
			_, err := client.KV(t.Context(), "flags")
			e := wantError(t, err, tc.code, "crosscloud.KV", "main", "flags")
			if !strings.HasPrefix(e.Message, tc.want) {
				t.Errorf("%q, want %q", e.Message, tc.want)
			}
			if !strings.HasPrefix(tc.field, "timeout") {
				noCanary(t, err)
			}
		})
	}
}

func TestRequiredSecretThatIsMissing(t *testing.T) {
	name := newDriverName()
	providers.Register(providers.Driver{
		Name:    name,
		Options: []providers.Option{{Name: "token", Kind: providers.Secret, Required: true, Env: []string{"NEEDY_TOKEN"}, Doc: "the token of the account"}},
		Open:    func(context.Context, *providers.Settings) (providers.Account, error) { return bare{}, nil },
	})
	c := &cloud{name: name}
	client := c.client(t, simple)
	_, err := client.KV(t.Context(), "flags")
	e := wantError(t, err, errs.Unauthenticated, "crosscloud.KV", "main", "flags")
	if !strings.Contains(e.Message, "NEEDY_TOKEN") || !strings.Contains(e.Message, `"token"`) {
		t.Error(e.Message)
	}
	client = c.client(t, simple, environ(map[string]string{"NEEDY_TOKEN": "x"}))
	_, err = client.KV(t.Context(), "flags")
	if e := wantError(t, err, errs.Unsupported, "crosscloud.KV", "main", "flags"); !strings.Contains(e.Message, `driver "`+name+`" has no key-value namespaces`) {
		t.Error(e.Message)
	}
}

// bare is an account of a provider without namespaces.
type bare struct{}

func (bare) Close() error { return nil }

func TestNamespaceThatIsMissing(t *testing.T) {
	c := newCloud()
	c.byID = true
	client := c.client(t, simple)
	for range 2 {
		_, err := client.KV(t.Context(), "flags")
		wantError(t, err, errs.NamespaceNotFound, "kv.Namespace", "main", "flags")
	}
	if accounts, services, _ := c.counts(); accounts != 1 || services != 1 {
		t.Errorf("%d accounts and %d services were opened", accounts, services)
	}
}

func TestNameOfTheNamespace(t *testing.T) {
	for _, tc := range []struct {
		fields, name string
		byID         bool
		created      string
	}{
		{"namespace: flags", "flags", false, ""},
		{"namespace: flags\n    create: false", "flags", false, ""},
		{"namespace: flags\n    create: true", "flags", false, "flags"},
		{"namespace: there\n    create: true", "there", false, ""},
		{"namespace: ${ENV}-flags\n    create: true", "prod-flags", false, "prod-flags"},
		{"namespace: $${ENV}\n    create: true", "${ENV}", false, "${ENV}"},
		{"namespace: 7\n    create: true", "7", true, "7"},
		{"namespace: there", "there", true, ""},
		{"namespace_id: \"id-${ENV}\"", "id-prod", true, ""},
		{"namespace: flags\n    namespace_id: any", "flags", true, ""},
	} {
		t.Run(tc.fields, func(t *testing.T) {
			c := newCloud()
			c.byID = tc.byID
			c.namespaces = []driver.NamespaceInfo{{NamespaceRef: driver.NamespaceRef{Name: "there", ID: "1"}}}
			if strings.Contains(tc.fields, "namespace_id") {
				c.listing = func(context.Context) error { return errors.New("the name was looked up") }
			}
			client := c.client(t, strings.Replace(simple, "namespace: flags", tc.fields, 1), environ(map[string]string{"ENV": "prod"}))
			ns, err := client.KV(t.Context(), "flags")
			if err != nil {
				t.Fatal(err)
			}
			if ns.Name() != tc.name {
				t.Errorf("opened %q, want %q", ns.Name(), tc.name)
			}
			if got := strings.Join(c.created, " "); got != tc.created {
				t.Errorf("created %q, want %q", got, tc.created)
			}
		})
	}
}

func TestNamespaceByAVariableThatIsNotSet(t *testing.T) {
	for _, field := range []string{"namespace: ${NOWHERE}", "namespace_id: ${NOWHERE}"} {
		c := newCloud()
		client := c.client(t, strings.Replace(simple, "namespace: flags", field, 1))
		_, err := client.KV(t.Context(), "flags")
		if e := wantError(t, err, errs.InvalidArgument, "crosscloud.KV", "main", "flags"); e.Message != "crosscloud.yaml:8: environment variable NOWHERE is not set" {
			t.Error(e.Message)
		}
		if accounts, _, _ := c.counts(); accounts != 0 {
			t.Error("an account was opened for nothing")
		}
	}
}

func TestEncodingsTakeEffect(t *testing.T) {
	for fields, want := range map[string]string{
		"":                             "a/b=value",
		"key_encoding: underscore-hex": "a_2Fb=value",
		"value_encoding: base64":       "a/b=dmFsdWU=",
		"key_encoding: underscore-hex\n    value_encoding: base64": "a_2Fb=dmFsdWU=",
	} {
		c := newCloud()
		ns, err := c.client(t, simple+"    "+fields+"\n").KV(t.Context(), "flags")
		if err != nil {
			t.Fatal(err)
		}
		if err := ns.Put(t.Context(), "a/b", []byte("value")); err != nil {
			t.Fatal(err)
		}
		if got := c.keys[0] + "=" + c.values[0]; got != want {
			t.Errorf("%q: stored %s, want %s", fields, got, want)
		}
	}
}

func TestHandlesAreCached(t *testing.T) {
	c := newCloud()
	client := c.client(t, simple+"  again: {provider: main, namespace: flags}\n")
	handle := func(name string, opts ...kv.OpenOption) *kv.Namespace {
		t.Helper()
		ns, err := client.KV(t.Context(), name, opts...)
		if err != nil {
			t.Fatal(err)
		}
		return ns
	}
	first := handle("flags")
	if handle("flags") != first {
		t.Error("the second call returned another handle")
	}
	if handle("again") == first {
		t.Error("another resource has the same handle")
	}
	special := handle("flags", kv.WithKeyEncoding(kv.UnderscoreHex))
	if special == first || special.Capabilities().Key.Encoding != kv.UnderscoreHex {
		t.Error("options were not heeded")
	}
	if handle("flags") != first || first.Capabilities().Key.Encoding != "" {
		t.Error("a handle with options took the place of the one without")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if ns, err := client.KV(cancelled, "flags"); ns != first || err != nil {
		t.Errorf("a cached handle was not returned at once: %v", err)
	}
	if handle("flags", kv.Require(kv.NeedValueBytes(1))) != first {
		t.Error("a need that is met opened another handle")
	}
	_, err := client.KV(t.Context(), "flags", kv.Require(kv.NeedMetadata(1)))
	wantError(t, err, errs.Unsupported, "kv.Namespace", "main", "flags")
	if accounts, services, _ := c.counts(); accounts != 1 || services != 1 {
		t.Errorf("%d accounts and %d services were opened", accounts, services)
	}
}

// The option of the code goes over what the configuration says.
func TestOptionsGoOverTheConfiguration(t *testing.T) {
	c := newCloud()
	client := c.client(t, simple+"    key_encoding: underscore-hex\n")
	ns, err := client.KV(t.Context(), "flags", kv.WithKeyEncoding(kv.PlainKeys))
	if err != nil {
		t.Fatal(err)
	}
	if got := ns.Capabilities().Key.Encoding; got != kv.PlainKeys {
		t.Errorf("the key encoding is %q", got)
	}
}

func TestConcurrentCallersOpenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud()
		c.byID = true
		c.namespaces = []driver.NamespaceInfo{{NamespaceRef: driver.NamespaceRef{Name: "flags", ID: "1"}}}
		c.open = func(context.Context) error { time.Sleep(time.Second); return nil }
		listings := 0
		c.listing = func(context.Context) error { listings++; time.Sleep(time.Second); return nil }
		client := c.client(t, simple)
		handles := make([]*kv.Namespace, 100)
		var wg sync.WaitGroup
		for i := range handles {
			wg.Go(func() {
				var err error
				if handles[i], err = client.KV(t.Context(), "flags"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, h := range handles {
			if h == nil || h != handles[0] {
				t.Fatal("the callers got different handles")
			}
		}
		if accounts, services, _ := c.counts(); accounts != 1 || services != 1 || listings != 1 {
			t.Errorf("%d accounts and %d services were opened by %d look-ups", accounts, services, listings)
		}
	})
}

// Providers are opened independently: one that hangs does not hold up another.
func TestProvidersAreOpenedIndependently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, fast := newCloud(), newCloud()
		slow.open = hang
		client := slow.client(t, simple, withEntries(fast)...)
		ctx, cancel := context.WithCancel(t.Context())
		go client.KV(ctx, "flags")
		synctest.Wait()
		if _, err := client.KV(t.Context(), "fast"); err != nil {
			t.Error(err)
		}
		cancel()
	})
}

func TestFailedOpeningIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud()
		tries := 0
		c.open = func(context.Context) error {
			time.Sleep(time.Second)
			if tries++; tries == 1 {
				return &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary, VendorCode: "E1", Message: "try later"}
			}
			return nil
		}
		client := c.client(t, simple)
		results := make(chan error, 2)
		for range 2 {
			go func() { _, err := client.KV(t.Context(), "flags"); results <- err }()
			synctest.Wait()
		}
		e := wantError(t, <-results, errs.Unavailable, "crosscloud.KV", "main", "flags")
		if e.Retry != errs.Temporary || e.VendorCode != "E1" || e.Message != "try later" || e.Outcome != errs.NotApplied {
			t.Errorf("error: %+v, %v, %v", e, e.Retry, e.Outcome)
		}
		if err := <-results; err != nil {
			t.Errorf("the next caller failed too: %v", err)
		}
		if tries != 2 {
			t.Errorf("%d tries", tries)
		}
	})
}

// A caller that gives up while it opens leaves the next one to try; one that gives up while it waits harms nobody.
func TestCallersThatGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud()
		tries := 0
		c.open = func(ctx context.Context) error {
			if tries++; tries == 1 {
				return hang(ctx)
			}
			return nil
		}
		client := c.client(t, simple)
		call := func(ctx context.Context) chan error {
			result := make(chan error, 1)
			go func() { _, err := client.KV(ctx, "flags"); result <- err }()
			synctest.Wait()
			return result
		}
		opening, cancelOpening := context.WithCancel(t.Context())
		waiting, cancelWaiting := context.WithTimeout(t.Context(), time.Second)
		defer cancelWaiting()
		first, second, third := call(opening), call(waiting), call(t.Context())

		time.Sleep(time.Second)
		err := <-second
		e := wantError(t, err, errs.DeadlineExceeded, "crosscloud.KV", "main", "flags")
		if !errors.Is(err, context.DeadlineExceeded) || e.Outcome != errs.NotApplied {
			t.Errorf("error: %v", err)
		}
		cancelOpening()
		err = <-first
		wantError(t, err, errs.Canceled, "crosscloud.KV", "main", "flags")
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error: %v", err)
		}
		if err := <-third; err != nil {
			t.Errorf("the caller that did not give up: %v", err)
		}
		if accounts, _, _ := c.counts(); accounts != 1 || tries != 2 {
			t.Errorf("%d accounts after %d tries", accounts, tries)
		}
	})
}

func TestCancelledBeforeTheOpening(t *testing.T) {
	c := newCloud()
	client := c.client(t, simple)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 { // a choice between what is ready at once must not matter
		_, err := client.KV(ctx, "flags")
		wantError(t, err, errs.Canceled, "crosscloud.KV", "main", "flags")
		_, err = client.KVService(ctx, "main")
		wantError(t, err, errs.Canceled, "crosscloud.KVService", "main", "main")
	}
	if accounts, _, _ := c.counts(); accounts != 0 {
		t.Error("an account was opened all the same")
	}
}

// Resources share a service if and only if they say the same.
func TestServicesAreShared(t *testing.T) {
	c := newCloud()
	client := c.client(t, `
providers:
  main: {driver: DRIVER, zone: z0}
  twin: {driver: DRIVER, zone: z0}
kv:
  a: {provider: main, namespace: a}
  b: {provider: main, namespace: b, create: true, key_encoding: underscore-hex}
  c: {provider: main, namespace: a, zone: z1}
  d: {provider: main, namespace: b, zone: z1}
  e: {provider: main, namespace: a, zone: z2}
  f: {provider: main, namespace: a, zone: z1, zone_key: k}
  g: {provider: twin, namespace: a}
`)
	for _, tc := range []struct {
		resource           string
		services, accounts int
	}{{"a", 1, 1}, {"b", 1, 1}, {"c", 2, 1}, {"d", 2, 1}, {"e", 3, 1}, {"f", 4, 1}, {"g", 5, 2}} {
		if _, err := client.KV(t.Context(), tc.resource); err != nil {
			t.Fatal(err)
		}
		if accounts, services, _ := c.counts(); services != tc.services || accounts != tc.accounts {
			t.Errorf("after %s there are %d services of %d accounts, want %d of %d", tc.resource, services, accounts, tc.services, tc.accounts)
		}
	}
	service, err := client.KVService(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := client.KVService(t.Context(), "main"); again != service || err != nil {
		t.Errorf("the second call returned another service, %v", err)
	}
	if _, services, _ := c.counts(); services != 5 {
		t.Error("KVService opened a service although a resource that says nothing has one")
	}
	if info, err := service.CreateNamespace(t.Context(), "new"); err != nil || info.Name != "new" || c.created[len(c.created)-1] != "new" {
		t.Errorf("created %v, %v", info, err)
	}
}

func TestNamesThatAreNotThere(t *testing.T) {
	client := newCloud().client(t, simple+"  routes: {provider: main, namespace: r}\n")
	_, err := client.KV(t.Context(), "flgas")
	if e := wantError(t, err, errs.NotFound, "crosscloud.KV", "", "flgas"); !strings.HasSuffix(e.Message, "it has flags, routes") {
		t.Error(e.Message)
	}
	_, err = client.KVService(t.Context(), "flags")
	if e := wantError(t, err, errs.NotFound, "crosscloud.KVService", "", "flags"); !strings.HasSuffix(e.Message, "it has main") {
		t.Error(e.Message)
	}
}

// Whatever a driver returns when it is opened, the caller gets an *errs.Error that names everything and keeps the text.
func TestErrorsOfAnOpening(t *testing.T) {
	plain := errors.New("cannot parse the profile")
	refused := errs.Refuse(errs.PermissionDenied, "wrong account")
	for name, tc := range map[string]struct {
		err  error
		code errs.Code
		text string
	}{
		"plain":   {plain, errs.Unknown, "cannot parse the profile"},
		"code":    {errs.Unavailable, errs.Unavailable, ""},
		"error":   {refused, errs.PermissionDenied, "wrong account"},
		"wrapped": {fmt.Errorf("profile dev: %w", refused), errs.PermissionDenied, "profile dev: "},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud()
			c.open = func(context.Context) error { return tc.err }
			client := c.client(t, simple)
			_, err := client.KV(t.Context(), "flags")
			e := wantError(t, err, tc.code, "crosscloud.KV", "main", "flags")
			if e.Outcome != errs.NotApplied || !strings.Contains(err.Error(), tc.text) || !errors.Is(err, tc.err) && tc.err != error(refused) {
				t.Errorf("error: %v, %v", err, e.Outcome)
			}
			_, err = client.KVService(t.Context(), "main")
			wantError(t, err, tc.code, "crosscloud.KVService", "main", "main")
		})
	}
	if refused.Op != "" {
		t.Error("the driver's error was changed")
	}
}

// An account whose service cannot be opened is kept for the next try.
func TestErrorsOfAService(t *testing.T) {
	c := newCloud()
	client := c.client(t, simple)
	c.kvErr = errs.Refuse(errs.InvalidArgument, "no such zone")
	_, err := client.KV(t.Context(), "flags")
	if e := wantError(t, err, errs.InvalidArgument, "crosscloud.KV", "main", "flags"); e.Message != "no such zone" {
		t.Error(e.Message)
	}
	c.kvErr, c.tableless = nil, true
	_, err = client.KVService(t.Context(), "main")
	if e := wantError(t, err, errs.Internal, "crosscloud.KVService", "main", "main"); !strings.Contains(e.Message, "operation table") {
		t.Error(e.Message)
	}
	c.tableless = false
	if _, err := client.KV(t.Context(), "flags"); err != nil {
		t.Error(err)
	}
	if accounts, _, _ := c.counts(); accounts != 1 {
		t.Errorf("%d accounts were opened", accounts)
	}
}

// A required option may be left to the resources: then a resource must say it, and the entry itself has no service.
func TestRequiredOptionOfAResource(t *testing.T) {
	name := newDriverName()
	providers.Register(providers.Driver{
		Name:    name,
		Options: []providers.Option{{Name: "zone", Required: true, PerResource: true, Doc: "the zone"}},
		Open:    func(context.Context, *providers.Settings) (providers.Account, error) { return account{&cloud{}}, nil },
	})
	client := (&cloud{name: name}).client(t, simple+"  zoned: {provider: main, namespace: n, zone: z}\n")
	_, err := client.KV(t.Context(), "flags")
	if e := wantError(t, err, errs.InvalidArgument, "crosscloud.KV", "main", "flags"); !strings.Contains(e.Message, `driver "`+name+`" needs "zone"`) {
		t.Error(e.Message)
	}
	if _, err := client.KV(t.Context(), "zoned"); err != nil {
		t.Error(err)
	}
	_, err = client.KVService(t.Context(), "main")
	wantError(t, err, errs.InvalidArgument, "crosscloud.KVService", "main", "main")
}

// No printed form of a client or of its errors holds a secret.
func TestClientPrintsNoSecret(t *testing.T) {
	c := newCloud()
	c.open = func(context.Context) error { return errs.Refuse(errs.Unauthenticated, "the token is wrong") }
	client := c.client(t, `
providers:
  main: {driver: DRIVER, token: `+canary+`, zone_key: "${KEY}"}
kv:
  flags: {provider: main, namespace: n, zone_key: `+canary+`}
`, environ(map[string]string{"KEY": canary}))
	noCanary(t, client)
	if got := fmt.Sprintf("%+v", client); got != "crosscloud.Client{providers: main; kv: flags}" {
		t.Errorf("the client prints as %s", got)
	}
	if got := fmt.Sprint((*crosscloud.Client)(nil)); got != "<nil>" {
		t.Errorf("no client prints as %s", got)
	}
	_, err := client.KV(t.Context(), "flags")
	if err == nil {
		t.Fatal("opened")
	}
	noCanary(t, err)
	c.open = nil
	if _, err := client.KV(t.Context(), "flags"); err != nil {
		t.Fatal(err)
	}
	noCanary(t, client)
	if c.services[0].Secret("zone_key").Reveal() != canary {
		t.Error("the secret did not arrive, so that this test shows nothing")
	}
	noCanary(t, c.services[0])
}
