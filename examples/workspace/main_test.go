package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/workspace"
)

// TestRun runs the program as a newcomer does, and on each cloud's emulator.
func TestRun(t *testing.T) {
	guance, cms := emulator.NewGuance(), emulator.NewAlibabaCMS()
	t.Cleanup(guance.Close)
	t.Cleanup(cms.Close)
	for name, c := range map[string]struct {
		config  crosscloud.Option
		options []workspace.CreateOption
		says    []string
		not     string
	}{
		"in memory": {crosscloud.YAML("crosscloud.yaml", bytes.NewReader(inMemory)), nil,
			[]string{"Made:\n  crosscloud-example-", `"made by an example"`, "Renamed:\n  crosscloud-example-renamed", "Listed: 1 in all.", "API key: deploy (", "secret [redacted].", "Deleted."}, "cannot"},
		"guance": {crosscloud.WithProvider("watch", crosscloud.Entry(guance.Provider())), nil,
			[]string{"cannot be made and deleted here", "first (" + guance.WorkspaceUUID() + ")"}, "Made:"},
		"guance external": {crosscloud.WithProvider("watch", crosscloud.Entry(guance.ExternalProvider())),
			[]workspace.CreateOption{workspace.ProviderOption("owner_uuid", emulator.GuanceAccount)},
			[]string{"Made:", "Renamed:", "Listed: 2 in all.", "secret [redacted].", "Deleted."}, "cannot"},
		"cms": {crosscloud.WithProvider("watch", crosscloud.Entry(cms.Provider())), nil,
			[]string{"Made:", "Listed: 1 in all.", "Deleted."}, "API key"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := run(t.Context(), &out, c.config, c.options...); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output does not say %q:\n%s", want, out.String())
				}
			}
			if strings.Contains(out.String(), c.not) {
				t.Errorf("the output says %q:\n%s", c.not, out.String())
			}
		})
	}
}

// What a provider needs and was not told fails before anything is made.
func TestMissingOption(t *testing.T) {
	guance := emulator.NewGuance()
	t.Cleanup(guance.Close)
	var out bytes.Buffer
	err := run(t.Context(), &out, crosscloud.WithProvider("watch", crosscloud.Entry(guance.ExternalProvider())))
	if err == nil || !strings.Contains(err.Error(), "owner_uuid") || len(guance.Requests()) != 0 {
		t.Errorf("%v", err)
	}
}
