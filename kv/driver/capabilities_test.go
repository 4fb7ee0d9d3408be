package driver_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// The largest raw value is the one whose encoding just fits.
func TestAdjustValueSize(t *testing.T) {
	for limit := range int64(200) {
		c := driver.Capabilities{MaxValueBytes: limit}.Adjust(driver.PlainKeys, driver.Base64)
		if got := len(driver.Base64.Encode(make([]byte, c.MaxValueBytes))); int64(got) > limit {
			t.Errorf("limit %d: a value of %d bytes is stored in %d", limit, c.MaxValueBytes, got)
		}
		if got := len(driver.Base64.Encode(make([]byte, c.MaxValueBytes+1))); int64(got) <= limit {
			t.Errorf("limit %d: %d bytes are accepted although %d would fit", limit, c.MaxValueBytes, c.MaxValueBytes+1)
		}
		if plain := (driver.Capabilities{MaxValueBytes: limit}).Adjust(driver.UnderscoreHex, driver.PlainValues); plain.MaxValueBytes != limit {
			t.Errorf("limit %d: plain values have %d", limit, plain.MaxValueBytes)
		}
	}
	const most = 1<<63 - 1
	if c := (driver.Capabilities{MaxValueBytes: most}).Adjust("", driver.Base64); c.MaxValueBytes != most/4*3 {
		t.Errorf("the largest limit gives %d", c.MaxValueBytes)
	}
}

func TestAdjust(t *testing.T) {
	textOnly := driver.Capabilities{Key: driver.NameRule{MaxBytes: 9}, MaxValueBytes: 4, BinaryValue: driver.None, EmptyValue: driver.None, TTL: driver.Native}
	got := textOnly.Adjust(driver.UnderscoreHex, driver.Base64)
	want := textOnly
	want.Key.Encoding, want.ValueEncoding, want.MaxValueBytes, want.BinaryValue = driver.UnderscoreHex, driver.Base64, 3, driver.Emulated
	if !reflect.DeepEqual(got, want) {
		t.Errorf("adjusted to %+v\nwant %+v", got, want)
	}
	if got := textOnly.Adjust("", ""); !reflect.DeepEqual(got, textOnly) {
		t.Errorf("without encodings adjusted to %+v", got)
	}
	binary := driver.Capabilities{BinaryValue: driver.Native}
	if got := binary.Adjust("", driver.Base64).BinaryValue; got != driver.Native {
		t.Errorf("binary values became %v", got)
	}
}

func TestIntersectCapabilities(t *testing.T) {
	large := driver.Capabilities{
		Key:           driver.NameRule{MaxBytes: 512, Alphabet: driver.AnyText()},
		MaxValueBytes: 25 << 20, EmptyValue: driver.Native, BinaryValue: driver.Native,
		TTL: driver.Native, MinTTL: time.Minute, MaxTTL: 0, Expiry: driver.Native,
		Metadata: driver.Native, MaxMetadataBytes: 1024, ReadMetadata: driver.Emulated,
		GetBatch:    driver.Batch{Support: driver.Native, MaxItems: 100},
		PutBatch:    driver.Batch{Support: driver.Native, MaxItems: 10000, MaxBytes: 100 << 20},
		DeleteBatch: driver.Batch{Support: driver.Native, MaxItems: 10000, MaxBytes: 0},
		List:        driver.ListBounds{MinPage: 10, MaxPage: 1000, MaxKeys: 0, Expiry: driver.Native, Metadata: driver.Native, Sorted: true},
		Consistency: time.Minute,
	}
	small := driver.Capabilities{
		Key:           driver.NameRule{MaxBytes: 100, Alphabet: driver.Chars("a-z")},
		MaxValueBytes: 1 << 20, EmptyValue: driver.None, BinaryValue: driver.Emulated,
		TTL: driver.Emulated, MinTTL: time.Second, MaxTTL: time.Hour, Expiry: driver.None,
		Metadata: driver.None, MaxMetadataBytes: 0, ReadMetadata: driver.None,
		GetBatch:    driver.Batch{MaxItems: 7, MaxBytes: 7},
		PutBatch:    driver.Batch{Support: driver.Native, MaxItems: 20, MaxBytes: 0},
		DeleteBatch: driver.Batch{Support: driver.Native, MaxItems: 20, MaxBytes: 5},
		List:        driver.ListBounds{MinPage: 1, MaxPage: 50, MaxKeys: 500, Expiry: driver.Emulated, Metadata: driver.None},
		Consistency: time.Second,
	}
	want := driver.Capabilities{
		Key:           driver.NameRule{MaxBytes: 100, Alphabet: driver.Chars("a-z")},
		MaxValueBytes: 1 << 20, EmptyValue: driver.None, BinaryValue: driver.Emulated,
		TTL: driver.Emulated, MinTTL: time.Minute, MaxTTL: time.Hour, Expiry: driver.None,
		Metadata: driver.None, MaxMetadataBytes: 0, ReadMetadata: driver.None,
		PutBatch:    driver.Batch{Support: driver.Native, MaxItems: 20, MaxBytes: 100 << 20},
		DeleteBatch: driver.Batch{Support: driver.Native, MaxItems: 20, MaxBytes: 5},
		List:        driver.ListBounds{MinPage: 10, MaxPage: 50, MaxKeys: 500, Expiry: driver.Emulated, Metadata: driver.None},
		Consistency: time.Minute,
	}
	for name, got := range map[string]driver.Capabilities{"large with small": large.Intersect(small), "small with large": small.Intersect(large)} {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%+v\nwant\n%+v", name, got, want)
		}
	}
	if got := large.Intersect(large); !reflect.DeepEqual(got, large) {
		t.Errorf("intersected with itself:\n%+v\nwant\n%+v", got, large)
	}
	encoded := large.Intersect(large.Adjust(driver.UnderscoreHex, driver.Base64))
	if encoded.Key.Encoding != "" || encoded.ValueEncoding != "" || encoded.MaxValueBytes != (25<<20)/4*3 || encoded.Key.MaxBytes != 170 {
		t.Errorf("intersected with encodings: %+v", encoded)
	}
}

