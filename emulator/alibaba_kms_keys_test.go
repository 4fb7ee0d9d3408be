package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

const kmsDay = 24 * time.Hour

func TestAlibabaKMSMetadata(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	made := c.ok("CreateKey", "Description", "orders", "EnableAutomaticRotation", "true", "RotationInterval", "30d",
		"Tags", `[{"TagKey":"team","TagValue":"a"}]`)
	key := made.text("KeyMetadata.KeyId")
	for field, want := range map[string]string{
		"Arn": "acs:kms:cn-hangzhou:1000000000000001:key/" + key, "KeyState": "Enabled", "KeySpec": "Aliyun_AES_256",
		"KeyUsage": "ENCRYPT/DECRYPT", "Origin": "Aliyun_KMS", "ProtectionLevel": "SOFTWARE", "Creator": "1000000000000001",
		"CreationDate": "2026-01-02T03:04:05Z", "Description": "orders", "DeleteDate": "", "MaterialExpireTime": "",
		"LastRotationDate": "2026-01-02T03:04:05Z", "NextRotationDate": "2026-02-01T03:04:05Z", "RotationInterval": "2592000s",
		"AutomaticRotation": "Enabled", "DeletionProtection": "Disabled", "PrimaryKeyVersion": key + "-20v0000000001",
	} {
		if got, described := made.text("KeyMetadata."+field), c.about(key, field); got != want || described != want {
			t.Errorf("%s is %q, then %q, want %q", field, got, described, want)
		}
	}
	if !strings.HasPrefix(key, "key-hzz") {
		t.Fatal(key)
	}
	uuid := newKMS(t, emulator.AlibabaKMSSettings{UUIDs: true})
	key = uuid.create()
	version := uuid.about(key, "PrimaryKeyVersion")
	if len(key) != 36 || len(version) != 36 || key == version || strings.Count(version, "-") != 4 {
		t.Fatal(key, version)
	}
	if a := uuid.ok("Encrypt", "KeyId", key, "Plaintext", "YQ=="); string(a.raw("CiphertextBlob")[:36]) != version {
		t.Fatal(a.body)
	}
}

