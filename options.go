package crosscloud

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// DefaultDrainTimeout is how long [Client.Close] lets running calls finish.
const DefaultDrainTimeout = 10 * time.Second

// Option configures [Open].
type Option func(*options) error

type options struct {
	config config
	host   providers.Host
	policy policy.Policy
	drain  time.Duration
}

// Entry is one provider or named resource said in code: the fields that the configuration file has, with values as
// the file spells them.
type Entry map[string]string

// File reads the configuration from a YAML file. Of several sources, entries of different names add up, and the later
// of two entries of one name counts. Errors name the file and the line. The file's own path does not
// change how relative paths in it are read: they are relative to the working directory.
func File(path string) Option {
	return func(o *options) error {
		file, err := os.Open(path)
		if err != nil {
			return errs.Refuse(errs.InvalidArgument, "cannot read the configuration: %w%s", err, inFolder(path))
		}
		defer file.Close()
		return YAML(path, file)(o)
	}
}

// inFolder says where a relative path was looked for.
func inFolder(path string) string {
	folder, err := os.Getwd()
	if err != nil || filepath.IsAbs(path) {
		return ""
	}
	return " (looked for in " + folder + ")"
}

// YAML reads the configuration from r; name stands for it in errors.
func YAML(name string, r io.Reader) Option {
	return func(o *options) error {
		text, err := io.ReadAll(io.LimitReader(r, maxConfigBytes+1))
		if err != nil {
			return errs.Refuse(errs.InvalidArgument, "%s: cannot read the configuration: %w", name, err)
		}
		return o.config.read(name, text)
	}
}

// WithProvider says a provider in code, as the providers section of the file does. It replaces an entry of that name
// that an earlier option has said.
func WithProvider(name string, entry Entry) Option {
	return func(o *options) error {
		from := "provider " + name
		return o.config.addProvider(name, from, entry.values(from))
	}
}

// WithKV says a key-value resource in code, as the kv section of the file does. It replaces an entry of that name that
// an earlier option has said.
func WithKV(name string, entry Entry) Option {
	return func(o *options) error {
		from := "kv " + name
		return o.config.addKV(name, from, entry.values(from))
	}
}

// WithKMS says a key in code, as the kms section of the file does; several names in decrypt_with are joined by commas. It
// replaces an entry of that name that an earlier option has said.
func WithKMS(name string, entry Entry) Option {
	return func(o *options) error {
		from := "kms " + name
		return o.config.addKMS(name, from, entry.values(from))
	}
}

// WithWorkspace says a workspace resource in code, as the workspace section of the file does. It replaces an entry of
// that name that an earlier option has said.
func WithWorkspace(name string, entry Entry) Option {
	return func(o *options) error {
		from := "workspace " + name
		return o.config.addWorkspace(name, from, entry.values(from))
	}
}

// Format prints the names of the fields only: a value may be a secret.
func (e Entry) Format(f fmt.State, _ rune) { fmt.Fprint(f, slices.Sorted(maps.Keys(e))) }

// MarshalJSON returns the names of the fields only.
func (e Entry) MarshalJSON() ([]byte, error) { return json.Marshal(slices.Sorted(maps.Keys(e))) }

// GobEncode returns the names of the fields only.
func (e Entry) GobEncode() ([]byte, error) { return e.MarshalJSON() }

// LogValue returns the names of the fields only.
func (e Entry) LogValue() slog.Value { return slog.AnyValue(slices.Sorted(maps.Keys(e))) }

func (e Entry) values(from string) providers.Values {
	values := make(providers.Values, len(e))
	for name, text := range e {
		values[name] = providers.Value{Text: text, From: from}
	}
	return values
}

// WithPolicy sets how calls are retried, timed, paced and observed. What the file says of a provider (max_attempts,
// concurrency, attempt_timeout, rate_limit, rate_share) goes before it.
func WithPolicy(p policy.Policy) Option {
	return func(o *options) error {
		o.policy = p
		return nil
	}
}

// WithLogger sends the library's log records to logger, unless the policy names one of its own. Values and
// credentials are never logged.
func WithLogger(logger *slog.Logger) Option {
	return func(o *options) error {
		o.host.Logger = logger
		return nil
	}
}

// WithDialContext opens every network connection of every driver with dial. The proxy that the environment names is not
// used then.
func WithDialContext(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return func(o *options) error {
		o.host.DialContext = dial
		return nil
	}
}

// WithTLSConfig opens every TLS connection of the drivers with config, which is cloned: for certificates of a private
// authority (RootCAs), or a certificate of the client's own. TLS under 1.2 is refused in any case. A config that skips
// the verification of certificates, or allows no TLS from 1.2 on, is errs.InvalidArgument. What a vendor's package asks
// where credentials are looked for (credentials: chain) does not use it; WithDialContext does not change that it is used.
func WithTLSConfig(config *tls.Config) Option {
	return func(o *options) error {
		switch {
		case config == nil:
			o.host.TLS = nil
			return nil
		case config.InsecureSkipVerify:
			return errs.Refuse(errs.InvalidArgument, "the TLS configuration skips the verification of certificates, which shows credentials to anybody; set RootCAs for a private authority")
		case config.MaxVersion != 0 && config.MaxVersion < tls.VersionTLS12:
			return errs.Refuse(errs.InvalidArgument, "the TLS configuration allows no TLS from 1.2 on")
		}
		o.host.TLS = config.Clone()
		o.host.TLS.MinVersion = max(config.MinVersion, tls.VersionTLS12)
		return nil
	}
}

// WithClock replaces the clock of drivers that keep expiries themselves, the one that requests to a cloud are signed by,
// and the one that absolute expiries are checked by. It is for tests: a real cloud refuses signatures of another time.
func WithClock(now func() time.Time) Option {
	return func(o *options) error {
		o.host.Now = now
		return nil
	}
}

// WithLookupEnv replaces the look-up of environment variables, which by default is os.LookupEnv.
func WithLookupEnv(lookup func(name string) (value string, set bool)) Option {
	return func(o *options) error {
		o.host.LookupEnv = lookup
		return nil
	}
}

// WithDrainTimeout sets how long [Client.Close] lets running calls finish before it cancels them; 0 cancels at once.
// The default is [DefaultDrainTimeout].
func WithDrainTimeout(d time.Duration) Option {
	return func(o *options) error {
		if d < 0 {
			return errs.Refuse(errs.InvalidArgument, "drain timeout is %v; say 0 or more", d)
		}
		o.drain = d
		return nil
	}
}
