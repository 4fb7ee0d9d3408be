package kmstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// callChecks: what holds of every call of a driver.
func callChecks() []check {
	return []check{
		{"Call/Missing", []need{needKeys}, (*suite).missingKeys},
		{"Call/MissingPortable", []need{needKeys}, (*suite).missingHandles},
		{"Call/Canceled", []need{needKeys}, (*suite).canceled},
		{"Call/Deadline", []need{needKeys}, (*suite).pastDeadline},
		{"Call/Prompt", []need{needKeys, needVirtualTime}, (*suite).prompt},
		{"Call/NothingDone", []need{needKeys}, (*suite).canceledDoesNothing},
		{"Call/AfterReturn", []need{needKeys}, (*suite).canceledAfterReturn},
		{"Concurrent/AllOperations", []need{needKeys}, (*suite).allAtOnce},
		{"Concurrent/Crypto", needSecrets, (*suite).cryptoAtOnce},
		{"Concurrent/DataKeys", needDataKeys, (*suite).dataKeysAtOnce},
		{"Concurrent/SameName", []need{needKeys}, (*suite).createAtOnce},
		{"Concurrent/States", []need{needKeys}, (*suite).statesAtOnce},
	}
}

// missingKeys: an id that no key has is NotFound for every operation.
func (s *suite) missingKeys() {
	id := s.nowhere()
	for _, op := range s.operations(s.targets().at(id)) {
		if op.anyKey {
			continue
		}
		s.pace(op.name)
		s.WantCode(op.name+" of a missing key", op.call(s.ctx), errs.NotFound)
	}
	if all := s.list(); all[id] > 0 {
		s.Errorf("Keys: the missing key is there now")
	}
}

func (s *suite) missingHandles() {
	k := s.handle(s.nowhere())
	_, err := k.Describe(s.ctx)
	s.WantCode("Describe of a missing key", err, errs.NotFound)
	s.WantCode("Enable of a missing key", k.Enable(s.ctx), errs.NotFound)
	s.WantCode("Disable of a missing key", k.Disable(s.ctx), errs.NotFound)
	_, err = k.ScheduleDeletion(s.ctx, s.caps.DeletionDays.Min)
	s.WantCode("ScheduleDeletion of a missing key", err, errs.NotFound)
	_, err = k.CancelDeletion(s.ctx)
	s.WantCode("CancelDeletion of a missing key", err, errs.NotFound)
	if s.caps.Symmetric != driver.None {
		_, err = k.Encrypt(s.ctx, []byte(mark))
		s.WantCode("Encrypt with a missing key", err, errs.NotFound)
	}
	if s.caps.PublicKey != driver.None {
		_, err = k.PublicKey(s.ctx)
		s.WantCode("PublicKey of a missing key", err, errs.NotFound)
	}
}

func (s *suite) canceled() {
	for _, op := range s.operations(s.targets()) {
		s.WantEnded(op.name+" with a cancelled context", op.call(conformance.CanceledContext()), context.Canceled, errs.Canceled)
	}
}

func (s *suite) pastDeadline() {
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	for _, op := range s.operations(s.targets()) {
		s.WantEnded(op.name+" after the deadline", op.call(ctx), context.DeadlineExceeded, errs.DeadlineExceeded)
	}
}

// prompt: a call returns soon after its context ends, wherever it waits.
func (s *suite) prompt() {
	for _, op := range s.operations(s.targets()) {
		s.pace(op.name)
		began := time.Now()
		ctx, cancel := context.WithTimeout(s.ctx, 100*time.Microsecond)
		_ = op.call(ctx)
		cancel()
		if late := time.Since(began) - 100*time.Microsecond; late > 10*time.Millisecond {
			s.Errorf("%s: returned %v after its context had ended", op.name, late)
		}
	}
}

// canceledDoesNothing: a call that cannot have been sent has no effect, and does not claim one.
func (s *suite) canceledDoesNothing() {
	t := s.targets()
	before := s.described(s.handle(t.managed))
	for _, op := range s.operations(t) {
		err := op.call(conformance.CanceledContext())
		s.CheckError(op.name, err)
		if e, ok := errors.AsType[*errs.Error](err); err == nil || ok && e.Outcome == errs.Applied {
			s.Errorf("%s with a cancelled context: %v, want an error that does not claim an effect", op.name, err)
		}
	}
	after := s.described(s.handle(t.managed))
	if after.State != before.State || after.Name != before.Name || after.Description != before.Description || after.RotationEnabled != before.RotationEnabled {
		s.Errorf("calls with a cancelled context have changed the key from %+v to %+v", before, after)
	}
	was := s.list()
	req := s.rawKey(s.cheapKind())
	req.Options = s.h.CreateOptions
	if res, err := facet[driver.Creator](s).CreateKey(conformance.CanceledContext(), req); err == nil {
		s.notes(res.Key.ID)
		s.Errorf("CreateKey with a cancelled context made a key")
	} else {
		s.WantEnded("CreateKey with a cancelled context", err, context.Canceled, errs.Canceled)
	}
	if now := s.list(); s.h.VirtualTime && len(now) != len(was) {
		s.Errorf("CreateKey with a cancelled context made a key: there were %d and are %d", len(was), len(now))
	}
}

