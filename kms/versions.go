package kms

import (
	"context"
	"sync"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// versions remembers the newest version of keys, where requests must name it.
type versions struct {
	sync.Mutex
	newest map[string]string // by key id
}

func (v *versions) get(id string) string {
	v.Lock()
	defer v.Unlock()
	return v.newest[id]
}

func (v *versions) set(id, version string) {
	v.Lock()
	defer v.Unlock()
	v.newest[id] = version
}

// forget makes the next call look the newest version of a key up again.
func (v *versions) forget(id string) {
	v.Lock()
	defer v.Unlock()
	delete(v.newest, id)
}

// newestVersion returns the newest version of the key, and whether it was remembered rather than asked for.
func (k *Key) newestVersion(ctx context.Context) (version string, remembered bool, err error) {
	s := k.service
	if version := s.versions.get(k.id); version != "" {
		return version, true, nil
	}
	const op = driver.OpListVersions
	guard := pipeline.CursorGuard{Most: mostOfKey}
	var newest time.Time
	req := driver.ListVersionsRequest{KeyID: k.id}
	for {
		page, err := do(ctx, s, op, &s.methods.listVersions, k.label(), nil, &req)
		if err != nil {
			return "", false, err
		}
		for _, v := range page.Versions {
			if v.ID == "" {
				return "", false, k.corrupt(op, "the provider listed a version without an id")
			}
			if version == "" || v.CreatedAt.After(newest) {
				version, newest = v.ID, v.CreatedAt
			}
		}
		if page.Cursor == "" {
			break
		}
		if err := guard.Check(page.Cursor, len(page.Versions)); err != nil {
			return "", false, s.pipe.Complete(err, op, k.label())
		}
		req.Cursor = page.Cursor
	}
	if version == "" {
		return "", false, s.pipe.Complete(&errs.Error{Code: errs.Conflict, Outcome: errs.NotApplied, Attempts: 1,
			Message: "the key has no version yet; it may wait for its material"}, op, k.label())
	}
	s.versions.set(k.id, version)
	return version, false, nil
}
