package local_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"
	bolt "go.etcd.io/bbolt"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// record is one record of the file of a store.
type record struct{ bucket, key, value string }

// change gives the file of a closed store to fn.
func change(t *testing.T, path string, fn func(*bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true})
	if err == nil {
		err = db.Update(fn)
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// sealedRecords returns all records that the root key seals.
func sealedRecords(t *testing.T, path string) (all []record) {
	t.Helper()
	change(t, path, func(tx *bolt.Tx) error {
		for _, name := range []string{"kms keys", "kms material", "kms names", "kms aliases"} {
			if err := tx.Bucket([]byte(name)).ForEach(func(k, v []byte) error {
				all = append(all, record{name, string(k), string(v)})
				return nil
			}); err != nil {
				return err
			}
		}
		all = append(all, record{"crosscloud", "root key", string(tx.Bucket([]byte("crosscloud")).Get([]byte("root key")))})
		return nil
	})
	return all
}

func (r record) put(t *testing.T, path, value string) {
	t.Helper()
	change(t, path, func(tx *bolt.Tx) error { return tx.Bucket([]byte(r.bucket)).Put([]byte(r.key), []byte(value)) })
}

// Whatever is changed in the file, it is told as damage, and nothing wrong comes out.
func TestTamperedRecords(t *testing.T) {
	v := &vault{T: t, clock: newClock(), path: filepath.Join(t.TempDir(), "keys.db"), root: rootOf('r')}
	v.open()
	ctx := t.Context()
	id, signer := v.aes("k"), v.key("s", driver.ECP256, driver.SignVerify)
	v.done(second(v.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: id, Alias: "a"})))
	old := v.encrypt(id, "old", "c")
	v.done(second(v.RotateNow(ctx, &driver.RotateNowRequest{KeyID: id})))
	now := v.encrypt(id, "now", "c")
	sign := driver.SignRequest{KeyID: signer, Algorithm: driver.ECDSASHA256, Message: []byte("m")}
	signed, err := v.Sign(ctx, &sign)
	must(t, signed, err)
	v.close()

	// try makes calls that read every record, and reports whether damage was told.
	try := func(what string) (told bool) {
		t.Helper()
		v.open()
		defer v.close()
		check := func(call string, err error, right func() bool) {
			t.Helper()
			switch code := errs.CodeOf(err); {
			case err == nil && right():
			case code == errs.Corrupt || code == errs.Unauthenticated:
				told = true
			default:
				t.Errorf("%s: %s: %v, or a wrong answer", what, call, err)
			}
		}
		for text, ct := range map[string]driver.Ciphertext{"old": old, "now": now} {
			res, err := v.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: ct, Context: "c"})
			check("open "+text, err, func() bool { return string(res.Plaintext) == text })
		}
		again, err := v.Sign(ctx, &sign)
		check("sign", err, func() bool { return len(again.Signature) > 0 })
		verified, err := v.Verify(ctx, &driver.VerifyRequest{SignRequest: sign, Signature: signed.Signature})
		check("verify", err, func() bool { return verified.Valid })
		alias, err := v.DescribeKey(ctx, &driver.DescribeKeyRequest{Alias: "a"})
		check("alias", err, func() bool { return alias.Key.ID == id && alias.Key.Name == "k" })
		for name, id := range map[string]string{"k": id, "s": signer} {
			page, err := v.ListKeys(ctx, &driver.ListKeysRequest{Name: name})
			check("name "+name, err, func() bool { return len(page.Keys) == 1 && page.Keys[0].ID == id && page.Keys[0].Name == name })
		}
		page, err := v.ListKeys(ctx, &driver.ListKeysRequest{})
		check("list", err, func() bool { return len(page.Keys) == 2 })
		return told
	}

	if try("nothing") {
		t.Fatal("damage is told although nothing was changed")
	}
	all := sealedRecords(t, v.path)
	if len(all) != 9 {
		t.Fatalf("there are %d sealed records", len(all))
	}
	for _, r := range all {
		what := fmt.Sprintf("%s %q", r.bucket, r.key)
		bad := map[string]string{
			"cut": r.value[:len(r.value)-1], "longer": r.value + "x", "one byte": r.value[:1], "a header": r.value[:28], "text": "hello",
			"another version": "\x02" + r.value[1:],
		}
		for i := range 14 {
			at := i * (len(r.value) - 1) / 13
			bad[fmt.Sprint("bit of byte ", at)] = r.value[:at] + string(r.value[at]^1<<(i%8)) + r.value[at+1:]
		}
		for _, other := range all { // what is sealed for another place
			if other.bucket == r.bucket && other.key != r.key {
				bad[fmt.Sprintf("that of %q", other.key)] = other.value
			}
		}
		for how, value := range bad {
			r.put(t, v.path, value)
			if !try(what + ", " + how) {
				t.Errorf("%s, %s: no damage is told", what, how)
			}
		}
		r.put(t, v.path, r.value)
	}
	for _, r := range all {
		change(t, v.path, func(tx *bolt.Tx) error { return tx.Bucket([]byte(r.bucket)).Delete([]byte(r.key)) })
		v.open()
		if r.bucket == "kms material" || r.bucket == "crosscloud" { // others are not missed
			_, err := v.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: old, Context: "c"})
			_, err2 := v.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: now, Context: "c"})
			_, err3 := v.Sign(ctx, &sign)
			if errs.CodeOf(err) != errs.Corrupt && errs.CodeOf(err2) != errs.Corrupt && errs.CodeOf(err3) != errs.Corrupt {
				t.Errorf("without %s %q: %v, %v, %v", r.bucket, r.key, err, err2, err3)
			}
		}
		v.close()
		r.put(t, v.path, r.value)
	}
	if try("all put back") {
		t.Error("damage is told after all was put back")
	}
}

