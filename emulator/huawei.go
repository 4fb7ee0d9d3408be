package emulator

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emmansun/gmsm/sm2"
)

// What every [HuaweiKMS] emulator accepts, unless [HuaweiKMSSettings] say otherwise. None of it is a secret.
const (
	// HuaweiAccessKey is the access key (AK) of the account.
	HuaweiAccessKey = "HWEMULATORNOTREAL000"
	// HuaweiSecretKey is the secret key (SK) that goes with it.
	HuaweiSecretKey = "emulator-secret-key-not-real"
	// HuaweiToken is a token for X-Auth-Token that never expires, scoped to the project.
	HuaweiToken = "emulator-token-not-real"
	// HuaweiRegion is the region that the emulator claims to be in, and the name of its project.
	HuaweiRegion = "cn-north-4"
	// HuaweiProjectID is the id of the only project.
	HuaweiProjectID = "0123456789abcdef0123456789abcdef"
	// HuaweiDomainID is the id of the account.
	HuaweiDomainID = "fedcba9876543210fedcba9876543210"
	// HuaweiDomainName is the name of the account, which a request for a token names.
	HuaweiDomainName = "emulator-account"
	// HuaweiUserName is the name of the user that may ask for a token.
	HuaweiUserName = "emulator-user"
	// HuaweiPassword is the password of that user.
	HuaweiPassword = "emulator-password-not-real"
	// HuaweiDefaultKeyID is the id of a key that a service of the vendor's owns, so that listings have one to hide.
	HuaweiDefaultKeyID = "0d000000-0000-4000-8000-000000000000"
)

// HuaweiKMSSettings change how a [HuaweiKMS] emulator works; pass them to [WithHuaweiKMS]. Most choose between readings
// of the vendor's pages that are equally plausible, so that a program can be tested against both. The zero value is the
// default everywhere.
type HuaweiKMSSettings struct {
	// AccessKey and SecretKey replace [HuaweiAccessKey] and [HuaweiSecretKey].
	AccessKey, SecretKey string
	// KeyLimit is how many keys the account may have, those pending deletion included; 0 means 20.
	KeyLimit int
	// PageSize is how many keys list-keys, and how many aliases a listing of them, returns where the request has no
	// limit; 0 means 10. The vendor's pages do not say.
	PageSize int
	// Seconds gives dates in seconds since 1970, as the vendor's tables say, instead of in milliseconds, as all of its
	// examples do.
	Seconds bool
	// DecryptCode is the code with which decrypt-data and re-encrypt answer where the ciphertext or the context is
	// wrong; empty means KMS.0308. The vendor's pages name none.
	DecryptCode string
	// AliasAsKeyID lets what uses a key name it by an alias, "alias/" and an alias, or an alias's URN, as the vendor's
	// user guide says; its API pages know ids only.
	AliasAsKeyID bool
	// AliasObject lists aliases as one object, as the example of the vendor's page shows, instead of as an array of
	// such objects, as its table says and its SDK reads.
	AliasObject bool
	// EncryptionContext takes the older encryption_context, a JSON object of at most 8192 bytes, and refuses
	// additional_authenticated_data. By default it is the other way round.
	EncryptionContext bool
	// PKIXPublicKey gives RSA public keys in the form of X.509, which their PEM label means, instead of that of
	// PKCS #1, which the vendor's example has under this label.
	PKIXPublicKey bool
	// SM3Digest makes decrypt-datakey give the SM3 digest of a data key under an SM4 key, as encrypt-datakey wants it
	// there, instead of the SHA-256 digest that the page of decrypt-datakey names for all.
	SM3Digest bool
	// PlainTextBase64 makes decrypt-data return plain_text_base64 for symmetric keys too.
	PlainTextBase64 bool
	// RSAKey replaces the generation of RSA keys, which takes a while; it may return the same key again and again. It
	// is called with 2048, 3072 or 4096, also by several goroutines at once.
	RSAKey func(bits int) (*rsa.PrivateKey, error)
}

// WithHuaweiKMS changes how an emulator made by [NewHuaweiKMS] works; of several the last one counts. It panics when
// it is given to another emulator.
func WithHuaweiKMS(settings HuaweiKMSSettings) Option {
	return func(s *server) { only[*HuaweiKMS](s, "WithHuaweiKMS", "NewHuaweiKMS").settings = settings }
}