func TestAlibabaKMSCreate(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	in := []string{"DKMSInstanceId", c.em.InstanceID()}
	bad := func(status int, code string, pairs ...string) {
		t.Helper()
		c.fails(status, code, "CreateKey", pairs...)
	}
	bad(400, "InvalidParameter", "KeySpec", "AES_256")
	bad(400, "InvalidParameter", append(in, "KeySpec", "EC_P384")...)
	bad(400, "InvalidParameter", "KeyUsage", "ENCRYPT_DECRYPT")
	bad(400, "InvalidParameter", "KeyUsage", "SIGN/VERIFY")
	bad(400, "InvalidParameter", append(in, "KeySpec", "EC_P256", "KeyUsage", "ENCRYPT/DECRYPT")...)
	bad(400, "InvalidParameter", "Origin", "external")
	bad(400, "InvalidParameter", "ProtectionLevel", "HARD")
	bad(400, "Unsupported.ProtectionLevel", "ProtectionLevel", "HSM")
	bad(400, "InvalidParameter", "KeyStorageMechanism", "Disk")
	bad(400, "UnsupportedOperation", "KeySpec", "RSA_2048")
	bad(403, "Forbidden.DKMSInstanceNotFound", "DKMSInstanceId", "kst-other")
	bad(400, "InvalidParameter", "Policy", "{")
	bad(400, "InvalidParameter", "Policy", `"`+strings.Repeat("x", 32767)+`"`)
	bad(400, "InvalidParameter", "Description", strings.Repeat("é", 8193))
	bad(400, "InvalidParameter", "Description", "\xff")
	bad(400, "MissingParameter", "EnableAutomaticRotation", "true")
	bad(400, "InvalidParameter", "EnableAutomaticRotation", "yes")
	bad(400, "Unsupported.Origin", "Origin", "EXTERNAL", "EnableAutomaticRotation", "true", "RotationInterval", "7d")
	bad(400, "Unsupported.Origin", append(in, "KeySpec", "RSA_2048", "Origin", "EXTERNAL")...)
	bad(400, "UnsupportedOperation", append(in, "KeySpec", "RSA_2048", "EnableAutomaticRotation", "true", "RotationInterval", "7d")...)
	for _, interval := range []string{"6d", "366d", "7", "d", "7w", "-7d", "+7d", "7.5d", "99999999999999999d", "604799s", "é"} {
		bad(400, "InvalidParameter", "EnableAutomaticRotation", "true", "RotationInterval", interval)
	}
	for _, tags := range []string{
		"{}", "[1]", `[{"TagKey":"a"}]`, `[{"TagKey":"","TagValue":""}]`, `[{"TagKey":"a","TagValue":"b","X":"c"}]`, `[{"TagKey":"acs:a","TagValue":"b"}]`,
		`[{"TagKey":"a","TagValue":"b"},{"TagKey":"a","TagValue":"c"}]`, kmsTags(21), `[{"TagKey":"` + strings.Repeat("a", 129) + `","TagValue":""}]`,
	} {
		bad(400, "InvalidParameter", "Tags", tags)
	}
	if a := c.ok("ListKeys"); a.fields["TotalCount"] != 1.0 {
		t.Fatal("a refused key was made", a.body)
	}

	c.create("Description", strings.Repeat("é", 8192), "Tags", kmsTags(20), "Policy", `"`+strings.Repeat("x", 32766)+`"`)
	c.create("EnableAutomaticRotation", "true", "RotationInterval", "604800s")
	c.create("EnableAutomaticRotation", "TRUE", "RotationInterval", "365d")
	for spec, usage := range map[string]string{
		"Aliyun_AES_192": "ENCRYPT/DECRYPT", "Aliyun_AES_128": "ENCRYPT/DECRYPT", "Aliyun_SM4": "ENCRYPT/DECRYPT", "RSA_2048": "SIGN/VERIFY",
		"RSA_3072": "SIGN/VERIFY", "RSA_4096": "SIGN/VERIFY", "EC_P256": "SIGN/VERIFY", "EC_P256K": "SIGN/VERIFY", "EC_SM2": "SIGN/VERIFY",
		"HMAC_SHA_256": "GENERATE/VERIFY",
	} {
		key, _ := c.inInstance(spec, "ProtectionLevel", "HSM")
		if c.about(key, "KeyUsage") != usage || c.about(key, "DKMSInstanceId") != c.em.InstanceID() || c.about(key, "ProtectionLevel") != "HSM" {
			t.Fatal(spec)
		}
	}
	old := newKMS(t, emulator.AlibabaKMSSettings{AnyKeySpec: true, KeyQuota: 2, MaxRotation: 730 * kmsDay})
	if key := old.create("KeySpec", "RSA_2048", "KeyUsage", "ENCRYPT/DECRYPT"); old.about(key, "KeyUsage") != "ENCRYPT/DECRYPT" ||
		old.about(key, "PrimaryKeyVersion") != "" {
		t.Fatal("not as asked for")
	}
	key := old.create("EnableAutomaticRotation", "true", "RotationInterval", "730d")
	old.fails(400, "Rejected.LimitExceeded", "CreateKey")
	old.ok("ScheduleKeyDeletion", "KeyId", key, "PendingWindowInDays", "7")
	old.fails(400, "Rejected.LimitExceeded", "CreateKey")
	old.clock.pass(7 * kmsDay)
	old.create()
}

func kmsTags(n int) string {
	tags := make([]string, n)
	for i := range tags {
		tags[i] = fmt.Sprintf(`{"TagKey":"k%d","TagValue":"v"}`, i)
	}
	return "[" + strings.Join(tags, ",") + "]"
}

