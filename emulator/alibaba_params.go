package emulator

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// alibabaParams are the parameters of a request, from its query and its form body alike.
type alibabaParams struct {
	all   map[string]string
	query []string       // the names that came in the query
	sent  map[string]int // the bytes that a value took as it was sent
}

// parseAlibaba reads the parameters of a request. A name may come once: what the vendor makes of more is not
// documented.
func parseAlibaba(r *http.Request, body []byte) (*alibabaParams, *alibabaError) {
	p := &alibabaParams{all: map[string]string{}, sent: map[string]int{}}
	if err := p.add(r.URL.RawQuery); err != nil {
		return nil, err
	}
	for name := range p.all {
		p.query = append(p.query, name)
	}
	slices.Sort(p.query)
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "application/x-www-form-urlencoded" {
		if err := p.add(string(body)); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// add reads name=value pairs joined with &.
func (p *alibabaParams) add(raw string) *alibabaError {
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(rawName)
		value, valueErr := url.QueryUnescape(rawValue)
		if nameErr != nil || valueErr != nil || name == "" {
			return alibabaFault("InvalidParameter")
		}
		if _, twice := p.all[name]; twice {
			return alibabaBad(name)
		}
		p.all[name], p.sent[name] = value, len(rawValue)
	}
	return nil
}

func (p *alibabaParams) get(name string) (string, bool) {
	value, ok := p.all[name]
	return value, ok
}

// text returns a parameter, empty if it was not sent.
func (p *alibabaParams) text(name string) string { return p.all[name] }

// required returns a parameter that has to be sent, though it may be empty.
func (p *alibabaParams) required(name string) (string, *alibabaError) {
	value, ok := p.all[name]
	if !ok {
		return "", alibabaMissing(name)
	}
	return value, nil
}

// integer returns a whole number, nil if it was not sent.
func (p *alibabaParams) integer(name string, bits int) (*int64, *alibabaError) {
	value, ok := p.all[name]
	if !ok {
		return nil, nil
	}
	n, ok := alibabaInteger(value, bits)
	if !ok {
		return nil, alibabaBad(name)
	}
	return &n, nil
}

// flag returns a boolean, false if it was not sent.
func (p *alibabaParams) flag(name string) (bool, *alibabaError) {
	value, ok := p.all[name]
	switch {
	case !ok || strings.EqualFold(value, "false"):
		return false, nil
	case strings.EqualFold(value, "true"):
		return true, nil
	}
	return false, alibabaBad(name)
}

// alibabaInteger reads decimal digits with an optional minus, and nothing else.
func alibabaInteger(s string, bits int) (int64, bool) {
	if strings.HasPrefix(s, "+") {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, bits)
	return n, err == nil
}

func alibabaNumber(n int64) string { return strconv.FormatInt(n, 10) }

// alibabaWindow allows n requests of each kind in any period. The zero value allows all.
type alibabaWindow struct {
	n    int
	per  time.Duration
	made map[string][]time.Time
}

// take counts a request, or says how long the next one has to wait.
func (w *alibabaWindow) take(kind string, now time.Time) (left time.Duration, ok bool) {
	if w.n <= 0 {
		return 0, true
	}
	if w.made == nil {
		w.made = map[string][]time.Time{}
	}
	made := slices.DeleteFunc(w.made[kind], func(at time.Time) bool { return now.Sub(at) >= w.per })
	if ok = len(made) < w.n; ok {
		made = append(made, now)
	} else {
		left = made[0].Add(w.per).Sub(now)
	}
	w.made[kind] = made
	return left, ok
}

// hint is the header of a throttled answer, its times in milliseconds.
func (w *alibabaWindow) hint(left time.Duration) string {
	return fmt.Sprintf("Limit:%d,Remain:0,TimeLeft:%d,Reset:%d", w.n, max(left.Milliseconds(), 1), w.per.Milliseconds())
}
