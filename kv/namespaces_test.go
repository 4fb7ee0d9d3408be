package kv_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// boundless lists namespaces without an end.
type boundless struct {
	*fakeService
	page  int // namespaces on each page
	pages int // that were asked for
}

func (b *boundless) ListNamespaces(_ context.Context, req *driver.ListNamespacesRequest) (*driver.ListNamespacesResponse, error) {
	b.pages++
	res := &driver.ListNamespacesResponse{Cursor: strconv.Itoa(b.pages)}
	for i := range b.page {
		name := fmt.Sprintf("n-%d-%d", b.pages, i)
		res.Namespaces = append(res.Namespaces, driver.NamespaceInfo{NamespaceRef: driver.NamespaceRef{Name: name, ID: name}})
	}
	return res, nil
}

// A listing of namespaces that has no end is given up, whoever asks for it.
func TestListingWithoutEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		page, quota, pages int
	}{
		{1000, 0, 101}, {1000, 1000, 101}, {1000, 200_000, 201}, {1, 0, 10_001}, {99_999, 0, 2},
	} {
		b := &boundless{fakeService: newFake(), page: c.page}
		b.caps.Address, b.caps.MaxNamespaces = driver.ByID, c.quota
		s, err := kv.NewService(b, kv.ServiceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.DescribeNamespace(t.Context(), "missing")
		if errs.CodeOf(err) != errs.Corrupt || b.pages != c.pages {
			t.Errorf("%+v: %v after %d pages", c, err, b.pages)
		}
	}
}

// A namespace's id in place of its name is pointed out, and nothing of that name is made.
func TestIDInPlaceOfTheName(t *testing.T) {
	t.Parallel()
	f := byID("other", "flags", "more")
	s := f.service(t)
	for what, open := range map[string]func() error{
		"open":     func() error { _, err := s.Namespace(t.Context(), "id-flags"); return err },
		"create":   func() error { _, err := s.Namespace(t.Context(), "id-flags", kv.CreateIfMissing()); return err },
		"describe": func() error { _, err := s.DescribeNamespace(t.Context(), "id-flags"); return err },
		"delete":   func() error { return s.DeleteNamespace(t.Context(), "id-flags") },
	} {
		err := open()
		if errs.CodeOf(err) != errs.NamespaceNotFound || !strings.Contains(err.Error(), `"id-flags" is the id of the namespace "flags": say namespace_id, or namespace: flags`) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := f.took(); slices.ContainsFunc(got, func(call string) bool { return !strings.HasPrefix(call, "list namespaces") }) {
		t.Errorf("the driver got %q", got)
	}
	// A namespace whose name is the id of another one is still found.
	f.namespaces = append(f.namespaces, driver.NamespaceInfo{NamespaceRef: driver.NamespaceRef{Name: "id-flags", ID: "id-last"}})
	if ns, err := s.Namespace(t.Context(), "id-flags", kv.CreateIfMissing()); err != nil || ns.ID() != "id-last" {
		t.Errorf("%v", err)
	}
}

// Where a missing namespace was to be used, the error says how to get one; where it was named to be changed, it does not.
func TestHintAboutAMissingNamespace(t *testing.T) {
	t.Parallel()
	const hint = "create it, or set create: true for the resource"
	missing := func() error {
		return &errs.Error{Code: errs.NamespaceNotFound, Outcome: errs.NotApplied, Message: "the namespace does not exist"}
	}
	f := newFake()
	f.get = func(*driver.GetRequest) (*driver.GetResponse, error) { return nil, missing() }
	f.list = func(*driver.ListRequest) (*driver.ListResponse, error) { return nil, missing() }
	f.putBatch = func(context.Context, *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
		return nil, missing()
	}
	ns := f.open(t)
	_, got := ns.Get(t.Context(), "k")
	all := []error{got}
	for _, err := range ns.Keys(t.Context()) {
		all = append(all, err)
	}
	for r := range ns.PutMany(t.Context(), slices.Values([]kv.Write{{Key: "k", Value: []byte("v")}})) {
		if r.Err != nil {
			all = append(all, r.Err)
		}
	}
	_, err := byID("other").service(t).Namespace(t.Context(), "flags")
	all = append(all, err)
	for i, err := range all {
		if errs.CodeOf(err) != errs.NamespaceNotFound || strings.Count(err.Error(), hint) != 1 {
			t.Errorf("%d: %v", i, err)
		}
	}
	if len(all) != 4 {
		t.Errorf("%d errors", len(all))
	}
	s := byID("other").service(t)
	_, err = s.DescribeNamespace(t.Context(), "flags")
	for i, err := range []error{err, s.DeleteNamespace(t.Context(), "flags")} {
		if errs.CodeOf(err) != errs.NamespaceNotFound || strings.Contains(err.Error(), hint) {
			t.Errorf("%d: %v", i, err)
		}
	}
	// Opened by its id it cannot be made.
	f = byID("other")
	f.get = func(*driver.GetRequest) (*driver.GetResponse, error) { return nil, missing() }
	if _, err := f.open(t, kv.WithID("gone")).Get(t.Context(), "k"); strings.Contains(err.Error(), hint) {
		t.Error(err)
	}
}

// Metadata that is not valid UTF-8 is refused before anything is sent, though package json takes it.
func TestMetadataIsUTF8(t *testing.T) {
	t.Parallel()
	f := newFake()
	ns := f.open(t)
	f.took()
	for _, text := range []string{"\"\xff\"", "{\"a\":\"\xc3\"}"} {
		if !json.Valid([]byte(text)) {
			t.Fatalf("%q is no test", text)
		}
		if err := ns.Put(t.Context(), "k", []byte("v"), kv.Metadata(json.RawMessage(text))); errs.CodeOf(err) != errs.InvalidArgument || !strings.Contains(err.Error(), "UTF-8") {
			t.Errorf("%q: %v", text, err)
		}
	}
	f.expect(t)
}

// The summary of a bulk call does not let its outcome pass for that of the one key that it names.
func TestSummaryTellsWhoseOutcomeItIs(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.putBatch = func(context.Context, *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
		return &driver.PutBatchResponse{Errs: []error{nil, errs.Refuse(errs.Conflict, "no")}}, nil
	}
	var last error
	for _, err := range f.open(t).PutMany(t.Context(), slices.Values([]kv.Write{{Key: "a", Value: []byte("v")}, {Key: "b", Value: []byte("v")}})) {
		last = err
	}
	if !errors.Is(last, errs.Conflict) || !strings.Contains(last.Error(), "the outcome is that of the whole call") {
		t.Error(last)
	}
}
