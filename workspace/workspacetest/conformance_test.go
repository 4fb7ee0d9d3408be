package workspacetest_test

import "testing"

// TestExample runs what the example shows, as another module would.
func TestExample(t *testing.T) { testConformance(t) }

// TestExampleLive shows that without an account in the environment nothing is run.
func TestExampleLive(t *testing.T) { testLive(t) }
