package kmstest_test

import "testing"

// TestExample runs what the example shows, as another module would.
func TestExample(t *testing.T) { testConformance(t) }
