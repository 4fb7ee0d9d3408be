//go:build !race

package consistency_test

const raceFactor = 1
