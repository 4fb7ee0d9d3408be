// Package promises checks that every promise in docs/promises.md names tests that there are. It has tests only.
package promises

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the module's folder, seen from this one.
const root = "../.."

func TestPromises(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "promises.md"))
	if err != nil {
		t.Fatal(err)
	}
	promises, faults := check(string(text), testsIn(root))
	for _, fault := range faults {
		t.Error(fault)
	}
	if promises < 30 {
		t.Errorf("%d promises are read", promises)
	}
}

// check counts the promises of a document, and returns what is wrong with them. known returns the tests of a package.
func check(text string, known func(dir string) (map[string]bool, error)) (promises int, faults []string) {
	head := true
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "|") {
			head = true // of the next table
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if head {
			head = !strings.HasPrefix(line, "|---")
			continue
		}
		promises++
		said := strings.TrimSpace(cells[0])
		if len(cells) != 2 || said == "" {
			faults = append(faults, fmt.Sprintf("%q is not a promise and its tests", line))
			continue
		}
		named := regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(cells[1], -1)
		if len(named) == 0 {
			faults = append(faults, fmt.Sprintf("%q names no test", said))
		}
		for _, name := range named {
			if fault := missing(name[1], known); fault != "" {
				faults = append(faults, fmt.Sprintf("%q: %s", said, fault))
			}
		}
	}
	return promises, faults
}

// missing says why a name is not that of a test, empty if it is.
func missing(name string, known func(dir string) (map[string]bool, error)) string {
	at := strings.LastIndexByte(name, '.')
	if at < 0 {
		return name + " has no package"
	}
	dir := name[:at]
	if dir == "crosscloud" {
		dir = "."
	}
	tests, err := known(dir)
	switch {
	case err != nil:
		return fmt.Sprintf("%s: %v", name, err)
	case !tests[name[at+1:]]:
		return "there is no test " + name
	}
	return ""
}

// testsIn returns a function for the names of tests and fuzz targets in the packages below a folder.
func testsIn(root string) func(dir string) (map[string]bool, error) {
	read := map[string]map[string]bool{}
	return func(dir string) (map[string]bool, error) {
		if tests, ok := read[dir]; ok {
			return tests, nil
		}
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*_test.go"))
		if err != nil || len(files) == 0 {
			return nil, errors.Join(err, errors.New("a package without tests"))
		}
		tests := map[string]bool{}
		for _, path := range files {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && regexp.MustCompile(`^(Test|Fuzz)[A-Z0-9]`).MatchString(f.Name.Name) && f.Name.Name != "TestMain" {
					tests[f.Name.Name] = true
				}
			}
		}
		read[dir] = tests
		return tests, nil
	}
}

func TestCheck(t *testing.T) {
	const head = "# P\n\n| promise | tests |\n|---|---|\n"
	for text, want := range map[string][2]int{ // promises, and what is wrong with them
		head:                           {0, 0},
		head + "| a | `p/q.TestA` |\n": {1, 0},
		head + "| a | `p/q.FuzzB`, `p/q.TestA` |\n| b | `crosscloud.TestC` |\n": {2, 0},
		head + "| a | `p/q.TestNone` |\n":                                       {1, 1},
		head + "| a | `x.TestA` |\n":                                            {1, 1},
		head + "| a | `TestA` |\n":                                              {1, 1},
		head + "| a |  |\n":                                                     {1, 1},
		head + "| a | later |\n":                                                {1, 1},
		head + "| | `p/q.TestA` |\n":                                            {1, 1},
		head + "| a | `p/q.TestA` | more |\n":                                   {1, 1},
		head + "| a | `p/q.TestA` |\n\n" + head + "| b | `p/q.helper` |\n":      {2, 1},
		head + "| a | `p/q.TestA`, `p/q.TestMain` |\n":                          {1, 1},
	} {
		dir := t.TempDir()
		for name, source := range map[string]string{
			"c_test.go":     "package c\nfunc TestC() {}\n",
			"p/q/a_test.go": "package q\nfunc TestA() {}\nfunc TestMain() {}\nfunc helper() {}\ntype s struct{}\nfunc (s) TestNone() {}\n",
			"p/q/b_test.go": "package q_test\nfunc FuzzB() {}\n", "p/q/q.go": "package q\nfunc TestNone() {}\n",
		} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(source), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if promises, faults := check(text, testsIn(dir)); promises != want[0] || len(faults) != want[1] {
			t.Errorf("%s: %d promises, %q", text, promises, faults)
		}
	}
}
