package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
)

// TestRun runs the program as a newcomer does, and against the limits of each cloud.
func TestRun(t *testing.T) {
	for _, like := range []string{"", "alibaba", "tencent", "cloudflare"} {
		t.Run("like "+like, func(t *testing.T) {
			config := crosscloud.YAML("crosscloud.yaml", bytes.NewReader(inMemory))
			if like != "" {
				text := strings.Replace(string(inMemory), "driver: local", "driver: local\n    like: "+like+" #", 1)
				config = crosscloud.YAML("crosscloud.yaml", strings.NewReader(text))
			}
			var out bytes.Buffer
			if err := run(t.Context(), &out, config); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"106 flags written", "ops.read-only-mode", "never", "code KeyNotFound", "code TooLarge", "0 requests sent"} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output does not say %q:\n%s", want, out.String())
				}
			}
			if strings.Count(out.String(), "code KeyNotFound") != 2 {
				t.Errorf("a missing and an expired key should both be KeyNotFound:\n%s", out.String())
			}
		})
	}
}

func TestFlagsFile(t *testing.T) {
	var entries []struct{ Key, TTL string }
	if err := json.Unmarshal(flagsFile, &entries); err != nil {
		t.Fatal(err)
	}
	expiring := 0
	for _, e := range entries {
		if e.TTL != "" {
			expiring++
		}
	}
	if len(entries) < 100 || expiring == 0 {
		t.Errorf("%d flags, %d of them expiring", len(entries), expiring)
	}
}
