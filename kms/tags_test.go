package kms_test

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

func TestTags(t *testing.T) {
	t.Parallel()
	a := labelled()
	a.pageSize = 2
	k := a.add("k", driver.Enabled)
	handle := a.key(t, "k")
	if err := handle.SetTags(t.Context(), map[string]string{"b": "2", "a": "1"}); err != nil {
		t.Error(err)
	}
	if err := handle.SetTags(t.Context(), map[string]string{"c": "", "a": "7"}); err != nil {
		t.Error(err)
	}
	want := map[string]string{"a": "7", "b": "2", "c": ""}
	if got, err := handle.Tags(t.Context()); err != nil || !maps.Equal(got, want) || !maps.Equal(k.tags, want) {
		t.Errorf("listed %v, %v, the key has %v", got, err, k.tags)
	}
	a.expect(t, "SetTags k a=1 b=2", "SetTags k a=7 c=", "Tags k", "Tags k 2")
	k.tags = map[string]string{}
	if got, err := handle.Tags(t.Context()); err != nil || got == nil || len(got) != 0 {
		t.Errorf("without tags: %v, %v", got, err)
	}
}

func TestTagsRefuseBeforeIO(t *testing.T) {
	t.Parallel()
	a := labelled()
	a.add("k", driver.Enabled)
	k := a.key(t, "k")
	for _, tags := range []map[string]string{
		nil, {}, {"": "a"}, {"A": "a"}, {"sixsix": "a"}, {"a": "B"}, {"a": "eight-88"}, {"a": "1", "b": "2", "c": "3"}, {"a": "\xff"},
	} {
		wantFailure(t, k.SetTags(t.Context(), tags), errs.InvalidArgument, errs.NotApplied, driver.OpSetTags)
	}
	a.caps.Tag.ValueRequired = true
	wantFailure(t, a.key(t, "k").SetTags(t.Context(), map[string]string{"a": "1", "b": ""}), errs.InvalidArgument, errs.NotApplied, driver.OpSetTags)
	for _, keys := range [][]string{nil, {""}, {"a", ""}, {"\xff"}} {
		wantFailure(t, k.RemoveTags(t.Context(), keys...), errs.InvalidArgument, errs.NotApplied, driver.OpRemoveTags)
	}
	a.expect(t)
}

// renewed lists a new tag and a new alias on every page, and never comes to an end.
type renewed struct {
	driver.Service
	pages int
}

func (e *renewed) Capabilities() driver.Capabilities {
	c := e.Service.Capabilities()
	return driver.Capabilities{Vendor: c.Vendor, MaxPage: c.MaxPage, DeletionDays: c.DeletionDays, Tags: driver.Native, Tag: c.Tag, Aliases: driver.Native}
}

func (e *renewed) next(list int) (entry, cursor string) {
	e.pages++
	return fmt.Sprintf("%d-%d", list, e.pages), fmt.Sprint("page ", e.pages)
}

func (e *renewed) ListTags(context.Context, *driver.ListTagsRequest) (*driver.ListTagsResponse, error) {
	key, cursor := e.next(1)
	return &driver.ListTagsResponse{Tags: []driver.Tag{{Key: key}}, Cursor: cursor}, nil
}

func (e *renewed) SetTags(context.Context, *driver.SetTagsRequest) (*driver.SetTagsResponse, error) {
	return &driver.SetTagsResponse{}, nil
}

func (e *renewed) RemoveTags(context.Context, *driver.RemoveTagsRequest) (*driver.RemoveTagsResponse, error) {
	return &driver.RemoveTagsResponse{}, nil
}

func (e *renewed) ListAliases(context.Context, *driver.ListAliasesRequest) (*driver.ListAliasesResponse, error) {
	alias, cursor := e.next(2)
	return &driver.ListAliasesResponse{Aliases: []string{alias}, Cursor: cursor}, nil
}

func (e *renewed) CreateAlias(context.Context, *driver.CreateAliasRequest) (*driver.CreateAliasResponse, error) {
	return &driver.CreateAliasResponse{}, nil
}

func (e *renewed) DeleteAlias(context.Context, *driver.DeleteAliasRequest) (*driver.DeleteAliasResponse, error) {
	return &driver.DeleteAliasResponse{}, nil
}

