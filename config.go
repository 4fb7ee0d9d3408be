package crosscloud

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// config is what the file and the options say, by name.
type config struct {
	providers map[string]*providerConfig
	kv        map[string]*kvConfig
	kms       map[string]*kmsConfig
	workspace map[string]*workspaceConfig
}

// providerConfig is one entry of the providers section.
type providerConfig struct {
	name        string
	driver      *providers.Driver
	values      providers.Values // the driver's options
	maxAttempts int
	concurrency int
	timeout     time.Duration // of one request
	rate        policy.Rate
}

func (c *config) addProvider(name, from string, values providers.Values) error {
	f := fields{values: values}
	p := &providerConfig{name: name}
	if name == "" {
		return errs.Refuse(errs.InvalidArgument, "%s: a provider's name is empty", from)
	}
	driver, said := f.literal("driver")
	switch {
	case f.err != nil:
		return f.err
	case !said:
		return errs.Refuse(errs.InvalidArgument, "%s: provider %q does not say its driver; registered are %s", from, name, driverNames())
	}
	if p.driver = providers.Lookup(driver.Text); p.driver == nil {
		return errs.Refuse(errs.InvalidArgument, "%s: %s", driver.From, unknownDriver(driver.Text))
	}
	f.parse("max_attempts", positive(&p.maxAttempts))
	f.parse("concurrency", positive(&p.concurrency))
	f.parse("attempt_timeout", positiveDuration(&p.timeout))
	f.parse("rate_limit", rateLimit(&p.rate))
	f.parse("rate_share", rateShare(&p.rate))
	if f.err != nil {
		return f.err
	}
	p.values = f.values
	if err := checkValues(p.driver, p.values, providerFields, false); err != nil {
		return err
	}
	if c.providers == nil {
		c.providers = map[string]*providerConfig{}
	}
	c.providers[name] = p
	return nil
}

// check looks at what only the whole configuration can tell.
func (c *config) check() error {
	for _, name := range slices.Sorted(maps.Keys(c.kv)) {
		if err := c.checkResource("kv", name, c.kv[name].provider, c.kv[name].values, kvFields); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.kms)) {
		if err := c.checkKMS(name); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.workspace)) {
		if err := c.checkResource("workspace", name, c.workspace[name].provider, c.workspace[name].values, workspaceFields); err != nil {
			return err
		}
	}
	return nil
}

func (c *config) checkResource(kind, name string, provider providers.Value, values providers.Values, fields []string) error {
	p := c.providers[provider.Text]
	if p == nil {
		return errs.Refuse(errs.InvalidArgument, "%s: %s resource %q names the provider %q, which is not there; there is %s",
			provider.From, kind, name, provider.Text, sortedNames(c.providers))
	}
	return checkValues(p.driver, values, fields, true)
}

// The fields of any provider's entry, and of any resource's.
var (
	providerFields = []string{"driver", "max_attempts", "concurrency", "attempt_timeout", "rate_limit", "rate_share"}
	kvFields       = []string{"provider", "namespace", "namespace_id", "create", "key_encoding", "value_encoding", "read_back"}
	kmsFields      = []string{"provider", "key", "key_name", "create", "spec", "usage", "decrypt_with"}

	workspaceFields = []string{"provider", "workspace"}
)

// checkValues is the driver's Check, save that an unknown field is answered with all fields that the entry may have.
func checkValues(d *providers.Driver, values providers.Values, fields []string, perResource bool) error {
	known := map[string]bool{}
	for _, o := range d.Options {
		known[o.Name] = true
		known[o.Name+"_file"] = o.Kind == providers.Secret
		if o.PerResource || !perResource {
			fields = append(slices.Clip(fields), o.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !known[name] {
			return errs.Refuse(errs.InvalidArgument, "%s: unknown field %q; with the driver %q there are %s", values[name].From, name, d.Name, names(fields))
		}
	}
	return d.Check(values, perResource)
}

func unknownDriver(name string) string {
	if path, known := builtin[name]; known {
		return fmt.Sprintf("driver %q is not linked into this program; add: import _ %q", name, path)
	}
	return fmt.Sprintf("driver %q is not known; registered are %s", name, driverNames())
}

// builtin says which package registers a driver that this module has.
var builtin = map[string]string{
	"alibaba":    "github.com/crosscloud-sdk/crosscloud/providers/alibaba",
	"esa":        "github.com/crosscloud-sdk/crosscloud/providers/alibaba",
	"aliyun":     "github.com/crosscloud-sdk/crosscloud/providers/alibaba",
	"cloudflare": "github.com/crosscloud-sdk/crosscloud/providers/cloudflare",
	"workers-kv": "github.com/crosscloud-sdk/crosscloud/providers/cloudflare",
	"guance":     "github.com/crosscloud-sdk/crosscloud/providers/guance",
	"truewatch":  "github.com/crosscloud-sdk/crosscloud/providers/guance",
	"huawei":     "github.com/crosscloud-sdk/crosscloud/providers/huawei",
	"local":      "github.com/crosscloud-sdk/crosscloud/providers/local",
	"tencent":    "github.com/crosscloud-sdk/crosscloud/providers/tencent",
	"edgeone":    "github.com/crosscloud-sdk/crosscloud/providers/tencent",
	"teo":        "github.com/crosscloud-sdk/crosscloud/providers/tencent",
}

func driverNames() string {
	var all []string
	for _, d := range providers.Drivers() {
		all = append(all, d.Name)
	}
	return names(all)
}

// sortedNames lists the names of entries.
func sortedNames[E any](entries map[string]E) string { return names(slices.Sorted(maps.Keys(entries))) }

func names(all []string) string {
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

// fieldsOf lists the fields of an entry.
func fieldsOf(values providers.Values) string {
	if len(values) == 0 {
		return "nothing"
	}
	return sortedNames(values)
}