// A record is what the documentation says, and so is a ciphertext: the standard library opens them with the root key.
func TestFileFormatOfKeys(t *testing.T) {
	root := secret.New(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	v := &vault{T: t, clock: newClock(), path: filepath.Join(t.TempDir(), "keys.db"), root: root}
	v.open()
	ctx := t.Context()
	ids := map[string]string{
		"aes": v.aes("aes"), "sm4": v.key("sm4", driver.SM4, driver.EncryptDecrypt), "rsa": v.key("rsa", driver.RSA2048, driver.EncryptDecrypt),
		"ec": v.key("ec", driver.ECP256, driver.SignVerify), "sm2": v.key("sm2", driver.SM2, driver.EncryptDecrypt),
	}
	v.done(second(v.RotateNow(ctx, &driver.RotateNowRequest{KeyID: ids["aes"]})))
	aesSealed, sm4Sealed := v.encrypt(ids["aes"], "plain", `{"a":"b"}`), v.encrypt(ids["sm4"], "plain", "")
	dataKey, err := v.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: ids["aes"], Bytes: 40, Context: "c"})
	must(t, dataKey, err)
	pairs := map[string][]byte{}
	for name, algorithm := range map[string]driver.EncryptionAlgorithm{"rsa": driver.RSAOAEPSHA256, "sm2": driver.SM2Encrypt} {
		res, err := v.AsymmetricEncrypt(ctx, &driver.AsymmetricEncryptRequest{KeyID: ids[name], Algorithm: algorithm, Plaintext: []byte("plain")})
		pairs[name] = must(t, res, err).Ciphertext.Blob
	}
	signed, err := v.Sign(ctx, &driver.SignRequest{KeyID: ids["ec"], Algorithm: driver.ECDSASHA256, Message: []byte("m")})
	must(t, signed, err)
	v.close()

	block, err := aes.NewCipher(bytes.Repeat([]byte{7}, 32))
	v.done(err)
	gcm, err := cipher.NewGCM(block)
	v.done(err)
	opened := map[string][]byte{}
	for _, r := range sealedRecords(t, v.path) {
		content, err := gcm.Open(nil, []byte(r.value[1:13]), []byte(r.value[13:]), []byte("crosscloud kms 1\x00"+r.bucket+"\x00"+r.key))
		if err != nil || r.value[0] != 1 {
			t.Fatalf("%s %q: version %d, %v", r.bucket, r.key, r.value[0], err)
		}
		opened[r.bucket+" "+r.key] = content
	}
	secretOf := func(name string, version byte) []byte {
		id := ids[name]
		return opened["kms material \x00"+string(rune(len(id)))+id+"\x00\x00\x00\x00\x00\x00\x00"+string(rune(version))]
	}
	if got := string(opened["kms names aes"]); got != ids["aes"] {
		t.Errorf("the name belongs to %q", got)
	}
	if got := string(opened["crosscloud root key"]); got != "crosscloud" {
		t.Errorf("noted of the root key: %q", got)
	}
	var described struct{ Name, Spec, Usage, Origin string }
	if text := opened["kms keys "+ids["sm2"]]; text[0] != 1 || json.Unmarshal(text[1:], &described) != nil || fmt.Sprint(described) != "{sm2 SM2 ENCRYPT_DECRYPT PROVIDER}" {
		t.Errorf("a key is %q", text)
	}
	for version := byte(1); version <= 2; version++ {
		if n := len(secretOf("aes", version)); n != 32 {
			t.Errorf("version %d has %d bytes", version, n)
		}
	}
	aesBlock, err := aes.NewCipher(secretOf("aes", 2))
	v.done(err)
	v.openedBy(aesBlock, aesSealed, ids["aes"], 2, 'd', `{"a":"b"}`, "plain")
	v.openedBy(aesBlock, dataKey.Ciphertext, ids["aes"], 2, 'k', "c", string(dataKey.Plaintext))
	sm4Block, err := sm4.NewCipher(secretOf("sm4", 1))
	v.done(err)
	v.openedBy(sm4Block, sm4Sealed, ids["sm4"], 1, 'd', "", "plain")
	rsaKey, err := x509.ParsePKCS8PrivateKey(secretOf("rsa", 1))
	v.done(err)
	if got, err := rsa.DecryptOAEP(sha256.New(), nil, rsaKey.(*rsa.PrivateKey), pairs["rsa"], nil); err != nil || string(got) != "plain" {
		t.Errorf("RSA: %q, %v", got, err)
	}
	sm2Key, err := smx509.ParsePKCS8PrivateKey(secretOf("sm2", 1))
	v.done(err)
	if got, err := sm2.Decrypt(sm2Key.(*sm2.PrivateKey), pairs["sm2"]); err != nil || string(got) != "plain" {
		t.Errorf("SM2: %q, %v", got, err)
	}
	ecKey, err := x509.ParsePKCS8PrivateKey(secretOf("ec", 1))
	v.done(err)
	sum := sha256.Sum256([]byte("m"))
	if !ecdsa.VerifyASN1(&ecKey.(*ecdsa.PrivateKey).PublicKey, sum[:], signed.Signature) {
		t.Error("ECDSA: not signed by the stored key")
	}
	for _, name := range []string{"aes", "sm4", "rsa", "ec", "sm2"} { // nothing is there in the clear
		for _, r := range sealedRecords(t, v.path) {
			if strings.Contains(r.value, string(secretOf(name, 1))) {
				t.Errorf("the material of %s is in the clear", name)
			}
		}
	}
}
