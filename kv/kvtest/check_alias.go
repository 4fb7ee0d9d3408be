package kvtest

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// aliasChecks: requests stay the caller's, responses become the caller's.
func aliasChecks() []check {
	return []check{
		{"Ownership/PutKeepsNothing", nil, (*suite).putKeepsNothing},
		{"Ownership/PutChangesNothing", nil, (*suite).putChangesNothing},
		{"Ownership/GetGivesAway", nil, (*suite).getGivesAway},
		{"Ownership/PutBatch", []need{needPutBatch}, (*suite).putBatchOwnership},
		{"Ownership/GetBatch", []need{needGetBatch}, (*suite).getBatchOwnership},
		{"Ownership/DeleteBatch", []need{needDeleteBatch}, (*suite).deleteBatchOwnership},
		{"Ownership/Metadata", []need{needMetadata, needReadMetadata}, (*suite).metadataOwnership},
		{"Ownership/ListGivesAway", nil, (*suite).listGivesAway},
	}
}

// spare returns value with room behind it, which nobody else may write to; check reports whether somebody did.
func spare(value []byte) (roomy []byte, check func() bool) {
	room := slices.Concat(value, bytes.Repeat([]byte{'~'}, 16))
	return room[:len(value)], func() bool {
		return bytes.Equal(room[:len(value)], value) && bytes.Equal(room[len(value):], bytes.Repeat([]byte{'~'}, 16))
	}
}

// spoil overwrites a slice that belongs to the caller.
func spoil(b []byte) {
	for i := range b {
		b[i] = '!'
	}
}

func (s *suite) putKeepsNothing() {
	n := s.home()
	key, value := n.key("a"), n.value("a")
	n.put(key, value)
	spoil(value)
	n.wantValue(key, n.value("a"))
}

func (s *suite) putChangesNothing() {
	n := s.home()
	value, untouched := spare(n.value("a"))
	req := driver.PutRequest{Key: n.key("a"), Value: value}
	if n.caps.TTL != driver.None {
		req.TTL = n.ttl()
	}
	given := req
	n.putAs(&req)
	if !untouched() || req.Key != given.Key || len(req.Value) != len(value) || req.TTL != given.TTL || !req.ExpiresAt.IsZero() || req.Metadata != nil {
		s.Errorf("Put changed the request")
	}
	get := driver.GetRequest{Key: n.key("a")}
	_, err := n.tryGet(&get)
	s.Must("Get", err)
	list := driver.ListRequest{Prefix: n.prefix, PageSize: n.caps.List.MaxPage}
	_, err = send(n, driver.OpList, n.drv.List, &list)
	s.Must("List", err)
	if get != (driver.GetRequest{Key: n.key("a")}) || list != (driver.ListRequest{Prefix: n.prefix, PageSize: n.caps.List.MaxPage}) {
		s.Errorf("Get or List changed the request")
	}
}

func (s *suite) getGivesAway() {
	n := s.home()
	key := n.key("a")
	n.put(key, n.value("a"))
	first := n.get(key).Value
	second := n.get(key).Value
	spoil(first)
	s.wantBytes("Get, before another's value was overwritten", second, n.value("a"))
	n.wantValue(key, n.value("a"))
	_ = append(second[:0:len(second)], "!"...)
	n.wantValue(key, n.value("a"))
}

func (s *suite) putBatchOwnership() {
	n := s.home()
	value, untouched := spare(n.value("a"))
	items := fewer([]*driver.PutRequest{{Key: n.key("a"), Value: value}, {Key: n.key("b"), Value: n.value("b")}}, n.caps.PutBatch)
	n.putBatch(items)
	if !untouched() || items[0].Key != n.key("a") || len(items[0].Value) != len(value) {
		s.Errorf("PutBatch changed the request")
	}
	spoil(value)
	items[0].Key = n.key("other")
	n.wantValue(n.key("a"), n.value("a"))
	n.wantMissing(n.key("other"))
}

func (s *suite) getBatchOwnership() {
	n := s.home()
	keys := fewer([]string{n.key("b"), n.key("a"), n.key("never")}, n.caps.GetBatch)
	for _, key := range []string{n.key("a"), n.key("b")} {
		n.put(key, n.value("v"))
	}
	given := slices.Clone(keys)
	results := n.getBatch(keys)
	if !slices.Equal(keys, given) {
		s.Errorf("GetBatch changed the request")
	}
	spoil(results[0].Value)
	for i, r := range n.getBatch(keys) {
		if keys[i] != n.key("never") {
			s.wantBytes("GetBatch, after another's value was overwritten", r.Value, n.value("v"))
		}
	}
}

func (s *suite) deleteBatchOwnership() {
	n := s.home()
	keys := fewer([]string{n.key("b"), n.key("a")}, n.caps.DeleteBatch)
	given := slices.Clone(keys)
	n.put(keys[0], n.value("a"))
	n.deleteBatch(keys)
	if !slices.Equal(keys, given) {
		s.Errorf("DeleteBatch changed the request")
	}
}

func (s *suite) metadataOwnership() {
	n := s.home()
	key := n.key("a")
	given, untouched := spare(metadata("a"))
	n.putAs(&driver.PutRequest{Key: key, Value: n.value("a"), Metadata: json.RawMessage(given)})
	if !untouched() {
		s.Errorf("Put changed the metadata of the request")
	}
	spoil(given)
	s.wantJSON("after the request was overwritten", n.kept(key), metadata("a"))
	spoil(n.kept(key))
	s.wantJSON("after a response was overwritten", n.kept(key), metadata("a"))
}

func (s *suite) listGivesAway() {
	n := s.home()
	all := n.fill("a", 3)
	if n.caps.List.Metadata != driver.None {
		n.putAs(&driver.PutRequest{Key: all[0], Value: n.value("a"), Metadata: metadata("a")})
	}
	for range 2 {
		for i, infos := 0, n.list(n.prefix); i < len(infos); i++ {
			if infos[i].Name == all[0] && n.caps.List.Metadata != driver.None {
				s.wantJSON("List", infos[i].Metadata, metadata("a"))
			}
			spoil(infos[i].Metadata)
			infos[i].Name = "!"
		}
	}
	n.wantListed(n.prefix, all...)
}
