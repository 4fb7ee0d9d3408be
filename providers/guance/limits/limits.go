// Package limits holds what Guance and TrueWatch document about workspaces, as data: [Open] for the OpenAPI of the
// service, [External] for the External API of a private deployment. It imports nothing of the vendor.
//
//	            Open                                          External
//	knows       the workspace that the key belongs to         all workspaces
//	name        1 to 256 characters                           1 to 256 characters
//	create      with a key; owner is that of the key's own    needs owner_uuid; no description
//	language    zh or en                                      zh or en
//	list        none                                          pages of up to 100
//	update      name, description                             name
//	delete      none                                          yes
//	API keys    list, create with roles, delete               create with roles
//	limits      none                                          daily, by kind of data
//	owner       none                                          transfer
//	rate        20/min a key, 200/min a workspace             none documented
package limits

import (
	"time"

	"github.com/crosscloud-sdk/crosscloud/ratelimit"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// The options of a new workspace.
const (
	// OptionPaid makes a workspace of the commercial plan with [Open]: "true" costs money, "false" is the default.
	OptionPaid = "paid"
	// OptionOwner is the id of the account that owns a workspace made with [External].
	OptionOwner = "owner_uuid"
)

// The roles that every workspace has. Further ones have ids of their own.
const (
	// RoleOwner cannot be given to a key.
	RoleOwner = "owner"
	// RoleAdmin is what a key gets where nothing is said.
	RoleAdmin = "wsAdmin"
	// RoleGeneral reads and writes.
	RoleGeneral = "general"
	// RoleReadOnly reads.
	RoleReadOnly = "readOnly"
)

// maxName is the length of the longest name: 256, in a unit that no page names; taken as characters.
const maxName = 256

// Open returns the capabilities of a workspace's key. The pages are those of the folder open-api/workspace.
func Open() driver.Capabilities {
	return driver.Capabilities{
		Own:    driver.Native,   // page get: the workspace of the key
		Get:    driver.Emulated, // page get takes no id
		Create: driver.Native,   // page create
		List:   driver.None,     // no such page
		Update: driver.Native,   // page modify
		Delete: driver.None,     // no such page

		Name:        driver.NameRule{MaxChars: maxName, Alphabet: driver.AnyText()},                                                                         // page create; whether names may repeat is unconfirmed
		Description: driver.Native,                                                                                                                          // pages create and modify: desc, without a limit
		Languages:   []string{"zh", "en"},                                                                                                                   // page create
		Options:     []driver.Option{{Name: OptionPaid, Doc: `"true" makes a workspace of the commercial plan, which costs money; the default is "false"`}}, // page create: createPayWsVersion, Guance only

		CreateAPIKeyWith: driver.Native,                               // page create: needCreateAk
		APIKeys:          driver.Native,                               // page accesskey/list
		CreateAPIKey:     driver.Native,                               // page accesskey/add
		DeleteAPIKey:     driver.Native,                               // page accesskey/delete
		APIKeyName:       driver.NameRule{Alphabet: driver.AnyText()}, // unconfirmed: the console takes 50 characters, page add names no limit
		APIKeyRoles:      driver.Native,                               // page accesskey/add: roleUUIDs
	}
}

// External returns the capabilities of the External API. The pages are those of the folder external-api/workspace.
func External() driver.Capabilities {
	return driver.Capabilities{
		Own:    driver.None,
		Get:    driver.Native, // page get
		Create: driver.Native, // page create
		List:   driver.Native, // page list
		Update: driver.Native, // page modify
		Delete: driver.Native, // page delete

		Name:        driver.NameRule{MaxChars: maxName, Alphabet: driver.AnyText()},                                             // page create
		Description: driver.None,                                                                                                // pages create and modify have none
		Languages:   []string{"zh", "en"},                                                                                       // page create
		Options:     []driver.Option{{Name: OptionOwner, Doc: "the id of the account that owns the workspace", Required: true}}, // page create: ownerUuid
		MaxPage:     100,                                                                                                        // page list: pageSize

		CreateAPIKeyWith: driver.None,                                                    // page create has none
		APIKeys:          driver.None,                                                    // unconfirmed: there is a page, its request was not seen
		CreateAPIKey:     driver.Native,                                                  // page accesskey/add
		DeleteAPIKey:     driver.None,                                                    // unconfirmed, as APIKeys
		APIKeyName:       driver.NameRule{MaxChars: maxName, Alphabet: driver.AnyText()}, // page accesskey/add
		APIKeyRoles:      driver.Native,                                                  // page accesskey/add: roleUUIDs

		UsageLimits:   driver.Native, // pages usage_limit/get and usage_limit/update
		TransferOwner: driver.Native, // page owner/transfer
	}
}

// UsageKinds returns the kinds of data that have a daily limit; see page usage_limit/update of the External API.
func UsageKinds() []string {
	return []string{"metric", "network", "rum", "logging", "tracing", "profile", "dialing"}
}

// KeyRate returns how often one key may call the OpenAPI, and WorkspaceRate how often all keys of one workspace together;
// see page open-api/api-limit. That the minute is a window and not an average is unconfirmed.
func KeyRate() ratelimit.Limit { return ratelimit.Limit{N: 20, Per: time.Minute} }

// WorkspaceRate is described at [KeyRate].
func WorkspaceRate() ratelimit.Limit { return ratelimit.Limit{N: 200, Per: time.Minute} }
