package huawei

import (
	"context"
	"net/http"
	"net/url"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// projectFinder knows the project whose keys are used. Where nobody says it, IAM is asked once for the project that has the
// name of the region, by the first call that needs it; after a failure the next one asks again.
type projectFinder struct {
	api      *api
	said     string
	endpoint *url.URL // of IAM
	region   string

	asking chan struct{} // holds one token while nobody asks
	known  string        // guarded by asking
}

func newProjectFinder(a *api, said string, endpoint *url.URL, region string) *projectFinder {
	p := &projectFinder{api: a, said: said, endpoint: endpoint, region: region, asking: make(chan struct{}, 1)}
	p.asking <- struct{}{}
	return p
}

// id returns the project. Callers wait for the one that asks, as long as their context lasts.
func (p *projectFinder) id(ctx context.Context, c credential) (string, error) {
	switch {
	case p.said != "":
		return p.said, nil
	case isID(c.project):
		return c.project, nil
	}
	select {
	case <-p.asking:
	case <-ctx.Done():
		return "", errs.Refuse(errs.CodeOf(ctx.Err()), "%w while the project of the region was looked up", ctx.Err())
	}
	defer func() { p.asking <- struct{}{} }()
	if p.known != "" {
		return p.known, nil
	}
	known, err := p.ask(ctx, c)
	if err != nil {
		return "", p.failed(err)
	}
	p.known = known
	return known, nil
}

// ask asks IAM (page "Querying Project Information Based on the Specified Criteria").
func (p *projectFinder) ask(ctx context.Context, c credential) (string, error) {
	u, err := wire.Join(p.endpoint, "v3", "projects")
	if err != nil {
		return "", err
	}
	u.RawQuery = "name=" + wire.Escape(p.region)
	header := http.Header{"Content-Type": {contentType}}
	a := p.api.account
	authorize(c, http.MethodGet, u, map[string]string{"name": p.region}, header, nil, a.Now())
	var reply projectsReply
	var id string
	err = a.exchange(ctx, &wire.Request{Method: http.MethodGet, URL: u, Option: optionIAMEndpoint, Header: header}, &call{reply: &reply, read: func() (fault string) {
		id, fault = reply.project(p.region)
		return fault
	}}, c)
	if err == nil && id == "" {
		err = errs.Refuse(errs.InvalidArgument, "there is not exactly one project of that name, check %s", optionRegion)
	}
	return id, err
}

// failed is the error of a call that came no further than to its project.
func (p *projectFinder) failed(err error) error {
	e, ok := err.(*errs.Error)
	if !ok {
		return err
	}
	whole := *e
	whole.Outcome = errs.NotApplied
	whole.Message = "the project of the region " + p.region + " could not be looked up at " + p.endpoint.Host + ": " + e.Message + "; or say " + optionProjectID
	switch whole.Code {
	case errs.Unauthenticated, errs.PermissionDenied, errs.RateLimited, errs.Unavailable, errs.DeadlineExceeded, errs.Canceled, errs.Internal, errs.Corrupt:
	default:
		whole.Code = errs.InvalidArgument // what is missing is the project, and not the key that the call was about
	}
	return &whole
}

// projectsReply lists projects.
type projectsReply struct {
	head
	Projects *[]struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"projects"`
}

// project returns the id of the only project of that name, empty where there is none or another.
func (r *projectsReply) project(name string) (id, fault string) {
	if r.Projects == nil {
		return "", "lacks the projects"
	}
	for _, p := range *r.Projects {
		switch {
		case p.Name != name:
		case !isID(p.ID):
			return "", "has a project without an id"
		case id != "":
			return "", ""
		default:
			id = p.ID
		}
	}
	return id, ""
}
