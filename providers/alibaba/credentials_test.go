package alibaba

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// settingsOf resolves an entry in an environment.
func settingsOf(t *testing.T, entry, env map[string]string) *providers.Settings {
	t.Helper()
	values := map[string]string{"region": "cn-hangzhou"}
	maps.Copy(values, entry)
	s, err := drivertest.Resolve(t, "alibaba", values, providers.Host{LookupEnv: drivertest.Env(env)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCredentials(t *testing.T) {
	env := map[string]string{envKeyID: "env-id", envKeySecret: "env-key", envToken: "env-token"}
	for name, c := range map[string]struct {
		entry, env map[string]string
		want       [3]string
	}{
		"environment":             {nil, env, [3]string{"env-id", "env-key", "env-token"}},
		"said":                    {map[string]string{"access_key_id": "id", "access_key_secret": "key", "security_token": "token"}, env, [3]string{"id", "key", "token"}},
		"stray token":             {map[string]string{"access_key_id": "id", "access_key_secret": "key"}, env, [3]string{"id", "key", ""}},
		"token of the same key":   {map[string]string{"access_key_id": "env-id", "access_key_secret": "env-key"}, env, [3]string{"env-id", "env-key", "env-token"}},
		"token of nobody":         {map[string]string{"access_key_id": "id", "access_key_secret": "key"}, map[string]string{envToken: "t"}, [3]string{"id", "key", "t"}},
		"said with the chain too": {map[string]string{"access_key_id": "id", "access_key_secret": "key", "credentials": "chain"}, nil, [3]string{"id", "key", ""}},
	} {
		found, err := newCredentials(settingsOf(t, c.entry, c.env))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := found.get(t.Context())
		if err != nil || [3]string{got.id.Reveal(), got.key.Reveal(), got.token.Reveal()} != c.want {
			t.Errorf("%s: %q %q %q, %v", name, got.id.Reveal(), got.key.Reveal(), got.token.Reveal(), err)
		}
	}
	for name, entry := range map[string]map[string]string{
		"none": nil, "no secret": {"access_key_id": canaryID}, "no id": {"access_key_secret": canaryKey}, "no secret for the chain": {"access_key_id": canaryID, "credentials": "chain"},
	} {
		_, err := newCredentials(settingsOf(t, entry, nil))
		leakFree(t, name, err)
		for _, needed := range []string{"access_key_id", "access_key_secret", envKeyID, envKeySecret, "credentials: chain"} {
			if errs.CodeOf(err) != errs.Unauthenticated || !strings.Contains(err.Error(), needed) {
				t.Errorf("%s: %v, want %s to be named", name, err, needed)
			}
		}
	}
	for _, bad := range []string{"a\nb", "a\x00", "é", "a b"} {
		_, err := newCredentials(settingsOf(t, map[string]string{"access_key_id": bad, "access_key_secret": "key"}, nil))
		if errs.CodeOf(err) != errs.Unauthenticated || strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func named(name string) credential {
	return credential{secret.New(name), secret.New("key"), secret.String{}}
}

// One look at a time, whoever waits for it; a minute later there is another, which holds up nobody.
func TestFinder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks, chains atomic.Int32
		var fails atomic.Bool
		f := &finder{find: func() func() (credential, error) {
			chain := chains.Add(1)
			return func() (credential, error) {
				time.Sleep(20 * time.Second)
				look := looks.Add(1)
				if fails.Load() {
					return credential{}, chainFailed()
				}
				return named(fmt.Sprintf("id-%d-%d", chain, look)), nil
			}
		}}
		get := func() string {
			c, err := f.get(t.Context())
			if err != nil {
				return err.Error()
			}
			return c.id.Reveal()
		}
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if got := get(); got != "id-1-1" {
					t.Errorf("found %q", got)
				}
			})
		}
		all.Wait()

		time.Sleep(credentialFresh) // counted from the beginning of the look
		began := time.Now()
		if got := get(); got != "id-1-1" || time.Since(began) != 0 {
			t.Errorf("while another look is under way: %q after %v", got, time.Since(began))
		}
		time.Sleep(21 * time.Second)
		if got := get(); got != "id-1-2" || looks.Load() != 2 {
			t.Errorf("after the second look: %q after %d", got, looks.Load())
		}

		// Looks that fail hold up nobody while the last credential is good, and begin anew.
		fails.Store(true)
		time.Sleep(credentialFresh)
		if got := get(); got != "id-1-2" {
			t.Errorf("while a look fails: %q", got)
		}
		time.Sleep(credentialUsable)
		if got := get(); !strings.Contains(got, "no credentials were found") || chains.Load() < 2 {
			t.Errorf("after that: %q, %d chains", got, chains.Load())
		}
		fails.Store(false)
		current, err := f.get(t.Context())
		if err != nil || !strings.HasPrefix(current.id.Reveal(), fmt.Sprintf("id-%d-", chains.Load())) {
			t.Errorf("then: %v, %v", current.id.Reveal(), err)
		}

		// One that the vendor refuses is not used again; one that is not the current one changes nothing.
		f.refused(named("older"))
		if got := get(); got != current.id.Reveal() {
			t.Errorf("after another one was refused: %q", got)
		}
		before := chains.Load()
		f.refused(current)
		if got := get(); got == current.id.Reveal() || chains.Load() != before+1 {
			t.Errorf("after it was refused: %q, %d chains", got, chains.Load()-before)
		}

		// A look that hangs ends with the context of whoever waits.
		f.refused(named("id-none"))
		last, _ := f.get(t.Context())
		f.refused(last)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		_, err = f.get(ctx)
		if e, ok := err.(*errs.Error); !ok || e.Code != errs.DeadlineExceeded || e.Outcome != errs.NotApplied || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		time.Sleep(time.Minute) // let it end
	})
}

