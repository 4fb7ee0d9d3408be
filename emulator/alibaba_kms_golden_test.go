package emulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/replay"
)

// alibabaKMSPage puts an emulator into the state that a page presumes, and says what of the page is what of the emulator.
type alibabaKMSPage struct {
	t     *testing.T
	em    *emulator.AlibabaKMS
	http  http.Client
	now   time.Time
	calls int
	texts []string                   // a text of the page and the emulator's, by turns
	learn func(reply map[string]any) // adds to texts what only the reply tells
	drop  []string                   // fields that replies, or their KeyMetadata, had not when the page was written
}

// send signs a request of parameters in the body, and sends it.
func (p *alibabaKMSPage) send(action string, form url.Values) map[string]any {
	p.t.Helper()
	r, _ := http.NewRequest(http.MethodPost, p.em.URL(), strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Acs-Action", action)
	r.Header.Set("X-Acs-Version", "2016-01-20")
	res, err := p.RoundTrip(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	reply := map[string]any{}
	if err := json.NewDecoder(res.Body).Decode(&reply); err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %d, %v, %v", action, res.StatusCode, reply, err)
	}
	return reply
}

// RoundTrip sends a request of a page in the emulator's words, and returns the reply in those of the page.
func (p *alibabaKMSPage) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	there, back := strings.NewReplacer(p.texts...), strings.NewReplacer(swapped(p.texts)...)
	for name := range form {
		form.Set(name, there.Replace(form.Get(name)))
	}
	text := form.Encode()
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	p.calls++
	r.Header.Set("X-Acs-Date", p.now.UTC().Format("2006-01-02T15:04:05Z"))
	r.Header.Set("X-Acs-Signature-Nonce", "page-"+strconv.Itoa(p.calls))
	r.Header.Set("X-Acs-Content-Sha256", alibabaHash(text))
	alibabaAuthorize(r, nil, p.em.AccessKeyID(), p.em.AccessKeySecret())
	res, err := p.http.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	reply, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if p.learn != nil {
		fields := map[string]any{}
		if err := json.Unmarshal(reply, &fields); err != nil {
			return nil, err
		}
		p.learn(fields)
		back = strings.NewReplacer(swapped(p.texts)...)
	}
	if len(p.drop) > 0 {
		if reply, err = p.dropped(reply); err != nil {
			return nil, err
		}
	}
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader([]byte(back.Replace(string(reply))))), -1
	res.Header.Del("Content-Length")
	return res, nil
}

// dropped takes out of a reply what the page has not.
func (p *alibabaKMSPage) dropped(reply []byte) ([]byte, error) {
	fields := map[string]any{}
	if err := json.Unmarshal(reply, &fields); err != nil {
		return nil, err
	}
	where := fields
	if meta, there := fields["KeyMetadata"].(map[string]any); there {
		where = meta
	}
	for _, name := range p.drop {
		if _, there := where[name]; !there {
			p.t.Errorf("the reply has no %s", name)
		}
		delete(where, name)
	}
	return json.Marshal(fields)
}

func swapped(pairs []string) []string {
	out := make([]string, len(pairs))
	for i := range pairs {
		out[i] = pairs[i^1]
	}
	return out
}

// key makes a key, which the page calls by that id.
func (p *alibabaKMSPage) key(pageID string, form url.Values) (id string) {
	p.t.Helper()
	meta := p.send("CreateKey", form)["KeyMetadata"].(map[string]any)
	id = meta["KeyId"].(string)
	p.texts = append(p.texts, pageID, id)
	return id
}

// symmetric makes a key outside of instances.
func (p *alibabaKMSPage) symmetric(pageID string) string { return p.key(pageID, nil) }

// pair makes a pair with the version that the page calls so.
func (p *alibabaKMSPage) pair(usage string) (id, version string) {
	p.t.Helper()
	id = p.key(alibabaPagePair, url.Values{"KeySpec": {"RSA_2048"}, "KeyUsage": {usage}, "DKMSInstanceId": {p.em.InstanceID()}})
	all := p.send("ListKeyVersions", url.Values{"KeyId": {id}})["KeyVersions"].(map[string]any)["KeyVersion"].([]any)
	version = all[0].(map[string]any)["KeyVersionId"].(string)
	p.texts = append(p.texts, alibabaPageVersion, version)
	return id, version
}

