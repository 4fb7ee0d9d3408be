package kms

import (
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// methods are the methods of a driver, bound to their rows of the operation table.
type methods struct {
	describe pipeline.Method[driver.DescribeKeyRequest, driver.DescribeKeyResponse]
	list     pipeline.Method[driver.ListKeysRequest, driver.ListKeysResponse]
	enable   pipeline.Method[driver.EnableKeyRequest, driver.EnableKeyResponse]
	disable  pipeline.Method[driver.DisableKeyRequest, driver.DisableKeyResponse]
	schedule pipeline.Method[driver.ScheduleDeletionRequest, driver.ScheduleDeletionResponse]
	cancel   pipeline.Method[driver.CancelDeletionRequest, driver.CancelDeletionResponse]

	create         pipeline.Method[driver.CreateKeyRequest, driver.CreateKeyResponse]
	symmetricSpecs pipeline.Method[driver.SymmetricSpecsRequest, driver.SymmetricSpecsResponse]
	rename         pipeline.Method[driver.RenameRequest, driver.RenameResponse]
	setDescription pipeline.Method[driver.SetDescriptionRequest, driver.SetDescriptionResponse]

	listAliases pipeline.Method[driver.ListAliasesRequest, driver.ListAliasesResponse]
	createAlias pipeline.Method[driver.CreateAliasRequest, driver.CreateAliasResponse]
	deleteAlias pipeline.Method[driver.DeleteAliasRequest, driver.DeleteAliasResponse]
	listTags    pipeline.Method[driver.ListTagsRequest, driver.ListTagsResponse]
	setTags     pipeline.Method[driver.SetTagsRequest, driver.SetTagsResponse]
	removeTags  pipeline.Method[driver.RemoveTagsRequest, driver.RemoveTagsResponse]

	getRotation       pipeline.Method[driver.GetRotationRequest, driver.GetRotationResponse]
	setRotation       pipeline.Method[driver.SetRotationRequest, driver.SetRotationResponse]
	setRotationPeriod pipeline.Method[driver.SetRotationPeriodRequest, driver.SetRotationPeriodResponse]
	rotateNow         pipeline.Method[driver.RotateNowRequest, driver.RotateNowResponse]
	listVersions      pipeline.Method[driver.ListVersionsRequest, driver.ListVersionsResponse]

	importParameters  pipeline.Method[driver.ImportParametersRequest, driver.ImportParametersResponse]
	importKeyMaterial pipeline.Method[driver.ImportKeyMaterialRequest, driver.ImportKeyMaterialResponse]
	deleteKeyMaterial pipeline.Method[driver.DeleteKeyMaterialRequest, driver.DeleteKeyMaterialResponse]

	encrypt            pipeline.Method[driver.EncryptRequest, driver.EncryptResponse]
	decrypt            pipeline.Method[driver.DecryptRequest, driver.DecryptResponse]
	generateDataKey    pipeline.Method[driver.GenerateDataKeyRequest, driver.GenerateDataKeyResponse]
	generateWrappedKey pipeline.Method[driver.GenerateDataKeyRequest, driver.GenerateDataKeyResponse]
	decryptDataKey     pipeline.Method[driver.DecryptRequest, driver.DecryptResponse]
	reEncrypt          pipeline.Method[driver.ReEncryptRequest, driver.ReEncryptResponse]
	asymmetricEncrypt  pipeline.Method[driver.AsymmetricEncryptRequest, driver.EncryptResponse]
	asymmetricDecrypt  pipeline.Method[driver.AsymmetricDecryptRequest, driver.DecryptResponse]
	sign               pipeline.Method[driver.SignRequest, driver.SignResponse]
	verify             pipeline.Method[driver.VerifyRequest, driver.VerifyResponse]
	publicKey          pipeline.Method[driver.PublicKeyRequest, driver.PublicKeyResponse]
	random             pipeline.Method[driver.RandomRequest, driver.RandomResponse]
}

// writing are the operations that cannot be read-only.
var writing = []string{
	driver.OpCreateKey, driver.OpEnableKey, driver.OpDisableKey, driver.OpScheduleDeletion, driver.OpCancelDeletion,
	driver.OpRename, driver.OpSetDescription, driver.OpCreateAlias, driver.OpDeleteAlias, driver.OpSetTags,
	driver.OpRemoveTags, driver.OpSetRotation, driver.OpSetRotationPeriod, driver.OpRotateNow,
	driver.OpImportKeyMaterial, driver.OpDeleteKeyMaterial,
}

// bindMethods checks that a driver does what it declares.
func bindMethods(pipe *pipeline.Pipeline, drv driver.Service, caps *Capabilities) (methods, error) {
	t := pipeline.NewTable(pipe, drv.Operations(), writing)
	m := methods{
		describe: pipeline.Bind(t, driver.OpDescribeKey, drv.DescribeKey),
		list:     pipeline.Bind(t, driver.OpListKeys, drv.ListKeys),
		enable:   pipeline.Bind(t, driver.OpEnableKey, drv.EnableKey),
		disable:  pipeline.Bind(t, driver.OpDisableKey, drv.DisableKey),
		schedule: pipeline.Bind(t, driver.OpScheduleDeletion, drv.ScheduleDeletion),
		cancel:   pipeline.Bind(t, driver.OpCancelDeletion, drv.CancelDeletion),
	}
	m.bindManagement(t, drv, caps)
	m.bindCrypto(t, drv, caps)
	if fault := incoherent(caps); fault != "" {
		t.Fail(errs.Refuse(errs.Internal, "the driver's capabilities contradict themselves: %s", fault))
	}
	return m, t.Err()
}

func (m *methods) bindManagement(t *pipeline.Table, drv driver.Service, caps *Capabilities) {
	m.create = pipeline.BindOptional(t, drv, "Create", caps.Create, driver.OpCreateKey, driver.Creator.CreateKey)
	m.symmetricSpecs = pipeline.BindOptional(t, drv, "RegionalSpec", caps.RegionalSpec, driver.OpSymmetricSpecs, driver.SymmetricSpecGetter.SymmetricSpecs)
	m.rename = pipeline.BindOptional(t, drv, "Rename", only(caps.Rename, driver.Native), driver.OpRename, driver.Renamer.Rename)
	m.setDescription = pipeline.BindOptional(t, drv, "SetDescription", caps.SetDescription, driver.OpSetDescription, driver.Describer.SetDescription)
	m.listAliases = pipeline.BindOptional(t, drv, "Aliases", caps.Aliases, driver.OpListAliases, driver.Aliaser.ListAliases)
	m.createAlias = pipeline.BindOptional(t, drv, "Aliases", caps.Aliases, driver.OpCreateAlias, driver.Aliaser.CreateAlias)
	m.deleteAlias = pipeline.BindOptional(t, drv, "Aliases", caps.Aliases, driver.OpDeleteAlias, driver.Aliaser.DeleteAlias)
	m.listTags = pipeline.BindOptional(t, drv, "Tags", caps.Tags, driver.OpListTags, driver.Tagger.ListTags)
	m.setTags = pipeline.BindOptional(t, drv, "Tags", caps.Tags, driver.OpSetTags, driver.Tagger.SetTags)
	m.removeTags = pipeline.BindOptional(t, drv, "Tags", caps.Tags, driver.OpRemoveTags, driver.Tagger.RemoveTags)
	m.getRotation = pipeline.BindOptional(t, drv, "Rotation", caps.Rotation, driver.OpGetRotation, driver.Rotator.GetRotation)
	m.setRotation = pipeline.BindOptional(t, drv, "Rotation", caps.Rotation, driver.OpSetRotation, driver.Rotator.SetRotation)
	m.setRotationPeriod = pipeline.BindOptional(t, drv, "Rotation as Emulated", only(caps.Rotation, driver.Emulated), driver.OpSetRotationPeriod, driver.RotationPeriodSetter.SetRotationPeriod)
	m.rotateNow = pipeline.BindOptional(t, drv, "RotateNow", caps.RotateNow, driver.OpRotateNow, driver.ImmediateRotator.RotateNow)
	m.listVersions = pipeline.BindOptional(t, drv, "KeyVersions", caps.KeyVersions, driver.OpListVersions, driver.VersionLister.ListVersions)
	m.importParameters = pipeline.BindOptional(t, drv, "Import", caps.Import, driver.OpImportParameters, driver.Importer.ImportParameters)
	m.importKeyMaterial = pipeline.BindOptional(t, drv, "Import", caps.Import, driver.OpImportKeyMaterial, driver.Importer.ImportKeyMaterial)
	m.deleteKeyMaterial = pipeline.BindOptional(t, drv, "Import", caps.Import, driver.OpDeleteKeyMaterial, driver.Importer.DeleteKeyMaterial)
}

func (m *methods) bindCrypto(t *pipeline.Table, drv driver.Service, caps *Capabilities) {
	m.encrypt = pipeline.BindOptional(t, drv, "Symmetric", caps.Symmetric, driver.OpEncrypt, driver.SymmetricCipher.Encrypt)
	m.decrypt = pipeline.BindOptional(t, drv, "Symmetric", caps.Symmetric, driver.OpDecrypt, driver.SymmetricCipher.Decrypt)
	m.generateDataKey = pipeline.BindOptional(t, drv, "DataKeys", caps.DataKeys, driver.OpGenerateDataKey, driver.DataKeyGenerator.GenerateDataKey)
	m.generateWrappedKey = pipeline.BindOptional(t, drv, "WrappedDataKeys as Native", only(caps.WrappedDataKeys, driver.Native), driver.OpGenerateWrappedKey, driver.WrappedDataKeyGenerator.GenerateWrappedDataKey)
	m.decryptDataKey = pipeline.BindOptional(t, drv, "DataKeyDecrypt", caps.DataKeyDecrypt, driver.OpDecryptDataKey, driver.DataKeyDecrypter.DecryptDataKey)
	m.reEncrypt = pipeline.BindOptional(t, drv, "ReEncrypt", caps.ReEncrypt, driver.OpReEncrypt, driver.ReEncrypter.ReEncrypt)
	m.asymmetricDecrypt = pipeline.BindOptional(t, drv, "Asymmetric", caps.Asymmetric, driver.OpAsymmetricDecrypt, driver.AsymmetricCipher.AsymmetricDecrypt)
	m.asymmetricEncrypt = pipeline.BindOptional(t, drv, "AsymmetricEncrypt as Native", only(caps.AsymmetricEncrypt, driver.Native), driver.OpAsymmetricEncrypt, driver.AsymmetricEncrypter.AsymmetricEncrypt)
	m.sign = pipeline.BindOptional(t, drv, "Sign", caps.Sign, driver.OpSign, driver.Signer.Sign)
	m.verify = pipeline.BindOptional(t, drv, "Sign", caps.Sign, driver.OpVerify, driver.Signer.Verify)
	m.publicKey = pipeline.BindOptional(t, drv, "PublicKey", caps.PublicKey, driver.OpPublicKey, driver.PublicKeyGetter.PublicKey)
	m.random = pipeline.BindOptional(t, drv, "Random", caps.Random, driver.OpRandom, driver.RandomSource.Random)
}

// only returns the support if it is of that degree, else None: some interfaces belong to one degree alone.
func only(s, degree driver.Support) driver.Support {
	if s == degree {
		return s
	}
	return driver.None
}

// incoherent says in what capabilities contradict themselves, "" if they do not.
func incoherent(c *Capabilities) string {
	switch {
	case c.Vendor == "":
		return "no Vendor"
	case c.MaxPage < 1:
		return "no MaxPage"
	case c.Create != driver.None && len(c.Keys) == 0:
		return "Create without Keys"
	case c.Naming == driver.ByAlias && c.Aliases == driver.None:
		return "names are aliases but there are none"
	case c.Rename == driver.Emulated && c.Naming != driver.ByAlias:
		return "Rename is Emulated although names are no aliases"
	case (c.CreateTags != driver.None || c.Tags != driver.None) && c.Tag.Max < 1:
		return "Tags without Tag"
	case c.CreateTags == driver.Emulated && c.Tags == driver.None:
		return "CreateTags is Emulated without Tags"
	case c.Symmetric != driver.None && c.MaxPlaintextBytes < 1:
		return "Symmetric without MaxPlaintextBytes"
	case c.DataKeys != driver.None && (c.DataKeyBytes.Min < 1 || c.DataKeyBytes.Max < c.DataKeyBytes.Min):
		return "DataKeys without DataKeyBytes"
	case c.WrappedDataKeys == driver.Emulated && c.DataKeys == driver.None:
		return "WrappedDataKeys is Emulated without DataKeys"
	case c.AsymmetricEncrypt == driver.Emulated && c.PublicKey == driver.None:
		return "AsymmetricEncrypt is Emulated without PublicKey"
	case c.DeletionDays.Min < 1 || c.DeletionDays.Max < c.DeletionDays.Min:
		return "no DeletionDays"
	case c.Rotation != driver.None && (c.RotationDays.Min < 1 || c.RotationDays.Max < c.RotationDays.Min):
		return "Rotation without RotationDays"
	case c.Import != driver.None && len(c.Wrapping) == 0:
		return "Import without Wrapping"
	case c.Random != driver.None && c.MaxRandomBytes < 1:
		return "Random without MaxRandomBytes"
	}
	return ""
}
