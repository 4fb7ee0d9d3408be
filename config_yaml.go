package crosscloud

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// maxConfigBytes bounds a configuration.
const maxConfigBytes = 64 << 10

// read adds the entries of a YAML text.
func (c *config) read(name string, text []byte) error {
	if len(text) > maxConfigBytes {
		return errs.Refuse(errs.InvalidArgument, "%s: the configuration has over %d bytes", name, maxConfigBytes)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // the mark that some editors begin a file with
	if err := checkUTF8(name, text); err != nil {
		return err
	}
	tokens := lexer.Tokenize(string(text))
	if err := checkTokens(name, tokens); err != nil {
		return err
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // eachField notices them
	if err != nil {
		return syntaxError(name, text, err)
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil
	}
	return eachField(name, "the configuration", file.Docs[0].Body, func(section, from string, entries ast.Node) error {
		var add func(name, from string, values providers.Values) error
		switch section {
		case "providers":
			add = c.addProvider
		case "kv":
			add = c.addKV
		case "kms":
			add = c.addKMS
		case "workspace":
			add = c.addWorkspace
		default:
			return errs.Refuse(errs.InvalidArgument, "%s: unknown section %q; there are providers, kv, kms and workspace", from, section)
		}
		return eachField(name, section, entries, func(entry, from string, fields ast.Node) error {
			values, err := scalars(name, entry, fields)
			if err != nil {
				return err
			}
			return add(entry, from, values)
		})
	})
}

func checkUTF8(name string, text []byte) error {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return errs.Refuse(errs.InvalidArgument, "%s:%d: the configuration is not valid UTF-8", name, 1+bytes.Count(text[:at], []byte("\n")))
		}
		at += size
	}
	return nil
}

// refusedTokens are the parts of YAML that a configuration has no use for, by how a text that begins so is quoted.
var refusedTokens = map[token.Type]struct{ what, start string }{
	token.SequenceEntryType: {"a list", "-"},
	token.SequenceStartType: {"a list", "["},
	token.AnchorType:        {"an anchor", "&"},
	token.AliasType:         {"an alias", "*"},
	token.MergeKeyType:      {"a merge key", "<<"},
	token.TagType:           {"a tag", "!"},
	token.DirectiveType:     {"a directive", "%"},
}

// maxNesting is how deep { } mappings can stand in each other: file, section, entry.
const maxNesting = 3

// checkTokens refuses what is YAML but no configuration. It comes before the parser, which drops what follows an empty
// document, and whose time and stack grow with the nesting of the text.
func checkTokens(name string, tokens token.Tokens) error {
	nesting, begun, ended, inList := 0, false, false, false
	for i, tk := range tokens {
		refuse := func(why string) error {
			return errs.Refuse(errs.InvalidArgument, "%s:%d: %s", name, tk.Position.Line, why)
		}
		switch {
		case tk.Type == token.SequenceStartType && !inList && beginsList(tokens[:i]):
			inList = true
			continue
		case tk.Type == token.SequenceEndType:
			inList = false
		case inList && tk.Type == token.MappingStartType:
			return refuse("{ } inside a list is not accepted: a list has names, joined by commas")
		}
		if refused, found := refusedTokens[tk.Type]; found {
			return refuse(refused.what + " is not accepted in a configuration; a text that begins with " + refused.start + " needs quotes")
		}
		switch tk.Type {
		case token.InvalidType:
			return nil // the parser says why
		case token.CommentType:
			continue
		case token.DocumentEndType:
			ended = true
			continue
		case token.MappingStartType:
			if nesting++; nesting > maxNesting {
				return refuse("{ } inside an entry is not accepted: a field has one plain value")
			}
		case token.MappingEndType:
			nesting--
		}
		if ended || begun && tk.Type == token.DocumentHeaderType {
			return refuse("the configuration has more than one document")
		}
		begun = true
	}
	return nil
}

