package emulator

import (
	"cmp"
	"crypto/rsa"
	"net/http"
	"slices"
	"sync"
	"time"
)

// alibabaKMSAPIVersion is the version of the KMS API.
const alibabaKMSAPIVersion = "2016-01-20"

// The account and the KMS instance of the emulator.
const (
	alibabaKMSAccount  = "1000000000000001"
	alibabaKMSInstance = "kst-emulator00000000001"
)

// AlibabaKMS is a fake of Alibaba Cloud KMS (RPC API 2016-01-20) at the shared gateway: keys with their versions,
// aliases, tags, rotation, deletion, import of key material, and the cryptographic actions, which are done for real.
// Both signatures are verified, RPC v1 (HMAC-SHA1) and ACS3-HMAC-SHA256, and parameters may be in the query or in a
// form.
//
// Faults and recorded requests name the actions CreateKey, DescribeKey, ListKeys, EnableKey, DisableKey,
// ScheduleKeyDeletion, CancelKeyDeletion, UpdateKeyDescription, SetDeletionProtection, CreateAlias, UpdateAlias,
// DeleteAlias, ListAliases, ListAliasesByKeyId, Encrypt, Decrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext,
// GenerateAndExportDataKey, ExportDataKey, ReEncrypt, AsymmetricSign, AsymmetricVerify, AsymmetricEncrypt,
// AsymmetricDecrypt, GetPublicKey, GenerateMac, VerifyMac, UpdateRotationPolicy, CreateKeyVersion, ListKeyVersions,
// DescribeKeyVersion, TagResources, UntagResources, ListTagResources, TagResource, UntagResource, ListResourceTags,
// GetParametersForImport, ImportKeyMaterial, DeleteKeyMaterial, GetRandomPassword, SetKeyPolicy, GetKeyPolicy,
// DescribeRegions and DescribeAccountKmsStatus.
//
// As at the vendor, keys of every spec but Aliyun_AES_256 belong to a KMS instance: CreateKey needs the
// DKMSInstanceId that [AlibabaKMS.InstanceID] tells, or the option AnyKeySpec of [AlibabaKMSSettings]. The account has
// one key that a service created, with the alias alias/acs/oss. Secrets, certificates, instances and application
// access points are not there: their actions are answered with InvalidApiName. [WithStaleReads] changes nothing, as
// the vendor documents no delay.
type AlibabaKMS struct {
	server
	config AlibabaKMSSettings

	state    sync.Mutex
	gate     alibabaGate
	rates    map[int]*alibabaWindow // by how many a second
	keys     map[string]*alibabaKMSKey
	versions map[string]*alibabaKMSKey // by the id of a version
	aliases  map[string]*alibabaKMSKey
	tokens   map[string]*alibabaKMSToken
	wrap     *rsa.PrivateKey // that key material is wrapped for, made when first asked for
	rsa      rsaKeys
	created  int64
}

// NewAlibabaKMS starts an emulator of Alibaba Cloud KMS. Its account has no key but one of a service. Call Close when
// done. See [WithAlibabaKMS] for what can be chosen beyond the options that all emulators have.
func NewAlibabaKMS(opts ...Option) *AlibabaKMS {
	a := &AlibabaKMS{
		rates:    map[int]*alibabaWindow{},
		keys:     map[string]*alibabaKMSKey{},
		versions: map[string]*alibabaKMSKey{},
		aliases:  map[string]*alibabaKMSKey{},
		tokens:   map[string]*alibabaKMSToken{},
	}
	settle := func(s *server) { // the last option: after all others, before anything is served
		a.config.settle()
		a.rsa.given = a.config.RSAKey
		a.gate = newAlibabaGate(a.config.AccessKeyID, a.config.AccessKeySecret)
		service := a.add(alibabaKMSDefaultSpec, alibabaKMSCrypt, alibabaKMSOrigin, s.now())
		service.creator, service.service = "Oss", true
		a.aliases["alias/acs/oss"] = service
	}
	a.start(a, append(slices.Clone(opts), settle))
	return a
}

