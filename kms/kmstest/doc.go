// Package kmstest proves that a driver of keys keeps the contract of package driver and that its capabilities are true.
//
// Whoever writes a driver runs the suite from a test of their own:
//
//	func TestConformance(t *testing.T) {
//		kmstest.Run(t, kmstest.Harness{
//			Name:        "mydriver",
//			Open:        func(t testing.TB) driver.Service { return mydriver.New(…) },
//			VirtualTime: true,
//		})
//	}
//
// Each sub-test proves one rule and is named after it, such as "Encrypt/RoundTrip", so that one can be run alone with
// go test -run 'TestConformance/Encrypt/RoundTrip'. The suite selects itself by what the driver declares: what a
// declaration excludes is skipped with the reason. [Run] returns what became of each sub-test, and logs how many passed,
// failed and were skipped:
//
//	go test -v -run Conformance ./mydriver | grep kmstest:
//
// # What is sent
//
// Most sub-tests go through package kms, as a program does: what a key encrypted is opened again, what it signed is
// verified here with its public key, and what the capabilities exclude is refused with nothing sent. Others call the
// driver directly, where package kms would hide what it does: they also send what package kms would refuse, since a
// limit that the other side does not keep is not true. Those are called Sent, such as "Encrypt/OverLimitSent". Where a
// driver declares less than its server accepts, they belong in Harness.Skip, with the reason.
//
// The rate limits of the driver's operation table are kept by both kinds of calls.
//
// # Keys
//
// The suite makes keys of random names that begin with "kmt" and schedules their deletion at the end, as soon as the
// provider lets it. A sub-test that leaves a key as it is shares it with the others, if Open returns the same account
// each time: this spares the making of RSA keys, and money. Keys that the suite did not make are only listed and
// described. A run makes about a hundred keys, most of them symmetric: mind the quota of a real account, where they wait
// for their deletion for the least number of days.
//
// # Secrets
//
// No error, event of a hook, log record or report of the suite may show the plaintexts, data keys and key material of a sub-test, or what
// Harness.Secrets names: as they are, quoted, as base64, as hexadecimal digits or percent-encoded. The suite reports the
// operation and the form, and not the secret.
//
// # Time
//
// A driver that takes its time from package time and has no real sockets (an in-memory connection such as [net.Pipe]
// will do) is tested in virtual time: every sub-test, Open included, runs in a bubble of package testing/synctest, and
// waiting for a key to be deleted takes no time. All goroutines that the driver starts must end when the functions that
// Open gave to Cleanup have run. Without virtual time the sub-tests that wait, or that make more keys than a page of the
// listing has, are skipped.
package kmstest
