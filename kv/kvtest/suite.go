package kvtest

import (
	"context"
	"crypto/rand"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// suite is the state of one check: a service, and the namespaces and keys that the check made.
type suite struct {
	*conformance.State
	h    *Harness
	ctx  context.Context
	svc  driver.Service
	caps driver.ServiceCapabilities

	main   *space
	spaces []*space
	made   []driver.NamespaceRef

	dirty atomic.Bool // something was written since the suite last let it settle
}

func newSuite(tb testing.TB, state *conformance.State, h *Harness) *suite {
	s := &suite{State: state, h: h, ctx: context.Background(), svc: h.Open(tb)}
	if s.svc == nil {
		s.Fatalf("kvtest: Harness.Open returned nil")
	}
	s.caps = s.svc.Capabilities()
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
	s.Must("DeleteNamespace", s.deleteNamespace(ref))
	s.settle()
	return ref
}

// open opens a namespace.
func (s *suite) open(ref driver.NamespaceRef) *space {
	s.Helper()
	drv, err := s.svc.OpenNamespace(ref)
	s.Must("OpenNamespace", err)
	if drv == nil {
		s.Fatalf("OpenNamespace: neither a namespace nor an error")
	}
	n := &space{suite: s, ref: ref, drv: drv, caps: drv.Capabilities()}
	n.prefix = conformance.Spell(n.caps.Key.Alphabet, random()+"k")
	s.spaces = append(s.spaces, n)
	return n
}

// service returns the service as programs see it.
func (s *suite) service() *kv.Service {
	s.Helper()
	svc, err := kv.NewService(s.svc, kv.ServiceOptions{Provider: "kvtest", Policy: s.Policy})
	s.Must("kv.NewService", err)
	return svc
}

// name returns a new name of a namespace.
func (s *suite) name(label string) string {
	return conformance.Spell(s.caps.Name.Alphabet, "kvt"+random()+label)
}

// random returns letters and digits that nobody else has.
func random() string { return strings.ToLower(rand.Text())[:10] }

// pace keeps the rate limits of one operation of the service.
func (s *suite) pace(op string) { s.KeepRate(s.ctx, s.svc.Operations(), op) }
