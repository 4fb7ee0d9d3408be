package emulator

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"net/http"
	"strings"
)

// alibabaError is an answer that is no success. Status 0 means the one that goes with the code, an empty message
// likewise.
type alibabaError struct {
	status        int
	code, message string
}

func alibabaFault(code string) *alibabaError { return &alibabaError{code: code} }

// alibabaBad refuses a parameter's value. The documentation has one code for all of them.
func alibabaBad(name string) *alibabaError {
	return &alibabaError{code: "InvalidParameter", message: "The specified parameter " + name + " is invalid."}
}

// alibabaMissing is what the gateway answers when a parameter that has to be there is not.
func alibabaMissing(name string) *alibabaError {
	return &alibabaError{code: "Missing" + name, message: name + " is mandatory for this action."}
}

// alibabaCodes has the codes of the error tables of the vendor's EdgeKV pages ("CreateKvNamespace", "GetKv") with
// their messages.
var alibabaCodes = map[string]alibabaError{
	"InvalidAccount.Malformed":       {400, "", "The specified account is invalid."},
	"InvalidNameSpace.Malformed":     {400, "", "The specified namespace is invalid."},
	"InvalidKey.Malformed":           {400, "", "The specified key is invalid."},
	"InvalidKey.ExceedsMaximum":      {400, "", "The size of the key cannot exceed 512 bytes."},
	"InvalidValue.ExceedsMaximum":    {400, "", "The size of the value cannot exceed 2,000,000 bytes."},
	"InvalidParameter":               {400, "", "The specified parameter is invalid."},
	"InvalidParameters":              {400, "", "The specified parameter is invalid."},
	"TooManyRequests":                {400, "", "Too many requests. Please try again later."},
	"Unauthorized.InvalidParameters": {403, "", "The specified authentication parameters are invalid."},
	"Unauthorized.InvalidTime":       {403, "", "The specified authentication time is invalid."},
	"Unauthorized.InvalidToken":      {403, "", "Token authentication failed."},
	"Unauthorized.InvalidResource":   {403, "", "Resource authentication failed."},
	"InvalidKey.ExceedsCapacity": {403, "", "The maximum storage capacity of the Edge KV namespace has been reached. " +
		"Delete unwanted key-value pairs to save the storage."},
	"InvalidAccount.NotFound":    {404, "", "The specified account does not exist."},
	"InvalidNameSpace.NotFound":  {404, "", "The specified namespace does not exist."},
	"InvalidKey.NotFound":        {404, "", "The specified key does not exist."},
	"InvalidNameSpace.Duplicate": {406, "", "The specified namespace already exists."},
	"InvalidNameSpace.QuotaFull": {406, "", "The maximum number of namespaces is exceeded."},
	"InvalidKey.QuotaFull":       {406, "", "The total number of IP exceeds the quota."},
	"TooQuickRequests":           {429, "", "Request for putting or deleting keys are frequently submitted."},
	"ActionUnauthorized":         {403, "", "The caller is not authorized to call the action."},
	"Rejected.Throttling":        {503, "", "The request was rejected due to throttling."},
}

