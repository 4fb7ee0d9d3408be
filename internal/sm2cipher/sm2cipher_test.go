package sm2cipher_test

import (
	"bytes"
	"crypto/rand"
	"testing"

	"github.com/emmansun/gmsm/sm2"

	"github.com/crosscloud-sdk/crosscloud/internal/sm2cipher"
)

// Of one byte, about six of these have to be begun again.
func TestShortPlaintexts(t *testing.T) {
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1500 {
		sealed, err := sm2cipher.Encrypt(&key.PublicKey, []byte{byte(i)})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := sm2.Decrypt(key, sealed); err != nil || !bytes.Equal(got, []byte{byte(i)}) {
			t.Fatalf("%d: opened to %v, %v", i, got, err)
		}
	}
	long := bytes.Repeat([]byte("x"), 5000)
	sealed, err := sm2cipher.Encrypt(&key.PublicKey, long)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := sm2.Decrypt(key, sealed); err != nil || !bytes.Equal(got, long) {
		t.Fatalf("a long one: %v", err)
	}
}
