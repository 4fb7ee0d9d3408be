package docstest_test

import (
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
	workspacedriver "github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// service is one service of a driver: what it is called in tables, how it is opened, and, once it is, one of kv, kms and
// workspace.
type service struct {
	name   string // the driver, and of several APIs which
	driver string
	title  string // what the vendor calls it
	cloud  emulator.Emulator
	entry  map[string]string

	kv        kvdriver.Service
	namespace kvdriver.Namespace
	kms       kmsdriver.Service
	workspace workspacedriver.Service
}

// operations are those of the service and, for key-value stores, of its namespaces.
func (s *service) operations() []policy.Operation {
	switch {
	case s.kv != nil:
		return append(s.kv.Operations(), s.namespace.Operations()...)
	case s.kms != nil:
		return s.kms.Operations()
	}
	return s.workspace.Operations()
}

// own is the entry of the embedded driver.
var own = map[string]string{"driver": "local"}

// kvServices opens the services of namespaces, in the order of tables. Nothing is sent.
func kvServices(t testing.TB) []*service {
	all := []*service{
		{name: "local", title: "embedded", entry: own},
		{name: "alibaba", title: "ESA Edge KV", cloud: emulator.NewAlibaba(emulator.InMemory())},
		{name: "cloudflare", title: "Workers KV", cloud: emulator.NewCloudflare(emulator.InMemory())},
		{name: "tencent", title: "EdgeOne KV", cloud: emulator.NewTencent(emulator.InMemory())},
	}
	for _, s := range all {
		account, settings := open(t, s)
		var err error
		if s.kv, err = account.(providers.KV).KV(t.Context(), settings); err != nil {
			t.Fatal(err)
		}
		if s.namespace, err = s.kv.OpenNamespace(kvdriver.NamespaceRef{Name: "flags", ID: "flags"}); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// kmsServices opens the services of keys.
func kmsServices(t testing.TB) []*service {
	all := []*service{
		{name: "local", title: "embedded, for development", entry: own},
		{name: "alibaba", title: "KMS", cloud: emulator.NewAlibabaKMS(emulator.InMemory())},
		{name: "huawei", title: "DEW KMS", cloud: emulator.NewHuaweiKMS(emulator.InMemory())},
		{name: "tencent", title: "KMS", cloud: emulator.NewTencentKMS(emulator.InMemory())},
	}
	for _, s := range all {
		account, settings := open(t, s)
		var err error
		if s.kms, err = account.(providers.KMS).KMS(t.Context(), settings); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// workspaceServices opens the services of workspaces.
func workspaceServices(t testing.TB) []*service {
	external := emulator.NewGuance(emulator.InMemory())
	all := []*service{
		{name: "local", title: "embedded", entry: own},
		{name: "alibaba", title: "CMS 2.0", cloud: emulator.NewAlibabaCMS(emulator.InMemory())},
		{name: "guance", title: "OpenAPI", cloud: emulator.NewGuance(emulator.InMemory())},
		{name: "guance `api: external`", title: "External API", cloud: external, entry: external.ExternalProvider()},
	}
	for _, s := range all {
		account, settings := open(t, s)
		var err error
		if s.workspace, err = account.(providers.Workspaces).Workspaces(t.Context(), settings); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// open opens the account of a service, on its emulator if it has one.
func open(t testing.TB, s *service) (providers.Account, *providers.Settings) {
	t.Helper()
	host := providers.Host{LookupEnv: func(string) (string, bool) { return "", false }}
	if s.cloud != nil {
		t.Cleanup(s.cloud.Close)
		host.DialContext = s.cloud.DialContext
		if s.entry == nil {
			s.entry = s.cloud.Provider()
		}
	}
	s.driver = s.entry["driver"]
	account, settings, err := drivertest.Open(t, s.driver, s.entry, host)
	if err != nil {
		t.Fatal(err)
	}
	return account, settings
}
