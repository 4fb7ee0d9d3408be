package canary_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/internal/canary"
	"github.com/crosscloud-sdk/crosscloud/kms"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/kv"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
	"github.com/crosscloud-sdk/crosscloud/secret"
	wsdriver "github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// secretName is in the names of fields that hold credentials as texts.
var secretName = regexp.MustCompile(`(?i)token|secret|passw|plaintext|credential|apikey`)

// exportedTypes returns the exported structs of the module that have a field that can hold a secret: a secret.String, bytes, JSON,
// or a text of such a name; by package and name, such as kms.DataKey.
func exportedTypes(t *testing.T) []string {
	t.Helper()
	var all []string
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			// The emulators' credentials are no secrets, and the suites make up theirs.
			if name == "internal" || name == "emulator" || name == "examples" || name == "testdata" || strings.HasSuffix(name, "test") || strings.HasPrefix(name, ".") && path != root {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if ok && spec.Name.IsExported() && holdsSecret(spec.Type) {
				all = append(all, strings.TrimPrefix(filepath.ToSlash(dir)+"."+spec.Name.Name, ".."))
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// holdsSecret reports whether a type is a struct, or a map or slice of structs, that can hold a secret.
func holdsSecret(expr ast.Expr) bool {
	structure, ok := expr.(*ast.StructType)
	if !ok {
		return mentions(expr, false)
	}
	return slices.ContainsFunc(structure.Fields.List, func(field *ast.Field) bool {
		named := slices.ContainsFunc(field.Names, func(name *ast.Ident) bool { return secretName.MatchString(name.Name) })
		return mentions(field.Type, named)
	})
}

// mentions reports whether a type is made of a secret, bytes or JSON, or of texts where their name says so.
func mentions(expr ast.Expr, named bool) bool {
	switch e := expr.(type) {
	case *ast.SelectorExpr:
		pkg, _ := e.X.(*ast.Ident)
		return pkg != nil && (pkg.Name == "secret" || pkg.Name == "json" && e.Sel.Name == "RawMessage")
	case *ast.Ident:
		return named && e.Name == "string"
	case *ast.StarExpr:
		return mentions(e.X, named)
	case *ast.MapType:
		return mentions(e.Key, named) || mentions(e.Value, named)
	case *ast.ArrayType:
		element, _ := e.Elt.(*ast.Ident)
		return element != nil && element.Name == "byte" || mentions(e.Elt, named)
	}
	return false
}

// planted is the secret in the values of these tests.
const planted = "q7Zx2Lw9Kp3V"

// shown is a value with a secret in it.
type shown struct {
	value any
	// encodes says that JSON and gob are how a program stores the value on purpose.
	encodes bool
}

// notSecret says why a type that could hold a secret holds none.
func notSecret() map[string]string {
	return map[string]string{
		"kms.Ciphertext": "ciphertexts", "kms/driver.Ciphertext": "ciphertexts",
		"kms.PublicKey": "public keys", "kms/driver.PublicKeyResponse": "public keys",
		"kms.Signature": "signatures of messages", "kms/driver.SignResponse": "signatures of messages",
		"kms/driver.AsymmetricDecryptRequest": "ciphertexts", "replay.Exchange": "what was recorded in order to be read",
		"workspace/driver.CreateRequest": "the name of a key", "providers/local.Options": "paths",
	}
}

// values are of the types that hold secrets.
func values(t *testing.T) map[string]shown {
	t.Helper()
	raw, text := []byte(planted), json.RawMessage(`{"a":"`+planted+`"}`)
	d := providers.Lookup("cloudflare")
	said := providers.Values{"api_token": {Text: planted, From: "test"}, "account_id": {Text: strings.Repeat("0a", 16), From: "test"}}
	settings, err := d.Resolve(said, providers.Host{LookupEnv: func(string) (string, bool) { return "", false }})
	if err != nil {
		t.Fatal(err)
	}
	entry := crosscloud.Entry{"driver": "cloudflare", "account_id": strings.Repeat("0a", 16), "api_token": planted}
	client, err := crosscloud.Open(t.Context(), crosscloud.WithProvider("cf", entry))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	sign := kmsdriver.SignRequest{KeyID: "k", Message: raw, Digest: raw}
	key := wsdriver.APIKey{ID: "k", Name: "n", Secret: secret.New(planted)}
	return map[string]shown{
		"kms.ImportParameters":                {kms.ImportParameters{Token: raw}, true},
		"kms.DataKey":                         {dataKey(t), false},
		"kms/driver.AsymmetricEncryptRequest": {kmsdriver.AsymmetricEncryptRequest{Plaintext: raw}, false},
		"kms/driver.DecryptRequest":           {kmsdriver.DecryptRequest{Context: planted}, false},
		"kms/driver.DecryptResponse":          {kmsdriver.DecryptResponse{Plaintext: raw}, false},
		"kms/driver.EncryptRequest":           {kmsdriver.EncryptRequest{Plaintext: raw, Context: planted}, false},
		"kms/driver.GenerateDataKeyRequest":   {kmsdriver.GenerateDataKeyRequest{Context: planted}, false},
		"kms/driver.GenerateDataKeyResponse":  {kmsdriver.GenerateDataKeyResponse{Plaintext: raw}, false},
		"kms/driver.ImportKeyMaterialRequest": {kmsdriver.ImportKeyMaterialRequest{Wrapped: raw, Token: raw}, false},
		"kms/driver.ImportParametersResponse": {kmsdriver.ImportParametersResponse{Token: raw}, false},
		"kms/driver.ReEncryptRequest":         {kmsdriver.ReEncryptRequest{Context: planted, NewContext: planted}, false},
		"kms/driver.RandomResponse":           {kmsdriver.RandomResponse{Random: raw}, false},
		"kms/driver.SignRequest":              {sign, false},
		"kms/driver.VerifyRequest":            {kmsdriver.VerifyRequest{SignRequest: sign, Signature: raw}, false},
		"kv.Entry":                            {kv.Entry{Key: "k", Value: raw, Metadata: text}, true},
		"kv.Result":                           {kv.Result{Key: "k", Entry: kv.Entry{Key: "k", Value: raw, Metadata: text}}, true},
		"kv.PutOption":                        {kv.MetadataOf(planted), false},
		"kv.Write":                            {kv.Write{Key: "k", Value: raw}, true},
		"kv/driver.GetResponse":               {kvdriver.GetResponse{Value: raw, Metadata: text}, false},
		"kv/driver.InspectResponse":           {kvdriver.InspectResponse{Metadata: text}, false},
		"kv/driver.KeyInfo":                   {kvdriver.KeyInfo{Name: "k", Metadata: text}, true},
		"kv/driver.PutRequest":                {kvdriver.PutRequest{Key: "k", Value: raw, Metadata: text}, false},
		"providers.Settings":                  {*settings, false},
		"providers.Value":                     {said["api_token"], false},
		"providers.Values":                    {said, false},
		"secret.String":                       {secret.New(planted), false},
		"workspace/driver.APIKey":             {key, false},
		"workspace/driver.CreateResponse":     {wsdriver.CreateResponse{APIKey: &key}, false},
		"workspace/driver.Info":               {wsdriver.Info{ID: "w", Secrets: map[string]secret.String{"token": secret.New(planted)}}, false},
		".Client":                             {client, false},
		".Entry":                              {entry, false},
		".Option":                             {crosscloud.WithProvider("cf", entry), false},
	}
}

// dataKey returns a data key, whose plaintext is the secret.
func dataKey(t *testing.T) *kms.DataKey {
	t.Helper()
	account, err := local.Open(local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = account.Close() })
	drv, err := account.KMSService(local.KMSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	service, err := kms.NewService(drv, kms.ServiceOptions{Provider: "local"})
	if err != nil {
		t.Fatal(err)
	}
	key, err := service.CreateKey(t.Context(), "orders")
	if err != nil {
		t.Fatal(err)
	}
	data, err := key.GenerateDataKey(t.Context(), 32)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Every exported type that can hold a secret is here, so that a new one is not forgotten.
func TestTypesAreListed(t *testing.T) {
	known, none := values(t), notSecret()
	for _, name := range exportedTypes(t) {
		if _, listed := known[name]; listed == (none[name] != "") {
			t.Errorf("%s can hold a secret: add it to the values of this test, or to those that hold none, and not to both", name)
		}
	}
}

// No type shows its secret, by itself or in a pointer, a list, a map or another struct.
func TestTypesShowNothing(t *testing.T) {
	s := canary.Of(planted)
	if !s.In(asGob(map[string]string{"a": planted})) {
		t.Fatal("gob does not show what is in it")
	}
	for name, v := range values(t) {
		if key, ok := v.value.(*kms.DataKey); ok {
			s.Add(key.Plaintext())
		}
		for form, value := range map[string]any{
			name: v.value, "a list of " + name: []any{v.value}, "a map of " + name: map[string]any{"v": v.value}, "a struct of " + name: struct{ V any }{v.value},
		} {
			if form == name || !v.encodes { // in others, log records in JSON are made by package json
				if got := s.Printed(value); got != "" && !(v.encodes && got == "JSON") {
					t.Errorf("%s shows a secret as %s", form, got)
				}
			}
		}
		s.Logger(nil, func(form string) { t.Errorf("%s shows a secret in %s", name, form) }).Info("a value", "value", v.value)
		if !v.encodes && !strings.Contains(name, "driver.") && s.In(asGob(v.value)) {
			t.Errorf("%s shows a secret as gob", name)
		}
	}
}

// asGob returns a value as gob, as far as that is possible: package gob refuses what has no exported fields.
func asGob(v any) string {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(v); err != nil {
		return err.Error()
	}
	return b.String()
}
