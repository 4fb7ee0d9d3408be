package workspacetest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/workspace"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// suite is the state of one check: a service, and what the check has made and changed.
type suite struct {
	*conformance.State
	h    *Harness
	ctx  context.Context
	svc  driver.Service
	caps driver.Capabilities

	main    string // the workspace that the check works in
	hasMain bool

	mu   sync.Mutex
	made []string // ids of workspaces
	keys []driver.DeleteAPIKeyRequest
	undo []func(context.Context) error

	dirty atomic.Bool // something was written since the suite last let it settle
}

func newSuite(tb testing.TB, state *conformance.State, h *Harness) *suite {
	s := &suite{State: state, h: h, ctx: context.Background(), svc: h.Open(tb)}
	if s.svc == nil {
		s.Fatalf("workspacetest: Harness.Open returned nil")
	}
	s.caps = s.svc.Capabilities()
	return s
}

// cleanUp removes what the check made, and puts back what it changed.
func (s *suite) cleanUp() {
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Minute)
	defer cancel()
	for _, undo := range s.undo {
		if err := undo(ctx); err != nil {
			s.Logf("workspacetest: what was changed could not be put back: %v", err)
		}
	}
	gone := map[string]bool{}
	for _, id := range s.made {
		if gone[id] {
			continue
		}
		gone[id] = true
		if err := s.remove(ctx, id); err != nil && errs.CodeOf(err) != errs.NotFound {
			s.Logf("workspacetest: the workspace %q stays behind: %v", id, err)
		}
	}
	deleter, deletes := s.svc.(driver.APIKeyDeleter)
	for _, key := range s.keys {
		if gone[key.WorkspaceID] {
			continue
		}
		err := error(errs.Unsupported)
		if deletes {
			s.pace(driver.OpDeleteAPIKey)
			_, err = deleter.DeleteAPIKey(ctx, &key)
		}
		if err != nil && errs.CodeOf(err) != errs.NotFound {
			s.Logf("workspacetest: the API key %q stays behind: %v", key.KeyID, err)
		}
	}
}

func (s *suite) remove(ctx context.Context, id string) error {
	if deleter, ok := s.svc.(driver.Deleter); ok {
		s.pace(driver.OpDelete)
		_, err := deleter.Delete(ctx, &driver.DeleteRequest{ID: id})
		return err
	}
	return s.h.Remove(ctx, id)
}

// noteMade notes a workspace that must be removed in the end.
func (s *suite) noteMade(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made = append(s.made, id)
}

func (s *suite) noteKey(workspaceID string, key *driver.APIKey) {
	s.keepSecret(key.Secret.Reveal())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, driver.DeleteAPIKeyRequest{WorkspaceID: workspaceID, KeyID: key.ID})
}

// wrote notes that what was written must settle before it is read.
func (s *suite) wrote() { s.dirty.Store(true) }

// settle waits until reads show what was written.
func (s *suite) settle() {
	if s.dirty.Swap(false) && s.h.Settle > 0 {
		time.Sleep(s.h.Settle)
	}
}

// clockError is how far a clock elsewhere may be off.
func (s *suite) clockError() time.Duration {
	if s.h.VirtualTime {
		return time.Second
	}
	return 10 * time.Minute
}

// home returns the workspace that the check works in.
func (s *suite) home() string {
	s.Helper()
	if s.hasMain {
		return s.main
	}
	known := traits{s.h, s.caps}
	switch {
	case s.h.Workspace != "":
		s.main = s.h.Workspace
	case known.canMake() && s.caps.Get == driver.Native:
		s.main = s.create("home").ID
	case s.caps.Own != driver.None:
		s.main = ""
	default:
		s.Fatalf("workspacetest: there is no workspace to work in")
	}
	s.hasMain = true
	return s.main
}

// missing returns the id of a workspace that does not exist.
func (s *suite) missing() string {
	s.Helper()
	known := traits{s.h, s.caps}
	switch {
	case s.caps.NamesAreIDs:
		return s.name("gone")
	case known.canMake() && s.caps.Delete != driver.None:
		id := s.create("gone").ID // so that the id is one that the service gives
		s.Must("Delete", s.tryDelete(id))
		s.settle()
		return id
	}
	return alike(s.get(s.home()).ID)
}

// name returns a new name of a workspace.
func (s *suite) name(label string) string { return newName(s.caps.Name, label) }

// keyName returns a new name of a key.
func (s *suite) keyName(label string) string { return newName(s.caps.APIKeyName, label) }

// service returns the service as programs see it.
func (s *suite) service() *workspace.Service {
	s.Helper()
	svc, err := workspace.NewService(s.svc, workspace.ServiceOptions{Provider: provider, Policy: s.Policy})
	s.Must("workspace.NewService", err)
	return svc
}

// provider is the name under which errors of package workspace appear.
const provider = "workspacetest"

// portable returns the workspace that the check works in, as programs see it.
func (s *suite) portable() *workspace.Workspace {
	s.Helper()
	id := s.home()
	s.settle()
	w, err := s.service().Workspace(s.ctx, id)
	s.Must("Workspace", err)
	return w
}

// pace keeps the rate limits of one operation.
func (s *suite) pace(op string) { s.KeepRate(s.ctx, s.svc.Operations(), op) }
