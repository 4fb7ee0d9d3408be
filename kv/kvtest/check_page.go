package kvtest

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// pageChecks: how a listing goes from page to page.
func pageChecks() []check {
	needMinPage := conformance.That(func(k *traits) bool { return k.caps.List.MinPage > 1 }, "a page may have a single key")
	needMaxKeys := conformance.That(func(k *traits) bool { return k.caps.List.MaxKeys > 0 && k.caps.List.MaxKeys <= 1000 }, "a listing reaches all keys, or too many for a test")
	return []check{
		{"Page/SmallPages", nil, (*suite).smallPages},
		{"Page/ExactPages", nil, (*suite).exactPages},
		{"Page/LargestPage", nil, (*suite).largestPage},
		{"Page/UnderMinimum", []need{needMinPage}, (*suite).pageUnderMinimum},
		{"Page/OverMaximum", nil, (*suite).pageOverMaximum},
		{"Page/CursorAgain", nil, (*suite).cursorAgain},
		{"Page/SideBySide", nil, (*suite).listingsSideBySide},
		{"Page/BadCursor", nil, (*suite).badCursor},
		{"Page/WhileWriting", nil, (*suite).listWhileWriting},
		{"Page/MaxKeys", []need{needMaxKeys}, (*suite).listTooMany},
	}
}

func (s *suite) smallPages() {
	n := s.home()
	all := n.fill("a", n.severalPages())
	var got []string
	n.eachPage(n.prefix, n.caps.List.MinPage, func(page []driver.KeyInfo) { got = append(got, names(page)...) })
	s.wantNames("List by small pages", got, all)
	got = nil
	for info, err := range n.portable().Keys(s.ctx, kv.Prefix(n.prefix), kv.PageSize(n.caps.List.MinPage)) {
		s.Must("Keys", err)
		got = append(got, info.Name)
	}
	s.wantNames("Keys by small pages", got, all)
}

// exactPages: the last page is full.
func (s *suite) exactPages() {
	n := s.home()
	all := n.fill("a", 2*n.caps.List.MinPage)
	var got []string
	n.eachPage(n.prefix, n.caps.List.MinPage, func(page []driver.KeyInfo) { got = append(got, names(page)...) })
	s.wantNames("List by pages that are all full", got, all)
}

func (s *suite) largestPage() {
	n := s.home()
	all := n.fill("a", 3)
	n.wantListed(n.prefix, all...)
	ns := n.portable()
	for _, size := range []int{n.caps.List.MinPage - 1, n.caps.List.MaxPage + 1, -1} {
		if size == 0 {
			continue // means the default
		}
		n.Unsent(fmt.Sprint("a page size of ", size), errs.InvalidArgument, func() error {
			for _, err := range ns.Keys(s.ctx, kv.PageSize(size)) {
				return err
			}
			return nil
		})
	}
}

func (s *suite) pageUnderMinimum() {
	n := s.home()
	n.fill("a", 2)
	_, err := n.tryPage(n.prefix, "", n.caps.List.MinPage-1)
	s.WantCode("List with a page size under the minimum", err, errs.InvalidArgument)
}

func (s *suite) pageOverMaximum() {
	n := s.home()
	n.fill("a", 2)
	_, err := n.tryPage(n.prefix, "", n.caps.List.MaxPage+1)
	s.WantCode("List with a page size over the maximum", err, errs.InvalidArgument)
}

// cursorAgain: a page that is asked for again, as after a lost reply, is the same.
func (s *suite) cursorAgain() {
	n := s.home()
	n.fill("a", n.severalPages())
	size := n.caps.List.MinPage
	first := n.page(n.prefix, "", size)
	for range maxPages {
		if first.Cursor == "" {
			return
		}
		once, twice := n.page(n.prefix, first.Cursor, size), n.page(n.prefix, first.Cursor, size)
		if !slices.Equal(names(once.Keys), names(twice.Keys)) || (once.Cursor == "") != (twice.Cursor == "") {
			s.Errorf("List: a page is %q, and asked for again %q", names(once.Keys), names(twice.Keys))
			return
		}
		first = once
	}
}

