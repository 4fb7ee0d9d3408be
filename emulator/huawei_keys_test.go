package emulator_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

const (
	huaweiDay   = 24 * time.Hour
	huaweiNoKey = "00000000-0000-0000-0000-00000000zzzz"
)

func TestHuaweiCreateKey(t *testing.T) {
	c := newHuawei(t, nil)
	a := c.ok("create-key", huaweiArgs{"key_alias": "orders", "key_description": "for orders"})
	id := a.str("key_info", "key_id")
	if a.str("key_info", "domain_id") != emulator.HuaweiDomainID || a.str("key_info", "region_id") != "cn-north-4" || a.at("key_info", "key_state") != nil {
		t.Error(a.text)
	}
	info := c.ok("describe-key", huaweiArgs{"key_id": id}).body["key_info"].(map[string]any)
	for name, want := range map[string]any{
		"key_id": id, "domain_id": emulator.HuaweiDomainID, "key_alias": "orders", "realm": "cn-north-4", "key_spec": "AES_256",
		"key_usage": "ENCRYPT_DECRYPT", "key_description": "for orders", "creation_date": "1774509600000", "scheduled_deletion_date": "",
		"key_state": "2", "default_key_flag": "0", "key_type": "1", "expiration_time": "", "origin": "kms", "key_rotation_enabled": "false",
		"sys_enterprise_project_id": "0", "keystore_id": "0",
	} {
		if info[name] != want {
			t.Error(name, info[name])
		}
	}
	for spec, usage := range map[string]string{
		"SM4": "ENCRYPT_DECRYPT", "RSA_2048": "SIGN_VERIFY", "RSA_3072": "SIGN_VERIFY", "RSA_4096": "SIGN_VERIFY", "EC_P256": "SIGN_VERIFY",
		"EC_P384": "SIGN_VERIFY", "SM2": "SIGN_VERIFY", "HMAC_256": "GENERATE_VERIFY_MAC", "HMAC_SM3": "GENERATE_VERIFY_MAC",
	} {
		if got := c.detail(c.create(spec, huaweiArgs{"key_spec": spec}), "key_usage"); got != usage {
			t.Error(spec, got)
		}
	}
	c.create("rsa/enc", huaweiArgs{"key_spec": "RSA_2048", "key_usage": "ENCRYPT_DECRYPT"})
	project := c.create("project", huaweiArgs{"enterprise_project_id": id, "keystore_id": "0", "origin": "kms"})
	if got := c.detail(project, "sys_enterprise_project_id"); got != id {
		t.Error(got)
	}
	for _, bad := range []struct {
		code string
		args huaweiArgs
	}{
		{"KMS.1101", huaweiArgs{"key_alias": ""}},
		{"KMS.1101", huaweiArgs{"key_alias": strings.Repeat("a", 256)}},
		{"KMS.1101", huaweiArgs{"key_alias": "a b"}},
		{"KMS.1101", huaweiArgs{"key_alias": "é"}},
		{"KMS.1101", huaweiArgs{"key_alias": "x/default"}},
		{"KMS.1104", huaweiArgs{"key_alias": "orders"}},
		{"KMS.1103", huaweiArgs{"key_description": strings.Repeat("é", 256)}},
		{"KMS.0308", huaweiArgs{"key_spec": "SECP256K1"}},
		{"KMS.0308", huaweiArgs{"key_spec": "AES_128"}},
		{"KMS.0308", huaweiArgs{"key_spec": "EC_P256", "key_usage": "ENCRYPT_DECRYPT"}},
		{"KMS.0308", huaweiArgs{"key_usage": "SIGN_VERIFY"}},
		{"KMS.0308", huaweiArgs{"key_usage": "x"}},
		{"KMS.0308", huaweiArgs{"origin": "KMS"}},
		{"KMS.0308", huaweiArgs{"origin": "external", "key_spec": "RSA_2048"}},
		{"KMS.0308", huaweiArgs{"enterprise_project_id": "1"}},
		{"KMS.0308", huaweiArgs{"keystore_id": "1"}},
		{"KMS.0308", huaweiArgs{"tags": []string{}}},
	} {
		c.fails("create-key", huaweiArgs{"key_alias": "z"}.with(bad.args), bad.code)
	}
	c.create(strings.Repeat("a", 255), huaweiArgs{"key_description": strings.Repeat("é", 255)})
	c.create("A-z_0:9/x", nil)
}

