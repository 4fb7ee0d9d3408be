package emulator

import (
	"cmp"
	"net/http"
	"strings"
)

// alibabaKMSCodes has the codes of the error tables of the vendor's KMS pages with their statuses. Where a table has
// no status, it is that of the code's family.
var alibabaKMSCodes = map[string]alibabaError{
	"InvalidParameter":               {400, "", "The specified parameter is not valid."},
	"InvalidParam":                   {400, "", "The specified parameter is not valid."},
	"ParseRequestParameterException": {400, "", "The request parameters cannot be parsed."},
	"InvalidApiName":                 {400, "", "The specified API is not found."},
	"InvalidApiVersion":              {400, "", "The specified API version is not found."},
	"UnsupportedHTTPMethod":          {403, "", "This http method is not supported."},
	"MissingParameter":               {400, "", "A required parameter is missing."},

	"Forbidden.KeyNotFound":              {404, "", "The specified Key is not found."},
	"Forbidden.AliasNotFound":            {404, "", "The specified Alias is not found."},
	"Forbidden.KeyVersionNotFound":       {404, "", "The specified Key Version is not found."},
	"Forbidden.ResourceNotFound":         {404, "", "The specified resource is not found."},
	"Forbidden.DKMSInstanceNotFound":     {403, "", "The specified KMS instance is not found."},
	"Forbidden.DKMSInstanceStateInvalid": {403, "", "The state of the KMS instance does not permit the operation."},
	"Forbidden.KMSInstanceInUpgrade":     {403, "", "The KMS instance is being upgraded."},
	"Forbidden.NoPermission":             {403, "", "This operation is forbidden by permission system."},
	"Forbidden.AccessKey":                {403, "", "The access key is disabled."},
	"Forbidden.KmsServiceNotEnabled":     {403, "", "KMS is not activated for the account."},
	"Forbidden.InDebt":                   {403, "", "The account has overdue bills."},
	"Forbidden.InDebtOverdue":            {403, "", "The account has overdue bills."},
	"Forbidden.ProhibitedByRiskControl":  {403, "", "The operation is prohibited by risk control."},
	"Forbidden.NoRealNameAuthentication": {403, "", "The account lacks real-name authentication."},
	"Forbidden.UbsmsInvalidUserid":       {400, "", "The user id is invalid."},
	"Forbidden.UbsmsInvalidBid":          {400, "", "The bid is invalid."},
	"Forbidden.Opened":                   {400, "", "KMS is activated already."},
	"AccessDeniedError":                  {403, "", "The caller has no permission for the operation."},
	"AliasAlreadyExists":                 {400, "", "The specified Alias already exists."},
	"Rejected.ResourceExist":             {409, "", "The resource already exists."},
	"Rejected.LimitExceeded":             {400, "", "The quota of the resource is exceeded."},
	"Rejected.ShareQuotaExceedLimit":     {400, "", "The share quota of the KMS instance is exceeded."},
	"Rejected.Throttling":                {429, "", "QPS Limit Exceeded"},
	"Rejected.Disabled":                  {409, "", "The request was rejected because the key state is Disabled."},
	"Rejected.PendingDeletion":           {409, "", "The request was rejected because the key state is PendingDeletion."},
	"Rejetced.PendingDeletion":           {409, "", "The request was rejected because the key state is PendingDeletion."},
	"Rejected.PendingImport":             {409, "", "The request was rejected because the key state is PendingImport."},
	"Rejected.Unavailable":               {409, "", "The request was rejected because the key state is Unavailable."},
	"Rejected.Enabled":                   {409, "", "The request was rejected because the key state is Enabled."},
	"Rejected.StateModifiedFailed":       {409, "", "The key state does not permit the change."},
	"Rejected.ResourceInDeleteWindow":    {409, "", "The resource is about to be deleted."},
	"Rejected.Uninitialized":             {409, "", "The KMS instance is not initialized."},
	"UnsupportedOperation":               {400, "", "This action is not supported."},
	"Rejected.UnsupportedOperation":      {400, "", "This action is not supported."},
	"Unsupported.Origin":                 {400, "", "The origin of the key is not supported."},
	"Unsupported.Alias":                  {400, "", "An alias is not supported here."},
	"Unsupported.ProtectionLevel":        {400, "", "The protection level is not supported."},
	"InvalidKeyMaterial":                 {400, "", "The key material is invalid."},
	"InvalidImportToken":                 {400, "", "The import token is invalid."},
	"ExpiredImportToken":                 {400, "", "The import token is expired."},
	"DryRunOperationError":               {400, "", "The request would have succeeded, but DryRun is set."},
	"ValidationError":                    {400, "", "The request would fail."},
	"InternalFailure":                    {500, "", "Internal Failure"},
	"ServiceUnavailableTemporary":        {503, "", "The service is temporarily unavailable."},
	"SerivceUnavailableTemporary":        {503, "", "The service is temporarily unavailable."},
	"SerivceUnvailableTemporary":         {503, "", "The service is temporarily unavailable."},
}

// alibabaKMSNeeds refuses a request without a parameter that has to be there.
func alibabaKMSNeeds(name string) *alibabaError {
	return &alibabaError{code: "MissingParameter", message: "The parameter " + name + " is needed but was not provided."}
}

// fail implements vendor: it answers with the vendor's error envelope. The service's own errors say their status;
// those of the gateway in front of it say which host it was and what to read.
func (a *AlibabaKMS) fail(w http.ResponseWriter, status int, code, message string) {
	_, own := alibabaKMSCodes[code]
	known, message := alibabaKnown(alibabaKMSCodes, code, message)
	if status == 0 {
		status = cmp.Or(known.status, alibabaKMSStatus(code))
	}
	if message == "" {
		message = code
	}
	reply := alibabaReply{"RequestId": a.requestID(), "Code": code, "Message": message}
	if own {
		reply["HttpStatus"] = status
	} else {
		reply["HostId"] = "kms." + alibabaRegion + ".aliyuncs.com"
		reply["Recommend"] = "https://api.aliyun.com/troubleshoot?q=" + alibabaEscape(code) + "&product=Kms"
	}
	alibabaWriteJSON(w, status, reply)
}

// alibabaKMSStatus is the status of a code that is in no table.
func alibabaKMSStatus(code string) int {
	switch {
	case strings.HasPrefix(code, "Rejected."):
		return http.StatusConflict
	case strings.HasPrefix(code, "Forbidden.") && strings.HasSuffix(code, "NotFound"):
		return http.StatusNotFound
	case strings.HasSuffix(code, ".Throttling"):
		return http.StatusServiceUnavailable
	}
	return alibabaStatus(code)
}
