package kmstest

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kms"
)

// contextChecks: the encryption context is part of what opens a ciphertext.
func contextChecks() []check {
	return []check{
		{"Context/RoundTrip", needSecrets, (*suite).contextOpens},
		{"Context/Wrong", needSecrets, (*suite).wrongContext},
		{"Context/Missing", needSecrets, (*suite).missingContext},
		{"Context/Order", needSecrets, (*suite).contextOrder},
		{"Context/Unicode", needSecrets, (*suite).oddContexts},
		{"Context/Distinct", needSecrets, (*suite).distinctContexts},
		{"Context/AtLimit", append([]need{limitsContext}, needSecrets...), (*suite).contextAtLimit},
		{"Context/OverLimit", append([]need{limitsContext}, needSecrets...), (*suite).contextOverLimit},
		{"Context/OverLimitSent", append([]need{limitsContext}, needSecrets...), (*suite).contextOverLimitSent},
		{"Context/Refused", needSecrets, (*suite).refusesContexts},
	}
}

var limitsContext = conformance.That(func(k *traits) bool { return k.caps.Context.MaxBytes+k.caps.Context.MaxChars > 0 }, "declares no limit of the context")

func (s *suite) contextOpens() {
	k := s.secret()
	for _, c := range []kms.Context{{"a": "b"}, {"order": "17", "tenant": "blue"}, {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"}} {
		s.wantOpened(fmt.Sprintf("Decrypt with the context %v", c), k, s.encrypt(k, []byte(mark), c), []byte(mark), c)
	}
	none := s.encrypt(k, []byte(mark), kms.Context{})
	s.wantOpened("Decrypt without a context of what was encrypted with an empty one", k, none, []byte(mark))
}

func (s *suite) wrongContext() {
	k := s.secret()
	ct := s.encrypt(k, []byte(mark), kms.Context{"order": "17", "tenant": "blue"})
	for _, c := range []kms.Context{
		{"order": "18", "tenant": "blue"}, {"order": "17"}, {"tenant": "blue"}, {"order": "17", "tenant": "blue", "more": ""},
		{"order": "17", "tenant": "Blue"}, {"Order": "17", "tenant": "blue"}, {"order": "blue", "tenant": "17"}, {"17": "order", "blue": "tenant"},
		{"order": "17", "tenant": "blue "}, {"order": "17", "tenant": ""},
	} {
		s.wantClosed(fmt.Sprintf("Decrypt with the context %v", c), k, ct, c)
	}
	s.wantOpened("Decrypt with the right context", k, ct, []byte(mark), kms.Context{"order": "17", "tenant": "blue"})
}

func (s *suite) missingContext() {
	k := s.secret()
	c := kms.Context{"order": "17"}
	s.wantClosed("Decrypt without the context", k, s.encrypt(k, []byte(mark), c))
	s.wantClosed("Decrypt with a context where there was none", k, s.encrypt(k, []byte(mark)), c)
}

// contextOrder: maps that were filled in another order are the same context.
func (s *suite) contextOrder() {
	k := s.secret()
	up, down := kms.Context{}, kms.Context{}
	for i := range 5 {
		up[fmt.Sprint("k", i)], down[fmt.Sprint("k", 4-i)] = fmt.Sprint(i), fmt.Sprint(4-i)
	}
	ct := s.encrypt(k, []byte(mark), up)
	for range 4 {
		s.wantOpened("Decrypt with the same context in another order", k, ct, []byte(mark), down)
	}
}

func (s *suite) oddContexts() {
	k := s.secret()
	for _, text := range []string{
		"日本", "é", "e\u0301", "😀", `"`, `\`, `\"`, "'", "<b>&amp;", "\n\t", "\x00", "\u2028", "\ufeff", "a=b;c", "%41", "+ ", "{}", ":", ",", "\u0085", "",
	} {
		for _, c := range []kms.Context{{"k": text}, {text + "x": "v"}} {
			ct, err := k.Encrypt(s.ctx, []byte(mark), c)
			if s.ok(fmt.Sprintf("Encrypt with the context %q", c), err) {
				s.wantOpened(fmt.Sprintf("Decrypt with the context %q", c), k, ct, []byte(mark), c)
			}
		}
	}
	for _, pair := range [][2]string{{"é", "e\u0301"}, {"é", "è"}, {"日本", "日木"}, {"😀", "😁"}, {"\n", "\r"}, {"a\u2028", "a"}} {
		ct := s.encrypt(k, []byte(mark), kms.Context{"k": pair[0]})
		s.wantClosed(fmt.Sprintf("Decrypt with %q of what was encrypted with %q", pair[1], pair[0]), k, ct, kms.Context{"k": pair[1]})
	}
}

// distinctContexts: contexts that look alike as text are different.
func (s *suite) distinctContexts() {
	k := s.secret()
	pairs := [][2]kms.Context{
		{{"a": "b", "c": "d"}, {"a": `b","c":"d`}}, {{"a": "bc"}, {"ab": "c"}}, {{"a": "1"}, {"a": "1.0"}}, {{"a": "<"}, {"a": `\u003c`}},
		{{"a": "true"}, {"a": "True"}}, {{"a": ""}, {"a": "null"}}, {{"a": "b"}, {"a": "b\x00"}}, {{"a": " b"}, {"a": "b"}},
	}
	for _, pair := range pairs {
		s.wantClosed(fmt.Sprintf("Decrypt with %q of what was encrypted with %q", pair[1], pair[0]), k, s.encrypt(k, []byte(mark), pair[0]), pair[1])
		s.wantClosed(fmt.Sprintf("Decrypt with %q of what was encrypted with %q", pair[0], pair[1]), k, s.encrypt(k, []byte(mark), pair[1]), pair[0])
	}
}

// longContext returns a context whose text stands at the limit, as far as characters of several bytes let it.
func (s *suite) longContext(filler string) kms.Context {
	rule, frame := s.caps.Context, len(`{"k":""}`)
	var b strings.Builder
	for n := frame; ; n++ {
		if rule.MaxBytes > 0 && frame+b.Len()+len(filler) > rule.MaxBytes || rule.MaxChars > 0 && n+1 > rule.MaxChars {
			break
		}
		b.WriteString(filler)
	}
	text := b.String()
	if rule.MaxBytes > 0 && (rule.MaxChars == 0 || frame+utf8.RuneCountInString(text)+rule.MaxBytes-frame-len(text) <= rule.MaxChars) {
		text += strings.Repeat("x", rule.MaxBytes-frame-len(text))
	}
	return kms.Context{"k": text}
}

func (s *suite) contextAtLimit() {
	k := s.secret()
	for _, filler := range []string{"x", "é", "界"} {
		c := s.longContext(filler)
		ct := s.encrypt(k, []byte(mark), c)
		s.wantOpened("Decrypt with a context at the limit", k, ct, []byte(mark), c)
		s.wantClosed("Decrypt with a context at the limit that begins otherwise", k, ct, kms.Context{"k": strings.TrimPrefix(c["k"], filler)})
	}
}

func (s *suite) contextOverLimit() {
	k := s.secret()
	c := kms.Context{"k": s.longContext("x")["k"] + "x"}
	if !s.caps.Context.Digest {
		s.Unsent("Encrypt with a context over the limit", errs.TooLarge, func() error { _, err := k.Encrypt(s.ctx, []byte(mark), c); return err })
		return
	}
	for _, c := range []kms.Context{c, {"k": strings.Repeat("é", 5000)}} {
		ct := s.encrypt(k, []byte(mark), c)
		s.wantOpened("Decrypt with a context over the limit", k, ct, []byte(mark), c)
		s.wantClosed("Decrypt with another context over the limit", k, ct, kms.Context{"k": c["k"] + "x"})
		s.wantClosed("Decrypt without the context over the limit", k, ct)
	}
}

// contextOverLimitSent: the limit is that of the other side too.
func (s *suite) contextOverLimitSent() {
	k := s.secret()
	text := `{"k":"` + s.longContext("x")["k"] + `x"}`
	_, err := s.rawEncrypt(k.ID(), []byte(mark), text)
	s.WantCode("Encrypt with a context over the limit", err, errs.TooLarge, errs.InvalidArgument)
}

func (s *suite) refusesContexts() {
	k := s.secret()
	for what, opts := range map[string][]kms.CryptOption{
		"a context that is not UTF-8":       {kms.Context{"k": "\xff"}},
		"a context key that is not UTF-8":   {kms.Context{"\xff": "v"}},
		"two contexts":                      {kms.Context{"a": "b"}, kms.Context{"a": "b"}},
		"an option that Encrypt has not":    {kms.OldContext(kms.Context{"a": "b"})},
		"two contexts, one of them without": {kms.Context{"a": "b"}, kms.Context{}},
	} {
		s.Unsent("Encrypt with "+what, errs.InvalidArgument, func() error { _, err := k.Encrypt(s.ctx, []byte(mark), opts...); return err })
	}
	s.wantOpened("Decrypt", k, s.encrypt(k, []byte(mark), kms.Context{"a": "b"}), []byte(mark), kms.Context{"a": "b"})
}
