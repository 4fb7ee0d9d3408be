package emulator

import (
	"cmp"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// What the vendor documents as fixed, of "PutKv", "BatchPutKv", "BatchDeleteKv", "ListKvs" and "Get started with
// Edge KV" in Alibaba Cloud's ESA documentation. Sizes are bytes; the vendor's MB has 1,000,000.
const (
	alibabaMaxKey        = 512
	alibabaMaxValue      = 2_000_000
	alibabaMaxLargeValue = 25_000_000
	alibabaMaxBatchBytes = 2_000_000
	alibabaMaxBatchKeys  = 10_000
	alibabaMaxUpload     = 100_000_000
	alibabaMaxPageSize   = 100
	alibabaMaxListed     = 50_000
	alibabaCapacity      = 1 << 30
	alibabaNamespaces    = 10

	// Neither length is documented.
	alibabaMaxName        = 64
	alibabaMaxDescription = 256
)

// The default credentials. They are no secret: nothing but an emulator accepts them.
const (
	alibabaKeyID     = "emulator-access-key-id"
	alibabaKeySecret = "emulator-access-key-secret"
	alibabaRegion    = "cn-hangzhou"
)

// The API versions of "CreateKvNamespace" and its siblings, and of "AuthorizeFileUpload".
const (
	alibabaVersion       = "2024-09-10"
	alibabaUploadVersion = "2019-12-19"
)

// Alibaba is a fake of Alibaba Cloud's ESA EdgeKV (RPC API 2024-09-10): every namespace and key action, the
// high-capacity family with its upload, and both signatures, RPC v1 (HMAC-SHA1) and ACS3-HMAC-SHA256.
//
// The API, the open platform that authorizes uploads and the upload bucket are all at [Alibaba.URL]. Faults and recorded
// requests name the actions CreateKvNamespace, GetKvNamespace, GetKvAccount, DescribeKvAccountStatus, DeleteKvNamespace,
// PutKv, PutKvWithHighCapacity, GetKv, GetKvDetail, DeleteKv, ListKvs, BatchPutKv, BatchPutKvWithHighCapacity,
// BatchDeleteKv, BatchDeleteKvWithHighCapacity and AuthorizeFileUpload, and uploads as PostObject, whose errors are XML,
// unless a Fault's Code makes them. The high-capacity actions read what was uploaded and nothing else: a URL that points
// anywhere but at the emulator is refused without being opened.
type Alibaba struct {
	server
	config AlibabaSettings

	state      sync.Mutex
	gate       alibabaGate
	granted    int
	store      store
	namespaces map[string]*alibabaNamespace // by name
	created    int64
	calls      alibabaWindow
	writes     alibabaWindow
	grants     map[string]alibabaGrant // by encoded policy
	objects    map[string][]byte       // uploads, by object key
}

// NewAlibaba starts an emulator of Alibaba Cloud's ESA EdgeKV. Its account is empty and activated. Call Close when
// done. See [WithAlibaba] for what can be chosen beyond the options that all emulators have.
func NewAlibaba(opts ...Option) *Alibaba {
	a := &Alibaba{
		namespaces: map[string]*alibabaNamespace{},
		grants:     map[string]alibabaGrant{},
		objects:    map[string][]byte{},
	}
	settle := func(s *server) { // the last option: after all others, before anything is served
		a.config.settle()
		a.gate = newAlibabaGate(a.config.AccessKeyID, a.config.AccessKeySecret)
		a.store.stale = s.stale
		if end := a.config.UploadEndpoint; end != "" { // uploads go to another host of the vendor's
			s.isOwn = func(address string) bool {
				host, _, _ := net.SplitHostPort(address)
				return host == end || strings.HasSuffix(host, "."+end)
			}
		}
		if !s.unlimited {
			a.calls = alibabaWindow{n: a.config.Throttle, per: a.config.ThrottlePeriod}
			a.writes = alibabaWindow{n: a.config.WriteThrottle, per: a.config.ThrottlePeriod}
		}
	}
	a.start(a, append(slices.Clone(opts), settle))
	return a
}

// AccessKeyID returns the id of the account's access key.
func (a *Alibaba) AccessKeyID() string { return a.config.AccessKeyID }

// AccessKeySecret returns the secret of the account's access key.
func (a *Alibaba) AccessKeySecret() string { return a.config.AccessKeySecret }

// Region returns the region that the emulator claims to be in, cn-hangzhou.
func (a *Alibaba) Region() string { return alibabaRegion }

// Provider returns the entry that makes a crosscloud config use the emulator: driver, endpoint, open_platform_endpoint,
// upload_endpoint, region, access_key_id and access_key_secret. With high_capacity added to it, nothing but the emulator
// is reached either.
func (a *Alibaba) Provider() map[string]string {
	return map[string]string{
		"driver": "alibaba", "endpoint": a.URL(), "region": a.Region(),
		"open_platform_endpoint": a.URL(), "upload_endpoint": a.URL(),
		"access_key_id": a.AccessKeyID(), "access_key_secret": a.AccessKeySecret(),
	}
}

// IssueSTS returns temporary credentials as the vendor's security token service gives them: an access key that works
// together with its token only, for as long as said, by the emulator's clock.
func (a *Alibaba) IssueSTS(lifetime time.Duration) (keyID, secret, token string) {
	a.state.Lock()
	defer a.state.Unlock()
	return a.gate.issue(a.now().Add(lifetime))
}

// alibabaCall is a request that is about to be carried out.
type alibabaCall struct {
	params *alibabaParams
	host   string // that the client asked for
	now    time.Time
}

// alibabaReply is the flat object that a successful action answers with.
type alibabaReply map[string]any

// alibabaAction is how one action is called and carried out.
type alibabaAction struct {
	method  string
	version string
	write   bool // changes keys: counts against the write throttle
	offline bool // works before EdgeKV is activated
	run     func(*Alibaba, *alibabaCall) (alibabaReply, *alibabaError)
}

const alibabaPostObject = "PostObject"

var alibabaActions = map[string]alibabaAction{
	"CreateKvNamespace":             {method: "POST", run: (*Alibaba).createKvNamespace},
	"GetKvNamespace":                {method: "GET", run: (*Alibaba).getKvNamespace},
	"GetKvAccount":                  {method: "GET", run: (*Alibaba).getKvAccount, offline: true},
	"DescribeKvAccountStatus":       {method: "GET", run: (*Alibaba).describeKvAccountStatus, offline: true},
	"DeleteKvNamespace":             {method: "POST", run: (*Alibaba).deleteKvNamespace},
	"PutKv":                         {method: "POST", run: (*Alibaba).putKv, write: true},
	"PutKvWithHighCapacity":         {method: "POST", run: (*Alibaba).putKvWithHighCapacity, write: true},
	"GetKv":                         {method: "GET", run: (*Alibaba).getKv},
	"GetKvDetail":                   {method: "POST", run: (*Alibaba).getKvDetail},
	"DeleteKv":                      {method: "GET", run: (*Alibaba).deleteKv, write: true},
	"ListKvs":                       {method: "GET", run: (*Alibaba).listKvs},
	"BatchPutKv":                    {method: "POST", run: (*Alibaba).batchPutKv, write: true},
	"BatchPutKvWithHighCapacity":    {method: "POST", run: (*Alibaba).batchPutKvWithHighCapacity, write: true},
	"BatchDeleteKv":                 {method: "POST", run: (*Alibaba).batchDeleteKv, write: true},
	"BatchDeleteKvWithHighCapacity": {method: "POST", run: (*Alibaba).batchDeleteKvWithHighCapacity, write: true},
	// Old and new packages of the vendor differ in the method of this one, so either will do.
	"AuthorizeFileUpload": {version: alibabaUploadVersion, run: (*Alibaba).authorizeFileUpload, offline: true},
}

// action implements vendor.
func (a *Alibaba) action(r *http.Request, body []byte) string {
	if alibabaIsUpload(r) {
		return alibabaPostObject
	}
	name := alibabaActionOf(r, body)
	if _, ok := alibabaActions[name]; !ok {
		return ""
	}
	return name
}

// serve implements vendor.
func (a *Alibaba) serve(w http.ResponseWriter, r *http.Request, body []byte, action string) {
	if action == alibabaPostObject {
		a.postObject(w, r, body)
		return
	}
	reply, err := a.answer(w, r, body)
	if err != nil {
		a.fail(w, err.status, err.code, err.message)
		return
	}
	reply["RequestId"] = a.requestID()
	alibabaWriteJSON(w, http.StatusOK, reply)
}

// answer checks a request as the vendor's gateway does and hands it to its action.
func (a *Alibaba) answer(w http.ResponseWriter, r *http.Request, body []byte) (alibabaReply, *alibabaError) {
	params, sent, err := alibabaEnter(r, body)
	if err != nil {
		return nil, err
	}
	action, ok := alibabaActions[sent.action]
	if !ok {
		return nil, alibabaFault("InvalidApi.NotFound")
	}
	if sent.version != cmp.Or(action.version, alibabaVersion) {
		return nil, alibabaFault("NoSuchVersion")
	}
	// That the gateway insists on the method of the vendor's packages is not documented.
	allowed := r.Method == action.method || r.Method == "GET" || r.Method == "POST"
	if action.method != "" && !a.config.AnyMethod {
		allowed = r.Method == action.method
	}
	if !allowed {
		return nil, alibabaFault("UnsupportedHTTPMethod")
	}

	a.state.Lock()
	defer a.state.Unlock()
	call := &alibabaCall{params: params, host: r.Host, now: a.now()}
	if err := a.gate.authenticate(sent, call.now); err != nil {
		return nil, err
	}
	if left, ok := a.calls.take(sent.action, call.now); !ok {
		// Header and value are as the vendor's packages read them; that ESA sends them is not documented.
		w.Header().Set("x-ratelimit-user-api", a.calls.hint(left))
		return nil, alibabaFault("Throttling.Api")
	}
	if action.write {
		if _, ok := a.writes.take("", call.now); !ok {
			return nil, alibabaFault("TooQuickRequests")
		}
	}
	if a.config.Offline && !action.offline {
		return nil, alibabaFault("InvalidAccount.NotFound")
	}
	return action.run(a, call)
}
