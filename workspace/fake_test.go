package workspace_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/secret"
	"github.com/crosscloud-sdk/crosscloud/workspace"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// canary is the text of every secret.
const canary = "sk-canary-7f3a"

// fake is a driver that records what reaches it. A test sets what it answers; what is not set is answered with little.
type fake struct {
	caps driver.Capabilities
	rows []policy.Operation

	mu    sync.Mutex
	calls []string // names of operations, in the order in which they came
	asked []any    // the requests

	// answers by operation: a response or an error, in order; the last stays
	answers map[string][]any
}

func newFake() *fake {
	f := &fake{answers: map[string][]any{}, caps: driver.Capabilities{
		Own: driver.Native, Get: driver.Native, Create: driver.Native, List: driver.Native, Update: driver.Native, Delete: driver.Native,
		Name: driver.NameRule{MaxChars: 20, Alphabet: driver.AnyText().Without("!")}, Description: driver.Native, MaxDescriptionChars: 5,
		Languages: []string{"zh", "en"}, Options: []driver.Option{{Name: "plan", Doc: "what to pay"}}, MaxPage: 10,
		CreateAPIKeyWith: driver.Native, APIKeys: driver.Native, CreateAPIKey: driver.Native, DeleteAPIKey: driver.Native,
		APIKeyName: driver.NameRule{MaxChars: 8, Alphabet: driver.AnyText()}, APIKeyRoles: driver.Native,
		UsageLimits: driver.Native, TransferOwner: driver.Native,
	}}
	for name, class := range map[string]policy.Idempotency{
		driver.OpGet: policy.ReadOnly, driver.OpCreate: policy.NonIdempotent, driver.OpList: policy.ReadOnly, driver.OpUpdate: policy.Idempotent,
		driver.OpDelete: policy.NonIdempotent, driver.OpAPIKeys: policy.ReadOnly, driver.OpCreateAPIKey: policy.NonIdempotent,
		driver.OpDeleteAPIKey: policy.NonIdempotent, driver.OpUsageLimits: policy.ReadOnly, driver.OpSetUsageLimits: policy.Idempotent,
		driver.OpTransferOwner: policy.NonIdempotent,
	} {
		f.rows = append(f.rows, policy.Operation{Name: name, Action: "Fake" + name, Idempotency: class})
	}
	return f
}

