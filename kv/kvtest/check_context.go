package kvtest

import (
	"context"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// contextChecks: a context that has ended ends the call.
func contextChecks() []check {
	return []check{
		{"Context/Canceled", nil, (*suite).canceled},
		{"Context/Deadline", nil, (*suite).deadline},
		{"Context/Prompt", []need{needVirtualTime}, (*suite).prompt},
		{"Context/NothingWritten", nil, (*suite).canceledWritesNothing},
		{"Context/Service", nil, (*suite).canceledService},
		{"Context/EndsAfterReturn", nil, (*suite).canceledAfterReturn},
	}
}

func (s *suite) canceled() {
	n := s.home()
	for _, op := range n.methods() {
		s.WantEnded(op+" with a cancelled context", n.call(conformance.CanceledContext(), op), context.Canceled, errs.Canceled)
	}
}

func (s *suite) deadline() {
	n := s.home()
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	for _, op := range n.methods() {
		s.WantEnded(op+" after the deadline", n.call(ctx, op), context.DeadlineExceeded, errs.DeadlineExceeded)
	}
}

// prompt: a call returns soon after its context ends, wherever it waits.
func (s *suite) prompt() {
	n := s.home()
	for _, op := range n.methods() {
		s.settle()
		n.pace(op)
		began := time.Now()
		ctx, cancel := context.WithTimeout(s.ctx, time.Millisecond)
		_ = n.callNow(ctx, op)
		cancel()
		if late := time.Since(began) - time.Millisecond; late > 10*time.Millisecond {
			s.Errorf("%s: returned %v after its context had ended", op, late)
		}
	}
}

// canceledWritesNothing: a call that cannot have been sent has no effect, and does not claim one.
func (s *suite) canceledWritesNothing() {
	n := s.home()
	a, b := n.key("calla"), n.key("callb") // the keys of call
	n.put(a, n.value("old"))
	for _, op := range []string{driver.OpPut, driver.OpDelete, driver.OpPutBatch, driver.OpDeleteBatch} {
		if !slices.Contains(n.methods(), op) {
			continue
		}
		err := n.call(conformance.CanceledContext(), op)
		s.CheckError(op, err)
		if err == nil || conformance.Outcome(err) == errs.Applied {
			s.Errorf("%s with a cancelled context: %v, want an error that does not claim an effect", op, err)
		}
		n.wantValue(a, n.value("old"))
		n.wantMissing(b)
	}
}

func (s *suite) canceledService() {
	ctx := conformance.CanceledContext()
	want := func(what string, err error) {
		s.WantEnded(what+" with a cancelled context", err, context.Canceled, errs.Canceled)
	}
	_, err := s.svc.ListNamespaces(ctx, &driver.ListNamespacesRequest{})
	want("ListNamespaces", err)
	ref := s.home().ref
	if getter, ok := s.svc.(driver.NamespaceGetter); ok {
		_, err := getter.GetNamespace(ctx, &driver.GetNamespaceRequest{NamespaceRef: ref})
		want("GetNamespace", err)
	}
	if s.h.Namespace != "" {
		return
	}
	if creator, ok := s.svc.(driver.NamespaceCreator); ok {
		name := s.name("c")
		_, err := creator.CreateNamespace(ctx, &driver.CreateNamespaceRequest{Name: name})
		want("CreateNamespace", err)
		if info, count := s.inListing(name); count > 0 {
			s.made = append(s.made, info.NamespaceRef)
			s.Errorf("CreateNamespace with a cancelled context made a namespace")
		}
	}
	if describer, ok := s.svc.(driver.NamespaceDescriber); ok {
		_, err := describer.SetDescription(ctx, &driver.SetDescriptionRequest{NamespaceRef: ref, Description: "text"})
		want("SetDescription", err)
	}
	if renamer, ok := s.svc.(driver.NamespaceRenamer); ok {
		_, err := renamer.RenameNamespace(ctx, &driver.RenameNamespaceRequest{NamespaceRef: ref, NewName: s.name("r")})
		want("RenameNamespace", err)
	}
	if deleter, ok := s.svc.(driver.NamespaceDeleter); ok {
		_, err := deleter.DeleteNamespace(ctx, &driver.DeleteNamespaceRequest{NamespaceRef: ref})
		want("DeleteNamespace", err)
	}
	if _, count := s.inListing(ref.Name); count != 1 {
		s.Errorf("calls with a cancelled context renamed or deleted the namespace")
	}
}

// canceledAfterReturn: a context that ends when the call is over takes nothing back.
func (s *suite) canceledAfterReturn() {
	n := s.home()
	key := n.key("a")
	n.note(key)
	n.pace(driver.OpPut)
	ctx, cancel := context.WithCancel(s.ctx)
	_, err := n.drv.Put(ctx, &driver.PutRequest{Key: key, Value: n.value("a")})
	cancel()
	s.Must("Put", err)
	n.wantValue(key, n.value("a"))
	n.settle()
	n.pace(driver.OpGet)
	ctx, cancel = context.WithCancel(s.ctx)
	res, err := n.drv.Get(ctx, &driver.GetRequest{Key: key})
	cancel()
	s.Must("Get", err)
	s.wantBytes("Get, after its context has ended", res.Value, n.value("a"))
	if s.h.VirtualTime {
		time.Sleep(time.Minute)
		n.wantValue(key, n.value("a"))
	}
}
