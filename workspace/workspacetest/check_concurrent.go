package workspacetest

import (
	"slices"
	"sync"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// concurrentChecks: several goroutines at once, best run under the race detector.
func concurrentChecks() []check {
	return []check{
		{"Concurrent/Create", []need{needMake}, (*suite).createAtOnce},
		{"Concurrent/Keys", []need{needCreateKey, needHome, needKeys}, (*suite).keysAtOnce},
		{"Concurrent/AllMethods", []need{needHome}, (*suite).allAtOnce},
	}
}

// together runs work in so many goroutines and waits for all of them. They must not call Fatalf.
func together(goroutines int, work func(int)) {
	var all sync.WaitGroup
	for i := range goroutines {
		all.Go(func() { work(i) })
	}
	all.Wait()
}

// createAtOnce: creations of several names at once all succeed, each with an id of its own.
func (s *suite) createAtOnce() {
	creator := as[driver.Creator](s)
	var mu sync.Mutex
	ids := map[string]string{}
	together(4, func(int) {
		name := s.name("race")
		s.pace(driver.OpCreate)
		res, err := creator.Create(s.ctx, &driver.CreateRequest{Name: name, Options: s.h.Options})
		if err != nil || res == nil {
			s.Errorf("Create beside others: %v", err)
			return
		}
		s.noteMade(res.Workspace.ID)
		mu.Lock()
		defer mu.Unlock()
		ids[res.Workspace.ID] = name
	})
	s.wrote()
	if len(ids) != 4 {
		s.Errorf("Create: 4 at once have %d ids", len(ids))
	}
	if !(&traits{s.h, s.caps}).canSee() {
		return
	}
	for id, name := range ids {
		info, err := s.see(id)
		s.Must("Get", err)
		s.wantInfo("Get", info, id, name)
	}
}

func (s *suite) keysAtOnce() {
	id := s.home()
	creator := as[driver.APIKeyCreator](s)
	s.settle()
	var mu sync.Mutex
	var ids []string
	together(8, func(int) {
		s.pace(driver.OpCreateAPIKey)
		res, err := creator.CreateAPIKey(s.ctx, &driver.CreateAPIKeyRequest{WorkspaceID: id, Name: s.keyName("race")})
		if err != nil || res == nil {
			s.Errorf("CreateAPIKey beside others: %v", err)
			return
		}
		s.noteKey(id, &res.APIKey)
		mu.Lock()
		defer mu.Unlock()
		ids = append(ids, res.APIKey.ID)
	})
	s.wrote()
	all := s.apiKeys(id)
	for _, made := range ids {
		if !slices.ContainsFunc(all, func(k driver.APIKey) bool { return k.ID == made }) {
			s.Errorf("APIKeys: a key that was made beside others is missing")
		}
	}
}

func (s *suite) allAtOnce() {
	id := s.home()
	if s.caps.Update != driver.None {
		id = s.changeable()
	}
	before := s.get(id).ID
	all := without(s.everyMethod(), driver.OpTransferOwner, driver.OpDelete)
	together(4*len(all), func(i int) {
		m := all[i%len(all)]
		s.pace(m.op)
		if err := m.call(s.ctx, id); err != nil && (m.op != driver.OpDeleteAPIKey || errs.CodeOf(err) != errs.NotFound) {
			s.Errorf("%s beside others: %v", m.op, err)
		}
	})
	s.wrote()
	if now := s.get(id).ID; now != before {
		s.Errorf("Get after all of that: the id is %q, it was %q", now, before)
	}
}
