package providers

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	workspacedriver "github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// Driver declares a provider: its names, its options and how to open it.
type Driver struct {
	// Name is what a configuration calls the driver: the vendor's name in lower case.
	Name string
	// Aliases are further names, such as that of the vendor's product.
	Aliases []string
	// Doc says in one sentence what the driver gives access to.
	Doc string
	// Options are what can be configured, in the order of the documentation.
	Options []Option
	// Open opens the account that an entry describes. It is called when a resource of the entry is first used. It
	// checks the settings and prepares clients, but sends nothing that costs or changes anything.
	Open func(context.Context, *Settings) (Account, error)
}

// Account is an open provider entry. It implements [KV] if the provider has key-value namespaces, [KMS] if it has keys,
// and [Workspaces] if it has workspaces.
type Account interface {
	// Close releases what the account holds. It is called once, when no call is under way any more.
	Close() error
}

// KV is implemented by accounts that have key-value namespaces.
type KV interface {
	// KV returns the service that the settings of one resource select, such as a zone. The settings are those of the
	// account overlaid by those of the resource. It does no I/O.
	KV(context.Context, *Settings) (kvdriver.Service, error)
}

// KMS is implemented by accounts that have encryption and signing keys.
type KMS interface {
	// KMS returns the service that the settings of one resource select, such as a region; see [KV].
	KMS(context.Context, *Settings) (kmsdriver.Service, error)
}

// Workspaces is implemented by accounts that have observability workspaces.
type Workspaces interface {
	// Workspaces returns the service that the settings of one resource select; see [KV].
	Workspaces(context.Context, *Settings) (workspacedriver.Service, error)
}

// The registry; drivers enter it from init functions.
var registry struct {
	sync.RWMutex
	drivers []*Driver
}

// Register adds a driver. It is meant for init functions and panics if the declaration is incomplete or
// contradicts itself, or if one of the names is taken.
func Register(d Driver) {
	if fault := d.fault(); fault != "" {
		panic("providers: driver " + strconv.Quote(d.Name) + ": " + fault)
	}
	registry.Lock()
	defer registry.Unlock()
	for _, name := range d.names() {
		if find(name) != nil {
			panic("providers: the driver name " + name + " is taken")
		}
	}
	registry.drivers = append(registry.drivers, &d)
	slices.SortFunc(registry.drivers, func(a, b *Driver) int { return strings.Compare(a.Name, b.Name) })
}

// reserved are the fields of a configuration's entries that are not the driver's.
var reserved = []string{
	"driver", "max_attempts", "concurrency", "attempt_timeout", "rate_limit", "rate_share",
	"provider", "namespace", "namespace_id", "create", "key_encoding", "value_encoding",
	"key", "key_name", "spec", "usage", "decrypt_with", "workspace",
}

// fault says what is wrong with a declaration, "" if nothing is.
func (d *Driver) fault() string {
	switch {
	case slices.Contains(d.names(), ""):
		return "an empty name"
	case d.Open == nil:
		return "no Open function"
	}
	for i := range d.Options {
		o := &d.Options[i]
		switch {
		case o.Name == "" || d.option(o.Name) != o:
			return "an option without a name of its own: " + strconv.Quote(o.Name)
		case slices.Contains(reserved, o.Name):
			return "the option " + o.Name + " has the name of a field that every entry has"
		case strings.HasSuffix(o.Name, fileSuffix):
			return "the option " + o.Name + " has the ending of a file that holds a secret"
		case !slices.Contains([]Kind{"", Text, Secret, Duration, Bool, Int}, o.Kind):
			return "the option " + o.Name + " is of an unknown kind"
		case o.Default != "" && o.check(o.Default, "") != nil:
			return "the default of the option " + o.Name + " is not accepted"
		}
	}
	return ""
}

// Lookup returns the driver of that name or alias, nil if none is registered.
func Lookup(name string) *Driver {
	registry.RLock()
	defer registry.RUnlock()
	return find(name)
}

// Drivers returns the registered drivers in the order of their names.
func Drivers() []*Driver {
	registry.RLock()
	defer registry.RUnlock()
	return slices.Clone(registry.drivers)
}

func find(name string) *Driver {
	for _, d := range registry.drivers {
		if slices.Contains(d.names(), name) {
			return d
		}
	}
	return nil
}

func (d *Driver) names() []string { return append([]string{d.Name}, d.Aliases...) }

func (d *Driver) option(name string) *Option {
	i := slices.IndexFunc(d.Options, func(o Option) bool { return o.Name == name })
	if i < 0 {
		return nil
	}
	return &d.Options[i]
}
