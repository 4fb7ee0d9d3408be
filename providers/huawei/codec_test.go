package huawei

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm3"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

func TestTimes(t *testing.T) {
	for text, want := range map[scalar]time.Time{
		"": {}, "0": {},
		"1502799822000":   time.Date(2017, 8, 15, 12, 23, 42, 0, time.UTC),
		"1502799822001":   time.Date(2017, 8, 15, 12, 23, 42, 1e6, time.UTC),
		"1502799822":      time.Date(2017, 8, 15, 12, 23, 42, 0, time.UTC),
		"99999999999":     time.Date(5138, 11, 16, 9, 46, 39, 0, time.UTC), // the last that are seconds
		"100000000000":    time.Date(1973, 3, 3, 9, 46, 40, 0, time.UTC),   // the first that are milliseconds
		"253402300799999": time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC),
	} {
		if got, ok := parseTime(text); !ok || !got.Equal(want) || got.IsZero() != want.IsZero() {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
	for _, text := range []scalar{"-1", "253402300800000", "1.5", "1e12", "soon", " 1", "0x1", "99999999999999999999"} {
		if got, ok := parseTime(text); ok {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestScalar(t *testing.T) {
	for text, want := range map[string]scalar{`"a"`: "a", `""`: "", `null`: "", `12`: "12", `true`: "true", `-1.5e3`: "-1.5e3", `"\u00e9"`: "é"} {
		var s scalar
		if err := json.Unmarshal([]byte(text), &s); err != nil || s != want {
			t.Errorf("%s: %q, %v", text, s, err)
		}
	}
	for _, text := range []string{`{}`, `[]`, `["a"]`} {
		var s scalar
		if err := json.Unmarshal([]byte(text), &s); err == nil {
			t.Errorf("%s: %q", text, s)
		}
	}
}

func TestWords(t *testing.T) {
	for theirs, ours := range map[scalar]driver.State{
		"1": driver.Unavailable, "2": driver.Enabled, "3": driver.Disabled, "4": driver.PendingDeletion, "5": driver.PendingImport, "7": driver.Unavailable,
		"6": "6", "new": "new",
	} {
		if got := fromVendor[driver.State](states, theirs); got != ours {
			t.Errorf("state %s is %s", theirs, got)
		}
	}
	if got := fromVendor[driver.Spec](specs, "SECP256K1"); got != driver.ECSecp256k1 {
		t.Error(got)
	}
	if got := fromVendor[driver.Spec](specs, "ML-DSA-44"); got != "ML-DSA-44" {
		t.Error(got)
	}
	if a, b := fromVendor[driver.Origin](origins, "external"), fromVendor[driver.Origin](origins, "kms"); a != driver.External || b != driver.FromProvider {
		t.Error(a, b)
	}
	// Page "Signing a Message".
	for ours, theirs := range map[driver.SignatureAlgorithm]string{
		driver.RSAPSSSHA256: "RSASSA_PSS_SHA_256", driver.RSAPSSSHA384: "RSASSA_PSS_SHA_384", driver.RSAPSSSHA512: "RSASSA_PSS_SHA_512",
		driver.RSAPKCS1SHA256: "RSASSA_PKCS1_V1_5_SHA_256", driver.RSAPKCS1SHA384: "RSASSA_PKCS1_V1_5_SHA_384", driver.RSAPKCS1SHA512: "RSASSA_PKCS1_V1_5_SHA_512",
		driver.ECDSASHA256: "ECDSA_SHA_256", driver.ECDSASHA384: "ECDSA_SHA_384", driver.SM2SM3: "SM2DSA_SM3", "ECDSA_SHA_512": "ECDSA_SHA_512",
	} {
		if got := toVendor(signatures, ours); got != theirs {
			t.Errorf("%s is %s", ours, got)
		}
	}
	if a, b := toVendor(encryptions, driver.RSAOAEPSHA256), toVendor(encryptions, driver.SM2Encrypt); a != "RSAES_OAEP_SHA_256" || b != "SM2_ENCRYPT" {
		t.Error(a, b)
	}
}

// What a key is described by, word for word.
func TestKeyInfo(t *testing.T) {
	var reply describeReply
	err := json.Unmarshal([]byte(`{"key_info":{"key_id":"k","domain_id":"d","key_alias":"a/default","realm":"r","key_spec":"SM4","key_usage":"MAC","key_description":"text",
		"creation_date":1502799822,"scheduled_deletion_date":"1502799823000","key_state":"4","default_key_flag":"1","key_type":"1","expiration_time":"1502799824000",
		"origin":"external","key_rotation_enabled":"true","sys_enterprise_project_id":"0","keystore_id":"0","key_label":"l","partition_type":1}}`), &reply)
	if err != nil {
		t.Fatal(err)
	}
	got, fault := reply.KeyInfo.info()
	want := driver.KeyInfo{
		ID: "k", Name: "a/default", Description: "text", Spec: driver.SM4, Usage: "MAC", State: driver.PendingDeletion, Origin: driver.External,
		CreatedAt: time.Unix(1502799822, 0).UTC(), DeletionAt: time.Unix(1502799823, 0).UTC(), MaterialExpiresAt: time.Unix(1502799824, 0).UTC(),
		RotationEnabled: true, ServiceOwned: true,
		Vendor: map[string]string{
			"key_spec": "SM4", "key_usage": "MAC", "key_state": "4", "origin": "external", "domain_id": "d", "realm": "r", "key_type": "1", "default_key_flag": "1",
			"sys_enterprise_project_id": "0", "keystore_id": "0", "key_label": "l", "partition_type": "1", "expiration_time": "1502799824000",
		},
	}
	if fault != "" || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %q", got, fault)
	}
}

func TestCreateBodies(t *testing.T) {
	const sequence = "919c82d4-8046-4722-9094-35c3c6524cff"
	for _, c := range []struct {
		enterprise string
		request    driver.CreateKeyRequest
		want       string
	}{
		{"", driver.CreateKeyRequest{Name: "n", Spec: driver.SM2, Usage: driver.SignVerify, Origin: driver.FromProvider},
			`{"key_alias":"n","key_spec":"SM2","key_usage":"SIGN_VERIFY","origin":"kms"}`},
		{"ep", driver.CreateKeyRequest{Name: "n", Description: "<d>", Spec: driver.AES256, Usage: driver.EncryptDecrypt, Origin: driver.External},
			`{"key_alias":"n","key_spec":"AES_256","key_usage":"ENCRYPT_DECRYPT","key_description":"<d>","origin":"external","enterprise_project_id":"ep"}`},
		{"ep", driver.CreateKeyRequest{Name: "n", Spec: driver.ECSecp256k1, Usage: driver.SignVerify, Origin: driver.FromProvider,
			Options: map[string]string{"enterprise_project_id": "0", "keystore_id": "1", "sequence": sequence}},
			`{"key_alias":"n","key_spec":"SECP256K1","key_usage":"SIGN_VERIFY","origin":"kms","enterprise_project_id":"0","keystore_id":"1","sequence":"` + sequence + `"}`},
	} {
		body, err := encodeCreate(&c.request, c.enterprise)
		if err != nil {
			t.Error(err)
			continue
		}
		if got, err := wire.EncodeJSON(body); string(got) != c.want || err != nil {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	for name, value := range map[string]string{"vm_id": "v", "sequence": "short", "": "x"} {
		_, err := encodeCreate(&driver.CreateKeyRequest{Name: "n", Options: map[string]string{name: value}}, "")
		if e, ok := err.(*errs.Error); !ok || e.Code != errs.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDataKeyDigests(t *testing.T) {
	// The vendor's page "Encrypting a DEK" has this key and its digest.
	const page = "7549d9aea901767bf3c0b3e14b10722eaf6f59053bbd82045d04e075e809a0fe6ccab48f8e5efe74e4b18ff0512525e527b10331100f357bf42125d8d5ced94f"
	key, _ := hex.DecodeString(page)
	sm := sm3.Sum(key)
	for _, digest := range []string{
		"fbc8ac72b0785ca7fe33eb6776ce3990b11e32b299d9c0a9ee0305fb9540f797", "FBC8AC72B0785CA7FE33EB6776CE3990B11E32B299D9C0A9EE0305FB9540F797", hex.EncodeToString(sm[:]),
	} {
		r := dataKeyReply{DataKey: page, Length: "64", Digest: digest}
		if got, fault := r.key(64); fault != "" || hex.EncodeToString(got) != page {
			t.Errorf("%s: %s", digest, fault)
		}
	}
	wrong := sha256.Sum256(key[:63])
	for _, r := range []dataKeyReply{
		{DataKey: page, Length: "64", Digest: hex.EncodeToString(wrong[:])}, {DataKey: page, Length: "63", Digest: "fbc8ac72b0785ca7fe33eb6776ce3990b11e32b299d9c0a9ee0305fb9540f797"},
	} {
		if got, fault := r.key(64); fault == "" || got != nil {
			t.Error(len(got), fault)
		}
	}
}

func TestEncodeImport(t *testing.T) {
	body, err := encodeImport(&driver.ImportKeyMaterialRequest{KeyID: "k", Wrapped: []byte{0xff, 0}, Token: []byte("AA=="), ExpiresAt: time.Unix(1550291833, 0)})
	got, _ := wire.EncodeJSON(body)
	if err != nil || string(got) != `{"key_id":"k","import_token":"AA==","encrypted_key_material":"/wA=","expiration_time":1550291833}` {
		t.Errorf("%s, %v", got, err)
	}
	body, _ = encodeImport(&driver.ImportKeyMaterialRequest{KeyID: "k"})
	if got, _ := wire.EncodeJSON(body); strings.Contains(string(got), "expiration") {
		t.Errorf("%s", got)
	}
}

func TestEncodeReEncrypt(t *testing.T) {
	for want, kind := range map[string]driver.CiphertextKind{
		`{"cipher_text":"AgDoAG7EsEc2OHpQ","source_key_id":"k","source_additional_authenticated_data":"old","destination_key_id":"n","destination_additional_authenticated_data":"new"}`:                              driver.KindData,
		`{"cipher_text":"AgDoAG7EsEc2OHpQ","source_key_id":"k","source_additional_authenticated_data":"old","destination_key_id":"n","destination_additional_authenticated_data":"new","datakey_cipher_length":"32"}`: driver.KindDataKey,
	} {
		n := 0
		if kind == driver.KindDataKey {
			n = 32
		}
		body, err := encodeReEncrypt(&driver.ReEncryptRequest{Ciphertext: blob(kind, n), Context: "old", NewKeyID: "n", NewContext: "new"})
		if got, _ := wire.EncodeJSON(body); err != nil || string(got) != want {
			t.Errorf("%s, %v", got, err)
		}
	}
}

// The signature of an empty message is that of its digest.
func TestEmptyMessages(t *testing.T) {
	// FIPS 180-4: SHA-256, SHA-384 and SHA-512 of nothing.
	const s256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	const s384 = "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"
	const s512 = "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
	for algorithm, want := range map[driver.SignatureAlgorithm]string{
		driver.RSAPSSSHA256: s256, driver.RSAPKCS1SHA256: s256, driver.ECDSASHA256: s256, driver.RSAPSSSHA384: s384, driver.RSAPKCS1SHA384: s384,
		driver.ECDSASHA384: s384, driver.RSAPSSSHA512: s512, driver.RSAPKCS1SHA512: s512,
	} {
		body, err := encodeSign(&driver.SignRequest{KeyID: "k", Algorithm: algorithm, Message: []byte{}}, nil)
		digest, _ := hex.DecodeString(want)
		if err != nil || body.MessageType != "DIGEST" || body.Message != wire.ToBase64(digest) {
			t.Errorf("%s: %+v, %v", algorithm, body, err)
		}
	}
	body, _ := encodeSign(&driver.SignRequest{KeyID: "k", Algorithm: driver.ECDSASHA256, Message: []byte("m")}, nil)
	if body.MessageType != "RAW" || body.Message != "bQ==" || body.Signature != "" {
		t.Errorf("%+v", body)
	}
}

// Text that may have been made of bytes is not taken for them.
func TestPlaintexts(t *testing.T) {
	for _, c := range []struct {
		reply plainReply
		text  bool
		want  string
		fault bool
	}{
		{plainReply{KeyID: "k", PlainText: "hello"}, true, "hello", false},
		{plainReply{KeyID: "k", PlainText: "hello"}, false, "hello", false},
		{plainReply{KeyID: "k", PlainText: "a\ufffd"}, true, "a\ufffd", false},
		{plainReply{KeyID: "k", PlainText: "a\ufffd"}, false, "", true},
		{plainReply{KeyID: "k", PlainText: "a\ufffd", Base64: "Yf8="}, false, "a\xff", false},
		{plainReply{KeyID: "k", Base64: "AA=="}, false, "\x00", false},
		{plainReply{KeyID: "k", Base64: "AB=="}, false, "", true}, // not the way to write that byte
		{plainReply{PlainText: "hello"}, true, "", true},
	} {
		got, fault := c.reply.bytes(c.text)
		if string(got) != c.want || (fault != "") != c.fault {
			t.Errorf("%+v: %q, %q", c.reply, got, fault)
		}
	}
}
