package scale_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// ceilings are how many allocations a call may take: what was measured when the line was last written, and a twentieth on
// top. Most of them are net/http's and encoding/json's. To measure anew, and lower a ceiling after what it counts has
// become less:
//
//	go test -run TestAllocationCeilings -v ./internal/scale
//
// For comparison, a call of the vendors' own clients takes 283 (Alibaba Cloud), 201 (Tencent Cloud), 100 (Cloudflare) and
// 194 (Huawei Cloud), at 32 callers; go run . in internal/bench measures them.
func ceilings() map[string]float64 {
	return map[string]float64{
		"tencent get":     144,
		"tencent put":     134,
		"tencent list":    255,
		"tencent encrypt": 159,
		"tencent sign":    181,
		"cloudflare get":  97,
		"cloudflare put":  113,
		"cloudflare list": 547,
		"alibaba get":     144,
		"alibaba put":     153,
		"alibaba list":    271,
		"alibaba encrypt": 185,
		"alibaba sign":    231,
		"huawei encrypt":  146,
		"huawei sign":     168,
	}
}

const listedKeys = 100 // of the page that is listed

// canned answers every request on a connection by the same reply. It does not allocate.
func canned(reply []byte) dialFunc {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			block, end := make([]byte, 64<<10), []byte("\r\n\r\n")
			for have := 0; ; {
				n, err := server.Read(block[have:])
				if err != nil {
					return
				}
				have += n
				at := bytes.Index(block[:have], end)
				if at < 0 || have < at+len(end)+bodyLength(block[:at]) {
					continue
				}
				if have = 0; writeAll(server, reply) != nil {
					return
				}
			}
		}()
		return client, nil
	}
}

func writeAll(w io.Writer, b []byte) error { _, err := w.Write(b); return err }

// bodyLength reads the Content-Length of a header.
func bodyLength(header []byte) (n int) {
	const name = "\r\nContent-Length: "
	at := bytes.Index(header, []byte(name))
	if at < 0 {
		return 0
	}
	for _, c := range header[at+len(name):] {
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// cannedReplies are the replies of each call, in the form that the vendor documents.
func cannedReplies(t *testing.T) map[string]string {
	names := make([]string, listedKeys)
	items, lower := make([]object, listedKeys), make([]object, listedKeys)
	for i := range names {
		names[i] = keyNamed(i)
		items[i], lower[i] = object{"Name": names[i], "UpdateTime": "2026-11-13T07:46:03Z"}, object{"name": names[i]}
	}
	const id = "07aea30b-d34f-4480-b14c-ffb4f7e10555"
	half := "\x02\x20" + strings.Repeat("\x5a", 32)
	signature := base64.StdEncoding.EncodeToString([]byte("\x30\x44" + half + half)) // the DER of a signature of P-256
	const blob = "AgDoAG7EsEc2OHpQxz4gDFDH54CqwaelpTdEl+RFQm9uZGVkQ2lwaGVydGV4dEJ5VGhlU2VydmVyAAAAAA=="
	tencent := func(response object) object { response["RequestId"] = id; return object{"Response": response} }
	cloudflare := func(result, info any) object {
		return object{"success": true, "errors": []any{}, "messages": []any{}, "result": result, "result_info": info}
	}
	replies := map[string]string{"cloudflare get": message("200 OK", "", `{"on":true}`)}
	for name, body := range map[string]object{
		"tencent get":     tencent(object{"Data": []object{{"Key": "k", "Value": `{"on":true}`, "Expiration": ""}}}),
		"tencent put":     tencent(object{}),
		"tencent list":    tencent(object{"Keys": names, "Cursor": ""}),
		"tencent encrypt": tencent(object{"KeyId": keyID, "CiphertextBlob": blob}),
		"tencent sign":    tencent(object{"Signature": signature}),
		"cloudflare put":  cloudflare(nil, nil),
		"cloudflare list": cloudflare(lower, object{"count": listedKeys, "cursor": ""}),
		"alibaba get":     {"Value": `{"on":true}`, "RequestId": id},
		"alibaba put":     {"Length": "11", "Value": "{", "RequestId": id},
		"alibaba list":    {"Keys": items, "PageNumber": 1, "PageSize": 100, "TotalCount": listedKeys, "RequestId": id},
		"alibaba encrypt": {"KeyId": keyID, "KeyVersionId": keyID, "CiphertextBlob": blob, "RequestId": id},
		"alibaba sign": {"KeyId": keyID, "KeyVersionId": keyID, "Value": signature, "RequestId": id,
			"KeyVersions": object{"KeyVersion": []object{{"KeyId": keyID, "KeyVersionId": keyID, "CreationDate": "2026-11-13T07:46:03Z"}}},
			"PageNumber":  1, "PageSize": 100, "TotalCount": 1},
		"huawei encrypt": {"key_id": keyID, "cipher_text": blob},
		"huawei sign":    {"key_id": keyID, "signature": signature},
	} {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		replies[name] = message("200 OK", "Date: Fri, 02 Jan 2026 03:04:05 GMT\r\n", string(text))
	}
	return replies
}

// TestAllocationCeilings: a call of a driver, through all layers that there are by default, takes no more allocations than
// it did.
func TestAllocationCeilings(t *testing.T) {
	if raced() {
		t.Skip("the race detector allocates too")
	}
	replies := cannedReplies(t)
	for name, ceiling := range ceilings() {
		t.Run(name, func(t *testing.T) {
			provider, operation, _ := strings.Cut(name, " ")
			client := open(t, entries()[provider], canned([]byte(replies[name])), policy.Policy{Rate: policy.Rate{Unlimited: true}})
			ctx, value, digest := context.Background(), []byte(`{"on":true}`), make([]byte, 32)
			var ns *kv.Namespace
			var key *kms.Key
			var err error
			if operation == "encrypt" || operation == "sign" {
				key, err = client.KMS(ctx, "key")
			} else {
				ns, err = client.KV(ctx, "flags")
			}
			if err != nil {
				t.Fatal(err)
			}
			calls := map[string]func() error{
				"get": func() error { _, err := ns.Get(ctx, "k"); return err },
				"put": func() error { return ns.Put(ctx, "k", value) },
				"list": func() error {
					listed := 0
					for _, err := range ns.Keys(ctx, kv.PageSize(listedKeys)) {
						if err != nil {
							return err
						}
						listed++
					}
					if listed != listedKeys {
						return fmt.Errorf("%d keys", listed)
					}
					return nil
				},
				"encrypt": func() error { _, err := key.Encrypt(ctx, value); return err },
				"sign":    func() error { _, err := key.SignDigest(ctx, kms.ECDSASHA256, digest); return err },
			}
			call := calls[operation]
			for range 3 { // what is set up once
				if err := call(); err != nil {
					t.Fatal(err)
				}
			}
			got := testing.AllocsPerRun(200, func() {
				if err := call(); err != nil {
					t.Fatal(err)
				}
			})
			t.Logf("%s: %v allocations, at most %v", name, got, ceiling)
			if got > ceiling {
				t.Errorf("%v allocations, the ceiling is %v", got, ceiling)
			}
		})
	}
}
