package local_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// rootOf returns a root key that is not random.
func rootOf(fill byte) secret.String {
	return secret.New(base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(fill)), 32))))
}

// fileVault returns a vault in a file with one key, and what that key encrypted.
func fileVault(t *testing.T, root secret.String) (*vault, driver.Ciphertext) {
	t.Helper()
	v := &vault{T: t, clock: newClock(), path: filepath.Join(t.TempDir(), "keys.db"), root: root}
	v.open()
	t.Cleanup(func() { v.account.Close() })
	return v, v.encrypt(v.aes("k"), "p", "")
}

// The file of the root key is made with the first key, for its owner alone, and does not change.
func TestRootKeyFile(t *testing.T) {
	v := &vault{T: t, clock: newClock(), path: filepath.Join(t.TempDir(), "keys.db")}
	v.open()
	defer func() { v.account.Close() }()
	file := v.path + ".rootkey"
	services, err := v.account.KVService(local.KVOptions{})
	v.done(err)
	v.done(create(services, "ns", ""))
	if _, err := os.Stat(file); err == nil {
		t.Error("the file is there before there is a key")
	}
	ct := v.encrypt(v.aes("k"), "p", "")
	info, err := os.Stat(file)
	v.done(err)
	if runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("the file has the mode %v", info.Mode())
	}
	first, err := os.ReadFile(file)
	v.done(err)
	if key, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(string(first), "\n")); err != nil || len(key) != 32 {
		t.Errorf("the file holds %d bytes, %v", len(key), err)
	}
	for range 2 {
		v.close()
		v.open()
		v.opens(ct, "", "p")
	}
	again, err := os.ReadFile(file)
	if err != nil || string(again) != string(first) {
		t.Errorf("the file has changed, or %v", err)
	}
	if rest, _ := filepath.Glob(filepath.Join(filepath.Dir(v.path), "*")); len(rest) != 2 {
		t.Errorf("there are %q", rest)
	}
	if hidden, _ := filepath.Glob(filepath.Join(filepath.Dir(v.path), ".*")); len(hidden) != 0 {
		t.Errorf("there are %q", hidden)
	}
	// The same key by the option.
	v.close()
	v.root = secret.New(strings.TrimSuffix(string(first), "\n"))
	v.done(os.Remove(file))
	v.open()
	v.opens(ct, "", "p")
}

