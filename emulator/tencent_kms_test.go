package emulator_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// Codes that many tests expect.
const (
	kmsInvalid    = "InvalidParameter"
	kmsMissing    = "MissingParameter"
	kmsNotFound   = "ResourceUnavailable.CmkNotFound"
	kmsState      = "ResourceUnavailable.CmkStateNotSupport"
	kmsUsage      = "InvalidParameterValue.InvalidKeyUsage"
	kmsKeyID      = "InvalidParameterValue.InvalidKeyId"
	kmsDisabled   = "ResourceUnavailable.CmkDisabled"
	kmsMismatch   = "FailedOperation.EncryptionError"
	kmsCiphertext = "InvalidParameterValue.InvalidCiphertext"
	kmsNotOwn     = "UnsupportedOperation.NotUserCreatedCmk"
	kmsInUse      = "FailedOperation.CmkUsedByCloudProduct"

	kmsUnknownKey = "87ff856e-973c-11ef-947b-525400d834e5"
)

// kmsReply is what Response holds.
type kmsReply map[string]any

func (r kmsReply) str(name string) string {
	s, _ := r[name].(string)
	return s
}

func (r kmsReply) num(name string) int64 {
	n, _ := r[name].(json.Number)
	i, _ := n.Int64()
	return i
}

func (r kmsReply) list(name string) (replies []kmsReply) {
	elements, _ := r[name].([]any)
	for _, e := range elements {
		m, _ := e.(map[string]any)
		replies = append(replies, m)
	}
	return replies
}

// bytes returns a field in base64.
func (r kmsReply) bytes(t testing.TB, name string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(r.str(name))
	if err != nil || len(data) == 0 {
		t.Fatalf("%s: %v %q", name, err, r.str(name))
	}
	return data
}

// kmsClient talks to an emulator.
type kmsClient struct {
	t      testing.TB
	em     *emulator.TencentKMS
	clock  *stoppedClock
	region string
	http   *http.Client
}

// newTencentKMS starts an emulator without a limit on the rate.
func newTencentKMS(t testing.TB, settings emulator.TencentKMSSettings, opts ...emulator.Option) *kmsClient {
	t.Helper()
	clock := &stoppedClock{at: tencentEpoch}
	opts = append([]emulator.Option{emulator.WithClock(clock.Now), emulator.WithTencentKMS(settings), emulator.WithoutRateLimit()}, opts...)
	return kmsClientOf(t, emulator.NewTencentKMS(opts...), clock)
}

func kmsClientOf(t testing.TB, em *emulator.TencentKMS, clock *stoppedClock) *kmsClient {
	return &kmsClient{t: t, em: em, clock: clock, region: emulator.TencentKMSRegion, http: clientOf(t, em)}
}

// request returns a request that is right in every respect.
func (c *kmsClient) request(action string, p any) tencentRequest {
	provider := c.em.Provider()
	return tencentRequest{
		action: action, body: asJSON(c.t, p), id: provider["secret_id"], key: provider["secret_key"], token: provider["token"], service: "kms",
		contentType: "application/json", at: c.clock.Now(), header: map[string]string{},
	}
}

// tencentKMSAnswer is what came back.
type tencentKMSAnswer struct {
	status     int
	err        error
	text, code string
	kmsReply
}

// send signs and sends; change may spoil the request after it was signed.
func (c *kmsClient) send(r tencentRequest, change func(*http.Request)) (a tencentKMSAnswer) {
	c.t.Helper()
	req := r.signed(c.t, c.em.URL(), "2019-01-18")
	if c.region != "" {
		req.Header.Set("X-TC-Region", c.region)
	}
	if change != nil {
		change(req)
	}
	reply, text, err := exchange(c.http, req)
	if reply == nil {
		return tencentKMSAnswer{err: err}
	}
	a.status, a.text, a.err = reply.StatusCode, text, err
	a.kmsReply, a.code = kmsDecode([]byte(text))
	return a
}

// kmsDecode takes an envelope apart.
func kmsDecode(data []byte) (kmsReply, string) {
	var envelope struct{ Response kmsReply }
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	_ = dec.Decode(&envelope)
	failure, _ := envelope.Response["Error"].(map[string]any)
	return envelope.Response, kmsReply(failure).str("Code")
}