// listField is the only field whose value may be a list, such as [a, b]; it says the same as "a, b".
const listField = "decrypt_with"

// beginsList reports whether a list may begin after the tokens.
func beginsList(before token.Tokens) bool {
	n := len(before)
	return n >= 2 && before[n-1].Type == token.MappingValueType && before[n-2].Value == listField
}

// syntaxError says where the YAML is wrong. The parser's own error quotes the text, which may hold a secret.
func syntaxError(name string, text []byte, err error) error {
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return errs.Refuse(errs.InvalidArgument, "%s: the configuration is not valid YAML", name)
	}
	line := at.GetToken().Position.Line
	message, _, _ := strings.Cut(at.GetMessage(), "\n")
	if message == "" || strings.Contains(message, `"`) {
		message = "this cannot stand here"
	}
	lines := bytes.Split(text, []byte("\n"))
	switch {
	case strings.Contains(message, "'\t'"):
		message = "a tab cannot stand here; indent with spaces"
	case strings.HasSuffix(message, "is a reserved character"):
		message += "; a text that begins with it needs quotes"
	case line <= len(lines) && bytes.Contains(lines[line-1], []byte("${")):
		message += "; inside { }, a value with ${ needs quotes"
	}
	return errs.Refuse(errs.InvalidArgument, "%s:%d: not valid YAML: %s", name, line, message)
}

// eachField visits the fields of a mapping; what names it in errors.
func eachField(name, what string, node ast.Node, visit func(field, from string, value ast.Node) error) error {
	mapping, ok := node.(*ast.MappingNode)
	if !ok {
		return errs.Refuse(errs.InvalidArgument, "%s: %s must have fields with values, such as \"name: value\"", place(name, node), what)
	}
	seen := map[string]ast.Node{}
	for _, field := range mapping.Values {
		key, ok := field.Key.(*ast.StringNode)
		if !ok {
			return errs.Refuse(errs.InvalidArgument, "%s: a field's name must be plain text; a number, true or false needs quotes", place(name, field.Key))
		}
		if first := seen[key.Value]; first != nil {
			return errs.Refuse(errs.InvalidArgument, "%s: %q is given twice, first at %s", place(name, key), key.Value, place(name, first))
		}
		seen[key.Value] = key
		if err := visit(key.Value, place(name, key), field.Value); err != nil {
			return err
		}
	}
	return nil
}

// scalars returns the fields of an entry, whose values must be plain.
func scalars(name, entry string, node ast.Node) (providers.Values, error) {
	values := providers.Values{}
	err := eachField(name, strconv.Quote(entry), node, func(field, from string, value ast.Node) error {
		var text string
		switch v := value.(type) {
		case *ast.StringNode:
			text = v.Value
		case *ast.LiteralNode:
			text = v.Value.Value
		case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
			text = v.GetToken().Value
		case *ast.SequenceNode:
			if text = joined(v); text == "" || field != listField {
				return errs.Refuse(errs.InvalidArgument, "%s: %q must be names, such as [a, b]", from, field)
			}
		case *ast.NullNode:
			return errs.Refuse(errs.InvalidArgument, "%s: %q has no value", from, field)
		default:
			return errs.Refuse(errs.InvalidArgument, "%s: %q must be one plain value", from, field)
		}
		values[field] = providers.Value{Text: text, From: from}
		return nil
	})
	return values, err
}

// joined returns the texts of a list, joined by commas; "" if there are none, or not only texts without a comma.
func joined(node *ast.SequenceNode) string {
	var all []string
	for _, value := range node.Values {
		one, ok := value.(*ast.StringNode)
		if !ok || one.Value == "" || strings.Contains(one.Value, ",") {
			return ""
		}
		all = append(all, one.Value)
	}
	return strings.Join(all, ", ")
}

func place(name string, node ast.Node) string {
	return name + ":" + strconv.Itoa(node.GetToken().Position.Line)
}
