// Package rsapool spares tests the time that RSA keys take to be made.
package rsapool

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"
)

// Pool makes a few RSA keys of each size and gives them again and again. The zero value is empty. It may be used by
// several goroutines.
type Pool struct {
	mu   sync.Mutex
	made map[int][]*rsa.PrivateKey
}

// few is how many keys of one size differ; as many keys as a test compares must.
const few = 3

// Source returns what gives keys in turn, from the first on, as the RSAKey of an emulator's settings does.
func (p *Pool) Source() func(bits int) (*rsa.PrivateKey, error) {
	given := map[int]int{}
	return func(bits int) (*rsa.PrivateKey, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		i := given[bits] % few
		given[bits]++
		if i == len(p.made[bits]) {
			key, err := rsa.GenerateKey(rand.Reader, bits)
			if err != nil {
				return nil, err
			}
			if p.made == nil {
				p.made = map[int][]*rsa.PrivateKey{}
			}
			p.made[bits] = append(p.made[bits], key)
		}
		return p.made[bits][i], nil
	}
}
