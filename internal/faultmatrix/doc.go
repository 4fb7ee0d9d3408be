// Package faultmatrix holds the promise of docs/faults.md to account: what a call returns, how often it is sent and what
// the server has done, for every fault on the way, every driver and every idempotency class. It has tests only.
//
// Each case runs the public API over an emulator in virtual time, through a gate on the connection that cuts, stalls or
// spoils as its fault says. What is expected is not written down per case: it follows from the fault (how far the request
// got, which code stands for that) and from the class of the operation (what may be repeated). Where a driver differs, a
// row of exceptions says so with the reason.
//
// docs/faults.md is written from the run:
//
//	go test ./internal/faultmatrix -update
//
// and the test fails while the file and the run differ.
package faultmatrix
