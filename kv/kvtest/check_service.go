package kvtest

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// serviceChecks: namespaces come, go and are renamed.
func serviceChecks() []check {
	deletes := []need{needCreate, needDelete}
	renames := []need{needCreate, needRename}
	needNameLimit := conformance.That(func(k *traits) bool { l := conformance.Longest(k.service.Name); return l > 0 && l <= 1<<16 }, "names have no limit")
	needMax := conformance.That(func(k *traits) bool { return k.service.MaxNamespaces > 0 && k.service.MaxNamespaces <= 20 }, "no small number of namespaces is the limit")
	return []check{
		{"Service/Create", []need{needCreate}, (*suite).createNamespace},
		{"Service/CreateTaken", []need{needCreate}, (*suite).createTaken},
		{"Service/NameLimit", []need{needCreate, needNameLimit}, (*suite).nameLimit},
		{"Service/NameOverLimit", []need{needCreate, needNameLimit}, (*suite).nameOverLimit},
		{"Service/OddNames", []need{needCreate}, (*suite).oddNamespaces},
		{"Service/List", []need{needCreate}, (*suite).listsNamespaces},
		{"Service/Delete", deletes, (*suite).deletes},
		{"Service/DeleteMissing", deletes, (*suite).deleteMissing},
		{"Service/DeleteTakesKeys", deletes, (*suite).deleteTakesKeys},
		{"Service/HandleAfterDelete", deletes, (*suite).handleAfterDelete},
		{"Service/Rename", renames, (*suite).renames},
		{"Service/RenameTaken", renames, (*suite).renameTaken},
		{"Service/RenameMissing", renames, (*suite).renameMissing},
		{"Service/MaxNamespaces", []need{needCreate, needMax}, (*suite).maxNamespaces},
	}
}

// wantRef checks the address of a namespace of that name.
func (s *suite) wantRef(what string, got driver.NamespaceRef, name string) {
	s.Helper()
	if got.Name != name || got.ID == "" {
		s.Errorf("%s: the namespace is %q with the id %q, want %q with an id", what, got.Name, got.ID, name)
	}
}

func (s *suite) createNamespace() {
	name := s.name("new")
	info := s.create(name)
	s.wantRef("CreateNamespace", info.NamespaceRef, name)
	n := s.open(info.NamespaceRef)
	n.put(n.key("a"), n.value("a"))
	n.wantListed("", n.key("a"))
	described, err := s.describe(info.NamespaceRef)
	s.Must("GetNamespace", err)
	s.wantRef("GetNamespace", described.NamespaceRef, name)
	if described.ID != info.ID {
		s.Errorf("GetNamespace: the id is %q, after creation it was %q", described.ID, info.ID)
	}
	listed, count := s.inListing(name)
	if count != 1 || listed.ID != info.ID {
		s.Errorf("ListNamespaces: the new namespace is there %d times, with the id %q, want %q", count, listed.ID, info.ID)
	}
}

func (s *suite) createTaken() {
	n := s.newSpace()
	n.put(n.key("a"), n.value("a"))
	s.settle()
	_, err := s.tryCreate(&driver.CreateNamespaceRequest{Name: n.ref.Name})
	s.WantCode("CreateNamespace of a taken name", err, errs.AlreadyExists)
	n.wantValue(n.key("a"), n.value("a"))
	if _, count := s.inListing(n.ref.Name); count != 1 {
		s.Errorf("ListNamespaces: the namespace is there %d times", count)
	}
}

func (s *suite) nameLimit() {
	limit := conformance.Longest(s.caps.Name)
	name := conformance.Pad(s.caps.Name.Alphabet, s.name("l"), limit)
	info := s.create(name)
	s.wantRef("CreateNamespace", info.NamespaceRef, name)
	if _, count := s.inListing(name); count != 1 {
		s.Errorf("ListNamespaces: the namespace with the longest name is there %d times", count)
	}
}

