package emulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// What every [Guance] emulator accepts, unless [GuanceSettings] say otherwise. None of it is a secret.
const (
	// GuanceAPIKey is the API key, in the header DF-API-KEY, of the workspace that is always there.
	GuanceAPIKey = "fake-guance-api-key-not-real"
	// GuanceAccessKey and GuanceSecretKey sign the requests of the External API.
	GuanceAccessKey = "fake-guance-access-key"
	GuanceSecretKey = "fake-guance-secret-key-not-real"
	// GuanceAccount is the uuid of the account that owns that workspace.
	GuanceAccount = "acnt_00000000000000000000000000000001"
)

// Guance is a fake of Guance, which is TrueWatch too. One server speaks both of its APIs and tells them apart by the
// headers that authenticate a request:
//
//   - the OpenAPI, header DF-API-KEY. A key knows the workspace that it belongs to and no other. A fresh emulator has
//     one workspace, [Guance.WorkspaceUUID], with the key [GuanceAPIKey].
//   - the External API of private deployments, headers X-Df-*, signed with HMAC-SHA256. It sees all workspaces.
//
// Faults and recorded requests name the operations of both alike: CreateWorkspace, GetWorkspace, ModifyWorkspace,
// AddAccessKey, ListAccessKeys, GetAccessKey, DeleteAccessKey, and of the External API alone ListWorkspaces,
// DeleteWorkspace, GetUsageLimit, UpdateUsageLimit, TransferOwner and ModifyAccessKey. A fault with Status 200 and a
// Code is a failure inside HTTP 200.
//
// Of the OpenAPI 20 requests a minute of a key and 200 of a workspace are let through; more are answered 401, as the
// vendor does. [WithoutRateLimit] lifts both.
//
// Sources: docs.guance.com/open-api (workspace, workspace API keys, error definitions, API limits) and the pages of
// the External API of private deployments. They show no failed reply and list three error codes; the others here, such
// as ft.ParamError and ft.NotFoundWorkspace, are made after their pattern.
type Guance struct {
	server
	settings GuanceSettings

	state      sync.Mutex // over what follows
	rows       int        // of all tables together
	shown      int        // objects rendered, for OddTypes
	workspaces history[guanceWorkspace]
	keys       history[guanceKey]
	secrets    map[string]string // of keys → their ids
	perKey     map[string]*guanceWindow
	perSpace   map[string]*guanceWindow
	nonces     map[string]time.Time // until when they may not come again
	sweep      time.Time            // when nonces are looked through next
	first      string
}

// NewGuance starts a fake Guance. Close it after use. See [WithGuance] for what can be chosen beyond the options that
// all emulators have.
func NewGuance(opts ...Option) *Guance {
	g := &Guance{
		secrets: map[string]string{}, perKey: map[string]*guanceWindow{}, perSpace: map[string]*guanceWindow{},
		nonces: map[string]time.Time{},
	}
	settle := func(s *server) { // the last option: after all others, before anything is served
		g.settings.settle()
		g.workspaces.stale, g.keys.stale = s.stale, s.stale
		g.found(s.now())
	}
	g.start(g, append(slices.Clone(opts), settle))
	return g
}

// found makes the first workspace and its key, which were there long before any stale read.
func (g *Guance) found(now time.Time) {
	ws := g.newWorkspace(guanceExternal, now)
	ws.name, ws.desc, ws.owner = "first", "the emulator's workspace", GuanceAccount
	key := g.newKey(ws.uuid, "first", guanceExternal, now)
	key.secret = g.settings.APIKey
	g.first = ws.uuid
	g.secrets[key.secret] = key.uuid
	g.workspaces.put(ws.uuid, now.Add(-g.stale), ws)
	g.keys.put(key.uuid, now.Add(-g.stale), key)
}

// WorkspaceUUID returns the uuid of the workspace that a fresh emulator has.
func (g *Guance) WorkspaceUUID() string { return g.first }

// Provider returns the entry that makes a crosscloud config use the OpenAPI of the emulator, with the key of the first
// workspace: driver, api, endpoint and api_key.
func (g *Guance) Provider() map[string]string {
	return map[string]string{"driver": "guance", "api": "open", "endpoint": g.URL(), "api_key": g.settings.APIKey}
}

