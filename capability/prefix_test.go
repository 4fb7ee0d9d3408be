package capability_test

import (
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/capability"
)

// What begins with a denied prefix is refused, in the spelling that is stored; what could still become another name is
// accepted as a prefix.
func TestDeniedPrefixes(t *testing.T) {
	prefixed := capability.NameRule{MaxChars: 6, Alphabet: capability.AnyText(), DeniedPrefixes: []string{"acs", "-", "é"}}
	encoded := capability.NameRule{Alphabet: capability.Chars("A-Za-z0-9_-"), DeniedPrefixes: []string{"con", "a_2F"}, Encoding: capability.UnderscoreHex}
	for _, c := range []struct {
		rule capability.NameRule
		name string
		want string // a part of the refusal, empty for none
	}{
		{prefixed, "acs", `begins with "acs"`}, {prefixed, "acsx", `begins with "acs"`}, {prefixed, "ac", ""}, {prefixed, "xacs", ""},
		{prefixed, "Acs", ""}, {prefixed, "-", `begins with "-"`}, {prefixed, "a-", ""}, {prefixed, "él", `begins with "é"`},
		{encoded, "conx", `begins with "con"`}, {encoded, "a/b", `begins with "a_2F"`}, {encoded, "a-b", ""},
	} {
		for what, err := range map[string]error{"name": c.rule.Check("key", c.name), "prefix": c.rule.CheckPrefix("key", c.name)} {
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s %q: %v, want %q", what, c.name, err, c.want)
			}
		}
	}
	other := capability.NameRule{Alphabet: capability.AnyText(), DeniedPrefixes: []string{"z", "acs"}}
	if got := strings.Join(prefixed.Intersect(other).DeniedPrefixes, " "); got != "- acs z é" {
		t.Errorf("of both: %s", got)
	}
	if got := strings.Join(prefixed.DeniedPrefixes, " "); got != "acs - é" {
		t.Errorf("the rule was changed: %s", got)
	}
}
