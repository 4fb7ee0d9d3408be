package emulator_test

import (
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

const tencentKMSDay = 24 * time.Hour

func TestTencentKMSStates(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	key := c.create("k", nil)
	week := key.with(tencentArgs{"PendingWindowInDays": 7})
	const shouldBeDisabled, notPending = "ResourceUnavailable.CmkShouldBeDisabled", "ResourceUnavailable.CmkNotPendingDelete"

	c.fails("EnableKey", key, kmsState)
	c.fails("ScheduleKeyDeletion", week, shouldBeDisabled)
	c.fails("CancelKeyDeletion", key, notPending)
	c.fails("CancelKeyArchive", key, kmsState)
	blob := c.encrypt(key, "x", "")

	c.ok("DisableKey", key)
	c.state(key, "Disabled")
	c.fails("DisableKey", key, kmsState)
	c.fails("ArchiveKey", key, kmsState)
	c.fails("Encrypt", key.with(kmsPlain("x", "")), kmsDisabled)
	c.fails("Decrypt", kmsBlob(blob, ""), kmsDisabled)
	c.fails("GenerateDataKey", key.with(tencentArgs{"KeySpec": "AES_128"}), kmsDisabled)
	c.fails("ReEncrypt", kmsBlob(blob, ""), kmsDisabled)
	c.fails("EnableKeyRotation", key, kmsState)
	c.fails("RotateKey", key, kmsState)
	c.fails("BindCloudResource", key.with(tencentArgs{"ProductId": "p", "ResourceId": "r"}), kmsState)
	c.ok("EnableKey", key)
	c.decrypts(blob, "", key, "x")

	c.ok("ArchiveKey", key)
	c.state(key, "Archived")
	c.decrypts(blob, "", key, "x")
	const archived = "ResourceUnavailable.CmkArchived"
	c.fails("Encrypt", key.with(kmsPlain("x", "")), archived)
	c.fails("GenerateDataKey", key.with(tencentArgs{"KeySpec": "AES_128"}), archived)
	c.fails("ReEncrypt", kmsBlob(blob, ""), archived)
	c.fails("DisableKey", key, kmsState)
	c.fails("EnableKey", key, kmsState)
	c.fails("ArchiveKey", key, kmsState)
	c.fails("ScheduleKeyDeletion", week, shouldBeDisabled)
	c.ok("CancelKeyArchive", key)
	c.state(key, "Enabled")

	c.ok("DisableKey", key)
	for _, days := range []any{6, 31, 0, -1} {
		c.fails("ScheduleKeyDeletion", key.with(tencentArgs{"PendingWindowInDays": days}), "InvalidParameter.InvalidPendingWindowInDays")
	}
	c.fails("ScheduleKeyDeletion", key, kmsMissing)
	a := c.ok("ScheduleKeyDeletion", key.with(tencentArgs{"PendingWindowInDays": 30}))
	if want := tencentEpoch.Add(30 * tencentKMSDay).Unix(); a.num("DeletionDate") != want || a.str("KeyId") != key["KeyId"] || c.describe(key).num("DeletionDate") != want {
		t.Error(a.text)
	}
	c.state(key, "PendingDelete")
	c.fails("ScheduleKeyDeletion", week, kmsState)
	c.fails("EnableKey", key, kmsState)
	c.fails("DisableKey", key, kmsState)
	c.fails("ArchiveKey", key, kmsState)
	c.fails("Encrypt", key.with(kmsPlain("x", "")), kmsDisabled)
	c.fails("Decrypt", kmsBlob(blob, ""), kmsDisabled)
	c.fails("GenerateDataKey", key.with(tencentArgs{"KeySpec": "AES_128"}), "ResourceUnavailable.KeyPendingDelete")
	if a := c.ok("CancelKeyDeletion", key); a.str("KeyId") != key["KeyId"] {
		t.Error(a.text)
	}
	c.state(key, "Disabled")
	if c.describe(key).num("DeletionDate") != 0 {
		t.Error(c.describe(key))
	}

	c.ok("ScheduleKeyDeletion", week)
	c.clock.pass(7*tencentKMSDay - time.Second)
	c.state(key, "PendingDelete")
	c.clock.pass(time.Second)
	for _, action := range []string{"DescribeKey", "CancelKeyDeletion", "EnableKey", "DisableKey", "ArchiveKey", "GetKeyRotationStatus", "RotateKey"} {
		c.fails(action, key, kmsNotFound)
	}
	c.fails("Decrypt", kmsBlob(blob, ""), kmsNotFound)
}

// Readings of the pages other than the default.
func TestTencentKMSOtherStates(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{RepeatStates: true, EnableOnCancel: true, DeletePendingImport: true})
	key := c.create("k", nil)
	c.ok("EnableKey", key)
	c.ok("EnableKeys", tencentArgs{"KeyIds": []any{key["KeyId"]}})
	c.ok("DisableKey", key)
	c.ok("DisableKey", key)
	c.ok("DisableKeys", tencentArgs{"KeyIds": []any{key["KeyId"]}})
	c.state(key, "Disabled")
	c.ok("ScheduleKeyDeletion", key.with(tencentArgs{"PendingWindowInDays": 7}))
	c.fails("EnableKey", key, kmsState)
	c.ok("CancelKeyDeletion", key)
	c.state(key, "Enabled")

	waits := c.create("w", tencentArgs{"Type": 2})
	c.fails("DisableKey", waits, kmsState)
	c.ok("ScheduleKeyDeletion", waits.with(tencentArgs{"PendingWindowInDays": 7}))
	c.ok("CancelKeyDeletion", waits)
	c.state(waits, "PendingImport") // there is nothing to enable
}

