// Package drivertest opens drivers in their tests as a client does, by an entry of a configuration.
package drivertest

import (
	"testing"

	"github.com/crosscloud-sdk/crosscloud/providers"
)

// Open opens the account that an entry describes, until the test ends. The settings are those that its services take. The
// entry's field driver is passed over, so that it may be that of an emulator's Provider.
func Open(t testing.TB, driver string, entry map[string]string, host providers.Host) (providers.Account, *providers.Settings, error) {
	t.Helper()
	d := providers.Lookup(driver)
	if d == nil {
		t.Fatalf("there is no driver %q", driver)
	}
	values := providers.Values{}
	for name, text := range entry {
		if name != "driver" {
			values[name] = providers.Value{Text: text, From: "test"}
		}
	}
	settings, err := d.Resolve(values, host)
	if err != nil {
		return nil, nil, err
	}
	account, err := d.Open(t.Context(), settings)
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() { _ = account.Close() })
	return account, settings, nil
}
