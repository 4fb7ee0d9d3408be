package tencent

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Whatever comes back, a method returns the right code and outcome, and nothing secret.
func TestKMSBadReplies(t *testing.T) {
	testBadReplies(t, func(t *testing.T, h http.HandlerFunc) (calls []badCall) {
		s := servedKeys(t, h)
		for _, m := range keyMethods {
			calls = append(calls, badCall{m.action, m.write, func(ctx context.Context) error { return m.send(ctx, s) }})
		}
		return calls
	})
}

// wholeReplies are the least that the actions may answer, field by field.
var wholeReplies = map[string]map[string]string{
	actionDescribeKey:    {"KeyMetadata": `{"KeyId":"` + someKey + `","KeyUsage":"ENCRYPT_DECRYPT","KeyState":"Enabled","KeyRotationEnabled":false}`},
	actionListKeys:       {"KeyMetadatas": `[]`, "TotalCount": `0`},
	actionCreateKey:      {"KeyId": `"k"`},
	actionListAlgorithms: {"SymmetricAlgorithms": `[{"KeyUsage":"ENCRYPT_DECRYPT","Algorithm":"AES_256"}]`},
	actionSchedule:       {"DeletionDate": `1559318399`},
	actionCancel:         {"KeyId": `"k"`},
	actionRotate:         {"TaskId": `"t"`},
	actionImportParams: {
		"ImportToken": `"t"`, "PublicKey": `"aGVsbG8="`, "ParametersValidTo": `1566614716`,
	},
	actionEncrypt:    {"KeyId": `"k"`, "CiphertextBlob": `"c"`},
	actionDecrypt:    {"KeyId": `"k"`, "Plaintext": `"aGVsbG8="`},
	actionDataKey:    {"KeyId": `"k"`, "CiphertextBlob": `"c"`, "Plaintext": `"aGVsbG8="`},
	actionReEncrypt:  {"KeyId": `"k"`, "CiphertextBlob": `"c"`, "ReEncrypted": `true`},
	actionDecryptRSA: {"KeyId": `"k"`, "Plaintext": `"aGVsbG8="`},
	actionDecryptSM2: {"KeyId": `"k"`, "Plaintext": `"aGVsbG8="`},
	actionSign:       {"Signature": `"aGVsbG8="`},
	actionVerify:     {"SignatureValid": `false`},
	actionPublicKey:  {"PublicKey": `"aGVsbG8="`},
	actionRandom:     {"Plaintext": `"aGVsbG8="`},
}

// spoilt are values that no field may have in which the value of wholeReplies is of that kind.
func spoilt(value string) []string {
	switch {
	case value == `"aGVsbG8="`: // base64, which must be exact
		return []string{`"aGVsbG8"`, `"aGVsbG9="`, `"aGVs\nbG8="`, `"!!!!"`, `"aGVs-k-bG8="`, `5`, `null`}
	case strings.HasPrefix(value, `"`):
		return []string{`""`, `5`, `null`, `{}`}
	case value == "true", value == "false":
		return []string{`"true"`, `1`, `null`}
	case strings.HasPrefix(value, "["):
		return []string{`[null]`, `[{}]`, `{}`, `"a"`, `[{"KeyId":"k","KeyUsage":"ENCRYPT_DECRYPT"}]`, `[{"KeyId":"k","KeyUsage":"u","KeyState":"s","CreateTime":253402300800}]`}
	case strings.HasPrefix(value, "{"):
		return []string{`null`, `[]`, `{}`, strings.ReplaceAll(value, someKey, "another"), strings.Replace(value, `"KeyId"`, `"ID"`, 1), strings.Replace(value, "Enabled", "", 1)}
	}
	return []string{`"1559318399"`, `-1`, `1.5`, `null`, `99999999999999`}
}

