package capability_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/capability"
	"github.com/crosscloud-sdk/crosscloud/errs"
)

func TestUnderscoreHexSpellings(t *testing.T) {
	for key, want := range map[string]string{
		"":             "",
		"Az09-":        "Az09-",
		"a/b":          "a_2Fb",
		"_":            "_5F",
		"a_2Fb":        "a_5F2Fb",
		"flags:dark.1": "flags_3Adark_2E1",
		" \x00\x7f":    "_20_00_7F",
		"é":            "_C3_A9",
		"世x":           "_E4_B8_96x",
		"😀":            "_F0_9F_98_80",
		"/":            "_2F",
		"@[`{":         "_40_5B_60_7B", // the neighbours of the letters
		":;":           "_3A_3B",
	} {
		if got := capability.UnderscoreHex.Encode(key); got != want {
			t.Errorf("%q is spelled %q, want %q", key, got, want)
		}
		got, err := capability.UnderscoreHex.Decode(want)
		if err != nil || got != key {
			t.Errorf("%q is read as %q, %v", want, got, err)
		}
	}
}

func TestUnderscoreHexRefusesOtherSpellings(t *testing.T) {
	for _, spelled := range []string{
		"_", "a_", "_2", "a_2", "_2f", "_G0", "_0G", "_41", "_2D", "a/b", "a b", "é", "__2F", "_ 2F", "_2F_", "\xff", "a.b", "_FF", "_E4_B8",
	} {
		key, err := capability.UnderscoreHex.Decode(spelled)
		if !errors.Is(err, errs.Corrupt) || key != "" {
			t.Errorf("%q is read as %q, %v", spelled, key, err)
			continue
		}
		if !strings.Contains(err.Error(), strconv.Quote(errs.Printable(spelled))) && utf8.ValidString(spelled) {
			t.Errorf("the error does not name %q: %v", spelled, err)
		}
	}
}

func TestPlainKeys(t *testing.T) {
	for _, key := range []string{"", "a/b", "_zz", "\xff", "世"} {
		if got := capability.PlainKeys.Encode(key); got != key {
			t.Errorf("%q is spelled %q", key, got)
		}
		if got, err := capability.PlainKeys.Decode(key); got != key || err != nil {
			t.Errorf("%q is read as %q, %v", key, got, err)
		}
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

func FuzzKeyEncoding(f *testing.F) {
	for _, pair := range [][2]string{
		{"", ""}, {"a", "b"}, {"a/b", "a_2Fb"}, {"_", "_5F"}, {"_2", "F"}, {"\xe4\xb8", "\x96"}, {"世", "_E4_B8_96"}, {"é\x00", "%2F"}, {"_41", "A"},
	} {
		f.Add(pair[0], pair[1])
	}
	written := capability.Chars("A-Za-z0-9_-")
	f.Fuzz(func(t *testing.T, a, b string) {
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
		if bad, found := written.FirstOutside(spelledA); found {
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
	})
}

func ExampleKeyEncoding() {
	spelled := capability.UnderscoreHex.Encode("eu/flags.json")
	key, err := capability.UnderscoreHex.Decode(spelled)
	fmt.Println(spelled)
	fmt.Println(key, err)
	// Output:
	// eu_2Fflags_2Ejson
	// eu/flags.json <nil>
}
