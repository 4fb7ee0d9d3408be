package kvtest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// account is a driver in memory, made for the tests of the suite. It keeps the contract.
type account struct {
	service driver.ServiceCapabilities
	content driver.Capabilities
	lag     time.Duration // of reads behind writes

	mu     sync.Mutex
	last   int // id given last
	spaces []*bucket
}

type bucket struct {
	id, name, description string
	created, updated      time.Time
	items                 map[string]item // as they will be
	seen                  map[string]item // as reads see them
	late                  []func()        // moves a write from items to seen
	due                   []time.Time
}

type item struct {
	value    []byte
	metadata json.RawMessage
	expires  time.Time // zero for never
}

func refuse(code errs.Code, format string, args ...any) error {
	return errs.Refuse(code, format, args...)
}

func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return refuse(errs.CodeOf(err), "%w", err)
	}
	return nil
}

// begin starts a call about one namespace. The account stays locked where there is no error.
func (a *account) begin(ctx context.Context, ref driver.NamespaceRef) (*bucket, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	a.mu.Lock()
	if b := a.find(ref); b != nil {
		return b, nil
	}
	a.mu.Unlock()
	return nil, refuse(errs.NamespaceNotFound, "no such namespace")
}

func (a *account) find(ref driver.NamespaceRef) *bucket {
	for _, b := range a.spaces {
		if a.service.Address == driver.ByID && b.id == ref.ID || a.service.Address == driver.ByName && b.name == ref.Name {
			return b
		}
	}
	return nil
}

func (a *account) named(name string) *bucket {
	for _, b := range a.spaces {
		if b.name == name {
			return b
		}
	}
	return nil
}

func (a *account) info(b *bucket) *driver.NamespaceInfo {
	info := &driver.NamespaceInfo{
		NamespaceRef: driver.NamespaceRef{Name: b.name, ID: b.id}, Description: b.description, Created: b.created, Updated: b.updated,
	}
	if a.service.Usage != driver.None {
		info.Usage = &driver.Usage{CapacityBytes: 1 << 30}
		for key, it := range b.items {
			info.Usage.UsedBytes += int64(len(key) + len(it.value))
		}
	}
	return info
}

const namespacesPage = 2

func (a *account) listNamespaces(ctx context.Context, req *driver.ListNamespacesRequest) (*driver.ListNamespacesResponse, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	after, ok := strings.CutPrefix(req.Cursor, "after:")
	if req.Cursor != "" && !ok {
		return nil, refuse(errs.InvalidArgument, "no cursor of ours")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	res := &driver.ListNamespacesResponse{}
	for _, b := range slices.SortedFunc(slices.Values(a.spaces), func(x, y *bucket) int { return cmp.Compare(x.name, y.name) }) {
		if req.Cursor != "" && b.name <= after {
			continue
		}
		if len(res.Namespaces) == namespacesPage {
			res.Cursor = "after:" + res.Namespaces[namespacesPage-1].Name
			break
		}
		res.Namespaces = append(res.Namespaces, *a.info(b))
	}
	return res, nil
}

func (a *account) createNamespace(ctx context.Context, req *driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error) {
	if err := cmp.Or(ended(ctx), a.service.Name.Check("name", req.Name), a.checkDescription(req.Description)); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.named(req.Name) != nil {
		return nil, refuse(errs.AlreadyExists, "the name is taken")
	}
	if a.service.MaxNamespaces > 0 && len(a.spaces) >= a.service.MaxNamespaces {
		return nil, refuse(errs.QuotaExceeded, "too many namespaces")
	}
	a.last++
	b := &bucket{id: req.Name, name: req.Name, description: req.Description, created: time.Now(), updated: time.Now(), items: map[string]item{}}
	if a.service.Address == driver.ByID {
		b.id = fmt.Sprintf("id-%d", a.last)
	}
	b.seen = b.items
	if a.lag > 0 {
		b.seen = map[string]item{}
	}
	a.spaces = append(a.spaces, b)
	return a.info(b), nil
}

func (a *account) checkDescription(text string) error {
	if n := a.service.MaxDescriptionChars; n > 0 && utf8.RuneCountInString(text) > n {
		return refuse(errs.InvalidArgument, "the description is too long")
	}
	return nil
}

func (a *account) getNamespace(ctx context.Context, req *driver.GetNamespaceRequest) (*driver.NamespaceInfo, error) {
	b, err := a.begin(ctx, req.NamespaceRef)
	if err != nil {
		return nil, err
	}
	defer a.mu.Unlock()
	return a.info(b), nil
}

func (a *account) renameNamespace(ctx context.Context, req *driver.RenameNamespaceRequest) error {
	b, err := a.begin(ctx, req.NamespaceRef)
	if err != nil {
		return err
	}
	defer a.mu.Unlock()
	if a.named(req.NewName) != nil {
		return refuse(errs.AlreadyExists, "the name is taken")
	}
	if b.id == b.name {
		b.id = req.NewName
	}
	b.name, b.updated = req.NewName, time.Now()
	return nil
}

func (a *account) setDescription(ctx context.Context, req *driver.SetDescriptionRequest) error {
	if err := a.checkDescription(req.Description); err != nil {
		return err
	}
	b, err := a.begin(ctx, req.NamespaceRef)
	if err != nil {
		return err
	}
	defer a.mu.Unlock()
	b.description = req.Description
	return nil
}

func (a *account) deleteNamespace(ctx context.Context, req *driver.DeleteNamespaceRequest) error {
	b, err := a.begin(ctx, req.NamespaceRef)
	if err != nil {
		return err
	}
	defer a.mu.Unlock()
	a.spaces = slices.DeleteFunc(a.spaces, func(other *bucket) bool { return other == b })
	return nil
}
