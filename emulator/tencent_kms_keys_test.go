package emulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func TestTencentKMSCreate(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	a := c.ok("CreateKey", tencentArgs{"Alias": "my-key_1", "Description": "é", "Type": 1, "HsmClusterId": ""})
	if a.str("Alias") != "my-key_1" || a.str("Description") != "é" || a.str("KeyState") != "Enabled" || a.str("KeyUsage") != "ENCRYPT_DECRYPT" ||
		a.num("CreateTime") != tencentEpoch.Unix() || a.num("TagCode") != 0 || a.str("TagMsg") != "Success" {
		t.Error(a.text)
	}
	key := tencentArgs{"KeyId": a.str("KeyId")}
	have := c.describe(key)
	want := kmsReply{
		"KeyId": key["KeyId"], "Alias": "my-key_1", "Description": "é", "KeyState": "Enabled", "KeyUsage": "ENCRYPT_DECRYPT", "Owner": "user",
		"Origin": "TENCENT_KMS", "KeyRotationEnabled": false, "ResourceId": "creatorUin/100000000001/" + a.str("KeyId"),
	}
	for name, value := range want {
		if have[name] != value {
			t.Errorf("%s: %v", name, have[name])
		}
	}
	if have.num("CreateTime") != tencentEpoch.Unix() || have.num("DeletionDate") != 0 || have.num("ValidTo") != 0 || have.num("NextRotateTime") == 0 {
		t.Error(have)
	}

	const alias, description = "InvalidParameterValue.InvalidAlias", kmsInvalid
	for _, test := range []struct {
		p    tencentArgs
		want string
	}{
		{tencentArgs{}, kmsMissing},
		{tencentArgs{"Alias": "my-key_1"}, "InvalidParameterValue.AliasAlreadyExists"},
		{tencentArgs{"Alias": ""}, alias},
		{tencentArgs{"Alias": strings.Repeat("a", 60)}, ""},
		{tencentArgs{"Alias": strings.Repeat("a", 61)}, alias},
		{tencentArgs{"Alias": "-a"}, alias},
		{tencentArgs{"Alias": "_a"}, alias},
		{tencentArgs{"Alias": "9"}, ""},
		{tencentArgs{"Alias": "a/b"}, alias},
		{tencentArgs{"Alias": "é"}, alias},
		{tencentArgs{"Alias": "kms-mine"}, alias},
		{tencentArgs{"Alias": "kms"}, ""},
		{tencentArgs{"Alias": "KMS-mine"}, ""},
		{tencentArgs{"Alias": "d1", "Description": strings.Repeat("é", 512)}, ""},
		{tencentArgs{"Alias": "d2", "Description": strings.Repeat("é", 512) + "a"}, description},
		{tencentArgs{"Alias": "u", "KeyUsage": "SIGN"}, kmsUsage},
		{tencentArgs{"Alias": "u", "KeyUsage": ""}, kmsUsage},
		{tencentArgs{"Alias": "t", "Type": 0}, "InvalidParameterValue.InvalidType"},
		{tencentArgs{"Alias": "t", "Type": 3}, "InvalidParameterValue.InvalidType"},
		{tencentArgs{"Alias": "t", "Type": 2, "KeyUsage": "ASYMMETRIC_SIGN_VERIFY_ECC"}, "InvalidParameterValue.InvalidType"},
		{tencentArgs{"Alias": "t", "Type": 2}, ""},
		{tencentArgs{"Alias": "h", "HsmClusterId": "cls-1"}, "InvalidParameterValue.InvalidHsmClusterId"},
		{tencentArgs{"Alias": "x", "Unknown": 1}, "UnknownParameter"},
	} {
		c.expect(fmt.Sprint(test.p), c.call("CreateKey", test.p), test.want)
	}
	c.fails("DescribeKey", tencentArgs{"KeyId": kmsUnknownKey}, kmsNotFound)
	for _, id := range []string{"", "my-key_1", "alias/x", kmsUnknownKey + "0", strings.Replace(kmsUnknownKey, "8", "g", 1), strings.ReplaceAll(kmsUnknownKey, "-", "")} {
		c.fails("DescribeKey", tencentArgs{"KeyId": id}, kmsKeyID)
	}
	c.fails("DescribeKey", tencentArgs{}, kmsMissing)
}

