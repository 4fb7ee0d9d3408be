package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// makeStoreFile makes an empty store at path if nothing is there. The file appears whole, so that a process that dies
// meanwhile, or a full disk, leaves none that cannot be opened.
func makeStoreFile(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	name := temporary.Name()
	defer func() { _ = os.Remove(name) }()
	if err := temporary.Close(); err != nil {
		return err
	}
	db, err := bolt.Open(name, 0o600, nil)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	// This fails if somebody else has made it meanwhile, which is as good, and where there are no hard links: then
	// opening it makes it.
	_ = os.Link(name, path)
	return nil
}

// syncDirectory makes the file's name as durable as its content.
func syncDirectory(path string) {
	if dir, err := os.Open(filepath.Dir(path)); err == nil {
		_ = dir.Sync() // not every system can
		_ = dir.Close()
	}
}

// openFailed says why the file at path cannot be opened.
func openFailed(path string, err error) error {
	if known, ok := errors.AsType[*errs.Error](err); ok {
		known.Outcome = errs.NotApplied
		return known
	}
	refuse := func(code errs.Code, text string) error {
		return errs.Refuse(code, "store file %s "+text+": %w", path, err)
	}
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return errs.Refuse(errs.Conflict, "store file %s is in use by another process, or by another client of this one; close that, share its client, or use a file of its own", path)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, bolterrors.ErrChecksum),
		strings.Contains(err.Error(), "file size too small"):
		return refuse(errs.Corrupt, "is not a store of this driver, or is damaged")
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return refuse(errs.PermissionDenied, "cannot be opened for writing")
	case errors.Is(err, fs.ErrNotExist):
		hint := ""
		if strings.HasPrefix(path, "~") {
			hint = "; ~ is not expanded"
		}
		return errs.Refuse(errs.InvalidArgument, "store file %s cannot be made, its directory does not exist%s", path, hint)
	case errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.ENOTDIR):
		return refuse(errs.InvalidArgument, "is not a file")
	case isFull(err):
		return refuse(errs.Unavailable, "cannot be made, there is no space")
	}
	return refuse(errs.Internal, "cannot be opened")
}

// failed says why a commit failed, and whether it may be in the file all the same.
func (e *boltEngine) failed(err error, perhapsApplied bool) error {
	failure := &errs.Error{Code: errs.Internal, Outcome: errs.NotApplied, Err: err,
		Message: fmt.Sprintf("store file %s cannot be written: %v", e.path, err)}
	if perhapsApplied {
		failure.Outcome = errs.Ambiguous
	}
	if isFull(err) {
		failure.Code, failure.Retry = errs.Unavailable, errs.Temporary
		failure.Message = fmt.Sprintf("store file %s cannot grow, make space: %v", e.path, err)
	}
	return failure
}

// broken says why a transaction cannot begin.
func (e *boltEngine) broken(err error) error {
	return &errs.Error{Code: errs.Internal, Outcome: errs.NotApplied, Err: err,
		Message: fmt.Sprintf("store file %s cannot be used any more, reopen it: %v", e.path, err)}
}

func (e *boltEngine) damaged(how string) error {
	return &errs.Error{Code: errs.Corrupt, Message: fmt.Sprintf("store file %s is damaged: %s", e.path, how)}
}

// isFull reports whether err says that there is no space for more. Some errors of bbolt keep the text alone.
func isFull(err error) bool {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, bolterrors.ErrMaxSizeReached} {
		if errors.Is(err, full) || strings.Contains(err.Error(), full.Error()) {
			return true
		}
	}
	return false
}
