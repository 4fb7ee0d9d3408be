package kmstest

import (
	"context"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/canary"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// providerName is what errors call the provider.
const providerName = "kmstest"

// suite is the state of one check: a service, and the keys that the check made.
type suite struct {
	reporter
	secrets canary.Scanner // of what must show nowhere
	h       *Harness
	ctx     context.Context
	drv     driver.Service
	caps    driver.Capabilities
	policy  policy.Policy
	ring    *keyring
	opened  *kms.Service

	mu     sync.Mutex
	sent   map[string]int    // requests sent through package kms, by operation
	made   []string          // ids of the keys that the check made for itself
	places map[string]string // of the shared keys that the check got, by id
}

func newSuite(tb testing.TB, r reporter, h *Harness, ring *keyring) *suite {
	s := &suite{reporter: r, h: h, ctx: context.Background(), drv: h.Open(tb), policy: h.Policy, ring: ring, sent: map[string]int{}}
	if s.drv == nil {
		r.Fatalf("kmstest: Harness.Open returned nil")
	}
	s.caps = s.drv.Capabilities()
	if s.policy.Limiters == nil {
		s.policy.Limiters = ratelimit.Default()
		if h.VirtualTime {
			s.policy.Limiters = new(ratelimit.Pool) // limiters must not be shared among bubbles
		}
	}
	s.secrets.Add([]byte(mark))
	for _, secret := range h.Secrets {
		s.secrets.Add([]byte(secret))
	}
	s.reporter = s.secrets.Guard(r)
	s.secrets.Watch(&s.policy, s.leaked)
	given := s.policy.Hooks.Attempt
	s.policy.Hooks.Attempt = func(ctx context.Context, e *policy.Event) {
		s.mu.Lock()
		s.sent[e.Op]++
		s.mu.Unlock()
		given(ctx, e)
	}
	return s
}

// open returns a further service over the driver, which remembers nothing of the others.
func (s *suite) open() *kms.Service {
	s.Helper()
	svc, err := kms.NewService(s.drv, kms.ServiceOptions{Provider: providerName, Policy: s.policy})
	s.must("kms.NewService", err)
	return svc
}

// scan reports a failure where an error shows a secret.
func (s *suite) scan(op string, err error) {
	s.Helper()
	if form := s.secrets.Error(err); form != "" {
		s.Errorf("%s: the error holds a secret when printed as %s", op, form)
	}
}

// leaked reports a failure where a call shows a secret elsewhere than in its error.
func (s *suite) leaked(op, form string) {
	s.Errorf("%s: a secret shows in %s", op, form)
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

// sentSoFar returns how many requests package kms has sent, of one operation or of all.
func (s *suite) sentSoFar(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op != "" {
		return s.sent[op]
	}
	total := 0
	for n := range maps.Values(s.sent) {
		total += n
	}
	return total
}

// pace keeps the rate limits of one operation.
func (s *suite) pace(op string) {
	if s.policy.Rate.Unlimited {
		return
	}
	for _, row := range s.drv.Operations() {
		if row.Name != op {
			continue
		}
		for _, budget := range row.Budgets {
			budget, err := s.policy.Rate.Apply(budget)
			if err != nil {
				continue // package kms reports it
			}
			if limiter, err := s.policy.Limiters.Limiter(budget); err == nil && limiter != nil {
				_ = limiter.Wait(s.ctx, ratelimit.Interactive)
			}
		}
	}
}

// call makes one call of the driver.
func call[Req, Res any](s *suite, op string, method func(context.Context, *Req) (*Res, error), req *Req) (*Res, error) {
	s.Helper()
	s.pace(op)
	res, err := method(s.ctx, req)
	if err == nil && res == nil {
		s.Fatalf("%s: neither a response nor an error", op)
	}
	if err != nil {
		s.checkError(op, err)
	}
	return res, err
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
