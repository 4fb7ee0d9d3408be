package emulator_test

import (
	"fmt"
	"strings"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// The vendor's own client talks to the emulator as it does to the cloud.
func ExampleNewTencent() {
	em := emulator.NewTencent()
	defer em.Close()

	p := profile.NewClientProfile()
	p.HttpProfile.Scheme = "HTTP"
	p.HttpProfile.Endpoint = strings.TrimPrefix(em.URL(), "http://")
	client := common.NewCommonClient(common.NewCredential(emulator.TencentSecretID, emulator.TencentSecretKey), "", p)
	call := func(action string, parameters map[string]any) {
		req, resp := tchttp.NewCommonRequest("teo", "2022-09-01", action), tchttp.NewCommonResponse()
		parameters["ZoneId"], parameters["Namespace"] = emulator.TencentZoneID, "ns-011"
		if err := req.SetActionParameters(parameters); err != nil {
			fmt.Println(err)
			return
		}
		if err := client.Send(req, resp); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(string(resp.GetBody()))
	}
	call("CreateEdgeKVNamespace", map[string]any{})
	call("EdgeKVPut", map[string]any{"Key": "hello", "Value": "world"})
	call("EdgeKVGet", map[string]any{"Keys": []string{"hello", "nobody"}})
	// Output:
	// {"Response":{"RequestId":"00000000-0000-4000-8000-000000000001"}}
	// {"Response":{"RequestId":"00000000-0000-4000-8000-000000000002"}}
	// {"Response":{"Data":[{"Expiration":"","Key":"hello","Value":"world"},{"Expiration":"","Key":"nobody","Value":""}],"RequestId":"00000000-0000-4000-8000-000000000003"}}
}
