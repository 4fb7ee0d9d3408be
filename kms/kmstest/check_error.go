package kmstest

import (
	"context"
	"errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// errorChecks: what holds of every error, and of what is printed.
func errorChecks() []check {
	return []check{
		{"Errors/Typed", []need{needKeys}, (*suite).typedErrors},
		{"Errors/NoSecrets", []need{needKeys}, (*suite).noSecretsInErrors},
		{"Errors/Permanent", []need{needKeys}, (*suite).permanentErrors},
		{"Errors/CallerFields", []need{needKeys}, (*suite).callerFields},
		{"Errors/Outcome", []need{needKeys}, (*suite).outcomes},
		{"Errors/Portable", []need{needKeys}, (*suite).portableErrors},
		{"Print/NoSecrets", []need{needKeys}, (*suite).printsNoSecrets},
		{"Portable/Unsupported", []need{needKeys}, (*suite).unsupported},
		{"Portable/Canceled", []need{needKeys}, (*suite).portableCanceled},
		{"Portable/References", []need{needKeys}, (*suite).refusesReferences},
	}
}

// failures returns errors of all kinds that can be had, by what was done. Secrets that go into them are remembered.
func (s *suite) failures() map[string]error {
	s.Helper()
	t := s.targets()
	all := map[string]error{}
	add := func(what string, op operation, ctx context.Context) {
		s.pace(op.name)
		all[op.name+" "+what] = op.call(ctx)
	}
	for _, op := range s.operations(t) {
		add("with a cancelled context", op, conformance.CanceledContext())
	}
	for _, op := range s.operations(t.at(s.nowhere())) {
		if !op.anyKey {
			add("of a missing key", op, s.ctx)
		}
	}
	if d, ok := s.drv.(driver.SymmetricCipher); ok && t.secret != "" {
		bad := t.data
		bad.Blob = []byte(mark)
		add("of no ciphertext", ready(driver.OpDecrypt, d.Decrypt, &driver.DecryptRequest{Ciphertext: bad}), s.ctx)
		add("with another context", ready(driver.OpDecrypt, d.Decrypt, &driver.DecryptRequest{Ciphertext: t.data, Context: `{"a":"` + mark + `"}`}), s.ctx)
		disabled := s.create(s.kind(isSymmetric))
		s.disable(disabled)
		add("with a disabled key", ready(driver.OpEncrypt, d.Encrypt, &driver.EncryptRequest{KeyID: disabled.ID(), Plaintext: []byte(mark)}), s.ctx)
		if s.h.Skip["Encrypt/OverLimitSent"] == "" {
			add("over the limit", ready(driver.OpEncrypt, d.Encrypt, &driver.EncryptRequest{KeyID: t.secret, Plaintext: plain(s.caps.MaxPlaintextBytes + 1)}), s.ctx)
		}
	}
	if d, ok := s.drv.(driver.AsymmetricCipher); ok && t.pair != "" {
		bad := t.sealed
		bad.Blob = []byte(mark)
		add("of no ciphertext", ready(driver.OpAsymmetricDecrypt, d.AsymmetricDecrypt, &driver.AsymmetricDecryptRequest{Ciphertext: bad}), s.ctx)
	}
	if s.caps.Import != driver.None && len(s.kindsOf(func(k *driver.KeyKind) bool { return materialSize(k.Spec) > 0 })) > 0 {
		k, kind := s.empty()
		material := s.material(kind)
		_, p := s.wrap(k, s.caps.Wrapping[0], material)
		add("of what is not wrapped", ready(driver.OpImportKeyMaterial, facet[driver.Importer](s).ImportKeyMaterial,
			&driver.ImportKeyMaterialRequest{KeyID: k.ID(), Wrapped: material, Token: p.Token}), s.ctx)
	}
	return all
}

func (s *suite) typedErrors() { s.Typed(s.failures()) }

func (s *suite) noSecretsInErrors() { s.NoSecrets(s.failures()) }

// permanentErrors: what cannot succeed is not marked as worth another try.
func (s *suite) permanentErrors() {
	s.Permanent(s.failures(), errs.NotFound, errs.KeyNotFound, errs.TooLarge, errs.InvalidArgument, errs.AlreadyExists, errs.Canceled, errs.Conflict)
}

// callerFields: what package kms fills in is left to it.
func (s *suite) callerFields() { s.CallerFields(s.failures()) }

// outcomes: a call that was refused does not claim to have changed something.
func (s *suite) outcomes() { s.NotApplied(s.failures()) }

// portableErrors: what programs get says what was called where.
func (s *suite) portableErrors() {
	k := s.handle(s.nowhere())
	_, err := k.Describe(s.ctx)
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		s.Fatalf("Describe of a missing key: %v", err)
	}
	if e.Provider != providerName || e.Op != driver.OpDescribeKey || e.Resource != k.ID() || e.Attempts != 1 || e.Outcome != errs.NotApplied || !e.Code.Is(errs.NotFound) {
		s.Errorf("Describe of a missing key: %q %q %q, %d attempts, %s, %s", e.Provider, e.Op, e.Resource, e.Attempts, e.Outcome, e.Code)
	}
	err = k.Enable(s.ctx)
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Op != driver.OpEnableKey || e.Provider != providerName || e.Resource != k.ID() || e.Outcome == errs.Applied {
		s.Errorf("Enable of a missing key: %v", err)
	}
}

