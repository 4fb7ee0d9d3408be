package emulator

import (
	"crypto/rand"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
)

// The curve secp256k1 of "SEC 2: Recommended Elliptic Curve Domain Parameters", y² = x³ + 7, which the standard
// library has not. Time and branches depend on secrets here, which a fake may afford.

// alibabaK256 is a key pair on the curve.
type alibabaK256 struct {
	curve  alibabaK256Curve
	secret *big.Int
	public alibabaK256Point
}

type alibabaK256Curve struct {
	p, n *big.Int
	base alibabaK256Point
}

// alibabaK256Point is a point; without coordinates it is the one at infinity.
type alibabaK256Point struct{ x, y *big.Int }

func newAlibabaK256Curve() alibabaK256Curve {
	number := func(digits string) *big.Int {
		n, _ := new(big.Int).SetString(digits, 16)
		return n
	}
	return alibabaK256Curve{
		p: number("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"),
		n: number("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"),
		base: alibabaK256Point{
			number("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
			number("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"),
		},
	}
}

func newAlibabaK256(random io.Reader) (*alibabaK256, error) {
	key := &alibabaK256{curve: newAlibabaK256Curve()}
	secret, err := key.curve.scalar(random)
	if err != nil {
		return nil, err
	}
	key.secret, key.public = secret, key.curve.times(secret, key.curve.base)
	return key, nil
}

// scalar returns a random number of the group, not 0.
func (c alibabaK256Curve) scalar(random io.Reader) (*big.Int, error) {
	one := big.NewInt(1)
	n, err := rand.Int(random, new(big.Int).Sub(c.n, one))
	if err != nil {
		return nil, err
	}
	return n.Add(n, one), nil
}

// add adds two points.
func (c alibabaK256Curve) add(a, b alibabaK256Point) alibabaK256Point {
	switch {
	case a.x == nil:
		return b
	case b.x == nil:
		return a
	}
	rise, run := new(big.Int).Sub(b.y, a.y), new(big.Int).Sub(b.x, a.x)
	if a.x.Cmp(b.x) == 0 {
		if a.y.Cmp(b.y) != 0 {
			return alibabaK256Point{} // of opposite points
		}
		rise.Mul(a.x, a.x).Mul(rise, big.NewInt(3))
		run.Lsh(a.y, 1)
	}
	run.Mod(run, c.p).ModInverse(run, c.p)
	slope := rise.Mul(rise, run)
	slope.Mod(slope, c.p)
	x := new(big.Int).Mul(slope, slope)
	x.Sub(x, a.x).Sub(x, b.x).Mod(x, c.p)
	y := new(big.Int).Sub(a.x, x)
	y.Mul(y, slope).Sub(y, a.y).Mod(y, c.p)
	return alibabaK256Point{x, y}
}

// times multiplies a point.
func (c alibabaK256Curve) times(n *big.Int, point alibabaK256Point) (sum alibabaK256Point) {
	for i := n.BitLen() - 1; i >= 0; i-- {
		sum = c.add(sum, sum)
		if n.Bit(i) == 1 {
			sum = c.add(sum, point)
		}
	}
	return sum
}

// alibabaK256Signature is an ECDSA signature in ASN.1.
type alibabaK256Signature struct{ R, S *big.Int }

// sign makes an ECDSA signature in DER of a digest of 32 bytes.
func (k *alibabaK256) sign(random io.Reader, digest []byte) ([]byte, error) {
	n := k.curve.n
	for {
		once, err := k.curve.scalar(random)
		if err != nil {
			return nil, err
		}
		r := new(big.Int).Mod(k.curve.times(once, k.curve.base).x, n)
		s := new(big.Int).Mul(r, k.secret)
		s.Add(s, new(big.Int).SetBytes(digest)).Mul(s, once.ModInverse(once, n)).Mod(s, n)
		if r.Sign() != 0 && s.Sign() != 0 {
			return asn1.Marshal(alibabaK256Signature{r, s})
		}
	}
}

func (k *alibabaK256) verify(digest, signature []byte) bool {
	var sent alibabaK256Signature
	if rest, err := asn1.Unmarshal(signature, &sent); err != nil || len(rest) > 0 {
		return false
	}
	n := k.curve.n
	if sent.R.Sign() <= 0 || sent.S.Sign() <= 0 || sent.R.Cmp(n) >= 0 || sent.S.Cmp(n) >= 0 {
		return false
	}
	inverse := new(big.Int).ModInverse(sent.S, n)
	u := new(big.Int).SetBytes(digest)
	u.Mul(u, inverse).Mod(u, n)
	v := inverse.Mul(inverse, sent.R)
	v.Mod(v, n)
	sum := k.curve.add(k.curve.times(u, k.curve.base), k.curve.times(v, k.public))
	return sum.x != nil && new(big.Int).Mod(sum.x, n).Cmp(sent.R) == 0
}

// spki is the public key as SubjectPublicKeyInfo (RFC 5480).
func (k *alibabaK256) spki() ([]byte, error) {
	curve, err := asn1.Marshal(asn1.ObjectIdentifier{1, 3, 132, 0, 10})
	if err != nil {
		return nil, err
	}
	point := make([]byte, 65)
	point[0] = 4 // uncompressed
	k.public.x.FillBytes(point[1:33])
	k.public.y.FillBytes(point[33:])
	return asn1.Marshal(struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}{
		pkix.AlgorithmIdentifier{
			Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}, Parameters: asn1.RawValue{FullBytes: curve},
		},
		asn1.BitString{Bytes: point, BitLength: 8 * len(point)},
	})
}