// canceledAfterReturn: a context that ends when the call is over takes nothing back.
func (s *suite) canceledAfterReturn() {
	k := s.create(s.cheapKind())
	ctx, cancel := context.WithCancel(s.ctx)
	err := k.Disable(ctx)
	cancel()
	s.Must("Disable", err)
	s.settle()
	if s.h.VirtualTime {
		time.Sleep(time.Minute)
	}
	s.wantState("after the context of Disable has ended", k, kms.Disabled)
}

// together runs work in so many goroutines and waits for all of them. They must not call Fatalf.
func together(goroutines int, work func(int)) {
	var all sync.WaitGroup
	for i := range goroutines {
		all.Go(func() { work(i) })
	}
	all.Wait()
}

func (s *suite) allAtOnce() {
	var ops []operation
	for _, op := range s.operations(s.targets()) {
		if op.harmless {
			ops = append(ops, op)
		}
	}
	together(4*len(ops), func(i int) {
		op := ops[i%len(ops)]
		s.pace(op.name)
		s.ok(op.name+" beside others", op.call(s.ctx))
	})
}

func (s *suite) cryptoAtOnce() {
	k, other := s.secret(), s.shared(s.kind(isSymmetric), 1)
	together(16, func(i int) {
		key := []*kms.Key{k, other}[i%2]
		for range 4 {
			c, p := kms.Context{"goroutine": fmt.Sprint(i)}, plain(min(20+i, s.caps.MaxPlaintextBytes))
			ct, err := key.Encrypt(s.ctx, p, c)
			if s.ok("Encrypt beside others", err) {
				s.wantOpened("Decrypt beside others", key, ct, p, c)
			}
		}
	})
}

func (s *suite) dataKeysAtOnce() {
	k := s.secret()
	var mu sync.Mutex
	var all [][]byte
	together(16, func(i int) {
		n := min(s.usual()+i/2, s.caps.DataKeyBytes.Max)
		made, err := k.GenerateDataKey(s.ctx, n)
		if !s.ok("GenerateDataKey beside others", err) {
			return
		}
		s.wantOpened("Decrypt of a data key beside others", k, made.Ciphertext(), made.Plaintext())
		mu.Lock()
		defer mu.Unlock()
		if n >= 8 && slices.ContainsFunc(all, func(b []byte) bool { return bytes.Equal(b[:8], made.Plaintext()[:8]) }) {
			s.Errorf("GenerateDataKey beside others: the same data key twice")
		}
		all = append(all, made.Plaintext())
	})
}

// createAtOnce: of several keys of one name one is made, or gets it.
func (s *suite) createAtOnce() {
	kind, name := s.cheapKind(), s.name()
	create := func(int) error {
		req := s.rawKey(kind)
		req.Name, req.Options = name, s.h.CreateOptions
		s.pace(driver.OpCreateKey)
		res, err := facet[driver.Creator](s).CreateKey(s.ctx, req)
		if err == nil {
			s.notes(res.Key.ID)
		}
		return err
	}
	if s.caps.Naming == driver.ByAlias {
		ids := []string{s.create(kind).ID(), s.create(kind).ID(), s.create(kind).ID(), s.create(kind).ID()}
		create = func(i int) error {
			s.pace(driver.OpCreateAlias)
			_, err := facet[driver.Aliaser](s).CreateAlias(s.ctx, &driver.CreateAliasRequest{KeyID: ids[i], Alias: name})
			return err
		}
	}
	var mu sync.Mutex
	made := 0
	together(4, func(i int) {
		err := create(i)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			made++
		} else {
			s.WantCode("the same name beside others", err, errs.AlreadyExists)
		}
	})
	s.settle()
	if made != 1 {
		s.Errorf("%d of 4 keys of one name were made", made)
	}
}

// statesAtOnce: whatever comes last, the key is in one state and can be switched.
func (s *suite) statesAtOnce() {
	k := s.create(s.cheapKind())
	together(8, func(i int) {
		err := k.Enable
		if i%2 == 0 {
			err = k.Disable
		}
		if err := err(s.ctx); err != nil {
			s.WantCode("switching beside others", err, errs.Conflict)
		}
	})
	s.settle()
	s.wantState("after switching at once", k, kms.Enabled, kms.Disabled)
	s.disable(k)
	s.wantState("after Disable", k, kms.Disabled)
	s.enable(k)
	s.wantState("after Enable", k, kms.Enabled)
}
