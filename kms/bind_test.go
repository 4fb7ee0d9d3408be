package kms_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// bare is an account whose driver has no optional interface.
func bare() *account {
	a := labelled()
	a.caps = driver.Capabilities{Vendor: "fake", MaxPage: 1, DeletionDays: driver.Range{Min: 7, Max: 30}}
	a.rows = rowsOf(driver.OpDescribeKey, driver.OpListKeys, driver.OpEnableKey, driver.OpDisableKey, driver.OpScheduleDeletion, driver.OpCancelDeletion)
	return a
}

// bareService has the methods that every driver has, and no others.
type bareService struct{ driver.Service }

func rowsOf(names ...string) (rows []policy.Operation) {
	for _, name := range names {
		rows = append(rows, policy.Operation{Name: name})
	}
	return rows
}

func wantMismatch(t *testing.T, err error, says string) {
	t.Helper()
	if err == nil || errs.CodeOf(err) != errs.Internal || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v, want it to say %q", err, says)
	}
}

// power is an optional interface of drivers with what declares it.
type power struct {
	capability, iface string
	ops               []string
	declare           func(*driver.Capabilities)
	// with adds the interface to a driver. None of its methods can be called.
	with func(driver.Service) driver.Service
}

func powers() []power {
	type caps = driver.Capabilities
	type service = driver.Service
	days := driver.Range{Min: 1, Max: 9}
	return []power{
		{"Create", "Creator", []string{driver.OpCreateKey}, func(c *caps) { c.Create, c.Keys = driver.Native, []driver.KeyKind{{}} }, func(s service) service {
			return struct {
				service
				driver.Creator
			}{s, nil}
		}},
		{"RegionalSpec", "SymmetricSpecGetter", []string{driver.OpSymmetricSpecs}, func(c *caps) { c.RegionalSpec = driver.Native }, func(s service) service {
			return struct {
				service
				driver.SymmetricSpecGetter
			}{s, nil}
		}},
		{"Rename", "Renamer", []string{driver.OpRename}, func(c *caps) { c.Rename = driver.Native }, func(s service) service {
			return struct {
				service
				driver.Renamer
			}{s, nil}
		}},
		{"SetDescription", "Describer", []string{driver.OpSetDescription}, func(c *caps) { c.SetDescription = driver.Native }, func(s service) service {
			return struct {
				service
				driver.Describer
			}{s, nil}
		}},
		{"Aliases", "Aliaser", []string{driver.OpListAliases, driver.OpCreateAlias, driver.OpDeleteAlias}, func(c *caps) { c.Aliases = driver.Native }, func(s service) service {
			return struct {
				service
				driver.Aliaser
			}{s, nil}
		}},
		{"Tags", "Tagger", []string{driver.OpListTags, driver.OpSetTags, driver.OpRemoveTags}, func(c *caps) { c.Tags, c.Tag.Max = driver.Native, 1 }, func(s service) service {
			return struct {
				service
				driver.Tagger
			}{s, nil}
		}},
		{"Rotation", "Rotator", []string{driver.OpGetRotation, driver.OpSetRotation}, func(c *caps) { c.Rotation, c.RotationDays = driver.Native, days }, func(s service) service {
			return struct {
				service
				driver.Rotator
			}{s, nil}
		}},
		{"RotateNow", "ImmediateRotator", []string{driver.OpRotateNow}, func(c *caps) { c.RotateNow = driver.Native }, func(s service) service {
			return struct {
				service
				driver.ImmediateRotator
			}{s, nil}
		}},
		{"KeyVersions", "VersionLister", []string{driver.OpListVersions}, func(c *caps) { c.KeyVersions = driver.Native }, func(s service) service {
			return struct {
				service
				driver.VersionLister
			}{s, nil}
		}},
		{"Import", "Importer", []string{driver.OpImportParameters, driver.OpImportKeyMaterial, driver.OpDeleteKeyMaterial}, func(c *caps) { c.Import, c.Wrapping = driver.Native, []driver.EncryptionAlgorithm{"x"} }, func(s service) service {
			return struct {
				service
				driver.Importer
			}{s, nil}
		}},
		{"Symmetric", "SymmetricCipher", []string{driver.OpEncrypt, driver.OpDecrypt}, func(c *caps) { c.Symmetric, c.MaxPlaintextBytes = driver.Native, 1 }, func(s service) service {
			return struct {
				service
				driver.SymmetricCipher
			}{s, nil}
		}},
		{"DataKeys", "DataKeyGenerator", []string{driver.OpGenerateDataKey}, func(c *caps) { c.DataKeys, c.DataKeyBytes = driver.Native, days }, func(s service) service {
			return struct {
				service
				driver.DataKeyGenerator
			}{s, nil}
		}},
		{"WrappedDataKeys as Native", "WrappedDataKeyGenerator", []string{driver.OpGenerateWrappedKey}, func(c *caps) { c.WrappedDataKeys = driver.Native }, func(s service) service {
			return struct {
				service
				driver.WrappedDataKeyGenerator
			}{s, nil}
		}},
		{"DataKeyDecrypt", "DataKeyDecrypter", []string{driver.OpDecryptDataKey}, func(c *caps) { c.DataKeyDecrypt = driver.Native }, func(s service) service {
			return struct {
				service
				driver.DataKeyDecrypter
			}{s, nil}
		}},
		{"ReEncrypt", "ReEncrypter", []string{driver.OpReEncrypt}, func(c *caps) { c.ReEncrypt = driver.Native }, func(s service) service {
			return struct {
				service
				driver.ReEncrypter
			}{s, nil}
		}},
		{"Asymmetric", "AsymmetricCipher", []string{driver.OpAsymmetricDecrypt}, func(c *caps) { c.Asymmetric = driver.Native }, func(s service) service {
			return struct {
				service
				driver.AsymmetricCipher
			}{s, nil}
		}},
		{"AsymmetricEncrypt as Native", "AsymmetricEncrypter", []string{driver.OpAsymmetricEncrypt}, func(c *caps) { c.AsymmetricEncrypt = driver.Native }, func(s service) service {
			return struct {
				service
				driver.AsymmetricEncrypter
			}{s, nil}
		}},
		{"Sign", "Signer", []string{driver.OpSign, driver.OpVerify}, func(c *caps) { c.Sign = driver.Native }, func(s service) service {
			return struct {
				service
				driver.Signer
			}{s, nil}
		}},
		{"PublicKey", "PublicKeyGetter", []string{driver.OpPublicKey}, func(c *caps) { c.PublicKey = driver.Native }, func(s service) service {
			return struct {
				service
				driver.PublicKeyGetter
			}{s, nil}
		}},
		{"Random", "RandomSource", []string{driver.OpRandom}, func(c *caps) { c.Random, c.MaxRandomBytes = driver.Native, 1 }, func(s service) service {
			return struct {
				service
				driver.RandomSource
			}{s, nil}
		}},
	}
}

