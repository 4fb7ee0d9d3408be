package guance

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/secret"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// workspaceObject is how the vendor describes a workspace. What is not in it stays in Info.Vendor.
type workspaceObject struct {
	UUID         text            `json:"uuid"`
	Name         text            `json:"name"`
	Desc         text            `json:"desc"`
	Status       text            `json:"status"`
	BillingState text            `json:"billingState"`
	VersionType  text            `json:"versionType"`
	Language     text            `json:"language"`
	IsLocked     flag            `json:"isLocked"`
	CreateAt     moment          `json:"createAt"`
	UpdateAt     moment          `json:"updateAt"`
	DurationSet  json.RawMessage `json:"durationSet"`
}

// readWorkspace reads a workspace. It is named by its uuid, which must be there.
func readWorkspace(raw json.RawMessage) (driver.Info, string) {
	var w workspaceObject
	if fault := object(raw, &w); fault != "" {
		return driver.Info{}, fault
	}
	if w.UUID == "" {
		return driver.Info{}, "lacks the uuid of the workspace"
	}
	vendor, secrets, err := withoutSecrets(raw)
	if err != nil {
		return driver.Info{}, "has a content that does not have the documented form"
	}
	return driver.Info{
		ID: string(w.UUID), Name: string(w.Name), Description: string(w.Desc), Language: string(w.Language),
		Status: string(w.Status), BillingState: string(w.BillingState), Version: string(w.VersionType), Locked: bool(w.IsLocked),
		CreatedAt: w.CreateAt.Time, UpdatedAt: w.UpdateAt.Time, Retention: retention(w.DurationSet), Secrets: secrets, Vendor: vendor,
	}, ""
}

// retention reads spans such as "14d". What is written otherwise is in Info.Vendor only.
func retention(raw json.RawMessage) map[string]time.Duration {
	var all map[string]loose
	if json.Unmarshal(raw, &all) != nil {
		return nil
	}
	var kept map[string]time.Duration
	for kind, span := range all {
		if d, ok := parseDays(string(span)); ok {
			if kept == nil {
				kept = map[string]time.Duration{}
			}
			kept[kind] = d
		}
	}
	return kept
}

func readWorkspaces(content json.RawMessage) ([]driver.Info, string) {
	items, fault := list(content)
	if fault != "" {
		return nil, fault
	}
	var all []driver.Info
	for _, item := range items {
		info, fault := readWorkspace(item)
		if fault != "" {
			return nil, fault
		}
		all = append(all, info)
	}
	return all, ""
}

// unreadable stands for the vendor's code where a part of a reply cannot be read though the workspace was made.
const unreadable = "the reply tells of it in a form that is not documented"

// readCreated reads what was made (page open-api/workspace/create). The External API shows no reply; it is taken to
// answer with the same object, or with the workspace alone. A part that cannot be read does not lose the others: nobody
// tells the key again. The code of a fault is shown without secrets of either side.
func (c *client) readCreated(content json.RawMessage, res *driver.CreateResponse) (fault string) {
	fault = readCreated(content, res)
	res.Fault = append(hiddenTexts(c.credential, nil), told(content)...).Redact(res.Fault)
	return fault
}

func readCreated(content json.RawMessage, res *driver.CreateResponse) (fault string) {
	var c struct {
		WSInfo, AKInfo            json.RawMessage
		OwnerInfo                 json.RawMessage
		MakeResourceExceptionCode loose
	}
	if fault := object(content, &c); fault != "" {
		return fault
	}
	workspace := content
	if given(c.WSInfo) {
		workspace = c.WSInfo
	}
	res.Fault = string(c.MakeResourceExceptionCode)
	info, fault := readWorkspace(workspace)
	if fault == "" {
		res.Workspace = info
		var own struct{ MakeResourceExceptionCode loose }
		if json.Unmarshal(workspace, &own) == nil && res.Fault == "" {
			res.Fault = string(own.MakeResourceExceptionCode)
		}
	} else {
		var named struct{ UUID, Name loose }
		_ = json.Unmarshal(workspace, &named)
		res.Workspace = driver.Info{ID: string(named.UUID), Name: string(named.Name)}
	}
	if given(c.AKInfo) {
		key, fault := readKey(c.AKInfo)
		if fault == "" && (key.ID != "" || !key.Secret.IsEmpty()) {
			res.APIKey = &key
		}
	}
	if fault != "" && res.Workspace.ID == "" && res.APIKey == nil {
		return fault
	}
	if fault != "" && res.Fault == "" && res.Workspace.ID != "" {
		res.Fault = unreadable
	}
	var owner struct {
		AccountUUID text `json:"accountUUID"`
		Name, Email text
	}
	if json.Unmarshal(c.OwnerInfo, &owner) == nil {
		res.Workspace.Owner = driver.Account{ID: string(owner.AccountUUID), Name: string(owner.Name), Email: string(owner.Email)}
	}
	return ""
}

// given reports whether there is something: not null, and not an empty object.
func given(raw json.RawMessage) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) == nil {
		return len(fields) > 0
	}
	return len(raw) > 0
}

