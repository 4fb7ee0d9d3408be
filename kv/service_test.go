package kv_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

func named(names ...string) (all []driver.NamespaceInfo) {
	for _, name := range names {
		all = append(all, driver.NamespaceInfo{NamespaceRef: driver.NamespaceRef{Name: name, ID: "id-" + name}})
	}
	return all
}

func TestServiceCalls(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f := newFake()
	f.namespaces = named("one", "two")
	s := f.service(t)
	if got := s.Capabilities(); got.MaxDescriptionChars != 5 {
		t.Errorf("capabilities %+v", got)
	}
	info, err := s.CreateNamespace(ctx, "three", kv.Description("note"))
	if err != nil || info.Name != "three" || info.Description != "note" {
		t.Errorf("create: %+v, %v", info, err)
	}
	if _, err := s.CreateNamespace(ctx, "one"); !errors.Is(err, errs.AlreadyExists) {
		t.Errorf("create a taken name: %v", err)
	}
	if info, err := s.DescribeNamespace(ctx, "two"); err != nil || info.ID != "id-two" {
		t.Errorf("describe: %+v, %v", info, err)
	}
	if _, err := s.DescribeNamespace(ctx, "four"); !errors.Is(err, errs.NamespaceNotFound) {
		t.Errorf("describe a missing one: %v", err)
	}
	if err := errors.Join(s.RenameNamespace(ctx, "one", "uno"), s.SetDescription(ctx, "one", "x"), s.DeleteNamespace(ctx, "one")); err != nil {
		t.Error(err)
	}
	f.expect(t, `create three "note"`, `create one ""`, "get namespace two", "get namespace four", "rename one uno", `describe one "x"`, "delete namespace one")
	var names []string
	for info, err := range s.Namespaces(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, info.Name)
	}
	if strings.Join(names, " ") != "one two three" {
		t.Errorf("listed %q", names)
	}
	f.expect(t, "list namespaces ", "list namespaces 1", "list namespaces 2")
}

func TestServiceRefusesBeforeIO(t *testing.T) {
	t.Parallel()
	without := newFake()
	without.caps.Description = driver.None
	tests := []struct {
		name string
		f    *fakeService
		call func(context.Context, *kv.Service) error
		code errs.Code
	}{
		{"create without a name", newFake(), func(ctx context.Context, s *kv.Service) error { _, err := s.CreateNamespace(ctx, ""); return err }, errs.InvalidArgument},
		{"create with a bad name", newFake(), func(ctx context.Context, s *kv.Service) error { _, err := s.CreateNamespace(ctx, "a_b"); return err }, errs.InvalidArgument},
		{"create with a doubled dash", newFake(), func(ctx context.Context, s *kv.Service) error { _, err := s.CreateNamespace(ctx, "a--b"); return err }, errs.InvalidArgument},
		{"create with a long name", newFake(), func(ctx context.Context, s *kv.Service) error {
			_, err := s.CreateNamespace(ctx, strings.Repeat("a", 21))
			return err
		}, errs.InvalidArgument},
		{"long description", newFake(), func(ctx context.Context, s *kv.Service) error {
			_, err := s.CreateNamespace(ctx, "a", kv.Description("sechs!"))
			return err
		}, errs.InvalidArgument},
		{"description where there is none", without, func(ctx context.Context, s *kv.Service) error {
			_, err := s.CreateNamespace(ctx, "a", kv.Description("note"))
			return err
		}, errs.Unsupported},
		{"description twice", newFake(), func(ctx context.Context, s *kv.Service) error {
			_, err := s.CreateNamespace(ctx, "a", kv.Description("a"), kv.Description("b"))
			return err
		}, errs.InvalidArgument},
		{"id and create", byID(), func(ctx context.Context, s *kv.Service) error {
			_, err := s.Namespace(ctx, "a", kv.WithID("x"), kv.CreateIfMissing())
			return err
		}, errs.InvalidArgument},
		{"long new description", newFake(), func(ctx context.Context, s *kv.Service) error { return s.SetDescription(ctx, "a", "sechs!") }, errs.InvalidArgument},
		{"describe without a name", newFake(), func(ctx context.Context, s *kv.Service) error { _, err := s.DescribeNamespace(ctx, ""); return err }, errs.InvalidArgument},
		{"delete without a name", newFake(), func(ctx context.Context, s *kv.Service) error { return s.DeleteNamespace(ctx, "") }, errs.InvalidArgument},
		{"rename to a bad name", newFake(), func(ctx context.Context, s *kv.Service) error { return s.RenameNamespace(ctx, "a", "-b") }, errs.InvalidArgument},
		{"open without a name", newFake(), func(ctx context.Context, s *kv.Service) error { _, err := s.Namespace(ctx, ""); return err }, errs.InvalidArgument},
		{"open by id where names address", newFake(), func(ctx context.Context, s *kv.Service) error {
			_, err := s.Namespace(ctx, "a", kv.WithID("x"))
			return err
		}, errs.InvalidArgument},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := test.call(t.Context(), test.f.service(t))
			if e, ok := errors.AsType[*errs.Error](err); !ok || e.Code != test.code || e.Op == "" || e.Provider != "fake" {
				t.Errorf("got %v, want %s", err, test.code)
			}
			test.f.expect(t)
		})
	}
}

