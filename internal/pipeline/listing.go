package pipeline

import (
	"fmt"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// maxBoundedPages is how many pages a listing with a bound may have, whatever is in them.
const maxBoundedPages = 10_000

// maxEmptyPages is how many pages without an entry may follow each other before a listing counts as endless.
const maxEmptyPages = 1000

// CursorGuard notices a listing that never ends: short circles of cursors at once, and longer ones after a few rounds
// without remembering them all (Brent's algorithm).
type CursorGuard struct {
	// Most is how many entries there can be at most, for listings that are held in memory or whose bound is known; 0
	// means that there is no bound.
	Most int

	recent [8]string
	pages  int
	listed int
	empty  int
	mark   string // an older cursor, moved ahead after 1, 2, 4, 8 … pages
	next   int    // pages at which the mark moves
}

// Check takes the cursor and the number of entries of a page. A cursor that has come before, an endless run of empty
// pages, and more pages or entries than there can be are errs.Corrupt.
func (g *CursorGuard) Check(cursor string, entries int) error {
	if g.listed += entries; g.Most > 0 && g.listed > g.Most {
		return CorruptListing(fmt.Sprintf("the listing has over %d entries", g.Most))
	}
	if cursor == "" {
		return nil
	}
	if cursor == g.mark || slices.Contains(g.recent[:], cursor) {
		return CorruptListing("the listing returned a cursor for the second time")
	}
	g.recent[g.pages%len(g.recent)] = cursor
	if g.pages >= g.next {
		g.mark, g.next = cursor, 2*g.pages+1
	}
	if g.pages++; g.Most > 0 && g.pages > maxBoundedPages {
		return CorruptListing(fmt.Sprintf("the listing has over %d pages", maxBoundedPages))
	}
	if entries > 0 {
		g.empty = 0
		return nil
	}
	if g.empty++; g.empty == maxEmptyPages {
		return CorruptListing(fmt.Sprintf("the listing returned %d empty pages in a row", maxEmptyPages))
	}
	return nil
}

// CorruptListing returns the error of a listing that cannot be what the provider has.
func CorruptListing(message string) error {
	return &errs.Error{Code: errs.Corrupt, Outcome: errs.NotApplied, Attempts: 1, Message: message}
}
