package kms_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
)

// native makes a ciphertext from a vendor's blob.
func native(t testing.TB, of kms.Ciphertext, blob string) kms.Ciphertext {
	t.Helper()
	ct, err := kms.NativeCiphertext(of, []byte(blob))
	if err != nil {
		t.Fatal(err)
	}
	return ct
}

// frames are binary forms written by hand, their checksums by a bitwise CRC-32C that gives e3069283 for "123456789".
func frames(t testing.TB) map[string]kms.Ciphertext {
	return map[string]kms.Ciphertext{
		"ccx\x01" + "\x05cloud" + "\x03k-1" + "\x02v7" + "\x04data" + "\x00" + "\x00" + "\x03\xff\x00z" + "\x92\x85\xe2\x68": native(t,
			kms.Ciphertext{Vendor: "cloud", KeyID: "k-1", KeyVersion: "v7", Kind: kms.KindData}, "\xff\x00z"),
		// 256 bytes of plaintext are the uvarint 80 02, 200 bytes of blob c8 01.
		"ccx\x01" + "\x05cloud" + "\x00" + "\x00" + "\x07datakey" + "\x00" + "\x80\x02" + "\xc8\x01" + strings.Repeat("B", 200) + "\x13\xbe\x10\x31": native(t,
			kms.Ciphertext{Vendor: "cloud", Kind: kms.KindDataKey, PlaintextBytes: 256}, strings.Repeat("B", 200)),
		"ccx\x01" + "\x05cloud" + "\x01k" + "\x00" + "\x0aasymmetric" + "\x0fRSA_OAEP_SHA256" + "\x00" + "\x01x" + "\x3a\x1e\x87\xce": native(t,
			kms.Ciphertext{Vendor: "cloud", KeyID: "k", Kind: kms.KindAsymmetric, Algorithm: kms.RSAOAEPSHA256}, "x"),
	}
}

func TestCiphertextFrame(t *testing.T) {
	t.Parallel()
	for frame, want := range frames(t) {
		written, err := want.MarshalBinary()
		if err != nil || string(written) != frame {
			t.Errorf("wrote %x, %v\nwant  %x", written, err, frame)
		}
		data := []byte(frame)
		read, err := kms.ParseCiphertext(data)
		clear(data) // nothing of it is kept
		if err != nil || !read.Equal(want) {
			t.Errorf("read %v, %v, want %v", read, err, want)
		}
		text, err := want.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if read, err := kms.ParseCiphertext(string(text)); err != nil || !read.Equal(want) {
			t.Errorf("read %v, %v, want %v", read, err, want)
		}
	}
	const text = "ccx1.Y2N4AQVjbG91ZANrLTECdjcEZGF0YQAAA_8AepKF4mg" // by Python's base64
	want := native(t, kms.Ciphertext{Vendor: "cloud", KeyID: "k-1", KeyVersion: "v7", Kind: kms.KindData}, "\xff\x00z")
	if written, err := want.MarshalText(); err != nil || string(written) != text {
		t.Errorf("wrote %s, %v, want %s", written, err, text)
	}
}

// refuses fails the test if a form is read, or written over the value that was there.
func refuses(t *testing.T, what string, form []byte) {
	t.Helper()
	ct, err := kms.ParseCiphertext(form)
	if errs.CodeOf(err) != errs.Corrupt || !ct.Equal(kms.Ciphertext{}) {
		t.Errorf("%s: read %v, %v", what, ct, err)
	}
}

