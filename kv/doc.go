// Package kv is the portable type for edge key-value namespaces: Alibaba Cloud ESA EdgeKV, Tencent EdgeOne KV,
// Cloudflare Workers KV, and the embedded local driver.
//
// A [Service] is an account or zone that holds namespaces; a [Namespace] holds keys. Programs get both from a
// crosscloud.Client, whose configuration says where they live:
//
//	flags, err := client.KV(ctx, "flags")
//	err = flags.Put(ctx, "checkout-v2", []byte(`{"on":true}`), kv.TTL(24*time.Hour))
//	entry, err := flags.Get(ctx, "checkout-v2")
//	for key, err := range flags.Keys(ctx, kv.Prefix("checkout-")) { … }
//
// # The same on every provider
//
//   - A missing or expired key is errs.KeyNotFound, and only that is. Deleting an absent key succeeds.
//   - A [TTL] beats an absolute expiry when both are given; the loser is neither checked nor sent. Parts of a second
//     round up. A put without either makes the key stay.
//   - What the provider cannot do or does not accept is refused before anything is sent, with errs.Unsupported,
//     errs.InvalidArgument or errs.TooLarge and the limit that was broken. Nothing is cut, clamped or re-encoded.
//   - Keys are valid UTF-8 and are compared by their bytes.
//
// # What differs
//
// [Capabilities] tell it as data: which keys, how large values, how short a TTL, metadata or none, how many keys a
// listing reaches, how long a read may lag behind a write. [Require] checks at opening that a provider can do what a
// program needs, and [Intersect] says what is portable among several.
//
// No provider has conditional writes, versions or transactions, and the clouds are eventually consistent: a read
// shortly after a write may show what was there before (Capabilities.Consistency says for how long).
//
//	what                      how
//	a missing or expired key  errs.KeyNotFound; a missing namespace is errs.NamespaceNotFound, both match errs.NotFound
//	deleting an absent key    succeeds
//	an empty value            is a value where the provider stores one, else refused
//	TTL                       in whole seconds, rounded up; at least Capabilities.MinTTL, with an expiry ahead by as much
//	a put without either      makes the key stay, whatever was there before
//	expiry read back          Capabilities.Expiry: native, by one more request, or not at all
//	metadata                  one JSON value, or errs.Unsupported
//	consistency               a read may lag behind a write by Capabilities.Consistency; the last write of several counts
//	listing                   by prefix, up to List.MaxKeys; in the order of bytes where List.Sorted
//
// # Bulk calls
//
// GetMany, PutMany and DeleteMany take an iterator of any length and yield one [Result] a key: succeeded, failed with
// its error, or unknown when nobody can tell whether the write happened. Nothing is sent until the results are ranged
// over, and each range sends again. When anything but a missing key went wrong, the last thing they yield is an error
// with the counts, so that a loop which only checks err misses no failure. Its Outcome is NotApplied only if nothing
// was written; ask each Result what became of its key:
//
//	for result, err := range flags.PutMany(ctx, writes) {
//		if err != nil {
//			return err // after all results: some keys failed
//		}
//		…
//	}
//
// Requests are as large as the provider allows, two at a time, and at most two batches are held in memory. Deletes, which
// hold no values, go up to 32 at a time while their batches have no more than 1,000 keys together. A provider without
// batches gets single requests, up to 32 at a time. Only keys that failed are sent again. A key that is given
// again while its first occurrence is still held in memory is refused (the result is errs.InvalidArgument); later, it
// is sent after the earlier one has finished. When nothing further can succeed, such as after errs.Unauthenticated,
// the input is not read to its end, and the last error says so.
//
// The input is read in the caller's goroutine: while it waits for its own next item, results that have come meanwhile
// wait too. Breaking off the loop cancels what is under way; what became of those keys is then unknown.
//
// # Puts of which nobody knows
//
// A put whose reply was lost ends in an error with Outcome errs.Ambiguous when its retries are spent. Putting the same again
// is always right. A program that would rather know opens the namespace with [WithReadBack], or read_back: true in the
// configuration: the key is then read once reads can no longer lag, and a put that is found there is a success. Absence
// proves nothing on the clouds, which are eventually consistent: such a put stays ambiguous.
//
// # Errors, retries and concurrency
//
// Every error is an *errs.Error that names provider, operation and resource. Calls are retried by the policy of the
// client where a repetition is safe. All types are safe for concurrent use, and every call honours its context.
package kv
