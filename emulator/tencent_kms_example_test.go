package emulator_test

import (
	"fmt"
	"strings"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	kms "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/kms/v20190118"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// The vendor's own client talks to the emulator as it does to the cloud.
func ExampleNewTencentKMS() {
	em := emulator.NewTencentKMS()
	defer em.Close()

	p := profile.NewClientProfile()
	p.HttpProfile.Scheme = "HTTP"
	p.HttpProfile.Endpoint = strings.TrimPrefix(em.URL(), "http://")
	client, err := kms.NewClient(common.NewCredential(emulator.TencentSecretID, emulator.TencentSecretKey), emulator.TencentKMSRegion, p)
	if err != nil {
		fmt.Println(err)
		return
	}
	create := kms.NewCreateKeyRequest()
	create.Alias = common.StringPtr("app")
	key, err := client.CreateKey(create)
	if err != nil {
		fmt.Println(err)
		return
	}
	encrypt := kms.NewEncryptRequest()
	encrypt.KeyId, encrypt.Plaintext = key.Response.KeyId, common.StringPtr("aGVsbG8=")
	sealed, err := client.Encrypt(encrypt)
	if err != nil {
		fmt.Println(err)
		return
	}
	decrypt := kms.NewDecryptRequest()
	decrypt.CiphertextBlob = sealed.Response.CiphertextBlob
	opened, err := client.Decrypt(decrypt)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Count(*sealed.Response.CiphertextBlob, "-k-"), *opened.Response.Plaintext)
	// Output: 2 aGVsbG8=
}

// A region of the Chinese standards has SM4 keys.
func ExampleWithTencentKMS() {
	em := emulator.NewTencentKMS(emulator.WithTencentKMS(emulator.TencentKMSSettings{GuomiRegions: []string{"ap-beijing"}}))
	defer em.Close()

	p := profile.NewClientProfile()
	p.HttpProfile.Scheme = "HTTP"
	p.HttpProfile.Endpoint = strings.TrimPrefix(em.URL(), "http://")
	for _, region := range []string{emulator.TencentKMSRegion, "ap-beijing"} {
		client, err := kms.NewClient(common.NewCredential(emulator.TencentSecretID, emulator.TencentSecretKey), region, p)
		if err != nil {
			fmt.Println(err)
			return
		}
		algorithms, err := client.ListAlgorithms(kms.NewListAlgorithmsRequest())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(region, *algorithms.Response.SymmetricAlgorithms[0].Algorithm)
	}
	// Output:
	// ap-guangzhou AES_256
	// ap-beijing SM4
}
