package emulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// alibabaKMSKey is a key with its versions, of which an asymmetric key may use each and a symmetric one encrypts with
// the last.
type alibabaKMSKey struct {
	id, spec, usage, origin  string
	description, creator     string
	instance, level          string
	policy, protectionReason string
	service, protected       bool
	unavailable              bool
	disabled                 bool
	serial                   int64
	created                  time.Time
	deletion                 time.Time // when it goes; zero: it stays
	versions                 []*alibabaKMSVersion
	tags                     map[string]string
	rsa                      *rsaKeys // that make its pairs

	interval      time.Duration // of rotation; 0: none
	rotated, next time.Time

	// Of imported material: when it expires, and what it was, as other material is never taken.
	expires time.Time
	digest  string
}

// alibabaKMSVersion is one version of a key.
type alibabaKMSVersion struct {
	id      string
	created time.Time
	secret  []byte // symmetric material, none before it is imported
	private any    // asymmetric material, made when first used
}

func (k *alibabaKMSKey) what() alibabaKMSSpec { return alibabaKMSSpecs[k.spec] }

func (k *alibabaKMSKey) last() *alibabaKMSVersion { return k.versions[len(k.versions)-1] }

// empty reports whether the key waits for its material.
func (k *alibabaKMSKey) empty() bool { return !k.what().pair() && k.last().secret == nil }

// state is the key's state in the vendor's words.
func (k *alibabaKMSKey) state() string {
	switch {
	case !k.deletion.IsZero():
		return "PendingDeletion"
	case k.empty():
		return "PendingImport"
	case k.unavailable:
		return "Unavailable"
	case k.disabled:
		return "Disabled"
	}
	return "Enabled"
}

func (k *alibabaKMSKey) arn() string {
	return "acs:kms:" + alibabaRegion + ":" + alibabaKMSAccount + ":key/" + k.id
}

// add makes a key with its first version.
func (a *AlibabaKMS) add(spec, usage, origin string, now time.Time) *alibabaKMSKey {
	a.created++
	k := &alibabaKMSKey{
		id: a.keyID(), spec: spec, usage: usage, origin: origin, creator: alibabaKMSAccount, level: "SOFTWARE", serial: a.created,
		created: now, rotated: now, rsa: &a.rsa, tags: map[string]string{}, policy: alibabaKMSPolicy,
	}
	a.addVersion(k, now)
	a.keys[k.id] = k
	return k
}

// keyID is the id of the key that was made last.
func (a *AlibabaKMS) keyID() string {
	if a.config.UUIDs {
		return fmt.Sprintf("%08x-0000-4000-8000-%012x", a.created, a.created)
	}
	return fmt.Sprintf("key-hzz%016d", a.created)
}

// find returns the key that a parameter names by its id or, where that is allowed, by an alias or an ARN.
func (a *AlibabaKMS) find(c *alibabaKMSCall, name string) (*alibabaKMSKey, *alibabaError) {
	text, err := c.need(name)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(text, "alias/") {
		if k, ok := a.aliases[text]; ok {
			return k, nil
		}
		if !a.aliasValid(text) && !strings.HasPrefix(text, alibabaKMSServiceAlias) {
			return nil, alibabaBad(name)
		}
		return nil, alibabaFault("Forbidden.AliasNotFound")
	}
	if id, ok := strings.CutPrefix(text, "acs:kms:"+alibabaRegion+":"+alibabaKMSAccount+":key/"); ok {
		text = id
	}
	k, ok := a.keys[text]
	if !ok {
		return nil, alibabaFault("Forbidden.KeyNotFound")
	}
	return k, nil
}

// findID returns the key that KeyId names by its id alone, for actions that change it. Keys of services are not the
// account's to change; the code is a guess.
func (a *AlibabaKMS) findID(c *alibabaKMSCall) (*alibabaKMSKey, *alibabaError) {
	text, err := c.need("KeyId")
	switch {
	case err != nil:
		return nil, err
	case strings.HasPrefix(text, "alias/"):
		return nil, alibabaFault("Unsupported.Alias")
	case strings.HasPrefix(text, "acs:"):
		return nil, alibabaBad("KeyId")
	}
	k, ok := a.keys[text]
	if !ok {
		return nil, alibabaFault("Forbidden.KeyNotFound")
	}
	return k, a.own(k)
}