// A cloud product's key can be used, not changed.
func TestTencentKMSProductKey(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	key := c.product()
	if d := c.describe(key); d.str("Owner") != "cbs" || d.str("Alias") != "kms-cbs" {
		t.Error(d)
	}
	c.decrypts(c.encrypt(key, "x", ""), "", key, "x")
	for action, more := range map[string]tencentArgs{
		"EnableKey": nil, "DisableKey": nil, "ArchiveKey": nil, "CancelKeyArchive": nil, "CancelKeyDeletion": nil, "RotateKey": nil,
		"ScheduleKeyDeletion": {"PendingWindowInDays": 7}, "UpdateAlias": {"Alias": "x"}, "UpdateKeyDescription": {"Description": "x"},
		"EnableKeyRotation": nil, "DisableKeyRotation": nil, "DeleteImportedKeyMaterial": nil,
	} {
		c.fails(action, key.with(more), kmsNotOwn)
	}
	c.fails("DisableKeys", tencentArgs{"KeyIds": []any{key["KeyId"]}}, kmsNotOwn)
}

func TestTencentKMSBindings(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	key := c.create("k", nil)
	use := key.with(tencentArgs{"ProductId": "ssm", "ResourceId": "r"})
	c.fails("UnbindCloudResource", use, "ResourceUnavailable.CloudResourceBindingNotFound")
	c.fails("BindCloudResource", key, kmsMissing)
	c.fails("BindCloudResource", use.with(tencentArgs{"ResourceId": ""}), kmsInvalid)
	c.fails("BindCloudResource", use.with(tencentArgs{"KeyId": kmsUnknownKey}), kmsNotFound)
	c.ok("BindCloudResource", use)
	c.ok("BindCloudResource", use)
	c.fails("DisableKey", key, kmsInUse)
	c.fails("DisableKeys", tencentArgs{"KeyIds": []any{key["KeyId"]}}, kmsInUse)
	c.fails("ArchiveKey", key, kmsInUse)
	c.fails("UnbindCloudResource", use.with(tencentArgs{"ProductId": "cbs"}), "ResourceUnavailable.CloudResourceBindingNotFound")
	c.ok("UnbindCloudResource", use)
	c.ok("DisableKey", key)
}

