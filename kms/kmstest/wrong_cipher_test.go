package kmstest

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"sync"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

type (
	encryptReq = driver.EncryptRequest
	encryptRes = driver.EncryptResponse
	decryptReq = driver.DecryptRequest
	decryptRes = driver.DecryptResponse
	makeReq    = driver.GenerateDataKeyRequest
	makeRes    = driver.GenerateDataKeyResponse
	anewReq    = driver.ReEncryptRequest
	anewRes    = driver.ReEncryptResponse
)

func encrypting(change func(*fake, *encryptReq)) func(*fake) {
	return asked(driver.OpEncrypt, func(*encryptReq) *encryptRes { return nil }, change)
}

func encrypted(change func(*fake, *encryptReq, *encryptRes)) func(*fake) {
	return answered(driver.OpEncrypt, change)
}

func decrypted(change func(*fake, *decryptReq, *decryptRes)) func(*fake) {
	return answered(driver.OpDecrypt, change)
}

// useless fails every call of one operation.
func useless[Req, Res any](op string, _ func(*Req) *Res, code errs.Code) func(*fake) {
	return about(op, func(f *fake, ctx context.Context, _ *Req, _ func(context.Context, *Req) (*Res, error)) (*Res, error) {
		return nil, refuse(code, "of no use")
	})
}

