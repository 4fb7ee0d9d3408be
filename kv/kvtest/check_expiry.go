package kvtest

import (
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// expiryChecks: what is told of when keys expire.
func expiryChecks() []check {
	both := []need{needTTL, needExpiry}
	return []check{
		{"Expiry/ReadBack", both, (*suite).expiryReadBack},
		{"Expiry/ReadBackByInspect", append(both, conformance.That(func(k *traits) bool { return k.caps.Expiry == driver.Emulated }, "Get tells the expiry")), (*suite).expiryByInspect},
		{"Expiry/Never", []need{needExpiry}, (*suite).expiryNever},
		{"Expiry/AfterOverwrite", both, (*suite).expiryAfterOverwrite},
		{"Expiry/Unasked", []need{needTTL}, (*suite).expiryUnasked},
		{"Expiry/Untold", []need{undeclared("Expiry", expirySupport)}, (*suite).expiryUntold},
		{"Expiry/InListing", []need{needTTL, declared("List.Expiry", listExpirySupport)}, (*suite).expiryListed},
		{"Expiry/NotInListing", []need{needTTL, undeclared("List.Expiry", listExpirySupport)}, (*suite).expiryNotListed},
		{"Expiry/InBatch", append(both, needGetBatch), (*suite).expiryInBatch},
	}
}

// told returns the expiry that is told of a key: by Get or by the request for it.
func (n *space) told(key string) driver.Expiry {
	n.Helper()
	if n.caps.Expiry == driver.Emulated {
		return n.inspect(key).Expiry
	}
	return n.get(key).Expiry
}

// wantTold checks what is told of a key's expiry, where it is told.
func (n *space) wantTold(key string, want driver.Expiry) {
	n.Helper()
	if n.caps.Expiry != driver.None {
		n.wantExpiry("the key "+quote(key), n.told(key), want)
	}
}

// putThree writes a key with a TTL, one with an absolute expiry, and one that stays, and returns what must be told.
func (n *space) putThree() map[string]driver.Expiry {
	n.Helper()
	n.align()
	sent := n.putAs(&driver.PutRequest{Key: n.key("ttl"), Value: n.value("a"), TTL: n.ttl()})
	at := ahead(n.longer())
	n.putAs(&driver.PutRequest{Key: n.key("at"), Value: n.value("b"), ExpiresAt: at})
	n.put(n.key("stays"), n.value("c"))
	return map[string]driver.Expiry{
		n.key("ttl"): driver.ExpiresAt(sent.Add(n.ttl())), n.key("at"): driver.ExpiresAt(at), n.key("stays"): driver.NeverExpires(),
	}
}

// expiryReadBack asks as programs do.
func (s *suite) expiryReadBack() {
	n := s.home()
	want := n.putThree()
	ns := n.portable()
	for key, expiry := range want {
		entry, err := ns.Get(s.ctx, key, kv.WithExpiry())
		if err != nil {
			s.Errorf("Get %q with its expiry: %v", key, err)
			continue
		}
		s.wantExpiry("Get "+quote(key), entry.Expiry, expiry)
		if n.caps.Expiry == driver.Native {
			s.wantExpiry("Get "+quote(key), n.get(key).Expiry, expiry)
		}
	}
}

func (s *suite) expiryByInspect() {
	n := s.home()
	for key, expiry := range n.putThree() {
		s.wantExpiry("Inspect "+quote(key), n.inspect(key).Expiry, expiry)
	}
}

func (s *suite) expiryNever() {
	n := s.home()
	n.put(n.key("a"), n.value("a"))
	n.wantTold(n.key("a"), driver.NeverExpires())
}

func (s *suite) expiryAfterOverwrite() {
	n := s.home()
	key := n.key("a")
	n.putAs(&driver.PutRequest{Key: key, Value: n.value("a"), TTL: n.ttl()})
	n.put(key, n.value("b"))
	n.wantTold(key, driver.NeverExpires())
	sent := n.putAs(&driver.PutRequest{Key: key, Value: n.value("c"), TTL: n.longer()})
	n.wantTold(key, driver.ExpiresAt(sent.Add(n.longer())))
	at := ahead(n.ttl() + 10*time.Second)
	if n.caps.MaxTTL == 0 || n.ttl()+11*time.Second < n.caps.MaxTTL {
		n.putAs(&driver.PutRequest{Key: key, Value: n.value("d"), ExpiresAt: at})
		n.wantTold(key, driver.ExpiresAt(at))
	}
}

// expiryUnasked: what a get tells without being asked is unknown or true.
func (s *suite) expiryUnasked() {
	n := s.home()
	for key, expiry := range n.putThree() {
		res, err := n.tryGet(&driver.GetRequest{Key: key})
		s.Must("Get", err)
		s.mayTell("Get "+quote(key), res.Expiry, expiry)
	}
}

func (s *suite) expiryUntold() {
	n := s.home()
	n.put(n.key("a"), n.value("a"))
	if n.get(n.key("a")).Expiry.Known() {
		s.Errorf("Get tells an expiry, though Expiry is declared None")
	}
	ns := n.portable()
	n.Unsent("Get with the expiry", errs.Unsupported, func() error { _, err := ns.Get(s.ctx, n.key("a"), kv.WithExpiry()); return err })
}

func (s *suite) expiryListed() {
	n := s.home()
	for key, expiry := range n.putThree() {
		s.wantExpiry("List of "+quote(key), n.listed(key).Expiry, expiry)
	}
}

func (s *suite) expiryNotListed() {
	n := s.home()
	for key := range n.putThree() {
		if n.listed(key).Expiry.Known() {
			s.Errorf("List tells an expiry, though List.Expiry is declared None")
		}
	}
}

func (s *suite) expiryInBatch() {
	n := s.home()
	for key, expiry := range n.putThree() {
		results := n.tryGetBatch(&driver.GetBatchRequest{Keys: []string{key}, WantExpiry: true})
		s.Must("GetBatch", results[0].Err)
		s.wantExpiry("GetBatch of "+quote(key), results[0].Expiry, expiry)
	}
}
