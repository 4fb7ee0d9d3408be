package alibaba

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// cmsMeanings are the codes of CMS 2.0 that are read otherwise than their status or the gateway's list has it. The vendor
// publishes no list: they are read from their names, by the first part that a code holds. The gateway's own codes, such as
// InvalidApi.NotFound, come first.
var cmsMeanings = wire.Meanings{
	wire.Refused("*ProjectNotExist*", errs.NotFound, "the project of Simple Log Service does not exist; check sls_project"),
	wire.Refused("*NotExist*", errs.NotFound, ""),
	wire.Refused("*NotFound*", errs.NotFound, ""),
	wire.Refused("*AlreadyExist*", errs.AlreadyExists, ""),
	wire.Refused("*Duplicate*", errs.AlreadyExists, ""),
	wire.Refused("*QuotaExceed*", errs.QuotaExceeded, ""),
	wire.Refused("*QuotaFull*", errs.QuotaExceeded, ""),
	wire.Refused("*LimitExceed*", errs.QuotaExceeded, ""),
	wire.Refused("*Unauthorized*", errs.PermissionDenied, noRight), // the access key is good: the gateway has codes of its own for others
}

// gatewayCodes are those of the gateway that hold a part of [cmsMeanings].
var gatewayCodes = []string{"InvalidApi.", "InvalidAction.", "InvalidAccessKeyId.", "InvalidProtocol."}

// cmsError reads the codes of CMS 2.0 in a failure.
func cmsError(err error) error {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.VendorCode == "" || e.HTTPStatus >= 500 {
		return err
	}
	for _, prefix := range gatewayCodes {
		if strings.HasPrefix(e.VendorCode, prefix) {
			return err
		}
	}
	if m := cmsMeanings.Find(e.VendorCode); m.Code != "" {
		e.Code, e.Retry, e.Outcome = m.Code, m.Retry, m.Outcome
		if m.Text != "" {
			e.Message = wire.Describe(vendorName, m.Text, e.Message)
		}
	}
	return err
}

// isoTime is a time as ISO 8601 has it, in UTC, with or without parts of a second; empty and null are none.
type isoTime struct{ time.Time }

var errTime = errors.New("not a time")

// UnmarshalJSON reads a text.
func (t *isoTime) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		return errTime // without what was met
	}
	if s == "" {
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, s); err == nil {
			t.Time = at.UTC()
			return nil
		}
	}
	return errTime
}