// A field that is added to Capabilities must not be forgotten by Intersect: of all fields, only the encodings are
// dropped when everything meets itself.
func TestIntersectCoversEveryField(t *testing.T) {
	full := driver.Capabilities{}
	fill(reflect.ValueOf(&full).Elem())
	full.Key.Encoding, full.ValueEncoding = "", ""
	if got := full.Intersect(full); !reflect.DeepEqual(got, full) {
		t.Errorf("intersected with itself:\n%+v\nwant\n%+v", got, full)
	}
}

// fill sets every exported field to something that is not zero.
func fill(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[driver.Alphabet]():
		v.Set(reflect.ValueOf(driver.AnyText()))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case v.Kind() == reflect.String:
		v.SetString("x")
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(2)
	case v.CanUint():
		v.SetUint(2)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.Append(v, reflect.ValueOf("x").Convert(v.Type().Elem())))
	default:
		panic("no example of a " + v.Type().String())
	}
}

func TestExpiry(t *testing.T) {
	at := time.Date(2031, 5, 6, 7, 8, 9, 0, time.FixedZone("", 2*3600))
	for name, tc := range map[string]struct {
		e            driver.Expiry
		known, never bool
		at           time.Time
		expires      bool
		text         string
	}{
		"zero":          {driver.Expiry{}, false, false, time.Time{}, false, "unknown"},
		"never":         {driver.NeverExpires(), true, true, time.Time{}, false, "never"},
		"at":            {driver.ExpiresAt(at), true, false, at, true, "2031-05-06T05:08:09Z"},
		"at 1970":       {driver.ExpiresAt(time.Unix(0, 0)), true, false, time.Unix(0, 0), true, "1970-01-01T00:00:00Z"},
		"the zero time": {driver.ExpiresAt(time.Time{}), true, false, time.Time{}, true, "0001-01-01T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			when, expires := tc.e.At()
			if tc.e.Known() != tc.known || tc.e.Never() != tc.never || expires != tc.expires || !when.Equal(tc.at) || tc.e.String() != tc.text {
				t.Errorf("known %v, never %v, at %v %v, %q", tc.e.Known(), tc.e.Never(), when, expires, tc.e)
			}
		})
	}
}

func ExampleExpiry() {
	fmt.Println(driver.Expiry{})
	fmt.Println(driver.NeverExpires())
	fmt.Println(driver.ExpiresAt(time.Unix(1_900_000_000, 0)))
	// Output:
	// unknown
	// never
	// 2030-03-17T17:46:40Z
}
