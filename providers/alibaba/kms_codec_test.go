package alibaba

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
)

// Every portable name has one of the vendor's, as the pages spell it, and comes back; others are kept as they are.
func TestKMSWords(t *testing.T) {
	for portable, vendor := range map[driver.Spec]string{
		driver.AES256: "Aliyun_AES_256", driver.SM4: "Aliyun_SM4", driver.RSA2048: "RSA_2048", driver.RSA3072: "RSA_3072", driver.RSA4096: "RSA_4096",
		driver.ECP256: "EC_P256", driver.ECSecp256k1: "EC_P256K", driver.SM2: "EC_SM2", "Aliyun_AES_192": "Aliyun_AES_192",
	} {
		if got := toVendor(specs(), portable); got != vendor || toPortable(specs(), vendor) != portable {
			t.Errorf("%s is %s", portable, got)
		}
	}
	for portable, vendor := range map[driver.Usage]string{driver.EncryptDecrypt: "ENCRYPT/DECRYPT", driver.SignVerify: "SIGN/VERIFY", "GENERATE/VERIFY_MAC": "GENERATE/VERIFY_MAC"} {
		if got := toVendor(usages(), portable); got != vendor || toPortable(usages(), vendor) != portable {
			t.Errorf("%s is %s", portable, got)
		}
	}
	for portable, vendor := range map[driver.Origin]string{driver.FromProvider: "Aliyun_KMS", driver.External: "EXTERNAL", "": ""} {
		if got := toVendor(origins(), portable); got != vendor || toPortable(origins(), vendor) != portable {
			t.Errorf("%s is %s", portable, got)
		}
	}
	for portable, vendor := range map[driver.SignatureAlgorithm]string{
		driver.RSAPSSSHA256: "RSA_PSS_SHA_256", driver.RSAPKCS1SHA256: "RSA_PKCS1_SHA_256", driver.ECDSASHA256: "ECDSA_SHA_256", driver.SM2SM3: "SM2DSA",
	} {
		if got := toVendor(signatures(), portable); got != vendor {
			t.Errorf("%s is %s", portable, got)
		}
	}
	for portable, vendor := range map[driver.EncryptionAlgorithm]string{driver.RSAOAEPSHA256: "RSAES_OAEP_SHA_256", driver.SM2Encrypt: "SM2PKE"} {
		if got := toVendor(encryptions(), portable); got != vendor {
			t.Errorf("%s is %s", portable, got)
		}
	}
	for _, kind := range limits.KMS().Keys { // nothing that is declared is sent by its portable name where the vendor has another
		for _, a := range kind.Signatures {
			if toVendor(signatures(), a.Algorithm) == string(a.Algorithm) {
				t.Errorf("%s has no name of the vendor's", a.Algorithm)
			}
		}
		for _, a := range kind.Encryptions {
			if toVendor(encryptions(), a) == string(a) {
				t.Errorf("%s has no name of the vendor's", a)
			}
		}
	}
}

func TestInfoOf(t *testing.T) {
	at := func(text string) time.Time { v, _ := time.Parse(time.DateTime, text); return v }
	m := keyMetadata{
		KeyId: "key-1", Arn: "acs:kms:cn-hangzhou:1:key/key-1", Description: "d", KeySpec: "EC_P256K", KeyUsage: "SIGN/VERIFY", KeyState: "PendingDeletion",
		Origin: "EXTERNAL", Creator: "154035569884****", CreationDate: "2021-05-20T06:34:21Z", DeleteDate: "2021-05-26T18:22:03+08:00",
		MaterialExpireTime: "2021-07-06T18:22:03Z", AutomaticRotation: "Enabled", RotationInterval: "604800s", ProtectionLevel: "HSM",
		DeletionProtection: "Enabled", DeletionProtectionDescription: "used", DKMSInstanceId: "kst-1",
	}
	got, fault := infoOf(&m)
	want := driver.KeyInfo{
		ID: "key-1", Description: "d", Spec: driver.ECSecp256k1, Usage: driver.SignVerify, State: driver.PendingDeletion, Origin: driver.External,
		CreatedAt: at("2021-05-20 06:34:21"), DeletionAt: at("2021-05-26 10:22:03"), MaterialExpiresAt: at("2021-07-06 18:22:03"), RotationEnabled: true,
		Resource: "acs:kms:cn-hangzhou:1:key/key-1",
		Vendor: map[string]string{"KeySpec": "EC_P256K", "KeyUsage": "SIGN/VERIFY", "KeyState": "PendingDeletion", "Origin": "EXTERNAL", "Creator": "154035569884****",
			"AutomaticRotation": "Enabled", "RotationInterval": "604800s", "ProtectionLevel": "HSM", "DeletionProtection": "Enabled",
			"DeletionProtectionDescription": "used", "DKMSInstanceId": "kst-1"},
	}
	if fault != "" || !reflect.DeepEqual(got, want) {
		t.Errorf("%q\ngot  %+v\nwant %+v", fault, got, want)
	}
	for creator, service := range map[string]bool{"": false, "154035569884": false, "1540****": false, "Ecs": true, "acs:service": true} {
		if got, _ := infoOf(&keyMetadata{KeyId: "k", KeyState: "Enabled", Creator: creator}); got.ServiceOwned != service {
			t.Errorf("a key of %q: %+v", creator, got)
		}
	}
	for _, state := range []driver.State{driver.Enabled, driver.Disabled, driver.PendingDeletion, driver.PendingImport, driver.Unavailable, "New"} {
		if got, _ := infoOf(&keyMetadata{KeyId: "k", KeyState: string(state), AutomaticRotation: "Suspended"}); got.State != state || got.RotationEnabled {
			t.Errorf("%s: %+v", state, got)
		}
	}
}

