package cloudflare

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

func sameJSON(a, b []byte) bool {
	read := func(text []byte) (v any) {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		_ = d.Decode(&v)
		return v
	}
	return reflect.DeepEqual(read(a), read(b))
}

func escape16(u rune) string {
	const digits = "0123456789aBcDeF"
	return `\u` + string([]byte{digits[u>>12&15], digits[u>>8&15], digits[u>>4&15], digits[u&15]})
}

func TestHalfPairs(t *testing.T) {
	for spelled, ok := range map[string]bool{
		`"\ud83d\ude00"`: true, `"\uFFFD"`: true, "\"\ufffd\"": true, `"\\ud800"`: true, `"\\\\\ufffd"`: true,
		`"\ud83d"`: false, `"\ud83dx"`: false, `"\ude00\ud83d"`: false, `"\ud83d\ud83d\ude00"`: false, `"\\\ud83d"`: false, `"\ufffd\ud83d"`: false, `"\ud83d\n"`: false,
		`5`: false, ``: false, `null`: false,
	} {
		if _, got := decodeText(json.RawMessage(spelled)); got != ok {
			t.Errorf("%s: %v", spelled, got)
		}
	}
}

func TestExpiry(t *testing.T) {
	for text, want := range map[string]kvdriver.Expiry{
		"": kvdriver.NeverExpires(), "null": kvdriver.NeverExpires(), "1577836800": kvdriver.ExpiresAt(time.Unix(1577836800, 0)),
		"1.5778368e9": kvdriver.ExpiresAt(time.Unix(1577836800, 0)), "1577836800.0": kvdriver.ExpiresAt(time.Unix(1577836800, 0)), "4102444800": kvdriver.ExpiresAt(time.Unix(4102444800, 0)),
	} {
		if got, err := decodeExpiry(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"soon", "-5", "0", "1.5", "1577836800000", "NaN", "1e400", `"1577836800"`, "{}"} {
		if got, err := decodeExpiry(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestMorePages(t *testing.T) {
	for _, test := range []struct {
		page, count int
		info        *resultInfo
		want        bool
	}{
		{1, 0, &resultInfo{TotalPages: 9}, false},
		{1, 1000, nil, true},
		{1, 999, nil, false},
		{1, 20, &resultInfo{PerPage: 20}, true},
		{1, 1000, &resultInfo{TotalPages: 1}, false},
		{1, 5, &resultInfo{TotalPages: 2}, true},
		{2, 5, &resultInfo{TotalPages: 2}, false},
		{1, 1000, &resultInfo{PerPage: 1000, TotalCount: 1000}, false},
		{1, 1000, &resultInfo{PerPage: 1000, TotalCount: 1001}, true},
		{2, 50, &resultInfo{PerPage: 50, TotalCount: 100}, false},
	} {
		if got := morePages(test.page, test.count, test.info); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}
