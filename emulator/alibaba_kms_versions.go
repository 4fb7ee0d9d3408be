package emulator

import (
	"fmt"
	"slices"
	"time"
)

// addVersion gives a key another version. A symmetric one has its material at once, unless that is to be imported.
func (a *AlibabaKMS) addVersion(k *alibabaKMSKey, now time.Time) {
	n := len(k.versions) + 1
	v := &alibabaKMSVersion{id: fmt.Sprintf("%s-20v%010d", k.id, n), created: now}
	if a.config.UUIDs {
		// A version's id has nothing to do with its key's.
		v.id = fmt.Sprintf("%08x-%04x-4000-9000-%012x", k.serial, n, k.serial)
	}
	if spec := k.what(); !spec.pair() && k.origin == alibabaKMSOrigin {
		v.secret = alibabaKMSRandom(spec.size)
	}
	k.versions = append(k.versions, v)
	a.versions[v.id] = k
}

// version returns the version of a key that KeyVersionId names.
func (k *alibabaKMSKey) version(id string) (*alibabaKMSVersion, *alibabaError) {
	for _, v := range k.versions {
		if v.id == id {
			return v, nil
		}
	}
	return nil, alibabaFault("Forbidden.KeyVersionNotFound")
}

func (v *alibabaKMSVersion) describe(k *alibabaKMSKey) alibabaReply {
	return alibabaReply{"KeyId": k.id, "KeyVersionId": v.id, "CreationDate": alibabaKMSDate(v.created)}
}

// createKeyVersion is for asymmetric keys. The codes of its two limits are not documented.
func (a *AlibabaKMS) createKeyVersion(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	k, err := a.findOwn(c, "KeyId")
	if err != nil {
		return nil, err
	}
	if !k.what().pair() {
		return nil, alibabaFault("UnsupportedOperation")
	}
	if err := a.usable(k); err != nil {
		return nil, err
	}
	if c.now.Sub(k.last().created) < a.config.VersionInterval || len(k.versions) >= alibabaKMSMaxKeyVersions ||
		len(a.versions) >= alibabaKMSMaxVersions {
		return nil, alibabaFault("Rejected.LimitExceeded")
	}
	a.addVersion(k, c.now)
	return alibabaReply{"KeyVersion": k.last().describe(k)}, nil
}

func (a *AlibabaKMS) listKeyVersions(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	k, err := a.find(c, "KeyId")
	if err != nil {
		return nil, err
	}
	versions := slices.Clone(k.versions)
	if k.empty() {
		versions = nil
	}
	if a.config.NewestFirst {
		slices.Reverse(versions)
	}
	reply := alibabaReply{}
	from, to, err := c.page(reply, len(versions), 1)
	if err != nil {
		return nil, err
	}
	list := []alibabaReply{}
	for _, v := range versions[from:to] {
		list = append(list, v.describe(k))
	}
	reply["KeyVersions"] = alibabaReply{"KeyVersion": list}
	return reply, nil
}

func (a *AlibabaKMS) describeKeyVersion(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	id, err := c.need("KeyVersionId")
	if err != nil {
		return nil, err
	}
	k, err := a.find(c, "KeyId")
	if err != nil {
		return nil, err
	}
	v, err := k.version(id)
	if err != nil {
		return nil, err
	}
	return alibabaReply{"KeyVersion": v.describe(k)}, nil
}

func (a *AlibabaKMS) updateRotationPolicy(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	if _, err := c.need("EnableAutomaticRotation"); err != nil {
		return nil, err
	}
	interval, err := a.rotation(c)
	if err != nil {
		return nil, err
	}
	k, err := a.findID(c)
	switch {
	case err != nil:
		return nil, err
	case k.origin == alibabaKMSExternal:
		return nil, alibabaFault("Unsupported.Origin")
	case !k.what().symmetric():
		return nil, alibabaFault("UnsupportedOperation")
	}
	if err := a.usable(k); err != nil {
		return nil, err
	}
	k.rotate(interval, c.now)
	return alibabaReply{}, nil
}

// rotate sets how often a key rotates, counted from now; 0 means never.
func (k *alibabaKMSKey) rotate(interval time.Duration, now time.Time) {
	k.interval, k.next = interval, now.Add(interval)
}

// rotation reads the two parameters of a rotation policy; 0 means none.
func (a *AlibabaKMS) rotation(c *alibabaKMSCall) (time.Duration, *alibabaError) {
	enable, err := c.flag("EnableAutomaticRotation")
	if err != nil || !enable {
		return 0, err
	}
	text, err := c.need("RotationInterval")
	if err != nil {
		return 0, err
	}
	units := map[string]time.Duration{"d": alibabaKMSDay, "h": time.Hour, "m": time.Minute, "s": time.Second}
	unit := units[text[len(text)-1:]]
	n, ok := alibabaInteger(text[:len(text)-1], 64)
	if !ok || unit == 0 || n < int64(alibabaKMSMinRotation/unit) || n > int64(a.config.MaxRotation/unit) {
		return 0, alibabaBad("RotationInterval")
	}
	return time.Duration(n) * unit, nil
}
