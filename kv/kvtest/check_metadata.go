package kvtest

import (
	"encoding/json"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// metadataChecks: the JSON value that is kept with a key.
func metadataChecks() []check {
	both := []need{needMetadata, needReadMetadata}
	needSmall := conformance.That(func(k *traits) bool { return k.caps.MaxMetadataBytes <= largestValue }, "the largest metadata is too large for a test")
	return []check{
		{"Metadata/RoundTrip", both, (*suite).metadataRoundTrip},
		{"Metadata/ByInspect", append(both, conformance.That(func(k *traits) bool { return k.caps.ReadMetadata == driver.Emulated }, "Get tells metadata")), (*suite).metadataByInspect},
		{"Metadata/Absent", both, (*suite).metadataAbsent},
		{"Metadata/Overwrite", both, (*suite).metadataOverwrite},
		{"Metadata/WithExpiry", append(both, needTTL, needExpiry), (*suite).metadataWithExpiry},
		{"Metadata/Limit", append(both, needSmall), (*suite).metadataLimit},
		{"Metadata/OverLimit", append(both, needSmall), (*suite).metadataOverLimit},
		{"Metadata/Invalid", both, (*suite).metadataInvalid},
		{"Metadata/InListing", append(both, declared("List.Metadata", listMetaSupport)), (*suite).metadataListed},
		{"Metadata/InBatch", append(both, needGetBatch), (*suite).metadataInBatch},
		{"Metadata/Unsupported", []need{undeclared("Metadata", metadataSupport)}, (*suite).metadataUnsupported},
	}
}

// kept returns the metadata of a key: by Get or by the request for it.
func (n *space) kept(key string) json.RawMessage {
	n.Helper()
	if n.caps.ReadMetadata == driver.Emulated {
		return n.inspect(key).Metadata
	}
	return n.get(key).Metadata
}

var someMetadata = []string{
	`{"a":{"b":[1,2,{"c":null}],"d":"x"},"e":true}`, `[]`, `{}`, `"text"`, `"日本語 \u00e9 😀 \"quoted\" \\ \n"`, `12.50`,
	`9007199254740993`, `false`, `{"<a>":"&\u2028"}`, `{"cr":"a\r\nX-Header: 1"}`, ` { "spaced" : 1 } `,
}

// metadataRoundTrip writes and asks as programs do.
func (s *suite) metadataRoundTrip() {
	n := s.home()
	ns := n.portable()
	for _, text := range someMetadata {
		want := json.RawMessage(text)
		if len(want) > n.caps.MaxMetadataBytes {
			continue
		}
		key := n.key("a")
		n.note(key)
		s.Must("Put with metadata", ns.Put(s.ctx, key, n.value("a"), kv.Metadata(want)))
		s.settle()
		entry, err := ns.Get(s.ctx, key, kv.WithMetadata())
		s.Must("Get with metadata", err)
		s.wantJSON("Get", entry.Metadata, want)
		s.wantBytes("Get", entry.Value, n.value("a"))
		if n.caps.ReadMetadata == driver.Native {
			s.wantJSON("Get", n.get(key).Metadata, want)
		}
	}
}

func (s *suite) metadataByInspect() {
	n := s.home()
	n.putAs(&driver.PutRequest{Key: n.key("a"), Value: n.value("a"), Metadata: metadata("a")})
	n.put(n.key("b"), n.value("b"))
	s.wantJSON("Inspect", n.inspect(n.key("a")).Metadata, metadata("a"))
	s.wantJSON("Inspect", n.inspect(n.key("b")).Metadata, nil)
}

func (s *suite) metadataAbsent() {
	n := s.home()
	n.putAs(&driver.PutRequest{Key: n.key("near"), Value: n.value("a"), Metadata: metadata("a")})
	n.put(n.key("a"), n.value("a"))
	s.wantJSON("a key without metadata", n.kept(n.key("a")), nil)
}

func (s *suite) metadataOverwrite() {
	n := s.home()
	key := n.key("a")
	n.putAs(&driver.PutRequest{Key: key, Value: n.value("a"), Metadata: metadata("one")})
	n.putAs(&driver.PutRequest{Key: key, Value: n.value("a"), Metadata: metadata("two")})
	s.wantJSON("after a second put with metadata", n.kept(key), metadata("two"))
	n.put(key, n.value("a"))
	s.wantJSON("after a put without metadata", n.kept(key), nil)
	n.putAs(&driver.PutRequest{Key: key, Value: n.value("a"), Metadata: metadata("three")})
	n.delete(key)
	n.put(key, n.value("a"))
	s.wantJSON("after a delete and a put without metadata", n.kept(key), nil)
}

func (s *suite) metadataWithExpiry() {
	n := s.home()
	key := n.key("a")
	sent := n.putAs(&driver.PutRequest{Key: key, Value: n.value("a"), Metadata: metadata("a"), TTL: n.ttl()})
	n.wantTold(key, driver.ExpiresAt(sent.Add(n.ttl())))
	s.wantJSON("with an expiry", n.kept(key), metadata("a"))
}

func (s *suite) metadataLimit() {
	n := s.home()
	for _, size := range []int{2, n.caps.MaxMetadataBytes - 1, n.caps.MaxMetadataBytes} {
		if size < 2 {
			continue
		}
		n.putAs(&driver.PutRequest{Key: n.key("a"), Value: n.value("a"), Metadata: metadataOf(size)})
		s.wantJSON("at the limit", n.kept(n.key("a")), metadataOf(size))
	}
}

func (s *suite) metadataOverLimit() {
	n := s.home()
	ns := n.portable()
	over := metadataOf(n.caps.MaxMetadataBytes + 1)
	n.Unsent("metadata over the limit", errs.TooLarge, func() error { return ns.Put(s.ctx, n.key("a"), n.value("a"), kv.Metadata(over)) })
	n.refused("Put with metadata over the limit", &driver.PutRequest{Key: n.key("a"), Value: n.value("a"), Metadata: over}, errs.TooLarge, errs.InvalidArgument)
}

func (s *suite) metadataInvalid() {
	n := s.home()
	ns := n.portable()
	for _, text := range []string{`{`, `{"a":1} x`, `{'a':1}`, `nope`, `"\xff`, `1 2`} {
		bad := json.RawMessage(text)
		n.Unsent("metadata "+text, errs.InvalidArgument, func() error { return ns.Put(s.ctx, n.key("a"), n.value("a"), kv.Metadata(bad)) })
		n.refused("Put with metadata "+text, &driver.PutRequest{Key: n.key("a"), Value: n.value("a"), Metadata: bad}, errs.InvalidArgument)
	}
}

func (s *suite) metadataListed() {
	n := s.home()
	n.putAs(&driver.PutRequest{Key: n.key("a"), Value: n.value("a"), Metadata: metadata("a")})
	n.put(n.key("b"), n.value("b"))
	s.wantJSON("List", n.listed(n.key("a")).Metadata, metadata("a"))
	s.wantJSON("List", n.listed(n.key("b")).Metadata, nil)
}

func (s *suite) metadataInBatch() {
	n := s.home()
	n.putAs(&driver.PutRequest{Key: n.key("a"), Value: n.value("a"), Metadata: metadata("a")})
	n.put(n.key("b"), n.value("b"))
	for key, want := range map[string]json.RawMessage{n.key("a"): metadata("a"), n.key("b"): nil} {
		results := n.tryGetBatch(&driver.GetBatchRequest{Keys: []string{key}, WantMetadata: true})
		s.Must("GetBatch", results[0].Err)
		s.wantJSON("GetBatch of "+quote(key), results[0].Metadata, want)
	}
}

func (s *suite) metadataUnsupported() {
	n := s.home()
	ns := n.portable()
	n.Unsent("metadata", errs.Unsupported, func() error { return ns.Put(s.ctx, n.key("a"), n.value("a"), kv.Metadata(metadata("a"))) })
	n.put(n.key("a"), n.value("a"))
	s.wantJSON("Get, where no metadata is kept", n.get(n.key("a")).Metadata, nil)
	n.Unsent("Get with metadata", errs.Unsupported, func() error { _, err := ns.Get(s.ctx, n.key("a"), kv.WithMetadata()); return err })
}
