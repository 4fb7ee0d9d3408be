package kms_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

func TestKey(t *testing.T) {
	t.Parallel()
	a := labelled()
	s := a.service(t)
	k, err := s.Key(t.Context(), "k-1")
	if err != nil || k.ID() != "k-1" || k.Name() != "" {
		t.Errorf("got %v, %v", k, err)
	}
	for _, call := range []func() (*kms.Key, error){
		func() (*kms.Key, error) { return s.Key(t.Context(), "") },
		func() (*kms.Key, error) { return s.Key(t.Context(), "k\xff") },
		func() (*kms.Key, error) { return s.Key(t.Context(), "k", kms.CreateIfMissing()) },
		func() (*kms.Key, error) { return s.Key(t.Context(), "k", kms.DecryptWith(k, nil)) },
		func() (*kms.Key, error) { return s.Key(t.Context(), "k", kms.DecryptWith(k, new(kms.Key))) },
	} {
		k, err := call()
		if wantFailure(t, err, errs.InvalidArgument, errs.NotApplied, "kms.Key"); k != nil {
			t.Error("and a handle")
		}
	}
	a.expect(t)
}

func TestKeyByName(t *testing.T) {
	t.Parallel()
	byLabel, details, byAlias := labelled(), labelled(), aliased()
	details.caps.Details = driver.Emulated
	for _, a := range []*account{byLabel, details, byAlias} {
		a.pageSize = 2
		a.add("k-1", driver.Enabled, "one")
		a.add("k-2", driver.Enabled, "two").info.ServiceOwned = true
		a.add("k-3", driver.Disabled, "three")
		a.add("k-4", driver.Disabled, "four")
		a.add("k-5", driver.Disabled, "five")
		s := a.service(t)
		k, err := s.KeyByName(t.Context(), "two")
		if err != nil || k.ID() != "k-2" || k.Name() != "two" {
			t.Fatalf("got %v, %v", k, err)
		}
		if k, err = s.KeyByName(t.Context(), "six"); k != nil || !errors.Is(err, errs.NotFound) {
			t.Errorf("a missing one: %v, %v", k, err)
		}
		if !strings.Contains(err.Error(), "CreateIfMissing") || !strings.Contains(err.Error(), "create: true") {
			t.Errorf("what to do is not said: %v", err)
		}
	}
	byLabel.expect(t, `Keys "" "two" true`, `Keys "" "six" true`, `Keys "2" "six" true`, `Keys "4" "six" true`)
	byAlias.expect(t, "Describe alias two", "Describe alias six")
	if calls := details.took(); len(calls) != 1+2+3+5 {
		t.Errorf("with details by requests of their own: %q", calls)
	}
}

func TestKeyByNameRefusesBeforeIO(t *testing.T) {
	t.Parallel()
	unnamed, uncreated := labelled(), labelled()
	unnamed.caps.Details = driver.None
	uncreated.caps = driver.Capabilities{Vendor: "fake", MaxPage: 1, Details: driver.Native, DeletionDays: driver.Range{Min: 1, Max: 1}}
	tests := []struct {
		name, key string
		a         *account
		opts      []kms.KeyOption
		code      errs.Code
	}{
		{"no name", "", labelled(), nil, errs.InvalidArgument},
		{"no text", "\xff", aliased(), nil, errs.InvalidArgument},
		{"a name that cannot be made", "a/b", aliased(), []kms.KeyOption{kms.CreateIfMissing()}, errs.InvalidArgument},
		{"made twice", "a", aliased(), []kms.KeyOption{kms.CreateIfMissing(), kms.CreateIfMissing()}, errs.InvalidArgument},
		{"nil opener", "a", aliased(), []kms.KeyOption{kms.DecryptWith(nil)}, errs.InvalidArgument},
		{"names that are not told", "a", unnamed, nil, errs.Unsupported},
		{"made where nothing is", "a", uncreated, []kms.KeyOption{kms.CreateIfMissing()}, errs.Unsupported},
	}
	for _, test := range tests {
		k, err := test.a.service(t).KeyByName(t.Context(), test.key, test.opts...)
		if wantFailure(t, err, test.code, errs.NotApplied, "kms.KeyByName"); k != nil {
			t.Error("and a handle")
		}
		test.a.expect(t)
	}
	foreign := aliased() // a name that breaks the rule may have been given by other means
	foreign.add("k-1", driver.Enabled, "A/B")
	if k, err := foreign.service(t).KeyByName(t.Context(), "A/B"); err != nil || k.ID() != "k-1" {
		t.Errorf("got %v, %v", k, err)
	}
}

