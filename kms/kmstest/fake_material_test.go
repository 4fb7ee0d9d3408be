package kmstest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

type versionLister struct{ *fake }

// ListVersions gives a version a page, the newest first.
func (f versionLister) ListVersions(ctx context.Context, req *driver.ListVersionsRequest) (*driver.ListVersionsResponse, error) {
	return onKey(ctx, f.fake, driver.OpListVersions, req.KeyID, req, func(k *fakeKey, req *driver.ListVersionsRequest) (*driver.ListVersionsResponse, error) {
		var all []driver.KeyVersion
		for i := len(k.versions) - 1; i >= 0; i-- {
			all = append(all, driver.KeyVersion{ID: k.versions[i].id, CreatedAt: k.versions[i].made})
		}
		versions, cursor := page(all, req.Cursor, 1)
		return &driver.ListVersionsResponse{Versions: versions, Cursor: cursor}, nil
	})
}

type rotator struct{ *fake }

func (f rotator) GetRotation(ctx context.Context, req *driver.GetRotationRequest) (*driver.GetRotationResponse, error) {
	return onKey(ctx, f.fake, driver.OpGetRotation, req.KeyID, req, func(k *fakeKey, _ *driver.GetRotationRequest) (*driver.GetRotationResponse, error) {
		now := k.rotation
		return &now, nil
	})
}

func (f *fake) checkPeriod(days int) error {
	if r := f.limits.RotationDays; days < r.Min || days > r.Max {
		return refuse(errs.InvalidArgument, "not so many days")
	}
	return nil
}

func (f rotator) SetRotation(ctx context.Context, req *driver.SetRotationRequest) (*driver.SetRotationResponse, error) {
	return onKey(ctx, f.fake, driver.OpSetRotation, req.KeyID, req, func(k *fakeKey, req *driver.SetRotationRequest) (*driver.SetRotationResponse, error) {
		days := req.Days
		if f.limits.Rotation == driver.Emulated {
			days = f.limits.RotationDays.Max
		}
		if req.Enabled {
			if err := f.checkPeriod(days); err != nil {
				return nil, err
			}
		}
		if k.info.State != driver.Enabled || !f.lax && k.rotation.Enabled == req.Enabled {
			return nil, refuse(errs.Conflict, "it is so already, or the key is disabled")
		}
		k.rotation = driver.GetRotationResponse{Enabled: req.Enabled}
		if req.Enabled {
			k.rotation.Days = days
		}
		k.info.RotationEnabled = req.Enabled
		return &driver.SetRotationResponse{}, nil
	})
}

type periodSetter struct{ *fake }

func (f periodSetter) SetRotationPeriod(ctx context.Context, req *driver.SetRotationPeriodRequest) (*driver.SetRotationPeriodResponse, error) {
	return onKey(ctx, f.fake, driver.OpSetRotationPeriod, req.KeyID, req, func(k *fakeKey, req *driver.SetRotationPeriodRequest) (*driver.SetRotationPeriodResponse, error) {
		if err := f.checkPeriod(req.Days); err != nil {
			return nil, err
		}
		if !k.rotation.Enabled {
			return nil, refuse(errs.Conflict, "rotation is off")
		}
		k.rotation.Days = req.Days
		return &driver.SetRotationPeriodResponse{}, nil
	})
}

type rotatorNow struct{ *fake }

// RotateNow renews symmetric keys, or pairs where those have versions.
func (f rotatorNow) RotateNow(ctx context.Context, req *driver.RotateNowRequest) (*driver.RotateNowResponse, error) {
	return onKey(ctx, f.fake, driver.OpRotateNow, req.KeyID, req, func(k *fakeKey, _ *driver.RotateNowRequest) (*driver.RotateNowResponse, error) {
		v, err := k.version("")
		if err != nil {
			return nil, err
		}
		if (v.pair != nil) != (f.limits.KeyVersions != driver.None) {
			return nil, refuse(errs.Unsupported, "keys of this spec are not renewed")
		}
		return &driver.RotateNowResponse{}, f.renew(k, nil)
	})
}

