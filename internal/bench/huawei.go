package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	hwkms "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kms/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kms/v2/model"
)

// kmsPlaintext and kmsDigest are what keys encrypt and sign.
func kmsPlaintext() []byte { return []byte("0123456789abcdef0123456789abcdef") }

func kmsDigest() []byte {
	sum := sha256.Sum256([]byte("a message"))
	return sum[:]
}

// huaweiVendor is the vendor's client. Plaintext is text for it, so that bytes go as base64.
type huaweiVendor struct{ client *hwkms.KmsClient }

func newHuaweiVendor(host string, transport *http.Transport) (huaweiVendor, error) {
	credential, err := basic.NewCredentialsBuilder().WithAk(accessKey).WithSk(secretKey).WithProjectId(projectID).SafeBuild()
	if err != nil {
		return huaweiVendor{}, err
	}
	// Without a user agent of our own it keeps a file in the home directory.
	c := config.DefaultHttpConfig().WithUserAgent("bench")
	if transport != nil {
		c = c.WithHttpTransport(transport)
	}
	client, err := hwkms.KmsClientBuilder().WithEndpoint("http://" + host).WithHttpConfig(c).WithCredential(credential).SafeBuild()
	if err != nil {
		return huaweiVendor{}, err
	}
	return huaweiVendor{hwkms.NewKmsClient(client)}, nil
}

func (v huaweiVendor) encrypt(plaintext []byte) call {
	return func(context.Context) (result, error) {
		res, err := v.client.EncryptData(&model.EncryptDataRequest{Body: &model.EncryptDataRequestBody{
			KeyId: keyID, PlainText: base64.StdEncoding.EncodeToString(plaintext),
		}})
		if err != nil {
			return result{}, err
		}
		return result{text: *res.CipherText}, nil
	}
}

func (v huaweiVendor) sign(digest []byte) call {
	return func(context.Context) (result, error) {
		kind := model.GetSignRequestBodyMessageTypeEnum().DIGEST
		res, err := v.client.Sign(&model.SignRequest{Body: &model.SignRequestBody{
			KeyId: keyID, Message: base64.StdEncoding.EncodeToString(digest), MessageType: &kind,
			SigningAlgorithm: model.GetSignRequestBodySigningAlgorithmEnum().ECDSA_SHA_256,
		}})
		if err != nil {
			return result{}, err
		}
		signed, err := base64.StdEncoding.DecodeString(*res.Signature)
		return result{value: signed}, err
	}
}

func huaweiWorkloads(ctx context.Context, host string, facade *facadeClient) ([]workload, error) {
	asItComes, err := newHuaweiVendor(host, nil)
	if err != nil {
		return nil, err
	}
	kept, err := newHuaweiVendor(host, tunedTransport())
	if err != nil {
		return nil, err
	}
	key, err := facade.kms(ctx, "huawei")
	if err != nil {
		return nil, err
	}
	bare := newPlainClient(host)
	plaintext, digest := kmsPlaintext(), kmsDigest()
	return []workload{
		{name: "huawei/encrypt", operation: "huawei encrypt-data", want: result{value: []byte(ciphertext)},
			call: [kinds]call{key.encrypt(plaintext), asItComes.encrypt(plaintext), kept.encrypt(plaintext), func(ctx context.Context) (result, error) {
				request := struct {
					KeyID     string `json:"key_id"`
					Plaintext []byte `json:"plain_text"`
				}{keyID, plaintext}
				var reply struct {
					KeyID      string `json:"key_id"`
					Ciphertext string `json:"cipher_text"`
				}
				err := bare.hws(ctx, "encrypt-data", request, &reply)
				return result{text: reply.Ciphertext}, err
			}}},
		{name: "huawei/sign", operation: "huawei sign", want: result{value: signature()},
			call: [kinds]call{key.sign(digest), asItComes.sign(digest), kept.sign(digest), func(ctx context.Context) (result, error) {
				request := struct {
					KeyID     string `json:"key_id"`
					Message   []byte `json:"message"`
					Algorithm string `json:"signing_algorithm"`
					Type      string `json:"message_type"`
				}{keyID, digest, "ECDSA_SHA_256", "DIGEST"}
				var reply struct {
					Signature []byte `json:"signature"`
				}
				err := bare.hws(ctx, "sign", request, &reply)
				return result{value: reply.Signature}, err
			}}},
	}, nil
}
