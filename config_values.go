package crosscloud

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// fields takes out of an entry the fields that do not belong to the driver, and keeps the first error met.
type fields struct {
	values providers.Values
	said   string // the names of all fields
	err    error
}

// resource takes the provider that every resource names; kind is the section that the resource stands in.
func (f *fields) resource(kind, name, from string) (providers.Value, error) {
	f.said = fieldsOf(f.values)
	if name == "" {
		return providers.Value{}, errs.Refuse(errs.InvalidArgument, "%s: a %s resource's name is empty", from, kind)
	}
	provider, said := f.literal("provider")
	if f.err == nil && !said {
		f.err = errs.Refuse(errs.InvalidArgument, "%s: %s resource %q does not say its provider; it says %s", from, kind, name, f.said)
	}
	return provider, f.err
}

func (f *fields) take(name string) (providers.Value, bool) {
	v, ok := f.values[name]
	delete(f.values, name)
	return v, ok
}

// literal takes a field in which ${NAME} is not replaced, since its value is needed before anything is opened.
func (f *fields) literal(name string) (providers.Value, bool) {
	v, ok := f.take(name)
	if f.err == nil && strings.Contains(v.Text, "${") {
		f.err = errs.Refuse(errs.InvalidArgument,
			"%s: ${ is not replaced in %s, only in what names a namespace, key or workspace, and in the driver's options", v.From, name)
	}
	return v, ok
}

// parse takes a field and hands its text to set; a failure names the place.
func (f *fields) parse(name string, set func(text string) error) {
	v, ok := f.literal(name)
	if !ok || f.err != nil {
		return
	}
	if err := set(v.Text); err != nil {
		f.err = errs.Refuse(errs.InvalidArgument, "%s: %s is %s: %w", v.From, name, shown(v.Text), err)
	}
}

// shown quotes a text that cannot well be a secret: by a slip, one may stand where another field's value belongs.
func shown(text string) string {
	plain := func(c rune) bool {
		return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("_-./,% ", c)
	}
	if len(text) > 40 || strings.ContainsFunc(text, func(c rune) bool { return !plain(c) }) {
		return "what is not shown here"
	}
	return strconv.Quote(text)
}

func isTrue(yes *bool) func(string) error {
	return func(text string) error {
		if text != "true" && text != "false" {
			return errors.New("accepted are true and false")
		}
		*yes = text == "true"
		return nil
	}
}

func positive(n *int) func(string) error {
	return func(text string) error {
		parsed, err := strconv.Atoi(text)
		if err != nil || parsed < 1 {
			return errors.New("accepted is a whole number of at least 1")
		}
		*n = parsed
		return nil
	}
}

func positiveDuration(d *time.Duration) func(string) error {
	return func(text string) error {
		parsed, err := time.ParseDuration(text)
		if err != nil || parsed <= 0 {
			return errors.New(`accepted is a duration over 0 such as "30s"`)
		}
		*d = parsed
		return nil
	}
}

func oneOf[T ~string](chosen *T, all []T) func(string) error {
	return func(text string) error {
		var shown []string
		for _, one := range all {
			if one == "" {
				continue
			}
			if string(one) == text {
				*chosen = one
				return nil
			}
			shown = append(shown, string(one))
		}
		return errors.New("accepted are " + names(shown))
	}
}

// list reads names joined by commas.
func list(all *[]string) func(string) error {
	return func(text string) error {
		for part := range strings.SplitSeq(text, ",") {
			part = strings.TrimSpace(part)
			if part == "" || slices.Contains(*all, part) {
				return errors.New("accepted are different names, joined by commas")
			}
			*all = append(*all, part)
		}
		return nil
	}
}

// rateLimit reads "none", or limits such as "20/1s" joined by commas.
func rateLimit(rate *policy.Rate) func(string) error {
	return func(text string) error {
		if text == "none" {
			rate.Unlimited = true
			return nil
		}
		for part := range strings.SplitSeq(text, ",") {
			limit, err := ratelimit.ParseLimit(strings.TrimSpace(part))
			if err != nil {
				return errors.New(`accepted are "none" and limits such as "20/1s" (requests, a slash and a window), joined by commas`)
			}
			rate.Limits = append(rate.Limits, limit)
		}
		return nil
	}
}

// rateShare reads a percentage such as "40%".
func rateShare(rate *policy.Rate) func(string) error {
	return func(text string) error {
		number, percent := strings.CutSuffix(text, "%")
		share, err := strconv.ParseFloat(number, 64)
		share /= 100
		if !percent || err != nil || !(share > 0 && share <= 1) { // written so that NaN fails
			return errors.New(`accepted is a percentage over 0 and up to 100, such as "40%"`)
		}
		rate.Share = share
		return nil
	}
}
