package huawei

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// What is said where, and what requests are made with.
func TestCredentials(t *testing.T) {
	type m = map[string]string
	all := m{envAccessKey: "env-access", envSecretKey: "env-key", envSecurityToken: "env-token"}
	for _, c := range []struct {
		what string
		said m
		env  m
		want credential
		code errs.Code
	}{
		{"said", m{"access_key": "a", "secret_key": "k"}, nil, credential{access: secret.New("a"), key: secret.New("k")}, ""},
		{"said with a token", m{"access_key": "a", "secret_key": "k", "security_token": "t"}, nil, credential{access: secret.New("a"), key: secret.New("k"), token: secret.New("t")}, ""},
		{"environment", nil, all, credential{access: secret.New("env-access"), key: secret.New("env-key"), token: secret.New("env-token")}, ""},
		{"a token that belongs to other keys", m{"access_key": "a", "secret_key": "k"}, all, credential{access: secret.New("a"), key: secret.New("k")}, ""},
		{"a token of one's own", m{"access_key": "a", "secret_key": "k", "security_token": "t"}, all, credential{access: secret.New("a"), key: secret.New("k"), token: secret.New("t")}, ""},
		{"the same key as the environment's", m{"access_key": "env-access", "secret_key": "env-key"}, all, credential{access: secret.New("env-access"), key: secret.New("env-key"), token: secret.New("env-token")}, ""},
		{"auth token", m{"auth_token": "x"}, nil, credential{auth: secret.New("x")}, ""},
		{"auth token over the environment", m{"auth_token": "x"}, all, credential{auth: secret.New("x")}, ""},
		{"said over the chain", m{"access_key": "a", "secret_key": "k", "credentials": "chain"}, nil, credential{access: secret.New("a"), key: secret.New("k")}, ""},
		{"nothing", nil, nil, credential{}, errs.Unauthenticated},
		{"half", m{"access_key": "a"}, nil, credential{}, errs.Unauthenticated},
		{"the other half", m{"secret_key": "k", "credentials": "chain"}, nil, credential{}, errs.Unauthenticated},
		{"auth token and keys", m{"auth_token": "x", "access_key": "a", "secret_key": "k"}, all, credential{}, errs.InvalidArgument},
		{"auth token and a key", m{"auth_token": "x", "secret_key": "k"}, nil, credential{}, errs.InvalidArgument},
		{"auth token and chain", m{"auth_token": "x", "credentials": "chain"}, nil, credential{}, errs.InvalidArgument},
		{"a line break", m{"access_key": "a\nb", "secret_key": "k"}, nil, credential{}, errs.Unauthenticated},
		{"no ASCII", m{"auth_token": "é"}, nil, credential{}, errs.Unauthenticated},
	} {
		entry := m{"region": "cn-north-4", "project_id": "p"}
		for name, text := range c.said {
			entry[name] = text
		}
		svc, err := drivertest.KMS(t, "huawei", entry, providers.Host{LookupEnv: drivertest.Env(c.env)})
		if c.code != "" || err != nil {
			if errs.CodeOf(err) != c.code || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v", c.what, err)
			}
			continue
		}
		if got := svc.(*service).api.account.credentials; got != credentials(c.want) {
			t.Errorf("%s: other credentials", c.what)
		}
	}
}

