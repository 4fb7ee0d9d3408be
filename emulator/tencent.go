package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// What every [Tencent] emulator accepts, unless [TencentSettings] say otherwise. None of it is a secret.
const (
	// TencentSecretID is the SecretId of the account.
	TencentSecretID = "AKIDemulatorNotReal"
	// TencentSecretKey is the SecretKey that goes with it.
	TencentSecretKey = "emulator-secret-key-not-real"
	// TencentZoneID is the zone that is always there.
	TencentZoneID = "zone-emulator0000"
)

// Limits of EdgeOne KV: tencentcloud.com, EdgeOne API, EdgeKVPut and its neighbours.
const (
	tencentVersion      = "2022-09-01"
	tencentKeyLength    = 512
	tencentBatch        = 20
	tencentPage         = 20
	tencentMaxPage      = 1000
	tencentRemarkLength = 256
	tencentNameLength   = 50
	tencentFilterValues = 20
	tencentMinTTL       = 60
	tencentRate         = 20
	tencentRatePer      = time.Second
	tencentSkew         = 5 * time.Minute
	tencentTime         = "2006-01-02T15:04:05Z"
	tencentLatestExpiry = 253402300799 // the last second of the year 9999, the last that the read-back can show
	tencentDefaultCap   = 100
	// As CapacityLimit of the example of DescribeEdgeKVNamespaces has it.
	tencentDefaultStorage = 1 << 30
	// The pages say 1 MB and 10 MB and leave open what an M is: the smaller one is taken.
	tencentDefaultValue = 1_000_000
	tencentMaxRequest   = 10_000_000
)

// TencentSettings change how a [Tencent] emulator works; pass them to [WithTencent]. Several choose between readings
// of the vendor's pages that are equally plausible, so that a program can be tested against both. The zero value is
// the default everywhere.
type TencentSettings struct {
	// SecretID and SecretKey replace [TencentSecretID] and [TencentSecretKey].
	SecretID, SecretKey string
	// Token makes the credentials temporary ones: requests must carry it in X-TC-Token. Without it the credentials
	// are permanent, and a request with a token is refused.
	Token string
	// Zones are the ids of further zones, beside [TencentZoneID].
	Zones []string

	// NamespaceLimit is how many namespaces a zone may have; 0 means 100. The vendor does not publish its own figure.
	NamespaceLimit int
	// Capacity is how many bytes of keys and values a namespace may hold; 0 means 1,073,741,824 (1<<30).
	Capacity int64
	// MaxValueBytes is the longest value; 0 means 1,000,000. The vendor says 1 MB, which may also be 1,048,576.
	MaxValueBytes int
	// KeyCharacters counts the 512 of a key or a prefix in characters instead of bytes.
	KeyCharacters bool
	// AprilRules follows the vendor's text of April 2026 instead of that of June: keys of letters, digits, "-" and
	// "_" only, expiry from one second or from now on instead of 60 seconds ahead.
	AprilRules bool
	// KeepExpiry lets a key that is overwritten without an expiry keep the one it had. By default it loses it.
	KeepExpiry bool
	// ClearRemark lets a ModifyEdgeKVNamespace without Remark clear the remark. By default it leaves it alone.
	ClearRemark bool
	// ShuffleList makes EdgeKVList return keys in a fixed order other than that of their bytes. The vendor promises
	// no order.
	ShuffleList bool
	// EmptyPages is how many empty pages EdgeKVList returns before each page with keys and before the end.
	EmptyPages int
}

// WithTencent changes how an emulator made by [NewTencent] works; of several the last one counts. It panics when it is
// given to another emulator.
func WithTencent(settings TencentSettings) Option {
	return func(s *server) { only[*Tencent](s, "WithTencent", "NewTencent").settings = settings }
}

