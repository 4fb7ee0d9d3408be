// Package driver is the contract between package kms and a provider of encryption and signing keys. Programs that use
// keys need no more of it than the fields of [Capabilities] and [KeyInfo]; whoever adds a provider implements it and proves
// it with package kmstest.
//
// # What a driver does
//
// A driver implements [Service]: one account in one region, which describes, lists and switches keys. What else it can
// do it declares in [Capabilities] and implements in further interfaces: [Creator], [SymmetricSpecGetter],
// [SymmetricCipher], [DataKeyGenerator], [WrappedDataKeyGenerator], [DataKeyDecrypter], [ReEncrypter],
// [AsymmetricCipher], [AsymmetricEncrypter], [Signer], [PublicKeyGetter], [VersionLister], [Renamer], [Describer],
// [Aliaser], [Tagger], [Rotator], [RotationPeriodSetter], [ImmediateRotator], [Importer] and [RandomSource].
//
// Each method sends one request to the vendor and waits for its reply. What takes several requests (a name that is an
// alias, tags after creation, disabling before deletion, a rotation period of its own, the newest version of a key, what
// the region's symmetric keys are) is put together by package kms from what the capabilities say. A driver never
// retries, paces, logs or caches, and validates nothing that its Capabilities declare: package kms does all of that,
// before the driver is called. A driver is called by several goroutines at once.
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
// only when it is known: NotApplied when the request cannot have been carried out, Applied when it was. A missing key
// is [errs.NotFound]; a key in a state that does not allow the call is [errs.Conflict]; a ciphertext that the vendor
// cannot open, or opens only with another encryption context, is [errs.InvalidArgument].
//
// # Secrets and ownership
//
// Plaintext, key material and data keys go into request bodies, never into URLs, errors or logs. Requests belong to
// the caller: a driver neither changes one nor keeps any part of it after it has returned. Responses belong to the
// caller once returned. Requests and responses print without their secrets.
//
// # Contexts
//
// A method returns within 10 ms of its context's end wherever it waits, and does nothing if the context has ended
// before.
package driver