func TestTencentKMSKeyLimit(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{KeyLimit: 2})
	c.create("a", nil)
	c.create("b", nil)
	c.fails("CreateKey", tencentArgs{"Alias": "c"}, "LimitExceeded.CmkLimitExceeded")
}

func TestTencentKMSTags(t *testing.T) {
	tag := func(name string, value any) tencentArgs { return tencentArgs{"TagKey": name, "TagValue": value} }
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	c.create("a", tencentArgs{"Tags": []tencentArgs{tag("team", "red"), tag("tier", "1")}})
	c.create("b", tencentArgs{"Tags": []tencentArgs{tag("team", "blue")}})
	c.fails("CreateKey", tencentArgs{"Alias": "x", "Tags": []tencentArgs{tag("a", "1"), tag("a", "2")}}, "InvalidParameterValue.TagKeysDuplicated")
	c.fails("CreateKey", tencentArgs{"Alias": "x", "Tags": []tencentArgs{tag("a", 1)}}, kmsInvalid)
	c.fails("CreateKey", tencentArgs{"Alias": "x", "Tags": []tencentArgs{{"TagKey": "a"}}}, kmsMissing)
	c.fails("CreateKey", tencentArgs{"Alias": "x", "Tags": []tencentArgs{tag("", "1")}}, "InvalidParameterValue.TagsNotExisted")

	// The key is there although its tags are not.
	c.em.FailTagging(2, "the tag service says no")
	a := c.ok("CreateKey", tencentArgs{"Alias": "c", "Tags": []tencentArgs{tag("team", "red")}})
	if a.num("TagCode") != 2 || a.str("TagMsg") != "the tag service says no" || a.str("KeyId") == "" {
		t.Error(a.text)
	}
	if a := c.ok("CreateKey", tencentArgs{"Alias": "e"}); a.num("TagCode") != 0 {
		t.Error(a.text)
	}
	c.em.FailTagging(0, "")
	c.create("d", tencentArgs{"Tags": []tencentArgs{tag("team", "red")}})

	for _, test := range []struct {
		filters []tencentArgs
		want    string
	}{
		{[]tencentArgs{{"TagKey": "team", "TagValue": []string{"red"}}}, "a d"},
		{[]tencentArgs{{"TagKey": "team", "TagValue": []string{"red", "blue"}}}, "a b d"},
		{[]tencentArgs{{"TagKey": "team"}}, "a b d"},
		{[]tencentArgs{{"TagKey": "team", "TagValue": []string{"red"}}, {"TagKey": "tier", "TagValue": []string{"1"}}}, "a"},
		{[]tencentArgs{{"TagKey": "team", "TagValue": []string{"Red"}}}, ""},
	} {
		if have := c.aliases(tencentArgs{"TagFilters": test.filters, "OrderType": 1}); have != test.want {
			t.Errorf("%v: %q", test.filters, have)
		}
	}
	c.fails("ListKeyDetail", tencentArgs{"TagFilters": []tencentArgs{{"TagValue": []string{"x"}}}}, kmsMissing)
	c.fails("ListKeyDetail", tencentArgs{"TagFilters": []tencentArgs{{"TagKey": "x", "TagValue": []int{1}}}}, kmsInvalid)

	c = newTencentKMS(t, emulator.TencentKMSSettings{KnownTags: map[string][]string{"team": {"red"}}})
	c.create("a", tencentArgs{"Tags": []tencentArgs{tag("team", "red")}})
	c.fails("CreateKey", tencentArgs{"Alias": "b", "Tags": []tencentArgs{tag("team", "blue")}}, "InvalidParameterValue.TagsNotExisted")
}

// aliases returns those that ListKeyDetail shows.
func (c *kmsClient) aliases(p tencentArgs) string {
	c.t.Helper()
	a := c.ok("ListKeyDetail", p)
	var names []string
	for _, key := range a.list("KeyMetadatas") {
		names = append(names, key.str("Alias"))
	}
	return strings.Join(names, " ")
}

