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
	creator, ok := drv.(driver.Creator)
	if t.Agrees("Create", "Creator", caps.Create, ok) {
		m.create = pipeline.Bind(t, driver.OpCreateKey, creator.CreateKey)
	}
	renamer, ok := drv.(driver.Renamer)
	if t.Agrees("Rename", "Renamer", native(caps.Rename), ok) {
		m.rename = pipeline.Bind(t, driver.OpRename, renamer.Rename)
	}
	describer, ok := drv.(driver.Describer)
	if t.Agrees("SetDescription", "Describer", caps.SetDescription, ok) {
		m.setDescription = pipeline.Bind(t, driver.OpSetDescription, describer.SetDescription)
	}
	aliaser, ok := drv.(driver.Aliaser)
	if t.Agrees("Aliases", "Aliaser", caps.Aliases, ok) {
		m.listAliases = pipeline.Bind(t, driver.OpListAliases, aliaser.ListAliases)
		m.createAlias = pipeline.Bind(t, driver.OpCreateAlias, aliaser.CreateAlias)
		m.deleteAlias = pipeline.Bind(t, driver.OpDeleteAlias, aliaser.DeleteAlias)
	}
	tagger, ok := drv.(driver.Tagger)
	if t.Agrees("Tags", "Tagger", caps.Tags, ok) {
		m.listTags = pipeline.Bind(t, driver.OpListTags, tagger.ListTags)
		m.setTags = pipeline.Bind(t, driver.OpSetTags, tagger.SetTags)
		m.removeTags = pipeline.Bind(t, driver.OpRemoveTags, tagger.RemoveTags)
	}
	rotator, ok := drv.(driver.Rotator)
	if t.Agrees("Rotation", "Rotator", caps.Rotation, ok) {
		m.getRotation = pipeline.Bind(t, driver.OpGetRotation, rotator.GetRotation)
		m.setRotation = pipeline.Bind(t, driver.OpSetRotation, rotator.SetRotation)
	}
	periodSetter, ok := drv.(driver.RotationPeriodSetter)
	if t.Agrees("Rotation as Emulated", "RotationPeriodSetter", emulated(caps.Rotation), ok) {
		m.setRotationPeriod = pipeline.Bind(t, driver.OpSetRotationPeriod, periodSetter.SetRotationPeriod)
	}
	immediate, ok := drv.(driver.ImmediateRotator)
	if t.Agrees("RotateNow", "ImmediateRotator", caps.RotateNow, ok) {
		m.rotateNow = pipeline.Bind(t, driver.OpRotateNow, immediate.RotateNow)
	}
	lister, ok := drv.(driver.VersionLister)
	if t.Agrees("KeyVersions", "VersionLister", caps.KeyVersions, ok) {
		m.listVersions = pipeline.Bind(t, driver.OpListVersions, lister.ListVersions)
	}
	importer, ok := drv.(driver.Importer)
	if t.Agrees("Import", "Importer", caps.Import, ok) {
		m.importParameters = pipeline.Bind(t, driver.OpImportParameters, importer.ImportParameters)
		m.importKeyMaterial = pipeline.Bind(t, driver.OpImportKeyMaterial, importer.ImportKeyMaterial)
		m.deleteKeyMaterial = pipeline.Bind(t, driver.OpDeleteKeyMaterial, importer.DeleteKeyMaterial)
	}
}

func (m *methods) bindCrypto(t *pipeline.Table, drv driver.Service, caps *Capabilities) {
	symmetric, ok := drv.(driver.SymmetricCipher)
	if t.Agrees("Symmetric", "SymmetricCipher", caps.Symmetric, ok) {
		m.encrypt = pipeline.Bind(t, driver.OpEncrypt, symmetric.Encrypt)
		m.decrypt = pipeline.Bind(t, driver.OpDecrypt, symmetric.Decrypt)
	}
	generator, ok := drv.(driver.DataKeyGenerator)
	if t.Agrees("DataKeys", "DataKeyGenerator", caps.DataKeys, ok) {
		m.generateDataKey = pipeline.Bind(t, driver.OpGenerateDataKey, generator.GenerateDataKey)
	}
	wrapped, ok := drv.(driver.WrappedDataKeyGenerator)
	if t.Agrees("WrappedDataKeys as Native", "WrappedDataKeyGenerator", native(caps.WrappedDataKeys), ok) {
		m.generateWrappedKey = pipeline.Bind(t, driver.OpGenerateWrappedKey, wrapped.GenerateWrappedDataKey)
	}
	opener, ok := drv.(driver.DataKeyDecrypter)
	if t.Agrees("DataKeyDecrypt", "DataKeyDecrypter", caps.DataKeyDecrypt, ok) {
		m.decryptDataKey = pipeline.Bind(t, driver.OpDecryptDataKey, opener.DecryptDataKey)
	}
	again, ok := drv.(driver.ReEncrypter)
	if t.Agrees("ReEncrypt", "ReEncrypter", caps.ReEncrypt, ok) {
		m.reEncrypt = pipeline.Bind(t, driver.OpReEncrypt, again.ReEncrypt)
	}
	pair, ok := drv.(driver.AsymmetricCipher)
	if t.Agrees("Asymmetric", "AsymmetricCipher", caps.Asymmetric, ok) {
		m.asymmetricDecrypt = pipeline.Bind(t, driver.OpAsymmetricDecrypt, pair.AsymmetricDecrypt)
	}
	encrypter, ok := drv.(driver.AsymmetricEncrypter)
	if t.Agrees("AsymmetricEncrypt as Native", "AsymmetricEncrypter", native(caps.AsymmetricEncrypt), ok) {
		m.asymmetricEncrypt = pipeline.Bind(t, driver.OpAsymmetricEncrypt, encrypter.AsymmetricEncrypt)
	}
	signer, ok := drv.(driver.Signer)
	if t.Agrees("Sign", "Signer", caps.Sign, ok) {
		m.sign = pipeline.Bind(t, driver.OpSign, signer.Sign)
		m.verify = pipeline.Bind(t, driver.OpVerify, signer.Verify)
	}
	getter, ok := drv.(driver.PublicKeyGetter)
	if t.Agrees("PublicKey", "PublicKeyGetter", caps.PublicKey, ok) {
		m.publicKey = pipeline.Bind(t, driver.OpPublicKey, getter.PublicKey)
	}
	source, ok := drv.(driver.RandomSource)
	if t.Agrees("Random", "RandomSource", caps.Random, ok) {
		m.random = pipeline.Bind(t, driver.OpRandom, source.Random)
	}
}

// native returns the support if it is Native, and emulated if it is Emulated, else None.
func native(s driver.Support) driver.Support {
	if s == driver.Native {
		return s
	}
	return driver.None
}

func emulated(s driver.Support) driver.Support {
	if s == driver.Emulated {
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