func (a *AlibabaKMS) own(k *alibabaKMSKey) *alibabaError {
	if k.service {
		return alibabaFault("Rejected.UnsupportedOperation")
	}
	return nil
}

// findOwn is find for actions that change a key.
func (a *AlibabaKMS) findOwn(c *alibabaKMSCall, name string) (*alibabaKMSKey, *alibabaError) {
	k, err := a.find(c, name)
	if err != nil {
		return nil, err
	}
	return k, a.own(k)
}

func (a *AlibabaKMS) createKey(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	name := cmp.Or(c.text("KeySpec"), alibabaKMSDefaultSpec)
	spec, ok := alibabaKMSSpecs[name]
	if !ok {
		return nil, alibabaBad("KeySpec")
	}
	usage, err := c.choice("KeyUsage", spec.usages...)
	if err != nil {
		return nil, err
	}
	origin, err := c.choice("Origin", alibabaKMSOrigin, alibabaKMSExternal)
	if err != nil {
		return nil, err
	}
	instance, level, err := a.place(c, name)
	if err != nil {
		return nil, err
	}
	description, policy := c.text("Description"), cmp.Or(c.text("Policy"), alibabaKMSPolicy)
	if !alibabaKMSDescribes(description) {
		return nil, alibabaBad("Description")
	}
	if len(policy) > alibabaKMSMaxPolicy || !json.Valid([]byte(policy)) {
		return nil, alibabaBad("Policy")
	}
	tags, err := c.tags("Tags")
	if err != nil {
		return nil, err
	}
	if len(tags) > alibabaKMSMaxTags {
		return nil, alibabaBad("Tags")
	}
	interval, err := a.rotation(c)
	if err != nil {
		return nil, err
	}
	switch {
	case origin == alibabaKMSExternal && (!spec.external || interval != 0):
		return nil, alibabaFault("Unsupported.Origin")
	case interval != 0 && !spec.symmetric():
		return nil, alibabaFault("UnsupportedOperation")
	case a.owned() >= a.config.KeyQuota, len(a.versions) >= alibabaKMSMaxVersions:
		return nil, alibabaFault("Rejected.LimitExceeded")
	}
	k := a.add(name, usage, origin, c.now)
	k.description, k.policy, k.instance, k.level = description, policy, instance, level
	k.rotate(interval, c.now)
	for _, tag := range tags {
		k.tags[tag.key] = tag.value
	}
	return alibabaReply{"KeyMetadata": k.metadata()}, nil
}

// place reads where a key is to be kept and checks that keys of the spec can be there.
func (a *AlibabaKMS) place(c *alibabaKMSCall, spec string) (instance, level string, err *alibabaError) {
	if level, err = c.choice("ProtectionLevel", "SOFTWARE", "HSM"); err != nil {
		return "", "", err
	}
	if _, err = c.choice("KeyStorageMechanism", "HsmInternal", "HsmEncryptedDatabase"); err != nil {
		return "", "", err
	}
	switch instance = c.text("DKMSInstanceId"); {
	case instance == alibabaKMSInstance:
		return instance, level, nil
	case instance != "":
		return "", "", alibabaFault("Forbidden.DKMSInstanceNotFound")
	case a.config.AnyKeySpec:
		return "", level, nil
	case spec != alibabaKMSDefaultSpec:
		// The code that the vendor refuses it with is in no document at hand.
		return "", "", &alibabaError{code: "UnsupportedOperation", message: "Keys of the spec " + spec + " need a DKMSInstanceId."}
	case level != "SOFTWARE":
		return "", "", alibabaFault("Unsupported.ProtectionLevel")
	}
	return "", level, nil
}

// owned is how many keys count against the quota.
func (a *AlibabaKMS) owned() (n int) {
	for _, k := range a.keys {
		if !k.service {
			n++
		}
	}
	return n
}

