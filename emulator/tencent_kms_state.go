package emulator

import (
	"slices"
	"time"
)

// advance does what has become due by now: deletions, the end of material, rotations.
func (r *tencentKMSRegion) advance(now time.Time) {
	for id, key := range r.keys {
		if key.state == tencentKMSDeleting && !now.Before(key.deletes) {
			delete(r.keys, id)
			continue
		}
		if key.validTo != 0 && now.Unix() >= key.validTo {
			key.forget()
		}
		if !key.turns.IsZero() && !now.Before(key.turns) {
			key.last, key.turns = key.turns, time.Time{}
			r.turn(key)
		}
		for key.rotates && !now.Before(key.next) {
			if key.state == tencentKMSEnabled { // whether others rotate is not in the pages
				key.last = key.next
				r.turn(key)
			}
			key.next = key.next.Add(time.Duration(key.days) * tencentKMSDay)
		}
	}
}

// forget drops the material of a key, which waits for the same to come back. A key that is about to be deleted goes on
// to be so.
func (k *tencentKMSKey) forget() {
	k.validTo = 0
	k.versions[0].material = nil
	if k.state != tencentKMSDeleting {
		k.state = tencentKMSImports
	}
}

// hasMaterial reports whether there is something to encrypt with.
func (k *tencentKMSKey) hasMaterial() bool {
	return !k.external || k.imported != nil && k.versions[0].material != nil
}

// checkEnable reports whether a key can be enabled. That one which is enabled cannot is not in the pages.
func (t *TencentKMS) checkEnable(k *tencentKMSKey) *tencentError {
	if t.settings.RepeatStates && k.state == tencentKMSEnabled {
		return nil
	}
	return k.in(tencentKMSDisabled)
}

// checkDisable reports whether a key can be disabled.
func (t *TencentKMS) checkDisable(k *tencentKMSKey) *tencentError {
	if t.settings.RepeatStates && k.state == tencentKMSDisabled {
		return nil
	}
	if failure := k.in(tencentKMSEnabled); failure != nil {
		return failure
	}
	return k.unbound()
}

// move puts keys into a state, all or none.
func move(keys []*tencentKMSKey, state string, check func(*tencentKMSKey) *tencentError) *tencentError {
	for _, key := range keys {
		if failure := check(key); failure != nil {
			return failure
		}
	}
	for _, key := range keys {
		key.state = state
	}
	return nil
}

// enableKey: tencentcloud.com, KMS API, EnableKey.
func (t *TencentKMS) enableKey(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	key, failure := r.mine(f)
	if failure != nil {
		return nil, failure
	}
	return nil, move([]*tencentKMSKey{key}, tencentKMSEnabled, t.checkEnable)
}

// disableKey: tencentcloud.com, KMS API, DisableKey.
func (t *TencentKMS) disableKey(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	key, failure := r.mine(f)
	if failure != nil {
		return nil, failure
	}
	return nil, move([]*tencentKMSKey{key}, tencentKMSDisabled, t.checkDisable)
}

// enableKeys: tencentcloud.com, KMS API, EnableKeys. Whether one key that cannot be enabled spares the others is not in
// the pages.
func (t *TencentKMS) enableKeys(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	keys, failure := r.several(f, r.own)
	if failure != nil {
		return nil, failure
	}
	return nil, move(keys, tencentKMSEnabled, t.checkEnable)
}

// disableKeys: tencentcloud.com, KMS API, DisableKeys.
func (t *TencentKMS) disableKeys(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	keys, failure := r.several(f, r.own)
	if failure != nil {
		return nil, failure
	}
	return nil, move(keys, tencentKMSDisabled, t.checkDisable)
}

