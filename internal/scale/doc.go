// Package scale holds the library to its limits: how many requests and how much memory and time a million keys take, what
// many callers with large replies hold at once, that every wait ends with its context, and what a call allocates. It has
// tests only.
//
// They run the public API in virtual time over connections in memory. The servers are stand-ins, written from the facts in
// the package comments of the emulators and of providers/*/limits: an emulator would keep a million keys in the heap that is
// measured here, sort all of them for each page, and log the requests. A stand-in keeps a count and a sum of hashes, by which
// no key can be lost, doubled or changed unnoticed. It checks no signature and no rate; the tests of the drivers do.
//
// With -short, and under the race detector, there are fewer keys and callers; the ratios that are asserted are the same.
package scale
