package kms_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// failure returns the error of a call, which must be of the SDK's one type.
func failure(t *testing.T, err error) *errs.Error {
	t.Helper()
	e, ok := err.(*errs.Error)
	if !ok {
		t.Fatalf("got %v (%T), want an *errs.Error", err, err)
	}
	return e
}

// wantFailure fails the test unless err has the code, outcome and operation and says all of the texts.
func wantFailure(t *testing.T, err error, code errs.Code, outcome errs.Outcome, op string, texts ...string) *errs.Error {
	t.Helper()
	e := failure(t, err)
	if e.Code != code || e.Outcome != outcome || e.Op != op || e.Provider != "fake" {
		t.Errorf("got %v, %v of %q by %q, want %v, %v of %q: %v", e.Code, e.Outcome, e.Op, e.Provider, code, outcome, op, err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q does not say %q", err, text)
		}
	}
	return e
}

func TestCreateKey(t *testing.T) {
	t.Parallel()
	tags := kms.WithTags(map[string]string{"b": "2", "a": ""})
	tests := []struct {
		name  string
		a     *account
		key   string
		opts  []kms.CreateOption
		calls []string
	}{
		{"by label", labelled(), "orders", nil, []string{
			`CreateKey "orders" AES_256 ENCRYPT_DECRYPT PROVIDER "" [] map[]`}},
		{"by label, with all", labelled(), "orders",
			[]kms.CreateOption{kms.WithSpec(kms.RSA2048), kms.WithUsage(kms.SignVerify), kms.Description("note"), tags, kms.ProviderOption("x", "1"), kms.ProviderOption("y", "")},
			[]string{`CreateKey "orders" RSA_2048 SIGN_VERIFY PROVIDER "note" [] map[x:1 y:]`, "SetTags new-1 a= b=2"}},
		{"by alias", aliased(), "orders", []kms.CreateOption{tags}, []string{
			"Describe alias orders", `CreateKey "" AES_256 ENCRYPT_DECRYPT PROVIDER "" [a= b=2] map[]`, "AddAlias new-1 orders"}},
		{"by alias, without a name", aliased(), "", []kms.CreateOption{kms.WithTags(nil)}, []string{
			`CreateKey "" AES_256 ENCRYPT_DECRYPT PROVIDER "" [] map[]`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := test.a.service(t)
			k, err := s.CreateKey(t.Context(), test.key, test.opts...)
			if err != nil {
				t.Fatal(err)
			}
			if k.ID() != "new-1" || k.Name() != test.key || k.Service() != s.Borrowed() {
				t.Errorf("got the handle %q %q", k.ID(), k.Name())
			}
			test.a.expect(t, test.calls...)
		})
	}
}

func TestCreateKeyKinds(t *testing.T) {
	t.Parallel()
	usage := kms.WithUsage
	tests := []struct {
		opts  []kms.CreateOption
		wants string // what is made, or the code of the refusal
		says  string
	}{
		{[]kms.CreateOption{kms.WithSpec(kms.ECP256)}, "EC_P256 SIGN_VERIFY", ""},
		{[]kms.CreateOption{kms.WithSpec("WRAP_1")}, "WRAP_1 ENCRYPT_DECRYPT", ""},
		{[]kms.CreateOption{kms.WithSpec("BOTH_1")}, "InvalidArgument", "WithUsage"},
		{[]kms.CreateOption{kms.WithSpec("BOTH_1"), usage(kms.SignVerify)}, "BOTH_1 SIGN_VERIFY", ""},
		{[]kms.CreateOption{kms.WithSpec(kms.RSA2048)}, "InvalidArgument", "WithUsage(kms.EncryptDecrypt) or WithUsage(kms.SignVerify)"},
		{[]kms.CreateOption{kms.WithSpec(kms.SM2)}, "InvalidArgument", "WithUsage"}, // although there is only one here
		{[]kms.CreateOption{kms.WithSpec(kms.RSA2048), usage(kms.EncryptDecrypt)}, "RSA_2048 ENCRYPT_DECRYPT", ""},
		{[]kms.CreateOption{kms.WithSpec(kms.RSA2048), usage("")}, "Unsupported", `"RSA_2048" for the usage ""`},
		{[]kms.CreateOption{kms.WithSpec(kms.SM4)}, "Unsupported", "AES_256 for ENCRYPT_DECRYPT, RSA_2048 for ENCRYPT_DECRYPT, RSA_2048 for SIGN_VERIFY"},
		{[]kms.CreateOption{usage(kms.SignVerify)}, "Unsupported", "it makes AES_256 for ENCRYPT_DECRYPT"},
		{[]kms.CreateOption{kms.WithSpec(kms.ECP256), usage(kms.EncryptDecrypt)}, "Unsupported", "EC_P256 for SIGN_VERIFY"},
	}
	for _, test := range tests {
		a := labelled()
		_, err := a.service(t).CreateKey(t.Context(), "orders", test.opts...)
		got := string(errs.CodeOf(err))
		if calls := a.took(); err == nil && len(calls) == 1 {
			got = strings.TrimSuffix(strings.TrimPrefix(calls[0], `CreateKey "orders" `), ` PROVIDER "" [] map[]`)
		} else if len(calls) != 0 {
			t.Errorf("%v reached the driver", calls)
		}
		if got != test.wants || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("got %s, want %s %q: %v", got, test.wants, test.says, err)
		}
	}
}

