package consistency_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
)

// kmsTarget is a driver on its emulator, or local.
type kmsTarget struct {
	open      func(t *testing.T) *kms.Service
	cancelled kms.State // of a key whose deletion was cancelled
}

func kmsTargets() map[string]kmsTarget {
	service := func(t *testing.T, client *crosscloud.Client) *kms.Service {
		s, err := client.KMSService(t.Context(), "cloud")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	local := func(entry crosscloud.Entry) func(t *testing.T) *kms.Service {
		return func(t *testing.T) *kms.Service { return service(t, openClient(t, entry)) }
	}
	all := map[string]kmsTarget{"local": {local(crosscloud.Entry{"driver": "local"}), kms.Disabled}}
	for _, c := range kmsClouds() {
		all[c.name] = kmsTarget{func(t *testing.T) *kms.Service {
			em := c.open(emulator.InMemory(), emulator.WithoutRateLimit())
			t.Cleanup(em.Close)
			return service(t, openClient(t, em.Provider(), crosscloud.WithDialContext(em.DialContext)))
		}, c.cancelled}
		all["local like "+c.name] = kmsTarget{local(crosscloud.Entry{"driver": "local", "like": c.name}), c.cancelled}
	}
	return all
}

var modelKeyNames = []string{"first", "second", "third"}

// kmsOp is one operation of a sequence.
type kmsOp struct {
	kind, name string
	n          int // which text, which ciphertext, or how many days
}

func (o kmsOp) String() string {
	switch o.kind {
	case "Encrypt", "Decrypt", "ScheduleDeletion", "SetDescription":
		return fmt.Sprintf("%s %s %d", o.kind, o.name, o.n)
	case "Advance":
		return fmt.Sprintf("Advance %d days", o.n)
	}
	return o.kind + " " + o.name
}

func kmsSequence(seed uint64, length int) []kmsOp {
	rng := rand.New(rand.NewPCG(seed, 78))
	kinds := []string{
		"CreateKey", "CreateKey", "Enable", "Enable", "Enable", "Disable", "Disable", "ScheduleDeletion", "CancelDeletion", "CancelDeletion",
		"Encrypt", "Encrypt", "Encrypt", "Decrypt", "Decrypt", "Decrypt", "Describe", "SetDescription", "EnableRotation",
		"DisableRotation", "RotateNow", "Keys", "KeyByName", "Advance",
	}
	var ops []kmsOp
	for range length {
		o := kmsOp{kind: kinds[rng.IntN(len(kinds))], name: modelKeyNames[rng.IntN(len(modelKeyNames))], n: rng.IntN(6)}
		switch o.kind {
		case "ScheduleDeletion":
			o.n = []int{7, 10, 30}[rng.IntN(3)]
		case "Advance":
			o.n = []int{1, 2, 4, 11}[rng.IntN(4)]
		}
		ops = append(ops, o)
	}
	return ops
}

// keyModel is what a key should be.
type keyModel struct {
	key         *kms.Key
	state       kms.State
	description string
	gone        time.Time // when it is deleted, where that is scheduled
	texts       map[int]kms.Ciphertext
}

type kmsModel struct {
	ctx       context.Context
	service   *kms.Service
	cancelled kms.State
	keys      map[string]*keyModel
	buried    map[string]bool // names of deleted keys, which are not used again
}

func TestKMSModel(t *testing.T) {
	for name, target := range kmsTargets() {
		t.Run(name, func(t *testing.T) {
			for _, seed := range seeds(t, 1, 2, 3, 4) {
				check(t, seed, kmsSequence(seed, 150), func(ops []kmsOp) (err error) {
					synctest.Test(t, func(t *testing.T) {
						m := &kmsModel{t.Context(), target.open(t), target.cancelled, map[string]*keyModel{}, map[string]bool{}}
						for i, o := range ops {
							if err = m.apply(o); err != nil {
								err = fmt.Errorf("operation %d, %s: %w", i+1, o, err)
								return
							}
						}
					})
					return err
				})
			}
		})
	}
}

func (m *kmsModel) apply(o kmsOp) error {
	k := m.keys[o.name]
	switch o.kind {
	case "Advance":
		m.advance(o.n)
		return nil
	case "Keys":
		return m.list()
	case "CreateKey":
		return m.create(o.name, k)
	}
	if k == nil {
		return nil // the sequence was cut down, or has not made it yet
	}
	if m.buried[o.name] {
		_, err := k.key.Describe(m.ctx)
		return wantCode(err, errs.NotFound)
	}
	pending := errs.Code("")
	if k.state == kms.PendingDeletion {
		pending = errs.Conflict
	}
	unusable := pending
	if k.state != kms.Enabled {
		unusable = errs.Conflict
	}
	switch o.kind {
	case "Enable", "Disable":
		call, to := k.key.Enable, kms.Enabled
		if o.kind == "Disable" {
			call, to = k.key.Disable, kms.Disabled
		}
		if pending == "" {
			k.state = to
		}
		return m.changed(k, call(m.ctx), pending)
	case "ScheduleDeletion":
		return m.schedule(k, o.n)
	case "CancelDeletion":
		want := errs.Conflict
		if pending != "" {
			want, k.state, k.gone = "", m.cancelled, time.Time{}
		}
		_, err := k.key.CancelDeletion(m.ctx)
		return m.changed(k, err, want)
	case "Encrypt":
		c, err := k.key.Encrypt(m.ctx, plaintextOf(o))
		if err == nil {
			k.texts[o.n] = c
		}
		return wantCode(err, unusable)
	case "Decrypt":
		c, there := k.texts[o.n]
		if !there {
			return nil
		}
		plaintext, err := k.key.Decrypt(m.ctx, c)
		if err == nil && !bytes.Equal(plaintext, plaintextOf(o)) {
			return errors.New("another plaintext")
		}
		return wantCode(err, unusable)
	case "SetDescription":
		if k.state == kms.PendingDeletion || m.service.Capabilities().SetDescription == kms.None {
			return nil // providers differ
		}
		k.description = fmt.Sprintf("text %d", o.n)
		return m.changed(k, k.key.SetDescription(m.ctx, k.description), "")
	case "KeyByName":
		found, err := m.service.KeyByName(m.ctx, o.name)
		if err == nil && found.ID() != k.key.ID() {
			return fmt.Errorf("found %s, it is %s", found.ID(), k.key.ID())
		}
		return err
	case "Describe":
		return m.changed(k, nil, "")
	}
	if k.state != kms.Enabled {
		return nil // what a key that cannot be used answers to its rotation differs
	}
	return m.rotate(o, k)
}

// plaintextOf returns what is encrypted under a number.
func plaintextOf(o kmsOp) []byte { return fmt.Appendf(nil, "plaintext %d of %s", o.n, o.name) }

// changed checks the end of a call and what the key is then.
func (m *kmsModel) changed(k *keyModel, err error, want errs.Code) error {
	if err := wantCode(err, want); err != nil {
		return err
	}
	info, err := k.key.Describe(m.ctx)
	if err != nil {
		return err
	}
	if info.State != k.state || info.Description != k.description || info.ID != k.key.ID() {
		return fmt.Errorf("the key is %s, %q; want %s, %q", info.State, info.Description, k.state, k.description)
	}
	return nil
}

func (m *kmsModel) create(name string, k *keyModel) error {
	want := errs.Code("")
	switch {
	case m.buried[name]:
		return nil // whether the name is free again differs
	case k != nil:
		want = errs.AlreadyExists
	}
	key, err := m.service.CreateKey(m.ctx, name, kms.Description("made"))
	if err != nil || want != "" {
		return wantCode(err, want)
	}
	m.keys[name] = &keyModel{key: key, state: kms.Enabled, description: "made", texts: map[int]kms.Ciphertext{}}
	return m.changed(m.keys[name], nil, "")
}

// schedule has a key deleted. One that is to be deleted already keeps its day.
func (m *kmsModel) schedule(k *keyModel, days int) error {
	const day = 24 * time.Hour
	at := time.Now().Add(time.Duration(days) * day)
	info, err := k.key.ScheduleDeletion(m.ctx, days)
	if k.state == kms.PendingDeletion {
		switch apart := k.gone.Sub(at).Abs(); {
		case apart > day+time.Second:
			return m.changed(k, err, errs.Conflict)
		case apart < day-time.Second:
			return m.changed(k, err, "")
		}
		return nil
	}
	if err != nil {
		return err
	}
	if info.DeletionAt.Sub(at).Abs() > day || info.State != kms.PendingDeletion {
		return fmt.Errorf("the deletion is at %s and the key %s, want %s", info.DeletionAt, info.State, at)
	}
	k.state, k.gone = kms.PendingDeletion, info.DeletionAt
	return m.changed(k, nil, "")
}

// advance lets days pass, and stays away from the day on which a key goes: providers count days differently.
func (m *kmsModel) advance(days int) {
	const day = 24 * time.Hour
	time.Sleep(time.Duration(days) * day)
	near := func(k *keyModel) bool { return !k.gone.IsZero() && time.Until(k.gone).Abs() <= day }
	for range 2 * len(m.keys) {
		for _, name := range modelKeyNames {
			if k := m.keys[name]; k != nil && near(k) {
				time.Sleep(2*day + time.Hour)
			}
		}
	}
	for name, k := range m.keys {
		if !k.gone.IsZero() && time.Now().After(k.gone) {
			m.buried[name] = true
		}
	}
}

func (m *kmsModel) list() error {
	var ids []string
	for info, err := range m.service.Keys(m.ctx) {
		if err != nil {
			return err
		}
		if slices.Contains(ids, info.ID) {
			return fmt.Errorf("%s is listed twice", info.ID)
		}
		ids = append(ids, info.ID)
	}
	for name, k := range m.keys {
		if slices.Contains(ids, k.key.ID()) == m.buried[name] {
			return fmt.Errorf("%s: listed %v, deleted %v", name, !m.buried[name], m.buried[name])
		}
	}
	return nil
}

// rotate changes how a usable key is rotated. What was encrypted before stays readable, which Decrypt shows.
func (m *kmsModel) rotate(o kmsOp, k *keyModel) error {
	caps := m.service.Capabilities()
	if o.kind == "RotateNow" {
		if caps.RotateNow == kms.None {
			return wantCode(k.key.RotateNow(m.ctx), errs.Unsupported)
		}
		err := k.key.RotateNow(m.ctx)
		if errors.Is(err, errs.RateLimited) || errors.Is(err, errs.Conflict) || errors.Is(err, errs.QuotaExceeded) {
			err = nil // too soon after the last time
		}
		time.Sleep(time.Minute) // it may take a while
		return err
	}
	const days = 90
	call := func() error { return k.key.EnableRotation(m.ctx, days) }
	if o.kind == "DisableRotation" {
		call = func() error { return k.key.DisableRotation(m.ctx) }
	}
	if caps.Rotation == kms.None {
		return wantCode(call(), errs.Unsupported)
	}
	if err := call(); err != nil {
		return err
	}
	r, err := k.key.Rotation(m.ctx)
	if err == nil && (r.Enabled != (o.kind == "EnableRotation") || r.Enabled && r.Days != days && r.Days != 0) {
		return fmt.Errorf("the rotation is %+v", r)
	}
	return err
}
