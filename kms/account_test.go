package kms_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/capability"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// today is the clock of the tests.
func today() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// account is a driver of a few keys in memory that records what reaches it. It manages keys and does nothing else.
type account struct {
	caps driver.Capabilities
	rows []policy.Operation
	// strict refuses to switch what is switched so already.
	strict bool
	// pageSize is how many entries a page of any listing has.
	pageSize int
	// told is whether the reply to a scheduled deletion tells the day, and described whether a description does.
	told, described bool
	// before and after answer the n-th request of an operation with an error: before it does anything, and after it
	// has done it, as when a reply is lost.
	before, after map[string]func(n int) error
	// waits is called before each description, without the lock.
	waits func(ctx context.Context, id string) error

	mu    sync.Mutex
	keys  []*stored
	made  int
	calls []string
	count map[string]int
}

// stored is a key of an account.
type stored struct {
	info     driver.KeyInfo
	aliases  []string
	tags     map[string]string
	rotation driver.GetRotationResponse
}

// labelled is an account whose names are part of the keys and which tells much by few requests.
func labelled() *account {
	return newAccount(driver.Capabilities{
		Naming: driver.ByLabel, Rename: driver.Native, Details: driver.Native,
		CreateTags: driver.Emulated, Rotation: driver.Emulated,
	})
}

// aliased is an account whose names are aliases and whose listing tells ids.
func aliased() *account {
	return newAccount(driver.Capabilities{
		Naming: driver.ByAlias, Rename: driver.Emulated, Details: driver.Emulated, Aliases: driver.Native,
		CreateTags: driver.Native, Rotation: driver.Native, RotateNow: driver.Native,
	})
}

func newAccount(caps driver.Capabilities) *account {
	caps.Vendor, caps.MaxPage = "fake", 10
	caps.Create, caps.SetDescription, caps.Tags = driver.Native, driver.Native, driver.Native
	caps.Keys = []driver.KeyKind{
		{Spec: driver.AES256, Usage: driver.EncryptDecrypt},
		{Spec: driver.RSA2048, Usage: driver.EncryptDecrypt}, {Spec: driver.RSA2048, Usage: driver.SignVerify},
		{Spec: driver.ECP256, Usage: driver.SignVerify},
		{Spec: driver.SM2, Usage: driver.SignVerify},
		{Spec: "WRAP_1", Usage: driver.EncryptDecrypt}, {Spec: "BOTH_1", Usage: driver.EncryptDecrypt}, {Spec: "BOTH_1", Usage: driver.SignVerify},
	}
	words := capability.Chars("a-z0-9-")
	caps.Name = driver.NameRule{MaxChars: 12, Alphabet: words}
	caps.MaxDescriptionBytes, caps.MaxDescriptionChars = 12, 6
	caps.Tag = driver.TagRule{Max: 2, Key: driver.NameRule{MaxChars: 5, Alphabet: words}, Value: driver.NameRule{MaxChars: 7, Alphabet: words}}
	caps.DeletionDays, caps.RotationDays = driver.Range{Min: 7, Max: 30}, driver.Range{Min: 30, Max: 365}
	a := &account{caps: caps, pageSize: 10, told: true, described: true, before: map[string]func(int) error{}, after: map[string]func(int) error{}, count: map[string]int{}}
	classes := map[string]policy.Idempotency{
		driver.OpDescribeKey: policy.ReadOnly, driver.OpListKeys: policy.ReadOnly, driver.OpListAliases: policy.ReadOnly,
		driver.OpListTags: policy.ReadOnly, driver.OpGetRotation: policy.ReadOnly,
		driver.OpCreateKey: policy.NonIdempotent, driver.OpRotateNow: policy.NonIdempotent,
	}
	for _, name := range []string{
		driver.OpEnableKey, driver.OpDisableKey, driver.OpScheduleDeletion, driver.OpCancelDeletion, driver.OpRename,
		driver.OpSetDescription, driver.OpCreateAlias, driver.OpDeleteAlias, driver.OpSetTags, driver.OpRemoveTags,
		driver.OpSetRotation, driver.OpSetRotationPeriod,
	} {
		classes[name] = policy.Idempotent
	}
	for _, name := range slices.Sorted(maps.Keys(classes)) {
		a.rows = append(a.rows, policy.Operation{Name: name, Action: "Fake" + name, Idempotency: classes[name]})
	}
	return a
}

