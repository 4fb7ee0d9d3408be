package alibaba

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// word is a portable name and the vendor's.
type word[P ~string] struct {
	portable P
	vendor   string
}

// toVendor returns the vendor's name. One that has no portable name is the same.
func toVendor[P ~string](words []word[P], p P) string {
	for _, w := range words {
		if w.portable == p {
			return w.vendor
		}
	}
	return string(p)
}

func toPortable[P ~string](words []word[P], name string) P {
	for _, w := range words {
		if w.vendor == name {
			return w.portable
		}
	}
	return P(name)
}

// The vendor's names of what has another portable one. RSA_2048, RSA_3072, RSA_4096 and EC_P256 are the same, as are
// the states (pages CreateKey, AsymmetricSign and AsymmetricEncrypt).
func specs() []word[driver.Spec] {
	return []word[driver.Spec]{
		{driver.AES256, "Aliyun_AES_256"}, {driver.SM4, "Aliyun_SM4"}, {driver.ECSecp256k1, "EC_P256K"}, {driver.SM2, "EC_SM2"},
	}
}

func usages() []word[driver.Usage] {
	return []word[driver.Usage]{{driver.EncryptDecrypt, "ENCRYPT/DECRYPT"}, {driver.SignVerify, "SIGN/VERIFY"}}
}

func origins() []word[driver.Origin] {
	return []word[driver.Origin]{{driver.FromProvider, "Aliyun_KMS"}, {driver.External, "EXTERNAL"}}
}

func signatures() []word[driver.SignatureAlgorithm] {
	return []word[driver.SignatureAlgorithm]{
		{driver.RSAPSSSHA256, "RSA_PSS_SHA_256"}, {driver.RSAPKCS1SHA256, "RSA_PKCS1_SHA_256"},
		{driver.ECDSASHA256, "ECDSA_SHA_256"}, {driver.SM2SM3, "SM2DSA"},
	}
}

func encryptions() []word[driver.EncryptionAlgorithm] {
	return []word[driver.EncryptionAlgorithm]{{driver.RSAOAEPSHA256, "RSAES_OAEP_SHA_256"}, {driver.SM2Encrypt, "SM2PKE"}}
}

// aliasPrefix begins every alias (page CreateAlias).
const aliasPrefix = "alias/"

// automatic is AutomaticRotation of a key that is rotated. Suspended is one that would be if its state allowed it.
const automatic = "Enabled"

// infoOf reads the description of a key. A fault completes the sentence "the reply …".
func infoOf(m *keyMetadata) (info driver.KeyInfo, fault string) {
	info = driver.KeyInfo{
		ID:              m.KeyId,
		Description:     m.Description,
		Spec:            toPortable(specs(), m.KeySpec),
		Usage:           toPortable(usages(), m.KeyUsage),
		State:           driver.State(m.KeyState),
		Origin:          toPortable(origins(), m.Origin),
		RotationEnabled: m.AutomaticRotation == automatic,
		ServiceOwned:    isService(m.Creator),
		Resource:        m.Arn,
		Vendor:          wordsOf(m),
	}
	switch {
	case m.KeyId == "":
		return info, "lacks the key's id"
	case m.KeyState == "":
		return info, "lacks the key's state"
	}
	for _, t := range []struct {
		name, text string
		at         *time.Time
	}{
		{"CreationDate", m.CreationDate, &info.CreatedAt},
		{"DeleteDate", m.DeleteDate, &info.DeletionAt},
		{"MaterialExpireTime", m.MaterialExpireTime, &info.MaterialExpiresAt},
	} {
		if *t.at, fault = timeOf(t.name, t.text); fault != "" {
			return info, fault
		}
	}
	return info, ""
}

// isService reports whether a key was made by a service: accounts are numbers (page DescribeKey). That services are not
// is unconfirmed.
func isService(creator string) bool {
	return strings.ContainsFunc(creator, func(r rune) bool { return (r < '0' || r > '9') && r != '*' })
}

// wordsOf keeps what the vendor says of a key in its own words.
func wordsOf(m *keyMetadata) map[string]string {
	words := map[string]string{
		"KeySpec": m.KeySpec, "KeyUsage": m.KeyUsage, "KeyState": m.KeyState, "Origin": m.Origin,
		"ProtectionLevel": m.ProtectionLevel, "Creator": m.Creator, "DKMSInstanceId": m.DKMSInstanceId,
		"PrimaryKeyVersion": m.PrimaryKeyVersion, "AutomaticRotation": m.AutomaticRotation,
		"RotationInterval": m.RotationInterval, "LastRotationDate": m.LastRotationDate, "NextRotationDate": m.NextRotationDate,
		"DeletionProtection": m.DeletionProtection, "DeletionProtectionDescription": m.DeletionProtectionDescription,
	}
	maps.DeleteFunc(words, func(_, text string) bool { return text == "" })
	return words
}

// timeOf reads a time, of which an empty one is none.
func timeOf(name, text string) (_ time.Time, fault string) {
	if text == "" {
		return time.Time{}, ""
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, "has a " + name + " that is no time"
	}
	return at.UTC(), ""
}

