//go:build darwin || dragonfly || freebsd || (linux && !android) || netbsd || openbsd

package local

import (
	"os"
	"syscall"
)

// unlock frees the lock of a file whose engine cannot do it any more. Closing the file would not be enough: the
// memory that is mapped to it holds the lock too.
func unlock(file *os.File) { _ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN) }
