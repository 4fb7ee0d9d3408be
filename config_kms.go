package crosscloud

import (
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// kmsConfig is one entry of the kms section.
type kmsConfig struct {
	provider  providers.Value
	id, name  providers.Value
	create    bool
	spec      kms.Spec
	usage     kms.Usage
	openers   []string // the resources whose ciphertexts the key opens too
	openersAt string
	values    providers.Values // the driver's options that a resource may say
}

// createOptions returns how the resource's key is made where it is missing.
func (r *kmsConfig) createOptions() (opts []kms.CreateOption) {
	if r.spec != "" {
		opts = append(opts, kms.WithSpec(r.spec))
	}
	if r.usage != "" {
		opts = append(opts, kms.WithUsage(r.usage))
	}
	return opts
}

// The specs and usages that a configuration may say of a key that is made.
var (
	keySpecs  = []kms.Spec{kms.AES256, kms.SM4, kms.RSA2048, kms.RSA3072, kms.RSA4096, kms.ECP256, kms.ECP384, kms.ECSecp256k1, kms.SM2}
	keyUsages = []kms.Usage{kms.EncryptDecrypt, kms.SignVerify}
)

func (c *config) addKMS(name, from string, values providers.Values) error {
	f := fields{values: values}
	r := &kmsConfig{}
	var err error
	if r.provider, err = f.resource("kms", name, from); err != nil {
		return err
	}
	r.id, _ = f.take("key")
	r.name, _ = f.take("key_name")
	f.parse("create", isTrue(&r.create))
	f.parse("spec", oneOf(&r.spec, keySpecs))
	f.parse("usage", oneOf(&r.usage, keyUsages))
	r.openersAt = f.values["decrypt_with"].From
	f.parse("decrypt_with", list(&r.openers))
	switch {
	case f.err != nil:
		return f.err
	case r.id.Text == "" && r.name.Text == "":
		return errs.Refuse(errs.InvalidArgument, "%s: kms resource %q says neither its key (by id) nor its key_name; it says %s", from, name, f.said)
	case r.id.Text != "" && r.name.Text != "":
		return errs.Refuse(errs.InvalidArgument, "%s: kms resource %q says both its key and its key_name; one is enough", from, name)
	case r.create && r.name.Text == "":
		return errs.Refuse(errs.InvalidArgument, "%s: kms resource %q says create without a key_name; a key given by id cannot be made", from, name)
	case !r.create && (r.spec != "" || r.usage != ""):
		return errs.Refuse(errs.InvalidArgument, "%s: kms resource %q says spec or usage without create: true; they are of a key that is made", from, name)
	case slices.Contains(r.openers, name):
		return errs.Refuse(errs.InvalidArgument, "%s: kms resource %q decrypts with itself in any case; leave it out of decrypt_with", r.openersAt, name)
	}
	r.values = f.values
	if c.kms == nil {
		c.kms = map[string]*kmsConfig{}
	}
	c.kms[name] = r
	return nil
}

// checkKMS looks at what only the whole configuration can tell of a key.
func (c *config) checkKMS(name string) error {
	r := c.kms[name]
	for _, opener := range r.openers {
		if c.kms[opener] == nil {
			return errs.Refuse(errs.InvalidArgument, "%s: kms resource %q decrypts with %q, which is not there; there is %s",
				r.openersAt, name, opener, sortedNames(c.kms))
		}
	}
	return c.checkResource("kms", name, r.provider, r.values, kmsFields)
}
