package emulator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	alibabaCMSVersion = "2024-03-30"
	alibabaCMSPage    = 50 // workspaces in a page, by default and at most
	// alibabaCMSProject is the log project of the provider entry. There is no such thing.
	alibabaCMSProject = "emulator-project"
)

// AlibabaCMS is a fake of the workspaces of Alibaba Cloud's CMS 2.0 (ROA API 2024-03-30): the actions PutWorkspace,
// GetWorkspace, ListWorkspaces and DeleteWorkspace, which faults and recorded requests name so, signed with ACS3-HMAC-SHA256. The older ROA signature is refused, as nobody knows
// whether this service takes it.
//
// The request and reply fields are those of the vendor's Go package for the service. It shows neither error codes nor
// what a name may be, nor a rate: a workspace that is missing is WorkspaceNotExist with HTTP 404, any UTF-8 but "." and
// ".." is a name, and there is no limit to the rate; [AlibabaCMSSettings] have other choices.
type AlibabaCMS struct {
	server
	settings AlibabaCMSSettings

	state sync.Mutex // over what follows
	alibabaGate
	workspaces history[alibabaWorkspace] // by name
	calls      alibabaWindow
}

// NewAlibabaCMS starts an emulator of Alibaba Cloud's CMS 2.0 with no workspaces. Close it after use. See
// [WithAlibabaCMS] for what can be chosen beyond the options that all emulators have.
func NewAlibabaCMS(opts ...Option) *AlibabaCMS {
	a := &AlibabaCMS{}
	settle := func(s *server) { // the last option: after all others, before anything is served
		a.settings.settle()
		a.alibabaGate = newAlibabaGate(a.settings.AccessKeyID, a.settings.AccessKeySecret)
		a.workspaces.stale = s.stale
		if !s.unlimited {
			a.calls = alibabaWindow{n: a.settings.Throttle, per: a.settings.ThrottlePeriod}
		}
	}
	a.start(a, append(slices.Clone(opts), settle))
	return a
}

// AccessKeyID returns the id of the account's access key.
func (a *AlibabaCMS) AccessKeyID() string { return a.settings.AccessKeyID }

// AccessKeySecret returns the secret of the account's access key.
func (a *AlibabaCMS) AccessKeySecret() string { return a.settings.AccessKeySecret }

// Region returns the region that the emulator claims to be in, cn-hangzhou.
func (a *AlibabaCMS) Region() string { return alibabaRegion }

// Provider returns the entry that makes a crosscloud config use the emulator: driver, cms_endpoint, region,
// access_key_id, access_key_secret and sls_project.
func (a *AlibabaCMS) Provider() map[string]string {
	project := alibabaCMSProject
	if len(a.settings.Projects) > 0 {
		project = a.settings.Projects[0]
	}
	return map[string]string{
		"driver": "alibaba", "cms_endpoint": a.URL(), "region": a.Region(),
		"access_key_id": a.AccessKeyID(), "access_key_secret": a.AccessKeySecret(), "sls_project": project,
	}
}

// IssueSTS returns temporary credentials as the vendor's security token service gives them: an access key that works
// together with its token only, for as long as said, by the emulator's clock.
func (a *AlibabaCMS) IssueSTS(lifetime time.Duration) (keyID, secret, token string) {
	a.state.Lock()
	defer a.state.Unlock()
	return a.issue(a.now().Add(lifetime))
}

// alibabaCMSCall is a request that is about to be carried out.
type alibabaCMSCall struct {
	name   string // of the workspace in the path
	params *alibabaParams
	body   []byte
	now    time.Time
}

// alibabaCMSActions has the actions by the method and by whether the path names a workspace.
var alibabaCMSActions = []struct {
	method string
	named  bool
	name   string
	run    func(*AlibabaCMS, *alibabaCMSCall) (alibabaReply, *alibabaError)
}{
	{"POST", true, "PutWorkspace", (*AlibabaCMS).putWorkspace},
	{"GET", true, "GetWorkspace", (*AlibabaCMS).getWorkspace},
	{"GET", false, "ListWorkspaces", (*AlibabaCMS).listWorkspaces},
	{"DELETE", true, "DeleteWorkspace", (*AlibabaCMS).deleteWorkspace},
}

// action implements vendor. The path tells it, whatever the header says.
func (a *AlibabaCMS) action(r *http.Request, _ []byte) string {
	i, _, err := alibabaCMSRoute(r)
	if err != nil {
		return ""
	}
	return alibabaCMSActions[i].name
}