// versioned makes a symmetric key whose version the page calls so.
func (p *alibabaKMSPage) versioned(pageID, pageVersion string) {
	p.t.Helper()
	meta := p.send("DescribeKey", url.Values{"KeyId": {p.symmetric(pageID)}})["KeyMetadata"].(map[string]any)
	p.texts = append(p.texts, pageVersion, meta["PrimaryKeyVersion"].(string))
}

// tagged gives a key the tag of the pages.
func (p *alibabaKMSPage) tagged(id string) {
	p.t.Helper()
	p.send("TagResources", url.Values{"RegionId": {p.em.Region()}, "ResourceType": {"key"}, "ResourceId.1": {id}, "Tag.1.Key": {"disk-encryption"}, "Tag.1.Value": {"true"}})
}

// owner says which owner of keys the page has, and in which region.
func (p *alibabaKMSPage) owner(id, pageOwner string) {
	p.t.Helper()
	meta := p.send("DescribeKey", url.Values{"KeyId": {id}})["KeyMetadata"].(map[string]any)
	p.metadata(meta, pageOwner)
}

func (p *alibabaKMSPage) metadata(meta map[string]any, pageOwner string) {
	owner := strings.TrimSuffix(strings.TrimPrefix(meta["Arn"].(string), "acs:kms:"), ":key/"+meta["KeyId"].(string))
	p.texts = append(p.texts, "acs:kms:"+pageOwner+":", "acs:kms:"+owner+":")
}

// The ids of the pages.
const (
	alibabaPageKey     = "1234abcd-12ab-34cd-56ef-12345678****"
	alibabaPagePair    = "5c438b18-05be-40ad-b6c2-3be6752c****"
	alibabaPageVersion = "2ab1a983-7072-4bbc-a582-584b5bd8****"
	alibabaPageData    = "599fa825-17de-417e-9554-bb032cc6****"
	alibabaPageNewKey  = "key-hzz62f1cb66fa42qo****"
)

func alibabaPageFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("../providers/alibaba/testdata/kms/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAlibabaKMSGolden(t *testing.T) {
	page := func(file, field string) string {
		all, err := replay.Parse(alibabaPageFile(t, file))
		if err != nil {
			t.Fatal(err)
		}
		form, _ := url.ParseQuery(string(all[0].Body))
		return form.Get(field)
	}
	prepared := map[string]func(*alibabaKMSPage){
		"create-key": func(p *alibabaKMSPage) {
			p.now = time.Date(2021, 4, 12, 6, 0, 54, 0, time.UTC)
			p.drop = []string{"DeletionProtection"}
			p.learn = func(reply map[string]any) {
				meta := reply["KeyMetadata"].(map[string]any)
				p.texts = append(p.texts, "d6bee1cb-2e14-4277-ba6b-73786b21****", meta["KeyId"].(string))
				p.texts = append([]string{"7ce1d081-06cb-42e6-aab6-5c5de030****", meta["PrimaryKeyVersion"].(string)}, p.texts...)
				p.metadata(meta, "cn-qingdao:154035569884****")
				p.texts = append(p.texts, "154035569884****", meta["Creator"].(string))
			}
		},
		"describe-key": func(p *alibabaKMSPage) {
			id := p.key("05754286-3ba2-4fa6-8d41-4323aca6****", url.Values{"ProtectionLevel": {"HSM"}, "DKMSInstanceId": {p.em.InstanceID()}})
			meta := p.send("DescribeKey", url.Values{"KeyId": {id}})["KeyMetadata"].(map[string]any)
			p.send("SetDeletionProtection", url.Values{"ProtectedResourceArn": {meta["Arn"].(string)}, "EnableDeletionProtection": {"true"}})
			p.drop = []string{"DKMSInstanceId", "DeletionProtectionDescription"}
			p.texts = append([]string{"515e0b0a-624f-45ab-92b5-54f9b551****", meta["PrimaryKeyVersion"].(string)}, p.texts...)
			p.metadata(meta, "cn-hangzhou:154035569884****")
			p.texts = append(p.texts, "154035569884****", meta["Creator"].(string))
		},
		"list-keys": func(p *alibabaKMSPage) {
			p.symmetric("another-key-of-the-page")
			p.texts = nil
			all := p.send("ListKeys", nil)["Keys"].(map[string]any)["Key"].([]any)
			for i, pageID := range []string{"80e9409f-78fa-42ab-84bd-83f40c81****", "8fbb1226-a06f-4c57-8887-daa5b627****"} {
				id := all[i].(map[string]any)["KeyId"].(string)
				p.texts = append(p.texts, pageID, id)
				p.owner(id, "cn-hangzhou:123456")
			}
		},
		"list-aliases-by-key-id": func(p *alibabaKMSPage) {
			id := p.symmetric("08c33a6f-4e0a-4a1b-a3fa-7ddfa1d4xxxx")
			p.send("CreateAlias", url.Values{"KeyId": {id}, "AliasName": {"alias/ExampleAlias1"}})
			p.owner(id, "cn-hangzhou:123456")
		},
		"list-key-versions": func(p *alibabaKMSPage) {
			p.now = time.Date(2019, 8, 6, 10, 17, 4, 0, time.UTC)
			id := p.key("0b30658a-ed1a-4922-b8f7-a673ca9c440b", url.Values{"KeySpec": {"EC_P256"}, "DKMSInstanceId": {p.em.InstanceID()}})
			for _, seconds := range []time.Duration{134, 165} {
				p.now = p.now.Add(seconds * time.Second)
				p.send("CreateKeyVersion", url.Values{"KeyId": {id}})
			}
			all := p.send("ListKeyVersions", url.Values{"KeyId": {id}})["KeyVersions"].(map[string]any)["KeyVersion"].([]any)
			for i, pageID := range []string{"1e3304fd-68ac-4d5b-8886-ae5f01a1af61", "2ab1a983-7072-4bbc-a582-584b5bd8ecf3", "6a69c763-388a-4708-9fc0-4322266bf2d0"} {
				p.texts = append([]string{pageID, all[i].(map[string]any)["KeyVersionId"].(string)}, p.texts...)
			}
		},
		"describe-key-missing": func(*alibabaKMSPage) {},
		"enable-key":           func(p *alibabaKMSPage) { p.symmetric(alibabaPageKey) },
		"disable-key":          func(p *alibabaKMSPage) { p.symmetric(alibabaPageKey) },
		"schedule-key-deletion": func(p *alibabaKMSPage) {
			p.symmetric(alibabaPageKey)
		},
		"cancel-key-deletion": func(p *alibabaKMSPage) {
			p.send("ScheduleKeyDeletion", url.Values{"KeyId": {p.symmetric(alibabaPageKey)}, "PendingWindowInDays": {"7"}})
		},
		"update-key-description": func(p *alibabaKMSPage) { p.symmetric(alibabaPageKey) },
		"create-alias":           func(p *alibabaKMSPage) { p.symmetric(alibabaPageKey) },
		"delete-alias": func(p *alibabaKMSPage) {
			p.send("CreateAlias", url.Values{"KeyId": {p.symmetric(alibabaPageKey)}, "AliasName": {"alias/example"}})
		},
		"encrypt": func(p *alibabaKMSPage) { p.symmetric("your-key-id"); p.drop = []string{"KeyVersionId"} },
		"decrypt": func(p *alibabaKMSPage) {
			id := p.symmetric("202b9877-5a25-46e3-a763-e20791b5****")
			made := p.send("Encrypt", url.Values{"KeyId": {id}, "Plaintext": {"SGVsbG8gd29ybGQ="}, "EncryptionContext": {page("decrypt", "EncryptionContext")}})
			p.texts = append(p.texts, page("decrypt", "CiphertextBlob"), made["CiphertextBlob"].(string))
			p.drop = []string{"KeyVersionId"}
		},
		"generate-data-key": func(p *alibabaKMSPage) {
			p.versioned(alibabaPageData, alibabaPageVersion)
		},
		"generate-data-key-without-plaintext": func(p *alibabaKMSPage) {
			p.versioned(alibabaPageData, "2ab1a983-7072-4bbc-a582-584b5bd8ecf3")
		},
		"re-encrypt": func(p *alibabaKMSPage) {
			p.symmetric(alibabaPageKey)
			made := p.send("Encrypt", url.Values{"KeyId": {p.symmetric("another-key-of-the-page")}, "Plaintext": {"SGVsbG8gd29ybGQ="}})
			p.texts = append(p.texts, page("re-encrypt", "CiphertextBlob"), made["CiphertextBlob"].(string))
		},
		"asymmetric-encrypt": func(p *alibabaKMSPage) { p.pair("ENCRYPT/DECRYPT") },
		"asymmetric-decrypt": func(p *alibabaKMSPage) {
			id, version := p.pair("ENCRYPT/DECRYPT")
			made := p.send("AsymmetricEncrypt", url.Values{"KeyId": {id}, "KeyVersionId": {version}, "Algorithm": {"RSAES_OAEP_SHA_1"}, "Plaintext": {"SGVsbG8gd29ybGQ="}})
			p.texts = append(p.texts, page("asymmetric-decrypt", "CiphertextBlob"), made["CiphertextBlob"].(string))
		},
		"asymmetric-sign": func(p *alibabaKMSPage) { p.pair("SIGN/VERIFY") },
		"asymmetric-verify": func(p *alibabaKMSPage) {
			id, version := p.pair("SIGN/VERIFY")
			made := p.send("AsymmetricSign", url.Values{"KeyId": {id}, "KeyVersionId": {version}, "Algorithm": {"RSA_PSS_SHA_256"}, "Digest": {page("asymmetric-verify", "Digest")}})
			p.texts = append(p.texts, page("asymmetric-verify", "Value"), made["Value"].(string))
		},
		"get-public-key": func(p *alibabaKMSPage) { p.pair("SIGN/VERIFY") },
		"get-parameters-for-import": func(p *alibabaKMSPage) {
			p.now = time.Date(2018, 1, 24, 0, 1, 2, 0, time.UTC)
			p.key(alibabaPageKey, url.Values{"Origin": {"EXTERNAL"}})
		},
		"delete-key-material": func(p *alibabaKMSPage) { p.key(alibabaPageKey, url.Values{"Origin": {"EXTERNAL"}}) },
		"update-rotation-policy": func(p *alibabaKMSPage) {
			p.key(alibabaPageNewKey, url.Values{"DKMSInstanceId": {p.em.InstanceID()}})
		},
		"tag-resources": func(p *alibabaKMSPage) { p.symmetric(alibabaPageNewKey) },
		"untag-resources": func(p *alibabaKMSPage) {
			p.tagged(p.symmetric(alibabaPageNewKey))
		},
		"list-tag-resources": func(p *alibabaKMSPage) {
			p.tagged(p.symmetric(alibabaPageNewKey))
			p.drop = []string{"NextToken"} // which is empty on the last page
		},
	}
	notPlayed := map[string]string{
		"illegal-timestamp":   "the page does not show the request",
		"import-key-material": "the material is wrapped with a key of the vendor's",
	}
	files, err := filepath.Glob("../providers/alibaba/testdata/kms/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		prepare, plays := prepared[name]
		if plays == (notPlayed[name] != "") {
			t.Errorf("%s should be either played or among those that are not", file)
			continue
		} else if !plays {
			continue
		}
		t.Run(name, func(t *testing.T) {
			id := goldenRequestID(t, file)
			p := &alibabaKMSPage{t: t, now: time.Date(2021, 5, 20, 6, 34, 21, 0, time.UTC)}
			p.em = emulator.NewAlibabaKMS(emulator.InMemory(), emulator.WithClock(func() time.Time { return p.now }), emulator.WithRequestID(func() string { return id }),
				emulator.WithAlibabaKMS(emulator.AlibabaKMSSettings{UUIDs: true, NewestFirst: true, VersionInterval: -1}))
			t.Cleanup(p.em.Close)
			transport := &http.Transport{DialContext: p.em.DialContext}
			t.Cleanup(transport.CloseIdleConnections)
			p.http.Transport = transport
			prepare(p)
			replay.Check(t, file, replay.Upstream(p.em.URL()), replay.Transport(p))
		})
	}
}