func (s *suite) nameOverLimit() {
	name := conformance.Pad(s.caps.Name.Alphabet, s.name("l"), conformance.Longest(s.caps.Name)+1)
	svc := s.service()
	before := s.Sent("")
	_, err := svc.CreateNamespace(s.ctx, name)
	if s.WantCode("CreateNamespace of a name over the limit", err, errs.InvalidArgument) && s.Sent("") != before {
		s.Errorf("CreateNamespace of a name over the limit: the refused call was sent")
	}
	_, err = s.tryCreate(&driver.CreateNamespaceRequest{Name: name})
	s.WantCode("CreateNamespace of a name over the limit", err, errs.InvalidArgument, errs.TooLarge)
	for _, info := range s.listNamespaces() {
		if strings.HasPrefix(name, info.Name) && len(info.Name) > 10 {
			s.Errorf("CreateNamespace of a name over the limit: a namespace was made all the same")
		}
	}
}

// oddNamespaces: names that the rule accepts stay byte by byte what they are.
func (s *suite) oddNamespaces() {
	svc := s.service()
	room := 5
	if s.caps.MaxNamespaces > 0 {
		room = min(room, s.caps.MaxNamespaces-1)
	}
	_, deletes := s.svc.(driver.NamespaceDeleter)
	for _, odd := range oddNames {
		name := odd
		if utf8.RuneCountInString(odd) > 1 || len(odd) > 1 {
			name = s.name("") + odd // a name of others must not be hit
		} else {
			name = s.name("") + odd + odd + "z"
		}
		if s.caps.Name.Check("name", name) != nil {
			if _, err := svc.CreateNamespace(s.ctx, name); err == nil {
				s.Errorf("CreateNamespace %q: the rule refuses it and it was sent", name)
			}
			continue
		}
		if !deletes {
			if room--; room < 0 {
				return
			}
		}
		s.oddNamespace(name)
	}
}

func (s *suite) oddNamespace(name string) {
	s.Helper()
	info, err := s.tryCreate(&driver.CreateNamespaceRequest{Name: name})
	if err != nil {
		s.Errorf("CreateNamespace %q: %v", name, err)
		return
	}
	s.wantRef("CreateNamespace", info.NamespaceRef, name)
	n := s.open(info.NamespaceRef)
	n.put(n.key("a"), n.value("a"))
	n.wantValue(n.key("a"), n.value("a"))
	if _, count := s.inListing(name); count != 1 {
		s.Errorf("ListNamespaces: %q is there %d times", name, count)
	}
	if described, err := s.describe(info.NamespaceRef); err != nil || described.Name != name {
		s.Errorf("GetNamespace %q: %v", name, err)
	}
	if _, deletes := s.svc.(driver.NamespaceDeleter); deletes {
		if err := s.deleteNamespace(info.NamespaceRef); err != nil {
			s.Errorf("DeleteNamespace %q: %v", name, err)
		}
	}
}

// listsNamespaces: what is made is listed once, and nothing else comes.
func (s *suite) listsNamespaces() {
	before := map[string]int{}
	for _, info := range s.listNamespaces() {
		before[info.Name]++
	}
	want := []string{s.newSpace().ref.Name, s.newSpace().ref.Name, s.newSpace().ref.Name}
	var got []string
	for _, info := range s.listNamespaces() {
		s.wantRef("ListNamespaces", info.NamespaceRef, info.Name)
		if before[info.Name]--; before[info.Name] < 0 {
			got = append(got, info.Name)
		}
	}
	s.wantNames("ListNamespaces", got, want)
	got = nil
	for info, err := range s.service().Namespaces(s.ctx) {
		s.Must("Namespaces", err)
		got = append(got, info.Name)
	}
	for _, name := range want {
		if !strings.Contains("\x00"+strings.Join(got, "\x00")+"\x00", "\x00"+name+"\x00") {
			s.Errorf("Namespaces: %q is missing", name)
		}
	}
}

