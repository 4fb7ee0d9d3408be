package capability_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/capability"
)

// members returns the ASCII characters of an alphabet.
func members(a capability.Alphabet) string {
	var b strings.Builder
	for c := rune(0); c < 128; c++ {
		if a.Has(c) {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func TestChars(t *testing.T) {
	for set, want := range map[string]string{
		"":       "",
		"a":      "a",
		"a-e":    "abcde",
		"c-c":    "c",
		"a-cx-z": "abcxyz",
		"a-c-e":  "-abce",
		"-a":     "-a",
		"a-":     "-a",
		"-":      "-",
		"--/":    "-./",
		"?-B":    "?@AB", // across the two halves
		"\x00":   "\x00",
		"~-\x7f": "~\x7f",
	} {
		if got := members(capability.Chars(set)); got != want {
			t.Errorf("Chars(%q) has %q, want %q", set, got, want)
		}
	}
}

func TestCharsPanics(t *testing.T) {
	for _, set := range []string{"é", "a-é", "\x80", "z-a", "9-0"} {
		t.Run(set, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Errorf("Chars(%q) did not panic", set)
				}
			}()
			capability.Chars(set)
		})
	}
}

func TestAlphabetHas(t *testing.T) {
	for name, tc := range map[string]struct {
		a       capability.Alphabet
		in, out []rune
	}{
		"zero":    {capability.Alphabet{}, nil, []rune{0, 'a', 127, 128, 'é', 0x10FFFF, -1}},
		"any":     {capability.AnyText(), []rune{0, ' ', '?', '@', 127, 128, 'é', '世', 0x10FFFF}, []rune{-1}},
		"without": {capability.AnyText().Without("/A-C"), []rune{'.', '0', '@', 'D', 'é'}, []rune{'/', 'A', 'B', 'C'}},
		"chars":   {capability.Chars("0-9a"), []rune{'0', '9', 'a'}, []rune{'/', ':', 'b', 'A', 128, 'é'}},
	} {
		for _, r := range tc.in {
			if !tc.a.Has(r) {
				t.Errorf("%s: %q is not in", name, r)
			}
		}
		for _, r := range tc.out {
			if tc.a.Has(r) {
				t.Errorf("%s: %q is in", name, r)
			}
		}
	}
}

func TestAlphabetWithoutLeavesItsReceiver(t *testing.T) {
	a := capability.Chars("abc")
	if got := members(a.Without("b")); got != "ac" {
		t.Errorf("without b there is %q", got)
	}
	if got := members(capability.Chars("12ab").Without("23bc")); got != "1a" {
		t.Errorf("without what is not all in it, there is %q", got)
	}
	if a != capability.Chars("abc") {
		t.Error("Without changed its receiver")
	}
}

func TestAlphabetIntersect(t *testing.T) {
	all := capability.AnyText()
	for name, tc := range map[string]struct{ a, b, want capability.Alphabet }{
		"overlap":        {capability.Chars("a-m"), capability.Chars("k-z"), capability.Chars("k-m")},
		"disjoint":       {capability.Chars("a-m"), capability.Chars("A-Z"), capability.Alphabet{}},
		"with any":       {all, capability.Chars("a-z/"), capability.Chars("a-z/")},
		"any without":    {all.Without("/"), all.Without("?"), all.Without("/?")},
		"with zero":      {all, capability.Alphabet{}, capability.Alphabet{}},
		"both halves":    {capability.Chars("09az"), capability.Chars("9z"), capability.Chars("9z")},
		"any beyond all": {all, all, all},
	} {
		if got := tc.a.Intersect(tc.b); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
		if got := tc.b.Intersect(tc.a); got != tc.want {
			t.Errorf("%s, the other way round: %v", name, got)
		}
	}
}

func TestAlphabetFirstOutside(t *testing.T) {
	for _, tc := range []struct {
		a     capability.Alphabet
		text  string
		want  rune
		found bool
	}{
		{capability.Alphabet{}, "", 0, false},
		{capability.Alphabet{}, "x", 'x', true},
		{capability.AnyText(), "\x00 é\U0010FFFF", 0, false},
		{capability.Chars("a-z"), "abc", 0, false},
		{capability.Chars("a-z"), "abÉC", 'É', true},
		{capability.AnyText().Without("/"), "世/é/", '/', true},
	} {
		if got, found := tc.a.FirstOutside(tc.text); got != tc.want || found != tc.found {
			t.Errorf("%v: first outside of %q is %q, %v", tc.a, tc.text, got, found)
		}
	}
}

func TestAlphabetString(t *testing.T) {
	for want, a := range map[string]capability.Alphabet{
		"no characters":      {},
		"all characters":     capability.AnyText(),
		"A-Z a-z 0-9 - _":    capability.Chars("_0-9a-zA-Z-"),
		"a-z A B":            capability.Chars("a-zAB"),
		"space / DEL":        capability.Chars(" /\x7f"),
		"^@ ^J ^_":           capability.Chars("\x00\n\x1f"),
		"control characters": capability.Chars("\x00-\x1f\x7f"),
		"all characters except control characters (U+0000-U+001F) *": capability.AnyText().Without("\x00-\x1f*"),
		"all characters except control characters space /":           capability.AnyText().Without("\x00-\x1f\x7f /"),
		"all characters except A-Z":                                  capability.AnyText().Without("A-Z"),
	} {
		if got := a.String(); got != want {
			t.Errorf("spelled %q, want %q", got, want)
		}
	}
}

func ExampleAlphabet() {
	narrow := capability.Chars("A-Za-z0-9_-")
	wide := capability.AnyText().Without("/ ")
	fmt.Println(narrow)
	fmt.Println(wide)
	fmt.Println(wide.Intersect(narrow) == narrow)
	// Output:
	// A-Z a-z 0-9 - _
	// all characters except space /
	// true
}
