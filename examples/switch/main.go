// Command switch runs one program on three clouds. Only the configuration differs: alibaba.yaml, tencent.yaml and
// cloudflare.yaml name the same resource. Without an argument it runs on all three, emulated; with -config FILE on
// the real one that the file names, with the credentials that the environment holds.
package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/kv"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
)

//go:embed *.yaml
var configs embed.FS

func main() {
	file := flag.String("config", "", "configuration `file` (default: all three clouds, emulated)")
	flag.Parse()
	ctx := context.Background()
	err := error(nil)
	if *file != "" {
		err = publish(ctx, os.Stdout, crosscloud.File(*file))
	} else {
		err = emulated(ctx, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "switch:", err)
		os.Exit(1)
	}
}

// publish is the program: it knows nothing of any cloud.
func publish(ctx context.Context, out io.Writer, config ...crosscloud.Option) (err error) {
	client, err := crosscloud.Open(ctx, config...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	routes, err := client.KV(ctx, "routes", kv.Require(kv.NeedTTL(time.Minute), kv.NeedKeys("route_home")))
	if err != nil {
		return err
	}
	writes := []kv.Write{
		{Key: "route_home", Value: []byte("/index")},
		{Key: "route_shop", Value: []byte("/shop/v2")},
		{Key: "banner", Value: []byte("sale"), Options: []kv.PutOption{kv.TTL(time.Hour)}},
	}
	for _, err := range routes.PutMany(ctx, slices.Values(writes)) {
		if err != nil {
			return err
		}
	}
	if err := routes.Delete(ctx, "route_old"); err != nil { // absent: success everywhere
		return err
	}
	var names []string
	for key, err := range routes.Keys(ctx, kv.Prefix("route_")) {
		if err != nil {
			return err
		}
		names = append(names, key.Name)
	}
	slices.Sort(names) // no order is promised
	for _, name := range names {
		entry, err := routes.Get(ctx, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s → %s\n", name, entry.Value)
	}
	return nil
}

// emulated runs the program on each cloud's emulator, which stands in for the endpoint and the credentials.
func emulated(ctx context.Context, out io.Writer) error {
	alibaba, tencent, cloudflare := emulator.NewAlibaba(), emulator.NewTencent(), emulator.NewCloudflare()
	defer alibaba.Close()
	defer tencent.Close()
	defer cloudflare.Close()
	for _, cloud := range []struct {
		file     string
		provider map[string]string
		names    map[string]string // of the variables in the file, by field
	}{
		{"alibaba.yaml", alibaba.Provider(), map[string]string{"access_key_id": "ALIBABA_CLOUD_ACCESS_KEY_ID", "access_key_secret": "ALIBABA_CLOUD_ACCESS_KEY_SECRET"}},
		{"tencent.yaml", tencent.Provider(), map[string]string{"secret_id": "TENCENTCLOUD_SECRET_ID", "secret_key": "TENCENTCLOUD_SECRET_KEY", "zone_id": "EDGEONE_ZONE_ID"}},
		{"cloudflare.yaml", cloudflare.Provider(), map[string]string{"account_id": "CLOUDFLARE_ACCOUNT_ID", "api_token": "CLOUDFLARE_API_TOKEN"}},
	} {
		variables := map[string]string{"EDGE_ENDPOINT": cloud.provider["endpoint"]}
		for field, name := range cloud.names {
			variables[name] = cloud.provider[field]
		}
		config, err := configs.ReadFile(cloud.file)
		if err != nil {
			return err
		}
		// The files leave the endpoint to the driver; here it is the emulator's.
		config = bytes.Replace(config, []byte("    driver: "), []byte("    endpoint: ${EDGE_ENDPOINT}\n    driver: "), 1)
		fmt.Fprintf(out, "%s:\n", cloud.file)
		lookup := crosscloud.WithLookupEnv(func(name string) (string, bool) { text, set := variables[name]; return text, set })
		if err := publish(ctx, out, crosscloud.YAML(cloud.file, bytes.NewReader(config)), lookup); err != nil {
			return err
		}
	}
	return nil
}
