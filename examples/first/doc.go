// Command first writes one key into the file that crosscloud.yaml names, and reads it back. It is the program that
// README.md shows.
package main
