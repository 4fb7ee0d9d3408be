// Package workspace is the portable facade over observability workspaces: Guance and TrueWatch, as a service and as a
// private deployment, Alibaba Cloud CMS 2.0, and the local driver.
//
// A [Service] is an account, or the key of one workspace. A [Workspace] is a handle on one workspace:
//
//	service, err := client.WorkspaceService(ctx, "guance") // from package crosscloud
//	made, err := service.Create(ctx, "checkout", workspace.Description("payments"), workspace.WithAPIKey("deploy"))
//	token := made.APIKey.Secret.Reveal()
//	own, err := service.Get(ctx, "") // the workspace that the credentials belong to
//
// # Secrets
//
// API keys and tokens are secret.String: they print and marshal as redacted, and give their text on request only. The
// vendor's own object in Info.Vendor has none of them.
//
// # The same on every provider
//
//	what                         how
//	a missing workspace          errs.NotFound
//	a taken name                 errs.AlreadyExists where names are ids; elsewhere two may have the same name
//	made, but not all of it      both what was made and an error are returned: a secret may never be shown again
//	consistency                  Capabilities.Consistency says how long a description may lag behind a change
//
// # Errors, retries and concurrency
//
// Every error is an *errs.Error that names provider, operation and workspace, and holds no secret. Reading and changing
// are repeated by the policy of the client; making a workspace or a key is repeated only where the first request is known
// not to have arrived, since a second one would be another. All types are safe for concurrent use, and every call honours
// its context.
//
// # Capabilities
//
// Providers differ: the key of a Guance workspace knows that workspace alone, and can neither list nor delete.
// [Service.Capabilities] tells it as data; what a provider cannot do is errs.Unsupported before any I/O. A workspace that
// such a key has made is reached with its own key, by a service of its own: make it with [WithAPIKey], or nothing but the
// console reaches it. The fields of [Capabilities], [Info] and [APIKey] are described in package
// [github.com/crosscloud-sdk/crosscloud/workspace/driver].
package workspace
