package local

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/secret"
	workspacedriver "github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// The buckets of workspaces, which are there from the first workspace on.
const (
	workspaceBucket = "workspaces" // by id
	apiKeyBucket    = "api keys"   // by workspace and id; see apiKeyPlace
)

// workspaceRecord is what is stored under a workspace's id, as JSON behind a byte of its version.
type workspaceRecord struct {
	Name        string                `json:"name"`
	Description string                `json:"description,omitempty"`
	Language    string                `json:"language,omitempty"`
	Owner       string                `json:"owner"`
	Created     time.Time             `json:"created"`
	Updated     time.Time             `json:"updated"`
	Options     map[string]string     `json:"options,omitempty"`
	Limits      map[string]usageLimit `json:"limits,omitempty"`
}

type usageLimit struct {
	Enabled bool        `json:"enabled"`
	Value   json.Number `json:"value"`
}

// apiKeyRecord is what is stored of an API key, in the same way.
type apiKeyRecord struct {
	Name    string    `json:"name"`
	Secret  string    `json:"secret"`
	Roles   []string  `json:"roles,omitempty"`
	Created time.Time `json:"created"`
}

// jsonVersion is the version of records of workspaces and keys.
const jsonVersion = 1

func encodeJSON(record any) ([]byte, error) {
	text, err := json.Marshal(record)
	if err != nil {
		return nil, err
	}
	return append([]byte{jsonVersion}, text...), nil
}

// decodeJSON reads a record of this version, which has no field that this version does not know.
func decodeJSON(b []byte, record any) error {
	if len(b) == 0 || b[0] != jsonVersion {
		return errRecord
	}
	d := json.NewDecoder(bytes.NewReader(b[1:]))
	d.DisallowUnknownFields()
	if d.Decode(record) != nil {
		return errRecord // the cause could show a secret
	}
	if _, err := d.Token(); err != io.EOF {
		return errRecord
	}
	return nil
}

func decodeWorkspace(id string, b []byte) (w workspaceRecord, err error) {
	if err := decodeJSON(b, &w); err != nil {
		return w, errs.Refuse(errs.Corrupt, "workspace %q: what is stored of it is damaged: %w", id, err)
	}
	return w, nil
}

func (w *workspaceRecord) info(id string) workspacedriver.Info {
	info := workspacedriver.Info{
		ID: id, Name: w.Name, Description: w.Description, Language: w.Language,
		Owner: workspacedriver.Account{ID: w.Owner}, CreatedAt: w.Created, UpdatedAt: w.Updated,
	}
	if len(w.Options) > 0 {
		info.Vendor, _ = json.Marshal(map[string]any{"options": w.Options}) // texts always marshal
	}
	return info
}

func (k *apiKeyRecord) key(id string) workspacedriver.APIKey {
	return workspacedriver.APIKey{ID: id, Name: k.Name, Secret: secret.New(k.Secret), Roles: k.Roles, CreatedAt: k.Created}
}

// limits returns the limits by kind; all of the kinds that there are, where they are known.
func (w *workspaceRecord) limits(kinds []string) map[string]workspacedriver.UsageLimit {
	all := map[string]workspacedriver.UsageLimit{}
	for _, kind := range kinds {
		all[kind] = workspacedriver.UsageLimit{Value: "0"}
	}
	for kind, l := range w.Limits {
		all[kind] = workspacedriver.UsageLimit(l)
	}
	return all
}

func (w *workspaceRecord) setLimits(limits map[string]usageLimit) {
	merged := maps.Clone(w.Limits)
	if merged == nil {
		merged = map[string]usageLimit{}
	}
	maps.Copy(merged, limits)
	w.Limits = merged
}

// apiKeyPlace is where the keys of a workspace are: what the place of each begins with.
func apiKeyPlace(workspace string) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(len(workspace)))) + workspace
}

// readWorkspace returns what is stored of a workspace.
func readWorkspace(r reader, id string) (workspaceRecord, error) {
	if all := r.bucket(workspaceBucket); all != nil && id != "" {
		if raw := all.get(id); raw != nil {
			return decodeWorkspace(id, raw)
		}
	}
	return workspaceRecord{}, errs.Refuse(errs.NotFound, "there is no workspace %q", id)
}

// writeWorkspace stores a workspace.
func (t *transaction) writeWorkspace(id string, w *workspaceRecord) error {
	return t.writeJSON(workspaceBucket, id, w)
}

// writeJSON stores a record in a bucket, which it makes if it is not there.
func (t *transaction) writeJSON(in, key string, record any) error {
	t.changes++
	encoded, err := encodeJSON(record)
	if err != nil {
		return err
	}
	if t.w.bucket(in) == nil {
		if err := t.w.create(in); err != nil {
			return err
		}
	}
	return t.w.bucket(in).put(key, encoded)
}

// dropWorkspace removes a workspace with its keys.
func (t *transaction) dropWorkspace(id string) error {
	t.changes++
	if string(t.w.bucket(storeBucket).get(ownWorkspaceKey)) == id {
		if err := t.w.bucket(storeBucket).delete(ownWorkspaceKey); err != nil {
			return err
		}
	}
	keys := t.w.bucket(apiKeyBucket)
	var places []string
	eachUnder(keys, apiKeyPlace(id), "", func(place string, _ []byte) bool {
		places = append(places, place)
		return true
	})
	for _, place := range places {
		if err := keys.delete(place); err != nil {
			return err
		}
	}
	return t.w.bucket(workspaceBucket).delete(id)
}

// eachUnder visits what begins with prefix and comes behind after, in order, until visit says that it is enough. The
// bucket may be nil.
func eachUnder(b bucket, prefix, after string, visit func(key string, value []byte) bool) {
	if b == nil {
		return
	}
	from := prefix
	if after != "" {
		from = after + "\x00" // the next string in the order of bytes
	}
	for c := b.seek(from); ; {
		key, value, more := c.next()
		if !more || len(key) < len(prefix) || key[:len(prefix)] != prefix || !visit(key, value) {
			return
		}
	}
}