// secondsADay is what rotation intervals are counted in, which are told in seconds (page DescribeKey).
const secondsADay = 24 * 60 * 60

// rotationOf reads how a key is rotated. A period that is no whole number of days is not told.
func rotationOf(m *keyMetadata) (r driver.GetRotationResponse, fault string) {
	r.Enabled = m.AutomaticRotation == automatic
	if r.Last, fault = timeOf("LastRotationDate", m.LastRotationDate); fault != "" {
		return r, fault
	}
	if r.Next, fault = timeOf("NextRotationDate", m.NextRotationDate); fault != "" || m.RotationInterval == "" {
		return r, fault
	}
	seconds, err := strconv.ParseUint(strings.TrimSuffix(m.RotationInterval, "s"), 10, 31)
	if err != nil {
		return r, "has a RotationInterval that is no number of seconds"
	}
	if seconds%secondsADay == 0 {
		r.Days = int(seconds / secondsADay)
	}
	return r, ""
}

// encodeRotation makes the parameters of a rotation.
func encodeRotation(r *driver.SetRotationRequest) params {
	p := params{"KeyId": r.KeyID, "EnableAutomaticRotation": strconv.FormatBool(r.Enabled)}
	if r.Enabled {
		p["RotationInterval"] = strconv.Itoa(r.Days) + "d"
	}
	return p
}

// The options of CreateKey, as package kms passes them on.
const (
	createInstance   = "dkms_instance_id"
	createProtection = "protection_level"
)

// encodeKey makes the parameters of a key that is to be made, where nothing else is said in that instance.
func encodeKey(r *driver.CreateKeyRequest, instance string) (params, error) {
	p := params{
		"KeySpec": toVendor(specs(), r.Spec), "KeyUsage": toVendor(usages(), r.Usage), "Origin": toVendor(origins(), r.Origin),
		"Description": r.Description, "DKMSInstanceId": instance,
	}
	for _, name := range slices.Sorted(maps.Keys(r.Options)) {
		switch value := r.Options[name]; {
		case name == createInstance:
			p["DKMSInstanceId"] = value
		case name != createProtection:
			return nil, errs.Refuse(errs.InvalidArgument, "the option %q is not known; there are %s and %s", name, createInstance, createProtection)
		case value != "SOFTWARE" && value != "HSM":
			return nil, errs.Refuse(errs.InvalidArgument, "the option %s is %q; accepted are SOFTWARE and HSM", name, value)
		default:
			p["ProtectionLevel"] = value
		}
	}
	if len(r.Tags) > 0 {
		type tag struct{ TagKey, TagValue string }
		var tags []tag
		for _, t := range r.Tags {
			tags = append(tags, tag{t.Key, t.Value})
		}
		text, err := wire.EncodeJSON(tags)
		if err != nil {
			return nil, err
		}
		p["Tags"] = string(text)
	}
	maps.DeleteFunc(p, func(_, value string) bool { return value == "" })
	return p, nil
}

// userKeys is the filter that leaves out what services have made (page ListKeys).
const userKeys = `[{"Key":"CreatorType","Values":["User"]}]`

// kmsPageSize is how many keys, aliases and versions are asked for at once, which is the most there can be.
const kmsPageSize = 100

// encodePage adds the page that a cursor means.
func encodePage(cursor string, p params) (number int, err error) {
	number = 1
	if cursor != "" {
		number, err = strconv.Atoi(cursor)
		if err != nil || number < 2 || strconv.Itoa(number) != cursor {
			return 0, errs.Refuse(errs.InvalidArgument, "the cursor is none that a listing returned")
		}
	}
	p["PageNumber"], p["PageSize"] = strconv.Itoa(number), strconv.Itoa(kmsPageSize)
	return number, nil
}

// nextPage returns the cursor behind a page, from what the reply says of the page's number and size.
func nextPage(asked, number, size, total int) (cursor, fault string) {
	if size < 1 {
		size = kmsPageSize
	}
	switch {
	case number != asked && number != 0:
		return "", fmt.Sprintf("is page %d of the list instead of %d", number, asked)
	case total < 0:
		return "", "has a negative TotalCount"
	case asked <= (total-1)/size:
		return strconv.Itoa(asked + 1), ""
	}
	return "", ""
}

// base64Of reads a field that holds bytes.
func base64Of(name, text string) (b []byte, fault string) {
	b, ok := wire.FromBase64(text)
	if !ok {
		return nil, "has a " + name + " that is not base64"
	}
	return b, ""
}

// pemOf reads a public key, which is one PEM block.
func pemOf(text string) (der []byte, fault string) {
	der, ok := wire.FromPEM(text)
	if !ok {
		return nil, "has a PublicKey that is no PEM block"
	}
	return der, ""
}

// withContext adds an encryption context where there is one.
func withContext(p params, name, context string) params {
	if context != "" {
		p[name] = context
	}
	return p
}

// numbered is the name of a parameter of a list, which is counted from 1.
func numbered(list string, i int) string { return list + "." + strconv.Itoa(i+1) }
