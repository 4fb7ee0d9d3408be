package replay_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	_ "github.com/crosscloud-sdk/crosscloud/providers/tencent"
	"github.com/crosscloud-sdk/crosscloud/replay"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// A client whose signatures cover the Host is recorded at the vendor's own address: only the connections lead to the
// server, which sends on what it gets. Here an emulator is the vendor; its address would be a real one, and https.
func ExampleUpstream() {
	t := &exampleTB{}
	cloud := emulator.NewTencent()
	defer cloud.Close()
	folder, err := os.MkdirTemp("", "replay-example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()
	file := filepath.Join(folder, "put.txt")

	server := replay.Server(t, file, replay.Record(true), replay.Upstream(cloud.URL()),
		replay.Secrets(secret.New(emulator.TencentSecretKey), secret.New(emulator.TencentSecretID)))
	if err := putSigned(server.Listener.Addr(), cloud.Provider()); err != nil {
		fmt.Println(err)
	}
	t.end() // writes the file
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "> Host") || strings.HasPrefix(line, "> X-Tc-Action") || strings.HasPrefix(line, "< 200") {
			fmt.Print(line)
		}
	}
	// Output:
	// > Host: teo.example.com
	// > X-Tc-Action: DescribeEdgeKVNamespaces
	// < 200
	// > Host: teo.example.com
	// > X-Tc-Action: CreateEdgeKVNamespace
	// < 200
	// > Host: teo.example.com
	// > X-Tc-Action: EdgeKVPut
	// < 200
}

// putSigned writes a key. The endpoint is the vendor's, in plain text for the sake of the server, and every connection
// goes to one address.
func putSigned(to net.Addr, entry crosscloud.Entry) error {
	ctx := context.Background()
	entry["endpoint"], entry["allow_plaintext"] = "http://teo.example.com", "true"
	client, err := crosscloud.Open(ctx,
		crosscloud.WithDialContext(func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, to.String())
		}),
		crosscloud.WithProvider("edgeone", entry),
		crosscloud.WithKV("flags", crosscloud.Entry{"provider": "edgeone", "namespace": "flags", "create": "true"}))
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	flags, err := client.KV(ctx, "flags")
	if err != nil {
		return err
	}
	return flags.Put(ctx, "dark-mode", []byte("on"))
}

// What was recorded so answers the same client, whose signatures are others by then.
func TestSignedSession(t *testing.T) {
	cloud := emulator.NewTencent()
	defer cloud.Close()
	file := filepath.Join(t.TempDir(), "put.txt")
	entry := cloud.Provider()
	failures := underTest(t, func(f *fakeTB) {
		server := replay.Server(f, file, replay.Record(true), replay.Upstream(cloud.URL()), replay.Secrets(secret.New(entry["secret_key"])))
		if err := putSigned(server.Listener.Addr(), entry); err != nil {
			t.Error(err)
		}
	})
	if failures != "" {
		t.Fatal(failures)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// Credentials are gone; what was stored, and the zone, are not.
	if strings.Contains(string(text), entry["secret_key"]) || strings.Contains(string(text), entry["secret_id"]) ||
		!strings.Contains(string(text), emulator.TencentZoneID) || !strings.Contains(string(text), `"on"`) {
		t.Error(string(text))
	}
	server := replay.Server(t, file, replay.RequireAll(), replay.Record(false))
	if err := putSigned(server.Listener.Addr(), entry); err != nil {
		t.Error(err)
	}
}