func TestCreateKeyRefusesBeforeIO(t *testing.T) {
	t.Parallel()
	noTags := labelled()
	noTags.caps.CreateTags = driver.None
	tests := []struct {
		name, key string
		a         *account
		opts      []kms.CreateOption
		code      errs.Code
	}{
		{"no name", "", labelled(), nil, errs.InvalidArgument},
		{"bad name", "a/b", labelled(), nil, errs.InvalidArgument},
		{"bad alias", "a/b", aliased(), nil, errs.InvalidArgument},
		{"spec twice", "a", labelled(), []kms.CreateOption{kms.WithSpec(kms.AES256), kms.WithSpec(kms.AES256)}, errs.InvalidArgument},
		{"usage twice", "a", labelled(), []kms.CreateOption{kms.WithUsage(kms.EncryptDecrypt), kms.WithUsage(kms.EncryptDecrypt)}, errs.InvalidArgument},
		{"description twice", "a", labelled(), []kms.CreateOption{kms.Description("a"), kms.Description("a")}, errs.InvalidArgument},
		{"tags twice", "a", labelled(), []kms.CreateOption{kms.WithTags(nil), kms.WithTags(nil)}, errs.InvalidArgument},
		{"imported twice", "a", labelled(), []kms.CreateOption{kms.Imported(), kms.Imported()}, errs.InvalidArgument},
		{"option twice", "a", labelled(), []kms.CreateOption{kms.ProviderOption("x", "1"), kms.ProviderOption("x", "2")}, errs.InvalidArgument},
		{"option without a name", "a", labelled(), []kms.CreateOption{kms.ProviderOption("", "1")}, errs.InvalidArgument},
		{"option of no text", "a", labelled(), []kms.CreateOption{kms.ProviderOption("x", "\xff")}, errs.InvalidArgument},
		{"description of too many bytes", "a", labelled(), []kms.CreateOption{kms.Description("€€€€ä")}, errs.InvalidArgument},
		{"description of too many characters", "a", labelled(), []kms.CreateOption{kms.Description("sieben!")}, errs.InvalidArgument},
		{"description of no text", "a", labelled(), []kms.CreateOption{kms.Description("\xff")}, errs.InvalidArgument},
		{"too many tags", "a", labelled(), []kms.CreateOption{kms.WithTags(map[string]string{"a": "", "b": "", "c": ""})}, errs.InvalidArgument},
		{"bad tag key", "a", labelled(), []kms.CreateOption{kms.WithTags(map[string]string{"A": ""})}, errs.InvalidArgument},
		{"bad tag value", "a", labelled(), []kms.CreateOption{kms.WithTags(map[string]string{"a": "B"})}, errs.InvalidArgument},
		{"tags where there are none", "a", noTags, []kms.CreateOption{kms.WithTags(map[string]string{"a": "b"})}, errs.Unsupported},
		{"imported where it cannot be", "a", labelled(), []kms.CreateOption{kms.Imported()}, errs.Unsupported},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			k, err := test.a.service(t).CreateKey(t.Context(), test.key, test.opts...)
			wantFailure(t, err, test.code, errs.NotApplied, driver.OpCreateKey)
			if len(test.opts) > 0 {
				_, err := test.a.service(t).KeyByName(t.Context(), test.key, kms.CreateIfMissing(test.opts...))
				wantFailure(t, err, test.code, errs.NotApplied, "kms.KeyByName")
			}
			if k != nil {
				t.Error("and a handle")
			}
			test.a.expect(t)
		})
	}
	edge := labelled()
	if _, err := edge.service(t).CreateKey(t.Context(), "twelve-chars", kms.Description("ääääää"), kms.WithTags(map[string]string{"five5": "seven-7", "b": ""})); err != nil {
		t.Errorf("at the limits: %v", err)
	}
}

