package kvtest

import (
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// describeChecks: what a service tells of its namespaces.
func describeChecks() []check {
	described := []need{needCreate, needDescription}
	changed := []need{needCreate, needSetDescription}
	needLimit := conformance.That(func(k *traits) bool { return k.service.MaxDescriptionChars > 0 }, "descriptions have no limit")
	return []check{
		{"Describe/Missing", []need{needGetNamespace}, (*suite).describeMissing},
		{"Describe/ByName", nil, (*suite).describeByName},
		{"Describe/Times", []need{needCreate}, (*suite).namespaceTimes},
		{"Describe/Description", described, (*suite).description},
		{"Describe/DescriptionLimit", append(described, needLimit), (*suite).descriptionLimit},
		{"Describe/SetDescription", changed, (*suite).changeDescription},
		{"Describe/SetDescriptionLimit", append(changed, needLimit), (*suite).changedDescriptionLimit},
		{"Describe/SetDescriptionMissing", changed, (*suite).changeMissingDescription},
		{"Describe/Usage", []need{needUsage}, (*suite).usage},
		{"Describe/BadCursor", nil, (*suite).badNamespaceCursor},
	}
}

func (s *suite) describeMissing() {
	ref := s.missing()
	_, err := s.describe(ref)
	s.WantCode("GetNamespace of a missing one", err, errs.NamespaceNotFound)
}

// describeByName asks as programs do.
func (s *suite) describeByName() {
	n := s.home()
	s.settle()
	svc := s.service()
	info, err := svc.DescribeNamespace(s.ctx, n.ref.Name)
	s.Must("DescribeNamespace", err)
	s.wantRef("DescribeNamespace", info.NamespaceRef, n.ref.Name)
	_, err = svc.DescribeNamespace(s.ctx, s.name("none"))
	s.WantCode("DescribeNamespace of a missing one", err, errs.NamespaceNotFound)
}

// namespaceTimes: times are told right or not at all.
func (s *suite) namespaceTimes() {
	s.align()
	before := time.Now()
	name := s.name("t")
	info := s.create(name)
	listed, _ := s.inListing(name)
	described, err := s.describe(info.NamespaceRef)
	s.Must("GetNamespace", err)
	for what, told := range map[string]driver.NamespaceInfo{"CreateNamespace": *info, "ListNamespaces": listed, "GetNamespace": *described} {
		for which, at := range map[string]time.Time{"Created": told.Created, "Updated": told.Updated} {
			if !at.IsZero() && (at.Before(before.Add(-s.clockError())) || at.After(time.Now().Add(s.clockError()))) {
				s.Errorf("%s: %s is %v, it is %v", what, which, at, time.Now())
			}
		}
	}
}

// clockError is how far a clock elsewhere may be off.
func (s *suite) clockError() time.Duration {
	if s.h.VirtualTime {
		return time.Second
	}
	return 10 * time.Minute
}

// wantDescription checks a description wherever it is told.
func (s *suite) wantDescription(ref driver.NamespaceRef, want string) {
	s.Helper()
	info, err := s.describe(ref)
	s.Must("GetNamespace", err)
	listed, _ := s.inListing(ref.Name)
	if info.Description != want || listed.Description != want {
		s.Errorf("the description has %d bytes, in the listing %d, want %d", len(info.Description), len(listed.Description), len(want))
	}
}

func (s *suite) describedSpace(text string) driver.NamespaceRef {
	s.Helper()
	info, err := s.tryCreate(&driver.CreateNamespaceRequest{Name: s.name("d"), Description: text})
	s.Must("CreateNamespace with a description", err)
	if info.Description != text {
		s.Errorf("CreateNamespace: the description is %q, want %q", info.Description, text)
	}
	return info.NamespaceRef
}

func (s *suite) description() {
	const text = "For tests: <a> & 日本語"
	s.wantDescription(s.describedSpace(text), text)
	s.wantDescription(s.newSpace().ref, "")
}

func (s *suite) descriptionLimit() {
	limit := s.caps.MaxDescriptionChars
	text := strings.Repeat("é", limit)
	s.wantDescription(s.describedSpace(text), text)
	name := s.name("over")
	_, err := s.tryCreate(&driver.CreateNamespaceRequest{Name: name, Description: text + "x"})
	s.WantCode("CreateNamespace with a description over the limit", err, errs.InvalidArgument, errs.TooLarge)
	if _, count := s.inListing(name); count > 0 {
		s.Errorf("CreateNamespace with a description over the limit: the namespace was made")
	}
	before := s.Sent("")
	_, err = s.service().CreateNamespace(s.ctx, name, kv.Description(text+"x"))
	if s.WantCode("CreateNamespace with a description over the limit", err, errs.InvalidArgument) && s.Sent("") != before {
		s.Errorf("CreateNamespace with a description over the limit: the refused call was sent")
	}
}

func (s *suite) changeDescription() {
	n := s.newSpace()
	n.put(n.key("a"), n.value("a"))
	for _, text := range []string{"one", "another, longer one", ""} {
		s.Must("SetDescription", s.setDescription(n.ref, text))
		s.wantDescription(n.ref, text)
	}
	n.wantValue(n.key("a"), n.value("a"))
}

func (s *suite) changedDescriptionLimit() {
	n := s.newSpace()
	text := strings.Repeat("é", s.caps.MaxDescriptionChars)
	s.Must("SetDescription", s.setDescription(n.ref, text))
	s.wantDescription(n.ref, text)
	s.WantCode("SetDescription over the limit", s.setDescription(n.ref, text+"x"), errs.InvalidArgument, errs.TooLarge)
	s.wantDescription(n.ref, text)
}

func (s *suite) changeMissingDescription() {
	s.WantCode("SetDescription of a missing namespace", s.setDescription(s.missing(), "text"), errs.NamespaceNotFound)
}

func (s *suite) usage() {
	n := s.home()
	for range 2 {
		info, err := s.describe(n.ref)
		s.Must("GetNamespace", err)
		switch u := info.Usage; {
		case u == nil:
			s.Errorf("GetNamespace: no usage, though Usage is declared")
		case u.UsedBytes < 0 || u.CapacityBytes < 0:
			s.Errorf("GetNamespace: a usage of %d of %d bytes", u.UsedBytes, u.CapacityBytes)
		}
		n.put(n.key("a"), n.sized(min(n.caps.MaxValueBytes, 1000)))
	}
}

func (s *suite) badNamespaceCursor() {
	n := s.home()
	s.settle()
	s.pace(driver.OpListNamespaces)
	page, err := s.svc.ListNamespaces(s.ctx, &driver.ListNamespacesRequest{Cursor: "kvtest-not-a-cursor"})
	if err != nil {
		s.CheckError("ListNamespaces with a bad cursor", err)
		return
	}
	if page == nil {
		s.Fatalf("ListNamespaces: neither a response nor an error")
	}
	for _, info := range page.Namespaces {
		if info.Name == n.ref.Name {
			s.Errorf("ListNamespaces: a bad cursor starts the listing anew")
		}
	}
}
