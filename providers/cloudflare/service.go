package cloudflare

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/cloudflare/limits"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// service is the namespaces of one account.
type service struct {
	*account
	url     *url.URL // of the listing of namespaces
	batch   int
	paced   bool // keys are
	budgets []ratelimit.Budget
}

var _ interface {
	kvdriver.Service
	kvdriver.NamespaceCreator
	kvdriver.NamespaceGetter
	kvdriver.NamespaceRenamer
	kvdriver.NamespaceDeleter
} = (*service)(nil)

// Capabilities tells what the account can do.
func (s *service) Capabilities() kvdriver.ServiceCapabilities { return limits.KVService() }

// OpenNamespace returns the namespace of that id.
func (s *service) OpenNamespace(ref kvdriver.NamespaceRef) (kvdriver.Namespace, error) {
	u, err := s.namespaceURL(ref)
	if err != nil {
		return nil, err
	}
	return &namespace{service: s, url: u}, nil
}

func (s *service) namespaceURL(ref kvdriver.NamespaceRef) (*url.URL, error) {
	if err := checkID("namespace_id", ref.ID); err != nil {
		return nil, err
	}
	u, err := wire.Join(s.url, ref.ID)
	if err != nil {
		return nil, errs.Refuse(errs.InvalidArgument, "id of the namespace: %w", err)
	}
	return u, nil
}

// namespacesPage is how many namespaces a page has: as many as it may, which is all that an account may have.
const namespacesPage = 1000

// ListNamespaces returns one page (page "List Namespaces"). Its cursor is the number of the page.
func (s *service) ListNamespaces(ctx context.Context, req *kvdriver.ListNamespacesRequest) (*kvdriver.ListNamespacesResponse, error) {
	page := 1
	if req.Cursor != "" {
		var err error
		if page, err = strconv.Atoi(req.Cursor); err != nil || page < 2 {
			return nil, errs.Refuse(errs.InvalidArgument, "the cursor is not one that a listing of namespaces gave")
		}
	}
	query := url.Values{"page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(namespacesPage)}, "order": {"title"}, "direction": {"asc"}}
	reply, e, err := s.exchange(ctx, &request{method: http.MethodGet, url: withQuery(s.url, query)})
	if err != nil {
		return nil, err
	}
	all, problem := decodeNamespaces(e.Result)
	if problem != nil {
		return nil, corrupt(reply, problem.Error(), errs.NotApplied)
	}
	res := &kvdriver.ListNamespacesResponse{Namespaces: all}
	if morePages(page, len(all), e.ResultInfo) {
		res.Cursor = strconv.Itoa(page + 1)
	}
	return res, nil
}

// CreateNamespace makes a namespace (page "Create a Namespace").
func (s *service) CreateNamespace(ctx context.Context, req *kvdriver.CreateNamespaceRequest) (*kvdriver.CreateNamespaceResponse, error) {
	info, err := s.namespaceInfo(ctx, &request{method: http.MethodPost, url: s.url, contentType: jsonType, body: encodeTitle(req.Name)})
	if err != nil {
		return nil, err
	}
	return &kvdriver.CreateNamespaceResponse{Namespace: *info}, nil
}

// GetNamespace describes a namespace (page "Get a Namespace").
func (s *service) GetNamespace(ctx context.Context, req *kvdriver.GetNamespaceRequest) (*kvdriver.GetNamespaceResponse, error) {
	u, err := s.namespaceURL(req.NamespaceRef)
	if err != nil {
		return nil, err
	}
	info, err := s.namespaceInfo(ctx, &request{method: http.MethodGet, url: u, about: aNamespace})
	if err != nil {
		return nil, err
	}
	return &kvdriver.GetNamespaceResponse{Namespace: *info}, nil
}

// namespaceInfo sends a request that is answered by a namespace.
func (s *service) namespaceInfo(ctx context.Context, r *request) (*kvdriver.NamespaceInfo, error) {
	reply, e, err := s.exchange(ctx, r)
	if err != nil {
		return nil, err
	}
	info, problem := decodeNamespace(e.Result)
	if problem != nil {
		return nil, corrupt(reply, problem.Error(), errs.Applied)
	}
	return info, nil
}

// RenameNamespace gives a namespace another title (page "Rename a Namespace"). Older replies have no result.
func (s *service) RenameNamespace(ctx context.Context, req *kvdriver.RenameNamespaceRequest) (*kvdriver.RenameNamespaceResponse, error) {
	u, err := s.namespaceURL(req.NamespaceRef)
	if err != nil {
		return nil, err
	}
	if err := s.opened(ctx, &request{method: http.MethodPut, url: u, contentType: jsonType, body: encodeTitle(req.NewName), about: aNamespace}); err != nil {
		return nil, err
	}
	return &kvdriver.RenameNamespaceResponse{}, nil
}

// DeleteNamespace removes a namespace (page "Remove a Namespace").
func (s *service) DeleteNamespace(ctx context.Context, req *kvdriver.DeleteNamespaceRequest) (*kvdriver.DeleteNamespaceResponse, error) {
	u, err := s.namespaceURL(req.NamespaceRef)
	if err != nil {
		return nil, err
	}
	if err := s.opened(ctx, &request{method: http.MethodDelete, url: u, about: aNamespace}); err != nil {
		return nil, err
	}
	return &kvdriver.DeleteNamespaceResponse{}, nil
}

func withQuery(u *url.URL, query url.Values) *url.URL {
	with := *u
	with.RawQuery = query.Encode()
	return &with
}
