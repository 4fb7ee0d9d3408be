package huawei

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Every code that the vendor's pages name, with its HTTP status and what it means: the portable code, p(ermanent) or
// t(emporary), n(ot applied) or a(mbiguous).
const codeTable = `
KMS.0101 500 Internal t a
KMS.0102 500 Unavailable t a
KMS.0105 400 Internal t a
KMS.0106 400 Conflict p n
KMS.0201 400 InvalidArgument p n
KMS.0202 400 InvalidArgument p n
KMS.0203 400 TooLarge p n
KMS.0204 400 InvalidArgument p n
KMS.0205 400 InvalidArgument p n
KMS.0206 400 InvalidArgument p n
KMS.0207 404 NotFound p n
KMS.0208 400 InvalidArgument p n
KMS.0209 400 Conflict p n
KMS.0210 400 Conflict p n
KMS.0211 400 PermissionDenied p n
KMS.0301 403 Unauthenticated p n
KMS.0302 403 Unauthenticated p n
KMS.0303 403 Unauthenticated p n
KMS.0304 403 PermissionDenied p n
KMS.0305 403 Unauthenticated p n
KMS.0306 403 PermissionDenied p n
KMS.0307 403 PermissionDenied p n
KMS.0326 403 PermissionDenied p n
KMS.0308 400 InvalidArgument p n
KMS.0309 400 Conflict p n
KMS.0310 400 Conflict p n
KMS.0311 400 InvalidArgument p n
KMS.0312 400 Unsupported p n
KMS.0313 400 Conflict p n
KMS.0314 403 PermissionDenied p n
KMS.0319 400 Unsupported p n
KMS.0320 400 PermissionDenied p n
KMS.0321 403 PermissionDenied p n
KMS.0323 400 Internal t n
KMS.0324 400 Unsupported p n
KMS.0327 400 Unavailable t n
KMS.0328 403 PermissionDenied p n
KMS.0329 400 InvalidArgument p n
KMS.0401 400 InvalidArgument p n
KMS.0408 400 InvalidArgument p n
KMS.0409 400 QuotaExceeded p n
KMS.0410 400 InvalidArgument p n
KMS.0415 400 InvalidArgument p n
KMS.0416 404 NotFound p n
KMS.0417 400 InvalidArgument p n
KMS.0418 400 InvalidArgument p n
KMS.0499 500 Internal t a
KMS.1101 400 InvalidArgument p n
KMS.1102 400 InvalidArgument p n
KMS.1103 400 InvalidArgument p n
KMS.1104 400 AlreadyExists p n
KMS.1105 400 QuotaExceeded p n
KMS.1108 400 Internal t a
KMS.1109 400 Internal t a
KMS.1201 400 Conflict p n
KMS.1301 400 Conflict p n
KMS.1401 400 InvalidArgument p n
KMS.1402 400 Conflict p n
KMS.1501 400 Conflict p n
KMS.1601 400 InvalidArgument p n
KMS.1602 400 InvalidArgument p n
KMS.1801 400 InvalidArgument p n
KMS.1802 400 InvalidArgument p n
KMS.1901 400 InvalidArgument p n
KMS.1902 400 InvalidArgument p n
KMS.1903 400 InvalidArgument p n
KMS.2001 400 InvalidArgument p n
KMS.2101 400 InvalidArgument p n
KMS.2102 400 InvalidArgument p n
KMS.2103 400 InvalidArgument p n
KMS.2104 400 InvalidArgument p n
KMS.2201 400 InvalidArgument p n
KMS.2202 400 InvalidArgument p n
KMS.2203 400 InvalidArgument p n
KMS.2204 400 InvalidArgument p n
KMS.2401 400 InvalidArgument p n
KMS.2402 400 InvalidArgument p n
KMS.2403 400 Internal t a
KMS.2404 400 QuotaExceeded p n
KMS.2405 400 QuotaExceeded p n
KMS.2501 400 NotFound p n
KMS.2502 400 InvalidArgument p n
KMS.2601 400 Conflict p n
KMS.2602 400 InvalidArgument p n
KMS.2603 400 InvalidArgument p n
KMS.2604 400 InvalidArgument p n
KMS.2605 400 InvalidArgument p n
KMS.2606 400 InvalidArgument p n
KMS.2701 400 Conflict p n
KMS.2901 400 Conflict p n
KMS.3001 400 InvalidArgument p n
KMS.5012 500 Unavailable t n
KMS.9999 400 InvalidArgument p n
KMS.9999 403 PermissionDenied p n
KMS.9999 404 NotFound p n
KMS.9999 500 Internal t a
KMS.9999 503 Unavailable t a
KMS.9999 504 DeadlineExceeded t a
KMS.9999 408 DeadlineExceeded t a
APIGW.0101 404 Unsupported p n
APIGW.0103 404 Unavailable p n
APIGW.0201 400 InvalidArgument p n
APIGW.0201 413 TooLarge p n
APIGW.0301 401 Unauthenticated p n
APIGW.0303 401 Unauthenticated p n
APIGW.0305 401 Unauthenticated p n
APIGW.0307 401 Unauthenticated p n
APIGW.0302 403 PermissionDenied p n
APIGW.0304 403 PermissionDenied p n
APIGW.0306 403 PermissionDenied p n
APIGW.0308 429 RateLimited t n
APIGW.9999 401 Unauthenticated p n
`

