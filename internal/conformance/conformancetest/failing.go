package conformancetest

import (
	"os"
	"os/exec"
	"testing"
)

// failing names, in the environment, the test that a process runs to fail.
const failing = "CONFORMANCETEST_FAILING"

// Failing runs test, which must fail t, in a process of its own, and returns what that prints. It may be called once in a
// test that is no sub-test.
func Failing(t *testing.T, test func(*testing.T)) string {
	t.Helper()
	if os.Getenv(failing) == t.Name() {
		test(t)
		t.SkipNow() // the rest is for the process that waits for this one
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), failing+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if _, failed := err.(*exec.ExitError); !failed {
		t.Fatalf("the test does not fail: %v\n%s", err, out)
	}
	return string(out)
}
