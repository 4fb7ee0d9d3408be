package kmstest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// keyring remembers keys that several checks use, as far as the service is the same account for them.
type keyring struct {
	mu  sync.Mutex
	ids map[string]string // by spec, usage and number
}

// cleanUp schedules the deletion of the keys.
func (r *keyring) cleanUp(s *suite) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range r.ids {
		s.discard(id)
	}
}

// cleanUp schedules the deletion of what the check made for itself.
func (s *suite) cleanUp() {
	s.mu.Lock()
	made := s.made
	s.mu.Unlock()
	for _, id := range made {
		s.discard(id)
	}
}

// discard schedules the deletion of a key, if it is there.
func (s *suite) discard(id string) {
	ctx, cancel := context.WithTimeout(s.ctx, time.Minute)
	defer cancel()
	if s.caps.DeletionNeedsDisabled {
		s.pace(driver.OpDisableKey)
		_, _ = s.drv.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: id}) // it may be disabled already
	}
	s.pace(driver.OpScheduleDeletion)
	_, err := s.drv.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: id, Days: s.caps.DeletionDays.Min})
	if code := errs.CodeOf(err); err != nil && code != errs.Conflict && !code.Is(errs.NotFound) {
		s.Logf("kmstest: the key %q stays behind: %v", id, err)
	}
}

// notes has the deletion of a key scheduled at the end of the check.
func (s *suite) notes(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made = append(s.made, id)
}

// options are what a key of a kind is made with.
func (s *suite) options(kind *driver.KeyKind, more ...kms.CreateOption) []kms.CreateOption {
	all := []kms.CreateOption{kms.WithSpec(kind.Spec), kms.WithUsage(kind.Usage)}
	for name, value := range s.h.CreateOptions {
		all = append(all, kms.ProviderOption(name, value))
	}
	return append(all, more...)
}

// tryCreate makes a key that the check has for itself.
func (s *suite) tryCreate(kind *driver.KeyKind, name string, more ...kms.CreateOption) (*kms.Key, error) {
	s.Helper()
	k, err := s.service().CreateKey(s.ctx, name, s.options(kind, more...)...)
	if k != nil {
		s.notes(k.ID())
	}
	s.settle()
	return k, err
}

// create makes a key that the check has for itself.
func (s *suite) create(kind *driver.KeyKind, more ...kms.CreateOption) *kms.Key {
	s.Helper()
	k, err := s.tryCreate(kind, s.name(), more...)
	s.Must(fmt.Sprintf("CreateKey of %s for %s", kind.Spec, kind.Usage), err)
	return k
}

// createRaw makes a key by the driver.
func (s *suite) createRaw(req *driver.CreateKeyRequest) (*driver.CreateKeyResponse, error) {
	s.Helper()
	made := *req
	made.Options = map[string]string{}
	for name, value := range s.h.CreateOptions {
		made.Options[name] = value
	}
	for name, value := range req.Options {
		made.Options[name] = value
	}
	res, err := call(s, driver.OpCreateKey, facet[driver.Creator](s).CreateKey, &made)
	if err == nil {
		s.notes(res.Key.ID)
	}
	s.settle()
	return res, err
}

// shared returns a handle on the number-th key of a kind, which other checks use too: it must be left enabled and as it
// is. Each call gives another handle.
func (s *suite) shared(kind *driver.KeyKind, number int) *kms.Key {
	s.Helper()
	s.ring.mu.Lock()
	defer s.ring.mu.Unlock()
	place := fmt.Sprint(kind.Spec, " ", kind.Usage, " ", number)
	if id := s.ring.ids[place]; id != "" && s.usable(id, place, kind) {
		return s.handOut(id, place)
	}
	k, err := s.service().CreateKey(s.ctx, s.name(), s.options(kind)...)
	s.Must(fmt.Sprintf("CreateKey of %s for %s", kind.Spec, kind.Usage), err)
	s.settle()
	if s.ring.ids == nil {
		s.ring.ids = map[string]string{}
	}
	s.ring.ids[place] = k.ID()
	return s.handOut(k.ID(), place)
}

// handOut opens the key of a place, whose id is none of another place's for the rest of the check.
func (s *suite) handOut(id, place string) *kms.Key {
	s.Helper()
	s.mu.Lock()
	if s.places == nil {
		s.places = map[string]string{}
	}
	s.places[id] = place
	s.mu.Unlock()
	return s.handle(id)
}

// usable reports whether a remembered key is there, and still what it was. In a fresh account its id may be that of
// another key, which the check made for itself or got for another place.
func (s *suite) usable(id, place string, kind *driver.KeyKind) bool {
	s.mu.Lock()
	at, given := s.places[id]
	other := slices.Contains(s.made, id) || given && at != place
	s.mu.Unlock()
	if other {
		return false
	}
	s.pace(driver.OpDescribeKey)
	res, err := s.drv.DescribeKey(s.ctx, &driver.DescribeKeyRequest{KeyID: id})
	return err == nil && res != nil && res.Key.Spec == kind.Spec && res.Key.Usage == kind.Usage && res.Key.State == driver.Enabled
}

// handle opens a key by its id.
func (s *suite) handle(id string) *kms.Key {
	s.Helper()
	k, err := s.service().Key(s.ctx, id)
	s.Must("Key", err)
	return k
}

// secret returns a shared symmetric key.
func (s *suite) secret() *kms.Key { s.Helper(); return s.shared(s.kind(isSymmetric), 0) }

// kind returns the first kind of keys of some sort.
func (s *suite) kind(which func(*driver.KeyKind) bool) *driver.KeyKind {
	s.Helper()
	all := s.kindsOf(which)
	if len(all) == 0 {
		s.Fatalf("kmstest: no kind of keys of that sort is declared")
	}
	return all[0]
}

// kindsOf returns all kinds of keys of some sort.
func (s *suite) kindsOf(which func(*driver.KeyKind) bool) []*driver.KeyKind {
	var all []*driver.KeyKind
	for i := range s.caps.Keys {
		if which(&s.caps.Keys[i]) {
			all = append(all, &s.caps.Keys[i])
		}
	}
	return all
}

// cheapKind returns a kind whose keys are quickly made.
func (s *suite) cheapKind() *driver.KeyKind {
	s.Helper()
	for _, sort := range []func(*driver.KeyKind) bool{isSymmetric, func(k *driver.KeyKind) bool { return k.Spec == driver.ECP256 }} {
		if all := s.kindsOf(sort); len(all) > 0 {
			return all[0]
		}
	}
	return s.kind(anyKind)
}

// described describes a key.
func (s *suite) described(k *kms.Key) kms.KeyInfo {
	s.Helper()
	info, err := k.Describe(s.ctx)
	s.Must("Describe", err)
	return info
}

// wantState reports a failure unless the key is in that state.
func (s *suite) wantState(what string, k *kms.Key, want ...kms.State) {
	s.Helper()
	if got := s.described(k).State; !slices.Contains(want, got) {
		s.Errorf("%s: the key's state is %q, want %v", what, got, want)
	}
}

// nowhere returns an id like that of a key, which no key has.
func (s *suite) nowhere() string {
	s.Helper()
	return alike(s.shared(s.cheapKind(), 0).ID())
}
