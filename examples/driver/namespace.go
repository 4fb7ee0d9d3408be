package folder

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// namespace is one folder.
type namespace struct {
	root *os.Root
	name string
}

// mark begins the names of files that are keys, so that no key has a name that a system keeps for itself.
const mark = "key-"

const maxValue = 1 << 20

var keys = driver.NameRule{MaxBytes: 200, Alphabet: driver.Chars("a-z0-9._-")}

func (namespace) Capabilities() driver.Capabilities {
	return driver.Capabilities{
		Key: keys, MaxValueBytes: maxValue, EmptyValue: driver.Native, BinaryValue: driver.Native,
		List: driver.ListBounds{MinPage: 1, MaxPage: 1000, Sorted: true},
	}
}

func (namespace) Operations() []policy.Operation {
	return []policy.Operation{
		{Name: driver.OpGet, Action: "ReadFile", Idempotency: policy.ReadOnly},
		{Name: driver.OpPut, Action: "Rename", Idempotency: policy.Idempotent},
		{Name: driver.OpDelete, Action: "Remove", Idempotency: policy.Idempotent},
		{Name: driver.OpList, Action: "ReadDir", Idempotency: policy.ReadOnly},
	}
}

func (n namespace) file(key string) string { return path.Join(n.name, mark+key) }

// check says whether a request can be carried out. Nobody else looks at keys, as a cloud's server does.
func (n namespace) check(ctx context.Context, key string) error {
	if err := ended(ctx); err != nil {
		return err
	}
	if err := keys.Check("key", key); err != nil {
		return err
	}
	_, err := n.root.Stat(n.name)
	return failed(err, errs.NamespaceNotFound)
}

func (n namespace) Get(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
	if err := n.check(ctx, req.Key); err != nil {
		return nil, err
	}
	value, err := n.root.ReadFile(n.file(req.Key))
	if err != nil {
		return nil, failed(err, errs.KeyNotFound)
	}
	return &driver.GetResponse{Value: value}, nil
}

func (n namespace) Put(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
	if err := n.check(ctx, req.Key); err != nil {
		return nil, err
	}
	if len(req.Value) > maxValue {
		return nil, errs.Refuse(errs.TooLarge, "the value has %d bytes, at most %d are accepted", len(req.Value), maxValue)
	}
	unfinished := path.Join(n.name, "new-"+rand.Text()) // a reader sees the old value or the new one
	err := n.root.WriteFile(unfinished, req.Value, 0o666)
	if err == nil {
		err = n.root.Rename(unfinished, n.file(req.Key))
	}
	if err != nil {
		_ = n.root.Remove(unfinished)
		return nil, failed(err, errs.NamespaceNotFound)
	}
	return &driver.PutResponse{}, nil
}

func (n namespace) Delete(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
	if err := n.check(ctx, req.Key); err != nil {
		return nil, err
	}
	if err := n.root.Remove(n.file(req.Key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, failed(err, errs.KeyNotFound)
	}
	return &driver.DeleteResponse{}, nil
}

func (n namespace) List(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	if err := keys.CheckPrefix("prefix", req.Prefix); err != nil {
		return nil, err
	}
	after, isCursor := strings.CutPrefix(req.Cursor, mark)
	if req.Cursor != "" && (!isCursor || keys.Check("cursor", after) != nil) || req.PageSize < 1 || req.PageSize > 1000 {
		return nil, errs.Refuse(errs.InvalidArgument, "the cursor is not one of this listing, or the page size is not 1 to 1000")
	}
	entries, err := readDir(n.root, n.name)
	if err != nil {
		return nil, failed(err, errs.NamespaceNotFound)
	}
	res := &driver.ListResponse{}
	for _, e := range entries {
		key, isKey := strings.CutPrefix(e.Name(), mark)
		if !isKey || !strings.HasPrefix(key, req.Prefix) || isCursor && key <= after {
			continue
		}
		if len(res.Keys) == req.PageSize {
			res.Cursor = mark + res.Keys[len(res.Keys)-1].Name
			break
		}
		res.Keys = append(res.Keys, driver.KeyInfo{Name: key})
	}
	return res, nil
}

// readDir lists a folder by the bytes of the names.
func readDir(root *os.Root, name string) ([]fs.DirEntry, error) { return fs.ReadDir(root.FS(), name) }

// ended is the error of a context that has ended: then nothing is done.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return errs.Refuse(errs.CodeOf(err), "%w", err)
	}
	return nil
}

// failed says what an error of the file system means; missing is what was not found.
func failed(err error, missing errs.Code) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return errs.Refuse(missing, "it does not exist")
	case errors.Is(err, fs.ErrExist):
		return errs.Refuse(errs.AlreadyExists, "the name is taken")
	case errors.Is(err, fs.ErrPermission):
		return errs.Refuse(errs.PermissionDenied, "%w", err)
	}
	return &errs.Error{Code: errs.Internal, Err: err} // what became of a write is not known
}
