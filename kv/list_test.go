package kv_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// pages answers each cursor with the page of that name; "" is the first.
func pages(all map[string]driver.ListResponse) func(*driver.ListRequest) (*driver.ListResponse, error) {
	return func(req *driver.ListRequest) (*driver.ListResponse, error) {
		page, ok := all[req.Cursor]
		if !ok {
			return nil, errs.Refuse(errs.InvalidArgument, "no such cursor")
		}
		return &page, nil
	}
}

func infos(names string) (keys []driver.KeyInfo) {
	for name := range strings.FieldsSeq(names) {
		keys = append(keys, driver.KeyInfo{Name: name})
	}
	return keys
}

// listed collects a listing; the error that ends it, if one does, comes last.
func listed(t *testing.T, ns *kv.Namespace, opts ...kv.ListOption) (names string, end error) {
	t.Helper()
	var all []string
	for key, err := range ns.Keys(t.Context(), opts...) {
		if end != nil {
			t.Fatal("the listing went on after an error")
		}
		if err != nil {
			end = err
			continue
		}
		all = append(all, key.Name)
	}
	return strings.Join(all, " "), end
}

func TestKeysPages(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.list = pages(map[string]driver.ListResponse{
		"":   {Keys: infos("a b"), Cursor: "p2"},
		"p2": {Cursor: "p3"}, // an empty page is not the end
		"p3": {Keys: infos("c")},
	})
	ns := f.open(t)
	names, err := listed(t, ns, kv.PageSize(2))
	if names != "a b c" || err != nil {
		t.Errorf("listed %q, %v", names, err)
	}
	f.expect(t, `list "" "" 2`, `list "" "p2" 2`, `list "" "p3" 2`)

	keys := ns.Keys(t.Context())
	for range 2 { // each range starts afresh, and breaking off asks for no further page
		for key := range keys {
			if key.Name != "a" {
				t.Errorf("began with %q", key.Name)
			}
			break
		}
	}
	f.expect(t, `list "" "" 10`, `list "" "" 10`)
}

// TestKeysNotAskedFor: a listing with foreign keys would delete the wrong ones.
func TestKeysNotAskedFor(t *testing.T) {
	t.Parallel()
	for _, foreign := range []string{"users/1", "", "tmp", "tmp/\xff"} {
		f := newFake()
		f.list = func(*driver.ListRequest) (*driver.ListResponse, error) {
			return &driver.ListResponse{Keys: []driver.KeyInfo{{Name: "tmp/1"}, {Name: foreign}}}, nil
		}
		names, err := listed(t, f.open(t), kv.Prefix("tmp/"))
		f.expect(t, `list "tmp/" "" 10`)
		if names != "tmp/1" || !errors.Is(err, errs.Corrupt) {
			t.Errorf("%q: listed %q, %v", foreign, names, err)
		}
	}
}

func TestKeysFailure(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.list = func(req *driver.ListRequest) (*driver.ListResponse, error) {
		if req.Cursor != "" {
			return nil, errs.Refuse(errs.PermissionDenied, "no more")
		}
		return &driver.ListResponse{Keys: infos("a"), Cursor: "p2"}, nil
	}
	names, err := listed(t, f.open(t))
	if e, ok := errors.AsType[*errs.Error](err); names != "a" || !ok || e.Code != errs.PermissionDenied || e.Op != driver.OpList || e.Resource != "flags" {
		t.Errorf("listed %q, %v", names, err)
	}
}

// TestKeysNeverEndless lists from a provider whose cursors go in circles or whose pages stay empty.
func TestKeysNeverEndless(t *testing.T) {
	t.Parallel()
	for length := 1; length <= 3; length++ {
		f := newFake()
		calls := 0
		f.list = func(*driver.ListRequest) (*driver.ListResponse, error) {
			calls++
			return &driver.ListResponse{Keys: infos("a"), Cursor: fmt.Sprint(calls % length)}, nil
		}
		if _, err := listed(t, f.open(t)); !errors.Is(err, errs.Corrupt) {
			t.Errorf("circle of %d cursors: %v", length, err)
		}
		if calls > length+1 {
			t.Errorf("circle of %d cursors: %d pages asked for", length, calls)
		}
	}
	const long = 100 // a circle that is not remembered whole
	f := newFake()
	calls := 0
	f.list = func(*driver.ListRequest) (*driver.ListResponse, error) {
		calls++
		return &driver.ListResponse{Keys: infos("a"), Cursor: fmt.Sprint(calls % long)}, nil
	}
	if _, err := listed(t, f.open(t)); !errors.Is(err, errs.Corrupt) || calls > 4*long {
		t.Errorf("circle of %d cursors: %v after %d pages", long, err, calls)
	}
	f = newFake()
	calls = 0
	f.list = func(*driver.ListRequest) (*driver.ListResponse, error) {
		calls++
		return &driver.ListResponse{Cursor: fmt.Sprint(calls)}, nil
	}
	if _, err := listed(t, f.open(t)); !errors.Is(err, errs.Corrupt) || calls != 1000 {
		t.Errorf("empty pages: %v after %d", err, calls)
	}
}

func TestKeysReachOnlyWhatTheProviderLists(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.nsCaps.List.MaxKeys = 4
	f.list = pages(map[string]driver.ListResponse{"": {Keys: infos("a b"), Cursor: "2"}, "2": {Keys: infos("c d"), Cursor: "3"}})
	names, err := listed(t, f.open(t))
	if names != "a b c d" || !errors.Is(err, errs.TooLarge) || !strings.Contains(err.Error(), "first 4 keys") {
		t.Errorf("more keys than can be reached: %q, %v", names, err)
	}
	f.list = pages(map[string]driver.ListResponse{"": {Keys: infos("a b"), Cursor: "2"}, "2": {Keys: infos("c d")}})
	if names, err := listed(t, f.open(t)); names != "a b c d" || err != nil {
		t.Errorf("exactly as many keys as can be reached: %q, %v", names, err)
	}
}
