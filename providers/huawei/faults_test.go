package huawei

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// The replies that these tests call good are good.
func TestGoodReplies(t *testing.T) {
	var good string
	s := served(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, good) })
	for _, m := range methods {
		good = m.good
		if err := m.send(t.Context(), s); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
}

// Whatever comes back, a method returns the right code and outcome, and nothing secret.
func TestBadReplies(t *testing.T) {
	for _, c := range []struct {
		what        string
		status      int
		contentType string
		body        string
		code        errs.Code // empty: success of what tells nothing, else Corrupt
		retry       errs.Retry
		outcome     errs.Outcome
	}{
		{"empty object", 200, "", `{}`, "", errs.Permanent, errs.Ambiguous},
		{"nothing", 200, "", ``, "", errs.Permanent, errs.Ambiguous},
		{"no content", 204, "", ``, "", errs.Permanent, errs.Ambiguous},
		{"white space", 200, "", " \r\n", "", errs.Permanent, errs.Ambiguous},
		{"other fields", 200, "", `{"key_infos":{}}`, "", errs.Permanent, errs.Ambiguous},
		{"null", 200, "", `null`, errs.Corrupt, errs.Permanent, errs.Ambiguous},
		{"array", 200, "", `[{}]`, errs.Corrupt, errs.Permanent, errs.Ambiguous},
		{"text", 200, "", `"done"`, errs.Corrupt, errs.Permanent, errs.Ambiguous},
		{"broken off", 200, "", `{"key_info":`, errs.Corrupt, errs.Permanent, errs.Ambiguous},
		{"more behind", 200, "", `{}{}`, errs.Corrupt, errs.Permanent, errs.Ambiguous},
		{"deep", 200, "", `{"a":` + strings.Repeat("[", 20000), errs.Corrupt, errs.Permanent, errs.Ambiguous},
		{"byte order mark", 200, "", "\ufeff{}", errs.Corrupt, errs.Permanent, errs.Ambiguous},
		{"invalid UTF-8", 200, "", "{\"a\":\"\xff\"}", errs.Corrupt, errs.Permanent, errs.Ambiguous},
		{"half a surrogate pair", 200, "", `{"a":"\ud800"}`, errs.Corrupt, errs.Permanent, errs.Ambiguous},
		{"captive portal", 200, "text/html", `<html>sign in</html>`, errs.Corrupt, errs.Permanent, errs.Ambiguous},
		{"accepted", 202, "", `{}`, errs.Corrupt, errs.Permanent, errs.Ambiguous},
		{"gateway", 502, "text/html", `<html>Bad Gateway</html>`, errs.Unavailable, errs.Temporary, errs.Ambiguous},
		{"gateway in time trouble", 504, "text/html", `<html></html>`, errs.DeadlineExceeded, errs.Temporary, errs.Ambiguous},
		{"firewall", 403, "text/html", `<html>blocked</html>`, errs.PermissionDenied, errs.Permanent, errs.NotApplied},
		{"throttling proxy", 429, "", `slow down`, errs.RateLimited, errs.Temporary, errs.NotApplied},
		{"failing status, empty object", 500, "", `{}`, errs.Internal, errs.Temporary, errs.Ambiguous},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := served(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Request-Id", "r-1")
				if c.contentType != "" {
					w.Header().Set("Content-Type", c.contentType)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			for _, m := range methods {
				err := m.send(t.Context(), s)
				want := c.code
				if want == "" {
					if want = errs.Corrupt; m.class == silent {
						if err != nil {
							t.Errorf("%s: %v", m.name, err)
						}
						continue
					}
				}
				e, ok := err.(*errs.Error)
				if !ok {
					t.Fatalf("%s: %v", m.name, err)
				}
				if e.Code != want || e.Retry != c.retry || e.Outcome != c.outcome || e.HTTPStatus != c.status || e.RequestID != "r-1" {
					t.Errorf("%s: %v: %s, %s, request id %q", m.name, e, e.Retry, e.Outcome, e.RequestID)
				}
				checkNoSecrets(t, m.name, err)
			}
		})
	}
}

