// Package all registers every built-in driver. Import it for effect:
//
//	import _ "github.com/crosscloud-sdk/crosscloud/providers/all"
//
// A program that imports single drivers instead links only what those need.
package all

import (
	_ "github.com/crosscloud-sdk/crosscloud/providers/alibaba"    // driver alibaba (esa, aliyun)
	_ "github.com/crosscloud-sdk/crosscloud/providers/cloudflare" // driver cloudflare (workers-kv)
	_ "github.com/crosscloud-sdk/crosscloud/providers/guance"     // driver guance (truewatch)
	_ "github.com/crosscloud-sdk/crosscloud/providers/huawei"     // driver huawei
	_ "github.com/crosscloud-sdk/crosscloud/providers/local"      // driver local
	_ "github.com/crosscloud-sdk/crosscloud/providers/tencent"    // driver tencent (edgeone, teo)
)
