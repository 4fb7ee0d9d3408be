package docstest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/crosscloud-sdk/crosscloud"

// pkg is a package as the go command lists it.
type pkg struct {
	ImportPath, Dir, Name, Export string
	GoFiles, TestGoFiles          []string
	XTestGoFiles                  []string
	Module                        *struct{ Path string }
}

// isPublic reports whether users may import the package.
func (p *pkg) isPublic() bool {
	return p.isOurs() && !strings.Contains(p.ImportPath, "/internal/") && !strings.Contains(p.ImportPath, "/examples/")
}

func (p *pkg) isOurs() bool { return p.Module != nil && p.Module.Path == module }

// path returns the folder of the package within the module.
func (p *pkg) path() string {
	if p.ImportPath == module {
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

var listed = sync.OnceValues(func() ([]*pkg, error) {
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Name,Export,GoFiles,TestGoFiles,XTestGoFiles,Module", "./...")
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var all []*pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := &pkg{}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

// packages returns the module's packages and all that they import, with where their export data is.
func packages(t testing.TB) []*pkg {
	t.Helper()
	all, err := listed()
	if err != nil {
		t.Fatal(err)
	}
	return all
}
