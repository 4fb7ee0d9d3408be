package emulator_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/cloudflare/cloudflare-go/v7/kv"
	"github.com/cloudflare/cloudflare-go/v7/option"
	"github.com/cloudflare/cloudflare-go/v7/shared"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// The vendor's own package, unchanged, finds everything it expects.
func TestCloudflareSDK(t *testing.T) {
	for name, opts := range map[string][]emulator.Option{
		"socket": nil, "in memory": {emulator.InMemory()}, "older replies": {emulator.WithCloudflare(emulator.CloudflareSettings{OldReplies: true})},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloudflare(t, opts...)
			for name, credentials := range map[string][]option.RequestOption{
				"token": {option.WithAPIToken(c.APIToken())},
				"key":   {option.WithAPIEmail(c.Email()), option.WithAPIKey(c.APIKey())},
			} {
				t.Run(name, func(t *testing.T) {
					options := append(credentials, option.WithBaseURL(c.Endpoint()+"/"), option.WithHTTPClient(c.http))
					cloudflareSDK(t, c, name == "token" && opts == nil, kv.NewNamespaceService(options...), "title of "+name)
				})
			}
		})
	}
}

func cloudflareSDK(t *testing.T, c *cloudflareCaller, newReplies bool, sdk *kv.NamespaceService, title string) {
	ctx, account := t.Context(), c.AccountID()
	fail := func(op string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", op, err)
		}
	}
	create := kv.NamespaceNewParams{}
	create.AccountID.Value, create.AccountID.Present = account, true
	create.Title.Value, create.Title.Present = title, true
	ns, err := sdk.New(ctx, create)
	fail("New", err)
	rename := kv.NamespaceUpdateParams(create)
	rename.Title.Value += " 2"
	renamed, err := sdk.Update(ctx, ns.ID, rename)
	if fail("Update", err); newReplies && renamed.Title != title+" 2" {
		t.Errorf("Update: %+v", renamed)
	}
	got, err := sdk.Get(ctx, ns.ID, kv.NamespaceGetParams{AccountID: create.AccountID})
	if fail("Get", err); got.ID != ns.ID || got.Title != title+" 2" || !got.SupportsURLEncoding {
		t.Errorf("Get: %+v", got)
	}
	list := kv.NamespaceListParams{AccountID: create.AccountID}
	list.PerPage.Value, list.PerPage.Present = 1, true
	var titles []string
	pager := sdk.ListAutoPaging(ctx, list)
	for pager.Next() {
		titles = append(titles, pager.Current().Title)
	}
	if fail("List", pager.Err()); !slices.Contains(titles, "first") || !slices.Contains(titles, title+" 2") {
		t.Errorf("List: %v", titles)
	}
	cloudflareSDKKeys(t, c, newReplies, sdk, ns.ID)
	_, err = sdk.Delete(ctx, ns.ID, kv.NamespaceDeleteParams{AccountID: create.AccountID})
	fail("Delete", err)
	var raw *http.Response
	if _, err = sdk.Get(ctx, ns.ID, kv.NamespaceGetParams{AccountID: create.AccountID}, option.WithResponseInto(&raw)); err == nil || raw == nil || raw.StatusCode != 404 {
		t.Errorf("Get of what is gone: %v", err)
	}
}

