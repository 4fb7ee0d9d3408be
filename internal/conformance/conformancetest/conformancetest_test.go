package conformancetest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
)

type check = conformance.Check[*conformance.State, string]

// checks are those of a suite whose driver declares nothing but its name.
func checks() []check {
	named := conformance.That(func(name *string) bool { return *name != "anonymous" }, "has no name")
	return []check{
		{Name: "Driver/Good", Run: func(*conformance.State) {}},
		{Name: "Driver/Named", Needs: []conformance.Need[string]{named}, Run: func(s *conformance.State) { s.Errorf("bad") }},
		{Name: "Driver/Fatal", Run: func(s *conformance.State) { s.Fatalf("ended"); s.Errorf("not reached") }},
		{Name: "Driver/Panics", Run: func(*conformance.State) { panic("lost") }},
	}
}

func wrong(name, fails string) conformancetest.Wrong[*conformance.State, string] {
	return conformancetest.Wrong[*conformance.State, string]{Name: name, Fails: fails, Suite: func() *conformance.Suite[*conformance.State, string] {
		return &conformance.Suite[*conformance.State, string]{
			Checks: checks(), Settings: conformance.Settings{VirtualTime: true},
			Open: func(_ testing.TB, s *conformance.State) *conformance.State {
				if name == "closed" {
					s.Fatalf("no entry")
				}
				return s
			},
			Close:    func(*conformance.State) {},
			Declared: func(*conformance.State) string { return name },
		}
	}}
}

// What a table of wrong drivers lacks is told, and what is right is not.
func TestWrongDrivers(t *testing.T) {
	out := conformancetest.Failing(t, func(t *testing.T) {
		conformancetest.WrongDrivers(t, checks(), []conformancetest.Wrong[*conformance.State, string]{
			wrong("says so", "Driver/Named Driver/Fatal"), wrong("is there twice", "Driver/Named"), wrong("is there twice", "Driver/Named"),
			wrong("fails nothing", ""), wrong("closed", "Driver/Named"), wrong("is right", "Driver/Good"), wrong("is lost", "Driver/Panics"),
			wrong("anonymous", "Driver/Named"), wrong("is not tested", "Driver/None"),
		})
	})
	for _, want := range []string{
		"Driver/Named                   bad", "Driver/Fatal                   ended",
		`the wrong driver "is there twice" is there twice`, `the wrong driver "fails nothing" is there twice, or no sub-test is named for it`,
		"the driver does not even open: [no entry]", "the sub-test Driver/Good does not fail for a driver that is right",
		"the sub-test Driver/Panics panics: [panic: lost]", "the sub-test Driver/Named is skipped: has no name", "the sub-test Driver/None is not there",
		"no wrong driver fails the sub-test Driver/Good", "no wrong driver fails the sub-test Driver/Panics", "--- PASS: TestWrongDrivers/says-so",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("not told: %s", want)
		}
	}
	for _, other := range []string{`"says so"`, "fails the sub-test Driver/Named", "fails the sub-test Driver/Fatal", "not reached"} {
		if strings.Contains(out, other) {
			t.Errorf("told: %s", other)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}

// A table in which each check fails is right.
func TestRightTable(t *testing.T) {
	all := slices.DeleteFunc(checks(), func(c check) bool { return c.Name == "Driver/Good" || c.Name == "Driver/Panics" })
	conformancetest.WrongDrivers(t, all, []conformancetest.Wrong[*conformance.State, string]{wrong("says so", "Driver/Named"), wrong("ends", "Driver/Fatal")})
}

// Names that are there twice, or have no group and rule, are told.
func TestNames(t *testing.T) {
	out := conformancetest.Failing(t, func(t *testing.T) {
		conformancetest.Names(t, append(checks(), check{Name: "Driver/Good"}, check{Name: "Alone"}, check{Name: "/Rule"}, check{Name: "Group/"}, check{Name: "A/B/C"}))
	})
	if got := strings.Count(out, "the sub-test is called"); got != 5 || strings.Contains(out, "Driver/Named") {
		t.Errorf("%d names are told:\n%s", got, out)
	}
	conformancetest.Names(t, checks())
}

// What is kept is got until it is dropped.
func TestMemo(t *testing.T) {
	var m conformancetest.Memo[string, int]
	if _, ok := m.Get("a"); ok {
		t.Error("an empty memo has something")
	}
	m.Set("a", 1)
	if v, ok := m.Get("a"); v != 1 || !ok || m.Once("a", 2) != 1 || m.Once("b", 3) != 3 || m.Once("b", 4) != 3 {
		t.Error("what was kept first is not got")
	}
	m.Drop("a")
	if _, ok := m.Get("a"); ok || m.Once("a", 5) != 5 {
		t.Error("what was dropped is got")
	}
}