// What no header can carry is refused wherever it was found.
func TestFoundCredentialIsChecked(t *testing.T) {
	f := &finder{find: func() func() (credential, error) {
		return func() (credential, error) { return named("a\nb"), nil }
	}}
	if _, err := f.get(t.Context()); errs.CodeOf(err) != errs.Unauthenticated {
		t.Errorf("%v", err)
	}
}

// bare is an environment in which the vendor's chain finds nothing, and asks no network.
func bare(t *testing.T) (home string) {
	home = t.TempDir()
	for name, value := range map[string]string{
		"HOME": home, "USERPROFILE": home, "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true", envKeyID: "", envKeySecret: "", envToken: "",
		"ALIBABA_CLOUD_PROFILE": "", "ALIBABA_CLOUD_CREDENTIALS_FILE": "", "ALIBABA_CLOUD_CREDENTIALS_URI": "", "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "",
	} {
		t.Setenv(name, value)
	}
	return home
}

func chained(t *testing.T) credentials {
	t.Helper()
	found, err := newCredentials(settingsOf(t, map[string]string{"credentials": "chain"}, nil))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestVendorChain(t *testing.T) {
	home := bare(t)
	c := chained(t)
	_, err := c.get(t.Context())
	if errs.CodeOf(err) != errs.Unauthenticated || !strings.Contains(err.Error(), "~/.aliyun/config.json") {
		t.Errorf("nothing there: %v", err)
	}

	// The same credentials find what is there later: a chain that failed would go on asking its last source only.
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(home, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(".aliyun/config.json", `{"current":"p","profiles":[{"name":"p","mode":"StsToken","access_key_id":"cli-id","access_key_secret":"cli-key","sts_token":"cli-token"}]}`)
	if got, err := c.get(t.Context()); err != nil || got.id.Reveal() != "cli-id" || got.key.Reveal() != "cli-key" || got.token.Reveal() != "cli-token" {
		t.Errorf("profile of the command line: %v, %v", got.id.Reveal(), err)
	}

	// A broken file is quoted by the vendor's package, with all its secrets.
	write(".aliyun/config.json", `{"access_key_secret":"`+canaryKey+`"`)
	_, err = chained(t).get(t.Context())
	leakFree(t, "broken profile", err)

	write(".aliyun/config.json", `{"current":"p","profiles":[null]}`) // makes the vendor's package panic
	if _, err := chained(t).get(t.Context()); errs.CodeOf(err) != errs.Unauthenticated {
		t.Errorf("a profile that is null: %v", err)
	}

	write(".aliyun/config.json", `{}`)
	write(".alibabacloud/credentials", "[default]\ntype = access_key\naccess_key_id = ini-id\naccess_key_secret = ini-key\n")
	if got, err := chained(t).get(t.Context()); err != nil || got.id.Reveal() != "ini-id" {
		t.Errorf("profile file: %v, %v", got.id.Reveal(), err)
	}
	t.Setenv(envKeyID, "env-id")
	t.Setenv(envKeySecret, "env-key")
	if got, err := chained(t).get(t.Context()); err != nil || got.id.Reveal() != "env-id" {
		t.Errorf("environment: %v, %v", got.id.Reveal(), err)
	}
}

// A credential service that hangs, breaks or quotes keys.
func TestCredentialService(t *testing.T) {
	bare(t)
	reply := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reply == "hang" {
			<-r.Context().Done()
			return
		}
		_, _ = w.Write([]byte(reply))
	}))
	defer server.Close()
	t.Setenv("ALIBABA_CLOUD_CREDENTIALS_URI", server.URL)

	reply = fmt.Sprintf(`{"AccessKeyId":"sts-id","AccessKeySecret":"sts-key","SecurityToken":"sts-token","Expiration":%q}`, time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z"))
	if got, err := chained(t).get(t.Context()); err != nil || got.id.Reveal() != "sts-id" || got.token.Reveal() != "sts-token" {
		t.Errorf("%v, %v", got.id.Reveal(), err)
	}
	reply = fmt.Sprintf(`{"AccessKeyId":%q,"AccessKeySecret":%q}`, canaryID, canaryKey) // without its expiry, which the vendor's package quotes whole
	_, err := chained(t).get(t.Context())
	leakFree(t, "half a reply", err)

	reply = "hang"
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := chained(t).get(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 2*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	server.CloseClientConnections()
}
