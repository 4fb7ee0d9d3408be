package guance

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// The vendor's samples have the same field as a number in one place and as a text, a boolean or null in another.

// errForm is what a field of another form is. It does not quote what was met.
var errForm = errors.New("another form than documented")

// scalar returns a JSON string's text, the digits of a number, or the word of a boolean; nothing for null.
func scalar(b []byte) (string, error) {
	switch b[0] {
	case '"':
		var s string
		err := json.Unmarshal(b, &s)
		return s, err
	case '{', '[':
		return "", errForm
	case 'n':
		return "", nil
	}
	return string(b), nil
}

// text is a JSON string, or a number or boolean as it is spelled; null is empty.
type text string

// UnmarshalJSON reads anything but objects and lists.
func (t *text) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	*t = text(s)
	return err
}

// loose is text for which objects and lists are empty: of what a failure says, one part must not spoil the others.
type loose string

// UnmarshalJSON never fails.
func (l *loose) UnmarshalJSON(b []byte) error {
	s, _ := scalar(b)
	*l = loose(s)
	return nil
}

// number returns a whole number; false where it is none.
func (l loose) number() (int64, bool) {
	whole, fraction, _ := strings.Cut(string(l), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	return n, err == nil && strings.Trim(fraction, "0") == ""
}

// flag is a boolean, or a number or text that stands for one.
type flag bool

// UnmarshalJSON reads a boolean, 0, 1 and their texts; null is false.
func (f *flag) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	if err != nil {
		return err
	}
	if n, ok := loose(s).number(); ok && (n == 0 || n == 1) {
		*f = n == 1
		return nil
	}
	switch strings.ToLower(s) {
	case "true":
		*f = true
	case "false", "":
		*f = false
	default:
		return errForm
	}
	return nil
}

// count is a whole number, as a number or a text.
type count int64

// UnmarshalJSON reads whole numbers; null is 0.
func (c *count) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	if err != nil || s == "" {
		return err
	}
	n, ok := loose(s).number()
	if !ok {
		return errForm
	}
	*c = count(n)
	return nil
}

// moment is a time in seconds since 1970, whole or with a fraction; -1, 0 and null are none.
type moment struct{ time.Time }

// UnmarshalJSON reads a number, or a text that holds one.
func (m *moment) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	if err != nil || s == "" {
		return err
	}
	m.Time, err = parseSeconds(s)
	return err
}

// lastSecond is the end of the year 9999, after which a time cannot be written as most formats have it.
const lastSecond = 253402300799

// parseSeconds reads decimals digit by digit, since a float64 does not hold microseconds of today.
func parseSeconds(s string) (time.Time, error) {
	if strings.ContainsAny(s, "eE") { // not what the vendor sends, but a number all the same
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || f < -1 || f > lastSecond {
			return time.Time{}, errForm
		}
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	whole, fraction, _ := strings.Cut(s, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || strings.HasPrefix(whole, "+") || seconds < -1 || seconds > lastSecond || strings.Trim(fraction, "0123456789") != "" {
		return time.Time{}, errForm
	}
	if seconds <= 0 {
		return time.Time{}, nil
	}
	nanos, _ := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	return time.Unix(seconds, nanos).UTC(), nil
}

// parseDays reads a retention such as "14d"; false where it is written otherwise.
func parseDays(s string) (time.Duration, bool) {
	digits, ok := strings.CutSuffix(s, "d")
	days, err := strconv.ParseUint(digits, 10, 16)
	if !ok || err != nil {
		return 0, false
	}
	return time.Duration(days) * 24 * time.Hour, true
}

// pageInfo stands beside the content of a list (page open-api, section "Response").
type pageInfo struct{ PageIndex, PageSize, TotalCount *count }
