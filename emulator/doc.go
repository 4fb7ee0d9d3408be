// Package emulator has fake clouds for tests:
//
//   - key-value stores: [Alibaba] (Alibaba Cloud ESA EdgeKV), [Tencent] (Tencent EdgeOne KV) and [Cloudflare]
//     (Cloudflare Workers KV)
//   - key management: [HuaweiKMS] (Huawei Cloud DEW), [AlibabaKMS] (Alibaba Cloud KMS) and [TencentKMS] (Tencent Cloud
//     KMS)
//   - workspaces: [Guance] (Guance and TrueWatch) and [AlibabaCMS] (Alibaba Cloud CMS 2.0)
//
// Each speaks its vendor's wire protocol on an httptest server, verifies signatures, keeps the vendor's limits and
// answers with the vendor's errors, well enough for the vendor's own SDKs to use it unchanged. An option of one
// vendor's, given to the emulator of another, panics.
//
//	cloud := emulator.NewTencent()
//	defer cloud.Close()
//	client, err := crosscloud.Open(ctx,
//		crosscloud.WithProvider("edgeone", cloud.Provider()),
//		crosscloud.WithKV("flags", crosscloud.Entry{"provider": "edgeone", "namespace": "flags", "create": "true"}))
//	…
//	cloud.Inject(emulator.Fault{Action: "EdgeKVPut", Code: "InternalError", Times: 2})
//
// [Fault] makes requests fail: with an error of the vendor's, a reset connection, half an answer, a gateway's page or a
// delay, for the n-th request of an action, or for whichever a function given to InjectFunc chooses. Requests tells what reached the emulator lately. [WithStaleReads] makes
// reads lag as an edge's do.
//
// # Virtual time
//
// With [InMemory] an emulator serves over connections in memory, so that it can be used within testing/synctest, where
// time passes at once; give its DialContext to crosscloud.WithDialContext, or those of several emulators joined by
// [Dialer]. Close it before the bubble ends.
//
// Rate limiters are shared by the process, by address, and remember times. An emulator in memory has an address of its
// own, so that tests do not disturb each other.
//
// # What it is not
//
// The emulators are written from the vendors' documentation, without a live account at hand. Where that is silent, they
// do the stricter or likelier thing, and offer the other as an option of the vendor's. They keep everything in memory,
// and their credentials are public: they are no place for data.
//
// All methods may be called by several goroutines at once.
package emulator
