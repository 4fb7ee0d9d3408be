package tencent

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	sdk "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/kms/v20190118"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// The bodies of requests, and what is listed in replies, are those of the vendor's package, but for what its version does
// not have yet. A reply is a struct of this package that embeds a head, so that it is decoded once.

// keyRequest is of the actions that need to know nothing but the key.
type keyRequest struct {
	KeyID string `json:"KeyId"`
}

// metadata describes a key; the vendor's package knows the last fields from version 1.3 on.
type metadata struct {
	sdk.KeyMetadata
	RotateDays     *uint64
	LastRotateTime *uint64
}

type description struct {
	head
	KeyMetadata *metadata
}

type keyList struct {
	head
	TotalCount   *uint64
	KeyMetadatas array[*metadata]
}

// symmetricUsage is the KeyUsage of symmetric keys; whether those are AES or SM4 ones is the region's.
const symmetricUsage = "ENCRYPT_DECRYPT"

// keyUsage is a value of KeyUsage, which says spec and usage in one.
type keyUsage struct {
	name  string
	spec  driver.Spec
	usage driver.Usage
}

// keyUsages are those of page CreateKey.
var keyUsages = []keyUsage{
	{symmetricUsage, driver.AES256, driver.EncryptDecrypt},
	{symmetricUsage, driver.SM4, driver.EncryptDecrypt},
	{"ASYMMETRIC_DECRYPT_RSA_2048", driver.RSA2048, driver.EncryptDecrypt},
	{"ASYMMETRIC_DECRYPT_SM2", driver.SM2, driver.EncryptDecrypt},
	{"ASYMMETRIC_SIGN_VERIFY_RSA_2048", driver.RSA2048, driver.SignVerify},
	{"ASYMMETRIC_SIGN_VERIFY_SM2", driver.SM2, driver.SignVerify},
	{"ASYMMETRIC_SIGN_VERIFY_ECC", driver.ECP256, driver.SignVerify},
	{"ASYMMETRIC_SIGN_VERIFY_ECDSA384", driver.ECP384, driver.SignVerify},
}

// specOf returns what a KeyUsage says. Of symmetric keys the type of the key tells the spec: 2 is FIPS 140-2 and 4 guomi
// (page "Data Types"). What is not known is kept in the vendor's word.
func specOf(name string, keyType *int64) (driver.Spec, driver.Usage) {
	i := slices.IndexFunc(keyUsages, func(u keyUsage) bool { return u.name == name })
	switch {
	case i < 0:
		return driver.Spec(name), driver.Usage(name)
	case name != symmetricUsage:
		return keyUsages[i].spec, keyUsages[i].usage
	case keyType != nil && *keyType == 2:
		return driver.AES256, driver.EncryptDecrypt
	case keyType != nil && *keyType == 4:
		return driver.SM4, driver.EncryptDecrypt
	}
	return driver.Spec(name), driver.EncryptDecrypt
}

// symmetricSpec reads the name that ListAlgorithms gives to an algorithm of symmetric keys. Only SM4 is on its page; the
// vendor has no other AES than AES-256 for these keys.
func symmetricSpec(algorithm string) driver.Spec {
	switch {
	case strings.HasPrefix(algorithm, "AES"):
		return driver.AES256
	case strings.HasPrefix(algorithm, "SM4"):
		return driver.SM4
	}
	return driver.Spec(algorithm)
}

// optionHSMCluster is the option of a new key that puts it into an HSM cluster of an exclusive instance.
const optionHSMCluster = "hsm_cluster_id"

// externalType is the Type of keys whose material is imported (page CreateKey). It is not the type that keys have later.
const externalType = 2

func encodeCreate(r *driver.CreateKeyRequest) (*sdk.CreateKeyRequestParams, error) {
	body := &sdk.CreateKeyRequestParams{Alias: &r.Name, Description: given(r.Description)}
	for _, u := range keyUsages {
		if u.spec == r.Spec && u.usage == r.Usage {
			body.KeyUsage = &u.name
		}
	}
	if body.KeyUsage == nil {
		return nil, errs.Refuse(errs.Unsupported, "this provider makes no keys of the spec %q for the usage %q", string(r.Spec), string(r.Usage))
	}
	if r.Origin == driver.External {
		body.Type = new(uint64(externalType))
	}
	for _, t := range r.Tags {
		if err := checkText("tag", t.Key, t.Value); err != nil {
			return nil, err
		}
		body.Tags = append(body.Tags, &sdk.Tag{TagKey: new(t.Key), TagValue: new(t.Value)})
	}
	for name, value := range r.Options {
		if name != optionHSMCluster {
			return nil, errs.Refuse(errs.InvalidArgument, "this provider has no option %q for new keys; it has %s", name, optionHSMCluster)
		}
		if err := checkText(optionHSMCluster, value); err != nil {
			return nil, err
		}
		body.HsmClusterId = given(value)
	}
	return body, cmp.Or(checkText("key name", r.Name), checkText("description", r.Description))
}

