//go:build !race

package faultmatrix_test

// raced reports whether the race detector is on, with which a part of the matrix is run.
func raced() bool { return false }
