package pipeline

import (
	"fmt"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// maxEmptyPages is how many pages without an entry may follow each other before a listing counts as endless.
const maxEmptyPages = 1000

// CursorGuard notices a listing that never ends: short circles of cursors at once, and longer ones after a few rounds
// without remembering them all (Brent's algorithm).
type CursorGuard struct {
	recent [8]string
	pages  int
	empty  int
	mark   string // an older cursor, moved ahead after 1, 2, 4, 8 … pages
	next   int    // pages at which the mark moves
}

// Check takes the cursor and the number of entries of a page. A cursor that has come before, or an endless run of
// empty pages, is errs.Corrupt.
func (g *CursorGuard) Check(cursor string, entries int) error {
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
	g.pages++
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
