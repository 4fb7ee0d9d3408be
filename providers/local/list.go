package local

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// maxScan is how many keys one page looks at, expired ones included: a page of a namespace with many expired keys may
// be short or empty.
const maxScan = 10_000

// List returns one page of keys, in the order of their bytes.
func (n *namespace) List(ctx context.Context, req *kvdriver.ListRequest) (*kvdriver.ListResponse, error) {
	if err := n.account.begin(ctx); err != nil {
		return nil, err
	}
	defer n.account.leave()
	if err := n.acceptsList(req); err != nil {
		return nil, err
	}
	var at place
	if req.Cursor != "" {
		var err error
		if at, err = parseCursor(req.Cursor, req.Prefix); err != nil {
			return nil, err
		}
	}
	page := req.PageSize
	if limit := n.caps.List.MaxKeys; limit > 0 {
		if at.listed >= limit {
			return nil, errs.Refuse(errs.TooLarge, "only the first %d keys of a prefix can be listed, and there are more", limit)
		}
		page = min(page, limit-at.listed)
	}
	res := &kvdriver.ListResponse{Keys: make([]kvdriver.KeyInfo, 0, min(page, 64))}
	err := n.view(func(v *view) (err error) {
		scanned, more := 0, false
		v.each(req.Prefix, at.after, func(key string, raw []byte) bool {
			if more = scanned == maxScan || len(res.Keys) == page; more {
				return false
			}
			if scanned++; scanned%checkEvery == 0 && ctx.Err() != nil {
				err = ended(ctx, errs.NotApplied)
				return false
			}
			var r record
			if r, err = decodeRecord(raw); err != nil {
				err = corruptRecord(n.name, key, err)
				return false
			}
			at.after = key
			if !r.goneAt(v.now) {
				res.Keys = append(res.Keys, n.keyInfo(key, &r))
			}
			return true
		})
		if more && err == nil {
			res.Cursor = place{at.listed + len(res.Keys), at.after}.cursor(req.Prefix)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

func (n *namespace) keyInfo(key string, r *record) kvdriver.KeyInfo {
	info := kvdriver.KeyInfo{Name: key}
	if n.caps.List.Expiry != kvdriver.None {
		info.Expiry = r.expiryInfo()
	}
	if n.caps.List.Metadata != kvdriver.None {
		info.Metadata = slices.Clone(r.metadata)
	}
	return info
}

// place is where a listing has come to.
type place struct {
	listed int    // how many names it has returned
	after  string // the last name it has looked at
}

// cursor spells the place for the caller: a checksum that also covers the prefix, the number and the name.
func (p place) cursor(prefix string) string {
	b := binary.AppendUvarint(make([]byte, 4, 4+binary.MaxVarintLen64+len(p.after)), uint64(p.listed))
	b = append(b, p.after...)
	binary.BigEndian.PutUint32(b, checksum(b[4:], prefix))
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(cursor, prefix string) (place, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err == nil && len(b) > 4 && binary.BigEndian.Uint32(b) == checksum(b[4:], prefix) {
		listed, n := binary.Uvarint(b[4:])
		if after := string(b[4+max(n, 0):]); n > 0 && listed < 1<<62 && after != "" && strings.HasPrefix(after, prefix) {
			return place{int(listed), after}, nil
		}
	}
	return place{}, errs.Refuse(errs.InvalidArgument, "cursor is not one that a listing of this prefix returned")
}

func checksum(b []byte, prefix string) uint32 {
	return crc32.Update(crc32.ChecksumIEEE([]byte(prefix)), crc32.IEEETable, b)
}
