package all_test

import (
	"testing"

	"github.com/crosscloud-sdk/crosscloud/providers"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
)

func TestEveryDriverIsRegistered(t *testing.T) {
	for _, name := range []string{"alibaba", "esa", "cloudflare", "guance", "truewatch", "huawei", "local", "tencent", "edgeone"} {
		if providers.Lookup(name) == nil {
			t.Errorf("driver %q is not registered", name)
		}
	}
}
