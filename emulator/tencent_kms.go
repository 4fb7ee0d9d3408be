package emulator

import (
	"crypto/rsa"
	"net/http"
	"slices"
	"sync"
	"time"
)

// TencentKMSRegion is the region that every [TencentKMS] emulator serves.
const TencentKMSRegion = "ap-guangzhou"

// Limits of the key management service: tencentcloud.com, Key Management Service, API documentation (document 1030),
// and cloud.tencent.com, document 573.
const (
	tencentKMSVersion        = "2019-01-18"
	tencentKMSAlias          = 60
	tencentKMSDescription    = 1024
	tencentKMSPlaintext      = 4096
	tencentKMSContext        = 1024 // characters
	tencentKMSDataKey        = 1024
	tencentKMSRandom         = 1024
	tencentKMSMessage        = 4096
	tencentKMSSM2Ciphertext  = 256
	tencentKMSBatch          = 100
	tencentKMSPage           = 10
	tencentKMSMaxPage        = 200
	tencentKMSMinWindow      = 7
	tencentKMSMaxWindow      = 30
	tencentKMSMinRotation    = 7
	tencentKMSMaxRotation    = 365
	tencentKMSImport         = 24 * time.Hour
	tencentKMSLatestMaterial = 2147443200
	tencentKMSRotateEvery    = 24 * time.Hour
	tencentKMSRate           = 100
	tencentKMSSymmetricRate  = 300
	tencentKMSDecryptRate    = 200
	tencentKMSRandomRate     = 150
	tencentKMSRotateRate     = 20
	tencentKMSDay            = 24 * time.Hour
	// How many keys an account may have goes with its edition; the pages have no figure for the smallest one.
	tencentKMSDefaultLimit = 1000
	// The pages do not say how long a rotation takes.
	tencentKMSDefaultRotateTime = time.Second
)

// TencentKMSSettings change how a [TencentKMS] emulator works; pass them to [WithTencentKMS]. Several choose between
// readings of the vendor's pages that are equally plausible, so that a program can be tested against both. The zero
// value is the default everywhere.
type TencentKMSSettings struct {
	// SecretID and SecretKey replace [TencentSecretID] and [TencentSecretKey].
	SecretID, SecretKey string
	// Token makes the credentials temporary ones: requests must carry it in X-TC-Token. Without it the credentials
	// are permanent, and a request with a token is refused.
	Token string
	// Regions are served beside [TencentKMSRegion]. Each region has keys of its own.
	Regions []string
	// GuomiRegions are served too, and follow the Chinese standards: their symmetric keys are SM4 ones, and SM2 keys
	// are to be had. All other regions have AES-256 keys. [TencentKMSRegion] may be among them.
	GuomiRegions []string
	// AllUsages lets every region have asymmetric keys of every kind. By default those of RSA for signing and of the
	// NIST curves are in the regions with AES, those of SM2 in the others, and those of RSA for decryption in both.
	AllUsages bool

	// KeyLimit is how many keys a program may have in a region; 0 means 1000. The vendor's figure goes with the
	// edition.
	KeyLimit int
	// RotateTime is how long RotateKey takes to do what it was asked for; 0 means a second.
	RotateTime time.Duration
	// KnownTags are the only tags that there are, the values of each key; nil means any.
	KnownTags map[string][]string

	// AnyContextOrder compares encryption contexts by their pairs. By default they have to be the same text.
	AnyContextOrder bool
	// MismatchCode is the code of a Decrypt whose context or ciphertext is not that of Encrypt; empty means
	// FailedOperation.EncryptionError. InvalidParameterValue.InvalidCiphertext is as plausible.
	MismatchCode string
	// ReEncryptContext lets ReEncrypt give a ciphertext another context under the same version of the same key. By
	// default it returns what it was given, whatever the context, as long as the key was not rotated.
	ReEncryptContext bool
	// RepeatStates lets EnableKey and EnableKeys of an enabled key, and DisableKey and DisableKeys of a disabled one,
	// succeed. By default they fail.
	RepeatStates bool
	// EnableOnCancel makes CancelKeyDeletion enable the key. By default the key is disabled afterwards.
	EnableOnCancel bool
	// DeletePendingImport lets ScheduleKeyDeletion take keys that wait for material. By default it takes disabled ones
	// only.
	DeletePendingImport bool
	// PlainPEM makes PublicKeyPem of RSA keys proper PEM. By default it is, as in the vendor's sample, PEM of the
	// base64 of the key.
	PlainPEM bool
	// RSAKey replaces the generation of RSA keys, which takes a while; it may return the same key again and again. It
	// is called with 2048, also by several goroutines at once.
	RSAKey func(bits int) (*rsa.PrivateKey, error)
}

