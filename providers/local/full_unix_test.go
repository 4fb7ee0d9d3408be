//go:build unix

package local_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

func init() { childRoles["fill"] = fillFile }

// fillFile writes until the file may not grow any more, and again when it may.
func fillFile(path string) {
	signal.Ignore(syscall.SIGXFSZ)
	setLimit := func(bytes uint64) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: 1 << 40}); err != nil {
			fmt.Println("limit:", err)
			os.Exit(1)
		}
	}
	setLimit(8192)
	_, err := local.Open(local.Options{Path: path})
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	hidden, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
	fmt.Println("no room:", errs.CodeOf(err), strings.Contains(fmt.Sprint(err), path), len(left), len(hidden))
	setLimit(1 << 30)
	a, err := local.Open(local.Options{Path: path})
	if err != nil {
		fmt.Println("open:", err)
		os.Exit(1)
	}
	n := newNamespace(a, "ns")
	put := func(i int) error {
		_, err := n.Put(context.Background(), &driver.PutRequest{Key: fmt.Sprint(i), Value: bytes.Repeat([]byte("v"), 5000)})
		return err
	}
	setLimit(100_000)
	i := 0
	for ; err == nil; i++ {
		err = put(i)
	}
	e := err.(*errs.Error)
	fmt.Println("full:", e.Code, e.Retry, e.Outcome, strings.Contains(e.Message, path))
	setLimit(1 << 30)
	_, read := n.Get(context.Background(), &driver.GetRequest{Key: fmt.Sprint(i - 2)})
	_, failed := n.Get(context.Background(), &driver.GetRequest{Key: fmt.Sprint(i - 1)})
	fmt.Println("then:", read, errs.CodeOf(failed), put(i-1), a.Close())
}

func TestDiskFull(t *testing.T) {
	out, err := child(t, "fill", filepath.Join(t.TempDir(), "kv.db")).CombinedOutput()
	if want := "no room: Unavailable true 0 0\nfull: Unavailable temporary not applied true\nthen: <nil> KeyNotFound <nil> <nil>\n"; err != nil || string(out) != want {
		t.Errorf("%v, %s", err, out)
	}
}
