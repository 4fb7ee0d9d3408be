package crosscloud_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/capability"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// strongroom is a provider with keys, which all encrypt by adding a letter.
type strongroom struct {
	mu    sync.Mutex
	names []string // of keys; the id of one is "id-" and its name
	made  []kmsdriver.CreateKeyRequest
}

func (s *strongroom) Close() error { return nil }

func (s *strongroom) KMS(context.Context, *providers.Settings) (kmsdriver.Service, error) {
	return s, nil
}

func (s *strongroom) Capabilities() kmsdriver.Capabilities {
	return kmsdriver.Capabilities{
		Vendor: "strongroom", Create: kmsdriver.Native, MaxPage: 10, DeletionDays: kmsdriver.Range{Min: 7, Max: 30},
		Details: kmsdriver.Native, Name: kmsdriver.NameRule{MaxBytes: 60, Alphabet: capability.AnyText()},
		Keys:      []kmsdriver.KeyKind{{Spec: kms.AES256, Usage: kms.EncryptDecrypt}, {Spec: kms.RSA2048, Usage: kms.SignVerify}},
		Symmetric: kmsdriver.Native, MaxPlaintextBytes: 100,
	}
}

func (s *strongroom) Operations() (rows []policy.Operation) {
	for _, name := range []string{
		kmsdriver.OpCreateKey, kmsdriver.OpDescribeKey, kmsdriver.OpListKeys, kmsdriver.OpEnableKey, kmsdriver.OpDisableKey,
		kmsdriver.OpScheduleDeletion, kmsdriver.OpCancelDeletion, kmsdriver.OpEncrypt, kmsdriver.OpDecrypt,
	} {
		rows = append(rows, policy.Operation{Name: name})
	}
	return rows
}

func (s *strongroom) CreateKey(_ context.Context, req *kmsdriver.CreateKeyRequest) (*kmsdriver.CreateKeyResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names, s.made = append(s.names, req.Name), append(s.made, *req)
	return &kmsdriver.CreateKeyResponse{Key: kms.KeyInfo{ID: "id-" + req.Name, Name: req.Name}}, nil
}

func (s *strongroom) DescribeKey(_ context.Context, req *kmsdriver.DescribeKeyRequest) (*kmsdriver.DescribeKeyResponse, error) {
	return &kmsdriver.DescribeKeyResponse{Key: kms.KeyInfo{ID: req.KeyID}}, nil
}

func (s *strongroom) ListKeys(context.Context, *kmsdriver.ListKeysRequest) (*kmsdriver.ListKeysResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	res := &kmsdriver.ListKeysResponse{}
	for _, name := range s.names {
		res.Keys = append(res.Keys, kms.KeyInfo{ID: "id-" + name, Name: name})
	}
	return res, nil
}

func (s *strongroom) EnableKey(context.Context, *kmsdriver.EnableKeyRequest) (*kmsdriver.EnableKeyResponse, error) {
	return nil, errs.Unsupported
}

func (s *strongroom) DisableKey(context.Context, *kmsdriver.DisableKeyRequest) (*kmsdriver.DisableKeyResponse, error) {
	return nil, errs.Unsupported
}

func (s *strongroom) ScheduleDeletion(context.Context, *kmsdriver.ScheduleDeletionRequest) (*kmsdriver.ScheduleDeletionResponse, error) {
	return nil, errs.Unsupported
}

func (s *strongroom) CancelDeletion(context.Context, *kmsdriver.CancelDeletionRequest) (*kmsdriver.CancelDeletionResponse, error) {
	return nil, errs.Unsupported
}

func (s *strongroom) Encrypt(_ context.Context, req *kmsdriver.EncryptRequest) (*kmsdriver.EncryptResponse, error) {
	return &kmsdriver.EncryptResponse{Ciphertext: kmsdriver.Ciphertext{KeyID: req.KeyID, Kind: kms.KindData, Blob: append([]byte(req.KeyID+":"), req.Plaintext...)}}, nil
}