// Replies that are whole but lack what a method needs, or have it in another form.
func TestMissingFields(t *testing.T) {
	for name, bodies := range map[string][]string{
		actionDescribe: {
			`{"key_info":null}`, `{"key_info":{}}`, `{"key_info":{"key_id":"k"}}`, `{"key_info":{"key_state":"2"}}`, `{"key_info":{"key_id":"","key_state":"2"}}`,
			`{"key_info":{"key_id":7,"key_state":"2"}}`, `{"key_info":{"key_id":"k","key_state":{}}}`, `{"key_info":[]}`, `{"key_id":"k","key_state":"2"}`,
			`{"key_info":{"key_id":"k","key_state":"2","creation_date":"soon"}}`, `{"key_info":{"key_id":"k","key_state":"2","creation_date":"-1"}}`,
			`{"key_info":{"key_id":"k","key_state":"2","scheduled_deletion_date":"9999999999999999"}}`, `{"key_info":{"key_id":"k","key_state":"2","creation_date":1.5}}`,
			`{"key_info":{"key_id":"k","key_state":"2","key_alias":{}}}`,
		},
		actionList: {
			`{"keys":[],"key_details":[]}`, `{"keys":[],"truncated":"false"}`, `{"key_details":null,"truncated":"false"}`, `{"key_details":[],"truncated":"maybe"}`,
			`{"key_details":[],"truncated":"true"}`, `{"key_details":[],"truncated":"true","next_marker":""}`, `{"keys":["k"],"key_details":[],"truncated":"false"}`,
			`{"key_details":[{}],"truncated":"false"}`, `{"key_details":[null],"truncated":"false"}`, `{"key_details":{},"truncated":"false"}`,
			`{"key_details":[],"truncated":[]}`, `{"keys":[1],"key_details":[{"key_id":"k","key_state":"2"}],"truncated":"false"}`,
		},
		actionCreate:         {`{"key_info":{}}`, `{"key_info":{"key_id":""}}`, `{"key_info":{"domain_id":"d"}}`, `{"key_id":"k"}`, `{"key_info":{"key_id":null}}`},
		actionEnable:         {`{"key_info":{}}`, `{"key_id":"k"}`},
		actionDisable:        {`{"key_info":{}}`},
		actionSchedule:       {`{"key_info":{"key_id":"k"}}`, `{"key_state":"4"}`},
		actionCancel:         {`{"key_info":{"key_id":"k"}}`},
		actionRename:         {`{"key_info":{"key_alias":"n"}}`},
		actionSetDescription: {`{"key_info":{"key_description":""}}`},
		actionListAliases: {
			`[{}]`, `[null]`, `[{"aliases":null}]`, `[{"aliases":[{}]}]`, `[{"aliases":[{"alias":"alias/a","key_id":"other"}]}]`, `{"aliases":{}}`, `{"aliases":["alias/a"]}`,
			`[{"aliases":[]},{}]`, `[{"aliases":[],"page_info":{"next_marker":5}}]`, `[1]`, `[[]]`,
		},
		actionCreateAlias:    {`{"alias":""}`, `{"alias":1}`, `{"key_id":"k"}`},
		actionListTags:       {`{"tags":null}`, `{"existTagsNum":0}`, `{"tags":{}}`, `{"tags":[{}]}`, `{"tags":[{"key":"a","value":1}]}`, `{"tags":["a"]}`},
		actionGetRotation:    {`{"key_rotation_enabled":"yes"}`, `{"rotation_interval":30}`, `{"key_rotation_enabled":true,"rotation_interval":"often"}`, `{"key_rotation_enabled":true,"rotation_interval":-1}`, `{"key_rotation_enabled":true,"rotation_interval":1e9}`, `{"key_rotation_enabled":true,"last_rotation_time":"x"}`},
		actionImportParams:   {`{"import_token":"AAAA"}`, `{"public_key":"AAAA"}`, `{"import_token":"AAAA","public_key":"AAA"}`, `{"import_token":"A A","public_key":"AAAA"}`, `{"import_token":"AAAA","public_key":"AAAA","expiration_time":"x"}`, `{"import_token":"AAAA","public_key":"AA\r\nAA"}`},
		actionEncrypt:        {`{"key_id":"k"}`, `{"cipher_text":"AAAA"}`, `{"key_id":"k","cipher_text":""}`, `{"key_id":"k","cipher_text":"A A"}`, `{"key_id":"k","cipher_text":5}`},
		actionDecrypt:        {`{"key_id":"k"}`, `{"plain_text":"AAAA"}`, `{"key_id":"k","plain_text":""}`, `{"key_id":"k","plain_text":5}`, `{"key_id":"k","plain_text":"AAAA","plain_text_base64":"?"}`},
		actionDataKey:        {`{"key_id":"k","cipher_text":"AAAA"}`, `{"key_id":"k","plain_text":"00"}`, `{"plain_text":"00","cipher_text":"AAAA"}`, `{"key_id":"k","plain_text":"0","cipher_text":"AAAA"}`, `{"key_id":"k","plain_text":"0000","cipher_text":"AAAA"}`, `{"key_id":"k","plain_text":"0g","cipher_text":"AAAA"}`},
		actionWrappedDataKey: {`{"key_id":"k"}`, `{"cipher_text":"AAAA"}`},
		actionDecryptDataKey: {
			`{"data_key":"00","datakey_length":"1"}`, `{"data_key":"00","datakey_length":"2","datakey_dgst":"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"}`,
			`{"data_key":"0000","datakey_length":"1","datakey_dgst":"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"}`,
			`{"data_key":"01","datakey_length":"1","datakey_dgst":"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"}`,
			`{"data_key":"00","datakey_length":"1","datakey_dgst":"6e"}`, `{"datakey_length":"1","datakey_dgst":"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"}`,
		},
		actionReEncrypt: {`{"key_id":"k"}`, `{"cipher_text":"AAAA"}`},
		actionSign:      {`{"key_id":"k"}`, `{"signature":""}`, `{"signature":"?"}`, `{"signature":"AA"}`},
		actionVerify:    {`{"key_id":"k"}`, `{"signature_valid":"yes"}`, `{"signature_valid":null}`, `{"signature_valid":1}`},
		actionPublicKey: {`{"key_id":"k"}`, `{"public_key":"AAAA"}`, `{"public_key":"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"}`, `{"public_key":"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\nmore"}`},
		actionRandom:    {`{"random_data":""}`, `{"random_data":"0000"}`, `{"random_data":"zz"}`, `{"random_data":7}`},
	} {
		var body string
		s := served(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		for _, body = range bodies {
			for _, m := range methods {
				if m.name != name {
					continue
				}
				if err := m.send(t.Context(), s); errs.CodeOf(err) != errs.Corrupt {
					t.Errorf("%s %s: %v", name, body, err)
				} else {
					checkNoSecrets(t, name, err)
				}
			}
		}
	}
}

// With a context that has ended, nothing is sent.
func TestEndedContext(t *testing.T) {
	s := served(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, m := range methods {
		err := m.send(ctx, s)
		if e, ok := err.(*errs.Error); !ok || e.Code != errs.Canceled || e.Outcome != errs.NotApplied {
			t.Errorf("%s: %v", m.name, err)
		}
	}
}

func TestConnectionFaults(t *testing.T) {
	for what, handler := range map[string]http.HandlerFunc{"broken off": drivertest.BreaksOff(`{"key_info":{"key_id":"k"`), "reset": drivertest.Resets} {
		s := served(t, handler)
		for _, m := range methods {
			err := m.send(t.Context(), s)
			e, ok := err.(*errs.Error)
			if !ok || e.Code != errs.Unavailable || e.Retry != errs.Temporary || e.Outcome != errs.Ambiguous {
				t.Errorf("%s: %s: %v", what, m.name, err)
			}
			checkNoSecrets(t, m.name, err)
		}
	}
}

// A redirect is not followed: the tokens would go with it.
func TestRedirect(t *testing.T) {
	elsewhere := drivertest.Unvisited(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere)
			w.WriteHeader(status)
		})
		for _, m := range methods {
			err := m.send(t.Context(), s)
			if e, ok := err.(*errs.Error); !ok || e.Code != errs.Unavailable || e.Retry != errs.Permanent || e.HTTPStatus != status {
				t.Errorf("%d %s: %v", status, m.name, err)
			}
			checkNoSecrets(t, m.name, err)
		}
	}
}