// sm2Wrapping is what material is wrapped with by SM2.
var sm2Wrapping = sync.OnceValue(func() *sm2.PrivateKey {
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
})

type importer struct{ *fake }

func (f importer) ImportParameters(ctx context.Context, req *driver.ImportParametersRequest) (*driver.ImportParametersResponse, error) {
	return onKey(ctx, f.fake, driver.OpImportParameters, req.KeyID, req, func(k *fakeKey, req *driver.ImportParametersRequest) (*driver.ImportParametersResponse, error) {
		if k.info.Origin != driver.External {
			return nil, refuse(errs.Conflict, "the material is the provider's")
		}
		public := any(rsaKeys()[0].Public())
		if req.Wrapping == driver.SM2Encrypt {
			public = sm2Wrapping().Public()
		}
		der, err := smx509.MarshalPKIXPublicKey(public)
		if err != nil {
			return nil, err
		}
		k.token, k.wrapping = random(24), req.Wrapping
		return &driver.ImportParametersResponse{PublicKey: der, Token: bytes.Clone(k.token), ExpiresAt: time.Now().Add(24 * time.Hour)}, nil
	})
}

func (f importer) ImportKeyMaterial(ctx context.Context, req *driver.ImportKeyMaterialRequest) (*driver.ImportKeyMaterialResponse, error) {
	return onKey(ctx, f.fake, driver.OpImportKeyMaterial, req.KeyID, req, func(k *fakeKey, req *driver.ImportKeyMaterialRequest) (*driver.ImportKeyMaterialResponse, error) {
		switch {
		case k.info.State != driver.PendingImport:
			return nil, refuse(errs.Conflict, "the key waits for no material")
		case !bytes.Equal(k.token, req.Token):
			return nil, refuse(errs.InvalidArgument, "another token")
		}
		var material []byte
		var err error
		if k.wrapping == driver.SM2Encrypt {
			material, err = sm2.Decrypt(sm2Wrapping(), req.Wrapped)
		} else {
			material, err = rsa.DecryptOAEP(sha256.New(), nil, rsaKeys()[0], req.Wrapped, nil)
		}
		if err != nil {
			return nil, refuse(errs.InvalidArgument, "the material does not unwrap")
		}
		if err := f.renew(k, material); err != nil {
			return nil, err
		}
		k.versions[len(k.versions)-1].id = k.info.ID[:12] // the same after the material was deleted
		k.info.State, k.info.MaterialExpiresAt = driver.Enabled, req.ExpiresAt
		return &driver.ImportKeyMaterialResponse{}, nil
	})
}

func (f importer) DeleteKeyMaterial(ctx context.Context, req *driver.DeleteKeyMaterialRequest) (*driver.DeleteKeyMaterialResponse, error) {
	return onKey(ctx, f.fake, driver.OpDeleteKeyMaterial, req.KeyID, req, func(k *fakeKey, _ *driver.DeleteKeyMaterialRequest) (*driver.DeleteKeyMaterialResponse, error) {
		if k.info.Origin != driver.External || k.info.State != driver.Enabled {
			return nil, refuse(errs.Conflict, "there is no imported material")
		}
		k.forget()
		return &driver.DeleteKeyMaterialResponse{}, nil
	})
}

type randomSource struct{ *fake }

func (f randomSource) Random(ctx context.Context, req *driver.RandomRequest) (*driver.RandomResponse, error) {
	return handle(ctx, f.fake, driver.OpRandom, req, func(req *driver.RandomRequest) (*driver.RandomResponse, error) {
		if req.Bytes > f.limits.MaxRandomBytes {
			return nil, refuse(errs.InvalidArgument, "not so many bytes")
		}
		return &driver.RandomResponse{Random: random(req.Bytes)}, nil
	})
}