func wrongCiphers() []wrong {
	return []wrong{
		{"takes plaintext for text", "labelled", "Encrypt/RoundTrip Encrypt/AtLimit", encrypting(func(_ *fake, req *encryptReq) { req.Plaintext = bytes.ToValidUTF8(req.Plaintext, []byte("?")) })},
		{"trims plaintext", "labelled", "Encrypt/RoundTrip", decrypted(func(_ *fake, _ *decryptReq, res *decryptRes) { res.Plaintext = bytes.TrimSpace(res.Plaintext) })},
		{"has room for less binary plaintext", "labelled", "Encrypt/AtLimit", about(driver.OpEncrypt, func(_ *fake, ctx context.Context, req *encryptReq, right func(context.Context, *encryptReq) (*encryptRes, error)) (*encryptRes, error) {
			if base64.StdEncoding.EncodedLen(len(req.Plaintext)) > 4096 {
				return nil, refuse(errs.TooLarge, "too long as base64")
			}
			return right(ctx, req)
		})},
		{"does not encrypt", "labelled", "Encrypt/Refused Encrypt/RoundTrip", useless(driver.OpEncrypt, func(*encryptReq) *encryptRes { return nil }, errs.PermissionDenied)},
		{"declares too short plaintexts", "labelled", "Encrypt/OverLimitSent", func(f *fake) { f.caps.MaxPlaintextBytes = 100 }},
		{"declares too long plaintexts", "labelled", "Encrypt/AtLimit", func(f *fake) { f.caps.MaxPlaintextBytes = 5000 }},
		{"encrypts always the same", "labelled", "Encrypt/Differs", func(f *fake) {
			var made conformancetest.Memo[string, []byte]
			encrypted(func(_ *fake, req *encryptReq, res *encryptRes) {
				res.Ciphertext.Blob = made.Once(req.KeyID+string(req.Plaintext)+req.Context, res.Ciphertext.Blob)
			})(f)
		}},
		{"does not encrypt at all", "labelled", "Encrypt/Ciphertext", func(f *fake) {
			encrypted(func(_ *fake, req *encryptReq, res *encryptRes) { res.Ciphertext.Blob = bytes.Clone(req.Plaintext) })(f)
			forgiven(driver.OpDecrypt, errs.InvalidArgument, func(_ *fake, req *decryptReq) *decryptRes {
				return &decryptRes{Plaintext: bytes.Clone(req.Ciphertext.Blob)}
			})(f)
		}},
		{"names another key", "labelled", "Encrypt/Ciphertext Encrypt/Raw", encrypted(func(f *fake, _ *encryptReq, res *encryptRes) { res.Ciphertext.KeyID = f.keys[0].info.ID })},
		{"names another key that decrypts", "labelled", "Encrypt/RoundTrip Encrypt/Raw Decrypt/OtherKeySent", decrypted(func(f *fake, _ *decryptReq, res *decryptRes) { res.KeyID = f.keys[0].info.ID })},
		{"makes ciphertexts of another kind", "labelled", "Encrypt/Raw Encrypt/RoundTrip", encrypted(func(_ *fake, _ *encryptReq, res *encryptRes) { res.Ciphertext.Kind = driver.KindText })},
		{"encrypts with any key", "labelled", "Encrypt/WrongUsage", encrypting(func(f *fake, req *encryptReq) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if k, err := f.find(req.KeyID); err != nil || k.info.Usage == driver.EncryptDecrypt {
				return
			}
			k := &fakeKey{info: driver.KeyInfo{ID: newID(), Spec: driver.AES256, State: driver.Enabled}}
			_ = f.renew(k, nil)
			f.keys = append(f.keys, k)
			req.KeyID = k.info.ID
		})},
		{"decrypts only what it has just encrypted", "labelled", "Decrypt/Stored Decrypt/Native", func(f *fake) {
			var mu sync.Mutex
			fresh := map[string]string{}
			encrypted(func(_ *fake, _ *encryptReq, res *encryptRes) {
				mu.Lock()
				defer mu.Unlock()
				half := len(res.Ciphertext.Blob) / 2
				res.Ciphertext.KeyVersion = newID()
				fresh[res.Ciphertext.KeyVersion] = string(res.Ciphertext.Blob[:half])
				res.Ciphertext.Blob = res.Ciphertext.Blob[half:]
			})(f)
			asked(driver.OpDecrypt, func(*decryptReq) *decryptRes { return nil }, func(_ *fake, req *decryptReq) {
				mu.Lock()
				defer mu.Unlock()
				req.Ciphertext.Blob = []byte(fresh[req.Ciphertext.KeyVersion] + string(req.Ciphertext.Blob))
				req.Context = strings.ReplaceAll(req.Context, "a", "x")
			})(f)
		}},
		{"claims the key that is asked for", "labelled", "Decrypt/OtherKeySent", decrypted(func(_ *fake, req *decryptReq, res *decryptRes) { res.KeyID = req.Ciphertext.KeyID })},
		{"opens what is damaged", "labelled", "Decrypt/FlippedBits Decrypt/Truncated Decrypt/Garbage", forgiven(driver.OpDecrypt, errs.InvalidArgument, func(*fake, *decryptReq) *decryptRes { return &decryptRes{Plaintext: random(50)} })},
		{"finds itself at fault for a damaged ciphertext", "labelled", "Decrypt/FlippedBits Decrypt/Truncated Decrypt/Garbage Context/Wrong", recoded(driver.OpDecrypt, errs.InvalidArgument, errs.Internal)},
		{"remembers plaintexts", "labelled", "Decrypt/FlippedBits", func(f *fake) {
			var last []byte
			encrypted(func(_ *fake, req *encryptReq, _ *encryptRes) { last = bytes.Clone(req.Plaintext) })(f)
			forgiven(driver.OpDecrypt, errs.InvalidArgument, func(*fake, *decryptReq) *decryptRes { return &decryptRes{Plaintext: last} })(f)
		}},
		{"wipes the caller's plaintext", "labelled", "Ownership/Request", encrypted(func(_ *fake, req *encryptReq, _ *encryptRes) { clear(req.Plaintext) })},
		{"wipes the caller's ciphertext", "labelled", "Ownership/Request", decrypted(func(_ *fake, req *decryptReq, _ *decryptRes) { clear(req.Ciphertext.Blob) })},
		{"keeps what is the caller's", "labelled", "Ownership/Request Ownership/Response", func(f *fake) {
			kept := map[string][]byte{}
			encrypted(func(_ *fake, req *encryptReq, res *encryptRes) { kept[string(res.Ciphertext.Blob)] = req.Plaintext })(f)
			decrypted(func(_ *fake, req *decryptReq, res *decryptRes) {
				if p, ok := kept[string(req.Ciphertext.Blob)]; ok {
					res.Plaintext = p
				}
			})(f)
		}},
		{"gives a plaintext once", "labelled", "Ownership/Response", func(f *fake) {
			var made conformancetest.Memo[string, []byte]
			decrypted(func(_ *fake, req *decryptReq, res *decryptRes) {
				res.Plaintext = made.Once(string(req.Ciphertext.Blob), res.Plaintext)
			})(f)
		}},
	}
}

