// Package workspacetest proves that a driver keeps the contract of package driver and that its capabilities are true.
//
// Whoever writes a driver runs the suite from a test of their own:
//
//	func TestConformance(t *testing.T) {
//		workspacetest.Run(t, workspacetest.Harness{
//			Open:        func(t testing.TB) driver.Service { return mydriver.New(…) },
//			VirtualTime: true,
//		})
//	}
//
// Each sub-test proves one rule and is named after it, such as "Keys/Delete", so that one can be run alone with
// go test -run 'TestConformance/Keys/Delete'. The suite selects itself by what the driver declares: what a declaration
// excludes is skipped with the reason, and at the end the number of sub-tests run and skipped is logged.
//
// # What is sent
//
// Most sub-tests call the driver directly, without the checks of package workspace, so that they also send what that
// package would refuse: a name that is one character too long must be refused by the other side, or the declared limit
// is not true. Where a driver declares less than its server accepts, the sub-tests of that limit belong in Harness.Skip,
// with the reason. The others go through package workspace, as a program does. The rate limits of the driver's operation
// table are kept by both kinds of calls.
//
// # What is made
//
// The suite makes workspaces and keys of random names that begin with "wst", and deletes them. A service that cannot
// delete workspaces needs Harness.Remove, without which none is made. Where no workspace can be made and seen, the
// sub-tests about the content of one work in the own workspace of the service: they make and delete keys there, and put
// back its name, its description and its limits.
//
// # Live runs
//
// A test of a real account is skipped unless the environment names the account, as in the example. Name a scratch
// workspace in Harness.Workspace to have no other made or changed; Harness.Settle is the lag of reads behind writes.
// Workspaces may cost money, and requests are few: a run takes minutes to hours.
//
// # Secrets
//
// No error, event of a hook, log record or report of the suite may show the keys and tokens of a sub-test, or what
// Harness.Secrets names: as they are, quoted, as base64, as hexadecimal digits or percent-encoded. The suite reports the
// operation and the form, and not the secret.
//
// # Time
//
// A driver that takes its time from package time and has no real sockets (an in-memory connection such as [net.Pipe]
// will do) is tested in virtual time: every sub-test, Open included, runs in a bubble of package testing/synctest, and
// waiting for rate limits takes no time. All goroutines that the driver starts must end when the functions that Open
// gave to Cleanup have run.
package workspacetest