func (c *kmsClient) call(action string, p any) tencentKMSAnswer {
	c.t.Helper()
	return c.send(c.request(action, p), nil)
}

// ok expects an action to succeed.
func (c *kmsClient) ok(action string, p any) tencentKMSAnswer {
	c.t.Helper()
	a := c.call(action, p)
	if a.err != nil || a.status != http.StatusOK || a.code != "" || a.str("RequestId") == "" {
		c.t.Fatalf("%s: %v %d %.300s", action, a.err, a.status, a.text)
	}
	return a
}

// fails expects a vendor's error, which always comes with status 200, a message and a request id.
func (c *kmsClient) fails(action string, p any, code string) {
	c.t.Helper()
	c.expect(action, c.call(action, p), code)
}

func (c *kmsClient) expect(what string, a tencentKMSAnswer, code string) {
	c.t.Helper()
	message := ""
	if failure, ok := a.kmsReply["Error"].(map[string]any); ok {
		message = kmsReply(failure).str("Message")
	}
	if a.err != nil || a.status != http.StatusOK || a.code != code || code != "" && message == "" || a.str("RequestId") == "" {
		c.t.Errorf("%s: want %q, got %v %d %.300s", what, code, a.err, a.status, a.text)
	}
}

// create makes a key and returns its parameters, for the actions that need no more.
func (c *kmsClient) create(alias string, more tencentArgs) tencentArgs {
	c.t.Helper()
	return tencentArgs{"KeyId": c.ok("CreateKey", tencentArgs{"Alias": alias}.with(more)).str("KeyId")}
}

func (c *kmsClient) describe(key tencentArgs) kmsReply {
	c.t.Helper()
	m, _ := c.ok("DescribeKey", key).kmsReply["KeyMetadata"].(map[string]any)
	return m
}

// state expects a key to be in a state.
func (c *kmsClient) state(key tencentArgs, want string) {
	c.t.Helper()
	if have := c.describe(key).str("KeyState"); have != want {
		c.t.Errorf("state %s, want %s", have, want)
	}
}

func (c *kmsClient) encrypt(key tencentArgs, plain, context string) string {
	c.t.Helper()
	return c.ok("Encrypt", key.with(kmsPlain(plain, context))).str("CiphertextBlob")
}

// kmsPlain are the parameters of Encrypt beside the key.
func kmsPlain(plain, context string) tencentArgs {
	p := tencentArgs{"Plaintext": kmsBase64(plain)}
	if context != "" {
		p["EncryptionContext"] = context
	}
	return p
}

// kmsBlob are the parameters of Decrypt.
func kmsBlob(blob, context string) tencentArgs {
	p := tencentArgs{"CiphertextBlob": blob}
	if context != "" {
		p["EncryptionContext"] = context
	}
	return p
}

// decrypts expects a ciphertext to hold this.
func (c *kmsClient) decrypts(blob, context string, key tencentArgs, want string) {
	c.t.Helper()
	a := c.ok("Decrypt", kmsBlob(blob, context))
	if have := string(a.bytes(c.t, "Plaintext")); have != want || a.str("KeyId") != key["KeyId"] {
		c.t.Errorf("%q of %s, want %q of %s", have, a.str("KeyId"), want, key["KeyId"])
	}
}

func kmsBase64[T string | []byte](data T) string {
	return base64.StdEncoding.EncodeToString([]byte(data))
}

// product returns the key of a cloud product's.
func (c *kmsClient) product() tencentArgs {
	c.t.Helper()
	keys := c.ok("ListKeys", tencentArgs{"Role": 1}).list("Keys")
	if len(keys) != 1 {
		c.t.Fatal(keys)
	}
	return tencentArgs{"KeyId": keys[0].str("KeyId")}
}

// kmsTestKey is an RSA key of the tests'.
var kmsTestKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func TestTencentKMSProvider(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{Token: "sts"})
	want := map[string]string{
		"driver": "tencent", "kms_endpoint": c.em.URL(), "region": "ap-guangzhou", "secret_id": emulator.TencentSecretID,
		"secret_key": emulator.TencentSecretKey, "token": "sts",
	}
	if have := c.em.Provider(); fmt.Sprint(have) != fmt.Sprint(want) {
		t.Error(have)
	}
	c = newTencentKMS(t, emulator.TencentKMSSettings{SecretID: "AKIDother", SecretKey: "other"})
	if p := c.em.Provider(); p["secret_id"] != "AKIDother" || p["secret_key"] != "other" || len(p) != 5 {
		t.Error(p)
	}
	c.ok("ListKeys", tencentArgs{})
}