// TestCiphertextDamage flips every bit of both forms, cuts them everywhere, and makes them longer at every place.
func TestCiphertextDamage(t *testing.T) {
	t.Parallel()
	for frame, ct := range frames(t) {
		text, err := ct.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range [][]byte{[]byte(frame), text} {
			for i := range len(form) * 8 {
				damaged := bytes.Clone(form)
				damaged[i/8] ^= 1 << (i % 8)
				refuses(t, fmt.Sprintf("bit %d of %q flipped", i, form), damaged)
			}
			for i := range len(form) {
				refuses(t, fmt.Sprintf("%q cut to %d bytes", form, i), form[:i])
				refuses(t, fmt.Sprintf("%q without its first %d bytes", form, i+1), form[i+1:])
			}
			for i := range len(form) + 1 {
				for _, more := range []string{"\x00", "A", "\n", "\r\n", "=", " ", string(form)} {
					longer := string(form[:i]) + more + string(form[i:])
					refuses(t, fmt.Sprintf("%q with %q at %d", form, more, i), []byte(longer))
				}
			}
		}
	}
}

// framed gives a body, which is all after the magic, its magic and checksum.
func framed(body string) []byte {
	frame := []byte("ccx\x01" + body)
	return binary.BigEndian.AppendUint32(frame, crc32.Checksum(frame, crc32.MakeTable(crc32.Castagnoli)))
}

// TestCiphertextNotCanonical reads frames whose checksum is right.
func TestCiphertextNotCanonical(t *testing.T) {
	t.Parallel()
	const good = "\x05cloud" + "\x01k" + "\x00" + "\x04data" + "\x00" + "\x00" + "\x01x"
	if _, err := kms.ParseCiphertext(framed(good)); err != nil {
		t.Fatal(err)
	}
	long := func(n int) string { return string(binary.AppendUvarint(nil, uint64(n))) + strings.Repeat("a", n) }
	for what, body := range map[string]string{
		"nothing":                       "",
		"only zeros":                    "\x00\x00\x00\x00\x00\x00\x00",
		"a trailing byte":               good + "\x00",
		"a length in two bytes":         "\x85\x00cloud" + "\x01k" + "\x00" + "\x04data" + "\x00" + "\x00" + "\x01x",
		"a number in two bytes":         "\x05cloud" + "\x01k" + "\x00" + "\x07datakey" + "\x00" + "\x90\x00" + "\x01x",
		"a length over the end":         "\x05cloud" + "\x01k" + "\x00" + "\x04data" + "\x00" + "\x00" + "\x02x",
		"an endless length":             "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		"a huge length":                 "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"no vendor":                     "\x00" + "\x01k" + "\x00" + "\x04data" + "\x00" + "\x00" + "\x01x",
		"a vendor in capitals":          "\x05Cloud" + "\x01k" + "\x00" + "\x04data" + "\x00" + "\x00" + "\x01x",
		"a vendor of 33 letters":        long(33) + "\x01k" + "\x00" + "\x04data" + "\x00" + "\x00" + "\x01x",
		"a key id of 513 bytes":         "\x05cloud" + long(513) + "\x00" + "\x04data" + "\x00" + "\x00" + "\x01x",
		"a key id that is not UTF-8":    "\x05cloud" + "\x01\xff" + "\x00" + "\x04data" + "\x00" + "\x00" + "\x01x",
		"a version of 513 bytes":        "\x05cloud" + "\x01k" + long(513) + "\x04data" + "\x00" + "\x00" + "\x01x",
		"a version that is not UTF-8":   "\x05cloud" + "\x01k" + "\x01\xff" + "\x04data" + "\x00" + "\x00" + "\x01x",
		"an unknown kind":               "\x05cloud" + "\x01k" + "\x00" + "\x04date" + "\x00" + "\x00" + "\x01x",
		"no kind":                       "\x05cloud" + "\x01k" + "\x00" + "\x00" + "\x00" + "\x00" + "\x01x",
		"data with an algorithm":        "\x05cloud" + "\x01k" + "\x00" + "\x04data" + "\x03RSA" + "\x00" + "\x01x",
		"data with a plaintext length":  "\x05cloud" + "\x01k" + "\x00" + "\x04data" + "\x00" + "\x01" + "\x01x",
		"a data key without length":     "\x05cloud" + "\x01k" + "\x00" + "\x07datakey" + "\x00" + "\x00" + "\x01x",
		"a data key of 65537 bytes":     "\x05cloud" + "\x01k" + "\x00" + "\x07datakey" + "\x00" + "\x81\x80\x04" + "\x01x",
		"asymmetric without algorithm":  "\x05cloud" + "\x01k" + "\x00" + "\x0aasymmetric" + "\x00" + "\x00" + "\x01x",
		"an algorithm in small letters": "\x05cloud" + "\x01k" + "\x00" + "\x0aasymmetric" + "\x03rsa" + "\x00" + "\x01x",
		"an algorithm of 65 letters":    "\x05cloud" + "\x01k" + "\x00" + "\x0aasymmetric" + strings.ToUpper(long(65)) + "\x00" + "\x01x",
		"no blob":                       "\x05cloud" + "\x01k" + "\x00" + "\x04data" + "\x00" + "\x00" + "\x00",
		"a blob of 65537 bytes":         "\x05cloud" + "\x01k" + "\x00" + "\x04data" + "\x00" + "\x00" + long(65537),
	} {
		refuses(t, what, framed(body))
	}
	refuses(t, "another version", []byte("ccx\x02"+good+"\x00\x00\x00\x00"))
	refuses(t, "more than there can be", framed(good+strings.Repeat("a", 100_000)))
}