// Each code means the same in every envelope, whatever the status says.
func TestCodes(t *testing.T) {
	var body string
	var status int
	s := served(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "r-1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
	tested := map[string]bool{}
	for line := range strings.Lines(strings.TrimSpace(codeTable)) {
		f := strings.Fields(line)
		code := f[0]
		tested[code] = true
		status, _ = strconv.Atoi(f[1])
		retry := map[string]errs.Retry{"p": errs.Permanent, "t": errs.Temporary}[f[3]]
		outcome := map[string]errs.Outcome{"n": errs.NotApplied, "a": errs.Ambiguous}[f[4]]
		for _, envelope := range []string{
			`{"error":{"error_code":%q,"error_msg":"said so"}}`, `{"error_code":%q,"error_msg":"said so"}`, `{"code":%q,"message":"said so"}`,
			`{"error":{"code":%q,"message":"said so"}}`,
		} {
			body = fmt.Sprintf(envelope, code)
			_, err := s.EnableKey(t.Context(), &driver.EnableKeyRequest{KeyID: "k"})
			e, ok := err.(*errs.Error)
			if !ok || string(e.Code) != f[2] || e.Retry != retry || e.Outcome != outcome || e.VendorCode != code || e.HTTPStatus != status || e.RequestID != "r-1" {
				t.Errorf("%s %d: %v, %s, %s", body, status, err, e.Retry, e.Outcome)
				continue
			}
			if !strings.HasSuffix(e.Message, "said so") || !strings.HasPrefix(e.Message, meaningOf(code, status).Text) {
				t.Errorf("%s: %q", code, e.Message)
			}
			vendor, ok := errors.AsType[*sdkerr.ServiceResponseError](err)
			if !ok || vendor.ErrorCode != code || vendor.ErrorMessage != "said so" || vendor.StatusCode != status || vendor.RequestId != "r-1" {
				t.Errorf("%s: the vendor's error is %v", code, vendor)
			}
		}
	}
	for code, advice := range map[string]string{
		"KMS.0201": "check project_id", "KMS.0209": "enable it first", "KMS.0210": "cancel that and enable the key first",
	} {
		if text := meanings.Find(code).Text; !strings.Contains(text, advice) {
			t.Errorf("%s means %q", code, text)
		}
	}
	for _, m := range meanings {
		if !tested[m.Of] && !strings.Contains(m.Of, "*") || m.Text == "" {
			t.Errorf("%s is not tested or has no text", m.Of)
		}
	}
}

func TestEnvelopes(t *testing.T) {
	for _, c := range []struct {
		body   string
		status int
		want   errs.Code
		vendor string
		text   string
	}{
		{`{"error":{"message":"The request you have made requires authentication.","code":401,"title":"Unauthorized"}}`, 401, errs.Unauthenticated, "Unauthorized", "The request you have made requires authentication."},
		{`{"error":{"message":"m","code":404}}`, 404, errs.NotFound, "404", "m"},
		{`{"error_code":"KMS.0207","error_msg":7}`, 404, errs.NotFound, "KMS.0207", "the key does not exist: 7"},
		{`{"error_code":"KMS.0207"}`, 404, errs.NotFound, "KMS.0207", "the key does not exist"},
		{`{"error_code":"KMS.9999"}`, 400, errs.InvalidArgument, "KMS.9999", "Huawei Cloud refused the request"},
		{`{"error_code":"KMS.0207","error":{"error_code":"KMS.0101"}}`, 404, errs.NotFound, "KMS.0207", "the key does not exist"},
		{`{"error":{"error_code":"KMS.0207"}}`, 200, errs.NotFound, "KMS.0207", "the key does not exist"}, // a failure all the same
		{`{"error":{"error_code":"KMS.9999"},"key_info":{"key_id":"k"}}`, 200, errs.Unknown, "KMS.9999", "Huawei Cloud refused the request"},
		{`{"error_code":"KMS.0207","error_msg":["m"]}`, 200, errs.NotFound, "KMS.0207", "the key does not exist"},
		{`{"error":{"code":"KMS.0207","message":{}}}`, 200, errs.NotFound, "KMS.0207", "the key does not exist"},
		{`{"code":"KMS.0207"}`, 200, errs.NotFound, "KMS.0207", "the key does not exist"},
		{`{"title":"KMS.0207"}`, 200, errs.NotFound, "KMS.0207", "the key does not exist"},
		{`{"key_info":5,"error_code":"KMS.0207"}`, 200, errs.NotFound, "KMS.0207", "the key does not exist"},
		{`{"error_code":["KMS.0207"],"key_info":{"key_id":"k"}}`, 200, errs.Corrupt, "", "has an error without a code that can be read; is endpoint the API of Huawei Cloud?"},
		{`{"error":"no"}`, 200, errs.Corrupt, "", "has an error without a code that can be read; is endpoint the API of Huawei Cloud?"},
		{`{"error":"no"}`, 404, errs.NotFound, "", "is a failure without a code; is endpoint the API of Huawei Cloud?"},
		{`{"error":{"error_code":{}}}`, 400, errs.InvalidArgument, "", "is a failure without a code"},
		{`{}`, 403, errs.PermissionDenied, "", "is a failure without a code"},
		{``, 404, errs.NotFound, "", "; is endpoint the API of Huawei Cloud?"},
		{`{"error_code":"odd code","error_msg":"m"}`, 400, errs.InvalidArgument, "", "m"},
		{`[]`, 500, errs.Internal, "", "is not a JSON object"},
	} {
		s := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		_, err := s.EnableKey(t.Context(), &driver.EnableKeyRequest{KeyID: "k"})
		e, ok := err.(*errs.Error)
		if !ok || e.Code != c.want || e.VendorCode != c.vendor || e.HTTPStatus != c.status || !strings.HasSuffix(e.Message, c.text) {
			t.Errorf("%s: %v", c.body, err)
		}
	}
}

// A field that ends the decoding does not hide the error behind it.
func TestErrorBehindAnotherForm(t *testing.T) {
	s := served(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"key_rotation_enabled":{},"error_code":"KMS.0207"}`)
	})
	if _, err := s.GetRotation(t.Context(), &driver.GetRotationRequest{KeyID: "k"}); errs.CodeOf(err) != errs.NotFound {
		t.Error(err)
	}
}

func TestThrottled(t *testing.T) {
	s := served(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"error_code":"APIGW.0308","error_msg":"slow down"}`)
	})
	_, err := s.EnableKey(t.Context(), &driver.EnableKeyRequest{KeyID: "k"})
	if e, ok := err.(*errs.Error); !ok || e.RetryAfter != 3*time.Second {
		t.Error(err)
	}
}

