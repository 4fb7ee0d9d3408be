package emulator_test

import "testing"

// fuzzRequest is a request to any of the emulators, and whether the credentials are to be right.
type fuzzRequest struct {
	signed                                    bool
	method, path, query                       string
	action, region, authorization, date, kind string // headers; kind is the content type
	body                                      string
}

// fuzzEmulator is one emulator: requests to begin with, and what holds whatever is sent.
type fuzzEmulator struct {
	seeds []fuzzRequest
	check func(*testing.T, fuzzRequest)
}

// Whatever is sent to an emulator, there is an answer, of the vendor's form.
func FuzzRequests(f *testing.F) {
	emulators := []fuzzEmulator{
		fuzzTencent(f), fuzzTencentKMS(f), fuzzCloudflare(), fuzzAlibaba(f), fuzzAlibabaKMS(f), fuzzAlibabaCMS(f), fuzzHuawei(f), fuzzGuance(),
	}
	for i, em := range emulators {
		for _, r := range em.seeds {
			f.Add(byte(i), r.signed, r.method, r.path, r.query, r.action, r.region, r.authorization, r.date, r.kind, r.body)
		}
	}
	f.Fuzz(func(t *testing.T, i byte, signed bool, method, path, query, action, region, authorization, date, kind, body string) {
		emulators[int(i)%len(emulators)].check(t, fuzzRequest{signed, method, path, query, action, region, authorization, date, kind, body})
	})
}
