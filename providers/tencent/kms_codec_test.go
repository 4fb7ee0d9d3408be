package tencent

import (
	"maps"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	sdk "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/kms/v20190118"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

func TestKMSSettings(t *testing.T) {
	type m = map[string]string
	for _, c := range []struct {
		entry, env m
		want       string // of the error, empty for success
		host       string
		region     string
	}{
		{m{"region": "ap-guangzhou"}, m{}, "", "kms.tencentcloudapi.com", "ap-guangzhou"},
		{m{"region": "na-siliconvalley", "kms_endpoint": "kms.intl.tencentcloudapi.com"}, m{}, "", "kms.intl.tencentcloudapi.com", "na-siliconvalley"},
		{m{}, m{"TENCENTCLOUD_REGION": "ap-hongkong"}, "", "kms.tencentcloudapi.com", "ap-hongkong"},
		{m{"region": "ap-guangzhou"}, m{"TENCENTCLOUD_REGION": "ap-hongkong"}, "", "kms.tencentcloudapi.com", "ap-guangzhou"},
		{m{}, m{}, "region is missing", "", ""},
		{m{}, m{}, "TENCENTCLOUD_REGION", "", ""},
		{m{"region": "ap guangzhou"}, m{}, "region", "", ""},
		{m{"region": "ap-guangzhou\r\nX-A: b"}, m{}, "region", "", ""},
		{m{"region": "ap-guangzhou", "kms_endpoint": "http://kms.example.com"}, m{}, "allow_plaintext", "", ""},
		{m{"region": "ap-guangzhou", "kms_endpoint": "https://kms.example.com/api"}, m{}, "kms_endpoint: kms.example.com has a path", "", ""},
		{m{"region": "ap-guangzhou", "kms_symmetric": "AES"}, m{}, "AES_256, SM4", "", ""},
	} {
		entry := m{"secret_id": canaryID, "secret_key": canaryKey}
		maps.Copy(entry, c.entry)
		s, err := tryOpenKeys(t, entry, providers.Host{LookupEnv: drivertest.Env(c.env)})
		switch {
		case c.want != "":
			if errs.CodeOf(err) != errs.InvalidArgument || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: %v", c.entry, err)
			}
		case err != nil || s.api.endpoint.Host != c.host || s.api.region != c.region:
			t.Errorf("%v: %v", c.entry, err)
		}
	}
}

// KeyUsage both ways: what is asked for is described as such.
func TestKMSKeyUsage(t *testing.T) {
	fips, guomi, odd := int64(2), int64(4), int64(1)
	for _, c := range []struct {
		name    string
		keyType *int64
		spec    driver.Spec
		usage   driver.Usage
		creates bool
	}{
		{"ENCRYPT_DECRYPT", &fips, driver.AES256, driver.EncryptDecrypt, true},
		{"ENCRYPT_DECRYPT", &guomi, driver.SM4, driver.EncryptDecrypt, true},
		{"ENCRYPT_DECRYPT", &odd, "ENCRYPT_DECRYPT", driver.EncryptDecrypt, false},
		{"ENCRYPT_DECRYPT", nil, "ENCRYPT_DECRYPT", driver.EncryptDecrypt, false},
		{"ASYMMETRIC_DECRYPT_RSA_2048", &guomi, driver.RSA2048, driver.EncryptDecrypt, true},
		{"ASYMMETRIC_DECRYPT_SM2", &guomi, driver.SM2, driver.EncryptDecrypt, true},
		{"ASYMMETRIC_SIGN_VERIFY_RSA_2048", &fips, driver.RSA2048, driver.SignVerify, true},
		{"ASYMMETRIC_SIGN_VERIFY_SM2", nil, driver.SM2, driver.SignVerify, true},
		{"ASYMMETRIC_SIGN_VERIFY_ECC", &fips, driver.ECP256, driver.SignVerify, true},
		{"ASYMMETRIC_SIGN_VERIFY_ECDSA384", &fips, driver.ECP384, driver.SignVerify, true},
		{"ASYMMETRIC_SIGN_VERIFY_NEW", &fips, "ASYMMETRIC_SIGN_VERIFY_NEW", "ASYMMETRIC_SIGN_VERIFY_NEW", false},
	} {
		if spec, usage := specOf(c.name, c.keyType); spec != c.spec || usage != c.usage {
			t.Errorf("%s: %s, %s", c.name, spec, usage)
		}
		body, err := encodeCreate(&driver.CreateKeyRequest{Name: "n", Spec: c.spec, Usage: c.usage})
		if c.creates != (err == nil) || c.creates && *body.KeyUsage != c.name {
			t.Errorf("%s, %s: %v", c.spec, c.usage, err)
		}
	}
	for algorithm, want := range map[string]driver.Spec{"SM4": driver.SM4, "AES_256": driver.AES256, "AES-256": driver.AES256, "X": "X"} {
		if got := symmetricSpec(algorithm); got != want {
			t.Errorf("%s is taken as %s", algorithm, got)
		}
	}
}