// What is gathered in memory has an end, even if each page is new.
func TestListingsOfAKeyWithoutEnd(t *testing.T) {
	t.Parallel()
	e := &renewed{Service: aliased()}
	s, err := kms.NewService(e, kms.ServiceOptions{Provider: "fake"})
	if err != nil {
		t.Fatal(err)
	}
	k, err := s.Key(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Tags(t.Context())
	wantFailure(t, err, errs.Corrupt, errs.NotApplied, driver.OpListTags)
	_, err = k.Aliases(t.Context())
	wantFailure(t, err, errs.Corrupt, errs.NotApplied, driver.OpListAliases)
	if e.pages != 20_002 {
		t.Errorf("%d pages were asked for", e.pages)
	}
}

func TestRemoveTags(t *testing.T) {
	t.Parallel()
	a := labelled()
	a.pageSize = 2
	k := a.add("k", driver.Enabled)
	k.tags = map[string]string{"a": "1", "b": "", "c": "3"}
	handle := a.key(t, "k")
	if err := handle.RemoveTags(t.Context(), "c", "x", "a", "c"); err != nil || fmt.Sprint(k.tags) != "map[b:]" {
		t.Errorf("%v, the key has %v", err, k.tags)
	}
	a.expect(t, "Tags k", "Tags k 2", "RemoveTags k a=1 c=3")
	if err := handle.RemoveTags(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	a.expect(t, "Tags k")

	a.after[driver.OpRemoveTags] = func(n int) error {
		if n == 2 {
			return lost(n)
		}
		return nil
	}
	if err := handle.RemoveTags(t.Context(), "b"); err != nil || len(k.tags) != 0 {
		t.Errorf("a lost reply: %v, the key has %v", err, k.tags)
	}
	a.expect(t, "Tags k", "RemoveTags k b=", "RemoveTags k b=", "Tags k")
}

// A tag that somebody else removes meanwhile does not keep the others there.
func TestRemoveTagsRace(t *testing.T) {
	t.Parallel()
	a := labelled()
	k := a.add("k", driver.Enabled)
	k.tags = map[string]string{"a": "1", "b": "2"}
	a.before[driver.OpRemoveTags] = once(func(int) error { delete(k.tags, "a"); return nil })
	if err := a.key(t, "k").RemoveTags(t.Context(), "a", "b"); err != nil || len(k.tags) != 0 {
		t.Errorf("%v, the key has %v", err, k.tags)
	}
	a.expect(t, "Tags k", "RemoveTags k a=1 b=2", "Tags k", "RemoveTags k b=2")

	k.tags["a"] = "1" // a provider that finds the tag in its list and nowhere else
	a.before[driver.OpRemoveTags] = refused(errs.NotFound)
	err := a.key(t, "k").RemoveTags(t.Context(), "a")
	wantFailure(t, err, errs.NotFound, errs.NotApplied, driver.OpRemoveTags)
	a.expect(t, "Tags k", "RemoveTags k a=1", "Tags k")

	a.before[driver.OpRemoveTags] = func(n int) error {
		a.before[driver.OpListTags] = refused(errs.PermissionDenied)
		return refused(errs.NotFound)(n)
	}
	err = a.key(t, "k").RemoveTags(t.Context(), "a")
	wantFailure(t, err, errs.NotFound, errs.NotApplied, driver.OpRemoveTags, "could not be listed: vendor says no")
	err = a.key(t, "k").RemoveTags(t.Context(), "a")
	wantFailure(t, err, errs.PermissionDenied, errs.NotApplied, driver.OpListTags, "no tag was removed")

	delete(a.before, driver.OpListTags)
	a.before[driver.OpRemoveTags] = refused(errs.Conflict)
	a.took()
	err = a.key(t, "k").RemoveTags(t.Context(), "a")
	wantFailure(t, err, errs.Conflict, errs.NotApplied, driver.OpRemoveTags)
	a.expect(t, "Tags k", "RemoveTags k a=1")
}

// The strongest outcome of all steps counts: a removal whose fate is not known stays so.
func TestRemoveTagsAmbiguous(t *testing.T) {
	t.Parallel()
	a := labelled()
	a.add("k", driver.Enabled).tags["a"] = "1"
	a.before[driver.OpRemoveTags] = func(n int) error {
		if n == 1 {
			return lost(n)
		}
		return refused(errs.NotFound)(n)
	}
	err := a.key(t, "k").RemoveTags(context.WithoutCancel(t.Context()), "a")
	wantFailure(t, err, errs.NotFound, errs.Ambiguous, driver.OpRemoveTags)
}