func TestRotationOf(t *testing.T) {
	for interval, days := range map[string]int{"": 0, "604800s": 7, "31536000s": 365, "604801s": 0, "86400": 1} {
		if r, fault := rotationOf(&keyMetadata{AutomaticRotation: "Enabled", RotationInterval: interval}); fault != "" || r.Days != days || !r.Enabled {
			t.Errorf("%q: %+v, %s", interval, r, fault)
		}
	}
	for _, interval := range []string{"s", "-7s", "7d", "1e3s", "99999999999s", "604800ss"} {
		if r, fault := rotationOf(&keyMetadata{RotationInterval: interval}); fault == "" {
			t.Errorf("%q is %+v", interval, r)
		}
	}
	r, fault := rotationOf(&keyMetadata{AutomaticRotation: "Suspended", LastRotationDate: "2021-05-20T06:34:21Z", NextRotationDate: "2021-06-20T06:34:21Z"})
	if fault != "" || r.Enabled || r.Next.Sub(r.Last) != 31*24*time.Hour {
		t.Errorf("%+v, %s", r, fault)
	}
}

func TestNextPage(t *testing.T) {
	for _, c := range []struct {
		asked, number, size, total int
		cursor                     string
		bad                        bool
	}{
		{1, 1, 100, 0, "", false}, {1, 1, 100, 1, "", false}, {1, 1, 100, 100, "", false}, {1, 1, 100, 101, "2", false}, {2, 2, 100, 101, "", false}, {2, 2, 100, 200, "", false},
		{2, 2, 100, 201, "3", false}, {1, 0, 0, 101, "2", false}, // neither number nor size is told
		{1, 1, 10, 11, "2", false}, {2, 2, 10, 20, "", false}, // the server had its own size
		{7, 7, 100, 1, "", false}, // keys have gone meanwhile
		{2, 1, 100, 500, "", true}, {1, 1, 100, -1, "", true},
	} {
		cursor, fault := nextPage(c.asked, c.number, c.size, c.total)
		if cursor != c.cursor || (fault != "") != c.bad {
			t.Errorf("%+v: %q, %q", c, cursor, fault)
		}
	}
}

func TestEncodeKey(t *testing.T) {
	for _, c := range []struct {
		r    driver.CreateKeyRequest
		want params
	}{
		{driver.CreateKeyRequest{Spec: driver.AES256, Usage: driver.EncryptDecrypt, Origin: driver.FromProvider},
			params{"KeySpec": "Aliyun_AES_256", "KeyUsage": "ENCRYPT/DECRYPT", "Origin": "Aliyun_KMS", "DKMSInstanceId": "kst-1"}},
		{driver.CreateKeyRequest{Spec: driver.SM2, Usage: driver.SignVerify, Origin: driver.External, Description: "<d>", Tags: []driver.Tag{{Key: "a", Value: `"<&`}, {Key: "b"}},
			Options: map[string]string{"dkms_instance_id": "kst-2", "protection_level": "SOFTWARE"}},
			params{"KeySpec": "EC_SM2", "KeyUsage": "SIGN/VERIFY", "Origin": "EXTERNAL", "Description": "<d>", "DKMSInstanceId": "kst-2", "ProtectionLevel": "SOFTWARE",
				"Tags": `[{"TagKey":"a","TagValue":"\"<&"},{"TagKey":"b","TagValue":""}]`}},
		{driver.CreateKeyRequest{Spec: "new", Usage: "other", Options: map[string]string{"dkms_instance_id": ""}}, params{"KeySpec": "new", "KeyUsage": "other"}},
	} {
		got, err := encodeKey(&c.r, "kst-1")
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v, %v, want %v", got, err, c.want)
		}
	}
	_, err := encodeKey(&driver.CreateKeyRequest{Options: map[string]string{"zone": "x"}}, "")
	if errs.CodeOf(err) != errs.InvalidArgument || !strings.Contains(err.Error(), `"zone"`) || !strings.Contains(err.Error(), "dkms_instance_id and protection_level") {
		t.Error(err)
	}
}

