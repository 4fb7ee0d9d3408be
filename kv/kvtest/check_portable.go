package kvtest

import (
	"errors"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// portableChecks: package kv over the driver, as programs use it.
func portableChecks() []check {
	return []check{
		{"Portable/RefusesBeforeSending", nil, (*suite).refusesBeforeSending},
		{"Portable/Exists", nil, (*suite).exists},
		{"Portable/CreateIfMissing", []need{needCreate, needGetNamespace}, (*suite).createIfMissing},
		{"Portable/MadeAnew", []need{needCreate, needDelete}, (*suite).madeAnew},
	}
}

// refusesBeforeSending: what the capabilities exclude is refused, and nothing is sent.
func (s *suite) refusesBeforeSending() {
	n := s.home()
	ns := n.portable()
	put := func(value []byte, opts ...kv.PutOption) func() error {
		return func() error { return ns.Put(s.ctx, n.key("a"), value, opts...) }
	}
	ok := n.value("a")
	if n.caps.MaxValueBytes <= largestValue {
		n.Unsent("a value over the limit", errs.TooLarge, put(n.sized(n.caps.MaxValueBytes+1)))
	}
	if l := conformance.Longest(n.caps.Key); l > 0 && l <= 1<<20 {
		key := conformance.Pad(n.caps.Key.Alphabet, n.prefix, l+1)
		n.Unsent("a key over the limit", errs.InvalidArgument, func() error { return ns.Put(s.ctx, key, ok) })
	}
	n.Unsent("an empty key", errs.InvalidArgument, func() error { return ns.Put(s.ctx, "", ok) })
	if n.caps.TTL == driver.None {
		n.Unsent("a TTL", errs.Unsupported, put(ok, kv.TTL(time.Hour)))
	} else {
		n.Unsent("a TTL of zero", errs.InvalidArgument, put(ok, kv.TTL(0)))
		n.Unsent("an expiry in the past", errs.InvalidArgument, put(ok, kv.ExpiresAt(time.Now().Add(-time.Hour))))
		if n.caps.MinTTL > 0 {
			n.Unsent("a TTL under the minimum", errs.InvalidArgument, put(ok, kv.TTL(n.caps.MinTTL-time.Second)))
		}
	}
	if n.caps.Metadata == driver.None {
		n.Unsent("metadata", errs.Unsupported, put(ok, kv.Metadata(metadata("a"))))
	} else {
		n.Unsent("metadata that is not JSON", errs.InvalidArgument, put(ok, kv.Metadata([]byte("{"))))
		n.Unsent("metadata over the limit", errs.TooLarge, put(ok, kv.Metadata(metadataOf(n.caps.MaxMetadataBytes+1))))
	}
	n.wantMissing(n.key("a"))
	n.wantListed(n.prefix)
}

func (s *suite) exists() {
	n := s.home()
	n.put(n.key("a"), n.value("a"))
	ns := n.portable()
	for label, want := range map[string]bool{"a": true, "b": false} {
		if got, err := ns.Exists(s.ctx, n.key(label)); err != nil || got != want {
			s.Errorf("Exists %q: %v, %v, want %v", n.key(label), got, err, want)
		}
	}
}

func (s *suite) createIfMissing() {
	name := s.name("c")
	svc := s.service()
	defer func() {
		if info, count := s.inListing(name); count > 0 {
			s.made = append(s.made, info.NamespaceRef)
		}
	}()
	for range 2 {
		ns, err := svc.Namespace(s.ctx, name, kv.CreateIfMissing())
		s.wrote()
		s.settle()
		if err != nil && s.h.Settle > 0 && errors.Is(err, errs.NamespaceNotFound) {
			continue // made, but not yet to be seen
		}
		s.Must("Namespace with CreateIfMissing", err)
		s.Must("Put", ns.Put(s.ctx, conformance.Spell(ns.Capabilities().Key.Alphabet, "a"), []byte("text")))
		s.wrote()
	}
	if _, count := s.inListing(name); count != 1 {
		s.Errorf("ListNamespaces: the namespace is there %d times", count)
	}
}

// madeAnew: a handle goes on working after its namespace was deleted and made again under the same name.
func (s *suite) madeAnew() {
	n := s.newSpace()
	ns := n.portable()
	s.Must("Put", ns.Put(s.ctx, n.key("a"), n.value("a")))
	s.Must("DeleteNamespace", s.deleteNamespace(n.ref))
	s.settle()
	s.WantCode("Put in a deleted namespace", ns.Put(s.ctx, n.key("a"), n.value("a")), errs.NamespaceNotFound)
	again := s.open(s.create(n.ref.Name).NamespaceRef)
	s.settle()
	s.Must("Put after the namespace was made again", ns.Put(s.ctx, n.key("b"), n.value("b")))
	s.wrote()
	again.wantValue(n.key("b"), n.value("b"))
	again.wantMissing(n.key("a"))
}
