package emulator

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Usages of keys. Each says what the key is, too.
const (
	tencentKMSEncrypt    = "ENCRYPT_DECRYPT"
	tencentKMSDecryptRSA = "ASYMMETRIC_DECRYPT_RSA_2048"
	tencentKMSDecryptSM2 = "ASYMMETRIC_DECRYPT_SM2"
	tencentKMSSignRSA    = "ASYMMETRIC_SIGN_VERIFY_RSA_2048"
	tencentKMSSignSM2    = "ASYMMETRIC_SIGN_VERIFY_SM2"
	tencentKMSSignECC    = "ASYMMETRIC_SIGN_VERIFY_ECC"
	tencentKMSSignP384   = "ASYMMETRIC_SIGN_VERIFY_ECDSA384"
)

// States of keys.
const (
	tencentKMSEnabled  = "Enabled"
	tencentKMSDisabled = "Disabled"
	tencentKMSDeleting = "PendingDelete"
	tencentKMSImports  = "PendingImport"
	tencentKMSArchived = "Archived"
)

// Codes that several actions answer with.
const (
	tencentKMSBadParameter = "InvalidParameter"
	tencentKMSBadUsage     = "InvalidParameterValue.InvalidKeyUsage"
	tencentKMSNotFound     = "ResourceUnavailable.CmkNotFound"
	tencentKMSBadState     = "ResourceUnavailable.CmkStateNotSupport"
)

const (
	tencentKMSUser    = "user"
	tencentKMSProduct = "cbs"
	tencentKMSUin     = int64(100000000001) // of the account
)

// tencentKMSRegion is what a region holds.
type tencentKMSRegion struct {
	guomi bool
	keys  map[string]*tencentKMSKey
	// marks are the first parts of the ciphertexts, which outlive their keys.
	marks map[string]tencentKMSMark
	born  int // keys so far
	rsa   *rsaKeys
}

// tencentKMSMark tells which version of which key a ciphertext is of.
type tencentKMSMark struct {
	keyID   string
	version int
}

// tencentKMSKey is a key, the product's CMK.
type tencentKMSKey struct {
	id, alias, description, usage, owner, state string
	external                                    bool
	number                                      int // in the order of creation
	created                                     time.Time
	deletes                                     time.Time // when it is PendingDelete
	tags                                        map[string]string
	bound                                       map[tencentKMSResource]bool

	rotates bool
	days    int64
	next    time.Time // rotation, where rotates
	last    time.Time // rotation, zero before the first
	asked   time.Time // RotateKey, zero before the first
	turns   time.Time // when what RotateKey began is done, zero if nothing is under way

	versions []tencentKMSSecret // symmetric, none before the first import
	pair     *tencentKMSPair    // asymmetric
	imported []byte             // the fingerprint of the material, kept when it is gone
	validTo  int64              // of the material, 0 for ever
	tokens   map[string]tencentKMSToken
}

// tencentKMSResource is a cloud product's that uses a key.
type tencentKMSResource struct{ product, resource string }

// newTencentKMSRegion returns a region with a key of a cloud product's.
func newTencentKMSRegion(guomi bool, rsa *rsaKeys, now time.Time) *tencentKMSRegion {
	r := &tencentKMSRegion{guomi: guomi, rsa: rsa, keys: map[string]*tencentKMSKey{}, marks: map[string]tencentKMSMark{}}
	key := r.add("kms-"+tencentKMSProduct, tencentKMSEncrypt, false, now)
	key.owner = tencentKMSProduct
	return r
}

// add makes a key.
func (r *tencentKMSRegion) add(alias, usage string, external bool, now time.Time) *tencentKMSKey {
	r.born++
	key := &tencentKMSKey{
		id: tencentKMSID(), alias: alias, usage: usage, owner: tencentKMSUser, state: tencentKMSEnabled, external: external, number: r.born,
		created: now, days: tencentKMSMaxRotation, bound: map[tencentKMSResource]bool{}, tokens: map[string]tencentKMSToken{},
	}
	switch {
	case external:
		key.state = tencentKMSImports
	case usage == tencentKMSEncrypt:
		r.turn(key)
	default:
		key.pair = &tencentKMSPair{usage: usage, keys: r.rsa}
	}
	r.keys[key.id] = key
	return key
}

// tencentKMSBytes returns n random bytes.
func tencentKMSBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // which does not fail
	return b
}