// WithTencentKMS changes how an emulator made by [NewTencentKMS] works; of several the last one counts. It panics
// when it is given to another emulator.
func WithTencentKMS(settings TencentKMSSettings) Option {
	return func(s *server) { only[*TencentKMS](s, "WithTencentKMS", "NewTencentKMS").settings = settings }
}

// TencentKMS is a fake of Tencent Cloud's Key Management Service: API 3.0, service kms, version 2019-01-18, the actions
// on keys, their material and their use. White-box keys, post-quantum cryptography and hosted data keys are not there.
// It speaks JSON over POST with TC3-HMAC-SHA256 signatures, as [Tencent] does, and every answer that is not an injected
// one has HTTP status 200. The cryptography is real: AES-256-GCM or SM4-GCM, RSA, ECDSA and SM2.
//
// Its actions, as faults and recorded requests name them, are CreateKey, DescribeKey, DescribeKeys, ListKeys,
// ListKeyDetail, UpdateAlias, UpdateKeyDescription, EnableKey, DisableKey, EnableKeys, DisableKeys, ScheduleKeyDeletion,
// CancelKeyDeletion, ArchiveKey, CancelKeyArchive, BindCloudResource, UnbindCloudResource, EnableKeyRotation,
// DisableKeyRotation, GetKeyRotationStatus, RotateKey, Encrypt, Decrypt, GenerateDataKey, ReEncrypt, GenerateRandom,
// GetPublicKey, SignByAsymmetricKey, VerifyByAsymmetricKey, AsymmetricRsaDecrypt, AsymmetricSm2Decrypt,
// GetParametersForImport, ImportKeyMaterial, DeleteImportedKeyMaterial, GetRegions, GetServiceStatus and ListAlgorithms.
//
// Encrypt, Decrypt and GenerateDataKey together are limited to 300 requests in any one second, the decryptions with
// asymmetric keys to 200, GenerateRandom to 150, RotateKey to 20, signing and verification together to 100, and every
// other action to 100.
//
// In each region there is one key of a cloud product's, whose Owner is "cbs"; listings with Role 1 show it. There are no
// stale reads: [WithStaleReads] changes nothing.
//
// The wire format is that of tencentcloud.com, Key Management Service, API documentation (document 1030), and of the
// samples in the vendor's command-line tool. Which of the codes goes with which refusal is not in them: where an
// action has a code of its own it is that one, and InvalidParameter elsewhere. A key of another usage is
// InvalidParameterValue.InvalidKeyUsage, a key in another state ResourceUnavailable.CmkStateNotSupport unless a code
// names the state.
type TencentKMS struct {
	server
	settings TencentKMSSettings
	api      tencentAPI

	state   sync.Mutex // of what follows
	rates   tencentRates
	regions map[string]*tencentKMSRegion
	wrapper *tencentKMSPair // under which material travels
	rsa     rsaKeys
	tagCode int
	tagText string
}

