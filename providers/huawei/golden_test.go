package huawei

import (
	"context"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/replay"
)

// Ids of the vendor's pages.
const (
	pageProject = "53d1aefc533f4ce9a59c26b01667cbcf"
	pageKey     = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
	otherKey    = "bb6a3d22-dc93-47ac-b5bd-88df7ad35f1e"
)

// goldenTime is when the requests of the pages are sent.
var goldenTime = time.Date(2026, 3, 26, 7, 20, 0, 0, time.UTC)

// golden opens the service on a server that knows one exchange of a page of the vendor's, and wants just that.
func golden(t *testing.T, name string) *service {
	t.Helper()
	server := replay.Server(t, filepath.Join("testdata/kms", name+".txt"), replay.RequireAll(), replay.NoOtherHeaders(),
		replay.MatchHeaders("Host", "Cookie", "X-Auth-Token", "X-Security-Token"), replay.Inspect(func(r *http.Request) { checkSigned(t, r) }))
	svc, err := drivertest.KMS(t, "huawei", map[string]string{
		"access_key": canaryAccess, "secret_key": canaryKey, "region": "cn-north-4", "project_id": pageProject,
		"endpoint": "http://kms.cn-north-4.myhuaweicloud.com", "allow_plaintext": "true",
	}, providers.Host{
		LookupEnv: drivertest.Env(nil),
		Now:       func() time.Time { return goldenTime },
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", server.Listener.Addr().String())
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return svc.(*service)
}

// checkSigned computes the signature of a request by the vendor's page "Signing Algorithm".
func checkSigned(t *testing.T, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	if got := r.Header.Get("X-Sdk-Date"); got != "20260326T072000Z" {
		t.Errorf("sent the date %q", got)
	}
	want := signature(canaryAccess, canaryKey, r.Method, r.URL.EscapedPath(), r.URL.RawQuery, body,
		"host:"+r.Host, "x-project-id:"+pageProject, "x-sdk-date:20260326T072000Z")
	if got := r.Header.Get("Authorization"); got != want {
		t.Errorf("sent the authorization %q", got)
	}
}

func TestGolden(t *testing.T) {
	created := time.UnixMilli(1472442386000).UTC()
	key := func(id, name, description, realm, domain, expires string, at time.Time) driver.KeyInfo {
		return driver.KeyInfo{
			ID: id, Name: name, Description: description, State: driver.Enabled, Origin: driver.FromProvider, CreatedAt: at,
			Vendor: map[string]string{
				"key_state": "2", "origin": "kms", "domain_id": domain, "realm": realm, "key_type": "1", "default_key_flag": "0", "expiration_time": expires,
			},
		}
	}
	const domain = "00074811d5c27c4f8d48bb91e4a1dcfd"
	digest := []byte("2abea4f27db1a93cdfba33f0105bbcc")
	signing := driver.SignRequest{KeyID: pageKey, Algorithm: driver.RSAPKCS1SHA256, Digest: digest}
	signed, _ := fromBase64("jFUqQESGBc0j6k9BozzrP9YL4qk8/W9DZRvK6XXX")
	spki, _ := fromBase64("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCXXX")
	all := map[string]struct {
		do   func(*testing.T, *service) (any, error)
		want any
	}{
		"create-key": {func(t *testing.T, s *service) (any, error) {
			return s.CreateKey(t.Context(), &driver.CreateKeyRequest{Name: "test", Spec: driver.AES256, Usage: driver.EncryptDecrypt, Origin: driver.FromProvider})
		}, &driver.CreateKeyResponse{Key: driver.KeyInfo{
			ID: otherKey, Name: "test", Spec: driver.AES256, Usage: driver.EncryptDecrypt, Origin: driver.FromProvider,
			Vendor: map[string]string{"domain_id": "b168fe00ff56492495a7d22974df2d0b"},
		}}},
		"describe-key": {func(t *testing.T, s *service) (any, error) {
			return s.DescribeKey(t.Context(), &driver.DescribeKeyRequest{KeyID: pageKey})
		}, &driver.DescribeKeyResponse{Key: key(pageKey, "kms_test", "", "aaa", "b168fe00ff56492495a7d22974df2d0b", "1501578672000", created)}},
		"list-keys": {func(t *testing.T, s *service) (any, error) {
			return s.ListKeys(t.Context(), &driver.ListKeysRequest{})
		}, &driver.ListKeysResponse{Keys: []driver.KeyInfo{
			key(pageKey, "caseuirpr", "123", "aaaa", domain, "1501578672000", time.Date(2017, 8, 15, 12, 23, 42, 0, time.UTC)),
			key("2e258389-bb1e-4568-a1d5-e1f50adf70ea", "casehvniz", "234", "aaaa", domain, "1501578673000", time.Date(2017, 8, 15, 12, 23, 40, 0, time.UTC)),
		}}},
		"enable-key": {func(t *testing.T, s *service) (any, error) {
			return s.EnableKey(t.Context(), &driver.EnableKeyRequest{KeyID: pageKey})
		}, &driver.EnableKeyResponse{}},
		"schedule-key-deletion": {func(t *testing.T, s *service) (any, error) {
			return s.ScheduleDeletion(t.Context(), &driver.ScheduleDeletionRequest{KeyID: pageKey, Days: 7})
		}, &driver.ScheduleDeletionResponse{}},
		"cancel-key-deletion": {func(t *testing.T, s *service) (any, error) {
			return s.CancelDeletion(t.Context(), &driver.CancelDeletionRequest{KeyID: pageKey})
		}, &driver.CancelDeletionResponse{}},
		"encrypt-data": {func(t *testing.T, s *service) (any, error) {
			return s.Encrypt(t.Context(), &driver.EncryptRequest{KeyID: pageKey, Plaintext: []byte("hello world")})
		}, &driver.EncryptResponse{Ciphertext: driver.Ciphertext{
			KeyID: otherKey, Kind: driver.KindData, Blob: []byte("AgDoAG7EsEc2OHpQxz4gDFDH54CqwaelpTdEl+RFXXX"),
		}}},
		"decrypt-data": {func(t *testing.T, s *service) (any, error) {
			return s.Decrypt(t.Context(), &driver.DecryptRequest{Ciphertext: driver.Ciphertext{
				KeyID: otherKey, Kind: driver.KindText, Blob: []byte("AgDoAG7EsEc2OHpQxz4gDFDH54Cqwaelxxxxxxx"),
			}})
		}, &driver.DecryptResponse{KeyID: otherKey, Plaintext: []byte("hello world")}},
		"create-datakey-without-plaintext": {func(t *testing.T, s *service) (any, error) {
			return s.GenerateWrappedDataKey(t.Context(), &driver.GenerateDataKeyRequest{KeyID: pageKey, Bytes: 64})
		}, &driver.GenerateDataKeyResponse{Ciphertext: driver.Ciphertext{
			KeyID: pageKey, Kind: driver.KindDataKey, PlaintextBytes: 64, Blob: []byte("020098009EEAFCE122CAA5927D2XXX"),
		}}},
		"decrypt-datakey": {func(t *testing.T, s *service) (any, error) {
			return s.DecryptDataKey(t.Context(), &driver.DecryptRequest{Ciphertext: driver.Ciphertext{
				KeyID: pageKey, Kind: driver.KindDataKey, PlaintextBytes: 64, Blob: []byte("020098005273E14E6E8E95F5463BECDC27E80AF820B9FC086CB47861899149F67CF07DAFF2810B7D27BDF19AB7632488E0926A48DB2FC85BEA905119411B46244C5E6B8036C60A0B0B4842FFE6994518E89C19B1C1D688D9043BCD6053EA7BA0652642CE59F2543C80669139F4F71ABB9BD9A24330643034363662302D653732372D346439632D623335642D66383462623437346133376600000000D34457984F9730D57F228C210FD22CA6017913964B21D4ECE45D81092BB9112E"),
			}})
		}, &driver.DecryptResponse{Plaintext: make([]byte, 64)}},
		"sign": {func(t *testing.T, s *service) (any, error) {
			return s.Sign(t.Context(), &signing)
		}, &driver.SignResponse{Signature: signed}},
		"verify": {func(t *testing.T, s *service) (any, error) {
			return s.Verify(t.Context(), &driver.VerifyRequest{SignRequest: signing, Signature: signed})
		}, &driver.VerifyResponse{Valid: true}},
		"get-publickey": {func(t *testing.T, s *service) (any, error) {
			res, err := s.PublicKey(t.Context(), &driver.PublicKeyRequest{KeyID: pageKey})
			if err != nil {
				return nil, err
			}
			// In spite of its label, it is the structure of PKCS #1.
			text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: res.DER}))
			return []any{len(res.DER), strings.Contains(text, "\nMIICCgKCAgEA3RQAXXwya9k4zV1/Q3AFr37GO8JgFobDKZioAklLQdgElHZ/uxmP\n")}, nil
		}, []any{526, true}},
		"get-parameters-for-import": {func(t *testing.T, s *service) (any, error) {
			return s.ImportParameters(t.Context(), &driver.ImportParametersRequest{KeyID: pageKey, Wrapping: driver.RSAOAEPSHA256})
		}, &driver.ImportParametersResponse{
			PublicKey: spki, Token: []byte("AACIBjY2ZTQxYjBmLTY3ZWItNDU4Ny04OTIxLWVhZXXX"), ExpiresAt: time.Date(2017, 8, 1, 9, 11, 12, 0, time.UTC),
		}},
		"get-key-rotation-status": {func(t *testing.T, s *service) (any, error) {
			return s.GetRotation(t.Context(), &driver.GetRotationRequest{KeyID: pageKey})
		}, &driver.GetRotationResponse{Enabled: true, Days: 30, Last: time.Date(2017, 8, 1, 9, 11, 12, 0, time.UTC)}},
		"list-tags": {func(t *testing.T, s *service) (any, error) {
			return s.ListTags(t.Context(), &driver.ListTagsRequest{KeyID: pageKey})
		}, &driver.ListTagsResponse{Tags: []driver.Tag{{Key: "key1", Value: "value1"}, {Key: "key2", Value: "value2"}}}},
		"create-tags": {func(t *testing.T, s *service) (any, error) {
			return s.SetTags(t.Context(), &driver.SetTagsRequest{KeyID: pageKey, Tags: []driver.Tag{{Key: "key1", Value: "value1"}, {Key: "key", Value: "value3"}}})
		}, &driver.SetTagsResponse{}},
		"delete-tags": {func(t *testing.T, s *service) (any, error) {
			return s.RemoveTags(t.Context(), &driver.RemoveTagsRequest{KeyID: pageKey, Tags: []driver.Tag{{Key: "key1", Value: "value1"}, {Key: "key2", Value: "value3"}}})
		}, &driver.RemoveTagsResponse{}},
	}
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			got, err := c.do(t, golden(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
	drivertest.CheckPlayed(t, "testdata/kms/*.txt", all)
}

// The example of page "Creating a Random Number" has fewer bytes than were asked for, which is no success.
func TestShortRandom(t *testing.T) {
	s := served(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"random_data":"5791C223E87120BE4B98D168F47A58BB2A88834EEADC"}`)
	})
	if res, err := s.Random(t.Context(), &driver.RandomRequest{Bytes: 64}); errs.CodeOf(err) != errs.Corrupt {
		t.Error(res, err)
	}
	if res, err := s.Random(t.Context(), &driver.RandomRequest{Bytes: 22}); err != nil || res.Random[21] != 0xDC {
		t.Error(res, err)
	}
}
