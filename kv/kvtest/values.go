package kvtest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// mark is in every value and metadata that the suite writes, and must be in no error.
const mark = "kvtest-canary-t4Wq8Zr2"

func quote(key string) string {
	if len(key) > 80 {
		return strconv.Quote(key[:80]) + "…"
	}
	return strconv.Quote(key)
}

// wantBytes compares values and says where they differ first.
func (s *suite) wantBytes(what string, got, want []byte) {
	s.Helper()
	if bytes.Equal(got, want) {
		return
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	s.Errorf("%s: a value of %d bytes, want %d; they differ at byte %d", what, len(got), len(want), at)
}

// wantJSON compares metadata by its meaning: a provider may space JSON otherwise.
func (s *suite) wantJSON(what string, got, want json.RawMessage) {
	s.Helper()
	if want == nil || got == nil {
		if len(got) != len(want) {
			s.Errorf("%s: metadata %s, want %s", what, shown(got), shown(want))
		}
		return
	}
	if !reflect.DeepEqual(parse(got), parse(want)) {
		s.Errorf("%s: metadata %s, want %s", what, shown(got), shown(want))
	}
}

func shown(metadata json.RawMessage) string {
	if metadata == nil {
		return "none"
	}
	return quote(string(metadata))
}

func parse(raw json.RawMessage) any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return err.Error()
	}
	return v
}

// metadata returns metadata that holds the mark.
func metadata(label string) json.RawMessage {
	return json.RawMessage(`{"note":"` + mark + `-` + label + `"}`)
}

// metadataOf returns a JSON string of so many bytes.
func metadataOf(size int) json.RawMessage {
	text := bytes.Repeat([]byte{'m'}, size)
	text[0], text[size-1] = '"', '"'
	return text
}

// wantExpiry compares what is told of an expiry.
func (s *suite) wantExpiry(what string, got, want driver.Expiry) {
	s.Helper()
	gotAt, gotOK := got.At()
	wantAt, wantOK := want.At()
	if got.Known() == want.Known() && gotOK == wantOK && gotAt.Sub(wantAt).Abs() <= s.tolerance() {
		return
	}
	s.Errorf("%s: expiry %v, want %v", what, got, want)
}

// mayTell is like wantExpiry where it is not declared that the expiry is told.
func (s *suite) mayTell(what string, got, want driver.Expiry) {
	s.Helper()
	if got.Known() {
		s.wantExpiry(what, got, want)
	}
}

// ttl returns a time to live that is accepted and long enough to read the key before it is over.
func (n *space) ttl() time.Duration { return n.h.ttl(&n.caps) }

// longer returns a time to live well over ttl, or the same where there is no longer one.
func (n *space) longer() time.Duration { return n.h.longer(&n.caps) }

func (h *Harness) ttl(c *driver.Capabilities) time.Duration {
	d := max(c.MinTTL, 2*h.Settle, 5*time.Second)
	if !h.VirtualTime {
		d = max(d, time.Minute)
	}
	return h.atMost(c, d)
}

func (h *Harness) longer(c *driver.Capabilities) time.Duration { return h.atMost(c, 10*h.ttl(c)) }

func (*Harness) atMost(c *driver.Capabilities, d time.Duration) time.Duration {
	if c.MaxTTL > 0 {
		d = min(d, c.MaxTTL)
	}
	return d.Truncate(time.Second)
}

// ahead returns a full second that is d ahead, rounded up.
func ahead(d time.Duration) time.Time {
	at := time.Now().Add(d)
	if whole := at.Truncate(time.Second); !whole.Equal(at) {
		at = whole.Add(time.Second)
	}
	return at.Round(0)
}

// sleepUntil waits for a moment, in virtual time.
func sleepUntil(t time.Time) { time.Sleep(time.Until(t)) }

// Moments before and after an expiry at which the key must be there, and gone.
const (
	justBefore = 100 * time.Millisecond
	justAfter  = time.Second
)

// beforeAndAfter checks that the key is there just before it expires and then gone.
func (n *space) beforeAndAfter(key string, value []byte, expires time.Time) {
	n.Helper()
	n.wait(expires.Add(-justBefore))
	n.wantValue(key, value)
	n.wait(expires.Add(justAfter + n.h.Settle))
	n.wantMissing(key)
}

// wait sleeps until a moment, after which what was written before counts as settled.
func (n *space) wait(t time.Time) {
	n.settle()
	sleepUntil(t)
}

// refused checks that the driver refuses a put, and that it stored nothing of it.
func (n *space) refused(what string, req *driver.PutRequest, codes ...errs.Code) {
	n.Helper()
	if !n.WantCode(what, n.tryPut(req), codes...) {
		return
	}
	if res, err := n.tryGet(&driver.GetRequest{Key: req.Key}); err == nil {
		n.Errorf("%s: refused, but a value of %d bytes is stored", what, len(res.Value))
	}
}
