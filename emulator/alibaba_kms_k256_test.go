package emulator_test

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
)

// k256Verify verifies an ECDSA signature on secp256k1 another way than the emulator does: from the coordinates of
// both points, in projective coordinates, and with the identifier of RFC 5480 read from the key.
func k256Verify(der, digest, signature []byte) bool {
	// SEQUENCE { SEQUENCE { id-ecPublicKey, secp256k1 }, BIT STRING { 00 04 x y } }
	head, _ := hex.DecodeString("3056301006072a8648ce3d020106052b8104000a034200" + "04")
	if len(der) != len(head)+64 || !bytes.HasPrefix(der, head) {
		return false
	}
	number := func(digits string) *big.Int { n, _ := new(big.Int).SetString(digits, 16); return n }
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1<<32+977))
	n := number("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141")
	g := [3]*big.Int{
		number("79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798"),
		number("483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8"), big.NewInt(1),
	}
	q := [3]*big.Int{new(big.Int).SetBytes(der[len(head) : len(head)+32]), new(big.Int).SetBytes(der[len(head)+32:]), big.NewInt(1)}
	mul := func(a, b *big.Int) *big.Int { c := new(big.Int).Mul(a, b); return c.Mod(c, p) }
	sub := func(a, b *big.Int) *big.Int { c := new(big.Int).Sub(a, b); return c.Mod(c, p) }
	for _, at := range [][3]*big.Int{g, q} {
		if sub(mul(at[1], at[1]), mul(at[0], mul(at[0], at[0]))).Cmp(big.NewInt(7)) != 0 {
			return false
		}
	}
	var sent struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(signature, &sent); err != nil || len(rest) > 0 {
		return false
	}
	// Jacobian: x = X/Z², y = Y/Z³.
	double := func(a [3]*big.Int) [3]*big.Int {
		if a[2].Sign() == 0 {
			return a
		}
		yy := mul(a[1], a[1])
		s := mul(big.NewInt(4), mul(a[0], yy))
		m := mul(big.NewInt(3), mul(a[0], a[0]))
		x := sub(mul(m, m), mul(big.NewInt(2), s))
		return [3]*big.Int{x, sub(mul(m, sub(s, x)), mul(big.NewInt(8), mul(yy, yy))), mul(big.NewInt(2), mul(a[1], a[2]))}
	}
	add := func(a, b [3]*big.Int) [3]*big.Int {
		if a[2].Sign() == 0 {
			return b
		}
		if b[2].Sign() == 0 {
			return a
		}
		za, zb := mul(a[2], a[2]), mul(b[2], b[2])
		ua, ub := mul(a[0], zb), mul(b[0], za)
		sa, sb := mul(a[1], mul(b[2], zb)), mul(b[1], mul(a[2], za))
		if ua.Cmp(ub) == 0 && sa.Cmp(sb) == 0 {
			return double(a)
		}
		h, r := sub(ub, ua), sub(sb, sa)
		hh := mul(h, h)
		hhh, v := mul(h, hh), mul(ua, hh)
		x := sub(sub(mul(r, r), hhh), mul(big.NewInt(2), v))
		return [3]*big.Int{x, sub(mul(r, sub(v, x)), mul(sa, hhh)), mul(h, mul(a[2], b[2]))}
	}
	times := func(k *big.Int, a [3]*big.Int) [3]*big.Int {
		sum := [3]*big.Int{big.NewInt(1), big.NewInt(1), big.NewInt(0)}
		for i := k.BitLen() - 1; i >= 0; i-- {
			if sum = double(sum); k.Bit(i) == 1 {
				sum = add(sum, a)
			}
		}
		return sum
	}
	w := new(big.Int).ModInverse(sent.S, n)
	scale := func(a *big.Int) *big.Int { c := new(big.Int).Mul(a, w); return c.Mod(c, n) }
	sum := add(times(scale(new(big.Int).SetBytes(digest)), g), times(scale(sent.R), q))
	if sum[2].Sign() == 0 {
		return false
	}
	z := new(big.Int).ModInverse(mul(sum[2], sum[2]), p)
	return new(big.Int).Mod(mul(sum[0], z), n).Cmp(sent.R) == 0
}
