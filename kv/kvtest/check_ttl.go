package kvtest

import (
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// ttlChecks: keys expire when they should, as virtual time shows.
func ttlChecks() []check {
	waits := []need{needTTL, needVirtualTime}
	needLonger := conformance.That(func(k *traits) bool { return k.h.longer(&k.caps) > k.h.ttl(&k.caps)+5*time.Second }, "the longest TTL is too short for the test")
	return []check{
		{"TTL/Expires", waits, (*suite).ttlExpires},
		{"TTL/AbsoluteExpires", waits, (*suite).absoluteExpires},
		{"TTL/GoneFromListing", waits, (*suite).expiredNotListed},
		{"TTL/GoneFromBatch", append(waits, needGetBatch), (*suite).expiredNotInBatch},
		{"TTL/GoneFromInspect", append(waits, needInspect), (*suite).expiredNotInspected},
		{"TTL/OverwriteRemoves", waits, (*suite).overwriteRemovesExpiry},
		{"TTL/OverwriteReplaces", append(waits, needLonger), (*suite).overwriteReplacesExpiry},
		{"TTL/BeatsAbsolute", waits, (*suite).ttlBeatsAbsolute},
		{"TTL/RoundsUp", append(waits, needLonger), (*suite).ttlRoundsUp},
		{"TTL/ExpiredIsAbsent", waits, (*suite).expiredIsAbsent},
		{"TTL/BatchExpires", append(waits, needPutBatch), (*suite).batchExpires},
		{"TTL/WithoutStays", []need{needVirtualTime}, (*suite).staysWithout},
	}
}

func (s *suite) ttlExpires() {
	n := s.home()
	s.align()
	short := n.putAs(&driver.PutRequest{Key: n.key("short"), Value: n.value("a"), TTL: n.ttl()}).Add(n.ttl())
	long := n.putAs(&driver.PutRequest{Key: n.key("long"), Value: n.value("b"), TTL: n.longer()}).Add(n.longer())
	n.beforeAndAfter(n.key("short"), n.value("a"), short)
	if n.longer() > n.ttl() {
		n.beforeAndAfter(n.key("long"), n.value("b"), long)
	}
}

func (s *suite) absoluteExpires() {
	n := s.home()
	s.align()
	at := ahead(n.ttl())
	n.putAs(&driver.PutRequest{Key: n.key("a"), Value: n.value("a"), ExpiresAt: at})
	elsewhere := at.In(time.FixedZone("", 5*3600+1800)) // a time means the same in every zone
	n.putAs(&driver.PutRequest{Key: n.key("b"), Value: n.value("b"), ExpiresAt: elsewhere})
	n.beforeAndAfter(n.key("a"), n.value("a"), at)
	n.wantMissing(n.key("b"))
}

// expire writes one key that expires and one that stays, and waits until only the latter is left.
func (n *space) expire() (gone, stays string) {
	n.Helper()
	gone, stays = n.key("gone"), n.key("stays")
	n.align()
	n.put(stays, n.value("stays"))
	at := n.putAs(&driver.PutRequest{Key: gone, Value: n.value("gone"), TTL: n.ttl()}).Add(n.ttl())
	n.wait(at.Add(-justBefore))
	n.wantListed(n.prefix, gone, stays)
	n.wait(at.Add(justAfter + n.h.Settle))
	return gone, stays
}

func (s *suite) expiredNotListed() {
	n := s.home()
	_, stays := n.expire()
	n.wantListed(n.prefix, stays)
}

func (s *suite) expiredNotInBatch() {
	n := s.home()
	gone, stays := n.expire()
	for i, key := range fewer([]string{gone, stays}, n.caps.GetBatch) {
		r := n.getBatch(fewer([]string{gone, stays}, n.caps.GetBatch))[i]
		if key == gone {
			s.WantCode("GetBatch of an expired key", r.Err, errs.KeyNotFound)
		} else if r.Err != nil {
			s.Errorf("GetBatch beside an expired key: %v", r.Err)
		}
	}
}

func (s *suite) expiredNotInspected() {
	n := s.home()
	gone, stays := n.expire()
	_, err := n.tryInspect(gone)
	s.WantCode("Inspect of an expired key", err, errs.KeyNotFound)
	n.inspect(stays)
}

func (s *suite) overwriteRemovesExpiry() {
	n := s.home()
	s.align()
	key, again := n.key("a"), n.key("b")
	at := n.putAs(&driver.PutRequest{Key: key, Value: n.value("expires"), TTL: n.ttl()}).Add(n.ttl())
	n.put(key, n.value("stays"))
	n.putAs(&driver.PutRequest{Key: again, Value: n.value("expires"), TTL: n.ttl()})
	n.delete(again)
	n.put(again, n.value("stays"))
	n.wait(at.Add(justAfter + n.h.Settle))
	n.wantValue(key, n.value("stays"))
	n.wantValue(again, n.value("stays"))
	n.wantListed(n.prefix, key, again)
}

func (s *suite) overwriteReplacesExpiry() {
	n := s.home()
	s.align()
	now := time.Now()
	// From long to short, from short to long, and from one form to the other.
	n.putAs(&driver.PutRequest{Key: n.key("sooner"), Value: n.value("1"), TTL: n.longer()})
	n.putAs(&driver.PutRequest{Key: n.key("sooner"), Value: n.value("2"), TTL: n.ttl()})
	n.putAs(&driver.PutRequest{Key: n.key("later"), Value: n.value("1"), TTL: n.ttl()})
	n.putAs(&driver.PutRequest{Key: n.key("later"), Value: n.value("2"), TTL: n.longer()})
	n.putAs(&driver.PutRequest{Key: n.key("other"), Value: n.value("1"), TTL: n.ttl()})
	n.putAs(&driver.PutRequest{Key: n.key("other"), Value: n.value("2"), ExpiresAt: ahead(n.longer())})
	n.beforeAndAfter(n.key("sooner"), n.value("2"), now.Add(n.ttl()))
	n.wantValue(n.key("later"), n.value("2"))
	n.wantValue(n.key("other"), n.value("2"))
	n.beforeAndAfter(n.key("later"), n.value("2"), now.Add(n.longer()))
	n.wantMissing(n.key("other"))
}

func (s *suite) ttlBeatsAbsolute() {
	n := s.home()
	ns := n.portable()
	s.align()
	key, past := n.key("a"), n.key("past")
	now := time.Now()
	for key, loser := range map[string]time.Time{key: ahead(n.longer()), past: now.Add(-time.Hour)} {
		n.note(key)
		s.Must("Put with a TTL and an expiry", ns.Put(s.ctx, key, n.value("a"), kv.ExpiresAt(loser), kv.TTL(n.ttl())))
	}
	n.wantValue(past, n.value("a"))
	n.beforeAndAfter(key, n.value("a"), now.Add(n.ttl()))
	n.wantMissing(past)
}

func (s *suite) ttlRoundsUp() {
	n := s.home()
	ns := n.portable()
	s.align()
	asked := n.ttl() - time.Second + 200*time.Millisecond
	if asked < n.caps.MinTTL {
		asked += time.Second
	}
	n.note(n.key("ttl"))
	n.note(n.key("at"))
	now := time.Now()
	s.Must("Put with parts of a second", ns.Put(s.ctx, n.key("ttl"), n.value("a"), kv.TTL(asked)))
	s.Must("Put with parts of a second", ns.Put(s.ctx, n.key("at"), n.value("a"), kv.ExpiresAt(now.Add(asked))))
	n.wait(now.Add(asked + 100*time.Millisecond))
	n.wantValue(n.key("ttl"), n.value("a"))
	n.wantValue(n.key("at"), n.value("a"))
	n.wait(now.Add(asked.Truncate(time.Second) + time.Second + justAfter + s.h.Settle))
	n.wantMissing(n.key("ttl"))
	n.wantMissing(n.key("at"))
}

// expiredIsAbsent: an expired key can be deleted and written like one that never was.
func (s *suite) expiredIsAbsent() {
	n := s.home()
	gone, _ := n.expire()
	n.delete(gone)
	n.put(gone, n.value("anew"))
	n.wantValue(gone, n.value("anew"))
	n.wait(time.Now().Add(2 * n.ttl()))
	n.wantValue(gone, n.value("anew"))
}

func (s *suite) batchExpires() {
	n := s.home()
	s.align()
	now := time.Now()
	items := []*driver.PutRequest{
		{Key: n.key("ttl"), Value: n.value("a"), TTL: n.ttl()},
		{Key: n.key("stays"), Value: n.value("b")},
		{Key: n.key("at"), Value: n.value("c"), ExpiresAt: ahead(n.ttl())},
	}
	for len(items) > 0 {
		part := fewer(items, n.caps.PutBatch)
		n.putBatch(part)
		items = items[len(part):]
	}
	n.beforeAndAfter(n.key("ttl"), n.value("a"), now.Add(n.ttl()))
	n.wantMissing(n.key("at"))
	n.wantValue(n.key("stays"), n.value("b"))
	n.wantListed(n.prefix, n.key("stays"))
}

func (s *suite) staysWithout() {
	n := s.home()
	n.put(n.key("a"), n.value("a"))
	n.wait(time.Now().Add(3 * 365 * 24 * time.Hour))
	n.wantValue(n.key("a"), n.value("a"))
	n.wantListed(n.prefix, n.key("a"))
}
