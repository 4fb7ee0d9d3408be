//go:build race

package consistency_test

// raceFactor makes runs shorter under the race detector, which takes ten times as long.
const raceFactor = 10
