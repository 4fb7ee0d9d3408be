//go:build !race

package wire_test

// raced reports whether the race detector is on, which allocates.
func raced() bool { return false }