// Replies that lack what the method needs, or have something else in its place.
func TestKMSMissingFields(t *testing.T) {
	var body string
	s := servedKeys(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
	reply := func(fields map[string]string) string {
		text := `{"Response":{"RequestId":"r-1"`
		for name, value := range fields {
			text += fmt.Sprintf(",%q:%s", name, value)
		}
		return text + "}}"
	}
	for _, m := range keyMethods {
		whole := wholeReplies[m.action]
		if body = reply(whole); m.send(t.Context(), s) != nil {
			t.Errorf("%s: %v", m.action, m.send(t.Context(), s))
		}
		for name, value := range whole {
			for _, bad := range append([]string{""}, spoilt(value)...) {
				fields := map[string]string{}
				for other, value := range whole {
					fields[other] = value
				}
				if fields[name] = bad; bad == "" {
					delete(fields, name)
				}
				body = reply(fields)
				err := m.send(t.Context(), s)
				if bad == "null" && value == "[]" {
					continue
				}
				if e, ok := err.(*errs.Error); !ok || e.Code != errs.Corrupt || e.RequestID != "r-1" && bad == "" {
					t.Errorf("%s %s: %v", m.action, body, err)
				}
			}
		}
	}
	body = `{"Response":{"RequestId":"r-1","KeyMetadatas":null,"TotalCount":0}}`
	if page, err := s.ListKeys(t.Context(), &driver.ListKeysRequest{}); err != nil || len(page.Keys) != 0 || page.Cursor != "" {
		t.Error(page, err)
	}
	body = `{"Response":{"RequestId":"r-1","KeyMetadatas":[],"TotalCount":3}}`
	_, err := s.ListKeys(t.Context(), &driver.ListKeysRequest{})
	wantCode(t, err, errs.Corrupt)
	for listed, want := range map[string][]driver.Spec{
		`[null,{},{"KeyUsage":"OTHER","Algorithm":"AES_256"},{"KeyUsage":"ENCRYPT_DECRYPT"}]`:                                                                      nil,
		`[{"KeyUsage":"OTHER","Algorithm":"AES_256"},{"KeyUsage":"ENCRYPT_DECRYPT","Algorithm":"SM4_GCM"},{"KeyUsage":"ENCRYPT_DECRYPT","Algorithm":"SM4"}]`:       {driver.SM4},
		`[{"KeyUsage":"ENCRYPT_DECRYPT","Algorithm":"AES_256"},{"KeyUsage":"ENCRYPT_DECRYPT","Algorithm":"SM4"},{"KeyUsage":"ENCRYPT_DECRYPT","Algorithm":"NEW"}]`: {driver.AES256, driver.SM4, "NEW"},
	} {
		body = `{"Response":{"RequestId":"r-1","SymmetricAlgorithms":` + listed + `}}`
		res, err := s.SymmetricSpecs(t.Context(), &driver.SymmetricSpecsRequest{})
		if want == nil {
			wantCode(t, err, errs.Corrupt)
		} else if err != nil || !slices.Equal(res.Specs, want) {
			t.Errorf("%s: %v, %v", listed, res, err)
		}
	}
	// Tags that nobody asked for cannot be missing.
	body = `{"Response":{"RequestId":"r-1","KeyId":"k","TagCode":1,"TagMsg":"m"}}`
	res, err := s.CreateKey(t.Context(), &driver.CreateKeyRequest{Name: "n", Spec: driver.SM2, Usage: driver.SignVerify})
	if err != nil || res.TagsFault != "" {
		t.Error(res, err)
	}
	// What is said of missing tags goes into an error, and holds no credential.
	for said, want := range map[string]string{"": "TagCode 1", "no tag:\n full": "TagCode 1: no tag:  full", "Credential=" + canaryID: "TagCode 1", strings.ToUpper(canaryToken): "TagCode 1"} {
		body = `{"Response":{"RequestId":"r-1","KeyId":"k","TagCode":1,"TagMsg":` + strconv.Quote(said) + `}}`
		res, err := s.CreateKey(t.Context(), &driver.CreateKeyRequest{Name: "n", Spec: driver.SM2, Usage: driver.SignVerify, Tags: []driver.Tag{{Key: "k", Value: "v"}}})
		if err != nil || res.TagsFault != want {
			t.Errorf("%q becomes %q, want %q: %v", said, res.TagsFault, want, err)
		}
	}
}

// A server that does not answer holds nobody up.
func TestKMSHangingServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, s := emulatedKeys(t, nil)
		em.Inject(emulator.Fault{Delay: time.Hour})
		for _, m := range keyMethods {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			began := time.Now()
			err := m.send(ctx, s)
			cancel()
			if took := time.Since(began); took > 30*time.Millisecond {
				t.Errorf("%s: returned after %v", m.action, took)
			}
			if !errors.Is(err, context.DeadlineExceeded) || errs.CodeOf(err) != errs.DeadlineExceeded || err.(*errs.Error).Outcome != errs.Ambiguous {
				t.Errorf("%s: %v", m.action, err)
			}
		}
		before := len(em.Requests())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, m := range keyMethods {
			if e, ok := m.send(ctx, s).(*errs.Error); !ok || e.Code != errs.Canceled || e.Outcome != errs.NotApplied {
				t.Errorf("%s with a context that has ended: %v", m.action, e)
			}
		}
		if n := len(em.Requests()); n != before {
			t.Errorf("%d requests were sent with a context that has ended", n-before)
		}
	})
}

func TestKMSConnectionFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, s := emulatedKeys(t, nil, allUsages(emulator.TencentKMSSettings{}))
		em.Inject(emulator.Fault{Reset: "before"})
		for _, m := range keyMethods {
			e, ok := m.send(t.Context(), s).(*errs.Error)
			if !ok || e.Code != errs.Unavailable || e.Retry != errs.Temporary || e.Outcome != errs.Ambiguous {
				t.Errorf("%s: %v", m.action, e)
			}
			checkNoSecrets(t, e)
		}
	})
	s := servedKeys(t, drivertest.BreaksOff(`{"Response":{"RequestId":"r-1"`))
	for _, m := range keyMethods {
		e, ok := m.send(t.Context(), s).(*errs.Error)
		if !ok || e.Code != errs.Unavailable || e.Outcome != errs.Ambiguous {
			t.Errorf("%s: %v", m.action, e)
		}
	}
}

// A redirect is not followed: the token and the plaintext would go with it.
func TestKMSRedirect(t *testing.T) {
	elsewhere := drivertest.Unvisited(t)
	for _, status := range []int{301, 302, 307, 308} {
		s := servedKeys(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere)
			w.WriteHeader(status)
		})
		for _, m := range keyMethods {
			if e, ok := m.send(t.Context(), s).(*errs.Error); !ok || e.Code != errs.Unavailable || e.HTTPStatus != status {
				t.Errorf("%d %s: %v", status, m.action, e)
			}
		}
	}
}

// What requests say besides their bodies, and that nothing of theirs is in the URL.
func TestKMSHeaders(t *testing.T) {
	var seen *http.Request
	s := servedKeys(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r.Clone(context.WithoutCancel(r.Context()))
		_, _ = io.WriteString(w, `{"Response":{"RequestId":"r-1"}}`)
	})
	for _, m := range keyMethods {
		_ = m.send(t.Context(), s)
		for name, want := range map[string]string{
			"X-TC-Action": m.action, "X-TC-Version": "2019-01-18", "X-TC-Region": "ap-guangzhou", "X-TC-Token": canaryToken,
			"X-TC-Language": "en-US", "Content-Type": "application/json", "User-Agent": "crosscloud-go",
		} {
			if got := seen.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", m.action, name, got, want)
			}
		}
		if seen.URL.String() != "/" || seen.Method != http.MethodPost {
			t.Errorf("%s: %s %s", m.action, seen.Method, seen.URL)
		}
		if !strings.Contains(seen.Header.Get("Authorization"), "/kms/tc3_request") {
			t.Errorf("%s: signed as %s", m.action, seen.Header.Get("Authorization"))
		}
	}
}

// A message of the vendor that may quote what was sent is not shown, however the error is printed, and neither is one
// that holds a credential.
func TestKMSNothingSecretInErrors(t *testing.T) {
	echo := func(*http.Request, string) string { return "" }
	s := servedKeys(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_ = json.NewEncoder(w).Encode(map[string]any{"Response": map[string]any{
			"Error": map[string]string{"Code": "InvalidParameterValue", "Message": "you sent " + echo(r, string(body))}, "RequestId": "r-1",
		}})
	})
	for what, f := range map[string]func(*http.Request, string) string{
		"the body":      func(_ *http.Request, body string) string { return body },
		"the key":       func(*http.Request, string) string { return canaryKey },
		"the token":     func(r *http.Request, _ string) string { return r.Header.Get("X-TC-Token") },
		"the signature": func(r *http.Request, _ string) string { return r.Header.Get("Authorization")[100:] },
	} {
		echo = f
		for _, m := range keyMethods {
			e := m.send(t.Context(), s).(*errs.Error)
			if e.Code != errs.InvalidArgument || e.VendorCode != "InvalidParameterValue" || e.RequestID != "r-1" {
				t.Errorf("%s: %v", m.action, e)
			}
			if shown := strings.Contains(e.Message, "you sent"); shown != (what == "the body" && !secretActions[m.action]) {
				t.Errorf("%s, %s: %v", m.action, what, e)
			}
			checkNoSecrets(t, e)
			drivertest.CheckHides(t, m.action, e, "context-41bd", canaryImport, base64.StdEncoding.EncodeToString([]byte(canaryValue)))
		}
	}
}

