// Package folder is a whole driver outside of crosscloud's own module: a namespace is a folder, a key is a file in it. A
// program imports it for effect and names it in its configuration:
//
//	providers:
//	  disk: {driver: folder, path: /var/lib/flags}
//	kv:
//	  flags: {provider: disk, namespace: flags, create: true}
//
// It is an example: a key cannot expire, and a write may be lost when the machine dies.
package folder

import (
	"context"
	"os"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

func init() {
	providers.Register(providers.Driver{
		Name:    "folder",
		Doc:     "Namespaces in folders.",
		Options: []providers.Option{{Name: "path", Required: true, Doc: "The folder, which must be there, that holds those of the namespaces."}},
		Open:    open,
	})
}

// account is an open provider entry.
type account struct{ root *os.Root }

func open(_ context.Context, s *providers.Settings) (providers.Account, error) {
	root, err := os.OpenRoot(s.Text("path")) // no name leads out of it
	if err != nil {
		return nil, errs.Refuse(errs.InvalidArgument, "path cannot be opened: %w", err)
	}
	return account{root}, nil
}

func (a account) Close() error { return a.root.Close() }

func (a account) KV(context.Context, *providers.Settings) (driver.Service, error) {
	return service(a), nil
}

// service lists, makes and opens namespaces.
type service struct{ root *os.Root }

var names = driver.NameRule{MaxBytes: 100, Alphabet: driver.Chars("a-z0-9-")}

func (service) Capabilities() driver.ServiceCapabilities {
	return driver.ServiceCapabilities{Address: driver.ByName, Name: names, Create: driver.Native, Delete: driver.Native, Get: driver.Emulated}
}

func (service) Operations() []policy.Operation {
	return []policy.Operation{
		{Name: driver.OpListNamespaces, Action: "ReadDir", Idempotency: policy.ReadOnly},
		{Name: driver.OpCreateNamespace, Action: "Mkdir"},
		{Name: driver.OpDeleteNamespace, Action: "RemoveAll"},
	}
}

func (s service) OpenNamespace(ref driver.NamespaceRef) (driver.Namespace, error) {
	return namespace{s.root, ref.Name}, nil
}

func (s service) ListNamespaces(ctx context.Context, req *driver.ListNamespacesRequest) (*driver.ListNamespacesResponse, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	if req.Cursor != "" { // there is one page
		return nil, errs.Refuse(errs.InvalidArgument, "the cursor is not one of this listing")
	}
	entries, err := readDir(s.root, ".")
	if err != nil {
		return nil, failed(err, errs.NotFound)
	}
	res := &driver.ListNamespacesResponse{}
	for _, e := range entries {
		if e.IsDir() {
			res.Namespaces = append(res.Namespaces, driver.NamespaceInfo{NamespaceRef: driver.NamespaceRef{Name: e.Name(), ID: e.Name()}})
		}
	}
	return res, nil
}

func (s service) CreateNamespace(ctx context.Context, req *driver.CreateNamespaceRequest) (*driver.CreateNamespaceResponse, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	if err := names.Check("name", req.Name); err != nil { // no server does it for us
		return nil, err
	}
	if err := s.root.Mkdir(req.Name, 0o777); err != nil {
		return nil, failed(err, errs.NotFound)
	}
	return &driver.CreateNamespaceResponse{Namespace: driver.NamespaceInfo{NamespaceRef: driver.NamespaceRef{Name: req.Name, ID: req.Name}}}, nil
}

func (s service) DeleteNamespace(ctx context.Context, req *driver.DeleteNamespaceRequest) (*driver.DeleteNamespaceResponse, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	if _, err := s.root.Stat(req.Name); err != nil {
		return nil, failed(err, errs.NamespaceNotFound)
	}
	return &driver.DeleteNamespaceResponse{}, failed(s.root.RemoveAll(req.Name), errs.NamespaceNotFound)
}
