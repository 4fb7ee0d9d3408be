package docstest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// The defaults that sentences name are those of the code, and every portable code is explained.
func TestProse(t *testing.T) {
	for file, sentences := range map[string][]string{
		"docs/errors-and-retries.md": {
			fmt.Sprintf("A call sends up to %d requests, with\npauses of %d ms,", policy.DefaultMaxAttempts, policy.DefaultBaseDelay.Milliseconds()),
			fmt.Sprintf("up to %v.", short(policy.DefaultMaxDelay.Seconds())),
			fmt.Sprintf("each repetition costs one of %d,", policy.DefaultRetryBudget),
		},
		"docs/rate-limits.md": {
			fmt.Sprintf("a margin of %d ms.", ratelimit.DefaultMargin.Milliseconds()),
			fmt.Sprintf("Pauses of up to %s are waited out", short(policy.DefaultMaxRetryAfter.Seconds())),
		},
		"docs/configuration.md": {
			fmt.Sprintf("the first included | %d |", policy.DefaultMaxAttempts),
			fmt.Sprintf("under way at once | %d |", policy.DefaultConcurrency),
		},
	} {
		text := read(t, file)
		for _, sentence := range sentences {
			if !strings.Contains(text, sentence) {
				t.Errorf("%s does not say %q", file, sentence)
			}
		}
	}
	text := read(t, "docs/errors-and-retries.md")
	for _, code := range errs.Codes() {
		if !strings.Contains(text, "`"+string(code)+"`") {
			t.Errorf("docs/errors-and-retries.md does not explain %s", code)
		}
	}
}

func short(seconds float64) string { return fmt.Sprintf("%.0f s", seconds) }