// A refused signature may be a matter of the clock, and a token is not.
func TestClockSkew(t *testing.T) {
	handler := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error_code":"APIGW.0301","error_msg":"no"}`)
	}
	s := served(t, handler)
	_, err := s.EnableKey(t.Context(), &driver.EnableKeyRequest{KeyID: "k"})
	if err == nil || !strings.Contains(err.Error(), "ahead of the server's") {
		t.Error(err)
	}
	s.api.account.credentials = credential{auth: s.api.account.credentials.(credential).key}
	_, err = s.EnableKey(t.Context(), &driver.EnableKeyRequest{KeyID: "k"})
	if err == nil || strings.Contains(err.Error(), "ahead") {
		t.Error(err)
	}
}

// A server that says whatever it got, and the credentials, finds none of it in an error.
func TestNoSecretsInErrors(t *testing.T) {
	var seen string
	s := served(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen = string(body)
		echo, _ := json.Marshal(strings.Join([]string{seen, canaryAccess, canaryKey, canaryToken, r.Header.Get("Authorization"), r.Header.Get("X-Security-Token")}, " "))
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":{"error_code":"KMS.0308","error_msg":%s,"encoded_authorization_message":%s}}`, echo, echo)
	})
	for _, m := range methods {
		err := m.send(t.Context(), s)
		if errs.CodeOf(err) != errs.InvalidArgument {
			t.Errorf("%s: %v", m.name, err)
		}
		checkNoSecrets(t, m.name, err)
		if m.secret && strings.Contains(err.Error(), "key_id") {
			t.Errorf("%s: quotes the request: %v", m.name, err)
		}
	}
}

