package tencent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// signedBy opens the entry and returns the credential of its requests.
func signedBy(t testing.TB, entry, vars map[string]string) (credential, error) {
	t.Helper()
	entry["zone_id"] = "zone-1"
	svc, err := drivertest.KV(t, "tencent", entry, providers.Host{LookupEnv: drivertest.Env(vars)})
	if err != nil {
		return credential{}, err
	}
	return svc.(*service).api.account.credentials.get(t.Context())
}

func TestStaticCredentials(t *testing.T) {
	type m = map[string]string
	for _, c := range []struct {
		what           string
		entry, env     m
		id, key, token string
	}{
		{"said", m{"secret_id": "i", "secret_key": "k", "token": "t"}, m{}, "i", "k", "t"},
		{"in the environment", m{}, m{"TENCENTCLOUD_SECRET_ID": "ei", "TENCENTCLOUD_SECRET_KEY": "ek", "TENCENTCLOUD_TOKEN": "et"}, "ei", "ek", "et"},
		{"the other name of the token", m{}, m{"TENCENTCLOUD_SECRET_ID": "ei", "TENCENTCLOUD_SECRET_KEY": "ek", "TENCENTCLOUD_SECURITY_TOKEN": "et"}, "ei", "ek", "et"},
		{"said beats the environment", m{"secret_id": "i", "secret_key": "k", "token": "t"}, m{"TENCENTCLOUD_SECRET_ID": "ei", "TENCENTCLOUD_SECRET_KEY": "ek", "TENCENTCLOUD_TOKEN": "et"}, "i", "k", "t"},
		{"a token of other keys", m{"secret_id": "i", "secret_key": "k"}, m{"TENCENTCLOUD_SECRET_ID": "ei", "TENCENTCLOUD_SECRET_KEY": "ek", "TENCENTCLOUD_TOKEN": "et"}, "i", "k", ""},
		{"a token without other keys", m{"secret_id": "i", "secret_key": "k"}, m{"TENCENTCLOUD_TOKEN": "et"}, "i", "k", "et"},
		{"said before the chain", m{"secret_id": "i", "secret_key": "k", "credentials": "chain"}, m{}, "i", "k", ""},
	} {
		got, err := signedBy(t, c.entry, c.env)
		if err != nil || got.id.Reveal() != c.id || got.key.Reveal() != c.key || got.token.Reveal() != c.token {
			t.Errorf("%s: %q, %v", c.what, got.hidden(), err)
		}
	}
}

func TestMissingCredentials(t *testing.T) {
	for _, entry := range []map[string]string{{}, {"secret_id": canaryID}, {"secret_key": canaryKey}, {"secret_id": canaryID, "credentials": "chain"}, {"role_arn": "r"}} {
		_, err := signedBy(t, entry, nil)
		e, ok := err.(*errs.Error)
		if !ok || e.Code != errs.Unauthenticated || e.Outcome != errs.NotApplied {
			t.Errorf("%v: %v", entry, err)
			continue
		}
		for _, name := range []string{"secret_id", "secret_key", "TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "credentials: chain"} {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%v does not name %s", err, name)
			}
		}
		checkNoSecrets(t, err)
	}
}

// cloudOf answers in place of the services that the vendor's package asks.
type cloudOf func(*http.Request) string

