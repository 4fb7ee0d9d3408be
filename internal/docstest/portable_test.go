package docstest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/kv"
)

// What docs/switching-providers.md calls portable is what all clouds have in common.
func TestPortable(t *testing.T) {
	var caps []kv.Capabilities
	for _, s := range kvServices(t) {
		caps = append(caps, s.namespace.Capabilities())
	}
	all := kv.Intersect(caps...)
	text := strings.ReplaceAll(read(t, "docs/switching-providers.md"), "\n", " ")
	for _, sentence := range []string{
		fmt.Sprintf("up to %d bytes. Values that are UTF-8 text of 1 to %s bytes. No metadata.", all.Key.MaxBytes, thousands(all.MaxValueBytes)),
		fmt.Sprintf("TTLs of %.0f seconds or more.", all.MinTTL.Seconds()),
		fmt.Sprintf("prefix of up to %s keys", thousands(int64(all.List.MaxKeys))),
	} {
		if !strings.Contains(text, sentence) {
			t.Errorf("docs/switching-providers.md does not say %q", sentence)
		}
	}
	if all.Metadata != kv.None || all.EmptyValue != kv.None || all.BinaryValue != kv.None || all.Consistency.Minutes() != 5 {
		t.Errorf("no longer what the text says: %+v", all)
	}
	if err := all.Key.Check("key", "Az09-_"); err != nil {
		t.Error(err)
	}
}
