package local_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Pairs have versions, which requests name: what an old one signed and sealed stays good.
func TestPairVersions(t *testing.T) {
	vaults(t, func(v *vault) {
		ctx := v.Context()
		signer, cipher := v.key("s", driver.ECP256, driver.SignVerify), v.key("c", driver.SM2, driver.EncryptDecrypt)
		req := driver.SignRequest{KeyID: signer, KeyVersion: "1", Algorithm: driver.ECDSASHA256, Message: []byte("m")}
		signed, err := v.Sign(ctx, &req)
		must(v.T, signed, err)
		sealed, err := v.AsymmetricEncrypt(ctx, &driver.AsymmetricEncryptRequest{KeyID: cipher, KeyVersion: "1", Algorithm: driver.SM2Encrypt, Plaintext: []byte("p")})
		must(v.T, sealed, err)
		for _, id := range []string{signer, cipher} {
			v.done(second(v.RotateNow(ctx, &driver.RotateNowRequest{KeyID: id})))
			versions, err := v.ListVersions(ctx, &driver.ListVersionsRequest{KeyID: id})
			if err != nil || len(versions.Versions) != 2 || versions.Versions[0].ID != "2" || versions.Versions[1].ID != "1" {
				v.Fatalf("versions %+v, %v", versions, err)
			}
		}
		one, err := v.PublicKey(ctx, &driver.PublicKeyRequest{KeyID: signer, KeyVersion: "1"})
		must(v.T, one, err)
		two, err := v.PublicKey(ctx, &driver.PublicKeyRequest{KeyID: signer, KeyVersion: "2"})
		must(v.T, two, err)
		if bytes.Equal(one.DER, two.DER) {
			v.Error("two versions have one public key")
		}
		for version, want := range map[string]bool{"1": true, "2": false, "": true} {
			req.KeyVersion = version
			got, err := v.Verify(ctx, &driver.VerifyRequest{SignRequest: req, Signature: signed.Signature})
			if err != nil || got.Valid != want {
				v.Errorf("verified by version %q: %+v, %v", version, got, err)
			}
		}
		for version, opens := range map[string]bool{"1": true, "2": false, "": true} {
			ct := sealed.Ciphertext
			ct.KeyVersion = version
			got, err := v.AsymmetricDecrypt(ctx, &driver.AsymmetricDecryptRequest{Ciphertext: ct})
			if opens && (err != nil || string(got.Plaintext) != "p") || !opens && errs.CodeOf(err) != errs.InvalidArgument {
				v.Errorf("decrypted by version %q: %v, %v", version, got, err)
			}
		}
		for _, version := range []string{"0", "3", "01", "+1", "x", "-1"} {
			req.KeyVersion = version
			_, err := v.Sign(ctx, &req)
			refused(v.T, "version "+version, err, errs.NotFound)
		}
	})
}

// A ciphertext that is said to be another key's is refused, and one of a key that is not there says so.
func TestForeignCiphertext(t *testing.T) {
	vaults(t, func(v *vault) {
		ctx := v.Context()
		one, two := v.aes("one"), v.aes("two")
		ct := v.encrypt(one, "p", "")
		for id, code := range map[string]errs.Code{two: errs.InvalidArgument, "key-none": errs.NotFound} {
			bad := ct
			bad.KeyID = id
			_, err := v.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: bad})
			refused(v.T, "opened as of "+id, err, code)
			_, err = v.ReEncrypt(ctx, &driver.ReEncryptRequest{Ciphertext: bad, NewKeyID: two})
			refused(v.T, "encrypted anew as of "+id, err, code)
		}
		ct.KeyID = "" // it says itself whose it is
		v.opens(ct, "", "p")
		for _, id := range []string{one, two} {
			v.done(second(v.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: id})))
			_, err := v.ReEncrypt(ctx, &driver.ReEncryptRequest{Ciphertext: ct, NewKeyID: two})
			refused(v.T, "encrypted anew with a disabled key", err, errs.Conflict)
			v.done(second(v.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: id})))
		}
		res, err := v.ReEncrypt(ctx, &driver.ReEncryptRequest{Ciphertext: ct, NewKeyID: two, NewContext: "c"})
		must(v.T, res, err)
		v.opens(res.Ciphertext, "c", "p")
		_, err = v.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: res.Ciphertext})
		refused(v.T, "opened without the new context", err, errs.InvalidArgument)
	})
}

