package driver_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/capability"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// What is encoded is read back as it was, and nothing else is read at all.
func FuzzEncodings(f *testing.F) {
	for _, pair := range [][2]string{
		{"", ""}, {"a", "b"}, {"a/b", "a_2Fb"}, {"_", "_5F"}, {"_2", "F"}, {"\xe4\xb8", "\x96"}, {"世", "_E4_B8_96"}, {"é\x00", "%2F"}, {"_41", "A"},
		{"f", ""}, {"\x00\xff", ""}, {"\xfb\xff\xfe", ""}, {"Zg==", ""}, {"Zm9v\n", ""}, {"Zh==", ""},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		checkKeyEncoding(t, a, b)
		checkValueEncoding(t, []byte(a))
	})
}

func checkKeyEncoding(t *testing.T, a, b string) {
	e := capability.UnderscoreHex
	spelledA, spelledB := e.Encode(a), e.Encode(b)
	if spelledA != encodeJS(a) {
		t.Errorf("%q is spelled %q, in JavaScript %q", a, spelledA, encodeJS(a))
	}
	got, err := e.Decode(spelledA)
	if utf8.ValidString(a) && (err != nil || got != a) {
		t.Errorf("%q is spelled %q and read as %q, %v", a, spelledA, got, err)
	}
	if !utf8.ValidString(a) && !errors.Is(err, errs.Corrupt) { // no key is such
		t.Errorf("%q is read as %q, %v", spelledA, got, err)
	}
	if (a == b) != (spelledA == spelledB) {
		t.Errorf("%q and %q are spelled %q and %q", a, b, spelledA, spelledB)
	}
	if got := e.Encode(a + b); got != spelledA+spelledB {
		t.Errorf("%q+%q is spelled %q, not %q+%q", a, b, got, spelledA, spelledB)
	}
	if bad, found := capability.Chars("A-Za-z0-9_-").FirstOutside(spelledA); found {
		t.Errorf("%q is spelled %q, with %q", a, spelledA, bad)
	}
	if utf8.ValidString(a) {
		if got, err := decodeURIComponent(strings.ReplaceAll(spelledA, "_", "%")); err != nil || got != a {
			t.Errorf("JavaScript reads %q as %q, %v", spelledA, got, err)
		}
	}
	for _, given := range []string{a, "_" + a, a + b} {
		if got, err := e.Decode(given); err == nil && e.Encode(got) != given {
			t.Errorf("%q is read as %q, which is spelled %q", given, got, e.Encode(got))
		} else if err != nil && !errors.Is(err, errs.Corrupt) {
			t.Errorf("%q: %v", given, err)
		}
	}
}

func checkValueEncoding(t *testing.T, value []byte) {
	e := driver.Base64
	stored := e.Encode(value)
	if want := base64.StdEncoding.EncodeToString(value); string(stored) != want {
		t.Errorf("%q is stored as %q, want %q", value, stored, want)
	}
	if got, err := e.Decode(stored); err != nil || !bytes.Equal(got, value) {
		t.Errorf("%q is stored as %q and read as %q, %v", value, stored, got, err)
	}
	if got, err := e.Decode(value); err == nil && !bytes.Equal(e.Encode(got), value) {
		t.Errorf("%q is read as %q, which is stored as %q", value, got, e.Encode(got))
	} else if err != nil && !errors.Is(err, errs.Corrupt) {
		t.Errorf("%q: %v", value, err)
	}
}

// encodeJS is the documented JavaScript that spells a key, step by step.
func encodeJS(key string) string {
	var parts []string
	for _, b := range []byte(key) {
		kept := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-", b) >= 0
		if kept {
			parts = append(parts, string(rune(b)))
		} else {
			digits := strings.ToUpper(strconv.FormatInt(int64(b), 16))
			parts = append(parts, "_"+strings.Repeat("0", 2-len(digits))+digits)
		}
	}
	return strings.Join(parts, "")
}

// decodeURIComponent is ECMA-262's function of that name, written from its text: escapes are UTF-8, a malformed
// sequence is an error, and everything else stays.
func decodeURIComponent(text string) (string, error) {
	octet := func(at int) (byte, error) {
		if at+2 >= len(text) || text[at] != '%' {
			return 0, errors.New("URIError")
		}
		n, err := strconv.ParseUint(text[at+1:at+3], 16, 8)
		return byte(n), err
	}
	var out strings.Builder
	for k := 0; k < len(text); k++ {
		if text[k] != '%' {
			out.WriteByte(text[k])
			continue
		}
		first, err := octet(k)
		if err != nil {
			return "", err
		}
		k += 2
		ones := 0
		for bit := byte(0x80); first&bit != 0; bit >>= 1 {
			ones++
		}
		if ones == 0 {
			out.WriteByte(first)
			continue
		}
		if ones == 1 || ones > 4 {
			return "", errors.New("URIError")
		}
		octets := []byte{first}
		for range ones - 1 {
			next, err := octet(k + 1)
			if err != nil {
				return "", err
			}
			k += 3
			octets = append(octets, next)
		}
		if !utf8.Valid(octets) {
			return "", errors.New("URIError")
		}
		out.Write(octets)
	}
	return out.String(), nil
}
