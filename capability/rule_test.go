package capability_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/capability"
	"github.com/crosscloud-sdk/crosscloud/errs"
)

// Every row is a whole name; want is a part of the refusal, or "" where the name is accepted.
func TestNameRuleCheck(t *testing.T) {
	text := capability.AnyText()
	bytes8 := capability.NameRule{MaxBytes: 8, Alphabet: text}
	chars4 := capability.NameRule{MaxChars: 4, Alphabet: text}
	inner := capability.NameRule{MaxChars: 10, Alphabet: capability.Chars("a-z.-"), Inner: "-."}
	wide := capability.NameRule{Alphabet: text, Inner: "·"}
	first := capability.NameRule{MaxChars: 6, Alphabet: capability.Chars("a-z_-"), NotFirst: "-_", DeniedPrefixes: []string{"kms-", "a__"}}
	hexFirst := capability.NameRule{Alphabet: capability.Chars("A-Za-z0-9_-"), NotFirst: "_", DeniedPrefixes: []string{"a_2"}, Encoding: capability.UnderscoreHex}
	denied := capability.NameRule{Alphabet: text, Denied: []string{".", "..", "a_2F"}}
	hex := capability.NameRule{MaxBytes: 7, Alphabet: capability.Chars("A-Za-z0-9_-"), Denied: []string{"con", "a_2Fb"}, Encoding: capability.UnderscoreHex}
	for _, tc := range []struct {
		rule capability.NameRule
		name string
		want string
	}{
		{capability.NameRule{}, "", "key is empty"},
		{capability.NameRule{}, "a", "accepted are no characters"},
		{capability.NameRule{Alphabet: text}, strings.Repeat("x", 1<<16), ""},
		{capability.NameRule{Alphabet: text}, "a\xff", "key is not valid UTF-8"},
		{capability.NameRule{Alphabet: text}, "a\xe4\xb8", "key is not valid UTF-8"}, // a character cut short
		{capability.NameRule{Alphabet: text}, "\uFFFD", ""},
		{capability.NameRule{Alphabet: text}, "\x00", ""},

		{bytes8, "12345678", ""},
		{bytes8, "123456789", "key has 9 bytes, at most 8 are accepted"},
		{bytes8, "世世12", ""},
		{bytes8, "世世é", ""},
		{bytes8, "世世世", "key has 9 bytes, at most 8 are accepted"},
		{bytes8, "世世1é", "key has 9 bytes"},

		{capability.NameRule{MaxChars: 1, Alphabet: text}, "世", ""},
		{capability.NameRule{MaxChars: 1, Alphabet: text}, "ab", "key has 2 characters, at most 1 are accepted"},
		{chars4, "1234", ""},
		{chars4, "12345", "key has 5 characters, at most 4 are accepted"},
		{chars4, "世世世世", ""},
		{chars4, "😀😀😀😀", ""},
		{chars4, "世世世世1", "key has 5 characters, at most 4 are accepted"},
		{capability.NameRule{MaxBytes: 5, MaxChars: 4, Alphabet: text}, "ééé", "6 bytes"},
		{capability.NameRule{MaxBytes: 5, MaxChars: 4, Alphabet: text}, "12345", "5 characters"},
		{capability.NameRule{MaxBytes: 5, MaxChars: 4, Alphabet: text}, "é123", ""},

		{capability.NameRule{Alphabet: capability.Chars("a-z")}, "aBc", "key has the character 'B', accepted are a-z"},
		{capability.NameRule{Alphabet: capability.Chars("a-z")}, "aé", "'é'"},
		{capability.NameRule{Alphabet: text.Without("\n")}, "a\nb", `'\n'`},

		{first, "a-_", ""},
		{first, "kms", ""},
		{first, "akms-", ""},
		{first, "KMS-", "'K'"},
		{first, "-a", "key begins with '-', which it may not"},
		{first, "_", "key begins with '_', which it may not"},
		{first, "kms-", `key begins with "kms-", which is reserved`},
		{first, "kms-a", `key begins with "kms-", which is reserved`},
		{first, "a__b", `key begins with "a__", which is reserved`},
		{first, "a_b", ""},
		{capability.NameRule{Alphabet: text, NotFirst: "世"}, "世a", "key begins with '世'"},
		{capability.NameRule{Alphabet: text, NotFirst: "世"}, "a世", ""},
		{hexFirst, "a0/", ""},
		{hexFirst, "/a", "key begins with '_' in the key encoding underscore-hex, which it may not"},
		{hexFirst, "a/", `key begins with "a_2" in the key encoding underscore-hex, which is reserved`},

		{inner, "a-b", ""},
		{inner, "a-b.c", ""},
		{inner, "-ab", "key has '-' first, last or doubled"},
		{inner, "ab.", "key has '.' first, last or doubled"},
		{inner, "a--b", "'-' first, last or doubled"},
		{inner, "a-.b", "'.' first, last or doubled"},
		{inner, "-", "first, last or doubled"},
		{wide, "a·b", ""},
		{wide, "é·Â", ""},
		{wide, "·b", "'·' first, last or doubled"},
		{wide, "b·", "'·' first, last or doubled"},
		{wide, "a··b", "'·' first, last or doubled"},

		{denied, "..", `key ".." is a reserved name`},
		{denied, "...", ""},
		{denied, "./", ""},
		{denied, "a_2F", "reserved"},
		{denied, "a/", ""},

		// Encoded: "é" takes 6 bytes, "/" takes 3.
		{hex, "1234567", ""},
		{hex, "12345678", "key has 8 bytes in the key encoding underscore-hex, at most 7 are accepted"},
		{hex, "1é", ""},
		{hex, "12é", "key has 8 bytes in the key encoding underscore-hex, at most 7 are accepted"},
		{hex, "1//", ""},
		{hex, "12//", "8 bytes"},
		{hex, "_", ""},
		{hex, "con", "reserved"},
		{hex, "a/b", `key "a/b" is a reserved name`},
		{hex, "\xff", "not valid UTF-8"},
		{hex, "", "empty"},
		{capability.NameRule{MaxChars: 3, Alphabet: text, Encoding: capability.UnderscoreHex}, "/", ""},
		{capability.NameRule{MaxChars: 3, Alphabet: text, Encoding: capability.UnderscoreHex}, "é", "key has 6 characters in the key encoding underscore-hex, at most 3 are accepted"},
		{capability.NameRule{Alphabet: capability.Chars("a-z"), Encoding: capability.UnderscoreHex}, "a/", "has the character '_'"},
		{capability.NameRule{Alphabet: text, Inner: "_", Encoding: capability.UnderscoreHex}, "/a", "'_' first, last or doubled in the key encoding underscore-hex"},
	} {
		checkRefusal(t, tc.rule.Check("key", tc.name), tc.want, "Check(%q) by %+v", tc.name, tc.rule)
	}
}