func TestHuaweiQuota(t *testing.T) {
	c := newHuawei(t, func(s *emulator.HuaweiKMSSettings) { s.KeyLimit = 0 })
	var last string
	for i := range 20 {
		last = c.create("k"+strconv.Itoa(i), nil)
	}
	c.fails("create-key", huaweiArgs{"key_alias": "one-more"}, "KMS.1105")
	c.ok("schedule-key-deletion", huaweiArgs{"key_id": last, "pending_days": "7"})
	c.fails("create-key", huaweiArgs{"key_alias": "one-more"}, "KMS.1105")
	c.fails("create-key", huaweiArgs{"key_alias": "k19"}, "KMS.1104")
	quotas := c.passes(c.do("GET", "user-quotas", nil)).at("quotas", "resources").([]any)
	if q := quotas[0].(map[string]any); q["type"] != "CMK" || q["used"] != 20.0 || q["quota"] != 20.0 {
		t.Error(q)
	}
	c.clock.pass(7 * huaweiDay)
	if n := c.passes(c.do("GET", "user-instances", nil)).body["instance_num"]; n != 19.0 {
		t.Error(n)
	}
	c.create("k19", nil)
	c = newHuawei(t, func(s *emulator.HuaweiKMSSettings) { s.KeyLimit = 1 })
	c.create("a", nil)
	c.fails("create-key", huaweiArgs{"key_alias": "b"}, "KMS.1105")
}

// Every state against every change of it.
func TestHuaweiStates(t *testing.T) {
	c := newHuawei(t, nil)
	id := c.create("k", nil)
	key := huaweiArgs{"key_id": id}
	later := func(days string) huaweiArgs { return key.with(huaweiArgs{"pending_days": days}) }
	state := func(want string) {
		t.Helper()
		if got := c.detail(id, "key_state"); got != want {
			t.Error(got, want)
		}
	}
	c.fails("enable-key", key, "KMS.1201")
	c.fails("cancel-key-deletion", key, "KMS.1501")
	if a := c.ok("disable-key", key); a.str("key_info", "key_state") != "3" || a.str("key_info", "key_id") != id {
		t.Error(a.text)
	}
	state("3")
	c.fails("disable-key", key, "KMS.1301")
	c.fails("encrypt-data", key.with(huaweiArgs{"plain_text": "x"}), "KMS.0209")
	c.ok("update-key-description", key.with(huaweiArgs{"key_description": "x"}))
	if a := c.ok("enable-key", key); a.str("key_info", "key_state") != "2" {
		t.Error(a.text)
	}
	for _, days := range []string{"6", "1097", "", "7.0", "-7", "+7"} {
		c.fails("schedule-key-deletion", later(days), "KMS.1401")
	}
	c.fails("schedule-key-deletion", key.with(huaweiArgs{"pending_days": 7}), "KMS.0202")
	c.fails("schedule-key-deletion", key, "KMS.0204")
	if a := c.ok("schedule-key-deletion", later("1096")); a.str("key_state") != "4" || a.str("key_id") != id || len(a.body) != 2 {
		t.Error(a.text)
	}
	if got := c.detail(id, "scheduled_deletion_date"); got != strconv.FormatInt(huaweiEpoch.Add(1096*huaweiDay).UnixMilli(), 10) {
		t.Error(got)
	}
	c.fails("schedule-key-deletion", later("7"), "KMS.1402")
	c.fails("enable-key", key, "KMS.1201")
	c.fails("disable-key", key, "KMS.1301")
	c.fails("encrypt-data", key.with(huaweiArgs{"plain_text": "x"}), "KMS.0210")
	c.fails("update-key-alias", key.with(huaweiArgs{"key_alias": "x"}), "KMS.0210")
	c.fails("update-key-description", key.with(huaweiArgs{"key_description": "x"}), "KMS.0210")
	c.fails("enable-key-rotation", key, "KMS.0210")
	if a := c.ok("cancel-key-deletion", key); a.str("key_state") != "3" || a.str("key_id") != id {
		t.Error(a.text)
	}
	if got := c.detail(id, "scheduled_deletion_date"); got != "" {
		t.Error(got)
	}
	c.ok("schedule-key-deletion", later("7")) // from disabled
	c.clock.pass(7*huaweiDay - time.Second)
	state("4")
	c.clock.pass(time.Second)
	for _, action := range []string{"describe-key", "enable-key", "disable-key", "cancel-key-deletion", "get-publickey", "get-key-rotation-status"} {
		c.fails(action, key, "KMS.0207")
	}
	if c.create("k", nil) == id {
		t.Error("an id came back")
	}
	for _, bad := range []string{"", "x", strings.ToUpper("0d000000-0000-4000-8000-00000000000a"), "0d00000000000-4000-8000-00000000000a", id + "0"} {
		c.fails("describe-key", huaweiArgs{"key_id": bad}, "KMS.0205")
	}
	c.fails("describe-key", huaweiArgs{}, "KMS.0204")
	c.fails("describe-key", huaweiArgs{"key_id": huaweiNoKey}, "KMS.0207")
}