// NewTencentKMS starts a Tencent Cloud KMS emulator with one region, [TencentKMSRegion], and no keys but a product's.
// Close it after use.
func NewTencentKMS(opts ...Option) *TencentKMS {
	t := &TencentKMS{rates: tencentRates{}, regions: map[string]*tencentKMSRegion{}}
	t.wrapper = &tencentKMSPair{usage: tencentKMSDecryptRSA, keys: &t.rsa}
	complete := func(s *server) {
		c := &t.settings
		if c.SecretID == "" {
			c.SecretID = TencentSecretID
		}
		if c.SecretKey == "" {
			c.SecretKey = TencentSecretKey
		}
		if c.KeyLimit == 0 {
			c.KeyLimit = tencentKMSDefaultLimit
		}
		if c.RotateTime == 0 {
			c.RotateTime = tencentKMSDefaultRotateTime
		}
		if c.MismatchCode == "" {
			c.MismatchCode = "FailedOperation.EncryptionError"
		}
		t.rsa.given = c.RSAKey
		for _, name := range slices.Concat([]string{TencentKMSRegion}, c.Regions, c.GuomiRegions) {
			t.regions[name] = newTencentKMSRegion(slices.Contains(c.GuomiRegions, name), &t.rsa, s.now())
		}
		t.api = tencentAPI{
			service: "kms", version: tencentKMSVersion, secretID: c.SecretID, secretKey: c.SecretKey, token: c.Token, maxRequest: tencentMaxRequest,
		}
	}
	t.start(t, append(slices.Clone(opts), complete))
	return t
}

// Provider returns the entry of a crosscloud configuration that points at the emulator: driver, kms_endpoint, region,
// secret_id, secret_key, and token where [TencentKMSSettings] have one. An entry for the key-value store, which has its
// endpoint under another key, takes these in as well.
func (t *TencentKMS) Provider() map[string]string {
	entry := map[string]string{
		"driver":       "tencent",
		"kms_endpoint": t.URL(),
		"region":       TencentKMSRegion,
		"secret_id":    t.settings.SecretID,
		"secret_key":   t.settings.SecretKey,
	}
	if t.settings.Token != "" {
		entry["token"] = t.settings.Token
	}
	return entry
}

// FailTagging makes every CreateKey with tags create the key without them from now on, and say so with TagCode and
// TagMsg: code 1 is the vendor's for an internal error, 2 for one of the tag service. Code 0 ends it.
func (t *TencentKMS) FailTagging(code int, message string) {
	t.state.Lock()
	defer t.state.Unlock()
	t.tagCode, t.tagText = code, message
}

// tencentKMSAction is an action of the service.
type tencentKMSAction struct {
	run func(*TencentKMS, *tencentKMSRegion, *tencentFields, time.Time) (tencentResult, *tencentError)
	// pool names what its requests are counted with, empty for those of no other action.
	pool string
	// rate is how many of them may come in a second, 0 for 100.
	rate int
	// anywhere says that the region does not matter.
	anywhere bool
}

