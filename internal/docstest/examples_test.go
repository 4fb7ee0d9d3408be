package docstest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every example is run by the gate or by a test of its own, every nested module is tested and vetted by the gate, and
// README.md names each.
func TestExamplesAreRun(t *testing.T) {
	gate, readme := read(t, ".ci/run"), read(t, "README.md")
	folders, err := os.ReadDir(filepath.Join(root, "examples"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		name := "examples/" + folder.Name()
		tests, err := filepath.Glob(filepath.Join(root, name, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if len(tests) == 0 && !strings.Contains(gate, name) {
			t.Errorf("%s is run neither by a test nor by .ci/run", name)
		}
		if _, err := os.Stat(filepath.Join(root, name, "go.mod")); err == nil && !strings.Contains(gate, "cd "+name+" && go vet ./... && go test ./...") {
			t.Errorf("%s is a module of its own that .ci/run does not vet and test", name)
		}
		if !strings.Contains(readme, "("+name+")") {
			t.Errorf("README.md does not link %s", name)
		}
	}
}

// What the README says first is what is built and run.
func TestReadmeProgram(t *testing.T) {
	readme := read(t, "README.md")
	for file, language := range map[string]string{"examples/first/main.go": "go", "examples/first/crosscloud.yaml": "yaml"} {
		if !strings.Contains(readme, "```"+language+"\n"+read(t, file)+"```\n") {
			t.Errorf("README.md does not show %s as it is", file)
		}
	}
}
