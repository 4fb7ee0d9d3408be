package emulator

import (
	"maps"
	"slices"
)

// All emulators have the same methods, besides their own.
var (
	_ Emulator = (*Alibaba)(nil)
	_ Emulator = (*Tencent)(nil)
	_ Emulator = (*Cloudflare)(nil)
	_ Emulator = (*HuaweiKMS)(nil)
	_ Emulator = (*AlibabaKMS)(nil)
	_ Emulator = (*TencentKMS)(nil)
	_ Emulator = (*Guance)(nil)
	_ Emulator = (*AlibabaCMS)(nil)
)

// What follows implements vendor: the names that a Fault may have.

func (*Alibaba) actions() []string {
	return append(slices.Collect(maps.Keys(alibabaActions)), alibabaPostObject)
}

func (*Tencent) actions() []string { return slices.Collect(maps.Keys(tencentActions)) }

func (*Cloudflare) actions() []string {
	names := []string{cloudflareVerifyToken}
	for _, route := range cloudflareRoutes {
		names = append(names, route.action)
	}
	return slices.Compact(names)
}

func (*HuaweiKMS) actions() []string {
	return append(slices.Collect(maps.Keys(huaweiOperations)), "create-token", "list-projects")
}

func (*AlibabaKMS) actions() []string { return slices.Collect(maps.Keys(alibabaKMSActions)) }

func (*TencentKMS) actions() []string { return slices.Collect(maps.Keys(tencentKMSActions)) }

func (*Guance) actions() (names []string) {
	for _, route := range guanceRoutes {
		names = append(names, route.action)
	}
	slices.Sort(names) // both APIs have some of them
	return slices.Compact(names)
}

func (*AlibabaCMS) actions() (names []string) {
	for _, action := range alibabaCMSActions {
		names = append(names, action.name)
	}
	return names
}
