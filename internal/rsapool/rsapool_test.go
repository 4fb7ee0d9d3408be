package rsapool_test

import (
	"testing"

	"github.com/crosscloud-sdk/crosscloud/internal/rsapool"
)

// Each source gives keys that differ, and all sources of a pool the same ones.
func TestPool(t *testing.T) {
	var pool rsapool.Pool
	one, two := pool.Source(), pool.Source()
	seen := map[any]bool{}
	for range 3 {
		a, err := one(2048)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := two(2048); err != nil || a != b {
			t.Errorf("another source gives another key, or %v", err)
		}
		if a.N.BitLen() != 2048 || seen[a] {
			t.Errorf("a key of %d bits, or the same again", a.N.BitLen())
		}
		seen[a] = true
	}
	if a, err := one(2048); err != nil || !seen[a] {
		t.Errorf("a fourth key is made, or %v", err)
	}
	if _, err := one(7); err == nil {
		t.Error("a key of 7 bits")
	}
}
