package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// plainClient is what a program without any package would do: net/http, encoding/json and a signature.
type plainClient struct {
	http *http.Client
	host string
}

func newPlainClient(host string) *plainClient {
	return &plainClient{&http.Client{Transport: tunedTransport()}, host}
}

// send sends a request and returns the body of a reply of status 200.
func (c *plainClient) send(ctx context.Context, method, target string, header http.Header, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.host+target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = header
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, content)
	}
	return content, err
}

// acs3 sends a request with Alibaba Cloud's signature (page "V3 request structure and signature").
func (c *plainClient) acs3(ctx context.Context, action, version string, query, form url.Values, reply any) error {
	method, contentType := http.MethodGet, ""
	var body []byte
	if form != nil {
		method, contentType, body = http.MethodPost, "application/x-www-form-urlencoded", []byte(percent(form))
	}
	var nonce [16]byte
	_, _ = rand.Read(nonce[:])
	sum, at := hexSum(body), time.Now().UTC().Format(time.RFC3339)
	header := http.Header{
		"X-Acs-Action": {action}, "X-Acs-Version": {version}, "X-Acs-Date": {at},
		"X-Acs-Content-Sha256": {sum}, "X-Acs-Signature-Nonce": {hex.EncodeToString(nonce[:])},
	}
	names, lines := "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version", ""
	if contentType != "" {
		header["Content-Type"] = []string{contentType}
		names, lines = "content-type;"+names, "content-type:"+contentType+"\n"
	}
	lines += "host:" + c.host + "\nx-acs-action:" + action + "\nx-acs-content-sha256:" + sum + "\nx-acs-date:" + at +
		"\nx-acs-signature-nonce:" + header["X-Acs-Signature-Nonce"][0] + "\nx-acs-version:" + version + "\n"
	raw := percent(query)
	canonical := method + "\n/\n" + raw + "\n" + lines + "\n" + names + "\n" + sum
	signed := hmacSum([]byte(secretKey), "ACS3-HMAC-SHA256\n"+hexSum([]byte(canonical)))
	header["Authorization"] = []string{"ACS3-HMAC-SHA256 Credential=" + accessKey + ",SignedHeaders=" + names + ",Signature=" + hex.EncodeToString(signed)}
	target := "/"
	if raw != "" {
		target += "?" + raw
	}
	content, err := c.send(ctx, method, target, header, body)
	if err != nil {
		return err
	}
	return json.Unmarshal(content, reply)
}

// percent encodes parameters as Alibaba Cloud's signature wants them.
func percent(v url.Values) string { return strings.ReplaceAll(v.Encode(), "+", "%20") }

// tc3 sends a request with Tencent Cloud's signature (page "Signature v3").
func (c *plainClient) tc3(ctx context.Context, service, version, region, action string, request, reply any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	at, date := strconv.FormatInt(now.Unix(), 10), now.Format(time.DateOnly)
	canonical := "POST\n/\n\ncontent-type:application/json\nhost:" + c.host + "\n\ncontent-type;host\n" + hexSum(body)
	scope := date + "/" + service + "/tc3_request"
	toSign := "TC3-HMAC-SHA256\n" + at + "\n" + scope + "\n" + hexSum([]byte(canonical))
	key := hmacSum(hmacSum(hmacSum([]byte("TC3"+secretKey), date), service), "tc3_request")
	header := http.Header{
		"Content-Type": {"application/json"}, "X-Tc-Action": {action}, "X-Tc-Version": {version}, "X-Tc-Timestamp": {at},
		"Authorization": {"TC3-HMAC-SHA256 Credential=" + accessKey + "/" + scope + ", SignedHeaders=content-type;host, Signature=" + hex.EncodeToString(hmacSum(key, toSign))},
	}
	if region != "" {
		header["X-Tc-Region"] = []string{region}
	}
	content, err := c.send(ctx, http.MethodPost, "/", header, body)
	if err != nil {
		return err
	}
	return json.Unmarshal(content, &struct{ Response any }{reply})
}

// hws sends a request with Huawei Cloud's signature (page "AK/SK signing and authentication").
func (c *plainClient) hws(ctx context.Context, action string, request, reply any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	at, target := time.Now().UTC().Format("20060102T150405Z"), "/v1.0/"+projectID+"/kms/"+action
	const names = "host;x-project-id;x-sdk-date"
	canonical := "POST\n" + target + "/\n\nhost:" + c.host + "\nx-project-id:" + projectID + "\nx-sdk-date:" + at + "\n\n" + names + "\n" + hexSum(body)
	signed := hmacSum([]byte(secretKey), "SDK-HMAC-SHA256\n"+at+"\n"+hexSum([]byte(canonical)))
	content, err := c.send(ctx, http.MethodPost, target, http.Header{
		"Content-Type": {"application/json"}, "X-Project-Id": {projectID}, "X-Sdk-Date": {at},
		"Authorization": {"SDK-HMAC-SHA256 Access=" + accessKey + ", SignedHeaders=" + names + ", Signature=" + hex.EncodeToString(signed)},
	}, body)
	if err != nil {
		return err
	}
	return json.Unmarshal(content, reply)
}

// token sends a request with Cloudflare's token, and returns the reply.
func (c *plainClient) token(ctx context.Context, method, path, contentType string, body []byte) ([]byte, error) {
	header := http.Header{"Authorization": {"Bearer " + secretKey}}
	if contentType != "" {
		header["Content-Type"] = []string{contentType}
	}
	return c.send(ctx, method, "/client/v4/accounts/"+accountID+"/storage/kv/namespaces/"+namespaceID+path, header, body)
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func hmacSum(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