func TestTencentKMSList(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	keys := map[string]tencentArgs{
		"enabled": c.create("enabled", nil), "disabled": c.create("disabled", nil), "deleting": c.create("deleting", nil),
		"imports": c.create("imports", tencentArgs{"Type": 2}), "archived": c.create("archived", nil),
	}
	keys["signs"] = c.create("signs", tencentArgs{"KeyUsage": "ASYMMETRIC_SIGN_VERIFY_ECC"})
	c.ok("DisableKey", keys["disabled"])
	c.ok("DisableKey", keys["deleting"])
	c.ok("ScheduleKeyDeletion", keys["deleting"].with(tencentArgs{"PendingWindowInDays": 7}))
	c.ok("ArchiveKey", keys["archived"])

	id := fmt.Sprint(keys["enabled"]["KeyId"])
	for _, test := range []struct {
		p    tencentArgs
		want string
	}{
		{tencentArgs{}, "archived imports deleting disabled enabled"}, // symmetric ones only
		{tencentArgs{"KeyUsage": ""}, "archived imports deleting disabled enabled"},
		{tencentArgs{"KeyUsage": "ALL"}, "signs archived imports deleting disabled enabled"},
		{tencentArgs{"KeyUsage": "ASYMMETRIC_SIGN_VERIFY_ECC"}, "signs"},
		{tencentArgs{"KeyUsage": "ASYMMETRIC_SIGN_VERIFY_SM2"}, ""},
		{tencentArgs{"OrderType": 1}, "enabled disabled deleting imports archived"},
		{tencentArgs{"KeyState": 0}, "archived imports deleting disabled enabled"},
		{tencentArgs{"KeyState": 1}, "enabled"},
		{tencentArgs{"KeyState": 2}, "disabled"},
		{tencentArgs{"KeyState": 3}, "deleting"},
		{tencentArgs{"KeyState": 4}, "imports"},
		{tencentArgs{"KeyState": 5}, "archived"},
		{tencentArgs{"Origin": "EXTERNAL"}, "imports"},
		{tencentArgs{"Origin": "TENCENT_KMS", "KeyUsage": "ALL"}, "signs archived deleting disabled enabled"},
		{tencentArgs{"Origin": "ALL", "KeyState": 4}, "imports"},
		{tencentArgs{"SearchKeyAlias": "able"}, "disabled enabled"},
		{tencentArgs{"SearchKeyAlias": id[3:20]}, "enabled"},
		{tencentArgs{"Role": 1}, "kms-cbs"},
		{tencentArgs{"Role": 0, "SearchKeyAlias": "kms-"}, ""},
		{tencentArgs{"Offset": 1, "Limit": 2}, "imports deleting"},
		{tencentArgs{"Offset": 4, "Limit": 200}, "enabled"},
		{tencentArgs{"Offset": 5}, ""},
		{tencentArgs{"Offset": int64(1 << 40)}, ""},
	} {
		if have := c.aliases(test.p); have != test.want {
			t.Errorf("%v: %q", test.p, have)
		}
	}
	if a := c.ok("ListKeyDetail", tencentArgs{"Limit": 1, "KeyUsage": "ALL"}); a.num("TotalCount") != 6 {
		t.Error(a.text)
	}

	// ListKeys leaves out what is about to be deleted or archived, and keeps every usage.
	a := c.ok("ListKeys", tencentArgs{"Limit": 200})
	var have []any
	for _, key := range a.list("Keys") {
		have = append(have, key["KeyId"])
	}
	if want := []any{keys["signs"]["KeyId"], keys["imports"]["KeyId"], keys["disabled"]["KeyId"], keys["enabled"]["KeyId"]}; !slices.Equal(have, want) || a.num("TotalCount") != 4 {
		t.Error(a.text)
	}

	for _, action := range []string{"ListKeys", "ListKeyDetail"} {
		for _, p := range []tencentArgs{{"Limit": 0}, {"Limit": 201}, {"Limit": -1}, {"Offset": -1}, {"Role": 2}} {
			c.fails(action, p, kmsInvalid)
		}
		c.fails(action, tencentArgs{"HsmClusterId": "x"}, "InvalidParameterValue.InvalidHsmClusterId")
	}
	for _, p := range []tencentArgs{{"KeyState": 6}, {"KeyState": -1}, {"OrderType": 2}, {"Origin": "all"}, {"KeyUsage": "all"}} {
		c.fails("ListKeyDetail", p, kmsInvalid)
	}
	c.fails("ListKeyDetail", tencentArgs{"MemberAccounts": []tencentArgs{{}}}, "UnsupportedOperation")
}

