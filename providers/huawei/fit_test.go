package huawei

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
)

// The vendor has one code for whatever is not accepted: that the key may be of the wrong kind is said to it.
func TestKeyOfAnotherKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, drv := emulated(t, emulator.HuaweiKMSSettings{})
		svc := portable(t, drv)
		ctx := t.Context()
		symmetric, err := svc.CreateKey(ctx, "symmetric")
		if err != nil {
			t.Fatal(err)
		}
		pair, err := svc.CreateKey(ctx, "pair", kms.WithSpec(kms.ECP256))
		if err != nil {
			t.Fatal(err)
		}
		signature, err := pair.Sign(ctx, kms.ECDSASHA256, []byte("m"))
		if err != nil {
			t.Fatal(err)
		}
		for what, call := range map[string]func() error{
			"Encrypt":                         func() error { _, err := pair.Encrypt(ctx, []byte("p")); return err },
			"GenerateDataKey":                 func() error { _, err := pair.GenerateDataKey(ctx, 32); return err },
			"GenerateDataKeyWithoutPlaintext": func() error { _, err := pair.GenerateDataKeyWithoutPlaintext(ctx, 32); return err },
			"Sign":                            func() error { _, err := symmetric.Sign(ctx, kms.ECDSASHA256, []byte("m")); return err },
			"Verify":                          func() error { _, err := symmetric.Verify(ctx, []byte("m"), signature); return err },
			"PublicKey":                       func() error { _, err := symmetric.PublicKey(ctx); return err },
		} {
			if err := call(); errs.CodeOf(err) != errs.InvalidArgument || !strings.Contains(err.Error(), "another spec or usage") {
				t.Errorf("%s: %v", what, err)
			}
		}
		// What the library itself refuses is not explained so.
		if _, err := symmetric.Encrypt(ctx, nil); err == nil || strings.Contains(err.Error(), "another spec or usage") {
			t.Error(err)
		}
	})
}
