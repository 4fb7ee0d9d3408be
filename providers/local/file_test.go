package local_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

// Tests run this binary again as another process; these variables say what it does then, and on which file.
const childRole, childPath = "LOCAL_TEST_CHILD", "LOCAL_TEST_PATH"

var childRoles = map[string]func(path string){"hold": holdFile, "write": writeUntilKilled}

func TestMain(m *testing.M) {
	if role := childRoles[os.Getenv(childRole)]; role != nil {
		role(os.Getenv(childPath))
		return
	}
	os.Exit(m.Run())
}

func child(t *testing.T, role, path string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), childRole+"="+role, childPath+"="+path)
	return cmd
}

// holdFile opens the file and keeps it open until its input ends.
func holdFile(path string) {
	a, err := local.Open(local.Options{Path: path})
	fmt.Println("open:", err)
	if err == nil {
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		a.Close()
	}
}

func TestFileInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kv.db")
	expectConflict := func(who string) {
		t.Helper()
		start := time.Now()
		a, err := local.Open(local.Options{Path: path})
		if err == nil {
			a.Close()
		}
		refused(t, who, err, errs.Conflict)
		if !strings.Contains(fmt.Sprint(err), path) || !strings.Contains(fmt.Sprint(err), "in use") {
			t.Errorf("%s: %v", who, err)
		}
		if took := time.Since(start); took > 500*time.Millisecond {
			t.Errorf("%s: noticed after %v", who, took)
		}
	}
	a, err := local.Open(local.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	expectConflict("second account")
	a.Close()

	cmd := child(t, "hold", path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "open: <nil>\n" {
		t.Fatal(line, err)
	}
	expectConflict("second process")
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if a, err = local.Open(local.Options{Path: path}); err != nil {
		t.Fatalf("after the other process: %v", err)
	}
	a.Close()
}

// filled makes a store of some size and returns its bytes.
// A file that lacks its end is noticed when it is opened, whichever pages it lacks.
// Whatever page of a file is spoilt, there is an error or the right answer, no crash.
// A file that loses its end while it is open makes errors, not a crash.
// Opening a store that is there changes nothing but what must be.
func TestFileIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no permission bits")
	}
	path := filepath.Join(t.TempDir(), "kv.db")
	filled(t, path)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v, %v", info.Mode(), err)
	}
}

func newNamespace(a *local.Account, name string) driver.Namespace {
	service, err := a.KVService(local.KVOptions{})
	if err == nil {
		_, err = service.(driver.NamespaceCreator).CreateNamespace(context.Background(), &driver.CreateNamespaceRequest{Name: name})
		if errors.Is(err, errs.AlreadyExists) {
			err = nil
		}
	}
	var n driver.Namespace
	if err == nil {
		n, err = service.OpenNamespace(driver.NamespaceRef{Name: name})
	}
	if err != nil {
		fmt.Println("cannot open:", err)
		os.Exit(1)
	}
	return n
}