// A root key that others may read, or that is not the right one, opens nothing, in any call, until it is put right.
func TestRootKeyRefused(t *testing.T) {
	type breakage struct {
		breaks func(t *testing.T, file string)
		root   secret.String
		code   errs.Code
	}
	cases := map[string]breakage{
		"gone":            {func(t *testing.T, file string) { os.Remove(file) }, secret.String{}, errs.Unauthenticated},
		"another":         {func(t *testing.T, file string) { write(t, file, rootOf('x').Reveal()+"\n") }, secret.String{}, errs.Unauthenticated},
		"another, given":  {func(*testing.T, string) {}, rootOf('x'), errs.Unauthenticated},
		"empty":           {func(t *testing.T, file string) { write(t, file, "") }, secret.String{}, errs.Corrupt},
		"text":            {func(t *testing.T, file string) { write(t, file, "hello\n") }, secret.String{}, errs.Corrupt},
		"short":           {func(t *testing.T, file string) { write(t, file, base64.StdEncoding.EncodeToString(make([]byte, 31))) }, secret.String{}, errs.Corrupt},
		"long":            {func(t *testing.T, file string) { write(t, file, strings.Repeat("A", 5000)) }, secret.String{}, errs.Corrupt},
		"a directory":     {func(t *testing.T, file string) { os.Remove(file); os.Mkdir(file, 0o700) }, secret.String{}, errs.InvalidArgument},
		"readable by all": {func(t *testing.T, file string) { os.Chmod(file, 0o644) }, secret.String{}, errs.InvalidArgument},
		"by the group":    {func(t *testing.T, file string) { os.Chmod(file, 0o640) }, secret.String{}, errs.InvalidArgument},
		"writable by all": {func(t *testing.T, file string) { os.Chmod(file, 0o602) }, secret.String{}, errs.InvalidArgument},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			if runtime.GOOS == "windows" && c.code == errs.InvalidArgument && what != "a directory" {
				t.Skip("no such modes")
			}
			v, ct := fileVault(t, secret.String{})
			id := ct.KeyID
			v.close()
			file := v.path + ".rootkey"
			good, err := os.ReadFile(file)
			v.done(err)
			c.breaks(t, file)
			v.root = c.root
			v.open()
			ctx := v.Context()
			all := v.uses(ctx, id)
			_, all["list"] = v.ListKeys(ctx, &driver.ListKeysRequest{})
			_, all["create"] = v.CreateKey(ctx, &driver.CreateKeyRequest{Name: "new", Spec: driver.AES256, Usage: driver.EncryptDecrypt})
			_, all["open"] = v.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: ct})
			for call, err := range all {
				refused(t, call, err, c.code)
				if strings.Contains(fmt.Sprint(err), strings.TrimSpace(string(good))) || strings.Contains(fmt.Sprint(err), "hello") {
					t.Errorf("%s shows a key: %v", call, err)
				}
			}
			services, err := v.account.KVService(local.KVOptions{}) // which needs no root key
			v.done(err)
			v.done(create(services, "ns", ""))
			if c.root.IsEmpty() { // put right, it is used at the next call
				os.Remove(file)
				write(t, file, string(good))
				v.opens(ct, "", "p")
				return
			}
			v.close()
			v.root = secret.String{}
			v.open()
			v.opens(ct, "", "p")
		})
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRootKeyOfAnotherForm(t *testing.T) {
	for _, text := range []string{"x", "hello", base64.StdEncoding.EncodeToString(make([]byte, 31)), base64.StdEncoding.EncodeToString(make([]byte, 33)),
		strings.Repeat("A", 43) + "=x", strings.Repeat("00", 32), strings.Repeat("A", 42) + "B="} {
		path := filepath.Join(t.TempDir(), "keys.db")
		_, err := local.Open(local.Options{Path: path, RootKey: secret.New(text)})
		refused(t, text, err, errs.InvalidArgument)
		if strings.Contains(fmt.Sprint(err), text) && len(text) > 1 {
			t.Errorf("the error shows it: %v", err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("the store was made all the same")
		}
	}
	if shown := fmt.Sprintf("%v %+v %#v", local.Options{RootKey: rootOf('x')}, local.Options{RootKey: rootOf('x')}, local.Options{RootKey: rootOf('x')}); strings.Contains(shown, rootOf('x').Reveal()) {
		t.Errorf("options print as %s", shown)
	}
}

// In memory the root key is one's own, or the given one; nothing is left on the disk.
func TestRootKeyInMemory(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, root := range []secret.String{{}, rootOf('r')} {
		v := &vault{T: t, clock: newClock(), root: root}
		v.open()
		v.opens(v.encrypt(v.aes("k"), "p", ""), "", "p")
		v.close()
	}
	if files, err := os.ReadDir("."); err != nil || len(files) > 0 {
		t.Errorf("there are %v, %v", files, err)
	}
}

// The root key comes from the configuration or the environment, itself or by file.
func TestRootKeyFromSettings(t *testing.T) {
	d := providers.Lookup("local")
	dir := t.TempDir()
	file := filepath.Join(dir, "root.txt")
	write(t, file, rootOf('r').Reveal()+"\n")
	var sealed driver.Ciphertext
	for i, c := range []struct {
		entry providers.Values
		env   map[string]string
		code  errs.Code
	}{
		{entry: values("root_key", rootOf('r').Reveal())},
		{entry: values("root_key_file", file)},
		{entry: values(), env: map[string]string{"CROSSCLOUD_LOCAL_ROOT_KEY": rootOf('r').Reveal()}},
		{entry: values(), env: map[string]string{"CROSSCLOUD_LOCAL_ROOT_KEY_FILE": file}},
		{entry: values("root_key", rootOf('x').Reveal()), code: errs.Unauthenticated},
		{entry: values(), code: errs.Unauthenticated}, // no file was made
	} {
		c.entry["path"] = providers.Value{Text: filepath.Join(dir, "keys.db")}
		settings, err := d.Resolve(c.entry, providers.Host{LookupEnv: func(name string) (string, bool) { text, ok := c.env[name]; return text, ok }})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(settings.String(), rootOf('r').Reveal()) {
			t.Errorf("the settings print as %v", settings)
		}
		account, err := d.Open(t.Context(), settings)
		if err != nil {
			t.Fatal(err)
		}
		service, err := account.(providers.KMS).KMS(t.Context(), settings)
		if err != nil {
			t.Fatal(err)
		}
		v := &vault{T: t, ownKMS: service.(ownKMS)}
		switch {
		case i == 0:
			sealed = v.encrypt(v.aes("k"), "p", "")
		case c.code == "":
			v.opens(sealed, "", "p")
		default:
			_, err := v.Decrypt(t.Context(), &driver.DecryptRequest{Ciphertext: sealed})
			refused(t, fmt.Sprint("case ", i), err, c.code)
		}
		if err := account.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "keys.db.rootkey")); err == nil {
		t.Error("a file of the root key was made although it was given")
	}
	empty := filepath.Join(dir, "empty.txt")
	write(t, empty, "\n")
	for name, c := range map[string]struct {
		entry providers.Values
		says  string
	}{
		"another form":  {values("root_key", "hello"), "openssl rand -base64 32"},
		"an empty one":  {values("root_key", ""), "given but empty"},
		"an empty file": {values("root_key_file", empty), "given but empty"},
	} {
		c.entry["path"] = providers.Value{Text: filepath.Join(dir, "other.db")}
		settings, err := d.Resolve(c.entry, providers.Host{LookupEnv: func(string) (string, bool) { return "", false }})
		if err != nil {
			t.Fatal(err)
		}
		_, err = d.Open(t.Context(), settings)
		refused(t, name, err, errs.InvalidArgument)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v does not say %q", name, err, c.says)
		}
	}
}

