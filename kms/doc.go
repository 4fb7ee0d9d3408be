// Package kms is the portable key management service: encryption and signing keys of Huawei Cloud, Alibaba Cloud,
// Tencent Cloud, and the local driver, behind one set of types.
//
// A [Service] is one account in one region: it makes, lists and finds keys. A [Key] is a handle on one of them:
//
//	orders, err := client.KMS(ctx, "orders") // from package crosscloud
//	sealed, err := orders.Encrypt(ctx, []byte("4111 1111 1111 1111"), kms.Context{"order": "17"})
//	text, err := sealed.MarshalText()
//	…
//	number, err := orders.Decrypt(ctx, sealed, kms.Context{"order": "17"})
//
// Where the configuration has no create: true, keys are made by the service:
//
//	service, err := client.KMSService(ctx, "cloud") // a provider's entry
//	orders, err := service.CreateKey(ctx, "orders", kms.Description("payment data"))
//	releases, err := service.CreateKey(ctx, "releases", kms.WithSpec(kms.ECP256))
//	signature, err := releases.Sign(ctx, kms.ECDSASHA256, release)
//
// # Ciphertexts
//
// A [Ciphertext] says which vendor's key, which version of it and which kind of request made it, so that it can be
// opened years later, under another configuration. Its binary and text forms are framed and end in a checksum;
// [Ciphertext.Native] gives the vendor's own form for other programs. A key decrypts what it has encrypted, and what
// the keys given by [DecryptWith], or by decrypt_with in the configuration, have; everything else is refused before
// anything is sent. So a key is replaced, by one at another provider too, without touching what is stored; what is stored
// is renewed by [Key.ReEncrypt].
//
// # Capabilities
//
// Providers differ in what their keys can do. [Service.Capabilities] tells it as data; what a provider cannot do is
// errs.Unsupported before any I/O, and what breaks one of its limits errs.InvalidArgument or errs.TooLarge. The fields of
// [Capabilities] and [KeyInfo] are described in package [github.com/crosscloud-sdk/crosscloud/kms/driver], the figures of
// each cloud in its package providers/…/limits.
//
// # The same on every provider
//
//	what                          how
//	a missing key                 errs.NotFound
//	a ciphertext of another key   errs.InvalidArgument, before anything is sent where the frame says so
//	another encryption context    errs.InvalidArgument; no plaintext is returned
//	a changed ciphertext          errs.Corrupt where the checksum shows it, else as another context
//	a disabled key                errs.Conflict; enabling and disabling twice succeeds
//	deletion                      is scheduled days ahead and can be cancelled; until then the key is not usable
//	a signature that is wrong     false without an error
//	consistency                   a change of a key shows in later requests; no provider documents a lag
//
// # Errors, retries and concurrency
//
// Every error is an *errs.Error that names provider, operation and key; none holds plaintext, a context or key material.
// Encrypting, decrypting, signing and reading are repeated by the policy of the client after any temporary failure. What
// would do something else the second time, such as making a key or rotating it, is repeated only where the first request
// is known not to have arrived: such a call that may have worked all the same has the outcome errs.Ambiguous or
// errs.Applied. All types are safe for concurrent use, and every call honours its context.
//
// # Rates
//
// These services answer tens to hundreds of calls a second. To encrypt much, make a data key with
// [Key.GenerateDataKey], encrypt with that, and keep the wrapped key beside the data.
package kms
