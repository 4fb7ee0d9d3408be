package emulator

import (
	"net/http"
	"slices"
	"time"
)

// AlibabaCMSSettings change how an [AlibabaCMS] emulator works; pass them to [WithAlibabaCMS]. They choose between
// forms that are equally plausible where the vendor's documentation is silent. The zero value is the default
// everywhere.
type AlibabaCMSSettings struct {
	// AccessKeyID and AccessKeySecret replace the account's access key, which is an obviously fake one by default.
	AccessKeyID, AccessKeySecret string
	// Projects are the log projects of the account: a slsProject that is none of them is ProjectNotExist. By default
	// every project is there.
	Projects []string

	// Throttle is how many requests of one action may be made within ThrottlePeriod before the gateway answers
	// Throttling.Api; 0 means any number. The vendor publishes no figure.
	Throttle int
	// ThrottlePeriod is the length of the sliding window; 0 means a second.
	ThrottlePeriod time.Duration

	// Milliseconds writes times as 2006-01-02T15:04:05.000Z. By default they end with the seconds.
	Milliseconds bool
	// OmitEmpty leaves fields out that are empty. By default they are there, as "" and [].
	OmitEmpty bool
	// EmptyNextToken ends a listing with an empty nextToken. By default the last page has none.
	EmptyNextToken bool
	// LowerCaseErrors names the fields of an error code, message and requestId, as some services do. By default they
	// are Code, Message, RequestId and HostId.
	LowerCaseErrors bool

	// NotFoundCode is the error code of a workspace that is not there; empty means WorkspaceNotExist.
	NotFoundCode string
	// NotFoundStatus is the HTTP status that goes with it; 0 means 404.
	NotFoundStatus int
	// DeleteAbsent lets DeleteWorkspace succeed for a workspace that is not there.
	DeleteAbsent bool
	// CreateOnly makes PutWorkspace refuse a name that is taken, with WorkspaceAlreadyExist and HTTP 409. By default
	// it changes the workspace, as its name says; the vendor describes it as a creation.
	CreateOnly bool
	// KeepUnsent makes PutWorkspace leave alone, of a workspace that is there, what the request does not have. By
	// default that is emptied.
	KeepUnsent bool
	// StrictNames allows names of 3 to 63 of the characters a-z 0-9 and - alone, with no - at either end.
	StrictNames bool
}

// WithAlibabaCMS changes how an emulator made by [NewAlibabaCMS] works; of several the last one counts. It panics when
// it is given to another emulator.
func WithAlibabaCMS(settings AlibabaCMSSettings) Option {
	return func(s *server) {
		a := only[*AlibabaCMS](s, "WithAlibabaCMS", "NewAlibabaCMS")
		a.settings = settings
		a.settings.Projects = slices.Clone(settings.Projects)
	}
}

// settle fills in the defaults.
func (c *AlibabaCMSSettings) settle() {
	if c.AccessKeyID == "" {
		c.AccessKeyID = alibabaKeyID
	}
	if c.AccessKeySecret == "" {
		c.AccessKeySecret = alibabaKeySecret
	}
	if c.ThrottlePeriod == 0 {
		c.ThrottlePeriod = time.Second
	}
	if c.NotFoundCode == "" {
		c.NotFoundCode = "WorkspaceNotExist"
	}
	if c.NotFoundStatus == 0 {
		c.NotFoundStatus = http.StatusNotFound
	}
}