func TestNameRuleCheckPrefix(t *testing.T) {
	text := capability.AnyText()
	inner := capability.NameRule{Alphabet: capability.Chars("a-z-"), Inner: "-", MaxChars: 5}
	for _, tc := range []struct {
		rule   capability.NameRule
		prefix string
		want   string
	}{
		{capability.NameRule{}, "", ""},
		{capability.NameRule{MaxBytes: 1}, "", ""},
		{capability.NameRule{Alphabet: text, Denied: []string{".."}}, "..", ""}, // "../a" may follow
		{inner, "a-", ""},
		{inner, "-", "prefix has '-' first, last or doubled"},
		{inner, "a--", "prefix has '-' first"},
		{inner, "abcdef", "prefix has 6 characters, at most 5 are accepted"},
		{inner, "A", "prefix has the character 'A'"},
		{capability.NameRule{Alphabet: text}, "\xe4", "prefix is not valid UTF-8"},
		{capability.NameRule{MaxBytes: 3, Alphabet: text}, "世", ""},
		{capability.NameRule{MaxBytes: 2, Alphabet: text}, "世", "prefix has 3 bytes"},
		{capability.NameRule{MaxBytes: 3, Alphabet: text, Encoding: capability.UnderscoreHex}, "/", ""},
		{capability.NameRule{MaxBytes: 2, Alphabet: text, Encoding: capability.UnderscoreHex}, "/", "prefix has 3 bytes in the key encoding"},
	} {
		checkRefusal(t, tc.rule.CheckPrefix("prefix", tc.prefix), tc.want, "CheckPrefix(%q) by %+v", tc.prefix, tc.rule)
	}
}

