//go:build !race

package scale_test

func raced() bool { return false }
