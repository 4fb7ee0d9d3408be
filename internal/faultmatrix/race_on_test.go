//go:build race

package faultmatrix_test

func raced() bool { return true }