func checkRefusal(t *testing.T, err error, want, format string, args ...any) {
	t.Helper()
	what := fmt.Sprintf(format, args...)
	if want == "" {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return
	}
	var e *errs.Error
	if !errors.As(err, &e) {
		t.Errorf("%s: %v, want a refusal with %q", what, err, want)
		return
	}
	if e.Code != errs.InvalidArgument || e.Outcome != errs.NotApplied || e.Retry != errs.Permanent {
		t.Errorf("%s: %s, %s, %s", what, e.Code, e.Outcome, e.Retry)
	}
	if !strings.Contains(e.Message, want) {
		t.Errorf("%s: %q, want a refusal with %q", what, e.Message, want)
	}
}

// Every beginning of an accepted name is an accepted prefix, if it is valid UTF-8.
func TestPrefixOfAcceptedNameIsAccepted(t *testing.T) {
	accepted := 0
	for _, r := range someRules() {
		for _, name := range someNames() {
			if r.Check("key", name) != nil {
				continue
			}
			accepted++
			for i := range name { // at the beginning of each character
				if err := r.CheckPrefix("prefix", name[:i]); err != nil {
					t.Fatalf("%+v accepts %q but not as a prefix %q: %v", r, name, name[:i], err)
				}
			}
		}
	}
	if accepted < 1000 {
		t.Fatalf("only %d names were accepted", accepted)
	}
}

// A name that the intersection accepts is accepted by both rules; without encodings, the reverse holds too, but for
// characters that one of them allows only inside.
func TestIntersectedRuleAcceptsWhatBothDo(t *testing.T) {
	accepted, refused := 0, 0
	for _, r := range someRules() {
		for _, o := range someRules() {
			both := r.Intersect(o)
			exact := r.Encoding == "" && o.Encoding == "" && (r.Inner == "" || o.Inner == "" || r.Inner == o.Inner)
			if both.Encoding != capability.PlainKeys {
				t.Fatalf("the intersection of %+v and %+v has an encoding", r, o)
			}
			for _, name := range someNames() {
				first, second, got := r.Check("key", name), o.Check("key", name), both.Check("key", name)
				switch {
				case got == nil && (first != nil || second != nil):
					t.Fatalf("%q is accepted by the intersection of %+v and %+v, which is %+v, but: %v, %v", name, r, o, both, first, second)
				case got == nil:
					accepted++
				case first == nil && second == nil && exact:
					t.Fatalf("%q is accepted by %+v and %+v but not by the intersection %+v: %v", name, r, o, both, got)
				default:
					refused++
				}
			}
		}
	}
	if accepted < 1000 || refused < 1000 {
		t.Fatalf("%d names were accepted and %d refused, which shows little", accepted, refused)
	}
}

// someRules differ in every part of a rule, with and without an encoding.
func someRules() []capability.NameRule {
	text, hexable := capability.AnyText(), capability.Chars("A-Za-z0-9_-")
	plain := []capability.NameRule{
		{Alphabet: text},
		{MaxBytes: 1, Alphabet: text},
		{MaxBytes: 2, Alphabet: text},
		{MaxBytes: 6, Alphabet: text.Without("/")},
		{MaxBytes: 13, Alphabet: hexable, Denied: []string{"con", "a_2Fb", "_2E"}},
		{MaxChars: 2, Alphabet: text},
		{MaxChars: 7, Alphabet: text, Denied: []string{".", "a"}},
		{MaxBytes: 14, MaxChars: 9, Alphabet: hexable},
		{MaxChars: 12, Alphabet: capability.Chars("a-f0-9-"), Inner: "-"},
		{Alphabet: text, Inner: "_"},
		{Alphabet: text, Inner: "2."},
		{Alphabet: capability.Chars("A-Z0-9_")},
		{Alphabet: hexable.Without("F")},
		{Alphabet: hexable, NotFirst: "-"},
		{Alphabet: text, NotFirst: "_é2"},
		{Alphabet: text, DeniedPrefixes: []string{"a", "世"}},
		{Alphabet: hexable, DeniedPrefixes: []string{"con", "_2F", "f_2"}},
		{Alphabet: hexable, DeniedPrefixes: []string{"a_2E"}, NotFirst: "F"},
		{},
	}
	all := plain
	for _, r := range plain {
		r.Encoding = capability.UnderscoreHex
		all = append(all, r)
	}
	return all
}

