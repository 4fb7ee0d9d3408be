// Package consistency has tests only, of what the module promises about writes when requests fail. They run the drivers
// against the emulators in virtual time.
//
//   - Faults: thousands of operations by several workers, of which 30 % of the requests fail in every way that
//     emulator.Fault knows. Every acknowledged write is there, every error's Outcome agrees with what the cloud holds,
//     nothing that must not is delivered twice, and retries keep to the policy and its budget.
//   - Models: random sequences of operations, on every driver and on local in the likeness of every cloud, against a plain
//     model. A sequence that fails is cut down to the few operations that it takes, which are printed.
//
// Seeds are fixed. Another one is said by the environment variable CONSISTENCY_SEED; the seed is in every failure.
package consistency