// ExternalProvider returns the entry that makes a crosscloud config use the External API of the emulator: driver, api,
// endpoint, access_key and secret_key.
func (g *Guance) ExternalProvider() map[string]string {
	return map[string]string{
		"driver": "guance", "api": "external", "endpoint": g.URL(),
		"access_key": g.settings.AccessKey, "secret_key": g.settings.SecretKey,
	}
}

// guanceCall is a request that is about to be carried out.
type guanceCall struct {
	api       guanceAPI
	id        string // in the path
	workspace string // that the key belongs to, with the OpenAPI
	actor     string // who is noted as the creator or the updater
	now       time.Time
	query     *guanceQuery
	body      []byte
}

// guanceReply is what a successful operation answers with.
type guanceReply struct {
	content any
	page    *guancePage
}

// guancePage is beside the content of a listing that has pages.
type guancePage struct {
	Count int `json:"count"`
	Index int `json:"pageIndex"`
	Size  int `json:"pageSize"`
	Total int `json:"totalCount"`
}

// guanceError is an answer that is no success. Status 0 means the one that goes with the code.
type guanceError struct {
	status        int
	code, message string
}

func guanceFault(code, message string) *guanceError {
	return &guanceError{code: code, message: message}
}

// guanceBad refuses a parameter. The vendor lists no code for it.
func guanceBad(message string) *guanceError { return guanceFault("ft.ParamError", message) }

// action implements vendor.
func (g *Guance) action(r *http.Request, _ []byte) string {
	api, ok := guanceAPIOf(r.Header)
	if !ok {
		return ""
	}
	route, _, _ := g.route(r, api)
	return route.action
}

// serve implements vendor.
func (g *Guance) serve(w http.ResponseWriter, r *http.Request, body []byte, _ string) {
	reply, refusal := g.answer(r, body)
	if refusal != nil {
		g.fail(w, refusal.status, refusal.code, refusal.message)
		return
	}
	g.write(w, http.StatusOK, guanceEnvelope{Code: http.StatusOK, Content: reply.content, Page: reply.page, Success: true})
}

// answer passes a request by what stands before an operation: its credentials, the rate limits, whether there is such
// an operation. The vendor's order is not known.
func (g *Guance) answer(r *http.Request, body []byte) (guanceReply, *guanceError) {
	api, ok := guanceAPIOf(r.Header)
	if !ok {
		return guanceReply{}, guanceFault("ft.MissingAuthHeaderInfo", "no credentials, or those of two APIs")
	}
	g.state.Lock()
	defer g.state.Unlock()
	call := &guanceCall{api: api, now: g.now(), body: body}
	if refusal := g.authenticate(call, r); refusal != nil {
		return guanceReply{}, refusal
	}
	route, id, refusal := g.route(r, api)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	call.id = id
	if call.query, refusal = guanceQueryOf(r.URL.RawQuery); refusal != nil {
		return guanceReply{}, refusal
	}
	return route.run(g, call)
}

// guanceEnvelope is what every answer comes in; its content is null with an error.
type guanceEnvelope struct {
	Code      int         `json:"code"`
	Content   any         `json:"content"`
	ErrorCode string      `json:"errorCode"`
	Message   string      `json:"message"`
	Page      *guancePage `json:"pageInfo,omitempty"`
	Success   bool        `json:"success"`
	TraceID   string      `json:"traceId"`
}

// fail implements vendor. The code of the envelope is the HTTP status, but for a failure inside HTTP 200, where it is
// the status that goes with the error.
func (g *Guance) fail(w http.ResponseWriter, status int, code, message string) {
	own := g.settings.statusOf(code)
	if status == 0 {
		status = own
	}
	inside := status
	if status == http.StatusOK {
		inside = own
	}
	g.write(w, status, guanceEnvelope{Code: inside, ErrorCode: code, Message: message})
}

// write sends an answer.
func (g *Guance) write(w http.ResponseWriter, status int, e guanceEnvelope) {
	if e.TraceID = g.requestID(); !strings.HasPrefix(e.TraceID, "TRACE-") {
		e.TraceID = "TRACE-" + e.TraceID
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}