// AccessKeyID returns the id of the account's access key.
func (a *AlibabaKMS) AccessKeyID() string { return a.config.AccessKeyID }

// AccessKeySecret returns the secret of the account's access key.
func (a *AlibabaKMS) AccessKeySecret() string { return a.config.AccessKeySecret }

// Region returns the region that the emulator claims to be in, cn-hangzhou.
func (a *AlibabaKMS) Region() string { return alibabaRegion }

// InstanceID returns the id of the account's KMS instance, for the DKMSInstanceId of CreateKey.
func (a *AlibabaKMS) InstanceID() string { return alibabaKMSInstance }

// Provider returns the entry that makes a crosscloud config use the emulator: driver, kms_endpoint, access_key_id,
// access_key_secret and region. With the endpoint of an [Alibaba] emulator one entry serves both.
func (a *AlibabaKMS) Provider() map[string]string {
	return map[string]string{
		"driver": "alibaba", "kms_endpoint": a.URL(), "region": a.Region(),
		"access_key_id": a.AccessKeyID(), "access_key_secret": a.AccessKeySecret(),
	}
}

// IssueSTS returns temporary credentials as the vendor's security token service gives them: an access key that works
// together with its token only, for as long as said, by the emulator's clock.
func (a *AlibabaKMS) IssueSTS(lifetime time.Duration) (keyID, secret, token string) {
	a.state.Lock()
	defer a.state.Unlock()
	return a.gate.issue(a.now().Add(lifetime))
}

// SetUnavailable puts a key into the state Unavailable, which no action leads to, or takes it out again. It reports
// whether there is a key of that id.
func (a *AlibabaKMS) SetUnavailable(keyID string, unavailable bool) bool {
	a.state.Lock()
	defer a.state.Unlock()
	a.settle(a.now())
	key, ok := a.keys[keyID]
	if ok {
		key.unavailable = unavailable
	}
	return ok
}

// alibabaKMSAction is how one action is carried out and how many requests a second it may get.
type alibabaKMSAction struct {
	run  func(*AlibabaKMS, *alibabaKMSCall) (alibabaReply, *alibabaError)
	rate int
	pool string // the actions that share the rate; empty: the action has it for itself
	dry  bool   // takes DryRun
	off  bool   // works before KMS is activated
}

// The rates of "Performance data" and "Limits" in Alibaba Cloud's KMS documentation, per account and second. Reads are
// between 20 and 50 there; here all are at the lower end. That the cryptographic actions of a kind share theirs is not
// said, but the stricter reading.
const (
	alibabaKMSManageRate    = 10
	alibabaKMSReadRate      = 20
	alibabaKMSSymmetricRate = 1000
	alibabaKMSReEncryptRate = 750
	alibabaKMSPublicRate    = 200
)

func alibabaKMSManage(run func(*AlibabaKMS, *alibabaKMSCall) (alibabaReply, *alibabaError)) alibabaKMSAction {
	return alibabaKMSAction{run: run, rate: alibabaKMSManageRate}
}

func alibabaKMSRead(run func(*AlibabaKMS, *alibabaKMSCall) (alibabaReply, *alibabaError)) alibabaKMSAction {
	return alibabaKMSAction{run: run, rate: alibabaKMSReadRate}
}

func alibabaKMSSymmetric(run func(*AlibabaKMS, *alibabaKMSCall) (alibabaReply, *alibabaError)) alibabaKMSAction {
	return alibabaKMSAction{run: run, rate: alibabaKMSSymmetricRate, pool: "symmetric", dry: true}
}

func alibabaKMSPublic(run func(*AlibabaKMS, *alibabaKMSCall) (alibabaReply, *alibabaError)) alibabaKMSAction {
	return alibabaKMSAction{run: run, rate: alibabaKMSPublicRate, pool: "asymmetric", dry: true}
}