// bare is a service without the optional interfaces.
type bare struct {
	f *fakeService
}

func (b bare) Capabilities() driver.ServiceCapabilities { return b.f.caps }
func (b bare) Operations() []policy.Operation           { return b.f.operations }
func (b bare) OpenNamespace(ref driver.NamespaceRef) (driver.Namespace, error) {
	return b.f.OpenNamespace(ref)
}
func (b bare) ListNamespaces(ctx context.Context, req *driver.ListNamespacesRequest) (*driver.ListNamespacesResponse, error) {
	return b.f.ListNamespaces(ctx, req)
}

func TestServiceWithoutOptionalPowers(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f := newFake()
	f.caps = driver.ServiceCapabilities{Get: driver.Emulated}
	f.namespaces = named("one", "two")
	s, err := kv.NewService(bare{f}, kv.ServiceOptions{Provider: "fake"})
	if err != nil {
		t.Fatal(err)
	}
	_, createErr := s.CreateNamespace(ctx, "x")
	for _, err := range []error{createErr, s.RenameNamespace(ctx, "one", "uno"), s.SetDescription(ctx, "one", "x"), s.DeleteNamespace(ctx, "one")} {
		if !errors.Is(err, errs.Unsupported) {
			t.Errorf("got %v, want Unsupported", err)
		}
	}
	f.expect(t)
	if info, err := s.DescribeNamespace(ctx, "two"); err != nil || info.ID != "id-two" {
		t.Errorf("describe by the listing: %+v, %v", info, err)
	}
	if _, err := s.DescribeNamespace(ctx, "three"); !errors.Is(err, errs.NamespaceNotFound) {
		t.Errorf("describe a missing one by the listing: %v", err)
	}
}