// listingsSideBySide: two listings at the same time do not disturb each other.
func (s *suite) listingsSideBySide() {
	n := s.home()
	one, two := n.fill("a", n.severalPages()), n.fill("b", n.severalPages())
	size := n.caps.List.MinPage
	prefixes := []string{n.key("a"), n.key("b")}
	var got [2][]string
	cursors := [2]string{}
	done := [2]bool{}
	for range maxPages {
		for i, prefix := range prefixes {
			if done[i] {
				continue
			}
			page := n.page(prefix, cursors[i], size)
			got[i] = append(got[i], names(page.Keys)...)
			cursors[i], done[i] = page.Cursor, page.Cursor == ""
		}
	}
	s.wantNames("the first of two listings", got[0], one)
	s.wantNames("the second of two listings", got[1], two)
}

func (s *suite) badCursor() {
	n := s.home()
	n.fill("a", n.severalPages())
	first := n.page(n.prefix, "", n.caps.List.MinPage)
	for _, cursor := range []string{"kvtest-not-a-cursor", "\x00", first.Cursor + "!kvtest"} {
		page, err := n.tryPage(n.prefix, cursor, n.caps.List.MinPage)
		if err != nil {
			continue
		}
		if reflect.DeepEqual(names(page.Keys), names(first.Keys)) {
			s.Errorf("List: the bad cursor %q starts the listing anew", cursor)
		} else {
			s.Errorf("List: the bad cursor %q is accepted, with a page of %d keys", cursor, len(page.Keys))
		}
	}
}

// listWhileWriting: keys that are there all the time are in the listing, whatever is deleted and written beside them.
func (s *suite) listWhileWriting() {
	n := s.home()
	n.listWhile("d", func(step int, _, goes []string) {
		n.delete(goes[step])
	})
	n.listWhile("w", func(step int, stays, _ []string) {
		n.put(n.key(fmt.Sprintf("w%04d", step)), n.value("before"))
		n.put(n.key(fmt.Sprintf("wz%04d", step)), n.value("behind"))
		n.put(stays[step], n.value("anew"))
	})
}

// listWhile lists keys that stay and keys that may go, with a change after each page.
func (n *space) listWhile(label string, change func(step int, stays, goes []string)) {
	n.Helper()
	var stays, goes []string
	for i := range n.severalPages() {
		stay, leave := n.key(fmt.Sprintf("%sm%04ds", label, i)), n.key(fmt.Sprintf("%sm%04dg", label, i))
		n.put(stay, n.value("stays"))
		n.put(leave, n.value("goes"))
		stays, goes = append(stays, stay), append(goes, leave)
	}
	count := map[string]int{}
	step := 0
	n.eachPage(n.key(label), n.caps.List.MinPage, func(page []driver.KeyInfo) {
		for _, info := range page {
			count[info.Name]++
		}
		if step < len(goes) {
			change(step, stays, goes)
			step++
		}
	})
	for _, key := range stays {
		if count[key] == 0 {
			n.Errorf("List: %q was there all the time and is missing", key)
		}
	}
	for key, times := range count {
		if times > 1 && n.caps.List.Sorted {
			n.Errorf("List: %q came %d times in a sorted listing", key, times)
		}
	}
}

// listTooMany: where not all keys can be reached, a listing with more fails and does not just end.
func (s *suite) listTooMany() {
	n := s.home()
	n.fill("a", n.caps.List.MaxKeys+1)
	count := 0
	for _, err := range n.portable().Keys(s.ctx, kv.Prefix(n.prefix)) {
		if err != nil {
			s.WantCode("Keys of more than can be reached", err, errs.TooLarge)
			return
		}
		count++
	}
	if count <= n.caps.List.MaxKeys {
		s.Errorf("Keys: %d of %d keys, without an error", count, n.caps.List.MaxKeys+1)
	}
}