// answer sets what an operation answers.
func (f *fake) answer(op string, all ...any) *fake {
	f.answers[op] = all
	return f
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

func serve[Req, Res any](f *fake, op string, req *Req, otherwise *Res) (*Res, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.asked = append(f.calls, op), append(f.asked, *req)
	all := f.answers[op]
	if len(all) == 0 {
		return otherwise, nil
	}
	if len(all) > 1 {
		f.answers[op] = all[1:]
	}
	if err, failed := all[0].(error); failed {
		return nil, err
	}
	return all[0].(*Res), nil
}

func (f *fake) Capabilities() driver.Capabilities { return f.caps }
func (f *fake) Operations() []policy.Operation    { return f.rows }
func (f *fake) Get(_ context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
	id := req.ID
	if id == "" || f.caps.Get == driver.Emulated {
		id = "own"
	}
	return serve(f, driver.OpGet, req, &driver.GetResponse{Workspace: driver.Info{ID: id, Name: "name of " + id}})
}

// whole implements everything.
type whole struct{ *fake }

func (f whole) Create(_ context.Context, req *driver.CreateRequest) (*driver.CreateResponse, error) {
	res := &driver.CreateResponse{Workspace: driver.Info{ID: "ws-1", Name: req.Name}}
	if req.APIKeyName != "" {
		res.APIKey = &driver.APIKey{ID: "key-1", Name: req.APIKeyName, Secret: secret.New(canary)}
	}
	return serve(f.fake, driver.OpCreate, req, res)
}

func (f whole) List(_ context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
	return serve(f.fake, driver.OpList, req, &driver.ListResponse{})
}

func (f whole) Update(_ context.Context, req *driver.UpdateRequest) (*driver.UpdateResponse, error) {
	return serve(f.fake, driver.OpUpdate, req, &driver.UpdateResponse{})
}

func (f whole) Delete(_ context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
	return serve(f.fake, driver.OpDelete, req, &driver.DeleteResponse{})
}

func (f whole) APIKeys(_ context.Context, req *driver.APIKeysRequest) (*driver.APIKeysResponse, error) {
	return serve(f.fake, driver.OpAPIKeys, req, &driver.APIKeysResponse{})
}

func (f whole) CreateAPIKey(_ context.Context, req *driver.CreateAPIKeyRequest) (*driver.CreateAPIKeyResponse, error) {
	key := driver.APIKey{ID: "key-1", Name: req.Name, Secret: secret.New(canary), Roles: req.Roles}
	return serve(f.fake, driver.OpCreateAPIKey, req, &driver.CreateAPIKeyResponse{APIKey: key})
}

func (f whole) DeleteAPIKey(_ context.Context, req *driver.DeleteAPIKeyRequest) (*driver.DeleteAPIKeyResponse, error) {
	return serve(f.fake, driver.OpDeleteAPIKey, req, &driver.DeleteAPIKeyResponse{})
}

func (f whole) UsageLimits(_ context.Context, req *driver.UsageLimitsRequest) (*driver.UsageLimitsResponse, error) {
	return serve(f.fake, driver.OpUsageLimits, req, &driver.UsageLimitsResponse{})
}

func (f whole) SetUsageLimits(_ context.Context, req *driver.SetUsageLimitsRequest) (*driver.SetUsageLimitsResponse, error) {
	return serve(f.fake, driver.OpSetUsageLimits, req, &driver.SetUsageLimitsResponse{})
}

func (f whole) TransferOwner(_ context.Context, req *driver.TransferOwnerRequest) (*driver.TransferOwnerResponse, error) {
	return serve(f.fake, driver.OpTransferOwner, req, &driver.TransferOwnerResponse{})
}

// watched is a service over a fake, with what its hooks were told.
type watched struct {
	*testing.T
	*workspace.Service
	f     *fake
	ended []policy.Event
}

// over opens a service over a driver that retries nothing.
func over(t *testing.T, f *fake, drv driver.Service) *watched {
	t.Helper()
	w := &watched{T: t, f: f}
	service, err := workspace.NewService(drv, workspace.ServiceOptions{Provider: "prov", Policy: policy.Policy{
		Retry: policy.Retry{MaxAttempts: 1},
		Hooks: policy.Hooks{End: func(_ context.Context, e *policy.Event) { w.ended = append(w.ended, *e) }},
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.Service = service
	return w
}

func (w *watched) workspace(id string) *workspace.Workspace {
	w.Helper()
	ws, err := w.Workspace(w.Context(), id)
	if err != nil {
		w.Fatal(err)
	}
	return ws
}

// refused checks that call fails with the code and names everything, that nothing reaches the driver, and that the
// hooks see it.
func (w *watched) refused(what, op, resource string, code errs.Code, call func() error) *errs.Error {
	w.Helper()
	before := w.f.count()
	w.ended = nil
	e := w.failed(what, call(), code, op, resource)
	if w.f.count() != before {
		w.Errorf("%s: %v reached the driver", what, w.f.calls[before:])
	}
	if e.Attempts != 0 || e.Outcome != errs.NotApplied || e.Retry != errs.Permanent {
		w.Errorf("%s: %d attempts, outcome %s, retry %s", what, e.Attempts, e.Outcome, e.Retry)
	}
	if len(w.ended) != 1 || w.ended[0].Op != op || w.ended[0].Resource != resource || w.ended[0].Attempt != 0 || !errors.Is(w.ended[0].Err, code) {
		w.Errorf("%s: the hooks were told of %+v", what, w.ended)
	}
	return e
}

// failed checks an error.
func (w *watched) failed(what string, err error, code errs.Code, op, resource string) *errs.Error {
	w.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		w.Fatalf("%s: %v, want %s", what, err, code)
	}
	if e.Code != code || e.Provider != "prov" || e.Op != op || e.Resource != resource {
		w.Errorf("%s: %v, want %s of %s %q", what, err, code, op, resource)
	}
	return e
}

// reached checks which operations reached the driver since the last time.
func (w *watched) reached(what string, want ...string) {
	w.Helper()
	if !slices.Equal(w.f.calls, want) {
		w.Errorf("%s: %v reached the driver, want %v", what, w.f.calls, want)
	}
	w.f.calls, w.f.asked = nil, nil
}

// fails is the error of a driver.
func fails(code errs.Code, outcome errs.Outcome) error {
	return &errs.Error{Code: code, Outcome: outcome, Message: "the vendor's words"}
}
