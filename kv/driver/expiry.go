package driver

import "time"

// Expiry is what is known of when a key expires: never, at a time, or nothing. The zero Expiry is unknown.
type Expiry struct {
	known   bool
	expires bool
	at      time.Time
}

// NeverExpires is the expiry of a key that is kept until it is deleted.
func NeverExpires() Expiry { return Expiry{known: true} }

// ExpiresAt is the expiry of a key that is gone from t on.
func ExpiresAt(t time.Time) Expiry { return Expiry{known: true, expires: true, at: t} }

// Known reports whether the provider told the expiry.
func (e Expiry) Known() bool { return e.known }

// Never reports whether the key is known not to expire.
func (e Expiry) Never() bool { return e.known && !e.expires }

// At returns when the key expires; false where it never does or where that is unknown.
func (e Expiry) At() (time.Time, bool) { return e.at, e.expires }

// String returns "unknown", "never" or the time in RFC 3339 form, in UTC.
func (e Expiry) String() string {
	switch at, ok := e.At(); {
	case ok:
		return at.UTC().Format(time.RFC3339)
	case e.known:
		return "never"
	}
	return "unknown"
}
