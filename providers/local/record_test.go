package local

import (
	"bytes"
	"testing"
	"time"
)

func TestRecordEncoding(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 7, time.UTC)
	for _, r := range []record{
		{}, {value: []byte("v")}, {expires: true, expiry: at}, {metadata: []byte("1")},
		{expires: true, expiry: at, metadata: bytes.Repeat([]byte("m"), 1024), value: []byte{0, 255}},
		{expires: true, expiry: time.Unix(minInstant, 0)}, {expires: true, expiry: time.Unix(maxInstant, 999_999_999)},
	} {
		got, err := decodeRecord(r.encode())
		if err != nil || got.expires != r.expires || !got.expiry.Equal(r.expiry) || !bytes.Equal(got.metadata, r.metadata) || !bytes.Equal(got.value, r.value) {
			t.Errorf("%+v became %+v, %v", r, got, err)
		}
	}
	// The format of a file must not change unnoticed.
	r := record{expires: true, expiry: time.Unix(0x69a42c40, 7), metadata: []byte("mm"), value: []byte("v")}
	if got, want := string(r.encode()), "\x01\x03\x80\x00\x00\x00\x69\xa4\x2c\x40\x00\x00\x00\x07\x02mmv"; got != want {
		t.Errorf("encoded %q, want %q", got, want)
	}
}

func TestRecordsThatAreNone(t *testing.T) {
	for what, b := range map[string]string{
		"nothing": "", "no flags": "\x01", "another version": "\x02\x00v", "version 0": "\x00\x00", "unknown flag": "\x01\x04",
		"short expiry": "\x01\x01\x80\x00\x00\x00\x69\xa4\x2c\x40\x00\x00\x00", "nanoseconds": "\x01\x01\x80\x00\x00\x00\x69\xa4\x2c\x40\xff\x00\x00\x07",
		"expiry out of range": "\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00",
		"no metadata":         "\x01\x02", "empty metadata": "\x01\x02\x00", "metadata beyond the end": "\x01\x02\x03ab",
		"length in two bytes for one": "\x01\x02\x82\x00ab", "huge length": "\x01\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01ab",
	} {
		if r, err := decodeRecord([]byte(b)); err == nil {
			t.Errorf("%s: %+v", what, r)
		}
	}
}

func TestInstantsSort(t *testing.T) {
	previous := ""
	for _, at := range []time.Time{
		time.Unix(minInstant, 0), time.Unix(-1, 0), time.Unix(-1, 1), time.Unix(0, 0), time.Unix(0, 999_999_999), time.Unix(1, 0), time.Unix(256, 0), time.Unix(maxInstant, 0),
	} {
		text := string(appendInstant(nil, at))
		if text <= previous {
			t.Errorf("%v sorts before an earlier one", at)
		}
		if back, rest, err := cutInstant([]byte(text + "rest")); err != nil || !back.Equal(at) || string(rest) != "rest" {
			t.Errorf("%v became %v, %q, %v", at, back, rest, err)
		}
		previous = text
	}
}
