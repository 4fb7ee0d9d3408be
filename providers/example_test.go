package providers_test

import (
	"context"
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/providers"
)

type account struct{ zone string }

func (account) Close() error { return nil }

// A driver declares its options once.
func init() {
	providers.Register(providers.Driver{
		Name: "example", Aliases: []string{"example-edge"},
		Options: []providers.Option{
			{Name: "zone", Doc: "The zone.", Required: true, PerResource: true},
			{Name: "api_token", Doc: "The token.", Kind: providers.Secret, Required: true, Env: []string{"EXAMPLE_TOKEN"}},
		},
		Open: func(_ context.Context, s *providers.Settings) (providers.Account, error) {
			return account{s.Text("zone")}, nil
		},
	})
}

// The reader of the configuration finds it by name.
func Example() {
	d := providers.Lookup("example-edge")
	host := providers.Host{LookupEnv: func(name string) (string, bool) { return "s3cr3t", name == "EXAMPLE_TOKEN" }}
	settings, err := d.Resolve(providers.Values{"zone": {Text: "z-1", From: "crosscloud.yaml:3"}}, host)
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := d.Open(context.Background(), settings)
	fmt.Printf("%v\n%v %v\n", settings, a, err)
	fmt.Println(d.Check(providers.Values{"zome": {Text: "z-1", From: "crosscloud.yaml:3"}}, false))
	// Output:
	// driver=example zone=z-1 api_token=[redacted]
	// {z-1} <nil>
	// InvalidArgument: crosscloud.yaml:3: driver "example" has no option "zome"; it has zone, api_token
}
