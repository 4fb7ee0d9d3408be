// Package kvtest proves that a driver keeps the contract of package driver and that its capabilities are true.
//
// Whoever writes a driver runs the suite from a test of their own:
//
//	func TestConformance(t *testing.T) {
//		kvtest.Run(t, kvtest.Harness{
//			Name:        "mydriver",
//			Open:        func(t testing.TB) driver.Service { return mydriver.New(…) },
//			VirtualTime: true,
//		})
//	}
//
// Each sub-test proves one rule and is named after it, such as "Get/MissingKey", so that one can be run alone with
// go test -run 'TestConformance/Get/MissingKey'. The suite selects itself by what the driver declares: what a
// declaration excludes is skipped with the reason. [Run] returns what became of each sub-test, and logs how many passed,
// failed and were skipped. Go shows the log of tests that pass only when asked, and of a driver's package as follows:
//
//	go test -v -run Conformance ./mydriver | grep kvtest:
//
// # What is sent
//
// Most sub-tests call the driver directly, without the checks of package kv, so that they also send what package kv
// would refuse: a value that is one byte too large must be refused by the other side, or the declared limit is not
// true. A driver that stands in for a server enforces its limits itself; one that talks to a server leaves that to the
// server. Where a driver declares less than its server accepts, the sub-tests of that limit belong in Harness.Skip,
// with the reason. The others go through package kv, as a program does.
//
// The rate limits of the driver's operation table are kept by both kinds of calls.
//
// # Secrets
//
// No error, event of a hook, log record or report of the suite may show the values and metadata of a sub-test, or what
// Harness.Secrets names: as they are, quoted, as base64, as hexadecimal digits or percent-encoded. The suite reports the
// operation and the form, and not the secret.
//
// # Time
//
// A driver that takes its time from package time and has no real sockets (an in-memory connection such as [net.Pipe]
// will do) is tested in virtual time: every sub-test, Open included, runs in a bubble of package testing/synctest, and
// waiting for a key to expire takes no time. All goroutines that the driver starts must end when the functions that
// Open gave to Cleanup have run. Without virtual time the sub-tests that wait for keys to expire are skipped.
//
// # Live runs
//
// Against a real account, name a scratch namespace in Harness.Namespace and the lag of reads behind writes in
// Harness.Settle. The suite then writes keys into that namespace only, deletes those that it wrote, and skips the
// sub-tests that create namespaces.
package kvtest
