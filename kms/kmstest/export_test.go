package kmstest

import "github.com/crosscloud-sdk/crosscloud/kms/driver"

// NewReference returns the reference driver, for the example.
func NewReference() driver.Service { f := config("labelled"); return f.shape(f) }
