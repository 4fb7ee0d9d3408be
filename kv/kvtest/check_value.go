package kvtest

import (
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// valueChecks: which values are stored, and that each is stored whole or not at all.
func valueChecks() []check {
	return []check{
		{"Value/Sizes", []need{needSmallValues}, (*suite).valueSizes},
		{"Value/OverLimit", []need{needSmallValues}, (*suite).valueOverLimit},
		{"Value/OverLimitKeepsOld", []need{needSmallValues}, (*suite).valueOverLimitKeepsOld},
		{"Value/Empty", []need{declared("EmptyValue", emptySupport)}, (*suite).emptyValue},
		{"Value/EmptyRefused", []need{undeclared("EmptyValue", emptySupport)}, (*suite).emptyValueRefused},
		{"Value/Binary", []need{declared("BinaryValue", binarySupport)}, (*suite).binaryValue},
		{"Value/Text", nil, (*suite).anyText},
	}
}

func (s *suite) valueSizes() {
	n := s.home()
	limit := n.caps.MaxValueBytes
	for _, size := range []int64{1, limit - 1, limit} {
		if size < 1 {
			continue
		}
		key := n.key("size")
		value := n.sized(size)
		n.put(key, value)
		n.wantValue(key, value)
	}
}

func (s *suite) valueOverLimit() {
	n := s.home()
	over := n.sized(n.caps.MaxValueBytes + 1)
	ns := n.portable()
	n.Unsent("a value over the limit", errs.TooLarge, func() error { return ns.Put(s.ctx, n.key("a"), over) })
	n.refused("Put of a value over the limit", &driver.PutRequest{Key: n.key("a"), Value: over}, errs.TooLarge, errs.InvalidArgument)
}

func (s *suite) valueOverLimitKeepsOld() {
	n := s.home()
	key := n.key("a")
	n.put(key, n.value("old"))
	err := n.tryPut(&driver.PutRequest{Key: key, Value: n.sized(n.caps.MaxValueBytes + 1)})
	s.WantCode("Put of a value over the limit", err, errs.TooLarge, errs.InvalidArgument)
	n.wantValue(key, n.value("old"))
}

func (s *suite) emptyValue() {
	n := s.home()
	for label, empty := range map[string][]byte{"nil": nil, "empty": {}} {
		key := n.key(label)
		n.put(key, empty)
		n.wantValue(key, nil)
		n.put(key, n.value("full"))
		n.wantValue(key, n.value("full"))
		n.put(key, empty)
		n.wantValue(key, nil)
		n.wantListed(key, key)
	}
}

func (s *suite) emptyValueRefused() {
	n := s.home()
	ns := n.portable()
	n.Unsent("an empty value", errs.InvalidArgument, func() error { return ns.Put(s.ctx, n.key("a"), nil) })
	n.refused("Put of an empty value", &driver.PutRequest{Key: n.key("a"), Value: []byte{}}, errs.InvalidArgument)
}

func (s *suite) binaryValue() {
	n := s.home()
	every := make([]byte, 0, 512)
	for b := range 256 {
		every = append(every, byte(b))
	}
	for label, value := range map[string][]byte{
		"every":     every,
		"zero":      {0},
		"invalid":   {0xff, 0xfe, 0xc0, 0xaf, 0x80},
		"gzip":      {0x1f, 0x8b, 8, 0, 0},
		"surrogate": []byte("\xed\xa0\x80"),
		"cut":       []byte("日本")[:4],
	} {
		if int64(len(value)) > n.caps.MaxValueBytes {
			continue
		}
		n.put(n.key(label), value)
		n.wantValue(n.key(label), value)
	}
}

// anyText: text of all characters is stored everywhere; what is not text is stored or refused by package kv.
func (s *suite) anyText() {
	n := s.home()
	for label, text := range map[string]string{
		"nul":      "a\x00b",
		"controls": "\x01\x02\x1b[0m\x7f\u0085\u009f",
		"bom":      "\ufefftext",
		"replaced": "\ufffd",
		"special":  "\u2028\u2029\u202e\u200b\ufffe",
		"apart":    "e\u0301 \u00e9 \ufb01 \u212a",
	} {
		n.put(n.key(label), []byte(text))
		n.wantValue(n.key(label), []byte(text))
	}
	if n.caps.BinaryValue == driver.None {
		ns := n.portable()
		n.Unsent("a value that is not text", errs.InvalidArgument, func() error { return ns.Put(s.ctx, n.key("a"), []byte("a\xff")) })
	}
}