// Tencent is a fake of Tencent EdgeOne's key-value store: API 3.0, service teo, version 2022-09-01. Its actions, as
// faults and recorded requests name them, are CreateEdgeKVNamespace, DescribeEdgeKVNamespaces, ModifyEdgeKVNamespace,
// DeleteEdgeKVNamespace, EdgeKVPut, EdgeKVGet, EdgeKVDelete and EdgeKVList. It speaks JSON over POST with TC3-HMAC-SHA256 signatures; the older HmacSHA1 and
// HmacSHA256 signatures and GET, which the platform has too, are refused. Every answer that is not an injected one has
// HTTP status 200. Each action is limited to 20 requests in any one second.
//
// The wire format is that of tencentcloud.com, EdgeOne, API Documentation (document 1145). It does not say which code
// goes with a refused key, value or expiry: here it is InvalidParameterValue, and FailedOperation where a namespace is
// full.
type Tencent struct {
	server
	settings TencentSettings
	api      tencentAPI

	state sync.Mutex // of what follows
	store store
	zones map[string]map[string]*tencentNamespace
	rates tencentRates // per action
}

// tencentNamespace is a namespace and what only this vendor knows of it.
type tencentNamespace struct {
	*namespace
	functions []string
	atMost    int64 // bytes it holds, or fewer
}

// NewTencent starts a Tencent EdgeOne KV emulator with one zone, [TencentZoneID], and no namespaces. Close it after
// use.
func NewTencent(opts ...Option) *Tencent {
	t := &Tencent{zones: map[string]map[string]*tencentNamespace{}, rates: tencentRates{}}
	complete := func(s *server) {
		c := &t.settings
		if c.SecretID == "" {
			c.SecretID = TencentSecretID
		}
		if c.SecretKey == "" {
			c.SecretKey = TencentSecretKey
		}
		if c.NamespaceLimit == 0 {
			c.NamespaceLimit = tencentDefaultCap
		}
		if c.Capacity == 0 {
			c.Capacity = tencentDefaultStorage
		}
		if c.MaxValueBytes == 0 {
			c.MaxValueBytes = tencentDefaultValue
		}
		for _, zone := range append([]string{TencentZoneID}, c.Zones...) {
			t.zones[zone] = map[string]*tencentNamespace{}
		}
		t.store.stale = s.stale
		t.api = tencentAPI{
			service: "teo", version: tencentVersion, secretID: c.SecretID, secretKey: c.SecretKey, token: c.Token, maxRequest: tencentMaxRequest,
		}
	}
	t.start(t, append(slices.Clone(opts), complete))
	return t
}

// Provider returns the entry of a crosscloud configuration that points at the emulator: driver, endpoint, secret_id,
// secret_key, zone_id, and token where [TencentSettings] have one.
func (t *Tencent) Provider() map[string]string {
	entry := map[string]string{
		"driver":     "tencent",
		"endpoint":   t.URL(),
		"secret_id":  t.settings.SecretID,
		"secret_key": t.settings.SecretKey,
		"zone_id":    TencentZoneID,
	}
	if t.settings.Token != "" {
		entry["token"] = t.settings.Token
	}
	return entry
}

// BindFunction makes an edge function refer to a namespace, which cannot be deleted from then on. It fails where the
// namespace does not exist.
func (t *Tencent) BindFunction(zoneID, namespace, functionID string) error {
	t.state.Lock()
	defer t.state.Unlock()
	ns := t.zones[zoneID][namespace]
	if ns == nil {
		return fmt.Errorf("emulator: no namespace %q in zone %q", namespace, zoneID)
	}
	if !slices.Contains(ns.functions, functionID) {
		ns.functions = append(ns.functions, functionID)
	}
	return nil
}

// UnbindFunction takes back what [Tencent.BindFunction] did. It fails where there was no such binding.
func (t *Tencent) UnbindFunction(zoneID, namespace, functionID string) error {
	t.state.Lock()
	defer t.state.Unlock()
	ns := t.zones[zoneID][namespace]
	if ns == nil || !slices.Contains(ns.functions, functionID) {
		return fmt.Errorf("emulator: no function %q bound to namespace %q in zone %q", functionID, namespace, zoneID)
	}
	ns.functions = slices.DeleteFunc(ns.functions, func(id string) bool { return id == functionID })
	return nil
}