var tencentKMSActions = map[string]tencentKMSAction{
	"CreateKey":            {run: (*TencentKMS).createKey},
	"DescribeKey":          {run: (*TencentKMS).describeKey},
	"DescribeKeys":         {run: (*TencentKMS).describeKeys},
	"ListKeys":             {run: (*TencentKMS).listKeys},
	"ListKeyDetail":        {run: (*TencentKMS).listKeyDetail},
	"UpdateAlias":          {run: (*TencentKMS).updateAlias},
	"UpdateKeyDescription": {run: (*TencentKMS).updateDescription},
	"EnableKey":            {run: (*TencentKMS).enableKey},
	"DisableKey":           {run: (*TencentKMS).disableKey},
	"EnableKeys":           {run: (*TencentKMS).enableKeys},
	"DisableKeys":          {run: (*TencentKMS).disableKeys},
	"ScheduleKeyDeletion":  {run: (*TencentKMS).scheduleDeletion},
	"CancelKeyDeletion":    {run: (*TencentKMS).cancelDeletion},
	"ArchiveKey":           {run: (*TencentKMS).archiveKey},
	"CancelKeyArchive":     {run: (*TencentKMS).cancelArchive},
	"BindCloudResource":    {run: (*TencentKMS).bindResource},
	"UnbindCloudResource":  {run: (*TencentKMS).unbindResource},
	"EnableKeyRotation":    {run: (*TencentKMS).enableRotation},
	"DisableKeyRotation":   {run: (*TencentKMS).disableRotation},
	"GetKeyRotationStatus": {run: (*TencentKMS).rotationStatus},
	"RotateKey":            {run: (*TencentKMS).rotateKey, rate: tencentKMSRotateRate},

	"Encrypt":         {run: (*TencentKMS).encrypt, pool: "symmetric", rate: tencentKMSSymmetricRate},
	"Decrypt":         {run: (*TencentKMS).decrypt, pool: "symmetric", rate: tencentKMSSymmetricRate},
	"GenerateDataKey": {run: (*TencentKMS).generateDataKey, pool: "symmetric", rate: tencentKMSSymmetricRate},
	"ReEncrypt":       {run: (*TencentKMS).reEncrypt},
	"GenerateRandom":  {run: (*TencentKMS).generateRandom, rate: tencentKMSRandomRate},

	"GetPublicKey":          {run: (*TencentKMS).publicKey},
	"SignByAsymmetricKey":   {run: (*TencentKMS).sign, pool: "signature"},
	"VerifyByAsymmetricKey": {run: (*TencentKMS).verify, pool: "signature"},
	"AsymmetricRsaDecrypt":  {run: (*TencentKMS).rsaDecrypt, pool: "asymmetric", rate: tencentKMSDecryptRate},
	"AsymmetricSm2Decrypt":  {run: (*TencentKMS).sm2Decrypt, pool: "asymmetric", rate: tencentKMSDecryptRate},

	"GetParametersForImport":    {run: (*TencentKMS).importParameters},
	"ImportKeyMaterial":         {run: (*TencentKMS).importMaterial},
	"DeleteImportedKeyMaterial": {run: (*TencentKMS).deleteMaterial},

	"GetRegions":       {run: (*TencentKMS).getRegions, anywhere: true},
	"GetServiceStatus": {run: (*TencentKMS).serviceStatus},
	"ListAlgorithms":   {run: (*TencentKMS).listAlgorithms},
}

func (t *TencentKMS) action(r *http.Request, _ []byte) string {
	name := r.Header.Get("X-TC-Action")
	if _, ok := tencentKMSActions[name]; !ok {
		return ""
	}
	return name
}

func (t *TencentKMS) serve(w http.ResponseWriter, r *http.Request, body []byte, action string) {
	result, failure := t.answer(r, body, action)
	if failure != nil {
		t.fail(w, 0, failure.code, failure.message)
		return
	}
	tencentReply(w, t.requestID(), http.StatusOK, result)
}

func (t *TencentKMS) fail(w http.ResponseWriter, status int, code, message string) {
	tencentReply(w, t.requestID(), status, tencentRefusal(code, message))
}

// answer carries a request out.
func (t *TencentKMS) answer(r *http.Request, body []byte, name string) (tencentResult, *tencentError) {
	now, action := t.now(), tencentKMSActions[name]
	inRate := func() *tencentError {
		pool, rate := action.pool, action.rate
		if pool == "" {
			pool = name
		}
		if rate == 0 {
			rate = tencentKMSRate
		}
		t.state.Lock()
		defer t.state.Unlock()
		if !t.unlimited && !t.rates.take(pool, rate, now) {
			return tencentFails("RequestLimitExceeded", "more than %d requests of %s in a second", rate, pool)
		}
		return nil
	}
	if failure := t.api.admit(r, body, name, now, inRate); failure != nil {
		return nil, failure
	}
	regionName := r.Header.Get("X-TC-Region")
	region := t.regions[regionName]
	switch {
	case action.anywhere:
	case regionName == "":
		return nil, tencentFails("MissingParameter", "the header X-TC-Region is missing")
	case region == nil:
		return nil, tencentFails("UnsupportedRegion", "there is no region %q", regionName)
	}
	var result tencentResult
	var failure *tencentError
	t.rsa.locked(&t.state, func() {
		var fields *tencentFields
		if fields, failure = readTencentFields(body); failure != nil {
			return
		}
		if region != nil {
			region.advance(now)
		}
		result, failure = action.run(t, region, fields, now)
	})
	return result, failure
}
