package emulator

import "time"

// Rotation intervals in days: support.huaweicloud.com, DEW API Reference, Rotation Management.
const (
	huaweiMinInterval = 30
	huaweiMaxInterval = 365
)

// huaweiRotation is how a key rotates.
type huaweiRotation struct {
	enabled  bool
	interval int       // days
	from     time.Time // when the interval that runs began
	last     time.Time // zero: never
	count    int
}

// rotateUntil gives a key the new material that is due. While a key is not enabled it does not rotate; it catches up
// when it is enabled again.
func (k *huaweiKey) rotateUntil(now time.Time) {
	r := &k.rotation
	if !r.enabled || k.state != huaweiEnabled {
		return
	}
	every := time.Duration(r.interval) * huaweiDay
	for at := r.from.Add(every); !now.Before(at); at = r.from.Add(every) {
		if len(k.versions) == 0 {
			k.versions = append(k.versions, huaweiMaterial{secret: huaweiRandom(huaweiSecretBytes(k.spec))})
		}
		k.versions = append(k.versions, huaweiMaterial{secret: huaweiRandom(huaweiSecretBytes(k.spec))})
		r.from, r.last = at, at
		r.count++
	}
}

// rotating finds a key whose rotation can be changed.
func (h *HuaweiKMS) rotating(id string) (*huaweiKey, *huaweiError) {
	k, failure := h.changeable(id)
	switch {
	case failure != nil:
		return nil, failure
	case k.state == huaweiDisabled:
		return nil, huaweiFails("KMS.0209", "the key is disabled")
	case k.usage == huaweiMACs:
		return nil, huaweiFails("KMS.0319", "a key of %s does not rotate", k.spec)
	case !huaweiSymmetric(k.spec):
		return nil, huaweiFails("KMS.0324", "a key of %s does not rotate", k.spec)
	case k.origin == "external":
		return nil, huaweiFails("KMS.0312", "a key with imported material does not rotate")
	}
	return k, nil
}

func (h *HuaweiKMS) enableRotation(c *huaweiCall) (any, *huaweiError) {
	return nil, h.rotate(c, func(k *huaweiKey) *huaweiError {
		if k.rotation.enabled {
			return huaweiFails("KMS.2901", "rotation is enabled already")
		}
		k.rotation.enabled, k.rotation.interval, k.rotation.from = true, huaweiMaxInterval, c.now
		return nil
	})
}

func (h *HuaweiKMS) disableRotation(c *huaweiCall) (any, *huaweiError) {
	return nil, h.rotate(c, func(k *huaweiKey) *huaweiError {
		if !k.rotation.enabled {
			return huaweiFails("KMS.0313", "rotation is not enabled")
		}
		k.rotation.enabled = false
		return nil
	})
}

func (h *HuaweiKMS) updateRotation(c *huaweiCall) (any, *huaweiError) {
	days, _ := c.fields.integer("rotation_interval", true)
	return nil, h.rotate(c, func(k *huaweiKey) *huaweiError {
		switch {
		case days < huaweiMinInterval || days > huaweiMaxInterval:
			return huaweiFails("KMS.3001", "rotation_interval is not from %d to %d days", huaweiMinInterval, huaweiMaxInterval)
		case !k.rotation.enabled:
			return huaweiFails("KMS.0313", "rotation is not enabled")
		}
		k.rotation.interval = int(days)
		k.rotateUntil(c.now)
		return nil
	})
}

func (h *HuaweiKMS) rotate(c *huaweiCall, change func(*huaweiKey) *huaweiError) *huaweiError {
	id := c.fields.text("key_id")
	if failure := c.fields.end(); failure != nil {
		return failure
	}
	k, failure := h.rotating(id)
	if failure != nil {
		return failure
	}
	return change(k)
}

func (h *HuaweiKMS) rotationStatus(c *huaweiCall) (any, *huaweiError) {
	k, failure := h.named(c)
	if failure != nil {
		return nil, failure
	}
	r := k.rotation
	return huaweiReply{
		"key_rotation_enabled": r.enabled, "rotation_interval": r.interval, "last_rotation_time": h.date(r.last), "number_of_rotations": r.count,
	}, nil
}