func TestCreateIfMissing(t *testing.T) {
	t.Parallel()
	const made = `CreateKey "" AES_256 ENCRYPT_DECRYPT PROVIDER "new" [] map[]`
	a := aliased()
	s := a.service(t)
	for range 2 {
		k, err := s.KeyByName(t.Context(), "orders", kms.CreateIfMissing(kms.Description("new")))
		if err != nil || k.ID() != "new-1" || k.Name() != "orders" {
			t.Fatalf("got %v, %v", k, err)
		}
	}
	a.expect(t, "Describe alias orders", made, "AddAlias new-1 orders", "Describe alias orders")

	a.before[driver.OpDescribeKey] = refused(errs.PermissionDenied)
	if k, err := s.KeyByName(t.Context(), "orders", kms.CreateIfMissing()); k != nil || !errors.Is(err, errs.PermissionDenied) {
		t.Errorf("a look-up that fails: %v, %v", k, err)
	}
	a.expect(t, "Describe alias orders")
}

// race has somebody else give the name to a key just before the operation.
func race(a *account, op string) {
	a.before[op] = once(func(int) error { a.add("theirs", driver.Enabled, "orders"); return nil })
}

func TestCreateIfMissingRace(t *testing.T) {
	t.Parallel()
	byLabel := labelled()
	race(byLabel, driver.OpCreateKey)
	k, err := byLabel.service(t).KeyByName(t.Context(), "orders", kms.CreateIfMissing())
	if err != nil || k.ID() != "theirs" || len(byLabel.keys) != 1 {
		t.Errorf("by label: %v, %v, %d keys", k, err, len(byLabel.keys))
	}

	// Where names are aliases the key that lost the race stays, and somebody must know.
	byAlias := aliased()
	race(byAlias, driver.OpCreateAlias)
	k, err = byAlias.service(t).KeyByName(t.Context(), "orders", kms.CreateIfMissing())
	wantFailure(t, err, errs.AlreadyExists, errs.Applied, driver.OpCreateAlias, "new-1", "has not the name", "theirs, and was returned")
	left, ok := errors.AsType[*kms.Incomplete](err)
	if !ok || left.KeyID != "new-1" || k == nil || k.ID() != "theirs" || k.Name() != "orders" {
		t.Errorf("by alias: %v, left %+v", k, left)
	}

	// The winner may be gone again, or not be visible yet.
	gone := aliased()
	gone.before[driver.OpCreateAlias] = refused(errs.AlreadyExists)
	k, err = gone.service(t).KeyByName(t.Context(), "orders", kms.CreateIfMissing())
	wantFailure(t, err, errs.AlreadyExists, errs.Applied, driver.OpCreateAlias, "new-1", "was not found")
	if k == nil || k.ID() != "new-1" || k.Name() != "" {
		t.Errorf("winner gone: %v", k)
	}
	gone = labelled()
	gone.before[driver.OpCreateKey] = refused(errs.AlreadyExists)
	k, err = gone.service(t).KeyByName(t.Context(), "orders", kms.CreateIfMissing())
	wantFailure(t, err, errs.AlreadyExists, errs.NotApplied, driver.OpCreateKey, "was not found")
	if k != nil {
		t.Errorf("winner gone: %v", k)
	}
}

func TestCreateIfMissingIncomplete(t *testing.T) {
	t.Parallel()
	for _, code := range []errs.Code{errs.QuotaExceeded, errs.AlreadyExists} { // the latter not for the name
		a := labelled()
		a.before[driver.OpSetTags] = refused(code)
		k, err := a.service(t).KeyByName(t.Context(), "orders", kms.CreateIfMissing(kms.WithTags(map[string]string{"a": "b"})))
		wantFailure(t, err, code, errs.Applied, driver.OpSetTags)
		if k == nil || k.ID() != "new-1" || k.Name() != "orders" {
			t.Errorf("got %v", k)
		}
		a.expect(t, `Keys "" "orders" true`, `CreateKey "orders" AES_256 ENCRYPT_DECRYPT PROVIDER "" [] map[]`, "SetTags new-1 a=b")
	}
}

// A provider that describes a key without its id cannot be believed.
func TestDescribedWithoutID(t *testing.T) {
	t.Parallel()
	a := aliased()
	a.add("", driver.Enabled, "orders")
	k, err := a.service(t).KeyByName(t.Context(), "orders")
	if wantFailure(t, err, errs.Corrupt, errs.NotApplied, driver.OpDescribeKey); k != nil {
		t.Error("and a handle")
	}
}