// The emulator verifies temporary keys and tokens.
func TestKindsOfCredentials(t *testing.T) {
	em, _ := emulated(t, emulator.HuaweiKMSSettings{})
	access, key, token := em.IssueTemporary(time.Hour)
	for what, said := range map[string]map[string]string{
		"temporary": {"access_key": access, "secret_key": key, "security_token": token},
		"token":     {"auth_token": emulator.HuaweiToken},
	} {
		entry := em.Provider()
		delete(entry, "access_key")
		delete(entry, "secret_key")
		for name, text := range said {
			entry[name] = text
		}
		svc := openService(t, entry, em.DialContext)
		if _, err := svc.ListKeys(t.Context(), &driver.ListKeysRequest{}); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		delete(entry, "project_id")
		entry["iam_endpoint"] = em.URL()
		svc = openService(t, entry, em.DialContext)
		if _, err := svc.ListKeys(t.Context(), &driver.ListKeysRequest{}); err != nil {
			t.Errorf("%s, project looked up: %v", what, err)
		}
	}
	entry := em.Provider()
	entry["access_key"], entry["secret_key"] = access, key // without the token
	svc := openService(t, entry, em.DialContext)
	if _, err := svc.ListKeys(t.Context(), &driver.ListKeysRequest{}); errs.CodeOf(err) != errs.Unauthenticated {
		t.Error(err)
	}
	entry["access_key"], entry["secret_key"] = emulator.HuaweiAccessKey, canaryKey
	svc = openService(t, entry, em.DialContext)
	_, err := svc.ListKeys(t.Context(), &driver.ListKeysRequest{})
	if errs.CodeOf(err) != errs.Unauthenticated {
		t.Error(err)
	}
	checkNoSecrets(t, "wrong key", err)
}

// isolate makes the vendor's package find nothing on this machine.
func isolate(t *testing.T) (home string) {
	t.Helper()
	home = t.TempDir()
	t.Setenv("HOME", home)
	for _, name := range []string{
		envAccessKey, envSecretKey, envSecurityToken, envProjectID, "HUAWEICLOUD_SDK_IDP_ID", "HUAWEICLOUD_SDK_ID_TOKEN_FILE", "HUAWEICLOUD_SDK_CREDENTIALS_FILE",
	} {
		t.Setenv(name, "")
	}
	return home
}

// The vendor's package finds keys in the environment of the process and in a profile file, with the project beside them.
// It leaves nothing behind in the home directory.
func TestVendorChain(t *testing.T) {
	home := isolate(t)
	t.Setenv(envAccessKey, "env-access")
	t.Setenv(envSecretKey, "env-key")
	t.Setenv(envSecurityToken, "env-token")
	t.Setenv(envProjectID, "env-project")
	got, err := vendorChain()
	want := credential{access: secret.New("env-access"), key: secret.New("env-key"), token: secret.New("env-token"), project: "env-project"}
	if err != nil || got.Credential != want || got.Fresh != lookFresh || got.Usable != lookUsable {
		t.Error(err)
	}

	isolate(t)
	profile := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(profile, []byte("[basic]\nak = file-access\nsk = file-key\nproject_id = file-project\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", profile)
	got, err = vendorChain()
	if want := (credential{access: secret.New("file-access"), key: secret.New("file-key"), project: "file-project"}); err != nil || got.Credential != want {
		t.Error(err)
	}
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

// A chain that finds a key which the vendor refuses looks anew, once for all who wait; one that finds none fails clearly.
func TestFinder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, svc := emulated(t, emulator.HuaweiKMSSettings{})
		looks := 0
		keys := []string{"old-key", emulator.HuaweiSecretKey}
		svc.(*service).api.account.credentials = &finder{find: func() (found, error) {
			time.Sleep(time.Second)
			looks++
			if looks > len(keys) {
				return found{}, chainFailed()
			}
			return found{
				Credential: credential{access: secret.New(emulator.HuaweiAccessKey), key: secret.New(keys[looks-1])}, Fresh: lookFresh, Usable: lookUsable,
			}, nil
		}}
		list := func(ctx context.Context) error { return drop(svc.ListKeys(ctx, &driver.ListKeysRequest{})) }
		soon, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := list(soon); !errors.Is(err, context.DeadlineExceeded) || len(em.Requests()) > 0 {
			t.Error(err)
		}
		if e, ok := list(t.Context()).(*errs.Error); !ok || e.Code != errs.Unauthenticated || e.Retry != errs.Temporary {
			t.Error(e)
		}
		for range 3 {
			if err := list(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if looks != 2 {
			t.Errorf("looked %d times", looks)
		}
		time.Sleep(lookUsable)
		if err := list(t.Context()); errs.CodeOf(err) != errs.Unauthenticated || !strings.Contains(err.Error(), "say access_key and secret_key") {
			t.Error(err)
		}
	})
}

// A found key that no header can carry is not used.
func TestFinderChecks(t *testing.T) {
	f := &finder{find: func() (found, error) {
		return found{Credential: credential{access: secret.New("a\r\nb"), key: secret.New("k")}, Fresh: time.Hour, Usable: time.Hour}, nil
	}}
	if _, err := f.get(t.Context()); errs.CodeOf(err) != errs.Unauthenticated {
		t.Error(err)
	}
}

// projectless opens the service on an emulator, without a project.
func projectless(t testing.TB, opts ...emulator.Option) (*emulator.HuaweiKMS, driver.Service) {
	t.Helper()
	em, _ := emulated(t, emulator.HuaweiKMSSettings{}, opts...)
	entry := em.Provider()
	delete(entry, "project_id")
	entry["iam_endpoint"] = em.URL()
	return em, openService(t, entry, em.DialContext)
}

func lookUps(em *emulator.HuaweiKMS) (n int) {
	for _, r := range em.Requests() {
		if r.Action == "list-projects" {
			n++
		}
	}
	return n
}

// The project is looked up once, whoever calls.
func TestProject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, svc := projectless(t)
		em.Inject(emulator.Fault{Action: "list-projects", Delay: time.Second})
		errors := make(chan error)
		for range 10 {
			go func() { errors <- drop(svc.ListKeys(t.Context(), &driver.ListKeysRequest{})) }()
		}
		for range 10 {
			if err := <-errors; err != nil {
				t.Error(err)
			}
		}
		if n := lookUps(em); n != 1 {
			t.Errorf("looked up %d times", n)
		}
		if r := em.Requests()[0]; r.Path != "/v3/projects" || r.Query != "name=cn-north-4" {
			t.Error(r.Path, r.Query)
		}
	})
}