// scheduleDeletion: tencentcloud.com, KMS API, ScheduleKeyDeletion.
func (t *TencentKMS) scheduleDeletion(r *tencentKMSRegion, f *tencentFields, now time.Time) (tencentResult, *tencentError) {
	id := f.text("KeyId")
	days := f.neededInteger("PendingWindowInDays")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	key, failure := r.own(id)
	if failure != nil {
		return nil, failure
	}
	if days < tencentKMSMinWindow || days > tencentKMSMaxWindow {
		return nil, tencentFails("InvalidParameter.InvalidPendingWindowInDays", "PendingWindowInDays has to be %d to %d", tencentKMSMinWindow, tencentKMSMaxWindow)
	}
	switch {
	case key.state == tencentKMSDisabled, key.state == tencentKMSImports && t.settings.DeletePendingImport:
	case key.state == tencentKMSDeleting:
		return nil, key.in(tencentKMSDisabled)
	default:
		return nil, tencentFails("ResourceUnavailable.CmkShouldBeDisabled", "the key is in the state %s and has to be disabled first", key.state)
	}
	if failure := key.unbound(); failure != nil {
		return nil, failure
	}
	key.state, key.deletes = tencentKMSDeleting, time.Unix(now.Unix(), 0).Add(time.Duration(days)*tencentKMSDay)
	return tencentResult{"KeyId": id, "DeletionDate": key.deletes.Unix()}, nil
}

// cancelDeletion: tencentcloud.com, KMS API, CancelKeyDeletion. The state afterwards is not in the page: only disabled
// keys can be scheduled.
func (t *TencentKMS) cancelDeletion(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	key, failure := r.mine(f)
	if failure != nil {
		return nil, failure
	}
	if key.state != tencentKMSDeleting {
		return nil, tencentFails("ResourceUnavailable.CmkNotPendingDelete", "the key is in the state %s", key.state)
	}
	key.deletes = time.Time{}
	switch {
	case !key.hasMaterial():
		key.state = tencentKMSImports
	case t.settings.EnableOnCancel:
		key.state = tencentKMSEnabled
	default:
		key.state = tencentKMSDisabled
	}
	return tencentResult{"KeyId": key.id}, nil
}

// archiveKey: tencentcloud.com, KMS API, ArchiveKey. From which states is not in the page.
func (t *TencentKMS) archiveKey(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	key, failure := r.mine(f)
	if failure == nil {
		failure = key.in(tencentKMSEnabled)
	}
	if failure == nil {
		failure = key.unbound()
	}
	if failure == nil {
		key.state = tencentKMSArchived
	}
	return nil, failure
}

// cancelArchive: tencentcloud.com, KMS API, CancelKeyArchive.
func (t *TencentKMS) cancelArchive(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	key, failure := r.mine(f)
	if failure == nil {
		failure = key.in(tencentKMSArchived)
	}
	if failure == nil {
		key.state = tencentKMSEnabled
	}
	return nil, failure
}

// takeResource reads the parameters of the two actions about cloud products.
func (r *tencentKMSRegion) takeResource(f *tencentFields) (key *tencentKMSKey, resource tencentKMSResource, failure *tencentError) {
	id := f.text("KeyId")
	resource = tencentKMSResource{f.text("ProductId"), f.text("ResourceId")}
	if failure := f.end(); failure != nil {
		return nil, resource, failure
	}
	key, failure = r.find(id)
	if failure == nil && (resource.product == "" || resource.resource == "") {
		failure = tencentFails(tencentKMSBadParameter, "ProductId or ResourceId is empty")
	}
	return key, resource, failure
}

// bindResource: tencentcloud.com, KMS API, BindCloudResource. Material no longer expires, and binding what is bound
// succeeds.
func (t *TencentKMS) bindResource(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	key, resource, failure := r.takeResource(f)
	if failure == nil {
		failure = key.in(tencentKMSEnabled)
	}
	if failure == nil {
		key.bound[resource] = true
		key.validTo = 0
	}
	return nil, failure
}

