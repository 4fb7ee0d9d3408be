package capability

import "time"

// Support says whether something can be done, and at what price.
type Support uint8

const (
	// None: it cannot be done, and is refused before any I/O.
	None Support = iota
	// Emulated: it can be done, at the price of further requests or of a changed encoding.
	Emulated
	// Native: the provider does it as part of the request.
	Native
)

// String returns "none", "emulated" or "native".
func (s Support) String() string {
	switch s {
	case Emulated:
		return "emulated"
	case Native:
		return "native"
	}
	return "none"
}

// Stricter returns the stricter of two limits of which 0 means that there is none.
func Stricter[T int | int64 | time.Duration](a, b T) T {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