// What a driver declares and does not implement, or the reverse, is found when the service is opened; so is a method
// without its row in the table, and a row that calls read-only what changes something.
func TestDriverDisagrees(t *testing.T) {
	t.Parallel()
	reading := []string{
		driver.OpSymmetricSpecs, driver.OpListAliases, driver.OpListTags, driver.OpGetRotation, driver.OpListVersions, driver.OpImportParameters,
		driver.OpEncrypt, driver.OpDecrypt, driver.OpGenerateDataKey, driver.OpGenerateWrappedKey, driver.OpDecryptDataKey,
		driver.OpReEncrypt, driver.OpAsymmetricEncrypt, driver.OpAsymmetricDecrypt, driver.OpSign, driver.OpVerify,
		driver.OpPublicKey, driver.OpRandom,
	}
	for _, power := range powers() {
		a := bare()
		basic := a.rows
		a.rows = slices.Concat(basic, rowsOf(power.ops...))
		_, err := kms.NewService(power.with(bareService{a}), kms.ServiceOptions{})
		wantMismatch(t, err, "implements driver."+power.iface+" but declares the capability "+power.capability+" as None")
		power.declare(&a.caps)
		_, err = kms.NewService(bareService{a}, kms.ServiceOptions{})
		wantMismatch(t, err, "declares the capability "+power.capability+" without implementing driver."+power.iface)
		if _, err := kms.NewService(power.with(bareService{a}), kms.ServiceOptions{}); err != nil {
			t.Errorf("%s: declared and implemented: %v", power.capability, err)
		}
		for i, op := range power.ops {
			rows := rowsOf(power.ops...)
			rows[i].Idempotency = policy.ReadOnly
			a.rows = slices.Concat(basic, rows)
			if _, err := kms.NewService(power.with(bareService{a}), kms.ServiceOptions{}); !slices.Contains(reading, op) {
				wantMismatch(t, err, `calls "`+op+`" read-only`)
			} else if err != nil {
				t.Errorf("%s as read-only: %v", op, err)
			}
			a.rows = slices.Concat(basic, slices.Delete(rows, i, i+1))
			_, err := kms.NewService(power.with(bareService{a}), kms.ServiceOptions{})
			wantMismatch(t, err, `no row "`+op+`"`)
		}
		if len(a.took()) != 0 {
			t.Error("something was sent")
		}
	}
}