func TestTencentKMSPages(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	var want []string
	for i := range 203 {
		want = append(want, fmt.Sprint(c.create(fmt.Sprint("k", i), nil)["KeyId"]))
	}
	slices.Reverse(want)
	read := func(p tencentArgs) (ids []string) {
		a := c.ok("ListKeys", p)
		if a.num("TotalCount") != 203 {
			t.Error(a.num("TotalCount"))
		}
		for _, key := range a.list("Keys") {
			ids = append(ids, key.str("KeyId"))
		}
		return ids
	}
	if have := append(read(tencentArgs{"Limit": 200}), read(tencentArgs{"Offset": 200, "Limit": 200})...); !slices.Equal(have, want) {
		t.Error(len(have))
	}
	if have := read(tencentArgs{}); !slices.Equal(have, want[:10]) {
		t.Error(len(have))
	}

	a := c.ok("DescribeKeys", tencentArgs{"KeyIds": want[:100]})
	for i, key := range a.list("KeyMetadatas") {
		if key.str("KeyId") != want[i] {
			t.Fatal(i)
		}
	}
	for _, test := range []struct {
		ids  []string
		want string
	}{
		{want[:101], kmsInvalid},
		{[]string{}, kmsInvalid},
		{[]string{want[0], want[1], want[0]}, "InvalidParameterValue.DuplicatedKeyId"},
		{[]string{want[0], kmsUnknownKey}, kmsNotFound},
		{[]string{want[0], "k1"}, kmsKeyID},
	} {
		for _, action := range []string{"DescribeKeys", "DisableKeys", "EnableKeys"} {
			c.fails(action, tencentArgs{"KeyIds": test.ids}, test.want)
		}
	}
	c.state(tencentArgs{"KeyId": want[0]}, "Enabled") // as all of a batch fails
	c.ok("DisableKeys", tencentArgs{"KeyIds": want[:100]})
	c.state(tencentArgs{"KeyId": want[99]}, "Disabled")
	c.fails("DisableKeys", tencentArgs{"KeyIds": []string{want[101], want[99], want[100]}}, kmsState)
	c.state(tencentArgs{"KeyId": want[101]}, "Enabled")
	c.state(tencentArgs{"KeyId": want[100]}, "Enabled")
	c.ok("EnableKeys", tencentArgs{"KeyIds": want[:100]})
	c.state(tencentArgs{"KeyId": want[0]}, "Enabled")
}

func TestTencentKMSUpdate(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	key := c.create("a", tencentArgs{"Description": "old"})
	c.create("b", nil)
	c.ok("UpdateAlias", key.with(tencentArgs{"Alias": "c"}))
	c.ok("UpdateAlias", key.with(tencentArgs{"Alias": "c"}))
	c.ok("UpdateKeyDescription", key.with(tencentArgs{"Description": strings.Repeat("x", 1024)}))
	if d := c.describe(key); d.str("Alias") != "c" || len(d.str("Description")) != 1024 {
		t.Error(d)
	}
	c.create("a", nil) // which is free again
	c.fails("UpdateAlias", key.with(tencentArgs{"Alias": "b"}), "InvalidParameterValue.AliasAlreadyExists")
	c.fails("UpdateAlias", key.with(tencentArgs{"Alias": "kms-x"}), "InvalidParameterValue.InvalidAlias")
	c.fails("UpdateAlias", key, kmsMissing)
	c.fails("UpdateKeyDescription", key.with(tencentArgs{"Description": strings.Repeat("x", 1025)}), kmsInvalid)
	c.fails("UpdateKeyDescription", key, kmsMissing)
	c.ok("UpdateKeyDescription", key.with(tencentArgs{"Description": ""}))
	c.ok("DisableKey", key)
	c.ok("UpdateAlias", key.with(tencentArgs{"Alias": "d"}))
	c.ok("ScheduleKeyDeletion", key.with(tencentArgs{"PendingWindowInDays": 7}))
	c.fails("UpdateAlias", key.with(tencentArgs{"Alias": "e"}), kmsState)
	c.fails("UpdateKeyDescription", key.with(tencentArgs{"Description": "x"}), kmsState)
	// The alias is taken for as long as the key is there.
	c.fails("CreateKey", tencentArgs{"Alias": "d"}, "InvalidParameterValue.AliasAlreadyExists")
	c.clock.pass(7 * 24 * time.Hour)
	c.create("d", nil)
}
