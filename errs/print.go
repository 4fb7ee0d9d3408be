package errs

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is how many bytes of one text, such as a vendor's message, appear in a printed error.
const MaxText = 1024

// Printable returns text made safe for one line of a log: line breaks and tabs become spaces, other control and
// formatting characters and invalid UTF-8 are dropped, and what exceeds [MaxText] bytes is cut, which an ellipsis shows.
func Printable(text string) string {
	if len(text) <= MaxText && isPlain(text) {
		return text
	}
	var b strings.Builder
	cut := 0 // where an ellipsis still fits
	for _, r := range text {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			r = ' '
		case r == utf8.RuneError || unicode.Is(unicode.C, r):
			continue
		}
		if b.Len()+utf8.RuneLen(r) > MaxText {
			return b.String()[:cut] + "…"
		}
		b.WriteRune(r)
		if b.Len() <= MaxText-len("…") {
			cut = b.Len()
		}
	}
	return b.String()
}

func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] < 0x20 || text[i] > 0x7e {
			return false
		}
	}
	return true
}

// Format prints the line of [Error.Error] for every verb and flag, so that %+v shows no more than %v; %q quotes it.
func (e Error) Format(f fmt.State, verb rune) {
	line := e.line()
	switch verb {
	case 'q':
		line = strconv.Quote(line)
	case 'v':
		if f.Flag('#') {
			line = e.GoString()
		}
	}
	_, _ = f.Write([]byte(line))
}

// GoString returns the line of [Error.Error] in Go syntax, without the cause.
func (e Error) GoString() string { return "errs.Error{" + strconv.Quote(e.line()) + "}" }

// LogValue returns the error as a group of attributes. The cause appears only by the text of [Error.Error].
func (e Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("code", Printable(string(e.code())))}
	for _, f := range e.fields() {
		attrs = append(attrs, slog.Any(f.name, f.value))
	}
	return slog.GroupValue(attrs...)
}

// MarshalJSON returns the error as one flat object with the attributes of [Error.LogValue].
func (e Error) MarshalJSON() ([]byte, error) {
	object := map[string]any{"code": Printable(string(e.code()))}
	for _, f := range e.fields() {
		object[f.name] = f.value
	}
	return json.Marshal(object)
}

type field struct {
	name  string
	value any
}

func (e Error) fields() []field {
	var fields []field
	text := func(name, value string) {
		if value != "" {
			fields = append(fields, field{name, Printable(value)})
		}
	}
	text("message", e.text())
	text("provider", e.Provider)
	text("op", e.Op)
	text("resource", e.Resource)
	text("vendor_code", e.VendorCode)
	if e.HTTPStatus != 0 {
		fields = append(fields, field{"http_status", e.HTTPStatus})
	}
	text("request_id", e.RequestID)
	fields = append(fields, field{"attempts", e.Attempts}, field{"retry", e.Retry.String()}, field{"outcome", e.Outcome.String()})
	if e.RetryAfter > 0 {
		fields = append(fields, field{"retry_after", e.RetryAfter.String()})
	}
	return fields
}