func (c cloudOf) RoundTrip(r *http.Request) (*http.Response, error) {
	text := c(r)
	if text == "" {
		return nil, &net.OpError{Op: "dial", Err: errors.New("no route")}
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

// isolate gives the vendor's package an empty home and that cloud.
func isolate(t *testing.T, cloud cloudOf) (home string) {
	home = t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	for _, name := range []string{"TENCENTCLOUD_CREDENTIALS_FILE", "TCCLI_PROFILE", "TKE_REGION", "TKE_PROVIDER_ID", "TKE_WEB_IDENTITY_TOKEN_FILE", "TKE_ROLE_ARN"} {
		t.Setenv(name, "")
		_ = os.Unsetenv(name)
	}
	real := http.DefaultTransport
	http.DefaultTransport = cloud
	t.Cleanup(func() { http.DefaultTransport = real })
	return home
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const (
	stsReply    = `{"Response":{"Credentials":{"Token":"st","TmpSecretId":"si","TmpSecretKey":"sk"},"ExpiredTime":%d,"RequestId":"r"}}`
	cvmReply    = `{"TmpSecretId":"ci","TmpSecretKey":"ck","Token":"ct","ExpiredTime":%d,"Code":"Success"}`
	profileFile = "[default]\nsecret_id = pi\nsecret_key = pk\n"
	tccliFile   = `{"secretId":"ti","secretKey":"tk","token":"tt"}`
)

func TestChain(t *testing.T) {
	later := time.Now().Add(2 * time.Hour).Unix()
	sts := func(r *http.Request) string {
		if r.URL.Host == "sts.tencentcloudapi.com" {
			return fmt.Sprintf(stsReply, later)
		}
		return ""
	}
	cvm := func(r *http.Request) string {
		switch {
		case r.URL.Host != "metadata.tencentyun.com":
			return ""
		case strings.HasSuffix(r.URL.Path, "/"):
			return "role"
		}
		return fmt.Sprintf(cvmReply, later)
	}
	for _, c := range []struct {
		what  string
		cloud cloudOf
		setUp func(t *testing.T, home string)
		entry map[string]string
		want  string
	}{
		{"profile file", sts, func(t *testing.T, home string) {
			write(t, filepath.Join(home, ".tencentcloud", "credentials"), profileFile)
		}, nil, "pi pk "},
		{"profile file elsewhere", sts, func(t *testing.T, home string) {
			write(t, filepath.Join(home, "elsewhere"), profileFile)
			t.Setenv("TENCENTCLOUD_CREDENTIALS_FILE", filepath.Join(home, "elsewhere"))
		}, nil, "pi pk "},
		{"command line", sts, func(t *testing.T, home string) {
			write(t, filepath.Join(home, ".tccli", "default.credential"), tccliFile)
		}, nil, "ti tk tt"},
		{"pod", sts, func(t *testing.T, home string) {
			write(t, filepath.Join(home, "token"), "jwt")
			for name, text := range map[string]string{"TKE_REGION": "r", "TKE_PROVIDER_ID": "p", "TKE_WEB_IDENTITY_TOKEN_FILE": filepath.Join(home, "token"), "TKE_ROLE_ARN": "a"} {
				t.Setenv(name, text)
			}
		}, nil, "si sk st"},
		{"instance", cvm, nil, nil, "ci ck ct"},
		{"role over a profile", sts, func(t *testing.T, home string) {
			write(t, filepath.Join(home, ".tencentcloud", "credentials"), profileFile)
		}, map[string]string{"role_arn": "qcs::cam::role"}, "si sk st"},
		{"role over static keys", sts, nil, map[string]string{"role_arn": "qcs::cam::role", "secret_id": "i", "secret_key": "k"}, "si sk st"},
	} {
		t.Run(c.what, func(t *testing.T) {
			home := isolate(t, c.cloud)
			if c.setUp != nil {
				c.setUp(t, home)
			}
			entry := map[string]string{"credentials": "chain"}
			for name, text := range c.entry {
				entry[name] = text
			}
			got, err := signedBy(t, entry, nil)
			if err != nil || strings.Join(got.hidden(), " ") != c.want {
				t.Errorf("%q, %v; want %q", got.hidden(), err, c.want)
			}
		})
	}
}

// A role's keys are used for an hour, others are looked at every minute: they may be replaced at any time.
func TestHowLong(t *testing.T) {
	later := time.Now().Add(2 * time.Hour).Unix()
	isolate(t, func(*http.Request) string { return fmt.Sprintf(stsReply, later) })
	static := credential{id: secret.New("i"), key: secret.New("k")}
	for role, want := range map[string][2]time.Duration{"": {time.Minute, 4 * time.Minute}, "role": {time.Hour, 110 * time.Minute}} {
		got, err := look(static, role)
		if err != nil || got.Fresh != want[0] || got.Usable != want[1] {
			t.Errorf("%q: fresh for %v, usable for %v, %v", role, got.Fresh, got.Usable, err)
		}
	}
}

// A look that fails says what to do and shows no reply: it may hold keys.
func TestChainFails(t *testing.T) {
	for _, c := range []struct {
		what  string
		cloud cloudOf
		entry map[string]string
		code  errs.Code
	}{
		{"nothing anywhere", func(*http.Request) string { return "" }, nil, errs.Unauthenticated},
		{"broken reply", func(*http.Request) string { return `{"Response":{"Credentials":{"TmpSecretKey":"` + canaryValue }, map[string]string{"role_arn": "a"}, errs.Unauthenticated},
		{"null", func(*http.Request) string { return `null` }, map[string]string{"role_arn": "a"}, errs.Unauthenticated},
		{"empty", func(*http.Request) string { return `{"Response":{"RequestId":"r"}}` }, map[string]string{"role_arn": "a"}, errs.Unauthenticated},
		{"refused", func(*http.Request) string {
			return `{"Response":{"Error":{"Code":"AuthFailure.SecretIdNotFound","Message":"no ` + canaryID + `"},"RequestId":"r"}}`
		}, map[string]string{"role_arn": "a"}, errs.Unauthenticated},
		{"unreachable", func(*http.Request) string { return "" }, map[string]string{"role_arn": "a"}, errs.Unavailable},
	} {
		t.Run(c.what, func(t *testing.T) {
			isolate(t, c.cloud)
			entry := map[string]string{"credentials": "chain"}
			for name, text := range c.entry {
				entry[name] = text
			}
			if c.entry != nil {
				entry["secret_id"], entry["secret_key"] = canaryID, canaryKey
			}
			_, err := signedBy(t, entry, nil)
			e, ok := err.(*errs.Error)
			if !ok || e.Code != c.code || e.Outcome != errs.NotApplied || (e.Retry == errs.Temporary) != (c.code == errs.Unavailable) {
				t.Errorf("%#v", err)
			}
			checkNoSecrets(t, err)
			if c.what == "refused" {
				vendor, ok := errors.AsType[*sdkerrors.TencentCloudSDKError](err)
				if !ok || vendor.Code != "AuthFailure.SecretIdNotFound" || e.RequestID != "r" || e.VendorCode != vendor.Code {
					t.Errorf("%v", err)
				}
			}
		})
	}
}

// lookOf returns a finder whose looks take the answers of find.
func lookOf(find func(n int) (found, error)) (*finder, *atomic.Int64) {
	var looks atomic.Int64
	return &finder{find: func() (found, error) { return find(int(looks.Add(1))) }}, &looks
}

func numbered(n int) found {
	return found{Credential: credential{id: secret.New(fmt.Sprint("id", n)), key: secret.New("k")}, Fresh: time.Minute, Usable: 4 * time.Minute}
}

// 1,000 callers share one look; a look that hangs holds nobody beyond their context, nor anybody with keys at hand.
func TestFinder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		f, looks := lookOf(func(n int) (found, error) {
			switch {
			case n == 1:
				time.Sleep(time.Second)
			case n == 2:
				<-hang
				return found{}, errors.New("gone")
			case n == 3:
				panic("the vendor's package")
			}
			return numbered(n), nil
		})
		get := func(timeout time.Duration) (string, error) {
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			c, err := f.get(ctx)
			return c.id.Reveal(), err
		}
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				if id, err := get(time.Hour); id != "id1" || err != nil {
					t.Error(id, err)
				}
			})
		}
		began := time.Now()
		if _, err := get(10 * time.Millisecond); errs.CodeOf(err) != errs.DeadlineExceeded || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 10*time.Millisecond {
			t.Error(time.Since(began), err)
		}
		all.Wait()
		if id, err := get(0); id != "id1" || looks.Load() != 1 || err != nil { // fresh
			t.Error(id, looks.Load(), err)
		}
		time.Sleep(2 * time.Minute)
		for range 3 { // usable, while one look hangs
			if id, err := get(time.Hour); id != "id1" || err != nil {
				t.Error(id, err)
			}
		}
		synctest.Wait()
		if looks.Load() != 2 {
			t.Errorf("%d looks", looks.Load())
		}
		time.Sleep(2 * time.Minute)
		if _, err := get(time.Second); errs.CodeOf(err) != errs.DeadlineExceeded { // too old
			t.Error(err)
		}
		close(hang)
		if _, err := get(time.Second); errs.CodeOf(err) != errs.Unauthenticated { // the hanging look's failure, or that of the one that panics
			t.Error(err)
		}
		synctest.Wait()
		for looks.Load() < 3 {
			_, _ = get(time.Second)
		}
		if id, err := get(time.Second); id != "id4" || err != nil {
			t.Error(id, err)
		}
	})
}

