package consistency_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
)

// kmsCloud is a cloud with keys.
type kmsCloud struct {
	name   string
	open   func(...emulator.Option) emulator.Emulator
	vendor vendor
	// cancelled is the state of a key whose deletion was cancelled.
	cancelled kms.State
}

func kmsClouds() []kmsCloud {
	return []kmsCloud{
		{
			name: "huawei",
			open: func(opts ...emulator.Option) emulator.Emulator {
				return emulator.NewHuaweiKMS(append(opts, emulator.WithHuaweiKMS(emulator.HuaweiKMSSettings{KeyLimit: 1000}))...)
			},
			vendor:    vendor{throttling: []string{"APIGW.0308"}, internal: []string{"KMS.0101", "KMS.0105"}, creating: []string{"create-key"}},
			cancelled: kms.Disabled,
		},
		{
			name: "alibaba",
			open: func(opts ...emulator.Option) emulator.Emulator { return emulator.NewAlibabaKMS(opts...) },
			vendor: vendor{
				throttling: []string{"Rejected.Throttling", "Throttling.User"}, internal: []string{"InternalFailure", "ServiceUnavailable"},
				creating: []string{"CreateKey"},
			},
			cancelled: kms.Enabled,
		},
		{
			name: "tencent",
			open: func(opts ...emulator.Option) emulator.Emulator { return emulator.NewTencentKMS(opts...) },
			vendor: vendor{
				throttling: []string{"RequestLimitExceeded"}, internal: []string{"InternalError"},
				creating: []string{"CreateKey"},
			},
			cancelled: kms.Disabled,
		},
	}
}

// keyCell is what is known of a key.
type keyCell struct {
	key, looking *kms.Key
	state        kms.State
	description  string
	ciphertext   kms.Ciphertext
	plaintext    []byte // nil where nothing was encrypted
}

// kmsRun is a run over keys, of which each worker has its own.
type kmsRun struct {
	*run
	service, overseer *kms.Service
	cancelled         kms.State
	workers           [workers]struct {
		keys []*keyCell
		made int
		said int
	}
}

func TestKMSWithFaults(t *testing.T) {
	for _, c := range kmsClouds() {
		for _, seed := range seeds(t, 3) {
			t.Run(c.name, func(t *testing.T) { t.Parallel(); kmsWithFaults(t, c, seed, 10_000) })
		}
	}
}

