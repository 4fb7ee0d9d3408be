package emulator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of the service: support.huaweicloud.com, DEW API Reference.
const (
	huaweiKeyLimit    = 20 // the example of user-quotas
	huaweiPage        = 10
	huaweiMaxPage     = 1000
	huaweiAlias255    = 255
	huaweiDescription = 255
	huaweiMinPending  = 7
	huaweiMaxPending  = 1096
	huaweiDay         = 24 * time.Hour
)

// The states of a key on the wire.
const (
	huaweiEnabled  = "2"
	huaweiDisabled = "3"
	huaweiPending  = "4"
	huaweiAwaiting = "5" // of key material
)

// The uses of a key. The name of the last is that of Open Telekom Cloud, which sells the same service.
const (
	huaweiEncrypts = "ENCRYPT_DECRYPT"
	huaweiSigns    = "SIGN_VERIFY"
	huaweiMACs     = "GENERATE_VERIFY_MAC"
)

// huaweiKey is a key and all that is known of it.
type huaweiKey struct {
	number                                               int // the order of creation
	id, alias, description, spec, usage, origin, project string
	state                                                string
	owned                                                bool // by a service of the vendor's
	created                                              time.Time
	deletion                                             time.Time // zero: not scheduled
	expires                                              time.Time // of imported material; zero: never
	versions                                             []huaweiMaterial
	first                                                string // the digest of the material first imported
	rotation                                             huaweiRotation
	tags                                                 []huaweiTag
}

// addKey gives a key its id and time and keeps it.
func (h *HuaweiKMS) addKey(k *huaweiKey, now time.Time) {
	k.number, k.created = h.created, now
	k.id = fmt.Sprintf("0d000000-0000-4000-8000-%012x", h.created)
	h.created++
	h.keys[k.id] = k
}

// settle does what the clock has brought about: keys go, material expires, keys rotate.
func (h *HuaweiKMS) settle(now time.Time) {
	for _, k := range h.keys {
		if !k.deletion.IsZero() && !now.Before(k.deletion) {
			h.forget(k)
			continue
		}
		if !k.expires.IsZero() && !now.Before(k.expires) {
			k.dropMaterial()
		}
		k.rotateUntil(now)
	}
}

// forget removes a key for good.
func (h *HuaweiKMS) forget(k *huaweiKey) {
	delete(h.keys, k.id)
	for name, a := range h.aliases {
		if a.key == k {
			delete(h.aliases, name)
		}
	}
}

// dropMaterial removes imported material. A key that is pending deletion stays so.
func (k *huaweiKey) dropMaterial() {
	k.versions, k.expires = nil, time.Time{}
	if k.state != huaweiPending {
		k.state = huaweiAwaiting
	}
}

// named finds the key of an operation that manages it.
func (h *HuaweiKMS) named(c *huaweiCall) (*huaweiKey, *huaweiError) {
	id := c.fields.text("key_id")
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	return h.byID(id)
}

// byID finds a key.
func (h *HuaweiKMS) byID(id string) (*huaweiKey, *huaweiError) {
	if !huaweiIsID(id) {
		return nil, huaweiFails("KMS.0205", "the key id is not of the form 8-4-4-4-12 with 0-9 and a-z")
	}
	k := h.keys[id]
	if k == nil {
		return nil, huaweiFails("KMS.0207", "there is no such key")
	}
	return k, nil
}

// usable finds the key of an operation that uses it, and checks that it may be used so. That keys of services are off
// limits for this too, and that a key without its material counts as disabled, are the stricter readings.
func (h *HuaweiKMS) usable(id, usage string) (*huaweiKey, *huaweiError) {
	if h.settings.AliasAsKeyID && !huaweiIsID(id) {
		name := strings.TrimPrefix(id, "kms:"+HuaweiRegion+":"+HuaweiDomainID+":alias:")
		for _, candidate := range []string{name, strings.TrimPrefix(name, "alias/"), "alias/" + name} {
			if a := h.aliases[candidate]; a != nil {
				id = a.key.id
				break
			}
		}
	}
	k, failure := h.byID(id)
	if failure != nil {
		return nil, failure
	}
	switch {
	case k.owned:
		return nil, huaweiFails("KMS.0211", "a service owns the key")
	case k.state == huaweiPending:
		return nil, huaweiFails("KMS.0210", "the key is pending deletion")
	case k.state != huaweiEnabled:
		return nil, huaweiFails("KMS.0209", "the key is not enabled")
	case k.usage != usage:
		return nil, huaweiFails("KMS.0308", "the key is for %s", k.usage)
	}
	return k, nil
}