// unbindResource: tencentcloud.com, KMS API, UnbindCloudResource.
func (t *TencentKMS) unbindResource(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	key, resource, failure := r.takeResource(f)
	if failure == nil && !key.bound[resource] {
		failure = tencentFails("ResourceUnavailable.CloudResourceBindingNotFound", "the resource does not use the key")
	}
	if failure == nil {
		delete(key.bound, resource)
	}
	return nil, failure
}

// rotatable fails unless a key can get another version.
func (k *tencentKMSKey) rotatable() *tencentError {
	switch {
	case k.external:
		return tencentFails("UnsupportedOperation.ExternalCmkCanNotRotate", "the material of the key is imported")
	case k.usage != tencentKMSEncrypt:
		return tencentFails("UnsupportedOperation.RotateNotSupported", "keys of usage %s do not rotate", k.usage)
	}
	return k.in(tencentKMSEnabled)
}

// enableRotation: tencentcloud.com, KMS API, EnableKeyRotation. The period counts from now on; the page does not say.
func (t *TencentKMS) enableRotation(r *tencentKMSRegion, f *tencentFields, now time.Time) (tencentResult, *tencentError) {
	id := f.text("KeyId")
	days, hasDays := f.integer("RotateDays")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	if !hasDays {
		days = tencentKMSMaxRotation
	}
	key, failure := r.own(id)
	if failure == nil && (days < tencentKMSMinRotation || days > tencentKMSMaxRotation) {
		failure = tencentFails("InvalidParameterValue", "RotateDays has to be %d to %d", tencentKMSMinRotation, tencentKMSMaxRotation)
	}
	if failure == nil {
		failure = key.rotatable()
	}
	if failure == nil {
		key.rotates, key.days, key.next = true, days, now.Add(time.Duration(days)*tencentKMSDay)
	}
	return nil, failure
}

// disableRotation: tencentcloud.com, KMS API, DisableKeyRotation. It succeeds where there is no rotation.
func (t *TencentKMS) disableRotation(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	key, failure := r.mine(f)
	if failure == nil {
		key.rotates = false
	}
	return nil, failure
}

// rotationStatus: tencentcloud.com, KMS API, GetKeyRotationStatus.
func (t *TencentKMS) rotationStatus(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	key, failure := r.only(f)
	if failure != nil {
		return nil, failure
	}
	return tencentResult{"KeyRotationEnabled": key.rotates}, nil
}

// rotateKey: tencentcloud.com, KMS API, RotateKey. It answers before the key has rotated, and counts its day from when
// it was asked.
func (t *TencentKMS) rotateKey(r *tencentKMSRegion, f *tencentFields, now time.Time) (tencentResult, *tencentError) {
	key, failure := r.mine(f)
	if failure == nil {
		failure = key.rotatable()
	}
	switch {
	case failure != nil:
	case !key.turns.IsZero():
		failure = tencentFails("FailedOperation.RotateTaskRunning", "the key is being rotated")
	case !key.asked.IsZero() && now.Before(key.asked.Add(tencentKMSRotateEvery)):
		failure = tencentFails("RequestLimitExceeded.RotateRateLimited", "the key was rotated less than 24 hours ago")
	}
	if failure != nil {
		return nil, failure
	}
	key.asked, key.turns = now, now.Add(t.settings.RotateTime)
	return tencentResult{"TaskId": tencentKMSID()}, nil
}

// turn gives a key its next version.
func (r *tencentKMSRegion) turn(key *tencentKMSKey) {
	size := 32
	if r.guomi {
		size = 16
	}
	r.version(key, tencentKMSBytes(size))
}

// version adds a version with this material.
func (r *tencentKMSRegion) version(key *tencentKMSKey, material []byte) {
	secret := tencentKMSSecret{mark: tencentKMSBytes(tencentKMSMarkLength), material: slices.Clone(material), guomi: r.guomi}
	r.marks[string(secret.mark)] = tencentKMSMark{key.id, len(key.versions)}
	key.versions = append(key.versions, secret)
}