// TestDeclarationsMustAgree opens drivers that declare something else than they implement.
func TestDeclarationsMustAgree(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		bend func(*fakeService)
		says string
	}{
		{"declared batch without interface", func(f *fakeService) { f.minimal = true; f.nsCaps = little(); f.nsCaps.GetBatch.Support = driver.Native }, "driver.BatchGetter"},
		{"interface without declared batch", func(f *fakeService) { f.nsCaps.PutBatch = driver.Batch{} }, "PutBatch"},
		{"interface without declared delete batch", func(f *fakeService) { f.nsCaps.DeleteBatch = driver.Batch{} }, "DeleteBatch"},
		{"nothing to inspect", func(f *fakeService) { f.nsCaps.ReadMetadata = driver.Native }, "request of its own"},
		{"no row for a method", func(f *fakeService) {
			f.operations = f.operations[:0]
		}, "operation table"},
		{"no key possible", func(f *fakeService) { f.nsCaps.Key.Alphabet = driver.Alphabet{} }, "no key alphabet"},
		{"no value possible", func(f *fakeService) { f.nsCaps.MaxValueBytes = 0 }, "no value size"},
		{"batches of no keys", func(f *fakeService) { f.nsCaps.PutBatch.MaxItems = 0 }, "no keys"},
		{"a write that is called read-only", func(f *fakeService) {
			for i := range f.operations {
				f.operations[i].Idempotency = policy.ReadOnly
			}
		}, "read-only"},
		{"no page possible", func(f *fakeService) { f.nsCaps.List.MinPage = 11 }, "no page size"},
		{"interface of a service without capability", func(f *fakeService) { f.caps.Rename = driver.None }, "Rename"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			test.bend(f)
			s, err := kv.NewService(f, kv.ServiceOptions{Provider: "fake"})
			if err == nil {
				_, err = s.Namespace(t.Context(), "flags")
			}
			if !errors.Is(err, errs.Internal) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// byID is a fake whose namespaces are addressed by id.
func byID(names ...string) *fakeService {
	f := newFake()
	f.caps.Address = driver.ByID
	f.namespaces = named(names...)
	return f
}

func TestNamespaceByID(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f := byID("other", "flags")
	s := f.service(t)
	ns, err := s.Namespace(ctx, "flags")
	if err != nil {
		t.Fatal(err)
	}
	f.expect(t, "list namespaces ", "list namespaces 1")
	if info, err := ns.Service().DescribeNamespace(ctx, "other"); err != nil || info.ID != "id-other" {
		t.Errorf("by the service of the handle: %+v, %v", info, err)
	}
	f.expect(t, "list namespaces ", "get namespace other")
	if _, err := ns.Get(ctx, "k"); err != nil || ns.Name() != "flags" {
		t.Error(ns.Name(), err)
	}
	f.expect(t, "get k")
	if _, err := s.Namespace(ctx, "missing"); !errors.Is(err, errs.NamespaceNotFound) {
		t.Errorf("a missing namespace: %v", err)
	}
	f.took()
	if _, err := s.Namespace(ctx, "flags", kv.WithID("known")); err != nil {
		t.Error(err)
	}
	f.expect(t) // a known id spares the look-up
	if err := s.DeleteNamespace(ctx, "flags"); err != nil {
		t.Error(err)
	}
	f.expect(t, "list namespaces ", "list namespaces 1", "delete namespace id-flags")
}

// TestNamespaceMadeAnew: the id is looked up again, once, when the namespace turns out to be gone.
func TestNamespaceMadeAnew(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f := byID("flags")
	ns := f.open(t)
	gone := errs.Refuse(errs.NamespaceNotFound, "no such id")
	f.get = func(*driver.GetRequest) (*driver.GetResponse, error) { return nil, gone }
	f.took()
	if _, err := ns.Get(ctx, "k"); !errors.Is(err, errs.NamespaceNotFound) {
		t.Errorf("really gone: %v", err)
	}
	f.expect(t, "get k", "list namespaces ") // the same id again: no second request

	f.namespaces[0].ID = "new"
	first := true
	f.get = func(*driver.GetRequest) (*driver.GetResponse, error) {
		if first {
			first = false
			return nil, gone
		}
		return &driver.GetResponse{}, nil
	}
	if _, err := ns.Get(ctx, "k"); err != nil {
		t.Errorf("made anew: %v", err)
	}
	f.expect(t, "get k", "list namespaces ", "get k")
	if _, err := ns.Get(ctx, "k"); err != nil {
		t.Error(err)
	}
	f.expect(t, "get k")
}

// TestMadeAnewKeepsTheOutcome: what the first of the two calls may have done is not forgotten.
func TestMadeAnewKeepsTheOutcome(t *testing.T) {
	t.Parallel()
	f := byID("flags")
	ns := f.open(t)
	f.namespaces[0].ID = "new"
	replies := []error{
		&errs.Error{Code: errs.Unavailable, Retry: errs.Temporary}, // perhaps done
		errs.Refuse(errs.NamespaceNotFound, "gone"), errs.Refuse(errs.PermissionDenied, "no"),
	}
	f.put = func(*driver.PutRequest) (*driver.PutResponse, error) {
		err := replies[0]
		replies = replies[1:]
		return nil, err
	}
	err := ns.Put(t.Context(), "k", nil)
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Code != errs.PermissionDenied || e.Outcome != errs.Ambiguous || e.Attempts != 3 {
		t.Errorf("got %v", err)
	}
}

// TestNothingIsMadeInVain: a namespace is not created for a program whose needs the provider does not meet.
func TestNothingIsMadeInVain(t *testing.T) {
	t.Parallel()
	f := newFake()
	_, err := f.service(t).Namespace(t.Context(), "flags", kv.CreateIfMissing(), kv.Require(kv.NeedTTL(1)))
	if !errors.Is(err, errs.Unsupported) {
		t.Errorf("got %v", err)
	}
	f.expect(t)
}

func TestCreateIfMissing(t *testing.T) {
	t.Parallel()
	f := newFake()
	if _, err := f.service(t).Namespace(t.Context(), "flags", kv.CreateIfMissing()); err != nil {
		t.Fatal(err)
	}
	f.expect(t, "get namespace flags", `create flags ""`)
	if _, err := f.service(t).Namespace(t.Context(), "flags", kv.CreateIfMissing()); err != nil {
		t.Fatal(err)
	}
	f.expect(t, "get namespace flags")
	if _, err := f.service(t).Namespace(t.Context(), "not_allowed", kv.CreateIfMissing()); !errors.Is(err, errs.InvalidArgument) {
		t.Errorf("a name that cannot be created: %v", err)
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		need kv.Need
		met  bool
	}{
		{"TTL at the minimum", kv.NeedTTL(time.Minute), true},
		{"TTL under the minimum", kv.NeedTTL(59 * time.Second), false},
		{"TTL over the maximum", kv.NeedTTL(1001 * time.Hour), false},
		{"expiry", kv.NeedExpiry(), true},
		{"metadata that fits", kv.NeedMetadata(32), true},
		{"metadata too large", kv.NeedMetadata(33), false},
		{"keys", kv.NeedKeys("a/b", "c"), true},
		{"keys not accepted", kv.NeedKeys("a", "a!b"), false},
		{"values", kv.NeedValueBytes(1000), true},
		{"values too large", kv.NeedValueBytes(1001), false},
		{"empty values", kv.NeedEmptyValues(), true},
		{"binary values", kv.NeedBinaryValues(), true},
		{"listing", kv.NeedListing(500), true},
		{"listing too many", kv.NeedListing(501), false},
		{"consistency", kv.NeedConsistency(time.Minute), true},
		{"consistency too strict", kv.NeedConsistency(time.Minute - 1), false},
	}
	f := newFake()
	f.nsCaps.List.MaxKeys, f.nsCaps.Consistency = 500, time.Minute
	for _, test := range tests {
		_, err := f.service(t).Namespace(t.Context(), "flags", kv.Require(test.need))
		if test.met && err != nil || !test.met && !errors.Is(err, errs.Unsupported) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	f.nsCaps, f.minimal = little(), true
	for i, need := range []kv.Need{kv.NeedTTL(time.Hour), kv.NeedExpiry(), kv.NeedMetadata(1), kv.NeedEmptyValues(), kv.NeedBinaryValues()} {
		if _, err := f.service(t).Namespace(t.Context(), "flags", kv.Require(need)); !errors.Is(err, errs.Unsupported) {
			t.Errorf("need %d of a provider that can do little: %v", i, err)
		}
	}
	f.expect(t)
}

// TestRequireNamesAll: one start-up tells everything that is missing.
func TestRequireNamesAll(t *testing.T) {
	t.Parallel()
	f := newFake()
	_, err := f.service(t).Namespace(t.Context(), "flags", kv.Require(kv.NeedTTL(time.Second), kv.NeedEmptyValues(), kv.NeedMetadata(100)))
	if err == nil || !strings.Contains(err.Error(), "a TTL of 1s") || !strings.Contains(err.Error(), "metadata of 100 bytes") || strings.Contains(err.Error(), "empty") {
		t.Errorf("got %v", err)
	}
}

func TestIntersect(t *testing.T) {
	t.Parallel()
	both := kv.Intersect(everything(), little())
	if both.MaxValueBytes != 1000 || both.TTL != kv.None || both.Metadata != kv.None || both.GetBatch.Support != kv.None || both.List.MaxPage != 10 || both.List.MinPage != 2 {
		t.Errorf("%+v", both)
	}
	if both.Key.Check("key", "a_b") != nil || both.Key.Check("key", "a/b") == nil {
		t.Errorf("keys: %+v", both.Key)
	}
	if one := kv.Intersect(everything()); one.MinTTL != time.Minute || one.PutBatch.MaxBytes != 100 {
		t.Errorf("of one: %+v", one)
	}
	if none := kv.Intersect(); none.MaxValueBytes != 0 {
		t.Errorf("of none: %+v", none)
	}
}

func TestServiceClose(t *testing.T) {
	t.Parallel()
	f := newFake()
	s := f.service(t)
	ns, err := s.Namespace(t.Context(), "flags")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(t.Context()); err != nil {
			t.Errorf("an idle service did not close cleanly: %v", err)
		}
	}
	if err := ns.Service().Close(t.Context()); !errors.Is(err, errs.Unsupported) {
		t.Errorf("closing what belongs to somebody else: %v", err)
	}
	_, getErr := ns.Get(t.Context(), "k")
	_, describeErr := s.DescribeNamespace(t.Context(), "flags")
	_, bulkErr := outcomes(t, ns.PutMany(t.Context(), writesOf("a")))
	for _, err := range []error{getErr, describeErr, bulkErr, ns.Put(t.Context(), "k", nil)} {
		if !errors.Is(err, errs.Closed) {
			t.Errorf("after closing: %v", err)
		}
	}
	f.expect(t)
}

// TestCreateIfMissingByID: the id of a namespace that was just made comes from its creation, since the listing of an
// eventually consistent provider may not have it yet.
func TestCreateIfMissingByID(t *testing.T) {
	t.Parallel()
	f := byID("other")
	if _, err := f.service(t).Namespace(t.Context(), "flags", kv.CreateIfMissing()); err != nil {
		t.Fatal(err)
	}
	f.expect(t, "list namespaces ", `create flags ""`)
}

// TestWith changes an open handle without sending anything.
func TestWith(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f := byID("flags")
	ns := f.open(t)
	f.took()
	if same, err := ns.With(ctx, kv.Require(kv.NeedTTL(time.Minute))); err != nil || same != ns {
		t.Errorf("a need that is met: %v, %v", same, err)
	}
	if _, err := ns.With(ctx, kv.Require(kv.NeedTTL(time.Second))); !errors.Is(err, errs.Unsupported) {
		t.Errorf("a need that is not met: %v", err)
	}
	other, err := ns.With(ctx, kv.WithValueEncoding(kv.Base64))
	if err != nil || other == ns || other.Capabilities().ValueEncoding != kv.Base64 || other.ID() != "id-flags" || other.Name() != "flags" {
		t.Errorf("another encoding: %v, %v", other, err)
	}
	if ns.Capabilities().ValueEncoding != kv.PlainValues {
		t.Error("the handle itself was changed")
	}
	for _, opt := range []kv.OpenOption{kv.CreateIfMissing(), kv.WithID("x"), kv.WithKeyEncoding("rot13")} {
		if _, err := ns.With(ctx, opt); !errors.Is(err, errs.InvalidArgument) {
			t.Errorf("an option that belongs to opening: %v", err)
		}
	}
	f.expect(t)
}

// TestHooksSeeRefusedCalls: what is refused before anything is sent is observed like any other call.
func TestHooksSeeRefusedCalls(t *testing.T) {
	t.Parallel()
	var seen []string
	f := newFake()
	s, err := kv.NewService(f, kv.ServiceOptions{Provider: "fake", Policy: policy.Policy{Hooks: policy.Hooks{
		End: func(_ context.Context, e *policy.Event) {
			seen = append(seen, e.Op+" "+e.Resource+"/"+e.Key+" "+string(errs.CodeOf(e.Err)))
		},
		Attempt: func(_ context.Context, e *policy.Event) { t.Errorf("an attempt of %s", e.Op) },
	}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	ns, err := s.Namespace(ctx, "flags")
	if err != nil {
		t.Fatal(err)
	}
	_ = ns.Put(ctx, "a!", nil)
	_, _ = outcomes(t, ns.PutMany(ctx, writesOf("b!")))
	_, _ = s.Namespace(ctx, "")
	_ = s.DeleteNamespace(ctx, "")
	want := "kv.Put flags/a! InvalidArgument|kv.PutMany flags/b! InvalidArgument|kv.Namespace / InvalidArgument|kv.DeleteNamespace / InvalidArgument"
	if got := strings.Join(seen, "|"); got != want {
		t.Errorf("hooks saw\n  %s\nwant\n  %s", got, want)
	}
}