// given returns nil for a text that is not sent when it is empty.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// maxKeys is how many keys one page has at most (page ListKeyDetail).
const maxKeys = 200

// The values of Role: whose keys are listed.
const (
	roleUser    = 0
	roleProduct = 1
)

// listing is where a listing stands. Keys of the vendor's products come behind those of the account.
type listing struct {
	role, offset uint64
}

func decodeCursor(cursor string) (listing, error) {
	if cursor == "" {
		return listing{}, nil
	}
	role, offset, found := strings.Cut(cursor, ".")
	r, errRole := strconv.ParseUint(role, 10, 1)
	o, errOffset := strconv.ParseUint(offset, 10, 62)
	if !found || errRole != nil || errOffset != nil {
		return listing{}, errs.Refuse(errs.InvalidArgument, "the cursor is not one that a listing returned")
	}
	return listing{r, o}, nil
}

func (l listing) cursor() string {
	return strconv.FormatUint(l.role, 10) + "." + strconv.FormatUint(l.offset, 10)
}

// request asks for a page of keys of all usages, states and origins, the oldest first, so that one made meanwhile moves
// no other. A name shortens the listing to the keys that have it in their name or id.
func (l listing) request(name string) *sdk.ListKeyDetailRequestParams {
	return &sdk.ListKeyDetailRequestParams{
		Offset: &l.offset, Limit: new(uint64(maxKeys)), Role: &l.role, OrderType: new(uint64(1)), KeyState: new(uint64(0)),
		SearchKeyAlias: given(name), Origin: new("ALL"), KeyUsage: new("ALL"),
	}
}

// page returns the keys of a page, with the cursor of the next.
func (k *keyList) page(region string, l listing, serviceOwned bool) (_ *driver.ListKeysResponse, fault string) {
	if !k.KeyMetadatas.given || k.TotalCount == nil {
		return nil, "lacks KeyMetadatas or TotalCount, or has them in another form"
	}
	page := &driver.ListKeysResponse{}
	for _, m := range k.KeyMetadatas.items {
		info, fault := m.info(region, l.role)
		if fault != "" {
			return nil, fault
		}
		page.Keys = append(page.Keys, info)
	}
	n := uint64(len(page.Keys))
	switch {
	case l.offset+n < *k.TotalCount && n == 0:
		return nil, "lists no keys but counts more"
	case l.offset+n < *k.TotalCount:
		page.Cursor = listing{l.role, l.offset + n}.cursor()
	case serviceOwned && l.role == roleUser:
		page.Cursor = listing{role: roleProduct}.cursor()
	}
	return page, ""
}

// info describes a key that is listed in that role.
func (m *metadata) info(region string, role uint64) (_ driver.KeyInfo, fault string) {
	if m == nil || text(m.KeyId) == "" || text(m.KeyUsage) == "" || text(m.KeyState) == "" {
		return driver.KeyInfo{}, "lacks the KeyId, KeyUsage or KeyState of a key"
	}
	if !areTimes(m.CreateTime, m.DeletionDate, m.ValidTo) {
		return driver.KeyInfo{}, "has a time of a key that is none"
	}
	info := driver.KeyInfo{
		ID: *m.KeyId, Name: text(m.Alias), Description: text(m.Description),
		State: stateOf(*m.KeyState), Origin: originOf(text(m.Origin)),
		CreatedAt: unixTime(m.CreateTime), DeletionAt: unixTime(m.DeletionDate),
		RotationEnabled: m.KeyRotationEnabled != nil && *m.KeyRotationEnabled,
		ServiceOwned:    role == roleProduct,
		Vendor:          map[string]string{},
	}
	info.Spec, info.Usage = specOf(*m.KeyUsage, m.Type)
	if m.Owner != nil {
		info.ServiceOwned = *m.Owner != "user"
	}
	if info.Origin == driver.External {
		info.MaterialExpiresAt = unixTime(m.ValidTo)
	}
	if m.ResourceId != nil && *m.ResourceId != "" { // page 598/57129; without the account's number it means this account
		info.Resource = "qcs::kms:" + region + ":uin/:key/" + *m.ResourceId
	}
	for name, word := range map[string]string{
		"KeyUsage": *m.KeyUsage, "KeyState": *m.KeyState, "Origin": text(m.Origin), "Owner": text(m.Owner),
		"Type": number(m.Type), "CreatorUin": number(m.CreatorUin), "HsmClusterId": text(m.HsmClusterId),
	} {
		if word != "" {
			info.Vendor[name] = word
		}
	}
	return info, ""
}