// keyObject is an API key: its id and secret have other names where it was made together with a workspace.
type keyObject struct {
	UUID     text   `json:"uuid"`
	KeyID    text   `json:"keyId"`
	SK       text   `json:"sk"`
	KeySK    text   `json:"keySk"`
	Name     text   `json:"name"`
	Creator  text   `json:"creator"`
	CreateAt moment `json:"createAt"`
}

func readKey(raw json.RawMessage) (driver.APIKey, string) {
	var k keyObject
	if fault := object(raw, &k); fault != "" {
		return driver.APIKey{}, fault
	}
	key := driver.APIKey{ID: string(k.UUID), Name: string(k.Name), Secret: secret.New(string(k.SK)), Creator: string(k.Creator), CreatedAt: k.CreateAt.Time}
	if key.ID == "" {
		key.ID = string(k.KeyID)
	}
	if key.Secret.IsEmpty() {
		key.Secret = secret.New(string(k.KeySK))
	}
	return key, ""
}

func readKeys(content json.RawMessage) ([]driver.APIKey, string) {
	items, fault := list(content)
	if fault != "" {
		return nil, fault
	}
	var all []driver.APIKey
	for _, item := range items {
		key, fault := readKey(item)
		if fault == "" && key.ID == "" {
			fault = "has an API key without a uuid"
		}
		if fault != "" {
			return nil, fault
		}
		all = append(all, key)
	}
	return all, ""
}

// readLimits reads daily limits. The reply is not documented: taken is the form of the request that sets them, with or
// without its outer field.
func readLimits(content json.RawMessage) (map[string]driver.UsageLimit, string) {
	var fields map[string]json.RawMessage
	if fault := object(content, &fields); fault != "" {
		return nil, fault
	}
	var inner map[string]json.RawMessage
	if json.Unmarshal(fields["config"], &inner) == nil && inner != nil {
		fields = inner
	}
	all := map[string]driver.UsageLimit{}
	for kind, raw := range fields {
		var l struct {
			OpenLimit *flag
			Value     text
		}
		if json.Unmarshal(raw, &l) != nil || l.OpenLimit == nil {
			continue // another field of the object
		}
		value := json.Number(l.Value)
		if _, err := value.Float64(); value != "" && (err != nil || !json.Valid([]byte(value))) {
			return nil, "has a limit that is no number"
		}
		all[kind] = driver.UsageLimit{Enabled: bool(*l.OpenLimit), Value: value}
	}
	if len(all) == 0 && len(fields) > 0 {
		return nil, "has no limit in it"
	}
	return all, ""
}

// isSecret reports whether a field holds a secret: the tokens of a workspace (token, cliToken, rumDataWayToken) and the
// secrets of keys (sk, keySk), however they are written.
func isSecret(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(name, "_", ""), "-", ""))
	return name == "sk" || name == "keysk" || strings.HasSuffix(name, "token") || strings.HasSuffix(name, "secret") || strings.HasSuffix(name, "secretkey")
}

// withoutSecrets returns an object without its secrets, at any depth and in any text, and those of the object itself.
// Numbers keep their digits.
func withoutSecrets(raw json.RawMessage) (clean json.RawMessage, secrets map[string]secret.String, err error) {
	v, err := decodeAny(raw)
	if err != nil {
		return nil, nil, err
	}
	fields, _ := v.(map[string]any)
	for name, value := range fields {
		if s, ok := value.(string); ok && s != "" && isSecret(name) {
			if secrets == nil {
				secrets = map[string]secret.String{}
			}
			secrets[name] = secret.New(s)
		}
	}
	var hidden wire.Hidden
	walk(v, func(s string) {
		if len(s) >= shortestSecret {
			hidden = append(hidden, s)
		}
	})
	clean, err = wire.EncodeJSON(redacted(v, hidden))
	return clean, secrets, err
}

// shortestSecret is what a secret has at least to be taken out of other texts too, such as URLs. Shorter ones stand in many.
const shortestSecret = 8

// redacted returns what was decoded with [secret.Redacted] for each hidden text.
func redacted(v any, hidden wire.Hidden) any {
	switch v := v.(type) {
	case string:
		return hidden.Redact(v)
	case map[string]any:
		for name, inner := range v {
			v[name] = redacted(inner, hidden)
		}
	case []any:
		for i, inner := range v {
			v[i] = redacted(inner, hidden)
		}
	}
	return v
}

// told returns the secrets in a content.
func told(content json.RawMessage) (secrets wire.Hidden) {
	if v, err := decodeAny(content); err == nil {
		walk(v, func(s string) { secrets = append(secrets, s) })
	}
	return secrets
}

func decodeAny(raw []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// walk takes the secrets out of what was decoded, and calls found with each that is a text.
func walk(v any, found func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if !isSecret(name) {
				walk(inner, found)
				continue
			}
			if s, ok := inner.(string); ok {
				found(s)
			}
			delete(v, name)
		}
	case []any:
		for _, inner := range v {
			walk(inner, found)
		}
	}
}
