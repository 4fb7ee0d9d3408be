package replay

import (
	"fmt"
	"slices"
	"strings"
)

// actionHeaders name what is asked for where all requests have the same path.
var actionHeaders = []string{"X-Tc-Action", "X-Acs-Action"}

// otherAction weighs more than all else in which a request may differ from the nearest recorded one.
const otherAction = 1000

// actionOf returns the action that a request names in a header, empty if none.
func actionOf(e *Exchange) string {
	for _, name := range actionHeaders {
		if action := e.Header.Get(name); action != "" {
			return name + ": " + action
		}
	}
	return ""
}

// request says what a request is, without its secrets.
func (c *scrubber) request(e *Exchange) string {
	text := e.Method + " " + brief(c.finder.scrubString(c.target(c.finder.scrubString(e.Target))))
	if action := actionOf(e); action != "" {
		text += " (" + c.printable(action) + ")"
	}
	return text
}

// show says which exchange it is.
func (w *wanted) show(c *scrubber) string {
	text := fmt.Sprintf("%s of %s:%d", c.request(&w.Exchange), w.file, w.line)
	for _, comment := range w.Comments {
		if strings.HasPrefix(comment, "page: ") {
			text += " (" + comment + ")"
		}
	}
	return text
}

// differences lists what differs, each in a line.
func (c *scrubber) differences(of *comparison) string {
	var lines []string
	for _, d := range of.differences {
		got, want := c.printable(d.got), c.printable(d.want)
		if c.settings.isSecret(lastName(d.where)) {
			got, want = hidden(d.got), hidden(d.want)
		}
		line := fmt.Sprintf("\n\t%s: %s %s, recorded %s", c.finder.scrubString(d.where), of.verb, got, want)
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// printable returns a text without its secrets, cut where it is long. The text has to be whole: the beginning of a
// secret is not found.
func (c *scrubber) printable(text string) string {
	return brief(c.finder.scrubString(c.text(c.finder.scrubString(text))))
}

func hidden(text string) string {
	if text == "" {
		return brief("")
	}
	return Scrubbed
}

// lastName returns the name of the parameter, header or field at the end of where a difference is.
func lastName(where string) string {
	if i := strings.LastIndexAny(where, " ."); i >= 0 {
		where = where[i+1:]
	}
	name, _, _ := strings.Cut(where, "[")
	return name
}

func brief(text string) string {
	const limit = 300
	if text == "" {
		return "nothing"
	}
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + fmt.Sprintf("… (%d bytes)", len(text))
	}
	return text
}
