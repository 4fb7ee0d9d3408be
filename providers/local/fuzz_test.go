package local

import (
	"bytes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// Whatever stands in a file, or comes as a cursor or a ciphertext, it is what this version writes, or refused.
func FuzzRecords(f *testing.F) {
	root := testRoot(f)
	for _, r := range []record{{}, {value: []byte("v")}, {expires: true, expiry: time.Unix(1, 2), metadata: []byte(`{"a":1}`), value: []byte("v")}} {
		f.Add(r.encode(), "")
	}
	key := []byte("\x01" + `{"name":"n","spec":"AES_256","usage":"ENCRYPT_DECRYPT","origin":"PROVIDER","enabled":true,"created":"2026-03-01T12:00:00Z","versions":[{"created":"2026-03-01T12:00:00Z"}]}`)
	f.Add(key, "")
	f.Add(seal(root, keyBucket, "k", key), "")
	f.Add([]byte{}, "")
	f.Add([]byte("\x01{}"), "")
	f.Add([]byte("\x01"+`{"name":"w","owner":"o","created":"2026-03-01T12:00:00Z","updated":"2026-03-01T12:00:00Z","options":{"a":"b"},"limits":{"rum":{"enabled":true,"value":1}}}`), "")
	f.Add([]byte("\x01"+`{"name":"k","secret":"s","roles":["general"],"created":"2026-03-01T12:00:00Z"}`), "")
	f.Add(append(blobHead(blobData, "key-a", 1), make([]byte, 40)...), "")
	f.Add(blobHead(blobDataKey, "", 1<<40), "")
	f.Add([]byte("clk\x01d\xff\xff"), "")
	f.Add([]byte("AAAA"), "p")
	f.Add([]byte(place{1, "p1"}.cursor("p")), "p")
	f.Add([]byte(place{1, "p1"}.cursor("p")), "") // of another prefix
	f.Add([]byte("\x01p1"), "p")                  // what a cursor holds
	keys := listed(f)
	f.Fuzz(func(t *testing.T, b []byte, prefix string) {
		checkRecord(t, b)
		checkKeyRecord(t, root, b)
		checkKeyRecord(t, root, seal(root, keyBucket, "k", b))
		checkWorkspaceRecord(t, b)
		checkBlob(t, b)
		checkCursor(t, keys, string(b), prefix)
		// The fuzzer does not guess checksums.
		sum := binary.BigEndian.AppendUint32(nil, checksum(b, prefix))
		checkCursor(t, keys, base64.RawURLEncoding.EncodeToString(append(sum, b...)), prefix)
	})
}

// listed is a namespace in memory that holds two keys.
func listed(f *testing.F) kvdriver.Namespace {
	f.Helper()
	account, err := Open(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = account.Close() })
	service, err := account.KVService(KVOptions{})
	if err != nil {
		f.Fatal(err)
	}
	if _, err := service.(kvdriver.NamespaceCreator).CreateNamespace(f.Context(), &kvdriver.CreateNamespaceRequest{Name: "ns"}); err != nil {
		f.Fatal(err)
	}
	n, err := service.OpenNamespace(kvdriver.NamespaceRef{Name: "ns"})
	if err != nil {
		f.Fatal(err)
	}
	for _, key := range []string{"p1", "p2"} {
		if _, err := n.Put(f.Context(), &kvdriver.PutRequest{Key: key, Value: []byte("v")}); err != nil {
			f.Fatal(err)
		}
	}
	return n
}