// driver returns the account with the interfaces that its capabilities declare.
func (a *account) driver() driver.Service {
	if a.caps.Create == driver.None {
		return a
	}
	if a.caps.Naming == driver.ByAlias {
		return struct {
			*account
			creator
			describer
			aliaser
			tagger
			rotator
			rotatorNow
		}{a, creator{a}, describer{a}, aliaser{a}, tagger{a}, rotator{a}, rotatorNow{a}}
	}
	return struct {
		*account
		creator
		renamer
		describer
		tagger
		rotator
		periodSetter
	}{a, creator{a}, renamer{a}, describer{a}, tagger{a}, rotator{a}, periodSetter{a}}
}

// service returns a service over the account, without pauses between repetitions worth mentioning.
func (a *account) service(t testing.TB) *kms.Service { return a.watched(t, policy.Hooks{}) }

func (a *account) watched(t testing.TB, hooks policy.Hooks) *kms.Service {
	t.Helper()
	s, err := kms.NewService(a.driver(), kms.ServiceOptions{Provider: "fake", Now: today, Policy: policy.Policy{
		Hooks: hooks, Retry: policy.Retry{BaseDelay: time.Nanosecond, MaxDelay: time.Nanosecond},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// key returns a handle by id on the key of the account that has it.
func (a *account) key(t testing.TB, id string) *kms.Key {
	t.Helper()
	k, err := a.service(t).Key(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// add puts a key into the account; names are its label or its aliases.
func (a *account) add(id string, state driver.State, names ...string) *stored {
	k := &stored{info: driver.KeyInfo{ID: id, State: state}, tags: map[string]string{}}
	if a.caps.Naming == driver.ByAlias {
		k.aliases = names
	} else if len(names) > 0 {
		k.info.Name = names[0]
	}
	a.keys = append(a.keys, k)
	return k
}

// took returns what reached the driver since the last time.
func (a *account) took() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	calls := a.calls
	a.calls = nil
	return calls
}

// expect fails the test if what reached the driver is not what should have.
func (a *account) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := a.took(); !slices.Equal(got, want) {
		t.Errorf("the driver got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// lost is the error of a request whose reply did not come.
func lost(int) error {
	return &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary, Message: "no reply"}
}

// once answers the first request only.
func once(answer func(int) error) func(int) error {
	return func(n int) error {
		if n == 1 {
			return answer(n)
		}
		return nil
	}
}

// refused returns an answer of the provider's.
func refused(code errs.Code) func(int) error {
	return func(int) error {
		return &errs.Error{Code: code, Outcome: errs.NotApplied, VendorCode: "Vendor." + string(code), Message: "vendor says no"}
	}
}

// act records a request and carries it out, unless the test answers it.
func act[Res any](a *account, op, detail string, do func() (*Res, error)) (*Res, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, strings.TrimSuffix(strings.TrimPrefix(op, "kms.")+" "+detail, " "))
	a.count[op]++
	n := a.count[op]
	if answer := a.before[op]; answer != nil {
		if err := answer(n); err != nil {
			return nil, err
		}
	}
	res, err := do()
	if answer := a.after[op]; answer != nil && err == nil {
		if err := answer(n); err != nil {
			return nil, err
		}
	}
	return res, err
}

func conflict(text string) error { return errs.Refuse(errs.Conflict, "%s", text) }

func (a *account) find(id string) (*stored, error) {
	for _, k := range a.keys {
		if k.info.ID == id || id != "" && k.info.Resource == id {
			return k, nil
		}
	}
	return nil, errs.Refuse(errs.NotFound, "no such key")
}

// holder returns the key that has the name.
func (a *account) holder(name string) *stored {
	for _, k := range a.keys {
		if k.info.Name == name || slices.Contains(k.aliases, name) {
			return k
		}
	}
	return nil
}

// page cuts one page out of all entries.
func page[T any](all []T, cursor string, size int) ([]T, string) {
	from := 0
	_, _ = fmt.Sscan(cursor, &from)
	to := min(len(all), from+size)
	if to == len(all) {
		return slices.Clone(all[from:]), ""
	}
	return slices.Clone(all[from:to]), fmt.Sprint(to)
}

// change carries out a request about one key.
func change[Res any](a *account, op, id, detail string, do func(*stored) (*Res, error)) (*Res, error) {
	return act(a, op, strings.TrimSuffix(id+" "+detail, " "), func() (*Res, error) {
		k, err := a.find(id)
		if err != nil {
			return nil, err
		}
		return do(k)
	})
}

func tagList(tags []driver.Tag) string {
	var list []string
	for _, tag := range tags {
		list = append(list, tag.Key+"="+tag.Value)
	}
	return strings.Join(list, " ")
}