// A look-up that fails is no failure of the key: nothing was done, and the next call looks again.
func TestProjectFails(t *testing.T) {
	for _, c := range []struct {
		fault emulator.Fault
		code  errs.Code
		retry errs.Retry
	}{
		{emulator.Fault{Status: 404, Body: `{"error":{"message":"Could not find it.","title":"Not Found","code":404}}`}, errs.InvalidArgument, errs.Permanent},
		{emulator.Fault{Status: 409, Body: `{"error":{"message":"m","title":"Conflict","code":409}}`}, errs.InvalidArgument, errs.Permanent},
		{emulator.Fault{Status: 403, Body: `{"error":{"message":"m","title":"Forbidden","code":403}}`}, errs.PermissionDenied, errs.Permanent},
		{emulator.Fault{Status: 401, Body: `{"error":{"message":"m","title":"Unauthorized","code":401}}`}, errs.Unauthenticated, errs.Permanent},
		{emulator.Fault{Status: 429, Body: `{"error_code":"APIGW.0308","error_msg":"m"}`}, errs.RateLimited, errs.Temporary},
		{emulator.Fault{Status: 503}, errs.Unavailable, errs.Temporary},
		{emulator.Fault{HTML: true}, errs.Unavailable, errs.Temporary},
		{emulator.Fault{Reset: "after"}, errs.Unavailable, errs.Temporary},
		{emulator.Fault{Status: 200, Body: `{}`}, errs.Corrupt, errs.Permanent},
		{emulator.Fault{Status: 200, Body: `{"projects":null}`}, errs.Corrupt, errs.Permanent},
		{emulator.Fault{Status: 200, Body: `{"projects":[{"name":"cn-north-4"}]}`}, errs.Corrupt, errs.Permanent},
		{emulator.Fault{Status: 200, Body: `{"projects":[{"id":"../x","name":"cn-north-4"}]}`}, errs.Corrupt, errs.Permanent},
		{emulator.Fault{Status: 200, Body: `{"projects":[]}`}, errs.InvalidArgument, errs.Permanent},
		{emulator.Fault{Status: 200, Body: `{"projects":[{"id":"p","name":"cn-north-4_sub"}]}`}, errs.InvalidArgument, errs.Permanent},
		{emulator.Fault{Status: 200, Body: `{"projects":[{"id":"p","name":"cn-north-4"},{"id":"q","name":"cn-north-4"}]}`}, errs.InvalidArgument, errs.Permanent},
	} {
		em, svc := projectless(t)
		c.fault.Action, c.fault.Times = "list-projects", 1
		em.Inject(c.fault)
		err := drop(svc.EnableKey(t.Context(), &driver.EnableKeyRequest{KeyID: emulator.HuaweiDefaultKeyID}))
		e, ok := err.(*errs.Error)
		if !ok || e.Code != c.code || e.Retry != c.retry || e.Outcome != errs.NotApplied || !strings.Contains(e.Message, "; or say project_id") {
			t.Errorf("%+v: %v", c.fault, err)
		}
		checkNoSecrets(t, "project", err)
		if n := len(em.Requests()); n != 1 {
			t.Errorf("%+v: %d requests", c.fault, n)
		}
		if err := drop(svc.ListKeys(t.Context(), &driver.ListKeysRequest{})); err != nil || lookUps(em) != 2 {
			t.Errorf("%+v: then %v", c.fault, err)
		}
	}
}