// opening decrypts every ciphertext to the id of the key that is to open it.
type opening struct{}

func (opening) Encrypt(context.Context, *driver.EncryptRequest) (*driver.EncryptResponse, error) {
	return nil, errs.Unsupported
}

func (opening) Decrypt(_ context.Context, req *driver.DecryptRequest) (*driver.DecryptResponse, error) {
	return &driver.DecryptResponse{KeyID: req.Ciphertext.KeyID, Plaintext: []byte(req.Ciphertext.KeyID)}, nil
}

func TestWith(t *testing.T) {
	t.Parallel()
	a := aliased()
	a.caps.Symmetric, a.caps.MaxPlaintextBytes = driver.Native, 100
	for _, op := range []string{driver.OpEncrypt, driver.OpDecrypt} {
		a.rows = append(a.rows, policy.Operation{Name: op, Idempotency: policy.ReadOnly})
	}
	for _, name := range []string{"one", "two", "three", "four"} {
		a.add("k-"+name, driver.Enabled, name)
	}
	s := serviceOf(t, struct {
		wholeDriver
		opening
	}{aliasedDriver(a), opening{}})
	open := func(name string, opts ...kms.KeyOption) *kms.Key {
		k, err := s.KeyByName(t.Context(), name, opts...)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	four := open("four")
	three := open("three", kms.DecryptWith(four))
	one := open("one", kms.DecryptWith(open("two")))
	wider, err := one.With(t.Context(), kms.DecryptWith(three), kms.DecryptWith())
	if err != nil || wider == one || wider.ID() != "k-one" || wider.Name() != "one" || wider.Service() != one.Service() {
		t.Fatalf("got %v, %v", wider, err)
	}
	byID, err := s.Key(t.Context(), "k-one", kms.DecryptWith(three))
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.KeyByName(t.Context(), "five", kms.CreateIfMissing(), kms.DecryptWith(four))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		key   *kms.Key
		opens string
	}{
		{one, "k-one k-two"}, {wider, "k-one k-two k-three"}, {byID, "k-one k-three"}, {made, "new-1 k-four"},
	}
	for _, test := range tests {
		opens := ""
		for _, id := range []string{"k-one", "new-1", "k-two", "k-three", "k-four"} {
			ct, err := kms.NativeCiphertext(kms.Ciphertext{Vendor: "fake", KeyID: id, Kind: kms.KindData}, []byte("blob"))
			if err != nil {
				t.Fatal(err)
			}
			switch plain, err := test.key.Decrypt(t.Context(), ct); {
			case err == nil && string(plain) == id:
				opens += " " + id
			case !errors.Is(err, errs.InvalidArgument):
				t.Errorf("%s by %s: %q, %v", id, test.key.ID(), plain, err)
			}
		}
		if opens != " "+test.opens {
			t.Errorf("%s opens%s, want %s", test.key.ID(), opens, test.opens)
		}
	}

	// What a handle knows of its key, another handle on it need not ask for.
	a.keys[0].info.Resource = "arn:one"
	byARN, err := s.Key(t.Context(), "arn:one")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := byARN.Describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	again, err := byARN.With(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a.took()
	ct, err := kms.NativeCiphertext(kms.Ciphertext{Vendor: "fake", KeyID: "k-one", Kind: kms.KindData}, []byte("blob"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Decrypt(t.Context(), ct); err != nil {
		t.Error(err)
	}
	for _, opt := range []kms.KeyOption{kms.CreateIfMissing(), kms.DecryptWith(nil)} {
		if k, err := one.With(t.Context(), opt); k != nil || !errors.Is(err, errs.InvalidArgument) {
			t.Errorf("got %v, %v", k, err)
		}
	}
	a.expect(t)
}

// An option that is nil says nothing, whatever it is of.
func TestNilOptions(t *testing.T) {
	t.Parallel()
	s := labelled().service(t)
	made, err := s.CreateKey(t.Context(), "orders", nil, kms.Description("d"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"Key":       second(s.Key(t.Context(), made.ID(), nil)),
		"KeyByName": second(s.KeyByName(t.Context(), "orders", nil, kms.CreateIfMissing(nil), nil)),
		"With":      second(made.With(t.Context(), nil)),
		"Schedule":  second(made.ScheduleDeletion(t.Context(), 7, nil)),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, err := range s.Keys(t.Context(), nil) {
		if err != nil {
			t.Error(err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
