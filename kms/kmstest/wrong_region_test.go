package kmstest

import (
	"context"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

type (
	specsReq = driver.SymmetricSpecsRequest
	specsRes = driver.SymmetricSpecsResponse
)

// regional: the region decides of what spec the symmetric keys are.
type regional struct {
	base
	creator
	specTeller
	secretCipher
}

func regionalCaps() driver.Capabilities {
	c := bareCaps()
	c.Vendor, c.RegionalSpec = "regional", driver.Native
	return c
}

type specTeller struct{ *fake }

func (f specTeller) SymmetricSpecs(ctx context.Context, req *specsReq) (*specsRes, error) {
	return handle(ctx, f.fake, driver.OpSymmetricSpecs, req, func(*specsReq) (*specsRes, error) {
		return &specsRes{Specs: []driver.Spec{f.limits.Keys[0].Spec}, Advice: "choose another region than north-1"}, nil
	})
}

func wrongRegions() []wrong {
	telling := func(change func(*fake, *specsRes)) func(*fake) {
		return answered(driver.OpSymmetricSpecs, func(f *fake, _ *specsReq, res *specsRes) { change(f, res) })
	}
	return []wrong{
		{"tells another spec than that of its keys", "regional", "Region/Specs Create/EveryKind", telling(func(_ *fake, res *specsRes) { res.Specs[0] = driver.SM4 })},
		{"makes keys of another spec than it tells", "regional", "Region/Specs Create/EveryKind", answered(driver.OpDescribeKey, func(_ *fake, _ *driver.DescribeKeyRequest, res *driver.DescribeKeyResponse) {
			res.Key.Spec = driver.SM4
		})},
		{"tells no spec", "regional", "Region/Specs Region/OtherSpec", telling(func(_ *fake, res *specsRes) { res.Specs = nil })},
		{"tells two specs", "regional", "Region/Specs Create/EveryKind", telling(func(_ *fake, res *specsRes) { res.Specs = append(res.Specs, driver.SM4) })},
		{"tells one spec and then the other", "regional", "Region/Specs Region/OtherSpec", func(f *fake) {
			asked := 0
			telling(func(_ *fake, res *specsRes) {
				if asked++; asked%2 == 0 {
					res.Specs[0] = driver.SM4
				}
			})(f)
			f.limits.Keys = slices.Clone(allKinds(driver.None, driver.Native)[:2])
		}},
		{"advises nothing", "regional", "Region/OtherSpec", telling(func(_ *fake, res *specsRes) { res.Advice = "" })},
		{"advises in two lines", "regional", "Region/OtherSpec", telling(func(_ *fake, res *specsRes) { res.Advice += "\nor none" })},
		{"does not tell which spec", "regional", "Region/OtherSpec", about(driver.OpSymmetricSpecs, func(*fake, context.Context, *specsReq, func(context.Context, *specsReq) (*specsRes, error)) (*specsRes, error) {
			return nil, refuse(errs.Unsupported, "it is a secret")
		})},
		{"declares a region for pairs alone", "messages", "Declare/Capabilities", func(f *fake) { f.caps.RegionalSpec = driver.Native }},
		{"declares a region that cannot be asked", "bare", "Declare/Interfaces", func(f *fake) { f.caps.RegionalSpec = driver.Native }},
		{"can be asked what it does not declare", "regional", "Declare/Interfaces", func(f *fake) { f.caps.RegionalSpec = driver.None }},
		{"changes something by telling a spec", "regional", "Declare/Operations", rows(driver.OpSymmetricSpecs, func(row *policy.Operation) { row.Idempotency = policy.Idempotent })},
	}
}
