package crosscloud_test

import (
	"os"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
)

// TestReadmeConfigurations: every configuration that the README shows is accepted.
func TestReadmeConfigurations(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	fences := strings.Split(string(readme), "```yaml\n")[1:]
	if len(fences) < 2 {
		t.Errorf("%d configurations", len(fences))
	}
	for i, fence := range fences {
		text, _, _ := strings.Cut(fence, "```")
		client, err := crosscloud.Open(t.Context(), crosscloud.YAML("README.md", strings.NewReader(text)))
		if err != nil {
			t.Errorf("configuration %d: %v", i+1, err)
			continue
		}
		_ = client.Close()
	}
}

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
