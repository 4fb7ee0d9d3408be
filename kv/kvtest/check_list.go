package kvtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// listChecks: which keys a listing has.
func listChecks() []check {
	return []check{
		{"List/AllKeys", nil, (*suite).listAll},
		{"List/Prefix", nil, (*suite).listPrefix},
		{"List/PrefixIsKey", nil, (*suite).listPrefixIsKey},
		{"List/PrefixWithoutMatch", nil, (*suite).listNoMatch},
		{"List/PrefixOdd", nil, (*suite).listOddPrefix},
		{"List/OverwrittenOnce", nil, (*suite).listOverwritten},
		{"List/DeletedGone", nil, (*suite).listDeleted},
		{"List/Empty", []need{needCreate}, (*suite).listEmpty},
		{"List/Sorted", []need{conformance.That(func(k *traits) bool { return k.caps.List.Sorted }, "declares no order")}, (*suite).listSorted},
		{"List/RangeAgain", nil, (*suite).rangeAgain},
		{"List/MissingNamespace", nil, missingNamespace(driver.OpList)},
	}
}

// fill writes so many keys and returns them.
func (n *space) fill(label string, count int) []string {
	n.Helper()
	all := make([]string, count)
	var items []*driver.PutRequest
	for i := range all {
		all[i] = n.key(fmt.Sprintf("%s%04d", label, i))
		items = append(items, &driver.PutRequest{Key: all[i], Value: n.value(label)})
	}
	batched := count > 50 && n.caps.PutBatch.Support != driver.None && n.caps.PutBatch.MaxBytes == 0
	for len(items) > 0 {
		part := items[:1]
		if batched {
			part = fewer(items, n.caps.PutBatch)
			n.putBatch(part)
		} else {
			n.putAs(part[0])
		}
		items = items[len(part):]
	}
	return all
}

// severalPages is how many keys make several pages of the smallest size.
func (n *space) severalPages() int { return 2*n.caps.List.MinPage + 3 }

func (s *suite) listAll() {
	n := s.home()
	all := n.fill("a", 12)
	n.wantListed(n.prefix, all...)
	var seen []string
	for info, err := range n.portable().Keys(s.ctx, kv.Prefix(n.prefix)) {
		s.Must("Keys", err)
		seen = append(seen, info.Name)
	}
	s.wantNames("Keys", seen, all)
	whole := names(n.list(""))
	if n.shared {
		whole = slices.DeleteFunc(whole, func(name string) bool { return !strings.HasPrefix(name, n.prefix) })
	}
	s.wantNames("List without a prefix", whole, all)
}

func (s *suite) listPrefix() {
	n := s.home()
	labels := []string{"a", "aa", "aab", "ab", "abc", "b", "ba"}
	for _, label := range labels {
		n.put(n.key(label), n.value(label))
	}
	for prefix, want := range map[string][]string{
		"":   labels,
		"a":  {"a", "aa", "aab", "ab", "abc"},
		"aa": {"aa", "aab"},
		"ab": {"ab", "abc"},
		"b":  {"b", "ba"},
	} {
		var keys []string
		for _, label := range want {
			keys = append(keys, n.key(label))
		}
		n.wantListed(n.key(prefix), keys...)
	}
}

func (s *suite) listPrefixIsKey() {
	n := s.home()
	n.put(n.key("key"), n.value("1"))
	n.put(n.key("keys"), n.value("2"))
	n.wantListed(n.key("key"), n.key("key"), n.key("keys"))
	n.wantListed(n.key("keys"), n.key("keys"))
}

func (s *suite) listNoMatch() {
	n := s.home()
	n.put(n.key("a"), n.value("a"))
	n.wantListed(n.key("z"))
	n.wantListed(n.key("aa"))
	n.wantListed(n.key("a0"))
}

// listOddPrefix uses prefixes that a URL, a pattern or a path would read as something else.
func (s *suite) listOddPrefix() {
	n := s.home()
	plain := conformance.Spell(n.caps.Key.Alphabet, "x")
	var all []string
	for _, odd := range []string{"/", "%", "%2F", "*", "?", "#", "&", "+", " ", "_", "-", ".", "..", "[", "\\", "\"", "é", "日", "=", "a/b/", ""} {
		key := n.key("p") + odd + plain
		if n.caps.Key.Check("key", key) == nil {
			n.put(key, n.value("odd"))
			all = append(all, key)
		}
	}
	for _, key := range all {
		for _, prefix := range []string{key, strings.TrimSuffix(key, plain)} {
			var want []string
			for _, other := range all {
				if strings.HasPrefix(other, prefix) {
					want = append(want, other)
				}
			}
			n.wantListed(prefix, want...)
		}
	}
}

func (s *suite) listOverwritten() {
	n := s.home()
	all := n.fill("a", 4)
	n.settle()
	for range 3 {
		n.put(all[1], n.value("again"))
	}
	n.wantListed(n.prefix, all...)
}

func (s *suite) listDeleted() {
	n := s.home()
	all := n.fill("a", 6)
	n.wantListed(n.prefix, all...)
	n.delete(all[0])
	n.delete(all[3])
	n.delete(all[5])
	n.wantListed(n.prefix, all[1], all[2], all[4])
}

func (s *suite) listEmpty() {
	n := s.home()
	n.wantListed("")
	n.wantListed(n.prefix)
	n.put(n.key("a"), n.value("a"))
	n.delete(n.key("a"))
	n.wantListed("")
	for _, err := range n.portable().Keys(s.ctx) {
		s.Must("Keys of an empty namespace", err)
		s.Errorf("Keys of an empty namespace has a key")
	}
}

func (s *suite) listSorted() {
	n := s.home()
	var all []string
	for _, label := range []string{"b", "a", "ba", "B", "10", "9", "aa", "~", "é", "z", "A", "😀", "\uffee", "_", "a b"} {
		if key := n.prefix + label; n.caps.Key.Check("key", key) == nil {
			n.put(key, n.value("sorted"))
			all = append(all, key)
		}
	}
	all = append(all, n.fill("p", n.severalPages())...)
	slices.Sort(all)
	var got []string
	n.eachPage(n.prefix, n.caps.List.MinPage, func(page []driver.KeyInfo) { got = append(got, names(page)...) })
	if !slices.Equal(got, all) {
		s.Errorf("List: declared Sorted, but the order is %q, want %q", got, all)
	}
}

// rangeAgain: a listing has no state but its cursor.
func (s *suite) rangeAgain() {
	n := s.home()
	count := n.severalPages()
	all := n.fill("a", count)
	keys := n.portable().Keys(s.ctx, kv.Prefix(n.prefix), kv.PageSize(n.caps.List.MinPage))
	left := n.caps.List.MinPage + 1
	for _, err := range keys {
		s.Must("Keys", err)
		if left--; left == 0 {
			break
		}
	}
	for range 2 {
		var seen []string
		for info, err := range keys {
			s.Must("Keys", err)
			seen = append(seen, info.Name)
			if len(seen) > 2*count {
				break
			}
		}
		s.wantNames("Keys, ranged over again", seen, all)
	}
}
