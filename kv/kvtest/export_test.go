package kvtest

import "github.com/crosscloud-sdk/crosscloud/kv/driver"

// NewReference returns the reference driver, for the example.
func NewReference() driver.Service { return configs["native"]().driver() }
