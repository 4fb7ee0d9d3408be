package kvtest

import (
	"errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// The calls of a service, made directly.

func (s *suite) tryCreate(req *driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error) {
	s.Helper()
	creator, ok := s.svc.(driver.NamespaceCreator)
	if !ok {
		s.Fatalf("no namespace can be created: name one in Harness.Namespace")
	}
	s.pace(driver.OpCreateNamespace)
	s.wrote()
	res, err := creator.CreateNamespace(s.ctx, req)
	s.CheckError("CreateNamespace", err)
	s.answered("CreateNamespace", res != nil, err)
	if err != nil {
		return nil, err
	}
	s.made = append(s.made, res.Namespace.NamespaceRef)
	return &res.Namespace, nil
}

// answered fails the sub-test if a method returned neither a response nor an error.
func (s *suite) answered(method string, response bool, err error) {
	s.Helper()
	if !response && err == nil {
		s.Fatalf("%s: neither a response nor an error", method)
	}
}

func (s *suite) create(name string) *driver.NamespaceInfo {
	s.Helper()
	info, err := s.tryCreate(&driver.CreateNamespaceRequest{Name: name})
	s.Must("CreateNamespace", err)
	return info
}

func (s *suite) deleteNamespace(ref driver.NamespaceRef) error {
	s.Helper()
	deleter, ok := s.svc.(driver.NamespaceDeleter)
	if !ok {
		s.Fatalf("Delete is declared, but NamespaceDeleter is not implemented")
	}
	s.pace(driver.OpDeleteNamespace)
	s.wrote()
	res, err := deleter.DeleteNamespace(s.ctx, &driver.DeleteNamespaceRequest{NamespaceRef: ref})
	s.CheckError("DeleteNamespace", err)
	s.answered("DeleteNamespace", res != nil, err)
	return err
}

func (s *suite) rename(ref driver.NamespaceRef, name string) error {
	s.Helper()
	renamer, ok := s.svc.(driver.NamespaceRenamer)
	if !ok {
		s.Fatalf("Rename is declared, but NamespaceRenamer is not implemented")
	}
	s.pace(driver.OpRenameNamespace)
	s.settle()
	s.wrote()
	res, err := renamer.RenameNamespace(s.ctx, &driver.RenameNamespaceRequest{NamespaceRef: ref, NewName: name})
	s.CheckError("RenameNamespace", err)
	s.answered("RenameNamespace", res != nil, err)
	if err == nil && s.caps.Address == driver.ByName {
		s.made = append(s.made, driver.NamespaceRef{Name: name, ID: name})
	}
	return err
}

func (s *suite) setDescription(ref driver.NamespaceRef, text string) error {
	s.Helper()
	describer, ok := s.svc.(driver.NamespaceDescriber)
	if !ok {
		s.Fatalf("SetDescription is declared, but NamespaceDescriber is not implemented")
	}
	s.pace(driver.OpSetDescription)
	s.settle()
	s.wrote()
	res, err := describer.SetDescription(s.ctx, &driver.SetDescriptionRequest{NamespaceRef: ref, Description: text})
	s.CheckError("SetDescription", err)
	s.answered("SetDescription", res != nil, err)
	return err
}

// describe asks for one namespace: by the request for it where there is one, else from the listing.
func (s *suite) describe(ref driver.NamespaceRef) (*driver.NamespaceInfo, error) {
	s.Helper()
	s.settle()
	if getter, ok := s.svc.(driver.NamespaceGetter); ok {
		s.pace(driver.OpGetNamespace)
		res, err := getter.GetNamespace(s.ctx, &driver.GetNamespaceRequest{NamespaceRef: ref})
		s.CheckError("GetNamespace", err)
		s.answered("GetNamespace", res != nil, err)
		if err != nil {
			return nil, err
		}
		return &res.Namespace, nil
	}
	for _, info := range s.listNamespaces() {
		if info.Name == ref.Name {
			return &info, nil
		}
	}
	return nil, errs.Refuse(errs.NamespaceNotFound, "not in the listing")
}

// listNamespaces returns all namespaces.
func (s *suite) listNamespaces() []driver.NamespaceInfo {
	s.Helper()
	s.settle()
	var all []driver.NamespaceInfo
	var req driver.ListNamespacesRequest
	for range maxPages {
		s.pace(driver.OpListNamespaces)
		page, err := s.svc.ListNamespaces(s.ctx, &req)
		s.Must("ListNamespaces", err)
		if page == nil {
			s.Fatalf("ListNamespaces: neither a response nor an error")
		}
		all = append(all, page.Namespaces...)
		if page.Cursor == "" {
			return all
		}
		req.Cursor = page.Cursor
	}
	s.Fatalf("ListNamespaces: no end after %d pages", maxPages)
	return nil
}

// inListing returns how the listing tells of a namespace, and how many times.
func (s *suite) inListing(name string) (info driver.NamespaceInfo, count int) {
	s.Helper()
	for _, one := range s.listNamespaces() {
		if one.Name == name {
			info, count = one, count+1
		}
	}
	return info, count
}

// gone reports a failure unless the namespace is not there, whatever is asked of it.
func (s *suite) gone(ref driver.NamespaceRef) {
	s.Helper()
	if _, count := s.inListing(ref.Name); count != 0 {
		s.Errorf("the namespace %q is gone, but listed", ref.Name)
	}
	if _, err := s.describe(ref); err == nil || !errors.Is(err, errs.NamespaceNotFound) {
		s.Errorf("the namespace %q is gone, but asking for it gives %v", ref.Name, err)
	}
}
