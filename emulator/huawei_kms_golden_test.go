package emulator_test

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/replay"
)

// Ids of the vendor's pages: of the project, and of the key that requests are about.
const (
	huaweiPageProject = "53d1aefc533f4ce9a59c26b01667cbcf"
	huaweiPageKey     = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
)

// TestHuaweiKMSGolden sends the requests of the vendor's pages, which the driver's tests answer, to the emulator. Each is
// played with a key that is in the state that the page presumes.
func TestHuaweiKMSGolden(t *testing.T) {
	plain := func(c *huaweiClient) string { return c.create("kms_test", nil) }
	in := func(state string) func(*huaweiClient) string {
		return func(c *huaweiClient) string {
			id := plain(c)
			c.ok(state, huaweiArgs{"key_id": id, "pending_days": huaweiDays(state)})
			return id
		}
	}
	tagged := func(tags ...any) func(*huaweiClient) string {
		return func(c *huaweiClient) string {
			id := plain(c)
			c.passes(c.do("POST", id+"/tags/action", huaweiArgs{"action": "create", "tags": tags}))
			return id
		}
	}
	tag := func(key, value string) any { return huaweiArgs{"key": key, "value": value} }
	played := map[string]func(*huaweiClient) string{
		"create-key":                       func(*huaweiClient) string { return "" },
		"enable-key":                       in("disable-key"),
		"schedule-key-deletion":            plain,
		"cancel-key-deletion":              in("schedule-key-deletion"),
		"encrypt-data":                     plain,
		"create-datakey-without-plaintext": plain,
		"get-parameters-for-import": func(c *huaweiClient) string {
			return c.create("kms_test", huaweiArgs{"origin": "external"})
		},
		"list-tags":   tagged(tag("key1", "value1"), tag("key2", "value2")),
		"create-tags": plain,
		"delete-tags": tagged(tag("key1", "value1"), tag("key2", "value3")),
	}
	notPlayed := map[string]string{
		"describe-key":            "the page has neither key_spec nor key_usage, and dates of its own",
		"list-keys":               "the page has neither key_spec nor key_usage, and dates of its own",
		"decrypt-data":            "the ciphertext is broken off",
		"decrypt-datakey":         "the ciphertext is of a key of the vendor's",
		"sign":                    "the digest has 31 bytes, one too few",
		"verify":                  "the signature is broken off",
		"get-publickey":           "the key is the vendor's",
		"get-key-rotation-status": "the key has been rotated three times",
	}
	files, err := filepath.Glob("../providers/huawei/testdata/kms/*.txt")
	if err != nil || len(files) != len(played)+len(notPlayed) {
		t.Errorf("%d files, of which %d are played and %d are not, %v", len(files), len(played), len(notPlayed), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		prepare := played[name]
		if (prepare == nil) == (notPlayed[name] == "") {
			t.Errorf("%s should be either played or among those that are not", file)
		}
		if prepare == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			c := newHuawei(t, nil)
			ids := map[string]string{huaweiPageProject: emulator.HuaweiProjectID}
			if id := prepare(c); id != "" {
				ids[huaweiPageKey] = id
			}
			replay.Check(t, file, replay.Upstream(c.em.URL()), replay.Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
				return c.renamed(r, ids)
			})))
		})
	}
}

func huaweiDays(action string) any {
	if action == "schedule-key-deletion" {
		return "7"
	}
	return nil
}

// renamed signs and sends a request of a page with other ids than the page has, and gives the reply those of the page.
func (c *huaweiClient) renamed(r *http.Request, ids map[string]string) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	path, text := r.URL.Path, string(body)
	for theirs, ours := range ids {
		path, text = strings.ReplaceAll(path, theirs, ours), strings.ReplaceAll(text, theirs, ours)
	}
	sent := c.request(r.Method, path, []byte(text))
	reply, err := c.http.Transport.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(reply.Body)
	_ = reply.Body.Close()
	text = string(content)
	for theirs, ours := range ids {
		text = strings.ReplaceAll(text, ours, theirs)
	}
	reply.Body, reply.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	return reply, err
}