// HuaweiKMS is a fake of Huawei Cloud's key management service (DEW), API v1.0, and of the two calls of its IAM that
// clients need: POST /v3/auth/tokens by password, and GET /v3/projects. It takes SDK-HMAC-SHA256 signatures and
// X-Auth-Token, and 20 requests in any one second.
//
// An action, as [Fault] and [Request] name it, is the verb in the path of the request: create-key, describe-key,
// list-keys, enable-key, disable-key, schedule-key-deletion, cancel-key-deletion, update-key-alias,
// update-key-description, encrypt-data, decrypt-data, re-encrypt, create-datakey, create-datakey-without-plaintext,
// encrypt-datakey, decrypt-datakey, create-rsa-datakey-pair, create-ec-datakey-pair, gen-random, sign, verify,
// get-publickey, generate-mac, verify-mac, enable-key-rotation, disable-key-rotation, update-key-rotation-interval,
// get-key-rotation-status, get-parameters-for-import, import-key-material or delete-imported-key-material. Where there
// is none it is create-alias, list-aliases, delete-alias, associate-alias, create-tag, batch-tags, delete-tag,
// list-key-tags, list-tags, list-resources, user-quotas, user-instances, create-token or list-projects.
//
// The wire format is that of support.huaweicloud.com, Data Encryption Workshop, API Reference. Not served are grants,
// dedicated key stores, multi-region keys, PINs, the agreement on shared secrets, the import of key pairs, and the curve
// SECP256K1. A code that the vendor documents for exactly what is wrong is used where there is one, else KMS.0308.
type HuaweiKMS struct {
	server
	settings HuaweiKMSSettings

	state   sync.Mutex // of what follows
	keys    map[string]*huaweiKey
	aliases map[string]*huaweiAlias
	imports map[string]huaweiImport // by import token
	tokens  map[string]huaweiToken
	access  map[string]huaweiAccess
	recent  []time.Time // when the requests of the last second came
	created int         // keys ever made
	issued  int         // tokens and temporary access keys ever made
	rsa     rsaKeys
	wrapRSA *rsa.PrivateKey
	wrapSM2 *sm2.PrivateKey
}

// NewHuaweiKMS starts a Huawei Cloud KMS emulator with one key, [HuaweiDefaultKeyID]. Close it after use.
func NewHuaweiKMS(opts ...Option) *HuaweiKMS {
	h := &HuaweiKMS{
		keys: map[string]*huaweiKey{}, aliases: map[string]*huaweiAlias{}, imports: map[string]huaweiImport{},
		tokens: map[string]huaweiToken{HuaweiToken: {project: HuaweiProjectID}},
		access: map[string]huaweiAccess{},
	}
	complete := func(s *server) {
		c := &h.settings
		if c.AccessKey == "" {
			c.AccessKey = HuaweiAccessKey
		}
		if c.SecretKey == "" {
			c.SecretKey = HuaweiSecretKey
		}
		h.rsa.given = c.RSAKey
		h.access[c.AccessKey] = huaweiAccess{secret: c.SecretKey}
		if c.KeyLimit == 0 {
			c.KeyLimit = huaweiKeyLimit
		}
		if c.PageSize == 0 {
			c.PageSize = huaweiPage
		}
		if c.DecryptCode == "" {
			c.DecryptCode = "KMS.0308"
		}
		h.addKey(&huaweiKey{
			alias: "obs/default", spec: "AES_256", usage: huaweiEncrypts, origin: "kms", project: "0", state: huaweiEnabled, owned: true,
		}, s.now())
	}
	h.start(h, append(slices.Clone(opts), complete))
	return h
}

// Provider returns the entry of a crosscloud configuration that points at the emulator: driver, endpoint, region,
// project_id, access_key and secret_key.
func (h *HuaweiKMS) Provider() map[string]string {
	return map[string]string{
		"driver": "huawei", "endpoint": h.URL(), "region": HuaweiRegion, "project_id": HuaweiProjectID,
		"access_key": h.settings.AccessKey, "secret_key": h.settings.SecretKey,
	}
}

