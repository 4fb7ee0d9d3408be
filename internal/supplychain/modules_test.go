// Package supplychain checks what this module depends on. It has tests only.
package supplychain

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// root is the module's folder, seen from this one.
const root = "../.."

// goTool runs the go command in a folder, with further variables, and returns what it prints.
func goTool(t *testing.T, dir string, env []string, args ...string) []byte {
	t.Helper()
	if _, err := os.ReadFile(filepath.Join(dir, "go.mod")); err != nil { // read here too, so that no result from before is kept
		t.Fatal(err)
	}
	c := exec.Command("go", args...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	out, err := c.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			out = exit.Stderr
		}
		t.Fatalf("go %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return out
}

// goMod is a go.mod, as go mod edit -json prints it.
type goMod struct {
	Module  struct{ Path string }
	Require []struct {
		Path, Version string
		Indirect      bool
	}
	Replace []struct {
		Old, New struct{ Path, Version string }
	}
}

func readGoMod(t *testing.T, dir string) (m goMod) {
	t.Helper()
	if err := json.Unmarshal(goTool(t, dir, nil, "mod", "edit", "-json"), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// module is a module as go list tells it. Dir is in the module cache.
type module struct {
	Path, Version, Dir string
	Main               bool
}

// linked returns the modules that programs may link with this module's packages, on any platform that is built.
func linked(t *testing.T) map[string]module {
	t.Helper()
	all := map[string]module{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		out := goTool(t, root, []string{"GOOS=" + system, "GOARCH=amd64", "CGO_ENABLED=0"}, "list", "-deps", "-json=Module", "./...")
		d := json.NewDecoder(bytes.NewReader(out))
		for {
			var p struct{ Module *module }
			if err := d.Decode(&p); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if p.Module != nil && !p.Module.Main {
				all[p.Module.Path] = *p.Module
			}
		}
	}
	return all
}

// table returns the cells of the first table of a Markdown document, without its head.
func table(t *testing.T, name string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	if len(rows) < 3 {
		t.Fatalf("%s has no table", name)
	}
	return rows[2:]
}