// tencentError is what Response.Error holds.
type tencentError struct{ code, message string }

func tencentFails(code, format string, args ...any) *tencentError {
	return &tencentError{code, fmt.Sprintf(format, args...)}
}

// tencentResult is what Response holds beside the request id.
type tencentResult map[string]any

var tencentActions = map[string]func(*Tencent, *tencentFields, time.Time) (tencentResult, *tencentError){
	"CreateEdgeKVNamespace":    (*Tencent).createNamespace,
	"DescribeEdgeKVNamespaces": (*Tencent).describeNamespaces,
	"ModifyEdgeKVNamespace":    (*Tencent).modifyNamespace,
	"DeleteEdgeKVNamespace":    (*Tencent).deleteNamespace,
	"EdgeKVPut":                (*Tencent).kvPut,
	"EdgeKVGet":                (*Tencent).kvGet,
	"EdgeKVDelete":             (*Tencent).kvDelete,
	"EdgeKVList":               (*Tencent).kvList,
}

func (t *Tencent) action(r *http.Request, _ []byte) string {
	name := r.Header.Get("X-TC-Action")
	if _, ok := tencentActions[name]; !ok {
		return ""
	}
	return name
}

func (t *Tencent) serve(w http.ResponseWriter, r *http.Request, body []byte, action string) {
	result, failure := t.answer(r, body, action)
	if failure != nil {
		t.fail(w, 0, failure.code, failure.message)
		return
	}
	tencentReply(w, t.requestID(), http.StatusOK, result)
}

// answer carries a request out.
func (t *Tencent) answer(r *http.Request, body []byte, action string) (tencentResult, *tencentError) {
	now := t.now()
	inRate := func() *tencentError {
		t.state.Lock()
		defer t.state.Unlock()
		if !t.unlimited && !t.rates.take(action, tencentRate, now) {
			return tencentFails("RequestLimitExceeded", "more than %d requests of %s in a second", tencentRate, action)
		}
		return nil
	}
	if failure := t.api.admit(r, body, action, now, inRate); failure != nil {
		return nil, failure
	}
	fields, failure := readTencentFields(body)
	if failure != nil {
		return nil, failure
	}
	t.state.Lock()
	defer t.state.Unlock()
	// The time is read again under the lock: what was written while this request waited for it happened before.
	return tencentActions[action](t, fields, t.now())
}

// fail answers with an error, status 0 meaning the 200 that the vendor uses with all of them.
func (t *Tencent) fail(w http.ResponseWriter, status int, code, message string) {
	tencentReply(w, t.requestID(), status, tencentRefusal(code, message))
}

// tencentRefusal is what Response holds where an action fails.
func tencentRefusal(code, message string) tencentResult {
	return tencentResult{"Error": map[string]string{"Code": code, "Message": message}}
}

// tencentReply answers with an envelope, status 0 meaning 200.
func tencentReply(w http.ResponseWriter, id string, status int, result tencentResult) {
	if status == 0 {
		status = http.StatusOK
	}
	response := map[string]any{"RequestId": id}
	maps.Copy(response, result)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(map[string]any{"Response": response}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
}

// inZone returns the namespaces of a zone. Of the codes that the vendor lists for a missing zone the one that says so
// most plainly is used; no page tells which of them these actions answer.
func (t *Tencent) inZone(id string) (map[string]*tencentNamespace, *tencentError) {
	zone, ok := t.zones[id]
	if !ok {
		return nil, tencentFails("ResourceNotFound.ZoneNotFound", "there is no zone %q", id)
	}
	return zone, nil
}

// inNamespace returns a namespace of a zone.
func (t *Tencent) inNamespace(zoneID, name string) (*tencentNamespace, *tencentError) {
	zone, failure := t.inZone(zoneID)
	if failure != nil {
		return nil, failure
	}
	ns, ok := zone[name]
	if !ok {
		return nil, tencentFails("ResourceUnavailable.NamespaceNotFound", "there is no namespace %q", name)
	}
	return ns, nil
}