// IssueTemporary returns temporary credentials as the vendor's IAM gives them: an access key that works together with
// its security token only, for as long as said, by the emulator's clock.
func (h *HuaweiKMS) IssueTemporary(lifetime time.Duration) (accessKey, secretKey, securityToken string) {
	h.state.Lock()
	defer h.state.Unlock()
	h.issued++
	accessKey = fmt.Sprintf("HWTEMPORARYNOTREAL%d", h.issued)
	secretKey = fmt.Sprintf("emulator-temporary-secret-%d", h.issued)
	securityToken = fmt.Sprintf("emulator-security-token-%d", h.issued)
	h.access[accessKey] = huaweiAccess{secret: secretKey, token: securityToken, expires: h.now().Add(lifetime)}
	return accessKey, secretKey, securityToken
}

func (h *HuaweiKMS) action(r *http.Request, _ []byte) string {
	return huaweiRouteOf(r.Method, r.URL.EscapedPath()).action
}

func (h *HuaweiKMS) serve(w http.ResponseWriter, r *http.Request, body []byte, _ string) {
	route := huaweiRouteOf(r.Method, r.URL.EscapedPath())
	if route.action == "create-token" {
		h.createToken(w, body)
		return
	}
	now := h.now()
	if failure := h.admit(r, body, route, now); failure != nil {
		h.fail(w, 0, failure.code, failure.message)
		return
	}
	if route.action == "list-projects" {
		h.listProjects(w, r)
		return
	}
	result, failure := h.answer(r, body, route, now)
	switch created, isNew := result.(huaweiCreated); {
	case failure != nil:
		h.fail(w, 0, failure.code, failure.message)
	case result == nil:
		h.reply(w, http.StatusNoContent, nil)
	case isNew:
		h.reply(w, http.StatusCreated, created.result)
	default:
		h.reply(w, http.StatusOK, result)
	}
}

// answer carries an admitted request out. What there is nothing to say about is nil.
func (h *HuaweiKMS) answer(r *http.Request, body []byte, route huaweiRoute, now time.Time) (any, *huaweiError) {
	var result any
	var failure *huaweiError
	h.rsa.locked(&h.state, func() {
		var c *huaweiCall
		if c, failure = readHuawei(r, body, route, now); failure != nil {
			return
		}
		h.settle(now)
		result, failure = huaweiOperations[route.action](h, c)
	})
	return result, failure
}

// readHuawei reads what a request says.
func readHuawei(r *http.Request, body []byte, route huaweiRoute, now time.Time) (*huaweiCall, *huaweiError) {
	c := &huaweiCall{route: route, now: now}
	var failure *huaweiError
	if r.Method == http.MethodGet || len(body) == 0 && route.action == "delete-tag" {
		c.fields = &huaweiFields{}
	} else if c.fields, failure = readHuaweiFields(body); failure != nil {
		return nil, failure
	}
	if c.query, failure = readHuaweiQuery(r.URL.RawQuery, route.action == "list-aliases"); failure != nil {
		return nil, failure
	}
	return c, nil
}

// huaweiCall is a request that is about to be carried out.
type huaweiCall struct {
	route  huaweiRoute
	fields *huaweiFields
	query  map[string]string
	now    time.Time
}

// huaweiReply is a JSON object to answer with.
type huaweiReply map[string]any

// huaweiCreated marks what is answered with status 201.
type huaweiCreated struct{ result huaweiReply }

// fail answers with an error. The service's own codes come in an envelope of their own, the gateway's do not; status 0
// means the one that goes with the code.
func (h *HuaweiKMS) fail(w http.ResponseWriter, status int, code, message string) {
	if status == 0 {
		status = huaweiStatus(code)
	}
	said := huaweiReply{"error_code": code, "error_msg": message}
	if strings.HasPrefix(code, "KMS.") {
		h.reply(w, status, huaweiReply{"error": said})
		return
	}
	h.reply(w, status, said)
}

// reply answers with JSON.
func (h *HuaweiKMS) reply(w http.ResponseWriter, status int, result any) {
	id := h.requestID()
	header := w.Header()
	header.Set("X-Request-Id", id)
	header.Set("X-IAM-Trace-Id", id)
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(result); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header.Set("Content-Type", "application/json;charset=utf8")
	w.WriteHeader(status)
	_, _ = w.Write(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
}
