package local

import (
	"context"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/capability"
	"github.com/crosscloud-sdk/crosscloud/errs"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
	alibaba "github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
	huawei "github.com/crosscloud-sdk/crosscloud/providers/huawei/limits"
	tencent "github.com/crosscloud-sdk/crosscloud/providers/tencent/limits"
)

// KMSOptions say how a service of keys behaves. The zero value has wide limits.
type KMSOptions struct {
	// Like is the provider whose limits are imitated, by any name of its driver: "huawei", "alibaba", "aliyun" or "esa",
	// "tencent", "edgeone" or "teo".
	Like string
}

// KMS returns the service that the option like of a resource selects.
func (a *Account) KMS(_ context.Context, s *providers.Settings) (kmsdriver.Service, error) {
	return a.KMSService(KMSOptions{Like: s.Text(optionLike)})
}

// KMSService returns a service over the keys of the store. All services of an Account share the keys. An unknown Like is
// errs.InvalidArgument, a closed store errs.Closed. The root key is not looked for before the first call of the service.
func (a *Account) KMSService(o KMSOptions) (kmsdriver.Service, error) {
	if a.closed.Load() {
		return nil, errClosed()
	}
	s := &keys{account: a}
	switch o.Like {
	case "":
		s.caps = ownKMS()
	case "huawei":
		s.caps, s.manners = borrowed(huawei.KMS()), manners{switchOnce: true, rotateOnce: true}
	case "alibaba", "aliyun", "esa":
		s.caps, s.manners = borrowed(alibaba.KMS()), manners{cancelEnables: true}
	case "tencent", "edgeone", "teo":
		s.caps, s.manners = borrowed(tencent.KMS()), manners{switchOnce: true}
	default:
		return nil, errs.Refuse(errs.InvalidArgument, "like is %q, which has no keys; accepted are huawei, alibaba, aliyun, esa, tencent, edgeone, teo", o.Like)
	}
	return s.whole()
}

// manners are how a provider treats what its capabilities do not tell.
type manners struct {
	// switchOnce: what is enabled cannot be enabled, and what is disabled not be disabled (Huawei Cloud's error codes
	// KMS.1201 and KMS.1301; Tencent Cloud's ResourceUnavailable.CmkStateNotSupport).
	switchOnce bool
	// rotateOnce: the same for rotation (Huawei Cloud's error codes KMS.2901 and KMS.0313).
	rotateOnce bool
	// cancelEnables: a key whose deletion is cancelled is enabled (Alibaba Cloud's page CancelKeyDeletion).
	cancelEnables bool
}

// borrowed returns the capabilities of a cloud without what only the cloud itself has: its frames, requests that name the
// version of a key, regions that decide of what spec a key is, and keys on curves that are not made here.
func borrowed(c kmsdriver.Capabilities) kmsdriver.Capabilities {
	c.Vendor = vendor
	c.KeyVersions = kmsdriver.None
	c.RegionalSpec = kmsdriver.None
	c.Keys = slices.DeleteFunc(slices.Clone(c.Keys), func(kind kmsdriver.KeyKind) bool { return kindOf(ownKinds(), kind.Spec, kind.Usage) == nil })
	return c
}

// vendor is what ciphertexts name.
const vendor = "local"