// The chain's failure reaches the caller of a method, before anything is sent.
func TestChainInCall(t *testing.T) {
	isolate(t, func(*http.Request) string { return "" })
	svc, err := drivertest.KV(t, "tencent", map[string]string{"credentials": "chain", "zone_id": "z"}, providers.Host{DialContext: func(context.Context, string, string) (net.Conn, error) {
		t.Error("a connection was opened")
		return nil, errors.New("refused")
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = svc.ListNamespaces(t.Context(), &driver.ListNamespacesRequest{})
	if e, ok := err.(*errs.Error); !ok || e.Code != errs.Unauthenticated || e.Outcome != errs.NotApplied {
		t.Error(err)
	}
}

// A found credential that is refused is looked for once more, and the call goes on with what is found.
func TestRefusedIsHealed(t *testing.T) {
	for name, c := range map[string]struct {
		good, code string // the id that the server accepts, and what it says to others
		requests   int
		looks      int64
		want       errs.Code
	}{
		"a new one is there": {"id2", "AuthFailure.TokenFailure", 2, 2, ""},
		"there is none":      {"id9", "AuthFailure.TokenFailure", 2, 2, errs.Unauthenticated},
		"the clock is wrong": {"id9", "AuthFailure.SignatureExpire", 4, 1, errs.Unauthenticated}, // as long as it may pass
		"it may not do that": {"id9", "UnauthorizedOperation", 1, 1, errs.PermissionDenied},
	} {
		requests := 0
		s, _ := served(t, func(w http.ResponseWriter, r *http.Request) {
			if requests++; strings.Contains(r.Header.Get("Authorization"), "Credential="+c.good+"/") {
				_, _ = io.WriteString(w, `{"Response":{"Data":[{"Key":"k","Value":"v"}],"RequestId":"r"}}`)
				return
			}
			fmt.Fprintf(w, `{"Response":{"Error":{"Code":%q,"Message":"m"},"RequestId":"r"}}`, c.code)
		})
		f, looks := lookOf(func(n int) (found, error) { return numbered(n), nil })
		s.(*service).api.account.credentials = f
		portable, err := kv.NewService(s, kv.ServiceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		n, err := portable.Namespace(t.Context(), "n")
		if err != nil {
			t.Fatal(err)
		}
		if _, err = n.Get(t.Context(), "k"); errs.CodeOf(err) != c.want || requests != c.requests || looks.Load() != c.looks {
			t.Errorf("%s: %d requests, %d looks: %v", name, requests, looks.Load(), err)
		}
	}
}

// Which half of a key is missing is said; the first bad part is named, always the same.
func TestBadStaticCredentials(t *testing.T) {
	for _, c := range []struct {
		entry map[string]string
		want  string
	}{
		{map[string]string{"secret_id": "i"}, "secret_key is missing, while secret_id is given"},
		{map[string]string{"secret_key": "k"}, "secret_id is missing, while secret_key is given"},
		{map[string]string{"secret_id": "a b", "secret_key": "c d", "token": "e f"}, "secret_id has a character"},
		{map[string]string{"secret_id": "a", "secret_key": "c\nd", "token": "e f"}, "secret_key has a character"},
		{map[string]string{"secret_id": "a", "secret_key": "c", "token": "é", "role_arn": "r"}, "token has a character"},
	} {
		for range 20 {
			if _, err := signedBy(t, c.entry, nil); errs.CodeOf(err) != errs.Unauthenticated || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, want %s", err, c.want)
			}
		}
	}
}

// What cannot be the id of a zone is refused before anything is sent.
func TestZones(t *testing.T) {
	for zone, want := range map[string]string{
		"zone-3j1xw7910arp": "", "": "zone_id", " ": "is empty", "zone 1": "has a character", "zone/1": "has a character", "zone?1": "has a character",
		"zone\n1": "has a character", "zöne": "has a character", "www.example.com": "not the domain",
	} {
		_, err := drivertest.KV(t, "tencent", map[string]string{"secret_id": "i", "secret_key": "k", "zone_id": zone}, providers.Host{})
		if want == "" && err != nil || want != "" && (errs.CodeOf(err) != errs.InvalidArgument || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %s", zone, err, want)
		}
	}
}