// maxPeriod is far beyond any period of rotation, in days.
const maxPeriod = 1 << 20

// rotation tells how a key is rotated. The vendor says when it would be next even of keys that are not rotated.
func (m *metadata) rotation() (_ *driver.GetRotationResponse, fault string) {
	switch {
	case m.KeyRotationEnabled == nil:
		return nil, "lacks KeyRotationEnabled"
	case !areTimes(m.NextRotateTime, m.LastRotateTime):
		return nil, "has a time of a rotation that is none"
	case m.RotateDays != nil && *m.RotateDays > maxPeriod:
		return nil, "has a rotation period that is none"
	}
	rotation := &driver.GetRotationResponse{Enabled: *m.KeyRotationEnabled, Last: unixTime(m.LastRotateTime)}
	if rotation.Enabled {
		rotation.Next = unixTime(m.NextRotateTime)
		if m.RotateDays != nil {
			rotation.Days = int(*m.RotateDays)
		}
	}
	return rotation, ""
}

func stateOf(state string) driver.State {
	if state == "PendingDelete" {
		return driver.PendingDeletion
	}
	return driver.State(state) // the others have the portable names
}

func originOf(origin string) driver.Origin {
	switch origin {
	case "TENCENT_KMS":
		return driver.FromProvider
	case "EXTERNAL":
		return driver.External
	}
	return driver.Origin(origin)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func number[N int64 | uint64](n *N) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

// endOfTime is the last second that can be written with four digits of the year.
const endOfTime = 253402300799

// areTimes reports whether each is a time in Unix seconds, or missing.
func areTimes(seconds ...*uint64) bool {
	return !slices.ContainsFunc(seconds, func(s *uint64) bool { return s != nil && *s > endOfTime })
}

// unixTime is zero for a time that is missing or 0.
func unixTime(seconds *uint64) time.Time {
	if seconds == nil || *seconds == 0 {
		return time.Time{}
	}
	return time.Unix(int64(*seconds), 0).UTC()
}

// decodeBase64 reads a field in base64; false where it is missing or anything else.
func decodeBase64(field *string) ([]byte, bool) {
	if field == nil {
		return nil, false
	}
	return wire.FromBase64(*field)
}

func encodeBase64(b []byte) *string { return new(wire.ToBase64(b)) }

// cipherReply tells what was encrypted.
type cipherReply struct {
	head
	KeyID          string `json:"KeyId"`
	CiphertextBlob string
}

// sealed returns the ciphertext, which is opaque text and no base64.
func (r *cipherReply) sealed(kind driver.CiphertextKind) (_ driver.Ciphertext, fault string) {
	if r.KeyID == "" || r.CiphertextBlob == "" {
		return driver.Ciphertext{}, "lacks the KeyId or CiphertextBlob"
	}
	return driver.Ciphertext{KeyID: r.KeyID, Kind: kind, Blob: []byte(r.CiphertextBlob)}, ""
}

// plainReply tells what was decrypted.
type plainReply struct {
	head
	KeyID     string `json:"KeyId"`
	Plaintext *string
}

// opened returns the plaintext.
func (r *plainReply) opened() (_ *driver.DecryptResponse, fault string) {
	b, ok := decodeBase64(r.Plaintext)
	if !ok || r.KeyID == "" {
		return nil, "lacks the KeyId, or a Plaintext in base64"
	}
	return &driver.DecryptResponse{KeyID: r.KeyID, Plaintext: b}, ""
}
