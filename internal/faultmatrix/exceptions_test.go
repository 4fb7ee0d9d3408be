package faultmatrix_test

import (
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// exceptions are all there are. The first that fits is it.
func exceptions() []exception {
	carriedOut := done
	const (
		octets = "the reply is the value itself, and values are octets, whatever they hold"
		says   = "the reply says that it is a success, so that it is known to be carried out"
		gone   = "the second request finds nothing to delete; the documentation of the call says what that means"
	)
	return []exception{
		{drivers: []string{"cloudflare"}, ops: []string{"Get"}, groups: []string{spoiled}, kind: kindKV,
			faults: []string{"empty", "null", "{}", "a success without any field that is needed", "an array around the reply", "a JSON string",
				"fields of other types", "half of the JSON, at its full length", "a length that is too short", "garbage behind the JSON",
				"a second object behind the first", "a byte order mark", "a NUL", "invalid UTF-8", "nesting of 10,001 levels"},
			ok: true, reason: octets},
		{drivers: []string{"cloudflare"}, ops: []string{"Get"}, groups: []string{fine}, kind: kindKV,
			faults: []string{"every field twice, alike", "a further field"}, ok: true, reason: octets},
		{drivers: []string{"cloudflare"}, ops: []string{"Get"}, groups: []string{fine}, kind: kindKV,
			faults: []string{"no length; the connection ends it"}, code: errs.Unavailable, temporary: true,
			reason: "the reply is the value itself, which may have been cut off where nothing tells its length"},
		{drivers: []string{"cloudflare"}, ops: []string{"List", "Put", "Delete", "DeleteMany", "CreateNamespace"}, kind: kindKV, groups: []string{spoiled},
			faults: []string{"202 with the true reply"}, ok: true, reason: "the vendor marks success in the reply, whichever 2xx status that has"},
		{drivers: []string{"cloudflare"}, ops: []string{"Put", "Delete", "DeleteMany", "CreateNamespace"}, kind: kindKV, groups: []string{spoiled},
			faults: []string{"invalid UTF-8", "a success without any field that is needed"}, code: errs.Corrupt, phase: &carriedOut, reason: says},
		{drivers: []string{"cloudflare"}, kind: kindKV, groups: []string{throttling},
			faults: []string{"429, Retry-After missing…", "429, Retry-After a date that is past", "429, Retry-After -5", "429, Retry-After NaN", "429, Retry-After 1e9…",
				"429, Retry-After soon"},
			code: errs.RateLimited, temporary: true, wait: 5 * time.Minute,
			reason: "throttling without a time to wait is the gateway's, which refuses everything for up to 5 minutes, longer than a call waits"},
		{drivers: []string{"alibaba"}, ops: []string{"Put", "Delete", "DeleteMany", "CreateNamespace"}, kind: kindKV, groups: []string{spoiled},
			faults: []string{"invalid UTF-8"}, ok: true, reason: "no text of the reply is used"},
		{drivers: []string{"guance open", "guance external"}, kind: kindWorkspace, groups: []string{spoiled},
			ops:    []string{"Create", "CreateAPIKey", "Update", "Delete", "DeleteAPIKey"},
			faults: []string{"invalid UTF-8", "a success without any field that is needed"}, code: errs.Corrupt, phase: &carriedOut, reason: says},
		{kind: kindWorkspace, ops: []string{"Delete", "DeleteAPIKey"}, groups: []string{cutOff}, faults: []string{"once, …"},
			code: errs.NotFound, attempts: 2, reason: gone},
	}
}
