package conformance_test

import (
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/capability"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
)

// TestSpell proves that names of the suite keep to narrow alphabets and stay different.
func TestSpell(t *testing.T) {
	for _, set := range []string{"0-9", "A-Z", "ab", "A-Za-z0-9_-", "a-z0-9"} {
		alphabet := capability.Chars(set)
		seen := map[string]bool{}
		for _, text := range []string{"a", "b", "ab", "ba", "a1", "1a", "zz9", "key"} {
			spelled := conformance.Spell(alphabet, text)
			if bad, found := alphabet.FirstOutside(spelled); found || seen[spelled] {
				t.Errorf("in %s, %q is spelled %q: %q", set, text, spelled, bad)
			}
			if !strings.HasPrefix(conformance.Spell(alphabet, text+"x"), spelled) {
				t.Errorf("in %s, %q is no prefix any more", set, text)
			}
			seen[spelled] = true
		}
	}
}
