package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
)

// TestRun runs the program as a newcomer does, and against the limits of each cloud.
func TestRun(t *testing.T) {
	for _, like := range []string{"", "huawei", "alibaba", "tencent"} {
		t.Run("like "+like, func(t *testing.T) {
			text := string(inMemory)
			if like != "" {
				text = strings.Replace(text, "driver: local", "driver: local\n    like: "+like+" #", 1)
			}
			var out bytes.Buffer
			if err := run(t.Context(), &out, crosscloud.YAML("crosscloud.yaml", strings.NewReader(text))); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{
				"Stored: ccx1.", "Opened: 4111 1111 1111 1111\n", "For another order: here kms.Decrypt", "InvalidArgument",
				`that of "shop 2.1.0": true`, `that of "shop 6.6.6": false`,
			} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output does not say %q:\n%s", want, out.String())
				}
			}
		})
	}
}
