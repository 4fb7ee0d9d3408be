package wire

import (
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// Hidden are texts of a request that a server may repeat and that no error may show: credentials and signatures. Empty
// ones do not count.
type Hidden []string

// Holds reports whether text has one of the hidden texts in it, as it is or percent-encoded, in any case.
func (h Hidden) Holds(text string) bool {
	lower := ""
	for _, one := range h {
		if one == "" || len(one) > len(text) {
			continue
		}
		if lower == "" {
			lower = strings.ToLower(text)
		}
		if strings.Contains(lower, strings.ToLower(one)) || strings.Contains(lower, strings.ToLower(Escape(one))) {
			return true
		}
	}
	return false
}

// Redact returns text with [secret.Redacted] for each hidden text.
func (h Hidden) Redact(text string) string {
	for _, one := range h {
		if one != "" {
			text = strings.ReplaceAll(text, one, secret.Redacted)
		}
	}
	return text
}

// maxVendorText is how many bytes of a vendor's message are kept.
const maxVendorText = 4096

// Text returns what may be shown of a vendor's message: nothing if it holds a hidden text, and at most 4 KiB, which an
// ellipsis shows.
func (h Hidden) Text(text string) string {
	if h.Holds(text) {
		return ""
	}
	if len(text) > maxVendorText {
		return strings.ToValidUTF8(text[:maxVendorText], "") + "…"
	}
	return text
}

// maxIdentifier is the length of the longest code or id that is shown.
const maxIdentifier = 128

// Code returns a vendor's code that is not known, if it can be one: 1 to 128 letters, digits, ".", "_" and "-" that hold
// no hidden text. Otherwise it is empty.
func (h Hidden) Code(text string) string { return h.identifier(text, "._-") }

// RequestID returns the first that can be the id of a request, of what a reply gives as such: 1 to 128 letters, digits,
// ".", "_", "-" and ":" that hold no hidden text, with white space around them. Otherwise it is empty.
func (h Hidden) RequestID(texts ...string) string {
	for _, text := range texts {
		if id := h.identifier(strings.TrimSpace(text), "._-:"); id != "" {
			return id
		}
	}
	return ""
}

func (h Hidden) identifier(text, marks string) string {
	if len(text) > maxIdentifier {
		return ""
	}
	for i := range len(text) {
		if c := text[i]; !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(marks, c) >= 0) {
			return ""
		}
	}
	// As Holds, without its copies, since every reply has an id: text is ASCII, and has no "%" that could begin an escape.
	for _, one := range h {
		for i := 0; one != "" && i+len(one) <= len(text); i++ {
			if strings.EqualFold(text[i:i+len(one)], one) {
				return ""
			}
		}
	}
	return text
}

// Part is one part of a credential, with the option that it comes from.
type Part struct {
	Option string
	Text   secret.String
}

// CheckParts returns [errs.Unauthenticated] for the first part that has a character which no header carries, or which no
// credential has: anything but printable ASCII without the space.
func CheckParts(parts ...Part) error {
	for _, p := range parts {
		if strings.ContainsFunc(p.Text.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
			return errs.Refuse(errs.Unauthenticated, "%s has a character that no header can carry, such as a space or a line break", p.Option)
		}
	}
	return nil
}

// CheckPair returns nothing if both parts of a credential are there, else what is missing of it, for a message.
func CheckPair(a, b Part) (missing string) {
	switch noA, noB := a.Text.IsEmpty(), b.Text.IsEmpty(); {
	case noA && noB:
		return a.Option + " and " + b.Option + " are missing"
	case noA:
		return a.Option + " is missing, while " + b.Option + " is given"
	case noB:
		return b.Option + " is missing, while " + a.Option + " is given"
	}
	return ""
}