// alibabaCMSRoute finds the action, and the workspace in the path. An escaped slash is part of a name.
func alibabaCMSRoute(r *http.Request) (action int, workspace string, err *alibabaError) {
	segments, ok := pathSegments(r)
	if !ok || segments[0] != "workspace" || len(segments) > 2 {
		return 0, "", alibabaFault("InvalidApi.NotFound")
	}
	named := len(segments) == 2
	if named {
		workspace = segments[1]
	}
	for i, action := range alibabaCMSActions {
		if action.method == r.Method && action.named == named {
			return i, workspace, nil
		}
	}
	return 0, "", alibabaFault("UnsupportedHTTPMethod")
}

// serve implements vendor.
func (a *AlibabaCMS) serve(w http.ResponseWriter, r *http.Request, body []byte, _ string) {
	reply, err := a.answer(w, r, body)
	if err != nil {
		a.fail(w, err.status, err.code, err.message)
		return
	}
	id := a.requestID()
	reply["requestId"] = id
	a.write(w, http.StatusOK, id, reply)
}

// answer checks a request as the vendor's gateway does and hands it to its action.
func (a *AlibabaCMS) answer(w http.ResponseWriter, r *http.Request, body []byte) (alibabaReply, *alibabaError) {
	i, workspace, err := alibabaCMSRoute(r)
	if err != nil {
		return nil, err
	}
	params := &alibabaParams{all: map[string]string{}, sent: map[string]int{}}
	if err := params.add(r.URL.RawQuery); err != nil {
		return nil, err
	}
	params.query = slices.Sorted(maps.Keys(params.all))
	credential, ok := alibabaACS3(r)
	if !ok {
		return nil, alibabaMissing("AccessKeyId")
	}
	sent, err := alibabaHeaders(r, body, params, credential)
	if err != nil {
		return nil, err
	}
	action := alibabaCMSActions[i]
	switch {
	case sent.action != action.name:
		return nil, alibabaFault("InvalidApi.NotFound")
	case sent.version != alibabaCMSVersion:
		return nil, alibabaFault("NoSuchVersion")
	}
	a.state.Lock()
	defer a.state.Unlock()
	call := &alibabaCMSCall{name: workspace, params: params, body: body, now: a.now()}
	if err := a.authenticate(sent, call.now); err != nil {
		return nil, err
	}
	if left, ok := a.calls.take(action.name, call.now); !ok {
		// As in the vendor's packages; that this service sends it is not documented.
		w.Header().Set("x-ratelimit-user-api", a.calls.hint(left))
		return nil, alibabaFault("Throttling.Api")
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); action.method == http.MethodPost && kind != "application/json" {
		return nil, alibabaFault("UnsupportedMediaType")
	}
	return action.run(a, call)
}

// known returns the status and the message of a code: of the service itself, whose codes are not documented, or of the
// gateway.
func (a *AlibabaCMS) known(code string) alibabaError {
	switch code {
	case a.settings.NotFoundCode:
		return alibabaError{status: a.settings.NotFoundStatus, message: "The specified workspace does not exist."}
	case "WorkspaceAlreadyExist":
		return alibabaError{status: http.StatusConflict, message: "The specified workspace already exists."}
	case "ProjectNotExist":
		return alibabaError{status: http.StatusNotFound, message: "The specified project does not exist."}
	case "UnsupportedMediaType":
		return alibabaError{status: http.StatusUnsupportedMediaType, message: "The content type is not supported."}
	}
	known, _ := alibabaKnown(alibabaCodes, code, "")
	return alibabaError{status: cmp.Or(known.status, alibabaStatus(code)), message: known.message}
}

// fail implements vendor: it answers with the gateway's error envelope.
func (a *AlibabaCMS) fail(w http.ResponseWriter, status int, code, message string) {
	known := a.known(code)
	if message == "" {
		message = known.message
	}
	if status == 0 {
		status = known.status
	}
	host, id := "metrics."+alibabaRegion+".aliyuncs.com", a.requestID()
	reply := alibabaReply{"RequestId": id, "HostId": host, "Code": code, "Message": message}
	if a.settings.LowerCaseErrors {
		reply = alibabaReply{"requestId": id, "code": code, "message": message}
	}
	a.write(w, status, id, reply)
}

// write sends an answer.
func (a *AlibabaCMS) write(w http.ResponseWriter, status int, id string, reply alibabaReply) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(reply); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.Header().Set("x-acs-request-id", id)
	w.WriteHeader(status)
	_, _ = w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}