// alibabaGatewayCodes has the codes of the gateway in front of every RPC service. Its statuses differ from page to
// page; these are the ones most often seen.
var alibabaGatewayCodes = map[string]alibabaError{
	"SignatureDoesNotMatch":                      {400, "", "The specified signature does not match our calculation."},
	"IncompleteSignature":                        {400, "", "The request signature is incomplete."},
	"InvalidSignatureMethod":                     {400, "", "The specified signature method is not supported."},
	"InvalidSignatureVersion":                    {400, "", "The specified signature version is not supported."},
	"SignatureNonceUsed":                         {400, "", "The specified signature nonce was used already."},
	"InvalidTimeStamp.Format":                    {400, "", "The specified time stamp is not well formatted."},
	"InvalidTimeStamp.Expired":                   {400, "", "The specified time stamp is expired."},
	"IllegalTimestamp":                           {400, "", "The specified time stamp is not acceptable."},
	"InvalidAccessKeyId.NotFound":                {404, "", "The specified access key is not found."},
	"InvalidAccessKeyId.Inactive":                {400, "", "The specified access key is disabled."},
	"MissingSecurityToken":                       {400, "", "SecurityToken is mandatory for this action."},
	"InvalidSecurityToken.Expired":               {400, "", "The specified security token is expired."},
	"InvalidSecurityToken.MismatchWithAccessKey": {400, "", "The specified security token does not belong to the access key."},
	"Forbidden":                                  {403, "", "The caller is not authorized."},
	"Forbidden.RAM":                              {403, "", "The user is not authorized to operate on the specified resource."},
	"Forbidden.RiskControl":                      {403, "", "The operation is forbidden by risk control."},
	"NoPermission":                               {403, "", "The caller has no permission."},
	"InsufficientBalance":                        {400, "", "The balance of the account is insufficient."},
	"InvalidApi.NotFound":                        {404, "", "The specified API is not found."},
	"NoSuchVersion":                              {400, "", "The specified version does not exist."},
	"UnsupportedHTTPMethod":                      {400, "", "The HTTP method is not supported."},
	"UnsupportedOperation":                       {400, "", "The operation is not supported."},
	"UnsupportedParameter":                       {400, "", "The parameter is not supported."},
	"InvalidProtocol.NeedSsl":                    {404, "", "The service is reached over HTTPS only."},
	"Throttling":                                 {400, "", "The request was denied due to request throttling."},
	"Throttling.User":                            {400, "", "The request was denied due to user flow control."},
	"Throttling.Api":                             {400, "", "The request was denied due to user flow control of the API."},
	"InternalError":                              {500, "", "The request has failed due to an unknown error."},
	"ServiceUnavailable":                         {503, "", "The service is temporarily unavailable."},
}

// alibabaPrefixes has the statuses of the families whose members are not listed above.
var alibabaPrefixes = []struct {
	prefix string
	status int
}{
	{"Forbidden", 403}, {"NoPermission", 403}, {"Unauthorized", 403},
	{"ServiceUnavailable", 503}, {"InternalError", 500},
}

// fail implements vendor: it answers with the vendor's error envelope.
func (a *Alibaba) fail(w http.ResponseWriter, status int, code, message string) {
	known, message := alibabaKnown(alibabaCodes, code, message)
	if status == 0 {
		status = cmp.Or(known.status, alibabaStatus(code))
	}
	host, id := "esa."+alibabaRegion+".aliyuncs.com", a.requestID()
	if a.config.XMLErrors {
		var b bytes.Buffer
		b.WriteString(xml.Header)
		_ = xml.NewEncoder(&b).Encode(alibabaXML{RequestID: id, HostID: host, Code: code, Message: message})
		alibabaWrite(w, status, "text/xml;charset=utf-8", b.Bytes())
		return
	}
	reply := alibabaReply{"RequestId": id, "HostId": host, "Code": code, "Message": message}
	if a.config.LowerCaseErrors {
		reply = alibabaReply{"requestId": id, "hostId": host, "code": code, "message": message}
	}
	alibabaWriteJSON(w, status, reply)
}

// alibabaXML is an error as the old gateway and the upload bucket write it.
type alibabaXML struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string   `xml:"Code"`
	Message   string   `xml:"Message"`
	RequestID string   `xml:"RequestId"`
	HostID    string   `xml:"HostId"`
}

// alibabaKnown looks a code up in a service's table and then in the gateway's. The message is theirs unless there is
// one.
func alibabaKnown(service map[string]alibabaError, code, message string) (alibabaError, string) {
	known, ok := service[code]
	if !ok {
		known = alibabaGatewayCodes[code]
	}
	return known, cmp.Or(message, known.message)
}

// alibabaStatus is the status of a code that is in no table.
func alibabaStatus(code string) int {
	for _, family := range alibabaPrefixes {
		if strings.HasPrefix(code, family.prefix) {
			return family.status
		}
	}
	if strings.HasSuffix(code, ".NotFound") {
		return http.StatusNotFound
	}
	return http.StatusBadRequest
}
