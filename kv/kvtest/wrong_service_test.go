package kvtest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// onCreate exchanges every creation.
func onCreate(change func(*fakeService, context.Context, driver.CreateNamespaceRequest, func(driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error)) (*driver.NamespaceInfo, error)) func(*fakeService) {
	return func(f *fakeService) {
		create := f.create
		f.create = func(ctx context.Context, req *driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error) {
			return change(f, ctx, *req, func(req driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error) { return create(ctx, &req) })
		}
	}
}

// onInfo exchanges what is told of a namespace.
func onInfo(change func(*driver.NamespaceInfo)) func(*fakeService) {
	return func(f *fakeService) {
		get := f.get
		f.get = func(ctx context.Context, req *driver.GetNamespaceRequest) (*driver.NamespaceInfo, error) {
			info, err := get(ctx, req)
			if err == nil {
				change(info)
			}
			return info, err
		}
	}
}

// onNamespaces exchanges pages of namespaces.
func onNamespaces(change func(*driver.ListNamespacesRequest, *driver.ListNamespacesResponse)) func(*fakeService) {
	return func(f *fakeService) {
		list := f.list
		f.list = func(ctx context.Context, req *driver.ListNamespacesRequest) (*driver.ListNamespacesResponse, error) {
			page, err := list(ctx, req)
			if err == nil {
				change(req, page)
			}
			return page, err
		}
	}
}

