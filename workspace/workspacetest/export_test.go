package workspacetest

import "github.com/crosscloud-sdk/crosscloud/workspace/driver"

// NewReference returns the reference driver, for the example.
func NewReference() driver.Service { return configs["full"]().driver() }
