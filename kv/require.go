package kv

import (
	"fmt"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// Need is one thing that a program needs of a provider; give it to [Require]. It returns what is missing, nil if
// nothing is.
type Need func(*Capabilities) error

// checkNeeds names every need that is not met.
func checkNeeds(caps *Capabilities, needs []Need) error {
	var missing []string
	for _, need := range needs {
		if err := need(caps); err != nil {
			missing = append(missing, err.Error())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return errs.Refuse(errs.Unsupported, "required but not there: %s", strings.Join(missing, "; "))
}

func unmet(format string, args ...any) error { return fmt.Errorf(format, args...) }

// NeedTTL needs keys that can live as short as ttl.
func NeedTTL(ttl time.Duration) Need {
	return func(c *Capabilities) error {
		switch {
		case c.TTL == None:
			return unmet("keys cannot expire")
		case ttl < c.MinTTL:
			return unmet("a TTL of %v; at least %v are accepted", ttl, c.MinTTL)
		case c.MaxTTL > 0 && ttl > c.MaxTTL:
			return unmet("a TTL of %v; at most %v are accepted", ttl, c.MaxTTL)
		}
		return nil
	}
}

// NeedExpiry needs that the expiry of a key can be read back.
func NeedExpiry() Need {
	return func(c *Capabilities) error {
		if c.Expiry == None {
			return unmet("reading back a key's expiry")
		}
		return nil
	}
}

// NeedMetadata needs metadata of up to size bytes.
func NeedMetadata(size int) Need {
	return func(c *Capabilities) error {
		if c.Metadata == None || c.ReadMetadata == None {
			return unmet("metadata")
		}
		if size > c.MaxMetadataBytes {
			return unmet("metadata of %d bytes; at most %d are accepted", size, c.MaxMetadataBytes)
		}
		return nil
	}
}

// NeedKeys needs that keys like the given ones are accepted.
func NeedKeys(examples ...string) Need {
	return func(c *Capabilities) error {
		for _, key := range examples {
			if err := c.Key.Check("key", key); err != nil {
				return unmet("keys such as %q (%w)", key, err)
			}
		}
		return nil
	}
}

// NeedValueBytes needs values of up to size bytes.
func NeedValueBytes(size int64) Need {
	return func(c *Capabilities) error {
		if size > c.MaxValueBytes {
			return unmet("values of %d bytes; at most %d are accepted", size, c.MaxValueBytes)
		}
		return nil
	}
}

// NeedEmptyValues needs values without a byte.
func NeedEmptyValues() Need {
	return func(c *Capabilities) error {
		if c.EmptyValue == None {
			return unmet("empty values")
		}
		return nil
	}
}

// NeedBinaryValues needs values that are not text.
func NeedBinaryValues() Need {
	return func(c *Capabilities) error {
		if c.BinaryValue == None {
			return unmet("binary values (value_encoding: base64 would allow them)")
		}
		return nil
	}
}

// NeedListing needs that at least n keys of a prefix can be listed.
func NeedListing(n int) Need {
	return func(c *Capabilities) error {
		if c.List.MaxKeys > 0 && n > c.List.MaxKeys {
			return unmet("listing %d keys; at most %d can be reached", n, c.List.MaxKeys)
		}
		return nil
	}
}

// NeedConsistency needs that a read shows a write at most d after it.
func NeedConsistency(d time.Duration) Need {
	return func(c *Capabilities) error {
		if c.Consistency > d {
			return unmet("consistency within %v; a read may lag by %v", d, c.Consistency)
		}
		return nil
	}
}

// Intersect returns what is portable among all of the given capabilities: what every one of them accepts. Without an
// argument it returns the zero Capabilities. Where keys or values are encoded, the result asks for what fits in any
// case.
func Intersect(caps ...Capabilities) Capabilities {
	if len(caps) == 0 {
		return Capabilities{}
	}
	all := caps[0]
	for _, c := range caps {
		all = all.Intersect(c)
	}
	return all
}