func TestTencentKMSRotation(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	key := c.create("k", nil)
	status := func(want bool) {
		t.Helper()
		if have := c.ok("GetKeyRotationStatus", key).kmsReply["KeyRotationEnabled"]; have != want {
			t.Error(have)
		}
		if have := c.describe(key)["KeyRotationEnabled"]; have != want {
			t.Error(have)
		}
	}
	status(false)
	c.ok("DisableKeyRotation", key)
	for _, days := range []int{6, 366, 0, -7} {
		c.fails("EnableKeyRotation", key.with(tencentArgs{"RotateDays": days}), "InvalidParameterValue")
	}
	c.ok("EnableKeyRotation", key)
	if d := c.describe(key); d.num("RotateDays") != 365 || d.num("NextRotateTime") != tencentEpoch.Add(365*tencentKMSDay).Unix() || d.num("LastRotateTime") != 0 {
		t.Error(d)
	}
	status(true)
	c.ok("EnableKeyRotation", key.with(tencentArgs{"RotateDays": 7}))
	first := c.encrypt(key, "x", "")
	again := func(blob string, want bool) string {
		t.Helper()
		a := c.ok("ReEncrypt", kmsBlob(blob, ""))
		if a.kmsReply["ReEncrypted"] != want || (a.str("CiphertextBlob") != blob) != want || a.str("KeyId") != key["KeyId"] || a.str("SourceKeyId") != key["KeyId"] {
			t.Error(a.text)
		}
		return a.str("CiphertextBlob")
	}
	c.clock.pass(7*tencentKMSDay - time.Second)
	again(first, false)
	c.clock.pass(time.Second)
	second := again(first, true)
	if d := c.describe(key); d.num("LastRotateTime") != tencentEpoch.Add(7*tencentKMSDay).Unix() || d.num("NextRotateTime") != tencentEpoch.Add(14*tencentKMSDay).Unix() {
		t.Error(d)
	}
	again(second, false)
	c.decrypts(first, "", key, "x")
	c.decrypts(second, "", key, "x")

	// A disabled key lets its turn go by.
	c.ok("DisableKey", key)
	c.clock.pass(7 * tencentKMSDay)
	c.ok("EnableKey", key)
	again(second, false)
	if d := c.describe(key); d.num("NextRotateTime") != tencentEpoch.Add(21*tencentKMSDay).Unix() {
		t.Error(d)
	}
	c.ok("DisableKeyRotation", key)
	status(false)
	c.clock.pass(30 * tencentKMSDay)
	again(second, false)

	const external, asymmetric = "UnsupportedOperation.ExternalCmkCanNotRotate", "UnsupportedOperation.RotateNotSupported"
	imported, signs := c.create("i", tencentArgs{"Type": 2}), c.create("s", tencentArgs{"KeyUsage": "ASYMMETRIC_SIGN_VERIFY_ECC"})
	for _, action := range []string{"EnableKeyRotation", "RotateKey"} {
		c.fails(action, imported, external)
		c.fails(action, signs, asymmetric)
		c.fails(action, tencentArgs{"KeyId": kmsUnknownKey}, kmsNotFound)
	}
}

// RotateKey answers before it is done, and serves once in 24 hours.
func TestTencentKMSRotateKey(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{RotateTime: time.Minute})
	key := c.create("k", nil)
	blob := c.encrypt(key, "x", "")
	if task := c.ok("RotateKey", key).str("TaskId"); len(task) != 36 {
		t.Error(task)
	}
	const running, limited = "FailedOperation.RotateTaskRunning", "RequestLimitExceeded.RotateRateLimited"
	c.fails("RotateKey", key, running)
	c.clock.pass(time.Minute - 1)
	if d := c.describe(key); d.num("LastRotateTime") != 0 {
		t.Error(d)
	}
	c.clock.pass(1)
	if d := c.describe(key); d.num("LastRotateTime") != tencentEpoch.Add(time.Minute).Unix() {
		t.Error(d)
	}
	if a := c.ok("ReEncrypt", kmsBlob(blob, "")); a.kmsReply["ReEncrypted"] != true {
		t.Error(a.text)
	}
	c.decrypts(blob, "", key, "x")
	c.fails("RotateKey", key, limited)
	c.clock.pass(tencentKMSDay - time.Minute - 1)
	c.fails("RotateKey", key, limited)
	c.clock.pass(1)
	c.ok("RotateKey", key)
}
