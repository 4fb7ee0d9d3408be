package workspacetest

import (
	"context"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// contextChecks: a context that has ended ends the call.
func contextChecks() []check {
	return []check{
		{"Context/Canceled", []need{needHome}, (*suite).canceled},
		{"Context/Deadline", []need{needHome}, (*suite).deadline},
		{"Context/Prompt", []need{needHome, needVirtualTime}, (*suite).prompt},
		{"Context/NothingDone", []need{needHome}, (*suite).canceledDoesNothing},
		{"Context/CreateNothing", []need{needMake}, (*suite).canceledCreatesNothing},
		{"Context/EndsAfterReturn", []need{needCreateKey, needHome}, (*suite).canceledAfterReturn},
	}
}

// wantEnded checks the error of a call whose context has ended.
func (s *suite) wantEnded(what string, err, cause error, code errs.Code) {
	s.Helper()
	s.WantEnded(what, err, cause, code)
	if conformance.Outcome(err) == errs.Applied {
		s.Errorf("%s: the error claims an effect", what)
	}
}

// everyMethod is methods and the listing.
func (s *suite) everyMethod() []method {
	all := s.methods()
	if d, ok := s.svc.(driver.Lister); ok {
		all = slices.Insert(all, 1, method{driver.OpList, false, func(ctx context.Context, _ string) error {
			_, err := d.List(ctx, &driver.ListRequest{})
			return err
		}})
	}
	return all
}

func (s *suite) canceled() {
	id := s.home()
	for _, m := range s.everyMethod() {
		s.wantEnded(m.op+" with a cancelled context", s.paced(conformance.CanceledContext(), m, id), context.Canceled, errs.Canceled)
	}
}

func (s *suite) deadline() {
	id := s.home()
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	for _, m := range s.everyMethod() {
		s.wantEnded(m.op+" after the deadline", s.paced(ctx, m, id), context.DeadlineExceeded, errs.DeadlineExceeded)
	}
}

// prompt: a call returns soon after its context ends, wherever it waits.
func (s *suite) prompt() {
	id := s.home()
	if s.caps.Update != driver.None {
		id = s.changeable()
	}
	for _, m := range without(s.everyMethod(), driver.OpTransferOwner, driver.OpDelete) {
		s.settle()
		s.pace(m.op)
		began := time.Now()
		ctx, cancel := context.WithTimeout(s.ctx, time.Millisecond)
		_ = m.call(ctx, id)
		cancel()
		if late := time.Since(began) - time.Millisecond; late > 10*time.Millisecond {
			s.Errorf("%s: returned %v after its context had ended", m.op, late)
		}
	}
}

// canceledDoesNothing: a call that cannot have been sent has no effect.
func (s *suite) canceledDoesNothing() {
	id := s.home()
	before := s.get(id)
	keys := 0
	if s.caps.APIKeys != driver.None {
		keys = len(s.apiKeys(id))
	}
	for _, m := range s.methods() {
		if !m.write {
			continue
		}
		if err := s.paced(conformance.CanceledContext(), m, id); err == nil {
			s.Errorf("%s with a cancelled context: no error", m.op)
		}
		now, err := s.tryGet(id)
		s.Must("Get after "+m.op+" with a cancelled context", err)
		if now.Name != before.Name || now.Owner != before.Owner {
			s.Errorf("%s with a cancelled context changed the workspace", m.op)
		}
		if s.caps.APIKeys != driver.None {
			if count := len(s.apiKeys(id)); count != keys && s.h.Workspace == "" {
				s.Errorf("%s with a cancelled context: there are %d keys, before there were %d", m.op, count, keys)
			}
		}
	}
}

func (s *suite) canceledCreatesNothing() {
	name := s.name("c")
	creator := as[driver.Creator](s)
	s.pace(driver.OpCreate)
	res, err := creator.Create(conformance.CanceledContext(), &driver.CreateRequest{Name: name, Options: s.h.Options})
	s.wrote()
	if err == nil && res != nil {
		s.noteMade(res.Workspace.ID)
	}
	s.wantEnded("Create with a cancelled context", err, context.Canceled, errs.Canceled)
	if s.named(name) > 0 {
		s.Errorf("Create with a cancelled context made a workspace")
	}
}

// canceledAfterReturn: a context that ends when the call is over takes nothing back.
func (s *suite) canceledAfterReturn() {
	id := s.home()
	s.settle()
	s.pace(driver.OpCreateAPIKey)
	ctx, cancel := context.WithCancel(s.ctx)
	res, err := as[driver.APIKeyCreator](s).CreateAPIKey(ctx, &driver.CreateAPIKeyRequest{WorkspaceID: id, Name: s.keyName("ctx")})
	cancel()
	s.wrote()
	s.Must("CreateAPIKey", err)
	s.noteKey(id, &res.APIKey)
	if s.h.VirtualTime {
		time.Sleep(time.Minute)
	}
	if s.caps.APIKeys != driver.None {
		if _, count := s.inKeys(id, res.APIKey.ID); count != 1 {
			s.Errorf("APIKeys: the key is there %d times after the context of its creation has ended", count)
		}
	} else if s.caps.DeleteAPIKey != driver.None {
		s.Must("DeleteAPIKey", s.tryDeleteKey(id, res.APIKey.ID))
	}
}
