package emulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// kmsInState makes keys for imported material in all states. Those of crypto have had material.
func kmsInState(c *kmsCaller, state string) string {
	key := c.create("Origin", "EXTERNAL")
	if state != "PendingImport" {
		c.importMaterial(key, []byte(strings.Repeat("m", 32)), "0")
	}
	switch state {
	case "Disabled":
		c.ok("DisableKey", "KeyId", key)
	case "PendingDeletion":
		c.ok("ScheduleKeyDeletion", "KeyId", key, "PendingWindowInDays", "30")
	case "Unavailable":
		c.em.SetUnavailable(key, true)
	}
	c.in(key, state)
	return key
}

// TestAlibabaKMSStates has the matrix of the vendor's page on key states.
func TestAlibabaKMSStates(t *testing.T) {
	states := []string{"Enabled", "Disabled", "PendingDeletion", "PendingImport", "Unavailable"}
	use := []string{"", "Rejected.Disabled", "Rejected.PendingDeletion", "Rejected.PendingImport", "Rejected.Unavailable"}
	toggle := []string{"", "", "Rejected.StateModifiedFailed", "Rejected.StateModifiedFailed", "Rejected.Unavailable"}
	notPending := []string{"", "", "Rejected.PendingDeletion", "", ""}
	const no = "Rejected.StateModifiedFailed"
	for _, step := range []struct {
		action string
		codes  []string
		pairs  []string
	}{
		{"Encrypt", use, []string{"Plaintext", "YQ=="}},
		{"GenerateDataKey", use, nil},
		{"GenerateDataKeyWithoutPlaintext", use, nil},
		{"EnableKey", toggle, nil},
		{"DisableKey", toggle, nil},
		{"ScheduleKeyDeletion", notPending, []string{"PendingWindowInDays", "7"}},
		{"CancelKeyDeletion", []string{no, no, "", no, no}, nil},
		{"UpdateKeyDescription", notPending, []string{"Description", "d"}},
		{"CreateAlias", notPending, []string{"AliasName", "alias/new"}},
		{"UpdateAlias", notPending, []string{"AliasName", "alias/old"}},
		{"DescribeKey", make([]string, 5), nil},
		{"ListAliasesByKeyId", make([]string, 5), nil},
		{"ListKeyVersions", make([]string, 5), nil},
		{"GetParametersForImport", make([]string, 5), []string{"WrappingKeySpec", "EC_SM2", "WrappingAlgorithm", "SM2PKE"}},
		{"DeleteKeyMaterial", make([]string, 5), nil},
	} {
		c := newKMS(t, emulator.AlibabaKMSSettings{})
		c.ok("CreateAlias", "KeyId", c.create(), "AliasName", "alias/old")
		for i, state := range states {
			pairs := append([]string{"KeyId", kmsInState(c, state)}, step.pairs...)
			if step.codes[i] == "" {
				c.ok(step.action, pairs...)
				if step.action == "CreateAlias" {
					c.ok("DeleteAlias", "AliasName", "alias/new")
				}
			} else {
				c.fails(409, step.codes[i], step.action, pairs...)
			}
		}
	}

	c := newKMS(t, emulator.AlibabaKMSSettings{Misspelt: true})
	c.fails(409, "Rejetced.PendingDeletion", "Encrypt", "KeyId", kmsInState(c, "PendingDeletion"), "Plaintext", "YQ==")
	if c.em.SetUnavailable("nobody", true) {
		t.Fatal("there is no such key")
	}
	key := kmsInState(c, "Unavailable")
	c.em.SetUnavailable(key, false)
	c.in(key, "Enabled")
}

func TestAlibabaKMSDeletion(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	key := c.create()
	c.ok("CreateAlias", "KeyId", key, "AliasName", "alias/a")
	blob := c.ok("Encrypt", "KeyId", key, "Plaintext", "YQ==").text("CiphertextBlob")
	for _, days := range []string{"6", "367", "x", "-7"} {
		c.fails(400, "InvalidParameter", "ScheduleKeyDeletion", "KeyId", key, "PendingWindowInDays", days)
	}
	c.fails(400, "MissingParameter", "ScheduleKeyDeletion", "KeyId", key)
	c.ok("DisableKey", "KeyId", key)
	c.ok("ScheduleKeyDeletion", "KeyId", key, "PendingWindowInDays", "366")
	if got := c.about(key, "DeleteDate"); got != "2027-01-03T03:04:05Z" {
		t.Fatal(got)
	}
	c.ok("CancelKeyDeletion", "KeyId", key)
	c.in(key, "Enabled") // not Disabled, as it was
	if got := c.about(key, "DeleteDate"); got != "" {
		t.Fatal(got)
	}
	c.ok("ScheduleKeyDeletion", "KeyId", key, "PendingWindowInDays", "7")
	c.clock.pass(7*kmsDay - time.Nanosecond)
	c.in(key, "PendingDeletion")
	c.fails(409, "Rejected.PendingDeletion", "Decrypt", "CiphertextBlob", blob)
	c.clock.pass(time.Nanosecond)
	c.fails(404, "Forbidden.KeyNotFound", "DescribeKey", "KeyId", key)
	c.fails(404, "Forbidden.KeyNotFound", "CancelKeyDeletion", "KeyId", key)
	c.fails(404, "Forbidden.AliasNotFound", "DescribeKey", "KeyId", "alias/a")
	c.fails(404, "Forbidden.KeyNotFound", "Decrypt", "CiphertextBlob", blob)
	if a := c.ok("ListKeys"); a.fields["TotalCount"] != 1.0 {
		t.Fatal(a.body)
	}
	old := newKMS(t, emulator.AlibabaKMSSettings{UUIDs: true})
	key = old.create()
	blob = old.ok("Encrypt", "KeyId", key, "Plaintext", "YQ==").text("CiphertextBlob")
	old.ok("ScheduleKeyDeletion", "KeyId", key, "PendingWindowInDays", "7")
	old.clock.pass(7 * kmsDay)
	old.fails(404, "Forbidden.KeyNotFound", "Decrypt", "CiphertextBlob", blob)
}

