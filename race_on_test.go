//go:build race

package crosscloud_test

func raced() bool { return true }
