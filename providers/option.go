package providers

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// Kind is the form of an option's value.
type Kind string

// The kinds of options.
const (
	// Text is any text.
	Text Kind = "text"
	// Secret is a text that is never printed and may be given by file.
	Secret Kind = "secret"
	// Duration is a time span as Go writes it, such as "90s", not negative.
	Duration Kind = "duration"
	// Bool is "true" or "false".
	Bool Kind = "bool"
	// Int is a whole decimal number, not negative.
	Int Kind = "int"
)

// Option declares one setting of a driver.
type Option struct {
	// Name is the field in the configuration: lower case, words joined by underscores.
	Name string
	// Doc says in one sentence what the setting does.
	Doc string
	// Kind is the form of the value; empty means Text.
	Kind Kind
	// Choices, where not empty, are the accepted values.
	Choices []string
	// Env are environment variables that are asked, in this order, when the configuration says nothing.
	Env []string
	// Default is the value when nothing else gives one; empty means none.
	Default string
	// Required makes opening fail when nothing gives a value.
	Required bool
	// PerResource allows a resource's entry to say it too, over the provider's entry.
	PerResource bool
}

// fileSuffix makes the name of the field that gives a secret by file.
const fileSuffix = "_file"

// check returns [errs.InvalidArgument] if text is not of the option's kind. Secrets are not shown.
func (o *Option) check(text, from string) error {
	refuse := func(want string) error {
		if o.Kind == Secret {
			return errs.Refuse(errs.InvalidArgument, "%s: %s %s", from, o.Name, want)
		}
		return errs.Refuse(errs.InvalidArgument, "%s: %s is %q, %s", from, o.Name, text, want)
	}
	if len(o.Choices) > 0 && !slices.Contains(o.Choices, text) {
		return refuse("accepted are " + strings.Join(o.Choices, ", "))
	}
	switch o.Kind {
	case Secret:
		if strings.TrimSpace(text) != text {
			return refuse("begins or ends with white space")
		}
	case Duration:
		if d, err := time.ParseDuration(text); err != nil || d < 0 {
			return refuse(`accepted is a duration such as "90s"`)
		}
	case Bool:
		if text != "true" && text != "false" {
			return refuse("accepted are true and false")
		}
	case Int:
		if n, err := strconv.Atoi(text); err != nil || n < 0 {
			return refuse("accepted is a whole number")
		}
	}
	return nil
}
