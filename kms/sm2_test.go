package kms_test

import (
	"testing"

	"github.com/crosscloud-sdk/crosscloud/kms"
)

// TestSM2OfOneByte proves that what is encrypted here opens: of one byte, one encryption in 256 draws a second random
// number.
func TestSM2OfOneByte(t *testing.T) {
	v := newVault("cloud")
	v.addPair("sm2", "", newSM2(t))
	k := openKey(t, openVault(t, v.lean()), "sm2")
	for i := range 1500 {
		ct, err := k.Encrypt(t.Context(), []byte{byte(i)}, kms.WithAlgorithm(kms.SM2Encrypt))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := k.Decrypt(t.Context(), ct); err != nil || len(got) != 1 || got[0] != byte(i) {
			t.Fatalf("the ciphertext %d does not open: %v", i, err)
		}
	}
}
