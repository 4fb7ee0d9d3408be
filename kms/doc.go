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
// # Ciphertexts
//
// A [Ciphertext] says which vendor's key, which version of it and which kind of request made it, so that it can be
// opened years later, under another configuration. Its binary and text forms are framed and end in a checksum;
// [Ciphertext.Native] gives the vendor's own form for other programs. A key decrypts what it has encrypted, and what
// the keys given by [DecryptWith] have; everything else is refused before anything is sent.
//
// # Capabilities
//
// Providers differ in what their keys can do. [Service.Capabilities] tells it as data; what a provider cannot do is
// errs.Unsupported before any I/O, and what breaks one of its limits errs.InvalidArgument or errs.TooLarge.
//
// # Rates
//
// These services answer tens to hundreds of calls a second. To encrypt much, make a data key with
// [Key.GenerateDataKey], encrypt with that, and keep the wrapped key beside the data.
package kms