// Nothing is sent for what JSON cannot carry as it is.
func TestInvalidText(t *testing.T) {
	s := served(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	const bad = "a\xffb"
	ctx := t.Context()
	sealed := driver.Ciphertext{KeyID: "k", Kind: driver.KindData, Blob: []byte(bad)}
	good := blob(driver.KindData, 0)
	foreign := blob(driver.KindData, 0)
	foreign.KeyID = bad
	for i, err := range []error{
		drop(s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: bad})),
		drop(s.ListKeys(ctx, &driver.ListKeysRequest{Cursor: bad})),
		drop(s.CreateKey(ctx, &driver.CreateKeyRequest{Name: bad})),
		drop(s.CreateKey(ctx, &driver.CreateKeyRequest{Name: "n", Description: bad})),
		drop(s.CreateKey(ctx, &driver.CreateKeyRequest{Name: "n", Options: map[string]string{"keystore_id": bad}})),
		drop(s.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: bad})),
		drop(s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: bad})),
		drop(s.Rename(ctx, &driver.RenameRequest{KeyID: "k", NewName: bad})),
		drop(s.SetDescription(ctx, &driver.SetDescriptionRequest{KeyID: "k", Description: bad})),
		drop(s.ListAliases(ctx, &driver.ListAliasesRequest{KeyID: bad})),
		drop(s.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: "k", Alias: bad})),
		drop(s.DeleteAlias(ctx, &driver.DeleteAliasRequest{KeyID: "k", Alias: bad})),
		drop(s.ListTags(ctx, &driver.ListTagsRequest{KeyID: bad})),
		drop(s.ListTags(ctx, &driver.ListTagsRequest{KeyID: "../keys"})),
		drop(s.ListTags(ctx, &driver.ListTagsRequest{KeyID: ".."})),
		drop(s.ListTags(ctx, &driver.ListTagsRequest{})),
		drop(s.SetTags(ctx, &driver.SetTagsRequest{KeyID: "k", Tags: []driver.Tag{{Key: bad}}})),
		drop(s.RemoveTags(ctx, &driver.RemoveTagsRequest{KeyID: "k", Tags: []driver.Tag{{Key: "a", Value: bad}}})),
		drop(s.GetRotation(ctx, &driver.GetRotationRequest{KeyID: bad})),
		drop(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: bad})),
		drop(s.SetRotationPeriod(ctx, &driver.SetRotationPeriodRequest{KeyID: bad})),
		drop(s.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: bad})),
		drop(s.ImportKeyMaterial(ctx, &driver.ImportKeyMaterialRequest{KeyID: "k", Token: []byte(bad)})),
		drop(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: "k", Context: bad})),
		drop(s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: sealed})),
		drop(s.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: bad})),
		drop(s.DecryptDataKey(ctx, &driver.DecryptRequest{Ciphertext: foreign})),
		drop(s.ReEncrypt(ctx, &driver.ReEncryptRequest{Ciphertext: good, NewKeyID: bad})),
		drop(s.AsymmetricDecrypt(ctx, &driver.AsymmetricDecryptRequest{Ciphertext: foreign})),
		drop(s.Sign(ctx, &driver.SignRequest{KeyID: bad})),
		drop(s.Verify(ctx, &driver.VerifyRequest{SignRequest: driver.SignRequest{KeyID: bad}})),
		drop(s.PublicKey(ctx, &driver.PublicKeyRequest{KeyID: bad})),
	} {
		e, ok := err.(*errs.Error)
		if !ok || e.Code != errs.InvalidArgument || e.Outcome != errs.NotApplied || e.HTTPStatus != 0 {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// Nothing but ids is in a URL.
func TestURLs(t *testing.T) {
	var seen []string
	s := served(t, func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, r.URL.String()) })
	for _, m := range methods {
		_ = m.send(t.Context(), s)
	}
	for _, u := range seen {
		if !strings.HasPrefix(u, "/v1.0/p-1/kms/") || strings.Contains(u, "canary") {
			t.Error(u)
		}
		if strings.Contains(u, "?") && u != "/v1.0/p-1/kms/aliases?key_id=k&marker=c" {
			t.Error(u)
		}
	}
	if len(seen) != len(methods) {
		t.Errorf("%d requests", len(seen))
	}
}