// Nothing is sent for what JSON cannot carry as it is.
func TestKMSInvalidText(t *testing.T) {
	s := servedKeys(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was sent", r.Header.Get("X-TC-Action")) })
	const bad = "a\xffb"
	ctx := t.Context()
	ct := driver.Ciphertext{KeyID: bad, Blob: []byte(bad), Algorithm: driver.SM2Encrypt}
	create := driver.CreateKeyRequest{Name: "n", Spec: driver.SM2, Usage: driver.SignVerify}
	created := func(change func(*driver.CreateKeyRequest)) error {
		req := create
		change(&req)
		return sent(s.CreateKey(ctx, &req))
	}
	for i, err := range []error{
		sent(s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: bad})),
		sent(s.ListKeys(ctx, &driver.ListKeysRequest{Name: bad})),
		created(func(r *driver.CreateKeyRequest) { r.Name = bad }),
		created(func(r *driver.CreateKeyRequest) { r.Description = bad }),
		created(func(r *driver.CreateKeyRequest) { r.Tags = []driver.Tag{{Key: bad, Value: "v"}} }),
		created(func(r *driver.CreateKeyRequest) { r.Tags = []driver.Tag{{Key: "k", Value: bad}} }),
		created(func(r *driver.CreateKeyRequest) { r.Options = map[string]string{"hsm_cluster_id": bad} }),
		sent(s.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: bad})),
		sent(s.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: bad})),
		sent(s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: bad})),
		sent(s.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: bad})),
		sent(s.Rename(ctx, &driver.RenameRequest{KeyID: "k", NewName: bad})),
		sent(s.SetDescription(ctx, &driver.SetDescriptionRequest{KeyID: "k", Description: bad})),
		sent(s.GetRotation(ctx, &driver.GetRotationRequest{KeyID: bad})),
		sent(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: bad, Enabled: true})),
		sent(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: bad})),
		sent(s.RotateNow(ctx, &driver.RotateNowRequest{KeyID: bad})),
		sent(s.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: bad, Wrapping: driver.RSAOAEPSHA256})),
		sent(s.ImportKeyMaterial(ctx, &driver.ImportKeyMaterialRequest{KeyID: "k", Token: []byte(bad)})),
		sent(s.DeleteKeyMaterial(ctx, &driver.DeleteKeyMaterialRequest{KeyID: bad})),
		sent(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: "k", Context: bad})),
		sent(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: bad})),
		sent(s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: ct})),
		sent(s.Decrypt(ctx, &driver.DecryptRequest{Context: bad})),
		sent(s.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: bad})),
		sent(s.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: "k", Context: bad})),
		sent(s.ReEncrypt(ctx, &driver.ReEncryptRequest{NewKeyID: bad})),
		sent(s.ReEncrypt(ctx, &driver.ReEncryptRequest{Ciphertext: ct})),
		sent(s.ReEncrypt(ctx, &driver.ReEncryptRequest{NewContext: bad})),
		sent(s.AsymmetricDecrypt(ctx, &driver.AsymmetricDecryptRequest{Ciphertext: ct})),
		sent(s.Sign(ctx, &driver.SignRequest{KeyID: bad, Algorithm: driver.SM2SM3})),
		sent(s.Verify(ctx, &driver.VerifyRequest{SignRequest: driver.SignRequest{KeyID: bad, Algorithm: driver.SM2SM3}})),
		sent(s.PublicKey(ctx, &driver.PublicKeyRequest{KeyID: bad})),
	} {
		e, ok := err.(*errs.Error)
		if !ok || e.Code != errs.InvalidArgument || e.Outcome != errs.NotApplied || strings.Contains(fmt.Sprint(err), bad) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// A connection that cannot be made is told from one that broke.
func TestKMSNoConnection(t *testing.T) {
	s := openKeys(t, map[string]string{"secret_id": canaryID, "secret_key": canaryKey, "region": "ap-guangzhou"},
		func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: errors.New("no route")}
		})
	for _, m := range keyMethods {
		if e, ok := m.send(t.Context(), s).(*errs.Error); !ok || e.Code != errs.Unavailable || e.Outcome != errs.NotApplied {
			t.Errorf("%s: %v", m.action, e)
		}
	}
}
