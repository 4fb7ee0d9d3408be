package emulator

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"sync"
)

// rsaKeys makes the RSA keys of an emulator. That takes long, and other requests must not wait for it: one that needs a
// key is given up, and carried out again when a key was made without the lock of the emulator's state.
type rsaKeys struct {
	given  func(bits int) (*rsa.PrivateKey, error) // instead of generating
	ready  map[int][]*rsa.PrivateKey               // made and not taken, by size
	failed error                                   // of the last that could not be made
	wanted int                                     // the size that the request lacks, 0 for none
}

// errRSAWanted gives a request up.
var errRSAWanted = errors.New("emulator: the key is still to be made")

// locked carries out a request under the lock of the state, as often as it wants keys. Until it has them, it must change
// nothing but what it can do again.
func (k *rsaKeys) locked(state *sync.Mutex, request func()) {
	under := func(work func()) {
		state.Lock()
		defer state.Unlock()
		work()
	}
	for {
		var bits int
		under(func() {
			k.wanted = 0
			request()
			bits = k.wanted
		})
		if bits == 0 {
			return
		}
		key, err := k.generate(bits)
		under(func() {
			if k.failed = err; err == nil {
				if k.ready == nil {
					k.ready = map[int][]*rsa.PrivateKey{}
				}
				k.ready[bits] = append(k.ready[bits], key)
			}
		})
	}
}

// take returns a key, for a request that is being carried out.
func (k *rsaKeys) take(bits int) (*rsa.PrivateKey, error) {
	if err := k.failed; err != nil {
		k.failed = nil
		return nil, err
	}
	ready := k.ready[bits]
	if len(ready) == 0 {
		k.wanted = bits
		return nil, errRSAWanted
	}
	k.ready[bits] = ready[1:]
	return ready[0], nil
}

func (k *rsaKeys) generate(bits int) (*rsa.PrivateKey, error) {
	if k.given == nil {
		return rsa.GenerateKey(rand.Reader, bits)
	}
	key, err := k.given(bits)
	if err == nil && (key == nil || key.N.BitLen() != bits) {
		err = fmt.Errorf("emulator: RSAKey did not return a key of %d bits", bits)
	}
	return key, err
}
