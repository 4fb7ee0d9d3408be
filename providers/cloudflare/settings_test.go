package cloudflare

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

func TestSettings(t *testing.T) {
	for name, test := range map[string]struct {
		options map[string]string
		code    errs.Code
		says    string
	}{
		"token":            {map[string]string{"account_id": "a", "api_token": canary}, "", ""},
		"key":              {map[string]string{"account_id": "a", "api_key": canary, "email": "a@b.example"}, "", ""},
		"token, key empty": {map[string]string{"account_id": "a", "api_token": canary, "api_key": "", "email": "a@b.example"}, "", ""},
		"nothing":          {map[string]string{"account_id": "a"}, errs.Unauthenticated, "api_token, or api_key and email, in the configuration, or set CLOUDFLARE_API_TOKEN, or CLOUDFLARE_API_KEY and CLOUDFLARE_EMAIL"},
		"both":             {map[string]string{"account_id": "a", "api_token": canary, "api_key": canary, "email": "a@b.example"}, errs.InvalidArgument, "api_token and api_key"},
		"key alone":        {map[string]string{"account_id": "a", "api_key": canary}, errs.Unauthenticated, "CLOUDFLARE_EMAIL"},
		"line break":       {map[string]string{"account_id": "a", "api_token": canary + "\n" + canary}, errs.Unauthenticated, "header"},
		"no account":       {map[string]string{"api_token": canary}, errs.InvalidArgument, "CLOUDFLARE_ACCOUNT_ID"},
		"odd account":      {map[string]string{"account_id": "..", "api_token": canary}, errs.InvalidArgument, "account_id"},
		"plain http":       {map[string]string{"account_id": "a", "api_token": canary, "endpoint": "http://h.example"}, errs.InvalidArgument, "allow_plaintext"},
		"allowed":          {map[string]string{"account_id": "a", "api_token": canary, "endpoint": "http://h.example", "allow_plaintext": "true"}, "", ""},
		"no batch":         {map[string]string{"account_id": "a", "api_token": canary, "bulk_batch": "0"}, errs.InvalidArgument, "1 to 10000"},
		"large batch":      {map[string]string{"account_id": "a", "api_token": canary, "bulk_batch": "10001"}, errs.InvalidArgument, "1 to 10000"},
	} {
		_, err := drivertest.KV(t, "cloudflare", test.options, providers.Host{})
		if errs.CodeOf(err) != test.code || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", name, err, test.code)
		}
		noSecret(t, err)
	}
}

func TestCredentialHeaders(t *testing.T) {
	for name, test := range map[string]struct{ options, want map[string]string }{
		"token": {map[string]string{"api_token": canary}, map[string]string{"Authorization": "Bearer " + canary}},
		"key":   {map[string]string{"api_key": canary, "email": "a@b.example"}, map[string]string{"X-Auth-Email": "a@b.example", "X-Auth-Key": canary}},
	} {
		test.options["account_id"] = "a"
		s, err := drivertest.Resolve(t, "workers-kv", test.options, providers.Host{})
		if err != nil {
			t.Fatal(err)
		}
		a, err := open(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		want := http.Header{}
		for name, value := range test.want {
			want.Set(name, value)
		}
		if got := a.(*account).credential.header(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestBudgets(t *testing.T) {
	principal := func(options map[string]string) string {
		svc := openService(t, options, nil)
		ns, err := svc.OpenNamespace(kvdriver.NamespaceRef{ID: "n"})
		if err != nil {
			t.Fatal(err)
		}
		var first []ratelimit.Budget
		for _, row := range append(svc.Operations(), ns.Operations()...) {
			if first == nil {
				first = row.Budgets
			}
			if !reflect.DeepEqual(row.Budgets, first) {
				t.Errorf("%s spends %v", row.Name, row.Budgets)
			}
		}
		user, address := first[0], first[1]
		if user.Endpoint != "api.cloudflare.com" || user.Action != "" || user.Limits[0].N != 1200 || user.Limits[0].Per != 5*time.Minute || user.Limits[0].Average {
			t.Errorf("the user's budget is %+v", user)
		}
		if address.Principal != "" || address.Action != "" || address.Limits[0].N != 200 || address.Limits[0].Per != time.Second {
			t.Errorf("the address's budget is %+v", address)
		}
		if strings.Contains(user.Principal, canary) || strings.Contains(user.Principal, "a@b.example") {
			t.Errorf("the budget shows the credential: %s", user.Principal)
		}
		return user.Principal
	}
	one := principal(map[string]string{"account_id": "a", "api_token": canary})
	if again := principal(map[string]string{"account_id": "b", "api_token": canary}); again != one {
		t.Error("two accounts of one user do not share the budget")
	}
	if other := principal(map[string]string{"account_id": "a", "api_token": canary + "x"}); other == one {
		t.Error("two tokens share a budget though nobody says so")
	}
	key := principal(map[string]string{"account_id": "a", "api_key": canary, "email": "a@b.example"})
	if again := principal(map[string]string{"account_id": "a", "api_key": canary + "rotated", "email": "A@B.example"}); again != key || key == one {
		t.Error("the budget of an API key is not that of its user")
	}
	if named := principal(map[string]string{"account_id": "a", "api_token": canary, "rate_account": "me"}); named != "me" {
		t.Errorf("rate_account is not used: %s", named)
	}
}

func TestCredentials(t *testing.T) {
	ctx := context.Background()
	em := emulator.NewCloudflare()
	t.Cleanup(em.Close)
	id := em.AddNamespace("n")
	for name, test := range map[string]struct {
		options map[string]string
		write   errs.Code
	}{
		"token":     {map[string]string{"api_token": em.APIToken()}, ""},
		"key":       {map[string]string{"api_key": em.APIKey(), "email": em.Email()}, ""},
		"read only": {map[string]string{"api_token": em.ReadOnlyToken()}, errs.PermissionDenied},
		"unknown":   {map[string]string{"api_token": canary}, errs.PermissionDenied}, // Cloudflare does not tell the two apart
		"wrong key": {map[string]string{"api_key": canary, "email": em.Email()}, errs.Unauthenticated},
	} {
		test.options["account_id"], test.options["endpoint"] = em.AccountID(), em.Endpoint()
		ns, err := openService(t, test.options, nil).OpenNamespace(kvdriver.NamespaceRef{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		_, err = ns.Put(ctx, &kvdriver.PutRequest{Key: "k", Value: []byte("v")})
		if errs.CodeOf(err) != test.write {
			t.Errorf("%s: %v, want %q", name, err, test.write)
		}
		noSecret(t, err)
	}
}

func TestCapabilities(t *testing.T) {
	svc := openService(t, map[string]string{"account_id": "a", "api_token": canary, "bulk_batch": "77"}, nil)
	ns, err := svc.OpenNamespace(kvdriver.NamespaceRef{ID: "n"})
	if err != nil {
		t.Fatal(err)
	}
	if c := ns.Capabilities(); c.PutBatch.MaxItems != 77 || c.DeleteBatch.MaxItems != 77 || c.GetBatch.MaxItems != 100 {
		t.Errorf("%+v", c)
	}
	if svc.Capabilities().Address != kvdriver.ByID {
		t.Error("namespaces are not addressed by id")
	}
}
