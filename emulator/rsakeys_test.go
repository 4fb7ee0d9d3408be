package emulator_test

import (
	"crypto/rsa"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// slowRSA gives one key of the vendors' smallest size, when it is let.
type slowRSA struct {
	mu      sync.Mutex
	calls   int
	begun   chan struct{}
	release chan struct{}
}

func newSlowRSA() *slowRSA {
	return &slowRSA{begun: make(chan struct{}, 10), release: make(chan struct{})}
}

// make gives no key the first time, one of a wrong size the second time, and then right ones.
func (s *slowRSA) make(bits int) (*rsa.PrivateKey, error) {
	s.mu.Lock()
	s.calls++
	call := s.calls
	s.mu.Unlock()
	switch call {
	case 1:
		return nil, errors.New("no entropy")
	case 2:
		return huaweiRSA(3072)
	}
	s.begun <- struct{}{}
	<-s.release
	return huaweiRSA(bits)
}

// An emulator goes on answering while it makes an RSA key, also what needs the same key, and tells where none was made.
func TestRSAKeysAreMadeAside(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, s *slowRSA) (public func() string, other func()){
		"huawei": func(t *testing.T, s *slowRSA) (func() string, func()) {
			c := newHuawei(t, func(settings *emulator.HuaweiKMSSettings) { settings.RSAKey = s.make })
			id := c.create("pair", huaweiArgs{"key_spec": "RSA_2048", "key_usage": "SIGN_VERIFY"})
			return func() string {
				return c.do("POST", "get-publickey", huaweiArgs{"key_id": id}).str("public_key")
			}, func() { c.ok("describe-key", huaweiArgs{"key_id": id}) }
		},
		"tencent": func(t *testing.T, s *slowRSA) (func() string, func()) {
			c := newTencentKMS(t, emulator.TencentKMSSettings{RSAKey: s.make})
			key := tencentArgs{"KeyId": c.ok("CreateKey", tencentArgs{"Alias": "pair", "KeyUsage": "ASYMMETRIC_DECRYPT_RSA_2048"}).str("KeyId")}
			return func() string {
				return c.call("GetPublicKey", key).str("PublicKey")
			}, func() { c.ok("DescribeKey", key) }
		},
		"alibaba": func(t *testing.T, s *slowRSA) (func() string, func()) {
			c := newKMS(t, emulator.AlibabaKMSSettings{RSAKey: s.make})
			key, version := c.inInstance("RSA_2048", "KeyUsage", "SIGN/VERIFY")
			return func() string {
				return c.call("GetPublicKey", "KeyId", key, "KeyVersionId", version).text("PublicKey")
			}, func() { c.ok("DescribeKey", "KeyId", key) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSlowRSA()
			public, other := open(t, s)
			release := sync.OnceFunc(func() { close(s.release) })
			defer release()
			for range 2 {
				if text := public(); text != "" {
					t.Errorf("a key that was not made is %s", text)
				}
			}
			got := make(chan string, 2)
			for range 2 {
				go func() { got <- public() }()
			}
			for range 2 {
				select {
				case <-s.begun:
				case text := <-got:
					t.Fatalf("the key %q was not made", text)
				}
			}
			answered := make(chan struct{})
			go func() { defer close(answered); other() }()
			select {
			case <-answered:
			case <-time.After(time.Minute):
				t.Error("nothing is answered while a key is made")
			}
			release()
			one, two := <-got, <-got
			if later := public(); one == "" || one != two || later != one {
				t.Errorf("the key is %q, %q and later %q", one, two, later)
			}
		})
	}
}
