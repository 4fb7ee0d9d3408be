package providers_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/providers"
)

func noAccount(context.Context, *providers.Settings) (providers.Account, error) {
	return nil, errors.New("no account")
}

// The registry has no way back, so that tests that run twice register once, as drivers do.
func init() {
	providers.Register(providers.Driver{Name: "test-zebra", Aliases: []string{"test-stripes"}, Doc: "z", Open: noAccount})
	providers.Register(providers.Driver{Name: "test-aardvark", Doc: "a", Open: noAccount})
	providers.Register(providers.Driver{Name: "test-taken", Aliases: []string{"test-taken-alias"}, Open: noAccount})
}

func TestRegisterAndLookup(t *testing.T) {
	for name, doc := range map[string]string{"test-zebra": "z", "test-stripes": "z", "test-aardvark": "a"} {
		if d := providers.Lookup(name); d == nil || d.Doc != doc {
			t.Errorf("Lookup(%q) is %v", name, d)
		}
	}
	for _, name := range []string{"", "test-none", "Test-Zebra", "test-zebra "} {
		if d := providers.Lookup(name); d != nil {
			t.Errorf("Lookup(%q) is %v", name, d)
		}
	}
	var names []string
	for _, d := range providers.Drivers() {
		names = append(names, d.Name)
	}
	if !slices.IsSorted(names) || !slices.Contains(names, "test-zebra") || !slices.Contains(names, "test-aardvark") {
		t.Errorf("Drivers() are %v", names)
	}
	if slices.Contains(names, "test-stripes") {
		t.Error("an alias is listed as a driver")
	}
	clear(providers.Drivers())
	if slices.Contains(providers.Drivers(), nil) {
		t.Error("who changes the list changes the registry")
	}
}

func TestRegisterPanics(t *testing.T) {
	options := func(o ...providers.Option) providers.Driver {
		return providers.Driver{Name: "test-faulty", Open: noAccount, Options: o}
	}
	for name, tc := range map[string]struct {
		driver providers.Driver
		says   string
	}{
		"no name":          {providers.Driver{Open: noAccount}, "empty name"},
		"no Open":          {providers.Driver{Name: "test-faulty"}, "no Open"},
		"empty alias":      {providers.Driver{Name: "test-faulty", Open: noAccount, Aliases: []string{""}}, "empty name"},
		"name twice":       {providers.Driver{Name: "test-taken", Open: noAccount}, "test-taken is taken"},
		"name is an alias": {providers.Driver{Name: "test-taken-alias", Open: noAccount}, "test-taken-alias is taken"},
		"alias is a name":  {providers.Driver{Name: "test-faulty", Open: noAccount, Aliases: []string{"test-taken"}}, "test-taken is taken"},
		"alias twice":      {providers.Driver{Name: "test-faulty", Open: noAccount, Aliases: []string{"test-taken-alias"}}, "test-taken-alias is taken"},
		"nameless option":  {options(providers.Option{Doc: "d"}), "without a name"},
		"option twice":     {options(providers.Option{Name: "a"}, providers.Option{Name: "a"}), `"a"`},
		"option for files": {options(providers.Option{Name: "key_file"}), "key_file"},
		"reserved name":    {options(providers.Option{Name: "namespace"}), "every entry has"},
		"unknown kind":     {options(providers.Option{Name: "a", Kind: "number"}), "unknown kind"},
		"wrong default":    {options(providers.Option{Name: "a", Kind: providers.Int, Default: "x"}), "default of the option a"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				text, _ := recover().(string)
				if !strings.HasPrefix(text, "providers: ") || !strings.Contains(text, tc.says) {
					t.Errorf("panics with %q", text)
				}
				if providers.Lookup("test-faulty") != nil {
					t.Error("it is registered all the same")
				}
			}()
			providers.Register(tc.driver)
		})
	}
}
