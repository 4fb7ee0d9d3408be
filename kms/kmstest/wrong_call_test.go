package kmstest

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// onErrors changes every error.
func onErrors(change func(op string, err *errs.Error) error) func(*fake) {
	return func(f *fake) {
		f.fails = func(op string, err error) error {
			if e, ok := errors.AsType[*errs.Error](err); ok {
				copied := *e
				return change(op, &copied)
			}
			return err
		}
	}
}

// showing is a driver that prints a credential.
type showing struct {
	driver.Service
	credential string
}

// vendorError is an error of a vendor's package that holds what was sent.
type vendorError struct{ Body []byte }

func (*vendorError) Error() string { return "failed" }

func wrongCalls() []wrong {
	return []wrong{
		{"finds a missing key at fault", "aliased", "Call/Missing Call/MissingPortable Errors/Portable", onErrors(func(_ string, err *errs.Error) error {
			if err.Code == errs.NotFound {
				err.Code = errs.InvalidArgument
			}
			return err
		})},
		{"disables keys that there are not", "labelled", "Call/Missing Call/MissingPortable", forgiven(driver.OpDisableKey, errs.NotFound, func(*fake, *driver.DisableKeyRequest) *driver.DisableKeyResponse {
			return new(driver.DisableKeyResponse)
		})},
		{"ignores the context of calls", "labelled", "Call/Canceled Call/Deadline Call/NothingDone", func(f *fake) { f.before = context.WithoutCancel }},
		{"ignores the context of one call", "aliased", "Call/Canceled Call/Deadline Call/NothingDone", about(driver.OpSetDescription, func(_ *fake, ctx context.Context, req *driver.SetDescriptionRequest, right func(context.Context, *driver.SetDescriptionRequest) (*driver.SetDescriptionResponse, error)) (*driver.SetDescriptionResponse, error) {
			return right(context.WithoutCancel(ctx), req)
		})},
		{"makes keys although it is cancelled", "labelled", "Call/NothingDone", about(driver.OpCreateKey, func(_ *fake, ctx context.Context, req *createReq, right func(context.Context, *createReq) (*createRes, error)) (*createRes, error) {
			res, err := right(context.WithoutCancel(ctx), req)
			if ctx.Err() != nil {
				return nil, &errs.Error{Code: errs.CodeOf(ctx.Err()), Err: ctx.Err()}
			}
			return res, err
		})},
		{"waits on when the context ends", "labelled", "Call/Prompt", func(f *fake) {
			f.before = func(ctx context.Context) context.Context { time.Sleep(12 * time.Millisecond); return ctx }
		}},
		{"hides the cause of an end", "labelled", "Call/Canceled Call/Deadline", onErrors(func(_ string, err *errs.Error) error { err.Err = nil; return err })},
		{"enables again when the context ends", "labelled", "Call/AfterReturn", about(driver.OpDisableKey, func(f *fake, ctx context.Context, req *driver.DisableKeyRequest, right func(context.Context, *driver.DisableKeyRequest) (*driver.DisableKeyResponse, error)) (*driver.DisableKeyResponse, error) {
			res, err := right(ctx, req)
			context.AfterFunc(ctx, func() {
				f.mu.Lock()
				defer f.mu.Unlock()
				if k, missing := f.find(req.KeyID); missing == nil {
					k.info.State = driver.Enabled
				}
			})
			return res, err
		})},
		{"serves one at a time", "labelled", "Concurrent/AllOperations Concurrent/Crypto Concurrent/DataKeys Concurrent/States Concurrent/SameName", func(f *fake) {
			var busy atomic.Int32
			f.before = func(ctx context.Context) context.Context {
				if busy.Add(1) > 1 {
					ctx, cancel := context.WithCancel(ctx)
					cancel()
					busy.Add(-1)
					return ctx
				}
				time.Sleep(time.Microsecond)
				busy.Add(-1)
				return ctx
			}
		}},
		{"has plain errors", "labelled", "Errors/Typed Call/Missing", func(f *fake) {
			f.fails = func(string, error) error { return errors.New("failed") }
		}},
		{"knows no codes", "labelled", "Errors/Typed Call/Missing", onErrors(func(_ string, err *errs.Error) error { err.Code = errs.Unknown; return err })},
		{"has codes of its own", "labelled", "Errors/Typed Call/Missing", onErrors(func(_ string, err *errs.Error) error { err.Code = "Gone"; return err })},
		{"tells its credential", "labelled", "Errors/NoSecrets Errors/Typed Call/Missing Errors/Portable", onErrors(func(_ string, err *errs.Error) error {
			err.Message += " for " + base64.StdEncoding.EncodeToString([]byte("ak:"+credential))
			return err
		})},
		{"prints its credential", "labelled", "Print/Credentials", func(f *fake) {
			right := f.shape
			f.shape = func(f *fake) driver.Service { return showing{right(f), credential} }
		}},
		{"prints plaintexts", "labelled", "Errors/NoSecrets Errors/Typed", about(driver.OpEncrypt, func(_ *fake, ctx context.Context, req *encryptReq, right func(context.Context, *encryptReq) (*encryptRes, error)) (*encryptRes, error) {
			res, err := right(ctx, req)
			if err != nil {
				return nil, refuse(errs.CodeOf(err), fmt.Sprintf("cannot encrypt %x", req.Plaintext))
			}
			return res, nil
		})},
		{"keeps the request in its errors", "labelled", "Errors/NoSecrets", about(driver.OpEncrypt, func(_ *fake, ctx context.Context, req *encryptReq, right func(context.Context, *encryptReq) (*encryptRes, error)) (*encryptRes, error) {
			res, err := right(ctx, req)
			if e, ok := errors.AsType[*errs.Error](err); ok {
				copied := *e
				copied.Err = errors.Join(e.Err, &vendorError{Body: req.Plaintext})
				return nil, &copied
			}
			return res, err
		})},
		{"prints the context", "labelled", "Errors/NoSecrets", about(driver.OpDecrypt, func(_ *fake, ctx context.Context, req *decryptReq, right func(context.Context, *decryptReq) (*decryptRes, error)) (*decryptRes, error) {
			res, err := right(ctx, req)
			if err != nil {
				return nil, refuse(errs.CodeOf(err), "not by the context "+req.Context)
			}
			return res, nil
		})},
		{"prints material", "labelled", "Errors/NoSecrets", about(driver.OpImportKeyMaterial, func(_ *fake, ctx context.Context, req *driver.ImportKeyMaterialRequest, right func(context.Context, *driver.ImportKeyMaterialRequest) (*driver.ImportKeyMaterialResponse, error)) (*driver.ImportKeyMaterialResponse, error) {
			res, err := right(ctx, req)
			if err != nil {
				return nil, refuse(errs.CodeOf(err), fmt.Sprint("not ", req.Wrapped))
			}
			return res, nil
		})},
		{"finds every error worth another try", "labelled", "Errors/Permanent", onErrors(func(_ string, err *errs.Error) error { err.Retry = errs.Temporary; return err })},
		{"fills in what is the caller's", "labelled", "Errors/CallerFields", onErrors(func(op string, err *errs.Error) error { err.Provider, err.Op = "fake", op; return err })},
		{"claims what was not sent", "labelled", "Errors/Outcome Call/NothingDone Errors/Portable", onErrors(func(_ string, err *errs.Error) error { err.Outcome = errs.Applied; return err })},
		{"tells plaintexts of a key", "labelled", "Print/NoSecrets", encrypted(func(f *fake, req *encryptReq, _ *encryptRes) {
			k, _ := f.find(req.KeyID)
			k.info.Vendor = map[string]string{"LastPlaintext": string(req.Plaintext)}
		})},
	}
}
