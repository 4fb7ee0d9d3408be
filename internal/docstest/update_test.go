package docstest_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is generated instead of comparing it")

// root is the folder of the module, as tests see it.
const root = "../.."

const regenerate = "go test ./internal/docstest -update"

// read returns the text of a file of the module.
func read(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// isGenerated holds a file to what it is generated as, or writes it.
func isGenerated(t *testing.T, name, want string) {
	t.Helper()
	path := filepath.Join(root, name)
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(want), 0o666)); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if text := string(got); text != want {
		t.Errorf("%s is not current; look at the change and run %s\n%s", name, regenerate, firstDifference(text, want))
	}
}

// isGeneratedIn holds the part of a file between two marks to what it is generated as, or writes it.
func isGeneratedIn(t *testing.T, name, part, want string) {
	t.Helper()
	text := read(t, name)
	begin, end := "<!-- generated: "+part+" -->\n", "<!-- end of "+part+" -->\n"
	before, rest, began := strings.Cut(text, begin)
	_, after, ended := strings.Cut(rest, end)
	if !began || !ended || strings.Contains(after, begin) {
		t.Fatalf("%s does not have the marks %q and %q once", name, begin, end)
	}
	isGenerated(t, name, before+begin+"\n"+want+"\n"+end+after)
}

// firstDifference shows where two texts differ.
func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(a), len(b)) {
		was, is := "(end)", "(end)"
		if i < len(a) {
			was = a[i]
		}
		if i < len(b) {
			is = b[i]
		}
		if was != is {
			return "it has: " + was + "\nshould: " + is
		}
	}
	return ""
}
