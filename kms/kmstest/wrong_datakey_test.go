package kmstest

import (
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

func wrongDataKeys() []wrong {
	making := func(change func(*fake, *makeReq)) func(*fake) {
		return asked(driver.OpGenerateDataKey, func(*makeReq) *makeRes { return nil }, change)
	}
	made := func(change func(*makeReq, *makeRes)) func(*fake) {
		return answered(driver.OpGenerateDataKey, func(_ *fake, req *makeReq, res *makeRes) { change(req, res) })
	}
	wrapped := func(change func(*makeReq, *makeRes)) func(*fake) {
		return answered(driver.OpGenerateWrappedKey, func(_ *fake, req *makeReq, res *makeRes) { change(req, res) })
	}
	return []wrong{
		{"makes data keys of another length", "labelled", "DataKey/RoundTrip DataKey/Raw", making(func(_ *fake, req *makeReq) { req.Bytes++ })},
		{"takes bytes for bits", "labelled", "DataKey/RoundTrip DataKey/Raw", making(func(f *fake, req *makeReq) { req.Bytes = max(1, req.Bytes/8) })},
		{"rounds data keys up to eight bytes", "labelled", "DataKey/RoundTrip", making(func(_ *fake, req *makeReq) { req.Bytes = (req.Bytes + 7) / 8 * 8 })},
		{"shows another data key than it wraps", "labelled", "DataKey/RoundTrip DataKey/Stored DataKey/Differs DataKey/Context DataKey/OtherKey Concurrent/DataKeys", made(func(req *makeReq, res *makeRes) { res.Plaintext = random(req.Bytes) })},
		{"makes always the same data key", "labelled", "DataKey/Differs Concurrent/DataKeys", func(f *fake) {
			var kept conformancetest.Memo[string, makeRes]
			answered(driver.OpGenerateDataKey, func(_ *fake, req *makeReq, res *makeRes) {
				*res = kept.Once(req.KeyID+req.Context+string(rune(req.Bytes)), *res)
				res.Plaintext = append([]byte(nil), res.Plaintext...)
			})(f)
		}},
		{"makes data keys of zeros", "labelled", "DataKey/RoundTrip", made(func(_ *makeReq, res *makeRes) { clear(res.Plaintext) })},
		{"declares too long data keys", "labelled", "DataKey/Refused DataKey/RoundTrip", func(f *fake) { f.caps.DataKeyBytes.Max = 2000 }},
		{"declares too short data keys", "labelled", "DataKey/OverLimitSent", func(f *fake) { f.caps.DataKeyBytes.Max = 100 }},
		{"takes data keys for data", "labelled", "DataKey/Raw DataKey/RoundTrip", made(func(_ *makeReq, res *makeRes) { res.Ciphertext.Kind = driver.KindData })},
		{"opens damaged data keys", "split", "DataKey/FlippedBits", forgiven(driver.OpDecryptDataKey, errs.InvalidArgument, func(_ *fake, req *decryptReq) *decryptRes {
			return &decryptRes{Plaintext: random(req.Ciphertext.PlaintextBytes)}
		})},
		{"pads opened data keys", "split", "DataKey/RoundTrip DataKey/Raw WrappedDataKey/RoundTrip", answered(driver.OpDecryptDataKey, func(_ *fake, _ *decryptReq, res *decryptRes) { res.Plaintext = append(res.Plaintext, 0) })},
		{"wraps data keys of another length", "aliased", "WrappedDataKey/RoundTrip", asked(driver.OpGenerateWrappedKey, func(*makeReq) *makeRes { return nil }, func(_ *fake, req *makeReq) { req.Bytes = 32 })},
		{"ignores the context of wrapped data keys", "aliased", "WrappedDataKey/Context", asked(driver.OpGenerateWrappedKey, func(*makeReq) *makeRes { return nil }, func(_ *fake, req *makeReq) { req.Context = "" })},
		{"shows wrapped data keys", "aliased", "WrappedDataKey/Raw WrappedDataKey/RoundTrip", wrapped(func(req *makeReq, res *makeRes) { res.Plaintext = random(req.Bytes) })},
		{"shows wrapped data keys as empty", "aliased", "WrappedDataKey/Raw", wrapped(func(_ *makeReq, res *makeRes) { res.Plaintext = []byte{} })},
		{"draws too few bytes", "labelled", "Random/RoundTrip", answered(driver.OpRandom, func(_ *fake, req *driver.RandomRequest, res *driver.RandomResponse) {
			res.Random = res.Random[:req.Bytes/2]
		})},
		{"draws zeros", "labelled", "Random/RoundTrip", answered(driver.OpRandom, func(_ *fake, _ *driver.RandomRequest, res *driver.RandomResponse) { clear(res.Random) })},
		{"declares too many random bytes", "labelled", "Random/Refused Random/RoundTrip", func(f *fake) { f.caps.MaxRandomBytes = 2000 }},
		{"declares too few random bytes", "labelled", "Random/OverLimitSent", func(f *fake) { f.caps.MaxRandomBytes = 100 }},
		{"gives back what should be encrypted anew", "labelled", "ReEncrypt/OtherKey ReEncrypt/SameKey ReEncrypt/DataKey", answered(driver.OpReEncrypt, func(_ *fake, req *anewReq, res *anewRes) {
			res.Ciphertext = req.Ciphertext
		})},
		{"keeps the old context", "labelled", "ReEncrypt/OtherKey ReEncrypt/SameKey", asked(driver.OpReEncrypt, func(*anewReq) *anewRes { return nil }, func(_ *fake, req *anewReq) { req.NewContext = req.Context })},
		{"makes data of data keys", "labelled", "ReEncrypt/DataKey", answered(driver.OpReEncrypt, func(_ *fake, _ *anewReq, res *anewRes) { res.Ciphertext.Kind = driver.KindData })},
		{"encrypts anew whatever it is", "labelled", "ReEncrypt/WrongContext ReEncrypt/FlippedBits", forgiven(driver.OpReEncrypt, errs.InvalidArgument, func(f *fake, req *anewReq) *anewRes {
			made, _ := f.seal("E", req.NewKeyID, req.NewContext, random(10))
			made.Kind = req.Ciphertext.Kind
			return &anewRes{Ciphertext: made}
		})},
	}
}
