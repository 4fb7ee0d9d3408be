package limits_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/providers/guance/limits"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

func TestNames(t *testing.T) {
	for which, c := range map[string]driver.Capabilities{"Open": limits.Open(), "External": limits.External()} {
		for name, ok := range map[string]bool{"": false, strings.Repeat("观", 256): true, strings.Repeat("n", 257): false, "a/b c": true} {
			if err := c.Name.Check("name", name); (err == nil) != ok { // page create
				t.Errorf("%s: a name of %d bytes: %v", which, len(name), err)
			}
		}
	}
	long := strings.Repeat("k", 257)
	if err := limits.Open().APIKeyName.Check("name", long); err != nil { // page accesskey/add names no limit
		t.Error(err)
	}
	if err := limits.External().APIKeyName.Check("name", long); err == nil { // page accesskey/add
		t.Error("a key's name of 257 characters is accepted")
	}
}

func TestOpen(t *testing.T) {
	c := limits.Open()
	if len(c.Options) != 1 || c.Options[0].Name != "paid" || c.Options[0].Required {
		t.Errorf("options %+v", c.Options)
	}
	c.Name, c.APIKeyName, c.Options = driver.NameRule{}, driver.NameRule{}, nil
	want := driver.Capabilities{
		Own: driver.Native, Get: driver.Emulated, // get: no id
		Create: driver.Native, CreateAPIKeyWith: driver.Native, // create
		Update: driver.Native, Description: driver.Native, // modify
		Languages: []string{"zh", "en"}, // create
		APIKeys:   driver.Native, CreateAPIKey: driver.Native, DeleteAPIKey: driver.Native, APIKeyRoles: driver.Native,
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("Open() = %+v, want %+v", c, want)
	}
}

func TestExternal(t *testing.T) {
	c := limits.External()
	if len(c.Options) != 1 || c.Options[0].Name != "owner_uuid" || !c.Options[0].Required { // create: ownerUuid
		t.Errorf("options %+v", c.Options)
	}
	c.Name, c.APIKeyName, c.Options = driver.NameRule{}, driver.NameRule{}, nil
	want := driver.Capabilities{
		Get: driver.Native, Create: driver.Native, List: driver.Native, Update: driver.Native, Delete: driver.Native,
		Languages: []string{"zh", "en"}, MaxPage: 100,
		CreateAPIKey: driver.Native, APIKeyRoles: driver.Native, UsageLimits: driver.Native, TransferOwner: driver.Native,
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("External() = %+v, want %+v", c, want)
	}
	if got := limits.UsageKinds(); !reflect.DeepEqual(got, []string{"metric", "network", "rum", "logging", "tracing", "profile", "dialing"}) { // usage_limit/update
		t.Errorf("kinds %v", got)
	}
}

func TestRates(t *testing.T) {
	key, workspace := limits.KeyRate(), limits.WorkspaceRate()
	if key.N != 20 || key.Per != time.Minute || workspace.N != 200 || workspace.Per != time.Minute { // api-limit
		t.Errorf("%+v a key, %+v a workspace", key, workspace)
	}
	for _, l := range []interface{ Validate() error }{key, workspace} {
		if err := l.Validate(); err != nil {
			t.Error(err)
		}
	}
}
