//go:build race

package consistency_test

// raceFactor makes runs shorter under the race detector, which takes many times as long.
const raceFactor = 25