// tencentKMSID returns the id of a key or a task.
func tencentKMSID() string {
	b := tencentKMSBytes(16)
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// isTencentKMSID reports whether a text has the form of a key id.
func isTencentKMSID(id string) bool {
	parts := strings.Split(id, "-")
	if len(parts) != 5 {
		return false
	}
	for i, n := range []int{8, 4, 4, 4, 12} {
		if len(parts[i]) != n || strings.Trim(parts[i], "0123456789abcdefABCDEF") != "" {
			return false
		}
	}
	return true
}

// find returns a key.
func (r *tencentKMSRegion) find(id string) (*tencentKMSKey, *tencentError) {
	if !isTencentKMSID(id) {
		return nil, tencentFails("InvalidParameterValue.InvalidKeyId", "%q is not the id of a key", id)
	}
	key := r.keys[id]
	if key == nil {
		return nil, tencentFails(tencentKMSNotFound, "there is no key %q", id)
	}
	return key, nil
}

// only returns the key of a request that has no other parameter.
func (r *tencentKMSRegion) only(f *tencentFields) (*tencentKMSKey, *tencentError) {
	id := f.text("KeyId")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	return r.find(id)
}

// own returns a key that the program may change.
func (r *tencentKMSRegion) own(id string) (*tencentKMSKey, *tencentError) {
	key, failure := r.find(id)
	if failure == nil && key.owner != tencentKMSUser {
		return nil, tencentFails("UnsupportedOperation.NotUserCreatedCmk", "the key belongs to the product %s", key.owner)
	}
	return key, failure
}

// mine returns the key of a request to change it that has no other parameter.
func (r *tencentKMSRegion) mine(f *tencentFields) (*tencentKMSKey, *tencentError) {
	key, failure := r.only(f)
	if failure != nil {
		return nil, failure
	}
	return r.own(key.id)
}

// in fails unless the key is in one of the states.
func (k *tencentKMSKey) in(states ...string) *tencentError {
	if !slices.Contains(states, k.state) {
		return tencentFails(tencentKMSBadState, "the key is in the state %s", k.state)
	}
	return nil
}

// unbound fails if a cloud product uses the key.
func (k *tencentKMSKey) unbound() *tencentError {
	if len(k.bound) > 0 {
		return tencentFails("FailedOperation.CmkUsedByCloudProduct", "%d resources of cloud products use the key", len(k.bound))
	}
	return nil
}

// tencentKMSAlgorithm is a usage and what ListAlgorithms calls its algorithm.
type tencentKMSAlgorithm struct{ KeyUsage, Algorithm string }

// algorithms returns the keys that a region may have: tencentcloud.com, KMS API, ListAlgorithms. The sample is that of
// a region with SM4; the name of the algorithm of P-384 keys is not in the pages.
func (t *TencentKMS) algorithms(r *tencentKMSRegion) (symmetric, decrypt, sign []tencentKMSAlgorithm) {
	symmetric = []tencentKMSAlgorithm{{tencentKMSEncrypt, "AES_256"}}
	if r.guomi {
		symmetric[0].Algorithm = "SM4"
	}
	if r.guomi || t.settings.AllUsages {
		decrypt = append(decrypt, tencentKMSAlgorithm{tencentKMSDecryptSM2, "SM2"})
		sign = append(sign, tencentKMSAlgorithm{tencentKMSSignSM2, "SM2"})
	}
	decrypt = append(decrypt, tencentKMSAlgorithm{tencentKMSDecryptRSA, "RSA_2048"})
	if !r.guomi || t.settings.AllUsages {
		sign = append(sign, tencentKMSAlgorithm{tencentKMSSignRSA, "RSA_2048"},
			tencentKMSAlgorithm{tencentKMSSignECC, "ECC_P256_R1"}, tencentKMSAlgorithm{tencentKMSSignP384, "ECDSA384"})
	}
	return symmetric, decrypt, sign
}

// checkUsage verifies the usage of a new key.
func (t *TencentKMS) checkUsage(r *tencentKMSRegion, usage string) *tencentError {
	known := []string{
		tencentKMSEncrypt, tencentKMSDecryptRSA, tencentKMSDecryptSM2, tencentKMSSignRSA, tencentKMSSignSM2, tencentKMSSignECC, tencentKMSSignP384,
	}
	if !slices.Contains(known, usage) {
		return tencentFails(tencentKMSBadUsage, "there is no key usage %q", usage)
	}
	symmetric, decrypt, sign := t.algorithms(r)
	if !slices.ContainsFunc(slices.Concat(symmetric, decrypt, sign), func(a tencentKMSAlgorithm) bool { return a.KeyUsage == usage }) {
		return tencentFails("UnsupportedOperation.UnsupportedKeyUsageInCurrentRegion", "the region has no keys of usage %s", usage)
	}
	return nil
}

// checkAlias verifies an alias for a key, which may have it already. Whether aliases are unique in the account or in
// the region is not in the pages; here it is the region.
func (r *tencentKMSRegion) checkAlias(alias, keyID string) *tencentError {
	if alias == "" || len(alias) > tencentKMSAlias || !tencentPlain(alias, "-_") || alias[0] == '-' || alias[0] == '_' || strings.HasPrefix(alias, "kms-") {
		return tencentFails("InvalidParameterValue.InvalidAlias",
			"Alias has to have 1 to %d letters, digits, - and _, to begin with a letter or a digit, and not with kms-", tencentKMSAlias)
	}
	for id, key := range r.keys {
		if key.alias == alias && id != keyID {
			return tencentFails("InvalidParameterValue.AliasAlreadyExists", "there is a key with the alias %q already", alias)
		}
	}
	return nil
}

func checkTencentKMSDescription(description string) *tencentError {
	if len(description) > tencentKMSDescription {
		return tencentFails(tencentKMSBadParameter, "Description is longer than %d bytes", tencentKMSDescription)
	}
	return nil
}

// checkTencentKMSCluster takes a cluster id, and returns what is wrong with it. There are no clusters here.
func checkTencentKMSCluster(f *tencentFields) (failed func() *tencentError) {
	id, _ := f.optionalText("HsmClusterId")
	return func() *tencentError {
		if id != "" {
			return tencentFails("InvalidParameterValue.InvalidHsmClusterId", "there is no cluster %q", id)
		}
		return nil
	}
}

// takeTags reads the tags of a request.
func (t *TencentKMS) takeTags(f *tencentFields) (map[string]string, *tencentError) {
	tags := map[string]string{}
	for _, object := range f.objects("Tags") {
		name, value := object.text("TagKey"), object.text("TagValue")
		if failure := object.end(); failure != nil {
			return nil, failure
		}
		if _, twice := tags[name]; twice {
			return nil, tencentFails("InvalidParameterValue.TagKeysDuplicated", "the tag %q occurs more than once", name)
		}
		if name == "" || t.settings.KnownTags != nil && !slices.Contains(t.settings.KnownTags[name], value) {
			return nil, tencentFails("InvalidParameterValue.TagsNotExisted", "there is no tag %q with that value", name)
		}
		tags[name] = value
	}
	return tags, nil
}

// createKey: tencentcloud.com, KMS API, CreateKey. The sample says Success of tags where the request had none.
func (t *TencentKMS) createKey(r *tencentKMSRegion, f *tencentFields, now time.Time) (tencentResult, *tencentError) {
	alias := f.text("Alias")
	description, _ := f.optionalText("Description")
	usage, hasUsage := f.optionalText("KeyUsage")
	kind, hasKind := f.integer("Type")
	cluster := checkTencentKMSCluster(f)
	tags, wrongTags := t.takeTags(f)
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	if !hasUsage {
		usage = tencentKMSEncrypt
	}
	if hasKind && kind != 1 && kind != 2 || kind == 2 && usage != tencentKMSEncrypt {
		return nil, tencentFails("InvalidParameterValue.InvalidType", "Type has to be 1, or 2 for a symmetric key to import")
	}
	for _, failure := range []*tencentError{
		t.checkUsage(r, usage), checkTencentKMSDescription(description), cluster(), wrongTags, r.checkAlias(alias, ""),
	} {
		if failure != nil {
			return nil, failure
		}
	}
	if r.count() >= t.settings.KeyLimit {
		return nil, tencentFails("LimitExceeded.CmkLimitExceeded", "the region has %d keys already", t.settings.KeyLimit)
	}
	key := r.add(alias, usage, kind == 2, now)
	key.description = description
	code, text := 0, "Success"
	if len(tags) > 0 && t.tagCode != 0 {
		code, text = t.tagCode, t.tagText
	} else {
		key.tags = tags
	}
	return tencentResult{
		"KeyId": key.id, "Alias": alias, "CreateTime": now.Unix(), "Description": description, "KeyState": key.state, "KeyUsage": usage,
		"TagCode": code, "TagMsg": text, "HsmClusterId": "",
	}, nil
}

// count returns how many keys programs have.
func (r *tencentKMSRegion) count() (n int) {
	for key := range maps.Values(r.keys) {
		if key.owner == tencentKMSUser {
			n++
		}
	}
	return n
}

// updateAlias: tencentcloud.com, KMS API, UpdateAlias.
func (t *TencentKMS) updateAlias(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	id, alias := f.text("KeyId"), f.text("Alias")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	key, failure := r.alterable(id)
	if failure != nil {
		return nil, failure
	}
	if failure := r.checkAlias(alias, id); failure != nil {
		return nil, failure
	}
	key.alias = alias
	return nil, nil
}

// updateDescription: tencentcloud.com, KMS API, UpdateKeyDescription.
func (t *TencentKMS) updateDescription(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	id, description := f.text("KeyId"), f.text("Description")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	key, failure := r.alterable(id)
	if failure != nil {
		return nil, failure
	}
	if failure := checkTencentKMSDescription(description); failure != nil {
		return nil, failure
	}
	key.description = description
	return nil, nil
}

// alterable returns a key whose alias and description may be changed. The code for one that is about to be deleted is
// not in the lists of the two actions.
func (r *tencentKMSRegion) alterable(id string) (*tencentKMSKey, *tencentError) {
	key, failure := r.own(id)
	if failure == nil {
		failure = key.in(tencentKMSEnabled, tencentKMSDisabled, tencentKMSImports, tencentKMSArchived)
	}
	return key, failure
}
