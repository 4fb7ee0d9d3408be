//go:build race

package wire_test

func raced() bool { return true }