func TestAlibabaKMSFind(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	key := c.create()
	c.ok("CreateAlias", "KeyId", key, "AliasName", "alias/a")
	for _, name := range []string{key, "alias/a", "acs:kms:cn-hangzhou:1000000000000001:key/" + key} {
		for _, action := range []string{"DescribeKey", "GenerateDataKey", "ListKeyVersions"} {
			if a := c.ok(action, "KeyId", name); !strings.Contains(a.body, key) {
				t.Fatal(a.body)
			}
		}
	}
	c.fails(400, "MissingParameter", "DescribeKey")
	c.fails(400, "MissingParameter", "DescribeKey", "KeyId", "")
	c.fails(404, "Forbidden.KeyNotFound", "DescribeKey", "KeyId", "key-hzz")
	c.fails(404, "Forbidden.KeyNotFound", "DescribeKey", "KeyId", "acs:kms:cn-beijing:1000000000000001:key/"+key)
	c.fails(404, "Forbidden.KeyNotFound", "DescribeKey", "KeyId", "acs:kms:cn-hangzhou:2:key/"+key)
	c.fails(404, "Forbidden.AliasNotFound", "DescribeKey", "KeyId", "alias/b")
	c.fails(400, "InvalidParameter", "DescribeKey", "KeyId", "alias/ b")
	for _, action := range []string{
		"EnableKey", "DisableKey", "CancelKeyDeletion", "ScheduleKeyDeletion", "UpdateKeyDescription", "UpdateRotationPolicy", "CreateAlias", "UpdateAlias",
		"ListAliasesByKeyId",
	} {
		more := []string{"PendingWindowInDays", "7", "Description", "", "EnableAutomaticRotation", "false", "AliasName", "alias/c", "KeyId"}
		c.fails(400, "Unsupported.Alias", action, append(more, "alias/a")...)
		c.fails(404, "Forbidden.KeyNotFound", action, append(more, "other")...)
	}
	c.fails(400, "InvalidParameter", "EnableKey", "KeyId", "acs:kms:cn-hangzhou:1000000000000001:key/"+key)
}