// changeable finds a key to change, which is neither a service's nor pending deletion.
func (h *HuaweiKMS) changeable(id string) (*huaweiKey, *huaweiError) {
	k, failure := h.byID(id)
	switch {
	case failure != nil:
		return nil, failure
	case k.owned:
		return nil, huaweiFails("KMS.0211", "a service owns the key")
	case k.state == huaweiPending:
		return nil, huaweiFails("KMS.0210", "the key is pending deletion")
	}
	return k, nil
}

// huaweiIsID reports whether a text has the form of a key id.
func huaweiIsID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		letter := '0' <= text[i] && text[i] <= '9' || 'a' <= text[i] && text[i] <= 'z'
		if dash != (text[i] == '-') || !dash && !letter {
			return false
		}
	}
	return true
}

// checkAlias checks a key_alias, or an alias, and that it is not the name of another key's.
func (h *HuaweiKMS) checkAlias(alias string, of *huaweiKey) *huaweiError {
	if !huaweiIsAlias(alias) || strings.HasSuffix(alias, "/default") {
		return huaweiFails("KMS.1101", "key_alias has 1 to 255 of a-z, A-Z, 0-9 and :/_- and does not end with /default")
	}
	for _, k := range h.keys {
		if k != of && k.alias == alias {
			return huaweiFails("KMS.1104", "another key has this alias")
		}
	}
	return nil
}

// huaweiIsAlias reports whether a text is of the characters of an alias.
func huaweiIsAlias(text string) bool {
	other := func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && !strings.ContainsRune(":/_-", c)
	}
	return text != "" && len(text) <= huaweiAlias255 && !strings.ContainsFunc(text, other)
}

func (h *HuaweiKMS) createKey(c *huaweiCall) (any, *huaweiError) {
	k := &huaweiKey{
		alias:  c.fields.text("key_alias"),
		spec:   c.fields.choice("key_spec", "AES_256", huaweiSpecs()...),
		usage:  c.fields.choice("key_usage", "", huaweiEncrypts, huaweiSigns, huaweiMACs),
		origin: c.fields.choice("origin", "kms", "kms", "external"),
		state:  huaweiEnabled,
	}
	k.description, _ = c.fields.optional("key_description")
	var given bool
	if k.project, given = c.fields.optional("enterprise_project_id"); !given {
		k.project = "0"
	}
	c.fields.choice("keystore_id", "0", "0")
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	if failure := h.checkAlias(k.alias, nil); failure != nil {
		return nil, failure
	}
	uses := huaweiUses(k.spec)
	if k.usage == "" {
		k.usage = uses[0]
	}
	switch {
	case !slices.Contains(uses, k.usage):
		return nil, huaweiFails("KMS.0308", "a key of %s is not for %s", k.spec, k.usage)
	case utf8.RuneCountInString(k.description) > huaweiDescription:
		return nil, huaweiFails("KMS.1103", "key_description is longer than %d characters", huaweiDescription)
	case k.project != "0" && !huaweiIsID(k.project):
		return nil, huaweiFails("KMS.0308", "enterprise_project_id is neither 0 nor an id")
	case k.origin == "external" && !huaweiSymmetric(k.spec):
		return nil, huaweiFails("KMS.0308", "the emulator imports material of AES_256 and SM4 only")
	case h.ownKeys() >= h.settings.KeyLimit:
		return nil, huaweiFails("KMS.1105", "the account has %d keys, which is all it may have", h.settings.KeyLimit)
	}
	if k.origin == "external" {
		k.state = huaweiAwaiting
	}
	h.addKey(k, c.now)
	return huaweiReply{"key_info": huaweiReply{"key_id": k.id, "domain_id": HuaweiDomainID, "region_id": HuaweiRegion}}, nil
}