var alibabaKMSActions = map[string]alibabaKMSAction{
	"CreateKey":                       alibabaKMSManage((*AlibabaKMS).createKey),
	"DescribeKey":                     alibabaKMSRead((*AlibabaKMS).describeKey),
	"ListKeys":                        alibabaKMSRead((*AlibabaKMS).listKeys),
	"EnableKey":                       alibabaKMSManage((*AlibabaKMS).enableKey),
	"DisableKey":                      alibabaKMSManage((*AlibabaKMS).disableKey),
	"ScheduleKeyDeletion":             alibabaKMSManage((*AlibabaKMS).scheduleKeyDeletion),
	"CancelKeyDeletion":               alibabaKMSManage((*AlibabaKMS).cancelKeyDeletion),
	"UpdateKeyDescription":            alibabaKMSManage((*AlibabaKMS).updateKeyDescription),
	"SetDeletionProtection":           alibabaKMSManage((*AlibabaKMS).setDeletionProtection),
	"CreateAlias":                     alibabaKMSManage((*AlibabaKMS).createAlias),
	"UpdateAlias":                     alibabaKMSManage((*AlibabaKMS).updateAlias),
	"DeleteAlias":                     alibabaKMSManage((*AlibabaKMS).deleteAlias),
	"ListAliases":                     alibabaKMSRead((*AlibabaKMS).listAliases),
	"ListAliasesByKeyId":              alibabaKMSRead((*AlibabaKMS).listAliasesByKeyID),
	"Encrypt":                         alibabaKMSSymmetric((*AlibabaKMS).encrypt),
	"Decrypt":                         alibabaKMSSymmetric((*AlibabaKMS).decrypt),
	"GenerateDataKey":                 alibabaKMSSymmetric((*AlibabaKMS).generateDataKey),
	"GenerateDataKeyWithoutPlaintext": alibabaKMSSymmetric((*AlibabaKMS).generateDataKeyWithoutPlaintext),
	"GenerateAndExportDataKey":        alibabaKMSSymmetric((*AlibabaKMS).generateAndExportDataKey),
	"ExportDataKey":                   alibabaKMSSymmetric((*AlibabaKMS).exportDataKey),
	"ReEncrypt":                       {run: (*AlibabaKMS).reEncrypt, rate: alibabaKMSReEncryptRate, dry: true},
	"AsymmetricSign":                  alibabaKMSPublic((*AlibabaKMS).asymmetricSign),
	"AsymmetricVerify":                alibabaKMSPublic((*AlibabaKMS).asymmetricVerify),
	"AsymmetricEncrypt":               alibabaKMSPublic((*AlibabaKMS).asymmetricEncrypt),
	"AsymmetricDecrypt":               alibabaKMSPublic((*AlibabaKMS).asymmetricDecrypt),
	"GetPublicKey":                    alibabaKMSPublic((*AlibabaKMS).getPublicKey),
	"GenerateMac":                     alibabaKMSPublic((*AlibabaKMS).generateMac),
	"VerifyMac":                       alibabaKMSPublic((*AlibabaKMS).verifyMac),
	"UpdateRotationPolicy":            alibabaKMSManage((*AlibabaKMS).updateRotationPolicy),
	"CreateKeyVersion":                alibabaKMSManage((*AlibabaKMS).createKeyVersion),
	"ListKeyVersions":                 alibabaKMSRead((*AlibabaKMS).listKeyVersions),
	"DescribeKeyVersion":              alibabaKMSRead((*AlibabaKMS).describeKeyVersion),
	"TagResources":                    alibabaKMSManage((*AlibabaKMS).tagResources),
	"UntagResources":                  alibabaKMSManage((*AlibabaKMS).untagResources),
	"ListTagResources":                alibabaKMSRead((*AlibabaKMS).listTagResources),
	"TagResource":                     alibabaKMSManage((*AlibabaKMS).tagResource),
	"UntagResource":                   alibabaKMSManage((*AlibabaKMS).untagResource),
	"ListResourceTags":                alibabaKMSRead((*AlibabaKMS).listResourceTags),
	"GetParametersForImport":          alibabaKMSManage((*AlibabaKMS).getParametersForImport),
	"ImportKeyMaterial":               alibabaKMSManage((*AlibabaKMS).importKeyMaterial),
	"DeleteKeyMaterial":               alibabaKMSManage((*AlibabaKMS).deleteKeyMaterial),
	"GetRandomPassword":               alibabaKMSRead((*AlibabaKMS).getRandomPassword),
	"SetKeyPolicy":                    alibabaKMSManage((*AlibabaKMS).setKeyPolicy),
	"GetKeyPolicy":                    alibabaKMSRead((*AlibabaKMS).getKeyPolicy),
	"DescribeRegions":                 {run: (*AlibabaKMS).describeRegions, rate: alibabaKMSReadRate, off: true},
	"DescribeAccountKmsStatus":        {run: (*AlibabaKMS).describeAccountKmsStatus, rate: alibabaKMSReadRate, off: true},
}