func TestHuaweiUpdates(t *testing.T) {
	c := newHuawei(t, nil)
	id := c.create("a", nil)
	c.create("b", nil)
	key := huaweiArgs{"key_id": id}
	if a := c.ok("update-key-alias", key.with(huaweiArgs{"key_alias": "c"})); a.str("key_info", "key_alias") != "c" || a.str("key_info", "key_id") != id {
		t.Error(a.text)
	}
	c.ok("update-key-alias", key.with(huaweiArgs{"key_alias": "c"}))
	c.fails("update-key-alias", key.with(huaweiArgs{"key_alias": "b"}), "KMS.1104")
	c.fails("update-key-alias", key.with(huaweiArgs{"key_alias": "x/default"}), "KMS.1101")
	c.fails("update-key-alias", key, "KMS.0204")
	if a := c.ok("update-key-description", key.with(huaweiArgs{"key_description": "<é>"})); a.str("key_info", "key_description") != "<é>" {
		t.Error(a.text)
	}
	c.ok("update-key-description", key.with(huaweiArgs{"key_description": ""}))
	c.fails("update-key-description", key.with(huaweiArgs{"key_description": strings.Repeat("a", 256)}), "KMS.1103")
	if c.detail(id, "key_alias") != "c" || c.detail(id, "key_description") != "" {
		t.Error("not changed")
	}
}

// A service's key is seen and left alone.
func TestHuaweiDefaultKey(t *testing.T) {
	c := newHuawei(t, nil)
	key := huaweiArgs{"key_id": emulator.HuaweiDefaultKeyID}
	if c.detail(emulator.HuaweiDefaultKeyID, "default_key_flag") != "1" || c.detail(emulator.HuaweiDefaultKeyID, "key_alias") != "obs/default" {
		t.Error("not a default key")
	}
	for action, args := range map[string]huaweiArgs{
		"enable-key": nil, "disable-key": nil, "schedule-key-deletion": {"pending_days": "7"}, "update-key-alias": {"key_alias": "x"},
		"update-key-description": {"key_description": "x"}, "enable-key-rotation": nil, "encrypt-data": {"plain_text": "x"}, "create-datakey": nil,
		"aliases": {"alias": "x"}, emulator.HuaweiDefaultKeyID + "/tags": {"key_id": nil, "tag": huaweiArgs{"key": "k"}},
	} {
		c.fails(action, key.with(args), "KMS.0211")
	}
	if n := c.passes(c.do("GET", "user-instances", nil)).body["instance_num"]; n != 0.0 {
		t.Error(n)
	}
}