func (h *HuaweiKMS) describeKey(c *huaweiCall) (any, *huaweiError) {
	k, failure := h.named(c)
	if failure != nil {
		return nil, failure
	}
	return huaweiReply{"key_info": h.details(k)}, nil
}

// enableKey and disableKey have one code for every state but the one they start from, as the vendor's pages do.
func (h *HuaweiKMS) enableKey(c *huaweiCall) (any, *huaweiError) {
	return h.turn(c, huaweiDisabled, huaweiEnabled, "KMS.1201")
}

func (h *HuaweiKMS) disableKey(c *huaweiCall) (any, *huaweiError) {
	return h.turn(c, huaweiEnabled, huaweiDisabled, "KMS.1301")
}

func (h *HuaweiKMS) turn(c *huaweiCall, from, to, code string) (any, *huaweiError) {
	k, failure := h.named(c)
	switch {
	case failure != nil:
		return nil, failure
	case k.owned:
		return nil, huaweiFails("KMS.0211", "a service owns the key")
	case k.state != from:
		return nil, huaweiFails(code, "the key is in state %s, not %s", k.state, from)
	}
	k.state = to
	k.rotateUntil(c.now)
	return huaweiReply{"key_info": huaweiReply{"key_id": k.id, "key_state": k.state}}, nil
}

func (h *HuaweiKMS) scheduleDeletion(c *huaweiCall) (any, *huaweiError) {
	days := c.fields.text("pending_days")
	k, failure := h.named(c)
	if failure != nil {
		return nil, failure
	}
	n, ok := huaweiNumber(days)
	switch {
	case !ok || n < huaweiMinPending || n > huaweiMaxPending:
		return nil, huaweiFails("KMS.1401", "pending_days is not a string with a number from %d to %d", huaweiMinPending, huaweiMaxPending)
	case k.owned:
		return nil, huaweiFails("KMS.0211", "a service owns the key")
	case k.state == huaweiPending:
		return nil, huaweiFails("KMS.1402", "the key is pending deletion already")
	}
	k.state, k.deletion = huaweiPending, c.now.Add(time.Duration(n)*huaweiDay)
	return huaweiReply{"key_id": k.id, "key_state": k.state}, nil
}

// cancelDeletion leaves a key disabled, as the vendor's example shows, or waiting for material where it has none.
func (h *HuaweiKMS) cancelDeletion(c *huaweiCall) (any, *huaweiError) {
	k, failure := h.named(c)
	switch {
	case failure != nil:
		return nil, failure
	case k.state != huaweiPending:
		return nil, huaweiFails("KMS.1501", "the key is not pending deletion")
	}
	k.state, k.deletion = huaweiDisabled, time.Time{}
	if k.origin == "external" && len(k.versions) == 0 {
		k.state = huaweiAwaiting
	}
	return huaweiReply{"key_id": k.id, "key_state": k.state}, nil
}

func (h *HuaweiKMS) updateAlias(c *huaweiCall) (any, *huaweiError) {
	id, alias := c.fields.text("key_id"), c.fields.text("key_alias")
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	k, failure := h.changeable(id)
	if failure == nil {
		failure = h.checkAlias(alias, k)
	}
	if failure != nil {
		return nil, failure
	}
	k.alias = alias
	return huaweiReply{"key_info": huaweiReply{"key_id": k.id, "key_alias": k.alias}}, nil
}

func (h *HuaweiKMS) updateDescription(c *huaweiCall) (any, *huaweiError) {
	id, description := c.fields.text("key_id"), c.fields.text("key_description")
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	k, failure := h.changeable(id)
	if failure != nil {
		return nil, failure
	}
	if utf8.RuneCountInString(description) > huaweiDescription {
		return nil, huaweiFails("KMS.1103", "key_description is longer than %d characters", huaweiDescription)
	}
	k.description = description
	return huaweiReply{"key_info": huaweiReply{"key_id": k.id, "key_description": k.description}}, nil
}

// date writes a time as the API does, empty where there is none.
func (h *HuaweiKMS) date(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case h.settings.Seconds:
		return strconv.FormatInt(t.Unix(), 10)
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}
