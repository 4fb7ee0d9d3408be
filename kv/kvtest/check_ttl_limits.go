package kvtest

import (
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// ttlLimitChecks: which times to live are accepted.
func ttlLimitChecks() []check {
	needMax := conformance.That(func(k *traits) bool { return k.caps.MaxTTL > 0 }, "a TTL may be as long as one likes")
	needMin := conformance.That(func(k *traits) bool { return k.caps.MinTTL > time.Second }, "a TTL may be as short as a second")
	return []check{
		{"TTL/Minimum", []need{needTTL}, (*suite).minimumTTL},
		{"TTL/UnderMinimum", []need{needTTL, needMin}, (*suite).underMinimumTTL},
		{"TTL/AbsoluteUnderMinimum", []need{needTTL, needMin}, (*suite).absoluteUnderMinimum},
		{"TTL/Maximum", []need{needTTL, needMax}, (*suite).maximumTTL},
		{"TTL/OverMaximum", []need{needTTL, needMax}, (*suite).overMaximumTTL},
		{"TTL/Past", []need{needTTL}, (*suite).pastExpiry},
		{"TTL/FarFuture", []need{needTTL, conformance.That(func(k *traits) bool { return k.caps.MaxTTL == 0 }, "a TTL has a maximum")}, (*suite).farFuture},
		{"TTL/Unsupported", []need{undeclared("TTL", ttlSupport)}, (*suite).ttlUnsupported},
	}
}

// shortest returns the shortest time to live that can be sent.
func (n *space) shortest() time.Duration { return max(n.caps.MinTTL, time.Second) }

func (s *suite) minimumTTL() {
	n := s.home()
	ns := n.portable()
	n.note(n.key("a"))
	s.Must("Put with the shortest TTL", ns.Put(s.ctx, n.key("a"), n.value("a"), kv.TTL(n.shortest())))
	n.putAs(&driver.PutRequest{Key: n.key("b"), Value: n.value("b"), TTL: n.shortest()})
	if n.shortest() >= 10*time.Second && n.h.Settle < n.shortest()/2 {
		n.wantValue(n.key("a"), n.value("a"))
		n.wantValue(n.key("b"), n.value("b"))
	}
	if n.caps.MaxTTL == 0 || n.shortest() < n.caps.MaxTTL {
		// By a clock that may differ from ours, so that a little more is asked for.
		n.putAs(&driver.PutRequest{Key: n.key("c"), Value: n.value("c"), ExpiresAt: ahead(n.shortest() + s.tolerance())})
	}
	for _, bad := range []time.Duration{0, -time.Second, -time.Nanosecond, n.caps.MinTTL - time.Second} {
		n.Unsent("a TTL of "+bad.String(), errs.InvalidArgument, func() error { return ns.Put(s.ctx, n.key("d"), n.value("d"), kv.TTL(bad)) })
	}
}

func (s *suite) underMinimumTTL() {
	n := s.home()
	n.refused("Put with a TTL under the minimum", &driver.PutRequest{Key: n.key("a"), Value: n.value("a"), TTL: n.caps.MinTTL - time.Second}, errs.InvalidArgument)
}

func (s *suite) absoluteUnderMinimum() {
	n := s.home()
	s.align()
	soon := time.Now().Truncate(time.Second).Add((n.caps.MinTTL / 2).Truncate(time.Second))
	ns := n.portable()
	n.Unsent("an expiry that is too near", errs.InvalidArgument, func() error { return ns.Put(s.ctx, n.key("a"), n.value("a"), kv.ExpiresAt(soon)) })
	n.refused("Put with an expiry that is too near", &driver.PutRequest{Key: n.key("a"), Value: n.value("a"), ExpiresAt: soon}, errs.InvalidArgument)
}

func (s *suite) maximumTTL() {
	n := s.home()
	most := n.caps.MaxTTL.Truncate(time.Second)
	n.putAs(&driver.PutRequest{Key: n.key("a"), Value: n.value("a"), TTL: most})
	n.wantValue(n.key("a"), n.value("a"))
}

func (s *suite) overMaximumTTL() {
	n := s.home()
	over := n.caps.MaxTTL.Truncate(time.Second) + time.Second
	ns := n.portable()
	n.Unsent("a TTL over the maximum", errs.InvalidArgument, func() error { return ns.Put(s.ctx, n.key("a"), n.value("a"), kv.TTL(over)) })
	n.refused("Put with a TTL over the maximum", &driver.PutRequest{Key: n.key("a"), Value: n.value("a"), TTL: over}, errs.InvalidArgument)
}

// pastExpiry: a key that should be gone already is refused or gone, and does not stay for ever.
func (s *suite) pastExpiry() {
	n := s.home()
	ns := n.portable()
	for label, at := range map[string]time.Time{"hour": time.Now().Add(-time.Hour).Truncate(time.Second), "epoch": time.Unix(1, 0)} {
		key := n.key(label)
		n.Unsent("an expiry in the past", errs.InvalidArgument, func() error { return ns.Put(s.ctx, key, n.value("a"), kv.ExpiresAt(at)) })
		if err := n.tryPut(&driver.PutRequest{Key: key, Value: n.value("a"), ExpiresAt: at}); err != nil {
			s.WantCode("Put with an expiry in the past", err, errs.InvalidArgument)
		}
		n.wantMissing(key)
	}
}

// farFuture: expiries beyond what 32 bits hold.
func (s *suite) farFuture() {
	n := s.home()
	at := time.Date(2106, 2, 8, 0, 0, 0, 0, time.UTC)
	n.putAs(&driver.PutRequest{Key: n.key("at"), Value: n.value("a"), ExpiresAt: at})
	n.wantTold(n.key("at"), driver.ExpiresAt(at))
	n.wantValue(n.key("at"), n.value("a"))
	const ttl = 100 * 365 * 24 * time.Hour
	sent := n.putAs(&driver.PutRequest{Key: n.key("ttl"), Value: n.value("b"), TTL: ttl})
	n.wantTold(n.key("ttl"), driver.ExpiresAt(sent.Add(ttl)))
	n.wantValue(n.key("ttl"), n.value("b"))
	if s.h.VirtualTime {
		n.wait(time.Now().Add(70 * 365 * 24 * time.Hour))
		n.wantValue(n.key("at"), n.value("a"))
		n.wantValue(n.key("ttl"), n.value("b"))
	}
}

func (s *suite) ttlUnsupported() {
	n := s.home()
	ns := n.portable()
	n.Unsent("a TTL", errs.Unsupported, func() error { return ns.Put(s.ctx, n.key("a"), n.value("a"), kv.TTL(time.Hour)) })
	n.Unsent("an expiry", errs.Unsupported, func() error {
		return ns.Put(s.ctx, n.key("a"), n.value("a"), kv.ExpiresAt(time.Now().Add(time.Hour)))
	})
	n.put(n.key("a"), n.value("a"))
	n.mayTell("Get", n.get(n.key("a")).Expiry, driver.NeverExpires())
}