// TestCiphertextLimits writes and reads the longest of everything.
func TestCiphertextLimits(t *testing.T) {
	t.Parallel()
	longest := kms.Ciphertext{Vendor: strings.Repeat("a", 32), KeyID: strings.Repeat("k", 512), KeyVersion: strings.Repeat("v", 512), Kind: kms.KindDataKey, PlaintextBytes: 65536}
	ct := native(t, longest, strings.Repeat("b", 65536))
	frame, err := ct.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if read, err := kms.ParseCiphertext(frame); err != nil || !read.Equal(ct) {
		t.Error(err)
	}
	pair := native(t, kms.Ciphertext{Vendor: "a", Kind: kms.KindAsymmetric, Algorithm: kms.EncryptionAlgorithm(strings.Repeat("A", 64))}, "x")
	if frame, err = pair.MarshalBinary(); err != nil {
		t.Fatal(err)
	}
	if read, err := kms.ParseCiphertext(frame); err != nil || !read.Equal(pair) {
		t.Error(err)
	}
	for what, spoil := range map[string]func(*kms.Ciphertext){
		"vendor":    func(c *kms.Ciphertext) { c.Vendor += "a" },
		"key id":    func(c *kms.Ciphertext) { c.KeyID += "a" },
		"version":   func(c *kms.Ciphertext) { c.KeyVersion += "a" },
		"plaintext": func(c *kms.Ciphertext) { c.PlaintextBytes++ },
		"kind":      func(c *kms.Ciphertext) { c.Kind = "other" },
		"algorithm": func(c *kms.Ciphertext) { c.Algorithm = "RSA" },
	} {
		bad := ct
		spoil(&bad)
		for _, marshal := range []func() ([]byte, error){bad.MarshalBinary, bad.MarshalText} {
			_, err := marshal()
			expectCode(t, err, errs.InvalidArgument, "not a ciphertext")
		}
		_, err := kms.NativeCiphertext(bad, []byte("b"))
		if errs.CodeOf(err) != errs.InvalidArgument {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, blob := range []string{"", strings.Repeat("b", 65537)} {
		_, err := kms.NativeCiphertext(kms.Ciphertext{Vendor: "a", Kind: kms.KindText}, []byte(blob))
		expectCode(t, err, errs.InvalidArgument, "1 to 65536 bytes")
	}
	_, err = kms.Ciphertext{}.MarshalText()
	expectCode(t, err, errs.InvalidArgument)
}

func TestCiphertextValue(t *testing.T) {
	t.Parallel()
	of := kms.Ciphertext{Vendor: "cloud", KeyID: "k", KeyVersion: "v", Kind: kms.KindData}
	blob := []byte("blob")
	ct, err := kms.NativeCiphertext(of, blob)
	if err != nil {
		t.Fatal(err)
	}
	clear(blob)
	clear(ct.Native())
	if string(ct.Native()) != "blob" {
		t.Errorf("the blob is shared: %q", ct.Native())
	}
	for what, other := range map[string]kms.Ciphertext{
		"vendor":  native(t, kms.Ciphertext{Vendor: "other", KeyID: "k", KeyVersion: "v", Kind: kms.KindData}, "blob"),
		"key":     native(t, kms.Ciphertext{Vendor: "cloud", KeyID: "l", KeyVersion: "v", Kind: kms.KindData}, "blob"),
		"version": native(t, kms.Ciphertext{Vendor: "cloud", KeyID: "k", KeyVersion: "w", Kind: kms.KindData}, "blob"),
		"kind":    native(t, kms.Ciphertext{Vendor: "cloud", KeyID: "k", KeyVersion: "v", Kind: kms.KindText}, "blob"),
		"blob":    native(t, of, "blobs"),
		"none":    {},
	} {
		if ct.Equal(other) {
			t.Errorf("equal in spite of another %s", what)
		}
	}
	if !ct.Equal(native(t, of, "blob")) {
		t.Error("not equal to the same")
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		if got, want := fmt.Sprintf(verb, ct), `ciphertext of 4 bytes, kind data, cloud key "k"`; got != want {
			t.Errorf("%s prints %q, want %q", verb, got, want)
		}
	}
	if got := fmt.Sprint(kms.Ciphertext{}); got != "no ciphertext" {
		t.Errorf("the zero one prints %q", got)
	}
	type row struct{ Number kms.Ciphertext }
	stored, err := json.Marshal(row{ct})
	if err != nil {
		t.Fatal(err)
	}
	var read row
	if err := json.Unmarshal(stored, &read); err != nil || !read.Number.Equal(ct) || !strings.HasPrefix(string(stored), `{"Number":"ccx1.`) {
		t.Errorf("JSON %s, %v, %v", stored, read, err)
	}
}

// TestCiphertextKeepsOnFailure: a failed read changes nothing.
func TestCiphertextKeepsOnFailure(t *testing.T) {
	t.Parallel()
	ct := native(t, kms.Ciphertext{Vendor: "cloud", Kind: kms.KindData}, "blob")
	kept := ct
	if ct.UnmarshalBinary([]byte("x")) == nil || ct.UnmarshalText([]byte("ccx1.x")) == nil || ct.UnmarshalText([]byte("x")) == nil || !ct.Equal(kept) {
		t.Error("read nonsense, or kept it")
	}
}

// FuzzCiphertext: what is read is written the same way again, in both forms.
func FuzzCiphertext(f *testing.F) {
	for frame, ct := range frames(f) {
		text, err := ct.MarshalText()
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(frame))
		f.Add(text)
		f.Add([]byte(frame[4 : len(frame)-4]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, form := range [][]byte{data, framed(string(data))} { // the fuzzer does not guess checksums
			ct, err := kms.ParseCiphertext(form)
			if err != nil {
				if errs.CodeOf(err) != errs.Corrupt {
					t.Fatalf("%q: %v", form, err)
				}
				continue
			}
			marshal := ct.MarshalBinary
			if bytes.HasPrefix(form, []byte("ccx1.")) {
				marshal = ct.MarshalText
			}
			if again, err := marshal(); err != nil || !bytes.Equal(again, form) {
				t.Fatalf("%q was read and written as %q, %v", form, again, err)
			}
		}
	})
}

// Types of the caller's that are text or bytes are parsed as they are.
func TestParseNamedTypes(t *testing.T) {
	t.Parallel()
	_, k := leanKey(t)
	ct, err := k.Encrypt(t.Context(), []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := ct.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	type column string
	if got, err := kms.ParseCiphertext(column(text)); err != nil || !got.Equal(ct) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := kms.ParseCiphertext(json.RawMessage(text)); err != nil || !got.Equal(ct) {
		t.Errorf("%v, %v", got, err)
	}
}
