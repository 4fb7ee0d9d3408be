package workspacetest

import (
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// listChecks: the listing has each workspace once.
func listChecks() []check {
	return []check{
		{"List/Finds", []need{needList, needMake}, (*suite).listFinds},
		{"List/TellsAsGet", []need{needList, needGet, needHome}, (*suite).listTellsAsGet},
		{"List/Pages", []need{needList, needMake, needVirtualTime, conformance.That(func(k *traits) bool { return k.caps.MaxPage <= 200 }, "pages are too long for a test")}, (*suite).listPages},
		{"List/BadCursor", []need{needList, needHome}, (*suite).listBadCursor},
	}
}

func (s *suite) listFinds() {
	before := map[string]bool{}
	for _, info := range s.list() {
		before[info.ID] = true
	}
	names := map[string]string{}
	for i := range 3 {
		info := s.create(fmt.Sprintf("f%d", i))
		names[info.ID] = info.Name
	}
	s.wantListed(before, names)
	found := 0
	for info, err := range s.service().Workspaces(s.ctx) {
		s.Must("Workspaces", err)
		if names[info.ID] == info.Name && info.Name != "" {
			found++
		}
	}
	if found != len(names) {
		s.Errorf("Workspaces: %d of %d are there", found, len(names))
	}
}

// wantListed checks that the listing has what was there before and the new ones, each once.
func (s *suite) wantListed(before map[string]bool, names map[string]string) {
	s.Helper()
	count := map[string]int{}
	for _, info := range s.list() {
		count[info.ID]++
		name, isNew := names[info.ID]
		switch {
		case info.ID == "":
			s.Errorf("List: a workspace without an id")
		case isNew && info.Name != name:
			s.Errorf("List: the workspace %q is called %q, want %q", info.ID, info.Name, name)
		case !isNew && !before[info.ID] && s.h.VirtualTime:
			s.Errorf("List: the workspace %q is there, which nobody has made", info.ID)
		}
	}
	for id := range names {
		if count[id] != 1 {
			s.Errorf("List: the workspace %q is there %d times", id, count[id])
		}
	}
}

func (s *suite) listTellsAsGet() {
	id := s.get(s.home()).ID
	got := s.get(id)
	listed, count := s.inListing(id)
	if count != 1 || listed.Name != got.Name || listed.Description != got.Description {
		s.Errorf("List: the workspace is there %d times, as %v, want as %v", count, listed, got)
	}
}

// listPages: what does not fit in one page is there too.
func (s *suite) listPages() {
	before := map[string]bool{}
	for _, info := range s.list() {
		before[info.ID] = true
	}
	names := map[string]string{}
	for i := range s.caps.MaxPage + 2 {
		info := s.create(fmt.Sprintf("p%d", i))
		names[info.ID] = info.Name
	}
	s.wantListed(before, names)
}

func (s *suite) listBadCursor() {
	id := s.home()
	if id == "" {
		id = s.get("").ID
	}
	page, err := read(s, driver.OpList, as[driver.Lister](s).List, &driver.ListRequest{Cursor: "workspacetest-no-cursor"})
	if err != nil {
		return // of any code: the vendors do not document one
	}
	for _, info := range page.Workspaces {
		if info.ID == id {
			s.Errorf("List: a bad cursor starts the listing anew")
		}
	}
}
