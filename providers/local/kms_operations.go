package local

import (
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// Operations is the operation table. An action is called as its method.
func (s *keys) Operations() []policy.Operation {
	rows := []policy.Operation{
		{Name: kmsdriver.OpDescribeKey, Action: "DescribeKey", Idempotency: policy.ReadOnly},
		{Name: kmsdriver.OpListKeys, Action: "ListKeys", Idempotency: policy.ReadOnly},
		{Name: kmsdriver.OpEnableKey, Action: "EnableKey", Idempotency: policy.Idempotent},
		{Name: kmsdriver.OpDisableKey, Action: "DisableKey", Idempotency: policy.Idempotent},
		{Name: kmsdriver.OpScheduleDeletion, Action: "ScheduleDeletion", Idempotency: policy.Idempotent},
		{Name: kmsdriver.OpCancelDeletion, Action: "CancelDeletion", Idempotency: policy.Idempotent},
		{Name: kmsdriver.OpCreateKey, Action: "CreateKey", Idempotency: policy.NonIdempotent},
		{Name: kmsdriver.OpSetDescription, Action: "SetDescription", Idempotency: policy.Idempotent},
		{Name: kmsdriver.OpGetRotation, Action: "GetRotation", Idempotency: policy.ReadOnly},
		{Name: kmsdriver.OpSetRotation, Action: "SetRotation", Idempotency: policy.Idempotent},
		{Name: kmsdriver.OpImportParameters, Action: "ImportParameters", Idempotency: policy.ReadOnly},
		{Name: kmsdriver.OpImportKeyMaterial, Action: "ImportKeyMaterial", Idempotency: policy.Idempotent},
		{Name: kmsdriver.OpDeleteKeyMaterial, Action: "DeleteKeyMaterial", Idempotency: policy.Idempotent},
		{Name: kmsdriver.OpEncrypt, Action: "Encrypt", Idempotency: policy.ReadOnly},
		{Name: kmsdriver.OpDecrypt, Action: "Decrypt", Idempotency: policy.ReadOnly},
		{Name: kmsdriver.OpGenerateDataKey, Action: "GenerateDataKey", Idempotency: policy.ReadOnly},
		{Name: kmsdriver.OpReEncrypt, Action: "ReEncrypt", Idempotency: policy.ReadOnly},
		{Name: kmsdriver.OpAsymmetricDecrypt, Action: "AsymmetricDecrypt", Idempotency: policy.ReadOnly},
		{Name: kmsdriver.OpSign, Action: "Sign", Idempotency: policy.ReadOnly},
		{Name: kmsdriver.OpVerify, Action: "Verify", Idempotency: policy.ReadOnly},
		{Name: kmsdriver.OpPublicKey, Action: "PublicKey", Idempotency: policy.ReadOnly},
	}
	has := s.facets()
	for _, optional := range []struct {
		there bool
		rows  []policy.Operation
	}{
		{has.rename, []policy.Operation{{Name: kmsdriver.OpRename, Action: "Rename", Idempotency: policy.Idempotent}}},
		{has.alias, []policy.Operation{
			{Name: kmsdriver.OpListAliases, Action: "ListAliases", Idempotency: policy.ReadOnly},
			{Name: kmsdriver.OpCreateAlias, Action: "CreateAlias", Idempotency: policy.Idempotent},
			{Name: kmsdriver.OpDeleteAlias, Action: "DeleteAlias", Idempotency: policy.Idempotent},
		}},
		{has.tag, []policy.Operation{
			{Name: kmsdriver.OpListTags, Action: "ListTags", Idempotency: policy.ReadOnly},
			{Name: kmsdriver.OpSetTags, Action: "SetTags", Idempotency: policy.Idempotent},
			{Name: kmsdriver.OpRemoveTags, Action: "RemoveTags", Idempotency: policy.Idempotent},
		}},
		{has.wrapped, []policy.Operation{{Name: kmsdriver.OpGenerateWrappedKey, Action: "GenerateWrappedDataKey", Idempotency: policy.ReadOnly}}},
		{has.dataKey, []policy.Operation{{Name: kmsdriver.OpDecryptDataKey, Action: "DecryptDataKey", Idempotency: policy.ReadOnly}}},
		{has.encrypt, []policy.Operation{{Name: kmsdriver.OpAsymmetricEncrypt, Action: "AsymmetricEncrypt", Idempotency: policy.ReadOnly}}},
		{has.period, []policy.Operation{{Name: kmsdriver.OpSetRotationPeriod, Action: "SetRotationPeriod", Idempotency: policy.Idempotent}}},
		{has.now, []policy.Operation{{Name: kmsdriver.OpRotateNow, Action: "RotateNow", Idempotency: policy.NonIdempotent}}},
		{has.versions, []policy.Operation{{Name: kmsdriver.OpListVersions, Action: "ListVersions", Idempotency: policy.ReadOnly}}},
		{has.random, []policy.Operation{{Name: kmsdriver.OpRandom, Action: "Random", Idempotency: policy.ReadOnly}}},
	} {
		if optional.there {
			rows = append(rows, optional.rows...)
		}
	}
	return rows
}
