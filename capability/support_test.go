package capability_test

import (
	"testing"

	"github.com/crosscloud-sdk/crosscloud/capability"
)

func TestSupportString(t *testing.T) {
	for s, want := range map[capability.Support]string{capability.None: "none", capability.Emulated: "emulated", capability.Native: "native", 9: "none"} {
		if got := s.String(); got != want {
			t.Errorf("support %d prints as %q", s, got)
		}
	}
	var zero capability.Support
	if zero != capability.None || capability.None >= capability.Emulated || capability.Emulated >= capability.Native {
		t.Error("supports are not in the order of what they give")
	}
}

func TestStricter(t *testing.T) {
	for _, c := range []struct{ a, b, want int }{{0, 0, 0}, {0, 5, 5}, {5, 0, 5}, {5, 7, 5}, {7, 5, 5}} {
		if got := capability.Stricter(c.a, c.b); got != c.want {
			t.Errorf("of %d and %d the stricter is %d", c.a, c.b, got)
		}
	}
}
