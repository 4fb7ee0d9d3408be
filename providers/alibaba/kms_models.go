package alibaba

import (
	"encoding/json"

	vendorkms "github.com/aliyun/alibaba-cloud-sdk-go/services/kms"
)

// All that is used of the vendor's package for KMS is in this file: the forms of its replies.
type (
	keyMetadata    = vendorkms.KeyMetadata
	keyReply       = answer[vendorkms.DescribeKeyResponse] // of CreateKey too
	keysReply      = answer[vendorkms.ListKeysResponse]
	aliasesReply   = answer[vendorkms.ListAliasesByKeyIdResponse]
	tagsReply      = answer[vendorkms.ListTagResourcesResponse]
	versionsReply  = answer[vendorkms.ListKeyVersionsResponse]
	importReply    = answer[vendorkms.GetParametersForImportResponse]
	encryptReply   = answer[vendorkms.EncryptResponse] // of AsymmetricEncrypt and ReEncrypt too
	decryptReply   = answer[vendorkms.DecryptResponse] // of AsymmetricDecrypt too
	dataKeyReply   = answer[vendorkms.GenerateDataKeyResponse]
	signReply      = answer[vendorkms.AsymmetricSignResponse]
	verifyReply    = answer[vendorkms.AsymmetricVerifyResponse]
	publicKeyReply = answer[vendorkms.GetPublicKeyResponse]
)

// answer is a reply in the vendor's form, in which what is missing looks like what is empty. It knows the difference.
type answer[T any] struct {
	head
	is    T
	given map[string]json.RawMessage
}

// UnmarshalJSON reads an object.
func (a *answer[T]) UnmarshalJSON(text []byte) error {
	for _, part := range []any{&a.head, &a.given, &a.is} {
		if err := json.Unmarshal(text, part); err != nil {
			return err
		}
	}
	return nil
}

// lacks names the first of these fields that is missing or empty; "" if none is. It completes the sentence "the reply …".
func (a *answer[T]) lacks(fields ...string) (fault string) {
	for _, field := range fields {
		switch string(a.given[field]) {
		case "", "null", `""`:
			return "lacks its " + field
		}
	}
	return ""
}

// lacksList is lacks for a reply that counts what it lists: nothing is listed where the count is 0.
func (a *answer[T]) lacksList(count int, list string) (fault string) {
	if fault = a.lacks("TotalCount"); fault != "" || count == 0 {
		return fault
	}
	return a.lacks(list)
}
