package alibaba

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// everything is a reply that satisfies every method, but for what a case takes away.
const everything = `"KeyMetadata":{"KeyId":"k","KeyState":"Enabled"},"TotalCount":0,"TagResources":{},"ImportToken":"t","PublicKey":"AA==",` +
	`"TokenExpireTime":"2026-01-02T03:04:05Z","CiphertextBlob":"c","KeyId":"k","KeyVersionId":"v","Plaintext":"AA==","Value":"AA=="`

func TestKMSFaults(t *testing.T) {
	elsewhere := drivertest.Unvisited(t)
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		code  errs.Code
		retry errs.Retry
	}{
		"empty object":  {drivertest.Says(200, `{}`), errs.Corrupt, errs.Permanent},
		"empty":         {drivertest.Says(200, ``), errs.Corrupt, errs.Permanent},
		"null":          {drivertest.Says(200, `null`), errs.Corrupt, errs.Permanent},
		"array":         {drivertest.Says(200, `[{"RequestId":"r"}]`), errs.Corrupt, errs.Permanent},
		"no id":         {drivertest.Says(200, `{`+everything+`}`), errs.Corrupt, errs.Permanent},
		"accepted":      {drivertest.Says(202, `{"RequestId":"r",`+everything+`}`), errs.Corrupt, errs.Permanent},
		"invalid UTF-8": {drivertest.Says(200, `{"RequestId":"r",`+everything+`,"x":"`+"\xff"+`"}`), errs.Corrupt, errs.Permanent},
		"failure":       {drivertest.Says(200, `{"RequestId":"r","Code":"InternalFailure","Message":"m",`+everything+`}`), errs.Internal, errs.Temporary},
		"portal":        {drivertest.Says(200, `<html>log in</html>`), errs.Corrupt, errs.Permanent},
		"gateway":       {drivertest.Says(502, `<html><h1>502 Bad Gateway</h1></html>`), errs.Unavailable, errs.Temporary},
		"gateway time":  {drivertest.Says(504, `upstream`), errs.DeadlineExceeded, errs.Temporary},
		"throttled":     {drivertest.Says(429, `slow down`), errs.RateLimited, errs.Temporary},
		"broken off":    {drivertest.Says(200, `{"RequestId":"r","KeyMetadata":{"KeyId`), errs.Corrupt, errs.Permanent},
		"wrong types": {drivertest.Says(200, `{"RequestId":"r","KeyMetadata":7,"TotalCount":"x","Keys":7,"Aliases":7,"KeyVersions":7,"TagResources":7,`+
			`"ImportToken":{},"PublicKey":[],"CiphertextBlob":1,"KeyId":[],"Plaintext":{},"Value":[]}`), errs.Corrupt, errs.Permanent},
		"truncated": {drivertest.BreaksOff(`{"Req`), errs.Unavailable, errs.Temporary},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		}, errs.Unavailable, errs.Permanent},
		"cut": {func(_ http.ResponseWriter, r *http.Request) { readAll(r); panic(http.ErrAbortHandler) }, errs.Unavailable, errs.Temporary},
	} {
		t.Run(name, func(t *testing.T) {
			s := servedKMS(t, c.serve)
			for _, m := range keyMethods() {
				err := m.send(t.Context(), s)
				if name == "wrong types" && tellsNothing(m.op) {
					if err != nil {
						t.Errorf("%s reads more than the id of the request: %v", m.action, err)
					}
					continue
				}
				e, ok := err.(*errs.Error)
				if !ok || e.Code != c.code || e.Retry != c.retry {
					t.Errorf("%s: %v, want %s, %s", m.action, err, c.code, c.retry)
					continue
				}
				if wantOutcome := outcomeOfFault(name); e.Outcome != wantOutcome {
					t.Errorf("%s: outcome %s, want %s", m.action, e.Outcome, wantOutcome)
				}
				leaksNothing(t, m.action, err)
			}
		})
	}
}

// tellsNothing reports whether the reply to an operation has nothing but the id of the request.
func tellsNothing(op string) bool {
	return slices.Contains([]string{
		driver.OpEnableKey, driver.OpDisableKey, driver.OpScheduleDeletion, driver.OpCancelDeletion, driver.OpSetDescription, driver.OpCreateAlias,
		driver.OpDeleteAlias, driver.OpSetTags, driver.OpRemoveTags, driver.OpSetRotation, driver.OpImportKeyMaterial, driver.OpDeleteKeyMaterial,
	}, op)
}

// outcomeOfFault is what is known of a request that met a fault: only a refusal says that nothing was done.
func outcomeOfFault(name string) errs.Outcome {
	if name == "throttled" {
		return errs.NotApplied
	}
	return errs.Ambiguous
}

// A server that does not answer holds nobody up beyond their context, and what is known of the request is said.
func TestKMSHungServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, s := emulatedKMS(t, emulator.AlibabaKMSSettings{}, emulator.WithoutRateLimit())
		em.Inject(emulator.Fault{Delay: time.Hour})
		for _, m := range keyMethods() {
			leaksNothing(t, m.action, drivertest.CheckGivesUp(t, m.action, func(ctx context.Context) error { return m.send(ctx, s) }))
		}
		em.Close()
	})
}

