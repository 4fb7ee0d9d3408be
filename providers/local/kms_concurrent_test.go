package local_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Many callers at once: every ciphertext opens, every version is there, one name is given once, and time goes on.
func TestKeysConcurrently(t *testing.T) {
	vaults(t, func(v *vault) {
		const callers, rounds = 8, 15
		ctx := v.Context()
		id := v.aes("shared")
		v.done(second(v.SetRotation(ctx, &driver.SetRotationRequest{KeyID: id, Enabled: true, Days: 1})))
		var wg sync.WaitGroup
		var mu sync.Mutex
		var sealed []driver.Ciphertext
		given := map[string]int{}
		for caller := range callers {
			wg.Go(func() {
				for round := range rounds {
					ct, err := v.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: []byte("p"), Context: "c"})
					if err != nil {
						v.Error(err)
						return
					}
					_, errName := v.CreateKey(ctx, &driver.CreateKeyRequest{Name: fmt.Sprint("k", round), Spec: driver.SM4, Usage: driver.EncryptDecrypt})
					mu.Lock()
					sealed = append(sealed, ct.Ciphertext)
					if errName == nil {
						given[fmt.Sprint("k", round)]++
					} else if errs.CodeOf(errName) != errs.AlreadyExists {
						v.Error(errName)
					}
					mu.Unlock()
					switch caller % 4 {
					case 0:
						v.advance(oneDay / 2)
					case 1:
						if err := second(v.RotateNow(ctx, &driver.RotateNowRequest{KeyID: id})); err != nil {
							v.Error(err)
						}
					case 2:
						doomed, err := v.CreateKey(ctx, &driver.CreateKeyRequest{Name: fmt.Sprint("doomed", caller, round), Spec: driver.AES256, Usage: driver.EncryptDecrypt})
						if err == nil {
							err = second(v.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: doomed.Key.ID, Days: 1}))
						}
						if err != nil {
							v.Error(err)
						}
					case 3:
						if err := second(v.ListKeys(ctx, &driver.ListKeysRequest{})); err != nil {
							v.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
		for _, ct := range sealed {
			v.opens(ct, "c", "p")
		}
		for round := range rounds {
			if n := given[fmt.Sprint("k", round)]; n != 1 {
				v.Errorf("the name k%d was given %d times", round, n)
			}
		}
		if n := v.versions(id); n < 2*rounds {
			v.Errorf("there are %d versions", n)
		}
	})
}

// A call ends with its context, also while a key pair is made, and has then done nothing.
func TestKeyCallsEndWithTheirContext(t *testing.T) {
	v := openVault(t, "")
	id := v.aes("k")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for what, err := range v.uses(ctx, id) {
		if errs.CodeOf(err) != errs.Canceled || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
	v.state(id, driver.Enabled)
	for _, spec := range []driver.Spec{driver.RSA4096} {
		ctx, cancel := context.WithTimeout(t.Context(), 1)
		_, err := v.CreateKey(ctx, &driver.CreateKeyRequest{Name: "slow", Spec: spec, Usage: driver.SignVerify})
		cancel()
		if errs.CodeOf(err) != errs.DeadlineExceeded {
			t.Errorf("making a key of %s: %v", spec, err)
		}
	}
	page, err := v.ListKeys(t.Context(), &driver.ListKeysRequest{})
	if err != nil || len(page.Keys) != 1 {
		t.Errorf("%d keys, %v", len(page.Keys), err)
	}
}

// No error, and nothing that is printed, shows what should not be seen.
func TestKeyErrorsShowNoSecrets(t *testing.T) {
	v := openVault(t, "")
	service, err := kms.NewService(v.like(""), kms.ServiceOptions{Provider: "laptop", Now: v.Now})
	v.done(err)
	const canary = "canary-7f3a"
	ctx := t.Context()
	id, imported := v.aes("k"), v.imported("i", driver.SM4)
	var all []error
	note := func(err error) {
		if err == nil {
			t.Error("no error")
		}
		all = append(all, err)
	}
	k, err := service.Key(ctx, id)
	v.done(err)
	ct, err := k.Encrypt(ctx, []byte(canary), kms.Context{"a": canary})
	v.done(err)
	note(second(k.Decrypt(ctx, ct, kms.Context{"b": canary})))
	note(second(v.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: []byte(strings.Repeat(canary, 10_000))})))
	note(second(v.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: []byte(canary), Context: canary + "\xff"})))
	note(second(v.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: driver.Ciphertext{KeyID: id, Blob: []byte(canary)}})))
	note(v.importKey(imported, []byte(canary), driver.SM2Encrypt, v.Now().Add(-1)))
	note(v.importKey(imported, []byte(canary), driver.SM2Encrypt, v.Now().Add(oneDay).Truncate(oneDay)))
	note(second(v.ImportKeyMaterial(ctx, &driver.ImportKeyMaterialRequest{KeyID: imported, Wrapped: []byte(canary), Token: []byte(canary)})))
	note(second(v.Sign(ctx, &driver.SignRequest{KeyID: id, Algorithm: driver.ECDSASHA256, Message: []byte(canary)})))
	for _, err := range all {
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, canary) {
			t.Errorf("shows a secret: %s", text)
		}
	}
}
