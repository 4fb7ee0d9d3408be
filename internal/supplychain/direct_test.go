package supplychain

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// docs/dependencies.md lists the direct dependencies, all of them and no others, with a reason and the right licence.
func TestDirectDependencies(t *testing.T) {
	required := map[string]bool{}
	for _, r := range readGoMod(t, root).Require {
		if !r.Indirect {
			required[r.Path] = true
		}
	}
	listed := map[string]bool{}
	for _, row := range table(t, "dependencies.md") {
		if len(row) != 4 {
			t.Errorf("a row of %d cells: %v", len(row), row)
			continue
		}
		path := strings.Trim(row[0], "`")
		switch {
		case listed[path]:
			t.Errorf("%s is listed twice", path)
		case !required[path]:
			t.Errorf("%s is listed, but is no direct dependency", path)
			continue
		case row[1] == "" || row[2] == "":
			t.Errorf("%s is listed without a reason", path)
		}
		listed[path] = true
		var m module
		if err := json.Unmarshal(goTool(t, root, nil, "list", "-m", "-json", path), &m); err != nil {
			t.Fatal(err)
		}
		if got := licence(t, m.Dir); got != row[3] {
			t.Errorf("%s has the licence %s, listed is %s", path, got, row[3])
		}
	}
	for path := range required {
		if !listed[path] {
			t.Errorf("%s is a direct dependency that docs/dependencies.md does not allow", path)
		}
	}
}

// A module inside this one is built with this checkout, not with a published version.
func TestNestedModules(t *testing.T) {
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	own := readGoMod(t, root).Module.Path
	err = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if d.Name() != "go.mod" || filepath.Dir(path) == top {
			return nil
		}
		if !replaces(readGoMod(t, filepath.Dir(path)), own, filepath.Dir(path), top) {
			t.Errorf("%s does not replace %s by this checkout", path, own)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// replaces reports whether a go.mod in a folder has the module be the one in top.
func replaces(m goMod, module, dir, top string) bool {
	for _, r := range m.Replace {
		if r.Old.Path == module && r.Old.Version == "" && r.New.Version == "" && filepath.Join(dir, r.New.Path) == top {
			return true
		}
	}
	return false
}

func TestReplaces(t *testing.T) {
	for text, want := range map[string]bool{
		"module example.com/a/b/c\nreplace example.com/a => ../..\n":                                  true,
		"module example.com/a/b/c\nreplace example.com/a => ..\n":                                     false,
		"module example.com/a/b/c\nreplace example.com/x => ../..\n":                                  false,
		"module example.com/a/b/c\nreplace example.com/a => example.com/fork v1.0.0\n":                false,
		"module example.com/a/b/c\nrequire example.com/a v1.0.0\n":                                    false,
		"module example.com/a/b/c\nreplace example.com/a v1.2.0 => ../..\n":                           false,
		"module example.com/a/b/c\nreplace (\n\texample.com/x => ./x\n\texample.com/a => ../../\n)\n": true,
	} {
		top := t.TempDir()
		dir := filepath.Join(top, "b", "c")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := replaces(readGoMod(t, dir), "example.com/a", dir, top); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}