func cloudflareSDKKeys(t *testing.T, c *cloudflareCaller, newReplies bool, sdk *kv.NamespaceService, ns string) {
	ctx := t.Context()
	fail := func(op string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", op, err)
		}
	}
	put := kv.NamespaceValueUpdateParams{}
	put.AccountID.Value, put.AccountID.Present = c.AccountID(), true
	put.Value.Value, put.Value.Present = shared.UnionString("v\r\n\x00é"), true
	put.Metadata.Value, put.Metadata.Present = `{"a":1}`, true
	put.Expiration.Value, put.Expiration.Present = 1900000000, true
	key := url.PathEscape("a/b c%2F")
	_, err := sdk.Values.Update(ctx, ns, key, put)
	fail("Values.Update", err)
	get := func(key, want, expiration string) {
		t.Helper()
		reply, err := sdk.Values.Get(ctx, ns, key, kv.NamespaceValueGetParams{AccountID: put.AccountID})
		fail("Values.Get", err)
		data, _ := io.ReadAll(reply.Body)
		if _ = reply.Body.Close(); string(data) != want || reply.Header.Get("expiration") != expiration {
			t.Errorf("Values.Get: %q %v", data, reply.Header)
		}
	}
	get(key, "v\r\n\x00é", "1900000000")
	metadata, err := sdk.Metadata.Get(ctx, ns, key, kv.NamespaceMetadataGetParams{AccountID: put.AccountID})
	if m, _ := (*metadata).(map[string]any); err != nil || m["a"] != 1.0 {
		t.Errorf("Metadata.Get: %v %v", err, *metadata)
	}
	// Raw bytes, with a TTL that wins over the expiration.
	put.Metadata.Present, put.ExpirationTTL.Present, put.ExpirationTTL.Value = false, true, 1e8
	_, err = sdk.Values.Update(ctx, ns, "raw", put, option.WithRequestBody("application/octet-stream", bytes.NewReader([]byte{0xff, 0})))
	fail("Values.Update", err)

	bulk := kv.NamespaceBulkUpdateParams{AccountID: put.AccountID}
	for _, k := range []string{"p1", "p2"} {
		item := kv.NamespaceBulkUpdateParamsBody{Metadata: put.Metadata}
		item.Key.Value, item.Key.Present, item.Value.Value, item.Value.Present = k, true, "AA==", true
		item.Base64.Value, item.Base64.Present, item.ExpirationTTL.Value, item.ExpirationTTL.Present = true, true, 60, true
		item.Metadata.Value, item.Metadata.Present = map[string]any{"of": k}, true
		bulk.Body = append(bulk.Body, item)
	}
	written, err := sdk.BulkUpdate(ctx, ns, bulk)
	if fail("BulkUpdate", err); newReplies && (written.SuccessfulKeyCount != 2 || len(written.UnsuccessfulKeys) != 0) {
		t.Errorf("BulkUpdate: %+v", written)
	}
	keys := kv.NamespaceKeyListParams{AccountID: put.AccountID}
	keys.Limit.Value, keys.Limit.Present, keys.Prefix.Value, keys.Prefix.Present = 10, true, "p", true
	page, err := sdk.Keys.List(ctx, ns, keys)
	if fail("Keys.List", err); len(page.Result) != 2 || page.Result[0].Name != "p1" || page.Result[1].Expiration == 0 ||
		page.Result[1].Metadata.(map[string]any)["of"] != "p2" || page.ResultInfo.Cursor != "" {
		t.Errorf("Keys.List: %+v", page)
	}
	many := kv.NamespaceBulkGetParams{AccountID: put.AccountID}
	many.Keys.Value, many.Keys.Present, many.WithMetadata.Value, many.WithMetadata.Present = []string{"p1"}, true, true, true
	var raw []byte
	_, err = sdk.BulkGet(ctx, ns, many, option.WithResponseBodyInto(&raw))
	if fail("BulkGet", err); !strings.Contains(string(raw), `"p1":{"value":"\u0000","metadata":{"of":"p1"},"expiration":`) {
		t.Errorf("BulkGet: %s", raw)
	}
	gone, err := sdk.BulkDelete(ctx, ns, kv.NamespaceBulkDeleteParams{AccountID: put.AccountID, Body: []string{"p1", "none"}})
	if fail("BulkDelete", err); newReplies && gone.SuccessfulKeyCount != 2 {
		t.Errorf("BulkDelete: %+v", gone)
	}
	_, err = sdk.Values.Delete(ctx, ns, key, kv.NamespaceValueDeleteParams{AccountID: put.AccountID})
	fail("Values.Delete", err)
	if _, err = sdk.Values.Get(ctx, ns, key, kv.NamespaceValueGetParams{AccountID: put.AccountID}); err == nil {
		t.Error("Values.Get of what is gone succeeded")
	}
}

// The pager of the vendor's package goes from cursor to cursor.
func TestCloudflareSDKPager(t *testing.T) {
	c := newCloudflare(t)
	want := c.fill(35, "k%02d")
	sdk := kv.NewNamespaceService(option.WithAPIToken(c.APIToken()), option.WithBaseURL(c.Endpoint()+"/"), option.WithHTTPClient(c.http))
	params := kv.NamespaceKeyListParams{}
	params.AccountID.Value, params.AccountID.Present, params.Limit.Value, params.Limit.Present = c.AccountID(), true, 10, true
	var got []string
	pager := sdk.Keys.ListAutoPaging(context.Background(), c.ns, params)
	for pager.Next() {
		got = append(got, pager.Current().Name)
	}
	if pager.Err() != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v", pager.Err(), got)
	}
	// It retries what the vendor says may be retried.
	c.Inject(emulator.Fault{Action: "ListKeys", Code: "10001", Times: 1, Header: http.Header{"Retry-After-Ms": {"1"}}})
	if _, err := sdk.Keys.List(t.Context(), c.ns, params); err != nil {
		t.Error(err)
	}
}
