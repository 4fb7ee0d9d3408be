package emulator

import (
	"fmt"
	"net/http"
)

// huaweiError is a refusal: the vendor's code, and words of our own.
type huaweiError struct{ code, message string }

func huaweiFails(code, format string, args ...any) *huaweiError {
	return &huaweiError{code, fmt.Sprintf(format, args...)}
}

// huaweiStatus returns the HTTP status of a code: support.huaweicloud.com, DEW API Reference, Error Codes, and API
// Gateway, Error Codes. Unlisted ones have 400, as wrong states, duplicates and exhausted quotas do.
func huaweiStatus(code string) int {
	switch code {
	case "KMS.0101", "KMS.0102", "KMS.5012":
		return http.StatusInternalServerError
	case "KMS.0207", "KMS.0416", "APIGW.0101", "APIGW.0103":
		return http.StatusNotFound
	case "KMS.0301", "KMS.0302", "KMS.0303", "KMS.0304", "KMS.0305", "KMS.0306", "KMS.0307", "KMS.0314", "KMS.0321", "KMS.0326",
		"KMS.0328", "APIGW.0302", "APIGW.0304", "APIGW.0306":
		return http.StatusForbidden
	case "APIGW.0301", "APIGW.0303", "APIGW.0305", "APIGW.0307":
		return http.StatusUnauthorized
	case "APIGW.0308":
		return http.StatusTooManyRequests
	}
	return http.StatusBadRequest
}