// What never left is known to have done nothing; a context that has ended sends nothing.
func TestKMSUnreachable(t *testing.T) {
	dialled := 0
	s, err := openKMS(t, map[string]string{"access_key_id": canaryID, "access_key_secret": canaryKey, "region": "cn-shanghai"}, providers.Host{
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			dialled++
			return nil, errors.New("no network")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, m := range keyMethods() {
		err := m.send(t.Context(), s)
		if e, ok := err.(*errs.Error); !ok || e.Code != errs.Unavailable || e.Outcome != errs.NotApplied {
			t.Errorf("%s: %v", m.action, err)
		}
		leaksNothing(t, m.action, err)
		before := dialled
		err = m.send(ended, s)
		if e, ok := err.(*errs.Error); !ok || e.Code != errs.Canceled || e.Outcome != errs.NotApplied || dialled != before {
			t.Errorf("%s with an ended context: %v", m.action, err)
		}
	}
}

// Each required field is missed where it is missing, null, empty or of no use.
func TestKMSRequiredFields(t *testing.T) {
	key := `"KeyMetadata":{"KeyId":"k","KeyState":"Enabled"%s}`
	replies := map[string][]string{ // by operation: replies that lack something
		driver.OpDescribeKey: {``, `"KeyMetadata":null`, `"KeyMetadata":{}`, `"KeyMetadata":{"KeyId":"k"}`, `"KeyMetadata":{"KeyState":"Enabled"}`, fmt.Sprintf(key, `,"CreationDate":"today"`),
			fmt.Sprintf(key, `,"DeleteDate":"1"`), fmt.Sprintf(key, `,"MaterialExpireTime":"2026-13-01T00:00:00Z"`)},
		driver.OpCreateKey: {``, `"KeyMetadata":{"KeyState":"Enabled"}`},
		driver.OpListKeys: {``, `"TotalCount":1`, `"TotalCount":null,"Keys":{"Key":[]}`, `"TotalCount":1,"Keys":null`, `"TotalCount":1,"Keys":{"Key":[{"KeyArn":"a"}]}`, `"TotalCount":-1,"Keys":{}`,
			`"TotalCount":1,"PageNumber":2,"Keys":{"Key":[{"KeyId":"k"}]}`},
		driver.OpListAliases:        {``, `"TotalCount":1`, `"TotalCount":1,"Aliases":{"Alias":[{"AliasName":"a"}]}`, `"TotalCount":1,"Aliases":{"Alias":[{"AliasName":"alias/"}]}`},
		driver.OpListVersions:       {``, `"TotalCount":1`, `"TotalCount":1,"KeyVersions":{"KeyVersion":[{"KeyVersionId":"v"}]}`, `"TotalCount":1,"KeyVersions":{"KeyVersion":[{"CreationDate":"2026-01-02T03:04:05Z"}]}`},
		driver.OpListTags:           {``, `"TagResources":null`, `"TagResources":{"TagResource":[{"ResourceId":"k"}]}`, `"TagResources":{"TagResource":[{"TagKey":"a","ResourceId":"other"}]}`},
		driver.OpGetRotation:        {``, `"KeyMetadata":{}`, fmt.Sprintf(key, `,"RotationInterval":"soon"`), fmt.Sprintf(key, `,"NextRotationDate":"x"`), fmt.Sprintf(key, `,"LastRotationDate":"x"`)},
		driver.OpImportParameters:   {`"PublicKey":"AA==","TokenExpireTime":"2026-01-02T03:04:05Z"`, `"ImportToken":"t","TokenExpireTime":"2026-01-02T03:04:05Z"`, `"ImportToken":"t","PublicKey":"AA=="`, `"ImportToken":"t","PublicKey":"A A=","TokenExpireTime":"2026-01-02T03:04:05Z"`},
		driver.OpEncrypt:            {`"KeyId":"k"`, `"CiphertextBlob":"c"`, `"CiphertextBlob":"","KeyId":"k"`},
		driver.OpDecrypt:            {`"KeyId":"k"`, `"Plaintext":"AA=="`, `"Plaintext":"","KeyId":"k"`, `"Plaintext":"A===","KeyId":"k"`, `"Plaintext":"AA\n==","KeyId":"k"`, `"Plaintext":"AB==","KeyId":"k"`},
		driver.OpGenerateDataKey:    {`"KeyId":"k","CiphertextBlob":"c"`, `"KeyId":"k","Plaintext":"AA=="`, `"CiphertextBlob":"c","Plaintext":"AA=="`, `"KeyId":"k","CiphertextBlob":"c","Plaintext":"-"`},
		driver.OpGenerateWrappedKey: {`"KeyId":"k"`, `"CiphertextBlob":"c"`},
		driver.OpReEncrypt:          {`"KeyId":"k"`, `"CiphertextBlob":null`},
		driver.OpAsymmetricEncrypt:  {`"KeyId":"k"`, `"CiphertextBlob":"AA=="`, `"KeyId":"k","CiphertextBlob":"c"`, `"KeyId":"k","CiphertextBlob":""`},
		driver.OpAsymmetricDecrypt:  {`"KeyId":"k"`, `"Plaintext":"AA=="`},
		driver.OpSign:               {`"KeyVersionId":"v"`, `"Value":"AA=="`, `"KeyVersionId":"v","Value":"*"`},
		driver.OpVerify:             {``, `"Value":null`, `"Value":"true"`},
		driver.OpPublicKey:          {``, `"PublicKey":"MIIB"`, `"PublicKey":"-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\nmore"`, `"PublicKey":"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"`},
	}
	body := ""
	s := servedKMS(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
	for _, m := range keyMethods() {
		if len(replies[m.op]) == 0 && !tellsNothing(m.op) {
			t.Errorf("%s is not tested", m.op)
		}
		for _, fields := range replies[m.op] {
			body = `{"RequestId":"` + anID + `"}`
			if fields != "" {
				body = `{"RequestId":"` + anID + `",` + fields + `}`
			}
			e, ok := m.send(t.Context(), s).(*errs.Error)
			if !ok || e.Code != errs.Corrupt || e.Outcome != errs.Ambiguous || e.RequestID != anID || e.HTTPStatus != 200 {
				t.Errorf("%s of %s: %v", m.action, body, e)
			}
		}
	}
}
