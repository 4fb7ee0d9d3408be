package limits_test

import (
	"reflect"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

func TestWorkspaces(t *testing.T) {
	c := limits.Workspaces()
	for name, ok := range map[string]bool{"prod-cn-hangzhou": true, "a/b": true, "": false, ".": false, "..": false} {
		if err := c.Name.Check("name", name); (err == nil) != ok {
			t.Errorf("name %q: %v", name, err)
		}
	}
	var required, all []string
	for _, o := range c.Options {
		all = append(all, o.Name)
		if o.Required {
			required = append(required, o.Name)
		}
	}
	if !reflect.DeepEqual(required, []string{"sls_project"}) || !reflect.DeepEqual(all, []string{"sls_project", "resource_group_id"}) { // page PutWorkspace
		t.Errorf("options %v, of these required %v", all, required)
	}
	c.Name, c.Options = driver.NameRule{}, nil
	want := driver.Capabilities{
		Get:            driver.Native, // GetWorkspace
		Create:         driver.Native, // PutWorkspace
		List:           driver.Native, // ListWorkspaces
		Delete:         driver.Native, // DeleteWorkspace
		CreateReplaces: true,
		NamesAreIDs:    true,          // the path of PutWorkspace
		Description:    driver.Native, // PutWorkspace
		MaxPage:        50,            // ListWorkspaces
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("Workspaces() = %+v, want %+v", c, want)
	}
}
