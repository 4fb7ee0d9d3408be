package huawei

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// The bodies of requests and replies are structs of this package: the vendor's models have pointers and enumerations
// that lose what they do not know, and print plaintext.

// scalar is a number, a truth value or a text of one: the pages do not always agree which. Null is empty.
type scalar string

func (s *scalar) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
		*s = ""
	case b[0] == '"':
		return json.Unmarshal(b, (*string)(s))
	case b[0] == '{' || b[0] == '[':
		return errors.New("neither a text nor a number nor a truth value")
	default:
		*s = scalar(b)
	}
	return nil
}

// truth reads "true" and "false".
func (s scalar) truth() (value, ok bool) { return s == "true", s == "true" || s == "false" }

// keyRequest is of the actions that need to know nothing but the key.
type keyRequest struct {
	KeyID string `json:"key_id"`
}

// createRequest makes a key.
type createRequest struct {
	KeyAlias          string `json:"key_alias"`
	KeySpec           string `json:"key_spec"`
	KeyUsage          string `json:"key_usage"`
	KeyDescription    string `json:"key_description,omitempty"`
	Origin            string `json:"origin"`
	EnterpriseProject string `json:"enterprise_project_id,omitempty"`
	KeystoreID        string `json:"keystore_id,omitempty"`
	Sequence          string `json:"sequence,omitempty"`
}

// The options of a new key; the first is also one of the entry.
const (
	optionKeystore = "keystore_id"
	optionSequence = "sequence"
)

// sequenceBytes is the length of a sequence (page "Creating a Key").
const sequenceBytes = 36

func encodeCreate(r *driver.CreateKeyRequest, enterpriseProject string) (*createRequest, error) {
	body := &createRequest{
		KeyAlias: r.Name, KeySpec: toVendor(specs, r.Spec), KeyUsage: string(r.Usage), KeyDescription: r.Description,
		Origin: toVendor(origins, r.Origin), EnterpriseProject: enterpriseProject,
	}
	for name, value := range r.Options {
		switch name {
		case optionEnterpriseProject:
			body.EnterpriseProject = value
		case optionKeystore:
			body.KeystoreID = value
		case optionSequence:
			if len(value) != sequenceBytes {
				return nil, errs.Refuse(errs.InvalidArgument, "the option %s has %d bytes, it must have %d", name, len(value), sequenceBytes)
			}
			body.Sequence = value
		default:
			return nil, errs.Refuse(errs.InvalidArgument, "this provider has no option %q for new keys; it has %s, %s and %s",
				name, optionEnterpriseProject, optionKeystore, optionSequence)
		}
	}
	return body, checkText(body.KeyAlias, body.KeyDescription, body.EnterpriseProject, body.KeystoreID, body.Sequence)
}

// word is a word of this library with the vendor's.
type word struct{ ours, theirs string }

// Words that differ. What is in no list is the same on both sides, or kept as it is.
var (
	specs   = []word{{string(driver.ECSecp256k1), "SECP256K1"}}
	origins = []word{{string(driver.FromProvider), "kms"}, {string(driver.External), "external"}}

	states = []word{
		{string(driver.Unavailable), "1"}, // waits for its activation
		{string(driver.Enabled), "2"},
		{string(driver.Disabled), "3"},
		{string(driver.PendingDeletion), "4"},
		{string(driver.PendingImport), "5"},
		{string(driver.Unavailable), "7"}, // frozen for unpaid bills
	}
	signatures = []word{
		{string(driver.RSAPSSSHA256), "RSASSA_PSS_SHA_256"},
		{string(driver.RSAPSSSHA384), "RSASSA_PSS_SHA_384"},
		{string(driver.RSAPSSSHA512), "RSASSA_PSS_SHA_512"},
		{string(driver.RSAPKCS1SHA256), "RSASSA_PKCS1_V1_5_SHA_256"},
		{string(driver.RSAPKCS1SHA384), "RSASSA_PKCS1_V1_5_SHA_384"},
		{string(driver.RSAPKCS1SHA512), "RSASSA_PKCS1_V1_5_SHA_512"},
		{string(driver.ECDSASHA256), "ECDSA_SHA_256"},
		{string(driver.ECDSASHA384), "ECDSA_SHA_384"},
		{string(driver.SM2SM3), "SM2DSA_SM3"},
	}
	encryptions = []word{{string(driver.RSAOAEPSHA256), "RSAES_OAEP_SHA_256"}} // SM2_ENCRYPT is the same
)

func toVendor[W ~string](words []word, ours W) string {
	for _, w := range words {
		if w.ours == string(ours) {
			return w.theirs
		}
	}
	return string(ours)
}

func fromVendor[W, V ~string](words []word, theirs V) W {
	for _, w := range words {
		if w.theirs == string(theirs) {
			return W(w.ours)
		}
	}
	return W(theirs)
}

// keyInfo is what replies tell of a key that was made or changed.
type keyInfo struct {
	KeyID    string `json:"key_id"`
	DomainID string `json:"domain_id"`
	RegionID string `json:"region_id"`
}

type keyInfoReply struct {
	head
	KeyInfo keyInfo `json:"key_info"`
}

