// Package size holds programs whose size is checked: what a provider adds to a program that uses it.
package size

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// vendors are the modules of the vendors, by driver.
var vendors = map[string]string{
	"alibaba":    "github.com/aliyun/alibaba-cloud-sdk-go",
	"tencent":    "github.com/tencentcloud/tencentcloud-sdk-go",
	"cloudflare": "github.com/cloudflare/cloudflare-go",
	"huawei":     "github.com/huaweicloud/huaweicloud-sdk-go-v3",
}

// TestOneVendorOnly: a program on one provider links that vendor's package and no other's.
func TestOneVendorOnly(t *testing.T) {
	for name, own := range vendors {
		out, err := exec.Command("go", "list", "-deps", "./"+name).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for other, module := range vendors {
			if linked := strings.Contains(string(out), module); linked != (module == own) {
				t.Errorf("a program on %s links the package of %s: %v", name, other, linked)
			}
		}
	}
	// Guance has no package.
	out, err := exec.Command("go", "list", "-deps", "./guance").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, module := range vendors {
		if strings.Contains(string(out), module) {
			t.Errorf("a program on guance links the package of %s", name)
		}
	}
}

// TestSize builds each program stripped and compares it with one that only has net/http and encoding/json.
func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	lookAt(t, "../..")
	bare := size(t, "bare")
	t.Logf("bare: %.2f MB", float64(bare)/1e6)
	for name, limit := range map[string]int64{"alibaba": 4e6, "tencent": 2e6, "cloudflare": 2e6, "guance": 2e6, "huawei": 4e6} {
		added := size(t, name) - bare
		t.Logf("%s adds %.2f MB", name, float64(added)/1e6)
		if added > limit {
			t.Errorf("%s adds %d bytes, at most %d are allowed", name, added, limit)
		}
	}
}

func size(t *testing.T, name string) int64 {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", file, "./"+name).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// lookAt opens the module's sources: go test remembers a result for as long as no file changes that the test itself opened.
func lookAt(t *testing.T, root string) {
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(path) == ".go" && !strings.HasSuffix(path, "_test.go") {
			var file *os.File
			if file, err = os.Open(path); err == nil {
				err = file.Close()
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