// A code that is a credential is not shown either.
func TestNoSecretsInCodes(t *testing.T) {
	s := served(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"code":%q,"message":""}`, canaryToken)
	})
	_, err := s.EnableKey(t.Context(), &driver.EnableKeyRequest{KeyID: "k"})
	if errs.CodeOf(err) != errs.PermissionDenied {
		t.Error(err)
	}
	checkNoSecrets(t, "code", err)
}

// checkNoSecrets looks for canaries in an error, in every form in which one is printed or sent.
func checkNoSecrets(t testing.TB, what string, err error) {
	t.Helper()
	secrets := []string{
		canaryAccess, canaryKey, canaryToken, canaryAuth, canaryPlaintext, wire.ToBase64([]byte(canaryPlaintext)), fmt.Sprintf("%x", canaryPlaintext),
		wire.ToBase64([]byte(wire.ToBase64([]byte(canaryPlaintext)))),
	}
	for _, secret := range secrets {
		secrets = append(secrets, strings.ToUpper(fmt.Sprintf("%x", secret)))
	}
	drivertest.CheckHides(t, what, err, secrets...)
}

// What can be no code and no id is not shown as one, and neither is a credential.
func TestWhatIsNoIdentifier(t *testing.T) {
	for text, shown := range map[string]bool{
		"Some.New_Code-7": true, "a code": false, "<script>": false, "Ü": false, strings.Repeat("x", 128): true, strings.Repeat("x", 129): false,
		canaryAccess: false, "x" + strings.ToUpper(canaryToken): false, canaryKey + "-1": false,
	} {
		s := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Request-Id", text)
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"error_code": text, "error_msg": strings.Repeat(text+" ", 1+5000/len(text))}})
		})
		for _, m := range methods {
			err := m.send(t.Context(), s)
			e, ok := err.(*errs.Error)
			if !ok || shown != (e.VendorCode == text) || shown != (e.RequestID == text) || len(e.Message) > 5000 {
				t.Errorf("%s, %q: code %q, id %q, %d bytes of message", m.name, text, e.VendorCode, e.RequestID, len(e.Message))
			}
			checkNoSecrets(t, m.name, err)
		}
	}
}