func (s *suite) deletes() {
	n, other := s.newSpace(), s.newSpace()
	other.put(other.key("a"), other.value("a"))
	s.settle()
	s.Must("DeleteNamespace", s.deleteNamespace(n.ref))
	s.gone(n.ref)
	other.wantValue(other.key("a"), other.value("a"))
}

func (s *suite) deleteMissing() {
	ref := s.missing()
	s.WantCode("DeleteNamespace of a missing one", s.deleteNamespace(ref), errs.NamespaceNotFound)
	n := s.newSpace()
	s.settle()
	s.Must("DeleteNamespace", s.deleteNamespace(n.ref))
	s.settle()
	s.WantCode("DeleteNamespace again", s.deleteNamespace(n.ref), errs.NamespaceNotFound)
}

// deleteTakesKeys: a namespace that is made anew is empty.
func (s *suite) deleteTakesKeys() {
	n := s.newSpace()
	n.put(n.key("a"), n.value("a"))
	s.settle()
	s.Must("DeleteNamespace", s.deleteNamespace(n.ref))
	s.settle()
	again := s.open(s.create(n.ref.Name).NamespaceRef)
	again.wantMissing(n.key("a"))
	again.wantListed("")
	again.put(again.key("b"), again.value("b"))
	again.wantValue(again.key("b"), again.value("b"))
}

// handleAfterDelete: an open namespace that is deleted is missing for every method.
func (s *suite) handleAfterDelete() {
	n := s.newSpace()
	n.put(n.key("calla"), n.value("a"))
	s.settle()
	s.Must("DeleteNamespace", s.deleteNamespace(n.ref))
	for _, op := range n.methods() {
		s.WantCode(op+" after the namespace was deleted", n.call(context.Background(), op), errs.NamespaceNotFound)
	}
}

func (s *suite) renames() {
	n := s.newSpace()
	n.put(n.key("a"), n.value("a"))
	name := s.name("renamed")
	s.Must("RenameNamespace", s.rename(n.ref, name))
	s.settle()
	if _, count := s.inListing(n.ref.Name); count > 0 {
		s.Errorf("ListNamespaces: the old name is still there")
	}
	now, count := s.inListing(name)
	if count != 1 {
		s.Fatalf("ListNamespaces: the new name is there %d times", count)
	}
	renamed := s.open(now.NamespaceRef)
	renamed.wantValue(n.key("a"), n.value("a"))
	renamed.wantListed("", n.key("a"))
	if s.caps.Address == driver.ByName {
		s.gone(n.ref)
	} else if now.ID != n.ref.ID {
		s.Errorf("RenameNamespace: the id was %q and is %q", n.ref.ID, now.ID)
	}
}

func (s *suite) renameTaken() {
	n, other := s.newSpace(), s.newSpace()
	n.put(n.key("a"), n.value("a"))
	other.put(other.key("b"), other.value("b"))
	s.WantCode("RenameNamespace to a taken name", s.rename(n.ref, other.ref.Name), errs.AlreadyExists)
	n.wantValue(n.key("a"), n.value("a"))
	other.wantValue(other.key("b"), other.value("b"))
	if _, count := s.inListing(n.ref.Name); count != 1 {
		s.Errorf("ListNamespaces: after the failed renaming the name is there %d times", count)
	}
}

func (s *suite) renameMissing() {
	s.WantCode("RenameNamespace of a missing one", s.rename(s.missing(), s.name("renamed")), errs.NamespaceNotFound)
}

func (s *suite) maxNamespaces() {
	for count := len(s.listNamespaces()); count < s.caps.MaxNamespaces; count++ {
		s.create(s.name("max"))
	}
	_, err := s.tryCreate(&driver.CreateNamespaceRequest{Name: s.name("over")})
	s.WantCode("CreateNamespace of one too many", err, errs.QuotaExceeded)
}