func TestAlibabaKMSDeletionProtection(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	key := c.create()
	arn := c.about(key, "Arn")
	set := func(enable string) {
		t.Helper()
		c.ok("SetDeletionProtection", "ProtectedResourceArn", arn, "EnableDeletionProtection", enable, "DeletionProtectionDescription", "in use")
	}
	set("true")
	if c.about(key, "DeletionProtection") != "Enabled" || c.about(key, "DeletionProtectionDescription") != "in use" {
		t.Fatal("not protected")
	}
	c.fails(409, "Rejected.StateModifiedFailed", "ScheduleKeyDeletion", "KeyId", key, "PendingWindowInDays", "7")
	c.in(key, "Enabled")
	set("false")
	if c.about(key, "DeletionProtection") != "Disabled" {
		t.Fatal("protected")
	}
	c.ok("ScheduleKeyDeletion", "KeyId", key, "PendingWindowInDays", "7")
	c.fails(409, "Rejected.PendingDeletion", "SetDeletionProtection", "ProtectedResourceArn", arn, "EnableDeletionProtection", "true")
	c.fails(404, "Forbidden.KeyNotFound", "SetDeletionProtection", "ProtectedResourceArn", arn+"x", "EnableDeletionProtection", "true")
	c.fails(400, "MissingParameter", "SetDeletionProtection", "ProtectedResourceArn", arn)
	c.fails(400, "MissingParameter", "SetDeletionProtection", "EnableDeletionProtection", "true")
	c.fails(400, "InvalidParameter", "SetDeletionProtection", "ProtectedResourceArn", arn, "EnableDeletionProtection", "1")
}

func TestAlibabaKMSDescription(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	key := c.create("Description", "one")
	c.ok("UpdateKeyDescription", "KeyId", key, "Description", strings.Repeat("é", 8192))
	c.fails(400, "InvalidParameter", "UpdateKeyDescription", "KeyId", key, "Description", strings.Repeat("é", 8193))
	c.fails(400, "MissingParameter", "UpdateKeyDescription", "KeyId", key)
	if got := c.about(key, "Description"); got != strings.Repeat("é", 8192) {
		t.Fatal(len(got))
	}
	c.ok("UpdateKeyDescription", "KeyId", key, "Description", "")
	if got := c.about(key, "Description"); got != "" {
		t.Fatal(got)
	}
}