// Whoever waits for somebody else's look-up is held up no longer than its context lasts, and goes on where that fails.
func TestProjectWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, svc := projectless(t)
		em.Inject(emulator.Fault{Action: "list-projects", Delay: time.Hour, Times: 1})
		slow, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		first := make(chan error)
		go func() { first <- drop(svc.ListKeys(slow, &driver.ListKeysRequest{})) }()
		synctest.Wait()
		quick, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		err := drop(svc.ListKeys(quick, &driver.ListKeysRequest{}))
		if e, ok := err.(*errs.Error); !ok || e.Code != errs.DeadlineExceeded || e.Outcome != errs.NotApplied || time.Since(began) != time.Second {
			t.Error(err, time.Since(began))
		}
		second := make(chan error)
		go func() { second <- drop(svc.ListKeys(t.Context(), &driver.ListKeysRequest{})) }()
		if err := <-first; errs.CodeOf(err) != errs.DeadlineExceeded {
			t.Error(err)
		}
		if err := <-second; err != nil {
			t.Error(err)
		}
	})
}

// A project that is found with the keys is not looked up.
func TestProjectOfCredentials(t *testing.T) {
	em, svc := projectless(t)
	svc.(*service).api.account.credentials = credential{
		access: secret.New(emulator.HuaweiAccessKey), key: secret.New(emulator.HuaweiSecretKey), project: emulator.HuaweiProjectID,
	}
	if err := drop(svc.ListKeys(t.Context(), &driver.ListKeysRequest{})); err != nil || lookUps(em) != 0 {
		t.Error(err)
	}
}

// A refused look-up makes the chain look anew too.
func TestProjectRefusesCredentials(t *testing.T) {
	told := 0
	s := served(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":{"title":"Unauthorized"}}`)
	})
	s.api.project = newProjectFinder(s.api, "", s.api.endpoint, "cn-north-4")
	s.api.account.credentials = counting{s.api.account.credentials, &told}
	if err := drop(s.ListKeys(t.Context(), &driver.ListKeysRequest{})); errs.CodeOf(err) != errs.Unauthenticated || told != 1 {
		t.Error(err, told)
	}
}

// counting are credentials that count refusals.
type counting struct {
	credentials
	told *int
}

func (c counting) refused(credential) bool {
	*c.told++
	return false
}