// Aliases, tags and versions come in pages, and a cursor belongs to its key and listing.
func TestPagesOfAKey(t *testing.T) {
	v := openVault(t, "")
	ctx := t.Context()
	id, other := v.key("one", driver.ECP256, driver.SignVerify), v.aes("two")
	const many = 205
	for i := range many - 1 {
		v.done(second(v.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: id, Alias: fmt.Sprintf("a%03d", (i*7)%(many-1))})))
		v.done(second(v.RotateNow(ctx, &driver.RotateNowRequest{KeyID: id})))
	}
	var aliases, versions []string
	var cursors []string
	for req := (&driver.ListAliasesRequest{KeyID: id}); ; {
		page, err := v.ListAliases(ctx, req)
		aliases = append(aliases, must(t, page, err).Aliases...)
		if req.Cursor = page.Cursor; req.Cursor == "" {
			break
		}
		cursors = append(cursors, req.Cursor)
	}
	for req := (&driver.ListVersionsRequest{KeyID: id}); ; {
		page, err := v.ListVersions(ctx, req)
		for _, version := range must(t, page, err).Versions {
			versions = append(versions, version.ID)
		}
		if req.Cursor = page.Cursor; req.Cursor == "" {
			break
		}
		cursors = append(cursors, req.Cursor)
	}
	if len(aliases) != many-1 || len(versions) != many || len(cursors) != 4 {
		t.Fatalf("%d aliases, %d versions, %d cursors", len(aliases), len(versions), len(cursors))
	}
	for i := range many {
		if i < many-1 && aliases[i] != fmt.Sprintf("a%03d", i) || versions[i] != fmt.Sprint(many-i) {
			t.Fatalf("place %d has the version %s", i, versions[i])
		}
	}
	for _, cursor := range append(cursors, "bogus") {
		_, err := v.ListAliases(ctx, &driver.ListAliasesRequest{KeyID: other, Cursor: cursor})
		refused(t, "another key's cursor of aliases", err, errs.InvalidArgument)
		_, err = v.ListVersions(ctx, &driver.ListVersionsRequest{KeyID: other, Cursor: cursor})
		refused(t, "another key's cursor of versions", err, errs.InvalidArgument)
		_, err = v.ListTags(ctx, &driver.ListTagsRequest{KeyID: other, Cursor: cursor})
		refused(t, "another key's cursor of tags", err, errs.InvalidArgument)
	}
	v.done(second(v.DeleteAlias(ctx, &driver.DeleteAliasRequest{KeyID: id, Alias: "a099"}))) // on which the first page ended
	page, err := v.ListAliases(ctx, &driver.ListAliasesRequest{KeyID: id, Cursor: cursors[0]})
	if err != nil || page.Aliases[0] != "a100" {
		t.Errorf("after the last alias of a page was removed: %+v, %v", page, err)
	}
}

