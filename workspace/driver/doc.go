// Package driver is the contract between package workspace and a provider of observability workspaces. Programs that
// use workspaces need no more of it than the fields of [Capabilities], [Info] and [APIKey]; whoever adds a provider
// implements it and proves it with package workspacetest.
//
// # What a driver does
//
// A driver implements [Service]: an account, or a key of one workspace, which describes workspaces. What else it can do
// it declares in [Capabilities] and implements in further interfaces: [Creator], [Lister], [Updater], [Deleter],
// [APIKeyLister], [APIKeyCreator], [APIKeyDeleter], [UsageLimiter] and [OwnerTransferrer].
//
// Each method sends one request to the vendor and waits for its reply. A driver never retries, paces, logs or caches,
// and validates nothing that its Capabilities declare: package workspace does all of that, before the driver is called.
// A driver is called by several goroutines at once.
//
// # Declarations
//
// Capabilities and the operation table are data, read once when a service is opened. A declared capability without its
// interface, an interface whose capability is None, and a method without a row in the table make opening fail.
//
// # Errors
//
// A driver returns *[errs.Error] with Code, Retry, Outcome, VendorCode, HTTPStatus, RequestID, RetryAfter, Message
// and Err as far as it knows them, and leaves Provider, Op, Resource and Attempts to the caller. It states Outcome
// only when it is known: NotApplied when the request cannot have been carried out, Applied when it was. A missing
// workspace or key is [errs.NotFound].
//
// # Secrets and ownership
//
// Keys and tokens are [secret.String]: they print redacted. The vendor's own object in [Info] holds none. Requests
// belong to the caller: a driver neither changes one nor keeps any part of it after it has returned. Responses belong
// to the caller once returned.
//
// # Contexts
//
// A method returns within 10 ms of its context's end wherever it waits, and does nothing if the context has ended
// before.
package driver