func alibabaKMSDescribes(text string) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= alibabaKMSMaxDescription
}

func (a *AlibabaKMS) describeKey(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	k, err := a.find(c, "KeyId")
	if err != nil {
		return nil, err
	}
	return alibabaReply{"KeyMetadata": k.metadata()}, nil
}

// metadata is what the vendor tells of a key.
func (k *alibabaKMSKey) metadata() alibabaReply {
	reply := alibabaReply{
		"KeyId": k.id, "Arn": k.arn(), "KeyState": k.state(), "KeySpec": k.spec, "KeyUsage": k.usage, "Origin": k.origin,
		"ProtectionLevel": k.level, "Creator": k.creator, "CreationDate": alibabaKMSDate(k.created), "Description": k.description,
		"DeleteDate": alibabaKMSDate(k.deletion), "MaterialExpireTime": alibabaKMSDate(k.expires), "AutomaticRotation": "Disabled",
		"DeletionProtection": "Disabled",
	}
	if k.protected {
		reply["DeletionProtection"], reply["DeletionProtectionDescription"] = "Enabled", k.protectionReason
	}
	if k.instance != "" {
		reply["DKMSInstanceId"] = k.instance
	}
	// Versions of an asymmetric key stand side by side: none is the primary one.
	if k.what().symmetric() && !k.empty() {
		reply["PrimaryKeyVersion"], reply["LastRotationDate"] = k.last().id, alibabaKMSDate(k.rotated)
	}
	if k.interval == 0 {
		return reply
	}
	reply["AutomaticRotation"] = "Enabled"
	reply["RotationInterval"] = strconv.FormatInt(int64(k.interval/time.Second), 10) + "s"
	if k.state() == "Enabled" {
		reply["NextRotationDate"] = alibabaKMSDate(k.next)
	} else {
		reply["AutomaticRotation"] = "Suspended"
	}
	return reply
}

// alibabaKMSDate writes a time, empty for none.
func alibabaKMSDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(alibabaTime)
}

func (a *AlibabaKMS) listKeys(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	wanted, err := c.filters()
	if err != nil {
		return nil, err
	}
	// The order is not documented.
	keys := slices.SortedFunc(maps.Values(a.keys), func(x, y *alibabaKMSKey) int { return cmp.Compare(x.serial, y.serial) })
	keys = slices.DeleteFunc(keys, func(k *alibabaKMSKey) bool { return !a.matches(k, wanted) })
	reply := alibabaReply{}
	from, to, err := c.page(reply, len(keys), 1)
	if err != nil {
		return nil, err
	}
	list := []alibabaReply{}
	for _, k := range keys[from:to] {
		list = append(list, alibabaReply{"KeyId": k.id, "KeyArn": k.arn()})
	}
	reply["Keys"] = alibabaReply{"Key": list}
	return reply, nil
}

// matches reports whether a key has one of the values that are wanted of each property.
func (a *AlibabaKMS) matches(k *alibabaKMSKey, wanted map[string][]string) bool {
	for property, values := range wanted {
		if !slices.ContainsFunc(a.property(k, property), func(has string) bool { return slices.Contains(values, has) }) {
			return false
		}
	}
	return true
}

func (a *AlibabaKMS) property(k *alibabaKMSKey, name string) []string {
	switch name {
	case "KeyState":
		return []string{k.state()}
	case "KeySpec":
		return []string{k.spec}
	case "KeyUsage":
		return []string{k.usage}
	case "ProtectionLevel":
		return []string{k.level}
	case "DKMSInstanceId":
		return []string{k.instance}
	case "keyId":
		return []string{k.id}
	case "Creator":
		return []string{k.creator}
	case "AliasName":
		return a.aliasesOf(k)
	case "TagKey":
		return slices.Collect(maps.Keys(k.tags))
	case "TagValue":
		return slices.Collect(maps.Values(k.tags))
	}
	if k.service { // CreatorType
		return []string{"Service"}
	}
	return []string{"User"}
}
