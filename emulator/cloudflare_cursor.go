package emulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// cloudflareCursor is where a key listing goes on.
type cloudflareCursor struct {
	Namespace string
	Prefix    string
	After     string // the last key listed
	Empty     int    // empty pages since
}

// cloudflareMark begins every cursor. As text it is "+/+/": a client that puts a cursor into a URL as it is, gets a
// space there and fails.
var cloudflareMark = []byte{0xfb, 0xff, 0xbf}

// String returns the cursor in the form that clients hold, opaque to them and of use only as it was given.
func (c cloudflareCursor) String() string {
	data, _ := json.Marshal(c)
	sum := sha256.Sum256(data)
	return base64.StdEncoding.EncodeToString(append(append(bytes.Clone(cloudflareMark), sum[:8]...), data...))
}

// read reads a cursor that was given for a listing of the same namespace and prefix. What the vendor answers if they
// differ is not known.
func (c *cloudflareCursor) read(text string) bool {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(data) < 11 || !bytes.HasPrefix(data, cloudflareMark) {
		return false
	}
	sum := sha256.Sum256(data[11:])
	var given cloudflareCursor
	if !bytes.Equal(sum[:8], data[3:11]) || json.Unmarshal(data[11:], &given) != nil {
		return false
	}
	if given.Namespace != c.Namespace || given.Prefix != c.Prefix {
		return false
	}
	*c = given
	return true
}