// Temporary credentials are accepted, and a key of the account's is used with the program's clock.
func TestKMSCredentials(t *testing.T) {
	em := emulator.NewAlibabaKMS(emulator.InMemory())
	t.Cleanup(em.Close)
	entry := em.Provider()
	entry["access_key_id"], entry["access_key_secret"], entry["security_token"] = em.IssueSTS(time.Hour)
	s, err := openKMS(t, entry, providers.Host{DialContext: em.DialContext})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ListKeys(t.Context(), &driver.ListKeysRequest{}); err != nil {
		t.Error(err)
	}
	for option, value := range map[string]string{"access_key_secret": "wrong", "access_key_id": "LTAInone", "security_token": "wrong"} {
		spoilt := em.Provider()
		spoilt["access_key_id"], spoilt["access_key_secret"], spoilt["security_token"] = em.IssueSTS(time.Hour)
		spoilt[option] = value
		s, err := openKMS(t, spoilt, providers.Host{DialContext: em.DialContext})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.DescribeKey(t.Context(), &driver.DescribeKeyRequest{KeyID: "k"})
		wantCode(t, option, err, errs.Unauthenticated)
	}
	late := func() time.Time { return time.Now().Add(-time.Hour) }
	if s, err = openKMS(t, em.Provider(), providers.Host{DialContext: em.DialContext, Now: late}); err != nil {
		t.Fatal(err)
	}
	_, err = s.ListKeys(t.Context(), &driver.ListKeysRequest{})
	if errs.CodeOf(err) != errs.Unauthenticated || !strings.Contains(err.Error(), "clock is 1h0m0s behind") && !strings.Contains(err.Error(), "clock is 59m59s behind") {
		t.Errorf("a wrong clock: %v", err)
	}
}

// A page whose items are fewer than it says is not the last one: they may have moved.
func TestKMSEmptyPage(t *testing.T) {
	s := servedKMS(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"RequestId":"r","TotalCount":150,"PageNumber":1,"PageSize":100,"Keys":{"Key":[]},"Aliases":{"Alias":[]},"KeyVersions":{"KeyVersion":[]}}`)
	})
	keys := ok[driver.ListKeysResponse](t)(s.ListKeys(t.Context(), &driver.ListKeysRequest{}))
	aliases := ok[driver.ListAliasesResponse](t)(s.ListAliases(t.Context(), &driver.ListAliasesRequest{KeyID: "k"}))
	versions := ok[driver.ListVersionsResponse](t)(s.ListVersions(t.Context(), &driver.ListVersionsRequest{KeyID: "k"}))
	if keys.Cursor != "2" || aliases.Cursor != "2" || versions.Cursor != "2" {
		t.Errorf("%+v, %+v, %+v", keys, aliases, versions)
	}
}

// The tags of a key go on where the page before says, by its own words. An ARN ends with the id of the key.
func TestKMSTagPages(t *testing.T) {
	const arn = "acs:kms:cn-shanghai:1234:key/key-1"
	s := servedKMS(t, func(w http.ResponseWriter, r *http.Request) {
		form, _ := url.ParseQuery(string(readAll(r)))
		if form.Get("ResourceId.1") != arn {
			t.Errorf("%v", form)
		}
		switch form["NextToken"] {
		case nil:
			_, _ = io.WriteString(w, `{"RequestId":"r","NextToken":"a+b/=","TagResources":{"TagResource":[{"TagKey":"first","TagValue":"1","ResourceId":"key-1"}]}}`)
		default:
			_, _ = fmt.Fprintf(w, `{"RequestId":"r","TagResources":{"TagResource":[{"TagKey":%q,"ResourceId":%q}]}}`, form.Get("NextToken"), arn)
		}
	})
	first := ok[driver.ListTagsResponse](t)(s.ListTags(t.Context(), &driver.ListTagsRequest{KeyID: arn}))
	if len(first.Tags) != 1 || first.Tags[0] != (driver.Tag{Key: "first", Value: "1"}) || first.Cursor != "a+b/=" {
		t.Errorf("%+v", first)
	}
	second := ok[driver.ListTagsResponse](t)(s.ListTags(t.Context(), &driver.ListTagsRequest{KeyID: arn, Cursor: first.Cursor}))
	if len(second.Tags) != 1 || second.Tags[0] != (driver.Tag{Key: "a+b/="}) || second.Cursor != "" {
		t.Errorf("%+v", second)
	}
}