func (s *strongroom) Decrypt(_ context.Context, req *kmsdriver.DecryptRequest) (*kmsdriver.DecryptResponse, error) {
	_, text, _ := bytes.Cut(req.Ciphertext.Blob, []byte(":"))
	return &kmsdriver.DecryptResponse{KeyID: req.Ciphertext.KeyID, Plaintext: text}, nil
}

// rooms are the strongrooms by the names of their drivers.
var rooms = map[string]*strongroom{}

// newStrongroom registers a driver and returns its name.
func newStrongroom() string {
	name := fmt.Sprintf("strongroom-%d", len(rooms))
	room := &strongroom{}
	rooms[name] = room
	providers.Register(providers.Driver{Name: name, Open: func(context.Context, *providers.Settings) (providers.Account, error) { return room, nil }})
	return name
}

func TestKMS(t *testing.T) {
	room := newStrongroom()
	client, err := crosscloud.Open(t.Context(), crosscloud.YAML("crosscloud.yaml", strings.NewReader(strings.ReplaceAll(`
providers:
  safe: {driver: DRIVER}
kms:
  orders:
    provider: safe
    key_name: orders
    create: true
    decrypt_with: [orders-2025, "legacy"]
  orders-2025: {provider: safe, key: id-old, decrypt_with: orders}
  legacy:
    provider: safe
    key: ${LEGACY}
  signing: {provider: safe, key_name: signing, create: true, spec: RSA_2048, usage: SIGN_VERIFY}
  missing: {provider: safe, key_name: nobody}
`, "DRIVER", room))), environ(map[string]string{"LEGACY": "id-legacy"}))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx := t.Context()
	key := func(name string) *kms.Key {
		k, err := client.KMS(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := client.KMS(ctx, name); again != k || err != nil {
			t.Errorf("%s is another handle the second time, %v", name, err)
		}
		return k
	}
	orders, old, legacy := key("orders"), key("orders-2025"), key("legacy")
	if orders.ID() != "id-orders" || old.ID() != "id-old" || legacy.ID() != "id-legacy" {
		t.Errorf("ids are %s, %s, %s", orders.ID(), old.ID(), legacy.ID())
	}
	seal := func(k *kms.Key) kms.Ciphertext {
		ct, err := k.Encrypt(ctx, []byte("17"))
		if err != nil {
			t.Fatal(err)
		}
		return ct
	}
	for _, c := range []struct {
		by   *kms.Key
		of   *kms.Key
		want error
	}{
		{orders, orders, nil}, {orders, old, nil}, {orders, legacy, nil}, {old, orders, nil}, {old, old, nil},
		{old, legacy, errs.InvalidArgument}, {legacy, orders, errs.InvalidArgument}, // not through another's list
	} {
		text, err := c.by.Decrypt(ctx, seal(c.of))
		if c.want == nil && (err != nil || string(text) != "17") || c.want != nil && errs.CodeOf(err) != c.want {
			t.Errorf("%s opens what %s has sealed: %q, %v", c.by.ID(), c.of.ID(), text, err)
		}
	}
	if signing := key("signing"); signing.ID() != "id-signing" {
		t.Error(signing.ID())
	}
	made := rooms[room].made
	if len(made) != 2 || made[0].Spec != kms.AES256 || made[1].Spec != kms.RSA2048 || made[1].Usage != kms.SignVerify {
		t.Errorf("made are %v", made)
	}
	_, err = client.KMS(ctx, "missing")
	wantError(t, err, errs.NotFound, "kms.KeyByName", "safe", "nobody")
	_, err = client.KMS(ctx, "nothing")
	if e := wantError(t, err, errs.NotFound, "crosscloud.KMS", "", "nothing"); !strings.Contains(e.Message, "it has legacy, missing, orders") {
		t.Error(e)
	}
	service, err := client.KMSService(ctx, "safe")
	if err != nil {
		t.Fatal(err)
	}
	if err := service.Close(ctx); errs.CodeOf(err) != errs.Unsupported {
		t.Errorf("closing what the client owns: %v", err)
	}
	if k, err := client.KMS(ctx, "legacy", kms.DecryptWith(orders)); err != nil || k == legacy {
		t.Errorf("with an option: %v", err)
	} else if _, err := k.Decrypt(ctx, seal(orders)); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprint(client); !strings.Contains(got, "; kms: legacy, missing, orders, orders-2025, signing}") {
		t.Error(got)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"orders", "legacy"} {
		_, err = client.KMS(ctx, name)
		wantError(t, err, errs.Closed, "crosscloud.KMS", "safe", name)
	}
	if _, err := orders.Encrypt(ctx, []byte("x")); errs.CodeOf(err) != errs.Closed {
		t.Errorf("after Close: %v", err)
	}
	_, err = client.KMSService(ctx, "safe")
	wantError(t, err, errs.Closed, "crosscloud.KMSService", "safe", "safe")
}

// Keys that name each other are opened by many callers at once.
func TestKMSOfEachOther(t *testing.T) {
	room := newStrongroom()
	client, err := crosscloud.Open(t.Context(), crosscloud.WithProvider("safe", crosscloud.Entry{"driver": room}),
		crosscloud.WithKMS("a", crosscloud.Entry{"provider": "safe", "key_name": "a", "create": "true", "decrypt_with": "b"}),
		crosscloud.WithKMS("b", crosscloud.Entry{"provider": "safe", "key_name": "b", "create": "true", "decrypt_with": "a"}))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var wg sync.WaitGroup
	for range 20 {
		for _, name := range []string{"a", "b"} {
			wg.Go(func() {
				if _, err := client.KMS(t.Context(), name); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if made := rooms[room].made; len(made) != 2 {
		t.Errorf("made are %v", made)
	}
}

func TestMalformedKMS(t *testing.T) {
	room := newStrongroom()
	for fields, want := range map[string]string{
		"key: k, key_name: n":                           "says both its key and its key_name",
		"create: true":                                  "says neither its key (by id) nor its key_name",
		"key: k, create: true":                          "says create without a key_name",
		"key_name: n, spec: AES_256":                    "says spec or usage without create: true",
		"key_name: n, usage: SIGN_VERIFY":               "says spec or usage without create: true",
		"key_name: n, create: true, spec: AES_128":      `spec is "AES_128": accepted are AES_256`,
		"key_name: n, create: true, usage: SIGN":        `usage is "SIGN": accepted are ENCRYPT_DECRYPT, SIGN_VERIFY`,
		"key: k, decrypt_with: a":                       "decrypts with itself in any case",
		"key: k, decrypt_with: [b, c]":                  `decrypts with "c", which is not there; there is a, b`,
		"key: k, decrypt_with: [b, b]":                  "accepted are different names, joined by commas",
		"key: k, decrypt_with: 'b,'":                    "accepted are different names, joined by commas",
		"key: k, decrypt_with: []":                      `"decrypt_with" must be names, such as [a, b]`,
		"key: k, decrypt_with: [1]":                     `"decrypt_with" must be names, such as [a, b]`,
		"key: k, decrypt_with: ['b,c']":                 `"decrypt_with" must be names, such as [a, b]`,
		"key: k, decrypt_with: [[b]]":                   "a list is not accepted",
		"key: k, decrypt_with: [{b: c}]":                "{ } inside a list is not accepted",
		"key: [k]":                                      "a list is not accepted",
		"key: k, decrypt_with: b, zone: [decrypt_with]": "a list is not accepted",
		"key: k, namespace: n":                          `unknown field "namespace"; with the driver "` + room + `" there are provider, key, key_name, create, spec, usage, decrypt_with`,
	} {
		text := "providers:\n  safe: {driver: " + room + "}\nkms:\n  b: {provider: safe, key: k}\n  a: {provider: safe, " + fields + "}\n"
		_, err := crosscloud.Open(t.Context(), crosscloud.YAML("crosscloud.yaml", strings.NewReader(text)))
		e := wantError(t, err, errs.InvalidArgument, "crosscloud.Open", "", "")
		if !strings.HasPrefix(e.Message, "crosscloud.yaml:5: ") || !strings.Contains(e.Message, want) {
			t.Errorf("%s: %s, want %s", fields, e.Message, want)
		}
	}
}
