package crosscloud

import (
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// workspaceConfig is one entry of the workspace section.
type workspaceConfig struct {
	provider providers.Value
	id       providers.Value
	values   providers.Values // the driver's options that a resource may say
}

func (c *config) addWorkspace(name, from string, values providers.Values) error {
	f := fields{values: values}
	r := &workspaceConfig{}
	var err error
	if r.provider, err = f.resource("workspace", name, from); err != nil {
		return err
	}
	r.id, _ = f.take("workspace")
	if f.err != nil {
		return f.err
	}
	r.values = f.values
	if c.workspace == nil {
		c.workspace = map[string]*workspaceConfig{}
	}
	c.workspace[name] = r
	return nil
}
