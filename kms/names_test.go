package kms_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// byName returns a handle on the key of that name, and forgets the look-up.
func (a *account) byName(t *testing.T, name string) *kms.Key {
	t.Helper()
	k, err := a.service(t).KeyByName(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	a.took()
	return k
}

func TestRenameNative(t *testing.T) {
	t.Parallel()
	a := labelled()
	k := a.add("k", driver.Enabled, "old")
	a.add("other", driver.Enabled, "taken")
	handle := a.byName(t, "old")
	if err := handle.Rename(t.Context(), "new"); err != nil || k.info.Name != "new" || handle.Name() != "new" {
		t.Errorf("%v, the key is %q, the handle %q", err, k.info.Name, handle.Name())
	}
	a.expect(t, "Rename k new")
	err := handle.Rename(t.Context(), "taken")
	if wantFailure(t, err, errs.AlreadyExists, errs.NotApplied, driver.OpRename); handle.Name() != "new" {
		t.Errorf("the handle is %q", handle.Name())
	}
	a.expect(t, "Rename k taken")
	a.count = map[string]int{}
	a.after[driver.OpRename] = once(lost)
	if err := handle.Rename(t.Context(), "newer"); err != nil || handle.Name() != "newer" {
		t.Errorf("a lost reply: %v", err)
	}
	a.expect(t, "Rename k newer", "Rename k newer", "Describe k")
	a.count = map[string]int{}
	a.before[driver.OpRename] = once(lost) // which has done nothing
	err = handle.Rename(t.Context(), "taken")
	wantFailure(t, err, errs.AlreadyExists, errs.Ambiguous, driver.OpRename)
}

func TestRenameEmulated(t *testing.T) {
	t.Parallel()
	const list, add, remove = "Aliases k", "AddAlias k new", "RemoveAlias k old"
	tests := []struct {
		name   string
		has    []string
		byName string // how the handle is opened; empty means by id
		ends   string // the aliases then, or the code of the error
		calls  []string
	}{
		{"by name", []string{"a", "old"}, "old", "a new", []string{list, add, remove}},
		{"by id", []string{"old"}, "", "new", []string{list, add, remove}},
		{"by id, first name", nil, "", "new", []string{list, add}},
		{"by id, to what it is", []string{"new"}, "", "new", []string{list}},
		{"by name, to what it is", []string{"new"}, "new", "new", []string{list}},
		{"by id, several", []string{"a", "old"}, "", "Conflict", []string{list}},
		{"by id, several with the new one", []string{"new", "old"}, "", "Conflict", []string{list}},
		{"by name, interrupted before", []string{"new", "old"}, "old", "new", []string{list, remove}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := aliased()
			k := a.add("k", driver.Enabled, test.has...)
			handle := a.key(t, "k")
			if test.byName != "" {
				handle = a.byName(t, test.byName)
			}
			err := handle.Rename(t.Context(), "new")
			a.expect(t, test.calls...)
			if test.ends == "Conflict" {
				wantFailure(t, err, errs.Conflict, errs.NotApplied, driver.OpRename, "AddAlias and RemoveAlias")
				return
			}
			slices.Sort(k.aliases)
			if got := strings.Join(k.aliases, " "); err != nil || got != test.ends || handle.Name() != "new" {
				t.Errorf("%v, the key has %q, the handle %q", err, got, handle.Name())
			}
		})
	}
}

// A name that belongs to another key by now is not taken from it.
func TestRenameStaleHandle(t *testing.T) {
	t.Parallel()
	a := aliased()
	k := a.add("k", driver.Enabled, "orders")
	handle := a.byName(t, "orders")
	k.aliases = nil
	other := a.add("other", driver.Enabled, "orders")
	err := handle.Rename(t.Context(), "new")
	wantFailure(t, err, errs.Conflict, errs.NotApplied, driver.OpRename, `not called "orders" any more`)
	k.aliases = []string{"new"} // somebody else has renamed it so
	if err := handle.Rename(t.Context(), "new"); err != nil {
		t.Errorf("renamed already: %v", err)
	}
	if len(other.aliases) != 1 || len(k.aliases) != 1 {
		t.Errorf("the keys have %q and %q", k.aliases, other.aliases)
	}
	a.expect(t, "Aliases k", "Aliases k")
}