// action implements vendor.
func (a *AlibabaKMS) action(r *http.Request, body []byte) string {
	name := alibabaActionOf(r, body)
	if _, ok := alibabaKMSActions[name]; !ok {
		return ""
	}
	return name
}

// serve implements vendor.
func (a *AlibabaKMS) serve(w http.ResponseWriter, r *http.Request, body []byte, _ string) {
	reply, err := a.answer(r, body)
	if err != nil {
		a.fail(w, err.status, err.code, err.message)
		return
	}
	reply["RequestId"] = a.requestID()
	alibabaWriteJSON(w, http.StatusOK, reply)
}

// answer checks a request as the vendor's gateway does and hands it to its action.
func (a *AlibabaKMS) answer(r *http.Request, body []byte) (alibabaReply, *alibabaError) {
	params, sent, err := alibabaEnter(r, body)
	if err != nil {
		return nil, err
	}
	action, ok := alibabaKMSActions[sent.action]
	switch {
	case !ok:
		return nil, alibabaFault("InvalidApiName")
	case sent.version != alibabaKMSAPIVersion:
		return nil, alibabaFault("InvalidApiVersion")
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		return nil, alibabaFault("UnsupportedHTTPMethod")
	}

	call := &alibabaKMSCall{params: params, now: a.now()}
	if err := a.admit(sent, action, call.now); err != nil {
		return nil, err
	}
	var reply alibabaReply
	a.rsa.locked(&a.state, func() {
		a.settle(call.now)
		reply, err = a.perform(action, call)
	})
	return reply, err
}

// admit checks who sends a request, and how many there were.
func (a *AlibabaKMS) admit(sent *alibabaSigned, action alibabaKMSAction, now time.Time) *alibabaError {
	a.state.Lock()
	defer a.state.Unlock()
	if err := a.gate.authenticate(sent, now); err != nil {
		return err
	}
	if !a.unlimited && !a.take(cmp.Or(action.pool, sent.action), action.rate, now) {
		if a.config.GatewayThrottling {
			return alibabaFault("Throttling.User")
		}
		return alibabaFault("Rejected.Throttling")
	}
	if a.config.Offline && !action.off {
		return alibabaFault("Forbidden.KmsServiceNotEnabled")
	}
	return nil
}

// perform carries an admitted request out, or only tells what would become of it.
func (a *AlibabaKMS) perform(action alibabaKMSAction, call *alibabaKMSCall) (alibabaReply, *alibabaError) {
	dry, err := call.flag("DryRun")
	if !action.dry || err == nil && !dry {
		return action.run(a, call)
	}
	if err != nil {
		return nil, err
	}
	return nil, a.rehearse(action, call)
}

// take counts a request against a rate.
func (a *AlibabaKMS) take(pool string, rate int, now time.Time) bool {
	window, ok := a.rates[rate]
	if !ok {
		window = &alibabaWindow{n: rate, per: time.Second}
		a.rates[rate] = window
	}
	_, ok = window.take(pool, now)
	return ok
}

// rehearse answers a DryRun, which is an error however it goes.
func (a *AlibabaKMS) rehearse(action alibabaKMSAction, call *alibabaKMSCall) *alibabaError {
	_, err := action.run(a, call)
	switch {
	case err == nil:
		return alibabaFault("DryRunOperationError")
	case err.code == "Forbidden.NoPermission":
		return alibabaFault("AccessDeniedError")
	}
	return &alibabaError{code: "ValidationError", message: "The request would fail with " + err.code + "."}
}
