package emulator_test

import (
	"fmt"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	kms "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kms/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kms/v2/model"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// The vendor's own client talks to the emulator as it does to the cloud.
func ExampleNewHuaweiKMS() {
	em := emulator.NewHuaweiKMS()
	defer em.Close()

	credentials, err := basic.NewCredentialsBuilder().
		WithAk(emulator.HuaweiAccessKey).WithSk(emulator.HuaweiSecretKey).WithProjectId(emulator.HuaweiProjectID).SafeBuild()
	if err != nil {
		fmt.Println(err)
		return
	}
	built, err := kms.KmsClientBuilder().WithEndpoint(em.URL()).WithCredential(credentials).
		WithHttpConfig(config.DefaultHttpConfig().WithUserAgent("example")).SafeBuild()
	if err != nil {
		fmt.Println(err)
		return
	}
	client := kms.NewKmsClient(built)

	key, err := client.CreateKey(&model.CreateKeyRequest{Body: &model.CreateKeyRequestBody{KeyAlias: "orders"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	sealed, err := client.EncryptData(&model.EncryptDataRequest{Body: &model.EncryptDataRequestBody{KeyId: *key.KeyInfo.KeyId, PlainText: "hello"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	opened, err := client.DecryptData(&model.DecryptDataRequest{Body: &model.DecryptDataRequestBody{CipherText: *sealed.CipherText}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*opened.KeyId, *opened.PlainText)
	// Output: 0d000000-0000-4000-8000-000000000001 hello
}

// A test sees how a program takes what the vendor's pages leave open.
func ExampleWithHuaweiKMS() {
	em := emulator.NewHuaweiKMS(emulator.WithHuaweiKMS(emulator.HuaweiKMSSettings{KeyLimit: 100, Seconds: true}))
	defer em.Close()
	fmt.Println(em.Provider()["driver"], em.Provider()["region"])
	// Output: huawei cn-north-4
}
