// Package providers is the registry of drivers and the way their options are declared and read.
//
// A program names drivers in its configuration and links them by importing their packages for effect:
//
//	import _ "github.com/crosscloud-sdk/crosscloud/providers/local" // one driver
//	import _ "github.com/crosscloud-sdk/crosscloud/providers/all"   // every built-in driver
//
// Whoever writes a driver declares it as a [Driver] and registers it from an init function. One declaration of an
// [Option] serves the check of the configuration, the look-up in the environment, redaction and the documentation.
//
// # Where an option's value comes from
//
// In this order: the resource's entry (for options that are PerResource), the provider's entry, the environment
// variables of the option (each before the file that its NAME_FILE names), its default. An empty value in an entry is
// a value: it keeps the environment and the default out. An empty environment variable counts as unset.
//
// A value may hold ${NAME}, which is replaced by that environment variable when a resource is first opened, and $${
// for a literal ${. A secret may be given as NAME_file, the path of a file that holds it, and its environment
// variables as NAME_FILE; one line break at the file's end is removed.
package providers