func TestAlibabaKMSList(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	var made []string
	for i := range 11 {
		c.clock.pass(time.Second)
		made = append(made, c.create("Tags", fmt.Sprintf(`[{"TagKey":"n","TagValue":"%d"}]`, i)))
	}
	service := strings.Fields(c.ok("ListKeys").column("Keys.Key", "KeyId"))[0]
	all := append([]string{service}, made...)
	for _, step := range []struct {
		want  []string
		pairs []string
	}{
		{all[:10], nil},
		{all[10:], []string{"PageNumber", "2"}},
		{nil, []string{"PageNumber", "3"}},
		{nil, []string{"PageNumber", "2147483647", "PageSize", "100"}},
		{all, []string{"PageSize", "100"}},
		{all[3:6], []string{"PageSize", "3", "PageNumber", "2"}},
	} {
		a := c.ok("ListKeys", step.pairs...)
		if got := a.column("Keys.Key", "KeyId"); got != strings.Join(step.want, " ") || a.fields["TotalCount"] != 12.0 {
			t.Fatal(step.pairs, a.body)
		}
	}
	if a := c.ok("ListKeys"); a.fields["PageNumber"] != 1.0 || a.fields["PageSize"] != 10.0 ||
		!strings.Contains(a.column("Keys.Key", "KeyArn"), "acs:kms:cn-hangzhou:1000000000000001:key/"+made[0]) {
		t.Fatal(a.body)
	}
	for _, pairs := range [][]string{
		{"PageNumber", "0"}, {"PageNumber", "x"}, {"PageNumber", "2147483648"}, {"PageSize", "0"}, {"PageSize", "101"}, {"PageSize", "-1"},
		{"Filters", "x"}, {"Filters", "{}"}, {"Filters", "[1]"}, {"Filters", `[{"Key":"KeyState","Values":[]}]`}, {"Filters", `[{"Values":["a"]}]`},
		{"Filters", `[{"Key":"Other","Values":["a"]}]`}, {"Filters", `[{"Key":"KeyState","Values":"Enabled"}]`},
		{"Filters", `[{"Key":"KeyState","Values":["a"]},{"Key":"KeyState","Values":["b"]}]`},
	} {
		c.fails(400, "InvalidParameter", "ListKeys", pairs...)
	}

	c.ok("DisableKey", "KeyId", made[0])
	c.ok("ScheduleKeyDeletion", "KeyId", made[1], "PendingWindowInDays", "7")
	rsa, _ := c.inInstance("RSA_2048")
	c.ok("CreateAlias", "KeyId", made[2], "AliasName", "alias/a")
	for filter, want := range map[string]string{
		`{"Key":"KeyState","Values":["Disabled","PendingDeletion"]}`:                  made[0] + " " + made[1],
		`{"Key":"KeySpec","Values":["RSA_2048"]}`:                                     rsa,
		`{"Key":"KeyUsage","Values":["SIGN/VERIFY"]}`:                                 rsa,
		`{"Key":"DKMSInstanceId","Values":["` + c.em.InstanceID() + `"]}`:             rsa,
		`{"Key":"ProtectionLevel","Values":["HSM"]}`:                                  "",
		`{"Key":"CreatorType","Values":["Service"]}`:                                  service,
		`{"Key":"CreatorType","Values":["User"]},{"Key":"KeyState","Values":["No"]}`:  "",
		`{"Key":"Creator","Values":["Oss"]}`:                                          service,
		`{"Key":"keyId","Values":["` + made[4] + `"]}`:                                made[4],
		`{"Key":"AliasName","Values":["alias/a","alias/acs/oss"]}`:                    service + " " + made[2],
		`{"Key":"TagKey","Values":["n"]},{"Key":"TagValue","Values":["3","4","no"]}`:  made[3] + " " + made[4],
		`{"Key":"CreatorType","Values":["User"]},{"Key":"TagValue","Values":["10"]} `: made[10],
	} {
		if a := c.ok("ListKeys", "Filters", "["+filter+"]"); a.column("Keys.Key", "KeyId") != want {
			t.Fatal(filter, a.body)
		}
	}
	if a := c.ok("ListKeys", "Filters", `[{"Key":"CreatorType","Values":["User"]}]`); a.fields["TotalCount"] != 12.0 {
		t.Fatal(a.body)
	}
}

func TestAlibabaKMSServiceKey(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	key := c.about("alias/acs/oss", "KeyId")
	arn := c.about(key, "Arn")
	for _, action := range []string{
		"EnableKey", "DisableKey", "CancelKeyDeletion", "ScheduleKeyDeletion", "UpdateKeyDescription", "UpdateRotationPolicy", "CreateAlias",
		"SetDeletionProtection", "TagResources", "UntagResources", "TagResource", "UntagResource", "GetParametersForImport", "DeleteKeyMaterial", "CreateKeyVersion",
		"SetKeyPolicy", "GetKeyPolicy",
	} {
		c.fails(400, "Rejected.UnsupportedOperation", action, "KeyId", key, "PendingWindowInDays", "7", "Description", "", "EnableAutomaticRotation", "false",
			"AliasName", "alias/c", "ProtectedResourceArn", arn, "EnableDeletionProtection", "true", "ResourceType", "key", "ResourceId.1", key, "RegionId",
			"cn-hangzhou", "WrappingKeySpec", "RSA_2048", "WrappingAlgorithm", "RSAES_OAEP_SHA_1", "Policy", "{}")
	}
	c.fails(403, "Forbidden.NoPermission", "Encrypt", "KeyId", "alias/acs/oss", "Plaintext", "YQ==")
	c.fails(403, "AccessDeniedError", "Encrypt", "KeyId", "alias/acs/oss", "Plaintext", "YQ==", "DryRun", "true")
	c.fails(400, "InvalidParameter", "DeleteAlias", "AliasName", "alias/acs/oss")
}
