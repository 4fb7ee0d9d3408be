package emulator

import (
	"maps"
	"time"
)

// settle lets happen what time has brought: the deletion of keys, the end of imported material, rotations.
func (a *AlibabaKMS) settle(now time.Time) {
	for _, k := range a.keys {
		if !k.expires.IsZero() && !now.Before(k.expires) {
			k.drop()
		}
		if !k.deletion.IsZero() && !now.Before(k.deletion) {
			a.remove(k)
			continue
		}
		for k.interval != 0 && k.state() == "Enabled" && !now.Before(k.next) && len(a.versions) < alibabaKMSMaxVersions {
			a.addVersion(k, k.next)
			k.rotated, k.next = k.next, k.next.Add(k.interval)
		}
	}
}

// drop forgets imported material.
func (k *alibabaKMSKey) drop() { k.last().secret, k.expires = nil, time.Time{} }

// remove deletes a key and whatever leads to it.
func (a *AlibabaKMS) remove(k *alibabaKMSKey) {
	delete(a.keys, k.id)
	is := func(_ string, other *alibabaKMSKey) bool { return other == k }
	maps.DeleteFunc(a.versions, is)
	maps.DeleteFunc(a.aliases, is)
	maps.DeleteFunc(a.tokens, func(_ string, t *alibabaKMSToken) bool { return t.key == k })
}

// pending is the refusal of what a key in deletion cannot do.
func (a *AlibabaKMS) pending() *alibabaError {
	if a.config.Misspelt {
		return alibabaFault("Rejetced.PendingDeletion")
	}
	return alibabaFault("Rejected.PendingDeletion")
}

// usable checks that a key's material can be used, by the table of key states of the vendor's documentation.
func (a *AlibabaKMS) usable(k *alibabaKMSKey) *alibabaError {
	switch state := k.state(); state {
	case "Enabled":
		return nil
	case "PendingDeletion":
		return a.pending()
	default:
		return alibabaFault("Rejected." + state)
	}
}

func (a *AlibabaKMS) enableKey(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	return a.toggle(c, false)
}

func (a *AlibabaKMS) disableKey(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	return a.toggle(c, true)
}

// toggle enables or disables a key. One that is as wanted already is no error.
func (a *AlibabaKMS) toggle(c *alibabaKMSCall, disabled bool) (alibabaReply, *alibabaError) {
	k, err := a.findID(c)
	if err != nil {
		return nil, err
	}
	switch k.state() {
	case "PendingDeletion", "PendingImport":
		return nil, alibabaFault("Rejected.StateModifiedFailed")
	case "Unavailable":
		return nil, alibabaFault("Rejected.Unavailable")
	}
	// A rotation that fell due in the meantime comes at once, and only one.
	if k.disabled && !disabled && k.interval != 0 && k.next.Before(c.now) {
		k.next = c.now
	}
	k.disabled = disabled
	return alibabaReply{}, nil
}

func (a *AlibabaKMS) scheduleKeyDeletion(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	if _, err := c.need("PendingWindowInDays"); err != nil {
		return nil, err
	}
	days, err := c.integer("PendingWindowInDays", 0, alibabaKMSMinWindow, alibabaKMSMaxWindow)
	if err != nil {
		return nil, err
	}
	k, err := a.findID(c)
	switch {
	case err != nil:
		return nil, err
	case k.state() == "PendingDeletion":
		return nil, a.pending()
	case k.protected:
		// The vendor says that the deletion is blocked, not with which code.
		return nil, &alibabaError{code: "Rejected.StateModifiedFailed", message: "The deletion protection of the key is enabled."}
	}
	k.deletion = c.now.Add(time.Duration(days) * alibabaKMSDay)
	return alibabaReply{}, nil
}

// cancelKeyDeletion leaves the key enabled, even if it was disabled before, or waiting for material that is gone.
func (a *AlibabaKMS) cancelKeyDeletion(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	k, err := a.findID(c)
	switch {
	case err != nil:
		return nil, err
	case k.state() != "PendingDeletion":
		return nil, alibabaFault("Rejected.StateModifiedFailed")
	}
	k.deletion, k.disabled = time.Time{}, false
	if k.interval != 0 && k.next.Before(c.now) {
		k.next = c.now
	}
	return alibabaReply{}, nil
}

// updateKeyDescription may make a description empty, but wants the parameter.
func (a *AlibabaKMS) updateKeyDescription(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	text, given := c.params.get("Description")
	if !given {
		return nil, alibabaKMSNeeds("Description")
	}
	if !alibabaKMSDescribes(text) {
		return nil, alibabaBad("Description")
	}
	k, err := a.findID(c)
	switch {
	case err != nil:
		return nil, err
	case k.state() == "PendingDeletion":
		return nil, a.pending()
	}
	k.description = text
	return alibabaReply{}, nil
}

func (a *AlibabaKMS) setDeletionProtection(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	arn, err := c.need("ProtectedResourceArn")
	if err != nil {
		return nil, err
	}
	if _, err = c.need("EnableDeletionProtection"); err != nil {
		return nil, err
	}
	enable, err := c.flag("EnableDeletionProtection")
	if err != nil {
		return nil, err
	}
	reason := c.text("DeletionProtectionDescription")
	if !alibabaKMSDescribes(reason) {
		return nil, alibabaBad("DeletionProtectionDescription")
	}
	for _, k := range a.keys {
		if k.arn() != arn {
			continue
		}
		if err := a.own(k); err != nil {
			return nil, err
		}
		if k.state() == "PendingDeletion" {
			return nil, a.pending()
		}
		k.protected, k.protectionReason = enable, reason
		return alibabaReply{}, nil
	}
	return nil, alibabaFault("Forbidden.KeyNotFound")
}