func TestCreateKeyTaken(t *testing.T) {
	t.Parallel()
	for _, a := range []*account{labelled(), aliased()} {
		a.add("old", driver.Enabled, "orders")
		k, err := a.service(t).CreateKey(t.Context(), "orders")
		wantFailure(t, err, errs.AlreadyExists, errs.NotApplied, driver.OpCreateKey)
		if k != nil || len(a.keys) != 1 {
			t.Errorf("handle %v, %d keys", k, len(a.keys))
		}
	}
	unknown := aliased()
	unknown.before[driver.OpDescribeKey] = refused(errs.PermissionDenied)
	_, err := unknown.service(t).CreateKey(t.Context(), "orders")
	wantFailure(t, err, errs.PermissionDenied, errs.NotApplied, driver.OpDescribeKey, "no key was made")
	unknown.expect(t, "Describe alias orders")
}

// A key that was made must not be lost, and must not be made twice.
func TestCreateKeyIncomplete(t *testing.T) {
	t.Parallel()
	faultyTags := aliased()
	tests := []struct {
		name   string
		a      *account
		answer map[string]func(int) error
		code   errs.Code
		op     string
		handle string // the name of the handle
		says   []string
	}{
		{"alias taken meanwhile", aliased(), map[string]func(int) error{driver.OpCreateAlias: refused(errs.AlreadyExists)},
			errs.AlreadyExists, driver.OpCreateAlias, "", []string{"new-1", "was made, but has not the name", "vendor says no", "AddAlias"}},
		{"alias perhaps given", aliased(), map[string]func(int) error{driver.OpCreateAlias: lost},
			errs.Unavailable, driver.OpCreateAlias, "", []string{"new-1", "perhaps has not the name"}},
		{"tags refused", labelled(), map[string]func(int) error{driver.OpSetTags: refused(errs.QuotaExceeded)},
			errs.QuotaExceeded, driver.OpSetTags, "orders", []string{"new-1", "has not its tags", "SetTags"}},
		{"tags left out", faultyTags, nil, errs.Internal, driver.OpCreateKey, "orders", []string{"new-1", "without its tags: TagCode 7", "SetTags"}},
		{"tags left out and alias taken", faultyTags, map[string]func(int) error{driver.OpCreateAlias: refused(errs.AlreadyExists)},
			errs.AlreadyExists, driver.OpCreateAlias, "", []string{"has not the name", "without its tags: TagCode 7"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := test.a
			a.keys, a.made, a.before = nil, 0, test.answer
			s := a.service(t)
			if a == faultyTags {
				s = serviceOf(t, untagging{aliasedDriver(a)})
			}
			k, err := s.CreateKey(t.Context(), "orders", kms.WithTags(map[string]string{"a": "1"}))
			e := wantFailure(t, err, test.code, errs.Applied, test.op, test.says...)
			if e.Retry != errs.Permanent || e.Attempts < 1 {
				t.Errorf("retry %v after %d attempts", e.Retry, e.Attempts)
			}
			if k == nil || k.ID() != "new-1" || k.Name() != test.handle {
				t.Fatalf("the handle is %v", k)
			}
			left, ok := errors.AsType[*kms.Incomplete](err)
			if !ok || left.KeyID != "new-1" || left.Fault == "" {
				t.Fatalf("holds %+v", left)
			}
			if test.answer != nil && errs.CodeOf(left.Err) != test.code {
				t.Errorf("caused by %v", left.Err)
			}
			if test.answer == nil && left.Err != nil {
				t.Errorf("caused by %v, although no request failed", left.Err)
			}
			if len(a.keys) != 1 {
				t.Errorf("%d keys were made", len(a.keys))
			}
		})
	}
}

