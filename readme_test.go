package crosscloud_test

import (
	"os"
	"strings"
	"testing"
)

// TestReadmeProgram: the program and the configuration that the README shows are those that are built and run.
func TestReadmeProgram(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for file, fence := range map[string]string{"examples/first/main.go": "go", "examples/first/crosscloud.yaml": "yaml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(readme), "```"+fence+"\n"+string(text)+"```\n") {
			t.Errorf("README.md does not show %s as it is", file)
		}
	}
}
