package kmstest

import (
	"context"
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// operation is one call of the driver, ready to be made.
type operation struct {
	name string
	call func(context.Context) error
	// anyKey says that the request need not name a key that is there: either it names none, or the provider looks for
	// the key elsewhere.
	anyKey bool
	// harmless says that the call changes nothing, and works with shared keys.
	harmless bool
}

// targets are the keys that operations work on.
type targets struct {
	secret, pair, signer, managed string
	data, dataKey                 driver.Ciphertext // of secret
	sealed                        driver.Ciphertext // of pair
	algorithm                     driver.EncryptionAlgorithm
	way                           driver.SignatureKind
	version                       string // of signer
	pairVersion                   string // of pair
	signature                     []byte
}

// at returns the same targets with another key in the place of all.
func (t targets) at(id string) *targets {
	t.secret, t.pair, t.signer, t.managed = id, id, id, id
	t.data.KeyID, t.dataKey.KeyID, t.sealed.KeyID = id, id, id
	return &t
}

// targets makes what operations work on. The managed key is the check's own.
func (s *suite) targets() *targets {
	s.Helper()
	t := &targets{managed: s.create(s.cheapKind()).ID()}
	if all := s.kindsOf(isSymmetric); len(all) > 0 && s.caps.Symmetric != driver.None {
		k := s.shared(all[0], 0)
		t.secret = k.ID()
		made, err := s.rawEncrypt(k.ID(), []byte(mark), "")
		s.Must("Encrypt", err)
		t.data = made.Ciphertext
		t.data.KeyID = k.ID()
		if s.caps.DataKeys != driver.None {
			ct := s.dataKey(k, s.usual()).Ciphertext()
			t.dataKey = driver.Ciphertext{KeyID: k.ID(), Kind: driver.KindDataKey, PlaintextBytes: s.usual(), Blob: ct.Native()}
		}
	}
	if all := s.kindsOf(isCipherPair); len(all) > 0 && s.caps.AsymmetricEncrypt != driver.None {
		k := s.shared(all[0], 0)
		t.pair, t.algorithm, t.pairVersion = k.ID(), all[0].Encryptions[0], s.newest(k)
		ct := s.encrypt(k, []byte(mark), kms.WithAlgorithm(t.algorithm))
		t.sealed = driver.Ciphertext{KeyID: k.ID(), KeyVersion: t.pairVersion, Kind: driver.KindAsymmetric, Algorithm: t.algorithm, Blob: ct.Native()}
	}
	if all := s.kindsOf(isSigner); len(all) > 0 && s.caps.Sign != driver.None {
		k := s.shared(all[0], 0)
		t.signer, t.way, t.version = k.ID(), all[0].Signatures[0], s.newest(k)
		req := s.signRequest(t)
		res, err := call(s, driver.OpSign, facet[driver.Signer](s).Sign, req)
		s.Must("Sign", err)
		t.signature = res.Signature
		s.keepSecret(res.Signature) // no secret, but of no use in an error
	}
	return t
}

func (s *suite) signRequest(t *targets) *driver.SignRequest {
	req := &driver.SignRequest{KeyID: t.signer, KeyVersion: t.version, Algorithm: t.way.Algorithm, Message: []byte(mark)}
	if t.way.Message == driver.None {
		req.Message, req.Digest = nil, plain(max(1, digestSize(t.way.Algorithm)))
	}
	return req
}

// ready makes an operation of a method and its request.
func ready[Req, Res any](name string, method func(context.Context, *Req) (*Res, error), req *Req) operation {
	return operation{name: name, call: func(ctx context.Context) error {
		res, err := method(ctx, req)
		if err == nil && res == nil {
			return fmt.Errorf("neither a response nor an error")
		}
		return err
	}}
}

// readOnly marks operations as harmless.
func readOnly(ops ...operation) []operation {
	for i := range ops {
		ops[i].harmless = true
	}
	return ops
}

// anywhere marks an operation as one that does not depend on the key that its request names.
func anywhere(op operation) operation {
	op.anyKey = true
	return op
}

// operations are all that the driver has.
func (s *suite) operations(t *targets) []operation {
	all := readOnly(
		ready(driver.OpDescribeKey, s.drv.DescribeKey, &driver.DescribeKeyRequest{KeyID: t.managed}),
		anywhere(ready(driver.OpListKeys, s.drv.ListKeys, &driver.ListKeysRequest{})),
	)
	all = append(all,
		ready(driver.OpEnableKey, s.drv.EnableKey, &driver.EnableKeyRequest{KeyID: t.managed}),
		ready(driver.OpDisableKey, s.drv.DisableKey, &driver.DisableKeyRequest{KeyID: t.managed}),
		ready(driver.OpScheduleDeletion, s.drv.ScheduleDeletion, &driver.ScheduleDeletionRequest{KeyID: t.managed, Days: s.caps.DeletionDays.Min}),
		ready(driver.OpCancelDeletion, s.drv.CancelDeletion, &driver.CancelDeletionRequest{KeyID: t.managed}),
	)
	if d, ok := s.drv.(driver.Renamer); ok {
		all = append(all, ready(driver.OpRename, d.Rename, &driver.RenameRequest{KeyID: t.managed, NewName: s.name()}))
	}
	if d, ok := s.drv.(driver.Describer); ok {
		all = append(all, ready(driver.OpSetDescription, d.SetDescription, &driver.SetDescriptionRequest{KeyID: t.managed, Description: "changed"}))
	}
	if d, ok := s.drv.(driver.Aliaser); ok {
		all = append(all, readOnly(ready(driver.OpListAliases, d.ListAliases, &driver.ListAliasesRequest{KeyID: t.managed}))...)
		all = append(all, ready(driver.OpCreateAlias, d.CreateAlias, &driver.CreateAliasRequest{KeyID: t.managed, Alias: s.name()}),
			ready(driver.OpDeleteAlias, d.DeleteAlias, &driver.DeleteAliasRequest{KeyID: t.managed, Alias: s.name()}))
	}
	if d, ok := s.drv.(driver.Tagger); ok {
		tags := []driver.Tag{{Key: newName(s.caps.Tag.Key), Value: newName(s.caps.Tag.Value)}}
		all = append(all, readOnly(ready(driver.OpListTags, d.ListTags, &driver.ListTagsRequest{KeyID: t.managed}))...)
		all = append(all, ready(driver.OpSetTags, d.SetTags, &driver.SetTagsRequest{KeyID: t.managed, Tags: tags}),
			ready(driver.OpRemoveTags, d.RemoveTags, &driver.RemoveTagsRequest{KeyID: t.managed, Tags: tags}))
	}
	all = append(append(all, s.materialOperations(t)...), s.cryptoOperations(t)...)
	for i := range all {
		op := all[i]
		all[i].call = func(ctx context.Context) error {
			err := op.call(ctx)
			s.Scan(op.name, err)
			return err
		}
	}
	return all
}

func (s *suite) materialOperations(t *targets) (all []operation) {
	if d, ok := s.drv.(driver.Rotator); ok {
		days := s.caps.RotationDays.Min
		if s.caps.Rotation == driver.Emulated {
			days = 0
		}
		all = append(all, readOnly(ready(driver.OpGetRotation, d.GetRotation, &driver.GetRotationRequest{KeyID: t.managed}))...)
		all = append(all, ready(driver.OpSetRotation, d.SetRotation, &driver.SetRotationRequest{KeyID: t.managed, Enabled: true, Days: days}))
	}
	if d, ok := s.drv.(driver.RotationPeriodSetter); ok {
		all = append(all, ready(driver.OpSetRotationPeriod, d.SetRotationPeriod, &driver.SetRotationPeriodRequest{KeyID: t.managed, Days: s.caps.RotationDays.Min}))
	}
	if d, ok := s.drv.(driver.ImmediateRotator); ok {
		all = append(all, ready(driver.OpRotateNow, d.RotateNow, &driver.RotateNowRequest{KeyID: t.managed}))
	}
	if d, ok := s.drv.(driver.Importer); ok {
		all = append(all, ready(driver.OpImportParameters, d.ImportParameters, &driver.ImportParametersRequest{KeyID: t.managed, Wrapping: s.caps.Wrapping[0]}),
			ready(driver.OpImportKeyMaterial, d.ImportKeyMaterial, &driver.ImportKeyMaterialRequest{KeyID: t.managed, Wrapped: random(256), Token: []byte(mark)}),
			ready(driver.OpDeleteKeyMaterial, d.DeleteKeyMaterial, &driver.DeleteKeyMaterialRequest{KeyID: t.managed}))
	}
	return all
}

func (s *suite) cryptoOperations(t *targets) (all []operation) {
	if d, ok := s.drv.(driver.SymmetricCipher); ok && t.secret != "" {
		all = append(all, ready(driver.OpEncrypt, d.Encrypt, &driver.EncryptRequest{KeyID: t.secret, Plaintext: []byte(mark)}),
			anywhere(ready(driver.OpDecrypt, d.Decrypt, &driver.DecryptRequest{Ciphertext: t.data})))
	}
	if d, ok := s.drv.(driver.DataKeyGenerator); ok && t.secret != "" {
		all = append(all, ready(driver.OpGenerateDataKey, d.GenerateDataKey, &driver.GenerateDataKeyRequest{KeyID: t.secret, Bytes: s.usual()}))
	}
	if d, ok := s.drv.(driver.WrappedDataKeyGenerator); ok && t.secret != "" {
		all = append(all, ready(driver.OpGenerateWrappedKey, d.GenerateWrappedDataKey, &driver.GenerateDataKeyRequest{KeyID: t.secret, Bytes: s.usual()}))
	}
	if d, ok := s.drv.(driver.DataKeyDecrypter); ok && len(t.dataKey.Blob) > 0 {
		all = append(all, anywhere(ready(driver.OpDecryptDataKey, d.DecryptDataKey, &driver.DecryptRequest{Ciphertext: t.dataKey})))
	}
	if d, ok := s.drv.(driver.ReEncrypter); ok && t.secret != "" {
		all = append(all, ready(driver.OpReEncrypt, d.ReEncrypt, &driver.ReEncryptRequest{Ciphertext: t.data, NewKeyID: t.secret}))
	}
	if d, ok := s.drv.(driver.AsymmetricCipher); ok && t.pair != "" {
		all = append(all, ready(driver.OpAsymmetricDecrypt, d.AsymmetricDecrypt, &driver.AsymmetricDecryptRequest{Ciphertext: t.sealed}))
	}
	if d, ok := s.drv.(driver.AsymmetricEncrypter); ok && t.pair != "" {
		all = append(all, ready(driver.OpAsymmetricEncrypt, d.AsymmetricEncrypt,
			&driver.AsymmetricEncryptRequest{KeyID: t.pair, KeyVersion: t.pairVersion, Algorithm: t.algorithm, Plaintext: []byte(mark)}))
	}
	if d, ok := s.drv.(driver.Signer); ok && t.signer != "" {
		req := s.signRequest(t)
		all = append(all, ready(driver.OpSign, d.Sign, req), ready(driver.OpVerify, d.Verify, &driver.VerifyRequest{SignRequest: *req, Signature: t.signature}))
	}
	public, version := t.signer, t.version
	if public == "" {
		public, version = t.pair, t.pairVersion
	}
	if d, ok := s.drv.(driver.PublicKeyGetter); ok && public != "" {
		all = append(all, ready(driver.OpPublicKey, d.PublicKey, &driver.PublicKeyRequest{KeyID: public, KeyVersion: version}))
	}
	if d, ok := s.drv.(driver.VersionLister); ok && public != "" {
		all = append(all, ready(driver.OpListVersions, d.ListVersions, &driver.ListVersionsRequest{KeyID: public}))
	}
	if d, ok := s.drv.(driver.SymmetricSpecGetter); ok {
		all = append(all, anywhere(ready(driver.OpSymmetricSpecs, d.SymmetricSpecs, &driver.SymmetricSpecsRequest{})))
	}
	if d, ok := s.drv.(driver.RandomSource); ok {
		all = append(all, anywhere(ready(driver.OpRandom, d.Random, &driver.RandomRequest{Bytes: 8})))
	}
	return readOnly(all...)
}
