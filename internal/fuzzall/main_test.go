package main

import (
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Few targets get more time each: a new check belongs into one that there is.
func TestFewTargets(t *testing.T) {
	all, err := find("../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) > 20 {
		t.Errorf("%d fuzz targets, at most 20 are run in the time that there is: %v", len(all), all)
	}
	var out strings.Builder
	if err := fuzz(t.Context(), &out, "../..", 1, true); err != nil || strings.Count(out.String(), "\n") != len(all) {
		t.Errorf("%v: %s", err, &out)
	}
	// What reads replies, configurations, ciphertexts, files and requests has one.
	for _, dir := range []string{
		".", "providers", "internal/wire", "kms", "kv/driver", "replay", "emulator", "errs",
		"providers/alibaba", "providers/cloudflare", "providers/guance", "providers/huawei", "providers/local", "providers/tencent",
	} {
		if !slices.ContainsFunc(all, func(x target) bool { return x.dir == filepath.FromSlash(dir) }) {
			t.Errorf("%s has no target", dir)
		}
	}
}

// tree writes files into a new folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[name]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFind(t *testing.T) {
	const one = "package x\nimport \"testing\"\nfunc FuzzA(f *testing.F) {}\n"
	root := tree(t, map[string]string{
		"go.mod": "module x\n", "a_test.go": one, "p/q/b_test.go": one + "func FuzzB(f *testing.F) {}\n", "p/c.go": one,
		"p/d_test.go":   "package x\nimport \"testing\"\nfunc FuzzC(t *testing.T) {}\nfunc FuzzD(f *testing.F, n int) {}\nfunc FuzzE() {}\ntype s struct{}\nfunc (s) FuzzG(f *testing.F) {}\nfunc helper(f *testing.F) {}\n",
		"nested/go.mod": "module y\n", "nested/e_test.go": one, "testdata/f_test.go": "not Go", ".git/g_test.go": one,
	})
	got, err := find(root)
	want := []target{{".", "FuzzA"}, {filepath.Join("p", "q"), "FuzzA"}, {filepath.Join("p", "q"), "FuzzB"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := find(tree(t, map[string]string{"a_test.go": "not Go"})); err == nil {
		t.Error("a file that is not Go is passed over")
	}
}

func TestRefusals(t *testing.T) {
	for name, files := range map[string]map[string]string{"no module": {"a.go": "package x\n"}, "no target": {"go.mod": "module x\n"}} {
		if err := fuzz(t.Context(), io.Discard, tree(t, files), 1, false); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := fuzz(t.Context(), io.Discard, "../..", 0, true); err == nil {
		t.Error("no inputs: no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := fuzz(ctx, io.Discard, "../..", 1, false); err != context.Canceled {
		t.Errorf("interrupted: %v", err)
	}
}

// A finding stops everything, and the error names the file that holds the input; so does a finding from before.
func TestFinding(t *testing.T) {
	if testing.Short() {
		t.Skip("builds instrumented programs")
	}
	const text = "package x\nimport \"testing\"\nfunc FuzzA(f *testing.F) {\n\tf.Add(1)\n\tf.Fuzz(func(t *testing.T, n int) {\n\t\tif n != 1 {\n\t\t\tt.Error(n)\n\t\t}\n\t})\n}\n" +
		"func FuzzB(f *testing.F) {\n\tf.Add(1)\n\tf.Fuzz(func(*testing.T, int) {})\n}\n"
	root := tree(t, map[string]string{"go.mod": "module x\n\ngo 1.26\n", "p/a_test.go": text})
	for range 2 { // the second time the input is there
		var out strings.Builder
		err := fuzz(t.Context(), &out, root, 1000, false)
		if err == nil || strings.Contains(out.String(), "FuzzB") {
			t.Fatalf("%v: %s", err, &out)
		}
		_, file, said := strings.Cut(err.Error(), "its input is ")
		if content, err := os.ReadFile(filepath.Join(root, file)); !said || err != nil || !strings.Contains(string(content), "int(") {
			t.Errorf("%q: %q, %v: %s", file, content, err, &out)
		}
	}
	if err := os.RemoveAll(filepath.Join(root, "p", "testdata")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "p", "a_test.go"), []byte(strings.Replace(text, "n != 1", "n != n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := fuzz(t.Context(), &out, root, 50, false); err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	if got := regexp.MustCompile(`(?m)^p\.Fuzz[AB] +50 inputs, \d+ of them new, `).FindAllString(out.String(), -1); len(got) != 2 {
		t.Errorf("not 50 inputs each: %s", &out)
	}
	if err := fuzz(t.Context(), io.Discard, root, 1, false); err == nil || !strings.Contains(err.Error(), "give more -inputs") {
		t.Errorf("the seeds alone: %v", err)
	}
}