// someNames returns names that keep to some of the rules and break others, the same at each call.
func someNames() []string {
	random := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"a", "b", "f", "A", "F", "0", "2", "-", "_", ".", "/", "é", "世", "😀", "con"}
	names := []string{"con", "a/b", "a_2Fb", ".", "a", "_2E", "f/a", "a.b", "/a"}
	for range 150 {
		var b strings.Builder
		for range 1 + random.IntN(5) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		names = append(names, b.String())
	}
	return names
}

func TestIntersectIsExactWhereItCanBe(t *testing.T) {
	a := capability.NameRule{MaxBytes: 512, Alphabet: capability.Chars("A-Za-z0-9_-"), Denied: []string{"b", "a"}}
	b := capability.NameRule{MaxBytes: 100, MaxChars: 50, Alphabet: capability.Chars("a-z-"), Inner: "-", Denied: []string{"c", "a"}}
	for _, both := range []capability.NameRule{a.Intersect(b), b.Intersect(a)} {
		if both.MaxBytes != 100 || both.MaxChars != 50 || both.Alphabet != capability.Chars("a-z-") || both.Inner != "-" || strings.Join(both.Denied, " ") != "a b c" {
			t.Errorf("the intersection is %+v", both)
		}
	}
	a.NotFirst, a.DeniedPrefixes, b.NotFirst, b.DeniedPrefixes = "_", []string{"y", "x"}, "-_", []string{"x"}
	both := a.Intersect(b)
	if both.NotFirst != "_-" || strings.Join(both.DeniedPrefixes, " ") != "x y" || a.DeniedPrefixes[0] != "y" {
		t.Errorf("the intersection is %+v", both)
	}
	a.NotFirst, a.DeniedPrefixes = "", nil
	if strings.Join(a.Denied, " ") != "b a" || strings.Join(b.Denied, " ") != "c a" {
		t.Error("Intersect changed what it was given")
	}
	three := capability.NameRule{MaxBytes: 3, Alphabet: capability.AnyText(), Encoding: capability.UnderscoreHex}
	if both := three.Intersect(capability.NameRule{Alphabet: capability.AnyText()}); both.MaxBytes != 1 || !both.Alphabet.Has('/') {
		t.Errorf("the intersection with an encoded rule of 3 bytes is %+v", both)
	}
	a.Encoding = capability.UnderscoreHex
	wide := capability.NameRule{MaxBytes: 200, Alphabet: capability.AnyText()}
	// 512 encoded bytes hold 170 of any kind.
	if both := a.Intersect(wide); both.MaxBytes != 170 || both.Alphabet != capability.AnyText() {
		t.Errorf("the intersection with an encoded rule is %+v", both)
	}
}

func ExampleNameRule_Check() {
	rule := capability.NameRule{MaxBytes: 512, Alphabet: capability.Chars("A-Za-z0-9_"), Denied: []string{"admin"}}
	fmt.Println(rule.Check("key", "checkout_v2"))
	fmt.Println(rule.Check("key", "checkout-v2"))
	fmt.Println(rule.Check("key", "admin"))
	// Output:
	// <nil>
	// InvalidArgument: key has the character '-', accepted are A-Z a-z 0-9 _
	// InvalidArgument: key "admin" is a reserved name
}

func ExampleNameRule_Intersect() {
	wide := capability.NameRule{MaxBytes: 512, Alphabet: capability.AnyText(), Denied: []string{".", ".."}}
	narrow := capability.NameRule{MaxBytes: 100, Alphabet: capability.Chars("A-Za-z0-9_")}
	both := wide.Intersect(narrow)
	fmt.Println(both.MaxBytes, both.Alphabet)
	// Output: 100 A-Z a-z 0-9 _
}
