// Package capability has the data by which providers declare what they can do: whether and at what price something
// is supported, and which names are accepted. The driver contracts of key-value stores, keys and workspaces build
// their capabilities of it.
//
// Declarations are data, so that the portable packages can enforce them before any I/O, conformance suites can prove
// them, the local driver can borrow them, and documentation can be made of them.
package capability
