package local

import (
	"context"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// As with namespaces, each interface that only some providers have is a facet.

type keyRenamer struct{ of *keys }

// Rename gives a key another name.
func (f keyRenamer) Rename(ctx context.Context, req *kmsdriver.RenameRequest) (*kmsdriver.RenameResponse, error) {
	return f.of.rename(ctx, req)
}

type keyAliaser struct{ of *keys }

// ListAliases returns one page of the aliases of a key, in the order of their bytes.
func (f keyAliaser) ListAliases(ctx context.Context, req *kmsdriver.ListAliasesRequest) (*kmsdriver.ListAliasesResponse, error) {
	return f.of.listAliases(ctx, req)
}

// CreateAlias gives a key a further name.
func (f keyAliaser) CreateAlias(ctx context.Context, req *kmsdriver.CreateAliasRequest) (*kmsdriver.CreateAliasResponse, error) {
	return f.of.createAlias(ctx, req)
}

// DeleteAlias takes a name away.
func (f keyAliaser) DeleteAlias(ctx context.Context, req *kmsdriver.DeleteAliasRequest) (*kmsdriver.DeleteAliasResponse, error) {
	return f.of.deleteAlias(ctx, req)
}

type keyTagger struct{ of *keys }

// ListTags returns one page of the tags of a key, in the order of the bytes of their keys.
func (f keyTagger) ListTags(ctx context.Context, req *kmsdriver.ListTagsRequest) (*kmsdriver.ListTagsResponse, error) {
	return f.of.listTags(ctx, req)
}

// SetTags adds tags, or replaces the values of those that are there.
func (f keyTagger) SetTags(ctx context.Context, req *kmsdriver.SetTagsRequest) (*kmsdriver.SetTagsResponse, error) {
	return f.of.setTags(ctx, req)
}

// RemoveTags removes tags. An absent one is success.
func (f keyTagger) RemoveTags(ctx context.Context, req *kmsdriver.RemoveTagsRequest) (*kmsdriver.RemoveTagsResponse, error) {
	return f.of.removeTags(ctx, req)
}

type dataKeyWrapper struct{ of *keys }

// GenerateWrappedDataKey makes a data key without showing it.
func (f dataKeyWrapper) GenerateWrappedDataKey(ctx context.Context, req *kmsdriver.GenerateDataKeyRequest) (*kmsdriver.GenerateDataKeyResponse, error) {
	return f.of.generateWrapped(ctx, req)
}

type dataKeyOpener struct{ of *keys }

// DecryptDataKey opens a data key.
func (f dataKeyOpener) DecryptDataKey(ctx context.Context, req *kmsdriver.DecryptRequest) (*kmsdriver.DecryptResponse, error) {
	return f.of.decryptDataKey(ctx, req)
}

type pairEncrypter struct{ of *keys }

// AsymmetricEncrypt encrypts with the public key of a pair: of the newest version where none is named.
func (f pairEncrypter) AsymmetricEncrypt(ctx context.Context, req *kmsdriver.AsymmetricEncryptRequest) (*kmsdriver.EncryptResponse, error) {
	return f.of.asymmetricEncrypt(ctx, req)
}

type periodSetter struct{ of *keys }

// SetRotationPeriod sets the period of a key whose rotation is on.
func (f periodSetter) SetRotationPeriod(ctx context.Context, req *kmsdriver.SetRotationPeriodRequest) (*kmsdriver.SetRotationPeriodResponse, error) {
	return f.of.setRotationPeriod(ctx, req)
}

type nowRotator struct{ of *keys }

// RotateNow gives a key a new version.
func (f nowRotator) RotateNow(ctx context.Context, req *kmsdriver.RotateNowRequest) (*kmsdriver.RotateNowResponse, error) {
	return f.of.rotateNow(ctx, req)
}

type versionLister struct{ of *keys }

// ListVersions returns one page of the versions of a key, newest first.
func (f versionLister) ListVersions(ctx context.Context, req *kmsdriver.ListVersionsRequest) (*kmsdriver.ListVersionsResponse, error) {
	return f.of.listVersions(ctx, req)
}

type randomSource struct{ of *keys }

// Random returns random bytes.
func (f randomSource) Random(ctx context.Context, req *kmsdriver.RandomRequest) (*kmsdriver.RandomResponse, error) {
	return f.of.random(ctx, req)
}

// keyFacets says which optional interfaces there are that not all providers have.
type keyFacets struct{ rename, alias, tag, wrapped, dataKey, encrypt, period, now, versions, random bool }

func (s *keys) facets() keyFacets {
	c := &s.caps
	has := func(support kmsdriver.Support) bool { return support != kmsdriver.None }
	return keyFacets{
		rename:   c.Rename == kmsdriver.Native,
		alias:    has(c.Aliases),
		tag:      has(c.Tags),
		wrapped:  c.WrappedDataKeys == kmsdriver.Native,
		dataKey:  has(c.DataKeyDecrypt),
		encrypt:  c.AsymmetricEncrypt == kmsdriver.Native,
		period:   c.Rotation == kmsdriver.Emulated,
		now:      has(c.RotateNow),
		versions: has(c.KeyVersions),
		random:   has(c.Random),
	}
}

// whole puts a service together. There is a case for each combination that a provider has.
func (s *keys) whole() (kmsdriver.Service, error) {
	switch s.facets() {
	case keyFacets{rename: true, alias: true, tag: true, wrapped: true, encrypt: true, now: true, versions: true, random: true}:
		return struct {
			*keys
			keyRenamer
			keyAliaser
			keyTagger
			dataKeyWrapper
			pairEncrypter
			nowRotator
			versionLister
			randomSource
		}{s, keyRenamer{s}, keyAliaser{s}, keyTagger{s}, dataKeyWrapper{s}, pairEncrypter{s}, nowRotator{s}, versionLister{s}, randomSource{s}}, nil
	case keyFacets{rename: true, alias: true, tag: true, wrapped: true, dataKey: true, period: true, random: true}: // Huawei Cloud
		return struct {
			*keys
			keyRenamer
			keyAliaser
			keyTagger
			dataKeyWrapper
			dataKeyOpener
			periodSetter
			randomSource
		}{s, keyRenamer{s}, keyAliaser{s}, keyTagger{s}, dataKeyWrapper{s}, dataKeyOpener{s}, periodSetter{s}, randomSource{s}}, nil
	case keyFacets{alias: true, tag: true, wrapped: true, encrypt: true}: // Alibaba Cloud
		return struct {
			*keys
			keyAliaser
			keyTagger
			dataKeyWrapper
			pairEncrypter
		}{s, keyAliaser{s}, keyTagger{s}, dataKeyWrapper{s}, pairEncrypter{s}}, nil
	case keyFacets{rename: true, now: true, random: true}: // Tencent Cloud
		return struct {
			*keys
			keyRenamer
			nowRotator
			randomSource
		}{s, keyRenamer{s}, nowRotator{s}, randomSource{s}}, nil
	}
	return nil, errs.Refuse(errs.Internal, "the local driver cannot imitate a provider with these capabilities")
}
