package workspace

import (
	"github.com/crosscloud-sdk/crosscloud/capability"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// Types that portable code shares with drivers.
type (
	// Capabilities are what a service can do with workspaces, and its limits.
	Capabilities = driver.Capabilities
	// Info describes a workspace, as far as the provider tells it.
	Info = driver.Info
	// Account is a person or program at the provider.
	Account = driver.Account
	// APIKey is a key of a workspace.
	APIKey = driver.APIKey
	// UsageLimit bounds how much of one kind of data a workspace takes in a day.
	UsageLimit = driver.UsageLimit
	// Support says whether something can be done, and at what price.
	Support = capability.Support
)

const (
	// None: it cannot be done, and is refused before any I/O.
	None = capability.None
	// Emulated: it can be done, at the price of further requests.
	Emulated = capability.Emulated
	// Native: the provider does it as part of the request.
	Native = capability.Native
)
