package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
)

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
			for _, want := range []string{"CN=shop.example", "ECDSA-SHA256", "by the key server\n", "TLS 1.3", `said "hello"`} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output does not say %q:\n%s", want, out.String())
				}
			}
		})
	}
}