// A copy of the files that is taken while the store is open has every key that was made.
func TestKeysInACopy(t *testing.T) {
	v, ct := fileVault(t, secret.String{})
	for i := range 20 {
		id := v.aes(fmt.Sprint("k", i))
		v.done(second(v.RotateNow(v.Context(), &driver.RotateNowRequest{KeyID: id})))
	}
	copied := &vault{T: t, clock: v.clock, path: filepath.Join(t.TempDir(), "copy.db")}
	for _, ending := range []string{"", ".rootkey"} {
		content, err := os.ReadFile(v.path + ending)
		v.done(err)
		write(t, copied.path+ending, string(content))
	}
	copied.open()
	defer func() { copied.account.Close() }()
	copied.opens(ct, "", "p")
	page, err := copied.ListKeys(t.Context(), &driver.ListKeysRequest{})
	if err != nil || len(page.Keys) != 21 {
		t.Errorf("%d keys, %v", len(page.Keys), err)
	}
	for _, info := range page.Keys {
		copied.opens(copied.encrypt(info.ID, "q", ""), "", "q")
	}
}

// A store that had no keys gets some, beside what it has.
func TestKeysBesideNamespaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	filled(t, path)
	v := &vault{T: t, clock: newClock(), path: path}
	v.open()
	ct := v.encrypt(v.aes("k"), "p", "")
	v.close()
	v.open()
	defer func() { v.account.Close() }()
	v.opens(ct, "", "p")
	drv, err := v.account.KVService(local.KVOptions{})
	v.done(err)
	service, err := kv.NewService(drv, kv.ServiceOptions{Now: v.Now})
	v.done(err)
	n, err := service.Namespace(context.Background(), "ns")
	v.done(err)
	if e, err := n.Get(context.Background(), "k000"); err != nil || len(e.Value) != 1000 {
		t.Errorf("%v, %v", e, err)
	}
}