func TestAlibabaKMSRotation(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	key := c.create()
	set := func(pairs ...string) { c.ok("UpdateRotationPolicy", append(pairs, "KeyId", key)...) }
	versions := func() int {
		t.Helper()
		return int(c.ok("ListKeyVersions", "KeyId", key).fields["TotalCount"].(float64))
	}
	blob := c.ok("Encrypt", "KeyId", key, "Plaintext", "YQ==")
	c.clock.pass(time.Hour)
	set("EnableAutomaticRotation", "true", "RotationInterval", "7d")
	if got := c.about(key, "NextRotationDate"); got != "2026-01-09T04:04:05Z" {
		t.Fatal(got)
	}
	c.clock.pass(7*kmsDay - time.Second)
	if versions() != 1 {
		t.Fatal("too early")
	}
	c.clock.pass(time.Second)
	if versions() != 2 || c.about(key, "LastRotationDate") != "2026-01-09T04:04:05Z" || c.about(key, "NextRotationDate") != "2026-01-16T04:04:05Z" {
		t.Fatal("no rotation")
	}
	again := c.ok("Encrypt", "KeyId", key, "Plaintext", "YQ==")
	if again.text("KeyVersionId") == blob.text("KeyVersionId") || again.text("KeyVersionId") != c.about(key, "PrimaryKeyVersion") {
		t.Fatal(again.body)
	}
	if a := c.ok("Decrypt", "CiphertextBlob", blob.text("CiphertextBlob")); a.text("KeyVersionId") != blob.text("KeyVersionId") || a.text("Plaintext") != "YQ==" {
		t.Fatal("what an older version sealed", a.body)
	}
	c.clock.pass(21 * kmsDay) // three more
	if versions() != 5 {
		t.Fatal(versions())
	}

	c.ok("DisableKey", "KeyId", key)
	if c.about(key, "AutomaticRotation") != "Suspended" {
		t.Fatal("not suspended")
	}
	c.clock.pass(21 * kmsDay)
	if versions() != 5 {
		t.Fatal("rotated while disabled")
	}
	c.ok("EnableKey", "KeyId", key)
	if versions() != 6 || c.about(key, "AutomaticRotation") != "Enabled" {
		t.Fatal(versions())
	}
	set("EnableAutomaticRotation", "false")
	c.clock.pass(70 * kmsDay)
	if versions() != 6 || c.about(key, "AutomaticRotation") != "Disabled" || c.about(key, "NextRotationDate") != "" {
		t.Fatal("rotated")
	}

	c.fails(400, "MissingParameter", "UpdateRotationPolicy", "KeyId", key)
	c.fails(400, "MissingParameter", "UpdateRotationPolicy", "KeyId", key, "EnableAutomaticRotation", "true")
	c.fails(400, "InvalidParameter", "UpdateRotationPolicy", "KeyId", key, "EnableAutomaticRotation", "true", "RotationInterval", "366d")
	c.fails(400, "Unsupported.Origin", "UpdateRotationPolicy", "KeyId", kmsInState(c, "Enabled"), "EnableAutomaticRotation", "false")
	pair, _ := c.inInstance("EC_P256")
	c.fails(400, "UnsupportedOperation", "UpdateRotationPolicy", "KeyId", pair, "EnableAutomaticRotation", "true", "RotationInterval", "7d")
	c.ok("DisableKey", "KeyId", key)
	c.fails(409, "Rejected.Disabled", "UpdateRotationPolicy", "KeyId", key, "EnableAutomaticRotation", "false")
}

func TestAlibabaKMSVersions(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	key, first := c.inInstance("EC_P256")
	c.fails(400, "Rejected.LimitExceeded", "CreateKeyVersion", "KeyId", key)
	c.clock.pass(7*kmsDay - time.Second)
	c.fails(400, "Rejected.LimitExceeded", "CreateKeyVersion", "KeyId", key)
	c.clock.pass(time.Second)
	second := c.ok("CreateKeyVersion", "KeyId", key)
	if second.text("KeyVersion.KeyId") != key || second.text("KeyVersion.CreationDate") != "2026-01-09T03:04:05Z" {
		t.Fatal(second.body)
	}
	name := second.text("KeyVersion.KeyVersionId")
	if a := c.ok("ListKeyVersions", "KeyId", key); a.column("KeyVersions.KeyVersion", "KeyVersionId") != first+" "+name {
		t.Fatal(a.body)
	}
	if a := c.ok("ListKeyVersions", "KeyId", key, "PageSize", "1", "PageNumber", "2"); a.column("KeyVersions.KeyVersion", "KeyVersionId") != name ||
		a.fields["TotalCount"] != 2.0 || a.fields["PageSize"] != 1.0 {
		t.Fatal(a.body)
	}
	c.fails(400, "InvalidParameter", "ListKeyVersions", "KeyId", key, "PageSize", "101")
	if a := c.ok("DescribeKeyVersion", "KeyId", key, "KeyVersionId", first); a.text("KeyVersion.CreationDate") != "2026-01-02T03:04:05Z" {
		t.Fatal(a.body)
	}
	c.fails(404, "Forbidden.KeyVersionNotFound", "DescribeKeyVersion", "KeyId", key, "KeyVersionId", "other")
	c.fails(400, "MissingParameter", "DescribeKeyVersion", "KeyId", key)
	// The versions have pairs of their own.
	one, two := c.ok("GetPublicKey", "KeyId", key, "KeyVersionId", first), c.ok("GetPublicKey", "KeyId", key, "KeyVersionId", name)
	if one.text("PublicKey") == two.text("PublicKey") || one.text("KeyVersionId") != first {
		t.Fatal("one pair for two versions")
	}
	c.fails(400, "UnsupportedOperation", "CreateKeyVersion", "KeyId", c.create())
	c.ok("DisableKey", "KeyId", key)
	c.clock.pass(7 * kmsDay)
	c.fails(409, "Rejected.Disabled", "CreateKeyVersion", "KeyId", key)

	free := newKMS(t, emulator.AlibabaKMSSettings{VersionInterval: -1, NewestFirst: true})
	key, first = free.inInstance("EC_P256")
	for range 49 {
		name = free.ok("CreateKeyVersion", "KeyId", key).text("KeyVersion.KeyVersionId")
	}
	free.fails(400, "Rejected.LimitExceeded", "CreateKeyVersion", "KeyId", key)
	list := strings.Fields(free.ok("ListKeyVersions", "KeyId", key, "PageSize", "100").column("KeyVersions.KeyVersion", "KeyVersionId"))
	if len(list) != 50 || list[0] != name || list[49] != first {
		t.Fatal(list)
	}
}