// untagging makes keys without their tags.
type untagging struct{ wholeDriver }

func (u untagging) CreateKey(ctx context.Context, req *driver.CreateKeyRequest) (*driver.CreateKeyResponse, error) {
	res, err := u.wholeDriver.CreateKey(ctx, req)
	if err == nil {
		res.TagsFault = "TagCode 7"
	}
	return res, err
}

func serviceOf(t *testing.T, drv driver.Service) *kms.Service {
	t.Helper()
	s, err := kms.NewService(drv, kms.ServiceOptions{Provider: "fake", Now: today})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// An alias whose reply was lost is there, and the key complete.
func TestCreateKeyLostAlias(t *testing.T) {
	t.Parallel()
	a := aliased()
	a.after[driver.OpCreateAlias] = once(lost)
	k, err := a.service(t).CreateKey(t.Context(), "orders")
	if err != nil || k.Name() != "orders" {
		t.Fatalf("got %v, %v", k, err)
	}
	a.expect(t, "Describe alias orders", `CreateKey "" AES_256 ENCRYPT_DECRYPT PROVIDER "" [] map[]`,
		"AddAlias new-1 orders", "AddAlias new-1 orders", "Aliases new-1")
}

// An alias that went to somebody else between two attempts is not the key's.
func TestCreateKeyAliasWentElsewhere(t *testing.T) {
	t.Parallel()
	a := aliased()
	a.before[driver.OpCreateAlias] = once(func(int) error {
		a.add("other", driver.Enabled, "orders")
		return lost(1)
	})
	_, err := a.service(t).CreateKey(t.Context(), "orders")
	wantFailure(t, err, errs.AlreadyExists, errs.Applied, driver.OpCreateAlias, "new-1", "perhaps has not the name")
}

func TestCreateKeyAmbiguous(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a    *account
		says string
	}{{labelled(), "look for its name with KeyByName"}, {aliased(), "list the keys and look for one without a name"}}
	for _, test := range tests {
		test.a.after[driver.OpCreateKey] = lost
		k, err := test.a.service(t).CreateKey(t.Context(), "orders")
		e := wantFailure(t, err, errs.Unavailable, errs.Ambiguous, driver.OpCreateKey, test.says)
		if k != nil || e.Retry != errs.Permanent || len(test.a.keys) != 1 {
			t.Errorf("handle %v, retry %v, %d keys", k, e.Retry, len(test.a.keys))
		}
		if _, ok := errors.AsType[*kms.Incomplete](err); ok {
			t.Error("calls the key incomplete")
		}
	}
	clear := labelled()
	clear.before[driver.OpCreateKey] = refused(errs.QuotaExceeded)
	_, err := clear.service(t).CreateKey(t.Context(), "orders")
	if e := wantFailure(t, err, errs.QuotaExceeded, errs.NotApplied, driver.OpCreateKey); strings.Contains(e.Error(), "may have been made") {
		t.Errorf("%v", e)
	}
}

// nameless makes keys and does not tell their ids.
type nameless struct{ wholeDriver }

func (n nameless) CreateKey(ctx context.Context, req *driver.CreateKeyRequest) (*driver.CreateKeyResponse, error) {
	_, err := n.wholeDriver.CreateKey(ctx, req)
	return &driver.CreateKeyResponse{}, err
}

func TestCreateKeyWithoutID(t *testing.T) {
	t.Parallel()
	a := aliased()
	k, err := serviceOf(t, nameless{aliasedDriver(a)}).CreateKey(t.Context(), "orders", kms.WithTags(map[string]string{"a": "b"}))
	wantFailure(t, err, errs.Corrupt, errs.Applied, driver.OpCreateKey, "list the keys")
	if k != nil {
		t.Error("and a handle")
	}
	a.expect(t, "Describe alias orders", `CreateKey "" AES_256 ENCRYPT_DECRYPT PROVIDER "" [a=b] map[]`)
}
