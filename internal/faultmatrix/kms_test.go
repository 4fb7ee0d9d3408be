package faultmatrix_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

const kindKMS = "Keys"

// secretText is what is encrypted; no error may show it.
const secretText = "plaintext-5e1d"

func kmsVendors() []*vendor {
	in := emulator.InMemory()
	huawei := func() (emulator.Emulator, map[string]string) {
		em := emulator.NewHuaweiKMS(in)
		return em, em.Provider()
	}
	alibaba := func() (emulator.Emulator, map[string]string) {
		em := emulator.NewAlibabaKMS(in)
		entry := em.Provider()
		entry["kms_instance_id"] = em.InstanceID() // elsewhere there are no key pairs
		return em, entry
	}
	tencent := func() (emulator.Emulator, map[string]string) {
		em := emulator.NewTencentKMS(in)
		return em, em.Provider()
	}
	requests := func(encrypt, decrypt, sign, create, disable, schedule matcher) map[string]matcher {
		return map[string]matcher{"Encrypt": encrypt, "Decrypt": decrypt, "Sign": sign, "CreateKey": create, "Disable": disable, "ScheduleDeletion": schedule}
	}
	ofTencent := requests(byAction("Encrypt"), byAction("Decrypt"), byAction("SignByAsymmetricKey"), byAction("CreateKey"),
		byAction("DisableKey"), byAction("ScheduleKeyDeletion"))
	ofTencent["SymmetricSpecs"] = byAction("ListAlgorithms")
	to := func(action string) matcher { return byPath("POST", "$/kms/"+action) }
	warm := func(ctx context.Context, c *crosscloud.Client) error {
		s, err := c.KMSService(ctx, "cloud")
		if err != nil {
			return err
		}
		for _, err := range s.Keys(ctx) {
			return err
		}
		return nil
	}
	return []*vendor{
		{"huawei", kindKMS, huawei, huaweiScript(), kmsOps("made", requests(to("encrypt-data"), to("decrypt-data"), to("sign"), to("create-key"),
			to("disable-key"), to("schedule-key-deletion")), nil, nil), warm},
		{"alibaba", kindKMS, alibaba, alibabaScript(), kmsOps("", requests(byAction("Encrypt"), byAction("Decrypt"), byAction("AsymmetricSign"), byAction("CreateKey"),
			byAction("DisableKey"), byAction("ScheduleKeyDeletion")), []string{"Disable", "ScheduleDeletion"}, nil), warm},
		{"tencent", kindKMS, tencent, tencentScript(), kmsOps("made", ofTencent, []string{"Disable"}, []string{"CreateKey", "ScheduleDeletion"}), warm},
	}
}

// kmsOps returns the operations by what their requests look like; silent ones tell nothing of a success, and those that
// look read something first. Name is that of a key that is made, empty where names are aliases, which take requests of
// their own.
func kmsOps(name string, requests map[string]matcher, silent, looks []string) []operation {
	type prepared struct {
		w              *world
		direct, client *kms.Service
		key            *kms.Key // by the client
		by             *kms.Key // directly
	}
	one := func(op string, class policy.Idempotency, before, after string, spec kms.Spec, prepare func(*prepared) (func(context.Context) error, func() string)) operation {
		return operation{name: op, class: class, matches: requests[op], silent: slices.Contains(silent, op), before: before, after: after,
			looks: slices.Contains(looks, op),
			prepare: func(w *world) (func(context.Context) error, func() string) {
				ctx := w.t.Context()
				p := &prepared{w: w}
				p.direct = must[*kms.Service](w.t)(w.direct.KMSService(ctx, "cloud"))
				p.client = must[*kms.Service](w.t)(w.client.KMSService(ctx, "cloud"))
				first := name
				if first != "" {
					first = "first"
				}
				p.by = must[*kms.Key](w.t)(p.direct.CreateKey(ctx, first, kms.WithSpec(spec)))
				p.key = must[*kms.Key](w.t)(p.client.Key(ctx, p.by.ID()))
				return prepare(p)
			}}
	}
	stateOf := func(p *prepared) func() string {
		return func() string {
			info, err := p.by.Describe(p.w.t.Context())
			p.w.need(err)
			return string(info.State)
		}
	}
	const enabled = string(kms.Enabled)
	var ops []operation
	if requests["SymmetricSpecs"] != nil { // the region is asked before a key is made
		ops = append(ops, one("SymmetricSpecs", policy.ReadOnly, enabled, enabled, kms.ECP256, func(p *prepared) (func(context.Context) error, func() string) {
			return func(ctx context.Context) error {
				_, err := p.client.CreateKey(ctx, name)
				return err
			}, stateOf(p)
		}))
	}
	return append(ops,
		one("Encrypt", policy.ReadOnly, enabled, enabled, kms.AES256, func(p *prepared) (func(context.Context) error, func() string) {
			return func(ctx context.Context) error {
				ct, err := p.key.Encrypt(ctx, []byte(secretText))
				if err != nil {
					return err
				}
				if plain, err := p.by.Decrypt(ctx, ct); err != nil || string(plain) != secretText {
					return errOtherAnswer
				}
				return nil
			}, stateOf(p)
		}),
		one("Decrypt", policy.ReadOnly, enabled, enabled, kms.AES256, func(p *prepared) (func(context.Context) error, func() string) {
			ct := must[kms.Ciphertext](p.w.t)(p.by.Encrypt(p.w.t.Context(), []byte(secretText)))
			return func(ctx context.Context) error {
				plain, err := p.key.Decrypt(ctx, ct)
				if err == nil && string(plain) != secretText {
					return errOtherAnswer
				}
				return err
			}, stateOf(p)
		}),
		one("Sign", policy.ReadOnly, enabled, enabled, kms.ECP256, func(p *prepared) (func(context.Context) error, func() string) {
			return func(ctx context.Context) error {
				sig, err := p.key.Sign(ctx, kms.ECDSASHA256, []byte(secretText))
				if err != nil {
					return err
				}
				if good, err := p.by.Verify(ctx, []byte(secretText), sig); err != nil || !good {
					return errOtherAnswer
				}
				return nil
			}, stateOf(p)
		}),
		one("Disable", policy.Idempotent, enabled, string(kms.Disabled), kms.AES256, func(p *prepared) (func(context.Context) error, func() string) {
			return func(ctx context.Context) error { return p.key.Disable(ctx) }, stateOf(p)
		}),
		one("ScheduleDeletion", policy.Idempotent, string(kms.Disabled), string(kms.PendingDeletion), kms.AES256, func(p *prepared) (func(context.Context) error, func() string) {
			p.w.need(p.by.Disable(p.w.t.Context()))
			return func(ctx context.Context) error {
				info, err := p.key.ScheduleDeletion(ctx, 7)
				if err == nil && info.State != kms.PendingDeletion {
					return errOtherAnswer
				}
				return err
			}, stateOf(p)
		}),
		one("CreateKey", policy.NonIdempotent, "1 more", "2 more", kms.AES256, func(p *prepared) (func(context.Context) error, func() string) {
			count := func() (n int) {
				for _, err := range p.direct.Keys(p.w.t.Context()) {
					p.w.need(err)
					n++
				}
				return n
			}
			had := count()
			return func(ctx context.Context) error {
				key, err := p.client.CreateKey(ctx, name)
				if err == nil && key.ID() == "" {
					return errOtherAnswer
				}
				return err
			}, func() string { return fmt.Sprint(count()-had+1, " more") }
		}),
	)
}