// The methods that every driver has need their rows too.
func TestDriverTable(t *testing.T) {
	t.Parallel()
	for op, reads := range map[string]bool{
		driver.OpDescribeKey: true, driver.OpListKeys: true, driver.OpEnableKey: false, driver.OpDisableKey: false,
		driver.OpScheduleDeletion: false, driver.OpCancelDeletion: false,
	} {
		a := bare()
		i := slices.IndexFunc(a.rows, func(row policy.Operation) bool { return row.Name == op })
		a.rows[i].Idempotency = policy.ReadOnly
		if _, err := kms.NewService(a, kms.ServiceOptions{}); !reads {
			wantMismatch(t, err, `calls "`+op+`" read-only`)
		}
		a.rows = slices.Delete(a.rows, i, i+1)
		_, err := kms.NewService(a, kms.ServiceOptions{})
		wantMismatch(t, err, `no row "`+op+`"`)
	}
}

// The period of the rotation belongs to rotation that is emulated.
func TestDriverRotationPeriod(t *testing.T) {
	t.Parallel()
	a, b := labelled(), aliased()
	a.caps.Rotation, b.caps.Rotation = driver.Native, driver.Emulated
	_, err := kms.NewService(a.driver(), kms.ServiceOptions{})
	wantMismatch(t, err, "implements driver.RotationPeriodSetter but declares the capability Rotation as Emulated as None")
	_, err = kms.NewService(b.driver(), kms.ServiceOptions{})
	wantMismatch(t, err, "Rotation as Emulated without implementing driver.RotationPeriodSetter")
}

func TestDriverContradictsItself(t *testing.T) {
	t.Parallel()
	type caps = driver.Capabilities
	tests := []struct {
		with    string // the interface that the driver needs for it
		change  func(*caps)
		because string
	}{
		{"", func(c *caps) { c.Vendor = "" }, "no Vendor"},
		{"", func(c *caps) { c.MaxPage = 0 }, "no MaxPage"},
		{"", func(c *caps) { c.Naming = driver.ByAlias }, "names are aliases but there are none"},
		{"", func(c *caps) { c.Rename = driver.Emulated }, "Rename is Emulated although names are no aliases"},
		{"", func(c *caps) { c.CreateTags = driver.Native }, "Tags without Tag"},
		{"", func(c *caps) { c.CreateTags, c.Tag.Max = driver.Emulated, 1 }, "CreateTags is Emulated without Tags"},
		{"", func(c *caps) { c.WrappedDataKeys = driver.Emulated }, "WrappedDataKeys is Emulated without DataKeys"},
		{"", func(c *caps) { c.AsymmetricEncrypt = driver.Emulated }, "AsymmetricEncrypt is Emulated without PublicKey"},
		{"", func(c *caps) { c.DeletionDays = driver.Range{} }, "no DeletionDays"},
		{"", func(c *caps) { c.DeletionDays.Max = 6 }, "no DeletionDays"},
		{"Creator", func(c *caps) { c.Keys = nil }, "Create without Keys"},
		{"Tagger", func(c *caps) { c.Tag.Max = 0 }, "Tags without Tag"},
		{"Rotator", func(c *caps) { c.RotationDays = driver.Range{} }, "Rotation without RotationDays"},
		{"Rotator", func(c *caps) { c.RotationDays = driver.Range{Min: 3, Max: 2} }, "Rotation without RotationDays"},
		{"Importer", func(c *caps) { c.Wrapping = nil }, "Import without Wrapping"},
		{"SymmetricCipher", func(c *caps) { c.MaxPlaintextBytes = 0 }, "Symmetric without MaxPlaintextBytes"},
		{"DataKeyGenerator", func(c *caps) { c.DataKeyBytes = driver.Range{} }, "DataKeys without DataKeyBytes"},
		{"DataKeyGenerator", func(c *caps) { c.DataKeyBytes = driver.Range{Min: 3, Max: 2} }, "DataKeys without DataKeyBytes"},
		{"RandomSource", func(c *caps) { c.MaxRandomBytes = 0 }, "Random without MaxRandomBytes"},
	}
	for _, test := range tests {
		a := bare()
		drv := driver.Service(bareService{a})
		for _, power := range powers() {
			if power.iface == test.with {
				power.declare(&a.caps)
				a.rows = append(a.rows, rowsOf(power.ops...)...)
				drv = power.with(drv)
			}
		}
		if _, err := kms.NewService(drv, kms.ServiceOptions{}); err != nil {
			t.Errorf("%q before the change: %v", test.because, err)
		}
		test.change(&a.caps)
		_, err := kms.NewService(drv, kms.ServiceOptions{})
		wantMismatch(t, err, "contradict themselves: "+test.because)
	}
	if _, err := kms.NewService(bare(), kms.ServiceOptions{Policy: policy.Policy{Concurrency: -1}}); errs.CodeOf(err) != errs.InvalidArgument {
		t.Errorf("an impossible policy: %v", err)
	}
}
