package faultmatrix_test

import "fmt"

// The vendors' envelopes of failures, from their pages on errors.

func alibabaScript() script {
	return script{
		envelope: func(_ int, code string) string {
			return fmt.Sprintf(`{"RequestId":"r-1","HostId":"h","Code":%q,"Message":"said so"}`, code)
		},
		unknown: "NobodyKnows.This", throttled: "Throttling.User", stranger: "InvalidAccessKeyId.NotFound",
		bare: `{"RequestId":"r-1"}`,
	}
}

func tencentScript() script {
	return script{
		envelope: func(_ int, code string) string {
			return fmt.Sprintf(`{"Response":{"Error":{"Code":%q,"Message":"said so"},"RequestId":"r-1"}}`, code)
		},
		unknown: "NobodyKnows.This", throttled: "RequestLimitExceeded", stranger: "AuthFailure.SecretIdNotFound",
		bare: `{"Response":{"RequestId":"r-1"}}`,
	}
}

func cloudflareScript() script {
	return script{
		envelope: func(_ int, code string) string {
			return fmt.Sprintf(`{"success":false,"errors":[{"code":%s,"message":"said so"}],"messages":[],"result":null}`, code)
		},
		unknown: "98765", throttled: "10022", stranger: "9109",
		bare: `{"success":true,"errors":[],"messages":[]}`,
	}
}

func huaweiScript() script {
	return script{
		envelope: func(_ int, code string) string {
			return fmt.Sprintf(`{"error":{"error_code":%q,"error_msg":"said so"}}`, code)
		},
		unknown: "XYZ.98765", throttled: "APIGW.0308", stranger: "APIGW.0301",
		bare: `{}`,
	}
}

func guanceScript() script {
	return script{
		envelope: func(status int, code string) string {
			return fmt.Sprintf(`{"code":%d,"content":null,"errorCode":%q,"message":"said so","success":false,"traceId":"t-1"}`, status, code)
		},
		unknown: "ft.NobodyKnowsThis", throttled: "ft.TriggerApiAkCurrentLimiting", stranger: "ft.InvalidAPIKey",
		bare: `{"code":200,"content":null,"errorCode":"","message":"","success":true,"traceId":"t-1"}`,
	}
}
