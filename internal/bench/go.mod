module github.com/crosscloud-sdk/crosscloud/internal/bench

go 1.26.0

replace github.com/crosscloud-sdk/crosscloud => ../..

require (
	github.com/aliyun/alibaba-cloud-sdk-go v1.63.107
	github.com/cloudflare/cloudflare-go/v7 v7.9.0
	github.com/crosscloud-sdk/crosscloud v0.0.0
	github.com/huaweicloud/huaweicloud-sdk-go-v3 v0.1.207
	github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common v1.3.209
	github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/kms v1.0.563
)

require (
	github.com/cenkalti/backoff/v5 v5.0.3 // indirect
	github.com/emmansun/gmsm v0.44.0 // indirect
	github.com/goccy/go-yaml v1.19.2 // indirect
	github.com/jmespath/go-jmespath v0.4.0 // indirect
	github.com/json-iterator/go v1.1.13-0.20220915233716-71ac16282d12 // indirect
	github.com/modern-go/concurrent v0.0.0-20180306012644-bacd9c7ef1dd // indirect
	github.com/modern-go/reflect2 v1.0.2 // indirect
	github.com/opentracing/opentracing-go v1.2.1-0.20220228012449-10b1cf09e00b // indirect
	github.com/tidwall/gjson v1.14.4 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.1 // indirect
	github.com/tidwall/sjson v1.2.5 // indirect
	github.com/tjfoc/gmsm v1.4.1 // indirect
	go.mongodb.org/mongo-driver v1.13.1 // indirect
	golang.org/x/crypto v0.53.0 // indirect
	golang.org/x/time v0.16.0 // indirect
	gopkg.in/ini.v1 v1.67.0 // indirect
)
