package emulator

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Limits that the vendor documents: docs.guance.com/open-api/api-limit, the workspace pages and the External API's
// external.timeliness.
const (
	guanceKeyRate       = 20
	guanceWorkspaceRate = 200
	guanceRatePer       = time.Minute
	guanceTimeliness    = time.Minute
	guanceNameLength    = 256
	guanceMaxPage       = 100
	// guancePageSize is not documented.
	guancePageSize = 10
)

// GuanceSettings change how a [Guance] emulator works; pass them to [WithGuance]. Many choose between readings of the
// vendor's pages that are equally plausible, so that a program can be tested against both. The zero value is the
// default everywhere.
type GuanceSettings struct {
	// APIKey replaces [GuanceAPIKey], AccessKey and SecretKey replace [GuanceAccessKey] and [GuanceSecretKey].
	APIKey, AccessKey, SecretKey string
	// Accounts are the uuids of further accounts, beside [GuanceAccount]. Only an account that is there can own a
	// workspace.
	Accounts []string
	// Timeliness is how far the time of a signed request may be from the emulator's; 0 means 60 seconds.
	Timeliness time.Duration
	// KeyRate and WorkspaceRate are how many requests are let through in any minute, of an API key and of all keys of
	// a workspace together; 0 means the documented 20 and 200.
	KeyRate, WorkspaceRate int

	// OddTypes makes what describes a workspace or a key vary from one to the next, in turn: times as floats and
	// flags as booleans; numbers and times as strings; null for what is unset; and as it is without OddTypes. The
	// vendor's samples have all of these in one place or another.
	OddTypes bool
	// OldReplies answers as older samples of the vendor do: with token, cliToken and rumDataWayToken in every
	// workspace and memberCount as a number. By default only the reply to a get has tokens, and not the last of them.
	OldReplies bool
	// OmitKeySecrets leaves the field sk out where keys are read back. By default it is there, as in the samples.
	OmitKeySecrets bool
	// EmptyAKInfo makes akInfo an empty object where no API key was asked for. By default it is null.
	EmptyAKInfo bool
	// ResourceException is the makeResourceExceptionCode of workspaces that are created; the creation succeeds.
	ResourceException string
	// DataLists puts what is listed into a field data of the content. By default the content is the array.
	DataLists bool

	// OptionalAKName lets a workspace be created with a key that has no name. By default akName is required together
	// with needCreateAk; the vendor does not say.
	OptionalAKName bool
	// PostKeyDelete accepts POST for the deletion of an API key, beside the GET of the documentation.
	PostKeyDelete bool
	// NameBytes counts the length of names in bytes. By default they have up to 256 characters; the vendor does not
	// name the unit.
	NameBytes bool
	// KeyNameLimit is the longest name of an API key; 0 means 256. The vendor's console allows 50.
	KeyNameLimit int

	// InvalidKeyStatus is the HTTP status of ft.InvalidAPIKey; 0 means the documented 403, and 401 was seen.
	InvalidKeyStatus int
	// AuthStatus is the HTTP status of ft.MissingAuthHeaderInfo; 0 means 401. The vendor does not say.
	AuthStatus int
	// SignatureCode is the error code of a wrong access key, signature or repeated nonce; empty means
	// ft.MissingAuthHeaderInfo, the only one that the vendor documents for signed requests.
	SignatureCode string
	// Base64Signature expects signatures in Base64, as one sample of the vendor's shows, instead of lower-case
	// hexadecimal.
	Base64Signature bool
	// ReusedNonces accepts a nonce that came before. By default it is refused for as long as its time is near enough.
	ReusedNonces bool
}

// WithGuance changes how an emulator made by [NewGuance] works; of several the last one counts. It panics when it is
// given to another emulator.
func WithGuance(settings GuanceSettings) Option {
	return func(s *server) {
		g := only[*Guance](s, "WithGuance", "NewGuance")
		g.settings = settings
		g.settings.Accounts = slices.Clone(settings.Accounts)
	}
}

// settle fills in the defaults.
func (c *GuanceSettings) settle() {
	texts := []struct {
		field *string
		value string
	}{{&c.APIKey, GuanceAPIKey}, {&c.AccessKey, GuanceAccessKey}, {&c.SecretKey, GuanceSecretKey}, {&c.SignatureCode, "ft.MissingAuthHeaderInfo"}}
	for _, t := range texts {
		if *t.field == "" {
			*t.field = t.value
		}
	}
	numbers := []struct {
		field *int
		value int
	}{
		{&c.KeyRate, guanceKeyRate}, {&c.WorkspaceRate, guanceWorkspaceRate}, {&c.KeyNameLimit, guanceNameLength},
		{&c.InvalidKeyStatus, http.StatusForbidden}, {&c.AuthStatus, http.StatusUnauthorized},
	}
	for _, n := range numbers {
		if *n.field == 0 {
			*n.field = n.value
		}
	}
	if c.Timeliness == 0 {
		c.Timeliness = guanceTimeliness
	}
}

// hasAccount reports whether there is an account.
func (c *GuanceSettings) hasAccount(uuid string) bool {
	return uuid == GuanceAccount || slices.Contains(c.Accounts, uuid)
}

// statusOf returns the HTTP status that goes with a code. Documented are those of throttling and of a bad API key.
func (c *GuanceSettings) statusOf(code string) int {
	switch {
	case strings.HasSuffix(code, "CurrentLimiting"):
		return http.StatusUnauthorized // and not 429
	case code == "ft.InvalidAPIKey":
		return c.InvalidKeyStatus
	case code == "ft.MissingAuthHeaderInfo" || code == c.SignatureCode:
		return c.AuthStatus
	case strings.Contains(code, "NotFound"):
		return http.StatusNotFound
	case code == "ft.MethodNotAllowed":
		return http.StatusMethodNotAllowed
	case strings.Contains(code, "Permission"):
		return http.StatusForbidden
	case strings.Contains(code, "Internal"), strings.Contains(code, "Unknown"):
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}