// ownKMS returns the limits of keys that imitate nobody.
func ownKMS() kmsdriver.Capabilities {
	text := kmsdriver.NameRule{MaxChars: 256, Alphabet: capability.AnyText()}
	return kmsdriver.Capabilities{
		Vendor: vendor,
		Keys:   ownKinds(),

		Create:              kmsdriver.Native,
		Naming:              kmsdriver.ByLabel,
		Name:                text,
		Rename:              kmsdriver.Native,
		SetDescription:      kmsdriver.Native,
		MaxDescriptionChars: 8192,
		Details:             kmsdriver.Native,
		MaxPage:             100,

		CreateTags: kmsdriver.Native,
		Tags:       kmsdriver.Native,
		Tag:        kmsdriver.TagRule{Max: 50, Key: text, Value: text},
		Aliases:    kmsdriver.Native,

		DeletionDays: kmsdriver.Range{Min: 1, Max: 3650},

		Symmetric:         kmsdriver.Native,
		MaxPlaintextBytes: 32 << 10,
		Context:           kmsdriver.ContextRule{MaxBytes: 64 << 10},
		DataKeys:          kmsdriver.Native,
		DataKeyBytes:      kmsdriver.Range{Min: 1, Max: 8192},
		WrappedDataKeys:   kmsdriver.Native,
		ReEncrypt:         kmsdriver.Native,
		Asymmetric:        kmsdriver.Native,
		AsymmetricEncrypt: kmsdriver.Native,

		Sign:            kmsdriver.Native,
		MaxMessageBytes: 64 << 10,
		PublicKey:       kmsdriver.Native,
		KeyVersions:     kmsdriver.Native,

		Rotation:     kmsdriver.Native,
		RotationDays: kmsdriver.Range{Min: 1, Max: 3650},
		RotateNow:    kmsdriver.Native,

		Import:   kmsdriver.Native,
		Wrapping: []kmsdriver.EncryptionAlgorithm{kmsdriver.RSAOAEPSHA256, kmsdriver.SM2Encrypt},

		Random:         kmsdriver.Native,
		MaxRandomBytes: 64 << 10,
	}
}

// ownKinds are the keys that can be made here.
func ownKinds() []kmsdriver.KeyKind {
	both := func(algorithms ...kmsdriver.SignatureAlgorithm) (kinds []kmsdriver.SignatureKind) {
		for _, a := range algorithms {
			kinds = append(kinds, kmsdriver.SignatureKind{Algorithm: a, Message: kmsdriver.Native, Digest: kmsdriver.Native})
		}
		return kinds
	}
	cipher := func(spec kmsdriver.Spec, algorithms ...kmsdriver.EncryptionAlgorithm) kmsdriver.KeyKind {
		return kmsdriver.KeyKind{Spec: spec, Usage: kmsdriver.EncryptDecrypt, Encryptions: algorithms}
	}
	signer := func(spec kmsdriver.Spec, algorithms ...kmsdriver.SignatureAlgorithm) kmsdriver.KeyKind {
		return kmsdriver.KeyKind{Spec: spec, Usage: kmsdriver.SignVerify, Signatures: both(algorithms...)}
	}
	kinds := []kmsdriver.KeyKind{cipher(kmsdriver.AES256), cipher(kmsdriver.SM4)}
	for _, spec := range []kmsdriver.Spec{kmsdriver.RSA2048, kmsdriver.RSA3072, kmsdriver.RSA4096} {
		kinds = append(kinds, cipher(spec, kmsdriver.RSAOAEPSHA256), signer(spec,
			kmsdriver.RSAPSSSHA256, kmsdriver.RSAPSSSHA384, kmsdriver.RSAPSSSHA512,
			kmsdriver.RSAPKCS1SHA256, kmsdriver.RSAPKCS1SHA384, kmsdriver.RSAPKCS1SHA512))
	}
	return append(kinds,
		signer(kmsdriver.ECP256, kmsdriver.ECDSASHA256), signer(kmsdriver.ECP384, kmsdriver.ECDSASHA384),
		cipher(kmsdriver.SM2, kmsdriver.SM2Encrypt), signer(kmsdriver.SM2, kmsdriver.SM2SM3))
}

// kindOf returns what keys of a spec and usage can do, nil if there are none.
func kindOf(kinds []kmsdriver.KeyKind, spec kmsdriver.Spec, usage kmsdriver.Usage) *kmsdriver.KeyKind {
	i := slices.IndexFunc(kinds, func(k kmsdriver.KeyKind) bool { return k.Spec == spec && k.Usage == usage })
	if i < 0 {
		return nil
	}
	return &kinds[i]
}
