package all_test

import (
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/providers"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
)

// Imported for effect, the package registers every driver, each by its name and its further names.
func Example() {
	for _, d := range providers.Drivers() {
		fmt.Println(d.Name, d.Aliases)
	}
	// Output:
	// alibaba [aliyun esa]
	// cloudflare [workers-kv]
	// guance [truewatch]
	// huawei []
	// local []
	// tencent [edgeone teo]
}