func TestKMSEncodeCreate(t *testing.T) {
	body, err := encodeCreate(&driver.CreateKeyRequest{
		Name: "n", Description: "d", Spec: driver.SM2, Usage: driver.SignVerify, Origin: driver.External, Options: map[string]string{"hsm_cluster_id": "c-1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"Alias":"n","Description":"d","KeyUsage":"ASYMMETRIC_SIGN_VERIFY_SM2","Type":2,"HsmClusterId":"c-1"}`
	if text, err := wire.EncodeJSON(body); err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
}

// What is said of a key, and of one whose words are new.
func TestKMSKeyInfo(t *testing.T) {
	read := func(text string, role uint64) driver.KeyInfo {
		t.Helper()
		var reply description
		r := &wire.Response{Status: 200, Header: http.Header{}, Body: []byte(`{"Response":{"RequestId":"r","KeyMetadata":` + text + `}}`)}
		var info driver.KeyInfo
		if err := decode(r, call{reply: &reply, read: func() (fault string) {
			info, fault = reply.KeyMetadata.info("ap-x", role)
			return fault
		}}); err != nil {
			t.Fatal(err)
		}
		return info
	}
	got := read(`{"KeyId":"k","Alias":"a","Description":null,"KeyUsage":"ENCRYPT_DECRYPT","KeyState":"Archived","Type":4,"CreatorUin":100000000001,
		"CreateTime":1548210729,"DeletionDate":0,"Origin":"EXTERNAL","ValidTo":1700000000,"Owner":"user","HsmClusterId":"h","ResourceId":"creatorUin/1/k"}`, roleUser)
	want := map[string]string{"KeyUsage": "ENCRYPT_DECRYPT", "KeyState": "Archived", "Type": "4", "CreatorUin": "100000000001", "Origin": "EXTERNAL", "Owner": "user", "HsmClusterId": "h"}
	if got.Spec != driver.SM4 || got.State != driver.Archived || got.Origin != driver.External || got.CreatedAt != time.Date(2019, 1, 23, 2, 32, 9, 0, time.UTC) ||
		got.MaterialExpiresAt != time.Unix(1700000000, 0).UTC() || !got.DeletionAt.IsZero() || got.ServiceOwned || !maps.Equal(got.Vendor, want) ||
		got.Resource != "qcs::kms:ap-x:uin/:key/creatorUin/1/k" || got.Description != "" || got.Name != "a" {
		t.Errorf("%#v", got)
	}
	got = read(`{"KeyId":"k","KeyUsage":"NEW_USAGE","KeyState":"Frozen","Origin":"ELSEWHERE","ValidTo":1700000000}`, roleProduct)
	if got.Spec != "NEW_USAGE" || got.Usage != "NEW_USAGE" || got.State != "Frozen" || got.Origin != "ELSEWHERE" || !got.MaterialExpiresAt.IsZero() || !got.ServiceOwned || got.Resource != "" {
		t.Errorf("%#v", got)
	}
	if got = read(`{"KeyId":"k","KeyUsage":"u","KeyState":"s","Owner":"cbs"}`, roleUser); !got.ServiceOwned {
		t.Errorf("%#v", got)
	}
}

// Rotation is told from when it is on; the vendor names a next time even where it is off.
func TestKMSRotationFields(t *testing.T) {
	at, days, on, off := uint64(1553151489), uint64(90), true, false
	m := &metadata{KeyMetadata: sdk.KeyMetadata{KeyRotationEnabled: &off, NextRotateTime: &at}, RotateDays: &days, LastRotateTime: &at}
	if got, fault := m.rotation(); fault != "" || *got != (driver.GetRotationResponse{Last: time.Unix(1553151489, 0).UTC()}) {
		t.Error(got, fault)
	}
	m.KeyRotationEnabled = &on
	if got, fault := m.rotation(); fault != "" || *got != (driver.GetRotationResponse{Enabled: true, Days: 90, Last: time.Unix(1553151489, 0).UTC(), Next: time.Unix(1553151489, 0).UTC()}) {
		t.Error(got, fault)
	}
	days = math.MaxUint64
	if _, fault := m.rotation(); fault == "" {
		t.Error("a period of ages is accepted")
	}
	m.RotateDays, m.NextRotateTime = nil, new(uint64(math.MaxUint64))
	if _, fault := m.rotation(); fault == "" {
		t.Error("a time beyond time is accepted")
	}
}
