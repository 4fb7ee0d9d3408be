package alibaba

import (
	"bytes"
	"crypto/rand"
	"encoding/asn1"
	"math/big"
	"testing"

	"github.com/emmansun/gmsm/sm2"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/sm2cipher"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// The vendor's form of an SM2 ciphertext holds the point, the digest and the rest, one after the other, and is read back.
func TestKMSSM2Forms(t *testing.T) {
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 { // some of them with coordinates that begin with zeros, or with a bit that ASN.1 puts zeros before
		der, err := sm2cipher.Encrypt(&key.PublicKey, bytes.Repeat([]byte{7}, 1+i%100))
		if err != nil {
			t.Fatal(err)
		}
		var parts struct {
			X, Y   *big.Int
			C3, C2 []byte
		}
		if _, err := asn1.Unmarshal(der, &parts); err != nil {
			t.Fatal(err)
		}
		want := append([]byte{4}, parts.X.FillBytes(make([]byte, 32))...)
		want = append(append(append(want, parts.Y.FillBytes(make([]byte, 32))...), parts.C3...), parts.C2...)
		c := driver.Ciphertext{Kind: driver.KindAsymmetric, Algorithm: driver.SM2Encrypt, Blob: der}
		text, err := toBlob(&c)
		if err != nil || text != wire.ToBase64(want) {
			t.Fatalf("%x is sent as %s, %v", der, text, err)
		}
		if back, fault := blobOf(&c, text); fault != "" || !bytes.Equal(back, der) {
			t.Fatalf("%s is read as %x, %s", text, back, fault)
		}
		if i > 0 {
			continue
		}
		moved, err := asn1.Marshal(struct {
			X, Y   *big.Int
			C3, C2 []byte
		}{parts.X, parts.Y, append(parts.C3[:32:32], 1), []byte{2}})
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range [][]byte{nil, {}, want, moved, append(bytes.Clone(der), 0), der[:len(der)-1], {0x30, 0}} {
			c.Blob = bad
			if text, err := toBlob(&c); errs.CodeOf(err) != errs.InvalidArgument {
				t.Errorf("%x is sent as %s, %v", bad, text, err)
			}
		}
		compressed := append([]byte{2 + byte(parts.Y.Bit(0))}, want[1:33]...)
		compressed = append(compressed, want[65:]...)
		for _, bad := range [][]byte{der, want[:96], want[1:], compressed} {
			if blob, fault := blobOf(&c, wire.ToBase64(bad)); fault == "" {
				t.Errorf("%x is read as %x", bad, blob)
			}
		}
	}
}
