package kvtest

import (
	"context"
	"crypto/rand"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/canary"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// suite is the state of one check: a service, and the namespaces and keys that the check made.
type suite struct {
	reporter
	secrets canary.Scanner // of what must show nowhere
	h       *Harness
	ctx     context.Context
	svc     driver.Service
	caps    driver.ServiceCapabilities
	policy  policy.Policy

	main   *space
	spaces []*space
	made   []driver.NamespaceRef

	attempts atomic.Int64 // requests sent through package kv
	dirty    atomic.Bool  // something was written since the suite last let it settle
}

func newSuite(tb testing.TB, r reporter, h *Harness) *suite {
	s := &suite{reporter: r, h: h, ctx: context.Background(), svc: h.Open(tb), policy: h.Policy}
	if s.svc == nil {
		r.Fatalf("kvtest: Harness.Open returned nil")
	}
	s.caps = s.svc.Capabilities()
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
		s.attempts.Add(1)
		given(ctx, e)
	}
	return s
}

// cleanUp removes what the check made, as far as the service lets it.
func (s *suite) cleanUp() {
	ctx, cancel := context.WithTimeout(s.ctx, time.Minute)
	defer cancel()
	for _, n := range s.spaces {
		if !n.shared {
			continue
		}
		for _, key := range n.written() {
			n.pace(driver.OpDelete)
			if _, err := n.drv.Delete(ctx, &driver.DeleteRequest{Key: key}); err != nil {
				s.Logf("kvtest: the key %q stays behind: %v", key, err)
				break
			}
		}
	}
	deleter, ok := s.svc.(driver.NamespaceDeleter)
	if !ok {
		return
	}
	for _, ref := range s.made {
		s.pace(driver.OpDeleteNamespace)
		_, err := deleter.DeleteNamespace(ctx, &driver.DeleteNamespaceRequest{NamespaceRef: ref})
		if err != nil && errs.CodeOf(err) != errs.NamespaceNotFound {
			s.Logf("kvtest: the namespace %q stays behind: %v", ref.Name, err)
		}
	}
}

// wrote notes that what was written must settle before it is read.
func (s *suite) wrote() { s.dirty.Store(true) }

// settle waits until reads show what was written.
func (s *suite) settle() {
	if s.dirty.Swap(false) && s.h.Settle > 0 {
		time.Sleep(s.h.Settle)
	}
}

// align waits for the beginning of a second, for providers that count in whole ones.
func (s *suite) align() {
	if s.h.VirtualTime {
		now := time.Now()
		time.Sleep(now.Truncate(time.Second).Add(time.Second).Sub(now))
	}
}

// tolerance is how far an expiry that is read back may be off.
func (s *suite) tolerance() time.Duration {
	if s.h.VirtualTime {
		return time.Second
	}
	return 10 * time.Second
}

// home returns the namespace that the check works in.
func (s *suite) home() *space {
	s.Helper()
	if s.main == nil {
		if s.h.Namespace != "" {
			s.main = s.open(s.lookUp(s.h.Namespace))
			s.main.shared = true
		} else {
			s.main = s.newSpace()
		}
	}
	return s.main
}

// newSpace makes a further namespace.
func (s *suite) newSpace() *space {
	s.Helper()
	return s.open(s.create(s.name("s")).NamespaceRef)
}

// lookUp returns the address of a namespace that exists.
func (s *suite) lookUp(name string) driver.NamespaceRef {
	s.Helper()
	if s.caps.Address == driver.ByName {
		return driver.NamespaceRef{Name: name, ID: name}
	}
	for _, info := range s.listNamespaces() {
		if info.Name == name {
			return info.NamespaceRef
		}
	}
	s.Fatalf("kvtest: there is no namespace %q", name)
	return driver.NamespaceRef{}
}

// missing returns the address of a namespace that does not exist.
func (s *suite) missing() driver.NamespaceRef {
	s.Helper()
	name := s.name("gone")
	_, deletes := s.svc.(driver.NamespaceDeleter)
	switch {
	case s.caps.Address == driver.ByName:
		return driver.NamespaceRef{Name: name, ID: name}
	case s.h.Namespace != "" || s.caps.Create == driver.None || !deletes:
		return driver.NamespaceRef{Name: name, ID: alike(s.home().ref.ID)}
	}
	ref := s.create(name).NamespaceRef // so that the id is one that the service gives
	s.must("DeleteNamespace", s.deleteNamespace(ref))
	s.settle()
	return ref
}

// open opens a namespace.
func (s *suite) open(ref driver.NamespaceRef) *space {
	s.Helper()
	drv, err := s.svc.OpenNamespace(ref)
	s.must("OpenNamespace", err)
	if drv == nil {
		s.Fatalf("OpenNamespace: neither a namespace nor an error")
	}
	n := &space{suite: s, ref: ref, drv: drv, caps: drv.Capabilities()}
	n.prefix = spell(n.caps.Key.Alphabet, random()+"k")
	s.spaces = append(s.spaces, n)
	return n
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
func (s *suite) service() *kv.Service {
	s.Helper()
	svc, err := kv.NewService(s.svc, kv.ServiceOptions{Provider: "kvtest", Policy: s.policy})
	s.must("kv.NewService", err)
	return svc
}

// name returns a new name of a namespace.
func (s *suite) name(label string) string { return spell(s.caps.Name.Alphabet, "kvt"+random()+label) }

// random returns letters and digits that nobody else has.
func random() string { return strings.ToLower(rand.Text())[:10] }

// pace keeps the rate limits of one operation of the service.
func (s *suite) pace(op string) { s.keepRate(s.svc.Operations(), op) }

func (s *suite) keepRate(rows []policy.Operation, op string) {
	for _, row := range rows {
		if row.Name != op {
			continue
		}
		for _, budget := range row.Budgets {
			budget, err := s.policy.Rate.Apply(budget)
			if err != nil {
				continue // package kv reports it
			}
			if limiter, err := s.policy.Limiters.Limiter(budget); err == nil && limiter != nil {
				_ = limiter.Wait(s.ctx, ratelimit.Interactive)
			}
		}
	}
}