// inContexts changes the context of every operation that has one.
func inContexts(change func(string) string) func(*fake) {
	return all(
		encrypting(func(_ *fake, req *encryptReq) { req.Context = change(req.Context) }),
		asked(driver.OpDecrypt, func(*decryptReq) *decryptRes { return nil }, func(_ *fake, req *decryptReq) { req.Context = change(req.Context) }),
		asked(driver.OpDecryptDataKey, func(*decryptReq) *decryptRes { return nil }, func(_ *fake, req *decryptReq) { req.Context = change(req.Context) }),
		asked(driver.OpGenerateDataKey, func(*makeReq) *makeRes { return nil }, func(_ *fake, req *makeReq) { req.Context = change(req.Context) }),
		asked(driver.OpGenerateWrappedKey, func(*makeReq) *makeRes { return nil }, func(_ *fake, req *makeReq) { req.Context = change(req.Context) }),
		asked(driver.OpReEncrypt, func(*anewReq) *anewRes { return nil }, func(_ *fake, req *anewReq) {
			req.Context, req.NewContext = change(req.Context), change(req.NewContext)
		}),
	)
}

func wrongContexts() []wrong {
	const everyContext = "Context/RoundTrip Context/Order Context/Refused Context/AtLimit "
	return []wrong{
		{"ignores the context", "aliased", "Context/Wrong Context/Missing Context/Distinct Context/AtLimit DataKey/Context WrappedDataKey/Context AEAD/RoundTrip " +
			"ReEncrypt/OtherKey ReEncrypt/SameKey ReEncrypt/DataKey ReEncrypt/WrongContext", inContexts(func(string) string { return "" })},
		{"ignores long contexts", "split", "Context/OverLimit Context/Wrong ReEncrypt/ThroughPlaintext", inContexts(func(string) string { return "" })},
		{"cannot decrypt with a context", "labelled", everyContext + "AEAD/RoundTrip Decrypt/Stored", asked(driver.OpDecrypt, func(*decryptReq) *decryptRes { return nil }, func(_ *fake, req *decryptReq) { req.Context = "" })},
		{"cannot decrypt without a context", "labelled", "Context/RoundTrip Encrypt/RoundTrip", asked(driver.OpDecrypt, func(*decryptReq) *decryptRes { return nil }, func(_ *fake, req *decryptReq) {
			if req.Context == "" {
				req.Context = "{}"
			}
		})},
		{"knows no case", "labelled", "Context/Wrong Context/Distinct", inContexts(strings.ToLower)},
		{"takes contexts for ASCII", "labelled", "Context/Unicode Context/AtLimit", inContexts(func(c string) string {
			return strings.Map(func(r rune) rune {
				if r > 0x7e || r < ' ' {
					return -1
				}
				return r
			}, c)
		})},
		{"reads quotes out of contexts", "labelled", "Context/Distinct", inContexts(func(c string) string { return strings.NewReplacer(`"`, "", `\`, "").Replace(c) })},
		{"trims contexts", "labelled", "Context/Wrong Context/Distinct", inContexts(func(c string) string { return strings.ReplaceAll(c, " ", "") })},
		{"cuts contexts", "labelled", "Context/AtLimit", inContexts(func(c string) string { return c[:min(len(c), 500)] })},
		{"declares too short contexts", "labelled", "Context/OverLimitSent", func(f *fake) { f.caps.Context.MaxChars = 500 }},
		{"declares too long contexts", "labelled", "Context/AtLimit", func(f *fake) { f.caps.Context.MaxChars = 2000 }},
		{"counts bytes for characters of contexts", "labelled", "Context/AtLimit", func(f *fake) { f.limits.Context.MaxBytes = 1024 }},
	}
}
