package emulator_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// A function chooses among the requests that no fault of Inject applies to, until another one, or nil, takes its place.
func TestInjectFunc(t *testing.T) {
	em := emulator.NewTencent(emulator.InMemory())
	defer em.Close()
	ask := func(path string) int {
		reply := httptest.NewRecorder()
		em.ServeHTTP(reply, httptest.NewRequest("GET", path, nil))
		return reply.Code
	}
	var asked []string
	em.InjectFunc(func(r emulator.Request) *emulator.Fault {
		asked = append(asked, r.Path)
		if r.Path == "/fails" {
			return &emulator.Fault{Status: 418, Action: "NoSuchAction", Skip: 7}
		}
		return nil
	})
	em.Inject(emulator.Fault{Status: 503, Times: 1})
	for _, test := range []struct {
		path string
		want int
	}{{"/first", 503}, {"/fails", 418}, {"/fails", 418}} {
		if got := ask(test.path); got != test.want {
			t.Errorf("%s is answered with %d, want %d", test.path, got, test.want)
		}
	}
	if got := ask("/passes"); got == 418 || got == 503 {
		t.Errorf("what the function lets pass is answered with %d", got)
	}
	if got := strings.Join(asked, " "); got != "/fails /fails /passes" {
		t.Errorf("the function was asked about %q", got)
	}
	if em.RequestCount() != 4 {
		t.Errorf("%d requests are known", em.RequestCount())
	}
	em.InjectFunc(func(emulator.Request) *emulator.Fault { return &emulator.Fault{Truncate: true, HTML: true} })
	if said := panics(func() { ask("/fails") }); !strings.Contains(said, "InjectFunc") || !strings.Contains(said, "Truncate, HTML") {
		t.Errorf("an impossible fault: %q", said)
	}
	em.InjectFunc(nil)
	if got := ask("/fails"); got == 418 {
		t.Error("the function was asked after it was taken away")
	}
}