func TestTencentKMSRegions(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{Regions: []string{"ap-singapore"}, GuomiRegions: []string{"ap-beijing"}})
	key := c.create("k", nil)
	blob := c.encrypt(key, "x", "")
	for _, region := range []string{"ap-singapore", "ap-beijing"} {
		c.region = region
		c.fails("DescribeKey", key, kmsNotFound)
		c.fails("Decrypt", kmsBlob(blob, ""), kmsCiphertext)
		c.create("k", nil) // aliases are a region's own
	}
	c.region = ""
	c.fails("ListKeys", tencentArgs{}, kmsMissing)
	regions := fmt.Sprint(c.ok("GetRegions", tencentArgs{}).kmsReply["Regions"])
	if regions != "[ap-beijing ap-guangzhou ap-singapore]" {
		t.Error(regions)
	}
	c.region = "eu-nowhere"
	c.fails("ListKeys", tencentArgs{}, "UnsupportedRegion")

	c.region = "ap-guangzhou"
	if kind := c.describe(key).num("Type"); kind != 2 {
		t.Error(kind)
	}
	c.region = "ap-beijing"
	if kind := c.describe(c.create("l", nil)).num("Type"); kind != 4 {
		t.Error(kind)
	}
}

// ListAlgorithms says what CreateKey does.
func TestTencentKMSAlgorithms(t *testing.T) {
	usages := []string{
		"ENCRYPT_DECRYPT", "ASYMMETRIC_DECRYPT_RSA_2048", "ASYMMETRIC_DECRYPT_SM2", "ASYMMETRIC_SIGN_VERIFY_RSA_2048",
		"ASYMMETRIC_SIGN_VERIFY_SM2", "ASYMMETRIC_SIGN_VERIFY_ECC", "ASYMMETRIC_SIGN_VERIFY_ECDSA384",
	}
	for _, test := range []struct {
		region, symmetric, decrypt, sign string
		all                              bool
	}{
		{"ap-guangzhou", "AES_256", "RSA_2048", "RSA_2048 ECC_P256_R1 ECDSA384", false},
		{"ap-beijing", "SM4", "SM2 RSA_2048", "SM2", false},
		{"ap-guangzhou", "AES_256", "SM2 RSA_2048", "SM2 RSA_2048 ECC_P256_R1 ECDSA384", true},
		{"ap-beijing", "SM4", "SM2 RSA_2048", "SM2 RSA_2048 ECC_P256_R1 ECDSA384", true},
	} {
		c := newTencentKMS(t, emulator.TencentKMSSettings{GuomiRegions: []string{"ap-beijing"}, AllUsages: test.all})
		c.region = test.region
		a := c.ok("ListAlgorithms", tencentArgs{})
		offered := map[string]bool{}
		for name, want := range map[string]string{
			"SymmetricAlgorithms": test.symmetric, "AsymmetricAlgorithms": test.decrypt, "AsymmetricSignVerifyAlgorithms": test.sign,
		} {
			var have []string
			for _, algorithm := range a.list(name) {
				have = append(have, algorithm.str("Algorithm"))
				offered[algorithm.str("KeyUsage")] = true
			}
			if strings.Join(have, " ") != want {
				t.Errorf("%s %s: %v", test.region, name, have)
			}
		}
		for i, usage := range usages {
			want := ""
			if !offered[usage] {
				want = "UnsupportedOperation.UnsupportedKeyUsageInCurrentRegion"
			}
			c.fails("CreateKey", tencentArgs{"Alias": fmt.Sprint("k", i), "KeyUsage": usage}, want)
		}
	}
}

func TestTencentKMSServiceStatus(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{KeyLimit: 7})
	c.create("k", nil)
	a := c.ok("GetServiceStatus", tencentArgs{})
	if a.kmsReply["ServiceEnabled"] != true || a.num("InvalidType") != 1 || a.num("CmkLimit") != 7 || a.num("CmkUserCount") != 1 || a.num("QpsLimit") != 300 {
		t.Error(a.text)
	}
}
