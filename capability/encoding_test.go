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

func ExampleKeyEncoding() {
	spelled := capability.UnderscoreHex.Encode("eu/flags.json")
	key, err := capability.UnderscoreHex.Decode(spelled)
	fmt.Println(spelled)
	fmt.Println(key, err)
	// Output:
	// eu_2Fflags_2Ejson
	// eu/flags.json <nil>
}
