package limits

import (
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// The options of a new workspace of CMS 2.0.
const (
	// OptionSLSProject is a project of Simple Log Service, where the workspace keeps its logs.
	OptionSLSProject = "sls_project"
	// OptionResourceGroup is the id of a resource group.
	OptionResourceGroup = "resource_group_id"
)

// Workspaces returns the capabilities of an account with workspaces of CMS 2.0 (API version 2024-03-30):
//
//	name         is the id; its characters and length are unconfirmed
//	create       replaces a workspace of that name; needs sls_project
//	update       none: PutWorkspace is documented for creating, and would replace what is not named
//	listing      pages of up to 50 workspaces
//	API keys, usage limits, change of owner: none
func Workspaces() driver.Capabilities {
	return driver.Capabilities{
		Own:            driver.None,   // access keys belong to an account
		Get:            driver.Native, // page GetWorkspace
		Create:         driver.Native, // page PutWorkspace
		List:           driver.Native, // page ListWorkspaces
		Update:         driver.None,   // unconfirmed whether PutWorkspace may be used so
		Delete:         driver.Native, // page DeleteWorkspace
		CreateReplaces: true,          // page PutWorkspace: by its name and form; unconfirmed
		NamesAreIDs:    true,          // page PutWorkspace: workspaceName is part of the path
		// Unconfirmed: no page names the characters or the length. As a part of a path, a name is neither of these two.
		Name:        driver.NameRule{Alphabet: driver.AnyText(), Denied: []string{".", ".."}},
		Description: driver.Native, // page PutWorkspace; its length is unconfirmed
		Languages:   nil,           // no page has any
		Options: []driver.Option{
			{Name: OptionSLSProject, Doc: "the project of Simple Log Service that keeps the workspace's logs", Required: true}, // page PutWorkspace
			{Name: OptionResourceGroup, Doc: "the id of the resource group that the workspace belongs to"},                     // page PutWorkspace
		},
		MaxPage: 50, // page ListWorkspaces: maxResults
	}
}
