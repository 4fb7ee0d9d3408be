package emulator_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func ExampleNewCloudflare() {
	cloud := emulator.NewCloudflare()
	defer cloud.Close()
	flags := cloud.AddNamespace("flags")

	call := func(method, path, body string) {
		url := cloud.Endpoint() + "/accounts/" + cloud.AccountID() + "/storage/kv/namespaces/" + flags + path
		r, _ := http.NewRequest(method, url, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+cloud.APIToken())
		reply, err := http.DefaultClient.Do(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer func() { _ = reply.Body.Close() }()
		text, _ := io.ReadAll(reply.Body)
		fmt.Println(reply.StatusCode, strings.TrimSpace(string(text)))
	}
	call("PUT", "/values/checkout-v2?expiration_ttl=3600", "on")
	call("GET", "/values/checkout-v2", "")
	cloud.Inject(emulator.Fault{Action: "ReadValue", Code: "10022", Times: 1})
	call("GET", "/values/checkout-v2", "")
	// Output:
	// 200 {"result":{},"success":true,"errors":[],"messages":[]}
	// 200 on
	// 429 {"result":null,"success":false,"errors":[{"code":10022,"message":"injected fault"}],"messages":[]}
}
