package emulator

import (
	"crypto/rsa"
	"time"
)

// What "Limits" and the API reference of Alibaba Cloud's KMS documentation give as fixed.
const (
	alibabaKMSMaxKeys        = 200
	alibabaKMSMaxAliases     = 300
	alibabaKMSMaxVersions    = 10_000 // of all keys
	alibabaKMSMaxKeyVersions = 50     // of a key, made by CreateKeyVersion
	alibabaKMSMaxPlaintext   = 6144   // bytes
	alibabaKMSMaxContext     = 8192   // characters of JSON
	alibabaKMSMaxDescription = 8192   // characters
	alibabaKMSMaxPolicy      = 32768
	alibabaKMSMaxTags        = 20 // of a key
	alibabaKMSMaxOldTags     = 10 // with TagResource
	alibabaKMSMaxTag         = 128
	alibabaKMSMaxResources   = 50 // in a request on tags
	alibabaKMSMaxAlias       = 255
	alibabaKMSMaxDataKey     = 1024 // bytes
	alibabaKMSTokenTime      = 24 * time.Hour
	alibabaKMSDay            = 24 * time.Hour
	alibabaKMSMinRotation    = 7 * alibabaKMSDay
	alibabaKMSMinWindow      = 7   // days
	alibabaKMSMaxWindow      = 366 // days

	// Neither is documented.
	alibabaKMSTagsPage   = 50
	alibabaKMSMaxMessage = 6144 // bytes of a message to authenticate, as much as can be encrypted
)

// AlibabaKMSSettings chooses how an [AlibabaKMS] emulator behaves where the vendor's documentation leaves the choice
// open or an account may differ. The zero value has everything at its default, which is the stricter or the likelier
// form.
type AlibabaKMSSettings struct {
	// AccessKeyID and AccessKeySecret replace the account's access key, which is an obviously fake one by default,
	// the same as that of [Alibaba].
	AccessKeyID, AccessKeySecret string

	// KeyQuota and AliasQuota are how many keys and aliases the account may have, those of services not counted;
	// 0 means 200 and 300.
	KeyQuota, AliasQuota int
	// Offline is an account that KMS was not activated for.
	Offline bool
	// AnyKeySpec lets keys of every spec be created without DKMSInstanceId, as accounts from before the KMS instances
	// can. By default only Aliyun_AES_256 needs none.
	AnyKeySpec bool
	// UUIDs gives keys and versions ids that are UUIDs, as those of old keys are, and blobs that begin with 36 bytes
	// of them. By default ids look like key-hzz… and key-hzz…-20v….
	UUIDs bool

	// MaxRotation is the longest rotation interval; 0 means 365 days. Newer packages of the vendor say 730.
	MaxRotation time.Duration
	// VersionInterval is how long CreateKeyVersion has to wait after the version before; 0 means 7 days, a negative
	// duration not at all.
	VersionInterval time.Duration
	// NewestFirst lists versions from the newest to the oldest. The order is not documented; the default is the
	// other way round.
	NewestFirst bool
	// LongAliases counts the 255 characters of an alias without its prefix, as the user guide does. By default the
	// prefix counts.
	LongAliases bool

	// BadCiphertext is the code for a blob or a context that does not decrypt; empty means UnsupportedOperation,
	// which is the only one of status 400 that the vendor lists for Decrypt.
	BadCiphertext string
	// Misspelt answers Rejetced.PendingDeletion instead of Rejected.PendingDeletion, as some actions are listed to.
	Misspelt bool
	// GatewayThrottling answers requests over a rate with 400 Throttling.User, as the older gateway does, not with
	// 429 Rejected.Throttling.
	GatewayThrottling bool
	// RSAKey replaces the generation of RSA keys, which takes a while; it may return the same key again and again. It
	// is called with 2048, 3072 or 4096, also by several goroutines at once.
	RSAKey func(bits int) (*rsa.PrivateKey, error)
}

// WithAlibabaKMS chooses how an [AlibabaKMS] emulator behaves; of several the last one counts. It panics when it is given
// to another emulator.
func WithAlibabaKMS(config AlibabaKMSSettings) Option {
	return func(s *server) { only[*AlibabaKMS](s, "WithAlibabaKMS", "NewAlibabaKMS").config = config }
}

// settle fills in the defaults.
func (c *AlibabaKMSSettings) settle() {
	if c.AccessKeyID == "" {
		c.AccessKeyID = alibabaKeyID
	}
	if c.AccessKeySecret == "" {
		c.AccessKeySecret = alibabaKeySecret
	}
	if c.KeyQuota == 0 {
		c.KeyQuota = alibabaKMSMaxKeys
	}
	if c.AliasQuota == 0 {
		c.AliasQuota = alibabaKMSMaxAliases
	}
	if c.MaxRotation == 0 {
		c.MaxRotation = 365 * alibabaKMSDay
	}
	if c.VersionInterval == 0 {
		c.VersionInterval = 7 * alibabaKMSDay
	}
	if c.BadCiphertext == "" {
		c.BadCiphertext = "UnsupportedOperation"
	}
}
