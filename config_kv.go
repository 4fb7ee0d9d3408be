package crosscloud

import (
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// kvConfig is one entry of the kv section.
type kvConfig struct {
	provider      providers.Value
	namespace, id providers.Value
	create        bool
	readBack      bool
	keys          kv.KeyEncoding
	kvValues      kv.ValueEncoding
	values        providers.Values // the driver's options that a resource may say
}

// openOptions returns how the resource's namespace is opened, with ${NAME} replaced in its id.
func (r *kvConfig) openOptions(getenv func(string) (string, bool)) (name string, opts []kv.OpenOption, err error) {
	if name, err = r.namespace.Expand(getenv); err != nil {
		return "", nil, err
	}
	id, err := r.id.Expand(getenv)
	if err != nil {
		return "", nil, err
	}
	if id != "" {
		opts = append(opts, kv.WithID(id))
	}
	if r.create {
		opts = append(opts, kv.CreateIfMissing())
	}
	if r.readBack {
		opts = append(opts, kv.WithReadBack())
	}
	return name, append(opts, kv.WithKeyEncoding(r.keys), kv.WithValueEncoding(r.kvValues)), nil
}

func (c *config) addKV(name, from string, values providers.Values) error {
	f := fields{values: values}
	r := &kvConfig{}
	var err error
	if r.provider, err = f.resource("kv", name, from); err != nil {
		return err
	}
	r.namespace, _ = f.take("namespace")
	r.id, _ = f.take("namespace_id")
	if r.namespace.Text == "" && r.id.Text == "" {
		return errs.Refuse(errs.InvalidArgument, "%s: kv resource %q does not say its namespace; it says %s", from, name, f.said)
	}
	f.parse("create", isTrue(&r.create))
	f.parse("key_encoding", oneOf(&r.keys, driver.KeyEncodings()))
	f.parse("value_encoding", oneOf(&r.kvValues, driver.ValueEncodings()))
	f.parse("read_back", isTrue(&r.readBack))
	if f.err != nil {
		return f.err
	}
	r.values = f.values
	if c.kv == nil {
		c.kv = map[string]*kvConfig{}
	}
	c.kv[name] = r
	return nil
}
