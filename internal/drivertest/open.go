// Package drivertest has what the tests of several drivers need: drivers opened as a client opens them, by an entry of a
// configuration; servers with faults; and checks that an error holds nothing secret, and that no recorded exchange is
// left out.
package drivertest

import (
	"testing"

	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
	workspacedriver "github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// Resolve returns the settings that an entry describes. Its field driver is passed over, so that it may be that of an
// emulator's Provider. A host without an environment has an empty one.
func Resolve(t testing.TB, driver string, entry map[string]string, host providers.Host) (*providers.Settings, error) {
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
	if host.LookupEnv == nil {
		host.LookupEnv = Env(nil)
	}
	return d.Resolve(values, host)
}

// Open opens the account that an entry describes, as [Resolve] reads it, until the test ends. The settings are those that
// its services take.
func Open(t testing.TB, driver string, entry map[string]string, host providers.Host) (providers.Account, *providers.Settings, error) {
	t.Helper()
	settings, err := Resolve(t, driver, entry, host)
	if err != nil {
		return nil, nil, err
	}
	account, err := providers.Lookup(driver).Open(t.Context(), settings)
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() { _ = account.Close() })
	return account, settings, nil
}

// KV opens the key-value service that an entry describes, as [Open] opens its account.
func KV(t testing.TB, driver string, entry map[string]string, host providers.Host) (kvdriver.Service, error) {
	t.Helper()
	account, settings, err := Open(t, driver, entry, host)
	if err != nil {
		return nil, err
	}
	return account.(providers.KV).KV(t.Context(), settings)
}

// KMS opens the service of keys that an entry describes, as [Open] opens its account.
func KMS(t testing.TB, driver string, entry map[string]string, host providers.Host) (kmsdriver.Service, error) {
	t.Helper()
	account, settings, err := Open(t, driver, entry, host)
	if err != nil {
		return nil, err
	}
	return account.(providers.KMS).KMS(t.Context(), settings)
}

// Workspaces opens the service of workspaces that an entry describes, as [Open] opens its account.
func Workspaces(t testing.TB, driver string, entry map[string]string, host providers.Host) (workspacedriver.Service, error) {
	t.Helper()
	account, settings, err := Open(t, driver, entry, host)
	if err != nil {
		return nil, err
	}
	return account.(providers.Workspaces).Workspaces(t.Context(), settings)
}

// Env is an environment of those variables.
func Env(vars map[string]string) func(name string) (string, bool) {
	return func(name string) (string, bool) {
		text, set := vars[name]
		return text, set
	}
}
