package huawei

import (
	"strconv"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// aliasPrefix begins every alias in requests and replies.
const aliasPrefix = "alias/"

// aliasList is a part of the aliases of a key.
type aliasList struct {
	Aliases *[]struct {
		KeyID string `json:"key_id"`
		Alias string `json:"alias"`
	} `json:"aliases"`
	PageInfo struct {
		NextMarker string `json:"next_marker"`
	} `json:"page_info"`
}

// aliasReply is such parts in an array, as the table of the page says, or one of them, as its example shows.
type aliasReply struct {
	head
	aliasList
	List []aliasList `json:"-"`
}

// page returns the aliases without their prefix.
func (r *aliasReply) page(keyID string) (_ *driver.ListAliasesResponse, fault string) {
	page := &driver.ListAliasesResponse{}
	parts := r.List
	if parts == nil {
		parts = []aliasList{r.aliasList}
	}
	for _, part := range parts {
		if part.Aliases == nil {
			return nil, "lacks the aliases"
		}
		for _, a := range *part.Aliases {
			if a.Alias == "" || a.KeyID != "" && a.KeyID != keyID {
				return nil, "has an alias without a name or of another key"
			}
			page.Aliases = append(page.Aliases, strings.TrimPrefix(a.Alias, aliasPrefix))
		}
		if next := part.PageInfo.NextMarker; next != "" {
			page.Cursor = next
		}
	}
	return page, ""
}

// tag is a label on a key.
type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// tagsRequest adds or removes tags.
type tagsRequest struct {
	Tags   []tag  `json:"tags"`
	Action string `json:"action"`
}

func encodeTags(action string, tags []driver.Tag) (*tagsRequest, error) {
	body := &tagsRequest{Action: action, Tags: []tag{}}
	for _, t := range tags {
		if err := checkText(t.Key, t.Value); err != nil {
			return nil, err
		}
		body.Tags = append(body.Tags, tag(t))
	}
	return body, nil
}

type tagsReply struct {
	head
	Tags *[]tag `json:"tags"`
}

func (r *tagsReply) tags() (all []driver.Tag, fault string) {
	if r.Tags == nil {
		return nil, "lacks the tags"
	}
	for _, t := range *r.Tags {
		if t.Key == "" {
			return nil, "has a tag without a key"
		}
		all = append(all, driver.Tag(t))
	}
	return all, ""
}

// rotationReply tells how a key is rotated.
type rotationReply struct {
	head
	Enabled  scalar `json:"key_rotation_enabled"`
	Interval scalar `json:"rotation_interval"`
	Last     scalar `json:"last_rotation_time"`
}

// maxInterval is far beyond any interval of rotation, in days.
const maxInterval = 1 << 20

func (r *rotationReply) rotation() (_ *driver.GetRotationResponse, fault string) {
	enabled, ok := r.Enabled.truth()
	if !ok {
		return nil, "lacks key_rotation_enabled"
	}
	rotation := &driver.GetRotationResponse{Enabled: enabled}
	if rotation.Last, ok = parseTime(r.Last); !ok {
		return nil, "has a date of a rotation that is none"
	}
	if enabled && r.Interval != "" {
		days, err := strconv.ParseUint(string(r.Interval), 10, 32)
		if err != nil || days > maxInterval {
			return nil, "has a rotation_interval that is none"
		}
		rotation.Days = int(days)
	}
	return rotation, ""
}

// importRequest gives a key its material. The expiry counts seconds.
type importRequest struct {
	KeyID          string `json:"key_id"`
	ImportToken    string `json:"import_token"`
	Material       string `json:"encrypted_key_material"`
	ExpirationTime int64  `json:"expiration_time,omitempty"`
}

func encodeImport(r *driver.ImportKeyMaterialRequest) (*importRequest, error) {
	body := &importRequest{KeyID: r.KeyID, ImportToken: string(r.Token), Material: wire.ToBase64(r.Wrapped)}
	if !r.ExpiresAt.IsZero() {
		body.ExpirationTime = r.ExpiresAt.Unix()
	}
	return body, checkText(body.KeyID, body.ImportToken)
}

// parametersReply tells what material is wrapped with. The date counts seconds.
type parametersReply struct {
	head
	ImportToken    string `json:"import_token"`
	PublicKey      string `json:"public_key"`
	ExpirationTime scalar `json:"expiration_time"`
}

func (r *parametersReply) parameters() (_ *driver.ImportParametersResponse, fault string) {
	public, ok := fromBase64(r.PublicKey)
	if !ok || !isBlob(r.ImportToken) {
		return nil, "lacks the import_token or public_key"
	}
	var expires time.Time
	if expires, ok = parseTime(r.ExpirationTime); !ok {
		return nil, "has an expiration_time that is none"
	}
	return &driver.ImportParametersResponse{PublicKey: public, Token: []byte(r.ImportToken), ExpiresAt: expires}, ""
}
