package local_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/kms/kmstest"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

// What every service of keys does, and what some do.
type (
	anyKMS interface {
		driver.Service
		driver.Creator
		driver.Describer
		driver.SymmetricCipher
		driver.DataKeyGenerator
		driver.ReEncrypter
		driver.AsymmetricCipher
		driver.Signer
		driver.PublicKeyGetter
		driver.Rotator
		driver.Importer
	}
	ownKMS interface {
		anyKMS
		driver.Renamer
		driver.Aliaser
		driver.Tagger
		driver.WrappedDataKeyGenerator
		driver.AsymmetricEncrypter
		driver.ImmediateRotator
		driver.VersionLister
		driver.RandomSource
	}
	huaweiKMS interface {
		anyKMS
		driver.Renamer
		driver.Aliaser
		driver.Tagger
		driver.WrappedDataKeyGenerator
		driver.DataKeyDecrypter
		driver.RotationPeriodSetter
		driver.RandomSource
	}
	alibabaKMS interface {
		anyKMS
		driver.Aliaser
		driver.Tagger
		driver.WrappedDataKeyGenerator
		driver.AsymmetricEncrypter
	}
)

// fewerRSA returns the capabilities without the RSA keys that take long to make. They are tried once.
func fewerRSA(c driver.Capabilities) driver.Capabilities {
	c.Keys = slices.DeleteFunc(c.Keys, func(k driver.KeyKind) bool { return k.Spec == driver.RSA3072 || k.Spec == driver.RSA4096 })
	return c
}

type fewerOwn struct{ ownKMS }

func (s fewerOwn) Capabilities() driver.Capabilities { return fewerRSA(s.ownKMS.Capabilities()) }

type fewerHuawei struct{ huaweiKMS }

func (s fewerHuawei) Capabilities() driver.Capabilities { return fewerRSA(s.huaweiKMS.Capabilities()) }

type fewerAlibaba struct{ alibabaKMS }

func (s fewerAlibaba) Capabilities() driver.Capabilities {
	return fewerRSA(s.alibabaKMS.Capabilities())
}

// Every disguise of the driver keeps the contract of keys, in memory; the file is tried once. The sub-tests of one share
// an account, since RSA keys take a while to make.
func TestKMSConformance(t *testing.T) {
	whole := func(s driver.Service) driver.Service { return s }
	fewer := func(s driver.Service) driver.Service { return fewerOwn{s.(ownKMS)} }
	all := whole
	if testing.Short() {
		all = fewer
	}
	for _, c := range []struct {
		name, like string
		file       bool
		wrap       func(driver.Service) driver.Service
		skip       map[string]string
	}{
		{name: "memory", wrap: all},
		{name: "file", file: true, wrap: fewer},
		{name: "huawei", like: "huawei", wrap: func(s driver.Service) driver.Service { return fewerHuawei{s.(huaweiKMS)} }},
		{name: "alibaba", like: "alibaba", wrap: func(s driver.Service) driver.Service { return fewerAlibaba{s.(alibabaKMS)} }},
		{name: "tencent", like: "tencent", wrap: whole, skip: map[string]string{
			"Import/Pending": "it deletes disabled keys only, which a key that waits for its material cannot be",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.like != "" && testing.Short() {
				t.Skip("another variant of the same suite")
			}
			options := local.Options{NoSync: true}
			if c.file {
				options.Path = filepath.Join(t.TempDir(), "keys.db")
			}
			account, err := local.Open(options)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := account.Close(); err != nil {
					t.Error(err)
				}
			}()
			kmstest.Run(t, kmstest.Harness{
				Name: "local, " + c.name,
				Open: func(t testing.TB) driver.Service {
					service, err := account.KMSService(local.KMSOptions{Like: c.like})
					if err != nil {
						t.Fatal(err)
					}
					return c.wrap(service)
				},
				VirtualTime: true,
				Skip:        c.skip,
			})
		})
	}
}