// What is signed is checked here too.
func TestSigningRefused(t *testing.T) {
	v := openVault(t, "")
	ctx := t.Context()
	id, cipher := v.key("s", driver.ECP256, driver.SignVerify), v.key("c", driver.SM2, driver.EncryptDecrypt)
	for what, c := range map[string]struct {
		req  driver.SignRequest
		code errs.Code
	}{
		"the longest message":  {driver.SignRequest{KeyID: id, Algorithm: driver.ECDSASHA256, Message: make([]byte, 64<<10)}, ""},
		"an empty message":     {driver.SignRequest{KeyID: id, Algorithm: driver.ECDSASHA256, Message: []byte{}}, ""},
		"a longer message":     {driver.SignRequest{KeyID: id, Algorithm: driver.ECDSASHA256, Message: make([]byte, 64<<10+1)}, errs.TooLarge},
		"a digest":             {driver.SignRequest{KeyID: id, Algorithm: driver.ECDSASHA256, Digest: make([]byte, 32)}, ""},
		"a shorter digest":     {driver.SignRequest{KeyID: id, Algorithm: driver.ECDSASHA256, Digest: make([]byte, 31)}, errs.InvalidArgument},
		"a longer digest":      {driver.SignRequest{KeyID: id, Algorithm: driver.ECDSASHA256, Digest: make([]byte, 48)}, errs.InvalidArgument},
		"an empty digest":      {driver.SignRequest{KeyID: id, Algorithm: driver.ECDSASHA256, Digest: []byte{}}, errs.InvalidArgument},
		"both":                 {driver.SignRequest{KeyID: id, Algorithm: driver.ECDSASHA256, Message: []byte("m"), Digest: make([]byte, 32)}, errs.InvalidArgument},
		"neither":              {driver.SignRequest{KeyID: id, Algorithm: driver.ECDSASHA256}, errs.InvalidArgument},
		"another algorithm":    {driver.SignRequest{KeyID: id, Algorithm: driver.ECDSASHA384, Message: []byte("m")}, errs.InvalidArgument},
		"a key that encrypts":  {driver.SignRequest{KeyID: cipher, Algorithm: driver.SM2SM3, Message: []byte("m")}, errs.InvalidArgument},
		"an unknown algorithm": {driver.SignRequest{KeyID: id, Algorithm: "MD5", Message: []byte("m")}, errs.InvalidArgument},
	} {
		_, err := v.Sign(ctx, &c.req)
		_, errVerify := v.Verify(ctx, &driver.VerifyRequest{SignRequest: c.req, Signature: []byte("s")})
		if c.code == "" {
			v.done(err)
			v.done(errVerify)
			continue
		}
		refused(t, what, err, c.code)
		refused(t, what+", verified", errVerify, c.code)
	}
	// Where a provider takes digests or messages only, the other is refused.
	sm2 := v.key("sm2", driver.SM2, driver.SignVerify)
	_, err := v.like("huawei").Sign(ctx, &driver.SignRequest{KeyID: sm2, Algorithm: driver.SM2SM3, Message: []byte("m")})
	refused(t, "a message of SM2 like huawei", err, errs.Unsupported)
	_, err = v.like("alibaba").Sign(ctx, &driver.SignRequest{KeyID: id, Algorithm: driver.ECDSASHA256, Message: []byte("m")})
	refused(t, "a message like alibaba", err, errs.Unsupported)
}

// A data key that is passed off as data is not opened: whoever decrypts for others would give it away.
func TestDataKeyIsNoData(t *testing.T) {
	vaults(t, func(v *vault) {
		ctx := v.Context()
		for _, like := range []string{"", "huawei", "alibaba", "tencent"} {
			service, err := kms.NewService(v.like(like), kms.ServiceOptions{})
			must(t, service, err)
			k, err := service.Key(ctx, v.aes("key"+like))
			must(t, k, err)
			made, err := k.GenerateDataKey(ctx, 16)
			must(t, made, err)
			for _, kind := range []kms.CiphertextKind{kms.KindData, kms.KindText} {
				forged := made.Ciphertext()
				forged.Kind, forged.PlaintextBytes = kind, 0
				frame, err := forged.MarshalBinary()
				if err != nil {
					t.Fatal(err)
				}
				_, err = k.Decrypt(ctx, forged)
				refused(t, like+" Decrypt of "+string(kind), err, errs.InvalidArgument)
				_, err = k.ReEncrypt(ctx, forged)
				refused(t, like+" ReEncrypt of "+string(kind), err, errs.InvalidArgument)
				if opened, err := k.AEAD().Decrypt(frame, nil); err == nil {
					t.Errorf("%s: the AEAD opens %d bytes of a data key as %s", like, len(opened), kind)
				}
			}
			if opened, err := k.Decrypt(ctx, made.Ciphertext()); err != nil || string(opened) != string(made.Plaintext()) {
				t.Errorf("%s: as what it is: %v", like, err)
			}
		}
	})
}