// printsNoSecrets: responses may be logged.
func (s *suite) printsNoSecrets() {
	var all []any
	add := func(values ...any) { all = append(all, values...) }
	if len(s.kindsOf(isSymmetric)) > 0 && s.caps.Symmetric != driver.None {
		k := s.secret()
		made, err := s.rawEncrypt(k.ID(), []byte(mark), "")
		s.Must("Encrypt", err)
		ct := made.Ciphertext
		ct.KeyID = k.ID()
		opened, err := s.rawDecrypt(ct, "")
		s.Must("Decrypt", err)
		add(made, *made, opened, *opened, ct, &driver.EncryptRequest{Plaintext: []byte(mark)}, s.encrypt(k, []byte(mark)))
		if s.caps.DataKeys != driver.None {
			generated, err := call(s, driver.OpGenerateDataKey, facet[driver.DataKeyGenerator](s).GenerateDataKey, &driver.GenerateDataKeyRequest{KeyID: k.ID(), Bytes: s.usual()})
			s.Must("GenerateDataKey", err)
			s.keepSecret(generated.Plaintext)
			key := s.dataKey(k, s.usual())
			add(generated, *generated, key, *key, key.Ciphertext())
		}
	}
	if s.caps.Random != driver.None {
		res, err := call(s, driver.OpRandom, facet[driver.RandomSource](s).Random, &driver.RandomRequest{Bytes: min(32, s.caps.MaxRandomBytes)})
		s.Must("Random", err)
		s.keepSecret(res.Random)
		add(res, *res)
	}
	if len(s.kindsOf(isCipherPair)) > 0 && s.caps.AsymmetricEncrypt != driver.None {
		p := s.pairings(0)[0]
		add(s.encrypt(p.key, []byte(mark), kms.WithAlgorithm(p.algorithm)))
	}
	add(s.described(s.shared(s.cheapKind(), 0)))
	for _, value := range all {
		if form := s.Secrets.Printed(value); form != "" {
			s.Errorf("a %T printed as %s shows a secret", value, form)
		}
	}
}

