package local_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

func filled(t *testing.T, path string) []byte {
	t.Helper()
	s := &store{T: t, clock: newClock(), path: path}
	s.open()
	s.create(s.service(local.KVOptions{}), "ns")
	n := s.ns(local.KVOptions{})
	for i := range 200 {
		n.put(fmt.Sprintf("k%03d", i), strings.Repeat("v", 1000), ttl(time.Hour))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestFilesThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	good := filled(t, filepath.Join(dir, "good.db"))
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	foreign := filepath.Join(dir, "foreign.db")
	bucket := func(path, bucket, key, value string) {
		t.Helper()
		db, err := bolt.Open(path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.Update(func(tx *bolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte(bucket))
			if err != nil {
				return err
			}
			return b.Put([]byte(key), []byte(value))
		}); err != nil {
			t.Fatal(err)
		}
	}
	bucket(foreign, "theirs", "k", "v")
	newer := write("newer.db", good)
	bucket(newer, "crosscloud", "format", "2")
	sealed := filepath.Join(dir, "sealed")
	if err := os.Mkdir(sealed, 0o500); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		path string
		code errs.Code
	}{
		"text":                     {write("text.db", bytes.Repeat([]byte("hello, world\n"), 2000)), errs.Corrupt},
		"short text":               {write("short.db", []byte("hello")), errs.Corrupt},
		"zeros":                    {write("zeros.db", make([]byte, 1<<16)), errs.Corrupt},
		"one page":                 {write("page.db", good[:4096]), errs.Corrupt},
		"two pages":                {write("pages.db", good[:8192]), errs.Corrupt},
		"half":                     {write("half.db", good[:len(good)/8*4]), errs.Corrupt},
		"directory":                {dir, errs.InvalidArgument},
		"file as a directory":      {filepath.Join(dir, "good.db", "kv.db"), errs.InvalidArgument},
		"missing directory":        {filepath.Join(dir, "none", "kv.db"), errs.InvalidArgument},
		"bbolt file of others":     {foreign, errs.InvalidArgument},
		"format of a later time":   {newer, errs.Unsupported},
		"directory without rights": {filepath.Join(sealed, "kv.db"), errs.PermissionDenied},
	} {
		if what == "directory without rights" && (os.Geteuid() == 0 || runtime.GOOS == "windows") {
			continue // root may write anywhere
		}
		a, err := local.Open(local.Options{Path: c.path})
		if err == nil {
			a.Close()
		}
		refused(t, what, err, c.code)
		if !strings.Contains(fmt.Sprint(err), c.path) {
			t.Errorf("%s: %v does not name the file", what, err)
		}
		if a, again := local.Open(local.Options{Path: c.path}); again == nil || errors.Is(again, errs.Conflict) {
			t.Errorf("%s: the second time %v, %v: the lock was kept", what, a, again)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	empty := write("empty.db", nil)
	a, err := local.Open(local.Options{Path: empty})
	if err != nil {
		t.Errorf("an empty file: %v", err)
	} else {
		a.Close()
	}
}

func TestFileWithoutItsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kv.db")
	content := filled(t, path)
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	var used int64
	if err := errors.Join(db.View(func(tx *bolt.Tx) error { used = tx.Size(); return nil }), db.Close()); err != nil {
		t.Fatal(err)
	}
	for size := used - 4096; size > 0; size -= 4096 {
		if err := os.WriteFile(path, content[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := local.Open(local.Options{Path: path, NoSync: true})
		if err == nil {
			a.Close()
		}
		refused(t, fmt.Sprint(size, " bytes of ", used), err, errs.Corrupt)
	}
}

func TestSpoiltPages(t *testing.T) {
	dir := t.TempDir()
	good := filled(t, filepath.Join(dir, "good.db"))
	path := filepath.Join(dir, "bad.db")
	corrupt := 0
	for page := 0; page*4096 < len(good); page++ {
		for _, with := range []byte{0, 0xff} {
			content := bytes.Clone(good)
			copy(content[page*4096:], bytes.Repeat([]byte{with}, 4096))
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			check := func(err error) {
				t.Helper()
				switch code := errs.CodeOf(err); code {
				case "", errs.KeyNotFound, errs.NamespaceNotFound:
				case errs.Corrupt:
					corrupt++
				default:
					t.Errorf("page %d: %v", page, err)
				}
			}
			a, err := local.Open(local.Options{Path: path, NoSync: true})
			if check(err); err != nil {
				continue
			}
			service, _ := a.KVService(local.KVOptions{})
			n, _ := service.OpenNamespace(driver.NamespaceRef{Name: "ns"})
			for i := 0; i < 200; i += 10 {
				_, err := n.Get(t.Context(), &driver.GetRequest{Key: fmt.Sprintf("k%03d", i)})
				check(err)
			}
			_, err = n.List(t.Context(), &driver.ListRequest{PageSize: 1000})
			check(err)
			_, err = n.Put(t.Context(), &driver.PutRequest{Key: "k100"})
			check(err)
			_, err = n.Delete(t.Context(), &driver.DeleteRequest{Key: "k150"})
			check(err)
			check(drop(service, "ns"))
			closed := make(chan error, 1)
			go func() { closed <- a.Close() }()
			select {
			case <-closed:
			case <-time.After(10 * time.Second):
				t.Fatalf("page %d: Close hangs", page)
			}
		}
	}
	if corrupt == 0 {
		t.Error("nothing was found to be damaged")
	}
}

func TestFileCutWhileOpen(t *testing.T) {
	s := &store{T: t, clock: newClock(), path: filepath.Join(t.TempDir(), "kv.db")}
	filled(t, s.path)
	s.open()
	defer s.Close()
	if err := os.Truncate(s.path, 8192); err != nil {
		t.Fatal(err)
	}
	n := s.ns(local.KVOptions{})
	_, err := n.get("k000")
	refused(t, "get", err, errs.Corrupt)
	if err := n.tryPut("k000", "v"); !errors.Is(err, errs.Corrupt) {
		t.Error(err)
	}
}