// A renaming that stops between its steps says so, and goes on when it is repeated.
func TestRenameInterrupted(t *testing.T) {
	t.Parallel()
	a := aliased()
	k := a.add("k", driver.Enabled, "old")
	handle := a.byName(t, "old")
	a.before[driver.OpDeleteAlias] = refused(errs.PermissionDenied)
	err := handle.Rename(t.Context(), "new")
	e := wantFailure(t, err, errs.PermissionDenied, errs.Applied, driver.OpDeleteAlias, `both names, "new" and "old"`, "vendor says no")
	left, ok := errors.AsType[*kms.Incomplete](err)
	if !ok || left.KeyID != "k" || errs.CodeOf(left.Err) != errs.PermissionDenied || e.VendorCode != "Vendor.PermissionDenied" {
		t.Errorf("holds %+v", left)
	}
	if handle.Name() != "old" || len(k.aliases) != 2 {
		t.Errorf("the handle is %q, the key has %q", handle.Name(), k.aliases)
	}
	a.took()
	a.before[driver.OpDeleteAlias] = func(int) error { return &errs.Error{Code: errs.Unavailable} }
	err = handle.Rename(t.Context(), "new")
	wantFailure(t, err, errs.Unavailable, errs.Ambiguous, driver.OpDeleteAlias, `the name "new" and perhaps still "old"`)
	delete(a.before, driver.OpDeleteAlias)
	if err := handle.Rename(t.Context(), "new"); err != nil || handle.Name() != "new" || !slices.Equal(k.aliases, []string{"new"}) {
		t.Errorf("repeated: %v, the handle is %q, the key has %q", err, handle.Name(), k.aliases)
	}
	a.expect(t, "Aliases k", "RemoveAlias k old", "Aliases k", "RemoveAlias k old")
}

// A driver's error without a message says what its cause does.
func TestRenameFailsWithoutMessage(t *testing.T) {
	t.Parallel()
	a := aliased()
	a.add("k", driver.Enabled, "old")
	cause := errors.New("broken pipe")
	a.before[driver.OpCreateAlias] = func(int) error { return cause }
	err := a.key(t, "k").Rename(t.Context(), "new")
	if wantFailure(t, err, errs.Unknown, errs.Ambiguous, driver.OpCreateAlias, "broken pipe; the old name"); !errors.Is(err, cause) {
		t.Errorf("%v does not hold its cause", err)
	}
}

func TestRenameFirstStepFails(t *testing.T) {
	t.Parallel()
	a := aliased()
	a.add("k", driver.Enabled, "old")
	a.add("other", driver.Enabled, "taken")
	handle := a.byName(t, "old")
	err := handle.Rename(t.Context(), "taken")
	wantFailure(t, err, errs.AlreadyExists, errs.NotApplied, driver.OpCreateAlias, `old name "old" is still there`)
	a.before[driver.OpListAliases] = refused(errs.PermissionDenied)
	err = handle.Rename(t.Context(), "new")
	wantFailure(t, err, errs.PermissionDenied, errs.NotApplied, driver.OpListAliases, "not renamed")
	a.expect(t, "Aliases k", "AddAlias k taken", "Aliases k")
}

// Replies that are lost on the way do not make a renaming fail.
func TestRenameLostReplies(t *testing.T) {
	t.Parallel()
	a := aliased()
	k := a.add("k", driver.Enabled, "old")
	a.after[driver.OpCreateAlias], a.after[driver.OpDeleteAlias] = once(lost), once(lost)
	if err := a.key(t, "k").Rename(t.Context(), "new"); err != nil || !slices.Equal(k.aliases, []string{"new"}) {
		t.Errorf("%v, the key has %q", err, k.aliases)
	}
	a.expect(t, "Aliases k", "AddAlias k new", "AddAlias k new", "Aliases k", "RemoveAlias k old", "RemoveAlias k old")
}