// Only AES keys unless asked, the newest first, in pages.
func TestHuaweiList(t *testing.T) {
	c := newHuawei(t, nil)
	var aes []string
	for i := range 12 {
		aes = append(aes, c.create("k"+strconv.Itoa(i), nil))
	}
	sm4 := c.create("sm4", huaweiArgs{"key_spec": "SM4", "enterprise_project_id": aes[0]})
	c.ok("disable-key", huaweiArgs{"key_id": aes[3]})
	list := func(args huaweiArgs) (ids []string, next string, total int) {
		t.Helper()
		a := c.ok("list-keys", args)
		for i, v := range a.body["keys"].([]any) {
			ids = append(ids, v.(string))
			if a.body["key_details"].([]any)[i].(map[string]any)["key_id"] != v {
				t.Error("details of another key")
			}
		}
		next = a.str("next_marker")
		if a.str("truncated") != strconv.FormatBool(next != "") {
			t.Error(a.text)
		}
		return ids, next, int(a.body["total"].(float64))
	}
	ids, next, total := list(huaweiArgs{})
	if len(ids) != 10 || ids[0] != aes[11] || next != "10" || total != 13 {
		t.Error(ids, next, total)
	}
	ids, next, total = list(huaweiArgs{"marker": next})
	if len(ids) != 3 || ids[1] != aes[0] || ids[2] != emulator.HuaweiDefaultKeyID || next != "" || total != 13 {
		t.Error(ids, next, total)
	}
	if ids, next, _ = list(huaweiArgs{"key_spec": "ALL", "limit": "1", "marker": ""}); len(ids) != 1 || ids[0] != sm4 || next != "1" {
		t.Error(ids, next)
	}
	if ids, next, total = list(huaweiArgs{"key_spec": "ALL", "limit": "1000", "marker": "0"}); len(ids) != 14 || next != "" || total != 14 {
		t.Error(ids, next, total)
	}
	if ids, next, _ = list(huaweiArgs{"limit": "13"}); len(ids) != 13 || next != "" {
		t.Error(ids, next)
	}
	if ids, next, total = list(huaweiArgs{"limit": "13", "marker": "13"}); len(ids) != 0 || next != "" || total != 13 {
		t.Error(ids, next, total)
	}
	for _, f := range []struct {
		args huaweiArgs
		want int
	}{
		{huaweiArgs{"key_spec": "SM4"}, 1}, {huaweiArgs{"key_spec": "SM2"}, 0}, {huaweiArgs{"key_state": "3"}, 1}, {huaweiArgs{"key_state": "4"}, 0},
		{huaweiArgs{"enterprise_project_id": "0", "key_spec": "ALL"}, 13}, {huaweiArgs{"enterprise_project_id": aes[0], "key_spec": "ALL"}, 1},
		{huaweiArgs{"enterprise_project_id": "all", "key_spec": "ALL"}, 14},
	} {
		if _, _, total := list(f.args); total != f.want {
			t.Error(f.args, total)
		}
	}
	for code, all := range map[string][]huaweiArgs{
		"KMS.1601": {{"limit": "0"}, {"limit": "1001"}, {"limit": ""}, {"limit": "x"}},
		"KMS.1602": {{"marker": "-1"}, {"marker": "x"}},
		"KMS.0202": {{"limit": 10}, {"marker": 0}},
		"KMS.0308": {{"key_state": "6"}, {"key_spec": "x"}, {"enterprise_project_id": "x"}},
	} {
		for _, args := range all {
			c.fails("list-keys", args, code)
		}
	}
	c = newHuawei(t, func(s *emulator.HuaweiKMSSettings) { s.PageSize, s.Seconds = 1, true })
	c.create("a", nil)
	a := c.ok("list-keys", huaweiArgs{})
	if len(a.body["keys"].([]any)) != 1 || a.body["key_details"].([]any)[0].(map[string]any)["creation_date"] != "1774509600" {
		t.Error(a.text)
	}
}

