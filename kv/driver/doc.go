// Package driver is the contract between package kv and a provider of key-value namespaces. Programs that use
// namespaces do not need it; whoever adds a provider implements it and proves it with package kvtest.
//
// # What a driver does
//
// A driver has two levels. A [Service] is one account or zone: it lists namespaces and opens them, and may implement
// [NamespaceCreator], [NamespaceGetter], [NamespaceRenamer], [NamespaceDescriber] and [NamespaceDeleter]. A
// [Namespace] reads, writes, deletes and lists keys, and may implement [Inspector], [BatchGetter], [BatchPutter] and
// [BatchDeleter].
//
// Each method sends one request to the vendor and waits for its reply. A driver never retries, paces, logs or caches,
// and validates nothing that its [Capabilities] declare: package kv does all of that, before the driver is called. The
// vendor's server refuses what is over its limits; a driver without a server, such as one over a map, takes the
// server's part and refuses it itself, which package kvtest checks.
// A driver is called by several goroutines at once.
//
// # Declarations
//
// Capabilities and the operation table are data, read once when a service or namespace is opened. A declared
// capability without its interface, an interface whose capability is None, and a method without a row in the table
// make opening fail.
//
// # Errors
//
// A driver returns *[errs.Error] with Code, Retry, Outcome, VendorCode, HTTPStatus, RequestID, RetryAfter, Message
// and Err as far as it knows them, and leaves Provider, Op, Resource and Attempts to the caller. It states Outcome
// only when it is known: NotApplied when the request cannot have been carried out, Applied when it was.
//
// In a batch, what concerns one key is that key's error. What concerns all, such as a missing namespace, is the error
// of the method.
//
// # Ownership
//
// Requests belong to the caller: a driver neither changes one nor keeps any part of it after it has returned, even
// when the context is cancelled. Responses belong to the caller once returned, byte slices included.
//
// # Contexts
//
// A method returns within 10 ms of its context's end wherever it waits, and does nothing if the context has ended
// before.
package driver