func wrongServices() []wrong {
	return []wrong{
		{name: "creates what exists", config: "native", fails: "Service/CreateTaken Concurrent/Create", service: onCreate(func(f *fakeService, ctx context.Context, req driver.CreateNamespaceRequest, create func(driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error)) (*driver.NamespaceInfo, error) {
			info, err := create(req)
			if errs.CodeOf(err) == errs.AlreadyExists {
				return f.get(ctx, &driver.GetNamespaceRequest{NamespaceRef: driver.NamespaceRef{Name: req.Name}})
			}
			return info, err
		})},
		{name: "calls a taken name a conflict", config: "byID", fails: "Service/CreateTaken", service: onCreate(func(_ *fakeService, _ context.Context, req driver.CreateNamespaceRequest, create func(driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error)) (*driver.NamespaceInfo, error) {
			info, err := create(req)
			if errs.CodeOf(err) == errs.AlreadyExists {
				err = refuse(errs.Conflict, "taken")
			}
			return info, err
		})},
		{name: "creates without an id", config: "native", fails: "Service/Create", service: onCreate(func(_ *fakeService, _ context.Context, req driver.CreateNamespaceRequest, create func(driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error)) (*driver.NamespaceInfo, error) {
			info, err := create(req)
			if err == nil {
				info.ID = ""
			}
			return info, err
		})},
		{name: "cuts long names", config: "native", fails: "Service/NameOverLimit", service: onCreate(func(_ *fakeService, _ context.Context, req driver.CreateNamespaceRequest, create func(driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error)) (*driver.NamespaceInfo, error) {
			req.Name = req.Name[:min(len(req.Name), 60)]
			return create(req)
		})},
		{name: "takes shorter names than declared", config: "native", fails: "Service/NameLimit", service: onCreate(func(_ *fakeService, _ context.Context, req driver.CreateNamespaceRequest, create func(driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error)) (*driver.NamespaceInfo, error) {
			if len(req.Name) > 59 {
				return nil, refuse(errs.InvalidArgument, "too long")
			}
			return create(req)
		})},
		{name: "trims names", config: "native", fails: "Service/OddNames", service: onCreate(func(_ *fakeService, _ context.Context, req driver.CreateNamespaceRequest, create func(driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error)) (*driver.NamespaceInfo, error) {
			req.Name = strings.TrimSpace(req.Name)
			return create(req)
		})},
		{name: "drops the description", config: "native", fails: "Describe/Description Describe/DescriptionLimit", service: onCreate(func(_ *fakeService, _ context.Context, req driver.CreateNamespaceRequest, create func(driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error)) (*driver.NamespaceInfo, error) {
			req.Description = ""
			return create(req)
		})},
		{name: "cuts long descriptions", config: "native", fails: "Describe/DescriptionLimit", service: onCreate(func(_ *fakeService, _ context.Context, req driver.CreateNamespaceRequest, create func(driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error)) (*driver.NamespaceInfo, error) {
			req.Description = string([]rune(req.Description)[:min(len([]rune(req.Description)), 40)])
			return create(req)
		})},
		{name: "makes more namespaces than declared", config: "native", fails: "Service/MaxNamespaces", service: func(f *fakeService) {
			f.account.service.MaxNamespaces = 13
			f.caps = func() driver.ServiceCapabilities {
				c := f.account.service
				c.MaxNamespaces = 12
				return c
			}
		}},
		{name: "lists a namespace twice", config: "native", fails: "Service/List Service/Create", service: onNamespaces(func(_ *driver.ListNamespacesRequest, page *driver.ListNamespacesResponse) {
			page.Namespaces = append(page.Namespaces, page.Namespaces...)
		})},
		{name: "lists the first page only", config: "native", fails: "Service/List", service: onNamespaces(func(_ *driver.ListNamespacesRequest, page *driver.ListNamespacesResponse) { page.Cursor = "" })},
		{name: "lists an invented namespace", config: "native", fails: "Service/List", service: func(f *fakeService) {
			f.account.spaces = nil
			onNamespaces(func(_ *driver.ListNamespacesRequest, page *driver.ListNamespacesResponse) {
				if page.Cursor == "" {
					page.Namespaces = append(page.Namespaces, driver.NamespaceInfo{NamespaceRef: driver.NamespaceRef{Name: random(), ID: "x"}})
				}
			})(f)
		}},
		{name: "starts a list of namespaces anew", config: "native", fails: "Describe/BadCursor", service: func(f *fakeService) {
			list := f.list
			f.list = func(ctx context.Context, req *driver.ListNamespacesRequest) (*driver.ListNamespacesResponse, error) {
				if req.Cursor != "" && !strings.HasPrefix(req.Cursor, "after:") {
					req = &driver.ListNamespacesRequest{}
				}
				return list(ctx, req)
			}
		}},
		{name: "describes a missing namespace", config: "native", fails: "Describe/Missing Describe/ByName Service/Delete", service: func(f *fakeService) {
			get := f.get
			f.get = func(ctx context.Context, req *driver.GetNamespaceRequest) (*driver.NamespaceInfo, error) {
				info, err := get(ctx, req)
				if errs.CodeOf(err) == errs.NamespaceNotFound {
					return &driver.NamespaceInfo{NamespaceRef: req.NamespaceRef}, nil
				}
				return info, err
			}
		}},
		{name: "calls a missing namespace unavailable", config: "native", fails: "Portable/CreateIfMissing", service: func(f *fakeService) {
			get := f.get
			f.get = func(ctx context.Context, req *driver.GetNamespaceRequest) (*driver.NamespaceInfo, error) {
				info, err := get(ctx, req)
				if errs.CodeOf(err) == errs.NamespaceNotFound {
					err = refuse(errs.Unavailable, "unavailable")
				}
				return info, err
			}
		}},
		{name: "tells a wrong time", config: "native", fails: "Describe/Times", service: onInfo(func(info *driver.NamespaceInfo) { info.Created = time.UnixMilli(info.Created.Unix()) })},
		{name: "tells no usage", config: "native", fails: "Describe/Usage", service: onInfo(func(info *driver.NamespaceInfo) { info.Usage = nil })},
		{name: "tells a negative usage", config: "native", fails: "Describe/Usage", service: onInfo(func(info *driver.NamespaceInfo) { info.Usage.UsedBytes = -1 })},
		{name: "sets no empty description", config: "native", fails: "Describe/SetDescription", service: func(f *fakeService) {
			describe := f.describe
			f.describe = func(ctx context.Context, req *driver.SetDescriptionRequest) error {
				if req.Description == "" {
					return ended(ctx)
				}
				return describe(ctx, req)
			}
		}},
		{name: "cuts a changed description", config: "native", fails: "Describe/SetDescriptionLimit", service: func(f *fakeService) {
			describe := f.describe
			f.describe = func(ctx context.Context, req *driver.SetDescriptionRequest) error {
				changed := *req
				changed.Description = string([]rune(req.Description)[:min(len([]rune(req.Description)), 40)])
				return describe(ctx, &changed)
			}
		}},
		{name: "describes nothing without a word", config: "native", fails: "Describe/SetDescriptionMissing", service: func(f *fakeService) {
			describe := f.describe
			f.describe = func(ctx context.Context, req *driver.SetDescriptionRequest) error {
				if err := describe(ctx, req); errs.CodeOf(err) != errs.NamespaceNotFound {
					return err
				}
				return nil
			}
		}},
		{name: "keeps a deleted namespace", config: "native", fails: "Service/Delete Service/HandleAfterDelete", service: func(f *fakeService) {
			f.remove = func(ctx context.Context, req *driver.DeleteNamespaceRequest) error {
				_, err := f.get(ctx, &driver.GetNamespaceRequest{NamespaceRef: req.NamespaceRef})
				return err
			}
		}},
		{name: "deletes a missing namespace", config: "native", fails: "Service/DeleteMissing", service: func(f *fakeService) {
			remove := f.remove
			f.remove = func(ctx context.Context, req *driver.DeleteNamespaceRequest) error {
				if err := remove(ctx, req); errs.CodeOf(err) != errs.NamespaceNotFound {
					return err
				}
				return nil
			}
		}},
		{name: "keeps the keys of a deleted namespace", config: "native", fails: "Service/DeleteTakesKeys Portable/MadeAnew", service: func(f *fakeService) {
			buried := map[string]map[string]item{}
			remove, create := f.remove, f.create
			f.remove = func(ctx context.Context, req *driver.DeleteNamespaceRequest) error {
				if b := f.account.named(req.Name); b != nil {
					buried[req.Name] = b.items
				}
				return remove(ctx, req)
			}
			f.create = func(ctx context.Context, req *driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error) {
				info, err := create(ctx, req)
				if old := buried[req.Name]; err == nil && old != nil {
					b := f.account.named(req.Name)
					b.items, b.seen = old, old
				}
				return info, err
			}
		}},
		{name: "deletes all namespaces", config: "native", fails: "Service/Delete", service: func(f *fakeService) {
			remove := f.remove
			f.remove = func(ctx context.Context, req *driver.DeleteNamespaceRequest) error {
				err := remove(ctx, req)
				if err == nil {
					f.account.spaces = nil
				}
				return err
			}
		}},
		{name: "loses keys when renaming", config: "native", fails: "Service/Rename", service: func(f *fakeService) {
			f.rename = func(ctx context.Context, req *driver.RenameNamespaceRequest) error {
				if _, err := f.create(ctx, &driver.CreateNamespaceRequest{Name: req.NewName}); err != nil {
					return err
				}
				return f.remove(ctx, &driver.DeleteNamespaceRequest{NamespaceRef: req.NamespaceRef})
			}
		}},
		{name: "copies when renaming", config: "native", fails: "Service/Rename", service: func(f *fakeService) {
			f.rename = func(ctx context.Context, req *driver.RenameNamespaceRequest) error {
				if _, err := f.create(ctx, &driver.CreateNamespaceRequest{Name: req.NewName}); err != nil {
					return err
				}
				from, to := f.account.named(req.Name), f.account.named(req.NewName)
				if from == nil {
					return refuse(errs.NamespaceNotFound, "missing")
				}
				to.items, to.seen = from.items, from.items
				return nil
			}
		}},
		{name: "changes the id when renaming", config: "byID", fails: "Service/Rename", service: func(f *fakeService) {
			rename := f.rename
			f.rename = func(ctx context.Context, req *driver.RenameNamespaceRequest) error {
				err := rename(ctx, req)
				if err == nil {
					f.account.named(req.NewName).id += "-renamed"
				}
				return err
			}
		}},
		{name: "replaces a namespace when renaming", config: "native", fails: "Service/RenameTaken", service: func(f *fakeService) {
			rename := f.rename
			f.rename = func(ctx context.Context, req *driver.RenameNamespaceRequest) error {
				f.account.spaces = slices.DeleteFunc(f.account.spaces, func(b *bucket) bool { return b.name == req.NewName })
				return rename(ctx, req)
			}
		}},
		{name: "renames a missing namespace", config: "native", fails: "Service/RenameMissing", service: func(f *fakeService) {
			rename := f.rename
			f.rename = func(ctx context.Context, req *driver.RenameNamespaceRequest) error {
				if err := rename(ctx, req); errs.CodeOf(err) != errs.NamespaceNotFound {
					return err
				}
				return nil
			}
		}},
	}
}