func TestRenameRefusesBeforeIO(t *testing.T) {
	t.Parallel()
	for _, a := range []*account{labelled(), aliased()} {
		a.add("k", driver.Enabled, "old")
		for _, name := range []string{"", "A", "thirteen-char"} {
			wantFailure(t, a.key(t, "k").Rename(t.Context(), name), errs.InvalidArgument, errs.NotApplied, driver.OpRename)
		}
		a.expect(t)
	}
}

func TestAliases(t *testing.T) {
	t.Parallel()
	a := aliased()
	a.pageSize = 2
	k := a.add("k", driver.Enabled, "b", "c", "a")
	a.add("other", driver.Enabled, "theirs")
	handle := a.key(t, "k")
	if got, err := handle.Aliases(t.Context()); err != nil || !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("listed %q, %v", got, err)
	}
	if got, err := a.key(t, "other").Aliases(t.Context()); err != nil || !slices.Equal(got, []string{"theirs"}) {
		t.Errorf("listed %q, %v", got, err)
	}
	if err := errors.Join(handle.AddAlias(t.Context(), "d"), handle.RemoveAlias(t.Context(), "b")); err != nil {
		t.Error(err)
	}
	a.took()
	wantFailure(t, handle.AddAlias(t.Context(), "theirs"), errs.AlreadyExists, errs.NotApplied, driver.OpCreateAlias)
	wantFailure(t, handle.AddAlias(t.Context(), "a"), errs.AlreadyExists, errs.NotApplied, driver.OpCreateAlias)
	a.expect(t, "AddAlias k theirs", "AddAlias k a")
	wantFailure(t, handle.RemoveAlias(t.Context(), "theirs"), errs.NotFound, errs.NotApplied, driver.OpDeleteAlias)
	a.expect(t, "Aliases k", "Aliases k 2")
	if slices.Sort(k.aliases); !slices.Equal(k.aliases, []string{"a", "c", "d"}) || a.holder("theirs") == nil {
		t.Errorf("the key has %q", k.aliases)
	}
	for _, alias := range []string{"", "A", "thirteen-char"} {
		wantFailure(t, handle.AddAlias(t.Context(), alias), errs.InvalidArgument, errs.NotApplied, driver.OpCreateAlias)
	}
	for _, alias := range []string{"", "\xff"} {
		wantFailure(t, handle.RemoveAlias(t.Context(), alias), errs.InvalidArgument, errs.NotApplied, driver.OpDeleteAlias)
	}
	a.expect(t)

	a.count = map[string]int{}
	a.after[driver.OpCreateAlias], a.after[driver.OpDeleteAlias] = once(lost), once(lost)
	if err := errors.Join(handle.AddAlias(t.Context(), "e"), handle.RemoveAlias(t.Context(), "a")); err != nil {
		t.Errorf("lost replies: %v", err)
	}
	a.before[driver.OpListAliases] = refused(errs.PermissionDenied)
	wantFailure(t, handle.RemoveAlias(t.Context(), "c"), errs.PermissionDenied, errs.NotApplied, driver.OpListAliases, "was not removed")
}

// endless pages through aliases and tags for ever.
type endless struct{ wholeDriver }

func (endless) ListAliases(context.Context, *driver.ListAliasesRequest) (*driver.ListAliasesResponse, error) {
	return &driver.ListAliasesResponse{Aliases: []string{"a"}, Cursor: "x"}, nil
}

func (endless) ListTags(context.Context, *driver.ListTagsRequest) (*driver.ListTagsResponse, error) {
	return &driver.ListTagsResponse{Tags: []driver.Tag{{Key: "a"}}, Cursor: "x"}, nil
}

func TestEndlessCursors(t *testing.T) {
	t.Parallel()
	k, err := serviceOf(t, endless{aliasedDriver(aliased())}).Key(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Aliases(t.Context())
	wantFailure(t, err, errs.Corrupt, errs.NotApplied, driver.OpListAliases)
	_, err = k.Tags(t.Context())
	wantFailure(t, err, errs.Corrupt, errs.NotApplied, driver.OpListTags)
	wantFailure(t, k.Rename(t.Context(), "new"), errs.Corrupt, errs.NotApplied, driver.OpListAliases, "not renamed")
	wantFailure(t, k.RemoveTags(t.Context(), "a"), errs.Corrupt, errs.NotApplied, driver.OpListTags, "no tag was removed")
}