func kmsWithFaults(t *testing.T, c kmsCloud, seed uint64, operations int) {
	synctest.Test(t, func(t *testing.T) {
		em := c.open(emulator.InMemory(), emulator.WithoutRateLimit())
		defer em.Close()
		r := &kmsRun{run: newRun(t, seed, em, c.vendor), cancelled: c.cancelled}
		open := func(counted bool) *kms.Service {
			s, err := r.open(counted, em.Provider()).KMSService(t.Context(), "cloud")
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		r.service, r.overseer = open(true), open(false)
		r.work(operations, r.step)
		r.close(c.name+" KMS", operations)
	})
}

// keysOfWorker is how many keys each worker tries to make.
const keysOfWorker = 8

func (r *kmsRun) step(w int, rng *rand.Rand) func() {
	me := &r.workers[w]
	if len(me.keys) == 0 || me.made < keysOfWorker && rng.IntN(100) == 0 {
		return r.create(w)
	}
	k := me.keys[rng.IntN(len(me.keys))]
	ctx := r.t.Context()
	switch n := rng.IntN(100); {
	case n < 15:
		return r.change("Enable", k, k.key.Enable(ctx), kms.Enabled, k.state != kms.PendingDeletion)
	case n < 30:
		return r.change("Disable", k, k.key.Disable(ctx), kms.Disabled, k.state != kms.PendingDeletion)
	case n < 38:
		return r.schedule(k)
	case n < 50:
		_, err := k.key.CancelDeletion(ctx)
		if k.state != kms.PendingDeletion && !errors.Is(err, errs.Conflict) {
			// After a lost reply nobody can tell whose the cancelling was: what was asked for is so.
			return r.change("CancelDeletion", k, err, k.state, true)
		}
		return r.change("CancelDeletion", k, err, r.cancelled, k.state == kms.PendingDeletion)
	case n < 60:
		me.said++
		return r.describe(k, fmt.Sprintf("w%d-d%d", w, me.said))
	case n < 75:
		r.encrypt(k, []byte(fmt.Sprintf("secret %d", rng.Uint64())))
	case n < 90:
		r.decrypt(k)
	default:
		info, err := k.key.Describe(ctx)
		if err != nil {
			r.failedRead("Describe", err)
		} else if info.State != k.state || info.Description != k.description {
			r.errorf("Describe: %s, %q; want %s, %q", info.State, info.Description, k.state, k.description)
		}
	}
	return nil
}

// create makes a key, whose description no other has.
func (r *kmsRun) create(w int) func() {
	me := &r.workers[w]
	me.made++
	name := fmt.Sprintf("w%d-c%d", w, me.made)
	key, err := r.service.CreateKey(r.t.Context(), name, kms.Description(name))
	return func() {
		var found []kms.KeyInfo
		for info, err := range r.overseer.Keys(r.t.Context(), kms.Details()) {
			if err != nil {
				r.errorf("looking at the keys: %v", err)
				return
			}
			if info.Description == name {
				found = append(found, info)
			}
		}
		if len(found) > 1 {
			r.errorf("CreateKey %s made %d keys, and ended with %v", name, len(found), err)
		}
		r.judge("CreateKey "+name, err, len(found) == 0, len(found) == 1)
		incomplete, made := errors.AsType[*kms.Incomplete](err)
		if err != nil && !made && !passing(err) {
			r.errorf("CreateKey %s: %v", name, err)
		}
		if (err == nil || made) && key == nil || key != nil && (len(found) == 0 || key.ID() != found[0].ID) {
			r.errorf("CreateKey %s returned %v, there are %v; %v, %v", name, key, found, err, incomplete)
		}
		if len(found) == 0 {
			return
		}
		k := &keyCell{state: found[0].State, description: name}
		for _, side := range []struct {
			service *kms.Service
			key     **kms.Key
		}{{r.service, &k.key}, {r.overseer, &k.looking}} {
			if *side.key, err = side.service.Key(r.t.Context(), found[0].ID); err != nil {
				r.errorf("%v", err)
				return
			}
		}
		me.keys = append(me.keys, k)
	}
}

// change judges a change of a key's state, which only a legal one makes.
func (r *kmsRun) change(what string, k *keyCell, err error, to kms.State, legal bool) func() {
	return func() {
		info := r.look(k)
		if !legal {
			to = "" // no state
			if err == nil {
				r.errorf("%s of a key that is %s succeeded", what, k.state)
			}
		}
		if err != nil && !passing(err) && !errors.Is(err, errs.Conflict) {
			r.errorf("%s: %v", what, err)
		}
		r.judge(what, err, info.State == k.state, info.State == to)
		k.state = info.State
	}
}

// schedule has a key deleted. Where that disables it first, an error's outcome is also that of the disabling.
func (r *kmsRun) schedule(k *keyCell) func() {
	info, err := k.key.ScheduleDeletion(r.t.Context(), 30)
	return func() {
		now := r.look(k)
		if err == nil && info.State != now.State {
			r.errorf("ScheduleDeletion returned a key that is %s, it is %s", info.State, now.State)
		}
		disabled := err != nil && r.service.Capabilities().DeletionNeedsDisabled && k.state == kms.Enabled && now.State == kms.Disabled
		r.judge("ScheduleDeletion", err, now.State == k.state, now.State == kms.PendingDeletion || disabled)
		k.state = now.State
	}
}

func (r *kmsRun) describe(k *keyCell, text string) func() {
	err := k.key.SetDescription(r.t.Context(), text)
	return func() {
		info := r.look(k)
		r.judge("SetDescription", err, info.Description == k.description, info.Description == text)
		k.description = info.Description
	}
}

// look describes a key while no request fails.
func (r *kmsRun) look(k *keyCell) kms.KeyInfo {
	info, err := k.looking.Describe(r.t.Context())
	if err != nil {
		r.errorf("looking at a key: %v", err)
	}
	return info
}

// used checks the error of a use of a key, which is refused unless the key is enabled. It reports whether it succeeded.
func (r *kmsRun) used(what string, k *keyCell, err error) bool {
	switch {
	case k.state != kms.Enabled && err == nil:
		r.errorf("%s with a key that is %s succeeded", what, k.state)
	case k.state != kms.Enabled && errors.Is(err, errs.Conflict):
	case err != nil:
		r.failedRead(what, err)
	}
	return err == nil
}

func (r *kmsRun) encrypt(k *keyCell, plaintext []byte) {
	c, err := k.key.Encrypt(r.t.Context(), plaintext)
	if r.used("Encrypt", k, err) {
		k.ciphertext, k.plaintext = c, plaintext
	}
}

func (r *kmsRun) decrypt(k *keyCell) {
	if k.plaintext == nil {
		time.Sleep(time.Second)
		return
	}
	plaintext, err := k.key.Decrypt(r.t.Context(), k.ciphertext)
	if r.used("Decrypt", k, err) && !bytes.Equal(plaintext, k.plaintext) {
		r.errorf("Decrypt gave another plaintext")
	}
}
