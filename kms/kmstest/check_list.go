package kmstest

import (
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// listChecks: what is made is listed once, and found by its id and name.
func listChecks() []check {
	return []check{
		{"List/EveryKind", []need{needKeys}, (*suite).listsEveryKind},
		{"List/EveryState", []need{needKeys}, (*suite).listsEveryState},
		{"List/Pages", []need{needKeys, needVirtualTime, pagesAreShort}, (*suite).listsPages},
		{"List/PageSize", []need{needKeys}, (*suite).listsShortPages},
		{"List/Details", []need{needKeys, hasDetails}, (*suite).listsDetails},
		{"List/ServiceOwned", []need{needKeys}, (*suite).hidesServiceOwned},
		{"List/Break", []need{needKeys}, (*suite).listsAfresh},
		{"Describe/Same", []need{needKeys}, (*suite).describesTheSame},
		{"Describe/ByName", []need{needKeys, findsNames}, (*suite).findsByName},
		{"Describe/MissingName", []need{findsNames}, (*suite).findsNoMissingName},
		{"Describe/Alias", []need{needKeys, byAlias}, (*suite).describesAlias},
	}
}

// pagesAreShort: a page more than full can be made.
var pagesAreShort = conformance.That(func(k *traits) bool { return k.caps.MaxPage <= 1000 }, "has pages of more than 1000 keys")

// list lists the keys and returns how often each id came.
func (s *suite) list(opts ...kms.ListOption) map[string]int {
	s.Helper()
	count := map[string]int{}
	for info, err := range s.service().Keys(s.ctx, opts...) {
		s.Must("Keys", err)
		count[info.ID]++
	}
	return count
}

// wantListed reports a failure unless each key is listed once.
func (s *suite) wantListed(count map[string]int, keys map[string]*kms.Key) {
	s.Helper()
	for what, k := range keys {
		if id := s.described(k).ID; count[id] != 1 {
			s.Errorf("Keys: %s is there %d times", what, count[id])
		}
	}
}

func (s *suite) listsEveryKind() {
	keys := map[string]*kms.Key{}
	for _, kind := range s.kindsOf(anyKind) {
		keys[fmt.Sprintf("a key of %s for %s", kind.Spec, kind.Usage)] = s.shared(kind, 0)
	}
	s.wantListed(s.list(), keys)
}

func (s *suite) listsEveryState() {
	kind := s.cheapKind()
	keys := map[string]*kms.Key{"an enabled key": s.create(kind), "a disabled key": s.create(kind), "a key to be deleted": s.create(kind)}
	s.disable(keys["a disabled key"])
	s.schedule(keys["a key to be deleted"], s.caps.DeletionDays.Min)
	if s.caps.Import != driver.None && isSymmetric(kind) {
		keys["a key without material"] = s.create(kind, kms.Imported())
	}
	s.wantListed(s.list(), keys)
}

// listsPages: more keys than a page has.
func (s *suite) listsPages() {
	kind, want := s.cheapKind(), map[string]bool{}
	for range s.caps.MaxPage + 2 {
		res, err := s.createRaw(s.rawKey(kind))
		s.Must("CreateKey", err)
		want[res.Key.ID] = true
	}
	count := s.list()
	for id := range want {
		if count[id] != 1 {
			s.Errorf("Keys: one of %d keys is there %d times", len(want), count[id])
			return
		}
	}
	if findable := s.caps.Naming == driver.ByLabel && s.caps.Details == driver.Native; findable {
		k := s.create(kind)
		if found, err := s.service().KeyByName(s.ctx, k.Name()); s.ok("KeyByName among many", err) && found.ID() != s.described(k).ID {
			s.Errorf("KeyByName among many found another key")
		}
	}
}

// eachPage lists by the driver.
func (s *suite) eachPage(req driver.ListKeysRequest, visit func([]driver.KeyInfo)) {
	s.Helper()
	for range maxPages {
		page, err := call(s, driver.OpListKeys, s.drv.ListKeys, &req)
		s.Must("ListKeys", err)
		visit(page.Keys)
		if page.Cursor == "" {
			return
		}
		if page.Cursor == req.Cursor {
			s.Fatalf("ListKeys: the cursor of a page leads to the page itself")
		}
		req.Cursor = page.Cursor
	}
	s.Fatalf("ListKeys: no end after %d pages", maxPages)
}

func (s *suite) listsShortPages() {
	s.create(s.cheapKind())
	s.create(s.cheapKind())
	total := 0
	s.eachPage(driver.ListKeysRequest{}, func(page []driver.KeyInfo) {
		total += len(page)
		if len(page) > s.caps.MaxPage {
			s.Errorf("ListKeys: a page of %d keys, MaxPage is %d", len(page), s.caps.MaxPage)
		}
		for _, info := range page {
			if info.ID == "" {
				s.Errorf("ListKeys: a key without an id")
			}
		}
	})
	if total < 2 {
		s.Errorf("ListKeys: %d keys, two were made", total)
	}
}

func (s *suite) listsDetails() {
	k := s.create(s.cheapKind(), kms.Description("listed"))
	want := s.described(k)
	found := false
	for info, err := range s.service().Keys(s.ctx, kms.Details()) {
		if err != nil && s.h.VirtualTime {
			s.Must("Keys with Details", err) // elsewhere others may delete keys meanwhile
		}
		if info.ID != want.ID {
			continue
		}
		found = true
		if s.caps.Naming == driver.ByAlias {
			info.Name = want.Name
		}
		if info.Name != want.Name || info.Description != want.Description || info.Spec != want.Spec || info.Usage != want.Usage ||
			info.State != want.State || info.Origin != want.Origin || !info.CreatedAt.Equal(want.CreatedAt) {
			s.Errorf("Keys with Details: %+v, Describe says %+v", info, want)
		}
	}
	if !found {
		s.Errorf("Keys with Details: the key is missing")
	}
}

// hidesServiceOwned: keys of the provider's own services come only when asked for, and marked.
func (s *suite) hidesServiceOwned() {
	k := s.create(s.cheapKind())
	own := map[string]*kms.Key{"an own key": k}
	s.wantListed(s.list(), own)
	s.wantListed(s.list(kms.ServiceOwned()), own)
	marked := map[string]bool{}
	s.eachPage(driver.ListKeysRequest{}, func(page []driver.KeyInfo) {
		for _, info := range page {
			marked[info.ID] = info.ServiceOwned
		}
	})
	if s.described(k).ServiceOwned || marked[s.described(k).ID] {
		s.Errorf("an own key is said to be one of the provider's services")
	}
	looked := 0
	for id, isMarked := range marked {
		if looked++; looked > 200 {
			break
		}
		s.pace(driver.OpDescribeKey)
		res, err := s.drv.DescribeKey(s.ctx, &driver.DescribeKeyRequest{KeyID: id})
		if err != nil || !res.Key.ServiceOwned {
			continue // it may be gone
		}
		if s.caps.Details == driver.Native && !isMarked {
			s.Errorf("ListKeys without ServiceOwned: a key of the provider's services is there unmarked")
		}
		if s.list()[id] > 0 && s.caps.Details != driver.Emulated {
			s.Errorf("Keys: a key of the provider's services is there")
		}
	}
	for info, err := range s.service().Keys(s.ctx) {
		s.Must("Keys", err)
		if info.ServiceOwned {
			s.Errorf("Keys: a key of the provider's services is there")
		}
	}
}

// listsAfresh: each range starts from the beginning, and may be left.
func (s *suite) listsAfresh() {
	s.create(s.cheapKind())
	s.create(s.cheapKind())
	keys := s.service().Keys(s.ctx)
	first := ""
	for info, err := range keys {
		s.Must("Keys", err)
		first = info.ID
		break
	}
	for info, err := range keys {
		s.Must("Keys", err)
		if info.ID == first {
			return
		}
	}
	s.Errorf("Keys: a second range misses the first key of the first")
}

func (s *suite) describesTheSame() {
	for _, kind := range s.kindsOf(anyKind) {
		k := s.shared(kind, 0)
		one, two := s.described(k), s.described(k)
		if one.ID != two.ID || one.Name != two.Name || one.Spec != two.Spec || !one.CreatedAt.Equal(two.CreatedAt) || one.Resource != two.Resource {
			s.Errorf("Describe: %+v, and then %+v", one, two)
		}
		if again := s.described(s.handle(one.ID)); again.ID != one.ID {
			s.Errorf("Describe: the id %q is described as %q", one.ID, again.ID)
		}
		if one.Spec != kind.Spec || one.Usage != kind.Usage {
			s.Errorf("Describe: a key of %s for %s is %s for %s", kind.Spec, kind.Usage, one.Spec, one.Usage)
		}
	}
}

func (s *suite) findsByName() {
	kind := s.cheapKind()
	for range 2 {
		k := s.create(kind)
		found, err := s.service().KeyByName(s.ctx, k.Name())
		s.Must("KeyByName", err)
		if want := s.described(k); found.ID() != want.ID || found.Name() != k.Name() {
			s.Errorf("KeyByName: the key %q %q, want %q %q", found.ID(), found.Name(), want.ID, k.Name())
		}
	}
}

func (s *suite) findsNoMissingName() {
	_, err := s.service().KeyByName(s.ctx, s.name())
	s.WantCode("KeyByName of a name that no key has", err, errs.NotFound)
}

func (s *suite) describesAlias() {
	k := s.create(s.cheapKind())
	res, err := call(s, driver.OpDescribeKey, s.drv.DescribeKey, &driver.DescribeKeyRequest{Alias: k.Name()})
	s.Must("DescribeKey by alias", err)
	if want := s.described(k); res.Key.ID != want.ID || res.Key.Spec != want.Spec {
		s.Errorf("DescribeKey by alias: the key %q, want %q", res.Key.ID, want.ID)
	}
	_, err = call(s, driver.OpDescribeKey, s.drv.DescribeKey, &driver.DescribeKeyRequest{Alias: s.name()})
	s.WantCode("DescribeKey by an alias that no key has", err, errs.NotFound)
}