// unsupported: what the capabilities exclude is refused with nothing sent.
func (s *suite) unsupported() {
	k := s.handle(s.shared(s.cheapKind(), 0).ID())
	c := &s.caps
	tries := map[string]struct {
		support driver.Support
		call    func() error
	}{
		"Rename":         {c.Rename, func() error { return k.Rename(s.ctx, s.name()) }},
		"SetDescription": {c.SetDescription, func() error { return k.SetDescription(s.ctx, "text") }},
		"Aliases":        {c.Aliases, func() error { _, err := k.Aliases(s.ctx); return err }},
		"AddAlias":       {c.Aliases, func() error { return k.AddAlias(s.ctx, s.name()) }},
		"RemoveAlias":    {c.Aliases, func() error { return k.RemoveAlias(s.ctx, s.name()) }},
		"Tags":           {c.Tags, func() error { _, err := k.Tags(s.ctx); return err }},
		"RemoveTags":     {c.Tags, func() error { return k.RemoveTags(s.ctx, "a") }},
		"Rotation":       {c.Rotation, func() error { _, err := k.Rotation(s.ctx); return err }},
		"RotateNow":      {c.RotateNow, func() error { return k.RotateNow(s.ctx) }},
		"Encrypt":        {c.Symmetric, func() error { _, err := k.Encrypt(s.ctx, []byte(mark)); return err }},
		"GenerateDataKeyWithoutPlaintext": {c.WrappedDataKeys, func() error {
			_, err := k.GenerateDataKeyWithoutPlaintext(s.ctx, max(1, c.DataKeyBytes.Min))
			return err
		}},
		"Encrypt with a public key": {c.AsymmetricEncrypt, func() error {
			_, err := k.Encrypt(s.ctx, []byte(mark), kms.WithAlgorithm(kms.RSAOAEPSHA256))
			return err
		}},
		"Sign":              {c.Sign, func() error { _, err := k.Sign(s.ctx, kms.ECDSASHA256, []byte(mark)); return err }},
		"PublicKey":         {c.PublicKey, func() error { _, err := k.PublicKey(s.ctx); return err }},
		"ImportParameters":  {c.Import, func() error { _, err := k.ImportParameters(s.ctx, kms.RSAOAEPSHA256); return err }},
		"ImportKeyMaterial": {c.Import, func() error { return k.ImportKeyMaterial(s.ctx, random(32)) }},
		"DeleteKeyMaterial": {c.Import, func() error { return k.DeleteKeyMaterial(s.ctx) }},
	}
	for what, try := range tries {
		if try.support == driver.None {
			s.Unsent(what+", which is declared None", errs.Unsupported, try.call)
		}
	}
}

// portableCanceled: a call whose context has ended is not sent, whatever it takes.
func (s *suite) portableCanceled() {
	k, ctx := s.create(s.cheapKind()), conformance.CanceledContext()
	for what, call := range map[string]func() error{
		"CreateKey":        func() error { _, err := s.service().CreateKey(ctx, s.name(), s.options(s.cheapKind())...); return err },
		"Describe":         func() error { _, err := k.Describe(ctx); return err },
		"Enable":           func() error { return k.Enable(ctx) },
		"Disable":          func() error { return k.Disable(ctx) },
		"ScheduleDeletion": func() error { _, err := k.ScheduleDeletion(ctx, s.caps.DeletionDays.Min); return err },
		"CancelDeletion":   func() error { _, err := k.CancelDeletion(ctx); return err },
		"Keys": func() error {
			for _, err := range s.service().Keys(ctx) {
				return err
			}
			return nil
		},
	} {
		s.Unsent(what+" with a cancelled context", errs.Canceled, call)
	}
	if s.caps.Symmetric != driver.None {
		s.Unsent("Encrypt with a cancelled context", errs.Canceled, func() error { _, err := k.Encrypt(ctx, []byte(mark)); return err })
	}
	s.wantState("after calls with a cancelled context", k, kms.Enabled)
}

func (s *suite) refusesReferences() {
	svc := s.service()
	s.Unsent("Key without an id", errs.InvalidArgument, func() error { _, err := svc.Key(s.ctx, ""); return err })
	s.Unsent("Key with an id that is not UTF-8", errs.InvalidArgument, func() error { _, err := svc.Key(s.ctx, "a\xff"); return err })
	s.Unsent("KeyByName without a name", errs.InvalidArgument, func() error { _, err := svc.KeyByName(s.ctx, ""); return err })
	s.Unsent("Key that is to be made", errs.InvalidArgument, func() error { _, err := svc.Key(s.ctx, "a", kms.CreateIfMissing()); return err })
	k := s.handle(s.shared(s.cheapKind(), 0).ID())
	s.described(k)
}