// details describe a key. The dates are texts.
type details struct {
	KeyID         string `json:"key_id"`
	DomainID      string `json:"domain_id"`
	Alias         string `json:"key_alias"`
	Realm         string `json:"realm"`
	Spec          string `json:"key_spec"`
	Usage         string `json:"key_usage"`
	Description   string `json:"key_description"`
	Created       scalar `json:"creation_date"`
	Deletion      scalar `json:"scheduled_deletion_date"`
	State         scalar `json:"key_state"`
	Default       scalar `json:"default_key_flag"`
	Type          scalar `json:"key_type"`
	Expires       scalar `json:"expiration_time"`
	Origin        string `json:"origin"`
	Rotated       scalar `json:"key_rotation_enabled"`
	Enterprise    string `json:"sys_enterprise_project_id"`
	Keystore      scalar `json:"keystore_id"`
	Label         string `json:"key_label"`
	PartitionType scalar `json:"partition_type"`
}

type describeReply struct {
	head
	KeyInfo details `json:"key_info"`
}

// isDefault is the value of default_key_flag for keys that services of the vendor's have made.
const isDefault = "1"

// info describes a key.
func (d *details) info() (_ driver.KeyInfo, fault string) {
	if d.KeyID == "" || d.State == "" {
		return driver.KeyInfo{}, "lacks the key_id or key_state of a key"
	}
	info := driver.KeyInfo{
		ID: d.KeyID, Name: d.Alias, Description: d.Description,
		Spec: fromVendor[driver.Spec](specs, d.Spec), Usage: driver.Usage(d.Usage),
		State: fromVendor[driver.State](states, d.State), Origin: fromVendor[driver.Origin](origins, d.Origin),
		RotationEnabled: d.Rotated == "true", ServiceOwned: d.Default == isDefault,
		Vendor: map[string]string{},
	}
	for _, date := range []struct {
		text scalar
		to   *time.Time
	}{{d.Created, &info.CreatedAt}, {d.Deletion, &info.DeletionAt}, {d.Expires, &info.MaterialExpiresAt}} {
		var ok bool
		if *date.to, ok = parseTime(date.text); !ok {
			return driver.KeyInfo{}, "has a date of a key that is none"
		}
	}
	if info.Origin != driver.External { // in the examples, other keys have such a date too
		info.MaterialExpiresAt = time.Time{}
	}
	for name, text := range map[string]string{
		"key_spec": d.Spec, "key_usage": d.Usage, "key_state": string(d.State), "origin": d.Origin, "domain_id": d.DomainID, "realm": d.Realm,
		"key_type": string(d.Type), "default_key_flag": string(d.Default), "sys_enterprise_project_id": d.Enterprise,
		"keystore_id": string(d.Keystore), "key_label": d.Label, "expiration_time": string(d.Expires), "partition_type": string(d.PartitionType),
	} {
		if text != "" {
			info.Vendor[name] = text
		}
	}
	return info, ""
}

// Bounds of dates: from the first on they count milliseconds, and none is past the year 9999.
const (
	minMillis = 100_000_000_000
	maxMillis = 253_402_300_799_999
)

// parseTime reads a date, which is said to count seconds since 1970, but in all examples counts milliseconds. An empty
// one and 0 are the zero time.
func parseTime(text scalar) (time.Time, bool) {
	if text == "" || text == "0" {
		return time.Time{}, true
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	switch {
	case err != nil || n < 0 || n > maxMillis:
		return time.Time{}, false
	case n < minMillis:
		return time.Unix(n, 0).UTC(), true
	}
	return time.UnixMilli(n).UTC(), true
}

// listRequest asks for a page of keys.
type listRequest struct {
	Limit   string `json:"limit"`
	Marker  string `json:"marker,omitempty"`
	KeySpec string `json:"key_spec"`
}

type listReply struct {
	head
	Keys       []string   `json:"keys"`
	KeyDetails *[]details `json:"key_details"`
	NextMarker string     `json:"next_marker"`
	Truncated  scalar     `json:"truncated"`
}

// page returns the keys of a page.
func (l *listReply) page() (_ *driver.ListKeysResponse, fault string) {
	more, ok := l.Truncated.truth()
	switch {
	case !ok || l.KeyDetails == nil:
		return nil, "lacks key_details or truncated"
	case more && l.NextMarker == "":
		return nil, "is truncated but lacks next_marker"
	case len(l.Keys) > len(*l.KeyDetails):
		return nil, "lists keys that it does not describe"
	}
	page := &driver.ListKeysResponse{}
	for i := range *l.KeyDetails {
		info, fault := (*l.KeyDetails)[i].info()
		if fault != "" {
			return nil, fault
		}
		page.Keys = append(page.Keys, info)
	}
	if more {
		page.Cursor = l.NextMarker
	}
	return page, ""
}

// checkText refuses what JSON would carry changed.
func checkText(texts ...string) error {
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return errs.Refuse(errs.InvalidArgument, "a key id, name, tag, cursor, ciphertext or other text of the request is not valid UTF-8")
		}
	}
	return nil
}
