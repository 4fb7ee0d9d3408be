package crosscloud

// Builtin says which package registers a driver that this module has.
var Builtin = builtin
