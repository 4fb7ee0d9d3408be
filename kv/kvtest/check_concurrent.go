package kvtest

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// concurrentChecks: several goroutines at once, best run under the race detector.
func concurrentChecks() []check {
	return []check{
		{"Concurrent/DistinctKeys", nil, (*suite).distinctKeys},
		{"Concurrent/SameKey", nil, (*suite).sameKey},
		{"Concurrent/AllMethods", nil, (*suite).allAtOnce},
		{"Concurrent/Create", []need{needCreate}, (*suite).createAtOnce},
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

// rawPut makes a put whose failure does not end the check.
func (n *space) rawPut(key string, value []byte) {
	n.note(key)
	n.pace(driver.OpPut)
	if _, err := n.drv.Put(n.ctx, &driver.PutRequest{Key: key, Value: value}); err != nil {
		n.Errorf("Put %q beside others: %v", key, err)
	}
	n.wrote()
}

func (n *space) rawGet(key string) []byte {
	n.pace(driver.OpGet)
	res, err := n.drv.Get(n.ctx, &driver.GetRequest{Key: key})
	if err != nil || res == nil {
		if errs.CodeOf(err) != errs.KeyNotFound {
			n.Errorf("Get %q beside others: %v", key, err)
		}
		return nil
	}
	return res.Value
}

func (s *suite) distinctKeys() {
	n := s.home()
	var all []string
	together(16, func(i int) {
		for round := range 3 {
			n.rawPut(n.key(fmt.Sprintf("g%02d", i)), n.value(fmt.Sprint(i, round)))
		}
		other := n.key(fmt.Sprintf("h%02d", i))
		n.rawPut(other, n.value("goes"))
		n.pace(driver.OpDelete)
		if _, err := n.drv.Delete(n.ctx, &driver.DeleteRequest{Key: other}); err != nil {
			n.Errorf("Delete %q beside others: %v", other, err)
		}
		n.wrote()
	})
	for i := range 16 {
		key := n.key(fmt.Sprintf("g%02d", i))
		n.wantValue(key, n.value(fmt.Sprint(i, 2)))
		all = append(all, key)
	}
	n.wantListed(n.prefix, all...)
}

// sameKey: of many writes of one key one wins, whole.
func (s *suite) sameKey() {
	n := s.home()
	key := n.key("a")
	values := make([][]byte, 16)
	for i := range values {
		values[i] = bytes.Repeat([]byte{'a' + byte(i)}, min(200*(i+1), int(min(n.caps.MaxValueBytes, 1<<20))))
	}
	whole := func(got []byte) bool {
		for _, value := range values {
			if bytes.Equal(got, value) {
				return true
			}
		}
		return false
	}
	together(len(values), func(i int) {
		n.rawPut(key, values[i])
		if got := n.rawGet(key); got != nil && !whole(got) {
			n.Errorf("Get beside writes of the same key: a mixture of %d bytes", len(got))
		}
	})
	got := n.get(key).Value
	if !whole(got) {
		s.Errorf("after many writes of the same key: a mixture of %d bytes", len(got))
	}
	n.wantListed(key, key)
	n.wantValue(key, got)
}

func (s *suite) allAtOnce() {
	n := s.home()
	n.put(n.key("calla"), n.value("call"))
	ops := n.methods()
	together(4*len(ops), func(i int) {
		err := n.call(s.ctx, ops[i%len(ops)])
		if err != nil && errs.CodeOf(err) != errs.KeyNotFound {
			n.Errorf("%s beside others: %v", ops[i%len(ops)], err)
		}
	})
	n.put(n.key("calla"), n.value("last"))
	n.wantValue(n.key("calla"), n.value("last"))
}

// createAtOnce: of several creations of one name one succeeds.
func (s *suite) createAtOnce() {
	creator, ok := s.svc.(driver.NamespaceCreator)
	if !ok {
		s.Fatalf("Create is declared, but NamespaceCreator is not implemented")
	}
	name := s.name("race")
	var mu sync.Mutex
	made := 0
	together(4, func(int) {
		s.pace(driver.OpCreateNamespace)
		res, err := creator.CreateNamespace(s.ctx, &driver.CreateNamespaceRequest{Name: name})
		mu.Lock()
		defer mu.Unlock()
		if err == nil && res != nil {
			made++
			s.made = append(s.made, res.Namespace.NamespaceRef)
		} else if errs.CodeOf(err) != errs.AlreadyExists {
			s.Errorf("CreateNamespace beside others: %v", err)
		}
	})
	s.wrote()
	if made != 1 {
		s.Errorf("CreateNamespace: %d of 4 creations of one name succeeded", made)
	}
	if _, count := s.inListing(name); count != 1 {
		s.Errorf("ListNamespaces: the namespace is there %d times", count)
	}
}
