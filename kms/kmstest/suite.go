package kmstest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// providerName is what errors call the provider.
const providerName = "kmstest"

// suite is the state of one check: a service, and the keys that the check made.
type suite struct {
	*conformance.State
	h      *Harness
	ctx    context.Context
	drv    driver.Service
	caps   driver.Capabilities
	ring   *keyring
	opened *kms.Service

	mu     sync.Mutex
	made   []string          // ids of the keys that the check made for itself
	places map[string]string // of the shared keys that the check got, by id
}

func newSuite(tb testing.TB, state *conformance.State, h *Harness, ring *keyring) *suite {
	s := &suite{State: state, h: h, ctx: context.Background(), drv: h.Open(tb), ring: ring}
	if s.drv == nil {
		s.Fatalf("kmstest: Harness.Open returned nil")
	}
	s.caps = s.drv.Capabilities()
	return s
}

// open returns a further service over the driver, which remembers nothing of the others.
func (s *suite) open() *kms.Service {
	s.Helper()
	svc, err := kms.NewService(s.drv, kms.ServiceOptions{Provider: providerName, Policy: s.Policy})
	s.Must("kms.NewService", err)
	return svc
}

// service returns the service as programs see it.
func (s *suite) service() *kms.Service {
	s.Helper()
	if s.opened == nil {
		s.opened = s.open()
	}
	return s.opened
}

// settle waits until reads show what was changed.
func (s *suite) settle() {
	if s.h.Settle > 0 {
		time.Sleep(s.h.Settle)
	}
}

// tolerance is how far a time of the provider's may be off.
func (s *suite) tolerance() time.Duration {
	if s.h.VirtualTime {
		return 2 * time.Second
	}
	return 10 * time.Minute
}

// pace keeps the rate limits of one operation.
func (s *suite) pace(op string) { s.KeepRate(s.ctx, s.drv.Operations(), op) }

// call makes one call of the driver.
func call[Req, Res any](s *suite, op string, method func(context.Context, *Req) (*Res, error), req *Req) (*Res, error) {
	s.Helper()
	s.pace(op)
	return conformance.Call(s.ctx, s.State, op, method, req)
}

// facet returns the driver as one of its interfaces.
func facet[T any](s *suite) T {
	s.Helper()
	f, ok := s.drv.(T)
	if !ok {
		s.Fatalf("the driver declares what it does not implement: %T", *new(T))
	}
	return f
}