// A cursor that is accepted is one that a listing of the prefix would return.
func checkCursor(t *testing.T, n kvdriver.Namespace, cursor, prefix string) {
	at, err := parseCursor(cursor, prefix)
	if err == nil && (!strings.HasPrefix(at.after, prefix) || at.after == "" || at.listed < 0) {
		t.Errorf("%q of %q leads to %+v", cursor, prefix, at)
	}
	if err == nil {
		raw, _ := base64.RawURLEncoding.DecodeString(cursor)
		if len(raw) < 4 || binary.BigEndian.Uint32(raw) != crc32.ChecksumIEEE(append([]byte(prefix), raw[4:]...)) {
			t.Errorf("%q is accepted for the prefix %q", cursor, prefix)
		}
	}
	if err == nil { // a number may be spelled with more bytes than it needs
		if again, err := parseCursor(at.cursor(prefix), prefix); err != nil || again != at {
			t.Errorf("%+v became %+v, %v", at, again, err)
		}
	}
	page, err := n.List(t.Context(), &kvdriver.ListRequest{Prefix: prefix, Cursor: cursor, PageSize: 1})
	if e, ok := err.(*errs.Error); err != nil && (!ok || e.Code != errs.InvalidArgument) {
		t.Errorf("%T %v", err, err)
	}
	if err == nil && cursor != "" && page.Cursor == cursor {
		t.Errorf("the cursor %q stands still", cursor)
	}
}

// What is stored of a workspace or of an API key is read whole, or Corrupt.
func checkWorkspaceRecord(t *testing.T, b []byte) {
	w, err := decodeWorkspace("w", b)
	if err != nil {
		if errs.CodeOf(err) != errs.Corrupt {
			t.Errorf("%v", err)
		}
	} else if content, err := encodeJSON(&w); err != nil {
		t.Errorf("what was read cannot be written: %v", err)
	} else if again, err := decodeWorkspace("w", content); err != nil || !reflect.DeepEqual(again.info("w"), w.info("w")) {
		t.Errorf("%+v became %+v, %v", w, again, err)
	}
	var k apiKeyRecord
	if decodeJSON(b, &k) == nil {
		content, err := encodeJSON(&k)
		var again apiKeyRecord
		if err != nil || decodeJSON(content, &again) != nil || again.key("k").Secret.Reveal() != k.Secret || again.Name != k.Name {
			t.Errorf("%+v became %+v, %v", k, again, err)
		}
	}
}

// Whatever can be decoded is what encoding makes of it, and nothing panics.
func checkRecord(t *testing.T, b []byte) {
	if r, err := decodeRecord(b); err == nil {
		if again := r.encode(); !bytes.Equal(again, b) {
			t.Errorf("%q became %+v and that %q", b, r, again)
		}
	}
	if n, err := decodeNamespace(b); err == nil {
		if again := n.encode(); !bytes.Equal(again, b) {
			t.Errorf("%q became %+v and that %q", b, n, again)
		}
	}
}

// Whatever stands in the file, it is a key or Corrupt.
func checkKeyRecord(t *testing.T, root cipher.AEAD, b []byte) {
	k, err := decodeKey(root, "k", b)
	if err != nil {
		if errs.CodeOf(err) != errs.Corrupt {
			t.Errorf("%v", err)
		}
		return
	}
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	_, _, _, _, _ = k.deleted(now), k.expired(now), k.rotatesBy(now), k.state(), k.info("k")
	content, err := encodeJSON(&k)
	if err != nil {
		t.Fatalf("what was read cannot be written: %v", err)
	}
	again, err := decodeKey(root, "k", seal(root, keyBucket, "k", content))
	if err != nil {
		t.Fatalf("what was written cannot be read: %v", err)
	}
	if same, err := encodeJSON(&again); err != nil || !bytes.Equal(same, content) {
		t.Errorf("written and read again: %s, %v, was %s", same, err, content)
	}
}

// Whatever is given as a ciphertext is taken apart into what it was put together from, or refused.
func checkBlob(t *testing.T, b []byte) {
	p, ok := parseBlob(b)
	if !ok {
		return
	}
	if whole := append(append(blobHead(p.kind, p.id, p.version), p.nonce...), p.sealed...); !bytes.Equal(whole, b) || len(p.nonce) != nonceBytes {
		t.Errorf("%q was taken apart into %+v", b, p)
	}
}
