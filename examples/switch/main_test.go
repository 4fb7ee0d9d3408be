package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestEmulated: the same program says the same on all three clouds.
func TestEmulated(t *testing.T) {
	var out bytes.Buffer
	if err := emulated(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	const same = "route_home → /index\nroute_shop → /shop/v2\n"
	want := "alibaba.yaml:\n" + same + "tencent.yaml:\n" + same + "cloudflare.yaml:\n" + same
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, strings.TrimSpace(want))
	}
}