// Rotation by the clock: new material encrypts, the old still decrypts.
func TestHuaweiRotation(t *testing.T) {
	c := newHuawei(t, nil)
	id := c.create("k", nil)
	key := huaweiArgs{"key_id": id}
	status := func(enabled bool, interval, count float64, last string) {
		t.Helper()
		a := c.ok("get-key-rotation-status", key)
		if a.body["key_rotation_enabled"] != enabled || a.body["rotation_interval"] != interval || a.body["number_of_rotations"] != count || a.body["last_rotation_time"] != last {
			t.Error(a.text)
		}
		if got := c.detail(id, "key_rotation_enabled"); got != strconv.FormatBool(enabled) {
			t.Error(got)
		}
	}
	every := func(days any) huaweiArgs { return key.with(huaweiArgs{"rotation_interval": days}) }
	status(false, 0, 0, "")
	c.fails("disable-key-rotation", key, "KMS.0313")
	c.fails("update-key-rotation-interval", every(30), "KMS.0313")
	old := c.ok("encrypt-data", key.with(huaweiArgs{"plain_text": "old"})).str("cipher_text")
	if a := c.ok("enable-key-rotation", key); a.status != 204 || a.text != "" {
		t.Error(a)
	}
	c.fails("enable-key-rotation", key, "KMS.2901")
	status(true, 365, 0, "")
	for _, days := range []any{29, 366, -1} {
		c.fails("update-key-rotation-interval", every(days), "KMS.3001")
	}
	c.fails("update-key-rotation-interval", every("30"), "KMS.0202")
	c.fails("update-key-rotation-interval", key, "KMS.0204")
	c.ok("update-key-rotation-interval", every(365))
	c.ok("update-key-rotation-interval", every(30))
	c.clock.pass(30*huaweiDay - 1)
	status(true, 30, 0, "")
	c.clock.pass(1)
	status(true, 30, 1, strconv.FormatInt(huaweiEpoch.Add(30*huaweiDay).UnixMilli(), 10))
	c.clock.pass(75 * huaweiDay)
	last := strconv.FormatInt(huaweiEpoch.Add(90*huaweiDay).UnixMilli(), 10)
	status(true, 30, 3, last)
	fresh := c.ok("encrypt-data", key.with(huaweiArgs{"plain_text": "new"})).str("cipher_text")
	for text, sealed := range map[string]string{"old": old, "new": fresh} {
		if got := c.ok("decrypt-data", huaweiArgs{"cipher_text": sealed}).str("plain_text"); got != text {
			t.Error(got)
		}
	}
	c.ok("disable-key", key)
	c.fails("disable-key-rotation", key, "KMS.0209")
	c.clock.pass(20 * huaweiDay)
	status(true, 30, 3, last)
	c.ok("enable-key", key)
	status(true, 30, 4, strconv.FormatInt(huaweiEpoch.Add(120*huaweiDay).UnixMilli(), 10))
	c.ok("disable-key-rotation", key)
	c.clock.pass(400 * huaweiDay)
	status(false, 30, 4, strconv.FormatInt(huaweiEpoch.Add(120*huaweiDay).UnixMilli(), 10))
	for spec, code := range map[string]string{"EC_P256": "KMS.0324", "SM2": "KMS.0324", "HMAC_256": "KMS.0319"} {
		c.fails("enable-key-rotation", huaweiArgs{"key_id": c.create(spec, huaweiArgs{"key_spec": spec})}, code)
	}
	c.fails("enable-key-rotation", huaweiArgs{"key_id": c.create("ext", huaweiArgs{"origin": "external"})}, "KMS.0312")
	c.fails("enable-key-rotation", huaweiArgs{"key_id": huaweiNoKey}, "KMS.0207")
}
